//! What the 389 Directory Server of the stories holds: an account for each state, named after it, with the same names and the same
//! password as in the slapd of [`crate::people`].

use crate::people::{BASE, EXPIRING_IN, SERVICE, dn};
use std::fmt::Write as _;

/// The states: the uid, and the attributes that make the state.
pub const STATES: &[&str] = &[
    "active",
    "must-change",
    "inactivated",
    "locked-by-failures",
    "locked-for-an-hour",
    "expired",
    "grace",
    "grace-used-up",
    "expiring",
    "first-warning",
    "locked-must-change",
    "inactivated-must-change",
    "young",
    "no-change",
];

/// How many accounts `must-change-01` and so on there are, for stories that change the password.
pub const MUST_CHANGE: usize = 90;

/// What the service account may set: passwords and how an account stands.
pub const STANDING_ATTRIBUTES: &[&str] = &[
    "nsAccountLock",
    "passwordExpirationTime",
    "passwordExpWarned",
    "passwordGraceUserTime",
    "passwordRetryCount",
    "retryCountResetTime",
    "accountUnlockTime",
    "passwordAllowChangeTime",
    "pwdReset",
    "pwdPolicySubentry",
    "pwdTPRReset",
    "pwdTPRUseCount",
    "pwdTPRExpireAt",
    "pwdTPRValidFrom",
];

/// Lets the service account read the policy that holds for everybody who has none of their own.
pub(super) const CONFIG_ACI: &str = "aci: (targetfilter=\"(cn=config)\")(targetattr=\"objectClass || cn || passwordExp || passwordMaxAge || passwordWarning || passwordMustChange || passwordChange || passwordGraceLimit || passwordLockout || passwordMaxFailure || passwordUnlock || passwordLockoutDuration || passwordResetFailureCount || passwordMinAge || passwordMinLength || passwordInHistory || passwordHistory || passwordCheckSyntax || passwordSendExpiringTime || passwordTPRMaxUse || passwordTPRDelayExpireAt || passwordTPRDelayValidFrom || nsslapd-pwpolicy-local\")(version 3.0; acl \"the policy for everybody\"; allow (read, search, compare) userdn=\"ldap:///cn=service,ou=services,dc=example,dc=org\";)";

/// `pwdhash -s SSHA512 secret-1234`: [`crate::PASSWORD`]. An import keeps clear text as it is, and then nobody can take the old value away.
const HASH: &str =
    "{SSHA512}NEVa1uLmtD0fLlDsBCkORpz3zWPqKteZTNfq5FxBbQbyoVPHLPvD6CFaI9XzNpKvoRVSUozXFBlxGsbCOFbEENFrRtcq97zs";
const DAY: i64 = 86_400;
/// The server's word for "must be changed", and of a lock for "until somebody unlocks".
const NEVER: &str = "19700101000000Z";

/// A password lasts 90 days with a warning for 14; five failures lock until somebody unlocks.
pub(super) const POLICY: &[(&str, &str)] = &[
    ("passwordExp", "on"),
    ("passwordMaxAge", "7776000"),
    ("passwordWarning", "1209600"),
    ("passwordMustChange", "on"),
    ("passwordChange", "on"),
    ("passwordGraceLimit", "0"),
    ("passwordLockout", "on"),
    ("passwordMaxFailure", "5"),
    ("passwordUnlock", "off"),
    ("passwordLockoutDuration", "3600"),
    ("passwordResetFailureCount", "600"),
    ("passwordMinAge", "0"),
    ("passwordHistory", "on"),
    ("passwordInHistory", "5"),
    ("passwordCheckSyntax", "on"),
    ("passwordMinLength", "8"),
];

const POLICIES: &[(&str, &[(&str, &str)])] = &[
    ("grace", &[("passwordGraceLimit", "3")]),
    ("timed", &[("passwordUnlock", "on")]),
    ("minimum-age", &[("passwordMinAge", "86400")]),
    ("no-change", &[("passwordChange", "off")]),
];

/// The whole directory as LDIF, for an import: what a server counts and dates itself can only be written offline.
pub fn ldif(users: usize, more: &str) -> String {
    let now = crate::people::now();
    let mut ldif = Ldif(String::new());
    ldif.entry(
        BASE,
        &["objectClass: top\nobjectClass: domain\ndc: example", &access_rules()],
    );
    for unit in ["people", "services", "policies", "groups"] {
        let lines = ["objectClass: organizationalUnit", &format!("ou: {unit}")];
        ldif.entry(&format!("ou={unit},{BASE}"), &lines);
    }
    for (name, changes) in POLICIES {
        ldif.0.push_str(&policy(name, changes));
    }
    let password = format!("userPassword: {HASH}");
    ldif.entry(
        SERVICE,
        &[
            "objectClass: organizationalRole\nobjectClass: simpleSecurityObject\ncn: service",
            &password,
        ],
    );
    for uid in STATES {
        ldif.person(uid, &state(uid, now));
    }
    for number in 1..=MUST_CHANGE {
        ldif.person(&format!("must-change-{number:02}"), &state("must-change", now));
    }
    for number in 1..=5 {
        ldif.person(&format!("history-{number}"), &state("active", now));
    }
    for number in 1..=users {
        ldif.person(&format!("user{number:04}"), &state("active", now));
    }
    ldif.0.push_str(more);
    ldif.0
}

/// LDIF of one more account, in one of [`STATES`], with these lines besides: for [`super::Ds389Settings::ldif`].
pub fn account(uid: &str, kind: &str, lines: &[&str]) -> String {
    let mut all = state(kind, crate::people::now());
    all.extend(lines.iter().map(|line| (*line).to_owned()));
    account_of(uid, &all)
}

/// LDIF of one more account whose state is these lines and no others: for one that is not in [`STATES`].
pub fn account_of(uid: &str, state: &[String]) -> String {
    let mut ldif = Ldif(String::new());
    ldif.person(uid, state);
    ldif.0
}

/// LDIF of a policy for some, `cn=name,ou=policies`: that for everybody but for these attributes.
pub fn policy(name: &str, changes: &[(&str, &str)]) -> String {
    let kept = POLICY
        .iter()
        .filter(|(attribute, _)| !changes.iter().any(|(changed, _)| changed == attribute));
    let lines = policy_lines(&kept.chain(changes).copied().collect::<Vec<_>>());
    let kind = "objectClass: top\nobjectClass: ldapSubEntry\nobjectClass: passwordPolicy";
    let mut ldif = Ldif(String::new());
    ldif.entry(&policy_dn(name), &[kind, &format!("cn: {name}"), &lines]);
    ldif.0
}

/// What `pwdPolicySubentry` says of whoever has the policy of this name.
pub fn policy_dn(name: &str) -> String {
    format!("cn={name},ou=policies,{BASE}")
}

/// Lines of an entry that holds a policy.
pub(super) fn policy_lines(policy: &[(&str, &str)]) -> String {
    let lines = policy.iter().map(|(attribute, value)| format!("{attribute}: {value}"));
    lines.collect::<Vec<_>>().join("\n")
}

/// Everybody reads everything but passwords, writes their own entry, and the service account writes passwords and standing.
fn access_rules() -> String {
    let standing = STANDING_ATTRIBUTES.join(" || ");
    format!(
        "aci: (targetattr!=\"userPassword || passwordHistory\")(version 3.0; acl \"read\"; allow (read, search, compare) userdn=\"ldap:///anyone\";)
aci: (targetattr=\"{standing} || nsUniqueId || passwordHistory\")(version 3.0; acl \"standing\"; allow (read, search, compare) userdn=\"ldap:///{SERVICE}\";)
aci: (targetattr=\"userPassword || {standing}\")(version 3.0; acl \"service\"; allow (write) userdn=\"ldap:///{SERVICE}\";)
aci: (targetattr!=\"{standing} || aci\")(version 3.0; acl \"self\"; allow (write) userdn=\"ldap:///self\";)"
    )
}

/// The operational attributes of a state.
fn state(uid: &str, now: i64) -> Vec<String> {
    let at = |ago: i64| crate::people::generalized_time(now - ago);
    let expires = |days: i64| format!("passwordExpirationTime: {}", at(-days * DAY));
    let must_change = || format!("passwordExpirationTime: {NEVER}");
    let policy = |name: &str| format!("pwdPolicySubentry: {}", policy_dn(name));
    let inactivated = || "nsAccountLock: true".to_owned();
    let failed = |until: String| {
        vec![
            "passwordRetryCount: 5".to_owned(),
            format!("retryCountResetTime: {}", at(-540)),
            format!("accountUnlockTime: {until}"),
        ]
    };
    match uid {
        "active" => vec![expires(89)],
        "must-change" => vec![must_change()],
        "inactivated" => vec![expires(89), inactivated()],
        "locked-by-failures" => [vec![expires(89)], failed(NEVER.to_owned())].concat(),
        "locked-for-an-hour" => [vec![expires(89), policy("timed")], failed(at(-3540))].concat(),
        "expired" => vec![expires(-110)],
        "grace" => vec![expires(-110), policy("grace")],
        "grace-used-up" => vec![expires(-110), policy("grace"), "passwordGraceUserTime: 3".to_owned()],
        // Told once already: from then on the server counts from the date in the entry.
        "expiring" => vec![
            format!("passwordExpirationTime: {}", at(-i64::from(EXPIRING_IN))),
            "passwordExpWarned: 1".to_owned(),
        ],
        "first-warning" => vec![expires(5)],
        "locked-must-change" => [vec![must_change()], failed(NEVER.to_owned())].concat(),
        "inactivated-must-change" => vec![must_change(), inactivated()],
        "young" => vec![
            expires(89),
            policy("minimum-age"),
            format!("passwordAllowChangeTime: {}", at(-DAY)),
        ],
        "no-change" => vec![expires(89), policy("no-change")],
        other => panic!("no state {other}"),
    }
}

struct Ldif(String);

impl Ldif {
    fn entry(&mut self, dn: &str, lines: &[impl AsRef<str>]) {
        writeln!(self.0, "dn: {dn}").unwrap();
        for line in lines {
            writeln!(self.0, "{}", line.as_ref()).unwrap();
        }
        self.0.push('\n');
    }

    fn person(&mut self, uid: &str, state: &[String]) {
        let person = format!(
            "objectClass: inetOrgPerson\nuid: {uid}\ncn: {uid}\nsn: {uid}\nmail: {uid}@example.org\nuserPassword: {HASH}"
        );
        self.entry(&dn(uid), &[&[person], state].concat());
    }
}
