//! Who is in the demonstration's directory. Passwords are printed at each start, so their hashes are constants; dates and locks are made
//! anew relative to now, so that everybody stands as promised whenever it is started.

use jiff::{SignedDuration, Timestamp};

/// The suffix.
pub(super) const BASE: &str = "dc=example,dc=org";
/// The policy of everybody.
pub(super) const POLICY: &str = "cn=default,ou=policies,dc=example,dc=org";
/// The account of applications that look people up.
pub(super) const APPLICATION: &str = "cn=svc-app,ou=services,dc=example,dc=org";
/// Who may write everything.
pub(super) const ADMINISTRATOR: &str = "cn=directory-admin,ou=services,dc=example,dc=org";

/// Everybody's passwords last this long, in seconds: 90 days.
const LASTING: i64 = 90 * DAY;
const DAY: i64 = 86_400;

/// One person and how the account stands.
pub(super) struct Person {
    /// The sign-in name; the password is `demo-<uid>-Passw0rd`, the mail address `<uid>@example.org`.
    pub(super) uid: &'static str,
    name: [&'static str; 2],
    /// As it is printed.
    pub(super) stands: &'static str,
    hash: Option<&'static str>,
    state: State,
}

/// How an account is to stand.
#[derive(Clone, Copy)]
enum State {
    Active,
    MustChange,
    Failed,
    Expired,
    Grace,
    Expiring,
    Disabled,
    Federated,
}

pub(super) const PEOPLE: &[Person] = &[
    Person {
        uid: "alice",
        name: ["Alice", "Adams"],
        stands: "active",
        hash: Some(
            "{ARGON2}$argon2id$v=19$m=19456,t=2,p=1$RVnhlKxQbi+hANg7EJzbrw$vot9UdXlv7tRNhzx6bGGeTb2dmoYli5gF1RegEyB4js",
        ),
        state: State::Active,
    },
    Person {
        uid: "bob",
        name: ["Bob", "Brown"],
        stands: "must change the password",
        hash: Some(
            "{ARGON2}$argon2id$v=19$m=19456,t=2,p=1$N2o+tHMNferYSJLJyqRH7g$1nEL8V79IIQCYf20up5NnamNj3Iybwm5TLHQqXUHUt4",
        ),
        state: State::MustChange,
    },
    Person {
        uid: "carol",
        name: ["Carol", "Clark"],
        stands: "locked by too many wrong passwords",
        hash: Some(
            "{ARGON2}$argon2id$v=19$m=19456,t=2,p=1$H68IwG0NIpsLe+U1ErSlOQ$RIHfJxc8pPRnVJtTgpAWDf66UW8XQVd8PR2QYhxGvjw",
        ),
        state: State::Failed,
    },
    Person {
        uid: "dave",
        name: ["Dave", "Davis"],
        stands: "password expired, no grace sign-in left",
        hash: Some(
            "{ARGON2}$argon2id$v=19$m=19456,t=2,p=1$8daOlzSOx4UqZdE1ZOLpMg$T+hL9WRXBTvWszFsb42ekUAFVBaCJjRVY737GZD4fqc",
        ),
        state: State::Expired,
    },
    Person {
        uid: "grace",
        name: ["Grace", "Green"],
        stands: "password expired, 2 grace sign-ins left",
        hash: Some(
            "{ARGON2}$argon2id$v=19$m=19456,t=2,p=1$UjjtjaTvpxUjKp5DiVxEoA$xjBQcM41nzwqZviuPaZDzx24y0yK5W8cctmPl5MP2+Q",
        ),
        state: State::Grace,
    },
    Person {
        uid: "heidi",
        name: ["Heidi", "Hill"],
        stands: "password expires in 3 days",
        hash: Some(
            "{ARGON2}$argon2id$v=19$m=19456,t=2,p=1$EeEp4oeuM2h9h0ATBg9IMQ$sKSfcFft7e/7/o3iy77Hh3nNtFEyWFDYaBh8EGCyTkI",
        ),
        state: State::Expiring,
    },
    Person {
        uid: "frank",
        name: ["Frank", "Foster"],
        stands: "switched off by an administrator",
        hash: Some(
            "{ARGON2}$argon2id$v=19$m=19456,t=2,p=1$gkdrGdk2tiz3zl9wOgD7mQ$595mm/Qjg6G3ds+OCmy9zfea91HVxrgsPUxaAGBbWW8",
        ),
        state: State::Disabled,
    },
    Person {
        uid: "erin",
        name: ["Erin", "Evans"],
        stands: "signs in at the provider example-sso, no password here",
        hash: None,
        state: State::Federated,
    },
];

const APPLICATION_HASH: &str =
    "{ARGON2}$argon2id$v=19$m=19456,t=2,p=1$rk84iIuXjAorTT7eLQUM9g$JvO4mzzrOGWh/hsPWf/fEh2TsOxKII9QQNqjzmXny04";
const ADMINISTRATOR_HASH: &str =
    "{ARGON2}$argon2id$v=19$m=19456,t=2,p=1$Px+MrOr8VMQS+FQX4HEuQg$4UUfYGH39+MqkqYH/yMwDVoTIE9TVOjG1FPKIlwa5c8";

/// An entry of the demonstration.
pub(super) struct Entry {
    /// Its name.
    pub(super) dn: String,
    /// Its attributes, values of one beside another.
    pub(super) attributes: Vec<(&'static str, String)>,
}

impl Person {
    /// The name of the entry.
    pub(super) fn dn(&self) -> String {
        format!("uid={},ou=people,{BASE}", self.uid)
    }

    fn entry(&self, now: Timestamp) -> Entry {
        let [given, family] = self.name;
        let mut attributes = vec![
            ("objectClass", "inetOrgPerson".to_owned()),
            ("uid", self.uid.to_owned()),
            ("cn", format!("{given} {family}")),
            ("givenName", given.to_owned()),
            ("sn", family.to_owned()),
            ("displayName", format!("{given} {family}")),
            ("mail", format!("{}@example.org", self.uid)),
        ];
        attributes.extend(self.hash.map(|hash| ("userPassword", hash.to_owned())));
        attributes.extend(self.state.attributes(now));
        Entry {
            dn: self.dn(),
            attributes,
        }
    }
}

impl State {
    /// The attributes that make it, beside those of an account whose password was set yesterday.
    fn attributes(self, now: Timestamp) -> Vec<(&'static str, String)> {
        let changed = |seconds: i64| ("pwdChangedTime", generalized_time(now, seconds));
        match self {
            Self::Active => vec![changed(DAY)],
            Self::MustChange => vec![changed(DAY), ("pwdReset", "TRUE".to_owned())],
            Self::Failed => {
                let failures = (0..5).rev().map(|ago| ("pwdFailureTime", generalized_time(now, ago)));
                let locked = ("pwdAccountLockedTime", generalized_time(now, 0));
                [changed(DAY), locked].into_iter().chain(failures).collect()
            }
            Self::Expired => {
                let used = |ago| ("pwdGraceUseTime", generalized_time(now, ago));
                vec![changed(LASTING + 2 * DAY), used(DAY), used(DAY / 2)]
            }
            Self::Grace => vec![changed(LASTING + DAY)],
            Self::Expiring => vec![changed(LASTING - 3 * DAY)],
            Self::Disabled => vec![changed(DAY), ("pwdAccountLockedTime", "000001010000Z".to_owned())],
            Self::Federated => vec![("employeeType", "sso".to_owned())],
        }
    }
}

/// Everything, those above before those below.
pub(super) fn entries(now: Timestamp) -> Vec<Entry> {
    let unit = |name: &str| Entry {
        dn: format!("ou={name},{BASE}"),
        attributes: vec![
            ("objectClass", "organizationalUnit".to_owned()),
            ("ou", name.to_owned()),
        ],
    };
    let service = |dn: &str, name: &str, hash: &str, description: &str| Entry {
        dn: dn.to_owned(),
        attributes: [
            ("objectClass", "organizationalRole"),
            ("objectClass", "simpleSecurityObject"),
            ("cn", name),
            ("description", description),
            ("userPassword", hash),
        ]
        .map(|(attribute, value)| (attribute, value.to_owned()))
        .into(),
    };
    let group = |name: &str, members: &[&str]| Entry {
        dn: format!("cn={name},ou=groups,{BASE}"),
        attributes: [("objectClass", "groupOfNames".to_owned()), ("cn", name.to_owned())]
            .into_iter()
            .chain(
                members
                    .iter()
                    .map(|uid| ("member", format!("uid={uid},ou=people,{BASE}"))),
            )
            .collect(),
    };
    let mut entries = vec![Entry {
        dn: BASE.to_owned(),
        attributes: [
            ("objectClass", "organization"),
            ("objectClass", "dcObject"),
            ("o", "Example"),
            ("dc", "example"),
        ]
        .map(|(attribute, value)| (attribute, value.to_owned()))
        .into(),
    }];
    entries.extend(["people", "services", "groups", "policies"].map(unit));
    entries.push(policy());
    entries.push(service(
        APPLICATION,
        "svc-app",
        APPLICATION_HASH,
        "Looks people up for applications",
    ));
    entries.push(service(
        ADMINISTRATOR,
        "directory-admin",
        ADMINISTRATOR_HASH,
        "Administers this directory",
    ));
    entries.extend(PEOPLE.iter().map(|person| person.entry(now)));
    entries.push(group(
        "staff",
        &["alice", "bob", "carol", "dave", "grace", "heidi", "frank", "erin"],
    ));
    entries.push(group("help-desk", &["alice"]));
    entries
}

/// Five wrong passwords lock an account until somebody unlocks it: carol stays as she is.
fn policy() -> Entry {
    let figures = [
        ("objectClass", "pwdPolicy"),
        ("objectClass", "applicationProcess"),
        ("cn", "default"),
        ("pwdAttribute", "userPassword"),
        ("pwdMaxAge", "7776000"),
        ("pwdExpireWarning", "604800"),
        ("pwdGraceAuthNLimit", "2"),
        ("pwdInHistory", "3"),
        ("pwdMinLength", "10"),
        ("pwdCheckQuality", "2"),
        ("pwdMustChange", "TRUE"),
        ("pwdLockout", "TRUE"),
        ("pwdMaxFailure", "5"),
        ("pwdLockoutDuration", "0"),
        ("pwdFailureCountInterval", "900"),
        ("pwdAllowUserChange", "TRUE"),
    ];
    Entry {
        dn: POLICY.to_owned(),
        attributes: figures.map(|(attribute, value)| (attribute, value.to_owned())).into(),
    }
}

/// So many seconds ago (RFC 4517 §3.3.13).
fn generalized_time(now: Timestamp, seconds: i64) -> String {
    let at = now.saturating_sub(SignedDuration::from_secs(seconds)).unwrap_or(now);
    at.strftime("%Y%m%d%H%M%SZ").to_string()
}
