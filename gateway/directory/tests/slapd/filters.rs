//! Filters and the schema of the embedded directory, compared with slapd's: the same entries, the same questions.

use crate::certificates::Authority;
use crate::server::Slapd;
use postern_directory::local::entry::Entry;
use postern_directory::local::filter::Filter;
use postern_directory::local::schema::Schema;
use postern_ldap::ber::{Cursor, Writer};
use postern_ldap::filter::text;
use postern_ldap::tag;
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpStream;

/// What both are asked. Between them these match none, some and all, and cannot be asked at all.
const ASKED: &[&str] = &[
    "(objectClass=*)",
    "(objectClass=person)",
    "(objectClass=TOP)",
    "(objectClass=2.5.6.9)",
    "(objectClass=groupOfNames)",
    "(objectClass=nothing)",
    "(structuralObjectClass=inetOrgPerson)",
    "(nothing=x)",
    "(nothing=*)",
    "(uid=ann)",
    "(UserID=ANN )",
    "(0.9.2342.19200300.100.1.1=ann)",
    "(cn=ann  archer)",
    "(cn=ann*)",
    "(cn=*\\20archer)",
    "(cn=*a*n*e*)",
    "(cn=many-1*9)",
    "(cn=ann\\20*)",
    "(sn~=archer)",
    "(name=archer)",
    "(name=*e*)",
    "(cn>=b)",
    "(mail=ANN@example.org)",
    "(mail=*@EXAMPLE.org)",
    "(mail=\\c3\\a4)",
    "(telephoneNumber=+49301)",
    "(telephoneNumber=*4 9*)",
    "(telephoneNumber=\\c3\\a4)",
    "(manager=UID=boss, OU=staff,dc=Example,dc=org)",
    "(manager=boss)",
    "(manager=uid=*)",
    "(member=uid=many,ou=STAFF,dc=example,dc=org)",
    "(member:distinguishedNameMatch:=uid=many,ou=STAFF,dc=example,dc=org)",
    "(entryDN=CN=many-7,ou=Groups;DC=example,dc=org)",
    "(entryDN=ou=people,dc=example,dc=org)",
    "(distinguishedName=*)",
    "(ou:dn:=PEOPLE)",
    "(:dn:caseIgnoreMatch:=groups)",
    "(:caseIgnoreMatch:=archer)",
    "(cn:caseExactMatch:=Ann Archer)",
    "(cn:caseExactMatch:=ann archer)",
    "(cn:integerMatch:=1)",
    "(cn:nothingMatch:=ann)",
    "(pwdMaxFailure>=3)",
    "(pwdMaxFailure<=3)",
    "(pwdMaxFailure>=-3)",
    "(pwdMaxFailure=03)",
    "(pwdMaxFailure=3*)",
    "(pwdMaxFailure:1.2.840.113556.1.4.803:=1)",
    "(pwdMaxAge:1.2.840.113556.1.4.804:=384)",
    "(pwdLockout=TRUE)",
    "(pwdLockout=true)",
    "(pwdAttribute=2.5.4.35)",
    "(pwdReset=TRUE)",
    "(pwdAccountLockedTime=*)",
    "(pwdChangedTime>=20000101000000Z)",
    "(pwdChangedTime<=20000101000000.5+0100)",
    "(pwdChangedTime>=soon)",
    "(createTimestamp>=2020010100Z)",
    "(entryUUID=*)",
    "(entryUUID=ann)",
    "(hasSubordinates=TRUE)",
    "(cn;lang-de=ann archer)",
    "(cn=)",
    "(&)",
    "(|)",
];

#[test]
fn filters_match_what_slapd_matches() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new(folder.path(), "authority");
    let slapd = Slapd::start_with(&authority.issue(&["127.0.0.1"], 2099), "sizelimit unlimited\n");
    let mut server = TcpStream::connect(("127.0.0.1", slapd.plain_port)).unwrap();
    let schema = Schema::standard();
    let entries: Vec<(String, Entry)> = search(&mut server, &text::parse("(objectClass=*)").unwrap(), &["*", "+"]);
    assert!(entries.len() > 600);
    for (dn, entry) in &entries {
        let mut entry = entry.clone();
        entry.remove("entryCSN"); // slapd's own
        if entry
            .values("objectclass")
            .iter()
            .any(|class| class == b"simpleSecurityObject")
        {
            entry.set("userPassword", vec![b"not shown".to_vec()]);
        }
        assert_eq!(schema.check(&entry), Ok(()), "{dn}");
        let name = schema.path(dn.as_bytes()).unwrap();
        assert_eq!(schema.path(entry.text("entrydn").unwrap().as_bytes()), Ok(name));
    }
    let mut asked: Vec<String> = ASKED.iter().map(|&one| one.to_owned()).collect();
    for (place, one) in ASKED.iter().enumerate() {
        // Every one with some others, in ways in which undefined parts tell.
        for step in [1, 7, 19] {
            let other = ASKED[(place + step) % ASKED.len()];
            asked.push(format!("(&{one}(!{other}))"));
            asked.push(format!("(!(|{one}{other}))"));
        }
    }
    let mut told = BTreeSet::new();
    for filter in &asked {
        let octets = text::parse(filter).unwrap_or_else(|fault| panic!("{filter}: {fault}"));
        let theirs: BTreeSet<String> = search(&mut server, &octets, &["1.1"])
            .into_iter()
            .map(|(dn, _)| dn)
            .collect();
        let read = Filter::read(&Cursor::new(&octets).only().unwrap(), &schema).unwrap();
        let ours: BTreeSet<String> = entries
            .iter()
            .filter(|(dn, entry)| {
                let also = |key: &str| (key == "entrydn").then(|| vec![dn.clone().into_bytes()]);
                read.matches(entry, &schema, &also) == Some(true)
            })
            .map(|(dn, _)| dn.clone())
            .collect();
        let differ: Vec<_> = ours.symmetric_difference(&theirs).take(3).collect();
        assert!(
            differ.is_empty(),
            "{filter}: {} and {}, {differ:?}",
            ours.len(),
            theirs.len()
        );
        told.insert(ours.len());
    }
    assert!(told.len() > 20 && told.contains(&0) && told.contains(&entries.len()));
}

/// Everything below the base that slapd finds, with these attributes.
fn search(server: &mut TcpStream, filter: &[u8], attributes: &[&str]) -> Vec<(String, Entry)> {
    let mut request = Writer::new();
    request.nested(tag::SEQUENCE, |message| {
        message.integer(1).nested(tag::SEARCH_REQUEST, |search| {
            search.octets(b"dc=example,dc=org").enumerated(2).enumerated(0);
            search.integer(0).integer(0).boolean(false).raw(filter);
            search.nested(tag::SEQUENCE, |wanted| {
                for attribute in attributes {
                    wanted.octets(attribute.as_bytes());
                }
            });
        });
    });
    server.write_all(&request.finish()).unwrap();
    let mut found = Vec::new();
    let mut left = Vec::new();
    loop {
        let mut cursor = Cursor::new(&left);
        let Ok(message) = cursor.element() else {
            let mut more = [0; 8 * 1024];
            let count = server.read(&mut more).unwrap();
            assert!(count > 0, "slapd hung up");
            left.extend_from_slice(&more[..count]);
            continue;
        };
        let mut inside = Cursor::new(message.content);
        inside.integer().unwrap();
        let operation = inside.element().unwrap();
        let mut body = Cursor::new(operation.content);
        if operation.tag == tag::SEARCH_DONE {
            assert_eq!(body.enumerated().unwrap(), 0);
            return found;
        }
        let dn = String::from_utf8(body.octets().unwrap().to_vec()).unwrap();
        found.push((dn, Entry::decode(body.expect(tag::SEQUENCE).unwrap()).unwrap()));
        let read = message.whole.len();
        left.drain(..read);
    }
}
