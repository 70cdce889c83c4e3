//! What conditions may ask about.

use super::LONGEST_TEXT;
use super::check::Spelling;
use super::evaluate::Cause;
use jiff::Timestamp;
use postern_identity::name::is_common;
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
    /// Whether it needs no reading, as most names do not.
    common: OnceCell<bool>,
    distinguished: OnceCell<Option<DistinguishedName>>,
    text: OnceCell<String>,
}

impl<'a> Name<'a> {
    fn new(written: &'a str) -> Self {
        Self {
            written,
            common: OnceCell::new(),
            distinguished: OnceCell::new(),
            text: OnceCell::new(),
        }
    }

    /// Whether it lies within one of these; `None` if it is no distinguished name.
    pub(super) fn is_within(&self, bases: &[DistinguishedName]) -> Result<Option<bool>, Cause> {
        if let Some(common) = self.common()? {
            return Ok(Some(bases.iter().any(|base| base.holds_common(common))));
        }
        let name = self.distinguished()?;
        Ok(name.map(|name| bases.iter().any(|base| name.is_within(base))))
    }

    /// Whether it is written like one of these.
    pub(super) fn is_among(&self, spellings: &[Spelling]) -> Result<bool, Cause> {
        if let Some(common) = self.common()? {
            let is_it = |spelling: &Spelling| matches!(spelling, Spelling::Distinguished(wanted) if wanted.is_common_name(common));
            return Ok(spellings.iter().any(is_it));
        }
        let distinguished = self.distinguished()?;
        for spelling in spellings {
            let is_it = match (spelling, distinguished) {
                (Spelling::Distinguished(wanted), Some(found)) => wanted == found,
                (Spelling::Other(wanted), None) => **wanted == *self.text()?,
                _ => false,
            };
            if is_it {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The name if it [is common](is_common).
    fn common(&self) -> Result<Option<&'a str>, Cause> {
        if self.written.len() > LONGEST_TEXT {
            return Err(Cause::TooLong);
        }
        let common = self.common.get_or_init(|| is_common(self.written.as_bytes()));
        Ok(common.then_some(self.written))
    }

    /// As a distinguished name; `None` if it is none. The empty name is the root: nobody's.
    fn distinguished(&self) -> Result<Option<&DistinguishedName>, Cause> {
        if self.written.len() > LONGEST_TEXT {
            return Err(Cause::TooLong);
        }
        let parse = || DistinguishedName::parse(self.written.as_bytes()).ok();
        Ok(self.distinguished.get_or_init(parse).as_ref())
    }

    /// As a text that looks the same for every spelling that means the same: a distinguished name in normal form, anything else
    /// in lower case.
    pub(super) fn text(&self) -> Result<&str, Cause> {
        if self.common()?.is_some() {
            return Ok(self.text.get_or_init(|| self.written.to_ascii_lowercase()));
        }
        let distinguished = self.distinguished()?;
        let write = || distinguished.map_or_else(|| self.written.to_lowercase(), ToString::to_string);
        Ok(self.text.get_or_init(write))
    }
}
