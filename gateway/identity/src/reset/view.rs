//! How a context stands, for whoever holds it. Before the first proof nothing in it depends on whom it was asked for.

use super::accounts::rule_named;
use super::asked::{Caller, Holder};
use super::context::{Held, Loaded};
use super::desk::{Desk, offered};
use super::footing::Footing;
use super::gates::{Evaluation, evaluate};
use super::rules::PasswordRules;
use super::stages::{Accounts, Kept, Target};
use super::told::{AccountView, Ending, Refused, Stage, TargetOutcome, View};
use crate::clock::Timestamp;
use crate::standing::StateName;
use std::sync::Arc;

impl Desk {
    /// Tells it.
    pub(super) async fn tell(&self, caller: &Caller<'_>, holder: Holder<'_>) -> Result<View, Refused> {
        let (context, held) = self.held_context(caller, holder).await?;
        let at = self.now();
        let base = &context.base;
        let route = &base.opening.rules;
        let mut view = View {
            context: base.id,
            action: base.action(),
            stage: context.stage_at(held, at),
            expires_at: base.expires_at,
            next: Vec::new(),
            resend_at: None,
            not_before: None,
            accounts: Vec::new(),
            password: route.password.clone(),
            directory_rules: Vec::new(),
            results: Vec::new(),
        };
        match (view.stage, &context.stage) {
            (Stage::Asked, _) => {
                let asked = base.opening.factor.as_ref();
                let here = |name: &&Arc<str>| self.factor(name).is_some() && asked.is_none_or(|asked| asked == *name);
                view.next = route.factors.iter().filter(here).cloned().collect();
                view.resend_at = Some(base.resend_at);
            }
            (Stage::Proving, Kept::Proving(stage)) => {
                let rules = &stage.account.rules;
                if let Evaluation::Needs(next) = evaluate(&base.id, &stage.facts, rules, &self.known) {
                    view.next = next;
                }
                view.resend_at = Some(base.resend_at);
            }
            (_, Kept::Ready(stage)) if held == Held::Now => {
                view.expires_at = stage.until.min(base.expires_at);
                view.not_before = stage.not_before.filter(|then| at < *then);
                if let Some(account) = &stage.account {
                    view.password = stricter(&route.password, &account.rules.password);
                }
                self.show(&mut view, &stage.accounts);
                view.results.clone_from(&stage.results);
            }
            (_, Kept::Executing(stage)) if held == Held::Now => self.show(&mut view, &stage.ready.accounts),
            (_, Kept::Executed(stage)) if held == Held::Now => {
                self.show(&mut view, &stage.accounts);
                view.results.clone_from(&stage.results);
            }
            _ => {}
        }
        Ok(view)
    }

    fn show(&self, view: &mut View, accounts: &Accounts) {
        view.accounts = accounts
            .list
            .iter()
            .map(|target| self.account_view(view, target))
            .collect();
        let rules = accounts.directory_rules.iter();
        view.directory_rules = rules
            .filter_map(|(rule, number)| Some((rule_named(rule)?, *number)))
            .collect();
    }

    fn account_view(&self, view: &View, target: &Target) -> AccountView {
        let provider = target.provider.as_ref();
        let page = provider.and_then(|provider| self.parts.providers.page(provider, view.action, Some(&target.login)));
        AccountView {
            directory: Arc::clone(&target.directory),
            login: target.login.to_string(),
            standing: StateName::from_name(&target.standing).unwrap_or(StateName::Unknown),
            eligible: target.eligible,
            provider: page.map(offered),
        }
    }
}

impl Loaded {
    /// How far it has come, for whoever holds it.
    pub(super) fn stage_at(&self, held: Held, at: Timestamp) -> Stage {
        match self.footing(held, at) {
            Footing::Over(ending) => return Stage::Over(ending),
            Footing::Open => return Stage::Asked,
            Footing::Proven => {}
        }
        let expired = at >= self.base.expires_at;
        match &self.stage {
            Kept::Requested(_) | Kept::Challenged(_) => Stage::Asked,
            Kept::Proving(_) if expired => Stage::Over(Ending::Expired),
            Kept::Proving(_) => Stage::Proving,
            Kept::Ready(stage) if expired || at >= stage.until => Stage::Over(Ending::Expired),
            Kept::Ready(stage) if stage.not_before.is_some_and(|then| at < then) => Stage::Waiting,
            Kept::Ready(stage) if stage.results.is_empty() => Stage::Ready,
            Kept::Ready(_) => Stage::Partial,
            Kept::Executing(_) => Stage::Executing,
            Kept::Executed(stage) => {
                // Nothing was written at all: it was overtaken.
                let in_vain = |outcome| matches!(outcome, TargetOutcome::NotHere | TargetOutcome::Changed);
                if stage.results.iter().all(|result| in_vain(result.outcome)) {
                    Stage::Over(Ending::Changed)
                } else {
                    Stage::Done
                }
            }
            Kept::Over(stage) => Stage::Over(stage.ending),
        }
    }
}

/// What both sets of rules ask of a new password.
pub(super) fn stricter(one: &PasswordRules, other: &PasswordRules) -> PasswordRules {
    let mut words = one.words.clone();
    words.extend(other.words.iter().filter(|word| !one.words.contains(word)).cloned());
    PasswordRules {
        shortest: one.shortest.max(other.shortest),
        longest: one.longest.min(other.longest),
        leaked: one.leaked || other.leaked,
        context: one.context || other.context,
        words,
        strength: one.strength.max(other.strength),
        confirm: one.confirm || other.confirm,
    }
}
