//! Exactly one person by any name, and what an entry tells of them.

use crate::certificates::Authority;
use crate::directory::{PASSWORD, SERVICE_PASSWORD, WRITER};
use crate::server::Slapd;
use crate::states::{dn, sign_in};
use crate::{crowd, settings, upstream};
use postern_directory::names::{Finding, NameForm, NameRules, NameSearch};
use postern_directory::{
    ApplicantSettings, People, PeopleSettings, PersonAttributes, ServiceAccount, ServiceLanes, Upstream,
};
use postern_identity::person::Nesting;
use postern_identity::{Directory, DirectoryError, Person, Proven, Secret, StandingChange, State};
use postern_ldap::filter;
use std::collections::BTreeSet;
use std::sync::Arc;
use tempfile::TempDir;

struct Scene {
    _folder: TempDir,
    slapd: Slapd,
    upstream: Arc<Upstream>,
    people: Arc<dyn Directory>,
}

fn scene(global: &str) -> Scene {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new(folder.path(), "authority");
    let slapd = Slapd::start_with(&authority.issue(&["127.0.0.1"], 2099), global);
    let mut settings = settings(&[&slapd.tls_url()], &authority.file);
    settings.service_account = Some(ServiceAccount {
        dn: WRITER.to_owned(),
        password: Secret::new(SERVICE_PASSWORD),
    });
    let upstream = upstream(settings);
    let names = NameRules {
        accept: NameForm::ALL.to_vec(),
        domains: vec!["EXAMPLE".to_owned()],
        upn_suffixes: vec!["corp.example.org".to_owned()],
        finding: Finding::Search(NameSearch {
            filter: Some(filter::equality(b"objectClass", b"inetOrgPerson")),
            ..NameSearch::default()
        }),
    };
    let attributes = PersonAttributes {
        link: Some("employeeNumber".to_owned()),
        ..PersonAttributes::usual()
    };
    let lanes = Arc::new(ServiceLanes::new(Arc::clone(&upstream)));
    Scene {
        _folder: folder,
        slapd,
        upstream,
        people: Arc::new(People::new(
            lanes,
            PeopleSettings {
                names,
                attributes,
                applicants: ApplicantSettings::usual(vec!["uid".to_owned(), "mail".to_owned()]),
            },
        )),
    }
}

impl Scene {
    async fn find(&self, name: &str) -> Person {
        let found = self.people.find(name).await;
        found.unwrap_or_else(|fault| panic!("{name}: {fault}"))
    }

    async fn groups(&self, uid: &str, nesting: Nesting) -> Result<BTreeSet<String>, DirectoryError> {
        let person = self.find(uid).await;
        let groups = self.people.groups(&person, nesting).await?;
        let short: BTreeSet<String> = groups
            .iter()
            .map(|group| group.strip_prefix("cn=").unwrap().split(',').next().unwrap().to_owned())
            .collect();
        assert_eq!(short.len(), groups.len(), "each once");
        Ok(short)
    }
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

#[tokio::test]
async fn one_person_is_found_by_every_name_and_told_whole() {
    let scene = scene("");
    let ann = scene.find("ann").await;
    for name in [
        "uid=ann,ou=staff,dc=example,dc=org",
        "UID=Ann, OU=staff,DC=example,DC=org",
        "ann@example.org",
        "archer@example.org",
        "ann@corp.example.org",
        "example\\ann",
    ] {
        assert!(scene.find(name).await == ann, "{name}");
    }
    assert_eq!(ann.dn, "uid=ann,ou=staff,dc=example,dc=org");
    assert_eq!(ann.logins, ["ann"]);
    assert_eq!(ann.display_name.as_deref(), Some("Ann"));
    assert_eq!(ann.mails, ["ann@example.org", "archer@example.org"]);
    assert_eq!(ann.phones, ["+49 170 1", "+49 30 1"]);
    assert_eq!(ann.language.as_deref(), Some("de"));
    assert_eq!(ann.link.as_deref(), Some("4711"));
    assert!(scene.people.by_key(&ann.key).await.unwrap() == ann);
}

#[tokio::test]
async fn nobody_and_more_than_one_are_told_apart_and_neither_is_guessed() {
    let scene = scene("");
    for nobody in [
        "",
        "nobody",
        "*",
        "an*",
        "OTHER\\ann",
        "ann@elsewhere.example.org",
        "uid=nobody,ou=staff,dc=example,dc=org",
        "uid=ann,ou=staff,dc=example,dc=com",
        "dc=example,dc=org",
        "cn=team,ou=groups,dc=example,dc=org",
        "ann)(objectClass=*",
        "a\0nn",
    ] {
        let found = scene.people.find(nobody).await;
        assert_eq!(found.err(), Some(DirectoryError::NotFound), "{nobody:?}");
    }
    let twins = scene.people.find("twins@example.org").await;
    assert_eq!(twins.err(), Some(DirectoryError::Ambiguous));
    let mut key = scene.find("ann").await.key;
    key.directory.0 = "elsewhere".into();
    assert_eq!(scene.people.by_key(&key).await.err(), Some(DirectoryError::NotFound));
}

#[tokio::test]
async fn all_accounts_of_one_person_and_the_managers_are_found() {
    let scene = scene("");
    let ann = scene.find("ann").await;
    let hers = scene.people.of_one_person(ann.link.as_deref().unwrap()).await.unwrap();
    let mut logins: Vec<&str> = hers.iter().map(|person| person.logins[0].as_str()).collect();
    logins.sort_unstable();
    assert_eq!(logins, ["ann", "ann-admin"]);
    for nobodys in ["", " ", "0815"] {
        assert!(scene.people.of_one_person(nobodys).await.unwrap().is_empty());
    }
    let boss = scene.find("boss").await;
    assert_eq!(scene.people.manager(&ann).await, Ok(Some(boss.key.clone())));
    assert_eq!(scene.people.manager(&boss).await, Ok(None));
    let administrator = scene.find("ann-admin").await;
    assert_eq!(scene.people.manager(&administrator).await, Ok(None), "gone");
}

#[tokio::test]
async fn groups_of_every_kind_are_found_and_rings_are_walked_once() {
    let scene = scene("");
    assert_eq!(scene.groups("ann", Nesting::Direct).await, Ok(set(&["team", "posix"])));
    assert_eq!(
        scene.groups("ann", Nesting::Nested).await,
        Ok(set(&["team", "posix", "board", "ring-one", "ring-two"]))
    );
    assert_eq!(scene.groups("ann-admin", Nesting::Nested).await, Ok(set(&[])));
}

#[tokio::test]
async fn groups_that_are_too_deep_or_too_many_are_an_error_and_not_half_a_list() {
    let scene_of_few = scene("");
    assert_eq!(scene_of_few.groups("deep", Nesting::Direct).await, Ok(set(&["deep-0"])));
    let deep = scene_of_few.groups("deep", Nesting::Nested).await;
    assert_eq!(deep, Err(DirectoryError::TooMany));
    let many = scene_of_few.groups("many", Nesting::Direct).await;
    assert_eq!(many, Err(DirectoryError::TooMany), "slapd shows 500");
    // In pages, where slapd shows that many.
    let scene_of_many = scene("sizelimit size.soft=500 size.hard=500 size.prtotal=unlimited\n");
    let many = scene_of_many.groups("many", Nesting::Direct).await.unwrap();
    assert_eq!(many.len(), crowd::MANY);
}

#[tokio::test]
async fn what_is_written_of_a_person_follows_them_and_meets_nobody_else() {
    let scene = scene("");
    let active = scene.find("active").await;
    assert_eq!(scene.people.standing(&active).await.unwrap().state, State::Active);
    let change = StandingChange::ForceChange;
    assert_eq!(scene.people.change_standing(&active, change).await, Ok(()));
    assert_eq!(scene.people.standing(&active).await.unwrap().state, State::MustChange);
    let new = Secret::new("reset-5678");
    assert_eq!(scene.people.write_password(&active, None, &new).await, Ok(()));
    let (standing, proven) = sign_in(&scene.upstream, "active", "reset-5678").await;
    assert_eq!((standing.state, proven), (State::Active, Proven::Yes));

    // The name of one is another's now, and nobody's: the account is found by its key.
    let strict = scene.find("strict").await;
    for name in [dn("grace"), "uid=gone,ou=people,dc=example,dc=org".to_owned()] {
        let moved = Person {
            dn: name,
            ..strict.clone()
        };
        assert_eq!(scene.people.standing(&moved).await.unwrap().state, State::Active);
        let lock = StandingChange::Lock;
        assert_eq!(scene.people.change_standing(&moved, lock).await, Ok(()));
        let locked = scene.people.standing(&strict).await.unwrap().state;
        assert!(matches!(locked, State::Locked { .. }));
        let unlock = StandingChange::Unlock;
        assert_eq!(scene.people.change_standing(&moved, unlock).await, Ok(()));
    }
    let (grace, _) = sign_in(&scene.upstream, "grace", PASSWORD).await;
    assert_eq!(grace.state, State::ExpiredGrace { left: 2 }, "nobody has touched it");
    let mut gone = strict;
    gone.key.id = "00000000-0000-0000-0000-000000000000".into();
    let written = scene.people.write_password(&gone, None, &new).await;
    assert_eq!(written, Err(DirectoryError::NotFound));
    assert_eq!(scene.people.previous_password_seconds(), 0);
}

#[tokio::test]
async fn a_directory_that_is_away_is_told_from_an_account_that_is_not_there() {
    let mut scene = scene("");
    let ann = scene.find("ann").await;
    scene.slapd.kill();
    let unavailable = Err(DirectoryError::Unavailable);
    assert_eq!(scene.people.find("ann").await.map(|_| ()), unavailable);
    assert_eq!(
        scene.people.groups(&ann, Nesting::Direct).await.map(|_| ()),
        unavailable
    );
    let new = Secret::new("reset-5678");
    assert_eq!(scene.people.write_password(&ann, None, &new).await, unavailable);
}
