//! Loading many entries at once, for whoever has the machine: an import.
//!
//! What an entry brings stays: its UUID, its times, who made it, its password's hash, its state of the password policy. What is worked out here is
//! passed over. Passwords that come as they are get hashed, which takes as long as it takes anywhere. Entries go in in batches, each
//! as a whole; while one is written the next is made ready, up to the unit it is written as. An entry above must come before those below.

mod batch;

use super::change::undefined;
use super::rdn::{self, Rdn};
use crate::local::LocalDirectory;
use crate::local::answer::Answer;
use crate::local::entry::Entry;
use crate::local::path::{NamePath, WrittenName};
use crate::local::session::{Actor, Session};
use batch::{Content, Ready, UUID, Unit, Written, written};
use postern_ldap::ResultCode;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio::task::JoinSet;

/// Entries of the first batch, and of any at most. They grow while each is written quickly: little time passes until something is written,
/// and a store that is slow gets no more at once than it can write before it is late.
const FIRST_BATCH: usize = 2_500;
const BATCH: usize = 20_000;
/// Written in less: the next ones may be larger. Written in more: smaller.
const QUICK: Duration = Duration::from_secs(2);
const SLOW: Duration = Duration::from_secs(4);
/// Octets of one batch's entries, about.
const BATCH_OCTETS: usize = 32 * 1024 * 1024;
/// Names that are remembered of entries that have others below them.
const REMEMBERED: usize = 50_000;

/// What slapd and other servers write into exports, and is worked out or of no use here.
const PASSED_OVER: &[&str] = &[
    "authtimestamp",
    "contextcsn",
    "entrydn",
    "hassubordinates",
    "memberof",
    "numsubordinates",
    "structuralobjectclass",
    "subschemasubentry",
];

/// Why an entry was not loaded; those of its batch before and behind it were not either.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{name}: {text} ({code})")]
pub struct LoadFault {
    /// Where it came from: whatever number the caller gave it, such as a line.
    pub place: u64,
    /// Its name as it was given.
    pub name: String,
    /// The result code an add would have been answered with (RFC 4511 §4.1.9).
    pub code: u32,
    /// What is wrong with it.
    pub text: String,
    /// Whether its batch may be in all the same: the store was asked and did not say.
    pub unsure: bool,
}

/// How far loading came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loaded {
    /// Entries that are in. They are the first of those that were taken.
    pub entries: u64,
    /// The place of the first one that was taken and is not. `None`: there is none.
    pub next: Option<u64>,
}

/// Takes entries one after the other.
pub struct Loader {
    directory: Arc<LocalDirectory>,
    session: Session,
    /// The keys of what is one entry's alone.
    alone: Vec<Arc<str>>,
    batch: Vec<Ready>,
    /// Entries of this batch at most.
    most: usize,
    octets: usize,
    names: HashMap<Arc<[u8]>, Arc<str>>,
    writing: JoinSet<Result<Written, LoadFault>>,
    /// The place of the first entry of the batch that is being made ready to be written, or was not.
    unready: Option<u64>,
    /// The place of the first entry of the batch that is being written, or was not.
    unwritten: Option<u64>,
    loaded: u64,
    /// What came of a batch while an entry was made ready.
    failed: Option<LoadFault>,
}

impl Loader {
    /// One that loads into this directory. Entries it has already are an error.
    pub fn new(directory: &Arc<LocalDirectory>) -> Self {
        Self {
            alone: directory.keys_alone(),
            directory: Arc::clone(directory),
            session: Session::new(Actor::Root),
            batch: Vec::new(),
            most: FIRST_BATCH,
            octets: 0,
            names: HashMap::new(),
            writing: JoinSet::new(),
            unready: None,
            unwritten: None,
            loaded: 0,
            failed: None,
        }
    }

    /// Takes one entry. An error may be that of one taken before; after it nothing more should be taken.
    pub async fn take(
        &mut self,
        place: u64,
        name: &str,
        attributes: impl IntoIterator<Item = (String, Vec<Vec<u8>>)>,
    ) -> Result<(), LoadFault> {
        let ready = match self.ready(place, name, attributes) {
            Ok(ready) => self.named(ready).await,
            Err(answer) => Err(answer),
        };
        let ready = match ready {
            Ok(ready) => ready,
            Err(answer) => return Err(self.failed.take().unwrap_or_else(|| fault(place, name, &answer))),
        };
        self.octets += 64 + ready.content.octets();
        self.batch.push(ready);
        if self.batch.len() >= self.most || self.octets >= BATCH_OCTETS {
            self.write().await?;
        }
        Ok(())
    }

    /// Writes what is left. How many were loaded.
    pub async fn finish(&mut self) -> Result<u64, LoadFault> {
        self.write().await?;
        self.settle().await?;
        Ok(self.loaded)
    }

    /// Ends early, such as after an error: what is being written is waited for, and nothing else is written.
    pub async fn stop(mut self) -> Loaded {
        // What was wrong first is what is told. If this fails too, it is so when loading goes on from there.
        let _ = self.settle().await;
        let waiting = self.batch.first().map(|ready| ready.place);
        Loaded {
            entries: self.loaded,
            next: self.unwritten.or(self.unready).or(waiting),
        }
    }

    /// Reads an entry and sees that it can be one.
    fn ready(
        &self,
        place: u64,
        name: &str,
        attributes: impl IntoIterator<Item = (String, Vec<Vec<u8>>)>,
    ) -> Result<Ready, Answer> {
        let directory = &self.directory;
        let schema = &directory.schema;
        let path = directory.place_within(name.as_bytes(), "the root DSE cannot be loaded")?;
        let mut entry = Entry::new();
        for (description, values) in attributes {
            let base = description.split(';').next().unwrap_or_default();
            if PASSED_OVER.iter().any(|passed| passed.eq_ignore_ascii_case(base)) {
                continue;
            }
            let described = schema.described(description.as_bytes());
            let described = described.ok_or_else(|| undefined(description.as_bytes()))?;
            let mut all = entry.values(&described.canonical).to_vec();
            all.extend(values);
            entry.set(&described.canonical, all);
        }
        let written = WrittenName::first(name.as_bytes()).ok().flatten();
        let written = written.ok_or_else(|| Answer::new(ResultCode::INVALID_DN_SYNTAX, "invalid DN"))?;
        let rdn = Rdn::to_be(schema, &written)?;
        rdn.put_into(&mut entry);
        let brings_uuid = entry.attributes().iter().any(|attribute| attribute.is_of(UUID));
        directory.stamp_made(&mut entry, &self.session);
        directory.check_new(&mut entry)?;
        Ok(Ready {
            place,
            path,
            above: None,
            name: rdn.text.into(),
            brings_uuid,
            content: Content::of(entry, schema),
        })
    }

    /// Gives an entry its whole name, by that of the one above.
    async fn named(&mut self, mut ready: Ready) -> Result<Ready, Answer> {
        if ready.path == self.directory.base {
            ready.name = self.directory.settings.base_dn.as_str().into();
        } else {
            let above = ready.path.above().ok_or_else(|| Answer::no_such_object(""))?;
            let name = match self.names.get(above.octets()) {
                Some(name) => Arc::clone(name),
                None => self.name_of(&above).await?,
            };
            ready.name = rdn::below(&ready.name, &name);
            ready.above = Some(Arc::clone(above.octets()));
        }
        Ok(ready)
    }

    async fn name_of(&mut self, path: &NamePath) -> Result<Arc<str>, Answer> {
        let in_batch = self.batch.iter().rev().find(|ready| ready.path == *path);
        let name = if let Some(ready) = in_batch {
            Arc::clone(&ready.name)
        } else {
            // It may be in the batch that is being written.
            if let Err(fault) = self.settle().await {
                let answer = Answer::new(ResultCode(fault.code), fault.text.clone());
                self.failed = Some(fault);
                return Err(answer);
            }
            match self.directory.nearest(path).await? {
                Some(row) if row.path == *path.octets() => row.name,
                other => {
                    let matched = other.map_or_else(String::new, |row| row.name.to_string());
                    return Err(Answer {
                        text: "there is no entry above it".into(),
                        ..Answer::no_such_object(matched)
                    });
                }
            }
        };
        if self.names.len() >= REMEMBERED {
            self.names.clear();
        }
        self.names.insert(Arc::clone(path.octets()), Arc::clone(&name));
        Ok(name)
    }

    /// Sends the batch off, once the one before is written.
    pub(super) async fn write(&mut self) -> Result<(), LoadFault> {
        self.octets = 0;
        let batch = std::mem::take(&mut self.batch);
        self.unready = batch.first().map(|ready| ready.place);
        let unit = Unit::of(batch, &self.directory, &self.alone).await?;
        self.settle().await?;
        if let Some(first) = self.unready.take() {
            self.unwritten = Some(first);
            self.writing.spawn(written(Arc::clone(&self.directory), unit));
        }
        Ok(())
    }

    /// Waits until nothing is being written.
    pub(super) async fn settle(&mut self) -> Result<(), LoadFault> {
        while let Some(written) = self.writing.join_next().await {
            let written = written.unwrap_or_else(|_| {
                let stopped = Answer::new(ResultCode::OTHER, "loading was stopped");
                Err(LoadFault {
                    unsure: true,
                    ..fault(0, "", &stopped)
                })
            })?;
            self.unwritten = None;
            self.loaded += written.entries;
            self.most = next_size(self.most, written.took);
        }
        Ok(())
    }
}

/// Entries of the batches behind one that took so long.
fn next_size(most: usize, took: Duration) -> usize {
    if took < QUICK {
        (most * 2).min(BATCH)
    } else if took > SLOW {
        (most / 2).max(FIRST_BATCH)
    } else {
        most
    }
}

fn fault(place: u64, name: &str, answer: &Answer) -> LoadFault {
    let text = if answer.text.is_empty() {
        "it cannot be taken".to_owned()
    } else {
        answer.text.to_string()
    };
    LoadFault {
        place,
        name: name.to_owned(),
        code: answer.code.0,
        text,
        unsure: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_grow_while_the_store_is_quick_and_shrink_where_it_is_slow() {
        let sizes = |took: u64, from: usize| -> Vec<usize> {
            let next = |most: &usize| Some(next_size(*most, Duration::from_secs(took)));
            std::iter::successors(Some(from), next).take(4).collect()
        };
        assert_eq!(sizes(1, FIRST_BATCH), [2_500, 5_000, 10_000, BATCH]);
        assert_eq!(sizes(1, BATCH), [BATCH; 4]);
        assert_eq!(sizes(3, 5_000), [5_000; 4]);
        assert_eq!(sizes(5, BATCH), [BATCH, 10_000, 5_000, FIRST_BATCH]);
        assert_eq!(sizes(5, FIRST_BATCH), [FIRST_BATCH; 4]);
    }
}
