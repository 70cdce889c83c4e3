//! What a program is told where self-service refuses: one table.

use http::StatusCode;
use postern_identity::reset::{Finding, Refused};
use postern_web::problem::Kind;
use postern_web::{Fault, Problem};
use serde_json::Value;

/// Why there is no answer: before the door, or behind it.
pub(super) struct Trouble(Problem);

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        Self(fault.problem())
    }
}

impl From<Problem> for Trouble {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl From<Refused> for Trouble {
    fn from(refused: Refused) -> Self {
        Self(of_refusal(&refused))
    }
}

impl From<Trouble> for Problem {
    fn from(trouble: Trouble) -> Self {
        trouble.0
    }
}

/// The problem a refusal is.
pub(super) fn of_refusal(refused: &Refused) -> Problem {
    match refused {
        Refused::NotOffered => Problem::new(NOT_OFFERED),
        Refused::TooMany { after } => Fault::TooMany { after: *after }.problem(),
        Refused::NoContext => Problem::new(NO_CONTEXT),
        Refused::Over(ending) => Problem::new(OVER).with("state", ending.as_str()),
        Refused::WrongProof { left } => {
            let wrong = Problem::new(WRONG_PROOF);
            match left {
                Some(left) => wrong.with("triesLeft", *left),
                None => wrong,
            }
        }
        Refused::NotReady => Problem::new(NOT_READY),
        Refused::Screened(findings) => {
            let findings: Vec<Value> = findings.iter().map(|finding| finding_of(*finding)).collect();
            Problem::new(PASSWORD_REFUSED).with("findings", findings)
        }
        Refused::Password(rule) => {
            let refused = Problem::new(PASSWORD_REFUSED);
            match rule {
                Some(rule) => refused.with("rule", rule.as_str()),
                None => refused,
            }
        }
        Refused::NotSignedIn => Problem::new(NOT_SIGNED_IN),
        Refused::OtherRequest => Problem::new(OTHER_REQUEST),
        Refused::NotAllowed => Problem::new(NOT_ALLOWED),
        Refused::Unusable(field) => Problem::new(UNUSABLE).with("field", *field),
        Refused::Unavailable => Fault::Unavailable.problem(),
    }
}

/// The same request is being answered at this moment.
pub(super) fn under_way() -> Problem {
    Problem::new(UNDER_WAY).after(std::time::Duration::from_secs(1))
}

fn finding_of(finding: Finding) -> Value {
    let mut told = serde_json::Map::new();
    told.insert("rule".to_owned(), finding.as_str().into());
    match finding {
        Finding::TooShort { shortest } => told.insert("shortest".to_owned(), shortest.into()),
        Finding::TooLong { longest } => told.insert("longest".to_owned(), longest.into()),
        _ => None,
    };
    Value::Object(told)
}

macro_rules! kinds {
    ($($constant:ident = $name:literal, $status:ident, $title:literal;)*) => {
        $(const $constant: Kind = Kind { name: $name, status: StatusCode::$status, title: $title };)*
        /// Every kind there is behind this door.
        pub(super) const KINDS: &[Kind] = &[$($constant),*];
    };
}

kinds! {
    NOT_OFFERED = "not-offered", FORBIDDEN, "This is not offered here, or not now";
    NO_CONTEXT = "no-context", NOT_FOUND, "There is no such context, or another program's token opened it";
    OVER = "over", GONE, "The context is over";
    WRONG_PROOF = "wrong-proof", UNPROCESSABLE_ENTITY, "The proof is wrong";
    NOT_READY = "not-ready", CONFLICT, "This cannot be done with the context yet";
    PASSWORD_REFUSED = "password-refused", UNPROCESSABLE_ENTITY, "The new password is refused; another can be tried";
    NOT_SIGNED_IN = "not-signed-in", UNPROCESSABLE_ENTITY, "The present password was not taken";
    OTHER_REQUEST = "other-request", UNPROCESSABLE_ENTITY, "The key was used for another request";
    UNDER_WAY = "under-way", CONFLICT, "The same request is being answered at this moment";
    NOT_ALLOWED = "not-allowed", FORBIDDEN, "The token may not do this";
    UNUSABLE = "unusable", UNPROCESSABLE_ENTITY, "A value cannot be used";
}
