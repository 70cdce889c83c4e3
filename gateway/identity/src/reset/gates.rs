//! Whether the proofs suffice: one pure function over what was proven, never over which page somebody is on.

use super::asked::ContextId;
use super::keys::Digest;
use super::ports::{Factor, FactorClass, FactorName};
use super::rules::ResetRules;
use crate::clock::Timestamp;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The factor by which a program vouches for somebody it has made sure of by other means.
pub const VOUCHED: &str = "vouched";

/// Something that was proven.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Fact {
    /// In which context: in no other does it count.
    pub context: ContextId,
    /// By which factor.
    pub factor: FactorName,
    /// Of which kind.
    pub class: FactorClass,
    /// Which mailbox, device, …, hashed.
    pub instance: Digest,
    /// By which challenge.
    pub attempt: Digest,
    /// When.
    pub at: Timestamp,
    /// Over an address or number that people can write into their own entries.
    #[serde(default)]
    pub self_asserted: bool,
}

/// What the proofs come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Evaluation {
    /// They suffice.
    Sufficient,
    /// They do not. The factors that would bring it further, in the order of the rules; none: nothing here can.
    Needs(Vec<FactorName>),
}

/// A factor that is there, and its kind.
pub type Known = (FactorName, FactorClass);

/// The factors there are.
pub fn known(factors: &[Arc<dyn Factor>]) -> Vec<Known> {
    factors
        .iter()
        .map(|factor| (factor.name().into(), factor.class()))
        .collect()
}

/// Whether these facts suffice under these rules. Counted are kinds of factors, not factors: two mailboxes are one proof. A fact counts in the
/// context it was proven in, by a factor the rules name, of the kind that factor is.
///
/// What stands on something that people can write into their own entries counts where the rules let it, and never for privileged accounts; all of
/// it together is one proof.
///
/// A program's word stands for everything, but not where the account is a privileged one: there it is one proof among others. Rules without a
/// factor are never met by factors.
pub fn evaluate(context: &ContextId, facts: &[Fact], rules: &ResetRules, known: &[Known]) -> Evaluation {
    let class_of = |name: &FactorName| {
        let named = rules.factors.iter().any(|factor| factor == name);
        let class = known.iter().find(|(factor, _)| factor == name).map(|(_, class)| *class);
        class.filter(|_| named)
    };
    let mut passed = BTreeSet::new();
    for fact in facts.iter().filter(|fact| fact.context == *context) {
        if &*fact.factor == VOUCHED && fact.class == FactorClass::Person {
            if !rules.privileged {
                return Evaluation::Sufficient;
            }
            passed.insert(fact.class);
        } else if class_of(&fact.factor) == Some(fact.class) {
            match fact.self_asserted {
                false => passed.insert(fact.class),
                true if rules.takes_self_asserted() => passed.insert(FactorClass::SelfAsserted),
                true => continue,
            };
        }
    }
    let gates = usize::from(rules.gates.max(1));
    if !rules.factors.is_empty() && passed.len() >= gates {
        return Evaluation::Sufficient;
    }
    let more = rules
        .factors
        .iter()
        .filter(|factor| class_of(factor).is_some_and(|class| !passed.contains(&class)));
    Evaluation::Needs(more.cloned().collect())
}

/// The same under two sets of rules at once, of which both must be met.
pub fn evaluate_both(
    context: &ContextId,
    facts: &[Fact],
    start: &ResetRules,
    now: &ResetRules,
    known: &[Known],
) -> Evaluation {
    match (
        evaluate(context, facts, start, known),
        evaluate(context, facts, now, known),
    ) {
        (Evaluation::Sufficient, other) | (other, Evaluation::Sufficient) => other,
        (Evaluation::Needs(start), Evaluation::Needs(now)) => {
            // What only one of the two names brings the other no further.
            Evaluation::Needs(start.into_iter().filter(|factor| now.contains(factor)).collect())
        }
    }
}
