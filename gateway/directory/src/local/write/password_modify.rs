//! The password modify operation (RFC 3062).

use super::password_change::Setter;
use super::{Plan, Tries, is_own};
use crate::local::LocalDirectory;
use crate::local::access::Access;
use crate::local::answer::Answer;
use crate::local::operation::{check_controls, policy_asked};
use crate::local::password::{By, NewPassword, OldPassword};
use crate::local::path::NamePath;
use crate::local::session::{Actor, Session};
use aws_lc_rs::rand;
use postern_identity::Secret;
use postern_ldap::ber::Writer;
use postern_ldap::extended::{ExtendedRequest, PasswordModify};
use postern_ldap::{Message, ResultCode, oid, tag};
use zeroize::Zeroizing;

/// What may stand beside such a request.
const KNOWN: &[&[u8]] = &[
    oid::PASSWORD_POLICY,
    oid::MANAGE_DSA_IT,
    oid::PROXIED_AUTHORIZATION,
    oid::PROXIED_AUTHORIZATION_V1,
    // A reset for the owner, who chose the password: whoever stands above the policy asks to be held to it (MS-ADTS §3.1.1.3.4.1.27).
    oid::AD_POLICY_HINTS,
];

/// The characters of passwords made here: none that is easily taken for another. 32 of them, so that five bits are one of them.
const CHARACTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// How many of them are at least in one: 100 bits.
const SHORTEST: usize = 20;
/// And at most, whatever the policy asks for.
const LONGEST: usize = 128;

/// What is asked for.
struct Asked {
    path: NamePath,
    old: Option<Secret>,
    new: Option<Secret>,
    policy: bool,
    held_to_policy: bool,
}

impl LocalDirectory {
    /// A password modify request, to its whole answer.
    pub(crate) async fn modify_password(&self, session: &Session, message: &Message<'_>) -> Vec<u8> {
        match self.password_modified(session, message).await {
            Ok(None) => Answer::success().extended(message.id, None, None),
            Ok(Some(made)) => {
                let mut value = Writer::with_capacity(made.expose().len() + 8);
                value.nested(tag::SEQUENCE, |inside| {
                    inside.element(0x80, made.expose());
                });
                let value = Zeroizing::new(value.finish());
                Answer::success().extended(message.id, None, Some(&value))
            }
            Err(answer) => answer.extended(message.id, None, None),
        }
    }

    /// The password that was made, if it was made here.
    async fn password_modified(&self, session: &Session, message: &Message<'_>) -> Result<Option<Secret>, Answer> {
        check_controls(message.controls, KNOWN)?;
        if session.actor == Actor::Anonymous {
            let text = "only authenticated users may change passwords";
            return Err(Answer::new(ResultCode::STRONGER_AUTH_REQUIRED, text));
        }
        let asked = self.asked(session, message)?;
        if session.must_change() && session.actor.path() != Some(&asked.path) {
            return Err(Answer::change_first(asked.policy));
        }
        let access = self.access_to_write(session).await?;
        let mut tries = Tries::default();
        loop {
            let (plan, made) = self.plan_password(session, &access, &asked).await?;
            if self.settle(plan.unit, &mut tries).await? {
                return Ok(made);
            }
        }
    }

    fn asked(&self, session: &Session, message: &Message<'_>) -> Result<Asked, Answer> {
        let malformed = |_| Answer::malformed("data decoding error");
        let request = ExtendedRequest::parse(message).map_err(malformed)?;
        let request = PasswordModify::parse(request.value).map_err(malformed)?;
        let secret = |given: Option<&[u8]>, empty: &'static str| match given {
            Some(b"") => Err(Answer::malformed(empty)),
            given => Ok(given.map(Secret::new)),
        };
        let path = match request.identity.unwrap_or_default() {
            b"" => session.actor.path().cloned().ok_or_else(|| {
                Answer::new(
                    ResultCode::UNWILLING_TO_PERFORM,
                    "no password is associated with this identity",
                )
            })?,
            identity => {
                let dn = identity.strip_prefix(b"dn:").unwrap_or(identity);
                self.place_within(dn, "no password is associated with the Root DSE")?
            }
        };
        Ok(Asked {
            path,
            old: secret(request.old, "old password value is empty")?,
            new: secret(request.new, "new password value is empty")?,
            policy: policy_asked(message.controls),
            held_to_policy: message
                .controls
                .into_iter()
                .flatten()
                .any(|control| control.oid == oid::AD_POLICY_HINTS),
        })
    }

    async fn plan_password(
        &self,
        session: &Session,
        access: &Access,
        asked: &Asked,
    ) -> Result<(Plan, Option<Secret>), Answer> {
        let mut open = self.open(&asked.path, access).await?;
        let rights = access.to(asked.path.octets());
        if session.must_change() && !is_own(session, open.row.id) {
            return Err(Answer::change_first(asked.policy));
        }
        if !rights.may_write("userpassword") {
            return Err(Answer::forbidden());
        }
        let setter = Setter {
            by: match Setter::by(session, open.row.id, rights) {
                By::Administrator if asked.held_to_policy => By::Writer,
                by => by,
            },
            may_store_hashes: false,
            policy_asked: asked.policy,
            reset_is_said: false,
            permissive: false,
            share: session.share,
        };
        let (new, made) = if let Some(new) = &asked.new {
            (new.duplicate(), None)
        } else {
            let policy = self.lawful_policy(&open.entry).await?;
            let made = Self::made_up(usize::try_from(policy.min_length).unwrap_or(LONGEST))?;
            (made.duplicate(), Some(made))
        };
        let old = asked.old.as_ref().map(|old| OldPassword::Operation(old.duplicate()));
        self.new_password(&mut open.entry, NewPassword::Plain(new), old, &setter)
            .await?;
        self.stamp_changed(&mut open.entry, session);
        self.check_change(&open)?;
        let mut unit = Vec::new();
        open.put_changed(&self.schema, &mut unit);
        let plan = Plan {
            unit,
            answer: Answer::success(),
        };
        Ok((plan, made))
    }

    /// A new password of at least so many characters.
    fn made_up(shortest: usize) -> Result<Secret, Answer> {
        let length = shortest.clamp(SHORTEST, LONGEST);
        let mut octets = Zeroizing::new(vec![0_u8; length]);
        rand::fill(&mut octets).map_err(|_| Answer::new(ResultCode::OTHER, "password generation failed"))?;
        for octet in octets.iter_mut() {
            *octet = CHARACTERS.get(usize::from(*octet & 31)).copied().unwrap_or(b'x');
        }
        Ok(Secret::new(octets.to_vec()))
    }
}
