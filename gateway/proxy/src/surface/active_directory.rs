//! A standing in the diagnostic message of Active Directory. Its clients look for `data NNN` and act on that; some want the whole of
//! `AcceptSecurityContext error, data NNN, v`, on one line. Windows ends the text with a NUL: ours has none.

use postern_identity::State;
use postern_ldap::ResultCode;

/// How a domain controller of Windows Server 2016 begins. The numbers after DSID differ from build to build; nobody may rely on them.
const BEFORE: &str = "80090308: LdapErr: DSID-0C090446, comment: AcceptSecurityContext error, data ";
const AFTER: &str = ", v3839";

/// How a session that may only change its password is refused. Active Directory knows no such session, so these are its words for
/// missing rights (problem 4003); `data 0` is no sub-code.
pub(super) const RESTRICTED: (ResultCode, &str) = (
    ResultCode::INSUFFICIENT_ACCESS_RIGHTS,
    "00000005: SecErr: DSID-031A1202, problem 4003 (INSUFF_ACCESS_RIGHTS), data 0; the password must be changed first",
);

/// The line for a refused sign-in, with the words for the person at its end.
pub(super) fn refused(state: State, words: &str) -> String {
    let code = sub_code(state);
    let between = if words.is_empty() { "" } else { "; " };
    [BEFORE, code, AFTER, between, words].concat()
}

/// The Windows error that stands for a state, in lower-case hexadecimal as it is sent. To Keycloak 532, 533 and 773 mean that the
/// password was right, so they may only be said of what is proven; that is [`postern_identity::disclose`]'s to see to.
fn sub_code(state: State) -> &'static str {
    match state {
        // ERROR_LOGON_FAILURE: wrong password, no such account, anything unproven.
        State::Unknown => "52e",
        // ERROR_PASSWORD_MUST_CHANGE.
        State::MustChange => "773",
        // ERROR_PASSWORD_EXPIRED: a new password helps, and there is no milder word for it.
        State::Expired | State::ExpiredGrace { .. } | State::Expiring { .. } => "532",
        // ERROR_ACCOUNT_LOCKED_OUT.
        State::Locked { .. } => "775",
        // ERROR_ACCOUNT_DISABLED.
        State::Disabled => "533",
        // ERROR_ACCOUNT_EXPIRED.
        State::AccountExpired => "701",
        // ERROR_INVALID_LOGON_HOURS.
        State::OutsideHours => "530",
        // ERROR_INVALID_WORKSTATION.
        State::WrongWorkstation => "531",
        // ERROR_ACCOUNT_RESTRICTION: no word of its own. On "disabled" some clients switch their own copy of the account off.
        State::NotYetValid | State::TransportRefused | State::Active => "52f",
    }
}
