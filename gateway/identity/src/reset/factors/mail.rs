//! A message to the mailbox in the entry.

use crate::person::Person;
use crate::reset::ports::{ChallengeForm, Factor, FactorClass};
use std::sync::Arc;

/// The factor "mail": link and code in one message, so that neither a scanner that burns links nor another device is a dead end.
#[derive(Debug, Clone, Copy, Default)]
pub struct Mail;

/// Characters of a code: 40 bits.
const CODE: u8 = 8;

impl Factor for Mail {
    fn name(&self) -> &'static str {
        "mail"
    }

    fn class(&self) -> FactorClass {
        FactorClass::Mail
    }

    fn addresses(&self, person: &Person) -> Vec<Arc<str>> {
        person.mails.iter().map(|mail| mail.as_str().into()).collect()
    }

    fn challenge(&self) -> ChallengeForm {
        ChallengeForm {
            link: true,
            code: Some(CODE),
        }
    }
}
