//! The two entries that belong to the server itself: the root DSE (RFC 4512 §5.1) and the subschema (§4.2).

use super::LocalDirectory;
use super::access::Access;
use super::answer::{self, Answer};
use super::entry::Entry;
use super::filter::Filter;
use super::requested::Requested;
use postern_ldap::{MessageId, oid, tag};

/// The name of the subschema's entry.
pub(crate) const SUBSCHEMA: &str = "cn=Subschema";

/// The controls that are understood.
pub(crate) const CONTROLS: &[&[u8]] = &[
    oid::PAGED_RESULTS,
    oid::SORT_REQUEST,
    oid::ASSERTION,
    oid::PRE_READ,
    oid::POST_READ,
    oid::PERMISSIVE_MODIFY,
    oid::PASSWORD_POLICY,
    oid::PROXIED_AUTHORIZATION,
    oid::MANAGE_DSA_IT,
];

/// The extended operations that are done. StartTLS is done by the listener; a transparent route says of it what stands here.
const EXTENSIONS: &[&[u8]] = &[oid::START_TLS, oid::PASSWORD_MODIFY, oid::WHO_AM_I, oid::CANCEL];

/// All operational attributes (RFC 3673), absolute true and false filters (RFC 4526), modify-increment (RFC 4525).
const FEATURES: &[&[u8]] = &[b"1.3.6.1.4.1.4203.1.5.1", b"1.3.6.1.4.1.4203.1.5.3", b"1.3.6.1.1.14"];

impl LocalDirectory {
    /// The entry of the server itself by this name, if it is one, and how that is written.
    pub(super) fn own_entry(&self, name: &[u8]) -> Option<(&'static str, Entry)> {
        if name.is_empty() {
            return Some(("", self.root_dse()));
        }
        let is_subschema = name.len() < 64 && self.schema.path(name).is_ok_and(|path| path == self.subschema_path);
        is_subschema.then(|| (SUBSCHEMA, self.subschema()))
    }

    fn subschema(&self) -> Entry {
        let mut entry = self.schema.subschema();
        entry.set("subschemaSubentry", vec![SUBSCHEMA.as_bytes().to_vec()]);
        entry
    }

    /// What this server is and can do.
    fn root_dse(&self) -> Entry {
        let listed = |values: &[&[u8]]| values.iter().map(|value| value.to_vec()).collect::<Vec<_>>();
        let one = |value: &str| vec![value.as_bytes().to_vec()];
        let mut entry = Entry::default();
        entry.set("objectClass", one("top"));
        entry.set("namingContexts", one(&self.settings.base_dn));
        entry.set("supportedControl", listed(CONTROLS));
        entry.set("supportedExtension", listed(EXTENSIONS));
        entry.set("supportedFeatures", listed(FEATURES));
        entry.set("supportedLDAPVersion", one("3"));
        entry.set("subschemaSubentry", one(SUBSCHEMA));
        entry.set("vendorName", one("Postern"));
        entry.set("vendorVersion", one(env!("CARGO_PKG_VERSION")));
        entry
    }
}

/// The answer to a search for an entry of the server itself, which everybody may read.
pub(super) fn own_entry_told(
    directory: &LocalDirectory,
    id: MessageId,
    own: &(&'static str, Entry),
    filter: &Filter,
    requested: &Requested,
) -> Vec<u8> {
    let (name, entry) = own;
    let also = |key: &str| (key == "entrydn").then(|| vec![name.as_bytes().to_vec()]);
    let mut out = Vec::new();
    if filter.matches(entry, &directory.schema, &also) == Some(true) {
        let body = entry.encode();
        let everything = Access::everything();
        let mut types = Vec::new();
        // What was made here can be read here.
        let pieces = requested
            .pick(&body, &[], &mut types, everything.to(&[]), &directory.schema)
            .unwrap_or_default();
        answer::entry(&mut out, id, name, &pieces);
    }
    out.extend(Answer::success().message(id, tag::SEARCH_REQUEST));
    out
}
