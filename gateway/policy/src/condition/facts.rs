//! What conditions may ask about.

use super::LONGEST_TEXT;
use super::evaluate::Cause;
use jiff::Timestamp;
use postern_identity::{ConnectionFacts, DistinguishedName, StateName};
use std::cell::OnceCell;

/// Everything that is known when conditions are evaluated.
#[derive(Debug)]
pub struct Facts<'a> {
    pub(super) route: &'a str,
    pub(super) connection: &'a ConnectionFacts,
    pub(super) state: Option<StateName>,
    pub(super) at: Timestamp,
    account: Name<'a>,
    certificate_subject: Name<'a>,
}

impl<'a> Facts<'a> {
    /// Of a connection on a route at a moment, before anybody has signed in.
    pub fn of_connection(route: &'a str, connection: &'a ConnectionFacts, at: Timestamp) -> Self {
        Self {
            route,
            connection,
            state: None,
            at,
            account: Name::new(""),
            certificate_subject: Name::new(connection.certificate_subject.as_deref().unwrap_or_default()),
        }
    }

    /// The same for an account, and what may be told of its standing.
    #[must_use]
    pub fn with_account(self, account: &'a str, told: StateName) -> Self {
        Self {
            account: Name::new(account),
            state: Some(told),
            ..self
        }
    }

    pub(crate) fn route(&self) -> &str {
        self.route
    }

    pub(super) fn name(&self, of: super::check::NameOf) -> &Name<'a> {
        match of {
            super::check::NameOf::Account => &self.account,
            super::check::NameOf::CertificateSubject => &self.certificate_subject,
        }
    }
}

/// A name somebody brought, made comparable when it is first asked for.
#[derive(Debug)]
pub(super) struct Name<'a> {
    written: &'a str,
    distinguished: OnceCell<Option<DistinguishedName>>,
    text: OnceCell<String>,
}

impl<'a> Name<'a> {
    fn new(written: &'a str) -> Self {
        Self {
            written,
            distinguished: OnceCell::new(),
            text: OnceCell::new(),
        }
    }

    /// As a distinguished name; `None` if it is none. The empty name is the root: nobody's.
    pub(super) fn distinguished(&self) -> Result<Option<&DistinguishedName>, Cause> {
        if self.written.len() > LONGEST_TEXT {
            return Err(Cause::TooLong);
        }
        let parse = || DistinguishedName::parse(self.written.as_bytes()).ok();
        Ok(self.distinguished.get_or_init(parse).as_ref())
    }

    /// As a text that looks the same for every spelling that means the same: a distinguished name in normal form, anything else
    /// in lower case.
    pub(super) fn text(&self) -> Result<&str, Cause> {
        let distinguished = self.distinguished()?;
        let write = || distinguished.map_or_else(|| self.written.to_lowercase(), ToString::to_string);
        Ok(self.text.get_or_init(write))
    }
}
