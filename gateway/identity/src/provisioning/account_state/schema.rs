//! The schema of an account's state: as much as a directory tells and can.

use super::super::ports::Told;
use super::super::schema::{Attribute, Mutability, Returned, Schema, Shape, TypeSchema, Types};
use super::{ACCOUNT, PASSWORD, names};
use crate::password::StandingChange;

/// The types with the state of accounts: `active` and `password` in the core schema, and both extensions. `can`: the changes the directory has.
/// `owner`: when whose the password is is shown.
pub fn extend(types: &Types, told: Told, can: impl Fn(StandingChange) -> bool, owner: Returned) -> Types {
    let both = |one, other| can(one) && can(other);
    let switch = both(StandingChange::Enable, StandingChange::Disable);
    let force = both(StandingChange::ForceChange, StandingChange::WithdrawForceChange);
    let lock = both(StandingChange::Lock, StandingChange::Unlock);
    let mut core = types.user.core.clone();
    core.attributes
        .push(flag(names::ACTIVE, "Whether the account is switched on.", switch));
    core.attributes.push(Attribute {
        mutability: Mutability::WriteOnly,
        returned: Returned::Never,
        case_exact: true,
        ..Attribute::new("password", Shape::Text, "The account's password. It is never shown.")
    });
    let mut extensions = types.user.extensions.clone();
    extensions.extend(password(told, force, lock));
    extensions.push(account(told, owner));
    Types {
        user: TypeSchema {
            kind: types.user.kind,
            core,
            extensions,
        },
        group: types.group.clone(),
    }
}

/// draft-hunt-scim-password-mgmt-00 §3: of its attributes those the directory tells. `None`: it tells none.
fn password(told: Told, force: bool, lock: bool) -> Option<Schema> {
    let mut state = Vec::new();
    let mut add = |is_told: bool, attribute: Attribute| {
        if is_told {
            state.push(attribute);
        }
    };
    add(
        told.password_set,
        read_only("createDate", Shape::Moment, "When the password was set."),
    );
    add(
        told.cannot_change,
        read_only("cantChange", Shape::Boolean, "The owner may not change the password."),
    );
    add(
        told.never_expires,
        read_only("noExpiry", Shape::Boolean, "The password never expires."),
    );
    add(
        told.last_success,
        read_only("lastSuccessfulLoginDate", Shape::Moment, "The last sign-in."),
    );
    add(
        told.last_failure,
        read_only("lastFailedLoginDate", Shape::Moment, "The last wrong password."),
    );
    add(
        told.failures,
        read_only(
            "loginAttempts",
            Shape::Integer,
            "Wrong passwords since the last sign-in.",
        ),
    );
    add(
        told.must_change,
        flag(
            names::MUST_CHANGE,
            "The password must be changed at the next sign-in.",
            force,
        ),
    );
    let mut attributes = Vec::new();
    if !state.is_empty() {
        attributes.push(complex(
            names::PASSWORD_STATE,
            state,
            "How the account's password stands.",
            force && told.must_change,
        ));
    }
    if told.locked {
        let subs = vec![
            flag(names::ON, "Whether sign-in is stopped. false lifts the lock.", lock),
            read_only("reason", Shape::Integer, "0: wrong passwords, 1: an administrator."),
            read_only("lockDate", Shape::Moment, "Since when."),
            read_only("duration", Shape::Integer, "For how many seconds, where that is known."),
        ];
        attributes.push(complex(names::LOCKED, subs, "Whether the account is locked.", lock));
    }
    (!attributes.is_empty()).then(|| Schema {
        urn: PASSWORD.into(),
        name: "PasswordState".into(),
        description: "How the account's password stands, and whether it is locked".into(),
        attributes,
    })
}

fn account(told: Told, owner: Returned) -> Schema {
    let returned = |attribute: Attribute| Attribute {
        returned: owner,
        ..attribute
    };
    let mut attributes = vec![
        returned(Attribute {
            canonical: ["local", "provider", "both", "unknown"].map(Into::into).into(),
            ..read_only(names::AUTHORITY, Shape::Text, "Who owns the password.")
        }),
        returned(read_only(
            names::AUTHORITY_SOURCE,
            Shape::Text,
            "Which directory or provider that is.",
        )),
        returned(read_only(
            names::RESET_URL,
            Shape::Reference(vec!["external".into()]),
            "Where its owner gets a new password.",
        )),
        read_only("standing", Shape::Text, "The one state that decides a sign-in."),
        read_only("expired", Shape::Boolean, "Whether the password has expired."),
    ];
    let mut add = |is_told: bool, attribute: Attribute| {
        if is_told {
            attributes.push(attribute);
        }
    };
    add(
        told.expires,
        read_only("expiresAt", Shape::Moment, "When the password expires."),
    );
    add(
        told.locked,
        read_only("lockedUntil", Shape::Moment, "When a lock ends by itself."),
    );
    add(
        told.grace_left,
        read_only(
            "graceLoginsRemaining",
            Shape::Integer,
            "Sign-ins left with the expired password.",
        ),
    );
    attributes.push(Attribute {
        returned: Returned::Request,
        ..read_only(
            names::RESET_STATUS,
            Shape::Text,
            "How self-service last went: none, inProgress, done, blocked.",
        )
    });
    Schema {
        urn: ACCOUNT.into(),
        name: "Account".into(),
        description: "Who owns the account's password, and how the account stands".into(),
        attributes,
    }
}

fn flag(name: &str, description: &str, writable: bool) -> Attribute {
    Attribute {
        mutability: if writable {
            Mutability::ReadWrite
        } else {
            Mutability::ReadOnly
        },
        ..Attribute::new(name, Shape::Boolean, description)
    }
}

fn read_only(name: &str, shape: Shape, description: &str) -> Attribute {
    Attribute {
        mutability: Mutability::ReadOnly,
        ..Attribute::new(name, shape, description)
    }
}

fn complex(name: &str, subs: Vec<Attribute>, description: &str, writable: bool) -> Attribute {
    Attribute {
        mutability: if writable {
            Mutability::ReadWrite
        } else {
            Mutability::ReadOnly
        },
        ..Attribute::new(name, Shape::Complex(subs), description)
    }
}
