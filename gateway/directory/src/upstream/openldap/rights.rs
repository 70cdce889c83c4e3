//! What slapd is asked to learn what our account may do. Access (`=z`) is looked at before the value is: 50 or 16 (noSuchAttribute).

use super::change::{LOCK, RESET};
use crate::upstream::entry::Entry;
use crate::upstream::rights::{self, Elevated, Lack, Right, RightsProbe};
use postern_identity::Timestamp;
use postern_ldap::{control, filter, oid};

/// A time nobody was locked at.
const NEVER: &str = "19010101000000Z";

pub(super) fn probe(right: Right, account: &Entry, now: Timestamp) -> RightsProbe {
    match right {
        Right::Password => RightsProbe::absent("userPassword", &rights::nobodys_password(now)),
        Right::Lock | Right::Disable => RightsProbe::absent(LOCK, NEVER),
        // One of two values it may well have: the other one, and only while it has not.
        Right::MustChange => {
            let other = if account.text(RESET) == Some("TRUE") {
                "FALSE"
            } else {
                "TRUE"
            };
            let is_other = filter::equality(RESET.as_bytes(), other.as_bytes());
            RightsProbe::absent(RESET, other).with(control::assertion::control(&filter::not(&is_other)))
        }
    }
}

pub(super) fn obstacles(policy: &Entry) -> Vec<&'static str> {
    let is = |attribute| policy.text(attribute) == Some("TRUE");
    let mut obstacles = Vec::new();
    if is("pwdSafeModify") {
        obstacles.push("pwdSafeModify: slapd takes no new password without the old one, so passwords cannot be reset");
    }
    if !is("pwdMustChange") {
        obstacles.push("no pwdMustChange: slapd lets in whoever was made to change the password as if nothing were");
    }
    if !is("pwdLockout") {
        obstacles.push("no pwdLockout: slapd passes over locks, also those of administrators");
    }
    obstacles
}

/// What nobody may modify but whoever has `manage`, and only with the relax control.
pub(super) fn elevated() -> Vec<Elevated> {
    let relax = control::encode(oid::RELAX_RULES, true, None);
    let probe = RightsProbe::absent("pwdFailureTime", NEVER).with(relax);
    vec![Elevated::May(probe, "it has `manage`, or is the rootdn")]
}

pub(super) fn remedy(lack: Lack) -> &'static str {
    match lack {
        Lack::Of(Right::Password) => {
            "in slapd's access rules, before the others for userPassword: access to dn.subtree=\"{base}\" attrs=userPassword by \
             dn.exact=\"{account}\" =wx by * break"
        }
        Lack::Of(_) => {
            "in slapd's access rules, before those for everything: access to dn.subtree=\"{base}\" attrs=pwdReset,pwdAccountLockedTime \
             by dn.exact=\"{account}\" write by * break"
        }
        Lack::Standing => {
            "in slapd's access rules, before those for everything: access to dn.subtree=\"{base}\" by dn.exact=\"{account}\" read by * \
             break"
        }
        Lack::Policy => {
            "default_policy_dn names what slapd has as ppolicy_default; in slapd's access rules: access to dn.base=\"{policy}\" by \
             dn.exact=\"{account}\" read by * break"
        }
        Lack::Elevated => {
            "an account that is not the rootdn, with `write` instead of `manage`: then the password policy holds for what it writes, and a \
             reset does not by itself force a change"
        }
    }
}
