//! SASL binds (RFC 4513 §5.2): which mechanisms this session may use, and PLAIN, which is a simple bind in other clothes.

use super::Session;
use super::bind::Checked;
use crate::refusal::Refusal;
use crate::sign_in::{prefixed, same_name};
use postern_identity::decide::{RouteRules, RuleName};
use postern_ldap::bind::{self, Authentication, BindRequest};
use postern_ldap::sasl::{EXTERNAL, PLAIN, PlainCredentials};
use postern_ldap::{Message, ResultCode, tag};
use zeroize::Zeroizing;

/// A PLAIN bind that may be asked of the directory. Holds a password by reference: no `Debug`.
pub(super) struct Plain<'f> {
    /// The DN the login name stands for.
    name: Box<str>,
    password: &'f [u8],
}

impl Session {
    /// The mechanisms this session may use now, as the root DSE lists them.
    pub(super) fn mechanisms(&self) -> Vec<&'static [u8]> {
        let mut mechanisms = Vec::new();
        let Some(rules) = self.rules.as_ref().filter(|_| !self.is_transparent()) else {
            return mechanisms;
        };
        let sign_in = &self.route.sign_in;
        if sign_in.certificate_identity.is_some() && self.facts.arrival.certificate.is_some() {
            mechanisms.push(EXTERNAL);
        }
        if sign_in.login_names.is_some() && self.password_may_travel(rules) {
            mechanisms.push(PLAIN);
        }
        mechanisms
    }

    /// Everything that is refused of a SASL bind without asking the directory. No mechanism here takes a second step: an answer of
    /// saslBindInProgress is never given.
    pub(super) fn check_sasl<'f>(
        &self,
        mechanism: &[u8],
        credentials: Option<&'f [u8]>,
        rules: &RouteRules,
    ) -> Result<Checked<'f>, (Refusal, Option<RuleName>)> {
        let sign_in = &self.route.sign_in;
        match (mechanism, &sign_in.login_names) {
            // On a transparent route nothing is rewritten, and a PLAIN bind would have to be.
            _ if self.is_transparent() => Err((Refusal::SaslNotOffered, None)),
            (PLAIN, Some(names)) => {
                if !self.password_may_travel(rules) {
                    return Err((Refusal::PlaintextPassword, Some(rules.tls.rule.clone())));
                }
                let plain = PlainCredentials::parse(credentials.unwrap_or_default())
                    .map_err(|_| (Refusal::SaslMalformed, None))?;
                if plain.authentication.is_empty() {
                    return Err((Refusal::SaslMalformed, None));
                }
                // As with a simple bind (RFC 4513 §5.1.2): it proves nothing, and a directory may take it for nobody.
                if plain.password.is_empty() {
                    return Err((Refusal::EmptyPassword, None));
                }
                // A name nobody can have is answered like one nobody has.
                let name = names
                    .bind_name(plain.authentication)
                    .ok_or((Refusal::EmptyName, None))?;
                let same = plain.authorization.is_empty()
                    || plain.authorization == plain.authentication
                    || names
                        .bind_name(plain.authorization)
                        .is_some_and(|other| same_name(&other, &name));
                if !same {
                    return Err((Refusal::OtherIdentity, None));
                }
                let password = plain.password;
                Ok(Checked::Plain(Plain { name, password }))
            }
            (EXTERNAL, _) if sign_in.certificate_identity.is_some() => {
                if self.facts.arrival.certificate.is_none() {
                    return Err((Refusal::NoClientCertificate, None));
                }
                let authorization = std::str::from_utf8(credentials.unwrap_or_default());
                authorization
                    .map(Checked::External)
                    .map_err(|_| (Refusal::SaslMalformed, None))
            }
            _ => Err((Refusal::SaslNotOffered, None)),
        }
    }

    /// PLAIN is put to the directory as a simple bind, and everything about it is as with one.
    pub(super) async fn plain_bind(&mut self, message: &Message<'_>, plain: &Plain<'_>, rules: &RouteRules) -> Vec<u8> {
        let name = plain.name.as_bytes();
        let controls = message.controls.content();
        let controls = [controls];
        let listed: &[&[u8]] = if message.controls.is_empty() { &[] } else { &controls };
        let frame = Zeroizing::new(bind::simple(message.id, name, plain.password, listed));
        match Message::parse(&frame) {
            Ok(simple) => self.bind_as(&simple, &frame, (name, plain.password), rules).await,
            Err(_) => postern_ldap::answer::result(message.id, tag::BIND_RESPONSE, ResultCode::OTHER, "", &[]),
        }
    }
}

/// Whether an authorization id (RFC 4513 §5.2.1.8) means the account of this DN, whose own name for itself is `value`.
pub(super) fn means(authorization: &str, dn: &str, value: &str) -> bool {
    if authorization.is_empty() {
        return true;
    }
    match (prefixed(authorization, "dn:"), prefixed(authorization, "u:")) {
        (Some(asked), _) => same_name(asked, dn),
        (None, Some(asked)) => asked == value,
        (None, None) => false,
    }
}

/// The name a client gives in a bind, for the record: that of the request, or of PLAIN's credentials.
pub(super) fn claimed_name<'f>(message: &Message<'f>) -> &'f [u8] {
    let Ok(request) = BindRequest::parse(message) else {
        return b"";
    };
    match request.authentication {
        Authentication::Sasl {
            mechanism: PLAIN,
            credentials: Some(credentials),
        } if request.name.is_empty() => {
            PlainCredentials::parse(credentials).map_or(&b""[..], |plain| plain.authentication.as_bytes())
        }
        _ => request.name,
    }
}
