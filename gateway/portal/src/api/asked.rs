//! The bodies programs send. Each field once, each of its type, and no others: a list where one name is meant is no request (it would be two).

use postern_identity::Secret;
use postern_identity::reset::asked::Method;
use postern_identity::reset::{Action, Identifier, Refused, Request};
use serde::de::{Deserializer, Error, Visitor};
use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;

/// The longest reason that is kept on record, in octets.
const LONGEST_REASON: usize = 500;
/// The longest name of a factor or credential.
const LONGEST_NAME: usize = 64;
/// The most accounts of one person.
const MOST_ACCOUNTS: usize = 64;

/// What a context is opened with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(title = "Open")]
pub(super) struct Open {
    /// One sign-in name or mail address, as the person would type it.
    #[schema(max_length = 512)]
    user: String,
    /// What is wanted. `reset` if it is not said.
    #[serde(default)]
    action: Wanted,
    /// Which credential: a directory's name. The route's if it is not said.
    credential: Option<String>,
    /// A factor, such as `mail`; or `vouched`: the caller has made sure of the person, and says how in `reason`.
    method: Option<String>,
    /// How the caller made sure of the person. It stays on record. Only with method `vouched`, and needed there.
    reason: Option<String>,
    /// Where the new password comes from. Only `typed` is there: it is given when the context is executed.
    source: Option<String>,
    /// How the new password reaches the person. Only `none` is there: they know what they typed.
    delivery: Option<String>,
}

/// What is wanted.
#[derive(Deserialize, Serialize, ToSchema, Default, Clone, Copy)]
#[serde(rename_all = "snake_case")]
#[schema(title = "Wanted")]
pub(super) enum Wanted {
    /// A new password without the old one.
    #[default]
    Reset,
    /// The lock that failures left is lifted; the password stays.
    Unlock,
    /// The sign-in names are told to their owner's mailbox.
    Reminder,
}

impl Open {
    /// As self-service asks for it. What cannot be meant is told by its field's name.
    pub(super) fn read(&self) -> Result<Request, Refused> {
        only("source", self.source.as_deref(), "typed")?;
        only("delivery", self.delivery.as_deref(), "none")?;
        let method = match (self.method.as_deref(), self.reason.as_deref()) {
            (Some("vouched"), Some(reason)) => {
                let reason = reason.trim();
                let fits = line(reason, LONGEST_REASON);
                let reason = fits.then(|| reason.into()).ok_or(Refused::Unusable("reason"))?;
                Some(Method::Vouched { reason })
            }
            (Some("vouched"), None) | (_, Some(_)) => return Err(Refused::Unusable("reason")),
            (Some(factor), None) => Some(Method::Factor(name("method", factor)?)),
            (None, None) => None,
        };
        Ok(Request {
            action: match self.action {
                Wanted::Reset => Action::Reset,
                Wanted::Unlock => Action::Unlock,
                Wanted::Reminder => Action::Reminder,
            },
            identifier: Identifier::parse(&self.user).ok_or(Refused::Unusable("user"))?,
            method,
            credential: self
                .credential
                .as_deref()
                .map(|text| name("credential", text))
                .transpose()?,
        })
    }
}

/// A proof.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(title = "Authenticate")]
pub(super) struct Authenticate {
    /// Which factor it is for: one of `next`.
    #[schema(max_length = 64)]
    pub(super) factor: String,
    /// The code, as typed: spaces and dashes do not count.
    #[schema(value_type = String, format = Password)]
    pub(super) response: Hidden,
}

/// The last step.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(title = "Execute")]
pub(super) struct Execute {
    /// The new password. Left out for an unlock.
    #[serde(rename = "newCredentialValue")]
    #[schema(value_type = Option<String>, format = Password)]
    pub(super) new_credential_value: Option<Hidden>,
    /// Which accounts, by their number in the context's `accounts`. The first if it is not said.
    accounts: Option<Vec<usize>>,
}

impl Execute {
    /// Each at most once.
    pub(super) fn accounts(&self) -> Result<&[usize], Refused> {
        let accounts = self.accounts.as_deref().unwrap_or_default();
        let mut sorted = accounts.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        if sorted.len() == accounts.len() && accounts.len() <= MOST_ACCOUNTS {
            Ok(accounts)
        } else {
            Err(Refused::Unusable("accounts"))
        }
    }
}

/// Text that is a credential: it has no `Debug`, and is wiped when dropped.
pub(super) struct Hidden(pub(super) Secret);

impl<'de> Deserialize<'de> for Hidden {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Hidden;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Hidden, E> {
                Ok(Hidden(Secret::new(text)))
            }

            fn visit_string<E: Error>(self, text: String) -> Result<Hidden, E> {
                Ok(Hidden(Secret::new(text)))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

fn only(field: &'static str, said: Option<&str>, only: &str) -> Result<(), Refused> {
    match said {
        None => Ok(()),
        Some(said) if said == only => Ok(()),
        Some(_) => Err(Refused::Unusable(field)),
    }
}

fn name(field: &'static str, text: &str) -> Result<std::sync::Arc<str>, Refused> {
    if line(text, LONGEST_NAME) {
        Ok(text.into())
    } else {
        Err(Refused::Unusable(field))
    }
}

/// Something, in one line, so long at most: it will stand in audit lines.
fn line(text: &str, longest: usize) -> bool {
    !text.is_empty() && text.len() <= longest && !text.chars().any(char::is_control)
}
