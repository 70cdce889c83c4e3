//! Who may help themselves, against a real slapd: found in the search bases alone, and reset as the directory's rules have it.

use crate::certificates::Authority;
use crate::directory::{SERVICE_PASSWORD, WRITER};
use crate::server::Slapd;
use crate::states::sign_in;
use crate::{settings, upstream};
use postern_directory::names::{Finding, NameForm, NameRules, NameSearch};
use postern_directory::{
    ApplicantSettings, People, PeopleSettings, PersonAttributes, SearchBase, ServiceAccount, ServiceLanes, Upstream,
};
use postern_identity::directory::{Admittance, Applicants};
use postern_identity::{DirectoryError, PasswordRule, Secret, State};
use std::sync::Arc;
use tempfile::TempDir;

struct Scene {
    _folder: TempDir,
    _slapd: Slapd,
    upstream: Arc<Upstream>,
    people: People,
}

fn base(dn: &str, names: &[&str]) -> SearchBase {
    SearchBase {
        base_dn: Some(dn.to_owned()),
        names: names.iter().map(|&name| name.to_owned()).collect(),
        disabled_by: Vec::new(),
        enabled_by: Vec::new(),
        locked_by: Vec::new(),
        absent_is_enabled: false,
    }
}

fn scene(bases: Vec<SearchBase>, link_required: bool) -> Scene {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new(folder.path(), "authority");
    let slapd = Slapd::start_with(&authority.issue(&["127.0.0.1"], 2099), "");
    let mut settings = settings(&[&slapd.tls_url()], &authority.file);
    settings.service_account = Some(ServiceAccount {
        dn: WRITER.to_owned(),
        password: Secret::new(SERVICE_PASSWORD),
    });
    let upstream = upstream(settings);
    let settings = PeopleSettings {
        names: NameRules {
            accept: NameForm::ALL.to_vec(),
            domains: Vec::new(),
            upn_suffixes: Vec::new(),
            finding: Finding::Search(NameSearch::default()),
        },
        attributes: PersonAttributes {
            link: Some("employeeNumber".to_owned()),
            ..PersonAttributes::usual()
        },
        applicants: ApplicantSettings { bases, link_required },
    };
    let lanes = Arc::new(ServiceLanes::new(Arc::clone(&upstream)));
    Scene {
        _folder: folder,
        _slapd: slapd,
        upstream,
        people: People::new(lanes, settings),
    }
}

fn everybody() -> Scene {
    let people = base("ou=people,dc=example,dc=org", &["uid", "mail"]);
    scene(
        vec![people, base("ou=staff,dc=example,dc=org", &["uid", "mail"])],
        false,
    )
}

#[tokio::test]
async fn an_applicant_is_found_by_the_attributes_of_each_search_base_and_by_no_other() {
    let scene = everybody();
    let ann = scene.people.applicant("ann").await.unwrap();
    assert_eq!(ann.entry, Admittance::Open);
    for name in ["ANN", "ann@example.org", "ＡＮＮ", "archer@example.org"] {
        assert!(
            scene.people.applicant(name).await.unwrap().person == ann.person,
            "{name}"
        );
    }
    for nobody in [
        "Ann Archer",
        "*",
        "an*",
        "ann)(uid=*",
        "4711",
        "nobody",
        "uid=ann,ou=staff,dc=example,dc=org",
        "a\\6en",
    ] {
        let found = scene.people.applicant(nobody).await;
        assert_eq!(found.err(), Some(DirectoryError::NotFound), "{nobody}");
    }
    let twins = scene.people.applicant("twins@example.org").await;
    assert_eq!(twins.err(), Some(DirectoryError::Ambiguous));
    let again = scene.people.again(&ann.person.key).await.unwrap();
    assert!(again == ann);
}

#[tokio::test]
async fn whoever_stands_outside_the_search_bases_is_nobody() {
    let scene = scene(vec![base("ou=people,dc=example,dc=org", &["uid"])], false);
    assert_eq!(
        scene.people.applicant("ann").await.err(),
        Some(DirectoryError::NotFound)
    );
    let inside = scene.people.applicant("active").await.unwrap();
    assert!(inside.password_mark.is_some());
    assert_eq!(scene.people.with_mail("ann@example.org").await.unwrap(), []);
}

#[tokio::test]
async fn whom_nothing_links_to_a_person_may_not_come_in_where_a_link_is_asked_for() {
    let scene = scene(vec![base("dc=example,dc=org", &["uid"])], true);
    assert_eq!(scene.people.applicant("ann").await.unwrap().entry, Admittance::Open);
    assert_eq!(
        scene.people.applicant("active").await.unwrap().entry,
        Admittance::NoLink
    );
}

#[tokio::test]
async fn a_mail_address_reminds_of_every_account_that_has_it() {
    let scene = everybody();
    let found = scene.people.with_mail("TWINS@example.org").await.unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!(scene.people.with_mail("nobody@example.org").await.unwrap(), []);
    assert_eq!(scene.people.with_mail("*").await.unwrap(), []);
}

#[tokio::test]
async fn a_password_of_the_owners_choice_is_held_to_the_rules_and_need_not_be_changed_again() {
    let scene = everybody();
    let must = scene.people.applicant("must-change").await.unwrap();
    assert_eq!(must.standing.state, State::MustChange);
    let new = Secret::new("of their own choice");
    scene.people.reset_password(&must.person, &new).await.unwrap();
    let (standing, _) = sign_in(&scene.upstream, "must-change", "of their own choice").await;
    assert_eq!(standing.state, State::Active);
    let after = scene.people.again(&must.person.key).await.unwrap();
    assert_ne!(
        after.password_mark, must.password_mark,
        "the mark tells that it was written"
    );

    let strict = scene.people.applicant("strict").await.unwrap();
    assert_eq!(
        scene.people.password_rules(&strict.person).await.unwrap(),
        [(PasswordRule::TooShort, 10), (PasswordRule::History, 3)]
    );
    let refused = scene.people.reset_password(&strict.person, &Secret::new("short")).await;
    assert!(
        matches!(refused, Err(DirectoryError::Refused(refusal)) if refusal.rule == Some(PasswordRule::TooShort)),
        "{refused:?}"
    );
}
