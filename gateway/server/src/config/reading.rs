//! What every section needs while it is read: places, paths, names, addresses, files and secrets.

use postern_identity::Secret;
use postern_policy::Problem;
use postern_policy::document::Document;
use postern_policy::problem::{one_of, quoted};
use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::{self, Read};
use std::net::SocketAddr;
use std::ops::Range;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use toml::Spanned;

/// A value in quotes that may be left out.
pub(super) type Text = Option<Spanned<String>>;
/// A choice of words that may be left out.
pub(super) type Word<T> = Option<Spanned<T>>;

/// The longest name of a listener, directory or route.
const LONGEST_NAME: usize = 64;
/// The longest URL a text may have to name.
const LONGEST_URL: usize = 300;
/// The largest file of certificates, keys or a password.
const LARGEST_FILE: u64 = 1024 * 1024;
/// Secrets that stand in the documentation of the demo: known to everybody, so they protect nothing.
const PRINTED_SECRETS: [&str; 5] = [
    "demo-svc-Passw0rd",
    "demo-directory-Passw0rd",
    "demo-admin-Passw0rd",
    "demo-scim-token",
    "demo-api-token",
];

/// One reading of a configuration.
pub(super) struct Reading<'a> {
    document: &'a Document<'a>,
    folder: &'a Path,
    problems: &'a mut Vec<Problem>,
    names: HashMap<(&'static str, Arc<str>), usize>,
    nameless: HashSet<&'static str>,
    addresses: Vec<(SocketAddr, String)>,
}

impl<'a> Reading<'a> {
    /// `folder` is where relative paths count from; what is found wrong is added to `problems`.
    pub(super) fn new(document: &'a Document<'a>, folder: &'a Path, problems: &'a mut Vec<Problem>) -> Self {
        Self {
            document,
            folder,
            problems,
            names: HashMap::new(),
            nameless: HashSet::new(),
            addresses: Vec::new(),
        }
    }

    /// Something is wrong here.
    pub(super) fn problem(&mut self, span: &Range<usize>, what: impl Into<String>, remedy: impl Into<String>) {
        self.problems.push(self.document.problem(span, what, remedy));
    }

    /// Something is wrong in another file.
    pub(super) fn elsewhere(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// Something is wrong here, and there is no value for it.
    pub(super) fn none<T>(
        &mut self,
        span: &Range<usize>,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Option<T> {
        self.problem(span, what, remedy);
        None
    }

    /// Whether something is known to be wrong with a key of the table that begins there, so that it is not told to be missing as well.
    pub(super) fn told_of(&self, table: &Range<usize>, key: &str) -> bool {
        self.document.taken().holds(table, key)
    }

    /// A path, counted from the configuration's folder.
    pub(super) fn path(&mut self, written: Option<&Spanned<String>>, default: &str) -> PathBuf {
        match written {
            Some(written) if written.get_ref().is_empty() => {
                self.problem(
                    &written.span(),
                    "the path is empty",
                    format!("a path such as {default}"),
                );
                self.folder.join(default)
            }
            Some(written) => self.folder.join(written.get_ref()),
            None => self.folder.join(default),
        }
    }

    /// A path as it is written, counted from the configuration's folder.
    pub(super) fn beside(&self, path: &str) -> PathBuf {
        self.folder.join(path)
    }

    /// A file of text, and what it holds.
    pub(super) fn text_file(&mut self, key: &str, written: &Spanned<String>) -> Option<(PathBuf, String)> {
        let path = self.folder.join(written.get_ref());
        let octets = self.octets(key, &path, &written.span())?;
        if let Ok(text) = String::from_utf8(octets) {
            return Some((path, text));
        }
        let what = format!("{key} {} is not UTF-8", quoted(&path.to_string_lossy()));
        self.none(&written.span(), what, "a file of text")
    }

    /// The name of a listener, directory or route: once of its kind.
    pub(super) fn name(&mut self, kind: &'static str, written: Option<&Spanned<String>>) -> Option<Arc<str>> {
        let Some(written) = written else {
            self.nameless.insert(kind);
            return None;
        };
        let (name, span) = (written.get_ref(), written.span());
        let known = |letter: u8| letter.is_ascii_alphanumeric() || matches!(letter, b'-' | b'_' | b'.');
        if name.is_empty() || name.len() > LONGEST_NAME || !name.bytes().all(known) {
            self.nameless.insert(kind);
            return self.none(
                &span,
                format!("{} cannot be the name of a {kind}", quoted(name)),
                "at most 64 letters, digits, -, _ and .",
            );
        }
        let name: Arc<str> = name.as_str().into();
        if let Some(first) = self.names.get(&(kind, Arc::clone(&name))) {
            let line = self.document.problem(&(*first..*first), "", "").line;
            let remedy = format!("another name: the first stands on line {line}");
            return self.none(&span, format!("a second {kind} is named {}", quoted(&name)), remedy);
        }
        self.names.insert((kind, Arc::clone(&name)), span.start);
        Some(name)
    }

    /// A name that stands for a thing named elsewhere in the file. Where a thing of that kind has no usable name, it is told of
    /// that alone.
    pub(super) fn reference(&mut self, kind: &'static str, name: &Arc<str>, span: &Range<usize>) {
        let Some(known) = self.names_of(kind).filter(|known| !known.contains(name)) else {
            return;
        };
        let remedy = one_of(name, known.iter().map(|known| &**known));
        self.problem(span, format!("there is no {kind} {}", quoted(name)), remedy);
    }

    /// Notes a name that is unique where it stands.
    pub(super) fn known(&mut self, kind: &'static str, name: &Arc<str>) {
        self.names.entry((kind, Arc::clone(name))).or_insert(0);
    }

    /// As [`Reading::reference`], where there may be none of that kind.
    pub(super) fn reference_among(&mut self, kind: &'static str, name: &Arc<str>, span: &Range<usize>) {
        if self.names_of(kind).is_some() {
            self.reference(kind, name, span);
        } else {
            let what = format!("there is no {kind} {}", quoted(name));
            self.problem(span, what, format!("a table [{kind}.{name}]"));
        }
    }

    /// Every name of that kind, if all things of it have one.
    pub(super) fn names_of(&self, kind: &'static str) -> Option<Vec<Arc<str>>> {
        let mut names: Vec<_> = self
            .names
            .keys()
            .filter(|(of, _)| *of == kind)
            .map(|(_, name)| Arc::clone(name))
            .collect();
        names.sort();
        (!names.is_empty() && !self.nameless.contains(kind)).then_some(names)
    }

    /// An IP address and a port.
    pub(super) fn address(&mut self, key: &str, written: &Spanned<String>) -> Option<SocketAddr> {
        written.get_ref().parse().ok().or_else(|| {
            self.none(
                &written.span(),
                format!("{key} {} is not an IP address with a port", quoted(written.get_ref())),
                "such as 127.0.0.1:3389 or [::]:636",
            )
        })
    }

    /// Notes who listens where, so that two cannot want the same port. Port 0 is any free port.
    pub(super) fn claim(&mut self, address: SocketAddr, claimant: &str, span: &Range<usize>) {
        let other = self.addresses.iter().find(|(other, _)| {
            let same = other.ip() == address.ip() || other.ip().is_unspecified() || address.ip().is_unspecified();
            address.port() != 0 && other.port() == address.port() && same
        });
        if let Some((_, other)) = other {
            let what = format!("{address} is taken by {other}");
            self.problem(span, what, "an address or a port of its own");
        } else {
            self.addresses.push((address, claimant.to_owned()));
        }
    }

    /// A URL a person can open: https, or http on this machine.
    pub(super) fn web_url(&mut self, key: &str, written: &Spanned<String>) -> Option<String> {
        let (url, span) = (written.get_ref(), written.span());
        let example = "such as https://reset.example.org";
        let Some((scheme, rest)) = url.split_once("://") else {
            return self.none(&span, format!("{key} is not a URL"), example);
        };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let host = match authority.strip_prefix('[') {
            Some(bracketed) => bracketed.split(']').next(),
            None => authority.split(':').next(),
        };
        let host = host.unwrap_or_default();
        if host.is_empty() || authority.contains('@') || !url.bytes().all(|octet| octet.is_ascii_graphic()) {
            return self.none(&span, format!("{key} is not a URL"), example);
        }
        if url.len() > LONGEST_URL {
            let remedy = format!("at most {LONGEST_URL} characters");
            return self.none(&span, format!("{key} is too long"), remedy);
        }
        match scheme {
            "https" => Some(url.clone()),
            "http" if matches!(host, "localhost" | "127.0.0.1" | "::1") => Some(url.clone()),
            "http" => self.none(&span, format!("{key} is not protected by TLS"), "https://"),
            _ => self.none(&span, format!("{key} is not a web address"), example),
        }
    }

    /// A file that must be there and hold what it should.
    pub(super) fn readable(
        &mut self,
        key: &str,
        written: &Spanned<String>,
        holds: impl Fn(&[u8]) -> bool,
    ) -> Option<PathBuf> {
        let path = self.folder.join(written.get_ref());
        let octets = self.octets(key, &path, &written.span())?;
        if !holds(&octets) {
            return self.none(
                &written.span(),
                format!("{key} {} cannot be used", quoted(&path.to_string_lossy())),
                "a file in PEM form with what the key's name says",
            );
        }
        Some(path)
    }

    /// The same for a file that nobody else may read.
    pub(super) fn private(
        &mut self,
        key: &str,
        written: &Spanned<String>,
        holds: impl Fn(&[u8]) -> bool,
    ) -> Option<PathBuf> {
        let path = self.readable(key, written, holds)?;
        self.closed(key, &path, &written.span()).then_some(path)
    }

    /// A secret, given in the file itself or in a file of its own. `span` is where the secret is missed if neither is there.
    pub(super) fn secret(
        &mut self,
        key: &str,
        inline: Option<&Spanned<String>>,
        file: Option<&Spanned<String>>,
        span: &Range<usize>,
    ) -> Option<Secret> {
        let (secret, span) = match (inline, text_of(file)) {
            (Some(_), Some(file)) => {
                return self.none(
                    &file.span(),
                    format!("{key} and {key}_file are both given"),
                    format!("one of them, rather {key}_file"),
                );
            }
            (Some(inline), None) => (Secret::new(inline.get_ref().as_bytes()), inline.span()),
            (None, Some(file)) => {
                let path = self.folder.join(file.get_ref());
                let file_key = format!("{key}_file");
                let mut octets = self.octets(&file_key, &path, &file.span())?;
                if !self.closed(&file_key, &path, &file.span()) {
                    return None;
                }
                // Shortened where it stands: a copy would be one more to wipe.
                for end in [b'\n', b'\r'] {
                    if octets.last() == Some(&end) {
                        octets.pop();
                    }
                }
                (Secret::new(octets), file.span())
            }
            (None, None) => {
                let taken = self.document.taken();
                if taken.holds(span, key) || taken.holds(span, &format!("{key}_file")) {
                    return None;
                }
                let remedy = format!("{key}_file = \"a file that holds it\"");
                return self.none(span, format!("neither {key} nor {key}_file is given"), remedy);
            }
        };
        if secret.is_empty() {
            return self.none(&span, format!("{key} is empty"), "the secret itself");
        }
        if PRINTED_SECRETS
            .iter()
            .any(|printed| secret.same_as(&Secret::new(printed.as_bytes())))
        {
            return self.none(
                &span,
                format!("{key} is one that the documentation prints, so everybody knows it"),
                "a secret of your own",
            );
        }
        Some(secret)
    }

    /// A file's contents, with a bound, and only of a file: opening a pipe would wait for somebody to write to it.
    fn octets(&mut self, key: &str, path: &Path, span: &Range<usize>) -> Option<Vec<u8>> {
        let read = || -> io::Result<Vec<u8>> {
            if !fs::metadata(path)?.is_file() {
                return Err(io::ErrorKind::InvalidInput.into());
            }
            let mut octets = Vec::new();
            File::open(path)?.take(LARGEST_FILE + 1).read_to_end(&mut octets)?;
            Ok(octets)
        };
        let shown = quoted(&path.to_string_lossy());
        match read() {
            Ok(octets) if octets.len() as u64 > LARGEST_FILE => self.none(
                span,
                format!("{key} {shown} is larger than 1 MiB"),
                "the file that was meant",
            ),
            Ok(octets) => Some(octets),
            Err(error) => {
                let reason = match error.kind() {
                    io::ErrorKind::NotFound => "it is not there",
                    io::ErrorKind::PermissionDenied => "permission denied",
                    io::ErrorKind::InvalidInput => "it is not a file",
                    _ => "the file system failed",
                };
                let what = format!("{key} {shown} cannot be read ({reason})");
                self.none(span, what, "a file that this program may read")
            }
        }
    }

    fn closed(&mut self, key: &str, path: &Path, span: &Range<usize>) -> bool {
        let open = fs::metadata(path).map_or(true, |metadata| metadata.mode() & 0o007 != 0);
        if open {
            let shown = quoted(&path.to_string_lossy());
            self.problem(span, format!("{key} {shown} can be read by everybody"), "chmod 600");
        }
        !open
    }
}

/// The value, if there is more than an empty one: an unset name of the environment often leaves an empty value behind.
pub(super) fn text_of(written: Option<&Spanned<String>>) -> Option<&Spanned<String>> {
    written.filter(|written| !written.get_ref().is_empty())
}
