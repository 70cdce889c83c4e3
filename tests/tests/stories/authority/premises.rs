//! A directory for which what we assert of an entry never holds.

use super::*;
use postern_ldap::ber::Writer;
use postern_ldap::search::SearchRequest;
use postern_ldap::{Message, MessageId, ResultCode, answer, entry, oid, tag};
use postern_tests::puppet::{Act, Puppet};
use postern_tests::request::Change;
use std::sync::{Arc, Mutex, PoisonError};

/// RFC 4528 §4.
const ASSERTION_FAILED: ResultCode = ResultCode(122);
/// How often a request is sent up at most.
const MOST_TIMES: usize = 5;
/// More writes than two requests come to.
const MANY: usize = 40;

/// Refuses each write only once the next one is there, so that there is always another under way. Writes down whose came.
fn never_alone(came: &Arc<Mutex<Vec<MessageId>>>) -> Puppet {
    let came = Arc::clone(came);
    Puppet::start(move |message: &Message<'_>, _| {
        let response = tag::response_to(message.operation.tag).unwrap_or(tag::EXTENDED_RESPONSE);
        let end = |id, code| answer::result(id, response, code, "", &[]);
        match message.operation.tag {
            tag::UNBIND_REQUEST => Act::Nothing,
            tag::SEARCH_REQUEST => {
                let base = SearchRequest::parse(message).map_or(&b""[..], |search| search.base);
                let mut content = Writer::new();
                content.octets(base).nested(tag::SEQUENCE, |list| {
                    if base.is_empty() {
                        entry::encode(list, b"namingContexts", &[BASE.as_bytes()]);
                        entry::encode(list, b"supportedControl", &[oid::ASSERTION]);
                    }
                });
                let found = answer::message(message.id, tag::SEARCH_ENTRY, &content.finish(), &[]);
                Act::Send([found, end(message.id, ResultCode::SUCCESS)].concat())
            }
            tag::MODIFY_REQUEST => {
                assert!(message.controls.find(oid::ASSERTION).unwrap().is_some());
                let mut came = came.lock().unwrap_or_else(PoisonError::into_inner);
                let before = came.last().copied();
                came.push(message.id);
                match before {
                    None => Act::Nothing,
                    Some(before) if came.len() < MANY => Act::Send(end(before, ASSERTION_FAILED)),
                    Some(before) => {
                        let ends = [before, message.id].map(|id| end(id, ResultCode::SUCCESS));
                        Act::Send(ends.concat())
                    }
                }
            }
            _ => Act::Send(end(message.id, ResultCode::SUCCESS)),
        }
    })
}

#[test]
fn requests_whose_premise_never_holds_are_each_given_up_after_as_many_times_and_not_sent_for_ever() {
    let came = Arc::default();
    let puppet = never_alone(&came);
    let rules = "
[[authority]]
name = \"marked\"
route = \"*\"
owner = \"provider\"
provider = \"example-sso\"
when.attribute = { name = \"employeeType\", value = \"sso\" }

[[authority]]
name = \"everybody-else\"
route = \"*\"
owner = \"local\"
";
    let gateway = Gateway::start_with(&GatewaySettings {
        policy: Some(policy("text", rules)),
        ..GatewaySettings::new("", &[puppet.url()])
    });
    let mut wire = signed_in(&gateway, DESK);
    let change = |id, uid: &str| {
        let new = (Change::Replace, "userPassword", &["another-secret-5678"][..]);
        request::modify(id, &dn(uid), &[new], &[])
    };
    wire.send(&[change(20, "user0001"), change(21, "user0002")].concat());
    // Unavailable: whose the password was when it would have been written could not be told.
    let given_up = wire.answer();
    assert_eq!((given_up.id, given_up.code), (20, Some(52)), "{given_up:?}");
    // The other one waits for a third to come.
    wire.send(&change(22, "user0003"));
    let given_up = wire.answer();
    assert_eq!((given_up.id, given_up.code), (21, Some(52)), "{given_up:?}");
    let came = came.lock().unwrap_or_else(PoisonError::into_inner);
    for id in [20, 21] {
        assert_eq!(came.iter().filter(|one| one.0 == id).count(), MOST_TIMES, "{came:?}");
    }
}
