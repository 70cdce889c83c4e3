mod model;

use super::*;
use crate::local::entry::Entry;
use crate::local::schema::Schema;
use postern_ldap::WireError;
use postern_ldap::ber::{Cursor, Writer};
use postern_ldap::filter::{DEEPEST, MOST_PARTS, text};

pub(super) fn read(octets: &[u8]) -> Result<Filter, WireError> {
    Filter::read(&Cursor::new(octets).only()?, &Schema::standard())
}

pub(super) fn entry(lines: &[(&str, &str)]) -> Entry {
    let mut entry = Entry::new();
    for (description, value) in lines {
        let mut values = entry.values(description).to_vec();
        values.push(value.as_bytes().to_vec());
        entry.set(description, values);
    }
    entry
}

fn ada() -> Entry {
    entry(&[
        ("objectClass", "inetOrgPerson"),
        ("objectClass", "posixAccount"),
        ("cn", "Ada  Lovelace"),
        ("cn", "Countess of Lovelace"),
        ("cn;lang-de", "Gräfin"),
        ("sn", "Lovelace"),
        ("uid", "ada"),
        ("uidNumber", "1000"),
        ("gidNumber", "6"),
        ("telephoneNumber", "+49 30 1234-567"),
        ("manager", "CN=Charles, DC=Example,DC=org"),
        ("mail", "ada@example.org"),
        ("userPassword", "Geheim"),
        ("createTimestamp", "20260101120000Z"),
        ("homeDirectory", "/srv/Ada"),
        ("jpegPhoto", "x"),
        ("entryUUID", "5d2f1a60-0f66-4d9b-8b6e-2f2b0c5d8a01"),
        ("pwdReset", "TRUE"),
    ])
}

pub(super) fn also(key: &str) -> Option<Vec<Vec<u8>>> {
    match key {
        "entrydn" => Some(vec![b"uid=ada+l=London,ou=People,dc=example,dc=org".to_vec()]),
        "memberof" => Some(vec![b"cn=staff,dc=example,dc=org".to_vec()]),
        _ => None,
    }
}

#[track_caller]
fn answers(filter: &str, wanted: Option<bool>) {
    let octets = text::parse(filter).unwrap_or_else(|_| panic!("{filter}"));
    let read = read(&octets).unwrap_or_else(|fault| panic!("{filter}: {fault}"));
    assert_eq!(
        read.matches(&ada(), &Schema::standard(), &also),
        wanted,
        "{filter}: {read:?}"
    );
}

#[test]
fn what_matches_is_true() {
    for filter in [
        "(cn=ada lovelace)",
        "(2.5.4.3=ADA LOVELACE )",
        "(commonName~=ada lovelace)",
        "(name=gräfin)",
        "(cn;lang-de=GRÄFIN)",
        "(cn=gräfin)",
        "(objectClass=person)",
        "(objectClass=top)",
        "(objectClass=2.16.840.1.113730.3.2.2)",
        "(objectClass=*)",
        "(jpegPhoto=*)",
        "(telephoneNumber=+49301234567)",
        "(telephoneNumber=*1 2 3*)",
        "(manager=cn=charles,dc=example,DC=ORG)",
        "(uidNumber=1000)",
        "(uidNumber>=999)",
        "(uidNumber>=-5)",
        "(uidNumber<=1000)",
        "(createTimestamp>=20260101115959Z)",
        "(createTimestamp<=202601011300+0100)",
        "(cn=ada*)",
        "(cn=*LOVE*)",
        "(cn=*lace)",
        "(cn=a*a*love*e)",
        "(cn=ada *)",
        "(cn=ada  l*)",
        "(mail=ADA@*)",
        "(homeDirectory=/srv/Ada)",
        "(userPassword=Geheim)",
        "(entryUUID=5D2F1A60-0F66-4D9B-8B6E-2F2B0C5D8A01)",
        "(pwdReset=TRUE)",
        "(memberOf=CN=Staff,dc=example,dc=org)",
        "(memberOf=*)",
        "(entryDN=L=London+uid=ADA,ou=people,dc=example,dc=org)",
        "(cn:caseExactMatch:=Ada Lovelace)",
        "(homeDirectory:caseIgnoreMatch:=/SRV/ADA)",
        "(:caseIgnoreMatch:=lovelace)",
        "(cn:=ada lovelace)",
        "(ou:dn:=people)",
        "(:dn:2.5.13.2:=London)",
        "(gidNumber:1.2.840.113556.1.4.803:=6)",
        "(gidNumber:1.2.840.113556.1.4.804:=3)",
        "(manager:distinguishedNameMatch:=cn=charles,dc=example,dc=org)",
        "(&)",
        "(|(uid=x)(uid=ada))",
        "(!(uid=x))",
        "(&(uid=ada)(!(uid=x)))",
        "(|(nothing=x)(uid=ada))",
        "(!(&(nothing=x)(uid=x)))",
    ] {
        answers(filter, Some(true));
    }
}

#[test]
fn what_does_not_match_is_false() {
    for filter in [
        "(cn=ada)",
        "(cn;lang-fr=gräfin)",
        "(cn;lang-de=ada lovelace)",
        "(title=*)",
        "(objectClass=device)",
        "(uidNumber>=1001)",
        "(uidNumber<=999)",
        "(cn=ada*ada)",
        "(cn=*adal*)",
        "(cn=lovelace*)",
        "(cn=a*da love*ace lace)",
        "(homeDirectory=/srv/ada)",
        "(userPassword=geheim)",
        "(|)",
        "(cn:caseExactMatch:=ada lovelace)",
        "(ou:=people)",
        "(gidNumber:1.2.840.113556.1.4.803:=7)",
        "(gidNumber:1.2.840.113556.1.4.804:=9)",
        "(&(uid=ada)(uid=x))",
        "(!(uid=ada))",
        "(&(nothing=x)(uid=x))",
        "(!(|(nothing=x)(uid=ada)))",
        "(memberOf=cn=x)",
        "(hasSubordinates=TRUE)",
    ] {
        answers(filter, Some(false));
    }
}

#[test]
fn what_cannot_be_asked_is_undefined() {
    for filter in [
        "(nothing=x)",
        "(nothing=*)",
        "(cn>=a)",
        "(uidNumber=x)",
        "(uidNumber=0001)",
        "(uidNumber=1*)",
        "(manager=x)",
        "(manager=cn=*)",
        "(jpegPhoto=x)",
        "(objectClass=nothing)",
        "(pwdReset=true)",
        "(cn:nothingMatch:=x)",
        "(cn:integerMatch:=1)",
        "(cn:1.2.840.113556.1.4.803:=1)",
        "(gidNumber:1.2.840.113556.1.4.803:=x)",
        "(:1.2.840.113556.1.4.803:=1)",
        "(cn:caseIgnoreSubstringsMatch:=a)",
        "(!(nothing=x))",
        "(&(nothing=x)(uid=ada))",
        "(|(nothing=x)(uid=x))",
        "(createTimestamp>=soon)",
        "(entryUUID=ada)",
        "(telephoneNumber=ä)",
        "(mail=ä@x)",
    ] {
        answers(filter, None);
    }
}

#[test]
fn hidden_attributes_cannot_be_found_out() {
    let schema = Schema::standard();
    let hidden = |kind: &AttributeType| &*kind.key == "userpassword";
    for (filter, wanted) in [
        ("(userPassword=*)", None),
        ("(!(userPassword=x))", None),
        ("(|(uid=ada)(userPassword=Geheim))", Some(true)),
        ("(:octetStringMatch:=Geheim)", Some(false)),
        ("(userPassword:octetStringMatch:=Geheim)", None),
        ("(2.5.4.35;x-a=Geheim)", None),
    ] {
        let read = read(&text::parse(filter).unwrap()).unwrap().hiding(&hidden);
        assert_eq!(read.matches(&ada(), &schema, &also), wanted, "{filter}");
    }
    let shown = format!(
        "{:?}",
        read(&text::parse("(&(cn=secret)(!(uid=hidden)))").unwrap()).unwrap()
    );
    assert_eq!(shown, "And([Equal(cn), Not(Equal(uid))])");
}

fn nested(depth: usize) -> Vec<u8> {
    let mut octets = postern_ldap::filter::present(b"cn");
    for _ in 0..depth {
        octets = postern_ldap::filter::not(&octets);
    }
    octets
}

#[test]
fn deep_and_wide_filters_are_refused_without_harm() {
    assert!(read(&nested(DEEPEST - 2)).is_ok());
    assert_eq!(read(&nested(10_000)).unwrap_err(), WireError::TooDeep);
    let wide = vec![postern_ldap::filter::present(b"cn"); MOST_PARTS];
    assert_eq!(read(&postern_ldap::filter::any(&wide)).unwrap_err(), WireError::TooMany);
    assert!(read(&postern_ldap::filter::any(&wide[1..])).is_ok());
}

#[test]
fn a_million_characters_are_a_value_as_any_other() {
    let long = "a ".repeat(500_000);
    let mut entry = ada();
    entry.set("description", vec![long.clone().into_bytes()]);
    let equal = read(&postern_ldap::filter::equality(
        b"description",
        long.trim_end().as_bytes(),
    ))
    .unwrap();
    assert_eq!(equal.matches(&entry, &Schema::standard(), &also), Some(true));
    // Pieces that almost match everywhere.
    let mut writer = Writer::new();
    let piece = [b"a ".repeat(1000), b"b".to_vec()].concat();
    writer.nested(0xa4, |inside| {
        inside.octets(b"description").nested(0x30, |pieces| {
            for _ in 0..100 {
                pieces.element(0x81, &piece);
            }
        });
    });
    assert_eq!(
        read(&writer.finish())
            .unwrap()
            .matches(&entry, &Schema::standard(), &also),
        Some(false)
    );
}

/// A group of so many, and a filter that asks it for others, one after the other.
fn group(members: usize, asked: usize, part: impl Fn(usize) -> String) -> (Entry, super::Filter) {
    let mut entry = Entry::new();
    let member = |number: usize| format!("uid=p{number},ou=people,dc=example,dc=org").into_bytes();
    entry.set("member", (0..members).map(member).collect());
    entry.set(
        "description",
        (0..members).map(|n| format!("line {n}").into_bytes()).collect(),
    );
    let parts: String = (0..asked).map(part).collect();
    (entry, read(&text::parse(&format!("(|{parts})")).unwrap()).unwrap())
}

#[tokio::test]
async fn members_asked_for_one_after_the_other_cost_one_look_at_each() {
    let (mut entry, filter) = group(2000, 500, |n| format!("(member=uid=x{n},ou=people,dc=example,dc=org)"));
    let schema = Schema::standard();
    let mut work = Work::for_entries(1000, None);
    let before = work.left();
    let found = filter.matches_within(&entry, &schema, &also, u64::MAX, &mut work).await;
    assert_eq!(found, Ok(Some(false)));
    assert!(before - work.left() < 10_000, "{}", before - work.left());
    for sought in [
        "UID=x499, OU=people,dc=example,dc=org",
        "uid=x0,ou=people,dc=example,dc=org",
    ] {
        let mut members = entry.values("member").to_vec();
        members.truncate(1999);
        members.push(sought.as_bytes().to_vec());
        entry.set("member", members);
        let found = filter.matches_within(&entry, &schema, &also, u64::MAX, &mut work).await;
        assert_eq!(found, Ok(Some(true)), "{sought}");
        assert_eq!(filter.matches(&entry, &schema, &also), Some(true), "{sought}");
    }
}

#[tokio::test]
async fn others_have_their_turn_while_one_entry_is_looked_at() {
    let (entry, filter) = group(1000, 100, |n| format!("(description=*x{n}*)"));
    let schema = Schema::standard();
    let mut work = Work::unlimited(None);
    let mut turns = 0;
    {
        let mut looked_at = std::pin::pin!(filter.matches_within(&entry, &schema, &also, 1 << 20, &mut work));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        while looked_at.as_mut().poll(&mut context).is_pending() {
            turns += 1;
        }
    }
    assert_eq!(turns, 5, "100,000 values, 20,000 at a time");
}

#[tokio::test]
async fn an_entry_is_left_when_it_is_too_much_or_too_late() {
    let (entry, filter) = group(1000, 100, |n| format!("(description=*x{n}*)"));
    let schema = Schema::standard();
    let mut little = Work::for_entries(50, None);
    let found = filter
        .matches_within(&entry, &schema, &also, 1 << 20, &mut little)
        .await;
    assert_eq!(found, Err(Overdone::Work));
    tokio::time::pause();
    let mut late = Work::unlimited(Some(tokio::time::Instant::now()));
    let found = filter.matches_within(&entry, &schema, &also, 1 << 20, &mut late).await;
    assert_eq!(found, Err(Overdone::Time));
}

#[test]
fn faults_of_the_wire_are_the_clients() {
    let pieces = |tags: &[u8]| {
        let mut writer = Writer::new();
        writer.nested(0xa4, |inside| {
            inside.octets(b"cn").nested(0x30, |pieces| {
                for tag in tags {
                    pieces.element(*tag, b"a");
                }
            });
        });
        writer.finish()
    };
    assert!(read(&pieces(&[0x80, 0x81, 0x81, 0x82])).is_ok());
    for wrong in [
        &[][..],
        &[0x81, 0x80],
        &[0x82, 0x81],
        &[0x82, 0x82],
        &[0x80, 0x80],
        &[0x83],
    ] {
        assert!(read(&pieces(wrong)).is_err(), "{wrong:?}");
    }
    assert!(read(b"\xa9\x03\x83\x01a").is_err(), "neither a rule nor a type");
    assert!(read(b"\xaa\x00").is_err());
    assert!(read(b"\xa2\x00").is_err());
    assert!(read(b"\xa3\x03\x04\x01a").is_err());
}
