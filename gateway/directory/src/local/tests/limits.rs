//! What is hostile or too much.

use super::memory::Fault;
use super::stage::{ADA, ADMIN, Asked, BASE, Stage};
use postern_identity::records::RecordsError;
use postern_ldap::ber::Writer;
use postern_ldap::search::Scope;
use postern_ldap::{MessageId, ResultCode, answer, tag};
use std::sync::atomic::Ordering;

/// A search with a filter in octets, whatever they are.
fn raw_search(base: &[u8], filter: &[u8]) -> Vec<u8> {
    let mut content = Writer::new();
    content
        .octets(base)
        .enumerated(2)
        .enumerated(0)
        .integer(0)
        .integer(0)
        .boolean(false)
        .raw(filter)
        .nested(tag::SEQUENCE, |_| ());
    answer::message(MessageId(9), tag::SEARCH_REQUEST, &content.finish(), &[])
}

#[tokio::test]
async fn filters_nested_too_deep_or_with_too_many_parts_are_told_so() {
    let stage = Stage::new().await;
    let mut client = stage.signed_in(ADA).await;
    let mut deep = postern_ldap::filter::present(b"cn");
    for _ in 0..10_000 {
        let mut writer = Writer::new();
        writer.element(0xa2, &deep);
        deep = writer.finish();
    }
    let mut wide = Writer::new();
    wide.element(0xa1, &postern_ldap::filter::present(b"cn").repeat(5000));
    for filter in [deep, wide.finish()] {
        let told = client.ask(&raw_search(BASE.as_bytes(), &filter)).await;
        assert_eq!(told.code, ResultCode::ADMIN_LIMIT_EXCEEDED);
    }
    for filter in [&b"\xa3\x03\x04\x01x"[..], b"\x04\x00", b"\xa4\x05\x04\x01x\x30\x00"] {
        let told = client.ask(&raw_search(BASE.as_bytes(), filter)).await;
        assert_eq!(told.code, ResultCode::PROTOCOL_ERROR);
    }
}

#[tokio::test]
async fn huge_names_and_octets_that_are_no_text_are_told_so() {
    let stage = Stage::new().await;
    let mut client = stage.signed_in(ADA).await;
    let present = postern_ldap::filter::present(b"objectClass");
    let many = format!("{}{BASE}", "ou=x,".repeat(200_000));
    let long = format!("ou={},{BASE}", "x".repeat(1_000_000));
    for base in [
        many.as_bytes(),
        long.as_bytes(),
        b"ou=\xff\xfe,dc=example,dc=org",
        b"\0",
    ] {
        let told = client.ask(&raw_search(base, &present)).await;
        assert_eq!(told.code, ResultCode::INVALID_DN_SYNTAX, "{} octets", base.len());
        let bind = postern_ldap::bind::simple(MessageId(3), base, b"x", &[]);
        assert_eq!(stage.client().ask(&bind).await.code, ResultCode::INVALID_DN_SYNTAX);
    }
    for value in [&b"\xff\xfe"[..], &b"x".repeat(1_000_000)] {
        let told = client
            .ask(&raw_search(
                BASE.as_bytes(),
                &postern_ldap::filter::equality(b"cn", value),
            ))
            .await;
        assert_eq!((told.code, told.entries.len()), (ResultCode::SUCCESS, 0));
    }
}

#[tokio::test]
async fn a_search_without_an_index_gives_up_unless_it_is_the_shells() {
    let stage = Stage::with(|settings| settings.limits.look_through = 100).await;
    let names: Vec<String> = (0..300).map(|number| format!("ou=u{number},{BASE}")).collect();
    for name in &names {
        stage
            .add(name, &[("objectClass", "organizationalUnit"), ("ou", &name[3..6])])
            .await;
    }
    let mut client = stage.signed_in(ADA).await;
    let unindexed = Asked::all("(description=x)");
    let told = client.search(unindexed).await;
    assert_eq!((told.code, told.entries.len()), (ResultCode::ADMIN_LIMIT_EXCEEDED, 0));
    let told = client.search(Asked::all("(objectClass=organizationalUnit)")).await;
    assert_eq!(
        (told.code, told.entries.len()),
        (ResultCode::SUCCESS, 303),
        "what matches may be as much as it is"
    );
    let one = Asked {
        scope: Scope::One,
        ..unindexed
    };
    assert_eq!(client.search(one).await.code, ResultCode::ADMIN_LIMIT_EXCEEDED);
    assert_eq!(stage.root().search(unindexed).await.code, ResultCode::SUCCESS);
}

#[tokio::test]
async fn the_best_index_is_used() {
    let stage = Stage::new().await;
    let members: Vec<String> = (0..50)
        .map(|number| format!("uid=p{number},ou=people,{BASE}"))
        .collect();
    let mut everybody = vec![("objectClass", "groupOfNames"), ("cn", "everybody")];
    everybody.extend(members.iter().map(|member| ("member", member.as_str())));
    stage.add(&format!("cn=everybody,ou=groups,{BASE}"), &everybody).await;
    for number in 0..100 {
        stage.person(&format!("p{number}"), "Same", "Name").await;
    }
    let mut client = stage.signed_in(ADA).await;
    client.found("(uid=ada)").await;
    for (filter, most) in [
        ("(&(objectClass=person)(cn=Same Name)(uid=p7))", 1),
        ("(&(objectClass=person)(sn=Lovelace)(cn=*))", 1),
        ("(&(cn=Same*)(uid=p7))", 1),
        ("(|(uid=p7)(uid=p8))", 2),
        ("(&(objectClass=person)(|(uid=p7)(mail=p8@example.org)))", 2),
        ("(uid=p9*)", 12),
        (
            "(&(objectClass=person)(memberOf=cn=staff,ou=groups,dc=example,dc=org))",
            2,
        ),
        ("(&(objectClass=groupOfNames)(member=*))", 3),
        ("(&(objectClass=person)(nosuch=x))", 0),
        ("(cn=nobody)", 0),
    ] {
        let before = stage.entries.rows.load(Ordering::Relaxed);
        client.found(filter).await;
        let rows = stage.entries.rows.load(Ordering::Relaxed) - before;
        assert!(rows <= most, "{filter}: {rows}");
    }
}

#[tokio::test]
async fn a_group_of_thousands_is_found_by_its_members_in_a_few_pages() {
    let stage = Stage::new().await;
    let members: Vec<String> = (0..5_000)
        .map(|number| format!("uid=p{number},ou=people,{BASE}"))
        .collect();
    let mut everybody = vec![("objectClass", "groupOfNames"), ("cn", "everybody")];
    everybody.extend(members.iter().map(|member| ("member", member.as_str())));
    stage.add(&format!("cn=everybody,ou=groups,{BASE}"), &everybody).await;
    let mut client = stage.signed_in(ADA).await;
    client.found("(uid=ada)").await;
    let before = stage.entries.reads.load(Ordering::Relaxed);
    assert_eq!(client.found("(member=*)").await.len(), 3);
    let reads = stage.entries.reads.load(Ordering::Relaxed) - before;
    assert!(reads <= 12, "{reads} pages, and each may hold all of the group");
}

#[tokio::test]
async fn whose_member_somebody_is_is_worked_out_without_reading_a_group() {
    let stage = Stage::new().await;
    let mut client = stage.signed_in(ADMIN).await;
    let asked = Asked {
        attributes: &["memberOf"],
        ..Asked::all("(uid=ada)")
    };
    let before = stage.entries.rows.load(Ordering::Relaxed);
    // The rights of a group of administrators' member are worked out, too.
    let told = client.search(asked).await;
    assert_eq!(told.entries.len(), 1);
    let groups = told.entries[0].values("memberOf");
    assert_eq!(groups, [format!("cn=staff,ou=groups,{BASE}")]);
    assert_eq!(stage.entries.rows.load(Ordering::Relaxed) - before, 1, "herself alone");
}

#[tokio::test]
async fn a_store_that_fails_is_told_and_the_lane_goes_on() {
    let stage = Stage::new().await;
    let mut client = stage.signed_in(ADA).await;
    client.found("(uid=ada)").await;
    for (error, code) in [
        (RecordsError::Unavailable, ResultCode::UNAVAILABLE),
        (RecordsError::Busy, ResultCode::BUSY),
    ] {
        stage.entries.fail(Fault::Read(error));
        assert_eq!(client.search(Asked::all("(uid=ada)")).await.code, code);
        assert_eq!(client.found("(uid=ada)").await, [ADA]);
    }
}

#[tokio::test]
async fn the_time_limit_is_kept() {
    let stage = Stage::new().await;
    for number in 0..100 {
        stage.person(&format!("p{number}"), "Same", "Name").await;
    }
    let mut client = stage.signed_in(ADA).await;
    client.found("(uid=ada)").await;
    tokio::time::pause();
    let gate = std::sync::Arc::new(tokio::sync::Semaphore::new(1));
    stage.entries.wait_for(Some(gate.clone()));
    let asks = client.search(Asked::all("(objectClass=person)"));
    let later = async {
        tokio::time::sleep(std::time::Duration::from_secs(61)).await;
        gate.add_permits(100);
    };
    let (told, ()) = tokio::join!(asks, later);
    assert_eq!(told.code, ResultCode::TIME_LIMIT_EXCEEDED);
    assert!(!told.entries.is_empty());
}

#[tokio::test]
async fn what_is_found_twice_is_told_once_and_neither_held_nor_counted_without_end() {
    let stage = Stage::with(|settings| settings.limits.look_through = 100).await;
    let names: Vec<String> = (0..300).map(|number| format!("ou=u{number},{BASE}")).collect();
    for name in &names {
        let ou = name.split([',', '=']).nth(1).unwrap();
        stage
            .add(
                name,
                &[("objectClass", "organizationalUnit"), ("ou", ou), ("ou", "u-other")],
            )
            .await;
    }
    let mut client = stage.signed_in(ADA).await;
    for filter in ["(ou=u*)", "(|(ou=u*)(ou=u-other))"] {
        // With so many told apart, and as many again found twice.
        let mut found = client.found(filter).await;
        assert_eq!(found.len(), 300, "{filter}");
        found.dedup();
        assert_eq!(found.len(), 300, "{filter}");
    }
}

#[tokio::test]
async fn one_entry_of_many_values_and_a_filter_of_many_parts_are_given_up_unless_for_the_shell() {
    let stage = Stage::with(|settings| settings.limits.look_through = 20).await;
    let lines: Vec<String> = (0..500).map(|number| format!("line {number}")).collect();
    let mut attributes = vec![("objectClass", "groupOfNames"), ("cn", "everybody"), ("member", ADA)];
    attributes.extend(lines.iter().map(|line| ("description", line.as_str())));
    stage.add("cn=everybody,ou=groups,dc=example,dc=org", &attributes).await;
    let filter = |part: &str| {
        let parts: String = (0..100).map(|number| part.replace('#', &number.to_string())).collect();
        format!("(&(cn=everybody)(|{parts}))")
    };
    let mut client = stage.signed_in(ADA).await;
    let pieces = filter("(description=*x#*)");
    let told = client.search(Asked::all(&pieces)).await;
    assert_eq!(told.code, ResultCode::ADMIN_LIMIT_EXCEEDED, "{}", told.text);
    assert_eq!(stage.root().search(Asked::all(&pieces)).await.code, ResultCode::SUCCESS);
    let equal = filter("(description=x#)");
    assert!(client.found(&equal).await.is_empty(), "cheap enough");
    // What matches may be as much as it is: the same question as often as one likes within one search.
    for number in 0..200 {
        stage.person(&format!("p{number}"), "Same", "Name").await;
    }
    let many = "(!(cn=x))".repeat(20);
    assert_eq!(client.found(&format!("(&(givenName=Same){many})")).await.len(), 200);
}
