//! Passwords and what is kept about them, by modify, add and the password modify operation.

use super::{ADD, BASE, DELETE, House, REPLACE, Said, modify, person};
use crate::local::session::{Actor, Session};
use postern_identity::Secret;
use postern_ldap::ber::Cursor;
use postern_ldap::control::ppolicy::{self, PasswordPolicyResponse};
use postern_ldap::extended::{self, ExtendedResponse, PasswordModify};
use postern_ldap::{MessageId, oid, tag};

const OLD: &str = "secret-1234";
const NEW: &str = "another-5678";

/// People with a password, and a default policy with these figures.
async fn house(figures: &[(&str, &str)]) -> House {
    let house = House::new().await;
    if !figures.is_empty() {
        let mut given: Vec<(String, Vec<Vec<u8>>)> = super::owned(&[
            ("objectClass", &["pwdPolicy", "organizationalRole"]),
            ("pwdAttribute", &["userPassword"]),
        ]);
        given.extend(
            figures
                .iter()
                .map(|(name, value)| ((*name).to_owned(), vec![value.as_bytes().to_vec()])),
        );
        let mut loader = super::Loader::new(&house.directory);
        loader
            .take(1, &format!("cn=default,ou=policies,{BASE}"), given)
            .await
            .unwrap();
        loader.finish().await.unwrap();
    }
    for uid in ["alice", "boss"] {
        let dn = person(uid);
        let root = Session::new(Actor::Root);
        assert_eq!(house.modify(&root, &dn, &[(REPLACE, "userPassword", &[OLD])]).await, 0);
        let calm: &[(u32, &str, &[&str])] = &[
            (REPLACE, "pwdReset", &[]),
            (REPLACE, "pwdChangedTime", &["20260101000000Z"]),
        ];
        assert_eq!(house.modify(&root, &dn, calm).await, 0);
    }
    house
}

fn by_operation(identity: Option<&str>, old: Option<&str>, new: Option<&str>) -> Vec<u8> {
    let request = PasswordModify {
        identity: identity.map(str::as_bytes),
        old: old.map(str::as_bytes),
        new: new.map(str::as_bytes),
    };
    extended::request(
        MessageId(7),
        oid::PASSWORD_MODIFY,
        Some(&request.value()),
        &[&ppolicy::request()],
    )
}

fn by_modify(changes: &[(u32, &str, &[&str])]) -> Vec<u8> {
    modify(&person("alice"), changes, &[&ppolicy::request()])
}

/// The code, and the error of the password policy control.
fn told(said: &Said) -> (u32, Option<u32>) {
    let control = said.controls.iter().find(|(known, _)| known == oid::PASSWORD_POLICY);
    let error = control.and_then(|(_, value)| PasswordPolicyResponse::parse(value).unwrap().error);
    (said.code, error)
}

impl House {
    async fn fits(&self, dn: &str, password: &str) -> bool {
        let row = self.row(dn).unwrap();
        let root = Session::new(Actor::Root);
        let access = self.directory.access(&root).await.unwrap();
        let entry = self.entry(dn);
        let given = Secret::new(password);
        self.directory
            .compare_password(&root, &access, &row, &entry, given)
            .await
            .unwrap()
    }
}

#[tokio::test]
async fn owners_change_their_password_either_way_and_it_is_kept_as_a_hash() {
    for request in [
        by_operation(None, Some(OLD), Some(NEW)),
        by_operation(Some(&person("alice")), None, Some(NEW)),
        by_operation(Some(&format!("dn:{}", person("ALICE"))), None, Some(NEW)),
        by_modify(&[(DELETE, "userPassword", &[OLD]), (ADD, "userPassword", &[NEW])]),
        by_modify(&[(ADD, "2.5.4.35", &[NEW]), (DELETE, "userpassword", &[OLD])]),
        by_modify(&[(REPLACE, "userPassword", &[NEW])]),
        by_modify(&[(DELETE, "userPassword", &[]), (ADD, "userPassword", &[NEW])]),
    ] {
        let house = house(&[]).await;
        let alice = house.session(&person("alice"));
        let said = house.ask(&alice, &request).await;
        assert_eq!(told(&said), (0, None), "{}", said.text);
        assert!(house.fits(&person("alice"), NEW).await);
        let kept = house.values(&person("alice"), "userPassword");
        assert!(kept.len() == 1 && kept[0].starts_with("{ARGON2}"));
        assert_eq!(house.values(&person("alice"), "pwdChangedTime"), ["20261122120000Z"]);
    }
}

#[tokio::test]
async fn a_wrong_old_password_changes_nothing() {
    let house = house(&[]).await;
    let alice = house.session(&person("alice"));
    for (request, code) in [
        (by_operation(None, Some("wrong"), Some(NEW)), (53, None)),
        (
            by_modify(&[(DELETE, "userPassword", &["wrong"]), (ADD, "userPassword", &[NEW])]),
            (53, Some(4)),
        ),
        (by_modify(&[(DELETE, "userPassword", &["wrong"])]), (16, None)),
        (by_modify(&[(ADD, "userPassword", &[NEW])]), (19, None)),
        (by_modify(&[(REPLACE, "userPassword", &[NEW, "x"])]), (19, None)),
        (
            by_modify(&[(ADD, "userPassword", &[NEW]), (REPLACE, "userPassword", &["x"])]),
            (19, None),
        ),
        (
            by_modify(&[(DELETE, "userPassword", &[OLD]), (DELETE, "userPassword", &["x"])]),
            (19, None),
        ),
        (by_modify(&[(3, "userPassword", &["1"])]), (19, None)),
        (by_modify(&[(REPLACE, "userPassword;lang-de", &["x"])]), (17, None)),
        (by_operation(None, Some(""), Some(NEW)), (2, None)),
        (by_operation(None, None, Some("")), (2, None)),
    ] {
        let said = house.ask(&alice, &request).await;
        assert_eq!(told(&said), code, "{}", said.text);
        assert!(house.fits(&person("alice"), OLD).await);
    }
}

#[tokio::test]
async fn the_policy_is_asked_whichever_way_a_password_comes() {
    let figures = [
        ("pwdMinLength", "12"),
        ("pwdCheckQuality", "2"),
        ("pwdSafeModify", "TRUE"),
        ("pwdInHistory", "3"),
    ];
    let house = house(&figures).await;
    let alice = house.session(&person("alice"));
    for (request, code) in [
        (by_operation(None, Some(OLD), Some("short")), (19, Some(6))),
        (
            by_modify(&[(DELETE, "userPassword", &[OLD]), (ADD, "userPassword", &["short"])]),
            (19, Some(6)),
        ),
        (by_operation(None, None, Some(NEW)), (50, Some(4))),
        (by_modify(&[(REPLACE, "userPassword", &[NEW])]), (50, Some(4))),
        (by_operation(None, Some(OLD), Some(NEW)), (0, None)),
        (by_operation(None, Some(NEW), Some(NEW)), (19, Some(8))),
    ] {
        let said = house.ask(&alice, &request).await;
        assert_eq!(told(&said), code, "{}", said.text);
    }
    let boss = house.boss();
    let reset = modify(&person("alice"), &[(REPLACE, "userPassword", &["short"])], &[]);
    assert_eq!(
        house.ask(&boss, &reset).await.code,
        0,
        "administrators are not held to it"
    );
}

#[tokio::test]
async fn an_administrators_password_is_its_owners_to_change_where_the_policy_says_so() {
    let house = house(&[("pwdMustChange", "TRUE")]).await;
    let boss = house.boss();
    let dn = person("alice");
    assert_eq!(house.modify(&boss, &dn, &[(REPLACE, "userPassword", &[NEW])]).await, 0);
    assert_eq!(house.values(&dn, "pwdReset"), ["TRUE"]);
    let alice = house.session_of(&dn, true);
    assert_eq!(
        house.ask(&alice, &by_operation(None, Some(NEW), Some(OLD))).await.code,
        0
    );
    assert!(house.values(&dn, "pwdReset").is_empty());
    let said: &[(u32, &str, &[&str])] = &[(REPLACE, "userPassword", &[NEW]), (REPLACE, "pwdReset", &["FALSE"])];
    assert_eq!(house.modify(&boss, &dn, said).await, 0);
    assert_eq!(house.values(&dn, "pwdReset"), ["FALSE"]);
    let given: &[super::Given<'_>] = &[
        ("objectClass", &["inetOrgPerson"]),
        ("cn", &["n"]),
        ("sn", &["n"]),
        ("userPassword", &[NEW]),
    ];
    assert_eq!(house.add(&boss, &person("new"), given).await, 0);
    assert_eq!(house.values(&person("new"), "pwdReset"), ["TRUE"]);
    assert!(house.fits(&person("new"), NEW).await);
}

#[tokio::test]
async fn a_hash_made_elsewhere_is_its_owners_password_and_need_not_be_changed() {
    let house = house(&[("pwdMustChange", "TRUE")]).await;
    let root = Session::new(Actor::Root);
    let hash = "{SSHA}5en6G6MezRroT3XKqkdPOmY/BfQ2Kz1x";
    for (uid, password, reset) in [("moved", hash, &[][..]), ("made", NEW, &["TRUE"])] {
        let given: &[super::Given<'_>] = &[
            ("objectClass", &["inetOrgPerson"]),
            ("cn", &["n"]),
            ("sn", &["n"]),
            ("userPassword", &[password]),
        ];
        assert_eq!(house.add(&root, &person(uid), given).await, 0);
        assert_eq!(house.values(&person(uid), "pwdReset"), reset, "{uid}");
    }
    // By a change it is another's, as everywhere.
    assert_eq!(
        house
            .modify(&root, &person("moved"), &[(REPLACE, "userPassword", &[NEW])])
            .await,
        0
    );
    assert_eq!(house.values(&person("moved"), "pwdReset"), ["TRUE"]);
}

#[tokio::test]
async fn whoever_must_change_the_password_may_do_that_and_nothing_else() {
    let house = house(&[]).await;
    let dn = person("alice");
    let alice = house.session_of(&dn, true);
    for request in [
        by_modify(&[(REPLACE, "userPassword", &[NEW]), (REPLACE, "title", &["x"])]),
        by_modify(&[(DELETE, "userPassword", &[OLD])]),
        by_modify(&[]),
        modify(
            &person("boss"),
            &[(REPLACE, "userPassword", &[NEW])],
            &[&ppolicy::request()],
        ),
        by_operation(Some(&person("boss")), None, Some(NEW)),
    ] {
        let said = house.ask(&alice, &request).await;
        assert_eq!(told(&said), (50, Some(2)), "{}", said.text);
    }
    assert_eq!(
        house
            .ask(&alice, &by_modify(&[(REPLACE, "userPassword", &[NEW])]))
            .await
            .code,
        0
    );
}

#[tokio::test]
async fn others_passwords_are_administrators_and_our_own_accounts_to_set() {
    let house = house(&[]).await;
    let boss = person("boss");
    let alice = house.session(&person("alice"));
    assert_eq!(
        house
            .ask(&alice, &by_operation(Some(&boss), None, Some(NEW)))
            .await
            .code,
        50
    );
    let nobody = Session::new(Actor::Anonymous);
    assert_eq!(
        house
            .ask(&nobody, &by_operation(Some(&boss), Some(OLD), Some(NEW)))
            .await
            .code,
        8
    );
    for session in [house.boss(), Session::new(Actor::Service), Session::new(Actor::Root)] {
        let said = house
            .ask(&session, &by_operation(Some(&person("alice")), None, Some(NEW)))
            .await;
        assert_eq!(said.code, 0);
    }
    let service = Session::new(Actor::Service);
    assert_eq!(
        house.ask(&service, &by_operation(None, None, Some(NEW))).await.code,
        53,
        "it has no entry"
    );
    assert_eq!(
        house
            .ask(&service, &by_operation(Some("u:alice"), None, Some(NEW)))
            .await
            .code,
        34
    );
    let missing = house
        .ask(&service, &by_operation(Some(&person("nobody")), None, Some(NEW)))
        .await;
    assert_eq!(missing.code, 32);
}

#[tokio::test]
async fn a_password_that_is_made_up_is_told_once_and_fits() {
    let house = house(&[("pwdMinLength", "24"), ("pwdCheckQuality", "2")]).await;
    let alice = house.session(&person("alice"));
    let mut made = Vec::new();
    for _ in 0..2 {
        let said = house.ask(&alice, &by_operation(None, None, None)).await;
        assert_eq!(said.code, 0, "{}", said.text);
        let response = ExtendedResponse::parse(&said.rest).unwrap();
        let mut value = Cursor::new(response.value.unwrap()).enter(tag::SEQUENCE).unwrap();
        let password = String::from_utf8(value.expect(0x80).unwrap().to_vec()).unwrap();
        assert_eq!(password.len(), 24);
        assert!(house.fits(&person("alice"), &password).await);
        made.push(password);
    }
    assert_ne!(made[0], made[1]);
    let said = house.ask(&alice, &by_operation(None, None, Some(NEW))).await;
    assert!(said.rest.is_empty());
}

#[tokio::test]
async fn a_hash_made_elsewhere_is_taken_from_whoever_has_the_machine_alone() {
    let house = house(&[]).await;
    let known = "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=";
    let change: &[(u32, &str, &[&str])] = &[(REPLACE, "userPassword", &[known])];
    for session in [
        house.boss(),
        house.session(&person("alice")),
        Session::new(Actor::Service),
    ] {
        let said = house.ask(&session, &by_modify(change)).await;
        assert_eq!(told(&said), (19, Some(5)), "{}", said.text);
    }
    assert_eq!(house.ask(&Session::new(Actor::Root), &by_modify(change)).await.code, 0);
    assert_eq!(house.values(&person("alice"), "userPassword"), [known]);
    let odd: &[(u32, &str, &[&str])] = &[(REPLACE, "userPassword", &["{curly} is a word"])];
    assert_eq!(
        house.ask(&house.boss(), &by_modify(odd)).await.code,
        0,
        "no scheme anybody knows"
    );
    assert!(house.fits(&person("alice"), "{curly} is a word").await);
}

#[tokio::test]
async fn lifting_a_lock_forgets_the_failures() {
    let house = house(&[]).await;
    let dn = person("alice");
    let root = Session::new(Actor::Root);
    let failed: &[(u32, &str, &[&str])] = &[
        (REPLACE, "pwdFailureTime", &["20261122110000Z", "20261122110100Z"]),
        (REPLACE, "pwdAccountLockedTime", &["20261122110100Z"]),
    ];
    assert_eq!(house.modify(&root, &dn, failed).await, 0);
    // What our own dialect for slapd sends.
    let unlock: &[(u32, &str, &[&str])] = &[
        (REPLACE, "pwdAccountLockedTime", &["000001010000Z"]),
        (DELETE, "pwdAccountLockedTime", &[]),
    ];
    assert_eq!(house.modify(&Session::new(Actor::Service), &dn, unlock).await, 0);
    assert!(house.values(&dn, "pwdAccountLockedTime").is_empty() && house.values(&dn, "pwdFailureTime").is_empty());
}

#[tokio::test]
async fn a_password_can_be_taken_away_by_its_value_or_whatever_it_is() {
    let house = house(&[]).await;
    let dn = person("alice");
    let boss = house.boss();
    assert_eq!(
        house.modify(&boss, &dn, &[(DELETE, "userPassword", &["wrong"])]).await,
        16
    );
    assert_eq!(house.modify(&boss, &dn, &[(DELETE, "userPassword", &[OLD])]).await, 0);
    assert!(house.values(&dn, "userPassword").is_empty());
    assert_eq!(house.modify(&boss, &dn, &[(DELETE, "userPassword", &[])]).await, 16);
    assert_eq!(house.modify(&boss, &dn, &[(REPLACE, "userPassword", &[])]).await, 0);
    assert_eq!(house.modify(&boss, &dn, &[(ADD, "userPassword", &[NEW])]).await, 0);
    assert_eq!(house.modify(&boss, &dn, &[(REPLACE, "userPassword", &[])]).await, 0);
    assert!(house.values(&dn, "userPassword").is_empty());
}

#[tokio::test]
async fn owners_do_not_get_round_the_policy_by_taking_their_password_away() {
    let day = ("pwdMinAge", "86400");
    for (figures, given, code) in [
        (&[("pwdSafeModify", "TRUE")], &[][..], (50, Some(4))),
        (&[("pwdSafeModify", "TRUE")], &[OLD], (0, None)),
        (&[("pwdAllowUserChange", "FALSE")], &[OLD], (50, Some(3))),
        (&[day], &[], (19, Some(7))),
        (&[day], &[OLD], (19, Some(7))),
    ] {
        let house = house(figures).await;
        let dn = person("alice");
        let recently: &[(u32, &str, &[&str])] = &[(REPLACE, "pwdChangedTime", &["20261122110000Z"])];
        assert_eq!(house.modify(&Session::new(Actor::Root), &dn, recently).await, 0);
        let alice = house.session(&dn);
        let operations = if given.is_empty() {
            &[DELETE, REPLACE][..]
        } else {
            &[DELETE]
        };
        for operation in operations {
            let said = house
                .ask(&alice, &by_modify(&[(*operation, "userPassword", given)]))
                .await;
            assert_eq!(told(&said), code, "{figures:?}: {}", said.text);
            assert_eq!(house.values(&dn, "userPassword").is_empty(), code.0 == 0);
        }
        let boss = house.boss();
        assert_eq!(house.modify(&boss, &dn, &[(REPLACE, "userPassword", &[])]).await, 0);
    }
}

#[tokio::test]
async fn a_password_is_compared_for_its_owner_and_whoever_may_set_it() {
    let house = house(&[]).await;
    let dn = person("alice");
    let (row, entry) = (house.row(&dn).unwrap(), house.entry(&dn));
    for (session, wanted) in [
        (house.session(&dn), Ok(true)),
        (house.boss(), Ok(true)),
        (Session::new(Actor::Service), Ok(true)),
        (Session::new(Actor::Anonymous), Err(50)),
    ] {
        let access = house.directory.access(&session).await.unwrap();
        for (password, fits) in [(OLD, true), (NEW, false)] {
            let compared = house
                .directory
                .compare_password(&session, &access, &row, &entry, Secret::new(password));
            let compared = compared.await.map_err(|answer| answer.code.0);
            assert_eq!(compared, wanted.map(|_| fits));
        }
    }
    let alice = house.session(&dn);
    let access = house.directory.access(&alice).await.unwrap();
    let boss = (house.row(&person("boss")).unwrap(), house.entry(&person("boss")));
    let compared = house
        .directory
        .compare_password(&alice, &access, &boss.0, &boss.1, Secret::new(OLD))
        .await;
    assert_eq!(compared.unwrap_err().code.0, 50);
}
