//! What a `[[directory]]` with `dialect = "embedded"` has instead of servers: its rules, its people's passwords, its schema.

use super::access::{AccessRule, AccessTable};
use super::directory::distinguished_name;
use super::reading::{Reading, Text};
use crate::settings::{self, Value};
use postern_directory::Settings;
use postern_identity::{AttributeName, DirectoryName, DistinguishedName};
use postern_policy::problem::quoted;
use schemars::JsonSchema;
use serde::Deserialize;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::path::PathBuf;
use toml::Spanned;

/// Entries a search may look through that no index narrows, where nothing else is said.
const LOOK_THROUGH: u32 = 20_000;
/// The attributes by which a base entry can be made.
const BASES: [&str; 5] = ["dc", "o", "ou", "c", "l"];

/// An embedded directory as it is configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Embedded {
    /// What routes and logs call it, and its tree in the store.
    pub name: DirectoryName,
    /// The entry everything else lies under.
    pub base_dn: String,
    /// DNs of accounts, or of groups whose members, may change everything.
    pub administrators: Vec<String>,
    /// Who may do what, in order. `None`: as usual.
    pub access: Option<Vec<AccessRule>>,
    /// Attributes of which no two entries have the same value.
    pub unique: Vec<String>,
    /// Entries a search may look through that no index narrows.
    pub look_through: u32,
    /// Files with definitions beside the standard ones, each with what it holds.
    pub schema_files: Vec<(PathBuf, String)>,
    /// What a password hash may cost.
    pub hashing: Hashing,
}

/// What a password hash costs (argon2id, RFC 9106).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hashing {
    /// Memory of one, in KiB.
    pub memory_kib: u32,
    /// How often it goes over that memory.
    pub passes: u32,
    /// Threads, and so how many at once. `None`: one for each core.
    pub threads: Option<NonZeroUsize>,
    /// Sign-ins that may wait for one; beyond that they are told 51.
    pub queue: usize,
}

impl Default for Hashing {
    fn default() -> Self {
        Self {
            memory_kib: 19_456,
            passes: 2,
            threads: None,
            queue: 256,
        }
    }
}

/// Whether accounts must have a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum PasswordWord {
    /// Those that administrators make must.
    Required,
    /// None must.
    Optional,
}

/// What a password hash costs.
#[derive(Deserialize, JsonSchema)]
pub(super) struct HashingTable {
    /// Memory of one hash, in KiB.
    #[schemars(with = "Option<u32>", range(min = 8_192, max = 1_048_576), extend("default" = 19456))]
    memory_kib: Option<Spanned<u64>>,
    /// How often a hash goes over that memory.
    #[schemars(with = "Option<u32>", range(min = 1, max = 64), extend("default" = 2))]
    passes: Option<Spanned<u64>>,
    /// Hashes that are worked on at once. Default: one for each core.
    #[schemars(with = "Option<u32>", range(min = 1, max = 256))]
    threads: Option<Spanned<u64>>,
    /// Sign-ins that may wait for one. Beyond that they are told that the directory is busy.
    #[schemars(with = "Option<u32>", range(min = 1, max = 65_536), extend("default" = 256))]
    queue: Option<Spanned<u64>>,
}

/// The keys of an embedded directory, as they are written.
pub(super) struct Written {
    pub(super) password: Option<Spanned<PasswordWord>>,
    pub(super) schema_files: Option<Spanned<Vec<Spanned<String>>>>,
    pub(super) administrators: Option<Spanned<Vec<Spanned<String>>>>,
    pub(super) access: Option<Spanned<Vec<Spanned<AccessTable>>>>,
    pub(super) unique: Option<Spanned<Vec<Spanned<String>>>>,
    pub(super) look_through: Option<Spanned<u64>>,
    pub(super) hashing: Option<Spanned<HashingTable>>,
}

/// What a `[[directory]]` came to.
pub(super) struct Read {
    pub(super) settings: Settings,
    pub(super) embedded: Option<Embedded>,
    /// What the file says of settings that can be changed while the program runs, by name.
    pub(super) values: Vec<(String, Value)>,
}

impl Written {
    /// Tells of each key that only an embedded directory has.
    pub(super) fn must_be_absent(&self, reading: &mut Reading<'_>) {
        let given = [
            ("password", self.password.as_ref().map(Spanned::span)),
            ("schema_files", self.schema_files.as_ref().map(Spanned::span)),
            ("administrators", self.administrators.as_ref().map(Spanned::span)),
            ("access", self.access.as_ref().map(Spanned::span)),
            ("unique", self.unique.as_ref().map(Spanned::span)),
            ("look_through", self.look_through.as_ref().map(Spanned::span)),
            ("hashing", self.hashing.as_ref().map(Spanned::span)),
        ];
        for (key, span) in given {
            if let Some(span) = span {
                let what = format!("{key} in a directory that has servers of its own");
                reading.problem(&span, what, "leave it out, or dialect = \"embedded\"");
            }
        }
    }

    /// The directory. `table` is where its base is missed; `values` is added to.
    pub(super) fn read(
        self,
        name: DirectoryName,
        base_dn: &Text,
        table: &Range<usize>,
        values: &mut Vec<(String, Value)>,
        reading: &mut Reading<'_>,
    ) -> Option<Embedded> {
        let base_dn = base(base_dn, table, reading);
        if let Some(word) = self.password {
            let word = match word.into_inner() {
                PasswordWord::Required => settings::REQUIRED,
                PasswordWord::Optional => settings::OPTIONAL,
            };
            values.push((settings::password(&name.0), Value::Word(word)));
        }
        let administrators = each(self.administrators, |written| {
            if written.get_ref().is_empty() {
                return reading.none(&written.span(), "an empty name", "a DN, or leave it out");
            }
            distinguished_name("administrators", Some(written), reading)
        });
        let unique = match self.unique {
            None => Some(vec!["uid".to_owned()]),
            unique => each(unique, |written| {
                if AttributeName::parse(written.get_ref().as_bytes()).is_ok() {
                    return Some(written.get_ref().clone());
                }
                let what = format!("{} is not the name of an attribute", quoted(written.get_ref()));
                reading.none(&written.span(), what, "such as uid")
            }),
        };
        let schema_files = each(self.schema_files, |written| reading.text_file("schema_files", written));
        let access = match self.access {
            None => Some(None),
            Some(tables) => {
                let rules = tables.into_inner().into_iter().map(|table| {
                    let span = table.span();
                    table.into_inner().read(&span, reading)
                });
                let rules: Vec<Option<AccessRule>> = rules.collect();
                rules.into_iter().collect::<Option<Vec<_>>>().map(Some)
            }
        };
        let (administrators, unique, schema_files, access) = (administrators?, unique?, schema_files?, access?);
        Some(Embedded {
            name,
            base_dn: base_dn?,
            administrators,
            access,
            unique,
            schema_files,
            look_through: self.look_through.map_or(LOOK_THROUGH, number),
            hashing: self.hashing.map_or_else(Hashing::default, |table| table.into_inner().read()),
        })
    }
}

impl HashingTable {
    fn read(self) -> Hashing {
        let usual = Hashing::default();
        Hashing {
            memory_kib: self.memory_kib.map_or(usual.memory_kib, number),
            passes: self.passes.map_or(usual.passes, number),
            threads: self.threads.and_then(|threads| NonZeroUsize::new(number(threads))),
            queue: self.queue.map_or(usual.queue, number),
        }
    }
}

/// The base: there, and one whose entry can be made.
fn base(written: &Text, table: &Range<usize>, reading: &mut Reading<'_>) -> Option<String> {
    let Some(written) = written.as_ref().filter(|written| !written.get_ref().is_empty()) else {
        if reading.told_of(table, "base_dn") {
            return None;
        }
        return reading.none(table, "an embedded directory has no base_dn", "base_dn = \"dc=example,dc=org\"");
    };
    let base = distinguished_name("base_dn", Some(written), reading)?;
    let parsed = DistinguishedName::parse(base.as_bytes()).ok()?;
    let attribute = base.split('=').next().unwrap_or_default().trim();
    if parsed.is_root() || !BASES.iter().any(|known| known.eq_ignore_ascii_case(attribute)) {
        let what = format!("no entry can be made for {}", quoted(&base));
        return reading.none(&written.span(), what, "a name that begins with dc, o, ou, c or l");
    }
    Some(base)
}

/// Each item of a list; `None` if one of them is not sound.
fn each<T>(
    list: Option<Spanned<Vec<Spanned<String>>>>,
    mut read: impl FnMut(&Spanned<String>) -> Option<T>,
) -> Option<Vec<T>> {
    let read: Vec<Option<T>> = list.iter().flat_map(Spanned::get_ref).map(&mut read).collect();
    read.into_iter().collect()
}

/// A number whose bounds the schema has held it to.
fn number<N: TryFrom<u64> + Default>(written: Spanned<u64>) -> N {
    N::try_from(written.into_inner()).unwrap_or_default()
}
