//! What distinguishes one state of an entry from the next (RFC 7644 §3.14): the same on whichever server it is read.

use super::mapping::TypeMapping;
use crate::upstream::dialect::DialectName;
use crate::upstream::entry::Entry;
use aws_lc_rs::digest::{Context, SHA256};
use postern_identity::provisioning::{ResourceKind, Version};
use std::fmt::Write as _;

/// The change sequence number of an entry: set by the server that took the change, and the same on all others.
const CHANGE: &str = "entryCSN";

/// What has to be read of every entry for its version, beside everything that is mapped where that counts.
pub(super) fn attributes(name: DialectName, kind: ResourceKind) -> &'static [&'static str] {
    match (name, kind) {
        (DialectName::OpenLdap | DialectName::Embedded, _) => &[CHANGE, "modifyTimestamp"],
        (DialectName::Ds389 | DialectName::FreeIpa, _) => &["modifyTimestamp"],
        // A domain controller has a whenChanged of its own; what counts of an account besides the mapping is replicated.
        (DialectName::ActiveDirectory, ResourceKind::User) => {
            &["userAccountControl", "pwdLastSet", "lockoutTime", "accountExpires"]
        }
        // That members changed is told by nothing that is replicated and small. Two controllers may tell one group by two versions: that is a
        // change seen once too often, and never one missed.
        (DialectName::ActiveDirectory, ResourceKind::Group) => &["whenChanged"],
    }
}

/// Whether all that is mapped has to be read for it, whatever else is wanted.
pub(super) fn needs_everything(name: DialectName) -> bool {
    !matches!(name, DialectName::OpenLdap | DialectName::Embedded)
}

/// The version of an entry of which [`attributes`] were read.
pub(super) fn of(name: DialectName, mapping: &TypeMapping, entry: &Entry) -> Version {
    if !needs_everything(name) {
        let told = entry.text(CHANGE).or_else(|| entry.text("modifyTimestamp"));
        return Version(told.unwrap_or("0").replace('#', "-").into());
    }
    let mut context = Context::new(&SHA256);
    let mut put = |octets: &[u8]| {
        context.update(&(octets.len() as u64).to_be_bytes());
        context.update(octets);
    };
    put(entry.dn().as_bytes());
    let own = attributes(name, mapping.kind).iter().copied();
    let mapped = mapping.rows.iter().map(super::mapping::Row::base_type);
    for attribute in own.chain(mapped).chain(mapping.name_otherwise.as_deref()) {
        // The order of values is each server's own.
        let mut values: Vec<&[u8]> = entry.values(attribute).collect();
        values.sort_unstable();
        put(attribute.as_bytes());
        put(&(values.len() as u64).to_be_bytes());
        values.into_iter().for_each(&mut put);
    }
    let digest = context.finish();
    let mut text = String::with_capacity(32);
    for octet in digest.as_ref().iter().take(16) {
        // Writing to a String cannot fail.
        let _ = write!(text, "{octet:02x}");
    }
    Version(text.into())
}

/// The change sequence number a version was made of; `None`: it was made of something else.
pub(super) fn change(name: DialectName, version: &Version) -> Option<String> {
    let told = (!needs_everything(name)).then(|| version.0.replace('-', "#"))?;
    (told.matches('#').count() == 3).then_some(told)
}

#[cfg(test)]
mod tests {
    use super::super::settings::ProvisioningSettings;
    use super::*;

    fn version(name: DialectName, attributes: &[(&str, &[&str])]) -> Version {
        let mapping = ProvisioningSettings::default().mapping(name, "dc=x").unwrap();
        of(name, &mapping.users, &Entry::new("uid=a,dc=x", attributes))
    }

    #[test]
    fn the_change_number_of_slapd_is_the_version_and_reads_back() {
        let csn = "20261122120000.000001Z#000000#001#000000";
        let version = version(DialectName::OpenLdap, &[("entryCSN", &[csn])]);
        assert!(
            version
                .0
                .bytes()
                .all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.'))
        );
        assert_eq!(change(DialectName::OpenLdap, &version).as_deref(), Some(csn));
        assert_eq!(change(DialectName::ActiveDirectory, &version), None);
        assert_eq!(change(DialectName::OpenLdap, &Version("20261122120000Z".into())), None);
    }

    #[test]
    fn elsewhere_it_is_what_the_entry_holds_in_whatever_order() {
        for name in [DialectName::Ds389, DialectName::ActiveDirectory] {
            let one = version(name, &[("mail", &["a", "b"]), ("whenChanged", &["1"])]);
            assert_eq!(
                one,
                version(name, &[("mail", &["b", "a"]), ("whenChanged", &["2"])]),
                "{name:?}"
            );
            assert_ne!(one, version(name, &[("mail", &["ab"])]), "{name:?}");
            assert_ne!(one, version(name, &[("mail", &["a", "b"]), ("sn", &["c"])]), "{name:?}");
        }
        let locked = [("lockoutTime", &["5"][..])];
        assert_ne!(
            version(DialectName::ActiveDirectory, &locked),
            version(DialectName::ActiveDirectory, &[])
        );
    }
}
