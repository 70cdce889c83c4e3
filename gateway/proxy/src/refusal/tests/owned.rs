//! Refusals because of whose a password is.

use super::stage::{Scene, Server, rule};
use crate::refusal::Refusal;
use postern_identity::AttributeName;
use postern_identity::authority::{AuthorityRule, AuthorityRules, Condition, Filter, Owner, Provider};
use postern_ldap::ber::Writer;
use postern_ldap::change::{NewChange, modify};
use postern_ldap::extended::{self, PasswordModify};
use postern_ldap::search::SearchRequest;
use postern_ldap::{Message, MessageId, ResultCode, answer, bind, oid, tag};
use std::sync::Arc;

/// Somebody signs in as cn=a,dc=example, and a password is to be written.
pub(super) fn scene(refusal: Refusal, scene: &mut Scene) {
    scene.server = Server::Marked;
    scene.service_account = true;
    let name = |text: &str| AttributeName::parse(text.as_bytes()).unwrap();
    let asked = if refusal == Refusal::OwnerUnknown {
        "title"
    } else {
        "employeeType"
    };
    let marked = Condition::Filter(Filter::Equal(name(asked), b"sso".as_slice().into()));
    let provider = Provider {
        name: "sso".into(),
        page: None,
    };
    let rules = [(Some(marked), Owner::Provider(provider)), (None, Owner::Local)];
    let rules = rules.map(|(condition, owner)| AuthorityRule {
        name: rule(),
        condition,
        owner,
        told_to: Arc::default(),
    });
    let authority = AuthorityRules::new(Vec::new(), rules.into());
    scene.rules.as_mut().unwrap().authority = Some(Arc::new(authority));
    let change = |identity: Option<&str>| {
        let change = PasswordModify {
            identity: identity.map(str::as_bytes),
            old: None,
            new: Some(b"n"),
        };
        extended::request(MessageId(2), oid::PASSWORD_MODIFY, Some(&change.value()), &[])
    };
    let request = match refusal {
        Refusal::OwnerHidden => change(Some("cn=b,dc=example")),
        Refusal::OwnerUnavailable => change(Some("cn=lost,dc=example")),
        Refusal::OwnerNoEntry => change(Some("cn=none,dc=example")),
        Refusal::OwnerUnnamed => change(Some("u:a")),
        Refusal::OwnerChange => {
            let unmarked = NewChange {
                operation: 2,
                attribute: b"employeeType;lang-x",
                values: &[b"staff"],
            };
            modify(MessageId(2), b"cn=a,dc=example", &[unmarked], &[])
        }
        _ => change(None),
    };
    if matches!(
        refusal,
        Refusal::OwnedElsewhere | Refusal::OwnerUnknown | Refusal::OwnerHidden | Refusal::OwnerChange
    ) {
        scene.rule = Some("built-in:of-the-test"); // the rule that says whose it is
    }
    scene.service_account = refusal != Refusal::OwnerUnread;
    scene.requests = vec![bind::simple(MessageId(1), b"cn=a,dc=example", b"right", &[]), request];
    if refusal == Refusal::OwnerSignIn {
        scene.requests.remove(0);
    }
}

/// The entry that is asked for, marked; nothing of cn=none, and 51 for cn=lost. That something is not there is said of nothing.
pub(super) fn found(request: &[u8]) -> Vec<u8> {
    let message = Message::parse(request).unwrap();
    let search = SearchRequest::parse(&message).unwrap();
    let done = |code| answer::result(message.id, tag::SEARCH_DONE, code, "", &[]);
    let is_of_entry = search.filter.whole.windows(11).any(|part| part == b"objectClass");
    match search.base {
        b"cn=lost,dc=example" => return done(ResultCode::BUSY),
        base if base == b"cn=none,dc=example" || !is_of_entry => return done(ResultCode::SUCCESS),
        _ => {}
    }
    let mut entry = Writer::new();
    entry.octets(search.base).nested(tag::SEQUENCE, |list| {
        list.nested(tag::SEQUENCE, |attribute| {
            attribute.octets(b"employeeType").nested(tag::SET, |set| {
                set.octets(b"SSO");
            });
        });
    });
    let entry = answer::message(message.id, tag::SEARCH_ENTRY, &entry.finish(), &[]);
    [entry, done(ResultCode::SUCCESS)].concat()
}
