//! Does another implementation read the same? ldap3_proto is laxer in places and loses some things (referrals, the values of controls
//! it knows, texts that are not UTF-8); where both read a message, they must read the same.

#![allow(dead_code, reason = "each test and fuzz target uses some of it")]
#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failure is what is looked for"
)]

use bytes::BytesMut;
use ldap3_proto::LdapCodec;
use ldap3_proto::control::LdapControl;
use ldap3_proto::proto::{
    LdapAttribute, LdapBindCred, LdapFilter, LdapModifyType, LdapMsg, LdapOp, LdapResult as TheirResult,
};
use postern_ldap::ber::Cursor;
use postern_ldap::bind::{self, Authentication, BindRequest};
use postern_ldap::change::{AddRequest, AttributeValues, ModifyDnRequest, ModifyRequest, deleted_entry};
use postern_ldap::compare::CompareRequest;
use postern_ldap::entry::SearchEntry;
use postern_ldap::extended::{self, ExtendedRequest, ExtendedResponse};
use postern_ldap::filter::{self, Named};
use postern_ldap::result::LdapResult;
use postern_ldap::search::{Scope, SearchRequest};
use postern_ldap::{Message, WireError, tag};
use tokio_util::codec::{Decoder, Encoder};

/// What ldap3_proto makes of octets that are one message; `None` if it wants none of it.
pub fn decoded(octets: &[u8]) -> Option<LdapMsg> {
    let mut buffer = BytesMut::from(octets);
    let message = LdapCodec::new(Some(1 << 24), None).decode(&mut buffer).ok()??;
    buffer.is_empty().then_some(message)
}

/// A message of theirs as octets.
pub fn encoded(message: LdapMsg) -> Vec<u8> {
    let mut buffer = BytesMut::new();
    LdapCodec::new(Some(1 << 24), None)
        .encode(message, &mut buffer)
        .unwrap();
    buffer.to_vec()
}

/// Whether both read these octets alike, as far as both read them at all.
pub fn agree(octets: &[u8]) {
    let Ok(message) = Message::parse(octets) else { return };
    // It prints operations it does not know.
    if !tag::is_request(message.operation.tag) && !known_response(message.operation.tag) {
        return;
    }
    if let Some(theirs) = decoded(octets) {
        same(&message, &theirs).ok();
    }
}

fn known_response(operation: u8) -> bool {
    matches!(
        operation,
        tag::BIND_RESPONSE
            | tag::SEARCH_ENTRY
            | tag::SEARCH_DONE
            | tag::MODIFY_RESPONSE
            | tag::ADD_RESPONSE
            | tag::DELETE_RESPONSE
            | tag::MODIFY_DN_RESPONSE
            | tag::COMPARE_RESPONSE
            | tag::EXTENDED_RESPONSE
    )
}

/// Panics where the two differ; an error means that we do not read what they do.
pub fn same(message: &Message<'_>, theirs: &LdapMsg) -> Result<(), WireError> {
    assert_eq!(i64::from(message.id.0), i64::from(theirs.msgid));
    same_operation(message, &theirs.op)?;
    let controls: Vec<_> = message.controls.into_iter().collect::<Result<_, _>>()?;
    assert_eq!(controls.len(), theirs.ctrl.len());
    for (ours, theirs) in controls.iter().zip(&theirs.ctrl) {
        if let LdapControl::Unknown {
            oid,
            criticality,
            value,
        } = theirs
        {
            assert_eq!(
                (ours.oid, ours.critical, ours.value),
                (oid.as_bytes(), *criticality, value.as_deref())
            );
        }
    }
    Ok(())
}

fn same_operation(message: &Message<'_>, theirs: &LdapOp) -> Result<(), WireError> {
    match theirs {
        LdapOp::BindRequest(theirs) => {
            let ours = BindRequest::parse(message)?;
            assert_eq!(i64::from(ours.version), theirs.version);
            assert_eq!(ours.name, theirs.dn.as_bytes());
            match (ours.authentication, &theirs.cred) {
                (Authentication::Simple(ours), LdapBindCred::Simple(theirs)) => assert_eq!(ours, theirs.as_bytes()),
                (Authentication::Sasl { mechanism, credentials }, LdapBindCred::SASL(theirs)) => {
                    assert_eq!(mechanism, theirs.mechanism.as_bytes());
                    assert_eq!(credentials.unwrap_or_default(), theirs.credentials);
                }
                (Authentication::Other(_), LdapBindCred::Unsupported) => {}
                _ => panic!("another choice of authentication"),
            }
        }
        LdapOp::SearchRequest(theirs) => {
            let ours = SearchRequest::parse(message)?;
            assert_eq!(ours.base, theirs.base.as_bytes());
            let scope = match ours.scope {
                Scope::Base => 0,
                Scope::One => 1,
                Scope::Subtree => 2,
                Scope::Other(number) => i64::from(number),
            };
            assert_eq!(scope, theirs.scope.clone() as i64);
            assert_eq!(i64::from(ours.deref_aliases), theirs.aliases.clone() as i64);
            assert_eq!(i64::from(ours.size_limit), i64::from(theirs.sizelimit));
            assert_eq!(i64::from(ours.time_limit), i64::from(theirs.timelimit));
            assert_eq!(ours.types_only, theirs.typesonly);
            let mut names = Vec::new();
            filter::walk(ours.filter, |named| names.push(named))?;
            let mut wanted = Vec::new();
            names_in(&theirs.filter, &mut wanted);
            assert_eq!(names, wanted);
            let attributes: Vec<_> = ours.attributes().collect::<Result<_, _>>()?;
            let wanted: Vec<_> = theirs.attrs.iter().map(String::as_bytes).collect();
            assert_eq!(attributes, wanted);
        }
        LdapOp::SearchResultEntry(theirs) => {
            let ours = SearchEntry::parse(message)?;
            assert_eq!(ours.dn, theirs.dn.as_bytes());
            same_attributes(&ours.attributes().collect::<Result<Vec<_>, _>>()?, &theirs.attributes);
        }
        LdapOp::ModifyRequest(theirs) => {
            let ours = ModifyRequest::parse(message)?;
            assert_eq!(ours.entry, theirs.dn.as_bytes());
            assert_eq!(ours.changes().count(), theirs.changes.len());
            for (ours, theirs) in ours.changes().zip(&theirs.changes) {
                let operation = match theirs.operation {
                    LdapModifyType::Add => 0,
                    LdapModifyType::Delete => 1,
                    LdapModifyType::Replace => 2,
                    LdapModifyType::Increment => 3,
                };
                assert_eq!(ours.operation, operation);
                same_attribute(&ours.attribute, &theirs.modification);
            }
        }
        LdapOp::AddRequest(theirs) => {
            let ours = AddRequest::parse(message)?;
            assert_eq!(ours.entry, theirs.dn.as_bytes());
            same_attributes(&ours.attributes().collect::<Vec<_>>(), &theirs.attributes);
        }
        LdapOp::DelRequest(theirs) => assert_eq!(deleted_entry(message)?, theirs.as_bytes()),
        LdapOp::ModifyDNRequest(theirs) => {
            let ours = ModifyDnRequest::parse(message)?;
            assert_eq!(ours.entry, theirs.dn.as_bytes());
            assert_eq!(ours.new_rdn, theirs.newrdn.as_bytes());
            assert_eq!(ours.delete_old_rdn, theirs.deleteoldrdn);
            // A superior that is not UTF-8 is none to them.
            if theirs.new_superior.is_some() {
                assert_eq!(ours.new_superior, theirs.new_superior.as_deref().map(str::as_bytes));
            }
        }
        LdapOp::CompareRequest(theirs) => {
            let ours = CompareRequest::parse(message)?;
            assert_eq!(
                (ours.entry, ours.attribute, ours.value),
                (theirs.dn.as_bytes(), theirs.atype.as_bytes(), &theirs.val[..])
            );
        }
        LdapOp::AbandonRequest(theirs) => {
            assert_eq!(i64::from(extended::abandoned_id(message)?.0), i64::from(*theirs));
        }
        LdapOp::ExtendedRequest(theirs) => {
            let ours = ExtendedRequest::parse(message)?;
            assert_eq!(
                (ours.oid, ours.value),
                (theirs.name.as_bytes(), theirs.value.as_deref())
            );
        }
        LdapOp::ExtendedResponse(theirs) => {
            let ours = LdapResult::parse(message)?;
            same_result(&ours, &theirs.res);
            let ours = ExtendedResponse::parse(ours.rest)?;
            // A name that is not UTF-8 is none to them.
            if theirs.name.is_some() {
                assert_eq!(ours.name, theirs.name.as_deref().map(str::as_bytes));
            }
            assert_eq!(ours.value, theirs.value.as_deref());
        }
        LdapOp::BindResponse(theirs) => {
            let ours = LdapResult::parse(message)?;
            same_result(&ours, &theirs.res);
            // An indefinite length is a length of nothing to them, and no length to us.
            let mut rest = Cursor::new(ours.rest);
            let mut tags = Vec::new();
            while !rest.is_empty() {
                tags.push(rest.element()?.tag);
            }
            // Twice the credentials, or what is no part of a bind response (RFC 4511 §4.2.2): the standard does not say which counts.
            if matches!(*tags, [] | [0xa3 | 0x87] | [0xa3, 0x87]) {
                assert_eq!(bind::server_credentials(message), theirs.saslcreds.as_deref());
            }
        }
        LdapOp::SearchResultDone(theirs)
        | LdapOp::ModifyResponse(theirs)
        | LdapOp::AddResponse(theirs)
        | LdapOp::DelResponse(theirs)
        | LdapOp::ModifyDNResponse(theirs)
        | LdapOp::CompareResult(theirs) => same_result(&LdapResult::parse(message)?, theirs),
        LdapOp::UnbindRequest => assert_eq!(message.operation.tag, tag::UNBIND_REQUEST),
        LdapOp::SearchResultReference(_) | LdapOp::IntermediateResponse(_) => {}
    }
    Ok(())
}

fn same_result(ours: &LdapResult<'_>, theirs: &TheirResult) {
    assert_eq!(i64::from(ours.code.0), theirs.code.clone() as i64);
    assert_eq!(ours.matched_dn, theirs.matcheddn.as_bytes());
    assert_eq!(ours.diagnostic, theirs.message.as_bytes());
}

fn same_attributes(ours: &[AttributeValues<'_>], theirs: &[LdapAttribute]) {
    assert_eq!(ours.len(), theirs.len());
    for (ours, theirs) in ours.iter().zip(theirs) {
        same_attribute(ours, theirs);
    }
}

fn same_attribute(ours: &AttributeValues<'_>, theirs: &LdapAttribute) {
    assert_eq!(ours.description, theirs.atype.as_bytes());
    let values: Vec<_> = ours.values().collect();
    assert_eq!(values, theirs.vals);
}

fn names_in<'a>(theirs: &'a LdapFilter, names: &mut Vec<Named<'a>>) {
    match theirs {
        LdapFilter::And(parts) | LdapFilter::Or(parts) => parts.iter().for_each(|part| names_in(part, names)),
        LdapFilter::Not(part) => names_in(part, names),
        LdapFilter::Equality(name, _)
        | LdapFilter::Substring(name, _)
        | LdapFilter::GreaterOrEqual(name, _)
        | LdapFilter::LessOrEqual(name, _)
        | LdapFilter::Present(name)
        | LdapFilter::Approx(name, _) => names.push(Named::Attribute(name.as_bytes())),
        LdapFilter::Extensible(theirs) => {
            if let Some(rule) = &theirs.matching_rule {
                names.push(Named::MatchingRule(rule.as_bytes()));
            }
            names.push(
                theirs
                    .type_
                    .as_ref()
                    .map_or(Named::AnyAttribute, |name| Named::Attribute(name.as_bytes())),
            );
        }
    }
}
