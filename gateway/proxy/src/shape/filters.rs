//! Filters on virtual attributes as filters on real ones: the same entries, or none. Never more.

use super::attributes::Kind;
use super::made::{AGELESS, DISABLED, NORMAL, guid};
use super::{Shape, ShapeProduct};
use postern_directory::DialectName;
use postern_ldap::attribute::base_type;
use postern_ldap::filter::rewrite::{Item, Kind as Asks, Rewritten};
use postern_ldap::filter::{all, equality, not, present};

/// Active Directory's matching rules for bits: all of them, or one (MS-ADTS §3.1.1.3.4.4).
const ALL_BITS: &[u8] = b"1.2.840.113556.1.4.803";
const ANY_BIT: &[u8] = b"1.2.840.113556.1.4.804";

impl Shape {
    /// What becomes of one item. `None`: it is about no virtual attribute.
    pub(super) fn filter_item(&self, item: &Item<'_>) -> Option<Rewritten> {
        let attribute = item.attribute?;
        let base = base_type(attribute);
        if let Some(by_class) = self.class_item(base, item) {
            return Some(by_class);
        }
        let kind = self.virtual_of(base)?.kind;
        Some(match kind {
            Kind::Login => renamed(item, &self.settings.login),
            Kind::Upn => renamed(item, &self.settings.upn),
            Kind::Id => self.id_item(item),
            Kind::Name if self.is_active_directory() => renamed(item, "distinguishedName"),
            Kind::Name => renamed(item, "entryDN"),
            Kind::Created | Kind::Modified if self.is_active_directory() => Rewritten::Undefined,
            Kind::Created => renamed(item, "createTimestamp"),
            Kind::Modified => renamed(item, "modifyTimestamp"),
            Kind::Control => self.control_item(item),
            Kind::LastSet => self.last_set_item(item),
            Kind::Reset => match (item.kind, item.value) {
                // Whoever need not has none at all.
                (Asks::Equality, b"TRUE") | (Asks::Present, _) => self.must_change(),
                (Asks::Equality, b"FALSE") => Rewritten::Put(nothing()),
                _ => Rewritten::Undefined,
            },
            Kind::Locked if self.settings.product == ShapeProduct::Ppolicy => match (item.kind, item.value) {
                (Asks::Equality, b"000001010000Z") => match self.switched_off() {
                    Some(is_off) => Rewritten::Put(all(&[self.users(), is_off])),
                    None => Rewritten::Undefined,
                },
                _ => Rewritten::Undefined,
            },
            Kind::Policy => match item.kind {
                Asks::Present => Rewritten::Put(self.users()),
                Asks::Equality if self.is_policy(item.value) => Rewritten::Put(self.users()),
                Asks::Equality => Rewritten::Put(nothing()),
                _ => Rewritten::Undefined,
            },
            // An account always has these.
            Kind::Ends if item.kind == Asks::Present && self.settings.product == ShapeProduct::ActiveDirectory => {
                Rewritten::Put(self.users())
            }
            Kind::Computed
            | Kind::Ends
            | Kind::Locked
            | Kind::PasswordEnds
            | Kind::ShadowLastChange
            | Kind::ShadowMin
            | Kind::ShadowMax
            | Kind::ShadowWarning
            | Kind::ShadowExpire => Rewritten::Undefined,
        })
    }

    /// Every account of the directory.
    fn users(&self) -> Vec<u8> {
        let class = equality(b"objectClass", self.settings.user_class.as_bytes());
        if self.is_active_directory() {
            all(&[class, not(&equality(b"objectClass", b"computer"))])
        } else {
            class
        }
    }

    fn groups(&self) -> Vec<u8> {
        equality(b"objectClass", self.settings.group_class.as_bytes())
    }

    fn is_active_directory(&self) -> bool {
        self.dialect_name() == Some(DialectName::ActiveDirectory)
    }

    fn dialect_name(&self) -> Option<DialectName> {
        DialectName::from_name(self.upstream.dialect().name())
    }

    /// Object classes that the product's clients know and the directory does not.
    fn class_item(&self, base: &[u8], item: &Item<'_>) -> Option<Rewritten> {
        if item.kind != Asks::Equality {
            return None;
        }
        let value = item.value.to_ascii_lowercase();
        let is = |name: &str| base.eq_ignore_ascii_case(name.as_bytes());
        let is_class = is("objectClass") || base == b"2.5.4.0";
        let put = |filter| Some(Rewritten::Put(filter));
        match self.settings.product {
            ShapeProduct::ActiveDirectory if is_class => match &*value {
                b"user" => put(self.users()),
                b"group" => put(self.groups()),
                _ => None,
            },
            ShapeProduct::ActiveDirectory if is("objectCategory") => match &*value {
                b"person" | b"user" => put(self.users()),
                b"group" => put(self.groups()),
                _ => Some(Rewritten::Undefined),
            },
            ShapeProduct::ActiveDirectory if is("sAMAccountType") => match &*value {
                b"805306368" => put(self.users()),
                b"268435456" => put(self.groups()),
                _ => Some(Rewritten::Undefined),
            },
            ShapeProduct::Ppolicy if is_class => match &*value {
                b"inetorgperson" => put(self.users()),
                b"posixaccount" | b"shadowaccount" => put(all(&[self.users(), present(b"uidNumber")])),
                b"groupofnames" => put(self.groups()),
                b"posixgroup" => put(all(&[self.groups(), present(b"gidNumber")])),
                _ => None,
            },
            _ => None,
        }
    }

    fn id_item(&self, item: &Item<'_>) -> Rewritten {
        let dialect = self.upstream.dialect();
        let real = dialect.stable_id();
        match item.kind {
            Asks::Present => Rewritten::Put(present(real.as_bytes())),
            Asks::Equality => {
                let text = match self.settings.product {
                    ShapeProduct::ActiveDirectory => guid::text(item.value),
                    ShapeProduct::Ppolicy => std::str::from_utf8(item.value).ok().and_then(guid::uuid),
                };
                let own = text.and_then(|text| match self.dialect_name() {
                    // 389 Directory Server puts the dashes after every eighth digit.
                    Some(DialectName::Ds389) => eights(&text),
                    _ => dialect.stable_id_value(&text),
                });
                own.map_or(Rewritten::Undefined, |value| {
                    Rewritten::Put(equality(real.as_bytes(), &value))
                })
            }
            _ => Rewritten::Undefined,
        }
    }

    /// userAccountControl of an account is 512, or 514 where it is switched off.
    fn control_item(&self, item: &Item<'_>) -> Rewritten {
        let number = std::str::from_utf8(item.value)
            .ok()
            .and_then(|text| text.parse::<u32>().ok());
        let put = |(on, off): (bool, bool)| match (on, off, self.switched_off()) {
            (true, true, _) => Rewritten::Put(self.users()),
            (false, false, _) => Rewritten::Put(nothing()),
            (_, _, None) => Rewritten::Undefined,
            (true, false, Some(is_off)) => Rewritten::Put(all(&[self.users(), not(&is_off)])),
            (false, true, Some(is_off)) => Rewritten::Put(all(&[self.users(), is_off])),
        };
        match (item.kind, item.rule, number) {
            (Asks::Present, _, _) => Rewritten::Put(self.users()),
            (Asks::Equality, _, Some(number)) => put((number == NORMAL, number == NORMAL | DISABLED)),
            (Asks::Extensible, Some(ALL_BITS), Some(bits)) => {
                put((NORMAL & bits == bits, (NORMAL | DISABLED) & bits == bits))
            }
            (Asks::Extensible, Some(ANY_BIT), Some(bits)) => put((NORMAL & bits != 0, (NORMAL | DISABLED) & bits != 0)),
            _ => Rewritten::Undefined,
        }
    }

    fn last_set_item(&self, item: &Item<'_>) -> Rewritten {
        match (self.settings.product, item.kind, item.value) {
            (ShapeProduct::ActiveDirectory, Asks::Present, _) => Rewritten::Put(self.users()),
            (ShapeProduct::ActiveDirectory, Asks::Equality, b"0") => self.must_change(),
            _ => Rewritten::Undefined,
        }
    }

    /// Accounts that somebody has switched off, where an attribute alone says so.
    fn switched_off(&self) -> Option<Vec<u8>> {
        Some(match self.dialect_name()? {
            DialectName::OpenLdap | DialectName::Embedded => equality(b"pwdAccountLockedTime", b"000001010000Z"),
            DialectName::Ds389 | DialectName::FreeIpa => equality(b"nsAccountLock", b"TRUE"),
            DialectName::ActiveDirectory => bits(ALL_BITS, b"userAccountControl", b"2"),
        })
    }

    /// Accounts whose password must be changed, where an attribute alone says so.
    fn must_change(&self) -> Rewritten {
        Rewritten::Put(match self.dialect_name() {
            Some(DialectName::OpenLdap) => all(&[self.users(), equality(b"pwdReset", b"TRUE")]),
            Some(DialectName::ActiveDirectory) => {
                let ageless = bits(ANY_BIT, b"userAccountControl", AGELESS.to_string().as_bytes());
                all(&[self.users(), equality(b"pwdLastSet", b"0"), not(&ageless)])
            }
            // There it is the moment a password ends that tells, and what made it so.
            _ => return Rewritten::Undefined,
        })
    }
}

fn renamed(item: &Item<'_>, real: &str) -> Rewritten {
    Rewritten::Put(item.with(real.as_bytes(), item.value))
}

/// A filter that nothing fulfils, also where RFC 4526 is not known.
fn nothing() -> Vec<u8> {
    not(&present(b"objectClass"))
}

fn bits(rule: &[u8], attribute: &[u8], bits: &[u8]) -> Vec<u8> {
    let item = Item {
        kind: Asks::Extensible,
        attribute: Some(attribute),
        rule: Some(rule),
        value: bits,
        in_name: false,
    };
    item.with(attribute, bits)
}

fn eights(uuid: &str) -> Option<Vec<u8>> {
    let digits: String = uuid.chars().filter(|character| *character != '-').collect();
    let parts: Option<Vec<&str>> = [0..8, 8..16, 16..24, 24..32]
        .into_iter()
        .map(|range| digits.get(range))
        .collect();
    Some(parts?.join("-").into_bytes())
}
