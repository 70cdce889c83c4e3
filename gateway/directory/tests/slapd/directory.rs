//! What the slapd of these tests holds: accounts in every state, each named after it.

use crate::MachineClock;
use postern_identity::Clock;
use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

pub(crate) const SERVICE_PASSWORD: &str = "service-secret";
/// May write passwords and standings, as a policy's subject.
pub(crate) const WRITER: &str = "cn=writer,ou=services,dc=example,dc=org";
/// Everybody's password.
pub(crate) const PASSWORD: &str = "secret-1234";

const DAY: i64 = 86_400;

pub(crate) fn configuration(folder: &Path, global: &str) -> String {
    let folder = folder.display();
    format!(
        "include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
include /etc/ldap/schema/nis.schema
modulepath /usr/lib/ldap
moduleload back_mdb.la
moduleload ppolicy.la
loglevel none
TLSCertificateFile {folder}/certificate.pem
TLSCertificateKeyFile {folder}/key.pem
{global}
database mdb
suffix dc=example,dc=org
rootdn cn=admin,dc=example,dc=org
directory {folder}/db
maxsize 33554432
dbnosync
lastbind on
overlay ppolicy
ppolicy_default cn=default,ou=policies,dc=example,dc=org
ppolicy_use_lockout
access to attrs=userPassword by dn.exact={WRITER} write by self write by anonymous auth by * none
access to attrs=pwdReset,pwdAccountLockedTime by dn.exact={WRITER} write by * read
access to * by * read
"
    )
}

pub(crate) fn ldif() -> String {
    let mut ldif = String::new();
    let mut entry = |dn: &str, lines: &[&str]| {
        let _ = writeln!(ldif, "dn: {dn}\n{}\n", lines.join("\n"));
    };
    entry(
        "dc=example,dc=org",
        &[
            "objectClass: top",
            "objectClass: dcObject",
            "objectClass: organization",
            "o: Example",
            "dc: example",
        ],
    );
    for unit in ["people", "services", "policies"] {
        entry(
            &format!("ou={unit},dc=example,dc=org"),
            &["objectClass: organizationalUnit", &format!("ou: {unit}")],
        );
    }
    for (name, changes) in POLICIES {
        let mut lines = vec![
            "objectClass: device".to_owned(),
            "objectClass: pwdPolicy".to_owned(),
            format!("cn: {name}"),
        ];
        for (attribute, value) in POLICY {
            let changed = changes
                .iter()
                .find(|(changed, _)| changed == attribute)
                .map(|(_, value)| value);
            lines.push(format!("{attribute}: {}", changed.unwrap_or(value)));
        }
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        entry(&format!("cn={name},ou=policies,dc=example,dc=org"), &lines);
    }
    for service in ["service", "writer"] {
        entry(
            &format!("cn={service},ou=services,dc=example,dc=org"),
            &[
                "objectClass: organizationalRole",
                "objectClass: simpleSecurityObject",
                &format!("cn: {service}"),
                &format!("userPassword: {SERVICE_PASSWORD}"),
            ],
        );
    }
    for (uid, more) in accounts() {
        let mail = if uid.starts_with("twin") { "twins" } else { uid };
        let mut lines = vec![
            "objectClass: inetOrgPerson".to_owned(),
            format!("uid: {uid}"),
            format!("cn: {uid}"),
            format!("sn: {uid}"),
            format!("mail: {mail}@example.org"),
            format!("userPassword: {PASSWORD}"),
        ];
        lines.extend(more);
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        entry(&format!("uid={uid},ou=people,dc=example,dc=org"), &lines);
    }
    ldif + &crate::crowd::ldif()
}

const POLICY: &[(&str, &str)] = &[
    ("pwdAttribute", "userPassword"),
    ("pwdMaxAge", "7776000"),
    ("pwdExpireWarning", "1209600"),
    ("pwdGraceAuthNLimit", "0"),
    ("pwdGraceExpiry", "0"),
    ("pwdLockout", "TRUE"),
    ("pwdLockoutDuration", "0"),
    ("pwdMaxFailure", "5"),
    ("pwdMaxIdle", "0"),
    ("pwdMustChange", "TRUE"),
    ("pwdMinLength", "0"),
    ("pwdCheckQuality", "0"),
    ("pwdInHistory", "0"),
    ("pwdMinAge", "0"),
    ("pwdSafeModify", "FALSE"),
    ("pwdAllowUserChange", "TRUE"),
];

const POLICIES: &[(&str, &[(&str, &str)])] = &[
    ("default", &[]),
    ("grace", &[("pwdGraceAuthNLimit", "3")]),
    (
        "short-grace",
        &[("pwdGraceAuthNLimit", "3"), ("pwdGraceExpiry", "86400")],
    ),
    ("timed", &[("pwdLockoutDuration", "3600")]),
    ("idle", &[("pwdMaxIdle", "2592000")]),
    ("no-lock", &[("pwdLockout", "FALSE")]),
    ("no-reset", &[("pwdMustChange", "FALSE")]),
    ("no-age", &[("pwdMaxAge", "0")]),
    (
        "strict",
        &[("pwdMinLength", "10"), ("pwdCheckQuality", "2"), ("pwdInHistory", "3")],
    ),
    ("slow", &[("pwdMinAge", "86400")]),
    ("safe", &[("pwdSafeModify", "TRUE")]),
    ("fixed", &[("pwdAllowUserChange", "FALSE")]),
];

/// A time that many seconds ago, as slapd writes it.
fn ago(seconds: i64) -> String {
    let distance = Duration::from_secs(seconds.unsigned_abs());
    let now = MachineClock.now();
    let then = if seconds < 0 { now + distance } else { now - distance };
    then.strftime("%Y%m%d%H%M%SZ").to_string()
}

fn accounts() -> Vec<(&'static str, Vec<String>)> {
    let changed = |days: i64| format!("pwdChangedTime: {}", ago(days * DAY));
    let policy = |name: &str| format!("pwdPolicySubentry: cn={name},ou=policies,dc=example,dc=org");
    let locked = |seconds: i64| format!("pwdAccountLockedTime: {}", ago(seconds));
    let for_good = || "pwdAccountLockedTime: 000001010000Z".to_owned();
    let reset = || "pwdReset: TRUE".to_owned();
    vec![
        ("active", vec![changed(1)]),
        ("twin-one", vec![changed(1)]),
        ("twin-two", vec![changed(1)]),
        ("never-changed", vec![]),
        ("must-change", vec![changed(1), reset()]),
        ("reset-ignored", vec![changed(1), reset(), policy("no-reset")]),
        ("locked-by-administrator", vec![changed(1), for_good()]),
        ("locked-by-failures", vec![changed(1), locked(60)]),
        ("locked-for-a-while", vec![changed(1), locked(60), policy("timed")]),
        ("lock-over", vec![changed(1), locked(7200), policy("timed")]),
        ("lock-to-come", vec![changed(1), locked(-DAY)]),
        ("lock-ignored", vec![changed(1), for_good(), policy("no-lock")]),
        ("locked-and-reset", vec![changed(1), for_good(), reset()]),
        ("expired", vec![changed(200)]),
        ("expired-and-reset", vec![changed(200), reset()]),
        ("ageless", vec![changed(9000), policy("no-age")]),
        ("grace", vec![changed(200), policy("grace")]),
        ("grace-over", vec![changed(200), policy("short-grace")]),
        ("expiring", vec![changed(85)]),
        ("not-yet", vec![changed(1), format!("pwdStartTime: {}", ago(-DAY))]),
        ("ended", vec![changed(1), format!("pwdEndTime: {}", ago(DAY))]),
        (
            "idle",
            vec![
                changed(50),
                format!("pwdLastSuccess: {}", ago(40 * DAY)),
                policy("idle"),
            ],
        ),
        ("policy-gone", vec![changed(1), policy("gone")]),
        ("strict", vec![changed(2), policy("strict")]),
        ("slow", vec![changed(0), policy("slow")]),
        ("safe", vec![changed(2), policy("safe")]),
        ("fixed", vec![changed(2), policy("fixed")]),
    ]
}
