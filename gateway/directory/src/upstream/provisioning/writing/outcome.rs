//! What a result code of a write means to whoever wanted it: the one table that says so. Nothing of a server's text or names goes on.

use postern_identity::provisioning::{EditFault, EditFaultKind, ProvisioningError};
use postern_ldap::ResultCode;

/// More than the RFC's own: the names of RFC 4511 §4.1.9 that nothing else here knows.
const ALIAS_PROBLEM: ResultCode = ResultCode(33);
const AFFECTS_MULTIPLE_DSAS: ResultCode = ResultCode(71);

/// Why a write that was answered so did not come about.
pub(super) fn refused(code: ResultCode) -> ProvisioningError {
    match code {
        ResultCode::NO_SUCH_OBJECT | ALIAS_PROBLEM => ProvisioningError::NotFound,
        // Somebody else changed the values we meant (RFC 4511 §4.6).
        ResultCode::NO_SUCH_ATTRIBUTE | ResultCode::ATTRIBUTE_OR_VALUE_EXISTS => ProvisioningError::Contended,
        ResultCode::ASSERTION_FAILED => ProvisioningError::Changed,
        ResultCode::ENTRY_ALREADY_EXISTS => ProvisioningError::Taken {
            attribute: "userName".into(),
        },
        ResultCode::NOT_ALLOWED_ON_NON_LEAF => ProvisioningError::HasEntriesBelow,
        ResultCode::INSUFFICIENT_ACCESS_RIGHTS => ProvisioningError::NotAllowed,
        ResultCode::CONSTRAINT_VIOLATION => fault("the directory takes no such value: a rule of its own is against it"),
        ResultCode::INVALID_ATTRIBUTE_SYNTAX | ResultCode::INAPPROPRIATE_MATCHING => {
            fault("a value does not have the form its attribute has in the directory")
        }
        ResultCode::INVALID_DN_SYNTAX | ResultCode::NAMING_VIOLATION => {
            fault("the directory takes no such value as a name")
        }
        ResultCode::OBJECT_CLASS_VIOLATION | ResultCode::UNDEFINED_ATTRIBUTE_TYPE => {
            fault("the directory demands a value that is missing, or does not take one of the attributes")
        }
        ResultCode::OBJECT_CLASS_MODS_PROHIBITED | ResultCode::NOT_ALLOWED_ON_RDN => EditFault::new(
            EditFaultKind::Mutability,
            "the directory does not let this attribute be changed",
        )
        .into(),
        ResultCode::BUSY | ResultCode::UNAVAILABLE => ProvisioningError::Unavailable,
        ResultCode::TIME_LIMIT_EXCEEDED => ProvisioningError::TooSlow,
        ResultCode::SIZE_LIMIT_EXCEEDED | ResultCode::ADMIN_LIMIT_EXCEEDED => ProvisioningError::TooMany,
        ResultCode::NO_SUCH_OPERATION | AFFECTS_MULTIPLE_DSAS => ProvisioningError::NotPossible,
        ResultCode(code) => ProvisioningError::Refused { code },
    }
}

fn fault(detail: &'static str) -> ProvisioningError {
    EditFault::new(EditFaultKind::InvalidValue, detail).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_that_means_something_to_a_program_is_told_apart() {
        let kind = |code| match refused(ResultCode(code)) {
            ProvisioningError::Edit(fault) => format!("{:?}", fault.kind),
            ProvisioningError::Refused { code } => format!("refused {code}"),
            other => format!("{other:?}").split([' ', '{']).next().unwrap().to_owned(),
        };
        for (code, wanted) in [
            (3, "TooSlow"),
            (4, "TooMany"),
            (11, "TooMany"),
            (16, "Contended"),
            (17, "InvalidValue"),
            (19, "InvalidValue"),
            (20, "Contended"),
            (21, "InvalidValue"),
            (32, "NotFound"),
            (50, "NotAllowed"),
            (51, "Unavailable"),
            (52, "Unavailable"),
            (53, "refused 53"),
            (65, "InvalidValue"),
            (66, "HasEntriesBelow"),
            (67, "Mutability"),
            (68, "Taken"),
            (69, "Mutability"),
            (71, "NotPossible"),
            (80, "refused 80"),
            (122, "Changed"),
        ] {
            assert_eq!(kind(code), wanted, "{code}");
        }
    }
}
