//! Large groups: what is kept apart is told, found, changed and followed as if it stood in the entry.

use super::{ADD, BASE, DELETE, House, REPLACE, add, delete, group, modify, person, rename};
use crate::local::access::Access;
use crate::local::apart::{self, MOST_IN_BODY};
use crate::local::entry::Entry;
use crate::local::filter::Filter;
use postern_identity::records::Indexed;
use postern_ldap::ber::Writer;
use postern_ldap::control::permissive_modify;
use postern_ldap::control::read_entry::{self, ReadEntry};
use postern_ldap::search::{NewSearch, Scope};
use postern_ldap::{Message, MessageId, answer, entry::SearchEntry, filter, frame, oid, tag};
use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const MANY: usize = 1_000;

fn member(number: usize) -> String {
    format!("uid=M{number},ou=people,{BASE}")
}

impl House {
    /// A group of so many, and alice.
    async fn crowd(&self, class: &str, attribute: &str, size: usize) -> String {
        let names: Vec<String> = (1..size).map(member).chain([person("alice")]).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let dn = group("crowd");
        let given: &[super::Given<'_>] = &[("objectClass", &[class]), ("description", &["x"]), (attribute, &names)];
        assert_eq!(self.add(&self.boss(), &dn, given).await, 0);
        dn
    }

    pub(super) async fn all_of(&self, dn: &str, key: &str) -> BTreeSet<String> {
        let body = self
            .directory
            .whole_body(&self.row(dn).unwrap(), |_| true)
            .await
            .unwrap();
        let entry = Entry::decode(&body).unwrap();
        let values: Vec<String> = entry
            .values(key)
            .iter()
            .map(|value| String::from_utf8(value.clone()).unwrap())
            .collect();
        let all: BTreeSet<String> = values.iter().cloned().collect();
        assert_eq!(values.len(), all.len(), "each is there once");
        all
    }

    fn is_apart(&self, dn: &str) -> bool {
        !apart::keys(&self.row(dn).unwrap().body).is_empty()
    }

    async fn has(&self, dn: &str, filter: &[u8]) -> bool {
        let row = self.row(dn).unwrap();
        let entry = Entry::decode(&row.body).unwrap();
        let element = postern_ldap::ber::Cursor::new(filter).element().unwrap();
        let filter = Filter::read(&element, &self.directory.schema).unwrap();
        self.directory
            .matches(&filter, &row, &entry, &Access::everything())
            .await
            .unwrap()
    }

    /// What a search over a lane tells: how many values each attribute has.
    async fn told(&self, dn: &str, filter: &[u8], attributes: &[&[u8]]) -> Option<Vec<(String, usize)>> {
        let mut lane = self.directory.connect_as_root();
        let request = NewSearch {
            base: dn.as_bytes(),
            scope: Scope::Base,
            size_limit: 0,
            time_limit: 0,
            filter,
            attributes,
        };
        lane.write_all(&request.message(MessageId(1), &[])).await.unwrap();
        let mut octets = Vec::new();
        let mut found = None;
        loop {
            lane.read_buf(&mut octets).await.unwrap();
            while let Ok(Some(header)) = frame::walk(&octets, 1 << 24) {
                if header.length > octets.len() {
                    break;
                }
                let rest = octets.split_off(header.length);
                let message = Message::parse(&octets).unwrap();
                if message.operation.tag == tag::SEARCH_DONE {
                    return found;
                }
                let read = SearchEntry::parse(&message).unwrap();
                let attributes = read.attributes().map(|attribute| attribute.unwrap());
                let name = |name: &[u8]| String::from_utf8(name.to_vec()).unwrap();
                found = Some(
                    attributes
                        .map(|one| (name(one.description), one.values().count()))
                        .collect(),
                );
                octets = rest;
            }
        }
    }
}

#[tokio::test]
async fn a_group_with_few_members_is_kept_as_any_entry_and_one_with_many_is_not() {
    let house = House::new().await;
    let dn = house.crowd("groupOfNames", "member", MOST_IN_BODY).await;
    assert!(!house.is_apart(&dn));
    assert_eq!(
        house
            .modify(&house.boss(), &dn, &[(ADD, "member", &[&member(7000)])])
            .await,
        0
    );
    assert!(house.is_apart(&dn));
    assert_eq!(house.all_of(&dn, "member").await.len(), MOST_IN_BODY + 1);
    assert!(house.row(&dn).unwrap().body.len() < 500);
}

#[tokio::test]
async fn one_member_more_or_less_reads_and_writes_no_other() {
    let house = House::new().await;
    let boss = house.boss();
    let dn = house.crowd("groupOfNames", "member", MANY).await;
    let reads = house.entries.reads.load(Ordering::Relaxed);
    for number in 0..5 {
        let new = member(5_000 + number);
        assert_eq!(house.modify(&boss, &dn, &[(ADD, "member", &[&new])]).await, 0);
        assert_eq!(
            house
                .modify(&boss, &dn, &[(DELETE, "member", &[&new.to_uppercase()])])
                .await,
            0
        );
    }
    let each = (house.entries.reads.load(Ordering::Relaxed) - reads) / 10;
    assert!(each <= 6, "{each}");
    assert_eq!(house.all_of(&dn, "member").await.len(), MANY);
}

#[tokio::test]
async fn what_is_there_cannot_come_and_what_is_not_cannot_go_unless_that_is_allowed() {
    let house = House::new().await;
    let boss = house.boss();
    let dn = house.crowd("groupOfNames", "member", MANY).await;
    let permissive = permissive_modify::control(true);
    let twice: &[(u32, &str, &[&str])] = &[(ADD, "member", &[&member(6_000), &member(5)])];
    let gone: &[(u32, &str, &[&str])] = &[(DELETE, "member", &[&member(5), &member(9_999)])];
    assert_eq!(house.ask(&boss, &modify(&dn, twice, &[])).await.code, 20);
    assert_eq!(house.ask(&boss, &modify(&dn, gone, &[])).await.code, 16);
    assert_eq!(house.all_of(&dn, "member").await.len(), MANY, "nothing was done");
    assert_eq!(house.ask(&boss, &modify(&dn, twice, &[&permissive])).await.code, 0);
    assert_eq!(house.all_of(&dn, "member").await.len(), MANY + 1);
    assert_eq!(house.ask(&boss, &modify(&dn, gone, &[&permissive])).await.code, 0);
    let all = house.all_of(&dn, "member").await;
    assert!(all.len() == MANY && !all.contains(&member(5)) && all.contains(&member(6_000)));
}

#[tokio::test]
async fn changes_of_one_request_follow_each_other() {
    let house = House::new().await;
    let boss = house.boss();
    let dn = house.crowd("groupOfNames", "member", MANY).await;
    let changes: &[(u32, &str, &[&str])] = &[
        (DELETE, "member", &[&member(5)]),
        (ADD, "member", &[&member(5).to_lowercase()]),
        (ADD, "member", &[&member(6_000)]),
        (DELETE, "member", &[&member(6_000)]),
        (REPLACE, "description", &["new"]),
    ];
    assert_eq!(house.modify(&boss, &dn, changes).await, 0);
    assert_eq!(house.all_of(&dn, "member").await.len(), MANY);
    assert_eq!(house.values(&dn, "description"), ["new"]);
    let twice: &[(u32, &str, &[&str])] = &[(DELETE, "member", &[&member(5)]), (DELETE, "member", &[&member(5)])];
    assert_eq!(house.modify(&boss, &dn, twice).await, 16);
}

#[tokio::test]
async fn all_members_may_be_replaced_and_few_stand_in_the_entry_again() {
    let house = House::new().await;
    let boss = house.boss();
    let dn = house.crowd("groupOfNames", "member", MANY).await;
    let some: Vec<String> = (500..700).map(member).collect();
    let some: Vec<&str> = some.iter().map(String::as_str).collect();
    assert_eq!(house.modify(&boss, &dn, &[(REPLACE, "member", &some)]).await, 0);
    assert!(house.is_apart(&dn));
    assert_eq!(house.all_of(&dn, "member").await.len(), 200);
    assert!(!house.has(&dn, &filter::equality(b"member", member(1).as_bytes())).await);
    assert_eq!(house.modify(&boss, &dn, &[(REPLACE, "member", &some[..3])]).await, 0);
    assert!(!house.is_apart(&dn));
    assert_eq!(house.all_of(&dn, "member").await.len(), 3);
    // And once more, over what may be left of the first time.
    assert_eq!(house.modify(&boss, &dn, &[(ADD, "member", &some[3..])]).await, 0);
    assert_eq!(house.all_of(&dn, "member").await.len(), 200);
}

#[tokio::test]
async fn the_last_member_stays_where_one_has_to_be_and_goes_where_none_has_to() {
    let house = House::new().await;
    let boss = house.boss();
    let dn = house.crowd("groupOfNames", "member", MANY).await;
    let all: Vec<String> = house.all_of(&dn, "member").await.into_iter().collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    assert_eq!(house.modify(&boss, &dn, &[(DELETE, "member", &all)]).await, 65);
    assert_eq!(house.modify(&boss, &dn, &[(DELETE, "member", &[])]).await, 65);
    assert_eq!(
        house
            .modify(
                &boss,
                &dn,
                &[(DELETE, "member", &all), (ADD, "member", &[&member(9_000)])]
            )
            .await,
        0
    );
    assert_eq!(house.all_of(&dn, "member").await, BTreeSet::from([member(9_000)]));
}

#[tokio::test]
async fn filters_and_compares_see_members_wherever_they_are() {
    let house = House::new().await;
    let dn = house.crowd("groupOfNames", "member", MANY).await;
    let is = filter::equality(b"member", member(7).to_lowercase().as_bytes());
    let is_not = filter::equality(b"member", member(7_777).as_bytes());
    for (filter, expected) in [
        (is.clone(), true),
        (is_not.clone(), false),
        (filter::present(b"member"), true),
        (filter::not(&is), false),
        (filter::not(&is_not), true),
        (filter::any(&[is_not.clone(), is.clone()]), true),
        (filter::all(&[is_not.clone(), is.clone()]), false),
        (filter::present(b"uniqueMember"), false),
        (filter::all(&[filter::present(b"member"), is.clone()]), true),
    ] {
        assert_eq!(house.has(&dn, &filter).await, expected, "{filter:?}");
    }
    for (number, code) in [(7, 6), (7_777, 5)] {
        let mut content = Writer::new();
        content.octets(dn.as_bytes()).nested(tag::SEQUENCE, |pair| {
            pair.octets(b"member").octets(member(number).as_bytes());
        });
        let request = answer::message(MessageId(3), tag::COMPARE_REQUEST, &content.finish(), &[]);
        let message = Message::parse(&request).unwrap();
        let answer = house.directory.compare(&house.boss(), &message).await;
        assert_eq!(answer.code.0, code);
    }
}

#[tokio::test]
async fn a_search_tells_members_only_where_they_are_asked_for() {
    let house = House::new().await;
    let dn = house.crowd("groupOfUniqueNames", "uniqueMember", MANY).await;
    let always = filter::present(b"objectClass");
    let told = house.told(&dn, &always, &[b"cn", b"uniqueMember"]).await.unwrap();
    assert!(
        told.contains(&("uniqueMember".into(), MANY)) && told.len() == 2,
        "{told:?}"
    );
    let reads = house.entries.reads.load(Ordering::Relaxed);
    let told = house.told(&dn, &always, &[b"cn", b"entryCSN"]).await.unwrap();
    assert_eq!(
        told.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
        ["cn", "entryCSN"]
    );
    assert!(house.entries.reads.load(Ordering::Relaxed) - reads <= 2);
    for everything in [&[][..], &[&b"*"[..]], &[b"*", b"+"]] {
        let told = house.told(&dn, &always, everything).await.unwrap();
        assert!(told.contains(&("uniqueMember".into(), MANY)), "{told:?}");
    }
}

#[tokio::test]
async fn an_entry_is_shown_with_its_members_as_they_were_and_are() {
    let house = House::new().await;
    let dn = house.crowd("groupOfNames", "member", MANY).await;
    let pre = read_entry::request(oid::PRE_READ, &[b"member"], true);
    let post = read_entry::request(oid::POST_READ, &[b"*"], true);
    let change: &[(u32, &str, &[&str])] = &[(ADD, "member", &[&member(8_000)])];
    let said = house.ask(&house.boss(), &modify(&dn, change, &[&pre, &post])).await;
    assert_eq!(said.code, 0);
    let count = |oid: &[u8]| {
        let (_, value) = said.controls.iter().find(|(known, _)| known == oid).unwrap();
        let read = ReadEntry::parse(value).unwrap();
        let members = read
            .entry
            .attributes()
            .map(|one| one.unwrap())
            .find(|one| one.description == b"member");
        members.unwrap().values().count()
    };
    assert_eq!((count(oid::PRE_READ), count(oid::POST_READ)), (MANY, MANY + 1));
    assert_eq!(house.all_of(&dn, "member").await.len(), MANY + 1);
    let said = house.ask(&house.boss(), &delete(&dn, &[&pre])).await;
    assert_eq!((said.code, said.controls.len()), (0, 1));
}

#[tokio::test]
async fn members_follow_who_moves_and_leave_with_who_goes() {
    let house = House::new().await;
    let boss = house.boss();
    let dn = house.crowd("groupOfNames", "member", MANY).await;
    assert_eq!(house.rename(&boss, &person("alice"), "uid=al", None).await, 0);
    let all = house.all_of(&dn, "member").await;
    assert!(
        all.len() == MANY && all.contains(&person("al")) && !all.contains(&person("alice")),
        "{}",
        all.len()
    );
    let indexed = |dn: &str| Indexed {
        attribute: "member".into(),
        value: house
            .directory
            .schema
            .path(dn.as_bytes())
            .unwrap()
            .octets()
            .to_vec()
            .into(),
    };
    let path = house.directory.schema.path(dn.as_bytes()).unwrap();
    let found_by = house.entries.indexed("main", path.octets());
    assert!(found_by.contains(&indexed(&person("al"))) && !found_by.contains(&indexed(&person("alice"))));
    assert_eq!(house.delete(&boss, &person("al")).await, 0);
    assert_eq!(house.all_of(&dn, "member").await.len(), MANY - 1);
    assert!(house.is_apart(&dn));
}

#[tokio::test]
async fn a_group_that_is_renamed_keeps_its_members_and_itself_among_them() {
    let house = House::new().await;
    let boss = house.boss();
    let dn = house.crowd("groupOfNames", "member", MANY).await;
    assert_eq!(house.modify(&boss, &dn, &[(ADD, "member", &[&dn])]).await, 0);
    assert_eq!(
        house.ask(&boss, &rename(&dn, "cn=renamed", true, None, &[])).await.code,
        0
    );
    let all = house.all_of(&group("renamed"), "member").await;
    assert!(
        all.len() == MANY + 1 && all.contains(&group("renamed")) && !all.contains(&dn),
        "{}",
        all.len()
    );
}

#[tokio::test]
async fn the_last_who_goes_leaves_nobody_in_a_group_that_must_have_a_member() {
    let house = House::new().await;
    let boss = house.boss();
    let dn = house.crowd("groupOfNames", "member", MANY).await;
    let others: Vec<String> = (1..MANY).map(member).collect();
    let others: Vec<&str> = others.iter().map(String::as_str).collect();
    assert_eq!(house.modify(&boss, &dn, &[(DELETE, "member", &others)]).await, 0);
    assert_eq!(house.all_of(&dn, "member").await, BTreeSet::from([person("alice")]));
    assert_eq!(house.delete(&boss, &person("alice")).await, 0);
    assert_eq!(house.all_of(&dn, "member").await, BTreeSet::from([BASE.to_owned()]));
}

#[tokio::test]
async fn a_group_that_goes_takes_its_members_along_and_may_come_again() {
    let house = House::new().await;
    let boss = house.boss();
    let dn = house.crowd("groupOfNames", "member", MANY).await;
    assert_eq!(house.delete(&boss, &dn).await, 0);
    let new = add(
        &dn,
        &[("objectClass", &["groupOfNames"]), ("member", &[&member(1)])],
        &[],
    );
    assert_eq!(house.ask(&boss, &new).await.code, 0);
    assert_eq!(house.all_of(&dn, "member").await.len(), 1);
}

#[tokio::test]
async fn large_groups_come_in_with_many_others_as_they_are() {
    let house = House::new().await;
    let names: Vec<String> = (0..MANY).map(member).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    house
        .load(
            &group("loaded"),
            &[("objectClass", &["groupOfNames"]), ("member", &names)],
        )
        .await;
    assert!(house.is_apart(&group("loaded")));
    assert_eq!(house.all_of(&group("loaded"), "member").await.len(), MANY);
}
