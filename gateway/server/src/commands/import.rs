//! `postern import`: LDIF into an embedded directory, hashes and states of accounts as they are.
//!
//! A file is read record by record; where the directory is ours alone for the while, entries go in in batches. Where a gateway runs, each goes
//! through it. Whose a password is is asked of every entry that brings one: nobody gets a password here whose password is somebody else's.

use super::{DONE, FAILED, WRONG};
use crate::output::Output;
use crate::shell::asking::{AskError, Asking, Found};
use crate::shell::owner::Owners;
use postern_directory::local::ldif::{LdifError, Reader, Record};
use postern_directory::local::{LoadFault, Loader};
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::time::Instant;

/// Where entries go.
pub enum Target {
    /// Into the store, in batches. Boxed: there is one.
    Store(Box<Loader>),
    /// Through a gateway that runs, one at a time.
    Gateway(Asking),
}

/// What is imported where.
pub struct Import<'a> {
    /// The file; `-` for standard input.
    pub file: &'a Path,
    /// Whose passwords are whose.
    pub owners: &'a Owners,
    /// A way to ask about groups.
    pub asking: &'a mut Asking,
}

/// Why an import ended early. What was taken before stays.
enum Ended {
    /// The file is to blame.
    File(String),
    /// The directory did not take it.
    Directory(String),
}

/// Does it. The answer is the code to end with.
pub async fn run(import: Import<'_>, target: Target, out: &mut Output<'_>) -> io::Result<u8> {
    let shown = import.file.display().to_string();
    let input: Box<dyn BufRead> = if import.file == Path::new("-") {
        Box::new(BufReader::new(io::stdin()))
    } else {
        match File::open(import.file) {
            Ok(file) => Box::new(BufReader::with_capacity(1024 * 1024, file)),
            Err(error) => {
                let why = match error.kind() {
                    io::ErrorKind::NotFound => "it is not there",
                    io::ErrorKind::PermissionDenied => "permission denied",
                    _ => "the file system failed",
                };
                out.problem(format_args!("{shown} cannot be read ({why})"));
                return Ok(WRONG);
            }
        }
    };
    let began = Instant::now();
    match all(input, import, target).await {
        Ok(count) => {
            let seconds = began.elapsed().as_secs_f64();
            out.line(format_args!("{count} entries imported in {seconds:.1} s"))?;
            Ok(DONE)
        }
        Err((count, Ended::File(what))) => {
            out.problem(format_args!("{shown}: {what}"));
            out.problem(format_args!(
                "About {count} entries before that are in. Mend it and import the rest."
            ));
            Ok(WRONG)
        }
        Err((count, Ended::Directory(what))) => {
            out.problem(format_args!("{shown}: {what}"));
            out.problem(format_args!("About {count} entries before that are in."));
            Ok(FAILED)
        }
    }
}

async fn all(input: impl BufRead, import: Import<'_>, mut target: Target) -> Result<u64, (u64, Ended)> {
    let mut count = 0;
    for record in Reader::new(input) {
        let record = record.map_err(|error| (count, Ended::File(told(&error))))?;
        let line = record.line;
        let entry = found(record).map_err(|what| (count, Ended::File(format!("line {line}: {what}"))))?;
        may_have_password(&entry, line, import.owners, import.asking)
            .await
            .map_err(|ended| (count, ended))?;
        match &mut target {
            Target::Store(loader) => {
                let taken = loader.take(line, &entry.dn, entry.attributes).await;
                taken.map_err(|fault| (count, of_load(&fault)))?;
            }
            Target::Gateway(asking) => {
                let added = asking.add(entry.dn.as_bytes(), &entry.attributes).await;
                added.map_err(|error| (count, of_add(line, &entry.dn, &error)))?;
            }
        }
        count += 1;
    }
    if let Target::Store(loader) = target {
        return loader.finish().await.map_err(|fault| (count, of_load(&fault)));
    }
    Ok(count)
}

/// Values of one attribute together, as they are wanted.
fn found(record: Record) -> Result<Found, &'static str> {
    let dn = String::from_utf8(record.dn).map_err(|_| "the name is not text")?;
    let mut attributes: Vec<(String, Vec<Vec<u8>>)> = Vec::new();
    for (name, value) in record.attributes {
        match attributes
            .iter_mut()
            .rev()
            .find(|(known, _)| known.eq_ignore_ascii_case(&name))
        {
            Some((_, values)) => values.push(value),
            None => attributes.push((name, vec![value])),
        }
    }
    Ok(Found { dn, attributes })
}

async fn may_have_password(entry: &Found, line: u64, owners: &Owners, asking: &mut Asking) -> Result<(), Ended> {
    if entry.values("userPassword").is_empty() {
        return Ok(());
    }
    let decision = owners.decide(entry, asking).await;
    let decision = decision.map_err(|error| Ended::Directory(error.to_string()))?;
    if decision.authority.permits_local_write() {
        return Ok(());
    }
    Err(Ended::File(format!(
        "line {line}: {} brings a password, and its password is not this directory's but of {} (rule {}): take userPassword out",
        entry.dn, decision.authority, decision.rule
    )))
}

fn told(error: &LdifError) -> String {
    error.to_string()
}

fn of_load(fault: &LoadFault) -> Ended {
    let what = format!("line {}: {}: {}", fault.place, fault.name, fault.text);
    // busy, unavailable, unwilling, other: not for the file to mend.
    if matches!(fault.code, 51 | 52 | 53 | 80) {
        Ended::Directory(what)
    } else {
        Ended::File(what)
    }
}

fn of_add(line: u64, dn: &str, error: &AskError) -> Ended {
    match error {
        AskError::Refused { .. } => Ended::File(format!("line {line}: {dn}: {error}")),
        AskError::Silent => Ended::Directory(format!("line {line}: {dn}: {error}")),
    }
}
