//! SASL EXTERNAL (RFC 4513 §5.2.3): who the client is was proven by its certificate in the TLS handshake. The directory is not asked for a
//! password, so how the account stands is read from its entry, and what the session does is done by our service account in its name, on a
//! lane that does nothing else (README, "Lanes", `proxied`).

use super::ask::no_lane;
use super::{Identity, Session, sasl};
use crate::lane::{Lane, LaneLoss};
use crate::refusal::Refusal;
use crate::sign_in::{prefixed, same_name};
use crate::surface::Shown;
use postern_directory::LookUpError;
use postern_identity::audit::Outcome;
use postern_identity::decide::{Admission, Operation};
use postern_identity::{Evidence, Proven, Source, Standing, State, disclose};
use postern_ldap::control::proxied_authorization::ActingAs;
use postern_ldap::extended::{self, ExtendedResponse};
use postern_ldap::result::LdapResult;
use postern_ldap::{Message, MessageId, ResultCode, answer, oid, tag};

impl Session {
    /// A bind by the certificate of this connection.
    pub(super) async fn external_bind(&mut self, message: &Message<'_>, authorization: &str) -> Vec<u8> {
        let certificate = self.facts.arrival.certificate.as_deref();
        let rule = self.route.sign_in.certificate_identity.as_ref();
        let (Some(certificate), Some(rule)) = (certificate, rule) else {
            return self.refuse(message.id, Operation::Bind, Refusal::NoClientCertificate, None);
        };
        let Some(name) = certificate.account(rule) else {
            let subject = certificate.subject.clone().unwrap_or_default();
            let name = Some(subject.as_bytes());
            return self.refuse_name(message.id, Operation::Bind, Refusal::CertificateIdentity, None, name);
        };
        if !sasl::means(authorization, &name, certificate.value(rule.from).unwrap_or_default()) {
            let name = Some(name.as_bytes());
            return self.refuse_name(message.id, Operation::Bind, Refusal::OtherIdentity, None, name);
        }
        self.marks.route_used = true;
        let (dn, standing, proven) = match self.standing_of(&name).await {
            Ok(Some((dn, standing))) => (dn, standing, Proven::Yes),
            // The certificate is good, but there is nobody it could be: shown like a wrong password.
            Ok(None) => (name, Standing::unknown(evidence("no such account")), Proven::No),
            Err(refusal) => return self.unavailable(message.id, refusal, &name),
        };
        if self.generation != self.shared.generation.get() {
            let _ = self.new_rules(); // nobody is signed in meanwhile, so nobody can be sent away
        }
        if self.is_transparent() {
            return self.refuse_name(
                message.id,
                Operation::Bind,
                Refusal::SaslNotOffered,
                None,
                Some(dn.as_bytes()),
            );
        }
        let verdict = self.ask(dn.as_bytes(), &standing, proven);
        let asked = message
            .controls
            .find(oid::PASSWORD_POLICY)
            .is_ok_and(|control| control.is_some());
        let told = disclose(&standing, proven);
        let shown = Shown {
            id: message.id,
            verdict: &verdict,
            told,
            asked,
        };
        if verdict.admission == Admission::Refuse {
            let outcome = if proven == Proven::Yes {
                Outcome::Refused
            } else {
                Outcome::Failed
            };
            self.record(
                Operation::Bind,
                outcome,
                ResultCode::INVALID_CREDENTIALS,
                verdict.rule.as_str(),
                Some(dn.as_bytes()),
                Some((&standing, proven)),
            );
            return shown.refused();
        }
        let lane = match self.acting_lane(&dn).await {
            Ok(lane) => lane,
            Err(refusal) => return self.unavailable(message.id, refusal, &dn),
        };
        let accepted = answer::result(message.id, tag::BIND_RESPONSE, ResultCode::SUCCESS, "", &[]);
        let reply = Message::parse(&accepted).map_or_else(|_| accepted.clone(), |accepted| shown.let_in(&accepted));
        self.take_verdict(lane, dn.as_bytes(), (standing, proven), (&verdict, None), true);
        reply
    }

    /// The account of a DN, as the directory writes it, and how it stands. `None` if there is none.
    pub(super) async fn standing_of(&mut self, name: &str) -> Result<Option<(Box<str>, Standing)>, Refusal> {
        match self.route.service.look_up(name).await {
            // What was found must be what was meant: a look-up also takes names that are no DNs.
            Ok(account) if same_name(&account.dn, name) => {
                Ok(Some((account.dn.into(), as_a_bind_would_say(account.standing))))
            }
            Ok(_) | Err(LookUpError::NotFound | LookUpError::Ambiguous) => Ok(None),
            Err(LookUpError::Connect(error)) => {
                tracing::warn!(target: "postern::directory", route = &*self.route.name, %error,
                    "how an account stands cannot be read");
                Err(Refusal::DirectoryUnreachable)
            }
            Err(error) => {
                tracing::warn!(target: "postern::directory", route = &*self.route.name, %error,
                    "how an account stands cannot be read");
                Err(Refusal::StandingNotKnown)
            }
        }
    }

    /// A fresh lane on which our service account acts for this account, once the directory has said that it does.
    async fn acting_lane(&mut self, dn: &str) -> Result<Box<Lane>, Refusal> {
        self.lane = None; // it gives up its place before another is waited for
        let want = self.want_of(dn.as_bytes());
        let mut lane = self.route.pool.service(&want, self.share()).await.map_err(no_lane)?;
        let id = format!("dn:{dn}");
        lane.act_for(ActingAs::AuthorizationId(id.as_bytes()).control());
        let request = extended::request(MessageId(1), oid::WHO_AM_I, None, &[]);
        let octets = match self.exchange(&mut lane, &request).await {
            Ok(octets) => octets,
            Err(loss) => {
                if loss == LaneLoss::Silent {
                    self.route.upstream.lost(lane.server);
                }
                return Err(Self::refusal_for_lost(loss));
            }
        };
        if is_answered_as(&octets, dn) {
            return Ok(lane);
        }
        tracing::error!(target: "postern::directory", route = &*self.route.name, account = dn,
            "the directory does not let the service account act for this account (proxied authorization, RFC 4370)");
        Err(Refusal::ActingRefused)
    }

    fn unavailable(&self, id: MessageId, refusal: Refusal, name: &str) -> Vec<u8> {
        let (rule, code, text) = refusal.entry();
        let name = Some(name.as_bytes());
        self.record(Operation::Bind, Outcome::Unavailable, code, rule, name, None);
        answer::result(id, tag::BIND_RESPONSE, code, text, &[])
    }

    /// After a password change in a session that was signed in by certificate: how the account stands now decides whether it stays
    /// restricted. Whatever goes wrong leaves it so.
    pub(super) async fn judge_by_entry(&mut self) {
        let Identity::Restricted(signed_in) = &self.identity else {
            return;
        };
        let Ok(name) = String::from_utf8(signed_in.name.to_vec()) else {
            return;
        };
        let Ok(Some((_, standing))) = self.standing_of(&name).await else {
            return;
        };
        let verdict = self.ask(name.as_bytes(), &standing, Proven::Yes);
        if verdict.admission == Admission::Allow
            && let Identity::Restricted(mut signed_in) = std::mem::replace(&mut self.identity, Identity::Anonymous)
        {
            self.record(
                Operation::Bind,
                Outcome::Allowed,
                ResultCode::SUCCESS,
                verdict.rule.as_str(),
                Some(name.as_bytes()),
                Some((&standing, Proven::Yes)),
            );
            signed_in.standing = standing;
            signed_in.rule = verdict.rule;
            self.identity = Identity::Bound(signed_in);
            // What was looked up before the password was changed says nothing of it now.
            self.watch_anew();
        }
    }
}

/// Who-am-i (RFC 4532) was answered with this very account.
fn is_answered_as(octets: &[u8], dn: &str) -> bool {
    let answered = Message::parse(octets).and_then(|message| {
        let result = LdapResult::parse(&message)?;
        let value = ExtendedResponse::parse(result.rest)?.value;
        let id = std::str::from_utf8(value.unwrap_or_default()).unwrap_or_default();
        let same = prefixed(id, "dn:").is_some_and(|own| same_name(own, dn));
        Ok(result.code == ResultCode::SUCCESS && same)
    });
    answered.unwrap_or(false)
}

/// An entry's standing with what the directory would have answered to the right password: what it refuses a password it is not made to let
/// in by a certificate.
fn as_a_bind_would_say(mut standing: Standing) -> Standing {
    let accepted = matches!(
        standing.state,
        State::Active | State::MustChange | State::ExpiredGrace { .. } | State::Expiring { .. }
    );
    let code = if accepted {
        ResultCode::SUCCESS
    } else {
        ResultCode::INVALID_CREDENTIALS
    };
    standing.evidence.result_code = Some(code.0);
    standing
}

fn evidence(told_by: &'static str) -> Evidence {
    Evidence {
        source: Source::Entry,
        result_code: None,
        told_by,
    }
}
