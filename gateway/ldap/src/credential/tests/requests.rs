//! Requests and controls with an attribute in every place they have for one.

use super::super::Touch;
use crate::ber::Writer;
use crate::message::{Message, MessageId};
use crate::{bind, control, extended as exop, filter as made, oid, search, tag};
use std::collections::BTreeMap;

/// How an operation uses the attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// Whatever the attribute, this.
    Always(Touch),
    /// It compares it.
    Compared,
    /// It writes it.
    Written,
    /// It writes it as a type in an RDN.
    Named,
}

/// Rows by their names.
pub(super) type Table<Row> = BTreeMap<&'static str, Row>;

/// The operations, with the attribute in every place an operation has for one.
pub(super) fn operations(attribute: &[u8]) -> Table<(Use, u8, Vec<u8>)> {
    let values = |inside: &mut Writer, attribute: &[u8], values: &[&[u8]]| {
        inside.nested(tag::SEQUENCE, |out| {
            out.octets(attribute).nested(tag::SET, |set| {
                for value in values {
                    set.octets(value);
                }
            });
        });
    };
    #[allow(clippy::type_complexity, reason = "operation, attribute, values: as in the request")]
    let modify = |changes: &[(u32, &[u8], &[&[u8]])]| {
        let mut body = Writer::new();
        body.octets(b"cn=a,dc=x").nested(tag::SEQUENCE, |list| {
            for (operation, attribute, given) in changes {
                list.nested(tag::SEQUENCE, |change| {
                    change.enumerated(*operation);
                    values(change, attribute, given);
                });
            }
        });
        body.finish()
    };
    let add = |entry: &[u8], attributes: &[&[u8]]| {
        let mut body = Writer::new();
        body.octets(entry).nested(tag::SEQUENCE, |list| {
            for attribute in attributes {
                values(list, attribute, &[b"v"]);
            }
        });
        body.finish()
    };
    let rename = |entry: &[u8], new: &[u8], delete: bool| {
        let mut body = Writer::new();
        body.octets(entry)
            .octets(new)
            .boolean(delete)
            .element(0x80, b"userPassword=z,dc=x");
        body.finish()
    };
    let compare = {
        let mut body = Writer::new();
        body.octets(b"cn=a,dc=x").nested(tag::SEQUENCE, |inside| {
            inside.octets(attribute).octets(b"v");
        });
        body.finish()
    };
    let exop = |oid: &[u8], value: Option<&[u8]>| {
        let octets = exop::request(MessageId(1), oid, value, &[]);
        Message::parse(&octets).unwrap().operation.content.to_vec()
    };
    let change_password = exop::PasswordModify {
        identity: Some(b"cn=a,dc=x"),
        old: Some(b"o"),
        new: Some(b"n"),
    }
    .value();
    let rdn = |before: &[u8], after: &[u8]| [before, attribute, b"=v", after].concat();
    let searched = {
        let octets = search::NewSearch {
            base: b"userPassword=x,dc=x",
            scope: search::Scope::Subtree,
            size_limit: 0,
            time_limit: 0,
            filter: &made::equality(attribute, b"v"),
            attributes: &[attribute],
        }
        .message(MessageId(1), &[]);
        Message::parse(&octets).unwrap().operation.content.to_vec()
    };
    let bound = bind::simple(MessageId(1), b"cn=a", b"p", &[]);
    let bound = Message::parse(&bound).unwrap().operation.content.to_vec();
    let never = Use::Always(Touch::Nothing);
    let refused = Use::Always(Touch::Unwalkable);
    BTreeMap::from([
        ("bind", (Use::Always(Touch::Tests), tag::BIND_REQUEST, bound)),
        ("unbind", (never, tag::UNBIND_REQUEST, vec![])),
        ("abandon", (never, tag::ABANDON_REQUEST, vec![1])),
        ("search", (never, tag::SEARCH_REQUEST, searched)),
        ("delete", (never, tag::DELETE_REQUEST, rdn(b"", b",dc=x"))),
        ("compare", (Use::Compared, tag::COMPARE_REQUEST, compare.clone())),
        (
            "compare, octets behind it",
            (refused, tag::COMPARE_REQUEST, [&compare[..], b"\x04\x00"].concat()),
        ),
        (
            "modify: add",
            (Use::Written, tag::MODIFY_REQUEST, modify(&[(0, attribute, &[b"v"])])),
        ),
        (
            "modify: delete of no value",
            (Use::Written, tag::MODIFY_REQUEST, modify(&[(1, attribute, &[])])),
        ),
        (
            "modify: replace by none",
            (Use::Written, tag::MODIFY_REQUEST, modify(&[(2, attribute, &[])])),
        ),
        (
            "modify: increment",
            (Use::Written, tag::MODIFY_REQUEST, modify(&[(3, attribute, &[b"1"])])),
        ),
        (
            "modify: an operation nobody knows",
            (Use::Written, tag::MODIFY_REQUEST, modify(&[(77, attribute, &[b"1"])])),
        ),
        (
            "modify: last of three",
            (
                Use::Written,
                tag::MODIFY_REQUEST,
                modify(&[(0, b"sn", &[b"v"]), (2, b"mail", &[]), (2, attribute, &[b"v", b"w"])]),
            ),
        ),
        ("modify: nothing", (never, tag::MODIFY_REQUEST, modify(&[]))),
        (
            "modify: cut short",
            (refused, tag::MODIFY_REQUEST, {
                let mut body = modify(&[(0, b"sn", &[b"v"]), (2, attribute, &[b"v"])]);
                body.pop();
                body
            }),
        ),
        (
            "add: listed",
            (Use::Written, tag::ADD_REQUEST, add(b"cn=a,dc=x", &[b"cn", attribute])),
        ),
        (
            "add: RDN",
            (Use::Named, tag::ADD_REQUEST, add(&rdn(b"", b",dc=x"), &[b"cn"])),
        ),
        (
            "add: second part of the RDN",
            (Use::Named, tag::ADD_REQUEST, add(&rdn(b"cn=a+", b",dc=x"), &[b"cn"])),
        ),
        (
            "add: behind an escaped backslash",
            (
                Use::Named,
                tag::ADD_REQUEST,
                add(&rdn(b"cn=a\\\\+", b",dc=x"), &[b"cn"]),
            ),
        ),
        (
            "add: in quotes, as some read them",
            (
                Use::Named,
                tag::ADD_REQUEST,
                add(&rdn(b"cn=\"a+", b"\",dc=x"), &[b"cn"]),
            ),
        ),
        (
            "modifyDN: new RDN",
            (
                Use::Named,
                tag::MODIFY_DN_REQUEST,
                rename(b"cn=a,dc=x", &rdn(b"", b""), false),
            ),
        ),
        (
            "modifyDN: second part of the new RDN",
            (
                Use::Named,
                tag::MODIFY_DN_REQUEST,
                rename(b"cn=a,dc=x", &rdn(b"cn=b + ", b""), true),
            ),
        ),
        (
            "modifyDN: more than one RDN",
            (
                refused,
                tag::MODIFY_DN_REQUEST,
                rename(b"cn=a,dc=x", &rdn(b"cn=b,", b""), true),
            ),
        ),
        (
            "modifyDN: old RDN goes",
            (
                Use::Named,
                tag::MODIFY_DN_REQUEST,
                rename(&rdn(b"", b",dc=x"), b"cn=b", true),
            ),
        ),
        (
            "modifyDN: old RDN stays",
            (
                never,
                tag::MODIFY_DN_REQUEST,
                rename(&rdn(b"", b",dc=x"), b"cn=b", false),
            ),
        ),
        (
            "modifyDN: by GUID",
            (
                Use::Named,
                tag::MODIFY_DN_REQUEST,
                rename(b"<GUID=00>", &rdn(b"", b""), true),
            ),
        ),
        ("StartTLS", (never, tag::EXTENDED_REQUEST, exop(oid::START_TLS, None))),
        ("who am I", (never, tag::EXTENDED_REQUEST, exop(oid::WHO_AM_I, None))),
        (
            "cancel",
            (
                never,
                tag::EXTENDED_REQUEST,
                exop(oid::CANCEL, Some(b"\x30\x03\x02\x01\x01")),
            ),
        ),
        (
            "cancel of nothing",
            (refused, tag::EXTENDED_REQUEST, exop(oid::CANCEL, None)),
        ),
        (
            "password modify",
            (
                Use::Always(Touch::Writes),
                tag::EXTENDED_REQUEST,
                exop(oid::PASSWORD_MODIFY, Some(&change_password)),
            ),
        ),
        (
            "password modify without a value",
            (
                Use::Always(Touch::Writes),
                tag::EXTENDED_REQUEST,
                exop(oid::PASSWORD_MODIFY, None),
            ),
        ),
        (
            "password modify, octets behind it",
            (
                refused,
                tag::EXTENDED_REQUEST,
                exop(
                    oid::PASSWORD_MODIFY,
                    Some(&[&change_password[..], b"\x30\x00"].concat()),
                ),
            ),
        ),
        (
            "password modify, octets inside it",
            (
                refused,
                tag::EXTENDED_REQUEST,
                exop(oid::PASSWORD_MODIFY, Some(b"\x30\x04\x82\x00\x80\x00")),
            ),
        ),
        (
            "password modify up to a NUL",
            (
                refused,
                tag::EXTENDED_REQUEST,
                exop(&[oid::PASSWORD_MODIFY, b"\0"].concat(), Some(&change_password)),
            ),
        ),
        (
            "an extended operation inside one nobody knows",
            (
                refused,
                tag::EXTENDED_REQUEST,
                exop(b"1.3.6.1.1.17.2", Some(&change_password)),
            ),
        ),
        (
            "start of a transaction",
            (refused, tag::EXTENDED_REQUEST, exop(oid::START_TRANSACTION, None)),
        ),
        (
            "end of a transaction",
            (refused, tag::EXTENDED_REQUEST, exop(oid::END_TRANSACTION, None)),
        ),
        ("a response", (refused, tag::MODIFY_RESPONSE, vec![])),
        ("no operation at all", (refused, 0x7f - 1, vec![])),
    ])
}

/// Lists of controls, with the attribute in every place a control has for one, and what they do by themselves.
pub(super) fn control_lists(attribute: &[u8]) -> Table<(Use, Vec<Vec<u8>>)> {
    let never = Use::Always(Touch::Nothing);
    let refused = Use::Always(Touch::Unwalkable);
    let assertion = control::assertion::control;
    let own = made::equality(attribute, b"v");
    let harmless = made::present(b"cn");
    BTreeMap::from([
        ("none", (never, vec![])),
        ("password policy", (never, vec![control::ppolicy::request()])),
        (
            "reading it",
            (
                never,
                vec![control::read_entry::request(oid::POST_READ, &[attribute], true)],
            ),
        ),
        ("harmless assertion", (never, vec![assertion(&harmless)])),
        ("assertion", (Use::Compared, vec![assertion(&own)])),
        (
            "assertion, not critical",
            (Use::Compared, vec![control::encode(oid::ASSERTION, false, Some(&own))]),
        ),
        (
            "second of two assertions",
            (Use::Compared, vec![assertion(&harmless), assertion(&own)]),
        ),
        (
            "deep in an assertion",
            (
                Use::Compared,
                vec![assertion(&made::not(&made::any(&[harmless.clone(), own.clone()])))],
            ),
        ),
        (
            "assertion over every attribute",
            (
                Use::Always(Touch::Tests),
                vec![assertion(b"\xa9\x08\x81\x03r.r\x83\x01v")],
            ),
        ),
        (
            "assertion, octets behind the filter",
            (refused, vec![assertion(&[harmless, own.clone()].concat())]),
        ),
        ("assertion of nothing", (refused, vec![assertion(b"")])),
        (
            "assertion without a value",
            (refused, vec![control::encode(oid::ASSERTION, true, None)]),
        ),
        (
            "assertion up to a NUL",
            (
                refused,
                vec![control::encode(&[oid::ASSERTION, b"\0"].concat(), true, Some(&own))],
            ),
        ),
        (
            "transaction",
            (
                refused,
                vec![control::encode(oid::TRANSACTION_SPECIFICATION, true, Some(b""))],
            ),
        ),
        ("no control", (refused, vec![b"\x04\x00".to_vec()])),
        (
            "too many",
            (refused, vec![control::ppolicy::request(); control::MOST_CONTROLS + 1]),
        ),
    ])
}
