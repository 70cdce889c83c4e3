use super::request::Refused;
use super::*;
use postern_directory::{Ds389, ServerUrl, ServiceAccount, Settings};
use postern_identity::clock::FixedClock;
use postern_identity::{DirectoryName, Secret, Timestamp};
use postern_ldap::filter::text;
use postern_ldap::search::{NewSearch, Scope, SearchRequest};
use postern_ldap::{MessageId, answer, tag};
use std::collections::BTreeMap;

mod controls;
mod never_wider;
mod shown;
mod standing_changes;

const UUID: &str = "01234567-89ab-cdef-0123-456789abcdef";

fn shape(product: ShapeProduct, dialect: DialectName) -> Shape {
    let url = ServerUrl::parse("ldap://127.0.0.1:1").unwrap();
    let mut settings = Settings::new(DirectoryName("d".into()), vec![url]);
    settings.dialect = dialect;
    settings.base_dn = Some("dc=example".to_owned());
    settings.service_account = Some(ServiceAccount {
        dn: "cn=service".to_owned(),
        password: Secret::new("x"),
    });
    let now: Timestamp = "2026-06-01T00:00:00Z".parse().unwrap();
    let upstream = Upstream::new(settings, Arc::new(FixedClock(now))).unwrap();
    Shape::new(ShapeSettings::usual(product), upstream)
}

fn as_active_directory() -> Shape {
    shape(ShapeProduct::ActiveDirectory, DialectName::OpenLdap)
}

fn as_ppolicy() -> Shape {
    shape(ShapeProduct::Ppolicy, DialectName::ActiveDirectory)
}

fn search(filter: &str, attributes: &[&str]) -> Vec<u8> {
    let filter = text::parse(filter).unwrap();
    search_with(&filter, attributes)
}

fn search_with(filter: &[u8], attributes: &[&str]) -> Vec<u8> {
    let attributes: Vec<&[u8]> = attributes.iter().map(|name| name.as_bytes()).collect();
    let search = NewSearch {
        base: b"dc=example",
        scope: Scope::Subtree,
        size_limit: 0,
        time_limit: 0,
        filter,
        attributes: &attributes,
    };
    search.message(MessageId(4), &[])
}

/// What goes up: the filter's octets and the list, and what was wanted.
fn goes_up(shape: &Shape, octets: &[u8]) -> (Vec<u8>, Vec<String>, Option<Box<Wanted>>) {
    let shaped = shape.request(&Message::parse(octets).unwrap(), &|_| false).unwrap();
    let (octets, wanted) = match shaped {
        Shaped::Search(octets, wanted) => (octets.to_vec(), wanted),
        Shaped::Same => (octets.to_vec(), None),
        _ => panic!("no search"),
    };
    let message = Message::parse(&octets).unwrap();
    let search = SearchRequest::parse(&message).unwrap();
    let list = search
        .attributes()
        .map(|name| String::from_utf8(name.unwrap().to_vec()).unwrap());
    (search.filter.whole.to_vec(), list.collect(), wanted)
}

fn filter_of(shape: &Shape, filter: &str) -> Vec<u8> {
    goes_up(shape, &search(filter, &["cn"])).0
}

#[test]
fn filters_of_active_directorys_clients_are_the_directorys_own() {
    let shape = as_active_directory();
    let off = "(&(objectClass=inetOrgPerson)(pwdAccountLockedTime=000001010000Z))";
    let nothing = "(!(objectClass=*))";
    for (asked, wanted) in [
        ("(sAMAccountName=alice)", "(uid=alice)"),
        ("(samaccountname=a*e)", "(uid=a*e)"),
        ("(1.2.840.113556.1.4.221=*)", "(uid=*)"),
        ("(userPrincipalName=a@b)", "(mail=a@b)"),
        ("(distinguishedName=uid=a,dc=example)", "(entryDN=uid=a,dc=example)"),
        (
            "(whenChanged>=20260101000000.0Z)",
            "(modifyTimestamp>=20260101000000.0Z)",
        ),
        // Keycloak's and Spring's own.
        (
            "(&(objectClass=user)(userPrincipalName=a@b))",
            "(&(objectClass=inetOrgPerson)(mail=a@b))",
        ),
        (
            "(&(sAMAccountName=a)(objectclass=person)(objectclass=organizationalPerson)(objectclass=user))",
            "(&(uid=a)(objectclass=person)(objectclass=organizationalPerson)(objectClass=inetOrgPerson))",
        ),
        ("(objectCategory=person)", "(objectClass=inetOrgPerson)"),
        ("(objectClass=group)", "(objectClass=groupOfNames)"),
        ("(sAMAccountType=805306368)", "(objectClass=inetOrgPerson)"),
        ("(userAccountControl:1.2.840.113556.1.4.803:=2)", off),
        (
            "(!(userAccountControl:1.2.840.113556.1.4.803:=2))",
            "(!(&(objectClass=inetOrgPerson)(pwdAccountLockedTime=000001010000Z)))",
        ),
        (
            "(userAccountControl:1.2.840.113556.1.4.803:=512)",
            "(objectClass=inetOrgPerson)",
        ),
        ("(userAccountControl:1.2.840.113556.1.4.803:=65536)", nothing),
        (
            "(userAccountControl:1.2.840.113556.1.4.804:=514)",
            "(objectClass=inetOrgPerson)",
        ),
        ("(userAccountControl=514)", off),
        (
            "(userAccountControl=512)",
            "(&(objectClass=inetOrgPerson)(!(pwdAccountLockedTime=000001010000Z)))",
        ),
        ("(userAccountControl=66048)", nothing),
        ("(userAccountControl=*)", "(objectClass=inetOrgPerson)"),
        ("(pwdLastSet=0)", "(&(objectClass=inetOrgPerson)(pwdReset=TRUE))"),
        // What cannot be said exactly is neither true nor false, however it is wrapped.
        ("(pwdLastSet>=1)", nothing),
        ("(!(pwdLastSet>=1))", "(!(objectClass=*))"),
        ("(|(lockoutTime>=1)(cn=x))", "(|(!(objectClass=*))(cn=x))"),
        (
            "(msDS-User-Account-Control-Computed:1.2.840.113556.1.4.803:=16)",
            nothing,
        ),
        ("(userAccountControl:2.5.13.5:=x)", nothing),
        ("(objectGUID=short)", nothing),
        ("(cn=userAccountControl)", "(cn=userAccountControl)"),
    ] {
        assert_eq!(filter_of(&shape, asked), text::parse(wanted).unwrap(), "{asked}");
    }
    let id = guid::octets(UUID).unwrap();
    let asked = postern_ldap::filter::equality(b"objectGUID", &id);
    let wanted = postern_ldap::filter::equality(b"entryUUID", UUID.as_bytes());
    assert_eq!(goes_up(&shape, &search_with(&asked, &["cn"])).0, wanted);
}

use super::made::guid;

#[test]
fn filters_of_ppolicy_clients_are_active_directorys_own() {
    let shape = as_ppolicy();
    let users = "(&(objectClass=user)(!(objectClass=computer)))";
    for (asked, wanted) in [
        ("(uid=alice)".to_owned(), "(sAMAccountName=alice)".to_owned()),
        // SSSD's own.
        (
            "(&(uid=a)(objectclass=posixAccount)(&(uidNumber=*)(!(uidNumber=0))))".to_owned(),
            format!("(&(sAMAccountName=a)(&{users}(uidNumber=*))(&(uidNumber=*)(!(uidNumber=0))))"),
        ),
        ("(objectClass=inetOrgPerson)".to_owned(), users.to_owned()),
        (
            "(objectClass=posixGroup)".to_owned(),
            "(&(objectClass=group)(gidNumber=*))".to_owned(),
        ),
        ("(entryDN=cn=a)".to_owned(), "(distinguishedName=cn=a)".to_owned()),
        (
            "(pwdReset=TRUE)".to_owned(),
            format!("(&{users}(pwdLastSet=0)(!(userAccountControl:1.2.840.113556.1.4.804:=327680)))"),
        ),
        ("(pwdReset=FALSE)".to_owned(), "(!(objectClass=*))".to_owned()),
        (
            "(pwdAccountLockedTime=000001010000Z)".to_owned(),
            format!("(&{users}(userAccountControl:1.2.840.113556.1.4.803:=2))"),
        ),
        ("(pwdAccountLockedTime=*)".to_owned(), "(!(objectClass=*))".to_owned()),
        (
            "(pwdPolicySubentry=cn=ppolicy, ou=policies,dc=example)".to_owned(),
            users.to_owned(),
        ),
        (
            "(pwdPolicySubentry=cn=other)".to_owned(),
            "(!(objectClass=*))".to_owned(),
        ),
        ("(shadowMax>=3)".to_owned(), "(!(objectClass=*))".to_owned()),
    ] {
        assert_eq!(filter_of(&shape, &asked), text::parse(&wanted).unwrap(), "{asked}");
    }
    let octets = guid::octets(UUID).unwrap();
    let wanted = postern_ldap::filter::equality(b"objectGUID", &octets);
    assert_eq!(
        filter_of(&shape, &format!("(entryUUID={})", UUID.to_uppercase())),
        wanted
    );
    let on_389 = self::shape(ShapeProduct::ActiveDirectory, DialectName::Ds389);
    let asked = postern_ldap::filter::equality(b"objectGUID", &octets);
    let wanted = text::parse("(nsUniqueId=01234567-89abcdef-01234567-89abcdef)").unwrap();
    assert_eq!(goes_up(&on_389, &search_with(&asked, &["cn"])).0, wanted);
    let _ = Ds389::new();
}

#[test]
fn a_search_that_names_nothing_virtual_goes_up_octet_for_octet() {
    for shape in [as_active_directory(), as_ppolicy()] {
        for attributes in [&["cn", "mail"][..], &["1.1"], &["member;range=0-10"]] {
            let octets = search("(&(cn=x)(!(mail=*)))", attributes);
            let message = Message::parse(&octets).unwrap();
            assert!(
                matches!(shape.request(&message, &|_| false), Ok(Shaped::Same)),
                "{attributes:?}"
            );
        }
    }
}

#[test]
fn what_an_attribute_is_made_of_is_asked_for_and_hidden_unless_it_was_asked_for_too() {
    let shape = as_active_directory();
    let list = |attributes: &[&str]| {
        let (_, list, wanted) = goes_up(&shape, &search("(cn=x)", attributes));
        let hidden = |name: &str| wanted.as_ref().is_some_and(|wanted| wanted.hides(name.as_bytes()));
        let shown: Vec<String> = list.iter().filter(|name| !hidden(name)).cloned().collect();
        (list, shown)
    };
    assert_eq!(
        list(&["sAMAccountName", "cn"]),
        (vec!["cn".to_owned(), "uid".to_owned()], vec!["cn".to_owned()])
    );
    assert_eq!(list(&["sAMAccountName", "UID"]).1, ["UID"]);
    assert_eq!(list(&["distinguishedName"]).0, ["1.1"]);
    let (all, shown) = list(&["userAccountControl"]);
    assert!(
        all.iter().any(|name| name == "pwdReset") && all.iter().any(|name| name == "objectClass"),
        "{all:?}"
    );
    assert_eq!(shown, [""; 0]);
    // With everything come user attributes, and no operational ones.
    let (all, shown) = list(&[]);
    assert_eq!(shown, ["*", "uid", "mail", "objectClass"]);
    assert!(all.iter().any(|name| name == "pwdAccountLockedTime"), "{all:?}");
    assert!(list(&["*", "+"]).1.iter().any(|name| name == "pwdAccountLockedTime"));
}

#[test]
fn what_is_denied_is_denied_under_its_virtual_name_and_is_not_made_of_what_is_denied() {
    let shape = as_active_directory();
    let with = |octets: &[u8], name: &'static str| {
        let denied = move |other: &[u8]| other.eq_ignore_ascii_case(name.as_bytes());
        shape
            .request(&Message::parse(octets).unwrap(), &denied)
            .map(|shaped| match shaped {
                Shaped::Search(octets, wanted) => (octets.to_vec(), wanted),
                _ => (octets.to_vec(), None),
            })
    };
    for octets in [
        search("(cn=x)", &["userAccountControl"]),
        search("(!(userAccountControl=2))", &["cn"]),
        search("(cn=x)", &["1.2.840.113556.1.4.8"]),
        search("(1.2.840.113556.1.4.8=2)", &["cn"]),
    ] {
        assert_eq!(with(&octets, "userAccountControl").unwrap_err(), Refused::Denied);
    }
    // Asked for with everything it is left out, and so is what is made of something denied.
    let everything = search("(cn=x)", &[]);
    let (_, wanted) = with(&everything, "userAccountControl").unwrap();
    assert!(!wanted.unwrap().has(Kind::Control));
    let (octets, wanted) = with(&everything, "pwdReset").unwrap();
    let wanted = wanted.unwrap();
    assert!(!wanted.has(Kind::Control) && !wanted.has(Kind::LastSet) && wanted.has(Kind::Login));
    assert!(!octets.windows(8).any(|part| part == b"pwdReset"));
    // By name it goes up in the denied one's name too, where the rules refuse it.
    let (octets, _) = with(&search("(cn=x)", &["pwdLastSet"]), "pwdReset").unwrap();
    assert!(octets.windows(8).any(|part| part == b"pwdReset"));
}

/// An entry as the directory sends it.
fn entry_of(dn: &str, attributes: &[(&str, &[&[u8]])]) -> Vec<u8> {
    let mut content = Writer::new();
    content.octets(dn.as_bytes()).nested(tag::SEQUENCE, |list| {
        for (name, values) in attributes {
            entry::encode(list, name.as_bytes(), values);
        }
    });
    answer::message(MessageId(4), tag::SEARCH_ENTRY, &content.finish(), &[])
}

/// What the client gets of it, by name.
fn shown(shape: &Shape, asked: &[&str], entry: &[u8]) -> BTreeMap<String, Vec<Vec<u8>>> {
    let (_, list, wanted) = goes_up(shape, &search("(cn=x)", asked));
    // The directory sends what it was asked for.
    let message = Message::parse(entry).unwrap();
    let sent = SearchEntry::parse(&message).unwrap().edited(|name, _| {
        let asked = |one: &String| one == "*" || one.as_bytes().eq_ignore_ascii_case(name);
        if list.iter().any(asked) {
            entry::Edit::Keep
        } else {
            entry::Edit::Drop
        }
    });
    let sent = splice::with_content(&message, &sent.unwrap());
    let made = shape.entry(&Message::parse(&sent).unwrap(), &wanted.unwrap()).unwrap();
    let message = Message::parse(&made).unwrap();
    let attributes = SearchEntry::parse(&message).unwrap();
    let mut all = BTreeMap::new();
    for attribute in attributes.attributes() {
        let attribute = attribute.unwrap();
        let name = String::from_utf8(attribute.description.to_vec()).unwrap();
        let values = attribute.values().map(<[u8]>::to_vec).collect();
        assert_eq!(all.insert(name, values), None, "an attribute came twice");
    }
    all
}
