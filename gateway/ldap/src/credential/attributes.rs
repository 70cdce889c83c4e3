//! Which attributes are credentials.

use crate::attribute::{Spelling, base_type, spelling};

/// Attributes that hold or set a password, under every name and OID servers know them by: the base of every dialect's list.
pub const CREDENTIAL_ATTRIBUTES: &[&[u8]] = &[
    // RFC 4519, RFC 3112, RFC 2798
    b"userpassword",
    b"2.5.4.35",
    b"authpassword",
    b"1.3.6.1.4.1.4203.1.3.4",
    b"userpkcs12",
    b"2.16.840.1.113730.3.1.216",
    // Active Directory and Samba AD
    b"unicodepwd",
    b"1.2.840.113556.1.4.90",
    b"dbcspwd",
    b"1.2.840.113556.1.4.55",
    b"cleartextpassword",
    b"lmpwdhistory",
    b"1.2.840.113556.1.4.160",
    b"ntpwdhistory",
    b"1.2.840.113556.1.4.94",
    b"supplementalcredentials",
    b"1.2.840.113556.1.4.125",
    b"unixuserpassword",
    b"1.2.840.113556.1.4.1910",
    b"mssfu30password",
    // Samba 3
    b"sambantpassword",
    b"1.3.6.1.4.1.7165.2.1.25",
    b"sambalmpassword",
    b"1.3.6.1.4.1.7165.2.1.24",
    b"sambapasswordhistory",
    b"1.3.6.1.4.1.7165.2.1.54",
    b"sambacleartextpassword",
    b"1.3.6.1.4.1.7165.2.1.68",
    b"sambapreviouscleartextpassword",
    b"1.3.6.1.4.1.7165.2.1.69",
    // Kerberos, FreeIPA
    b"krbprincipalkey",
    b"2.16.840.1.113719.1.301.4.39.1",
    b"krbextradata",
    b"2.16.840.1.113719.1.301.4.51.1",
    b"ipanthash",
    // administrators of OpenLDAP, 389 Directory Server, IBM
    b"olcrootpw",
    b"1.3.6.1.4.1.4203.1.12.2.3.2.0.9",
    b"nsslapd-rootpw",
    b"ibm-slapdadminpw",
    // old passwords
    b"pwdhistory",
    b"1.3.6.1.4.1.42.2.27.8.1.20",
    b"passwordhistory",
    b"2.16.840.1.113730.3.1.96",
    b"ds-pwp-retired-password",
    // others
    b"nspassword",
    b"orclpassword",
];

/// Arcs in which [`CREDENTIAL_ATTRIBUTES`] names every credential: X.520, X.501 operational, COSINE, and NIS (RFC 2307).
const KNOWN_ARCS: &[&[u8]] = &[b"2.5.4.", b"2.5.18.", b"0.9.2342.19200300.100.1.", b"1.3.6.1.1.1.1."];

/// Which attributes are credentials behind one directory.
#[derive(Debug, Clone)]
pub struct CredentialAttributes {
    more: Vec<Box<[u8]>>,
}

impl CredentialAttributes {
    /// [`CREDENTIAL_ATTRIBUTES`] and these, in any case. A directory whose schema has other names, OIDs or subtypes of a credential
    /// attribute must name them here.
    pub fn with(more: &[&str]) -> Self {
        Self {
            more: more
                .iter()
                .map(|name| name.to_ascii_lowercase().into_bytes().into_boxed_slice())
                .collect(),
        }
    }

    /// Whether an attribute description means one of them: base type, case-folded, options stripped, with or without "OID.".
    pub fn holds(&self, description: &[u8]) -> bool {
        self.meaning(description) == Meaning::Credential
    }

    /// What an attribute description means.
    pub(super) fn meaning(&self, description: &[u8]) -> Meaning {
        let base = base_type(description);
        if CREDENTIAL_ATTRIBUTES.iter().any(|name| base.eq_ignore_ascii_case(name))
            || self.more.iter().any(|name| base.eq_ignore_ascii_case(name))
        {
            return Meaning::Credential;
        }
        match spelling(base) {
            Spelling::Name => Meaning::Other,
            Spelling::Oid if KNOWN_ARCS.iter().any(|arc| base.starts_with(arc)) => Meaning::Other,
            Spelling::Oid | Spelling::Odd => Meaning::Doubtful,
        }
    }
}

/// What an attribute description means to those who guard credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A credential.
    Credential,
    /// Something else.
    Other,
    /// An OID nobody told us of, or octets a server may read as it likes.
    Doubtful,
}
