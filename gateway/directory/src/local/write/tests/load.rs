//! Loading many entries.

use super::{BASE, House, group, owned, person};
use crate::local::tests::memory::Fault;
use crate::local::write::{LoadFault, Loaded, Loader};
use postern_identity::records::RecordsError;

const HASH: &str = "{SSHA}AAAA";
const UUID: &str = "7f7ec2b4-9d9c-4b8e-8f0a-000000000001";

async fn load(house: &House, given: &[(&str, &[super::Given<'_>])]) -> Result<u64, LoadFault> {
    let mut loader = Loader::new(&house.directory);
    for (place, (dn, attributes)) in (1..).zip(given) {
        loader.take(place, dn, owned(attributes)).await?;
    }
    loader.finish().await
}

fn ada<'a>(more: &[super::Given<'a>]) -> Vec<super::Given<'a>> {
    let mut all: Vec<super::Given<'a>> = vec![("objectClass", &["inetOrgPerson"]), ("cn", &["Ada"]), ("sn", &["L"])];
    all.extend(more);
    all
}

#[tokio::test]
async fn what_an_entry_brings_stays_and_what_is_worked_out_is_passed_over() {
    let house = House::new().await;
    let given = ada(&[
        ("entryUUID", &[UUID]),
        ("createTimestamp", &["20200101000000Z"]),
        ("creatorsName", &["cn=somebody"]),
        ("userPassword", &[HASH]),
        (
            "pwdHistory",
            &["20200101000000Z#1.3.6.1.4.1.1466.115.121.1.40#10#{SSHA}BBBB"],
        ),
        ("entryCSN", &["20200101000000.000000Z#000000#000#000000"]),
        ("structuralObjectClass", &["person"]),
        ("memberOf", &["cn=x"]),
    ]);
    assert_eq!(load(&house, &[(&person("ada"), &given)]).await, Ok(1));
    let dn = person("ada");
    for (key, value) in [
        ("entryUUID", UUID),
        ("createTimestamp", "20200101000000Z"),
        ("creatorsName", "cn=somebody"),
        ("modifiersName", "cn=postern"),
        ("userPassword", HASH),
        ("structuralObjectClass", "inetOrgPerson"),
    ] {
        assert_eq!(house.values(&dn, key), [value], "{key}");
    }
    assert_eq!(house.values(&dn, "pwdHistory").len(), 1);
    assert!(house.values(&dn, "memberOf").is_empty());
    let number = house.values(&dn, "entryCSN");
    assert_eq!(
        number,
        ["20200101000000.000000Z#000000#000#000000"],
        "it is the state it was"
    );
}

#[tokio::test]
async fn passwords_that_come_as_they_are_are_kept_as_hashes() {
    let house = House::new().await;
    let given = ada(&[("userPassword", &["{CLEARTEXT}secret-1234", "{SSHA}AAAA"])]);
    assert_eq!(load(&house, &[(&person("ada"), &given)]).await, Ok(1));
    let kept = house.values(&person("ada"), "userPassword");
    assert!(kept.len() == 2 && kept[0].starts_with("{ARGON2}") && kept[1] == "{SSHA}AAAA");
}

#[tokio::test]
async fn many_batches_go_in_in_order_and_names_are_those_of_the_entries_above() {
    let house = House::new().await;
    let mut loader = Loader::new(&house.directory);
    for unit in 0..3 {
        let name = format!("OU=U{unit},ou=people,{BASE}");
        loader
            .take(0, &name, owned(&[("objectClass", &["organizationalUnit"])]))
            .await
            .unwrap();
        for number in 0..900 {
            let name = format!("uid=p{unit}-{number}, ou=u{unit}, OU=People, {BASE}");
            loader.take(0, &name, owned(&ada(&[]))).await.unwrap();
        }
    }
    assert_eq!(loader.finish().await, Ok(2_703));
    let row = house.row(&format!("uid=p2-899,ou=u2,ou=people,{BASE}")).unwrap();
    assert_eq!(&*row.name, format!("uid=p2-899,OU=U2,ou=people,{BASE}"));
}

#[tokio::test]
async fn what_is_wrong_with_an_entry_is_said_with_its_place() {
    let person_of = |name: &str| (format!("cn={name},ou=people,{BASE}"), ada(&[("uid", &["same"])]));
    let (first, given) = person_of("first");
    let (second, _) = person_of("second");
    let alice = person("alice");
    let below = format!("cn=x,{}", group("nothing"));
    let uuids = ada(&[("entryUUID", &[UUID])]);
    let uuid_names = [person("u1"), person("u2")];
    let class: &[super::Given<'_>] = &[("objectClass", &["inetOrgPerson"])];
    let unknown = ada(&[("favouriteTune", &["x"])]);
    for (given, place, code) in [
        (&[(&*first, &*given), (&*second, &*given)][..], 2, 19),
        (&[(&*first, &*given), (&*first, &*ada(&[]))], 2, 68),
        (&[(&*first, &*given), (&*alice, &*ada(&[]))], 2, 68),
        (&[(&*first, &*given), (&*below, &*ada(&[]))], 2, 32),
        (&[(&*uuid_names[0], &*uuids), (&*uuid_names[1], &*uuids)], 2, 19),
        (&[("cn=x,dc=other", &*given)], 1, 53),
        (&[("x", &*given)], 1, 34),
        (&[(&*first, class)], 1, 65),
        (&[(&*first, &*unknown)], 1, 17),
        (&[(&*first, &*ada(&[("uid", &["ALICE"])]))], 1, 19),
    ] {
        let house = House::new().await;
        let before = house.entries.all("main");
        let fault = load(&house, given).await.unwrap_err();
        assert_eq!((fault.place, fault.code), (place, code), "{fault}");
        assert_eq!(
            house.entries.all("main"),
            before,
            "a batch goes in as a whole or not at all"
        );
    }
}

/// One that has written three of its entries and holds two more, at lines 1 to 5.
async fn halfway(house: &House) -> Loader {
    let mut loader = Loader::new(&house.directory);
    for place in 1..=5 {
        let name = person(&format!("p{place}"));
        loader.take(place, &name, owned(&ada(&[]))).await.unwrap();
        if place == 3 {
            loader.write().await.unwrap();
        }
    }
    loader
}

#[tokio::test]
async fn who_stops_is_told_what_is_in_and_that_the_rest_is_not() {
    let there = |house: &House| {
        (1..=6)
            .filter(|number| house.row(&person(&format!("p{number}"))).is_some())
            .count()
    };
    let house = House::new().await;
    let mut loader = halfway(&house).await;
    let fault = loader.take(6, &person("p6"), owned(&[])).await.unwrap_err();
    assert!(fault.place == 6 && !fault.unsure);
    let stopped = loader.stop().await;
    let (entries, next) = (3, Some(4));
    assert_eq!(stopped, Loaded { entries, next });
    assert_eq!(there(&house), 3);
    // Of the batch that is wrong nothing is in, and the one behind it is not written.
    let house = House::new().await;
    house.person("p2").await;
    let mut loader = halfway(&house).await;
    let fault = loader.finish().await.unwrap_err();
    assert_eq!((fault.place, fault.code), (2, 68));
    let (entries, next) = (0, Some(1));
    assert_eq!(loader.stop().await, Loaded { entries, next });
    assert_eq!(there(&house), 1);
    // The one above may be in the batch that is being written: the fault is that batch's.
    let house = House::new().await;
    house.person("p2").await;
    let mut loader = halfway(&house).await;
    let below = format!("cn=x,{}", person("p1"));
    let fault = loader.take(6, &below, owned(&ada(&[]))).await.unwrap_err();
    assert_eq!((fault.place, fault.code), (2, 68));
    assert_eq!(loader.stop().await, Loaded { entries, next });
}

#[tokio::test]
async fn what_the_store_does_not_say_is_not_said_either() {
    let house = House::new().await;
    let mut loader = halfway(&house).await;
    assert_eq!(loader.settle().await, Ok(()));
    house.entries.fail(Fault::Commit(RecordsError::OutcomeUnknown));
    assert!(loader.finish().await.unwrap_err().unsure);
    let (entries, next) = (3, Some(4));
    assert_eq!(loader.stop().await, Loaded { entries, next });
}
