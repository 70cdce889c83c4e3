//! A directory, in memory.

use crate::account::{AccountKey, DirectoryName};
use crate::authority::{Authority, AuthorityRules, Decision};
use crate::decide::RuleName;
use crate::directory::{Admittance, Applicant, Applicants, Directory, DirectoryError, Reply};
use crate::password::{PasswordRefusal, PasswordRule, StandingChange};
use crate::person::{Nesting, Person};
use crate::reset::asked::fold;
use crate::secret::Secret;
use crate::standing::{Evidence, LockedBy, Source, Standing, State};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

pub(super) struct People {
    pub name: DirectoryName,
    pub entries: Mutex<Vec<Entry>>,
    /// Every question, of whatever kind.
    pub asked: AtomicUsize,
    /// Writes of passwords that were done: (login, by its owner).
    pub writes: Mutex<Vec<(String, bool)>>,
    pub down: AtomicBool,
    /// It writes, and is not heard of again.
    pub silent: AtomicBool,
    /// It does not say when a password was written.
    pub markless: AtomicBool,
    /// It refuses every new password by this rule.
    pub refuses: Mutex<Option<PasswordRule>>,
    pub not_allowed: AtomicBool,
}

/// What happens to an account.
pub(super) type Happening = fn(&mut Entry);

#[derive(Clone)]
pub(super) struct Entry {
    pub person: Person,
    pub password: String,
    pub written: u64,
    pub state: State,
    pub admittance: Admittance,
    pub provider: Option<&'static str>,
    pub unowned: bool,
    pub protected: bool,
    pub groups: Vec<String>,
}

impl People {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: DirectoryName(name.into()),
            entries: Mutex::default(),
            asked: AtomicUsize::new(0),
            writes: Mutex::default(),
            down: AtomicBool::new(false),
            silent: AtomicBool::new(false),
            markless: AtomicBool::new(false),
            refuses: Mutex::default(),
            not_allowed: AtomicBool::new(false),
        }
    }

    pub(super) fn add(&self, login: &str, change: impl FnOnce(&mut Entry)) {
        let mut entry = Entry {
            person: Person {
                key: AccountKey {
                    directory: self.name.clone(),
                    id: format!("id-{}-{login}", self.name.0).into(),
                },
                dn: format!("uid={login},ou=people,dc={}", self.name.0),
                logins: vec![login.to_owned()],
                upn: None,
                display_name: Some(login.to_owned()),
                mails: vec![format!("{login}@example.org")],
                phones: Vec::new(),
                self_asserted: Vec::new(),
                language: None,
                manager: None,
                link: None,
            },
            password: format!("old {login}"),
            written: 1,
            state: State::Active,
            admittance: Admittance::Open,
            provider: None,
            unowned: false,
            protected: false,
            groups: Vec::new(),
        };
        change(&mut entry);
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
    }

    pub(super) fn change(&self, login: &str, change: impl FnOnce(&mut Entry)) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = entries
            .iter_mut()
            .find(|entry| entry.person.logins.iter().any(|own| own == login));
        change(entry.unwrap());
    }

    pub(super) fn writes(&self) -> Vec<(String, bool)> {
        self.writes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn password(&self, login: &str) -> String {
        let mut password = String::new();
        self.change(login, |entry| password.clone_from(&entry.password));
        password
    }

    fn ask<T>(&self, tell: impl FnOnce(&mut Vec<Entry>) -> Result<T, DirectoryError>) -> Result<T, DirectoryError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        if self.down.load(Ordering::Relaxed) {
            return Err(DirectoryError::Unavailable);
        }
        tell(&mut self.entries.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn one<T>(
        &self,
        key: &AccountKey,
        tell: impl FnOnce(&mut Entry) -> Result<T, DirectoryError>,
    ) -> Result<T, DirectoryError> {
        self.ask(|entries| {
            let entry = entries.iter_mut().find(|entry| entry.person.key == *key);
            tell(entry.ok_or(DirectoryError::NotFound)?)
        })
    }

    fn applicant_of(&self, entry: &Entry) -> Applicant {
        let says = !self.markless.load(Ordering::Relaxed);
        Applicant {
            person: entry.person.clone(),
            entry: entry.admittance.clone(),
            password_mark: says.then(|| entry.written.to_string().into()),
            standing: standing(entry.state),
            protected: entry.protected,
        }
    }
}

pub(super) fn standing(state: State) -> Standing {
    Standing {
        state,
        cause: None,
        warning: None,
        evidence: Evidence {
            source: Source::Entry,
            result_code: None,
            told_by: "test",
        },
    }
}

pub(super) const LOCKED: State = State::Locked {
    by: LockedBy::Failures,
    until: None,
};

fn names(entry: &Entry) -> impl Iterator<Item = &String> {
    entry.person.logins.iter().chain(&entry.person.mails)
}

impl Directory for People {
    fn name(&self) -> &DirectoryName {
        &self.name
    }

    fn find<'a>(&'a self, name: &'a str) -> Reply<'a, Person> {
        Box::pin(async move { self.applicant(name).await.map(|applicant| applicant.person) })
    }

    fn by_key<'a>(&'a self, key: &'a AccountKey) -> Reply<'a, Person> {
        Box::pin(async move { self.one(key, |entry| Ok(entry.person.clone())) })
    }

    fn of_one_person<'a>(&'a self, link: &'a str) -> Reply<'a, Vec<Person>> {
        Box::pin(async move {
            self.ask(|entries| {
                let linked = entries
                    .iter()
                    .filter(|entry| entry.person.link.as_deref() == Some(link));
                Ok(linked.map(|entry| entry.person.clone()).collect())
            })
        })
    }

    fn groups<'a>(&'a self, person: &'a Person, _nesting: Nesting) -> Reply<'a, Vec<String>> {
        Box::pin(async move { self.one(&person.key, |entry| Ok(entry.groups.clone())) })
    }

    fn manager<'a>(&'a self, _person: &'a Person) -> Reply<'a, Option<AccountKey>> {
        Box::pin(async move { Ok(None) })
    }

    fn standing<'a>(&'a self, person: &'a Person) -> Reply<'a, Standing> {
        Box::pin(async move { self.one(&person.key, |entry| Ok(standing(entry.state))) })
    }

    fn write_password<'a>(&'a self, person: &'a Person, old: Option<&'a Secret>, new: &'a Secret) -> Reply<'a, ()> {
        Box::pin(async move {
            if self.not_allowed.load(Ordering::Relaxed) {
                return Err(DirectoryError::NotAllowed);
            }
            let refuses = *self.refuses.lock().unwrap_or_else(PoisonError::into_inner);
            let refused = |rule| {
                DirectoryError::Refused(PasswordRefusal {
                    rule: Some(rule),
                    result_code: 19,
                    told_by: "test",
                })
            };
            self.one(&person.key, |entry| {
                if old.is_some_and(|old| old.expose() != entry.password.as_bytes()) {
                    return Err(refused(PasswordRule::WrongOld));
                }
                if let Some(rule) = refuses {
                    return Err(refused(rule));
                }
                entry.password = String::from_utf8_lossy(new.expose()).into_owned();
                entry.written += 1;
                let mut writes = self.writes.lock().unwrap_or_else(PoisonError::into_inner);
                writes.push((entry.person.logins.first().cloned().unwrap_or_default(), old.is_some()));
                Ok(())
            })?;
            if self.silent.load(Ordering::Relaxed) {
                return Err(DirectoryError::OutcomeUnknown);
            }
            Ok(())
        })
    }

    fn change_standing<'a>(&'a self, person: &'a Person, change: StandingChange) -> Reply<'a, ()> {
        Box::pin(async move {
            self.one(&person.key, |entry| {
                match change {
                    StandingChange::Unlock | StandingChange::WithdrawForceChange => entry.state = State::Active,
                    _ => return Err(DirectoryError::NotPossible),
                }
                Ok(())
            })
        })
    }

    fn previous_password_seconds(&self) -> u32 {
        0
    }
}

impl Applicants for People {
    fn applicant<'a>(&'a self, name: &'a str) -> Reply<'a, Applicant> {
        Box::pin(async move {
            self.ask(|entries| {
                let mut found = entries
                    .iter()
                    .filter(|entry| names(entry).any(|own| fold(own) == fold(name)));
                match (found.next(), found.next()) {
                    (None, _) => Err(DirectoryError::NotFound),
                    (Some(one), None) => Ok(self.applicant_of(one)),
                    _ => Err(DirectoryError::Ambiguous),
                }
            })
        })
    }

    fn with_mail<'a>(&'a self, mail: &'a str) -> Reply<'a, Vec<Applicant>> {
        Box::pin(async move {
            self.ask(|entries| {
                // As a lossy directory compares: more than what is the same.
                let near =
                    |own: &String| own.eq_ignore_ascii_case(mail) || own.replace('ı', "i").eq_ignore_ascii_case(mail);
                let with = entries.iter().filter(|entry| entry.person.mails.iter().any(near));
                Ok(with.map(|entry| self.applicant_of(entry)).collect())
            })
        })
    }

    fn again<'a>(&'a self, key: &'a AccountKey) -> Reply<'a, Applicant> {
        Box::pin(async move { self.one(key, |entry| Ok(self.applicant_of(entry))) })
    }

    fn owner<'a>(&'a self, person: &'a Person, _rules: Option<&'a AuthorityRules>) -> Reply<'a, Decision> {
        Box::pin(async move {
            self.one(&person.key, |entry| {
                let authority = match entry.provider {
                    _ if entry.unowned => Authority::Unknown,
                    Some(provider) => Authority::Provider(Arc::from(provider)),
                    None => Authority::Local(self.name.clone()),
                };
                Ok(Decision {
                    authority,
                    rule: RuleName::built_in("test"),
                    page: None,
                    pinned: false,
                    told_to: Arc::default(),
                })
            })
        })
    }

    fn reset_password<'a>(&'a self, person: &'a Person, new: &'a Secret) -> Reply<'a, ()> {
        self.write_password(person, None, new)
    }

    fn password_rules<'a>(&'a self, _person: &'a Person) -> Reply<'a, Vec<(PasswordRule, u32)>> {
        Box::pin(async move { Ok(vec![(PasswordRule::TooShort, 8)]) })
    }
}
