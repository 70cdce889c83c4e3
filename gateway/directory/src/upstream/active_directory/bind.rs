//! The answer to a bind, read.
//!
//! Of result 49 only the number counts that follows "data" in the text, in hexadecimal: what stands before and after it differs by build and
//! language, and Windows ends the text with a NUL. Locks are told before the password is looked at. Every other number below is told
//! after it was right: Samba was seen to answer 52e to a wrong password in each of these states, and Windows documents the same.

use crate::upstream::dialect::BindAnswer;
use crate::upstream::reading::Reading;
use postern_identity::{Cause, LockedBy, Proven, Standing, State};
use postern_ldap::ResultCode;

pub(super) fn read(answer: &BindAnswer<'_>) -> (Standing, Proven) {
    let read = match answer.code {
        ResultCode::SUCCESS => Reading::proven(State::Active, "result code"),
        ResultCode::INVALID_CREDENTIALS => match data(answer.diagnostic) {
            Ok(Some(number)) => from_number(number),
            // Whoever wrote this 49 is no domain controller; it says what any 49 says.
            Ok(None) => Reading::wrong("result code"),
            Err(Several) => Reading::unknown("data, more than once"),
        },
        // "BindSimple: Transport encryption required." of Samba, "00002028: …" of Windows.
        ResultCode::STRONGER_AUTH_REQUIRED | ResultCode::CONFIDENTIALITY_REQUIRED => Reading {
            state: State::TransportRefused,
            ..Reading::unknown("result code")
        },
        _ => Reading::unknown("result code"),
    };
    read.of(answer.code)
}

/// What each number means (Win32 error codes, MS-ERREF §2.2).
fn from_number(number: u32) -> Reading {
    match number {
        // Samba says the same of a name nobody has.
        0x52e => Reading::wrong("data 52e"),
        // Windows, of names of a form it does not know: it must look like a wrong password.
        0x525 => Reading::wrong("data 525"),
        0x530 => Reading::proven(State::OutsideHours, "data 530"),
        // Samba compares with the domain controller's own name.
        0x531 => Reading::proven(State::WrongWorkstation, "data 531"),
        0x532 => Reading::proven(State::Expired, "data 532").because(Cause::Age),
        0x533 => Reading::proven(State::Disabled, "data 533"),
        0x701 => Reading::proven(State::AccountExpired, "data 701"),
        0x773 => Reading::proven(State::MustChange, "data 773").because(Cause::AdministratorReset),
        // With the right password and with a wrong one.
        0x775 => Reading {
            state: State::Locked {
                by: LockedBy::Failures,
                until: None,
            },
            ..Reading::unknown("data 775")
        },
        // Restrictions of Windows that have no state of ours; whether the password was right is not known for each of them.
        0x52f => Reading::unknown("data 52f"),
        0x534 => Reading::unknown("data 534"),
        0x568 => Reading::unknown("data 568"),
        _ => Reading::unknown("data, of another number"),
    }
}

/// The reverse: what a sign-in with the right password is answered.
pub(super) fn foresee(state: &State) -> Option<(ResultCode, Proven)> {
    match state {
        State::Active | State::Expiring { .. } => Some((ResultCode::SUCCESS, Proven::Yes)),
        State::Locked { .. } => Some((ResultCode::INVALID_CREDENTIALS, Proven::Unknown)),
        State::Unknown | State::TransportRefused => None,
        _ => Some((ResultCode::INVALID_CREDENTIALS, Proven::Yes)),
    }
}

/// The text says "data" with different numbers.
#[derive(Debug, PartialEq, Eq)]
struct Several;

/// The number after the word `data`: it follows a separator, has one to eight hexadecimal digits, and is ended by whatever is neither digit nor letter.
fn data(text: &[u8]) -> Result<Option<u32>, Several> {
    const WORD: &[u8] = b"data ";
    let mut found = None;
    let mut before = None;
    let mut rest = text;
    while let Some((octet, after)) = rest.split_first() {
        if !before.is_some_and(is_word)
            && let Some(number) = rest.strip_prefix(WORD).and_then(hexadecimal)
            && found.replace(number).is_some_and(|earlier| earlier != number)
        {
            return Err(Several);
        }
        before = Some(*octet);
        rest = after;
    }
    Ok(found)
}

fn hexadecimal(text: &[u8]) -> Option<u32> {
    let end = text
        .iter()
        .position(|octet| !octet.is_ascii_hexdigit())
        .unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(end)?;
    if rest.first().copied().is_some_and(is_word) {
        return None;
    }
    // Eight digits at most: more does not fit.
    let digits = std::str::from_utf8(digits).ok().filter(|digits| digits.len() <= 8)?;
    u32::from_str_radix(digits, 16).ok()
}

fn is_word(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || octet == b'_' || octet >= 0x80
}

#[cfg(test)]
mod tests;
