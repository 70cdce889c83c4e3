//! Who may read what; what the server says of itself; compare, assertion, acting for others.

use super::stage::{ADA, ADMIN, Asked, BASE, BOB, PASSWORD, Stage};
use crate::local::{AccessRule, AccessRules, LocalDirectory, LocalSettings, LocalSetupError, May, What, Who};
use postern_identity::DirectoryName;
use postern_ldap::ber::Writer;
use postern_ldap::control::{assertion, encode, ppolicy, proxied_authorization::ActingAs};
use postern_ldap::search::Scope;
use postern_ldap::{MessageId, ResultCode, answer, extended, filter, oid, tag};
use std::sync::Arc;

fn rule(who: Who, within: Option<&str>, attributes: &[&str], may: May) -> AccessRule {
    AccessRule {
        who,
        what: What {
            within: within.map(str::to_owned),
            attributes: attributes.iter().map(|&name| name.to_owned()).collect(),
        },
        may,
    }
}

fn compare(id: u32, name: &str, attribute: &str, value: &str, controls: &[&[u8]]) -> Vec<u8> {
    let mut content = Writer::new();
    content.octets(name.as_bytes()).nested(tag::SEQUENCE, |inside| {
        inside.octets(attribute.as_bytes()).octets(value.as_bytes());
    });
    answer::message(MessageId(id), tag::COMPARE_REQUEST, &content.finish(), controls)
}

#[tokio::test]
async fn the_first_rule_that_fits_decides() {
    let people = "ou=people,dc=example,dc=org";
    let rules = vec![
        rule(Who::Themselves, None, &[], May::Read),
        rule(Who::Account(ADMIN.to_owned()), None, &["mail"], May::Nothing),
        rule(Who::Group(format!("cn=admins,ou=groups,{BASE}")), None, &[], May::Write),
        rule(Who::Anonymous, Some(people), &["entry", "cn"], May::Read),
        rule(Who::Within(people.to_owned()), Some(people), &["sn"], May::Nothing),
        rule(Who::Within(people.to_owned()), Some(people), &[], May::Read),
    ];
    let stage = Stage::with(|settings| settings.access = AccessRules(rules)).await;
    let asked = Asked {
        base: people,
        ..Asked::all("(|(uid=bob)(cn=bob*))")
    };
    let mut nobody = stage.client();
    let told = nobody.search(asked).await;
    assert_eq!((told.names(), told.entries[0].names()), (vec![BOB], vec!["cn"]));
    let told = nobody.search(Asked { base: BASE, ..asked }).await;
    assert_eq!((told.code, told.entries.len()), (ResultCode::NO_SUCH_OBJECT, 0));

    let mut ada = stage.signed_in(ADA).await;
    let told = ada.search(asked).await;
    assert!(!told.entries[0].names().contains(&"sn") && told.entries[0].names().contains(&"mail"));
    let told = ada
        .search(Asked {
            filter: "(uid=ada)",
            ..asked
        })
        .await;
    assert!(told.entries[0].names().contains(&"sn"), "their own");
    // What cannot be read cannot be found out.
    for filter in [
        "(sn=Builder)",
        "(!(sn=Builder))",
        "(name=Builder)",
        "(|(sn=Builder)(sn=x))",
        "(sn=*)",
    ] {
        let told = ada.search(Asked { filter, ..asked }).await;
        assert!(!told.names().contains(&BOB), "{filter}");
    }
    let mut admin = stage.signed_in(ADMIN).await;
    let told = admin.search(asked).await;
    assert!(told.entries[0].names().contains(&"sn") && !told.entries[0].names().contains(&"mail"));
    assert_eq!(admin.found("(cn=staff)").await.len(), 1);
}

#[tokio::test]
async fn administrators_read_what_tells_of_passwords_and_others_do_not() {
    let stage = Stage::new().await;
    stage.set(BOB, "pwdFailureTime", &["20261122110000Z"]).await;
    let asked = Asked {
        attributes: &["pwdFailureTime"],
        ..Asked::all("(uid=bob)")
    };
    let service = stage.service().await;
    let (admin, ada) = (stage.signed_in(ADMIN).await, stage.signed_in(ADA).await);
    for (mut client, count) in [(service, 1), (admin, 1), (ada, 0)] {
        let told = client.search(asked).await;
        assert_eq!(told.entries[0].names().len(), count);
    }
}

#[tokio::test]
async fn who_is_locked_and_whose_password_is_temporary_is_told_to_administrators_alone() {
    let stage = Stage::new().await;
    let (admin, ada) = (stage.signed_in(ADMIN).await, stage.signed_in(ADA).await);
    let clients = [(stage.service().await, 1), (stage.root(), 1), (admin, 1), (ada, 0)];
    let times = [
        "pwdAccountLockedTime",
        "pwdAccountTmpLockoutEnd",
        "pwdLastSuccess",
        "pwdChangedTime",
        "pwdStartTime",
        "pwdEndTime",
    ];
    stage.set(BOB, "pwdReset", &["TRUE"]).await;
    for attribute in times {
        stage.set(BOB, attribute, &["20261122110000Z"]).await;
    }
    for (mut client, count) in clients {
        for attribute in times.into_iter().chain(["pwdReset"]) {
            let told = client
                .search(Asked {
                    attributes: &[attribute],
                    ..Asked::all("(uid=bob)")
                })
                .await;
            assert_eq!(told.entries[0].names().len(), count, "{attribute}");
            let found = client.found(&format!("(&(uid=bob)({attribute}=*))")).await;
            assert_eq!(found.len(), count, "{attribute}");
        }
    }
}

#[tokio::test]
async fn whoever_leaves_the_administrators_is_none_a_moment_later() {
    let stage = Stage::new().await;
    stage.set(BOB, "pwdFailureTime", &["20261122110000Z"]).await;
    let mut admin = stage.signed_in(ADMIN).await;
    assert_eq!(admin.found("(pwdFailureTime=*)").await, [BOB]);
    stage
        .set(&format!("cn=admins,ou=groups,{BASE}"), "member", &[BOB])
        .await;
    stage.clock.advance(jiff::SignedDuration::from_secs(3));
    assert!(admin.found("(pwdFailureTime=*)").await.is_empty());
}

#[tokio::test]
async fn groups_are_told_only_to_those_who_may_read_their_members() {
    let groups = format!("ou=groups,{BASE}");
    let rules = vec![
        rule(Who::SignedIn, Some(&groups), &["member"], May::Nothing),
        rule(Who::SignedIn, None, &[], May::Read),
    ];
    let stage = Stage::with(|settings| settings.access = AccessRules(rules)).await;
    let mut ada = stage.signed_in(ADA).await;
    let asked = Asked {
        attributes: &["memberOf"],
        ..Asked::all("(uid=bob)")
    };
    assert!(ada.search(asked).await.entries[0].names().is_empty());
    assert!(ada.found(&format!("(memberOf=cn=staff,{groups})")).await.is_empty());
    assert_eq!(
        stage
            .service()
            .await
            .found(&format!("(memberOf=cn=staff,{groups})"))
            .await,
        [ADA, BOB]
    );
}

#[tokio::test]
async fn the_root_dse_and_the_subschema_are_read_by_everybody() {
    let stage = Stage::new().await;
    let mut nobody = stage.client();
    let root = Asked {
        base: "",
        scope: Scope::Base,
        attributes: &["+"],
        ..Asked::all("(objectClass=*)")
    };
    let told = nobody.search(root).await;
    let dse = &told.entries[0];
    assert_eq!(dse.name, "");
    assert_eq!(dse.values("namingContexts"), [BASE]);
    assert_eq!(dse.values("supportedLDAPVersion"), ["3"]);
    assert_eq!(dse.values("vendorName"), ["Postern"]);
    let schema = Asked {
        base: dse.values("subschemaSubentry")[0],
        filter: "(objectClass=subschema)",
        attributes: &["attributeTypes", "objectClasses"],
        ..root
    };
    let told = nobody.search(schema).await;
    assert!(told.entries[0].values("attributeTypes").len() > 100);
    assert_eq!(
        nobody
            .search(Asked {
                scope: Scope::Subtree,
                ..root
            })
            .await
            .code,
        ResultCode::NO_SUCH_OBJECT
    );
    let plain = nobody
        .search(Asked {
            attributes: &[],
            ..root
        })
        .await;
    assert_eq!(plain.entries[0].names(), ["objectClass"]);
    assert!(
        nobody
            .search(Asked {
                filter: "(objectClass=person)",
                ..root
            })
            .await
            .entries
            .is_empty()
    );
}

#[tokio::test]
async fn every_control_the_root_dse_names_is_understood_and_no_other() {
    let stage = Stage::new().await;
    let mut service = stage.service().await;
    for control in crate::local::root_dse::CONTROLS {
        let only_for_writes = [oid::PRE_READ, oid::POST_READ, oid::PERMISSIVE_MODIFY].contains(control);
        let value: Option<Vec<u8>> = match *control {
            oid::ASSERTION => Some(filter::present(b"objectClass")),
            oid::PROXIED_AUTHORIZATION => Some(Vec::new()),
            oid::PAGED_RESULTS => Some(b"\x30\x05\x02\x01\x05\x04\x00".to_vec()),
            oid::SORT_REQUEST => Some(b"\x30\x06\x30\x04\x04\x02cn".to_vec()),
            _ => None,
        };
        let octets = encode(control, true, value.as_deref());
        let told = service
            .search(Asked {
                controls: &[&octets],
                ..Asked::all("(uid=ada)")
            })
            .await;
        let refused = told.code == ResultCode::UNAVAILABLE_CRITICAL_EXTENSION;
        assert_eq!(refused, only_for_writes, "{}", String::from_utf8_lossy(control));
    }
}

#[tokio::test]
async fn who_am_i_says_who() {
    let stage = Stage::new().await;
    let who = extended::request(MessageId(1), oid::WHO_AM_I, None, &[]);
    let clients = [stage.client(), stage.signed_in(ADA).await, stage.service().await];
    for (mut client, name) in clients
        .into_iter()
        .zip([String::new(), format!("dn:{ADA}"), "dn:cn=postern".to_owned()])
    {
        let told = client.ask(&who).await;
        let end = [&[0x8b, u8::try_from(name.len()).unwrap()][..], name.as_bytes()].concat();
        assert!(told.last.ends_with(&end), "{name}");
    }
    let mut client = stage.client();
    let unknown = extended::request(MessageId(1), b"1.2.3", None, &[]);
    assert_eq!(client.ask(&unknown).await.code, ResultCode::PROTOCOL_ERROR);
}

#[tokio::test]
async fn our_own_account_acts_for_others_and_nobody_else_does() {
    let stage = Stage::new().await;
    let mut service = stage.service().await;
    let mut admin = stage.signed_in(ADMIN).await;
    let as_whom = |id: &'static str| ActingAs::AuthorizationId(id.as_bytes()).control();
    let who = |control: &[u8]| extended::request(MessageId(1), oid::WHO_AM_I, None, &[control]);
    let told = service
        .ask(&who(&as_whom("dn:UID=ada, ou=people,dc=example,dc=org")))
        .await;
    assert!(told.last.ends_with(ADA.as_bytes()));
    for (id, code) in [
        ("", 0),
        ("dn:uid=ada,ou=people,dc=example,dc=org", 0),
        ("dn:uid=nobody,ou=people,dc=example,dc=org", 123),
        ("dn:no name", 123),
        ("u:ada", 123),
    ] {
        assert_eq!(service.ask(&who(&as_whom(id))).await.code.0, code, "{id}");
        assert_eq!(admin.ask(&who(&as_whom(id))).await.code.0, 123, "{id}");
    }
    // As somebody else it may not do what it may.
    let anonymous = as_whom("");
    let told = service
        .search(Asked {
            controls: &[&anonymous],
            ..Asked::all("(uid=ada)")
        })
        .await;
    assert_eq!(told.code, ResultCode::NO_SUCH_OBJECT);
    let twice = [anonymous.as_slice(), &anonymous].concat();
    let mut content = Writer::new();
    content.element(0x80, oid::WHO_AM_I);
    let request = answer::message(MessageId(2), tag::EXTENDED_REQUEST, &content.finish(), &[&twice]);
    assert_eq!(service.ask(&request).await.code, ResultCode::PROTOCOL_ERROR);
}

#[tokio::test]
async fn compare_says_yes_or_no_or_why_neither() {
    let stage = Stage::new().await;
    let mut client = stage.signed_in(ADA).await;
    let nobody = "uid=x,ou=people,dc=example,dc=org";
    for (name, attribute, value, code) in [
        (BOB, "cn", "BOB  builder", 6),
        (BOB, "name", "Builder", 6),
        (BOB, "cn", "x", 5),
        (BOB, "description", "x", 16),
        (BOB, "nosuch", "x", 17),
        (BOB, "memberOf", "cn=staff,ou=groups,dc=example,dc=org", 6),
        (BOB, "memberOf", "cn=admins,ou=groups,dc=example,dc=org", 5),
        (BOB, "memberOf", "no name", 21),
        (BOB, "pwdFailureTime", "20261122110000Z", 16),
        (nobody, "cn", "x", 32),
        ("no name", "cn", "x", 34),
    ] {
        let told = client.ask(&compare(3, name, attribute, value, &[])).await;
        assert_eq!(told.code.0, code, "{name} {attribute} {value}");
    }
    let told = client.ask(&compare(3, BOB, "userPassword", PASSWORD, &[])).await;
    assert_eq!(
        told.code,
        ResultCode::INSUFFICIENT_ACCESS_RIGHTS,
        "no guessing past what is counted"
    );
    let holds = assertion::control(&filter::equality(b"uid", b"bob"));
    let fails = assertion::control(&filter::equality(b"uid", b"ada"));
    assert_eq!(client.ask(&compare(3, BOB, "cn", "x", &[&holds])).await.code.0, 5);
    assert_eq!(
        client.ask(&compare(3, BOB, "cn", "x", &[&fails])).await.code,
        ResultCode::ASSERTION_FAILED
    );
    let paged = encode(oid::PAGED_RESULTS, true, Some(b"\x30\x05\x02\x01\x05\x04\x00"));
    assert_eq!(client.ask(&compare(3, BOB, "cn", "x", &[&paged])).await.code.0, 12);
}

#[tokio::test]
async fn an_assertion_that_fails_stops_a_search() {
    let stage = Stage::new().await;
    let mut client = stage.signed_in(ADA).await;
    for (uid, code) in [(&b"bob"[..], 0), (b"ada", 122)] {
        let control = assertion::control(&filter::equality(b"uid", uid));
        let told = client
            .search(Asked {
                base: BOB,
                controls: &[&control, &ppolicy::request()],
                ..Asked::all("(objectClass=*)")
            })
            .await;
        assert_eq!(told.code.0, code);
    }
}

#[tokio::test]
async fn settings_with_names_that_are_none_are_refused() {
    let stage = Stage::new().await;
    let make = |change: &dyn Fn(&mut LocalSettings)| {
        let mut settings = LocalSettings::new(DirectoryName("x".into()), BASE);
        change(&mut settings);
        let directory = &stage.directory;
        LocalDirectory::new(
            settings,
            directory.schema.clone(),
            Arc::clone(&directory.entries),
            Arc::clone(&directory.hasher),
            Arc::clone(&directory.clock),
        )
        .err()
    };
    assert_eq!(make(&|_| ()), None);
    assert_eq!(
        make(&|settings| settings.base_dn.clear()),
        Some(LocalSetupError::BaseDn)
    );
    assert_eq!(
        make(&|settings| settings.base_dn = "example".into()),
        Some(LocalSetupError::BaseDn)
    );
    let name = |settings: &mut LocalSettings| settings.administrators.push("ada".into());
    assert!(matches!(make(&name), Some(LocalSetupError::Name(_))));
}
