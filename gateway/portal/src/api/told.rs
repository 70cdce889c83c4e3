//! The answers programs get.

use postern_identity::reset::{AccountView, PasswordRules, ProviderOffer, Stage, TargetOutcome, TargetResult, View};
use serde::Serialize;
use utoipa::ToSchema;

/// A context, as it stands after a step.
#[derive(Serialize, ToSchema)]
#[schema(title = "Opened")]
pub(super) struct Opened {
    /// Its name.
    id: String,
    /// `requested`, `proving`, `ready`, …: see `Standing`.
    state: &'static str,
    /// The factors that may be tried next. Before the first proof these are the route's, whoever was named.
    next: Vec<String>,
    /// The provider whose page is the place for it, where the domain that was typed alone says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<Provider>,
}

impl Opened {
    pub(super) fn of(view: &View, provider: Option<&ProviderOffer>) -> Self {
        Self {
            id: view.context.to_string(),
            state: view.stage.as_str(),
            next: next(view),
            provider: provider.map(Provider::of),
        }
    }
}

/// What became of it.
#[derive(Serialize, ToSchema)]
#[schema(title = "Done")]
pub(super) struct Done {
    /// `done`, or `partial` while some accounts are not yet.
    state: &'static str,
    /// One for each account.
    targets: Vec<Target>,
}

impl Done {
    pub(super) fn of(stage: Stage, results: &[TargetResult]) -> Self {
        Self {
            state: stage.as_str(),
            targets: results.iter().map(Target::of).collect(),
        }
    }
}

/// What results amount to, where the context cannot be asked.
pub(super) fn stage_of(results: &[TargetResult]) -> Stage {
    if results.iter().all(|result| result.outcome == TargetOutcome::Done) {
        Stage::Done
    } else {
        Stage::Partial
    }
}

/// A context, as it stands.
#[derive(Serialize, ToSchema)]
#[schema(title = "Standing")]
pub(super) struct Standing {
    /// Its name.
    id: String,
    /// `reset`, `unlock` or `reminder`.
    action: &'static str,
    /// `requested`, `proving`, `waiting`, `ready`, `executing`, `partial`, `done`; or why it is over: `expired`, `used`, `superseded`, `cancelled`, `not_me`,
    /// `locked`, `changed`.
    state: &'static str,
    /// The factors that may be tried next.
    next: Vec<String>,
    /// When it ends by itself.
    #[schema(value_type = String, format = DateTime)]
    #[serde(rename = "expiresAt")]
    expires_at: String,
    /// When a message may be sent again.
    #[schema(value_type = Option<String>, format = DateTime)]
    #[serde(rename = "resendAt", skip_serializing_if = "Option::is_none")]
    resend_at: Option<String>,
    /// The last step may be taken no sooner.
    #[schema(value_type = Option<String>, format = DateTime)]
    #[serde(rename = "notBefore", skip_serializing_if = "Option::is_none")]
    not_before: Option<String>,
    /// The person's accounts. Empty until they have proven who they are.
    accounts: Vec<Account>,
    /// What a new password must be before the directory sees it.
    password: Password,
    /// What became of each account, once it is done.
    targets: Vec<Target>,
}

impl Standing {
    pub(super) fn of(view: &View) -> Self {
        Self {
            id: view.context.to_string(),
            action: view.action.as_str(),
            state: view.stage.as_str(),
            next: next(view),
            expires_at: view.expires_at.to_string(),
            resend_at: view.resend_at.map(|at| at.to_string()),
            not_before: view.not_before.map(|at| at.to_string()),
            accounts: view.accounts.iter().map(Account::of).collect(),
            password: Password::of(&view.password),
            targets: view.results.iter().map(Target::of).collect(),
        }
    }
}

/// One of a proven person's accounts.
#[derive(Serialize, ToSchema)]
struct Account {
    /// In which directory.
    directory: String,
    /// What they sign in with.
    login: String,
    /// How it stands: `active`, `must_change`, `expired`, `locked`, ….
    standing: &'static str,
    /// Whether this can be done for it here.
    eligible: bool,
    /// Whose its password is, where it is a provider's.
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<Provider>,
}

impl Account {
    fn of(account: &AccountView) -> Self {
        Self {
            directory: account.directory.to_string(),
            login: account.login.clone(),
            standing: account.standing.as_str(),
            eligible: account.eligible,
            provider: account.provider.as_ref().map(Provider::of),
        }
    }
}

/// A provider's page.
#[derive(Serialize, ToSchema)]
struct Provider {
    /// The provider's configured name.
    name: String,
    /// What people call it.
    title: String,
    /// Its page.
    url: String,
}

impl Provider {
    fn of(provider: &ProviderOffer) -> Self {
        Self {
            name: provider.name.to_string(),
            title: provider.title.to_string(),
            url: provider.url.to_string(),
        }
    }
}

/// What became of one account.
#[derive(Serialize, ToSchema)]
struct Target {
    /// In which directory.
    directory: String,
    /// What they sign in with.
    login: String,
    /// `done`, `refused`, `not_here`, `changed`, `later`, `being_found_out` or `not_allowed`.
    #[schema(value_type = String)]
    outcome: TargetOutcome,
}

impl Target {
    fn of(result: &TargetResult) -> Self {
        Self {
            directory: result.directory.to_string(),
            login: result.login.clone(),
            outcome: result.outcome,
        }
    }
}

/// What a new password must be. The directory has rules of its own besides.
#[derive(Serialize, ToSchema)]
struct Password {
    /// Fewest characters.
    shortest: u32,
    /// Most characters.
    longest: u32,
}

impl Password {
    fn of(rules: &PasswordRules) -> Self {
        Self {
            shortest: rules.shortest,
            longest: rules.longest,
        }
    }
}

/// A problem document, or the description of its kind.
#[derive(Serialize, ToSchema)]
#[schema(title = "Problem")]
#[allow(dead_code, reason = "it describes what `postern_web::Problem` writes")]
pub(super) struct Described {
    /// `/api/problems/` and the kind's name.
    r#type: String,
    /// What it is, in a few words.
    title: String,
    /// The status it comes with.
    status: u16,
    /// What it is this time.
    detail: Option<String>,
    /// The number of the request, which stands in the log.
    instance: Option<String>,
}

fn next(view: &View) -> Vec<String> {
    view.next.iter().map(ToString::to_string).collect()
}
