//! What the server holds: accounts in every state, and the policies that make some of them.

use crate::now;
use std::fmt::Write as _;

pub(crate) const BASE: &str = "dc=example,dc=org";
pub(crate) const SERVICE: &str = "cn=service,dc=example,dc=org";
/// Everybody's.
pub(crate) const PASSWORD: &str = "Quite-secret-1";

const DAY: i64 = 86_400;
const EPOCH: &str = "19700101000000Z";

/// The policy for everybody: 14 days of warning, five failures in ten minutes lock for an hour.
pub(crate) const POLICY: &[(&str, &str)] = &[
    ("passwordExp", "on"),
    ("passwordMaxAge", "7776000"),
    ("passwordWarning", "1209600"),
    ("passwordMustChange", "on"),
    ("passwordGraceLimit", "0"),
    ("passwordLockout", "on"),
    ("passwordMaxFailure", "5"),
    ("passwordUnlock", "on"),
    ("passwordLockoutDuration", "3600"),
    ("passwordResetFailureCount", "600"),
    ("passwordHistory", "on"),
    ("passwordInHistory", "5"),
    ("passwordCheckSyntax", "on"),
    ("passwordMinLength", "8"),
    ("passwordBadWords", "postern"),
];

/// What the others have otherwise.
const POLICIES: &[(&str, &[(&str, &str)])] = &[
    ("grace", &[("passwordGraceLimit", "3")]),
    ("forever", &[("passwordUnlock", "off")]),
    ("ageless", &[("passwordExp", "off")]),
    ("unforced", &[("passwordMustChange", "off")]),
    ("lockless", &[("passwordLockout", "off")]),
    ("minimum-age", &[("passwordMinAge", "86400")]),
    ("announced", &[("passwordSendExpiringTime", "on")]),
    ("no-change", &[("passwordChange", "off")]),
    (
        "one-time",
        &[
            ("passwordTPRMaxUse", "2"),
            ("passwordTPRDelayExpireAt", "600"),
            ("passwordTPRDelayValidFrom", "600"),
        ],
    ),
];

/// Every account and the attributes that make its state.
pub(crate) fn people() -> Vec<(&'static str, Vec<String>)> {
    let now = now().as_second();
    let at = |from_now: i64| {
        let time = postern_identity::Timestamp::from_second(now + from_now).unwrap();
        time.strftime("%Y%m%d%H%M%SZ").to_string()
    };
    let expires = |from_now| format!("passwordExpirationTime: {}", at(from_now));
    let must_change = || format!("passwordExpirationTime: {EPOCH}");
    let policy = |name: &str| format!("pwdPolicySubentry: cn={name},ou=policies,{BASE}");
    let failed = |count: u32, until: &str| {
        vec![
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
    let mut people = vec![
        ("active", vec![expires(60 * DAY)]),
        ("dateless", vec![]),
        ("must-change", vec![must_change()]),
        ("must-change-ageless", vec![must_change(), policy("ageless")]),
        ("unforced", vec![must_change(), policy("unforced")]),
        ("ageless", vec![expires(-DAY), policy("ageless")]),
        ("announced", vec![expires(60 * DAY), policy("announced")]),
        ("disabled", vec![expires(60 * DAY), "nsAccountLock: true".to_owned()]),
        (
            "disabled-must-change",
            vec![must_change(), "nsAccountLock: true".to_owned()],
        ),
        ("locked", failed(5, &at(3540))),
        ("locked-for-good", [failed(5, EPOCH), vec![policy("forever")]].concat()),
        (
            "lock-ignored",
            [failed(5, &at(3540)), vec![policy("lockless")]].concat(),
        ),
        ("lock-over", failed(5, &at(-60))),
        ("lock-without-failures", failed(4, &at(3540))),
        ("expired", vec![expires(-DAY)]),
        ("grace", vec![expires(-DAY), policy("grace")]),
        (
            "grace-over",
            vec![expires(-DAY), policy("grace"), "passwordGraceUserTime: 3".to_owned()],
        ),
        ("expiring", vec![expires(5 * DAY), "passwordExpWarned: 1".to_owned()]),
        ("first-warning", vec![expires(5 * DAY)]),
        ("one-time", one_time("0", &at(300), &at(-300))),
        ("one-time-spent", one_time("2", &at(300), &at(-300))),
        ("one-time-over", one_time("0", &at(-1), &at(-300))),
        ("one-time-too-soon", one_time("0", &at(600), &at(300))),
        (
            "young",
            vec![
                expires(60 * DAY),
                policy("minimum-age"),
                format!("passwordAllowChangeTime: {}", at(DAY)),
            ],
        ),
    ];
    people.push(("no-change", vec![expires(60 * DAY), policy("no-change")]));
    for uid in ["forced", "locked-by-us", "switched-off", "guessed", "history", "owner"] {
        people.push((uid, vec![expires(60 * DAY)]));
    }
    people
}

pub(crate) fn dn(uid: &str) -> String {
    format!("uid={uid},ou=people,{BASE}")
}

pub(crate) fn ldif() -> String {
    let mut ldif = format!("dn: {BASE}\nobjectClass: domain\ndc: example\n{}\n\n", access_rules());
    for unit in ["people", "policies", "others"] {
        write!(
            ldif,
            "dn: ou={unit},{BASE}\nobjectClass: organizationalUnit\nou: {unit}\n\n"
        )
        .unwrap();
    }
    let service = "objectClass: organizationalRole\nobjectClass: simpleSecurityObject\ncn: service";
    write!(ldif, "dn: {SERVICE}\n{service}\nuserPassword: {PASSWORD}\n\n").unwrap();
    for (name, changes) in POLICIES {
        let kind = "objectClass: ldapSubEntry\nobjectClass: passwordPolicy\nobjectClass: extensibleObject";
        let kept = POLICY
            .iter()
            .filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
        let lines: Vec<_> = kept
            .chain(*changes)
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        write!(
            ldif,
            "dn: cn={name},ou=policies,{BASE}\n{kind}\ncn: {name}\n{}\n\n",
            lines.join("\n")
        )
        .unwrap();
    }
    for (uid, state) in people() {
        person(&mut ldif, &dn(uid), uid, &state);
    }
    // Outside of what the service account may write.
    person(&mut ldif, &format!("uid=stranger,ou=others,{BASE}"), "stranger", &[]);
    ldif
}

fn person(ldif: &mut String, dn: &str, uid: &str, state: &[String]) {
    let person = format!("objectClass: inetOrgPerson\nuid: {uid}\ncn: {uid}\nsn: {uid}");
    let lines = [&[person, format!("userPassword: {PASSWORD}")], state].concat();
    write!(ldif, "dn: {dn}\n{}\n\n", lines.join("\n")).unwrap();
}

/// The service account reads all that tells a standing and writes, of people alone, what changes one. Everybody writes their
/// own password, and nothing else.
fn access_rules() -> String {
    let written = [
        "userPassword",
        "passwordExpirationTime",
        "passwordExpWarned",
        "passwordRetryCount",
        "retryCountResetTime",
        "accountUnlockTime",
        "nsAccountLock",
    ]
    .join(" || ");
    let us = format!("userdn=\"ldap:///{SERVICE}\"");
    format!(
        "aci: (targetattr!=\"userPassword\")(version 3.0; acl \"read\"; allow (read, search, compare) {us};)\n\
         aci: (target=\"ldap:///ou=people,{BASE}\")(targetattr=\"{written}\")(version 3.0; acl \"write\"; allow (write) {us};)\n\
         aci: (targetattr=\"userPassword\")(version 3.0; acl \"own\"; allow (write) userdn=\"ldap:///self\";)"
    )
}

/// Lets the service account read the policy for everybody.
pub(crate) fn config_access_rule() -> String {
    let policy: Vec<_> = POLICY.iter().map(|(name, _)| *name).collect();
    format!(
        "aci: (target=\"ldap:///cn=config\")(targetattr=\"objectClass || cn || {}\")(version 3.0; acl \"policy\"; \
         allow (read, search, compare) userdn=\"ldap:///{SERVICE}\";)",
        policy.join(" || ")
    )
}
