//! A standing in Netscape's controls (draft-vchu-ldap-pwd-policy §5), as 389 Directory Server sends them and slapd where it is told to.

use super::ppolicy::clamp;
use postern_identity::{Disclosed, State};
use postern_ldap::control::netscape::NetscapePassword;

/// "A new password is needed."
pub(super) const EXPIRED: NetscapePassword = NetscapePassword::Expired;

/// The one control that says it, if one does. slapd says "expired" of a lock as well; we do not, for no new password would open it, and
/// clients take it at its word whatever the result code.
pub(super) fn control(told: Disclosed) -> Option<NetscapePassword> {
    match told.state() {
        State::MustChange | State::Expired | State::ExpiredGrace { .. } => Some(EXPIRED),
        State::Expiring { seconds } => Some(NetscapePassword::Expiring(clamp(seconds))),
        State::Active
        | State::Locked { .. }
        | State::Disabled
        | State::AccountExpired
        | State::NotYetValid
        | State::OutsideHours
        | State::WrongWorkstation
        | State::TransportRefused
        | State::Unknown => None,
    }
}
