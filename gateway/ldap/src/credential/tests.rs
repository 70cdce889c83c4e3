//! Every operation × every spelling of an attribute × every control. What is expected stands beside each spelling and control and is
//! put together by [`expected`], which knows nothing of how [`touch`] finds it.

mod requests;

use super::*;
use crate::message::MessageId;
use crate::{answer, change};
use requests::{Use, control_lists, operations};
use std::collections::BTreeMap;

/// What an attribute is, by itself and as a type in an RDN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Is {
    Credential,
    Harmless,
    Doubtful,
}
use Is::{Credential, Doubtful, Harmless};

const SPELLINGS: &[(&[u8], Is, Is)] = &[
    (b"userPassword", Credential, Credential),
    (b"userpassword", Credential, Credential),
    (b"USERPASSWORD", Credential, Credential),
    (b"userPassword;x-old", Credential, Doubtful),
    (b"userPassword;", Credential, Doubtful),
    (b"uSERpASSWORD;lang-de;binary", Credential, Doubtful),
    (b" userPassword", Credential, Credential),
    (b"userPassword \t", Credential, Credential),
    (b"2.5.4.35", Credential, Credential),
    (b"OID.2.5.4.35", Credential, Credential),
    (b"oid.2.5.4.35;binary", Credential, Doubtful),
    (b" oID. 2.5.4.35", Credential, Credential),
    (b"OID.userPassword", Credential, Credential),
    (b"unicodePwd", Credential, Credential),
    (b"1.2.840.113556.1.4.90", Credential, Credential),
    (b"dBCSPwd", Credential, Credential),
    (b"clearTextPassword", Credential, Credential),
    (b"sambaNTPassword", Credential, Credential),
    (b"1.3.6.1.4.1.7165.2.1.25", Credential, Credential),
    (b"krbPrincipalKey", Credential, Credential),
    (b"authPassword;x", Credential, Doubtful),
    (b"nsslapd-rootpw", Credential, Credential),
    (b"olcRootPW", Credential, Credential),
    (b"ourSecret", Credential, Credential), // told by the dialect
    (b"OURSECRET;x", Credential, Doubtful),
    (b"1.2.3.4.5", Credential, Credential), // told by the dialect
    (b"cn", Harmless, Harmless),
    (b"CN;lang-de", Harmless, Doubtful),
    (b" cn ", Harmless, Harmless),
    (b"description", Harmless, Harmless),
    (b"userPasswordHint", Harmless, Harmless),
    (b"xuserPassword", Harmless, Harmless),
    (b"2.5.4.3", Harmless, Harmless),
    (b"OID.0.9.2342.19200300.100.1.1", Harmless, Harmless),
    (b"member;range=0-1499", Harmless, Doubtful),
    (b"", Doubtful, Doubtful),
    (b";binary", Doubtful, Doubtful),
    (b"2.5.4.035", Doubtful, Doubtful),
    (b"02.5.4.35", Doubtful, Doubtful),
    (b"2.5.4.35.", Doubtful, Doubtful),
    (b"1.3.6.1.4.1.99999.1", Doubtful, Doubtful),
    (b"userPassword\0", Doubtful, Doubtful),
    (b"userPassword\0;x", Doubtful, Doubtful),
    (b"user Password", Doubtful, Doubtful),
    (b"userPassword\x0b", Doubtful, Doubtful),
    (b"u\xc5\xbferPassword", Doubtful, Doubtful),
    (b"\\75serPassword", Doubtful, Doubtful),
    (b"\"userPassword\"", Doubtful, Doubtful),
    (b"{0}userPassword", Doubtful, Doubtful),
    (b"userPassword,", Doubtful, Doubtful),
    (b"*", Doubtful, Doubtful),
    (b"\xff\xfe", Doubtful, Doubtful),
];

fn expected(uses: Use, described: Is, named: Is) -> Touch {
    let of = |is: Is, credential: Touch| match is {
        Credential => credential,
        Harmless => Touch::Nothing,
        Doubtful => Touch::Unwalkable,
    };
    match uses {
        Use::Always(touch) => touch,
        Use::Compared => of(described, Touch::Tests),
        Use::Written => of(described, Touch::Writes),
        Use::Named => of(named, Touch::Writes),
    }
}

#[test]
fn every_operation_with_every_spelling_and_control_is_judged_by_the_rule() {
    let attributes = CredentialAttributes::with(&["ourSecret", "1.2.3.4.5"]);
    let mut seen = BTreeMap::new();
    for (spelling, described, named) in SPELLINGS {
        for (operation, (uses, tag, content)) in operations(spelling) {
            for (list, (control_uses, controls)) in control_lists(spelling) {
                let controls: Vec<&[u8]> = controls.iter().map(Vec::as_slice).collect();
                let octets = answer::message(MessageId(1), tag, &content, &controls);
                let wanted = expected(uses, *described, *named).max(expected(control_uses, *described, *named));
                let found = Message::parse(&octets).map_or(Touch::Unwalkable, |message| touch(&message, &attributes));
                assert_eq!(
                    found,
                    wanted,
                    "{operation} / {} / {list}",
                    String::from_utf8_lossy(spelling)
                );
                *seen.entry(found).or_insert(0) += 1;
            }
        }
    }
    // The crossing is a crossing: each answer is given often.
    assert_eq!(seen.len(), 4);
    assert!(seen.values().all(|count| *count > 500), "{seen:?}");
}

#[test]
fn every_attribute_of_the_list_is_found_in_any_case_by_option_and_old_prefix() {
    let attributes = CredentialAttributes::with(&[]);
    for name in CREDENTIAL_ATTRIBUTES {
        for spelled in [
            name.to_ascii_uppercase(),
            [name, &b";x-1"[..]].concat(),
            [&b"OID."[..], name].concat(),
        ] {
            assert!(attributes.holds(&spelled), "{}", String::from_utf8_lossy(&spelled));
        }
    }
    assert!(!attributes.holds(b"ourSecret"));
}

#[test]
fn a_change_of_the_own_password_as_we_write_it_is_seen() {
    let octets = change::modify(
        MessageId(3),
        b"cn=a,dc=x",
        &[
            change::NewChange {
                operation: 1,
                attribute: b"unicodePwd",
                values: &[b"old"],
            },
            change::NewChange {
                operation: 0,
                attribute: b"unicodePwd",
                values: &[b"new"],
            },
        ],
        &[],
    );
    let message = Message::parse(&octets).unwrap();
    assert_eq!(touch(&message, &CredentialAttributes::with(&[])), Touch::Writes);
    let changes: Vec<u32> = ModifyRequest::parse(&message)
        .unwrap()
        .changes()
        .map(|change| change.operation)
        .collect();
    assert_eq!(changes, [1, 0]);
}
