use super::*;
use crate::ber::Writer;
use crate::bind;
use crate::change::{self, NewChange};
use crate::control::proxied_authorization::ActingAs;
use crate::control::{self, assertion, read_entry};
use crate::extended::{self, PasswordModify};
use crate::filter::text;
use crate::message::{Message, MessageId};
use crate::search::{NewSearch, Scope};
use crate::{answer as answers, entry, oid, tag};

/// Names end in `dc=here` on one side and in `dc=there` on the other; anything else has no place on the other.
struct Across(&'static str, &'static str);

const IN: Across = Across("dc=here", "dc=there");
const OUT: Across = Across("dc=there", "dc=here");

impl Renaming for Across {
    fn syntax(&self, description: &[u8]) -> Option<NameSyntax> {
        match description {
            b"member" => Some(NameSyntax::Name),
            b"uniqueMember" => Some(NameSyntax::NameAndUid),
            b"wellKnown" => Some(NameSyntax::CountedAndName),
            _ => None,
        }
    }

    fn rename(&self, place: Place, name: &[u8]) -> Renamed {
        if name.is_empty() || (place == Place::BindName && !name.contains(&b'=')) {
            return Renamed::Same;
        }
        match name.strip_suffix(self.0.as_bytes()) {
            Some(before) => Renamed::To([before, self.1.as_bytes()].concat()),
            None if place == Place::Value && !name.ends_with(self.1.as_bytes()) => Renamed::Same,
            None => Renamed::No,
        }
    }
}

/// Every kind of request, in which every name ends so.
fn requests(end: &str) -> Vec<Vec<u8>> {
    let id = MessageId(7);
    let name = |text: &str| format!("{text}{end}").into_bytes();
    let (entry, other) = (name("cn=a,dc="), name("ou=b,dc="));
    let filter = format!(
        "(&(member=cn=c,dc={end})(!(member:1.2.840.113556.1.4.1941:=cn=d,dc={end}))(cn=x{end})(member=*)(member=a*{end})\
         (:2.5.13.1:=cn=e,dc={end})(uniqueMember=cn=f,dc={end}#'01'B)(wellKnown~=B:2:ff:cn=g,dc={end})(ou:dn:={end})(member>=cn=x))"
    );
    let filter = text::parse(&filter).unwrap();
    let search = NewSearch {
        base: &entry,
        scope: Scope::Subtree,
        size_limit: 3,
        time_limit: 4,
        filter: &filter,
        attributes: &[b"member", b"cn"],
    };
    let identity = [b"dn:", &entry[..]].concat();
    let acting = ActingAs::AuthorizationId(&identity).control();
    let acting_before = ActingAs::Dn(&entry).control();
    let asserted = assertion::control(&text::parse(&format!("(member=cn=c,dc={end})")).unwrap());
    let mut matched = Writer::new();
    matched.nested(tag::SEQUENCE, |list| {
        list.raw(&text::parse(&format!("(member=cn=c,dc={end})")).unwrap())
            .raw(&text::parse("(cn=x)").unwrap());
    });
    let matched = control::encode(oid::MATCHED_VALUES, true, Some(&matched.finish()));
    let read = read_entry::request(oid::POST_READ, &[b"member"], false);
    let paged = control::encode(oid::PAGED_RESULTS, true, Some(b"\x30\x05\x02\x01\x05\x04\x00"));
    let value = name("cn=h,dc=");
    let changes = [
        NewChange {
            operation: 0,
            attribute: b"member",
            values: &[&value, b"cn=elsewhere"],
        },
        NewChange {
            operation: 2,
            attribute: b"userPassword",
            values: &[b"secret, dc=here there"],
        },
        NewChange {
            operation: 1,
            attribute: b"member",
            values: &[],
        },
    ];
    let mut add = Writer::new();
    add.octets(&entry).nested(tag::SEQUENCE, |list| {
        entry::encode(list, b"uniqueMember", &[&name("cn=a,dc="), &name("cn=b,dc=")]);
        entry::encode(list, b"description", &["cn=a,dc=here there"]);
    });
    let mut rename = Writer::new();
    rename
        .octets(&entry)
        .octets(b"cn=z")
        .boolean(true)
        .element(0x80, &other);
    let mut compare = Writer::new();
    compare.octets(&entry).nested(tag::SEQUENCE, |assertion| {
        assertion.octets(b"member").octets(&other);
    });
    let password = PasswordModify {
        identity: Some(&identity),
        old: Some(b"here"),
        new: Some(b"there"),
    };
    let mut sasl = Writer::new();
    let plain = [&identity[..], b"\0", &identity, b"\0secret"].concat();
    sasl.integer(3).octets(b"").nested(0xa3, |sasl| {
        sasl.octets(b"PLAIN").octets(&plain);
    });
    let mut external = Writer::new();
    external.integer(3).octets(b"").nested(0xa3, |sasl| {
        sasl.octets(b"EXTERNAL").octets(&identity);
    });
    vec![
        bind::simple(id, &entry, b"here there", &[&control::ppolicy::request()]),
        answers::message(id, tag::BIND_REQUEST, &sasl.finish(), &[]),
        answers::message(id, tag::BIND_REQUEST, &external.finish(), &[]),
        search.message(id, &[&acting, &matched, &paged]),
        change::modify(id, &entry, &changes, &[&asserted, &read]),
        answers::message(id, tag::ADD_REQUEST, &add.finish(), &[&acting_before]),
        answers::message(id, tag::DELETE_REQUEST, &entry, &[]),
        answers::message(id, tag::MODIFY_DN_REQUEST, &rename.finish(), &[]),
        answers::message(id, tag::COMPARE_REQUEST, &compare.finish(), &[]),
        extended::request(id, oid::PASSWORD_MODIFY, Some(&password.value()), &[]),
    ]
}

/// Every kind of answer, in which every name ends so.
fn all_answers(end: &str) -> Vec<Vec<u8>> {
    let id = MessageId(7);
    let name = |text: &str| format!("{text}{end}").into_bytes();
    let mut content = Writer::new();
    content.octets(&name("cn=a,dc=")).nested(tag::SEQUENCE, |list| {
        entry::encode(list, b"member", &[name("cn=b,dc="), b"cn=elsewhere".to_vec()]);
        entry::encode(list, b"description", &["cn=b,dc=here there"]);
        entry::encode(list, b"wellKnown", &[name("B:4:00:f:cn=c,dc=")]);
    });
    let content = content.finish();
    let mut read = Writer::new();
    read.element(tag::SEARCH_ENTRY, &content);
    let read = control::encode(oid::POST_READ, false, Some(&read.finish()));
    let identity = control::encode(b"2.16.840.1.113730.3.4.15", false, Some(&name("dn:cn=a,dc=")[..]));
    let mut changed = Writer::new();
    changed.nested(tag::SEQUENCE, |change| {
        change.enumerated(8).octets(&name("cn=old,dc=")).integer(5);
    });
    let changed = control::encode(b"2.16.840.1.113730.3.4.7", false, Some(&changed.finish()));
    let result = |response, controls: &[&[u8]]| {
        let content = answers::result_content(ResultCode::NO_SUCH_OBJECT, &name("ou=x,dc="), b"in dc=there or dc=here");
        answers::message(id, response, &content, controls)
    };
    let who = [&answers::result_content(ResultCode::SUCCESS, b"", b"")[..], &{
        let mut value = Writer::new();
        value.element(0x8b, &name("dn:cn=a,dc="));
        value.finish()
    }]
    .concat();
    vec![
        answers::message(id, tag::SEARCH_ENTRY, &content, &[&changed]),
        result(tag::SEARCH_DONE, &[]),
        result(tag::MODIFY_RESPONSE, &[&read]),
        answers::message(
            id,
            tag::BIND_RESPONSE,
            &answers::result_content(ResultCode::SUCCESS, b"", b""),
            &[&identity],
        ),
        answers::message(id, tag::EXTENDED_RESPONSE, &who, &[]),
    ]
}

use crate::ResultCode;

fn renamed(octets: &[u8], by: &Across) -> Result<Option<Vec<u8>>, RenameError> {
    request(&Message::parse(octets).unwrap(), by)
}

fn answered(octets: &[u8], by: &Across) -> Answer {
    answer(&Message::parse(octets).unwrap(), by).unwrap()
}

#[test]
fn every_name_in_every_request_is_renamed_and_nothing_else_is() {
    for (here, there) in requests("here").into_iter().zip(requests("there")) {
        // What only looks like a name is the same on both sides, so it is put back by hand.
        let there = undo(&there, "there", "here");
        let got = renamed(&here, &IN).unwrap().expect("something is renamed");
        assert_eq!(readable(&got), readable(&there));
        assert_eq!(got, there);
    }
}

/// The message made for the other side, with what is no name as it is on this side.
fn undo(message: &[u8], from: &str, to: &str) -> Vec<u8> {
    let Ok(parsed) = Message::parse(message) else {
        unreachable!()
    };
    if parsed.operation.tag != tag::SEARCH_REQUEST {
        return message.to_vec();
    }
    // In the filter stand a plain value, a piece and a part of a name that end alike.
    let search = crate::search::SearchRequest::parse(&parsed).unwrap();
    let filter = crate::filter::rewrite::rewrite(search.filter, |item| {
        let plain =
            item.attribute == Some(b"cn") || item.in_name || item.kind == crate::filter::rewrite::Kind::Substrings;
        let value = String::from_utf8_lossy(item.value).into_owned();
        Ok::<_, WireError>(if plain && value.contains(from) {
            let shorter = value.replace(from, to);
            let value = if item.kind == crate::filter::rewrite::Kind::Substrings {
                let mut pieces = Writer::new();
                pieces.element(0x80, b"a").element(0x82, to.as_bytes());
                pieces.finish()
            } else {
                shorter.into_bytes()
            };
            crate::filter::rewrite::Rewritten::Put(item.with(item.attribute.unwrap(), &value))
        } else {
            crate::filter::rewrite::Rewritten::Same
        })
    })
    .unwrap()
    .unwrap();
    let attributes: Vec<&[u8]> = search.attributes().map(Result::unwrap).collect();
    let new = NewSearch {
        base: search.base,
        scope: search.scope,
        size_limit: search.size_limit,
        time_limit: search.time_limit,
        filter: &filter,
        attributes: &attributes,
    };
    let controls: Vec<&[u8]> = parsed.controls.iter().map(|control| control.unwrap().whole).collect();
    new.message(parsed.id, &controls)
}

fn readable(octets: &[u8]) -> String {
    octets.escape_ascii().to_string()
}

#[test]
fn every_name_in_every_answer_is_renamed_and_nothing_else_is() {
    for (there, here) in all_answers("there").into_iter().zip(all_answers("here")) {
        assert_eq!(answered(&there, &OUT), Answer::Renamed(here));
    }
}

#[test]
fn what_holds_no_name_is_told_so() {
    let nameless = [
        bind::simple(MessageId(1), b"", b"", &[]),
        bind::simple(MessageId(1), b"alice", b"secret", &[]),
        extended::request(MessageId(1), oid::WHO_AM_I, None, &[]),
        extended::request(MessageId(1), oid::PASSWORD_MODIFY, None, &[]),
        answers::unbind(MessageId(1)),
        answers::abandon(MessageId(2), MessageId(1)),
    ];
    for octets in nameless {
        assert_eq!(renamed(&octets, &IN), Ok(None), "{}", readable(&octets));
    }
    let done = answers::result(MessageId(1), tag::SEARCH_DONE, ResultCode::SUCCESS, "in dc=there", &[]);
    assert_eq!(answered(&done, &OUT), Answer::Same);
}

#[test]
fn a_request_about_something_elsewhere_is_refused_wherever_it_says_so() {
    for octets in requests("other") {
        assert_eq!(
            renamed(&octets, &IN),
            Err(RenameError::Elsewhere),
            "{}",
            readable(&octets)
        );
    }
    let acting = ActingAs::AuthorizationId(b"dn:cn=a,dc=there").control();
    let octets = extended::request(MessageId(1), oid::WHO_AM_I, None, &[&acting]);
    assert_eq!(renamed(&octets, &IN), Err(RenameError::Elsewhere));
}

#[test]
fn an_entry_elsewhere_does_not_come_back_and_its_name_in_a_value_or_result_neither() {
    let entry_of = |dn: &[u8], values: &[&[u8]]| {
        let mut content = Writer::new();
        content
            .octets(dn)
            .nested(tag::SEQUENCE, |list| entry::encode(list, b"member", values));
        answers::message(MessageId(7), tag::SEARCH_ENTRY, &content.finish(), &[])
    };
    assert_eq!(answered(&entry_of(b"cn=elsewhere", &[]), &OUT), Answer::Nothing);
    assert_eq!(answered(&entry_of(b"dc=here", &[b"x"]), &OUT), Answer::Nothing);
    // A value that would be taken for another entry goes; one that names nothing on either side stays.
    let values = entry_of(b"dc=there", &[b"cn=a,dc=here", b"cn=b", b"cn=c,dc=there"]);
    let wanted = entry_of(b"dc=here", &[b"cn=b", b"cn=c,dc=here"]);
    assert_eq!(answered(&values, &OUT), Answer::Renamed(wanted));
    let content = answers::result_content(ResultCode::NO_SUCH_OBJECT, b"cn=elsewhere", b"");
    let result = answers::message(MessageId(7), tag::SEARCH_DONE, &content, &[]);
    let wanted = answers::result(MessageId(7), tag::SEARCH_DONE, ResultCode::NO_SUCH_OBJECT, "", &[]);
    assert_eq!(answered(&result, &OUT), Answer::Renamed(wanted));
}

#[test]
fn controls_in_which_names_may_hide_are_left_out_or_refused_if_critical() {
    for (control, goes) in [
        (oid::DEREFERENCE, true),
        (oid::AD_EXTENDED_DN, true),
        (b"1.2.3.4", true),
        (oid::PAGED_RESULTS, false),
    ] {
        assert_eq!(passes_control(control), !goes);
        let optional = control::encode(control, false, Some(b"\x30\x05\x02\x01\x05\x04\x00"));
        let octets = answers::message(MessageId(1), tag::DELETE_REQUEST, b"dc=here", &[&optional]);
        let kept: &[&[u8]] = if goes { &[] } else { &[&optional] };
        let wanted = answers::message(MessageId(1), tag::DELETE_REQUEST, b"dc=there", kept);
        assert_eq!(renamed(&octets, &IN), Ok(Some(wanted)));
        let critical = control::encode(control, true, Some(b"\x30\x05\x02\x01\x05\x04\x00"));
        let octets = answers::message(MessageId(1), tag::DELETE_REQUEST, b"dc=here", &[&critical]);
        assert_eq!(renamed(&octets, &IN).is_err(), goes);
    }
    // Those with names in them pass under other ones.
    let with_names = [oid::PROXIED_AUTHORIZATION, oid::PROXIED_AUTHORIZATION_V1];
    let and_filters = [oid::ASSERTION, oid::MATCHED_VALUES];
    assert!(with_names.into_iter().chain(and_filters).all(passes_control));
}

#[test]
fn octets_before_and_behind_a_name_in_a_value_stay() {
    for (syntax, value, wanted) in [
        (NameSyntax::Name, "cn=a,dc=there", "cn=a,dc=here"),
        (NameSyntax::Name, "cn=a,dc=there#'01'B", ""),
        (NameSyntax::NameAndUid, "cn=a,dc=there#'01'B", "cn=a,dc=here#'01'B"),
        (NameSyntax::NameAndUid, "cn=a,dc=there#''B", "cn=a,dc=here#''B"),
        (NameSyntax::NameAndUid, "cn=a#'2'B,dc=there", "cn=a#'2'B,dc=here"),
        (
            NameSyntax::CountedAndName,
            "B:4:0:00:cn=a,dc=there",
            "B:4:0:00:cn=a,dc=here",
        ),
        (NameSyntax::CountedAndName, "S:0::cn=a,dc=there", "S:0::cn=a,dc=here"),
        (
            NameSyntax::CountedAndName,
            "B:99:00:cn=a,dc=there",
            "B:99:00:cn=a,dc=here",
        ),
        (
            NameSyntax::CountedAndName,
            "B:18446744073709551615::dc=there",
            "B:18446744073709551615::dc=here",
        ),
    ] {
        let wanted = match wanted {
            "" => Renamed::Same,
            other => Renamed::To(other.as_bytes().to_vec()),
        };
        assert_eq!(syntax.rename(value.as_bytes(), Place::Value, &OUT), wanted, "{value}");
    }
}
