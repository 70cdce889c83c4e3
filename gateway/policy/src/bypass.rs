//! The emergency: for a while every route shows what its directory says, whatever the files say of standings.
//!
//! What may pass stays as the files say: nobody reaches through a bypass what a policy keeps from them.

use postern_identity::decide::{
    Admission, BindQuestion, BindVerdict, References, RouteRules, RuleName, Ruled, Surface,
};
use postern_identity::{Evidence, Proven};

/// The rule that audit lines name while a bypass is in force.
pub const RULE: &str = "bypass";

/// A route's rules as they are during a bypass.
pub(crate) fn route(rules: &RouteRules) -> RouteRules {
    let rule = RuleName::built_in(RULE);
    RouteRules {
        surface: Ruled::new(Surface::Transparent.into(), rule.clone()),
        references: Ruled::new(References::Pass, rule),
        ..rules.clone()
    }
}

/// The verdict of a door that asks all the same: the directory's own.
pub(crate) fn bind(question: &BindQuestion<'_>) -> BindVerdict {
    let Evidence { result_code, .. } = &question.standing.evidence;
    let accepted = question.proven == Proven::Yes && result_code.is_none_or(|code| code == 0);
    BindVerdict {
        admission: if accepted { Admission::Allow } else { Admission::Refuse },
        surface: Surface::Transparent.into(),
        told_as: None,
        text: None,
        notice: false,
        rule: RuleName::built_in(RULE),
    }
}
