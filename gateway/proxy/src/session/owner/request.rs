//! What a request is about, as far as it matters whose passwords it writes.

use super::Actor;
use crate::refusal::Refusal;
use crate::session::restricted::dn_of;
use crate::session::{Identity, Session};
use postern_directory::DialectName;
use postern_identity::authority::Reads;
use postern_identity::decide::RouteRules;
use postern_identity::{AttributeName, DistinguishedName};
use postern_ldap::attribute::{base_type, canonical};
use postern_ldap::change::{AddRequest, ModifyDnRequest, ModifyRequest, deleted_entry};
use postern_ldap::credential::{Touch, touch};
use postern_ldap::extended::{ExtendedRequest, PasswordModify};
use postern_ldap::{Message, oid, tag};

/// Extended operations that write a credential in ways that are not read here: FreeIPA's keys for keytabs and eDirectory's passwords. A list of
/// the policy cannot let them through where some passwords are somebody else's.
const WRITING_EXTENSIONS: [&[u8]; 4] = [
    b"2.16.840.1.113730.3.8.10.1",
    b"2.16.840.1.113730.3.8.10.5",
    b"2.16.840.1.113719.1.39.42.100.1",
    b"2.16.840.1.113719.1.39.42.100.11",
];

/// What a request does that matters to whoever owns passwords.
#[derive(Clone, Copy)]
pub(in crate::session) enum Concern {
    /// Nothing.
    Nothing,
    /// It writes a credential.
    Writes,
    /// It changes something by which rules tell whose a password is.
    Changes,
    /// It cannot be told whose password it writes.
    Refused(Refusal),
}

/// Whom a request is about.
pub(super) enum Subject<'a> {
    /// An entry, by the name in the request; one that is yet to be made.
    Entry { name: &'a [u8], is_new: bool },
    /// Somebody by a name that only the directory can read.
    Unnamed,
}

/// What becomes of a group's members.
pub(super) enum Members {
    Untouched,
    More,
    Otherwise,
}

impl Session {
    /// What a request does that matters to whoever owns passwords.
    pub(super) fn concern(
        &self,
        message: &Message<'_>,
        extension: Option<&ExtendedRequest<'_>>,
        rules: &RouteRules,
    ) -> Concern {
        let touched = touch(message, self.dialect().credential_attributes());
        let Some(authority) = &rules.authority else {
            return self.concern_without_rules(message, touched);
        };
        let reads = authority.reads();
        if extension.is_some_and(|extension| WRITING_EXTENSIONS.contains(&extension.oid)) {
            return Concern::Refused(Refusal::OwnerUnnamed);
        }
        if touched == Touch::Writes {
            return Concern::Writes;
        }
        let may_be_group = |name: &[u8]| {
            let name = DistinguishedName::parse(name);
            !reads.groups.is_empty() && name.map_or(true, |name| authority.group_named(&name).is_some())
        };
        let changes = match message.operation.tag {
            tag::MODIFY_REQUEST => ModifyRequest::parse(message).is_ok_and(|modify| {
                let of_members = modify
                    .changes()
                    .any(|change| is_of_members(change.attribute.description));
                let of_rules = modify
                    .changes()
                    .any(|change| is_read(reads, change.attribute.description).is_some());
                of_rules || (of_members && !reads.groups.is_empty())
            }),
            tag::MODIFY_DN_REQUEST => true,
            tag::DELETE_REQUEST => {
                // Any group may be inside one whose members' members count.
                let nested = reads.groups.iter().any(|group| group.nested);
                nested || deleted_entry(message).is_ok_and(may_be_group)
            }
            tag::ADD_REQUEST => AddRequest::parse(message).is_ok_and(|add| may_be_group(add.entry)),
            _ => false,
        };
        if changes { Concern::Changes } else { Concern::Nothing }
    }

    /// Where no rule was written the entry itself may still say that somebody else checks its password, if we may look.
    fn concern_without_rules(&self, message: &Message<'_>, touched: Touch) -> Concern {
        let settings = self.route.upstream.settings();
        let may_look = settings.service_account.is_some() && settings.dialect != DialectName::ActiveDirectory;
        let is_somebody = !matches!(self.identity, Identity::Anonymous);
        let is_there = message.operation.tag != tag::ADD_REQUEST;
        if touched == Touch::Writes && may_look && is_somebody && is_there {
            Concern::Writes
        } else {
            Concern::Nothing
        }
    }
}

impl<'a> Subject<'a> {
    /// Whom a request is about. `None`: it cannot be read.
    pub(super) fn of(message: &Message<'a>, extension: Option<&ExtendedRequest<'a>>, actor: &'a Actor) -> Option<Self> {
        let there = |name| Self::Entry { name, is_new: false };
        Some(match message.operation.tag {
            tag::MODIFY_REQUEST => there(ModifyRequest::parse(message).ok()?.entry),
            tag::MODIFY_DN_REQUEST => there(ModifyDnRequest::parse(message).ok()?.entry),
            tag::DELETE_REQUEST => there(deleted_entry(message).ok()?),
            tag::ADD_REQUEST => Self::Entry {
                name: AddRequest::parse(message).ok()?.entry,
                is_new: true,
            },
            tag::EXTENDED_REQUEST => {
                let change =
                    PasswordModify::parse(extension.filter(|request| request.oid == oid::PASSWORD_MODIFY)?.value);
                match (change.ok()?.identity, actor) {
                    (Some(identity), Actor::Own(dn, given)) if *identity == **given => there(dn),
                    (Some(identity), _) if is_user_id(identity) => Self::Unnamed,
                    (Some(identity), _) => there(dn_of(identity)),
                    (None, Actor::Entry(name) | Actor::Own(name, _)) => there(name),
                    (None, Actor::Other) => Self::Unnamed,
                }
            }
            _ => return None,
        })
    }
}

/// Whether a request gives an entry another name.
pub(super) fn renames(message: &Message<'_>) -> bool {
    message.operation.tag == tag::MODIFY_DN_REQUEST
}

/// Whether an assertion control may go with it: servers know it with changes of an entry that is there, and not with extended requests.
pub(super) fn takes_assertion(message: &Message<'_>) -> bool {
    matches!(message.operation.tag, tag::MODIFY_REQUEST | tag::MODIFY_DN_REQUEST)
}

/// What becomes of the members of the group that a request is about.
pub(super) fn of_members(message: &Message<'_>) -> Members {
    let Ok(modify) = ModifyRequest::parse(message) else {
        return Members::Otherwise; // it is made, goes, or has another name from now on
    };
    let mut changed = modify
        .changes()
        .filter(|change| is_of_members(change.attribute.description))
        .peekable();
    if changed.peek().is_none() {
        Members::Untouched
    } else if changed.all(|change| change.operation == 0) {
        Members::More
    } else {
        Members::Otherwise
    }
}

/// The attribute that rules read and a description means, in whatever spelling.
pub(super) fn is_read<'r>(reads: &'r Reads, description: &[u8]) -> Option<&'r AttributeName> {
    reads.attributes.iter().find(|read| is(read, description))
}

/// Whether a description means an attribute.
pub(super) fn is(read: &AttributeName, description: &[u8]) -> bool {
    let (own, base) = (read.as_str().as_bytes(), base_type(description));
    own.eq_ignore_ascii_case(base)
        || read.matches(description)
        || canonical(own).is_some_and(|own| canonical(base) == Some(own))
}

/// Whether groups name their members in it, or entries their groups.
fn is_of_members(description: &[u8]) -> bool {
    let base = base_type(description);
    let base = canonical(base).unwrap_or(base);
    [&b"member"[..], b"uniquemember", b"memberof"]
        .iter()
        .any(|known| base.eq_ignore_ascii_case(known))
}

/// `u:…` (RFC 4513 §5.2.1.8): whose it is only the directory knows.
fn is_user_id(identity: &[u8]) -> bool {
    identity
        .get(..2)
        .is_some_and(|prefix| prefix.eq_ignore_ascii_case(b"u:"))
}
