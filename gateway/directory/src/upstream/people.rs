//! [`Directory`] over the service account's lanes: what those hold who look after people.

use super::applicants::ApplicantSettings;
use super::error::{LookUpError, WriteError};
use super::person::PersonAttributes;
use super::service::ServiceLanes;
use super::service::writes::Change;
use crate::names::{Finding, NameForm, NameRules, NameSearch};
use postern_identity::directory::Reply;
use postern_identity::person::Nesting;
use postern_identity::{
    AccountKey, Directory, DirectoryError, DirectoryName, PasswordRule, Person, Secret, Standing, StandingChange,
};
use std::sync::Arc;

/// How people are found and what is told of them.
pub struct PeopleSettings {
    /// The names that are taken, and where they are looked for.
    pub names: NameRules,
    /// Which attributes tell of a person.
    pub attributes: PersonAttributes,
    /// Who may help themselves.
    pub applicants: ApplicantSettings,
}

/// The people of one directory.
pub struct People {
    lanes: Arc<ServiceLanes>,
    settings: PeopleSettings,
}

impl People {
    /// Over these lanes.
    pub fn new(lanes: Arc<ServiceLanes>, settings: PeopleSettings) -> Self {
        Self { lanes, settings }
    }

    /// With every form of name, no domain, below the directory's base, and the product's usual attributes.
    pub fn usual(lanes: Arc<ServiceLanes>) -> Self {
        let attributes = lanes.upstream().dialect().person_attributes();
        let names = NameRules {
            accept: NameForm::ALL.to_vec(),
            domains: Vec::new(),
            upn_suffixes: Vec::new(),
            finding: Finding::Search(NameSearch::default()),
        };
        let login = lanes.upstream().dialect().login_attributes();
        let applicants = ApplicantSettings::usual(vec![login.uid.to_owned(), login.mail.to_owned()]);
        Self::new(
            lanes,
            PeopleSettings {
                names,
                attributes,
                applicants,
            },
        )
    }

    pub(super) fn lanes(&self) -> &ServiceLanes {
        &self.lanes
    }

    pub(super) fn settings(&self) -> &PeopleSettings {
        &self.settings
    }

    /// Writes where the account was, and, where another is there now or nobody, where it is now.
    pub(super) async fn write(&self, person: &Person, change: Change<'_>) -> Result<(), DirectoryError> {
        match self.lanes.write(&person.dn, Some(&person.key), change).await {
            Err(WriteError::LookUp(LookUpError::NotFound)) => {
                let moved = self.lanes.person_by_key(&person.key, &self.settings.attributes).await;
                let moved = moved.map_err(told)?;
                self.lanes.write(&moved.dn, Some(&person.key), change).await
            }
            answered => answered,
        }
        .map_err(|fault| match fault {
            WriteError::Connect(_) | WriteError::ProofUnknown => DirectoryError::Unavailable,
            WriteError::LookUp(fault) => told(fault),
            WriteError::Refused(refusal) if refusal.rule == Some(PasswordRule::Transport) => {
                DirectoryError::Unprotected
            }
            WriteError::Refused(refusal) => DirectoryError::Refused(refusal),
            WriteError::NotPossible => DirectoryError::NotPossible,
            WriteError::OutcomeUnknown => DirectoryError::OutcomeUnknown,
            WriteError::Unprotected => DirectoryError::Unprotected,
        })
    }
}

impl Directory for People {
    fn name(&self) -> &DirectoryName {
        self.lanes.upstream().name()
    }

    fn find<'a>(&'a self, name: &'a str) -> Reply<'a, Person> {
        Box::pin(async move {
            let PeopleSettings { names, attributes, .. } = &self.settings;
            self.lanes.person(names, attributes, name).await.map_err(told)
        })
    }

    fn by_key<'a>(&'a self, key: &'a AccountKey) -> Reply<'a, Person> {
        Box::pin(async move {
            let found = self.lanes.person_by_key(key, &self.settings.attributes).await;
            found.map_err(told)
        })
    }

    fn of_one_person<'a>(&'a self, link: &'a str) -> Reply<'a, Vec<Person>> {
        Box::pin(async move {
            let found = self.lanes.people_of_one(&self.settings.attributes, link).await;
            found.map_err(told)
        })
    }

    fn groups<'a>(&'a self, person: &'a Person, nesting: Nesting) -> Reply<'a, Vec<String>> {
        Box::pin(async move { self.lanes.groups(person, nesting).await.map_err(told) })
    }

    fn manager<'a>(&'a self, person: &'a Person) -> Reply<'a, Option<AccountKey>> {
        Box::pin(async move {
            match &person.manager {
                Some(dn) => self.lanes.key_of(dn).await.map_err(told),
                None => Ok(None),
            }
        })
    }

    fn standing<'a>(&'a self, person: &'a Person) -> Reply<'a, Standing> {
        Box::pin(async move {
            let patience = self.lanes.patience();
            let account = self.lanes.look_up_bind_name(&person.dn, patience).await;
            match account {
                Ok(account) if account.key == person.key => return Ok(account.standing),
                Ok(_) | Err(LookUpError::NotFound) => {}
                Err(fault) => return Err(told(fault)),
            }
            let moved = self.lanes.person_by_key(&person.key, &self.settings.attributes).await;
            let moved = moved.map_err(told)?;
            let account = self.lanes.look_up_bind_name(&moved.dn, patience).await.map_err(told)?;
            if account.key == person.key {
                Ok(account.standing)
            } else {
                Err(DirectoryError::NotFound)
            }
        })
    }

    fn write_password<'a>(&'a self, person: &'a Person, old: Option<&'a Secret>, new: &'a Secret) -> Reply<'a, ()> {
        Box::pin(async move {
            self.write(person, Change::Password { old, new }).await?;
            if old.is_some() {
                self.chosen_by_its_owner(person).await;
            }
            Ok(())
        })
    }

    fn change_standing<'a>(&'a self, person: &'a Person, change: StandingChange) -> Reply<'a, ()> {
        Box::pin(self.write(person, Change::Standing(change)))
    }

    fn previous_password_seconds(&self) -> u32 {
        self.lanes.upstream().dialect().previous_password_seconds()
    }
}

pub(super) fn told(fault: LookUpError) -> DirectoryError {
    match fault {
        LookUpError::NotFound => DirectoryError::NotFound,
        LookUpError::Ambiguous => DirectoryError::Ambiguous,
        LookUpError::TooMany => DirectoryError::TooMany,
        LookUpError::NoStableId
        | LookUpError::NoServiceAccount
        | LookUpError::NoBase
        | LookUpError::SearchRefused(_) => DirectoryError::NotAllowed,
        LookUpError::Connect(_) => DirectoryError::Unavailable,
    }
}
