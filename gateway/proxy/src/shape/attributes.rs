//! The attributes each product's clients look for.

use super::ShapeProduct;

/// What one of them says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    /// The login name.
    Login,
    /// user@domain.
    Upn,
    /// The id that survives a rename.
    Id,
    /// The entry's own name.
    Name,
    /// When the entry was made.
    Created,
    /// When it was last changed.
    Modified,
    /// userAccountControl.
    Control,
    /// Its computed twin: locked and expired.
    Computed,
    /// When the password was set, 0 where it must be changed.
    LastSet,
    /// When the account ends.
    Ends,
    /// When failures locked it.
    Locked,
    /// When the password ends.
    PasswordEnds,
    /// Whether the password must be changed.
    Reset,
    /// Which policy holds.
    Policy,
    /// The day the password was set.
    ShadowLastChange,
    /// The days after which it may be changed.
    ShadowMin,
    /// The days after which it must be.
    ShadowMax,
    /// The days it is warned of that.
    ShadowWarning,
    /// The day the account ends.
    ShadowExpire,
}

/// With what else it is shown, beside by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Listed {
    /// `*`, and a search that names nothing.
    User,
    /// `+`.
    Operational,
    /// Nothing.
    ByName,
}

/// One attribute.
pub(super) struct Virtual {
    pub(super) kind: Kind,
    pub(super) name: &'static str,
    pub(super) oid: &'static str,
    pub(super) listed: Listed,
}

const fn one(kind: Kind, name: &'static str, oid: &'static str, listed: Listed) -> Virtual {
    Virtual {
        kind,
        name,
        oid,
        listed,
    }
}

/// What Keycloak, Spring and their like read of Active Directory.
const ACTIVE_DIRECTORY: &[Virtual] = &[
    one(Kind::Login, "sAMAccountName", "1.2.840.113556.1.4.221", Listed::User),
    one(Kind::Upn, "userPrincipalName", "1.2.840.113556.1.4.656", Listed::User),
    one(Kind::Id, "objectGUID", "1.2.840.113556.1.4.2", Listed::User),
    one(Kind::Name, "distinguishedName", "2.5.4.49", Listed::User),
    one(Kind::Created, "whenCreated", "1.2.840.113556.1.2.2", Listed::User),
    one(Kind::Modified, "whenChanged", "1.2.840.113556.1.2.3", Listed::User),
    one(
        Kind::Control,
        "userAccountControl",
        "1.2.840.113556.1.4.8",
        Listed::User,
    ),
    one(Kind::LastSet, "pwdLastSet", "1.2.840.113556.1.4.96", Listed::User),
    one(Kind::Ends, "accountExpires", "1.2.840.113556.1.4.159", Listed::User),
    one(Kind::Locked, "lockoutTime", "1.2.840.113556.1.4.662", Listed::User),
    // Worked out by the server, and shown to whoever names them.
    one(
        Kind::Computed,
        "msDS-User-Account-Control-Computed",
        "1.2.840.113556.1.4.1460",
        Listed::ByName,
    ),
    one(
        Kind::PasswordEnds,
        "msDS-UserPasswordExpiryTimeComputed",
        "1.2.840.113556.1.4.1996",
        Listed::ByName,
    ),
];

/// What SSSD, PAM and Nextcloud read of a directory with password policies.
const PPOLICY: &[Virtual] = &[
    one(Kind::Login, "uid", "0.9.2342.19200300.100.1.1", Listed::User),
    one(Kind::Id, "entryUUID", "1.3.6.1.1.16.4", Listed::Operational),
    one(Kind::Name, "entryDN", "1.3.6.1.1.20", Listed::Operational),
    one(
        Kind::Reset,
        "pwdReset",
        "1.3.6.1.4.1.42.2.27.8.1.22",
        Listed::Operational,
    ),
    one(
        Kind::LastSet,
        "pwdChangedTime",
        "1.3.6.1.4.1.42.2.27.8.1.16",
        Listed::Operational,
    ),
    one(
        Kind::Locked,
        "pwdAccountLockedTime",
        "1.3.6.1.4.1.42.2.27.8.1.17",
        Listed::Operational,
    ),
    one(
        Kind::Policy,
        "pwdPolicySubentry",
        "1.3.6.1.4.1.42.2.27.8.1.23",
        Listed::Operational,
    ),
    one(
        Kind::Ends,
        "pwdEndTime",
        "1.3.6.1.4.1.42.2.27.8.1.28",
        Listed::Operational,
    ),
    one(
        Kind::ShadowLastChange,
        "shadowLastChange",
        "1.3.6.1.1.1.1.5",
        Listed::ByName,
    ),
    one(Kind::ShadowMin, "shadowMin", "1.3.6.1.1.1.1.6", Listed::ByName),
    one(Kind::ShadowMax, "shadowMax", "1.3.6.1.1.1.1.7", Listed::ByName),
    one(Kind::ShadowWarning, "shadowWarning", "1.3.6.1.1.1.1.8", Listed::ByName),
    one(Kind::ShadowExpire, "shadowExpire", "1.3.6.1.1.1.1.10", Listed::ByName),
];

pub(super) fn table(product: ShapeProduct) -> &'static [Virtual] {
    match product {
        ShapeProduct::ActiveDirectory => ACTIVE_DIRECTORY,
        ShapeProduct::Ppolicy => PPOLICY,
    }
}
