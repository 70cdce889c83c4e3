//! Changes of virtual attributes that mean something: an account is switched off or on, unlocked, or must change its password.

use super::attributes::Kind;
use super::{Shape, ShapeProduct};
use postern_directory::{AccountTimes, Entry, Modification, ServiceLanes, WriteRequest};
use postern_identity::{Secret, StandingChange};
use postern_ldap::attribute::base_type;
use postern_ldap::ber::Writer;
use postern_ldap::change::{Change, ModifyRequest};
use postern_ldap::{Message, splice, tag};
use zeroize::Zeroizing;

/// What one change of a modify means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    /// What it says.
    Ordinary,
    /// This.
    Change(StandingChange),
    /// Nothing that could be done.
    Unchangeable,
}

impl Shape {
    /// What a change means. Only a replacement, or what adds or removes the one value there is, is understood.
    pub(super) fn wish(&self, change: &Change<'_>) -> Wish {
        let Some(one) = self.virtual_of(base_type(change.attribute.description)) else {
            return Wish::Ordinary;
        };
        let mut values = change.attribute.values();
        let (value, more) = (values.next(), values.next().is_some());
        let text = value.and_then(|value| std::str::from_utf8(value).ok());
        // 0 add, 1 delete, 2 replace (RFC 4511 §4.6).
        let puts = matches!(change.operation, 0 | 2) && !more;
        let takes = (change.operation == 1 || change.operation == 2) && value.is_none();
        let in_windows = self.settings.product == ShapeProduct::ActiveDirectory;
        let wish = match (in_windows, one.kind, text) {
            (true, Kind::LastSet, Some("0")) | (false, Kind::Reset, Some("TRUE")) if puts => {
                StandingChange::ForceChange
            }
            (true, Kind::LastSet, Some("-1")) | (false, Kind::Reset, Some("FALSE")) if puts => {
                StandingChange::WithdrawForceChange
            }
            (false, Kind::Reset, None) if takes => StandingChange::WithdrawForceChange,
            (true, Kind::Control, Some("514")) | (false, Kind::Locked, Some("000001010000Z")) if puts => {
                StandingChange::Disable
            }
            (true, Kind::Control, Some("512")) if puts => StandingChange::Enable,
            (true, Kind::Locked, Some("0")) if puts => StandingChange::Unlock,
            (false, Kind::Locked, None) if takes => StandingChange::Unlock,
            _ => return Wish::Unchangeable,
        };
        Wish::Change(wish)
    }

    /// The modify with each such change in the directory's own attributes; as it came where its entry cannot be read, for the directory to
    /// refuse. `None`: the directory has no such thing.
    pub(crate) async fn with_standing_changed(
        &self,
        message: &Message<'_>,
        service: &ServiceLanes,
    ) -> Option<Zeroizing<Vec<u8>>> {
        let modify = ModifyRequest::parse(message).ok()?;
        let dn = std::str::from_utf8(modify.entry).ok()?;
        let dialect = self.upstream.dialect();
        let mut attributes = dialect.standing_attributes().to_vec();
        attributes.extend_from_slice(AccountTimes::ATTRIBUTES);
        let Ok(Some(account)) = service.one_entry(dn, &attributes).await else {
            return Some(Zeroizing::new(splice::with_content(message, message.operation.content)));
        };
        self.in_the_directorys_words(message, &account)
    }

    /// The same, the entry being read. What would change nothing is written as it is: who may is the directory's to say, and a modify of
    /// nothing it would not look at.
    pub(super) fn in_the_directorys_words(&self, message: &Message<'_>, account: &Entry) -> Option<Zeroizing<Vec<u8>>> {
        let modify = ModifyRequest::parse(message).ok()?;
        let mut content = Zeroizing::new(Vec::with_capacity(message.operation.content.len() * 2 + 4096));
        let (mut wishes, mut unchanged) = (Vec::new(), Vec::new());
        let mut written: Vec<&[u8]> = Vec::new();
        for change in modify.changes() {
            match self.wish(&change) {
                Wish::Ordinary => {
                    written.push(base_type(change.attribute.description));
                    content.extend_from_slice(&Zeroizing::new(copied(&change)));
                }
                Wish::Change(wish) => {
                    if wishes.contains(&wish) {
                        continue;
                    }
                    wishes.push(wish);
                    let changes = self.modifications(wish, account)?;
                    if changes.is_empty() {
                        unchanged.extend(self.upstream.dialect().affirm_standing(wish, account)?);
                    }
                    written.extend(changes.iter().map(|one| one.attribute.as_bytes()));
                    content.extend_from_slice(&encoded(&changes)?);
                }
                Wish::Unchangeable => return None,
            }
        }
        // What is written anyhow is looked at, and must not become again what it was.
        unchanged.retain(|one| {
            !written
                .iter()
                .any(|name| name.eq_ignore_ascii_case(one.attribute.as_bytes()))
        });
        content.extend_from_slice(&encoded(&unchanged)?);
        let mut body = Writer::with_capacity(content.len() + modify.entry.len() + 32);
        body.octets(modify.entry).element(tag::SEQUENCE, &content);
        let body = Zeroizing::new(body.finish());
        Some(Zeroizing::new(splice::with_content(message, &body)))
    }

    /// The changes a dialect makes of it; none where it is so already. Switched off is locked for good where there is nothing else, and lifting
    /// that is unlocking.
    fn modifications(&self, wish: StandingChange, account: &Entry) -> Option<Vec<Modification>> {
        let dialect = self.upstream.dialect();
        let made = |wish| dialect.change_standing(wish, account, self.upstream.now());
        let other = match wish {
            StandingChange::Disable => Some(StandingChange::Lock),
            StandingChange::Enable => Some(StandingChange::Unlock),
            StandingChange::Unlock if self.settings.product == ShapeProduct::Ppolicy => Some(StandingChange::Enable),
            _ => None,
        };
        let mut changes: Vec<Modification> = made(wish).or_else(|| made(other?))?;
        // What is one attribute to the client is two in the directory.
        if wish == StandingChange::Unlock
            && self.settings.product == ShapeProduct::Ppolicy
            && let Some(more) = made(StandingChange::Enable)
        {
            changes.extend(
                more.into_iter()
                    .filter(|one| one.attribute == "userAccountControl" || one.attribute == "nsAccountLock"),
            );
        }
        Some(changes)
    }
}

/// Changes, encoded one behind the other.
fn encoded(changes: &[Modification]) -> Option<Vec<u8>> {
    let whole = WriteRequest::modify("", changes).encode(postern_ldap::MessageId(1));
    let message = Message::parse(&whole).ok()?;
    let modify = ModifyRequest::parse(&message).ok()?;
    Some(modify.changes().flat_map(|change| copied(&change)).collect())
}

/// One change, encoded.
fn copied(change: &Change<'_>) -> Vec<u8> {
    let values: Vec<Secret> = change.attribute.values().map(Secret::new).collect();
    let room =
        values.iter().map(|value| value.expose().len() + 8).sum::<usize>() + change.attribute.description.len() + 64;
    let mut out = Writer::with_capacity(room);
    out.nested(tag::SEQUENCE, |one| {
        one.enumerated(change.operation).nested(tag::SEQUENCE, |attribute| {
            attribute.octets(change.attribute.description).nested(tag::SET, |set| {
                for value in &values {
                    set.octets(value.expose());
                }
            });
        });
    });
    out.finish()
}
