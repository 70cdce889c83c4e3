//! What a domain controller is asked to learn what our account may do.
//!
//! Who may write an attribute stands in `allowedAttributesEffective` of each entry ([MS-ADTS] §3.1.1.4.5.6). The right to reset a password
//! is none to write an attribute, so a reset is asked for that cannot be done: its value is no password in quotes. A controller looks at access
//! first, and answers 53 (unwillingToPerform) or 19 to whoever has it; Samba was seen to, of Windows it is taken from its documents.

use crate::upstream::rights::{Elevated, Lack, Right, RightsProbe};
use crate::upstream::write::Modification;
use postern_ldap::{ResultCode, filter};

pub(super) fn probe(right: Right) -> RightsProbe {
    let listed = |needed| RightsProbe::Listed {
        by: "allowedAttributesEffective",
        needed,
    };
    match right {
        Right::Password => RightsProbe::Doomed {
            changes: vec![Modification::replace("unicodePwd", "no password")],
            control: None,
            let_in: &[ResultCode::UNWILLING_TO_PERFORM, ResultCode::CONSTRAINT_VIOLATION],
        },
        Right::MustChange => listed(&["pwdLastSet"]),
        Right::Lock => listed(&["lockoutTime"]),
        Right::Disable => listed(&["userAccountControl"]),
    }
}

/// Accounts of people that no administrators' protection takes out of the tree's own access lists.
pub(super) fn example() -> Vec<u8> {
    filter::all(&[
        filter::equality(b"objectCategory", b"person"),
        filter::equality(b"objectClass", b"user"),
        filter::present(b"sAMAccountName"),
        filter::not(&filter::equality(b"adminCount", b"1")),
    ])
}

/// Relative ids of a domain and of BUILTIN ([MS-DTYP] §2.4.2.4).
pub(super) fn elevated() -> Vec<Elevated> {
    vec![Elevated::Token {
        ids: &[
            (512, "it is a domain administrator"),
            (518, "it is a schema administrator"),
            (519, "it is an enterprise administrator"),
            (544, "it is an administrator of the domain controllers"),
            (548, "it is an account operator"),
        ],
    }]
}

pub(super) fn remedy(lack: Lack) -> &'static str {
    match lack {
        Lack::Of(Right::Password) => {
            "delegate \"Reset password\" on {base} to {account}: dsacls \"{base}\" /I:S /G \"DOMAIN\\account:CA;Reset Password;user\""
        }
        Lack::Of(Right::MustChange) => {
            "let {account} write pwdLastSet: dsacls \"{base}\" /I:S /G \"DOMAIN\\account:RPWP;pwdLastSet;user\""
        }
        Lack::Of(Right::Lock) => {
            "let {account} write lockoutTime, which lifts locks: dsacls \"{base}\" /I:S /G \"DOMAIN\\account:RPWP;lockoutTime;user\""
        }
        Lack::Of(Right::Disable) => {
            "let {account} write userAccountControl: dsacls \"{base}\" /I:S /G \"DOMAIN\\account:RPWP;userAccountControl;user\""
        }
        Lack::Standing => {
            "let {account} read the people below {base}: dsacls \"{base}\" /I:S /G \"DOMAIN\\account:GR;;user\""
        }
        Lack::Policy => {
            "let {account} read the domain's own entry, and fine-grained policies in CN=Password Settings Container,CN=System: only \
             administrators see those by default"
        }
        Lack::Elevated => {
            "an ordinary account to which resets and the attributes this command names are delegated: whoever gets hold of this one has the \
             domain"
        }
    }
}
