//! Answers that send the client elsewhere. Followed, they would lead it around the gateway; so those to the directory's own servers name
//! the route, where the rules say so and the route knows its address, and others are left out.

use super::{Identity, Session};
use crate::in_flight::{Care, Pending};
use crate::refusal::Refusal;
use postern_directory::{AccountHash, ServerUrl};
use postern_identity::decide::References;
use postern_ldap::{Message, referral};

/// What becomes of an answer that sends elsewhere.
pub(super) enum Referred {
    /// It goes on as it came.
    Pass,
    /// This goes on instead.
    Changed(Vec<u8>),
    /// Nothing is left of it.
    Nothing,
    /// It cannot be read.
    Broken,
}

impl Session {
    /// The result of an operation with code 10, under the rules. Whoever was sent elsewhere for a write signs in where writes are taken
    /// next time.
    pub(super) fn referred_result(&self, answer: &[u8], wrote: bool) -> Referred {
        if let Identity::Bound(signed_in) | Identity::Restricted(signed_in) = &self.identity
            && wrote
        {
            self.route.upstream.must_write(AccountHash::of(&signed_in.name));
        }
        self.referred(answer)
    }

    /// A search reference, or a result, under the rules.
    pub(super) fn referred(&self, answer: &[u8]) -> Referred {
        let references = self
            .rules
            .as_ref()
            .map_or(References::Drop, |rules| rules.references.value);
        let route = match references {
            References::Pass => return Referred::Pass,
            References::Drop => None,
            References::Rewrite => self.route.ldap_url.as_deref(),
        };
        let Ok(message) = Message::parse(answer) else {
            return Referred::Broken;
        };
        let Some(route) = route else {
            return Referred::Nothing;
        };
        match referral::rewritten(&message, |uri| self.through_us(uri, route)) {
            Ok(Some(changed)) => Referred::Changed(changed),
            Ok(None) => Referred::Nothing,
            Err(_) => Referred::Broken,
        }
    }

    /// What its end would have told of cursors is not looked at.
    pub(super) fn leaves_doubt(&mut self, pending: &Pending) {
        let doubtful = Care::FIRST_PAGE.with(Care::NEXT_PAGE).with(Care::TAINTS);
        if let Some(lane) = &mut self.lane {
            lane.tainted |= pending.care.has(doubtful);
        }
    }

    /// The answer to an operation of which nothing but a way around us is left. On record as any refusal.
    pub(super) fn held_elsewhere(&self, pending: &Pending) -> Vec<u8> {
        self.refuse(pending.id, pending.operation, Refusal::HeldElsewhere, None)
    }

    /// A URI (RFC 4516) of a server of ours with the route's address in the place of the server's.
    fn through_us(&self, uri: &[u8], route: &str) -> Option<Vec<u8>> {
        let uri = std::str::from_utf8(uri).ok()?;
        let (scheme, rest) = uri.split_once("://")?;
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (server, what) = rest.split_at_checked(end)?;
        let server = ServerUrl::parse(&format!("{scheme}://{server}")).ok()?;
        if !self.route.upstream.is_own(&server) {
            return None;
        }
        match &self.route.suffix {
            Some(suffix) => suffix.url_here(what).map(|what| [route, &what].concat().into_bytes()),
            None => Some([route, what].concat().into_bytes()),
        }
    }
}
