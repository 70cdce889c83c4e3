//! What a session wants of the server its lane leads to, and what it tells of its writes.
//!
//! A lane carries its session's identity, and no password is kept to give another lane the same one: whoever may write must be signed in on
//! a server that takes writes from the start. So a route that lets anything be changed signs in on writers, a read-only one on readers.

use super::{Identity, Session};
use crate::session::restricted::dn_of;
use crate::share;
use postern_directory::{AccountHash, Share, Want};
use postern_identity::decide::Operation;
use postern_ldap::bind::BindRequest;
use postern_ldap::change::{AddRequest, ModifyDnRequest, ModifyRequest, deleted_entry};
use postern_ldap::extended::{ExtendedRequest, PasswordModify};
use postern_ldap::{Message, oid};

impl Session {
    /// What the lane for this bind is wanted for.
    pub(super) fn want_of_bind(&self, request: &[u8]) -> Want {
        // Who it is need not be worked out where it does not matter.
        let account = || {
            let message = Message::parse(request).ok()?;
            let bind = BindRequest::parse(&message).ok()?;
            (!bind.name.is_empty()).then(|| AccountHash::of(bind.name))
        };
        Want {
            account: if self.route.upstream.asks_whose() {
                account()
            } else {
                None
            },
            writes: self.may_write(),
        }
    }

    /// What the lane of this account is wanted for.
    pub(super) fn want_of(&self, name: &[u8]) -> Want {
        let account = self.route.upstream.asks_whose().then(|| AccountHash::of(name));
        Want {
            account,
            writes: self.may_write(),
        }
    }

    /// What the lane for somebody is wanted for who is nobody and begins with this.
    pub(super) fn want_of_nobody(&self, operation: Operation) -> Want {
        Want {
            account: None,
            writes: !matches!(operation, Operation::Search | Operation::Compare) && self.may_write(),
        }
    }

    /// In whose share everything is that is asked for this client.
    pub(super) fn share(&self) -> Share {
        share::of(self.facts.peer.ip())
    }

    /// Whether the rules let anything be changed, by whoever this may turn out to be.
    fn may_write(&self) -> bool {
        self.rules_hold.may_write
    }

    /// A write is about to be sent: whoever writes, and whoever's entry it is, signs in on the same server for a while.
    pub(super) fn note_write(
        &self,
        message: &Message<'_>,
        operation: Operation,
        extension: Option<&ExtendedRequest<'_>>,
    ) {
        let upstream = &self.route.upstream;
        let lane = self.lane.as_ref().filter(|_| upstream.remembers_writes());
        let note = |name: &[u8]| {
            if name.is_empty() {
                return;
            }
            self.route.second_looks.about_to_be_written(name);
            if let Some(lane) = lane {
                upstream.wrote(AccountHash::of(name), lane.server);
            }
        };
        if let Identity::Bound(signed_in) | Identity::Restricted(signed_in) = &self.identity {
            note(&signed_in.name);
        }
        match operation {
            Operation::Add => {
                if let Ok(add) = AddRequest::parse(message) {
                    note(add.entry);
                }
            }
            Operation::Delete => {
                if let Ok(entry) = deleted_entry(message) {
                    note(entry);
                }
            }
            Operation::Modify => {
                if let Ok(modify) = ModifyRequest::parse(message) {
                    note(modify.entry);
                }
            }
            Operation::ModifyDn => {
                if let Ok(rename) = ModifyDnRequest::parse(message) {
                    note(rename.entry);
                    let parent = rename.new_superior.or_else(|| parent_of(rename.entry));
                    note(&[rename.new_rdn, b",", parent.unwrap_or_default()].concat());
                }
            }
            Operation::Extended => {
                let change = extension
                    .filter(|extension| extension.oid == oid::PASSWORD_MODIFY)
                    .and_then(|extension| PasswordModify::parse(extension.value).ok());
                if let Some(identity) = change.and_then(|change| change.identity) {
                    note(dn_of(identity));
                }
            }
            Operation::Bind | Operation::Search | Operation::Compare => {}
        }
    }
}

/// What follows the first comma that is not escaped: the name above, as far as a hint needs it.
pub(super) fn parent_of(name: &[u8]) -> Option<&[u8]> {
    let mut escaped = false;
    let comma = name.iter().position(|octet| {
        let found = *octet == b',' && !escaped;
        escaped = *octet == b'\\' && !escaped;
        found
    })?;
    name.get(comma + 1..)
}

#[cfg(test)]
mod tests {
    use super::parent_of;

    #[test]
    fn the_name_above_begins_behind_the_first_comma_that_separates() {
        for (name, parent) in [
            ("uid=a,dc=b,dc=c", Some("dc=b,dc=c")),
            ("cn=Smith\\, John,ou=people", Some("ou=people")),
            ("cn=a\\\\,ou=people", Some("ou=people")),
            ("dc=c", None),
        ] {
            assert_eq!(parent_of(name.as_bytes()), parent.map(str::as_bytes), "{name}");
        }
    }
}
