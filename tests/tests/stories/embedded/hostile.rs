//! Requests nobody sends by accident: each gets its code, and the program neither grows nor ends.

use super::administrator;
use postern_ldap::ber::Writer;
use postern_tests::people::{self, BASE, PASSWORD};
use postern_tests::request::{self, Change, Scope};
use postern_tests::{Gateway, GatewaySettings};

/// More than any of these requests may leave behind, however often it is sent.
const GROWTH: u64 = 64 * 1024 * 1024;

#[test]
fn filters_without_end_names_without_end_and_octets_that_are_no_text_get_their_codes_and_leave_nothing_behind() {
    let mut gateway = Gateway::start_with(&GatewaySettings::embedded("transparent"));
    let mut wire = administrator(&gateway);
    let long = format!("cn={},{BASE}", "x".repeat(1024 * 1024));
    let many = format!("{}{BASE}", "cn=x,".repeat(200_000));
    let not_text = |request: Vec<u8>| put(request, b"@@", b"\xff\xfe");
    let search = |base: &str, filter: &[u8]| request::search_with(2, base, Scope::Subtree, filter, &["cn"], &[]);
    let present = [&[0x87, 11][..], b"objectClass"].concat();
    let cases: Vec<(&str, Vec<u8>, &[u32])> = vec![
        ("a filter of depth 10,000", search(BASE, &deep(10_000)), &[11, 53]),
        ("a filter of 100,000 parts", search(BASE, &wide(100_000)), &[11, 53]),
        ("a search below a name of 1 MB", search(&long, &present), &[32, 34]),
        (
            "a search below a name of 200,000 parts",
            search(&many, &present),
            &[32, 34],
        ),
        (
            "a search below no text",
            not_text(search(&format!("cn=@@,{BASE}"), &present)),
            &[32, 34],
        ),
        (
            "a modify of a name of 1 MB",
            request::modify(2, &long, &[(Change::Replace, "sn", &["x"])], &[]),
            &[32, 34],
        ),
        ("a delete of a name of 1 MB", request::delete(2, &long), &[32, 34]),
        (
            "an add of a name of 1 MB",
            request::add(2, &long, &[("objectClass", "person"), ("sn", "x")]),
            &[34, 53],
        ),
        (
            "a rename to 1 MB",
            request::rename(2, &people::dn("idle"), &long.replace(&format!(",{BASE}"), "")),
            &[34, 53],
        ),
        ("no text in an address of mail", not_text(modify("mail", "@@")), &[21]),
        ("no text in a surname", not_text(modify("sn", "@@")), &[21]),
        ("a number that is none", modify("uidNumber", "one"), &[21, 65]),
        ("a member that is no name", group("not a name"), &[21]),
        (
            "an attribute that is not in the schema",
            modify("noSuchThing", "x"),
            &[17],
        ),
        ("an attribute its classes do not have", modify("dc", "x"), &[65]),
        (
            "what it must have goes",
            request::modify(2, &people::dn("idle"), &[(Change::Delete, "sn", &[])], &[]),
            &[65],
        ),
        (
            "its name goes",
            request::modify(2, &people::dn("idle"), &[(Change::Delete, "uid", &[])], &[]),
            &[67],
        ),
        ("two of what there is one", two_of("displayName"), &[19, 65]),
        ("a value twice", two_equal(), &[20]),
        (
            "what nobody may set",
            modify("entryUUID", "00000000-0000-0000-0000-000000000000"),
            &[19, 50],
        ),
        (
            "another class of its own",
            request::modify(
                2,
                &people::dn("idle"),
                &[(Change::Replace, "objectClass", &["device"])],
                &[],
            ),
            &[65, 69],
        ),
        (
            "below what is not there",
            request::add(
                2,
                &format!("cn=x,cn=nobody,{BASE}"),
                &[("objectClass", "person"), ("sn", "x")],
            ),
            &[32],
        ),
    ];
    // Once, so that what is made once is there.
    for (_, request, _) in &cases {
        wire.ask(request);
    }
    let before = gateway.resident();
    for _ in 0..10 {
        for (case, request, codes) in &cases {
            let answer = wire.ask(request).pop().unwrap();
            assert!(
                answer.code.is_some_and(|code| codes.contains(&code)),
                "{case}: {answer:?}"
            );
            assert!(answer.octets.len() < 1024, "{case}: its own words come back");
        }
    }
    let after = gateway.resident();
    assert!(after < before + GROWTH, "{before} octets before and {after} after");
    gateway.expect_running();
    let search = request::search(2, &people::dn("idle"), Scope::Base, "objectClass", &["1.1"], &[]);
    assert_eq!(wire.ask(&search).len(), 2, "nothing of it took effect");
    assert_eq!(
        gateway.tls_client().bind(1, &people::dn("active"), PASSWORD).code,
        Some(0)
    );
}

#[test]
fn ten_wrong_passwords_through_the_guard_lock_nobody() {
    let gateway = Gateway::start_with(&GatewaySettings::embedded("generic"));
    let dn = people::dn("history-1");
    for attempt in 0..10 {
        assert_eq!(
            gateway.tls_client().bind(1, &dn, &format!("wrong-{attempt}")).code,
            Some(49)
        );
    }
    let mut wire = administrator(&gateway);
    let locked = request::search(2, &dn, Scope::Base, "pwdAccountLockedTime", &["1.1"], &[]);
    assert_eq!(wire.ask(&locked).len(), 1, "no entry, and the end");
    let failed = request::search(3, &dn, Scope::Base, "pwdFailureTime", &["1.1"], &[]);
    assert_eq!(wire.ask(&failed).len(), 2, "the directory saw some of them");
}

fn modify(attribute: &str, value: &str) -> Vec<u8> {
    request::modify(2, &people::dn("idle"), &[(Change::Replace, attribute, &[value])], &[])
}

fn two_of(attribute: &str) -> Vec<u8> {
    request::modify(
        2,
        &people::dn("idle"),
        &[(Change::Replace, attribute, &["one", "two"])],
        &[],
    )
}

fn two_equal() -> Vec<u8> {
    request::modify(
        2,
        &people::dn("idle"),
        &[(Change::Add, "description", &["one", "ONE"])],
        &[],
    )
}

fn group(member: &str) -> Vec<u8> {
    let attributes = [("objectClass", "groupOfNames"), ("cn", "x"), ("member", member)];
    request::add(2, &format!("cn=x,ou=groups,{BASE}"), &attributes)
}

/// `(!(!(!…(cn=*)…)))`, from the inside out.
fn deep(depth: usize) -> Vec<u8> {
    let mut reversed: Vec<u8> = b"\x87\x02cn".iter().rev().copied().collect();
    for _ in 0..depth {
        // Three octets of length are enough: 0x83 xx xx xx.
        let length = u32::try_from(reversed.len()).unwrap().to_be_bytes();
        reversed.extend([length[3], length[2], length[1], 0x83, 0xa2]);
    }
    reversed.reverse();
    reversed
}

fn wide(parts: usize) -> Vec<u8> {
    let mut filter = Writer::new();
    filter.nested(0xa1, |any| {
        for _ in 0..parts {
            any.element(0x87, b"cn");
        }
    });
    filter.finish()
}

/// Puts octets in the place of others as long.
fn put(mut request: Vec<u8>, from: &[u8], to: &[u8]) -> Vec<u8> {
    let place = request.windows(from.len()).position(|part| part == from).unwrap();
    request[place..place + from.len()].copy_from_slice(to);
    request
}
