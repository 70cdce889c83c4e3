//! Who is in the server besides those of the harness: states that only 389 Directory Server has, and those whom a story changes.

use postern_tests::ds389::people::{account, account_of, policy, policy_dn};
use postern_tests::people::{BASE, SERVICE, dn, generalized_time, now};

const DAY: i64 = 86_400;
/// Must be changed; of a lock: until somebody unlocks.
const EPOCH: &str = "19700101000000Z";

/// What the others have otherwise than everybody.
const POLICIES: &[(&str, &[(&str, &str)])] = &[
    ("ageless", &[("passwordExp", "off")]),
    ("unforced", &[("passwordMustChange", "off")]),
    ("lockless", &[("passwordLockout", "off")]),
    ("announced", &[("passwordSendExpiringTime", "on")]),
    (
        "one-time",
        &[
            ("passwordTPRMaxUse", "2"),
            ("passwordTPRDelayExpireAt", "600"),
            ("passwordTPRDelayValidFrom", "600"),
        ],
    ),
];

/// Whom a story changes, and the state they begin in.
const CHANGED: &[(&str, &str)] = &[
    ("first-warning-again", "first-warning"),
    ("guessed", "active"),
    ("owner", "active"),
    ("must-change-once", "must-change"),
    ("expired-once", "expired"),
    ("locked-until-reset", "locked-by-failures"),
    ("locked-for-an-hour-until-reset", "locked-for-an-hour"),
    ("history", "active"),
    ("forced", "active"),
    ("locked-by-us", "active"),
    ("locked-until-unlocked", "locked-by-failures"),
    ("locked-for-an-hour-until-unlocked", "locked-for-an-hour"),
    ("switched-off", "active"),
];

pub(super) fn ldif() -> String {
    let policies = POLICIES.iter().map(|(name, changes)| policy(name, changes));
    let states = states().into_iter().map(|(uid, lines)| account_of(uid, &lines));
    let changed = CHANGED.iter().map(|(uid, kind)| account(uid, kind, &[]));
    let not_ours = format!(
        "aci: (targetattr=\"userPassword\")(version 3.0; acl \"not ours\"; deny (write) userdn=\"ldap:///{SERVICE}\";)"
    );
    policies
        .chain(states)
        .chain(changed)
        .chain([account("not-ours", "active", &[&not_ours])])
        .chain(groups())
        .collect()
}

/// The states that the harness does not have.
fn states() -> Vec<(&'static str, Vec<String>)> {
    let now = now();
    let at = |from_now: i64| generalized_time(now + from_now);
    let expires = |from_now| format!("passwordExpirationTime: {}", at(from_now));
    let must_change = || format!("passwordExpirationTime: {EPOCH}");
    let policy = |name: &str| format!("pwdPolicySubentry: {}", policy_dn(name));
    let failed = |count: u32, until: &str, policy_name: &str| {
        vec![
            policy(policy_name),
            format!("passwordRetryCount: {count}"),
            format!("retryCountResetTime: {}", at(540)),
            format!("accountUnlockTime: {until}"),
        ]
    };
    let one_time = |uses: &str, end: &str, beginning: &str| {
        vec![
            policy("one-time"),
            must_change(),
            "pwdTPRReset: TRUE".to_owned(),
            format!("pwdTPRUseCount: {uses}"),
            format!("pwdTPRExpireAt: {end}"),
            format!("pwdTPRValidFrom: {beginning}"),
        ]
    };
    vec![
        ("dateless", vec![]),
        ("must-change-ageless", vec![must_change(), policy("ageless")]),
        ("unforced", vec![must_change(), policy("unforced")]),
        ("ageless", vec![expires(-DAY), policy("ageless")]),
        ("announced", vec![expires(60 * DAY), policy("announced")]),
        ("lock-ignored", failed(5, &at(3540), "lockless")),
        ("lock-over", failed(5, &at(-60), "timed")),
        ("lock-without-failures", failed(4, &at(3540), "timed")),
        ("one-time", one_time("0", &at(300), &at(-300))),
        ("one-time-spent", one_time("2", &at(300), &at(-300))),
        ("one-time-over", one_time("0", &at(-1), &at(-300))),
        ("one-time-too-soon", one_time("0", &at(600), &at(300))),
    ]
}

fn groups() -> [String; 3] {
    let group = |name: &str, kind: &str, member: &str| {
        format!("dn: cn={name},ou=groups,{BASE}\nobjectClass: {kind}\ncn: {name}\n{member}\n\n")
    };
    [
        group("staff", "groupOfNames", &format!("member: {}", dn("active"))),
        group(
            "all",
            "groupOfUniqueNames",
            &format!("uniqueMember: cn=staff,ou=groups,{BASE}"),
        ),
        group("posix", "posixGroup", "gidNumber: 1\nmemberUid: active"),
    ]
}
