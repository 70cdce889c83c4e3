//! What may pass. Everything but a plain search is walked to its end here.

use super::guarded::Guarded;
use super::owner::Ownership;
use super::translated::{Translation, Untranslated, is_unicode_change};
use super::{Identity, Leave, Session};
use crate::acting;
use crate::in_flight::{Care, Pending, operation_of};
use crate::refusal::Refusal;
use crate::root_dse::Asked;
use postern_identity::decide::{Operation, RouteRules, RuleName, TlsRule};
use postern_identity::{AttributeName, DistinguishedName};
use postern_ldap::change::{AddRequest, ModifyDnRequest, ModifyRequest, deleted_entry};
use postern_ldap::compare::CompareRequest;
use postern_ldap::control::paged::PagedResults;
use postern_ldap::credential::{Touch, touch};
use postern_ldap::extended::{ExtendedRequest, abandoned_id};
use postern_ldap::search::{SearchRequest, is_root_dse};
use postern_ldap::{Header, Message, MessageId, attribute, denied, frame, oid, search, tag};
use zeroize::Zeroizing;

/// What becomes of a request.
pub(super) enum Admit {
    /// It goes up the lane as it is.
    Pass,
    /// This goes up the lane instead. It may hold a password.
    Changed(Zeroizing<Vec<u8>>),
    /// This is the answer.
    Answer(Vec<u8>),
    /// Nothing: it has no answer and nobody to go to.
    Swallow,
    /// It is done in sequence.
    InSequence,
    /// It stays where it is until something of this session's that is under way has been answered.
    Later,
    /// The session ends.
    Leave(Leave),
}

/// In whose words a request goes up.
enum Worded {
    /// In those it came in.
    AsItIs,
    /// In these.
    Differently(Translation),
    /// It does not go up now.
    Otherwise(Admit),
}

/// A refusal and the policy rule it rests on, if it does.
pub(super) struct Refused(pub(super) Refusal, pub(super) Option<RuleName>);

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self(refusal, None)
    }
}

impl Session {
    /// Admits one whole request. A request that is to go up the lane is in flight afterwards.
    #[inline]
    pub(super) fn admit(&mut self, header: &Header, request: &[u8]) -> Admit {
        if self.fast
            && header.operation == tag::SEARCH_REQUEST
            && self.is_new(header.id)
            && self.in_flight.len() < self.shared.limits.operations_in_flight
            && !frame::has_controls(request, header)
        {
            let root_dse = is_root_dse(request, header);
            let care = if root_dse && !self.is_transparent() {
                root_dse_care(request)
            } else {
                Care::NONE
            };
            self.add(header.id, Operation::Search, care);
            return Admit::Pass;
        }
        self.admit_slowly(header, request)
    }

    fn admit_slowly(&mut self, header: &Header, request: &[u8]) -> Admit {
        match header.operation {
            tag::UNBIND_REQUEST => return Admit::Leave(Leave::Done),
            tag::ABANDON_REQUEST => return self.abandon(request),
            _ => {}
        }
        // Nothing is enforced there, so nothing more is read.
        if self.route.sign_in.opaque {
            return Admit::InSequence;
        }
        let Some(operation) = operation_of(header.operation) else {
            return Admit::Leave(Leave::Protocol("that is not a request"));
        };
        // RFC 4511 §4.1.1.1: an id in use may not be used again, and 0 is the server's.
        if !self.is_new(header.id) {
            return Admit::Leave(Leave::Protocol("this message id cannot be used now"));
        }
        if operation == Operation::Bind {
            return Admit::InSequence;
        }
        match self.judge(header, operation, request) {
            Ok(admit) => admit,
            Err(Refused(refusal, rule)) => Admit::Answer(self.refuse(header.id, operation, refusal, rule.as_ref())),
        }
    }

    /// Every rule that is not about binds.
    fn judge(&mut self, header: &Header, operation: Operation, request: &[u8]) -> Result<Admit, Refused> {
        let message = Message::parse(request).map_err(|_| Refusal::Malformed)?;
        let rules = self.rules.clone().ok_or(Refusal::NoRules)?;
        let root_dse = operation == Operation::Search && is_root_dse(request, header);
        let extension = (operation == Operation::Extended)
            .then(|| ExtendedRequest::parse(&message))
            .transpose()
            .map_err(|_| Refusal::Malformed)?;
        if extension.is_some_and(|extension| extension.oid == oid::START_TLS) {
            return Ok(Admit::InSequence);
        }
        if rules.tls.value == TlsRule::Always && !self.facts.secure && !root_dse {
            return Err(Refused(Refusal::TlsRequired, Some(rules.tls.rule.clone())));
        }
        if self.acts() {
            self.controls(&message, &rules)?; // its own refusal first
            acting::read_to_the_end(&message).map_err(|_| Refusal::Malformed)?;
        }
        let touched = touch(&message, self.route.upstream.dialect().credential_attributes());
        let sequence = match &self.identity {
            Identity::Restricted(signed_in) => {
                if !self.restricted_may(&message, signed_in, extension.as_ref(), root_dse) {
                    let rule = signed_in.rule.clone();
                    return Err(Refused(Refusal::Restricted, Some(rule)));
                }
                touched == Touch::Writes
            }
            Identity::Anonymous if !rules.anonymous.value && !root_dse => {
                return Err(Refused(
                    Refusal::AnonymousNotAllowed,
                    Some(rules.anonymous.rule.clone()),
                ));
            }
            Identity::Anonymous | Identity::Bound(_) => false,
        };
        if !rules.operations.value.contains(operation) && !root_dse {
            return Err(Refused(
                Refusal::OperationNotAllowed,
                Some(rules.operations.rule.clone()),
            ));
        }
        self.controls(&message, &rules)?;
        self.credentials(touched, extension.as_ref(), &rules)?;
        let writes = is_write(operation, touched);
        if writes && rules.read_only.value {
            return Err(Refused(Refusal::ReadOnly, Some(rules.read_only.rule.clone())));
        }
        if !root_dse {
            bases(&message, operation, &rules)?;
        }
        attributes(&message, &rules)?;
        if let Some(answer) = extension.and_then(|extension| self.who_am_i(&message, &extension)) {
            return Ok(Admit::Answer(answer));
        }
        if let Some(answer) = self.policy_entry(&message) {
            return Ok(Admit::Answer(answer));
        }
        self.denied_otherwise(&message, &rules)?;
        if self.in_flight.len() >= self.shared.limits.operations_in_flight {
            return Err(Refusal::TooManyOperations.into());
        }
        if let Ownership::Ask = self.ownership(&message, extension.as_ref(), &rules)? {
            return Ok(Admit::InSequence);
        }
        if writes {
            self.note_write(&message, operation, extension.as_ref());
        }
        if sequence || !self.lane_fits() {
            return Ok(Admit::InSequence);
        }
        let translation = match self.translated(&message, operation, &rules) {
            Worded::Differently(translation) => Some(translation),
            Worded::AsItIs => None,
            Worded::Otherwise(admit) => return Ok(admit),
        };
        let watched = match self.guard(&message, operation, touched, extension.as_ref(), &rules) {
            Guarded::Pass(watched) => watched,
            Guarded::Wait => return Ok(Admit::InSequence),
            Guarded::Later => return Ok(Admit::Later),
            Guarded::Answer(answer) => return Ok(Admit::Answer(answer)),
        };
        let mut care = if operation == Operation::Search {
            search_care(&message)?
        } else {
            Care::NONE
        };
        if rules.denied_attributes.is_some() {
            care = care.with(Care::STRIP);
        }
        if root_dse && !rules.surface.value.is_transparent() {
            care = care.with(root_dse_care(request));
        }
        if writes {
            care = care.with(Care::RECORD);
            self.will_change_names(&message);
        }
        // What a listed but unknown extension leaves on a lane is unknown too.
        if touched == Touch::Unwalkable {
            care = care.with(Care::TAINTS);
        }
        let changed = match &translation {
            Some(translation) => self.leave_for_translated(translation, request)?,
            None => limited(&message, operation, &rules)?.or(self.take_leave(&message, request)?),
        };
        if care.has(Care::TAINTS)
            && let Some(lane) = &mut self.lane
        {
            lane.tainted = true;
        }
        // Should anything have been left of an earlier request, its end is not this one's.
        self.forget_watched(|known| known.id == header.id);
        self.guarded.extend(watched);
        if let Some(Translation { request, care: words }) = translation {
            self.add(header.id, operation, care.with(words));
            return Ok(Admit::Changed(changed.map_or(request, Zeroizing::new)));
        }
        self.add(header.id, operation, care);
        Ok(changed.map_or(Admit::Pass, |changed| Admit::Changed(Zeroizing::new(changed))))
    }

    /// What the rules say of a modify, whatever it changes.
    pub(super) fn may_modify(&self, message: &Message<'_>, rules: &RouteRules) -> Result<(), Refused> {
        if rules.tls.value == TlsRule::Always && !self.facts.secure {
            return Err(Refused(Refusal::TlsRequired, Some(rules.tls.rule.clone())));
        }
        if !rules.operations.value.contains(Operation::Modify) {
            let rule = Some(rules.operations.rule.clone());
            return Err(Refused(Refusal::OperationNotAllowed, rule));
        }
        if rules.read_only.value {
            return Err(Refused(Refusal::ReadOnly, Some(rules.read_only.rule.clone())));
        }
        bases(message, Operation::Modify, rules)
    }

    /// A password change in the directory's words, where it was asked for in others.
    fn translated(&self, message: &Message<'_>, operation: Operation, rules: &RouteRules) -> Worded {
        match self.translation(message, rules) {
            Ok(Some(translation)) => Worded::Differently(translation),
            Ok(None) => Worded::AsItIs,
            Err(Untranslated::Unresolved) => Worded::Otherwise(Admit::InSequence),
            Err(Untranslated::Refused(refusal, rule)) => {
                Worded::Otherwise(Admit::Answer(self.refuse_change(message, operation, refusal, rule)))
            }
        }
    }

    /// The leave for a request that goes up in other words.
    fn leave_for_translated(&mut self, translation: &Translation, request: &[u8]) -> Result<Option<Vec<u8>>, Refused> {
        let worded = Message::parse(&translation.request).map_err(|_| Refusal::Malformed)?;
        Ok(self.take_leave(&worded, request)?)
    }

    /// A modify of `unicodePwd` becomes one of `userPassword`, whose denial it must not get around.
    fn denied_otherwise(&self, message: &Message<'_>, rules: &RouteRules) -> Result<(), Refused> {
        match &rules.denied_attributes {
            Some(list) if is_denied(rules, b"userPassword") && is_unicode_change(message, self.dialect()) => {
                Err(Refused(Refusal::AttributeNotAllowed, Some(list.rule.clone())))
            }
            _ => Ok(()),
        }
    }

    /// RFC 4511 §4.11: no answer, whatever is wrong with it.
    fn abandon(&mut self, request: &[u8]) -> Admit {
        let abandoned = Message::parse(request).and_then(|message| abandoned_id(&message));
        let Some(pending) = abandoned.ok().and_then(|id| self.in_flight.abandon(id)) else {
            return Admit::Swallow;
        };
        self.retry = None;
        self.forget_watched(|watched| watched.id == pending.id);
        self.given_up(&pending);
        self.forget_owned(Some(pending.id));
        let Some(lane) = &mut self.lane else {
            return Admit::Swallow;
        };
        // Its end, which would have told of a cursor, is not looked at any more.
        lane.tainted |= pending.care.has(Care::FIRST_PAGE.with(Care::NEXT_PAGE));
        Admit::Pass
    }

    /// Proxied authorization and transactions (acting for somebody is for those the route lists).
    fn controls(&self, message: &Message<'_>, rules: &RouteRules) -> Result<(), Refused> {
        for control in message.controls {
            let control = control.map_err(|_| Refusal::Malformed)?;
            // slapd reads an OID up to a NUL: what is not plainly one may be any.
            if !attribute::is_oid(control.oid) {
                return Err(Refusal::Malformed.into());
            }
            match control.oid {
                oid::PROXIED_AUTHORIZATION | oid::PROXIED_AUTHORIZATION_V1 => {
                    let allowed = self.may_act_for_others(rules);
                    if !allowed {
                        let rule = rules.proxied_authorization.rule.clone();
                        return Err(Refused(Refusal::ProxiedAuthorization, Some(rule)));
                    }
                }
                oid::TRANSACTION_SPECIFICATION => return Err(Refusal::Transaction.into()),
                _ => {}
            }
        }
        Ok(())
    }

    /// Requests that may write or test a credential, and extended operations nobody knows.
    fn credentials(
        &self,
        touched: Touch,
        extension: Option<&ExtendedRequest<'_>>,
        rules: &RouteRules,
    ) -> Result<(), Refused> {
        match (touched, extension) {
            (Touch::Nothing, _) => Ok(()),
            (Touch::Unwalkable, Some(extension)) if known(extension.oid) => Err(Refusal::Malformed.into()),
            (Touch::Unwalkable, Some(extension)) => {
                let listed = &rules.extended_operations;
                let asked = extension.oid;
                // RFC 5805's transactions are never listed into being: they hide what the requests inside do together.
                if matches!(asked, oid::START_TRANSACTION | oid::END_TRANSACTION) {
                    Err(Refusal::Transaction.into())
                } else if listed.value.iter().any(|oid| oid.as_bytes() == asked) {
                    // What it does is not known: it may carry a password, and so may a control beside it.
                    if self.password_may_travel(rules) {
                        Ok(())
                    } else {
                        Err(Refused(Refusal::PlaintextPassword, Some(rules.tls.rule.clone())))
                    }
                } else {
                    Err(Refused(Refusal::ExtensionNotAllowed, Some(listed.rule.clone())))
                }
            }
            (Touch::Unwalkable, None) => Err(Refusal::Malformed.into()),
            (Touch::Tests | Touch::Writes, _) => {
                if self.password_may_travel(rules) {
                    Ok(())
                } else {
                    Err(Refused(Refusal::PlaintextPassword, Some(rules.tls.rule.clone())))
                }
            }
        }
    }

    /// Whether a password may be used that came in over this connection.
    pub(super) fn password_may_travel(&self, rules: &RouteRules) -> bool {
        match rules.tls.value {
            TlsRule::Optional => true,
            TlsRule::ForPasswords => self.facts.secure || self.facts.stays_on_this_machine(),
            TlsRule::Always => self.facts.secure,
        }
    }

    fn add(&mut self, id: MessageId, operation: Operation, care: Care) {
        self.in_flight.add(Pending {
            id,
            operation,
            care,
            since: self.shared.ticker.now(),
        });
    }

    pub(super) fn is_new(&self, id: MessageId) -> bool {
        id != MessageId(0) && !self.in_flight.knows(id)
    }

    /// An answer without the attributes the rules deny, in entries and in what pre-read and post-read return. `None` if it cannot be read.
    pub(super) fn stripped(&self, answer: &[u8]) -> Option<Vec<u8>> {
        let rules = self.rules.as_ref()?;
        let message = Message::parse(answer).ok()?;
        let stripped = denied::stripped(&message, |description| is_denied(rules, description)).ok()?;
        Some(stripped.unwrap_or_else(|| answer.to_vec()))
    }
}

fn known(extension: &[u8]) -> bool {
    matches!(
        extension,
        oid::PASSWORD_MODIFY | oid::WHO_AM_I | oid::CANCEL | oid::START_TLS
    )
}

fn is_write(operation: Operation, touched: Touch) -> bool {
    match operation {
        Operation::Add | Operation::Delete | Operation::Modify | Operation::ModifyDn => true,
        // What a listed but unknown extension does is unknown: it counts as writing.
        Operation::Extended => matches!(touched, Touch::Writes | Touch::Unwalkable),
        Operation::Bind | Operation::Search | Operation::Compare => false,
    }
}

/// Base DNs: nothing at, above or beside them. What is no DN is not within any.
fn bases(message: &Message<'_>, operation: Operation, rules: &RouteRules) -> Result<(), Refused> {
    let Some(bases) = &rules.base_dns else { return Ok(()) };
    let malformed = |_| Refused::from(Refusal::Malformed);
    let refused = || Refused(Refusal::BaseNotAllowed, Some(bases.rule.clone()));
    let within = |name: &[u8]| {
        let name = DistinguishedName::parse(name).map_err(|_| refused())?;
        if bases.value.iter().any(|base| name.is_within(base)) {
            Ok(())
        } else {
            Err(refused())
        }
    };
    match operation {
        Operation::Search => {
            let search = SearchRequest::parse(message).map_err(malformed)?;
            // Following aliases leads out of the tree.
            if search.deref_aliases != 0 {
                return Err(refused());
            }
            within(search.base)
        }
        Operation::Compare => within(CompareRequest::parse(message).map_err(malformed)?.entry),
        Operation::Add => within(AddRequest::parse(message).map_err(malformed)?.entry),
        Operation::Delete => within(deleted_entry(message).map_err(malformed)?),
        Operation::Modify => within(ModifyRequest::parse(message).map_err(malformed)?.entry),
        Operation::ModifyDn => {
            let rename = ModifyDnRequest::parse(message).map_err(malformed)?;
            within(rename.entry)?;
            rename.new_superior.map_or(Ok(()), within)
        }
        Operation::Extended => {
            let extension = ExtendedRequest::parse(message).map_err(malformed)?;
            if extension.oid != oid::PASSWORD_MODIFY {
                return Ok(());
            }
            let change = postern_ldap::extended::PasswordModify::parse(extension.value).map_err(malformed)?;
            change
                .identity
                .map_or(Ok(()), |identity| within(super::restricted::dn_of(identity)))
        }
        Operation::Bind => Ok(()),
    }
}

/// A denied attribute is denied in every part of a request.
fn attributes(message: &Message<'_>, rules: &RouteRules) -> Result<(), Refused> {
    let Some(list) = &rules.denied_attributes else {
        return Ok(());
    };
    match denied::mentions(message, |description| is_denied(rules, description)) {
        Ok(mentions) if mentions.is_empty() => Ok(()),
        Ok(_) => Err(Refused(Refusal::AttributeNotAllowed, Some(list.rule.clone()))),
        Err(_) => Err(Refusal::Malformed.into()),
    }
}

pub(super) fn is_denied(rules: &RouteRules, description: &[u8]) -> bool {
    let denied: &[AttributeName] = rules.denied_attributes.as_ref().map_or(&[], |list| &list.value);
    denied.iter().any(|name| name.matches(description))
}

/// What the root DSE's answer needs: to be rewritten, and what is ours put in where it was asked for.
fn root_dse_care(request: &[u8]) -> Care {
    let asked = Message::parse(request).and_then(|message| SearchRequest::parse(&message));
    Care::root_dse(asked.map(|search| Asked::of(&search)).unwrap_or_default())
}

/// What the answers to a search need.
fn search_care(message: &Message<'_>) -> Result<Care, Refused> {
    let mut care = Care::NONE;
    for control in message.controls {
        let control = control.map_err(|_| Refusal::Malformed)?;
        match control.oid {
            oid::PAGED_RESULTS => {
                let first = PagedResults::parse(control.value.unwrap_or_default())
                    .map_err(|_| Refusal::Malformed)?
                    .cookie
                    .is_empty();
                care = care.with(if first { Care::FIRST_PAGE } else { Care::NEXT_PAGE });
            }
            oid::SYNC_REQUEST | oid::PERSISTENT_SEARCH | oid::AD_NOTIFICATION => {
                care = care.with(Care::LASTING).with(Care::TAINTS);
            }
            oid::VIRTUAL_LIST_VIEW | oid::AD_DIRSYNC => care = care.with(Care::TAINTS),
            _ => {}
        }
    }
    Ok(care)
}

/// The search within the rules' size and time limits, if it asked for more.
fn limited(message: &Message<'_>, operation: Operation, rules: &RouteRules) -> Result<Option<Vec<u8>>, Refused> {
    if operation != Operation::Search || (rules.size_limit.is_none() && rules.time_limit.is_none()) {
        return Ok(None);
    }
    let size = rules.size_limit.as_ref().map_or(0, |limit| limit.value);
    let time = rules.time_limit.as_ref().map_or(0, |limit| limit.value);
    search::limited(message, size, time).map_err(|_| Refusal::Malformed.into())
}
