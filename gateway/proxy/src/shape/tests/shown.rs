//! Entries as clients see them.

use super::*;

const PERSON: &[u8] = b"inetOrgPerson";
const TIMES: [(&str, &[&[u8]]); 2] = [
    ("createTimestamp", &[b"20250101000000Z"]),
    ("pwdChangedTime", &[b"20260101000000Z"]),
];
/// 2025-01-01 and 2026-01-01 as Windows writes them.
const CREATED: &str = "133801632000000000";
const CHANGED: &str = "134116992000000000";
const NEVER: &str = "9223372036854775807";
const ID: [&[u8]; 1] = [UUID.as_bytes()];
const CHANGED_AT: [&[u8]; 1] = [CHANGED.as_bytes()];
const NEVER_ENDS: [&[u8]; 1] = [NEVER.as_bytes()];

fn policy(shape: &Shape, dn: &str, figures: &[(&str, &[&str])]) {
    shape.policies.put(dn, Entry::new(dn, figures));
}

/// An account of an OpenLDAP whose policy demands a change after a reset, locks, and ends passwords after a year.
fn account(more: &[(&str, &[&[u8]])]) -> Vec<u8> {
    let mut all: Vec<(&str, &[&[u8]])> = vec![
        ("objectClass", &[b"top", PERSON]),
        ("uid", &[b"alice"]),
        ("mail", &[b"alice@example.org"]),
        ("entryUUID", &ID),
        ("pwdPolicySubentry", &[b"cn=p"]),
    ];
    all.extend(TIMES);
    all.extend(more);
    entry_of("uid=alice,dc=example", &all)
}

fn ready() -> Shape {
    let shape = as_active_directory();
    let figures: [(&str, &[&str]); 3] = [
        ("pwdMustChange", &["TRUE"]),
        ("pwdLockout", &["TRUE"]),
        ("pwdMaxAge", &["31536000"]),
    ];
    policy(&shape, "cn=p", &figures);
    shape
}

fn text(all: &BTreeMap<String, Vec<Vec<u8>>>, name: &str) -> Option<String> {
    let value = all.get(name)?.first()?;
    Some(String::from_utf8(value.clone()).unwrap())
}

const ASKED: [&str; 6] = [
    "userAccountControl",
    "pwdLastSet",
    "lockoutTime",
    "accountExpires",
    "msDS-User-Account-Control-Computed",
    "msDS-UserPasswordExpiryTimeComputed",
];

#[test]
fn every_state_of_openldap_is_one_of_active_directory() {
    let shape = ready();
    let ends = "134432352000000000"; // a year after the change
    for (more, wanted) in [
        (&[][..], ["512", CHANGED, "0", NEVER, "0", ends]),
        (
            &[("pwdReset", &[&b"TRUE"[..]][..])],
            ["512", "0", "0", NEVER, "8388608", "0"],
        ),
        (
            &[("pwdAccountLockedTime", &[&b"000001010000Z"[..]][..])],
            ["514", CHANGED, "0", NEVER, "0", ends],
        ),
        (
            &[("pwdAccountLockedTime", &[&b"20260501000000Z"[..]][..])],
            ["512", CHANGED, "134220672000000000", NEVER, "16", ends],
        ),
        (
            &[("pwdEndTime", &[&b"20270101000000Z"[..]][..])],
            ["512", CHANGED, "0", "134432352000000000", "0", ends],
        ),
    ] {
        let seen = shown(&shape, &ASKED, &account(more));
        let got: Vec<_> = ASKED.iter().map(|name| text(&seen, name).unwrap_or_default()).collect();
        assert_eq!(got, wanted, "{more:?}");
        // And nothing of what it was made of.
        assert_eq!(seen.len(), ASKED.len(), "{:?}", seen.keys());
    }
}

#[test]
fn names_and_ids_are_those_of_active_directory() {
    let shape = ready();
    let seen = shown(&shape, &["*"], &account(&[]));
    assert_eq!(text(&seen, "sAMAccountName").as_deref(), Some("alice"));
    assert_eq!(text(&seen, "userPrincipalName").as_deref(), Some("alice@example.org"));
    assert_eq!(
        text(&seen, "distinguishedName").as_deref(),
        Some("uid=alice,dc=example")
    );
    assert_eq!(text(&seen, "whenCreated").as_deref(), Some("20250101000000.0Z"));
    assert_eq!(
        seen["objectGUID"][0],
        [
            0x67, 0x45, 0x23, 0x01, 0xab, 0x89, 0xef, 0xcd, 1, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef
        ]
    );
    assert_eq!(
        seen["objectClass"],
        [b"top".to_vec(), PERSON.to_vec(), b"user".to_vec()]
    );
    assert_eq!(text(&seen, "uid").as_deref(), Some("alice"));
    assert!(
        !seen.contains_key("entryUUID") && !seen.contains_key("pwdChangedTime"),
        "{:?}",
        seen.keys()
    );
    assert!(!seen.contains_key("msDS-User-Account-Control-Computed"));
}

#[test]
fn what_is_no_account_has_no_standing_and_what_is_not_known_is_not_said() {
    let shape = ready();
    let unit = entry_of(
        "ou=people,dc=example",
        &[("objectClass", &[b"organizationalUnit"]), ("ou", &[b"people"])],
    );
    let seen = shown(&shape, &["userAccountControl", "pwdLastSet", "ou"], &unit);
    assert_eq!(seen.keys().collect::<Vec<_>>(), ["ou"]);
    // A policy nobody has read yet: it will be soon.
    let elsewhere: Vec<(&str, &[&[u8]])> = vec![
        ("objectClass", &[PERSON]),
        ("pwdPolicySubentry", &[b"cn=other"]),
        ("createTimestamp", &[b"20250101000000Z"]),
    ];
    let seen = shown(
        &shape,
        &["userAccountControl", "pwdLastSet", "msDS-User-Account-Control-Computed"],
        &entry_of("uid=b", &elsewhere),
    );
    assert_eq!(text(&seen, "msDS-User-Account-Control-Computed"), None);
    // Nobody has switched it off: that the entry says alone.
    assert_eq!(text(&seen, "userAccountControl").as_deref(), Some("512"));
    // 0, or nothing at all, would be a password that must be changed.
    assert_eq!(text(&seen, "pwdLastSet").as_deref(), Some(CREATED));
    assert!(shape.policies.misses("cn=other"));
}

#[test]
fn an_entry_of_which_nothing_virtual_was_wanted_but_its_classes_keeps_everything_else() {
    let shape = ready();
    let seen = shown(
        &shape,
        &["objectClass", "cn"],
        &entry_of("cn=x", &[("objectClass", &[b"groupOfNames"]), ("cn", &[b"x"])]),
    );
    assert_eq!(seen["objectClass"], [b"groupOfNames".to_vec(), b"group".to_vec()]);
    assert_eq!(seen["cn"], [b"x".to_vec()]);
}

/// An account of Active Directory.
fn user(more: &[(&str, &[&[u8]])]) -> Vec<u8> {
    let mut all: Vec<(&str, &[&[u8]])> = vec![
        ("objectClass", &[b"top", b"user"]),
        ("sAMAccountName", &[b"alice"]),
        (
            "objectGUID",
            &[b"\x67\x45\x23\x01\xab\x89\xef\xcd\x01\x23\x45\x67\x89\xab\xcd\xef"],
        ),
        ("userAccountControl", &[b"512"]),
        ("pwdLastSet", &CHANGED_AT),
        ("msDS-UserPasswordExpiryTimeComputed", &[b"134432352000000000"]),
        ("msDS-User-Account-Control-Computed", &[b"0"]),
        ("accountExpires", &NEVER_ENDS),
    ];
    all.retain(|(name, _)| !more.iter().any(|(other, _)| name == other));
    all.extend(more);
    entry_of("cn=alice,dc=example", &all)
}

#[test]
fn every_state_of_active_directory_is_one_of_a_password_policy() {
    let shape = as_ppolicy();
    policy(&shape, "dc=example", &[("maxPwdAge", &["-315360000000000"])]);
    let asked = [
        "pwdReset",
        "pwdChangedTime",
        "pwdAccountLockedTime",
        "pwdEndTime",
        "shadowLastChange",
        "shadowMax",
        "shadowExpire",
        "pwdPolicySubentry",
    ];
    let subentry = "cn=ppolicy,ou=policies,dc=example";
    for (more, wanted) in [
        (&[][..], ["", "20260101000000Z", "", "", "20454", "365", "", subentry]),
        (
            &[
                ("pwdLastSet", &[&b"0"[..]][..]),
                ("msDS-UserPasswordExpiryTimeComputed", &[b"0"]),
            ],
            ["TRUE", "", "", "", "0", "365", "", subentry],
        ),
        (
            &[("userAccountControl", &[&b"514"[..]][..])],
            [
                "",
                "20260101000000Z",
                "000001010000Z",
                "",
                "20454",
                "365",
                "1",
                subentry,
            ],
        ),
        (
            &[
                ("lockoutTime", &[&b"134220672000000000"[..]][..]),
                ("msDS-User-Account-Control-Computed", &[b"16"]),
            ],
            [
                "",
                "20260101000000Z",
                "20260501000000Z",
                "",
                "20454",
                "365",
                "",
                subentry,
            ],
        ),
        (
            &[("accountExpires", &[&b"134432352000000000"[..]][..])],
            [
                "",
                "20260101000000Z",
                "",
                "20270101000000Z",
                "20454",
                "365",
                "20819",
                subentry,
            ],
        ),
    ] {
        let seen = shown(&shape, &asked, &user(more));
        let got: Vec<_> = asked.iter().map(|name| text(&seen, name).unwrap_or_default()).collect();
        assert_eq!(got, wanted, "{more:?}");
        assert_eq!(seen.len(), wanted.iter().filter(|value| !value.is_empty()).count());
    }
    let seen = shown(
        &shape,
        &["uid", "entryUUID", "objectClass", "uidNumber"],
        &user(&[("uidNumber", &[b"1000"])]),
    );
    assert_eq!(
        (text(&seen, "uid").as_deref(), text(&seen, "entryUUID").as_deref()),
        (Some("alice"), Some(UUID))
    );
    assert!(seen["objectClass"].contains(&b"posixAccount".to_vec()));
    let computer = shown(
        &shape,
        &["pwdReset", "pwdChangedTime"],
        &user(&[("objectClass", &[b"user", b"computer"])]),
    );
    assert_eq!(computer.len(), 0, "{computer:?}");
}

#[test]
fn the_policy_is_an_entry_of_the_directorys_figures() {
    let shape = as_ppolicy();
    let figures: [(&str, &[&str]); 4] = [
        ("maxPwdAge", &["-315360000000000"]),
        ("minPwdLength", &["7"]),
        ("lockoutThreshold", &["5"]),
        ("lockoutDuration", &["-18000000000"]),
    ];
    policy(&shape, "dc=example", &figures);
    let dn = "CN=ppolicy, ou=policies,dc=example";
    let of = |filter: &str, scope, attributes: &[&[u8]]| {
        let filter = text_filter(filter);
        let search = NewSearch {
            base: dn.as_bytes(),
            scope,
            size_limit: 0,
            time_limit: 0,
            filter: &filter,
            attributes,
        };
        let octets = search.message(MessageId(9), &[]);
        let message = Message::parse(&octets).unwrap();
        let search = SearchRequest::parse(&message).unwrap();
        assert!(shape.is_policy(search.base));
        shape.policy_entry(MessageId(9), &search)
    };
    let found = of("(objectClass=*)", Scope::Base, &[]).unwrap();
    let message = Message::parse(&found).unwrap();
    let entry = Entry::read(&message).unwrap();
    for (name, wanted) in [
        ("pwdMaxAge", "31536000"),
        ("pwdExpireWarning", "1209600"),
        ("pwdGraceAuthNLimit", "0"),
        ("pwdMinLength", "7"),
        ("pwdLockout", "TRUE"),
        ("pwdMaxFailure", "5"),
        ("pwdLockoutDuration", "1800"),
        ("cn", "ppolicy"),
    ] {
        assert_eq!(entry.text(name), Some(wanted), "{name}");
    }
    let two = of(
        "(objectclass=pwdPolicy)",
        Scope::Subtree,
        &[b"pwdMaxAge", b"PWDMINLENGTH"],
    )
    .unwrap();
    let message = Message::parse(&two).unwrap();
    assert_eq!(SearchEntry::parse(&message).unwrap().attributes().count(), 2);
    assert_eq!(of("(cn=other)", Scope::Base, &[]), None);
    assert_eq!(of("(objectClass=*)", Scope::One, &[]), None);
    assert!(!shape.is_policy(b"cn=other") && !as_active_directory().is_policy(dn.as_bytes()));
}

fn text_filter(filter: &str) -> Vec<u8> {
    postern_ldap::filter::text::parse(filter).unwrap()
}

#[test]
fn an_entry_whose_name_is_no_text_is_shown_without_what_is_made_and_what_it_is_made_of() {
    let shape = ready();
    let (_, _, wanted) = goes_up(
        &shape,
        &search("(cn=x)", &["userAccountControl", "sAMAccountName", "cn"]),
    );
    let of_directory: [(&str, &[&[u8]]); 2] = [("cn", &[b"alice"]), ("CN;lang-en", &[b"alice"])];
    let hidden: [(&str, &[&[u8]]); 4] = [
        ("objectClass", &[PERSON]),
        ("uid", &[b"alice"]),
        ("pwdReset", &[b"TRUE"]),
        ("userAccountControl", &[b"the directory's"]),
    ];
    let no_text = |attributes: &[(&str, &[&[u8]])]| {
        let mut octets = entry_of("uid=?,dc=example", attributes);
        let place = octets.windows(2).position(|pair| pair == b"=?").unwrap();
        octets[place + 1] = 0xff;
        octets
    };
    let sent = no_text(&[&of_directory[..], &hidden].concat());
    let made = shape.entry(&Message::parse(&sent).unwrap(), &wanted.unwrap()).unwrap();
    assert_eq!(made, no_text(&of_directory));
}
