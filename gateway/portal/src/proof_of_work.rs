//! A little work for whoever asks for a message, so that flooding mailboxes costs something (OWASP ASVS 5 §2.4.1). The work is a search that a script
//! does in a moment: a number for which SHA-256 of `challenge:name:number` begins with so many zero bits. Nobody has to read, recognise or remember
//! anything (WCAG 2.2, 3.3.8). Where there is no script, the first few of an hour from one network go on as they are, and then waiting a moment does
//! as well, a few times an hour.
//!
//! A challenge holds for one browser (by the value of its form), one name, a while, and once, over all nodes ([`Uses`]). Nothing is kept of those
//! that were not used.

mod once;
#[cfg(test)]
mod tests;
mod uses;

use aws_lc_rs::{digest, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use once::{Once, PerNetwork};
use postern_identity::Secret;
use postern_identity::clock::Timestamp;
use postern_identity::reset::Chance;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

pub use uses::{Uses, UsesInStore};

/// How much work, and how long the wait.
#[derive(Debug, Clone, Copy)]
pub struct ProofSettings {
    /// Zero bits to be found: each one more doubles the work. At most 24. 0: no work is asked for.
    pub bits: u8,
    /// How often a network asks without any of it, in an hour: whoever forgot a password should not meet what is meant for floods.
    pub free_per_network: u32,
    /// The wait where there is no script.
    pub wait: Duration,
    /// How often a network may wait instead of work, in an hour.
    pub waits_per_network: u32,
}

impl Default for ProofSettings {
    fn default() -> Self {
        Self {
            bits: 18,
            free_per_network: 10,
            wait: Duration::from_secs(10),
            waits_per_network: 30,
        }
    }
}

/// A page may be open for as long before its form is sent.
const HOLDS: i64 = 30 * 60;
/// The same as a duration.
const WINDOW: Duration = Duration::from_mins(30);

/// Makes and checks challenges.
pub(crate) struct Proofs {
    settings: ProofSettings,
    key: hmac::Key,
    chance: Arc<dyn Chance>,
    uses: Arc<dyn Uses>,
    used: Mutex<Once>,
    free: Mutex<PerNetwork>,
    waits: Mutex<PerNetwork>,
}

/// What a form showed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// The work, or the wait, was done.
    Enough,
    /// There is still to wait, with this for the form.
    Wait {
        /// For the hidden field.
        ticket: String,
        /// Seconds, at least 1.
        seconds: u32,
    },
    /// This network has waited too often.
    TooMany {
        /// When to come back.
        after: Duration,
    },
    /// Whether it was used before cannot be told now.
    Unavailable,
}

/// What a form came with.
#[derive(Clone, Copy)]
pub(crate) struct Sent<'a> {
    /// The value of the form, which only this browser's pages have.
    pub(crate) form: &'a str,
    /// As typed.
    pub(crate) name: &'a str,
    /// The challenge of the page.
    pub(crate) challenge: Option<&'a str>,
    /// The number found.
    pub(crate) answer: Option<&'a str>,
    /// The ticket of an earlier wait.
    pub(crate) ticket: Option<&'a str>,
}

impl Proofs {
    /// `secret` is that of all nodes that serve a site, and `uses` counts over all of them. How often a network went free or waited each node counts
    /// for itself.
    pub(crate) fn new(settings: ProofSettings, secret: &Secret, chance: Arc<dyn Chance>, uses: Arc<dyn Uses>) -> Self {
        let derived = hmac::sign(
            &hmac::Key::new(hmac::HMAC_SHA256, secret.expose()),
            b"postern portal proof of work",
        );
        Self {
            settings,
            key: hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref()),
            chance,
            uses,
            used: Mutex::new(Once::default()),
            free: Mutex::default(),
            waits: Mutex::new(PerNetwork::default()),
        }
    }

    /// Zero bits to be found.
    pub(crate) fn bits(&self) -> u8 {
        self.settings.bits.min(24)
    }

    /// For a page that is about to be shown. `None`: there is no chance to be had, and the form can be sent after a wait alone.
    pub(crate) fn challenge(&self, form: &str, now: Timestamp) -> Option<String> {
        self.sealed(now.as_second(), &["work", form])
    }

    /// Whether a form may go on. Whatever counts is used up by this.
    pub(crate) async fn check(&self, sent: Sent<'_>, client: IpAddr, now: Timestamp) -> Shown {
        if self.bits() == 0 {
            return Shown::Enough;
        }
        if let Some((from, nonce)) = self.worked(sent) {
            match self.first_use(from, nonce, now).await {
                Some(true) => return Shown::Enough,
                Some(false) => {}
                None => return Shown::Unavailable,
            }
        }
        let wait = i64::try_from(self.settings.wait.as_secs())
            .unwrap_or(HOLDS)
            .clamp(1, HOLDS);
        let bound = ["wait", sent.form, sent.name];
        if let Some((ticket, (from, nonce))) = sent
            .ticket
            .and_then(|ticket| Some((ticket, self.opened(ticket, &bound)?)))
        {
            let left = from + wait - now.as_second();
            if left > 0 && left <= wait {
                return Shown::Wait {
                    ticket: ticket.to_owned(),
                    seconds: u32::try_from(left).unwrap_or(1),
                };
            }
            if left <= 0 {
                match self.first_use(from, nonce, now).await {
                    Some(true) => return Shown::Enough,
                    Some(false) => {}
                    None => return Shown::Unavailable,
                }
            }
        }
        self.otherwise(&bound, wait, client, now)
    }

    /// Without work and without having waited: the first few go on, then there is a wait.
    fn otherwise(&self, bound: &[&str], wait: i64, client: IpAddr, now: Timestamp) -> Shown {
        let free = self.free.lock();
        let mut free = free.unwrap_or_else(PoisonError::into_inner);
        if free
            .take(client, self.settings.free_per_network, now.as_second())
            .is_ok()
        {
            return Shown::Enough;
        }
        drop(free);
        let mut waits = self.waits.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(after) = waits.take(client, self.settings.waits_per_network, now.as_second()) {
            return Shown::TooMany { after };
        }
        drop(waits);
        match self.sealed(now.as_second(), bound) {
            Some(ticket) => Shown::Wait {
                ticket,
                seconds: u32::try_from(wait).unwrap_or(1),
            },
            None => Shown::TooMany {
                after: self.settings.wait,
            },
        }
    }

    /// The challenge that was worked for: since when it holds, and which it is.
    fn worked(&self, sent: Sent<'_>) -> Option<(i64, [u8; 16])> {
        let (challenge, answer) = (sent.challenge?, sent.answer?);
        let number = !answer.is_empty() && answer.len() <= 12 && answer.bytes().all(|digit| digit.is_ascii_digit());
        let challenged = self.opened(challenge, &["work", sent.form]).filter(|_| number)?;
        let mut hash = digest::Context::new(&digest::SHA256);
        for part in [challenge, ":", sent.name, ":", answer] {
            hash.update(part.as_bytes());
        }
        (zero_bits(hash.finish().as_ref()) >= u32::from(self.bits())).then_some(challenged)
    }

    /// Whether it is used in its time and for the first time. `None`: nobody can tell.
    async fn first_use(&self, from: i64, nonce: [u8; 16], now: Timestamp) -> Option<bool> {
        let second = now.as_second();
        // A minute ahead: clocks of nodes differ.
        let fresh = from <= second + 60 && second < from + HOLDS;
        // What this node knows to be used nobody else need be asked about.
        if !fresh || !self.first_here(from, nonce, second) {
            return Some(false);
        }
        self.uses.first(&self.name(from, nonce), now).await
    }

    fn first_here(&self, from: i64, nonce: [u8; 16], second: i64) -> bool {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.first(from, nonce, second - HOLDS)
    }

    /// What a challenge is called where uses are counted.
    fn name(&self, from: i64, nonce: [u8; 16]) -> [u8; 32] {
        let tag = hmac::sign(&self.key, &[&b"used"[..], &from.to_be_bytes(), &nonce].concat());
        tag.as_ref().first_chunk().copied().unwrap_or_default()
    }

    /// A time and a nonce, signed together with what they are bound to.
    fn sealed(&self, at: i64, bound: &[&str]) -> Option<String> {
        let mut open = [0; 24];
        let (time, nonce) = open.split_at_mut(8);
        time.copy_from_slice(&at.to_be_bytes());
        if !self.chance.fill(nonce) {
            return None;
        }
        let tag = hmac::sign(&self.key, &signed(&open, bound));
        Some(format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(open),
            URL_SAFE_NO_PAD.encode(tag)
        ))
    }

    fn opened(&self, sealed: &str, bound: &[&str]) -> Option<(i64, [u8; 16])> {
        let (open, tag) = sealed.split_once('.').filter(|_| sealed.len() <= 128)?;
        let open = URL_SAFE_NO_PAD.decode(open).ok().filter(|open| open.len() == 24)?;
        let tag = URL_SAFE_NO_PAD.decode(tag).ok()?;
        hmac::verify(&self.key, &signed(&open, bound), &tag).ok()?;
        let (time, nonce) = open.split_at_checked(8)?;
        Some((i64::from_be_bytes(time.try_into().ok()?), nonce.try_into().ok()?))
    }
}

/// Each part with its length before it, so that no two lists of parts are the same octets.
fn signed(open: &[u8], bound: &[&str]) -> Vec<u8> {
    let mut octets = open.to_vec();
    for part in bound {
        octets.extend_from_slice(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        octets.extend_from_slice(part.as_bytes());
    }
    octets
}

fn zero_bits(hash: &[u8]) -> u32 {
    let mut bits = 0;
    for octet in hash {
        bits += octet.leading_zeros();
        if *octet != 0 {
            break;
        }
    }
    bits
}
