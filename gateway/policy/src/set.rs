//! A folder of policy files, read whole or not at all.
//!
//! The folder may change while it is read: a file saved by an editor, a Kubernetes ConfigMap swapped by its symlink. So what
//! the folder holds is listed before and after, and a difference is a failed reading. It is read again at once a few times: whoever saves
//! one file after another is no mistake to be told of. A folder that never rests is one.

use crate::problem::{Problem, in_order};
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The largest file that is read, in octets.
pub const LARGEST_FILE: usize = 1024 * 1024;
/// The most files a folder may hold.
pub const MOST_FILES: usize = 4096;
/// The most octets all files of a folder may have together.
pub const LARGEST_SET: usize = 64 * 1024 * 1024;

/// The files of one folder at one moment.
#[derive(Debug, Clone)]
pub struct PolicySet {
    folder: String,
    policies: Vec<Arc<PolicySource>>,
    tests: Vec<Arc<PolicySource>>,
}

/// One file, not yet looked into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PolicySource {
    /// Without the folder: the name that rules go by.
    pub(crate) name: String,
    /// With the folder: the name that problems go by.
    pub(crate) path: String,
    pub(crate) octets: Vec<u8>,
}

impl PolicySet {
    /// Reads `*.toml` in a folder, not below it. Hidden files are left alone; `*_test.toml` are tests.
    pub fn read(folder: &Path) -> Result<Self, Vec<Problem>> {
        read_settled(folder, None, || {})
    }

    /// Reads a folder again. Files with the same octets as before are those of the former set, not others like them.
    pub fn read_again(folder: &Path, former: &Self) -> Result<Self, Vec<Problem>> {
        read_settled(folder, Some(former), || {})
    }

    /// A set out of texts, for tools and tests: `(file name, contents)`. Names decide what is a test, as in a folder.
    pub fn of_texts<'a>(folder: &str, files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut sources: Vec<_> = files
            .into_iter()
            .map(|(name, text)| PolicySource {
                name: name.to_owned(),
                path: format!("{folder}/{name}"),
                octets: text.as_bytes().to_vec(),
            })
            .map(Arc::new)
            .collect();
        sources.sort_by(|left, right| left.name.cmp(&right.name));
        Self::of_sources(folder.to_owned(), sources)
    }

    /// Whether it holds the very files of another set: see [`PolicySet::read_again`].
    pub fn is_still(&self, former: &Self) -> bool {
        let same = |left: &[Arc<PolicySource>], right: &[Arc<PolicySource>]| {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| Arc::ptr_eq(left, right))
        };
        same(&self.policies, &former.policies) && same(&self.tests, &former.tests)
    }

    /// The folder, as problems name it.
    pub(crate) fn folder(&self) -> &str {
        &self.folder
    }

    pub(crate) fn policies(&self) -> &[Arc<PolicySource>] {
        &self.policies
    }

    pub(crate) fn tests(&self) -> &[Arc<PolicySource>] {
        &self.tests
    }

    /// A file of the set, by name. Files come by name.
    fn find(&self, name: &str) -> Option<&Arc<PolicySource>> {
        let files = if is_test(name) { &self.tests } else { &self.policies };
        let position = files.binary_search_by(|file| file.name.as_str().cmp(name)).ok()?;
        files.get(position)
    }

    fn of_sources(folder: String, sources: Vec<Arc<PolicySource>>) -> Self {
        let (tests, policies) = sources.into_iter().partition(|source| is_test(&source.name));
        Self {
            folder,
            policies,
            tests,
        }
    }
}

fn is_test(name: &str) -> bool {
    name.ends_with("_test.toml")
}

/// How often a folder that changes under the reading is read again.
const READINGS: usize = 5;
/// What is wrong with one that changed under all of them.
const RESTLESS: &str = "the folder changed while it was read";

/// Reads the folder as often as it takes; `meanwhile` runs in the middle of each reading.
fn read_settled(
    folder: &Path,
    former: Option<&PolicySet>,
    mut meanwhile: impl FnMut(),
) -> Result<PolicySet, Vec<Problem>> {
    for _ in 1..READINGS {
        match read_while(folder, former, &mut meanwhile) {
            Err(problems) if problems.iter().any(|problem| problem.what == RESTLESS) => {}
            read => return read,
        }
    }
    read_while(folder, former, meanwhile)
}

/// Reads the folder; `meanwhile` runs between the reading and the second look.
fn read_while(folder: &Path, former: Option<&PolicySet>, meanwhile: impl FnOnce()) -> Result<PolicySet, Vec<Problem>> {
    let shown = folder.display().to_string();
    let before = listing(folder).map_err(|problem| vec![problem])?;
    let mut problems = Vec::new();
    let mut sources = Vec::new();
    let mut total = 0;
    for entry in &before {
        match read_file(entry) {
            Ok(source) => {
                total += source.octets.len();
                let known = former.and_then(|former| former.find(&source.name));
                sources.push(match known.filter(|known| ***known == source) {
                    Some(known) => Arc::clone(known),
                    None => Arc::new(source),
                });
            }
            Err(problem) => problems.push(problem),
        }
        if total > LARGEST_SET {
            problems.push(Problem::of_whole(
                &shown,
                "the files of this folder are too large together",
                format!("at most {} MiB", LARGEST_SET / 1024 / 1024),
            ));
            break;
        }
    }
    meanwhile();
    // A file that could not be read may be one that was just replaced.
    if listing(folder).map_err(|problem| vec![problem])? != before {
        problems.push(Problem::of_whole(
            &shown,
            RESTLESS,
            "it is read again as soon as it is quiet",
        ));
    }
    let set = PolicySet::of_sources(shown, sources);
    if problems.is_empty() && set.policies.is_empty() {
        problems.push(Problem::of_whole(
            &set.folder,
            "the folder holds no policy file",
            "at least one file *.toml",
        ));
    }
    if problems.is_empty() {
        Ok(set)
    } else {
        Err(in_order(problems))
    }
}

/// A file as the folder lists it. Two listings differ if anything was saved, replaced or swapped between them.
#[derive(Debug, PartialEq, Eq)]
struct Entry {
    name: String,
    path: PathBuf,
    identity: Identity,
    is_file: bool,
}

#[derive(Debug, PartialEq, Eq)]
struct Identity {
    device: u64,
    inode: u64,
    size: u64,
    changed: (i64, i64),
}

impl From<&Metadata> for Identity {
    fn from(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            changed: (metadata.mtime(), metadata.mtime_nsec()),
        }
    }
}

/// The policy files and tests of a folder, by name.
fn listing(folder: &Path) -> Result<Vec<Entry>, Problem> {
    let cannot = |error: &io::Error, path: &Path| {
        Problem::of_whole(
            path.display().to_string(),
            format!("this cannot be read ({})", reason(error)),
            "a folder of policy files that this program may read",
        )
    };
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| cannot(&error, folder))? {
        let entry = entry.map_err(|error| cannot(&error, folder))?;
        let name = entry.file_name();
        let path = entry.path();
        let octets = name.as_encoded_bytes();
        // `..data` and its like are how a ConfigMap is swapped; editors keep their own files behind a dot.
        if octets.starts_with(b".") || !octets.ends_with(b".toml") {
            continue;
        }
        let Some(name) = name.to_str() else {
            return Err(Problem::of_whole(
                path.display().to_string(),
                "the name of this file is not UTF-8",
                "rename it",
            ));
        };
        let metadata = fs::metadata(&path).map_err(|error| cannot(&error, &path))?;
        if metadata.is_dir() {
            continue;
        }
        if entries.len() == MOST_FILES {
            return Err(Problem::of_whole(
                folder.display().to_string(),
                "the folder holds too many files",
                format!("at most {MOST_FILES}"),
            ));
        }
        entries.push(Entry {
            name: name.to_owned(),
            path,
            identity: Identity::from(&metadata),
            is_file: metadata.is_file(),
        });
    }
    entries.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(entries)
}

fn read_file(entry: &Entry) -> Result<PolicySource, Problem> {
    let path = entry.path.display().to_string();
    // Whoever else wants this processor comes first.
    std::thread::yield_now();
    // Opening a pipe would wait for somebody to write to it.
    if !entry.is_file {
        return Err(Problem::of_whole(path, "this is not a file", "a file of text"));
    }
    let mut octets = Vec::new();
    File::open(&entry.path)
        .and_then(|file| file.take(LARGEST_FILE as u64 + 1).read_to_end(&mut octets))
        .map_err(|error| {
            Problem::of_whole(
                &path,
                format!("this cannot be read ({})", reason(&error)),
                "a file that this program may read",
            )
        })?;
    if octets.len() > LARGEST_FILE {
        return Err(Problem::of_whole(
            path,
            "the file is too large",
            format!("at most {} MiB", LARGEST_FILE / 1024 / 1024),
        ));
    }
    Ok(PolicySource {
        name: entry.name.clone(),
        path,
        octets,
    })
}

fn reason(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::NotFound => "it is not there",
        io::ErrorKind::PermissionDenied => "permission denied",
        io::ErrorKind::NotADirectory => "it is not a folder",
        io::ErrorKind::IsADirectory => "it is a folder",
        _ => "the file system failed",
    }
}

#[cfg(test)]
mod tests;
