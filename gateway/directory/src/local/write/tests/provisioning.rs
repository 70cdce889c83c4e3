//! What provisioning rests on: the number of a change, the name a provisioner gives, when something was made and changed.

use super::{ADD, DELETE, House, REPLACE, add, delete, group, modify, person, rename};
use postern_identity::records::Indexed;
use postern_ldap::control::assertion;
use postern_ldap::filter;

impl House {
    fn number(&self, dn: &str) -> String {
        self.values(dn, "entryCSN").pop().unwrap()
    }
}

fn asserted(number: &str) -> Vec<u8> {
    assertion::control(&filter::equality(b"entryCSN", number.as_bytes()))
}

#[tokio::test]
async fn every_change_gives_an_entry_another_number() {
    let house = House::new().await;
    let boss = house.boss();
    let mut numbers = vec![house.number(&person("alice"))];
    for title in ["a", "b", "b"] {
        let change: &[(u32, &str, &[&str])] = &[(REPLACE, "title", &[title])];
        assert_eq!(house.ask(&boss, &modify(&person("alice"), change, &[])).await.code, 0);
        numbers.push(house.number(&person("alice")));
    }
    let renaming = rename(&person("alice"), "uid=al", true, None, &[]);
    assert_eq!(house.ask(&boss, &renaming).await.code, 0);
    numbers.push(house.number(&person("al")));
    assert!(numbers.windows(2).all(|two| two[0] < two[1]), "{numbers:?}");
}

#[tokio::test]
async fn of_two_who_saw_the_same_number_one_changes_the_entry() {
    let house = House::new().await;
    let boss = house.boss();
    let dn = person("alice");
    let seen = asserted(&house.number(&dn));
    let first: &[(u32, &str, &[&str])] = &[(ADD, "title", &["first"])];
    let second: &[(u32, &str, &[&str])] = &[(REPLACE, "title", &["second"])];
    assert_eq!(house.ask(&boss, &modify(&dn, first, &[&seen])).await.code, 0);
    assert_eq!(house.ask(&boss, &modify(&dn, second, &[&seen])).await.code, 122);
    assert_eq!(house.ask(&boss, &delete(&dn, &[&seen])).await.code, 122);
    assert_eq!(
        house
            .ask(&boss, &rename(&dn, "uid=al", true, None, &[&seen]))
            .await
            .code,
        122
    );
    assert_eq!(house.values(&dn, "title"), ["first"]);
    let now = asserted(&house.number(&dn));
    assert_eq!(house.ask(&boss, &delete(&dn, &[&now])).await.code, 0);
}

#[tokio::test]
async fn a_group_has_another_number_when_a_member_goes_with_its_entry() {
    let house = House::new().await;
    let boss = house.boss();
    let members: &[&str] = &[&person("alice"), &person("boss")];
    house
        .load(
            &group("staff"),
            &[
                ("objectClass", &["groupOfNames"]),
                ("cn", &["staff"]),
                ("member", members),
            ],
        )
        .await;
    let before = house.number(&group("staff"));
    assert_eq!(house.ask(&boss, &delete(&person("alice"), &[])).await.code, 0);
    assert!(house.number(&group("staff")) > before);
}

#[tokio::test]
async fn clients_may_not_set_the_number() {
    let house = House::new().await;
    let change: &[(u32, &str, &[&str])] = &[(REPLACE, "entryCSN", &["20261122120000.000000Z#000000#000#000000"])];
    assert_eq!(
        house
            .ask(&house.boss(), &modify(&person("alice"), change, &[]))
            .await
            .code,
        19
    );
}

#[tokio::test]
async fn accounts_and_groups_alike_may_have_a_provisioners_name_and_are_found_by_it_as_it_is_written() {
    let house = House::new().await;
    let boss = house.boss();
    let new = add(
        &group("staff"),
        &[
            ("objectClass", &["groupOfNames", "posternScimObject"]),
            ("member", &[&person("alice")]),
            ("posternScimExternalId", &["G-1"]),
        ],
        &[],
    );
    assert_eq!(house.ask(&boss, &new).await.code, 0);
    let change: &[(u32, &str, &[&str])] = &[
        (ADD, "objectClass", &["posternScimObject"]),
        (ADD, "posternScimExternalId", &["aB-7"]),
    ];
    let dn = person("alice");
    assert_eq!(house.ask(&boss, &modify(&dn, change, &[])).await.code, 0);
    let path = house.directory.schema.path(dn.as_bytes()).unwrap();
    let found_by = house.entries.indexed("main", path.octets());
    let name = |value: &str| Indexed {
        attribute: "posternscimexternalid".into(),
        value: value.as_bytes().into(),
    };
    assert!(
        found_by.contains(&name("aB-7")) && !found_by.contains(&name("ab-7")),
        "{found_by:?}"
    );
    let second: &[(u32, &str, &[&str])] = &[(ADD, "posternScimExternalId", &["other"])];
    assert_eq!(
        house.ask(&boss, &modify(&dn, second, &[])).await.code,
        19,
        "there is one"
    );
    let away: &[(u32, &str, &[&str])] = &[
        (DELETE, "posternScimExternalId", &["aB-7"]),
        (DELETE, "objectClass", &["posternScimObject"]),
    ];
    assert_eq!(house.ask(&boss, &modify(&dn, away, &[])).await.code, 0);
}
