//! Who may come in where a policy says that only those who are onboarded may: accounts by their stable id, groups by their DN, with whoever is in them
//! at the time.

use postern_identity::directory::Applicants;
use postern_identity::records::{Onboarded, RecordsError, ResetChange, ResetRecords};
use postern_identity::{Clock, DirectoryError, DistinguishedName};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What is onboarded, and where names are looked up.
pub struct Onboarding {
    pub(crate) records: Arc<dyn ResetRecords>,
    pub(crate) directories: Vec<Arc<dyn Applicants>>,
    /// The most of a directory, where there is a cap.
    pub(crate) most: Vec<(Arc<str>, u64)>,
    pub(crate) clock: Arc<dyn Clock>,
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "lowercase", deny_unknown_fields)]
pub enum Asked {
    /// Everybody who is, in a directory or in all.
    List {
        /// Its name.
        directory: Option<String>,
    },
    /// Somebody may come in.
    Add(Whom),
    /// Somebody may no longer.
    Remove(Whom),
}

/// Whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Whom {
    /// In which directory; the only one, if there is but one.
    pub directory: Option<String>,
    /// A name of an account, or a group's DN. To be removed, also the key as it is listed.
    pub name: String,
    /// Whether it is a group.
    pub group: bool,
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// Who is, or who it was about.
    Onboarded(Vec<Shown>),
    /// Why not.
    Error {
        /// Whether whoever asked is to blame, and not a directory or the store.
        asked: bool,
        /// What is wrong, and what would be right.
        message: String,
    },
}

/// Somebody who may come in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// In which directory.
    pub directory: String,
    /// What it is known by: an account's stable id, or a group's DN.
    pub key: String,
    /// Whether it is a group.
    pub group: bool,
    /// What it was called.
    pub name: String,
    /// Since when, RFC 3339.
    pub at: String,
}

/// Why it is not done.
struct Refusal {
    asked: bool,
    message: String,
}

impl Onboarding {
    /// Does what one line asks.
    pub(crate) async fn answer(&self, line: &str) -> Answer {
        match serde_json::from_str(line) {
            Ok(asked) => self.obey(asked).await,
            Err(_) => Answer::Error {
                asked: true,
                message: "this is no request".to_owned(),
            },
        }
    }

    /// Does it.
    pub(crate) async fn obey(&self, asked: Asked) -> Answer {
        let done = match asked {
            Asked::List { directory } => self.list(directory.as_deref()).await,
            Asked::Add(whom) => self.add(&whom).await.map(|one| vec![one]),
            Asked::Remove(whom) => self.remove(&whom).await.map(|one| vec![one]),
        };
        match done {
            Ok(all) => Answer::Onboarded(all.iter().map(Shown::from).collect()),
            Err(Refusal { asked, message }) => Answer::Error { asked, message },
        }
    }

    async fn list(&self, directory: Option<&str>) -> Result<Vec<Onboarded>, Refusal> {
        let chosen = match directory {
            Some(_) => vec![self.directory(directory)?],
            None => self.directories.iter().collect(),
        };
        let mut all = Vec::new();
        for directory in chosen {
            all.extend(self.records.onboarded(&directory.name().0).await?);
        }
        Ok(all)
    }

    async fn add(&self, whom: &Whom) -> Result<Onboarded, Refusal> {
        let directory = self.directory(whom.directory.as_deref())?;
        let name = Arc::clone(&directory.name().0);
        let (key, shown) = if whom.group {
            (group_key(&whom.name)?, whom.name.clone())
        } else {
            let person = directory.find(&whom.name).await.map_err(not_found)?;
            (person.key.id, person.dn)
        };
        let who = Onboarded {
            directory: Arc::clone(&name),
            key,
            group: whom.group,
            name: shown.into(),
            at: self.clock.now(),
        };
        let most = self.most.iter().find(|(known, _)| *known == name);
        let most = most.map(|(_, most)| *most);
        let change = ResetChange::Onboard { who: who.clone(), most };
        match (self.records.commit_reset(vec![change]).await, most) {
            (Ok(()), _) => {
                tracing::info!(target: "postern", directory = %name, key = %who.key, group = who.group, "somebody was onboarded");
                Ok(who)
            }
            (Err(RecordsError::TooLarge), Some(most)) => Err(wrong(format!(
                "{most} users and groups may come in here, and that many do: remove one, or raise onboarded_most"
            ))),
            (Err(error), _) => Err(error.into()),
        }
    }

    async fn remove(&self, whom: &Whom) -> Result<Onboarded, Refusal> {
        let directory = self.directory(whom.directory.as_deref())?;
        let name = Arc::clone(&directory.name().0);
        let known = self.records.onboarded(&name).await?;
        let listed = known.iter().find(|one| *one.key == *whom.name);
        let found = match (listed, whom.group) {
            (Some(one), _) => Some(one),
            (None, true) => {
                let key = group_key(&whom.name)?;
                known.iter().find(|one| one.key == key)
            }
            // Whoever is gone from the directory is still removed by the key that is listed.
            (None, false) => {
                let person = directory.find(&whom.name).await.map_err(not_found)?;
                known.iter().find(|one| one.key == person.key.id)
            }
        };
        let found = found.ok_or_else(|| wrong("nobody of that name is onboarded: see `postern onboard list`"))?;
        let change = ResetChange::Offboard {
            directory: Arc::clone(&name),
            key: Arc::clone(&found.key),
        };
        self.records.commit_reset(vec![change]).await?;
        tracing::info!(target: "postern", directory = %name, key = %found.key, group = found.group, "somebody is onboarded no longer");
        Ok(found.clone())
    }

    /// The one that is named, or the only one.
    fn directory(&self, named: Option<&str>) -> Result<&Arc<dyn Applicants>, Refusal> {
        let names = || {
            let names: Vec<&str> = self.directories.iter().map(|directory| &*directory.name().0).collect();
            names.join(", ")
        };
        match (named, self.directories.as_slice()) {
            (None, [only]) => Ok(only),
            (None, _) => Err(wrong(format!(
                "there are several directories, say --directory with one of: {}",
                names()
            ))),
            (Some(named), all) => {
                let found = all.iter().find(|directory| *directory.name().0 == *named);
                found.ok_or_else(|| wrong(format!("there is no directory {named:?}: {}", names())))
            }
        }
    }
}

/// The form in which DNs are compared.
fn group_key(name: &str) -> Result<Arc<str>, Refusal> {
    match DistinguishedName::parse(name.as_bytes()) {
        Ok(dn) if !dn.is_root() => Ok(dn.to_string().into()),
        _ => Err(wrong(
            "a group is named by its DN, such as cn=staff,ou=groups,dc=example,dc=org",
        )),
    }
}

fn not_found(error: DirectoryError) -> Refusal {
    match error {
        DirectoryError::NotFound => wrong("there is no such account"),
        DirectoryError::Ambiguous => wrong("more than one account has that name: say its DN"),
        error => Refusal {
            asked: false,
            message: error.to_string(),
        },
    }
}

fn wrong(message: impl Into<String>) -> Refusal {
    Refusal {
        asked: true,
        message: message.into(),
    }
}

impl From<RecordsError> for Refusal {
    fn from(error: RecordsError) -> Self {
        Self {
            asked: matches!(error, RecordsError::TooLarge),
            message: error.to_string(),
        }
    }
}

impl From<&Onboarded> for Shown {
    fn from(one: &Onboarded) -> Self {
        Self {
            directory: one.directory.to_string(),
            key: one.key.to_string(),
            group: one.group,
            name: one.name.to_string(),
            at: one.at.to_string(),
        }
    }
}
