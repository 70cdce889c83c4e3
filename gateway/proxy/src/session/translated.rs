//! Password changes asked for in one kind of directory's words and carried out in another's.
//!
//! Active Directory knows no password modify (RFC 3062), and other directories no `unicodePwd`. So the one becomes the other on its way
//! up, on the session's own lane and in its own name, and the answer is put into the words of whoever asked. Every rule has been asked about the
//! request as it came. On a transparent route nothing is translated.

use super::{Identity, Session};
use crate::in_flight::{Care, final_response};
use crate::refusal::Refusal;
use crate::surface::password::{self, Told};
use postern_directory::{Dialect, WriteAnswer, WriteRequest, unicode_password};
use postern_identity::audit::Outcome;
use postern_identity::decide::{Operation, RouteRules};
use postern_identity::{DistinguishedName, PasswordRefusal, PasswordRule, Secret};
use postern_ldap::attribute::base_type;
use postern_ldap::change::ModifyRequest;
use postern_ldap::control::ppolicy::{self, PasswordPolicyResponse};
use postern_ldap::extended::{ExtendedRequest, PasswordModify};
use postern_ldap::result::LdapResult;
use postern_ldap::{Message, MessageId, ResultCode, answer, oid, tag};
use zeroize::Zeroizing;

/// A request in the directory's words.
pub(super) struct Translation {
    /// The whole message.
    pub(super) request: Zeroizing<Vec<u8>>,
    /// What its answer needs.
    pub(super) care: Care,
}

/// Why there is none, though one is needed.
pub(super) enum Untranslated {
    /// Who the session is has to be looked up first: it signed in by a name that is no DN.
    Unresolved,
    /// It is refused here.
    Refused(Refusal, PasswordRule),
}

/// An answer in the client's words.
pub(super) struct Answer {
    pub(super) octets: Vec<u8>,
    /// The code in it.
    pub(super) code: ResultCode,
    /// The code by which the guard tells whether the old password was wrong.
    pub(super) tested: ResultCode,
}

impl Session {
    /// The request in the directory's words, if it is a password change in others.
    pub(super) fn translation(
        &self,
        message: &Message<'_>,
        rules: &RouteRules,
    ) -> Result<Option<Translation>, Untranslated> {
        if rules.surface.value.is_transparent() {
            return Ok(None);
        }
        match message.operation.tag {
            tag::EXTENDED_REQUEST if !self.dialect().knows_password_modify() => {
                self.password_modify_translated(message)
            }
            tag::MODIFY_REQUEST if self.dialect().knows_password_modify() => self.unicode_password_translated(message),
            _ => Ok(None),
        }
    }

    /// RFC 3062 on a directory that does not know it.
    fn password_modify_translated(&self, message: &Message<'_>) -> Result<Option<Translation>, Untranslated> {
        let Some(change) = password_modify(message) else {
            return Ok(None);
        };
        let (old, new) = (change.old.map(Secret::new), change.new.map(Secret::new));
        // RFC 3062 §2: without a new one the server makes one up.
        let new = new.ok_or(Untranslated::Refused(Refusal::NewPasswordNeeded, PasswordRule::Quality))?;
        let target = self.target(change.identity)?;
        if old.is_none() && self.is_own(&target) {
            return Err(Untranslated::Refused(
                Refusal::OldPasswordNeeded,
                PasswordRule::OldNeeded,
            ));
        }
        let protected = self.lane.as_ref().is_none_or(|lane| lane.transport.is_protected());
        self.check_password(old.as_ref(), &new, protected)?;
        let request = self.dialect().password_write(&target, old.as_ref(), &new);
        let care = Care::TRANSLATED.with(Care::CROSSED);
        Ok(Some(dressed(request, message, care, &[oid::PASSWORD_POLICY])))
    }

    /// What no directory of this kind could take is not sent.
    pub(super) fn check_password(
        &self,
        old: Option<&Secret>,
        new: &Secret,
        protected: bool,
    ) -> Result<(), Untranslated> {
        match self.dialect().password_problem(old, new, protected) {
            None => Ok(()),
            Some(rule) => Err(Untranslated::Refused(Refusal::PasswordUnwritable, rule)),
        }
    }

    /// The DN of whose password is meant.
    pub(super) fn target(&self, identity: Option<&[u8]>) -> Result<String, Untranslated> {
        let own = match &self.identity {
            Identity::Bound(signed_in) | Identity::Restricted(signed_in) => Some(&*signed_in.name),
            Identity::Anonymous => None,
        };
        let nobody = Untranslated::Refused(Refusal::PasswordOfNobody, PasswordRule::Forbidden);
        let Some(identity) = identity.or(own) else {
            return Err(nobody);
        };
        let name = super::restricted::dn_of(identity);
        if let Some(dn) = as_dn(name) {
            return Ok(dn.to_owned());
        }
        if own != Some(identity) {
            return Err(nobody);
        }
        self.own_dn
            .as_deref()
            .map(str::to_owned)
            .ok_or(Untranslated::Unresolved)
    }

    /// Whether a DN is the session's own.
    fn is_own(&self, dn: &str) -> bool {
        let own = match &self.identity {
            Identity::Bound(signed_in) | Identity::Restricted(signed_in) => {
                as_dn(&signed_in.name).or(self.own_dn.as_deref())
            }
            Identity::Anonymous => None,
        };
        own.is_some_and(|own| {
            DistinguishedName::parse(own.as_bytes()).is_ok_and(|own| {
                let other = DistinguishedName::parse(dn.as_bytes());
                other.is_ok_and(|other| other == own)
            })
        })
    }

    /// A modify of `unicodePwd` and nothing else, on a directory that has no such attribute.
    fn unicode_password_translated(&self, message: &Message<'_>) -> Result<Option<Translation>, Untranslated> {
        let Some(UnicodeChange { entry, old, new }) = unicode_change(message) else {
            return Ok(None);
        };
        let unwritable = || Untranslated::Refused(Refusal::PasswordUnwritable, PasswordRule::Transport);
        let old = match old {
            Some(old) => Some(unicode_password::decode(old).ok_or_else(unwritable)?),
            None => None,
        };
        let new = unicode_password::decode(new).ok_or_else(unwritable)?;
        let Some(entry) = as_dn(entry) else {
            return Ok(None);
        };
        let dialect = self.dialect();
        let mut request = dialect.password_write(entry, old.as_ref(), &new);
        if request.is_extended() && !self.offers_password_modify() {
            request = dialect.password_write_by_modify(entry, old.as_ref(), &new);
        }
        let mut care = Care::TRANSLATED;
        if request.is_extended() {
            care = care.with(Care::CROSSED);
        }
        if dialect.knows_ppolicy_control() {
            request = request.with_control(ppolicy::request());
        }
        let foreign = [
            oid::PASSWORD_POLICY,
            oid::AD_POLICY_HINTS,
            oid::AD_POLICY_HINTS_DEPRECATED,
        ];
        Ok(Some(dressed(request, message, care, &foreign)))
    }

    fn offers_password_modify(&self) -> bool {
        let capabilities = self.route.upstream.capabilities();
        let mut offered = capabilities.extensions.iter();
        !capabilities.known || offered.any(|extension| extension.as_bytes() == oid::PASSWORD_MODIFY)
    }

    /// The directory's answer in the words of whoever asked. `None` if it cannot be read.
    pub(super) fn translated_answer(&self, operation: Operation, care: Care, answer: &[u8]) -> Option<Answer> {
        let message = Message::parse(answer).ok()?;
        let result = LdapResult::parse(&message).ok()?;
        let asked = care.has(Care::POLICY_ASKED);
        if result.code == ResultCode::SUCCESS {
            return Some(Answer {
                octets: told_change(message.id, operation, None, asked),
                code: result.code,
                tested: result.code,
            });
        }
        let refusal = self.dialect().read_password_refusal(&WriteAnswer {
            code: result.code,
            diagnostic: result.diagnostic,
            controls: message.controls,
            extended: message.operation.tag == tag::EXTENDED_RESPONSE,
        });
        let told = self.told_refusal(operation, refusal);
        Some(Answer {
            octets: told_change(message.id, operation, Some(told), asked),
            code: told.code,
            tested: tested(refusal),
        })
    }

    /// What a refusal of the directory's is told as.
    pub(super) fn told_refusal(&self, operation: Operation, refusal: PasswordRefusal) -> Told {
        let code = ResultCode(refusal.result_code);
        if operation == Operation::Extended {
            password::modified(refusal.rule, code, self.dialect().wrong_old_password(true))
        } else {
            password::of_active_directory(refusal.rule, code)
        }
    }

    /// The answer to a change that is refused here, on record with the rule that refused it.
    pub(super) fn refuse_change(
        &self,
        message: &Message<'_>,
        operation: Operation,
        refusal: Refusal,
        rule: PasswordRule,
    ) -> Vec<u8> {
        let (name, code, text) = refusal.entry();
        let told = match operation {
            // Its clients look for the error code.
            Operation::Modify => password::of_active_directory(Some(rule), code),
            _ if refusal == Refusal::PasswordUnwritable => {
                password::modified(Some(rule), code, self.dialect().wrong_old_password(true))
            }
            _ => Told {
                code,
                text,
                error: password::modified(Some(rule), code, (code, text)).error,
            },
        };
        self.record(operation, Outcome::Refused, told.code, name, None, None);
        told_change(message.id, operation, Some(told), asks_for_policy(message))
    }

    /// How an answer that says that the old password was wrong is told to the guard: products have other codes for it.
    pub(super) fn tested_code(&self, code: ResultCode, answer: &[u8]) -> ResultCode {
        if code == ResultCode::SUCCESS {
            return code;
        }
        let refusal = Message::parse(answer).and_then(|message| {
            let result = LdapResult::parse(&message)?;
            Ok(self.dialect().read_password_refusal(&WriteAnswer {
                code,
                diagnostic: result.diagnostic,
                controls: message.controls,
                extended: message.operation.tag == tag::EXTENDED_RESPONSE,
            }))
        });
        refusal.map_or(code, tested)
    }

    /// Looks up who the session is, if it signed in by a name that is no DN and its own password is to be changed.
    pub(super) async fn resolve_own_dn_for(&mut self, frame: &[u8]) {
        let asks = || Message::parse(frame).is_ok_and(|message| password_modify(&message).is_some());
        if self.own_dn.is_some() || self.dialect().knows_password_modify() || !asks() {
            return;
        }
        let (Identity::Bound(signed_in) | Identity::Restricted(signed_in)) = &self.identity else {
            return;
        };
        let Ok(name) = std::str::from_utf8(&signed_in.name) else {
            return;
        };
        if as_dn(name.as_bytes()).is_some() {
            return;
        }
        let name = name.to_owned();
        let found = self
            .route
            .service
            .look_up_bind_name(&name, self.shared.limits.bind)
            .await;
        match found {
            Ok(account) => self.own_dn = Some(account.dn.into()),
            Err(error) => tracing::warn!(
                target: "postern::directory",
                session = self.registered.number, %error, "who is signed in cannot be looked up for a password change"
            ),
        }
    }
}

/// A modify of `unicodePwd`. Values may be passwords: no `Debug`.
struct UnicodeChange<'a> {
    entry: &'a [u8],
    old: Option<&'a [u8]>,
    new: &'a [u8],
}

/// One value put in place of whatever there is, or one taken away and one added. `None` for anything else: the directory refuses it in its
/// own words.
fn unicode_change<'a>(message: &Message<'a>) -> Option<UnicodeChange<'a>> {
    let modify = ModifyRequest::parse(message).ok()?;
    let (mut added, mut deleted, mut replaced) = (None, None, None);
    for change in modify.changes() {
        if !is_unicode_password(change.attribute.description) {
            return None;
        }
        let mut values = change.attribute.values();
        let (Some(value), None) = (values.next(), values.next()) else {
            return None;
        };
        let place = match change.operation {
            0 => &mut added,
            1 => &mut deleted,
            2 => &mut replaced,
            _ => return None,
        };
        if place.replace(value).is_some() {
            return None;
        }
    }
    let (old, new) = match (deleted, added, replaced) {
        (Some(old), Some(new), None) => (Some(old), new),
        (None, None, Some(new)) => (None, new),
        _ => return None,
    };
    Some(UnicodeChange {
        entry: modify.entry,
        old,
        new,
    })
}

/// Whether a request is a modify of `unicodePwd` that would be translated, to whoever asks about its words.
pub(super) fn is_unicode_change(message: &Message<'_>, dialect: &dyn Dialect) -> bool {
    dialect.knows_password_modify() && unicode_change(message).is_some()
}

/// The new password of a modify of `unicodePwd`, if it can be read.
pub(super) fn new_unicode_password(message: &Message<'_>) -> Option<Secret> {
    unicode_password::decode(unicode_change(message)?.new)
}

fn is_unicode_password(description: &[u8]) -> bool {
    let base = base_type(description);
    base.eq_ignore_ascii_case(b"unicodePwd") || base == b"1.2.840.113556.1.4.90"
}

/// The fields of a password modify request.
pub(super) fn password_modify<'a>(message: &Message<'a>) -> Option<PasswordModify<'a>> {
    let extension = ExtendedRequest::parse(message).ok()?;
    if extension.oid != oid::PASSWORD_MODIFY {
        return None;
    }
    PasswordModify::parse(extension.value).ok()
}

/// A name that is a DN, and not the empty one.
fn as_dn(name: &[u8]) -> Option<&str> {
    let parsed = DistinguishedName::parse(name).ok()?;
    std::str::from_utf8(name).ok().filter(|_| !parsed.is_root())
}

pub(super) fn asks_for_policy(message: &Message<'_>) -> bool {
    let asked = message.controls.find(oid::PASSWORD_POLICY);
    asked.is_ok_and(|control| control.is_some())
}

/// Under the client's message id, with those of its controls that the directory knows.
fn dressed(request: WriteRequest, message: &Message<'_>, care: Care, foreign: &[&[u8]]) -> Translation {
    let kept = message.controls.into_iter().flatten();
    let request = kept
        .filter(|control| !foreign.contains(&control.oid))
        .fold(request, |request, control| request.with_control(control.whole.to_vec()));
    let care = if asks_for_policy(message) {
        care.with(Care::POLICY_ASKED)
    } else {
        care
    };
    Translation {
        request: request.encode(message.id),
        care,
    }
}

/// The answer to a password change: a success, or what is told of the refusal.
pub(super) fn told_change(id: MessageId, operation: Operation, told: Option<Told>, policy_asked: bool) -> Vec<u8> {
    let (code, text, error) = told.map_or((ResultCode::SUCCESS, "", None), |told| {
        (told.code, told.text, told.error)
    });
    // slapd sends an empty one where it has nothing to say, but none beside a wrong old password.
    let says = policy_asked && operation == Operation::Extended && (told.is_none() || error.is_some());
    let control = says.then(|| PasswordPolicyResponse { warning: None, error }.control());
    let controls: Vec<&[u8]> = control.iter().map(Vec::as_slice).collect();
    answer::result(id, final_response(operation), code, text, &controls)
}

/// Whatever code the product has for a wrong old password, to the guard it is this one.
pub(super) fn tested(refusal: PasswordRefusal) -> ResultCode {
    match refusal.rule {
        Some(PasswordRule::WrongOld) => ResultCode::INVALID_CREDENTIALS,
        _ => ResultCode(refusal.result_code),
    }
}
