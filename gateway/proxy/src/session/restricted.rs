//! A session that may change its own password and do nothing else, in every lane mode.

use super::ask::Answered;
use super::referrals::Referred;
use super::translated::{Translation, Untranslated, new_unicode_password};
use super::{Identity, Leave, Session, SignedIn};
use crate::guard::TestedBy;
use crate::in_flight::operation_of;
use crate::lane::{LaneIdentity, LaneLoss};
use crate::refusal::Refusal;
use postern_directory::BindAnswer;
use postern_identity::audit::Outcome;
use postern_identity::decide::{Admission, Operation};
use postern_identity::{DistinguishedName, Secret, State};
use postern_ldap::attribute::base_type;
use postern_ldap::change::ModifyRequest;
use postern_ldap::control::ppolicy;
use postern_ldap::extended::{ExtendedRequest, PasswordModify};
use postern_ldap::result::LdapResult;
use postern_ldap::search::is_root_dse;
use postern_ldap::{Control, Header, Message, ResultCode, WireError, bind, oid, tag};
use std::ops::ControlFlow;
use std::time::Duration;
use zeroize::Zeroizing;

/// 389 Directory Server takes the mark off an account just after it has answered the modify, so a sign-in may come too early. Then it is
/// repeated after each of these.
const TOO_EARLY: [Duration; 4] = [
    Duration::from_millis(2),
    Duration::from_millis(10),
    Duration::from_millis(50),
    Duration::from_millis(200),
];

impl Session {
    /// Whether a restricted session may send this: RFC 3062 for itself, a modify of its own credentials, cancel, who-am-i, the rootDSE.
    /// StartTLS, abandon, unbind and bind are decided before this is asked.
    pub(super) fn restricted_may(
        &self,
        message: &Message<'_>,
        signed_in: &SignedIn,
        extension: Option<&ExtendedRequest<'_>>,
        root_dse: bool,
    ) -> bool {
        // Controls can read (post-read) and test (assertion); the one that tells why a new password was refused is enough.
        let harmless =
            |control: Result<Control<'_>, WireError>| control.is_ok_and(|control| control.oid == oid::PASSWORD_POLICY);
        if !message.controls.iter().all(harmless) {
            return false;
        }
        // There is no lane to ask anything else on.
        if self.is_turned_away() && message.operation.tag != tag::EXTENDED_REQUEST {
            return false;
        }
        match message.operation.tag {
            tag::SEARCH_REQUEST => root_dse,
            tag::MODIFY_REQUEST => self.is_own_credential_change(message, signed_in),
            tag::EXTENDED_REQUEST => extension.is_some_and(|extension| match extension.oid {
                oid::WHO_AM_I | oid::CANCEL => true,
                oid::PASSWORD_MODIFY => PasswordModify::parse(extension.value)
                    .is_ok_and(|change| change.identity.is_none_or(|identity| is_self(identity, signed_in))),
                _ => false,
            }),
            _ => false,
        }
    }

    /// The refusal of a request in sequence that a session which is restricted by now may not send.
    pub(super) fn still_restricted_may(&self, header: &Header, frame: &[u8]) -> Result<(), Vec<u8>> {
        let Identity::Restricted(signed_in) = &self.identity else {
            return Ok(());
        };
        let may = Message::parse(frame).is_ok_and(|message| {
            let extension = ExtendedRequest::parse(&message).ok();
            let root_dse = is_root_dse(frame, header);
            self.restricted_may(&message, signed_in, extension.as_ref(), root_dse)
        });
        match operation_of(header.operation) {
            Some(operation) if !may => {
                let rule = signed_in.rule.clone();
                Err(self.refuse(header.id, operation, Refusal::Restricted, Some(&rule)))
            }
            _ => Ok(()),
        }
    }

    /// A modify of the own entry in which every change is of a credential attribute.
    fn is_own_credential_change(&self, message: &Message<'_>, signed_in: &SignedIn) -> bool {
        let Ok(modify) = ModifyRequest::parse(message) else {
            return false;
        };
        let credentials = self.dialect().credential_attributes();
        let mut changes = 0;
        let all = modify.changes().all(|change| {
            changes += 1;
            credentials.holds(change.attribute.description)
        });
        all && changes > 0 && is_self(modify.entry, signed_in)
    }

    /// Sends the password change and, if the directory took it, signs in again with the new password from that same request. The
    /// restriction ends only if that succeeds and the verdict allows it (lane rule 7). The new password is wiped here.
    pub(super) async fn change_own_password(&mut self, header: &Header, frame: &[u8]) -> ControlFlow<Leave> {
        let Some(operation) = operation_of(header.operation) else {
            return ControlFlow::Continue(());
        };
        if !self.in_flight.owes_nothing() {
            let octets = self.refuse(header.id, operation, Refusal::RestrictedBusy, None);
            self.outbound.push(&octets);
            return self.flush_in_time().await;
        }
        let translation = match self.translation_of(header, operation, frame) {
            Ok(translation) => translation,
            Err(answer) => {
                self.outbound.push(&answer);
                return self.flush_in_time().await;
            }
        };
        let watched = match self.ask_guard_for_change(header, frame).await {
            Ok(watched) => watched,
            Err(answer) => {
                self.outbound.push(&answer);
                return self.flush_in_time().await;
            }
        };
        // The guard may have let it wait: whatever was asked before that is asked again under the rules of now.
        if self.generation != self.shared.generation.get() {
            self.settle_watched(watched, ResultCode::BUSY); // nothing was sent
            return Box::pin(self.request(Zeroizing::new(frame.to_vec()))).await;
        }
        let Some(mut lane) = self.lane.take() else {
            return ControlFlow::Break(Leave::DirectoryLost);
        };
        self.take_leave_in_sequence(frame);
        let up = translation.as_ref().map_or(frame, |translation| &translation.request);
        let outcome = self.exchange(&mut lane, up).await;
        let answered = match outcome {
            Ok(octets) => octets,
            Err(loss) => {
                self.lane = Some(lane);
                return self.change_lost(header, operation, loss).await;
            }
        };
        let code = Message::parse(&answered)
            .and_then(|message| LdapResult::parse(&message).map(|result| result.code))
            .unwrap_or(ResultCode::OTHER);
        let changed = code == ResultCode::SUCCESS;
        let tested = self.tested_code(code, &answered);
        self.settle_watched(watched, tested);
        self.lane = Some(lane);
        let in_other_words = translation.is_some();
        let words = translation.filter(|_| code != ResultCode::REFERRAL);
        let translated = words.and_then(|words| self.translated_answer(operation, words.care, &answered));
        let code = translated.as_ref().map_or(code, |translated| translated.code);
        let recorded = if changed { Outcome::Allowed } else { Outcome::Failed };
        self.record_change((operation, recorded, code), header.id);
        if changed && self.acts() {
            self.judge_by_entry().await;
        } else if changed && let Some(password) = new_password(frame) {
            self.sign_in_again(header, &password).await;
        }
        self.take_rules_anew();
        self.set_fast();
        if let Some(translated) = translated {
            self.outbound.push(&translated.octets);
            return self.flush_in_time().await;
        }
        let referred = match code {
            // Not for a client to follow that asked in other words; nor is what could not be read.
            _ if in_other_words => Referred::Nothing,
            ResultCode::REFERRAL => self.referred_result(&answered, true),
            _ => Referred::Pass,
        };
        match referred {
            Referred::Pass => {
                let answered = self.to_client(&answered);
                self.outbound.push(&answered);
            }
            Referred::Changed(changed) => {
                let changed = self.to_client(&changed);
                self.outbound.push(&changed);
            }
            Referred::Nothing | Referred::Broken => {
                let octets = self.refuse(header.id, operation, Refusal::HeldElsewhere, None);
                self.outbound.push(&octets);
            }
        }
        self.flush_in_time().await
    }

    /// The change in the directory's words, where it was asked for in others; or the answer that refuses it.
    fn translation_of(
        &self,
        header: &Header,
        operation: Operation,
        frame: &[u8],
    ) -> Result<Option<Translation>, Vec<u8>> {
        let (Ok(message), Some(rules)) = (Message::parse(frame), self.rules.as_ref()) else {
            return Ok(None);
        };
        self.translation(&message, rules)
            .map_err(|untranslated| match untranslated {
                Untranslated::Unresolved => self.refuse(header.id, operation, Refusal::DirectorySilent, None),
                Untranslated::Refused(refusal, rule) => self.refuse_change(&message, operation, refusal, rule),
            })
    }

    /// The outcome is not known, and the lane is gone.
    async fn change_lost(&mut self, header: &Header, operation: Operation, loss: LaneLoss) -> ControlFlow<Leave> {
        if let Some(lane) = self.lane.take()
            && loss == LaneLoss::Silent
        {
            self.route.upstream.lost(lane.server);
        }
        tracing::warn!(
            target: "postern::directory",
            session = self.registered.number, reason = %loss, "a lane was lost during a password change"
        );
        let octets = self.refuse(header.id, operation, Refusal::OutcomeUnknown, None);
        self.outbound.push(&octets);
        let _ = self.flush_in_time().await;
        ControlFlow::Break(Leave::DirectoryLost)
    }

    /// Binds the lane with the new password, or a fresh one where the session has none. Whatever goes wrong leaves the session restricted, or
    /// without the lane it had and then at its end.
    pub(super) async fn sign_in_again(&mut self, header: &Header, password: &Secret) {
        let Identity::Restricted(signed_in) = &self.identity else {
            return;
        };
        let name = signed_in.name.clone();
        // A password that came hashed is no password and fails; the directory counts that like any other.
        let Ok(reservation) = self.reserve(&name, password.expose(), TestedBy::SignIn).await else {
            return;
        };
        let turned_away = self.is_turned_away();
        let control = ppolicy::request();
        let controls: &[&[u8]] = if self.dialect().knows_ppolicy_control() {
            &[&control]
        } else {
            &[]
        };
        let request = Zeroizing::new(bind::simple(header.id, &name, password.expose(), controls));
        let (mut lane, mut octets) = if turned_away {
            self.binds_sent = 0;
            match self.ask_directory(&request).await {
                Ok(Answered { lane, octets }) => (lane, octets),
                Err(refusal) => return self.settle_lost(reservation, refusal),
            }
        } else {
            let Some(mut lane) = self.lane.take() else { return };
            self.binds_sent = 1; // of this password, whatever the first sign-in took
            let octets = match self.exchange(&mut lane, &request).await {
                Ok(octets) => octets,
                Err(loss) => return self.settle_lost(reservation, Self::refusal_for_lost(loss)),
            };
            (lane, octets)
        };
        let mut waits = TOO_EARLY.into_iter();
        let read = loop {
            let read = Message::parse(&octets).and_then(|message| {
                let result = LdapResult::parse(&message)?;
                let answer = BindAnswer {
                    code: result.code,
                    diagnostic: result.diagnostic,
                    controls: message.controls,
                    ppolicy_asked: true,
                };
                Ok((result.code, self.dialect().read_bind(&answer)))
            });
            let must_change =
                matches!(&read, Ok((ResultCode::SUCCESS, (standing, _))) if standing.state == State::MustChange);
            match waits.next() {
                Some(wait) if must_change => tokio::time::sleep(wait).await,
                _ => break read,
            }
            octets = match self.exchange(&mut lane, &request).await {
                Ok(octets) => octets,
                Err(loss) => return self.settle_lost(reservation, Self::refusal_for_lost(loss)),
            };
        };
        if let Ok((code, (_, proven))) = &read {
            self.settle_bind(reservation, *code, *proven, password.expose());
        }
        let Ok((ResultCode::SUCCESS, (standing, proven))) = read else {
            // The lane is nobody's now, and the session may not be what the lane is not.
            if turned_away {
                lane.identity = LaneIdentity::Stale;
                self.route.pool.give_back(lane);
            }
            return;
        };
        // What was read before the change is of no use any more.
        self.route.second_looks.about_to_be_written(&name);
        let standing = self.looked_again(lane.server, &name, standing, proven).await;
        let verdict = self.ask(&name, &standing, proven);
        self.take_note(&name, &standing, proven, &verdict);
        lane.tainted |= standing.state == State::MustChange;
        lane.identity = LaneIdentity::Session;
        self.lane = Some(lane);
        let outcome = match verdict.admission {
            Admission::Allow => Outcome::Allowed,
            Admission::Restrict => Outcome::Restricted,
            Admission::Refuse => Outcome::Refused,
        };
        self.record(
            Operation::Bind,
            outcome,
            ResultCode::SUCCESS,
            verdict.rule.as_str(),
            Some(&name),
            Some((&standing, proven)),
        );
        let signed_in = Box::new(SignedIn {
            name,
            standing,
            proven,
            rule: verdict.rule,
            known: true,
        });
        match verdict.admission {
            Admission::Allow => {
                self.identity = Identity::Bound(signed_in);
                self.begin_bound();
            }
            // It has a lane now, which is its own.
            Admission::Restrict if turned_away => self.identity = Identity::Restricted(signed_in),
            // Lane rule 1: it is somebody the rules turn away.
            Admission::Refuse if turned_away => self.lane = None,
            Admission::Restrict | Admission::Refuse => {}
        }
    }
}

/// Whether a name means the session's own account: the same DN in any spelling, with or without `dn:` before it. What cannot be read as a
/// DN is somebody else.
fn is_self(identity: &[u8], signed_in: &SignedIn) -> bool {
    match (
        DistinguishedName::parse(dn_of(identity)),
        DistinguishedName::parse(&signed_in.name),
    ) {
        (Ok(asked), Ok(own)) => !own.is_root() && asked == own,
        _ => false,
    }
}

/// The DN of an authorization id (RFC 4513 §5.2.1.8) or the name itself.
pub(super) fn dn_of(identity: &[u8]) -> &[u8] {
    match identity.split_at_checked(3) {
        Some((prefix, dn)) if prefix.eq_ignore_ascii_case(b"dn:") => dn,
        _ => identity,
    }
}

/// The password a request sets, if it says which.
fn new_password(frame: &[u8]) -> Option<Secret> {
    let message = Message::parse(frame).ok()?;
    match message.operation.tag {
        tag::EXTENDED_REQUEST => {
            let change = PasswordModify::parse(ExtendedRequest::parse(&message).ok()?.value).ok()?;
            change.new.map(Secret::new)
        }
        tag::MODIFY_REQUEST => {
            let modify = ModifyRequest::parse(&message).ok()?;
            let is_password = |description: &[u8]| {
                let base = base_type(description);
                base.eq_ignore_ascii_case(b"userPassword") || base == b"2.5.4.35"
            };
            // The last value added or put in place; a hashed one is no password and fails to bind, which is safe.
            modify
                .changes()
                .filter(|change| matches!(change.operation, 0 | 2) && is_password(change.attribute.description))
                .filter_map(|change| change.attribute.values().last())
                .last()
                .map(Secret::new)
                .or_else(|| new_unicode_password(&message))
        }
        _ => None,
    }
}
