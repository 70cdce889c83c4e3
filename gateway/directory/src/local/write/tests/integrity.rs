//! References that follow, and values that are one entry's alone.

use super::{ADD, BASE, House, group, person};
use crate::local::write::integrity::{MostRepaired, referring};
use postern_identity::records::Indexed;

async fn with_group(members: &[&str]) -> House {
    let house = House::new().await;
    let members: Vec<String> = members.iter().map(|uid| person(uid)).collect();
    let members: Vec<&str> = members.iter().map(String::as_str).collect();
    house
        .load(
            &group("readers"),
            &[("objectClass", &["groupOfNames"]), ("member", &members)],
        )
        .await;
    house
}

#[tokio::test]
async fn a_renamed_member_stays_one_under_its_new_name() {
    let house = with_group(&["boss", "alice"]).await;
    assert_eq!(
        house.rename(&house.boss(), &person("alice"), "uid=queen", None).await,
        0
    );
    assert_eq!(
        house.values(&group("readers"), "member"),
        [person("boss"), person("queen")]
    );
    assert_eq!(house.values(&group("readers"), "modifiersName"), [person("boss")]);
    let place = house.directory.schema.path(group("readers").as_bytes()).unwrap();
    let now = house.directory.schema.path(person("queen").as_bytes()).unwrap();
    let found = house.entries.indexed("main", place.octets());
    let wanted = |path: &[u8]| Indexed {
        attribute: "member".into(),
        value: path.into(),
    };
    assert!(found.contains(&wanted(now.octets())));
    let before = house.directory.schema.path(person("alice").as_bytes()).unwrap();
    assert!(!found.contains(&wanted(before.octets())), "{found:?}");
}

#[tokio::test]
async fn a_moved_subtree_takes_every_reference_along_its_own_too() {
    let house = with_group(&["alice"]).await;
    let boss = house.boss();
    let set: &[(u32, &str, &[&str])] = &[
        (ADD, "manager", &[&person("boss")]),
        (ADD, "seeAlso", &[&format!("ou=people,{BASE}")]),
    ];
    assert_eq!(house.modify(&boss, &person("alice"), set).await, 0);
    let above = format!("ou=groups,{BASE}");
    assert_eq!(
        house
            .rename(&boss, &format!("ou=people,{BASE}"), "OU=Staff", Some(&above))
            .await,
        0
    );
    let staff = format!("OU=Staff,ou=groups,{BASE}");
    assert_eq!(
        house.values(&group("readers"), "member"),
        [format!("uid=alice,{staff}")]
    );
    let alice = format!("uid=alice,{staff}");
    assert_eq!(&*house.row(&alice).unwrap().name, alice);
    assert_eq!(house.values(&alice, "manager"), [format!("uid=boss,{staff}")]);
    assert_eq!(house.values(&alice, "seeAlso"), [staff]);
    assert!(house.row(&person("alice")).is_none());
}

#[tokio::test]
async fn whoever_is_deleted_is_in_no_group_any_more() {
    let house = with_group(&["boss", "alice"]).await;
    let set: &[(u32, &str, &[&str])] = &[(ADD, "secretary", &[&person("alice")])];
    assert_eq!(house.modify(&house.boss(), &person("boss"), set).await, 0);
    assert_eq!(house.delete(&house.boss(), &person("alice")).await, 0);
    assert_eq!(house.values(&group("readers"), "member"), [person("boss")]);
    assert!(house.values(&person("boss"), "secretary").is_empty());
}

#[tokio::test]
async fn a_group_that_loses_its_last_member_keeps_the_base_entry_in_its_place() {
    let house = with_group(&["alice"]).await;
    let boss = house.boss();
    assert_eq!(house.delete(&boss, &person("alice")).await, 0);
    assert_eq!(house.values(&group("readers"), "member"), [BASE]);
    assert_eq!(
        house
            .modify(&boss, &group("readers"), &[(ADD, "member", &[&person("boss")])])
            .await,
        0
    );
}

#[tokio::test]
async fn who_is_named_by_the_new_name_already_is_named_once() {
    let house = with_group(&["alice", "queen"]).await;
    assert_eq!(
        house.rename(&house.boss(), &person("alice"), "uid=Queen", None).await,
        0
    );
    assert_eq!(house.values(&group("readers"), "member").len(), 1);
}

#[tokio::test]
async fn a_member_with_a_uid_behind_its_name_keeps_it() {
    let house = House::new().await;
    let member = format!("{}#'0101'B", person("alice"));
    house
        .load(
            &group("unique"),
            &[("objectClass", &["groupOfUniqueNames"]), ("uniqueMember", &[&member])],
        )
        .await;
    assert_eq!(
        house.rename(&house.boss(), &person("alice"), "uid=queen", None).await,
        0
    );
    assert_eq!(
        house.values(&group("unique"), "uniqueMember"),
        [format!("{}#'0101'B", person("queen"))]
    );
}

#[tokio::test]
async fn a_sibling_whose_name_begins_alike_is_not_meant() {
    let house = with_group(&["alice"]).await;
    house.person("alice2").await;
    let boss = house.boss();
    let set: &[(u32, &str, &[&str])] = &[(ADD, "member", &[&person("alice2")])];
    assert_eq!(house.modify(&boss, &group("readers"), set).await, 0);
    assert_eq!(house.delete(&boss, &person("alice")).await, 0);
    assert_eq!(house.values(&group("readers"), "member"), [person("alice2")]);
}

#[tokio::test]
async fn a_uid_is_one_entrys_alone_and_its_own_to_keep() {
    let house = House::new().await;
    let boss = house.boss();
    let given: &[super::Given<'_>] = &[("objectClass", &["inetOrgPerson"]), ("sn", &["x"]), ("uid", &["ALICE"])];
    assert_eq!(house.add(&boss, &group("other"), given).await, 19);
    assert_eq!(
        house.modify(&boss, &person("boss"), &[(ADD, "uid", &["alice"])]).await,
        19
    );
    assert_eq!(
        house.rename(&boss, &person("boss"), "uid=alice+cn=boss", None).await,
        19
    );
    assert_eq!(
        house.modify(&boss, &person("alice"), &[(2, "uid", &["Alice"])]).await,
        0
    );
    assert_eq!(house.rename(&boss, &person("alice"), "uid=ALICE", None).await, 0);
    let house = House::with(|settings| settings.unique.clear()).await;
    assert_eq!(house.add(&house.boss(), &group("other"), given).await, 0);
}

#[tokio::test]
async fn more_references_than_are_repaired_at_once_are_an_error() {
    let house = with_group(&["boss", "alice"]).await;
    let set: &[(u32, &str, &[&str])] = &[(ADD, "manager", &[&person("boss")])];
    assert_eq!(house.modify(&house.boss(), &person("alice"), set).await, 0);
    let boss = house.directory.schema.path(person("boss").as_bytes()).unwrap();
    let found = async |entries, octets| {
        let most = MostRepaired { entries, octets };
        referring(&*house.entries, "main", &boss, 0, most).await
    };
    let both = found(2, usize::MAX).await.unwrap();
    assert_eq!(both.len(), 2);
    assert_eq!(found(1, usize::MAX).await.unwrap_err().code.0, 11);
    let octets = both.values().map(|row| row.body.len()).sum();
    assert_eq!(found(2, octets).await.unwrap().len(), 2);
    assert_eq!(found(2, octets - 1).await.unwrap_err().code.0, 11);
}
