//! Active Directory, Windows' and Samba's.

use super::dialect::{BindAnswer, Dialect, DialectName};
use super::entry::Entry;
use postern_identity::{Evidence, Proven, Source, Standing, State, Timestamp};
use postern_ldap::ResultCode;
use postern_ldap::credential::CredentialAttributes;

/// The dialect of ActiveDirectory.
pub struct ActiveDirectory {
    credentials: CredentialAttributes,
}

impl ActiveDirectory {
    /// The dialect.
    pub fn new() -> Self {
        Self {
            credentials: CredentialAttributes::with(&[]),
        }
    }
}

impl Default for ActiveDirectory {
    fn default() -> Self {
        Self::new()
    }
}

impl Dialect for ActiveDirectory {
    fn name(&self) -> &'static str {
        DialectName::ActiveDirectory.as_str()
    }

    fn read_bind(&self, answer: &BindAnswer<'_>) -> (Standing, Proven) {
        let evidence = Evidence {
            source: Source::Bind,
            result_code: Some(answer.code.0),
            told_by: "result code",
        };
        match answer.code {
            ResultCode::SUCCESS => {
                let standing = Standing {
                    state: State::Active,
                    ..Standing::unknown(evidence)
                };
                (standing, Proven::Yes)
            }
            ResultCode::INVALID_CREDENTIALS => (Standing::unknown(evidence), Proven::No),
            _ => (Standing::unknown(evidence), Proven::Unknown),
        }
    }

    fn credential_attributes(&self) -> &CredentialAttributes {
        &self.credentials
    }

    fn standing_attributes(&self) -> &'static [&'static str] {
        &[]
    }

    fn policy_attributes(&self) -> &'static [&'static str] {
        &[]
    }

    fn policy_reference(&self) -> Option<&'static str> {
        None
    }

    fn stable_id(&self) -> &'static str {
        "objectGUID"
    }

    fn read_entry(&self, _account: &Entry, _policy: Option<&Entry>, _now: Timestamp) -> Standing {
        Standing::unknown(Evidence {
            source: Source::Entry,
            result_code: None,
            told_by: "not read",
        })
    }

    fn restricted_refusal(&self) -> (ResultCode, &'static str) {
        (ResultCode::INSUFFICIENT_ACCESS_RIGHTS, "")
    }
}
