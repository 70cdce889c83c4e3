//! A sign-in, from its first octet to its encoded verdict (README, walk (a)).

use super::ask::Answered;
use super::sasl::{self, Plain};
use super::{Identity, Leave, Session, SignedIn};
use crate::lane::{Lane, LaneIdentity};
use crate::refusal::Refusal;
use crate::surface::Shown;
use postern_directory::BindAnswer;
use postern_identity::audit::Outcome;
use postern_identity::decide::{Admission, BindVerdict, Operation, RouteRules, RuleName, TlsRule};
use postern_identity::name::{LONGEST_NAME, MOST_RDNS};
use postern_identity::{Evidence, Proven, Source, Standing, State, disclose};
use postern_ldap::bind::{Authentication, BindRequest};
use postern_ldap::result::LdapResult;
use postern_ldap::{Message, MessageId, ResultCode, answer, oid, splice, tag};
use std::ops::ControlFlow;
use std::sync::Arc;

impl Session {
    /// Answers one bind request. Nothing of this client is read meanwhile (lane rule 2).
    pub(super) async fn bind(&mut self, id: MessageId, frame: &[u8]) -> ControlFlow<Leave> {
        // A bind ends whatever the session was, before anything else is known (RFC 4511 §4.2.1), and gives up what it waited for
        // (lane rule 3).
        self.leave_identity();
        self.note_changes();
        let Ok(message) = Message::parse(frame) else {
            return self
                .answer_bind(&self.refuse(id, Operation::Bind, Refusal::Malformed, None))
                .await;
        };
        let checked = self
            .rules
            .clone()
            .ok_or((Refusal::NoRules, None))
            .and_then(|rules| self.check(&message, &rules).map(|request| (rules, request)));
        let octets = match checked {
            Err((Refusal::NameElsewhere, _)) => {
                let name = sasl::claimed_name(&message);
                self.refuse_as_wrong(&message, Refusal::NameElsewhere, name, "a name of another suffix")
            }
            Err((Refusal::EmptyName, _)) => self.refuse_as_wrong(&message, Refusal::EmptyName, b"", "no name"),
            Err((refusal, rule)) => {
                let name = sasl::claimed_name(&message);
                self.refuse_name(message.id, Operation::Bind, refusal, rule.as_ref(), Some(name))
            }
            Ok((_, Checked::Anonymous)) => self.anonymous_bind(&message, frame).await,
            Ok((rules, Checked::Simple(name, password))) => {
                self.bind_by_name(&message, frame, (name, password), &rules).await
            }
            // Boxed, for they are rare: every other sign-in's future stays small.
            Ok((rules, Checked::Plain(plain))) => Box::pin(self.plain_bind(&message, &plain, &rules)).await,
            Ok((_, Checked::External(authorization))) => Box::pin(self.external_bind(&message, authorization)).await,
        };
        self.set_fast();
        self.begin_bound();
        self.answer_bind(&octets).await
    }

    async fn answer_bind(&mut self, octets: &[u8]) -> ControlFlow<Leave> {
        let octets = self.to_client(octets);
        self.outbound.push(&octets);
        self.flush_in_time().await
    }

    /// Everything that is refused without asking the directory.
    fn check<'f>(&self, message: &Message<'f>, rules: &RouteRules) -> Result<Checked<'f>, (Refusal, Option<RuleName>)> {
        let request = BindRequest::parse(message).map_err(|_| (Refusal::Malformed, None))?;
        // Controls that cannot be walked cannot be joined by ours, and without ours the standing would not be known.
        if message.controls.iter().any(|control| control.is_err()) {
            return Err((Refusal::Malformed, None));
        }
        if request.version != 3 {
            return Err((Refusal::NotVersion3, None));
        }
        if rules.tls.value == TlsRule::Always && !self.facts.secure {
            return Err((Refusal::TlsRequired, Some(rules.tls.rule.clone())));
        }
        if !rules.operations.value.contains(Operation::Bind) {
            return Err((Refusal::OperationNotAllowed, Some(rules.operations.rule.clone())));
        }
        if let Some(refusal) = self
            .refused_at_edge
            .filter(|refusal| *refusal != Refusal::NameElsewhere)
        {
            return Err((refusal, None));
        }
        match request.authentication {
            Authentication::Simple([]) if request.name.is_empty() => Ok(Checked::Anonymous),
            Authentication::Simple([]) => Err((Refusal::EmptyPassword, None)),
            Authentication::Simple(_) if request.name.is_empty() && !self.is_transparent() => {
                Err((Refusal::EmptyName, None))
            }
            Authentication::Simple(_) if !self.password_may_travel(rules) => {
                Err((Refusal::PlaintextPassword, Some(rules.tls.rule.clone())))
            }
            _ if self.refused_at_edge.is_some() => Err((Refusal::NameElsewhere, None)),
            Authentication::Simple(password) => Ok(Checked::Simple(request.name, password)),
            Authentication::Sasl { mechanism, credentials } => self.check_sasl(mechanism, credentials, rules),
            Authentication::Other(_) => Err((Refusal::UnknownAuthentication, None)),
        }
    }

    /// What never reaches the directory and is shown as a wrong password.
    pub(super) fn refuse_as_wrong(
        &self,
        message: &Message<'_>,
        refusal: Refusal,
        name: &[u8],
        told_by: &'static str,
    ) -> Vec<u8> {
        let (rule, code, _) = refusal.entry();
        self.refuse_nobody(message, name, (rule, code, Outcome::Refused), told_by)
    }

    /// A password with a name that is nobody's, shown as a wrong password. On record stand the rule and what tells that.
    pub(super) fn refuse_nobody(
        &self,
        message: &Message<'_>,
        name: &[u8],
        (rule, code, outcome): (&str, ResultCode, Outcome),
        told_by: &'static str,
    ) -> Vec<u8> {
        let evidence = Evidence {
            source: Source::Bind,
            result_code: None,
            told_by,
        };
        let standing = Standing::unknown(evidence);
        let verdict = self.ask(name, &standing, Proven::No);
        let known = Some((&standing, Proven::No));
        self.record(Operation::Bind, outcome, code, rule, Some(name), known);
        let asked = message
            .controls
            .find(oid::PASSWORD_POLICY)
            .is_ok_and(|control| control.is_some());
        let told = disclose(&standing, Proven::No);
        Shown {
            id: message.id,
            verdict: &verdict,
            told,
            asked,
        }
        .refused()
    }

    /// A bind of nobody, asked of the directory like any other: it may refuse.
    async fn anonymous_bind(&mut self, message: &Message<'_>, frame: &[u8]) -> Vec<u8> {
        let Answered { mut lane, octets } = match self.ask_directory(frame).await {
            Ok(answered) => answered,
            Err(refusal) => return self.refuse(message.id, Operation::Bind, refusal, None),
        };
        let code = Message::parse(&octets).and_then(|answer| LdapResult::parse(&answer).map(|result| result.code));
        let accepted = code == Ok(ResultCode::SUCCESS);
        lane.identity = if accepted {
            LaneIdentity::Anonymous
        } else {
            LaneIdentity::Stale
        };
        self.lane = Some(lane);
        let outcome = if accepted { Outcome::Allowed } else { Outcome::Failed };
        let code = code.unwrap_or(ResultCode::OTHER);
        self.record(Operation::Bind, outcome, code, "built-in:anonymous-bind", None, None);
        if !accepted {
            self.give_lane_back();
        }
        // Nothing about a person is in it and no control of ours was spliced, so it goes on as it came.
        octets.to_vec()
    }

    /// A bind with a password and the name the directory knows. `None` if that name was remembered for another and is not theirs any more:
    /// then nothing has been said or recorded yet.
    pub(super) async fn simple_bind(
        &mut self,
        message: &Message<'_>,
        frame: &[u8],
        (name, password): (&[u8], &[u8]),
        rules: &RouteRules,
    ) -> Option<Vec<u8>> {
        let transparent = rules.surface.value.is_transparent();
        // A DN no directory could hold is not worth a directory's parser (README, "Hostile input"); what is not meant as a DN is.
        if !transparent && is_hostile_name(name) {
            return Some(self.refuse_name(message.id, Operation::Bind, Refusal::Malformed, None, Some(name)));
        }
        // Boxed, for it is rare: every other sign-in's future stays small.
        if let Some(left) = self.may_be_last_grace(name, rules)
            && let Some(refused) = Box::pin(self.kept_last_grace(message, name, rules, left)).await
        {
            return Some(refused);
        }
        let reservation = match self.ask_guard_for_bind(message, (name, password), name, rules).await {
            Ok(reservation) => reservation,
            Err(answer) => return answer,
        };
        let asked = message
            .controls
            .find(oid::PASSWORD_POLICY)
            .is_ok_and(|control| control.is_some());
        self.binds_sent = 0;
        let (spliced, answered) = self.ask_of_account(message, frame, asked, transparent).await;
        let Answered { lane, octets } = match answered {
            Ok(answered) => answered,
            Err(refusal) => {
                self.settle_lost(reservation, refusal);
                let (rule, code, text) = refusal.entry();
                self.record(Operation::Bind, Outcome::Unavailable, code, rule, Some(name), None);
                return Some(answer::result(message.id, tag::BIND_RESPONSE, code, text, &[]));
            }
        };
        let Ok(response) = Message::parse(&octets) else {
            self.settle_lost(reservation, Refusal::DirectorySilent); // it answered something: who knows what it did
            return Some(self.refuse_name(message.id, Operation::Bind, Refusal::DirectoryLost, None, Some(name)));
        };
        let Ok(result) = LdapResult::parse(&response) else {
            self.settle_lost(reservation, Refusal::DirectorySilent); // it answered something: who knows what it did
            return Some(self.refuse_name(message.id, Operation::Bind, Refusal::DirectoryLost, None, Some(name)));
        };
        let bind_answer = BindAnswer {
            code: result.code,
            diagnostic: result.diagnostic,
            controls: response.controls,
            ppolicy_asked: asked || spliced,
        };
        let (mut standing, proven) = self.dialect().read_bind(&bind_answer);
        if reservation.is_none() && proven != Proven::Yes && !is_infrastructure(result.code) {
            // The guard is off here, but the directory counts, and routes where it is on are to know.
            self.route.guard.went_unasked(name, result.code == ResultCode::SUCCESS);
        }
        self.settle_bind(reservation, result.code, proven, password);
        let accepted = result.code == ResultCode::SUCCESS;
        if !accepted {
            self.route.second_looks.forget(name);
        }
        if self.is_transparent() {
            // A control that only we asked for is not the client's to see.
            let reply = if spliced && !asked {
                splice::with_controls(&response, |control| control.oid != oid::PASSWORD_POLICY, &[])
                    .unwrap_or_else(|_| octets.to_vec())
            } else {
                octets.to_vec()
            };
            let known = asked || spliced;
            let read = (standing, proven);
            return Some(self.pass_verdict_of_directory(lane, name, read, result.code, reply, known));
        }
        if !accepted && is_infrastructure(result.code) {
            self.lane = Some(lane);
            let (rule, code, text) = Refusal::DirectoryRefused.entry();
            self.record(
                Operation::Bind,
                Outcome::Unavailable,
                code,
                rule,
                Some(name),
                Some((&standing, proven)),
            );
            self.give_lane_back();
            return Some(answer::result(message.id, tag::BIND_RESPONSE, code, text, &[]));
        }
        if !accepted && self.given.is_some() && Box::pin(self.means_another()).await {
            self.lane = Some(lane);
            return None;
        }
        if !accepted && self.may_come_to_change(result.code, &standing, proven) {
            standing.evidence.source = Source::BindForChange;
        }
        let standing = self.looked_again(lane.server, name, standing, proven).await;
        let (mut verdict, rules) = self.ask_with_rules(name, &standing, proven);
        // Nothing can be let in that the directory turned away: its lane is nobody's. Only to change the password, for which no lane is needed,
        // may somebody stay whose password was right.
        let to_change = standing.evidence.source == Source::BindForChange && verdict.admission == Admission::Restrict;
        if !accepted && !to_change {
            verdict.admission = Admission::Refuse;
        }
        let told = disclose(&standing, proven);
        let shown = Shown {
            id: message.id,
            verdict: &verdict,
            told,
            asked,
        };
        let reply = match verdict.admission {
            Admission::Refuse => shown.refused(),
            _ if !accepted => shown.let_in_to_change(),
            _ => shown.let_in(&response),
        };
        self.take_note(name, &standing, proven, &verdict);
        self.take_verdict(lane, name, (standing, proven), (&verdict, rules), accepted);
        Some(reply)
    }

    /// Makes the session what the verdict says, and puts it on record. `rules`: what came with the verdict, just now.
    pub(super) fn take_verdict(
        &mut self,
        mut lane: Box<Lane>,
        name: &[u8],
        (standing, proven): (Standing, Proven),
        (verdict, rules): (&BindVerdict, Option<Arc<RouteRules>>),
        accepted: bool,
    ) {
        // The directory restricts this lane to its must-change account: nobody else may meet that (lane rule 5).
        lane.tainted |= accepted && standing.state == State::MustChange;
        let outcome = match verdict.admission {
            Admission::Allow => Outcome::Allowed,
            Admission::Restrict => Outcome::Restricted,
            Admission::Refuse if accepted => Outcome::Refused,
            Admission::Refuse => Outcome::Failed,
        };
        let code = if verdict.admission == Admission::Refuse {
            ResultCode::INVALID_CREDENTIALS
        } else {
            ResultCode::SUCCESS
        };
        lane.identity = if verdict.admission == Admission::Refuse || !accepted {
            LaneIdentity::Stale
        } else {
            LaneIdentity::Session
        };
        // Lane rule 1: answered otherwise than the lane did, so the lane goes.
        lane.tainted |= accepted && verdict.admission == Admission::Refuse;
        self.lane = Some(lane);
        self.record(
            Operation::Bind,
            outcome,
            code,
            verdict.rule.as_str(),
            Some(name),
            Some((&standing, proven)),
        );
        let signed_in = Box::new(SignedIn {
            name: name.into(),
            standing,
            proven,
            rule: verdict.rule.clone(),
            known: true,
        });
        self.marks.signed_in |= verdict.admission != Admission::Refuse;
        match verdict.admission {
            Admission::Allow => self.identity = Identity::Bound(signed_in),
            Admission::Restrict => self.identity = Identity::Restricted(signed_in),
            Admission::Refuse => {}
        }
        // Whom the directory turned away has no lane (lane rule 1).
        if !accepted || verdict.admission == Admission::Refuse {
            self.give_lane_back();
        }
        self.take_rules_judged(rules);
    }

    /// On a transparent route the directory's verdict is ours, and its octets are the answer. `known` says whether the standing was asked
    /// for at all: without the control a must-change account looks like any other.
    fn pass_verdict_of_directory(
        &mut self,
        mut lane: Box<Lane>,
        name: &[u8],
        (standing, proven): (Standing, Proven),
        code: ResultCode,
        reply: Vec<u8>,
        known: bool,
    ) -> Vec<u8> {
        let accepted = code == ResultCode::SUCCESS;
        // A lane that may be restricted to a must-change account serves no second session (lane rule 5).
        lane.tainted |= accepted && (!known || standing.state == State::MustChange);
        // A directory that takes a password without a name for an anonymous bind has accepted nobody.
        let somebody = accepted && !name.is_empty();
        lane.identity = match (accepted, somebody) {
            (true, true) => LaneIdentity::Session,
            (true, false) => LaneIdentity::Anonymous,
            (false, _) => LaneIdentity::Stale,
        };
        self.lane = Some(lane);
        let outcome = if accepted { Outcome::Allowed } else { Outcome::Failed };
        let rule = self.rule_of_transparency();
        self.record(
            Operation::Bind,
            outcome,
            code,
            rule.as_str(),
            Some(name),
            Some((&standing, proven)),
        );
        self.marks.signed_in |= somebody;
        if somebody {
            let signed_in = SignedIn {
                name: name.into(),
                standing,
                proven,
                rule,
                known,
            };
            self.identity = Identity::Bound(Box::new(signed_in));
            self.take_rules_anew();
        } else if !accepted {
            self.give_lane_back();
        }
        reply
    }

    /// Whatever the session was, it is nobody now.
    fn leave_identity(&mut self) {
        let clean = self.in_flight.owes_nothing();
        self.forget_watched(|_| true);
        self.forget_owned(None);
        self.give_up_leave();
        self.shaped.clear();
        for pending in self.in_flight.take_all() {
            self.given_up(&pending);
        }
        self.identity = Identity::Anonymous;
        self.given = None;
        self.own_dn = None;
        self.take_rules_anew();
        self.fast = false;
        self.retry = None;
        if clean {
            // The lane stays for this bind; nothing else may be sent on it.
            if let Some(lane) = &mut self.lane {
                lane.identity = LaneIdentity::Stale;
            }
        } else {
            self.lane = None;
        }
    }
}

/// A bind that may be asked of the directory.
pub(super) enum Checked<'f> {
    Anonymous,
    Simple(&'f [u8], &'f [u8]),
    Plain(Plain<'f>),
    External(&'f str),
}

/// Codes by which a directory says that it could not do it, whoever asked. Everything else it refuses a sign-in with is shown as a wrong
/// password.
pub(super) fn is_infrastructure(code: ResultCode) -> bool {
    matches!(
        code,
        ResultCode::OPERATIONS_ERROR
            | ResultCode::PROTOCOL_ERROR
            | ResultCode::TIME_LIMIT_EXCEEDED
            | ResultCode::AUTH_METHOD_NOT_SUPPORTED
            | ResultCode::STRONGER_AUTH_REQUIRED
            | ResultCode::REFERRAL
            | ResultCode::ADMIN_LIMIT_EXCEEDED
            | ResultCode::UNAVAILABLE_CRITICAL_EXTENSION
            | ResultCode::CONFIDENTIALITY_REQUIRED
            | ResultCode::SASL_BIND_IN_PROGRESS
            | ResultCode::BUSY
            | ResultCode::UNAVAILABLE
            | ResultCode::OTHER
    )
}

/// Names no directory could hold, not worth its parser: too long for any account's name, of too many parts, or with a NUL in them.
pub(super) fn is_hostile_name(name: &[u8]) -> bool {
    let parts = || name.iter().filter(|octet| matches!(octet, b',' | b';' | b'+')).count();
    name.len() > LONGEST_NAME || name.contains(&0) || (name.len() > MOST_RDNS && parts() > MOST_RDNS)
}
