//! What a policy test asks of self-service, and what it expects of it.

use super::Differences;
use crate::file::authority::Texts;
use crate::rulebook::Rulebook;
use postern_identity::reset::{ResetQuestion, ResetRules};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Somebody who wants to help themselves.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SelfServiceGiven {
    /// The directory, by its name in the configuration. Default: "directory".
    pub(crate) directory: Option<String>,
    /// The name of the account. Default: nobody is known yet.
    #[schemars(length(min = 1))]
    pub(crate) account: Option<String>,
    /// The names of its groups. Default: none.
    pub(crate) groups: Option<Vec<String>>,
}

/// What has to hold for them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SelfServiceExpect {
    /// Whether the way in for those who have forgotten their password is shown.
    pub(crate) forgot_link: Option<bool>,
    /// Whether a password can be reset.
    pub(crate) reset: Option<bool>,
    /// Whether a password can be changed.
    pub(crate) change: Option<bool>,
    /// Whether one that has expired or must be changed can.
    pub(crate) expired_change: Option<bool>,
    /// Whether a lock can be lifted.
    pub(crate) unlock: Option<bool>,
    /// Whether forgotten sign-in names are told.
    pub(crate) reminder: Option<bool>,
    /// The factors, in order.
    pub(crate) factors: Option<Texts>,
    /// How many gates there are.
    #[schemars(range(min = 1, max = 6))]
    pub(crate) gates: Option<u8>,
    /// Whether the account is a privileged one.
    pub(crate) privileged: Option<bool>,
    /// Whether addresses that people can write themselves prove anything.
    pub(crate) self_asserted: Option<bool>,
    /// For how many seconds a proof waits.
    #[schemars(range(min = 0, max = 604_800))]
    pub(crate) cool_down_seconds: Option<u32>,
    /// Whether only onboarded accounts may come in.
    pub(crate) onboarded_only: Option<bool>,
    /// Whether a sign-in over LDAP sends a mail.
    pub(crate) mail_at_sign_in: Option<bool>,
    /// The fewest characters of a new password.
    #[schemars(range(min = 1, max = 1_024))]
    pub(crate) shortest: Option<u32>,
    /// What is said to those who cannot be helped. Empty: nothing.
    pub(crate) help_desk: Option<String>,
    /// Who says what: keys such as `features.reset`, and the rules that say them, such as `shop.toml:self_service[0].features.reset` or `built-in:self_service.gates`.
    #[serde(default)]
    pub(crate) rules: BTreeMap<String, String>,
}

impl SelfServiceExpect {
    /// Whether it can fail.
    pub(super) fn is_something(&self) -> bool {
        *self != Self::default()
    }
}

/// Asks the book what a test asks, and notes what differs.
pub(super) fn compare(
    (given, expect): (&SelfServiceGiven, Option<&SelfServiceExpect>),
    book: &Rulebook,
    route: &str,
    differences: &mut Differences,
) {
    let rules = book.self_service(&ResetQuestion {
        route,
        directory: Some(given.directory.as_deref().unwrap_or("directory")),
        account: given.account.as_deref(),
        groups: given.groups.as_deref().unwrap_or_default(),
    });
    if let (Some(rules), Some(expect)) = (rules, expect) {
        of_rules(&rules, expect, differences);
    }
}

fn of_rules(rules: &ResetRules, expect: &SelfServiceExpect, differences: &mut Differences) {
    let features = rules.features;
    for (key, found, wanted) in [
        ("forgot_link", features.forgot_link, expect.forgot_link),
        ("reset", features.reset, expect.reset),
        ("change", features.change, expect.change),
        ("expired_change", features.expired_change, expect.expired_change),
        ("unlock", features.unlock, expect.unlock),
        ("reminder", features.reminder, expect.reminder),
        ("privileged", rules.privileged, expect.privileged),
        ("self_asserted", rules.self_asserted, expect.self_asserted),
        ("onboarded_only", rules.onboarded_only, expect.onboarded_only),
        ("mail_at_sign_in", rules.mail_at_sign_in, expect.mail_at_sign_in),
    ] {
        differences.word(key, found, wanted, super::yes_no);
    }
    let mut text = |key: &str, found: String, wanted: Option<String>| {
        if let Some(wanted) = wanted.filter(|wanted| *wanted != found) {
            differences.add(key, &found, &wanted);
        }
    };
    let wanted = expect.factors.as_ref().map(|factors| factors.texts().join(", "));
    text("factors", rules.factors.join(", "), wanted);
    text(
        "gates",
        rules.gates.to_string(),
        expect.gates.map(|gates| gates.to_string()),
    );
    let wait = rules.lifetimes.cool_down.as_secs().to_string();
    text(
        "cool_down_seconds",
        wait,
        expect.cool_down_seconds.map(|wait| wait.to_string()),
    );
    let shortest = expect.shortest.map(|shortest| shortest.to_string());
    text("shortest", rules.password.shortest.to_string(), shortest);
    let help_desk = rules.help_desk.as_deref().unwrap_or_default().to_owned();
    text("help_desk", help_desk, expect.help_desk.clone());
    for (key, wanted) in &expect.rules {
        let said = rules.rules.iter().find(|(said, _)| **said == **key);
        let said = said.map_or_else(|| "no key".to_owned(), |(_, rule)| rule.to_string());
        text(&format!("the rule of {key}"), said, Some(wanted.clone()));
    }
}
