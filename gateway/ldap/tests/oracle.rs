//! ldap3_proto as a second opinion: what it writes we read as it meant it, and what we write it reads as we meant it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod agreement;

use agreement::{agree, decoded, encoded, same};
use ldap3_proto::control::LdapControl;
use ldap3_proto::proto::{
    LdapAddRequest, LdapAttribute, LdapBindCred, LdapBindRequest, LdapBindResponse, LdapCompareRequest,
    LdapDerefAliases, LdapExtendedRequest, LdapExtendedResponse, LdapFilter, LdapMatchingRuleAssertion, LdapModify,
    LdapModifyDNRequest, LdapModifyRequest, LdapModifyType, LdapMsg, LdapOp, LdapPasswordModifyRequest, LdapResult,
    LdapResultCode, LdapSearchRequest, LdapSearchResultEntry, LdapSearchScope, LdapSubstringFilter, SaslCredentials,
};
use postern_ldap::change::NewChange;
use postern_ldap::extended::{ExtendedRequest, PasswordModify};
use postern_ldap::search::{NewSearch, Scope};
use postern_ldap::{Message, MessageId, ResultCode, answer, bind, change, control, extended, filter, oid, tag};
use proptest::collection::vec;
use proptest::prelude::*;

fn text() -> impl Strategy<Value = String> {
    prop_oneof![".{0,12}", "[a-z]{1,8}=[a-z]{1,8},dc=x", Just("x".repeat(300))]
}

fn octets() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![4 => vec(any::<u8>(), 0..20), 1 => vec(any::<u8>(), 100..300)]
}

fn attribute() -> impl Strategy<Value = LdapAttribute> {
    (text(), vec(octets(), 0..4)).prop_map(|(atype, vals)| LdapAttribute { atype, vals })
}

fn any_filter() -> impl Strategy<Value = LdapFilter> {
    let leaf = prop_oneof![
        (text(), text()).prop_map(|(name, value)| LdapFilter::Equality(name, value)),
        (text(), text()).prop_map(|(name, value)| LdapFilter::GreaterOrEqual(name, value)),
        (text(), text()).prop_map(|(name, value)| LdapFilter::LessOrEqual(name, value)),
        (text(), text()).prop_map(|(name, value)| LdapFilter::Approx(name, value)),
        text().prop_map(LdapFilter::Present),
        (
            text(),
            proptest::option::of(text()),
            vec(text(), 0..3),
            proptest::option::of(text())
        )
            .prop_map(|(name, initial, any, final_)| LdapFilter::Substring(
                name,
                LdapSubstringFilter { initial, any, final_ }
            )),
        (
            proptest::option::of(text()),
            proptest::option::of(text()),
            text(),
            any::<bool>()
        )
            .prop_map(|(matching_rule, type_, match_value, dn_attributes)| {
                LdapFilter::Extensible(LdapMatchingRuleAssertion {
                    matching_rule,
                    type_,
                    match_value,
                    dn_attributes,
                })
            }),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(LdapFilter::And),
            vec(inner.clone(), 0..4).prop_map(LdapFilter::Or),
            inner.prop_map(|part| LdapFilter::Not(Box::new(part))),
        ]
    })
}

fn result() -> impl Strategy<Value = LdapResult> {
    let code = prop_oneof![
        Just(LdapResultCode::Success),
        Just(LdapResultCode::InvalidCredentials),
        Just(LdapResultCode::CompareTrue),
        Just(LdapResultCode::UnwillingToPerform),
        Just(LdapResultCode::AuthorizationError),
        Just(LdapResultCode::EsyncRefreshRequired),
    ];
    // Without referrals, which it drops.
    (code, text(), text()).prop_map(|(code, matcheddn, message)| LdapResult {
        code,
        matcheddn,
        message,
        referral: Vec::new(),
    })
}

fn search() -> impl Strategy<Value = LdapOp> {
    (
        text(),
        prop_oneof![
            Just(LdapSearchScope::Base),
            Just(LdapSearchScope::OneLevel),
            Just(LdapSearchScope::Subtree),
            Just(LdapSearchScope::Children)
        ],
        (0..=i32::MAX, 0..=i32::MAX, any::<bool>()),
        any_filter(),
        vec(text(), 0..5),
    )
        .prop_map(|(base, scope, (sizelimit, timelimit, typesonly), filter, attrs)| {
            LdapOp::SearchRequest(LdapSearchRequest {
                base,
                scope,
                aliases: LdapDerefAliases::InSearching,
                sizelimit,
                timelimit,
                typesonly,
                filter,
                attrs,
            })
        })
}

fn modify() -> impl Strategy<Value = LdapOp> {
    let operation = prop_oneof![
        Just(LdapModifyType::Add),
        Just(LdapModifyType::Delete),
        Just(LdapModifyType::Replace),
        Just(LdapModifyType::Increment)
    ];
    let change = (operation, attribute()).prop_map(|(operation, modification)| LdapModify {
        operation,
        modification,
    });
    (text(), vec(change, 0..5)).prop_map(|(dn, changes)| LdapOp::ModifyRequest(LdapModifyRequest { dn, changes }))
}

fn operation() -> impl Strategy<Value = LdapOp> {
    let bind = prop_oneof![
        text().prop_map(LdapBindCred::Simple),
        (text(), octets())
            .prop_map(|(mechanism, credentials)| LdapBindCred::SASL(SaslCredentials { mechanism, credentials })),
    ];
    prop_oneof![
        (text(), bind).prop_map(|(dn, cred)| LdapOp::BindRequest(LdapBindRequest { version: 3, dn, cred })),
        search(),
        modify(),
        (text(), vec(attribute(), 0..5))
            .prop_map(|(dn, attributes)| LdapOp::AddRequest(LdapAddRequest { dn, attributes })),
        text().prop_map(LdapOp::DelRequest),
        (text(), text(), any::<bool>(), proptest::option::of(text())).prop_map(
            |(dn, newrdn, deleteoldrdn, new_superior)| LdapOp::ModifyDNRequest(LdapModifyDNRequest {
                dn,
                newrdn,
                deleteoldrdn,
                new_superior
            })
        ),
        (text(), text(), octets()).prop_map(|(dn, atype, val)| LdapOp::CompareRequest(LdapCompareRequest {
            dn,
            atype,
            val
        })),
        (1..=i32::MAX).prop_map(LdapOp::AbandonRequest),
        (text(), proptest::option::of(octets()))
            .prop_map(|(name, value)| LdapOp::ExtendedRequest(LdapExtendedRequest { name, value })),
        Just(LdapOp::UnbindRequest),
        (result(), proptest::option::of(octets()))
            .prop_map(|(res, saslcreds)| LdapOp::BindResponse(LdapBindResponse { res, saslcreds })),
        (text(), vec(attribute(), 0..5))
            .prop_map(|(dn, attributes)| LdapOp::SearchResultEntry(LdapSearchResultEntry { dn, attributes })),
        result().prop_map(LdapOp::SearchResultDone),
        result().prop_map(LdapOp::ModifyResponse),
        result().prop_map(LdapOp::CompareResult),
        (result(), proptest::option::of(text()), proptest::option::of(octets()))
            .prop_map(|(res, name, value)| LdapOp::ExtendedResponse(LdapExtendedResponse { res, name, value })),
    ]
}

fn controls() -> impl Strategy<Value = Vec<LdapControl>> {
    vec(
        prop_oneof![
            any::<bool>().prop_map(|criticality| LdapControl::PasswordPolicyRequest { criticality }),
            any::<bool>().prop_map(|criticality| LdapControl::ManageDsaIT { criticality }),
            ("9\\.[0-9]{1,9}", any::<bool>(), proptest::option::of(octets())).prop_map(|(oid, criticality, value)| {
                LdapControl::Unknown {
                    oid,
                    criticality,
                    value,
                }
            }),
        ],
        0..4,
    )
}

/// A thousand of each; `POSTERN_ROUNDS` times as many in a longer run.
fn cases() -> u32 {
    let rounds = std::env::var("POSTERN_ROUNDS").map_or(1, |rounds| rounds.parse().unwrap());
    1000 * rounds
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_it_writes_we_read_as_it_meant_it(msgid in 0..=i32::MAX, op in operation(), ctrl in controls()) {
        let theirs = LdapMsg { msgid, op, ctrl };
        let octets = encoded(theirs.clone());
        let message = Message::parse(&octets).unwrap();
        prop_assert_eq!(same(&message, &theirs), Ok(()));
    }

    #[test]
    fn where_both_read_damaged_octets_both_read_the_same(
        op in operation(),
        ctrl in controls(),
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut octets = encoded(LdapMsg { msgid: 7, op, ctrl });
        for (at, octet) in changes {
            let at = at.index(octets.len());
            if let Some(place) = octets.get_mut(at) {
                *place = octet;
            }
        }
        agree(&octets);
    }

    #[test]
    fn what_we_write_it_reads_as_we_meant_it(
        id in 1_u32..=0x7fff_ffff,
        texts in (text(), text(), text()),
        values in vec(octets(), 0..4),
        limit in 0_u32..=0x7fff_ffff,
        code in prop_oneof![Just(0_u32), Just(49), Just(53), Just(119), Just(123)],
    ) {
        let (one, two, three) = (texts.0.as_bytes(), texts.1.as_bytes(), texts.2.as_bytes());
        let id = MessageId(id);
        let values: Vec<&[u8]> = values.iter().map(Vec::as_slice).collect();
        let control = control::encode(b"9.8.7", true, Some(one));
        let all = filter::all(&[
            filter::any(&[filter::equality(one, two), filter::present(two)]),
            filter::not(&filter::present(three)),
        ]);
        for octets in [
            bind::simple(id, one, two, &[&control, &control::ppolicy::request()]),
            NewSearch {
                base: one,
                scope: Scope::One,
                size_limit: limit,
                time_limit: limit / 2,
                filter: &all,
                attributes: &[two, three],
            }
            .message(id, &[&control]),
            change::modify(
                id,
                one,
                &[
                    NewChange { operation: 2, attribute: two, values: &values },
                    NewChange { operation: 1, attribute: three, values: &[] },
                ],
                &[&control],
            ),
            extended::request(id, oid::PASSWORD_MODIFY, Some(two), &[&control]),
            extended::start_tls(id),
            answer::unbind(id),
            answer::abandon(id, MessageId(limit.max(1))),
            answer::result(id, tag::BIND_RESPONSE, ResultCode(code), &texts.0, &[&control]),
            answer::result(id, tag::SEARCH_DONE, ResultCode(code), &texts.1, &[]),
            answer::extended(id, ResultCode(code), &texts.0, Some(two), Some(three)),
            answer::notice_of_disconnection(ResultCode(52), &texts.0),
        ] {
            let Some(theirs) = decoded(&octets) else { panic!("it does not read {octets:x?}") };
            prop_assert_eq!(same(&Message::parse(&octets).unwrap(), &theirs), Ok(()));
        }
    }

    #[test]
    fn a_password_change_of_theirs_and_of_ours_are_the_same_octets(
        user in proptest::option::of(text()),
        old in proptest::option::of(text()),
        new in proptest::option::of(text()),
    ) {
        let theirs: LdapExtendedRequest = LdapPasswordModifyRequest {
            user_identity: user.clone(),
            old_password: old.clone(),
            new_password: new.clone(),
        }
        .into();
        let octets = encoded(LdapMsg { msgid: 1, op: LdapOp::ExtendedRequest(theirs), ctrl: vec![] });
        let message = Message::parse(&octets).unwrap();
        let Ok(request) = ExtendedRequest::parse(&message) else { panic!("no extended request") };
        prop_assert_eq!(request.oid, oid::PASSWORD_MODIFY);
        let Ok(read) = PasswordModify::parse(request.value) else { panic!("no password change") };
        let field = |field: &Option<String>| field.as_ref().map(|text| text.as_bytes().to_vec());
        prop_assert_eq!(read.identity.map(<[u8]>::to_vec), field(&user));
        prop_assert_eq!(read.old.map(<[u8]>::to_vec), field(&old));
        prop_assert_eq!(read.new.map(<[u8]>::to_vec), field(&new));
        prop_assert_eq!(request.value, Some(&read.value()[..]));
    }
}
