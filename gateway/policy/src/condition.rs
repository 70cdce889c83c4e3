//! Conditions: `when = "…"` in a policy, in the Common Expression Language (<https://cel.dev>).
//!
//! What is read is a part of CEL, with the same meaning: texts, whole numbers, true and false, lists; `! && || ? :`, comparisons,
//! `in`, `+ - * / %`; `startsWith`, `endsWith`, `contains`. What is left out could take long or surprise: macros and loops,
//! regular expressions, joining texts, floating point. Added are the functions of the names that are declared here:
//! `network(client, "10.0.0.0/8")` and `account.within("ou=people,dc=example,dc=org")`.
//!
//! The walk: `lex` and `parse` read the text within bounds of length, depth and parts → `check` gives every part a type, so that
//! only declared names and fitting types are left, and reads networks, names and moments → [`Condition::holds`] evaluates, in one
//! pass over at most [`MOST_PARTS`] parts with texts of bounded length. Nothing is allocated but what makes names comparable.
//!
//! **A condition that cannot be evaluated** is [`Truth::Unclear`], never false: whoever asks takes the strictest of what could be
//! meant. As in CEL, `false && unclear` is false all the same, and `true || unclear` is true.

mod check;
mod clock;
mod evaluate;
mod facts;
mod lex;
mod literal;
mod network;
mod parse;
#[cfg(test)]
mod tests;

pub use evaluate::{Cause, Truth};
pub use facts::Facts;

pub use jiff::tz::TimeZone;

use check::{Checked, Test};
use clock::ClockUse;
use jiff::{SignedDuration, Timestamp};
use postern_identity::DistinguishedName;
use std::sync::atomic::{AtomicBool, Ordering};

/// The longest condition, in octets.
pub const LONGEST_CONDITION: usize = 4096;
/// The most parts a condition may have: names, texts, numbers, operators and calls.
pub const MOST_PARTS: usize = 256;
/// How deep parentheses, lists, calls and signs may lie in each other.
pub const DEEPEST: usize = 24;
/// The longest text a client may bring that is looked at, in octets. With a longer one a condition is unclear.
pub const LONGEST_TEXT: usize = 1024;

/// The shortest time there is.
pub const NANOSECOND: SignedDuration = SignedDuration::from_nanos(1);

/// What is wrong with a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Where, in octets of the condition.
    pub at: usize,
    /// What is wrong.
    pub what: String,
    /// What would be right.
    pub remedy: String,
}

impl Mistake {
    fn new(at: usize, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            at,
            what: what.into(),
            remedy: remedy.into(),
        }
    }
}

/// A compiled condition.
#[derive(Debug)]
pub struct Condition {
    test: Test,
    zone: Option<TimeZone>,
    clock: ClockUse,
    /// Whether it has been told that it was unclear.
    told: AtomicBool,
}

impl Condition {
    /// Compiles a condition. `zone` is where `hour`, `minute` and `weekday` are told; without one they cannot be used.
    pub fn compile(text: &str, zone: Option<&TimeZone>) -> Result<Self, Mistake> {
        let expression = parse::expression(text)?;
        let Checked { test, clock } = check::condition(&expression, zone.is_some())?;
        Ok(Self {
            test,
            zone: zone.cloned(),
            clock,
            told: AtomicBool::new(false),
        })
    }

    /// Holds for accounts at and below some names, and where `further` holds too.
    pub(crate) fn of_accounts(names: Vec<DistinguishedName>, further: Option<Self>) -> Self {
        let of_accounts = check::account_within(names);
        match further {
            Some(further) => Self {
                test: Test::All(Box::new([of_accounts, further.test])),
                ..further
            },
            None => Self {
                test: of_accounts,
                zone: None,
                clock: ClockUse::default(),
                told: AtomicBool::new(false),
            },
        }
    }

    /// Whether it holds.
    pub fn holds(&self, facts: &Facts<'_>) -> Truth {
        evaluate::test(&self.test, &evaluate::Here::new(facts, self.zone.as_ref()))
    }

    /// The next moment at which time alone may change whether it holds.
    pub fn changes_after(&self, at: Timestamp) -> Option<Timestamp> {
        self.clock.next(at, self.zone.as_ref())
    }

    /// True once: somebody has to be told that it was unclear.
    pub(crate) fn is_news(&self) -> bool {
        !self.told.swap(true, Ordering::Relaxed)
    }
}
