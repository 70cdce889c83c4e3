//! What the guard would let up for an account, as `postern explain` tells it. What it has counted itself only the running program
//! knows; this is by the directory's word.

use crate::output::Output;
use postern_directory::{Account, LockoutPolicy};
use postern_identity::decide::{GuardRules, RuleName, Ruled};
use postern_proxy::Budget;
use serde::Serialize;
use std::io;
use std::num::NonZeroU32;

/// How many wrong passwords may reach the directory.
#[derive(Serialize)]
pub(super) struct ToldGuard {
    enabled: bool,
    rule: String,
    /// Whose numbers these are: "directory" or "policy".
    by: &'static str,
    /// The wrong password that locks the account.
    threshold: u32,
    /// Those that may reach the directory in one window, in all.
    total: u8,
    /// Those of them that may come through this gateway.
    share: u8,
    /// How long one counts; 0 is until the next success.
    window_seconds: u32,
    /// Those the directory counts now.
    counted: u32,
    /// Those left now: from networks it was lately signed in to from, and from others.
    left: Left,
}

#[derive(Serialize)]
struct Left {
    known_networks: u8,
    other_networks: u8,
}

impl ToldGuard {
    pub(super) fn new(guard: Option<Ruled<GuardRules>>, nodes: NonZeroU32, account: Option<&Account>) -> Self {
        let rules = guard.as_ref().map(|guard| guard.value).unwrap_or_default();
        let lockout = account.map(|account| &account.lockout);
        let policy = lockout.map_or(LockoutPolicy::Unknown, |lockout| lockout.policy);
        let budget = Budget::new(policy, &rules, nodes);
        let counted = lockout.map_or(0, |lockout| lockout.failures(budget.window_seconds));
        let others = u8::try_from(counted).unwrap_or(u8::MAX);
        Self {
            enabled: guard.is_some(),
            rule: guard
                .map_or_else(|| RuleName::built_in("guard.enabled"), |guard| guard.rule)
                .to_string(),
            by: match policy {
                LockoutPolicy::Locks { .. } => "directory",
                LockoutPolicy::Never | LockoutPolicy::Unknown => "policy",
            },
            threshold: match policy {
                LockoutPolicy::Locks { threshold, .. } => threshold,
                LockoutPolicy::Never | LockoutPolicy::Unknown => rules.attempts,
            },
            total: budget.total,
            share: budget.share,
            window_seconds: budget.window_seconds,
            counted,
            left: Left {
                known_networks: budget.left(0, others, true),
                other_networks: budget.left(0, others, false),
            },
        }
    }

    pub(super) fn print(&self, out: &mut Output<'_>) -> io::Result<()> {
        out.line("\nwrong passwords:")?;
        if !self.enabled {
            return out.line(format_args!(
                "  guard      off: each reaches the directory ({})",
                self.rule
            ));
        }
        let whose = if self.by == "directory" {
            "the account's own policy"
        } else {
            "the route's policy: the directory has none for it, or none that is known here"
        };
        out.line(format_args!(
            "  locked by  wrong password number {} ({whose})",
            self.threshold
        ))?;
        let window = match self.window_seconds {
            0 => "until the next success".to_owned(),
            seconds => format!("in {seconds} seconds"),
        };
        out.line(format_args!(
            "  guard      {} may reach the directory {window}, {} of them through this gateway ({})",
            self.total, self.share, self.rule
        ))?;
        out.line(format_args!(
            "  now        the directory counts {}; left: {} from networks lately signed in to from, {} from others",
            self.counted, self.left.known_networks, self.left.other_networks
        ))
    }
}
