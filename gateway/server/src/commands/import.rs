//! `postern import`: LDIF into an embedded directory, hashes and states of accounts as they are.
//!
//! A file is read record by record; where the directory is ours alone for the while, entries go in in batches. Where a gateway runs, each goes
//! through it. Whose a password is is asked of every entry that brings one, and again when all are in (`judged_again`): nobody keeps a
//! password here whose password is somebody else's.

mod judged_again;

use super::{DONE, FAILED, WRONG};
use crate::output::Output;
use crate::shell::asking::{AskError, Asking, Found};
use crate::shell::owner::Owners;
use judged_again::Passwords;
use postern_directory::local::ldif::{Reader, Record};
use postern_directory::local::password::{Form, hash};
use postern_directory::local::path::WrittenName;
use postern_directory::local::schema::Schema;
use postern_directory::local::{LoadFault, Loaded, Loader};
use std::borrow::Cow;
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
    /// By which names attributes go there.
    pub schema: &'a Schema,
}

/// Why an import ended early. What was taken before stays.
struct Ended {
    what: String,
    /// Whether the file is to blame, or else the directory.
    is_files: bool,
    /// Whether the last that was sent may be in.
    unsure: bool,
}

/// Does it. The answer is the code to end with.
pub async fn run(mut import: Import<'_>, target: Target, out: &mut Output<'_>) -> io::Result<u8> {
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
    let mut target = target;
    let mut added = 0;
    let mut passwords = Passwords::new(import.owners);
    let done = all(input, &mut import, &mut passwords, &mut target, &mut added).await;
    let loaded = match target {
        Target::Store(loader) if done.is_err() => loader.stop().await,
        _ => Loaded {
            entries: added,
            next: None,
        },
    };
    // However it ended: some are in.
    let judged = passwords.judge(import.owners, import.schema, import.asking).await;
    let judged = match judged {
        Ok(back) if back.is_nothing() => DONE,
        Ok(back) => {
            back.tell(out);
            WRONG
        }
        Err(error) => {
            out.problem(format_args!(
                "whose passwords are whose was to be asked once more, and {error}: look at those of the groups that your rules name"
            ));
            FAILED
        }
    };
    let Err(ended) = done else {
        let seconds = began.elapsed().as_secs_f64();
        out.line(format_args!("{added} entries imported in {seconds:.1} s"))?;
        return Ok(judged);
    };
    out.problem(format_args!("{shown}: {}", ended.what));
    out.problem(reached(&loaded, &ended));
    Ok(if ended.is_files { WRONG } else { FAILED })
}

/// How far it came, and how to go on.
fn reached(loaded: &Loaded, ended: &Ended) -> String {
    let from = loaded.next.map_or_else(
        || "the entry this is about".to_owned(),
        |next| format!("the entry at line {next}"),
    );
    let mend = if ended.is_files { "Mend it and import" } else { "Import" };
    match (loaded.entries, ended.unsure) {
        (entries, true) => {
            format!(
                "Imported for sure: {entries}, all before {from}. Of the rest nobody said: look before importing it."
            )
        }
        (0, false) => format!("Nothing of it was imported. {mend} it again."),
        (entries, false) => {
            format!("Imported: {entries}, all before {from}; nothing from there on. {mend} the rest, from there on.")
        }
    }
}

/// How many it was is counted as they go in, or at the end.
async fn all(
    input: impl BufRead,
    import: &mut Import<'_>,
    passwords: &mut Passwords,
    target: &mut Target,
    added: &mut u64,
) -> Result<(), Ended> {
    for record in Reader::new(input) {
        let record = record.map_err(|error| of_file(error.to_string()))?;
        let line = record.line;
        let mut entry = found(record, import.schema).map_err(|what| of_file(format!("line {line}: {what}")))?;
        if may_have_password(&entry, line, import).await? {
            passwords.took(&entry.dn, import.schema);
        }
        match target {
            Target::Store(loader) => {
                let taken = loader.take(line, &entry.dn, entry.attributes).await;
                taken.map_err(|fault| of_load(&fault))?;
            }
            Target::Gateway(asking) => {
                passwords_are_its_own(&mut entry);
                let done = asking.add(entry.dn.as_bytes(), &entry.attributes).await;
                done.map_err(|error| of_add(line, &entry.dn, &error))?;
                *added += 1;
            }
        }
    }
    if let Target::Store(loader) = target {
        *added = loader.finish().await.map_err(|fault| of_load(&fault))?;
    }
    Ok(())
}

/// An attribute's key.
const PASSWORD: &str = "userpassword";

/// Values of one attribute together, by the name the directory has for it however it is written: by it is asked whose a password is.
fn found(record: Record, schema: &Schema) -> Result<Found, &'static str> {
    let dn = String::from_utf8(record.dn).map_err(|_| "the name is not text")?;
    let mut entry = Found {
        dn,
        attributes: Vec::new(),
    };
    for (name, value) in record.attributes {
        let is_password = is_password(schema, name.as_bytes());
        // Whoever reads the entry to check a password would not find it there.
        if is_password && name.contains(';') {
            return Err("userPassword has an option, and passwords have none: take it out");
        }
        let name = match schema.described(name.as_bytes()) {
            Some(described) => described.canonical.to_string(),
            None => name,
        };
        put(&mut entry, name, value);
    }
    for (attribute, _) in pairs(&entry.dn) {
        if is_password(schema, attribute) {
            return Err("a password is in the name, where everybody reads it: give it another name");
        }
    }
    Ok(entry)
}

/// The entry as it will be: what its name says is in it too. Most entries say it themselves.
fn with_name<'a>(entry: &'a Found, schema: &Schema) -> Cow<'a, Found> {
    let mut whole = Cow::Borrowed(entry);
    for (attribute, value) in pairs(&entry.dn) {
        if let Some(described) = schema.described(attribute)
            && !whole.values(&described.canonical).contains(&value)
        {
            put(whole.to_mut(), described.canonical.to_string(), value);
        }
    }
    whole
}

fn put(entry: &mut Found, name: String, value: Vec<u8>) {
    let mut known = entry.attributes.iter_mut().rev();
    match known.find(|(known, _)| known.eq_ignore_ascii_case(&name)) {
        Some((_, values)) => values.push(value),
        None => entry.attributes.push((name, vec![value])),
    }
}

fn is_password(schema: &Schema, description: &[u8]) -> bool {
    let is = |kind: &str| kind == PASSWORD;
    schema
        .attribute(description)
        .is_some_and(|kind| is(&kind.key) || kind.superiors.iter().any(|above| is(above)))
}

/// What an entry's own part of its name says. Of one that cannot be read nothing: it is refused as a name.
fn pairs(dn: &str) -> Vec<(&[u8], Vec<u8>)> {
    let written = WrittenName::first(dn.as_bytes()).ok().flatten();
    written.map_or_else(Vec::new, |written| written.pairs)
}

/// A gateway takes a plain password for one that an administrator made up, and its owner would have to change it. What an import brings is its
/// owner's own unless it says otherwise, there as in the store.
fn passwords_are_its_own(entry: &mut Found) {
    let is_plain = |value: &Vec<u8>| hash::form(value) == Form::Plain;
    if entry.values("userPassword").iter().any(is_plain) && entry.values("pwdReset").is_empty() {
        put(entry, "pwdReset".to_owned(), b"FALSE".to_vec());
    }
}

/// Whether it brings a password; an error if it may not.
async fn may_have_password(entry: &Found, line: u64, import: &mut Import<'_>) -> Result<bool, Ended> {
    if entry.values("userPassword").is_empty() {
        return Ok(false);
    }
    let whole = with_name(entry, import.schema);
    let decision = import.owners.decide(&whole, import.asking).await;
    let decision = decision.map_err(|error| of_directory(error.to_string()))?;
    if decision.authority.permits_local_write() {
        return Ok(true);
    }
    Err(of_file(format!(
        "line {line}: {} brings a password, and its password is not this directory's but of {} (rule {}): take userPassword out",
        entry.dn, decision.authority, decision.rule
    )))
}

fn of_file(what: String) -> Ended {
    Ended {
        what,
        is_files: true,
        unsure: false,
    }
}

fn of_directory(what: String) -> Ended {
    Ended {
        is_files: false,
        ..of_file(what)
    }
}

fn of_load(fault: &LoadFault) -> Ended {
    let what = format!("line {}: {}: {}", fault.place, fault.name, fault.text);
    Ended {
        // busy, unavailable, unwilling, other: not for the file to mend.
        is_files: !matches!(fault.code, 51 | 52 | 53 | 80),
        unsure: fault.unsure,
        ..of_file(what)
    }
}

fn of_add(line: u64, dn: &str, error: &AskError) -> Ended {
    let silent = *error == AskError::Silent;
    Ended {
        is_files: !silent,
        unsure: silent,
        ..of_file(format!("line {line}: {dn}: {error}"))
    }
}

#[cfg(test)]
mod tests;
