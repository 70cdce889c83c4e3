//! What a `[[directory]]` with `dialect = "embedded"` has instead of servers: its rules, its people's passwords, its schema.

use super::access::AccessTable;
use super::applicants::Applicants;
use super::reading::{Reading, Text};
use crate::kept;
use crate::settings::{self, Value};
use postern_directory::Settings;
use postern_directory::local::password::Cost;
use postern_directory::local::path::NameFault;
use postern_directory::local::schema::Schema;
use postern_directory::local::{AccessRule, AccessRules, LocalSettings};
use postern_identity::DirectoryName;
use postern_policy::Problem;
use postern_policy::problem::quoted;
use schemars::JsonSchema;
use serde::Deserialize;
use std::num::NonZeroUsize;
use std::ops::Range;
use toml::Spanned;

/// What a hash costs where nothing else is said: OWASP's least for argon2id.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
/// Sign-ins that may wait for one.
const QUEUE: usize = 256;

/// An embedded directory as it is configured.
#[derive(Clone)]
pub struct Embedded {
    /// Its name, its base, who may do what, and its limits.
    pub local: LocalSettings,
    /// The standard definitions, and those of its files.
    pub schema: Schema,
    /// What a password hash costs.
    pub hashing: Hashing,
}

/// What a password hash costs (argon2id, RFC 9106), and how many are made.
#[derive(Debug, Clone)]
pub struct Hashing {
    /// Memory and passes of one.
    pub cost: Cost,
    /// Threads, and so how many at once. `None`: one for each core.
    pub threads: Option<NonZeroUsize>,
    /// Sign-ins that may wait for one; beyond that they are told 51.
    pub queue: usize,
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
#[derive(Default, Deserialize, JsonSchema)]
pub(super) struct HashingTable {
    /// Memory of one hash, in KiB.
    #[schemars(with = "Option<u32>", range(min = 8_192, max = 262_144), extend("default" = 19456))]
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
    /// Who may help themselves.
    pub(super) applicants: Applicants,
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
        let schema = schema(self.schema_files.as_ref(), reading);
        // Names are judged by the standard definitions where the files cannot be read, and by nothing that is missing there.
        let known = schema.clone().unwrap_or_else(Schema::standard);
        let base_dn = base(base_dn, table, &known, reading);
        if let Some(word) = self.password {
            let word = match word.into_inner() {
                PasswordWord::Required => settings::REQUIRED,
                PasswordWord::Optional => settings::OPTIONAL,
            };
            values.push((settings::password(&name.0), Value::Word(word)));
        }
        let administrators = each(self.administrators.as_ref(), |written| {
            entry_name("administrators", Some(written), &known, reading).ok()?
        });
        let unique = match self.unique.as_ref() {
            None => Some(vec!["uid".to_owned()]),
            Some(unique) => each(Some(unique), |written| {
                let name = written.get_ref();
                let what = match known.attribute(name.as_bytes()) {
                    None => format!("{} is not an attribute of the schema", quoted(name)),
                    Some(attribute) if !attribute.indexed => format!("entries are not found by {}", quoted(name)),
                    Some(_) => return Some(name.clone()),
                };
                reading.none(&written.span(), what, "an attribute such as uid or mail")
            }),
        };
        let access = match self.access {
            None => Some(None),
            Some(tables) => {
                let rules = tables.into_inner().into_iter().map(|table| {
                    let span = table.span();
                    table.into_inner().read(&span, &known, reading)
                });
                let rules: Vec<Option<AccessRule>> = rules.collect();
                rules.into_iter().collect::<Option<Vec<_>>>().map(AccessRules).map(Some)
            }
        };
        let hashing = match self.hashing {
            None => HashingTable::default().read(table, reading),
            Some(table) => {
                let span = table.span();
                table.into_inner().read(&span, reading)
            }
        };
        let (administrators, unique, access, hashing) = (administrators?, unique?, access?, hashing?);
        let mut local = LocalSettings::new(name, base_dn?);
        local.administrators = administrators;
        local.unique = unique;
        if let Some(access) = access {
            local.access = access;
        }
        if let Some(most) = self.look_through {
            local.limits.look_through = number(most);
        }
        Some(Embedded {
            local,
            schema: schema?,
            hashing,
        })
    }
}

impl HashingTable {
    fn read(self, span: &Range<usize>, reading: &mut Reading<'_>) -> Option<Hashing> {
        let memory = self.memory_kib.map_or(MEMORY_KIB, number);
        let passes = self.passes.map_or(PASSES, number);
        let Ok(cost) = Cost::new(memory, passes, 1) else {
            let what = format!("{passes} passes over {memory} KiB take too long");
            return reading.none(span, what, "at most 1048576 KiB in all passes together");
        };
        Some(Hashing {
            cost,
            threads: self.threads.and_then(|threads| NonZeroUsize::new(number(threads))),
            queue: self.queue.map_or(QUEUE, number),
        })
    }
}

/// The standard definitions with those of the files. A mistake is told where it stands in its file.
fn schema(files: Option<&Spanned<Vec<Spanned<String>>>>, reading: &mut Reading<'_>) -> Option<Schema> {
    let mut schema = Schema::standard();
    for written in files.into_iter().flat_map(Spanned::get_ref) {
        let (path, text) = reading.text_file("schema_files", written)?;
        match schema.extended(&path.display().to_string(), &text) {
            Ok(extended) => schema = extended,
            Err(error) => {
                reading.elsewhere(Problem {
                    path: error.file,
                    line: error.line,
                    column: error.column,
                    what: error.problem,
                    remedy: error.remedy,
                });
                return None;
            }
        }
    }
    Some(schema)
}

/// The name of an entry, as it was written: one that the schema can read. `Ok(None)`: none is given.
pub(super) fn entry_name(
    key: &str,
    written: Option<&Spanned<String>>,
    schema: &Schema,
    reading: &mut Reading<'_>,
) -> Result<Option<String>, ()> {
    let Some(written) = written else { return Ok(None) };
    let (text, span) = (written.get_ref(), written.span());
    let what = match schema.path(text.as_bytes()) {
        Ok(path) if !path.is_root() => return Ok(Some(text.clone())),
        Ok(_) => format!("{key} is empty"),
        Err(NameFault::Syntax | NameFault::TooLong) => format!("{key} is not a distinguished name"),
        Err(NameFault::UnknownAttribute) => format!("{key} has an attribute that is not in the schema"),
        Err(NameFault::Value) => format!("{key} has a value that does not fit its attribute"),
    };
    reading.problem(&span, what, "a name such as dc=example,dc=org");
    Err(())
}

/// The base: there, and one whose entry can be made.
fn base(written: &Text, table: &Range<usize>, schema: &Schema, reading: &mut Reading<'_>) -> Option<String> {
    let Some(written) = written.as_ref().filter(|written| !written.get_ref().is_empty()) else {
        if reading.told_of(table, "base_dn") {
            return None;
        }
        return reading.none(
            table,
            "an embedded directory has no base_dn",
            "base_dn = \"dc=example,dc=org\"",
        );
    };
    let base = entry_name("base_dn", Some(written), schema, reading).ok()??;
    if kept::base_entry(&base).is_none() {
        let what = format!("no entry can be made for {}", quoted(&base));
        return reading.none(&written.span(), what, "a name that begins with dc, o, ou, c or l");
    }
    Some(base)
}

/// Each item of a list; `None` if one of them is not sound.
fn each<T>(
    list: Option<&Spanned<Vec<Spanned<String>>>>,
    mut read: impl FnMut(&Spanned<String>) -> Option<T>,
) -> Option<Vec<T>> {
    let read: Vec<Option<T>> = list.into_iter().flat_map(Spanned::get_ref).map(&mut read).collect();
    read.into_iter().collect()
}

/// A number whose bounds the schema has held it to.
fn number<N: TryFrom<u64> + Default>(written: Spanned<u64>) -> N {
    N::try_from(written.into_inner()).unwrap_or_default()
}
