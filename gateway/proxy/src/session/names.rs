//! Sign-ins on routes that take more than DNs: the account is found first, and its DN put in the name's place.

use super::ask::Answered;
use super::bind::{is_hostile_name, is_infrastructure};
use super::record::readable;
use super::{Identity, Session};
use crate::accounts::{Accounts, Meaning};
use crate::lane::LaneIdentity;
use crate::refusal::Refusal;
use postern_directory::{LookUpError, Named};
use postern_identity::Proven;
use postern_identity::audit::Outcome;
use postern_identity::decide::{Operation, RouteRules, RuleName};
use postern_identity::name::NameTemplate;
use postern_ldap::result::LdapResult;
use postern_ldap::{Message, ResultCode, answer, oid, splice, tag};
use std::sync::Arc;
use zeroize::Zeroizing;

/// The name a session gave, where its account was found by it.
pub(super) struct Given {
    /// As sent.
    pub(super) name: Box<[u8]>,
    /// The account it was remembered to mean, until the directory has been asked again.
    remembered: Option<Arc<Named>>,
    /// What the directory said when it was.
    now: Option<Result<Meaning, LookUpError>>,
}

/// A name that is no one account's.
#[derive(Clone, Copy)]
enum NoAccount {
    Unknown,
    Ambiguous,
}

impl Session {
    /// A bind with a name and a password, whatever the name is.
    pub(super) async fn bind_by_name(
        &mut self,
        message: &Message<'_>,
        frame: &[u8],
        (name, password): (&[u8], &[u8]),
        rules: &RouteRules,
    ) -> Vec<u8> {
        let accounts = self.route.accounts.clone().filter(|_| !is_hostile_name(name));
        let Some(accounts) = accounts else {
            return self.bind_as(message, frame, (name, password), rules).await;
        };
        if rules.surface.value.is_transparent() {
            return Box::pin(self.bind_transparently(message, frame, (name, password), (rules, &accounts))).await;
        }
        let mut meaning = Box::pin(accounts.meaning(name)).await;
        // Twice at most: what was asked just now is not asked again.
        loop {
            let (named, remembered, as_of) = match meaning {
                Ok(Meaning::AsSent) => return self.bind_as(message, frame, (name, password), rules).await,
                Ok(Meaning::Account {
                    named,
                    remembered,
                    as_of,
                }) => (named, remembered, as_of),
                Ok(Meaning::Nobody) => {
                    let nobody = self.bind_of_nobody(message, (name, password), (rules, &accounts), NoAccount::Unknown);
                    return Box::pin(nobody).await;
                }
                Ok(Meaning::Several) => {
                    let nobody =
                        self.bind_of_nobody(message, (name, password), (rules, &accounts), NoAccount::Ambiguous);
                    return Box::pin(nobody).await;
                }
                Err(error) => return self.refuse_unasked(message, name, error),
            };
            let Ok(renamed) = splice::with_bind_name(message, named.dn.as_bytes()).map(Zeroizing::new) else {
                return self.refuse_name(message.id, Operation::Bind, Refusal::Malformed, None, Some(name));
            };
            let Ok(message) = Message::parse(&renamed) else {
                return self.refuse_name(message.id, Operation::Bind, Refusal::Malformed, None, Some(name));
            };
            self.given = Some(Box::new(Given {
                name: name.into(),
                remembered: remembered.then(|| Arc::clone(&named)),
                now: None,
            }));
            let answered = self
                .simple_bind(&message, &renamed, (named.dn.as_bytes(), password), rules)
                .await;
            if matches!(self.identity, Identity::Anonymous) {
                let given = self.given.take();
                if let Some(lane) = &mut self.lane {
                    lane.identity = LaneIdentity::Stale;
                }
                match (answered, given.and_then(|given| given.now)) {
                    (Some(octets), _) => return octets,
                    (None, Some(now)) => meaning = now,
                    (None, None) => meaning = Box::pin(accounts.ask(name)).await,
                }
                continue;
            }
            if !remembered {
                accounts.remember(name, &named, as_of);
            }
            return answered.unwrap_or_default();
        }
    }

    /// A bind by the name that was sent.
    pub(super) async fn bind_as(
        &mut self,
        message: &Message<'_>,
        frame: &[u8],
        credentials: (&[u8], &[u8]),
        rules: &RouteRules,
    ) -> Vec<u8> {
        // `None` is for names that were remembered.
        let answered = self.simple_bind(message, frame, credentials, rules).await;
        answered.unwrap_or_default()
    }

    /// On a transparent route names go up as they were sent. In an emergency that makes every route transparent they still mean their
    /// accounts, as far as can be found out: it must not keep out everybody who signs in by name.
    async fn bind_transparently(
        &mut self,
        message: &Message<'_>,
        frame: &[u8],
        (name, password): (&[u8], &[u8]),
        (rules, accounts): (&RouteRules, &Accounts),
    ) -> Vec<u8> {
        if self.rule_of_transparency() == RuleName::built_in("bypass")
            && let Ok(Meaning::Account { named, .. }) = accounts.ask(name).await
            && let Ok(renamed) = splice::with_bind_name(message, named.dn.as_bytes()).map(Zeroizing::new)
            && let Ok(renamed_message) = Message::parse(&renamed)
        {
            self.given = Some(Box::new(Given {
                name: name.into(),
                remembered: None,
                now: None,
            }));
            let dn = named.dn.as_bytes();
            let octets = self.bind_as(&renamed_message, &renamed, (dn, password), rules).await;
            if matches!(self.identity, Identity::Anonymous) {
                self.given = None;
            }
            return octets;
        }
        self.bind_as(message, frame, (name, password), rules).await
    }

    /// The directory, or the guard, has refused an account that was remembered: whether the name is another's by now. It is asked in any case, so that a
    /// wrong password costs the same search as a name that nobody has.
    pub(super) async fn means_another(&mut self) -> bool {
        let accounts = self.route.accounts.clone();
        let (Some(accounts), Some(given)) = (accounts, &mut self.given) else {
            return false;
        };
        let Some(remembered) = given.remembered.take() else {
            return false;
        };
        let now = accounts.ask(&given.name).await;
        if let Ok(Meaning::Account { named, .. }) = &now
            && *named.dn == *remembered.dn
        {
            return false;
        }
        accounts.forget(&given.name);
        given.now = Some(now);
        true
    }

    /// A name that means no one account is answered like a wrong password, after the same questions to the directory: the password is put to it
    /// under a name that is not there.
    async fn bind_of_nobody(
        &mut self,
        message: &Message<'_>,
        (name, password): (&[u8], &[u8]),
        (rules, accounts): (&RouteRules, &Accounts),
        why: NoAccount,
    ) -> Vec<u8> {
        let nobody = match accounts.nobody() {
            Ok(nobody) => nobody,
            Err(error) => return self.refuse_unasked(message, name, error),
        };
        let renamed = splice::with_bind_name(message, nobody.as_bytes()).map(Zeroizing::new);
        let Ok(renamed) = &renamed else {
            return self.refuse_name(message.id, Operation::Bind, Refusal::Malformed, None, Some(name));
        };
        let Ok(asking) = Message::parse(renamed) else {
            return self.refuse_name(message.id, Operation::Bind, Refusal::Malformed, None, Some(name));
        };
        // Guesses at a name that nobody has end like those at one that somebody has: counted by that name, below the entry that is not
        // there, for the name itself may be somebody's by another form.
        let gap = NameTemplate::parse(&format!("uid={{}},{nobody}"));
        let subject = gap
            .and_then(|gap| gap.fill(&readable(name)))
            .unwrap_or_else(|| nobody.clone());
        let asked_guard = self.ask_guard_for_bind(message, (name, password), subject.as_bytes(), rules);
        let reservation = match asked_guard.await {
            Ok(reservation) => reservation,
            Err(answer) => return answer.unwrap_or_default(), // `None` is for names that were remembered
        };
        self.binds_sent = 0;
        let control = message.controls.find(oid::PASSWORD_POLICY);
        let asked = control.is_ok_and(|control| control.is_some());
        let (_, answered) = self.ask_of_account(&asking, renamed, asked, false).await;
        let refusal = match answered {
            Err(refusal) => {
                self.settle_lost(reservation, refusal);
                refusal
            }
            Ok(Answered { mut lane, octets }) => {
                let code =
                    Message::parse(&octets).and_then(|answer| LdapResult::parse(&answer).map(|result| result.code));
                // Should somebody have made that entry, this lane is somebody we turn away (lane rule 1).
                lane.tainted |= matches!(code, Ok(ResultCode::SUCCESS) | Err(_));
                lane.identity = LaneIdentity::Stale;
                self.lane = Some(lane);
                // Whatever it said of an entry that is not there, nobody's password was right.
                let said = code.ok().filter(|code| *code != ResultCode::SUCCESS);
                self.settle_bind(
                    reservation,
                    said.unwrap_or(ResultCode::INVALID_CREDENTIALS),
                    Proven::No,
                    password,
                );
                match code {
                    Err(_) => Refusal::DirectoryLost,
                    Ok(code) if is_infrastructure(code) => Refusal::DirectoryRefused,
                    Ok(_) => {
                        let reply = self.refuse_no_account(message, name, why);
                        self.give_lane_back();
                        return reply;
                    }
                }
            }
        };
        let (rule, code, text) = refusal.entry();
        self.record(Operation::Bind, Outcome::Unavailable, code, rule, Some(name), None);
        self.give_lane_back();
        answer::result(message.id, tag::BIND_RESPONSE, code, text, &[])
    }

    fn refuse_no_account(&self, message: &Message<'_>, name: &[u8], why: NoAccount) -> Vec<u8> {
        match why {
            // The directory has refused it, as it does every name that is not there.
            NoAccount::Unknown => self.refuse_nobody(
                message,
                name,
                (
                    "built-in:unknown-name",
                    ResultCode::INVALID_CREDENTIALS,
                    Outcome::Failed,
                ),
                "no account has the name",
            ),
            NoAccount::Ambiguous => {
                let (rule, code, _) = Refusal::AmbiguousName.entry();
                self.refuse_nobody(
                    message,
                    name,
                    (rule, code, Outcome::Refused),
                    "more than one account has the name",
                )
            }
        }
    }

    /// A request that may change whose a name is goes up: what is found from now on may be so before or after it.
    pub(super) fn will_change_names(&mut self, message: &Message<'_>) {
        let changes = self.route.name_changes.as_ref();
        if changes.is_some_and(|changes| changes.may_come_of(message)) {
            self.changes_names = true;
            self.route.names_changed();
        }
    }

    /// Something this session asked for has been done, or may have been.
    pub(super) fn has_changed_names(&self) {
        if self.changes_names {
            self.route.names_changed();
        }
    }

    /// Nobody could be asked who that is.
    fn refuse_unasked(&mut self, message: &Message<'_>, name: &[u8], error: LookUpError) -> Vec<u8> {
        tracing::warn!(
            target: "postern::directory",
            session = self.registered.number, route = &*self.route.name, %error, "a bind name cannot be resolved"
        );
        let octets = self.refuse_name(message.id, Operation::Bind, Refusal::NamesUnavailable, None, Some(name));
        self.give_lane_back();
        octets
    }
}
