//! What the server is asked to learn what our account may do. Access rules are looked at before the value is: 50 or 16 (noSuchAttribute).

use super::entry::RETRY_COUNT;
use super::values::switch;
use crate::upstream::entry::Entry;
use crate::upstream::rights::{self, Elevated, Lack, Right, RightsProbe};
use postern_identity::Timestamp;

/// A time at which no password expires.
const NEVER: &str = "19010101000000Z";
/// More failures than are ever counted.
const UNCOUNTED: &str = "65536";

pub(in crate::upstream) fn probe(right: Right, now: Timestamp) -> RightsProbe {
    match right {
        Right::Password => RightsProbe::absent("userPassword", &rights::nobodys_password(now)),
        Right::MustChange => RightsProbe::absent("passwordExpirationTime", NEVER),
        Right::Lock => RightsProbe::absent(RETRY_COUNT, UNCOUNTED),
        Right::Disable => RightsProbe::absent("nsAccountLock", "neither true nor false"),
    }
}

/// Both are off where nothing says otherwise.
pub(super) fn obstacles(policy: &Entry) -> Vec<&'static str> {
    let is_on = |attribute| switch(policy, attribute).is_ok_and(|on| on.unwrap_or(false));
    let mut obstacles = Vec::new();
    if !is_on("passwordMustChange") {
        obstacles
            .push("passwordMustChange is off: whoever was made to change the password is let in as if nothing were");
    }
    if !is_on("passwordLockout") {
        obstacles.push("passwordLockout is off: the server passes over locks");
    }
    obstacles
}

pub(in crate::upstream) fn elevated() -> Vec<Elevated> {
    vec![
        Elevated::Named {
            entry: "cn=config",
            attribute: "nsslapd-rootdn",
            means: "it is the Directory Manager",
        },
        Elevated::Named {
            entry: "cn=config",
            attribute: "passwordAdminDN",
            means: "it is a password administrator (passwordAdminDN)",
        },
    ]
}

pub(super) fn remedy(lack: Lack) -> &'static str {
    match lack {
        Lack::Of(Right::Password) => {
            "on {base}: aci: (targetattr=\"userPassword\")(version 3.0; acl \"postern: passwords\"; allow (write) \
             userdn=\"ldap:///{account}\";)"
        }
        Lack::Of(Right::MustChange) => {
            "on {base}: aci: (targetattr=\"passwordExpirationTime || passwordExpWarned\")(version 3.0; acl \"postern: must change\"; allow \
             (write) userdn=\"ldap:///{account}\";)"
        }
        Lack::Of(Right::Lock) => {
            "on {base}: aci: (targetattr=\"passwordRetryCount || retryCountResetTime || accountUnlockTime\")(version 3.0; acl \"postern: \
             locks\"; allow (write) userdn=\"ldap:///{account}\";)"
        }
        Lack::Of(Right::Disable) => {
            "on {base}: aci: (targetattr=\"nsAccountLock\")(version 3.0; acl \"postern: switching off\"; allow (write) \
             userdn=\"ldap:///{account}\";)"
        }
        Lack::Standing => {
            "on {base}: aci: (targetattr!=\"userPassword\")(version 3.0; acl \"postern: reading\"; allow (read, search, compare) \
             userdn=\"ldap:///{account}\";)"
        }
        Lack::Policy => {
            "default_policy_dn = \"cn=config\", and there: aci: (targetattr=\"objectClass || cn || password*\")(version 3.0; acl \"postern: \
             the policy\"; allow (read, search, compare) userdn=\"ldap:///{account}\";)"
        }
        Lack::Elevated => {
            "an ordinary account with the access rules this command names: then the password policy holds for what it writes, and a reset \
             does not by itself force a change"
        }
    }
}
