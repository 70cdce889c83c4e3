//! How configuration spells what an LDAP attribute is mapped to: `name.givenName`, `emails.work`, `addresses.work.locality`,
//! `enterprise.department` or the extension's URN in the place of `enterprise`.

use super::mapping::{Codec, ENTERPRISE, Place};
use postern_identity::provisioning::{Key, ResourceKind};
use std::sync::Arc;

/// Simple attributes of a user (RFC 7643 §4.1.1).
const SIMPLE: &[&str] = &[
    "userName",
    "externalId",
    "displayName",
    "nickName",
    "profileUrl",
    "title",
    "userType",
    "preferredLanguage",
    "locale",
    "timezone",
];
/// Of a group (RFC 7643 §4.2).
const SIMPLE_OF_GROUPS: &[&str] = &["displayName", "externalId"];
pub(super) const NAME: &[&str] = &[
    "formatted",
    "familyName",
    "givenName",
    "middleName",
    "honorificPrefix",
    "honorificSuffix",
];
pub(super) const ADDRESS: &[&str] = &[
    "formatted",
    "streetAddress",
    "locality",
    "region",
    "postalCode",
    "country",
];
/// Multi-valued attributes whose elements have a value and, mostly, a type (RFC 7643 §4.1.2).
pub(super) const VALUED: &[&str] = &[
    "emails",
    "phoneNumbers",
    "ims",
    "photos",
    "entitlements",
    "roles",
    "x509Certificates",
];
/// Of these, elements need no type.
const UNTYPED: &[&str] = &["entitlements", "roles", "x509Certificates"];
pub(super) const OF_ENTERPRISE: &[&str] = &["employeeNumber", "costCenter", "organization", "division", "department"];

/// What is spelled so; `None`: a resource of this kind has no such thing.
pub(super) fn place(kind: ResourceKind, spelled: &str) -> Option<Place> {
    let known = |names: &[&str], name: &str| {
        names
            .iter()
            .find(|known| known.eq_ignore_ascii_case(name))
            .map(|&name| Arc::from(name))
    };
    let core = |name: Arc<str>| Key { extension: None, name };
    if kind == ResourceKind::Group {
        return known(SIMPLE_OF_GROUPS, spelled).map(|name| Place::Simple(core(name)));
    }
    let of_enterprise = strip(spelled, "enterprise.").or_else(|| strip(spelled, ENTERPRISE)?.strip_prefix(':'));
    if let Some(name) = of_enterprise {
        if name.eq_ignore_ascii_case("manager") || name.eq_ignore_ascii_case("manager.value") {
            return Some(Place::Sub(Key::of(ENTERPRISE, "manager"), "value".into()));
        }
        return known(OF_ENTERPRISE, name).map(|name| Place::Simple(Key::of(ENTERPRISE, name)));
    }
    let mut parts = spelled.split('.');
    let (first, second, third) = (parts.next()?, parts.next(), parts.next());
    if parts.next().is_some() {
        return None;
    }
    match (second, third) {
        (None, None) => known(SIMPLE, first).map(|name| Place::Simple(core(name))).or_else(|| {
            let name = known(UNTYPED, first)?;
            Some(element(core(name), None, "value".into()))
        }),
        (Some(sub), None) if first.eq_ignore_ascii_case("name") => {
            known(NAME, sub).map(|sub| Place::Sub(Key::core("name"), sub))
        }
        (Some(kind), Some(sub)) if first.eq_ignore_ascii_case("addresses") && is_kind(kind) => {
            known(ADDRESS, sub).map(|sub| element(Key::core("addresses"), Some(kind), sub))
        }
        (Some(kind), None | Some("value")) if is_kind(kind) => {
            known(VALUED, first).map(|name| element(core(name), Some(kind), "value".into()))
        }
        _ => None,
    }
}

/// How values of this place are written in this attribute; what the directory's schema says of it comes later.
pub(super) fn codec(place: &Place, attribute: &str) -> Codec {
    let is = |name: &str| {
        attribute
            .split(';')
            .next()
            .is_some_and(|own| own.eq_ignore_ascii_case(name))
    };
    match place {
        Place::Simple(key) if &*key.name == "profileUrl" && is("labeledURI") => Codec::LabeledUri,
        Place::Sub(key, _) if &*key.name == "manager" => Codec::User,
        Place::Element { key, .. } if &*key.name == "x509Certificates" => Codec::Certificate,
        Place::Element { key, .. } if &*key.name == "photos" => {
            if is("labeledURI") || is("url") {
                Codec::LabeledUri
            } else {
                Codec::Photo
            }
        }
        Place::Element { sub, .. } if &**sub == "country" && (is("c") || is("countryName")) => Codec::Country,
        Place::Element { sub, .. }
            if &**sub == "formatted" && (is("postalAddress") || is("homePostalAddress") || is("registeredAddress")) =>
        {
            Codec::PostalAddress
        }
        _ => Codec::Text,
    }
}

fn element(key: Key, kind: Option<&str>, sub: Arc<str>) -> Place {
    Place::Element {
        key,
        kind: kind.map(Arc::from),
        sub,
    }
}

/// Types are the administrator's to name.
fn is_kind(kind: &str) -> bool {
    !kind.is_empty()
        && kind.len() <= 64
        && kind
            .bytes()
            .all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_'))
}

fn strip<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (before, after) = text.split_at_checked(prefix.len())?;
    before.eq_ignore_ascii_case(prefix).then_some(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found_by_their_spelling_in_any_case() {
        fn user(spelled: &str) -> Option<Place> {
            place(ResourceKind::User, spelled)
        }
        assert_eq!(user("USERNAME"), Some(Place::Simple(Key::core("userName"))));
        assert_eq!(
            user("name.givenname"),
            Some(Place::Sub(Key::core("name"), "givenName".into()))
        );
        let work = Some(Place::Element {
            key: Key::core("emails"),
            kind: Some("work".into()),
            sub: "value".into(),
        });
        assert_eq!(user("emails.work"), work);
        assert_eq!(user("emails.work.value"), work);
        let department = Some(Place::Simple(Key::of(ENTERPRISE, "department")));
        assert_eq!(user("enterprise.department"), department);
        assert_eq!(user(&format!("{ENTERPRISE}:department")), department);
        assert!(matches!(
            user("x509Certificates"),
            Some(Place::Element { kind: None, .. })
        ));
        assert!(matches!(user("addresses.home.region"), Some(Place::Element { .. })));
        assert!(place(ResourceKind::Group, "displayName").is_some());
    }

    #[test]
    fn what_nobody_has_is_no_place() {
        for spelled in [
            "",
            ".",
            "id",
            "password",
            "active",
            "emails",
            "emails.",
            "emails.work.type",
            "addresses.work",
            "name.first",
            "groups",
            "meta.created",
            "enterprise.",
            "enterprise.title",
            "a.b.c.d",
            "emails.wörk",
        ] {
            assert_eq!(place(ResourceKind::User, spelled), None, "{spelled}");
        }
        assert_eq!(place(ResourceKind::Group, "members"), None);
        assert_eq!(place(ResourceKind::Group, "userName"), None);
    }
}
