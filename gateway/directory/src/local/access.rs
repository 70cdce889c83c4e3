//! Who may read and write what in the embedded directory: rules in order, of which the first that speaks of somebody and something decides.
//!
//! Whatever the rules say, what could be guessed at offline (hashes of passwords) is read by nobody but whoever has the machine, and what
//! somebody may not read is as if it were not there, in filters, too. Our own account may do everything else.

use super::LocalDirectory;
use super::path::{NameFault, NamePath};
use super::schema::Schema;
use super::session::{Actor, Session};
use jiff::SignedDuration;
use postern_identity::records::{EntryRow, Indexed, RecordsError};
use std::sync::Arc;

/// Rules, the first that fits decides. Where none does, nothing is allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessRules(pub Vec<AccessRule>);

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessRule {
    /// For whom.
    pub who: Who,
    /// On what.
    pub what: What,
    /// What is allowed.
    pub may: May,
}

/// For whom a rule is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// Everybody, signed in or not.
    Anybody,
    /// Whoever has not signed in.
    Anonymous,
    /// Whoever has.
    SignedIn,
    /// Whoever's entry it is.
    Themselves,
    /// The directory's administrators.
    Administrators,
    /// The account of this name.
    Account(String),
    /// The members of the group of this name: its `member` and `uniqueMember`.
    Group(String),
    /// The accounts at and below this name.
    Within(String),
}

/// On what a rule is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct What {
    /// On entries at and below this name. `None`: on all.
    pub within: Option<String>,
    /// On these attributes and those below them. None: on all, and on entries as such: seeing that they are there, making, naming and
    /// deleting them. The word `entry` among attributes is entries as such.
    pub attributes: Vec<String>,
}

/// What a rule allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum May {
    /// Nothing.
    Nothing,
    /// Reading, comparing and finding.
    Read,
    /// Reading and writing.
    Write,
}

/// Entries as such, among the attributes of a rule.
const ENTRY: &str = "entry";

/// Hashes of passwords and whatever is as good as one: read by nobody but [`Actor::Root`].
const SECRET: &[&str] = &[
    "userpassword",
    "pwdhistory",
    "authpassword",
    "sambantpassword",
    "sambalmpassword",
    "sambapasswordhistory",
    "krbprincipalkey",
    "ipanthash",
];

/// Whether values of this type are [`SECRET`], by its key.
pub(super) fn is_secret(key: &str) -> bool {
    SECRET.contains(&key)
}

/// What tells of somebody's passwords without being one: whose are temporary, who is locked out, whom to try.
const ABOUT_PASSWORDS: &[&str] = &[
    "userPassword",
    "pwdHistory",
    "pwdFailureTime",
    "pwdGraceUseTime",
    "pwdReset",
    "pwdAccountLockedTime",
    "pwdAccountTmpLockoutEnd",
    "pwdLastSuccess",
    "pwdChangedTime",
    "pwdStartTime",
    "pwdEndTime",
];

/// How long what somebody may read holds after it was found out: a search more or less after somebody left a group.
const HOLDS: SignedDuration = SignedDuration::from_secs(2);

impl Default for AccessRules {
    /// Administrators write everything, everybody their own password; whoever has signed in reads everything but what tells of passwords;
    /// nobody else reads anything.
    fn default() -> Self {
        let rule = |who, attributes: &[&str], may| AccessRule {
            who,
            what: What {
                within: None,
                attributes: attributes.iter().map(|&attribute| attribute.to_owned()).collect(),
            },
            may,
        };
        Self(vec![
            rule(Who::Administrators, &[], May::Write),
            rule(Who::Themselves, &["userPassword"], May::Write),
            rule(Who::Anybody, ABOUT_PASSWORDS, May::Nothing),
            rule(Who::SignedIn, &[], May::Read),
        ])
    }
}

/// Rules whose names were read.
pub(super) struct Compiled {
    rules: Vec<Rule<CompiledWho>>,
}

#[derive(Clone)]
struct Rule<W> {
    who: W,
    within: Option<NamePath>,
    /// Keys, in order. `None`: all.
    attributes: Option<Arc<[Arc<str>]>>,
    may: May,
}

enum CompiledWho {
    Anybody,
    Anonymous,
    SignedIn,
    Themselves,
    /// Any of these, or a member of any of these.
    Any(Vec<NamePath>),
    Account(NamePath),
    Group(NamePath),
    Within(NamePath),
}

/// What is left to ask of an entry.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    Always,
    OnTheirOwn,
}

/// What one actor may do.
pub(crate) struct Access {
    all: bool,
    secrets: bool,
    /// Its own entry and where that stands.
    own: Option<(i64, NamePath)>,
    rules: Vec<Rule<Holds>>,
}

/// What it may do with one entry.
#[derive(Clone, Copy)]
pub(crate) struct Rights<'a> {
    access: &'a Access,
    path: &'a [u8],
}

impl Compiled {
    /// Reads the names in rules. Attributes the schema does not have are passed over: nothing can have them.
    pub(super) fn new(rules: &AccessRules, administrators: &[String], schema: &Schema) -> Result<Self, NameFault> {
        let path = |name: &String| schema.path(name.as_bytes());
        let rules = rules.0.iter().map(|rule| {
            Ok(Rule {
                who: match &rule.who {
                    Who::Anybody => CompiledWho::Anybody,
                    Who::Anonymous => CompiledWho::Anonymous,
                    Who::SignedIn => CompiledWho::SignedIn,
                    Who::Themselves => CompiledWho::Themselves,
                    Who::Administrators => CompiledWho::Any(administrators.iter().map(path).collect::<Result<_, _>>()?),
                    Who::Account(name) => CompiledWho::Account(path(name)?),
                    Who::Group(name) => CompiledWho::Group(path(name)?),
                    Who::Within(name) => CompiledWho::Within(path(name)?),
                },
                within: rule.what.within.as_ref().map(path).transpose()?,
                attributes: (!rule.what.attributes.is_empty()).then(|| keys(&rule.what.attributes, schema)),
                may: rule.may,
            })
        });
        Ok(Self {
            rules: rules.collect::<Result<_, NameFault>>()?,
        })
    }
}

/// The keys of attributes and of all below them, in order.
fn keys(attributes: &[String], schema: &Schema) -> Arc<[Arc<str>]> {
    let mut keys: Vec<Arc<str>> = Vec::new();
    for attribute in attributes {
        if attribute.eq_ignore_ascii_case(ENTRY) {
            keys.push(ENTRY.into());
        } else if let Some(kind) = schema.attribute(attribute.as_bytes()) {
            keys.extend(kind.covered.iter().cloned());
        }
    }
    keys.sort_unstable();
    keys.dedup();
    keys.into()
}

impl LocalDirectory {
    /// What a session may read: as it is now, or was a moment ago.
    pub(crate) async fn access_to_read(&self, session: &Session) -> Result<Arc<Access>, RecordsError> {
        let now = self.clock.now();
        let since = now.checked_sub(HOLDS).unwrap_or(now);
        if let Some(access) = session.access_since(since) {
            return Ok(access);
        }
        let access = Arc::new(self.access(session).await?);
        session.keep_access(now, &access);
        Ok(access)
    }

    /// What a session may do, as it is now. Whose account no longer stands where it stood is nobody from then on: who stands there now is somebody
    /// else.
    pub(crate) async fn access(&self, session: &Session) -> Result<Access, RecordsError> {
        let mut actor = &session.actor;
        let mut own = None;
        if let Actor::Account { id, path, .. } = actor {
            let there = self.entries.nearest(&self.tree, &[path.octets()]).await?;
            if there.is_some_and(|row| row.id == *id) {
                own = Some((*id, path.clone()));
            } else {
                actor = &Actor::Anonymous;
            }
        }
        let (all, secrets) = match actor {
            Actor::Root => (true, true),
            Actor::Service => (true, false),
            Actor::Anonymous | Actor::Account { .. } => (false, false),
        };
        let mut rules = Vec::new();
        if !all {
            for rule in &self.access.rules {
                if let Some(who) = self.holds(&rule.who, actor).await? {
                    rules.push(Rule {
                        who,
                        within: rule.within.clone(),
                        attributes: rule.attributes.clone(),
                        may: rule.may,
                    });
                }
            }
        }
        Ok(Access {
            all,
            secrets,
            own,
            rules,
        })
    }

    async fn holds(&self, who: &CompiledWho, actor: &Actor) -> Result<Option<Holds>, RecordsError> {
        let path = actor.path();
        let holds = match who {
            CompiledWho::Anybody => true,
            CompiledWho::Anonymous => *actor == Actor::Anonymous,
            CompiledWho::SignedIn => *actor != Actor::Anonymous,
            CompiledWho::Themselves => return Ok(path.map(|_| Holds::OnTheirOwn)),
            CompiledWho::Account(account) => path == Some(account),
            CompiledWho::Within(above) => path.is_some_and(|path| path.is_within(above)),
            CompiledWho::Group(group) => self.is_member(actor, group).await?,
            CompiledWho::Any(several) => {
                let mut holds = path.is_some_and(|path| several.contains(path));
                for group in several {
                    holds = holds || self.is_member(actor, group).await?;
                }
                holds
            }
        };
        Ok(holds.then_some(Holds::Always))
    }

    /// Whether an entry has the actor among its members. Groups within groups do not count.
    async fn is_member(&self, actor: &Actor, group: &NamePath) -> Result<bool, RecordsError> {
        let Actor::Account { name, .. } = actor else {
            return Ok(false);
        };
        for attribute in ["member", "uniqueMember"] {
            let Some(kind) = self.schema.attribute(attribute.as_bytes()) else {
                continue;
            };
            let Ok(value) = kind.normal(name.as_bytes()) else {
                continue;
            };
            let value = Indexed {
                attribute: Arc::clone(&kind.key),
                value: value.into(),
            };
            if self.entries.has_value(&self.tree, group.octets(), &value).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Access {
    /// That of whoever may do everything.
    pub(super) fn everything() -> Self {
        Self {
            all: true,
            secrets: true,
            own: None,
            rules: Vec::new(),
        }
    }

    /// Whether a row stands at its own place and is not its own: that place was given to somebody else meanwhile.
    pub(super) fn is_displaced_by(&self, row: &EntryRow) -> bool {
        let mut own = self.own.iter();
        own.any(|(id, path)| row.path == *path.octets() && row.id != *id)
    }

    /// Whether it may know that a row is there: its own entry is no news to anybody.
    pub(super) fn knows_of(&self, row: &EntryRow) -> bool {
        self.to(&row.path).may_see() || self.own.as_ref().is_some_and(|(id, _)| row.id == *id)
    }

    /// Whether this is what a session may do whose account is gone.
    pub(super) fn is_of_nobody(&self) -> bool {
        !self.all && self.own.is_none()
    }

    /// Whatever is at this path (see [`NamePath::octets`]).
    pub(crate) fn to<'a>(&'a self, path: &'a [u8]) -> Rights<'a> {
        Rights { access: self, path }
    }
}

impl Rights<'_> {
    /// Whether it may know that the entry is there.
    pub(crate) fn may_see(&self) -> bool {
        self.of(ENTRY) >= May::Read
    }

    /// Whether it may make, rename and delete the entry.
    #[allow(dead_code, reason = "writes come next")]
    pub(crate) fn may_manage(&self) -> bool {
        self.of(ENTRY) >= May::Write
    }

    /// Whether it may read every attribute there is.
    pub(crate) fn reads_all(&self) -> bool {
        self.access.all && self.access.secrets
    }

    /// Whether it may read an attribute, by its key.
    pub(crate) fn may_read(&self, key: &str) -> bool {
        if is_secret(key) {
            return self.access.secrets;
        }
        self.of(key) >= May::Read
    }

    /// Whether it may write an attribute, by its key.
    #[allow(dead_code, reason = "writes come next")]
    pub(crate) fn may_write(&self, key: &str) -> bool {
        self.of(key) >= May::Write
    }

    fn of(&self, key: &str) -> May {
        if self.access.all {
            return May::Write;
        }
        let rule = self.access.rules.iter().find(|rule| {
            (rule.who == Holds::Always
                || self
                    .access
                    .own
                    .as_ref()
                    .is_some_and(|(_, own)| **own.octets() == *self.path))
                && rule
                    .within
                    .as_ref()
                    .is_none_or(|within| self.path.starts_with(within.octets()))
                && rule
                    .attributes
                    .as_ref()
                    .is_none_or(|keys| keys.binary_search_by(|known| (**known).cmp(key)).is_ok())
        });
        rule.map_or(May::Nothing, |rule| rule.may)
    }
}
