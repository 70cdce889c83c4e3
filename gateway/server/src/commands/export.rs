//! `postern export`: everything in an embedded directory as LDIF, password hashes too.

use super::{DONE, FAILED, WRONG};
use crate::output::Output;
use crate::shell::asking::{Asking, Found};
use postern_directory::local::ldif;
use postern_ldap::filter;
use postern_ldap::search::Scope;
use std::fs::OpenOptions;
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// What is worked out whenever it is asked for, and would be wrong in another place.
const WORKED_OUT: [&str; 4] = ["entryDN", "hasSubordinates", "memberOf", "subschemaSubentry"];

/// Writes every entry, those above before those below, into a new file or where results go. The answer is the code to end with.
pub async fn run(asking: &mut Asking, base: &str, file: Option<&Path>, out: &mut Output<'_>) -> io::Result<u8> {
    let Some(file) = file else {
        let mut text = Vec::new();
        let mut printed = Ok(());
        let told = everything(asking, base, |entry| {
            text.clear();
            printed = write(&mut text, entry).and_then(|()| out.octets(&text));
            printed.is_ok()
        });
        let (count, told) = told.await;
        printed?;
        return Ok(ended(count, told, out));
    };
    // It holds what passwords can be guessed from.
    let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    let mut into = match opened {
        Ok(file) => BufWriter::new(file),
        Err(error) => {
            let why = match error.kind() {
                io::ErrorKind::AlreadyExists => "is there already: nothing is written over",
                io::ErrorKind::NotFound => "cannot be made: there is no such folder",
                io::ErrorKind::PermissionDenied => "cannot be made: permission denied",
                _ => "cannot be made",
            };
            out.problem(format_args!("{} {why}", file.display()));
            return Ok(WRONG);
        }
    };
    let mut written = Ok(());
    let (count, told) = everything(asking, base, |entry| {
        written = write(&mut into, entry);
        written.is_ok()
    })
    .await;
    let flushed = written
        .and_then(|()| into.flush())
        .and_then(|()| into.get_ref().sync_all());
    if flushed.is_err() {
        out.problem(format_args!("{} cannot be written: it is not whole", file.display()));
        return Ok(FAILED);
    }
    let code = ended(count, told, out);
    if code == DONE {
        out.line(format_args!("{count} entries in {}", file.display()))?;
    }
    Ok(code)
}

async fn everything(
    asking: &mut Asking,
    base: &str,
    mut each: impl FnMut(&Found) -> bool,
) -> (u64, Result<(), crate::shell::asking::AskError>) {
    let mut count = 0;
    let mut going = true;
    let told = asking
        .search(base, Scope::Subtree, &filter::all(&[]), &["*", "+"], |entry| {
            going = going && each(&entry);
            count += u64::from(going);
        })
        .await;
    (count, told)
}

fn write(out: &mut impl Write, entry: &Found) -> io::Result<()> {
    let attributes = entry.attributes.iter();
    let kept = attributes.filter(|(name, _)| !WORKED_OUT.iter().any(|other| other.eq_ignore_ascii_case(name)));
    let values = kept.flat_map(|(name, values)| values.iter().map(|value| (name.as_str(), value.as_slice())));
    ldif::write(out, entry.dn.as_bytes(), values)
}

fn ended(count: u64, told: Result<(), crate::shell::asking::AskError>, out: &mut Output<'_>) -> u8 {
    match told {
        Ok(()) => DONE,
        Err(error) => {
            out.problem(format_args!("after {count} entries: {error}"));
            FAILED
        }
    }
}
