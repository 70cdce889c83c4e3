//! Requests that are sent again, because an answer was lost on its way: the same key with the same request gets the answer it got.

use super::problems::{self, Trouble, of_refusal};
use aws_lc_rs::hmac;
use axum::body::{Body, to_bytes};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use postern_identity::records::{Allowance, Hash, KeptAnswer, RecordsError, ResetChange, ResetRecords, Spent};
use postern_identity::reset::Refused;
use postern_identity::{Clock, Secret, Timestamp};
use postern_web::Fault;
use std::sync::Arc;
use std::time::Duration;

/// The header, and the longest key.
const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const LONGEST_KEY: usize = 255;
/// The largest answer that is kept.
const LARGEST: usize = 32 * 1024;
/// Whoever has claimed a key has so long, more than any answer may take; after that it was lost with the process, and the next may try.
const CLAIM: Duration = Duration::from_mins(2);
/// How long an answer is kept.
const KEPT: Duration = Duration::from_hours(24);

/// The one key of a request: anything printable, as it is.
pub(super) fn key(headers: &HeaderMap) -> Result<Option<String>, Fault> {
    let mut keys = headers.get_all(KEY).iter();
    let Some(key) = keys.next() else {
        return Ok(None);
    };
    let unreadable = Fault::Malformed("the idempotency key");
    if keys.next().is_some() || key.is_empty() || key.len() > LONGEST_KEY {
        return Err(unreadable);
    }
    let key = key.to_str().map_err(|_| unreadable)?;
    Ok(Some(key.to_owned()))
}

/// What a request is about. Keys of different programs and sites are different keys; everything else has to be the same.
pub(super) struct About<'a> {
    pub(super) site: &'a str,
    pub(super) token: &'a str,
    pub(super) operation: &'a str,
    pub(super) context: &'a str,
    pub(super) body: &'a [u8],
}

/// Answers that are kept.
pub(super) struct Replays {
    records: Arc<dyn ResetRecords>,
    clock: Arc<dyn Clock>,
    key: hmac::Key,
}

/// Whether a request was answered before.
pub(super) enum Claimed {
    /// It was: so.
    Kept(Response),
    /// It was not, and whoever holds this is the one who answers it.
    First(Claim),
}

/// The right to answer a request.
pub(super) struct Claim {
    right: Hash,
    key: Hash,
    request: Hash,
}

impl Replays {
    /// What the secret is used for here is kept apart from its other uses.
    pub(super) fn new(records: Arc<dyn ResetRecords>, clock: Arc<dyn Clock>, secret: &Secret) -> Self {
        let derived = hmac::sign(
            &hmac::Key::new(hmac::HMAC_SHA256, secret.expose()),
            b"postern portal requests sent again",
        );
        Self {
            records,
            clock,
            key: hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref()),
        }
    }

    /// Looks whether it was answered, or takes the right to: one of however many that ask at once gets it.
    pub(super) async fn claim(&self, key: &str, about: &About<'_>) -> Result<Claimed, Trouble> {
        let claim = Claim {
            right: self.hash(&[b"right", about.site.as_bytes(), about.token.as_bytes(), key.as_bytes()]),
            key: self.hash(&[b"key", about.site.as_bytes(), about.token.as_bytes(), key.as_bytes()]),
            request: self.hash(&[
                b"request",
                about.operation.as_bytes(),
                about.context.as_bytes(),
                about.body,
            ]),
        };
        if let Some(kept) = self.kept(&claim).await? {
            return Ok(Claimed::Kept(kept));
        }
        let once = Allowance {
            key: claim.right,
            burst: 1,
            every: CLAIM,
        };
        match self.records.spend(&[once], self.clock.now()).await.map_err(fault)? {
            Spent::Taken { .. } => Ok(Claimed::First(claim)),
            // Whoever has it may have answered since.
            Spent::UsedUp { .. } => match self.kept(&claim).await? {
                Some(kept) => Ok(Claimed::Kept(kept)),
                None => Err(problems::under_way().into()),
            },
        }
    }

    async fn kept(&self, claim: &Claim) -> Result<Option<Response>, Trouble> {
        let Some(kept) = self.records.kept_answer(&claim.key).await.map_err(fault)? else {
            return Ok(None);
        };
        if kept.request != claim.request {
            return Err(of_refusal(&Refused::OtherRequest).into());
        }
        Ok(Some(read(&kept.answer).ok_or(Fault::Broken)?))
    }

    /// Keeps an answer, and gives it back. What may be different the next time is not kept: the key is free again.
    pub(super) async fn keep(&self, claim: Claim, answer: Response) -> Response {
        let (parts, body) = answer.into_parts();
        let Ok(octets) = to_bytes(body, LARGEST).await else {
            return Fault::Broken.into_response();
        };
        let final_one = !parts.status.is_server_error()
            && parts.status != StatusCode::TOO_MANY_REQUESTS
            && parts.status != StatusCode::CONFLICT;
        // An answer that could not be kept is an answer all the same: what was done is done.
        if final_one {
            let kept = KeptAnswer {
                key: claim.key,
                request: claim.request,
                answer: written(parts.status, &octets),
                purge_at: self.later(KEPT),
            };
            if self.records.commit_reset(vec![ResetChange::Keep(kept)]).await.is_err() {
                tracing::warn!(target: "postern::http", "an answer to a request that may be sent again could not be kept");
            }
        } else {
            let _ = self.records.restore(&[claim.right]).await;
        }
        Response::from_parts(parts, Body::from(octets))
    }

    fn later(&self, by: Duration) -> Timestamp {
        self.clock.now().checked_add(by).unwrap_or(Timestamp::MAX)
    }

    /// Each part with its length, so that no two lists are one.
    fn hash(&self, parts: &[&[u8]]) -> Hash {
        let mut context = hmac::Context::with_key(&self.key);
        for part in parts {
            context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            context.update(part);
        }
        context.sign().as_ref().try_into().unwrap_or([0; 32])
    }
}

/// The status and then the body. Nothing secret is ever in an answer.
fn written(status: StatusCode, body: &[u8]) -> Arc<[u8]> {
    [&status.as_u16().to_be_bytes()[..], body].concat().into()
}

fn read(kept: &[u8]) -> Option<Response> {
    let (status, body) = kept.split_first_chunk::<2>()?;
    let status = StatusCode::from_u16(u16::from_be_bytes(*status)).ok()?;
    let mut response = Response::new(Body::from(body.to_vec()));
    *response.status_mut() = status;
    let kind = if status.is_success() {
        "application/json"
    } else {
        "application/problem+json"
    };
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    Some(response)
}

fn fault(_: RecordsError) -> Trouble {
    Fault::Unavailable.into()
}
