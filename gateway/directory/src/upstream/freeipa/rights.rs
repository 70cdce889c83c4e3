//! As on 389 Directory Server, but for its own attributes, and rights that are given by roles.

use crate::upstream::ds389;
use crate::upstream::rights::{Lack, Right, RightsProbe};
use postern_identity::Timestamp;

pub(super) fn probe(right: Right, now: Timestamp) -> RightsProbe {
    match right {
        Right::Password | Right::Disable => ds389::rights::probe(right, now),
        Right::MustChange => RightsProbe::absent("krbPasswordExpiration", "19010101000000Z"),
        Right::Lock => RightsProbe::absent("krbLoginFailedCount", "2147483647"),
    }
}

pub(super) fn remedy(lack: Lack) -> &'static str {
    match lack {
        Lack::Of(Right::Password) => {
            "a role with the privilege \"Modify Users and Reset passwords\" for {account}; and it must stand in passSyncManagersDNs of \
             cn=ipa_pwd_extop,cn=plugins,cn=config, or each password it resets has expired at once"
        }
        Lack::Of(_) => "a role with the privilege \"User Administrators\" for {account}",
        Lack::Standing => {
            "a role with a permission to read the krb* and nsAccountLock attributes of {base} for {account}"
        }
        Lack::Policy => {
            "default_policy_dn = \"cn=global_policy,cn=REALM,cn=kerberos,SUFFIX\", and a role with the privilege \"Password Policy Readers\" \
             for {account}"
        }
        Lack::Elevated => {
            "an ordinary account with the roles this command names: then the password policy holds for what it writes"
        }
    }
}
