//! FreeIPA, as far as its attributes go: a 389 Directory Server that has them and none of the plug-ins, which is how a FreeIPA without grace
//! sign-ins answers to an expired password: with success and nothing else. What the plug-ins say themselves is the dialect's own tests' to show.

use postern_ldap::result::ResultCode;
use postern_ldap::search::SearchRequest;
use postern_ldap::{Message, answer, tag};
use postern_tests::ds389::people::account;
use postern_tests::ds389::{DIRECTORY_MANAGER, Ds389Settings};
use postern_tests::gateway::{Output, program};
use postern_tests::people::{ADMINISTRATOR_PASSWORD, BASE, PASSWORD, dn};
use postern_tests::puppet::{Act, Puppet};
use postern_tests::request::{self, Change, Scope};
use postern_tests::{Ds389, Gateway, GatewaySettings, Wire, eventually};
use serde_json::Value;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Longer than anything may take.
const PATIENCE: Duration = Duration::from_secs(20);
const DAY: i64 = 86_400;
const POLICY: &str = "cn=global_policy,cn=EXAMPLE.ORG,cn=kerberos,dc=example,dc=org";

/// The accounts: the uid, the state its entry tells, and whether its own sign-in is accepted by the server.
const PEOPLE: &[(&str, &str, bool)] = &[
    ("ipa-active", "active", true),
    ("ipa-expired", "expired", true),
    ("ipa-reset", "must_change", true),
    ("ipa-expiring", "expiring", true),
    ("ipa-elsewhere", "active", true),
    ("ipa-disabled", "disabled", false),
    // The plug-in would keep these two out; the server itself lets them in, and then it has the last word.
    ("ipa-locked", "locked", true),
    ("ipa-ended", "account_expired", true),
];

/// Lets in for a new password whoever needs one, and says so in the control.
const RESTRICTING: &str = r#"
priority = 1

[[policy]]
route = "*"
surface = "ppolicy"

[policy.standing.active]
verdict = "allow"

[policy.standing.expiring]
verdict = "allow"

[policy.standing.must_change]
verdict = "restrict"

[policy.standing.expired]
verdict = "restrict"
"#;

#[test]
fn what_the_server_says_nothing_of_is_told_by_the_entry_on_every_route_but_a_transparent_one() {
    let server = freeipa();
    let control = request::password_policy();
    for (preset, wanted) in [
        ("generic", [0, 49, 49, 0]),
        ("restricting", [0, 0, 0, 0]),
        ("transparent", [0, 0, 0, 0]),
    ] {
        let gateway = Gateway::start_with(&directory(preset, &server));
        for ((uid, state, _), code) in PEOPLE.iter().zip(wanted) {
            let sign_in = request::bind(1, &dn(uid), PASSWORD, &[&control]);
            let answered = gateway.client().ask(&sign_in).remove(0);
            assert_eq!(answered.code, Some(code), "{preset}: {uid}: {answered:?}");
            let line = signed_in(&gateway, uid);
            if preset == "transparent" {
                let direct = Wire::connect(server.address()).ask(&sign_in).remove(0);
                assert_eq!(answered.octets, direct.octets, "{uid}");
                assert_eq!(line["state"], "active", "{line}");
            } else {
                assert_eq!(
                    (&line["state"], &line["proven"]),
                    (&(*state).into(), &"yes".into()),
                    "{line}"
                );
                assert_eq!(line["directory_code"], 0, "{line}");
            }
            if preset == "restricting" {
                let told = answered.password_policy().unwrap();
                // changeAfterReset, for that is what lets the client ask for a new one; seconds until the end.
                let wanted: &[u8] = match *state {
                    "active" => &[0x30, 0],
                    "expiring" => &[0x30, 7, 0xa0, 5, 0x80, 3],
                    _ => &[0x30, 3, 0x81, 1, 2],
                };
                assert!(told.starts_with(wanted), "{uid}: {told:x?}");
            }
        }
        let looks = if preset == "transparent" { 0 } else { 4 };
        assert_eq!(looked(&gateway, "found"), looks, "{preset}");
        assert_eq!(looked(&gateway, "failed"), 0, "{preset}");
    }
}

#[test]
fn a_wrong_password_costs_no_look_and_tells_nothing() {
    let server = freeipa();
    let gateway = Gateway::start_with(&directory("restricting", &server));
    let control = request::password_policy();
    let wrong = |uid: &str| {
        let sign_in = request::bind(1, &dn(uid), "not the password", &[&control]);
        gateway.client().ask(&sign_in).remove(0).octets
    };
    let nobody = wrong("nobody");
    for (uid, ..) in PEOPLE {
        assert_eq!(wrong(uid), nobody, "{uid}");
    }
    assert_eq!(looked(&gateway, "found") + looked(&gateway, "failed"), 0);
}

#[test]
fn the_entry_of_every_account_says_what_a_sign_in_meets() {
    let server = freeipa();
    let gateway = Gateway::start_with(&directory("generic", &server));
    for (uid, state, accepted) in PEOPLE {
        let output = Command::new(program())
            .args([
                "explain",
                "--config",
                "gateway.toml",
                "--route",
                "applications",
                "--json",
                "--user",
            ])
            .arg(dn(uid))
            .current_dir(gateway.folder())
            .output()
            .unwrap();
        let told: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(told["standing"]["state"], *state, "{uid}: {told}");
        let direct = Wire::connect(server.address()).bind(1, &dn(uid), PASSWORD);
        assert_eq!(direct.code == Some(0), *accepted, "{uid}");
        // Whoever is let in without a word has shown the password all the same; a plug-in that keeps somebody out has not looked at it.
        let (answers, proven) = match *state {
            "disabled" | "locked" | "account_expired" => ("would refuse it with 53", "unknown"),
            _ => ("would accept it", "yes"),
        };
        let bind = &told["bind"];
        assert_eq!(
            (&bind["directory_answers"], &bind["password_proven"]),
            (&answers.into(), &proven.into()),
            "{uid}: {told}"
        );
    }
}

#[test]
fn a_new_password_ends_what_the_entry_said_before() {
    let server = freeipa();
    let gateway = Gateway::start_with(&directory("restricting", &server));
    let who = dn("ipa-expired");
    let mut wire = gateway.tls_client();
    assert_eq!(wire.bind(1, &who, PASSWORD).code, Some(0));
    let search = |id| request::search(id, &who, Scope::Base, "objectClass", &["cn"], &[]);
    assert_ne!(
        wire.ask(&search(2)).pop().unwrap().code,
        Some(0),
        "it may only change its password"
    );
    // What the plug-in does with the change: a new end.
    expire(&server, &who, 90 * DAY);
    let change = request::password_modify(3, None, Some(PASSWORD), Some("Quite-another-1"), &[]);
    assert_eq!(wire.ask(&change).remove(0).code, Some(0));
    assert_eq!(
        wire.ask(&search(4)).pop().unwrap().code,
        Some(0),
        "it may do everything now"
    );
    eventually("the sign-in with the new password is on record", PATIENCE, || {
        let allowed =
            |line: &Value| line["operation"] == "bind" && line["outcome"] == "allowed" && line["state"] == "active";
        gateway.audit().iter().any(allowed).then_some(())
    });
}

#[test]
fn sign_ins_soon_after_each_other_share_a_look() {
    let server = freeipa();
    let gateway = Gateway::start_with(&directory("generic", &server));
    let begun = Instant::now();
    for _ in 0..10 {
        assert_eq!(gateway.client().bind(1, &dn("ipa-expired"), PASSWORD).code, Some(49));
    }
    let periods = begun.elapsed().as_secs() / 5;
    let (found, shared) = (looked(&gateway, "found"), looked(&gateway, "shared"));
    assert_eq!(found + shared, 10);
    let at_most = usize::try_from(periods).unwrap() + 1;
    assert!(
        found <= at_most,
        "{found} looks, at most one in five seconds: {at_most}"
    );
}

#[test]
fn a_look_is_one_base_search_and_an_entry_that_cannot_be_read_keeps_nobody_out() {
    let searches = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&searches);
    let puppet = Puppet::start(move |message, _| {
        let Ok(search) = SearchRequest::parse(message) else {
            return success(message);
        };
        if message.operation.tag != tag::SEARCH_REQUEST || search.base != dn("ipa-active").as_bytes() {
            return success(message);
        }
        counted.fetch_add(1, Ordering::SeqCst);
        assert_eq!(search.scope, postern_ldap::search::Scope::Base);
        let refused = ResultCode::INSUFFICIENT_ACCESS_RIGHTS;
        Act::Send(answer::result(message.id, tag::SEARCH_DONE, refused, "", &[]))
    });
    let settings = GatewaySettings {
        dialect: "freeipa".to_owned(),
        ..GatewaySettings::new("generic", &[puppet.url()])
    };
    let gateway = Gateway::start_unready(&settings, Output::Kept);
    assert_eq!(gateway.client().bind(1, &dn("ipa-active"), PASSWORD).code, Some(0));
    let line = signed_in(&gateway, "ipa-active");
    assert_eq!(line["told_by"], "result code; the entry could not be read", "{line}");
    assert_eq!(looked(&gateway, "failed"), 1);
    assert_eq!(searches.load(Ordering::SeqCst), 1);
}

fn success(message: &Message<'_>) -> Act {
    let response = tag::response_to(message.operation.tag).unwrap_or(tag::EXTENDED_RESPONSE);
    Act::Send(answer::result(message.id, response, ResultCode::SUCCESS, "", &[]))
}

/// The audit line of somebody's sign-in.
fn signed_in(gateway: &Gateway, uid: &str) -> Value {
    eventually("the sign-in is on record", PATIENCE, || {
        let of_account = |line: &Value| line["operation"] == "bind" && line["account"] == dn(uid);
        gateway.audit().into_iter().find(of_account)
    })
}

fn looked(gateway: &Gateway, result: &str) -> usize {
    let labels = [("directory", "people"), ("result", result)];
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count of second looks"
    )]
    let count = gateway.metrics().sum("postern_ldap_second_looks_total", &labels) as usize;
    count
}

pub(crate) fn directory(preset: &str, server: &Ds389) -> GatewaySettings {
    GatewaySettings {
        dialect: "freeipa".to_owned(),
        directory: format!(
            "ca_file = \"{}\"\ndefault_policy_dn = \"{POLICY}\"",
            server.ca_file().display()
        ),
        policy: (preset == "restricting").then(|| RESTRICTING.to_owned()),
        ..GatewaySettings::new(preset, &[server.tls_url()])
    }
}

/// A server whose accounts have FreeIPA's attributes.
pub(crate) fn freeipa() -> Ds389 {
    let now = postern_tests::people::now();
    let at = |from_now: i64| postern_tests::people::generalized_time(now + from_now);
    let expires = |from_now| format!("krbPasswordExpiration: {}", at(from_now));
    let changed = |from_now| format!("krbLastPwdChange: {}", at(from_now));
    let person = |uid: &str, lines: &[String]| {
        let id = format!("ipaUniqueID: {uid}-id");
        let mut all = vec!["objectClass: storyKrbPrincipal", &id];
        all.extend(lines.iter().map(String::as_str));
        account(uid, "active", &all)
    };
    let failed = [
        "krbLoginFailedCount: 6".to_owned(),
        format!("krbLastFailedAuth: {}", at(-60)),
    ];
    let ldif = [
        person("ipa-active", &[expires(60 * DAY), changed(-30 * DAY)]),
        person("ipa-expired", &[expires(-DAY), changed(-91 * DAY)]),
        person("ipa-reset", &[expires(-DAY), changed(-DAY)]),
        person("ipa-expiring", &[expires(3 * DAY), changed(-87 * DAY)]),
        person("ipa-elsewhere", &[expires(-DAY), "ipaUserAuthType: radius".to_owned()]),
        person("ipa-disabled", &[expires(DAY), "nsAccountLock: TRUE".to_owned()]),
        person("ipa-locked", &[failed.as_slice(), &[expires(60 * DAY)]].concat()),
        person("ipa-ended", &[format!("krbPrincipalExpiration: {}", at(-DAY))]),
        format!(
            "dn: cn=kerberos,{BASE}\nobjectClass: nsContainer\ncn: kerberos\n\ndn: cn=EXAMPLE.ORG,cn=kerberos,{BASE}\nobjectClass: nsContainer\ncn: EXAMPLE.ORG\n\n\
             dn: {POLICY}\nobjectClass: nsContainer\nobjectClass: storyKrbPwdPolicy\ncn: global_policy\nkrbPwdMaxFailure: 6\nkrbPwdFailureCountInterval: 60\n\
             krbPwdLockoutDuration: 600\npasswordGraceLimit: -1\n\n"
        ),
    ];
    Ds389::start_with(&Ds389Settings {
        ldif: ldif.concat(),
        schema: schema(),
        ..Ds389Settings::default()
    })
}

/// The attributes by their names; the numbers are of these stories.
fn schema() -> String {
    let times = [
        "krbPasswordExpiration",
        "krbLastPwdChange",
        "krbLastFailedAuth",
        "krbLastAdminUnlock",
        "krbPrincipalExpiration",
    ];
    let numbers = [
        "krbLoginFailedCount",
        "krbPwdMaxFailure",
        "krbPwdFailureCountInterval",
        "krbPwdLockoutDuration",
    ];
    let texts = ["ipaUniqueID", "ipaUserAuthType", "krbPwdPolicyReference"];
    let of = |names: &[&str], syntax: u32| {
        names
            .iter()
            .map(|name| ((*name).to_owned(), syntax))
            .collect::<Vec<_>>()
    };
    let all = [of(&times, 24), of(&numbers, 27), of(&texts, 15)].concat();
    let mut lines = Vec::new();
    for (number, (name, syntax)) in all.iter().enumerate() {
        lines.push(format!(
            "attributeTypes: ( 1.3.6.1.4.1.99999.1.{number} NAME '{name}' SYNTAX 1.3.6.1.4.1.1466.115.121.1.{syntax} X-ORIGIN 'stories' )"
        ));
    }
    let names = all
        .iter()
        .map(|(name, _)| name.as_str())
        .collect::<Vec<_>>()
        .join(" $ ");
    for (number, class) in ["storyKrbPrincipal", "storyKrbPwdPolicy"].iter().enumerate() {
        lines.push(format!(
            "objectClasses: ( 1.3.6.1.4.1.99999.2.{number} NAME '{class}' AUXILIARY MAY ( {names} $ passwordGraceLimit ) X-ORIGIN 'stories' )"
        ));
    }
    lines.join("\n") + "\n"
}

/// Gives an account's password another end.
fn expire(server: &Ds389, who: &str, from_now: i64) {
    let end = postern_tests::people::generalized_time(postern_tests::people::now() + from_now);
    let mut wire = Wire::connect(server.address());
    assert_eq!(wire.bind(1, DIRECTORY_MANAGER, ADMINISTRATOR_PASSWORD).code, Some(0));
    let change: (Change, &str, &[&str]) = (Change::Replace, "krbPasswordExpiration", &[&end]);
    assert_eq!(
        wire.ask(&request::modify(2, who, &[change], &[])).remove(0).code,
        Some(0)
    );
}
