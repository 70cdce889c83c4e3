//! What the service account does to people, before the servers themselves: who is found, in which groups, what a sign-in says after
//! each change, and which rule a refused password broke. No command does these yet, so the room is asked itself.

mod active_directory;
mod ds389;
mod embedded;

use postern_directory::names::{Finding, NameRules, NameSearch};
use postern_directory::upstream::dialect::DialectName;
use postern_directory::{ApplicantSettings, BindAnswer, NameForm, People, PeopleSettings, ServiceLanes, Upstream};
use postern_directory::{ServerUrl, ServiceAccount, Settings};
use postern_identity::person::Nesting;
use postern_identity::{Clock, Directory, DirectoryError, DirectoryName, PasswordRule, Person, Proven, Secret};
use postern_identity::{StandingChange, State, Timestamp};
use postern_ldap::Message;
use postern_ldap::result::LdapResult;
use postern_tests::{PASSWORD, Wire, request};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

struct MachineClock;

impl Clock for MachineClock {
    #[allow(
        clippy::disallowed_methods,
        reason = "the server beside us goes by this clock and can be given no other"
    )]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// People of a directory, looked after by its service account.
struct Scene {
    runtime: tokio::runtime::Runtime,
    upstream: Arc<Upstream>,
    lanes: Arc<ServiceLanes>,
    people: Arc<dyn Directory>,
    address: SocketAddr,
}

impl Scene {
    /// Under TLS for us, and without it for those who sign in. `default_policy` is the DN of the policy for everybody, where it has to be told.
    fn new(
        dialect: DialectName,
        place: (&str, PathBuf, SocketAddr),
        base: &str,
        account: &str,
        default_policy: Option<&str>,
    ) -> Self {
        let (url, ca_file, address) = place;
        let url = ServerUrl::parse(url).unwrap();
        let mut settings = Settings::new(DirectoryName("people".into()), vec![url]);
        settings.dialect = dialect;
        settings.tls.ca_file = Some(ca_file);
        settings.base_dn = Some(base.to_owned());
        settings.default_policy_dn = default_policy.map(str::to_owned);
        settings.service_account = Some(ServiceAccount {
            dn: account.to_owned(),
            password: Secret::new(PASSWORD),
        });
        let upstream = Upstream::new(settings, Arc::new(MachineClock)).unwrap();
        let names = NameRules {
            accept: NameForm::ALL.to_vec(),
            domains: vec!["ADEX".to_owned()],
            upn_suffixes: vec!["ad.example.org".to_owned()],
            finding: Finding::Search(NameSearch::default()),
        };
        let attributes = upstream.dialect().person_attributes();
        let lanes = Arc::new(ServiceLanes::new(Arc::clone(&upstream)));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(upstream.discover()).unwrap();
        Self {
            runtime,
            people: Arc::new(People::new(
                Arc::clone(&lanes),
                PeopleSettings {
                    names,
                    attributes,
                    applicants: ApplicantSettings::usual(vec!["uid".to_owned(), "mail".to_owned()]),
                },
            )),
            lanes,
            upstream,
            address,
        }
    }

    fn find(&self, name: &str) -> Person {
        let found = self.runtime.block_on(self.people.find(name));
        found.unwrap_or_else(|fault| panic!("{name}: {fault}"))
    }

    fn found(&self, name: &str) -> Result<String, DirectoryError> {
        self.runtime.block_on(self.people.find(name)).map(|person| person.dn)
    }

    /// The first values of the names of the groups.
    fn groups(&self, name: &str, nesting: Nesting) -> BTreeSet<String> {
        let groups = self.runtime.block_on(self.people.groups(&self.find(name), nesting));
        let first = |group: &String| group[3..].split(',').next().unwrap().to_owned();
        groups.unwrap().iter().map(first).collect()
    }

    fn change(&self, name: &str, change: StandingChange) -> Result<(), DirectoryError> {
        let person = self.find(name);
        self.runtime.block_on(self.people.change_standing(&person, change))
    }

    fn write(&self, name: &str, old: Option<&str>, new: &str) -> Result<(), DirectoryError> {
        let (person, old) = (self.find(name), old.map(Secret::new));
        let new = Secret::new(new);
        self.runtime
            .block_on(self.people.write_password(&person, old.as_ref(), &new))
    }

    /// The rule that a new password broke.
    fn refused(&self, name: &str, old: Option<&str>, new: &str) -> PasswordRule {
        match self.write(name, old, new) {
            Err(DirectoryError::Refused(refusal)) => {
                refusal.rule.unwrap_or_else(|| panic!("{name}: no rule: {refusal:?}"))
            }
            other => panic!("{name}: {other:?}"),
        }
    }

    /// What the directory says when they sign in.
    fn sign_in(&self, name: &str, password: &str) -> (State, Proven) {
        let dn = self.find(name).dn;
        let control = postern_ldap::control::ppolicy::request();
        let answer = Wire::connect(self.address)
            .ask(&request::bind(1, &dn, password, &[&control]))
            .remove(0);
        let message = Message::parse(&answer.octets).unwrap();
        let result = LdapResult::parse(&message).unwrap();
        let (standing, proven) = self.upstream.dialect().read_bind(&BindAnswer {
            code: result.code,
            diagnostic: result.diagnostic,
            controls: message.controls,
            ppolicy_asked: true,
        });
        (standing.state, proven)
    }

    /// Each change is seen by the next sign-in and so is its reverse; what is so already is no error.
    fn changes_are_seen(&self, name: &str, rows: &[(StandingChange, State, Proven, StandingChange)]) {
        for &(change, seen, proven, reverse) in rows {
            for _ in 0..2 {
                assert_eq!(self.change(name, change), Ok(()), "{change:?}");
                assert_eq!(self.sign_in(name, PASSWORD), (seen, proven), "{change:?}");
            }
            for _ in 0..2 {
                assert_eq!(self.change(name, reverse), Ok(()), "{reverse:?}");
                let (state, proven) = self.sign_in(name, PASSWORD);
                assert!(
                    matches!(state, State::Active | State::Expiring { .. }),
                    "{reverse:?}: {state:?}"
                );
                assert_eq!(proven, Proven::Yes);
            }
        }
    }
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}
