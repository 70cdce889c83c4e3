//! The first step: something is asked for. Everybody gets the same answer, and no directory is asked before it is given.

use super::asked::{Action, By, Caller, ContextId, Holder, Method, Request, SessionKey};
use super::context::{Asker, Base, Context, Held, Loaded, Opening, Vouched, later};
use super::desk::{Desk, offered};
use super::events::Step;
use super::footing::Footing;
use super::gates::{Fact, VOUCHED};
use super::judge::offers;
use super::keys::{Digest, Purpose, token};
use super::limits::roughly;
use super::ports::FactorClass;
use super::resolve::{Again, RESOLVE, Resolve};
use super::rules::ResetRules;
use super::stages::{Accounts, Kept, Ready, Requested, Stage};
use super::told::{Ending, Opened, ProviderOffer, Refused};
use super::trouble::Trouble;
use crate::audit::Outcome;
use crate::clock::Timestamp;
use crate::records::{NewJob, RecordsError, ResetChange, Spent};
use std::sync::Arc;
use zeroize::Zeroizing;

/// How often a step is tried that somebody else keeps coming before.
pub(super) const RACES: usize = 6;

impl Desk {
    /// Opens a context.
    pub(super) async fn open(&self, caller: &Caller<'_>, request: &Request) -> Result<Opened, Refused> {
        let at = self.now();
        let (route, _) = self.route(caller.route).ok_or(Refused::NotOffered)?;
        let mut directory = route.directory.clone();
        if let Some(named) = &request.credential {
            let known = self.directory(named).map_err(|_| Refused::Unusable("credential"))?;
            directory = known.name().clone();
        }
        let (rules, features) = self.rules(caller.route, &directory).await.ok_or(Refused::NotOffered)?;
        if !offers(features, request.action) {
            return Err(Refused::NotOffered);
        }
        let (factor, vouched) = self.method(caller, request, &rules)?;
        let of_network = self.requests_of_network("request", caller, &rules.limits);
        let folded = request.identifier.folded();
        let name = Digest(self.parts.keys.hash(Purpose::Name, &[folded.as_bytes()]));
        let of_name = self.requests_of_name(caller.route, &name.0, &rules.limits);
        let groups: [&[_]; 2] = [&[of_network], &[of_name]];
        let asked = groups.get(..1 + usize::from(vouched.is_none())).unwrap_or(&groups);
        let spent = self.spend_in_turn(asked, at).await?;
        if let Some(Spent::UsedUp { until, .. }) = spent.first() {
            return Err(Refused::TooMany {
                after: until_then(at, *until),
            });
        }
        // R6: of a name nothing is said, so a name that is asked for too often gets the answer everybody gets.
        let limited = matches!(spent.get(1), Some(Spent::UsedUp { .. }));
        let provider = self.provider_of_domain(request);
        let mut id = [0; 16];
        let secret = token(&*self.parts.chance).filter(|_| self.parts.chance.fill(&mut id));
        let secret = secret.ok_or(Refused::Unavailable)?;
        let id = ContextId(id);
        let asker = match caller.by {
            By::Browser => {
                let parts: [&[u8]; 2] = [&id.0, secret.expose()];
                Asker::Browser {
                    session: Digest(self.parts.keys.hash(Purpose::Session, &parts)),
                }
            }
            By::Program { token, .. } => Asker::Program {
                token: token.into(),
                vouched,
            },
        };
        let base = Self::base(id, at, &rules, |rules| Opening {
            route: caller.route.into(),
            action: request.action,
            directory: Arc::clone(&directory.0),
            asker,
            name,
            factor,
            language: caller.language.into(),
            from: Some(roughly(caller.client).into()),
            at,
            rules,
        });
        let resolve = Resolve {
            context: id,
            identifier: request.identifier.as_str().to_owned(),
            // Whoever's domain says whose they are is on the way there already.
            idle: limited || provider.is_some(),
            limited,
        };
        let unit = self.opening_unit(base.clone(), &resolve, at)?;
        self.crash("request:before-commit");
        self.parts.records.commit_reset(unit).await?;
        self.crash("request:committed");
        let reason = base.vouched().map(|vouched| Arc::clone(&vouched.reason));
        self.record(
            &base,
            &Step {
                caller: Some(caller),
                reason: reason.as_deref(),
                factor: base.vouched().map(|_| VOUCHED),
                ..Step::of("reset.requested", Outcome::Allowed)
            },
        );
        Ok(Opened {
            context: id,
            session: SessionKey { context: id, secret },
            provider,
        })
    }

    /// What everybody's context has at its beginning.
    pub(super) fn base(
        id: ContextId,
        at: Timestamp,
        rules: &Arc<ResetRules>,
        opening: impl FnOnce(ResetRules) -> Opening,
    ) -> Base {
        Base {
            id,
            version: 1,
            opening: opening((**rules).clone()),
            holder: None,
            successor: None,
            former: None,
            asked_over: None,
            resend_at: later(at, rules.lifetimes.resend),
            attempt: 1,
            attempt_at: at,
            spent: false,
            expires_at: later(at, rules.lifetimes.context),
        }
    }

    fn opening_unit(&self, base: Base, resolve: &Resolve, at: Timestamp) -> Result<Vec<ResetChange>, Trouble> {
        let Some(vouched) = base.vouched().cloned() else {
            let purge_at = later(base.expires_at, super::context::KEPT);
            let job = self.resolve_job(resolve, at, purge_at)?;
            return Ok(vec![opening(base, Requested {})?, job]);
        };
        let attempt = Digest(self.parts.keys.hash(Purpose::Job, &[b"vouched", &base.id.0]));
        let fact = Fact {
            context: base.id,
            factor: VOUCHED.into(),
            class: FactorClass::Person,
            instance: Digest(self.parts.keys.hash(Purpose::Job, &[vouched.reason.as_bytes()])),
            attempt,
            at,
            self_asserted: false,
        };
        let until = base.expires_at;
        let ready = Ready {
            account: None,
            facts: vec![fact],
            challenge: None,
            accounts: Accounts::default(),
            until,
            results: Vec::new(),
            not_before: None,
        };
        Ok(vec![opening(base, ready)?])
    }

    fn resolve_job(&self, resolve: &Resolve, at: Timestamp, purge_at: Timestamp) -> Result<ResetChange, Trouble> {
        let plain = Zeroizing::new(serde_json::to_vec(resolve).map_err(|_| Trouble::Unreadable)?);
        let sealed = self.parts.keys.seal(RESOLVE, &plain, &*self.parts.chance);
        Ok(ResetChange::Enqueue(NewJob {
            kind: RESOLVE.into(),
            key: self
                .parts
                .keys
                .hash(Purpose::Job, &[RESOLVE.as_bytes(), &resolve.context.0]),
            payload: sealed.ok_or(Trouble::NoChance)?.into(),
            at,
            purge_at,
        }))
    }

    fn method(
        &self,
        caller: &Caller<'_>,
        request: &Request,
        rules: &ResetRules,
    ) -> Result<(Option<Arc<str>>, Option<Vouched>), Refused> {
        match &request.method {
            None => Ok((None, None)),
            Some(Method::Factor(name)) => {
                let offered = rules.factors.contains(name) && self.factor(name).is_some();
                offered
                    .then(|| (Some(Arc::clone(name)), None))
                    .ok_or(Refused::Unusable("method"))
            }
            Some(Method::Vouched { reason }) => {
                let By::Program { may_vouch: true, .. } = caller.by else {
                    return Err(Refused::NotAllowed);
                };
                if reason.trim().is_empty() || reason.len() > 512 || reason.chars().any(char::is_control) {
                    return Err(Refused::Unusable("reason"));
                }
                if request.action == Action::Reminder {
                    return Err(Refused::Unusable("method"));
                }
                let named = request.identifier.as_str().as_bytes();
                let named = self.parts.keys.seal(VOUCHED, named, &*self.parts.chance);
                let vouched = Vouched {
                    reason: Arc::clone(reason),
                    named: named.ok_or(Refused::Unavailable)?,
                };
                Ok((None, Some(vouched)))
            }
        }
    }

    fn provider_of_domain(&self, request: &Request) -> Option<ProviderOffer> {
        let provider = self.parts.providers.of_domain(request.identifier.as_str())?;
        self.parts.providers.page(&provider, request.action, None).map(offered)
    }

    /// The message again: at most once in a while, and whoever asks learns nothing by it.
    pub(super) async fn send_again(&self, caller: &Caller<'_>, holder: Holder<'_>) -> Result<(), Refused> {
        let (first, _) = self.held_context(caller, holder).await?;
        let at = self.now();
        let limits = first.base.opening.rules.limits;
        let of_network = self.requests_of_network("again", caller, &limits);
        if let Spent::UsedUp { until, .. } = self.spend(&[of_network], at).await? {
            return Err(Refused::TooMany {
                after: until_then(at, until),
            });
        }
        for _ in 0..RACES {
            let (mut context, held) = self.held_context(caller, holder).await?;
            let proving = matches!(context.stage, Kept::Proving(_));
            match context.footing(held, at) {
                Footing::Over(ending) => return Err(Refused::Over(ending)),
                Footing::Open if at >= context.base.resend_at => {}
                Footing::Proven if proving && at >= context.base.resend_at => {}
                Footing::Open | Footing::Proven => return Ok(()),
            }
            let base = &mut context.base;
            let lives = base.opening.rules.lifetimes;
            if base.spent || at >= later(base.attempt_at, lives.code) {
                base.attempt = base.attempt.saturating_add(1);
                base.attempt_at = at;
                base.spent = false;
            }
            base.resend_at = later(at, lives.resend);
            let again = Again {
                context: base.id,
                attempt: base.attempt,
                // Whoever asked, and no longer holds it, sends nothing.
                idle: held != Held::Now,
            };
            let payload = serde_json::to_vec(&again).map_err(|_| Trouble::Unreadable)?;
            let version = base.version.to_be_bytes();
            let job = ResetChange::Enqueue(NewJob {
                kind: super::resolve::AGAIN.into(),
                key: self.parts.keys.hash(Purpose::Job, &[b"again", &base.id.0, &version]),
                payload: payload.into(),
                at,
                purge_at: base.expires_at,
            });
            let (context, change) = context.stay()?;
            match self.parts.records.commit_reset(vec![change, job]).await {
                Ok(()) => {
                    self.record(
                        &context.base,
                        &Step {
                            caller: Some(caller),
                            ..Step::of("reset.asked_again", Outcome::Allowed)
                        },
                    );
                    return Ok(());
                }
                Err(RecordsError::Changed) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Refused::Unavailable)
    }

    /// Gives a context up.
    pub(super) async fn give_up(&self, caller: &Caller<'_>, holder: Holder<'_>) -> Result<(), Refused> {
        for _ in 0..RACES {
            let (mut context, held) = self.held_context(caller, holder).await?;
            let base = context.base.clone();
            let change = match (&context.stage, held) {
                (_, Held::Once) => {
                    context.base.asked_over.get_or_insert(Ending::Cancelled);
                    context.stay()?.1
                }
                (Kept::Executing(_), Held::Now) => return Err(Refused::Unavailable),
                (Kept::Executed(_) | Kept::Over(_), Held::Now) | (_, Held::Former) => return Ok(()),
                (_, Held::Now) => context.end(Ending::Cancelled, self.now())?,
            };
            match self.parts.records.commit_reset(vec![change]).await {
                Ok(()) => {
                    self.record(
                        &base,
                        &Step {
                            caller: Some(caller),
                            reason: Some(Ending::Cancelled.as_str()),
                            ..Step::of("reset.aborted", Outcome::Allowed)
                        },
                    );
                    return Ok(());
                }
                Err(RecordsError::Changed) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Refused::Unavailable)
    }

    /// The context this caller holds.
    pub(super) async fn held_context(
        &self,
        caller: &Caller<'_>,
        holder: Holder<'_>,
    ) -> Result<(Loaded, Held), Refused> {
        let context = self.context(&holder.context()).await?.ok_or(Refused::NoContext)?;
        let held = context.base.held_by(&self.parts.keys, caller, holder);
        held.map(|held| (context, held)).ok_or(Refused::NoContext)
    }
}

fn opening<S: Stage>(base: Base, stage: S) -> Result<ResetChange, Trouble> {
    Context { base, stage }.row().map(ResetChange::Open)
}

/// How long it is until then.
pub(super) fn until_then(at: Timestamp, until: Timestamp) -> std::time::Duration {
    until.duration_since(at).try_into().unwrap_or_default()
}
