//! Letters wait in the store, sealed, until they are handed over: a mail server that is down undoes nothing.

use super::asked::{Action, ContextId};
use super::context::{Base, later};
use super::desk::Desk;
use super::events::hexadecimal;
use super::keys::Purpose;
use super::link::Link;
use super::ports::{ChannelError, Letter, LetterKind, Page};
use super::trouble::Trouble;
use crate::account::{AccountKey, DirectoryName};
use crate::audit::{Outcome, ResetEvent};
use crate::clock::Timestamp;
use crate::person::Person;
use crate::records::{Job, NewJob, ResetChange};
use crate::secret::Secret;
use std::sync::Arc;
use std::time::Duration;
use zeroize::Zeroizing;

/// The job's kind, and what its payload is sealed for.
pub(super) const LETTER: &str = "letter";
/// A notice is tried for so long.
pub(super) const NOTICE: Duration = Duration::from_hours(24);

/// A letter before it is one: what goes into the store, sealed.
#[derive(serde::Serialize, serde::Deserialize)]
pub(super) struct Sheet {
    pub kind: LetterKind,
    pub context: Option<ContextId>,
    pub route: Arc<str>,
    pub to: Arc<str>,
    pub id: Arc<str>,
    pub language: Arc<str>,
    pub display_name: Option<Arc<str>>,
    pub logins: Vec<Arc<str>>,
    pub action: Action,
    #[serde(with = "inside")]
    pub token: Option<Secret>,
    #[serde(with = "inside")]
    pub code: Option<Secret>,
    #[serde(with = "inside")]
    pub not_me: Option<Secret>,
    pub link_until: Option<Timestamp>,
    pub code_until: Option<Timestamp>,
    pub at: Timestamp,
    pub from: Option<Arc<str>>,
    pub provider: Option<KeptPage>,
    pub help_desk: Option<Arc<str>>,
    /// For the record.
    pub factor: Option<Arc<str>>,
    /// For the record: directory and id.
    pub account: Option<(Arc<str>, Arc<str>)>,
    pub generation: u64,
    /// Afterwards it says nothing that is still so, and is not sent.
    pub until: Timestamp,
}

/// A provider's page, as it is kept.
#[derive(Clone, serde::Serialize, serde::Deserialize)]
pub(super) struct KeptPage {
    provider: Arc<str>,
    title: Arc<str>,
    host: Arc<str>,
    url: Arc<str>,
}

impl From<Page> for KeptPage {
    fn from(page: Page) -> Self {
        Self {
            provider: page.provider,
            title: page.title,
            host: page.host,
            url: page.url,
        }
    }
}

/// Secrets of a sheet. It is sealed before it leaves memory.
mod inside {
    use crate::secret::Secret;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[allow(clippy::ref_option, reason = "serde hands over the field as it is")]
    pub(super) fn serialize<S: Serializer>(secret: &Option<Secret>, to: S) -> Result<S::Ok, S::Error> {
        let text = secret.as_ref().map(|secret| std::str::from_utf8(secret.expose()));
        text.transpose().map_err(serde::ser::Error::custom)?.serialize(to)
    }

    pub(super) fn deserialize<'d, D: Deserializer<'d>>(from: D) -> Result<Option<Secret>, D::Error> {
        Ok(Option::<String>::deserialize(from)?.map(Secret::new))
    }
}

impl Sheet {
    /// To a person, about what was asked for in a context.
    pub(super) fn new(base: &Base, kind: LetterKind, to: &str, person: Option<&Person>, at: Timestamp) -> Self {
        let opening = &base.opening;
        let preferred = person
            .and_then(|person| person.language.as_deref())
            .and_then(first_language);
        let key = person.map(|person| &person.key);
        Self {
            kind,
            context: Some(base.id),
            route: Arc::clone(&opening.route),
            to: to.into(),
            id: Arc::default(),
            language: preferred.map_or_else(|| Arc::clone(&opening.language), Into::into),
            display_name: person.and_then(|person| person.display_name.as_deref()).map(Into::into),
            logins: person.map(|person| vec![login(person)]).unwrap_or_default(),
            action: opening.action,
            token: None,
            code: None,
            not_me: None,
            link_until: None,
            code_until: None,
            at,
            from: opening.from.clone(),
            provider: None,
            help_desk: opening.rules.help_desk.clone(),
            factor: None,
            account: key.map(|key| (Arc::clone(&key.directory.0), Arc::clone(&key.id))),
            generation: opening.rules.generation,
            until: later(at, NOTICE),
        }
    }
}

impl Desk {
    /// What a letter is known by: the same for the same letter, however often it is made.
    pub(super) fn letter_id(&self, parts: &[&[u8]]) -> Arc<str> {
        let hash = self.parts.keys.hash(Purpose::Job, parts);
        hexadecimal(hash.get(..16).unwrap_or_default()).into()
    }

    pub(super) fn seal_sheet(&self, sheet: &Sheet) -> Result<Vec<u8>, Trouble> {
        let plain = Zeroizing::new(serde_json::to_vec(sheet).map_err(|_| Trouble::Unreadable)?);
        let sealed = self.parts.keys.seal(LETTER, &plain, &*self.parts.chance);
        sealed.ok_or(Trouble::NoChance)
    }

    /// The job of sending it.
    pub(super) fn letter_job(&self, sheet: &Sheet) -> Result<ResetChange, Trouble> {
        Ok(self.sealed_letter_job(&sheet.id, self.seal_sheet(sheet)?, sheet.until))
    }

    /// The same where it is sealed already.
    pub(super) fn sealed_letter_job(&self, id: &str, sealed: Vec<u8>, until: Timestamp) -> ResetChange {
        ResetChange::Enqueue(NewJob {
            kind: LETTER.into(),
            key: self.parts.keys.hash(Purpose::Job, &[LETTER.as_bytes(), id.as_bytes()]),
            payload: sealed.into(),
            at: self.now(),
            purge_at: later(until, Duration::from_hours(1)),
        })
    }

    /// The same letter once more, under a name of its own.
    pub(super) fn letter_anew(&self, sealed: &[u8], id: Arc<str>) -> Result<ResetChange, Trouble> {
        let sheet = self.open_sheet(sealed)?;
        self.letter_job(&Sheet { id, ..sheet })
    }

    pub(super) fn open_sheet(&self, sealed: &[u8]) -> Result<Sheet, Trouble> {
        let plain = self.parts.keys.open(LETTER, sealed).ok_or(Trouble::Unreadable)?;
        serde_json::from_slice(plain.expose()).map_err(|_| Trouble::Unreadable)
    }

    /// Sends one. When to try again: `None` for never.
    pub(super) async fn send(&self, job: &Job) -> Result<Option<Timestamp>, Trouble> {
        let sheet = self.open_sheet(&job.payload)?;
        let now = self.now();
        if now >= sheet.until {
            self.record_letter(&sheet, Outcome::Refused, Some("too_late"));
            return Ok(None);
        }
        let Some(letter) = self.letter(&sheet) else {
            self.record_letter(&sheet, Outcome::Refused, Some("no_pages"));
            return Ok(None);
        };
        let message = self.parts.compose.compose(&letter);
        let sent = self.parts.channel.send(&message).await;
        self.crash("letter:sent");
        match sent {
            Ok(()) => {
                self.record_letter(&sheet, Outcome::Allowed, None);
                Ok(None)
            }
            Err(ChannelError::Never) => {
                self.record_letter(&sheet, Outcome::Failed, Some("refused"));
                Ok(None)
            }
            Err(ChannelError::Later) => {
                self.record_letter(&sheet, Outcome::Unavailable, Some("later"));
                Ok(Some(later(now, super::work::pause(job.attempt))))
            }
        }
    }

    fn letter(&self, sheet: &Sheet) -> Option<Letter> {
        let (_, url) = self.route(&sheet.route)?;
        let page = |path: &'static str, token: Option<&Secret>| -> Option<Link> {
            let token = std::str::from_utf8(token?.expose()).ok()?;
            url.link_with(path, token)
        };
        let link = match (&sheet.token, sheet.kind) {
            (Some(_), _) => Some(page("/reset/l/", sheet.token.as_ref())?),
            (None, LetterKind::Reminder) => Some(url.link("/")),
            (None, _) => None,
        };
        Some(Letter {
            kind: sheet.kind,
            route: Arc::clone(&sheet.route),
            to: Arc::clone(&sheet.to),
            id: Arc::clone(&sheet.id),
            language: Arc::clone(&sheet.language),
            display_name: sheet.display_name.clone(),
            logins: sheet.logins.clone(),
            action: sheet.action,
            link,
            code: sheet.code.as_ref().map(Secret::duplicate),
            not_me: page("/reset/not-me/", sheet.not_me.as_ref()),
            link_until: sheet.link_until,
            code_until: sheet.code_until,
            at: sheet.at,
            from: sheet.from.clone(),
            provider: sheet.provider.clone().map(|page| Page {
                provider: page.provider,
                title: page.title,
                host: page.host,
                url: page.url,
            }),
            help_desk: sheet.help_desk.clone(),
        })
    }

    fn record_letter(&self, sheet: &Sheet, outcome: Outcome, reason: Option<&str>) {
        let key = sheet.account.as_ref().map(|(directory, id)| AccountKey {
            directory: DirectoryName(Arc::clone(directory)),
            id: Arc::clone(id),
        });
        let name = match sheet.kind {
            LetterKind::Challenge | LetterKind::SignIn => "reset.challenge_sent",
            LetterKind::NotHere => "reset.handed_over",
            LetterKind::Reminder => "reset.reminded",
            LetterKind::Changed | LetterKind::Unlocked | LetterKind::Privileged | LetterKind::Waiting => {
                "reset.notified"
            }
        };
        self.parts.audit.reset(&ResetEvent {
            name,
            outcome,
            context: sheet.context,
            route: &sheet.route,
            action: sheet.action.as_str(),
            client: None,
            token: None,
            account: key.as_ref(),
            entry: None,
            identifier: None,
            factor: sheet.factor.as_deref(),
            reason,
            rule: None,
            authority: None,
            generation: sheet.generation,
        });
    }
}

/// What somebody signs in with: what they would most likely type.
pub(super) fn login(person: &Person) -> Arc<str> {
    let login = person.logins.first().or(person.upn.as_ref()).unwrap_or(&person.dn);
    login.as_str().into()
}

/// The first of a list of languages (RFC 9110 §12.5.4): as people and directories write them, the preferred one.
fn first_language(list: &str) -> Option<&str> {
    let first = list.split([',', ';']).next().map(str::trim)?;
    let sound = |letter: u8| letter.is_ascii_alphanumeric() || letter == b'-';
    (!first.is_empty() && first.len() <= 35 && first.bytes().all(sound)).then_some(first)
}
