//! What the slapd of the stories holds: an account for each state, named after it.

use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

/// The suffix.
pub const BASE: &str = "dc=example,dc=org";
/// Everybody's password, the service account's too.
pub const PASSWORD: &str = "secret-1234";
/// The service account: it reads everything but passwords.
pub const SERVICE: &str = "cn=service,ou=services,dc=example,dc=org";
/// slapd's own administrator, outside of every rule.
pub const ADMINISTRATOR: &str = "cn=admin,dc=example,dc=org";
/// The administrator's password.
pub const ADMINISTRATOR_PASSWORD: &str = "admin-secret";
/// Seconds until the password of `expiring` expires, less those since the directory was filled.
pub const EXPIRING_IN: u32 = 5 * 86_400;

/// The states of the golden matrix: the uid, and the attributes that make the state.
pub const STATES: &[&str] = &[
    "active",
    "must-change",
    "locked-by-administrator",
    "locked-by-failures",
    "locked-for-an-hour",
    "expired",
    "grace",
    "grace-used-up",
    "expiring",
    "expired-must-change",
    "locked-must-change",
    "not-yet-valid",
    "ended",
    "idle",
    "young",
    "safe-modify",
];

/// How many accounts `must-change-01` and so on there are, for stories that change the password.
pub const MUST_CHANGE: usize = 40;

const DAY: i64 = 86_400;

/// The DN of an account by its uid.
pub fn dn(uid: &str) -> String {
    format!("uid={uid},ou=people,{BASE}")
}

/// The whole directory as LDIF, for slapadd: past dates and locks can only be written offline. `users` ordinary people
/// `user0001` and so on come on top of the states.
pub fn ldif(users: usize, more: &str) -> String {
    let now = now();
    let mut ldif = Ldif(String::new());
    ldif.entry(
        BASE,
        &[
            "objectClass: dcObject",
            "objectClass: organization",
            "o: Example",
            "dc: example",
        ],
    );
    for unit in ["people", "services", "policies", "groups"] {
        let lines = ["objectClass: organizationalUnit", &format!("ou: {unit}")];
        ldif.entry(&format!("ou={unit},{BASE}"), &lines);
    }
    for (name, changes) in POLICIES {
        ldif.policy(name, changes);
    }
    ldif.entry(
        SERVICE,
        &[
            "objectClass: organizationalRole",
            "objectClass: simpleSecurityObject",
            "cn: service",
            &format!("userPassword: {PASSWORD}"),
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

/// LDIF of one more account, in one of [`STATES`], with these lines besides: for [`crate::SlapdSettings::ldif`].
pub fn account(uid: &str, kind: &str, lines: &[&str]) -> String {
    let mut ldif = Ldif(String::new());
    let mut all = state(kind, now());
    all.extend(lines.iter().map(|line| (*line).to_owned()));
    ldif.person(uid, &all);
    ldif.0
}

/// LDIF of an account that [`ADMINISTRATOR`] is, for a directory that has no other.
pub fn administrator() -> String {
    let mut ldif = Ldif(String::new());
    ldif.entry(
        ADMINISTRATOR,
        &[
            "objectClass: organizationalRole",
            "objectClass: simpleSecurityObject",
            "cn: admin",
            &format!("userPassword: {ADMINISTRATOR_PASSWORD}"),
        ],
    );
    ldif.0
}

/// The operational attributes of a state.
fn state(uid: &str, now: i64) -> Vec<String> {
    let at = |ago: i64| generalized_time(now - ago);
    let changed = |days: i64| format!("pwdChangedTime: {}", at(days * DAY));
    let policy = |name: &str| format!("pwdPolicySubentry: cn={name},ou=policies,{BASE}");
    let reset = || "pwdReset: TRUE".to_owned();
    let for_good = || "pwdAccountLockedTime: 000001010000Z".to_owned();
    let failed = |ago: i64| -> Vec<String> {
        (0..5)
            .map(|failure| format!("pwdFailureTime: {}", at(ago + failure)))
            .collect()
    };
    match uid {
        "active" => vec![changed(1)],
        "must-change" => vec![changed(1), reset()],
        "locked-by-administrator" => vec![changed(1), for_good()],
        "locked-by-failures" => [
            vec![changed(1), format!("pwdAccountLockedTime: {}", at(60))],
            failed(60),
        ]
        .concat(),
        "locked-for-an-hour" => [
            vec![changed(1), format!("pwdAccountLockedTime: {}", at(60)), policy("timed")],
            failed(60),
        ]
        .concat(),
        "expired" => vec![changed(200)],
        "grace" => vec![changed(200), policy("grace")],
        "grace-used-up" => {
            let used = (1..=3).map(|use_| format!("pwdGraceUseTime: {}", at(use_ * 60)));
            [changed(200), policy("grace")].into_iter().chain(used).collect()
        }
        "expiring" => vec![changed(85)],
        "expired-must-change" => vec![changed(200), reset()],
        "locked-must-change" => vec![changed(1), for_good(), reset()],
        "not-yet-valid" => vec![changed(1), format!("pwdStartTime: {}", at(-30 * DAY))],
        "ended" => vec![changed(1), format!("pwdEndTime: {}", at(DAY))],
        "idle" => vec![changed(50), format!("pwdLastSuccess: {}", at(40 * DAY)), policy("idle")],
        "young" => vec![format!("pwdChangedTime: {}", at(60)), policy("minimum-age")],
        "safe-modify" => vec![changed(1), policy("safe-modify")],
        other => panic!("no state {other}"),
    }
}

/// A password lasts 90 days with a warning for 14; five failures lock until somebody unlocks.
const POLICY: &[(&str, &str)] = &[
    ("pwdAttribute", "userPassword"),
    ("pwdMaxAge", "7776000"),
    ("pwdMinAge", "0"),
    ("pwdInHistory", "5"),
    ("pwdCheckQuality", "1"),
    ("pwdMinLength", "8"),
    ("pwdExpireWarning", "1209600"),
    ("pwdGraceAuthNLimit", "0"),
    ("pwdLockout", "TRUE"),
    ("pwdLockoutDuration", "0"),
    ("pwdMaxFailure", "5"),
    ("pwdFailureCountInterval", "600"),
    ("pwdMaxIdle", "0"),
    ("pwdMustChange", "TRUE"),
    ("pwdAllowUserChange", "TRUE"),
    ("pwdSafeModify", "FALSE"),
];

const POLICIES: &[(&str, &[(&str, &str)])] = &[
    ("default", &[]),
    ("grace", &[("pwdGraceAuthNLimit", "3")]),
    ("timed", &[("pwdLockoutDuration", "3600")]),
    ("idle", &[("pwdMaxIdle", "2592000")]),
    ("minimum-age", &[("pwdMinAge", "86400")]),
    ("safe-modify", &[("pwdSafeModify", "TRUE")]),
];

struct Ldif(String);

impl Ldif {
    fn entry(&mut self, dn: &str, lines: &[&str]) {
        writeln!(self.0, "dn: {dn}\n{}\n", lines.join("\n")).unwrap();
    }

    fn policy(&mut self, name: &str, changes: &[(&str, &str)]) {
        let mut lines = vec!["objectClass: device".to_owned(), "objectClass: pwdPolicy".to_owned()];
        lines.push(format!("cn: {name}"));
        for (attribute, value) in POLICY {
            let changed = changes.iter().find(|(changed, _)| changed == attribute);
            lines.push(format!("{attribute}: {}", changed.map_or(value, |(_, value)| value)));
        }
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        self.entry(&format!("cn={name},ou=policies,{BASE}"), &lines);
    }

    fn person(&mut self, uid: &str, state: &[String]) {
        let lines = [
            "objectClass: inetOrgPerson".to_owned(),
            format!("uid: {uid}"),
            format!("cn: {uid}"),
            format!("sn: {uid}"),
            format!("mail: {uid}@example.org"),
            format!("userPassword: {PASSWORD}"),
        ];
        let mut lines: Vec<&str> = lines.iter().chain(state).map(String::as_str).collect();
        // slapadd wants the values of an attribute next to each other.
        lines.sort_by_key(|line| !line.starts_with("objectClass"));
        self.entry(&dn(uid), &lines);
    }
}

/// Seconds since 1970.
#[allow(
    clippy::disallowed_methods,
    reason = "slapd goes by the machine's clock and can be given no other"
)]
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock past 1970");
    i64::try_from(since.as_secs()).expect("a clock before the end of time")
}

/// As slapd writes it (RFC 4517 §3.3.13).
pub fn generalized_time(seconds: i64) -> String {
    let time = jiff::Timestamp::from_second(seconds).expect("a time of this age");
    time.strftime("%Y%m%d%H%M%SZ").to_string()
}
