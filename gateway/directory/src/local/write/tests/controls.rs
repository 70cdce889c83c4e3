//! Controls beside writes, and what is wrong with a request before anybody looks at the entry.

use super::{ADD, BASE, DELETE, House, REPLACE, Said, add, delete, group, modify, person, rename};
use crate::local::session::{Actor, Session};
use postern_ldap::control::read_entry::{self, ReadEntry};
use postern_ldap::control::{assertion, encode, permissive_modify};
use postern_ldap::{filter, oid};

fn described(said: &Said, oid: &[u8]) -> Vec<(String, String)> {
    let (_, value) = said
        .controls
        .iter()
        .find(|(known, _)| known == oid)
        .expect("there is the control");
    let read = ReadEntry::parse(value).unwrap();
    let mut all = Vec::new();
    for attribute in read.entry.attributes() {
        let attribute = attribute.unwrap();
        let name = String::from_utf8(attribute.description.to_vec()).unwrap();
        for value in attribute.values() {
            all.push((name.clone(), String::from_utf8(value.to_vec()).unwrap()));
        }
    }
    all
}

#[tokio::test]
async fn an_assertion_that_does_not_hold_leaves_everything_as_it_is() {
    let house = House::new().await;
    let boss = house.boss();
    let wrong = assertion::control(&filter::equality(b"sn", b"somebody else"));
    let right = assertion::control(&filter::equality(b"sn", b"ALICE"));
    let dn = person("alice");
    let change: &[(u32, &str, &[&str])] = &[(REPLACE, "title", &["x"])];
    for request in [
        modify(&dn, change, &[&wrong]),
        rename(&dn, "uid=al", true, None, &[&wrong]),
        delete(&dn, &[&wrong]),
        add(
            &person("new"),
            &[("objectClass", &["inetOrgPerson"]), ("cn", &["n"]), ("sn", &["n"])],
            &[&wrong],
        ),
    ] {
        assert_eq!(house.ask(&boss, &request).await.code, 122);
    }
    assert_eq!(house.values(&dn, "title"), Vec::<String>::new());
    assert_eq!(house.ask(&boss, &modify(&dn, change, &[&right])).await.code, 0);
    assert_eq!(house.values(&dn, "title"), ["x"]);
}

#[tokio::test]
async fn nothing_is_found_out_of_a_password_by_asserting_it() {
    let house = House::new().await;
    let boss = house.boss();
    let hash = "{SSHA}nothing";
    house
        .load(
            &person("hashed"),
            &[
                ("objectClass", &["inetOrgPerson"]),
                ("cn", &["h"]),
                ("sn", &["h"]),
                ("userPassword", &[hash]),
            ],
        )
        .await;
    let change: &[(u32, &str, &[&str])] = &[(REPLACE, "title", &["x"])];
    let equal = filter::equality(b"userPassword", hash.as_bytes());
    for asserted in [filter::not(&equal), equal] {
        let control = assertion::control(&asserted);
        let said = house.ask(&boss, &modify(&person("hashed"), change, &[&control])).await;
        assert_eq!(said.code, 122);
    }
}

#[tokio::test]
async fn the_entry_is_shown_as_it_was_and_as_it_is() {
    let house = House::new().await;
    let boss = house.boss();
    let pre = read_entry::request(oid::PRE_READ, &[b"title", b"userPassword"], true);
    let post = read_entry::request(oid::POST_READ, &[b"title", b"uid", b"modifiersName"], true);
    let change: &[(u32, &str, &[&str])] = &[(ADD, "title", &["one"]), (ADD, "userPassword", &["secret-1234"])];
    let said = house
        .ask(&boss, &modify(&person("alice"), change, &[&pre, &post]))
        .await;
    assert_eq!((said.code, said.controls.len()), (0, 2));
    assert_eq!(described(&said, oid::PRE_READ), []);
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let after = described(&said, oid::POST_READ);
    assert!(after.contains(&pair("title", "one")) && after.contains(&pair("uid", "alice")));
    assert!(after.contains(&pair("modifiersName", &person("boss"))));
    let said = house
        .ask(&boss, &rename(&person("alice"), "uid=al", true, None, &[&pre, &post]))
        .await;
    assert_eq!(described(&said, oid::PRE_READ), [pair("title", "one")]);
    assert!(described(&said, oid::POST_READ).contains(&pair("uid", "al")));
    let (_, value) = &said.controls[1];
    assert_eq!(ReadEntry::parse(value).unwrap().entry.dn, person("al").as_bytes());
    let said = house.ask(&boss, &delete(&person("al"), &[&pre])).await;
    assert_eq!(described(&said, oid::PRE_READ), [pair("title", "one")]);
}

#[tokio::test]
async fn whoever_writes_sees_of_an_entry_what_a_search_would_show() {
    let house = House::new().await;
    let alice = house.session(&person("alice"));
    let post = read_entry::request(oid::POST_READ, &[b"*", b"+"], true);
    let change: &[(u32, &str, &[&str])] = &[(REPLACE, "userPassword", &["secret-1234"])];
    let said = house.ask(&alice, &modify(&person("alice"), change, &[&post])).await;
    assert_eq!(said.code, 0, "{}", said.text);
    let shown = described(&said, oid::POST_READ);
    assert!(shown.iter().any(|(name, _)| name == "modifyTimestamp"));
    for hidden in ["userPassword", "pwdChangedTime"] {
        assert!(!house.values(&person("alice"), hidden).is_empty());
        assert!(!shown.iter().any(|(name, _)| name == hidden), "{shown:?}");
    }
}

#[tokio::test]
async fn a_permissive_modify_takes_what_is_so_already() {
    let house = House::new().await;
    let boss = house.boss();
    let dn = person("alice");
    let permissive = permissive_modify::control(true);
    let change: &[(u32, &str, &[&str])] = &[
        (ADD, "sn", &["ALICE", "Liddell"]),
        (DELETE, "title", &["nobody"]),
        (DELETE, "description", &[]),
        (DELETE, "userPassword", &[]),
    ];
    assert_eq!(house.ask(&boss, &modify(&dn, change, &[])).await.code, 20);
    assert_eq!(house.ask(&boss, &modify(&dn, change, &[&permissive])).await.code, 0);
    assert_eq!(house.values(&dn, "sn"), ["alice", "Liddell"]);
}

#[tokio::test]
async fn controls_nobody_knows_or_that_make_no_sense_are_refused_if_critical() {
    let house = House::new().await;
    let boss = house.boss();
    let dn = person("alice");
    let change: &[(u32, &str, &[&str])] = &[(REPLACE, "title", &["x"])];
    let post = read_entry::request(oid::POST_READ, &[], true);
    let pre = read_entry::request(oid::PRE_READ, &[], true);
    let permissive = permissive_modify::control(true);
    for (request, code) in [
        (modify(&dn, change, &[&encode(b"1.2.3", true, None)]), 12),
        (modify(&dn, change, &[&encode(oid::RELAX_RULES, true, None)]), 12),
        (modify(&dn, change, &[&encode(oid::PAGED_RESULTS, true, None)]), 12),
        (modify(&dn, change, &[&encode(b"1.2.3", false, None)]), 0),
        (modify(&dn, change, &[&encode(oid::MANAGE_DSA_IT, true, None)]), 0),
        (modify(&dn, change, &[&pre, &pre]), 2),
        (modify(&dn, change, &[&encode(oid::ASSERTION, true, None)]), 2),
        (modify(&dn, change, &[&encode(oid::ASSERTION, true, Some(b"\x87"))]), 2),
        (
            modify(&dn, change, &[&encode(oid::PERMISSIVE_MODIFY, true, Some(b"x"))]),
            2,
        ),
        (rename(&dn, "uid=x", true, None, &[&permissive]), 12),
        (delete(&dn, &[&post]), 12),
        (add(&group("new"), &[], &[&pre]), 12),
    ] {
        let said = house.ask(&boss, &request).await;
        assert_eq!(said.code, code, "{}", said.text);
    }
}

#[tokio::test]
async fn requests_that_say_nothing_or_too_much_are_refused() {
    let house = House::new().await;
    let boss = house.boss();
    let dn = person("alice");
    for (change, code) in [
        (&[(ADD, "title", &[][..])][..], 2),
        (&[(3, "uidNumber", &[])], 2),
        (&[(3, "uidNumber", &["1", "2"])], 2),
        (&[(4, "title", &["x"])], 2),
        (&[(REPLACE, "title;lang_x", &["x"])], 17),
        (&[(REPLACE, "", &["x"])], 17),
        (&[(REPLACE, "memberOf", &[&group("x")])], 19),
        (&[(ADD, "jpegPhoto", &["x"]), (ADD, "jpegPhoto", &["y"])], 18),
    ] {
        let said = house.ask(&boss, &modify(&dn, change, &[])).await;
        assert_eq!(said.code, code, "{change:?} {}", said.text);
    }
    let class: super::Given<'_> = ("objectClass", &["organizationalUnit"]);
    for (name, given, code) in [
        ("ou=x", &[][..], 2),
        ("ou=x", &[class, ("description", &[])], 2),
        ("ou=x", &[class, ("ou", &["x"]), ("OU", &["y"])], 20),
        ("ou=x", &[class, ("2.5.4.11", &["x"]), ("ou", &["y"])], 20),
        ("entryUUID=x", &[class], 34),
        ("createTimestamp=20260101000000Z", &[class], 64),
    ] {
        let said = house.ask(&boss, &add(&format!("{name},{BASE}"), given, &[])).await;
        assert_eq!(said.code, code, "{name} {given:?} {}", said.text);
    }
    assert_eq!(house.add(&boss, "", &[class]).await, 68, "the root DSE");
    assert_eq!(house.rename(&boss, "", "ou=x", None).await, 53);
    assert_eq!(house.rename(&boss, BASE, "dc=other", None).await, 53);
    assert_eq!(
        house.modify(&boss, "cn=Subschema", &[(REPLACE, "cn", &["x"])]).await,
        53
    );
    assert_eq!(house.rename(&boss, &dn, "uid=x", Some("dc=other")).await, 53);
}

#[tokio::test]
async fn whoever_may_not_see_an_entry_is_not_told_what_is_above_it() {
    let house = House::with(|settings| settings.access.0.clear()).await;
    let alice = house.session(&person("alice"));
    let said = house.ask(&alice, &delete(&person("nobody"), &[])).await;
    assert_eq!((said.code, said.matched.as_str()), (32, ""));
    let root = Session::new(Actor::Root);
    let said = house.ask(&root, &delete(&person("nobody"), &[])).await;
    assert_eq!((said.code, said.matched), (32, format!("ou=people,{BASE}")));
}

#[tokio::test]
async fn what_the_directory_keeps_itself_only_whoever_has_the_machine_writes() {
    let house = House::new().await;
    let uuid = "7f7ec2b4-9d9c-4b8e-8f0a-000000000001";
    let change: &[(u32, &str, &[&str])] = &[(REPLACE, "entryUUID", &[uuid])];
    assert_eq!(house.modify(&house.boss(), &person("alice"), change).await, 19);
    assert_eq!(
        house
            .modify(&Session::new(Actor::Service), &person("alice"), change)
            .await,
        19
    );
    assert_eq!(
        house.modify(&Session::new(Actor::Root), &person("alice"), change).await,
        0
    );
    assert_eq!(house.values(&person("alice"), "entryUUID"), [uuid]);
}

#[tokio::test]
async fn an_entry_that_is_made_knows_who_made_it_when_and_what_it_is() {
    let house = House::new().await;
    let boss = house.boss();
    let dn = format!("UID = \"X, Y\" ,OU=People,{BASE}");
    let given: &[super::Given<'_>] = &[("objectClass", &["inetOrgPerson"]), ("cn", &["x"]), ("sn", &["x"])];
    assert_eq!(house.add(&boss, &dn, given).await, 0);
    let row = house.row(&dn).unwrap();
    assert_eq!(&*row.name, format!("UID=X\\, Y,ou=people,{BASE}"));
    assert_eq!(house.values(&dn, "uid"), ["X, Y"]);
    assert_eq!(house.values(&dn, "structuralObjectClass"), ["inetOrgPerson"]);
    for attribute in ["creatorsName", "modifiersName"] {
        assert_eq!(house.values(&dn, attribute), [person("boss")]);
    }
    for attribute in ["createTimestamp", "modifyTimestamp"] {
        assert_eq!(house.values(&dn, attribute), ["20261122120000Z"]);
    }
    assert_eq!(house.values(&dn, "entryUUID")[0].len(), 36);
    assert_ne!(
        house.values(&dn, "entryUUID"),
        house.values(&person("alice"), "entryUUID")
    );
}

#[tokio::test]
async fn a_policy_that_could_not_be_read_is_not_written() {
    let house = House::new().await;
    let boss = house.boss();
    let dn = format!("cn=default,ou=policies,{BASE}");
    let mut given: Vec<super::Given<'_>> = vec![
        ("objectClass", &["pwdPolicy", "organizationalRole"]),
        ("pwdAttribute", &["userPassword"]),
        ("pwdMaxAge", &["99999999999"]),
    ];
    assert_eq!(house.add(&boss, &dn, &given).await, 21);
    given.pop();
    assert_eq!(house.add(&boss, &dn, &given).await, 0);
    assert_eq!(
        house
            .modify(&boss, &dn, &[(REPLACE, "pwdMaxAge", &["99999999999"])])
            .await,
        21
    );
    assert_eq!(house.modify(&boss, &dn, &[(REPLACE, "pwdMaxAge", &["86400"])]).await, 0);
}
