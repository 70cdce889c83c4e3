//! The session and the guard: which requests test a password, whose, and what came of it.

use super::Identity;
use super::Session;
use super::bind::is_infrastructure;
use super::owner::ASSERTION_FAILED;
use super::restricted::dn_of;
use super::translated::{asks_for_policy, is_unicode_change};
use crate::guard::{Asked, Attempt, Held, Outcome, Reservation, TestedBy};
use crate::in_flight::{final_response, operation_of};
use crate::refusal::Refusal;
use crate::surface::password;
use postern_identity::audit;
use postern_identity::decide::{GuardRules, Operation, RouteRules};
use postern_identity::{PasswordRule, Proven};
use postern_ldap::change::{AddRequest, ModifyDnRequest, ModifyRequest, deleted_entry};
use postern_ldap::compare::CompareRequest;
use postern_ldap::control::ppolicy::PasswordPolicyResponse;
use postern_ldap::credential::{CredentialAttributes, Touch, touch};
use postern_ldap::extended::{ExtendedRequest, PasswordModify};
use postern_ldap::search::SearchRequest;
use postern_ldap::{Header, Message, MessageId, ResultCode, answer, oid, tag};

/// RFC 4511 §A.2: of a name that is no DN, for one.
const INVALID_SYNTAX: ResultCode = ResultCode(21);

/// A request in flight whose end concerns the guard.
pub(crate) struct Watched {
    /// Its message.
    pub(super) id: MessageId,
    test: Option<(Reservation, Test, u64)>,
    /// Whose password it writes, where it does. Empty: nobody knows whose.
    writes: Option<Box<[u8]>>,
    /// Whether names may mean others afterwards.
    renames: bool,
}

/// What the guard says of a request.
pub(super) enum Guarded {
    /// It may pass; this is to be watched.
    Pass(Option<Watched>),
    /// It must be waited for.
    Wait,
    /// It must wait for others of this session.
    Later,
    /// This is the answer.
    Answer(Vec<u8>),
}

/// How a request tests a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Test {
    /// RFC 4511 §4.10.
    Compare,
    /// An old password beside a new one, in a modify or by RFC 3062.
    OldPassword,
    /// RFC 4528: the request goes on if it is right.
    Assertion,
}

impl Session {
    /// Leave to send a bind; or its answer, which is that to a wrong password. `subject`: whose guesses it counts among. `Ok(None)`: the guard is
    /// off here. `Err(None)`: the name was remembered for another and is not theirs any more; nothing is on record yet.
    pub(super) async fn ask_guard_for_bind(
        &mut self,
        message: &Message<'_>,
        (name, password): (&[u8], &[u8]),
        subject: &[u8],
        rules: &RouteRules,
    ) -> Result<Option<Reservation>, Option<Vec<u8>>> {
        if guard_rules(rules).is_none() {
            return Ok(None);
        }
        match self.reserve(subject, password, TestedBy::SignIn).await {
            Ok(reservation) => Ok(reservation),
            Err(Refusal::DirectorySilent) => {
                let refusal = Refusal::DirectorySilent;
                Err(Some(self.refuse_name(
                    message.id,
                    Operation::Bind,
                    refusal,
                    None,
                    Some(name),
                )))
            }
            // The search that names cost which are not remembered: or the time would tell who has signed in by theirs.
            Err(_) if self.given.is_some() && Box::pin(self.means_another()).await => Err(None),
            Err(refusal) => {
                let answer = self.refuse_as_wrong(message, refusal, name, told_by(refusal));
                self.give_lane_back();
                Err(Some(answer))
            }
        }
    }

    /// Leave to test a password, waited for. `None`: the guard is off here.
    pub(super) async fn reserve(
        &mut self,
        name: &[u8],
        password: &[u8],
        by: TestedBy,
    ) -> Result<Option<Reservation>, Refusal> {
        let Some(rules) = self.rules.as_deref().and_then(guard_rules) else {
            return Ok(None);
        };
        let attempt = Attempt {
            name,
            password,
            by,
            client: self.facts.peer.ip(),
            rules: &rules,
        };
        match self.route.guard.ask(&attempt, self.shared.limits.bind).await {
            Asked::Go(reservation) => Ok(Some(reservation)),
            Asked::Held(held) => Err(refusal(held)),
            Asked::Late => Err(Refusal::DirectorySilent),
        }
    }

    /// What a directory's answer to a bind says of the password.
    pub(super) fn settle_bind(
        &self,
        reservation: Option<Reservation>,
        code: ResultCode,
        proven: Proven,
        password: &[u8],
    ) {
        let Some(reservation) = reservation else { return };
        let outcome = if code == ResultCode::SUCCESS {
            Outcome::Right
        } else if proven == Proven::Yes {
            Outcome::Proven
        } else if is_infrastructure(code) || code == ResultCode::INVALID_DN_SYNTAX {
            Outcome::Released
        } else {
            Outcome::Wrong {
                times: self.binds_sent.max(1),
                // Of a locked account nothing was said of the password: once the lock is lifted it may be right.
                tag: (proven == Proven::No).then(|| self.route.guard.tag(&reservation, password)),
            }
        };
        reservation.settle(outcome);
    }

    /// A bind that was not answered: what was sent counts. `why` is what the client is told.
    pub(super) fn settle_lost(&self, reservation: Option<Reservation>, why: Refusal) {
        if let Some(reservation) = reservation {
            reservation.settle(match self.binds_sent {
                0 => Outcome::Released,
                times => Outcome::Lost {
                    times,
                    hung_up: why == Refusal::DirectoryLost,
                },
            });
        }
    }

    /// What the guard says of a request that may pass otherwise.
    pub(super) fn guard(
        &mut self,
        message: &Message<'_>,
        operation: Operation,
        touched: Touch,
        extension: Option<&ExtendedRequest<'_>>,
        rules: &RouteRules,
    ) -> Guarded {
        let mut watched = Watched {
            id: message.id,
            test: None,
            writes: None,
            renames: matches!(operation, Operation::Add | Operation::Delete | Operation::ModifyDn),
        };
        if matches!(touched, Touch::Writes | Touch::Unwalkable) {
            let whose = if touched == Touch::Writes {
                self.whose(message, extension)
            } else {
                None
            };
            watched.writes = Some(whose.unwrap_or_default().into());
        }
        if let Some(guard) = guard_rules(rules)
            && touched != Touch::Nothing
            && let Some((test, password)) = test_of(message, extension, self.dialect().credential_attributes())
        {
            let granted = match self.granted.take() {
                Some(granted) => Some(Asked::Go(granted)),
                None => self.route.guard.ask_now(&Attempt {
                    name: self.whose(message, extension).unwrap_or_default(),
                    password,
                    by: TestedBy::Otherwise,
                    client: self.facts.peer.ip(),
                    rules: &guard,
                }),
            };
            match granted {
                // What it would wait for may be this session's own, whose answers nobody reads meanwhile.
                None if self.guarded.iter().any(|other| other.test.is_some()) => return Guarded::Later,
                None | Some(Asked::Late) => return Guarded::Wait,
                Some(Asked::Go(reservation)) => {
                    let tag = self.route.guard.tag(&reservation, password);
                    watched.test = Some((reservation, test, tag));
                }
                Some(Asked::Held(held)) => return Guarded::Answer(self.refuse_held(message, operation, refusal(held))),
            }
        }
        let needless = watched.test.is_none() && watched.writes.is_none() && !watched.renames;
        Guarded::Pass((!needless).then_some(watched))
    }

    /// Waits for the guard's leave for a request that is to be admitted in a moment, or gives its answer.
    pub(super) async fn ask_guard_in_sequence(&mut self, header: &Header, frame: &[u8]) -> Result<(), Vec<u8>> {
        self.granted = None;
        if let Some((reservation, _, _)) = self.ask_guard(header, frame).await? {
            self.granted = Some(reservation);
        }
        Ok(())
    }

    /// The same for a password change of a restricted session, which is not admitted again.
    pub(super) async fn ask_guard_for_change(&mut self, header: &Header, frame: &[u8]) -> Result<Watched, Vec<u8>> {
        let test = self.ask_guard(header, frame).await?;
        let name = match &self.identity {
            Identity::Bound(signed_in) | Identity::Restricted(signed_in) => signed_in.name.clone(),
            Identity::Anonymous => Box::default(),
        };
        Ok(Watched {
            id: header.id,
            test,
            writes: Some(name),
            renames: false,
        })
    }

    /// A grant that was not used was not sent either.
    pub(super) fn give_up_grant(&mut self) {
        if let Some(reservation) = self.granted.take() {
            reservation.settle(Outcome::Released);
        }
    }

    /// Nobody will hear what came of these requests. What they tested counts as wrong; what they wrote may have been written.
    pub(super) fn forget_watched(&mut self, which: impl Fn(&Watched) -> bool) {
        while let Some(place) = self.guarded.iter().position(&which) {
            let watched = self.guarded.swap_remove(place);
            if let Some(name) = watched.writes {
                self.route.guard.password_written((!name.is_empty()).then_some(&name));
            }
        }
    }

    /// A request in flight was answered for good.
    pub(super) fn guarded_ended(&mut self, id: MessageId, code: ResultCode) {
        if let Some(place) = self.guarded.iter().position(|watched| watched.id == id) {
            let watched = self.guarded.swap_remove(place);
            self.settle_watched(watched, code);
        }
    }

    /// What an answer says of what the request tested and wrote.
    pub(super) fn settle_watched(&self, watched: Watched, code: ResultCode) {
        let done = code == ResultCode::SUCCESS;
        if let Some((reservation, test, tag)) = watched.test {
            reservation.settle(outcome(test, code, tag));
        }
        let guard = &self.route.guard;
        if let Some(name) = watched.writes.filter(|_| done) {
            guard.password_written((!name.is_empty()).then_some(&name));
        }
        if watched.renames && done {
            guard.names_changed();
        }
    }

    /// The answer to a request other than a bind that the guard holds, in the words for a wrong password, on record.
    pub(super) fn refuse_held(&self, message: &Message<'_>, operation: Operation, refusal: Refusal) -> Vec<u8> {
        let (rule, _, _) = refusal.entry();
        let attributes = self.dialect().credential_attributes();
        let extension = ExtendedRequest::parse(message).ok();
        let test = test_of(message, extension.as_ref(), attributes).map(|(test, _)| test);
        let mut control = None;
        let (code, text) = match test {
            Some(Test::Compare) => (ResultCode::COMPARE_FALSE, ""),
            Some(Test::OldPassword) => {
                let translated = is_unicode_change(message, self.dialect());
                let dialect = self.dialect();
                if let Some(error) = dialect.wrong_old_password_error().filter(|_| !translated)
                    && operation == Operation::Modify
                    && asks_for_policy(message)
                {
                    let response = PasswordPolicyResponse {
                        warning: None,
                        error: Some(error),
                    };
                    control = Some(response.control());
                }
                if translated {
                    let told = password::of_active_directory(Some(PasswordRule::WrongOld), ResultCode::OTHER);
                    (told.code, told.text)
                } else {
                    dialect.wrong_old_password(operation == Operation::Extended)
                }
            }
            Some(Test::Assertion) | None => (ASSERTION_FAILED, ""),
        };
        self.record(operation, audit::Outcome::Refused, code, rule, None, None);
        let controls: Vec<&[u8]> = control.iter().map(Vec::as_slice).collect();
        answer::result(message.id, final_response(operation), code, text, &controls)
    }

    async fn ask_guard(&mut self, header: &Header, frame: &[u8]) -> Result<Option<(Reservation, Test, u64)>, Vec<u8>> {
        let (Ok(message), Some(operation)) = (Message::parse(frame), operation_of(header.operation)) else {
            return Ok(None);
        };
        let route = std::sync::Arc::clone(&self.route);
        let attributes = route.upstream.dialect().credential_attributes();
        if matches!(touch(&message, attributes), Touch::Nothing | Touch::Unwalkable) {
            return Ok(None);
        }
        let extension = ExtendedRequest::parse(&message).ok();
        let Some((test, password)) = test_of(&message, extension.as_ref(), attributes) else {
            return Ok(None);
        };
        let name = self.whose(&message, extension.as_ref()).unwrap_or_default().to_vec();
        match self.reserve(&name, password, TestedBy::Otherwise).await {
            Ok(None) => Ok(None),
            Ok(Some(reservation)) => {
                let tag = self.route.guard.tag(&reservation, password);
                Ok(Some((reservation, test, tag)))
            }
            Err(Refusal::DirectorySilent) => Err(self.refuse(header.id, operation, Refusal::DirectorySilent, None)),
            Err(refusal) => Err(self.refuse_held(&message, operation, refusal)),
        }
    }

    /// Whose password a request is about.
    fn whose<'a>(&'a self, message: &Message<'a>, extension: Option<&ExtendedRequest<'a>>) -> Option<&'a [u8]> {
        let own = || match &self.identity {
            Identity::Bound(signed_in) | Identity::Restricted(signed_in) => Some(&*signed_in.name),
            Identity::Anonymous => None,
        };
        match message.operation.tag {
            tag::COMPARE_REQUEST => CompareRequest::parse(message).ok().map(|compare| compare.entry),
            tag::MODIFY_REQUEST => ModifyRequest::parse(message).ok().map(|modify| modify.entry),
            tag::ADD_REQUEST => AddRequest::parse(message).ok().map(|add| add.entry),
            tag::MODIFY_DN_REQUEST => ModifyDnRequest::parse(message).ok().map(|rename| rename.entry),
            tag::DELETE_REQUEST => deleted_entry(message).ok(),
            tag::SEARCH_REQUEST => SearchRequest::parse(message).ok().map(|search| search.base),
            tag::EXTENDED_REQUEST => {
                let identity = extension
                    .filter(|extension| extension.oid == oid::PASSWORD_MODIFY)
                    .and_then(|extension| PasswordModify::parse(extension.value).ok()?.identity)
                    // Servers take an empty one for none.
                    .filter(|identity| !account_of(identity).is_empty());
                identity.map(account_of).or_else(own)
            }
            _ => None,
        }
    }
}

/// The guard's rules on a route. It may be transparent for a while, whatever its files say.
fn guard_rules(rules: &RouteRules) -> Option<GuardRules> {
    let guard = rules.guard.as_ref().filter(|_| !rules.surface.value.is_transparent());
    guard.map(|guard| guard.value)
}

/// An authorization id (RFC 4513 §5.2.1.8) as a name.
fn account_of(identity: &[u8]) -> &[u8] {
    match identity.split_at_checked(2) {
        Some((prefix, user)) if prefix.eq_ignore_ascii_case(b"u:") => user,
        _ => dn_of(identity),
    }
}

/// How a request tests a password, and which. What an assertion would be compared with is not looked for: it counts, and is not remembered.
fn test_of<'a>(
    message: &Message<'a>,
    extension: Option<&ExtendedRequest<'a>>,
    attributes: &CredentialAttributes,
) -> Option<(Test, &'a [u8])> {
    let assertion = || {
        let asserts = message
            .controls
            .find(oid::ASSERTION)
            .is_ok_and(|control| control.is_some());
        asserts.then(|| {
            let value = message.controls.find(oid::ASSERTION).ok().flatten()?.value?;
            Some((Test::Assertion, value))
        })?
    };
    match message.operation.tag {
        tag::COMPARE_REQUEST => {
            let compare = CompareRequest::parse(message).ok()?;
            if attributes.holds(compare.attribute) {
                return Some((Test::Compare, compare.value));
            }
            assertion()
        }
        tag::MODIFY_REQUEST => {
            let modify = ModifyRequest::parse(message).ok()?;
            let deleted = modify
                .changes()
                .filter(|change| change.operation == 1 && attributes.holds(change.attribute.description))
                .find_map(|change| change.attribute.values().next());
            deleted.map(|old| (Test::OldPassword, old)).or_else(assertion)
        }
        tag::EXTENDED_REQUEST => {
            let old = extension
                .filter(|extension| extension.oid == oid::PASSWORD_MODIFY)
                .and_then(|extension| PasswordModify::parse(extension.value).ok()?.old);
            old.map(|old| (Test::OldPassword, old)).or_else(assertion)
        }
        _ => assertion(),
    }
}

/// What an answer says of a password that was tested. What says nothing of it was not counted by the directory; what is not clear counts.
fn outcome(test: Test, code: ResultCode, tag: u64) -> Outcome {
    let wrong = Outcome::Wrong {
        times: 1,
        tag: Some(tag),
    };
    let silent = is_infrastructure(code)
        || matches!(
            code,
            ResultCode::INSUFFICIENT_ACCESS_RIGHTS | ResultCode::INVALID_DN_SYNTAX | INVALID_SYNTAX
        );
    match (test, code) {
        _ if silent => Outcome::Released,
        (Test::Compare, ResultCode::COMPARE_TRUE) => Outcome::Proven,
        (Test::OldPassword, ResultCode::SUCCESS) => Outcome::Changed,
        // The new password is not good enough: either the old one was right, or it was not looked at yet.
        (Test::OldPassword, ResultCode::CONSTRAINT_VIOLATION) => Outcome::Released,
        (Test::Assertion, code) if code != ASSERTION_FAILED => Outcome::Released,
        _ => wrong,
    }
}

fn refusal(held: Held) -> Refusal {
    match held {
        Held::Spent => Refusal::GuardSpent,
        Held::Repeated => Refusal::GuardRepeated,
    }
}

/// The evidence on record.
fn told_by(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::GuardRepeated => "guard: the same wrong password again",
        _ => "guard: no more wrong passwords may reach the directory now",
    }
}
