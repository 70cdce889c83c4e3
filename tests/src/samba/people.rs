//! What the domain of the stories holds: an account for each state, named after it.

use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

pub use crate::people::{EXPIRING_IN, PASSWORD};

/// The domain.
pub const BASE: &str = "DC=ad,DC=example,DC=org";
/// Its name in DNS, in capitals.
pub const REALM: &str = "AD.EXAMPLE.ORG";
/// Its older name: `ADEX\active`.
pub const DOMAIN: &str = "ADEX";
/// What follows the login name in a user principal name: `active@ad.example.org`.
pub const UPN_SUFFIX: &str = "ad.example.org";
/// The service account. It is no administrator: it may do to people what [`DELEGATED`] says, and nothing else.
pub const SERVICE: &str = "CN=service,OU=services,DC=ad,DC=example,DC=org";
/// The domain's administrator.
pub const ADMINISTRATOR: &str = "CN=Administrator,CN=Users,DC=ad,DC=example,DC=org";
/// The administrator's password.
pub const ADMINISTRATOR_PASSWORD: &str = "Admin-secret-1";
/// How many wrong passwords in half an hour lock an account for half an hour.
pub const LOCKOUT_THRESHOLD: usize = 5;

/// The states of the golden matrix: the name, and the attributes that make the state.
pub const STATES: &[&str] = &[
    "active",
    "must-change",
    "expired",
    "expiring",
    "never-expires",
    "locked-by-failures",
    "locked-for-good",
    "locked-must-change",
    "lock-has-ended",
    "disabled",
    "disabled-must-change",
    "ended",
    "outside-hours",
    "wrong-workstation",
    "smartcard-required",
    "young",
];

/// How many accounts `must-change-01` and so on there are, for stories that change the password.
pub const MUST_CHANGE: usize = 20;
/// How many accounts `spare-01` and so on, which are active, for stories that change something.
pub const SPARE: usize = 20;

/// The part of the tree people are in.
pub const PEOPLE: &str = "OU=people,DC=ad,DC=example,DC=org";
/// Where the domain's exceptions from its password policy are.
pub const PASSWORD_SETTINGS: &str = "CN=Password Settings Container,CN=System,DC=ad,DC=example,DC=org";

/// What the service account may do: the object, and the entry of its access list without the account's SID.
pub const DELEGATED: &[(&str, &str)] = &[
    // reads everything of people; resets passwords (User-Force-Change-Password); writes pwdLastSet, lockoutTime and
    // userAccountControl
    (PEOPLE, "(OA;CIIO;RPLCLORC;;bf967aba-0de6-11d0-a285-00aa003049e2;"),
    (
        PEOPLE,
        "(OA;CIIO;CR;00299570-246d-11d0-a768-00aa006e0529;bf967aba-0de6-11d0-a285-00aa003049e2;",
    ),
    (
        PEOPLE,
        "(OA;CIIO;WP;bf967a0a-0de6-11d0-a285-00aa003049e2;bf967aba-0de6-11d0-a285-00aa003049e2;",
    ),
    (
        PEOPLE,
        "(OA;CIIO;WP;28630ebf-41d5-11d1-a9c1-0000f80367c1;bf967aba-0de6-11d0-a285-00aa003049e2;",
    ),
    (
        PEOPLE,
        "(OA;CIIO;WP;bf967a68-0de6-11d0-a285-00aa003049e2;bf967aba-0de6-11d0-a285-00aa003049e2;",
    ),
    // reads the exceptions from the password policy
    (PASSWORD_SETTINGS, "(A;CI;RPLCLORC;;;"),
];

const MINUTE: i64 = 60;
const DAY: i64 = 86_400;
/// How long a password lasts.
const MAXIMUM_AGE: i64 = 42 * DAY;
/// `userAccountControl`: an ordinary account.
const NORMAL: u32 = 0x200;
const ACCOUNT_DISABLE: u32 = 0x2;
const DONT_EXPIRE_PASSWORD: u32 = 0x1_0000;
const SMARTCARD_REQUIRED: u32 = 0x4_0000;

/// The DN of an account by its name.
pub fn dn(name: &str) -> String {
    format!("CN={name},{PEOPLE}")
}

/// The user principal name of an account.
pub fn upn(name: &str) -> String {
    format!("{name}@{UPN_SUFFIX}")
}

/// The older name of an account, with the domain before it.
pub fn domain_name(name: &str) -> String {
    format!("{DOMAIN}\\{name}")
}

/// Everybody's name and state.
pub fn everybody() -> Vec<(String, &'static str)> {
    let states = STATES.iter().map(|state| ((*state).to_owned(), *state));
    let must_change = (1..=MUST_CHANGE).map(|number| (format!("must-change-{number:02}"), "must-change"));
    let spare = (1..=SPARE).map(|number| (format!("spare-{number:02}"), "active"));
    let history = (1..=5).map(|number| (format!("history-{number}"), "active"));
    states.chain(must_change).chain(spare).chain(history).collect()
}

/// The policy of the domain, changed in place: a password lasts 42 days, five failures lock for half an hour.
pub fn domain_policy() -> String {
    format!(
        "dn: {BASE}
changetype: modify
replace: maxPwdAge
maxPwdAge: {}
-
replace: minPwdAge
minPwdAge: 0
-
replace: minPwdLength
minPwdLength: 8
-
replace: pwdHistoryLength
pwdHistoryLength: 5
-
replace: lockoutThreshold
lockoutThreshold: {LOCKOUT_THRESHOLD}
-
replace: lockoutDuration
lockoutDuration: {}
-
replace: lockOutObservationWindow
lockOutObservationWindow: {}

",
        interval(MAXIMUM_AGE),
        interval(30 * MINUTE),
        interval(30 * MINUTE)
    )
}

/// Everything in the domain that no clock changes, as LDIF for ldbadd, which keeps the directory's own rules.
pub fn entries() -> String {
    let mut ldif = String::new();
    for unit in ["people", "services", "groups"] {
        write!(
            ldif,
            "dn: OU={unit},{BASE}\nobjectClass: organizationalUnit\nou: {unit}\n\n"
        )
        .unwrap();
    }
    write!(
        ldif,
        "dn: {SERVICE}\nobjectClass: user\nsAMAccountName: service\nuserAccountControl: {}\nunicodePwd:: {}\n\n",
        NORMAL | DONT_EXPIRE_PASSWORD,
        unicode_password(PASSWORD)
    )
    .unwrap();
    for (number, (name, state)) in everybody().iter().enumerate() {
        person(&mut ldif, name, state, 20_001 + number);
    }
    for (number, (name, applies_to, changes)) in EXCEPTIONS.iter().enumerate() {
        exception(&mut ldif, name, number + 1, applies_to, changes);
    }
    for (group, member) in [
        ("staff", dn("active")),
        ("everybody", format!("CN=staff,OU=groups,{BASE}")),
    ] {
        write!(
            ldif,
            "dn: CN={group},OU=groups,{BASE}\nobjectClass: group\nsAMAccountName: {group}\nmember: {member}\n\n"
        )
        .unwrap();
    }
    ldif
}

/// What depends on the clock, for everybody: written past the directory's own rules, which let nobody set it.
pub fn times() -> String {
    let now = now();
    let mut ldif = String::new();
    for (name, state) in everybody() {
        write!(ldif, "dn: {}\nchangetype: modify\n", dn(&name)).unwrap();
        for (attribute, value) in clock(state, now) {
            write!(ldif, "replace: {attribute}\n{attribute}: {value}\n-\n").unwrap();
        }
        ldif.push('\n');
    }
    ldif
}

/// Attributes that make a state and stay.
fn lasting(state: &str) -> &'static str {
    match state {
        "ended" => "accountExpires: 132000000000000000\n",
        "outside-hours" => "logonHours:: AAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
        "wrong-workstation" => "userWorkstations: ELSEWHERE\n",
        _ => "",
    }
}

fn control(state: &str) -> u32 {
    NORMAL
        | match state {
            "disabled" | "disabled-must-change" => ACCOUNT_DISABLE,
            "never-expires" => DONT_EXPIRE_PASSWORD,
            "smartcard-required" => SMARTCARD_REQUIRED,
            _ => 0,
        }
}

/// When the password was set and the account was locked, as FILETIME.
fn clock(state: &str, now: i64) -> Vec<(&'static str, String)> {
    let at = |ago: i64| filetime(now - ago);
    let set = |ago: i64| ("pwdLastSet", at(ago));
    let must_change = || ("pwdLastSet", "0".to_owned());
    let locked = |ago: i64| {
        [
            ("lockoutTime", at(ago)),
            ("badPwdCount", LOCKOUT_THRESHOLD.to_string()),
            ("badPasswordTime", at(ago)),
        ]
    };
    let with_lock = |password, ago| [vec![password], locked(ago).to_vec()].concat();
    match state {
        "must-change" | "disabled-must-change" => vec![must_change()],
        "expired" => vec![set(200 * DAY)],
        "never-expires" => vec![set(400 * DAY)],
        "expiring" => vec![set(MAXIMUM_AGE - i64::from(EXPIRING_IN))],
        "locked-by-failures" | "locked-for-good" => with_lock(set(DAY), MINUTE),
        "locked-must-change" => with_lock(must_change(), MINUTE),
        "lock-has-ended" => with_lock(set(DAY), 40 * MINUTE),
        "young" => vec![set(MINUTE)],
        _ => vec![set(DAY)],
    }
}

fn person(ldif: &mut String, name: &str, state: &str, number: usize) {
    write!(
        ldif,
        "dn: {}
objectClass: user
sAMAccountName: {name}
userPrincipalName: {}
givenName: {name}
sn: {name}
displayName: {name}
mail: {name}@example.org
uid: {name}
uidNumber: {number}
gidNumber: {number}
unixHomeDirectory: /nonexistent/{name}
userAccountControl: {}
unicodePwd:: {}
{}
",
        dn(name),
        upn(name),
        control(state),
        unicode_password(PASSWORD),
        lasting(state)
    )
    .unwrap();
}

/// A password settings object: its name, whom it is for, and where it differs from the domain.
type Exception = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const EXCEPTIONS: &[Exception] = &[
    (
        "for good",
        "locked-for-good",
        &[("msDS-LockoutDuration", "-9223372036854775808")],
    ),
    ("minimum age", "young", &[("msDS-MinimumPasswordAge", "-864000000000")]),
];

/// The same as in the domain, in another place.
const RULES: &[(&str, &str)] = &[
    ("msDS-PasswordReversibleEncryptionEnabled", "FALSE"),
    ("msDS-PasswordHistoryLength", "5"),
    ("msDS-PasswordComplexityEnabled", "TRUE"),
    ("msDS-MinimumPasswordLength", "8"),
    ("msDS-MinimumPasswordAge", "0"),
    ("msDS-MaximumPasswordAge", "-36288000000000"),
    ("msDS-LockoutThreshold", "5"),
    ("msDS-LockoutObservationWindow", "-18000000000"),
    ("msDS-LockoutDuration", "-18000000000"),
];

fn exception(ldif: &mut String, name: &str, precedence: usize, applies_to: &str, changes: &[(&str, &str)]) {
    write!(
        ldif,
        "dn: CN={name},{PASSWORD_SETTINGS}\nobjectClass: msDS-PasswordSettings\nmsDS-PasswordSettingsPrecedence: {precedence}\n"
    )
    .unwrap();
    for (attribute, value) in RULES {
        let changed = changes.iter().find(|(changed, _)| changed == attribute);
        writeln!(ldif, "{attribute}: {}", changed.map_or(value, |(_, value)| value)).unwrap();
    }
    write!(ldif, "msDS-PSOAppliesTo: {}\n\n", dn(applies_to)).unwrap();
}

/// How `unicodePwd` is written: in quotes, two octets a unit, the lower one first. Of a password in ASCII this is text, with NULs.
pub fn unicode(password: &str) -> String {
    let octets = format!("\"{password}\"")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    String::from_utf8(octets).expect("a password in ASCII")
}

fn unicode_password(password: &str) -> String {
    base64(unicode(password).as_bytes())
}

fn base64(octets: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in octets.chunks(3) {
        let bits = (0..3).fold(0, |bits, place| bits << 8 | u32::from(*group.get(place).unwrap_or(&0)));
        for place in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= group.len() { digit as char } else { '=' });
        }
    }
    text
}

/// A length of time as the domain's policy has it: in units of 100 ns, negative.
fn interval(seconds: i64) -> i64 {
    -seconds * 10_000_000
}

/// A moment as Windows counts it: units of 100 ns since 1601.
fn filetime(seconds: i64) -> String {
    ((seconds + 11_644_473_600) * 10_000_000).to_string()
}

/// Seconds since 1970.
#[allow(
    clippy::disallowed_methods,
    reason = "Samba goes by the machine's clock and can be given no other"
)]
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock past 1970");
    i64::try_from(since.as_secs()).expect("a clock before the end of time")
}
