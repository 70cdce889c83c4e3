//! What a token that its issuer has signed must say before it counts (RFC 7519 §4.1, RFC 9068 §2.2), and what follows from it.

use super::Refused;
use serde_json::{Map, Value};

/// Clocks differ by so many seconds.
const LEEWAY: i64 = 60;
/// The longest name of a client or subject, in octets.
const LONGEST_NAME: usize = 128;
/// Whose token it is, as issuers say it: `azp` and `appid` (Entra), `cid` (Okta), `client_id` (RFC 9068).
const CLIENT: [&str; 4] = ["azp", "appid", "client_id", "cid"];

/// What a token says.
pub(super) struct Claims<'a>(pub(super) &'a Map<String, Value>);

impl<'a> Claims<'a> {
    /// Whether one of these is whom it is meant for, letter by letter.
    pub(super) fn meant_for(&self, audiences: &[String]) -> Result<(), Refused> {
        let ours = |said: &Value| {
            said.as_str()
                .is_some_and(|said| audiences.iter().any(|ours| ours == said))
        };
        let fits = match self.0.get("aud") {
            Some(Value::Array(several)) => several.iter().any(ours),
            Some(one) => ours(one),
            None => false,
        };
        fits.then_some(()).ok_or(Refused::Audience)
    }

    /// Whether it holds at this moment, in seconds of Unix time.
    pub(super) fn holds_at(&self, now: i64) -> Result<(), Refused> {
        let expires = self.moment("exp")?.ok_or(Refused::Expired)?;
        if now >= expires.saturating_add(LEEWAY) {
            return Err(Refused::Expired);
        }
        let latest = now.saturating_add(LEEWAY);
        let from = self.moment("nbf")?;
        let issued = self.moment("iat")?;
        if from.is_some_and(|from| from > latest) || issued.is_some_and(|issued| issued > latest) {
            return Err(Refused::NotYet);
        }
        // Over before it was made.
        if issued.is_some_and(|issued| issued > expires) {
            return Err(Refused::Expired);
        }
        Ok(())
    }

    /// Whether showing it is enough.
    pub(super) fn is_unbound(&self) -> Result<(), Refused> {
        if self.0.contains_key("cnf") {
            return Err(Refused::Bound);
        }
        Ok(())
    }

    /// The program it was issued to.
    pub(super) fn client(&self) -> Result<Option<&'a str>, Refused> {
        for claim in CLIENT {
            if let Some(client) = self.name(claim)? {
                return Ok(Some(client));
            }
        }
        Ok(None)
    }

    /// In whose name.
    pub(super) fn subject(&self) -> Result<Option<&'a str>, Refused> {
        self.name("sub")
    }

    /// What it may do, in the issuer's words: a list, or words with spaces between them (RFC 8693 §4.2).
    pub(super) fn scopes(&self, claims: &[String]) -> Result<Vec<&'a str>, Refused> {
        let mut scopes = Vec::new();
        for claim in claims {
            match self.0.get(claim) {
                None => {}
                Some(Value::String(words)) => scopes.extend(words.split(' ').filter(|word| !word.is_empty())),
                Some(Value::Array(several)) => {
                    for one in several {
                        scopes.push(one.as_str().ok_or(Refused::Claims)?);
                    }
                }
                Some(_) => return Err(Refused::Claims),
            }
        }
        Ok(scopes)
    }

    /// A moment in seconds (RFC 7519 §2, NumericDate); fractions are dropped.
    fn moment(&self, claim: &str) -> Result<Option<i64>, Refused> {
        let Some(said) = self.0.get(claim) else {
            return Ok(None);
        };
        if let Some(seconds) = said.as_i64() {
            return Ok(Some(seconds));
        }
        let seconds = said.as_f64().filter(|seconds| seconds.abs() < 1e12);
        #[allow(clippy::cast_possible_truncation, reason = "within what an i64 holds, as just seen")]
        let seconds = seconds.map(|seconds| seconds.floor() as i64);
        seconds.map(Some).ok_or(Refused::Claims)
    }

    /// A name that can stand in a line of the log.
    fn name(&self, claim: &str) -> Result<Option<&'a str>, Refused> {
        match self.0.get(claim) {
            None => Ok(None),
            Some(Value::String(name)) => {
                let sound =
                    !name.is_empty() && name.len() <= LONGEST_NAME && name.bytes().all(|o| o.is_ascii_graphic());
                sound.then_some(Some(name.as_str())).ok_or(Refused::Claims)
            }
            Some(_) => Err(Refused::Claims),
        }
    }
}
