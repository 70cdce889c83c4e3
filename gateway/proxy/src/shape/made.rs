//! The values of virtual attributes, made of what the directory keeps of an account.

use super::attributes::{Kind, Virtual};
use super::{Shape, ShapeProduct};
use postern_directory::{AccountTimes, DialectName, Entry, PolicyFigures};
use postern_identity::{LockedBy, Standing, State, Timestamp};

/// userAccountControl (MS-ADTS §2.2.16): an ordinary account, and one that is switched off.
pub(super) const NORMAL: u32 = 0x200;
pub(super) const DISABLED: u32 = 0x2;
/// A password that does not age, and a smart card: there the flag means nothing.
pub(super) const AGELESS: u32 = 0x1_0000 | 0x4_0000;
/// Of the computed twin.
const LOCKED_OUT: u32 = 0x10;
const PASSWORD_EXPIRED: u32 = 0x80_0000;
/// "Never" as Windows writes it.
const NEVER: &str = "9223372036854775807";
/// Seconds from 1601-01-01 to 1970-01-01.
const WINDOWS_EPOCH: i64 = 11_644_473_600;
/// The lock somebody set (draft-behera-ldap-password-policy §5.3.3).
const LOCKED_FOR_GOOD: &str = "000001010000Z";
const DAY: i64 = 86_400;

/// One entry and what it says, in common terms.
pub(super) struct Account<'a> {
    entry: &'a Entry,
    /// Of an account; nothing else has a standing.
    standing: Option<Standing>,
    times: AccountTimes,
    figures: Option<PolicyFigures>,
    is_group: bool,
    dialect: DialectName,
}

impl<'a> Account<'a> {
    pub(super) fn new(shape: &Shape, entry: &'a Entry) -> Self {
        let has_class = |class: &str| {
            entry
                .values("objectClass")
                .any(|value| value.eq_ignore_ascii_case(class.as_bytes()))
        };
        // Active Directory's computers are users of a kind.
        let is_user = has_class(&shape.settings.user_class) && !has_class("computer");
        let policy = is_user.then(|| shape.policies.of(&shape.upstream, entry)).flatten();
        let upstream = &shape.upstream;
        Self {
            entry,
            standing: is_user.then(|| upstream.dialect().read_entry(entry, policy.as_deref(), upstream.now())),
            times: AccountTimes::read(entry),
            figures: policy.as_deref().map(PolicyFigures::read),
            is_group: has_class(&shape.settings.group_class),
            dialect: shape.dialect(),
        }
    }

    /// Somebody has switched it off, whatever the product calls that: by the attribute that filters go by too (`filters`).
    fn is_off(&self) -> bool {
        match self.dialect {
            DialectName::OpenLdap | DialectName::Embedded => {
                self.entry.text("pwdAccountLockedTime") == Some(LOCKED_FOR_GOOD)
            }
            DialectName::Ds389 | DialectName::FreeIpa => {
                let lock = self.entry.text("nsAccountLock");
                lock.is_some_and(|lock| lock.eq_ignore_ascii_case("TRUE"))
            }
            DialectName::ActiveDirectory => self.bits() & DISABLED != 0,
        }
    }

    /// Somebody wants the password changed: the flag as it is set, whatever else stands in the way of a sign-in.
    fn is_flagged(&self) -> bool {
        match self.dialect {
            DialectName::OpenLdap | DialectName::Embedded => self.entry.text("pwdReset") == Some("TRUE"),
            DialectName::ActiveDirectory => self.entry.text("pwdLastSet") == Some("0") && self.bits() & AGELESS == 0,
            DialectName::Ds389 | DialectName::FreeIpa => self.state() == Some(&State::MustChange),
        }
    }

    /// Active Directory's own.
    fn bits(&self) -> u32 {
        let control = self
            .entry
            .text("userAccountControl")
            .and_then(|text| text.parse::<i32>().ok());
        control.unwrap_or_default().cast_unsigned()
    }

    fn state(&self) -> Option<&State> {
        self.standing.as_ref().map(|standing| &standing.state)
    }

    /// When the password ends, by the entry or by its age and the policy.
    fn password_ends(&self) -> Option<Timestamp> {
        let by_age = || {
            let (set, longest) = (self.times.password_set?, self.figures?.max_age?);
            let seconds = set.as_second().checked_add(i64::try_from(longest).ok()?)?;
            Timestamp::from_second(seconds).ok()
        };
        self.times.password_ends.or_else(by_age)
    }
}

impl Shape {
    /// The values of one attribute; none where it has none.
    pub(super) fn made(&self, one: &Virtual, account: &Account<'_>) -> Vec<Vec<u8>> {
        let entry = account.entry;
        let copied = |attribute: &str| entry.values(attribute).map(<[u8]>::to_vec).collect();
        match one.kind {
            Kind::Login => copied(&self.settings.login),
            Kind::Upn => copied(&self.settings.upn),
            Kind::Name => vec![entry.dn().as_bytes().to_vec()],
            Kind::Id => self.id(entry).into_iter().collect(),
            Kind::Created => text(account.times.created.map(windows_calendar)),
            Kind::Modified => text(account.times.modified.map(windows_calendar)),
            _ if account.standing.is_none() => Vec::new(),
            kind => text(match self.settings.product {
                ShapeProduct::ActiveDirectory => active_directory(kind, account),
                ShapeProduct::Ppolicy => self.ppolicy(kind, account),
            }),
        }
    }

    /// The object classes an account or group has besides, in the eyes of the product's clients.
    pub(super) fn classes(&self, account: &Account<'_>) -> Vec<&'static [u8]> {
        let mut classes: Vec<&'static [u8]> = Vec::new();
        let is_user = account.standing.is_some();
        match self.settings.product {
            ShapeProduct::ActiveDirectory => {
                classes.extend(is_user.then_some(&b"user"[..]));
                classes.extend(account.is_group.then_some(&b"group"[..]));
            }
            ShapeProduct::Ppolicy => {
                if is_user {
                    classes.push(b"inetOrgPerson");
                    // SSSD takes nobody without these for an account.
                    if account.entry.has("uidNumber") {
                        classes.extend([&b"posixAccount"[..], b"shadowAccount"]);
                    }
                }
                if account.is_group {
                    classes.push(b"groupOfNames");
                    classes.extend(account.entry.has("gidNumber").then_some(&b"posixGroup"[..]));
                }
            }
        }
        classes
    }

    /// The id in the product's own spelling: sixteen octets as Windows puts them, or text.
    fn id(&self, entry: &Entry) -> Option<Vec<u8>> {
        let dialect = self.upstream.dialect();
        let text = dialect.stable_id_text(entry.values(dialect.stable_id()).next()?)?;
        match self.settings.product {
            ShapeProduct::ActiveDirectory => guid::octets(&text),
            ShapeProduct::Ppolicy => Some(guid::uuid(&text).unwrap_or(text).into_bytes()),
        }
    }

    fn ppolicy(&self, kind: Kind, account: &Account<'_>) -> Option<String> {
        let must_change = account.is_flagged();
        let days = |at: Timestamp| at.as_second().div_euclid(DAY).to_string();
        let in_days = |seconds: u64| seconds.div_ceil(DAY.unsigned_abs()).to_string();
        match kind {
            Kind::Reset => must_change.then(|| "TRUE".to_owned()),
            Kind::LastSet => account.times.password_set.map(calendar),
            Kind::Locked if account.is_off() => Some(LOCKED_FOR_GOOD.to_owned()),
            Kind::Locked => account.times.locked.map(calendar),
            Kind::Policy => self.settings.policy_dn.as_deref().map(str::to_owned),
            Kind::Ends => account.times.ends.map(calendar),
            Kind::ShadowLastChange if must_change => Some("0".to_owned()),
            Kind::ShadowLastChange => account.times.password_set.map(days),
            Kind::ShadowMin => account.figures?.min_age.map(in_days),
            Kind::ShadowMax => account.figures?.max_age.map(in_days),
            Kind::ShadowWarning => account
                .figures
                .map(|figures| in_days(super::policy_entry::warning(&figures))),
            // As long as there have been shadow files, whoever is switched off has ended on the first day.
            Kind::ShadowExpire if account.is_off() => Some("1".to_owned()),
            Kind::ShadowExpire => account.times.ends.map(days),
            _ => None,
        }
    }
}

fn active_directory(kind: Kind, account: &Account<'_>) -> Option<String> {
    let state = account.state()?;
    Some(match kind {
        Kind::Control if account.is_off() => (NORMAL | DISABLED).to_string(),
        Kind::Control => NORMAL.to_string(),
        Kind::Computed => {
            let bits = match state {
                State::Unknown => return None,
                State::Locked {
                    by: LockedBy::Administrator,
                    ..
                } => 0,
                State::Locked { .. } => LOCKED_OUT,
                State::MustChange | State::Expired | State::ExpiredGrace { .. } => PASSWORD_EXPIRED,
                _ => 0,
            };
            bits.to_string()
        }
        Kind::LastSet | Kind::PasswordEnds if account.is_flagged() => "0".to_owned(),
        // Clients take 0, and nothing at all, for a password that must be changed: where nobody knows, it was there from the beginning.
        Kind::LastSet => {
            let set = account.times.password_set.or(account.times.created);
            filetime(set.unwrap_or(Timestamp::UNIX_EPOCH))
        }
        Kind::Ends => account.times.ends.map_or_else(|| NEVER.to_owned(), filetime),
        Kind::Locked => account.times.locked.map_or_else(|| "0".to_owned(), filetime),
        Kind::PasswordEnds => account.password_ends().map_or_else(|| NEVER.to_owned(), filetime),
        _ => return None,
    })
}

fn text(value: Option<String>) -> Vec<Vec<u8>> {
    value.into_iter().map(String::into_bytes).collect()
}

/// Steps of 100 ns since 1601 (MS-ADTS §2.2.7).
pub(super) fn filetime(at: Timestamp) -> String {
    let steps = at
        .as_second()
        .saturating_add(WINDOWS_EPOCH)
        .saturating_mul(10_000_000)
        .saturating_add(i64::from(at.subsec_nanosecond() / 100));
    steps.to_string()
}

/// GeneralizedTime (RFC 4517 §3.3.13).
fn calendar(at: Timestamp) -> String {
    at.strftime("%Y%m%d%H%M%SZ").to_string()
}

/// The same as Windows writes it.
fn windows_calendar(at: Timestamp) -> String {
    at.strftime("%Y%m%d%H%M%S.0Z").to_string()
}

/// Ids of sixteen octets.
pub(super) mod guid {
    /// The text of a UUID in lower case with its dashes (RFC 4122 §3); 389 Directory Server puts them elsewhere.
    pub(in crate::shape) fn uuid(text: &str) -> Option<String> {
        let digits: String = text.chars().filter(|character| *character != '-').collect();
        if digits.len() != 32 || !digits.bytes().all(|octet| octet.is_ascii_hexdigit()) {
            return None;
        }
        let digits = digits.to_ascii_lowercase();
        let parts: Vec<&str> = [0..8, 8..12, 12..16, 16..20, 20..32]
            .into_iter()
            .filter_map(|range| digits.get(range))
            .collect();
        Some(parts.join("-"))
    }

    /// The octets of a UUID as Windows puts them: the first three fields backwards (MS-DTYP §2.3.4).
    pub(in crate::shape) fn octets(text: &str) -> Option<Vec<u8>> {
        use postern_directory::{ActiveDirectory, Dialect as _};
        ActiveDirectory::new().stable_id_value(&uuid(text)?)
    }

    /// The text of sixteen octets as Windows puts them.
    pub(in crate::shape) fn text(octets: &[u8]) -> Option<String> {
        use postern_directory::{ActiveDirectory, Dialect as _};
        ActiveDirectory::new().stable_id_text(octets)
    }
}
