//! Who may write what, whichever way a value comes.

use super::{BASE, House, REPLACE, delete, group, modify, person};
use crate::local::access::{AccessRule, May, What, Who};
use crate::local::session::{Actor, Session};
use postern_ldap::control::assertion;
use postern_ldap::extended::{self, PasswordModify};
use postern_ldap::{MessageId, filter, oid};

const NEW: &str = "another-5678";

fn rule(who: Who, within: Option<&str>, attributes: &[&str], may: May) -> AccessRule {
    AccessRule {
        who,
        what: What {
            within: within.map(str::to_owned),
            attributes: attributes.iter().map(|&name| name.to_owned()).collect(),
        },
        may,
    }
}

/// One where these rules come before the usual ones.
async fn ruled(rules: Vec<AccessRule>) -> House {
    House::with(|settings| {
        settings.access.0.splice(0..0, rules);
    })
    .await
}

#[tokio::test]
async fn whoever_is_deleted_is_not_who_gets_the_name_next() {
    let house = ruled(vec![rule(Who::Anybody, None, &["description"], May::Write)]).await;
    let (root, dn) = (Session::new(Actor::Root), person("alice"));
    let alice = house.session(&dn);
    let by_operation = PasswordModify {
        identity: None,
        old: None,
        new: Some(NEW.as_bytes()),
    };
    let by_operation = extended::request(MessageId(7), oid::PASSWORD_MODIFY, Some(&by_operation.value()), &[]);
    let requests = [
        by_operation,
        modify(&dn, &[(REPLACE, "userPassword", &[NEW])], &[]),
        modify(&dn, &[(REPLACE, "description", &["mine"])], &[]),
        delete(&dn, &[]),
    ];
    assert_eq!(house.ask(&alice, &requests[2]).await.code, 0);
    assert_eq!(house.delete(&root, &dn).await, 0);
    for stands_again in [false, true] {
        if stands_again {
            house.person("alice").await;
        }
        let before = house.entries.all("main");
        for request in &requests {
            assert_eq!(house.ask(&alice, request).await.code, 8);
        }
        assert_eq!(house.entries.all("main"), before);
    }
    let again = house.session(&dn);
    assert_eq!(
        house.ask(&again, &requests[0]).await.code,
        0,
        "the one who stands there"
    );
}

#[tokio::test]
async fn what_was_found_out_before_somebody_was_replaced_does_not_hold_for_who_replaced_them() {
    let house = House::new().await;
    let (root, dn) = (Session::new(Actor::Root), person("alice"));
    let path = house.directory.schema.path(dn.as_bytes()).unwrap();
    let access = house.directory.access(&house.session(&dn)).await.unwrap();
    assert!(house.directory.row(&path, &access).await.is_ok());
    assert_eq!(house.delete(&root, &dn).await, 0);
    house.person("alice").await;
    let row = house.directory.row(&path, &access).await;
    assert_eq!(row.map_err(|answer| answer.code.0).unwrap_err(), 50);
}

#[tokio::test]
async fn no_password_is_part_of_a_name() {
    let house = House::new().await;
    let boss = house.boss();
    let root = Session::new(Actor::Root);
    let before = house.entries.all("main");
    for rdn in [
        "uid=alice+userPassword=secret-1234",
        "uid=alice+2.5.4.35=secret-1234",
        "uid=alice+pwdMinAge=1",
        "uid=alice+pwdHistory=1",
    ] {
        for session in [&boss, &root] {
            let code = house.rename(session, &person("alice"), rdn, None).await;
            assert_eq!(code, 64, "{rdn}");
            let given: &[super::Given<'_>] = &[("objectClass", &["inetOrgPerson"]), ("cn", &["n"]), ("sn", &["n"])];
            let dn = format!("{rdn},ou=groups,{BASE}");
            assert_eq!(house.add(session, &dn, given).await, 64, "{rdn}");
            let mut loader = super::Loader::new(&house.directory);
            let fault = loader.take(1, &dn, super::owned(given)).await.unwrap_err();
            assert_eq!(fault.code, 64, "{rdn}");
        }
    }
    assert_eq!(house.entries.all("main"), before);
}

#[tokio::test]
async fn a_new_name_writes_only_what_whoever_renames_may_write() {
    let house = ruled(vec![rule(
        Who::Account(person("alice")),
        None,
        &["entry", "uid", "description"],
        May::Write,
    )])
    .await;
    house.person("bob").await;
    let (alice, boss, bob) = (house.session(&person("alice")), house.boss(), person("bob"));
    for (rdn, code) in [
        ("uid=bob+employeeType=admin", 50),
        ("uid=bob2+mail=x@example.org", 50),
        ("cn=bob", 0),
        ("uid=bob", 50),
    ] {
        // Its cn is there already: to be named by it writes nothing but the uid that goes.
        let dn = if rdn == "uid=bob" {
            format!("cn=bob,ou=people,{BASE}")
        } else {
            bob.clone()
        };
        assert_eq!(house.rename(&alice, &dn, rdn, None).await, code, "{rdn}");
    }
    assert_eq!(
        house
            .rename(
                &boss,
                &format!("cn=bob,ou=people,{BASE}"),
                "uid=bob+employeeType=x",
                None
            )
            .await,
        65,
        "its cn would go: the schema's word, after the rules' own"
    );
}

#[tokio::test]
async fn whoever_adds_gives_only_what_they_may_write() {
    let within = format!("ou=people,{BASE}");
    let attributes = ["entry", "objectClass", "uid", "cn", "sn", "description"];
    let house = ruled(vec![rule(
        Who::Account(person("alice")),
        Some(&within),
        &attributes,
        May::Write,
    )])
    .await;
    let alice = house.session(&person("alice"));
    let plain: &[super::Given<'_>] = &[
        ("objectClass", &["inetOrgPerson"]),
        ("cn", &["n"]),
        ("sn", &["n"]),
        ("description", &["x"]),
    ];
    for more in [
        ("userPassword", &[NEW]),
        ("pwdReset", &["FALSE"]),
        ("employeeType;lang-de", &["admin"]),
        ("pwdPolicySubentry", &["cn=loose,ou=policies,dc=example,dc=org"]),
    ] {
        let given: Vec<super::Given<'_>> = plain.iter().copied().chain([(more.0, &more.1[..])]).collect();
        assert_eq!(house.add(&alice, &person("new"), &given).await, 50, "{}", more.0);
    }
    let by_name = format!("uid=new+employeeType=admin,{within}");
    assert_eq!(house.add(&alice, &by_name, plain).await, 50);
    assert_eq!(house.add(&alice, &person("new"), plain).await, 0);
    assert!(!house.values(&person("new"), "entryUUID").is_empty());
}

#[tokio::test]
async fn what_may_not_be_seen_is_as_if_it_were_not_there_to_writes_too() {
    let hidden = format!("ou=groups,{BASE}");
    let house = ruled(vec![
        rule(Who::Account(person("alice")), Some(&hidden), &[], May::Nothing),
        rule(Who::Account(person("alice")), Some(&person("bob")), &[], May::Nothing),
    ])
    .await;
    house.person("bob").await;
    house
        .load(&group("staff"), &[("objectClass", &["organizationalRole"])])
        .await;
    let alice = house.session(&person("alice"));
    let asserted = assertion::control(&filter::equality(b"cn", b"x"));
    let by_operation = |dn: &str| {
        let asked = PasswordModify {
            identity: Some(dn.as_bytes()),
            old: None,
            new: Some(NEW.as_bytes()),
        };
        extended::request(MessageId(7), oid::PASSWORD_MODIFY, Some(&asked.value()), &[])
    };
    for (there, not) in [(group("staff"), group("none")), (person("bob"), person("none"))] {
        let of = |dn: &str| {
            vec![
                modify(dn, &[(REPLACE, "description", &["x"])], &[]),
                modify(dn, &[(REPLACE, "description", &["x"])], &[&asserted]),
                modify(dn, &[(REPLACE, "userPassword", &[NEW])], &[]),
                delete(dn, &[]),
                delete(dn, &[&asserted]),
                super::rename(dn, "cn=x", true, None, &[]),
                super::rename(&person("alice"), "uid=alice", true, Some(dn), &[]),
                super::add(&format!("cn=x,{dn}"), &[("objectClass", &["organizationalRole"])], &[]),
                by_operation(dn),
            ]
        };
        for (there, not) in of(&there).iter().zip(of(&not)) {
            let said = house.ask(&alice, there).await;
            assert_eq!(said, house.ask(&alice, &not).await);
            assert_eq!(said.code, 32);
        }
    }
}

#[tokio::test]
async fn whoever_sees_no_entries_changes_their_own_password_still() {
    let house = House::with(|settings| {
        settings.access.0 = vec![rule(Who::Themselves, None, &["userPassword"], May::Write)];
    })
    .await;
    let alice = house.session(&person("alice"));
    let own: &[(u32, &str, &[&str])] = &[(REPLACE, "userPassword", &[NEW])];
    assert_eq!(house.modify(&alice, &person("alice"), own).await, 0);
}
