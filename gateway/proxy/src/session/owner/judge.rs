//! Whose the password is that a request would write, and whether it may go on.

use super::request::{self, Concern, Subject};
use super::{ASSERTION_FAILED, Denied, Leave, after, premise};
use crate::refusal::Refusal;
use crate::session::bind::is_infrastructure;
use crate::session::{Identity, Session};
use postern_directory::{ConnectError, EntryFacts, FactsWanted, LookUpError};
use postern_identity::authority::{
    AuthorityRules, Credential, Decision, Facts, Group, GroupUse, Reads, Truth, without_rules,
};
use postern_identity::decide::RouteRules;
use postern_identity::{Authority, DistinguishedName};
use postern_ldap::ber::Writer;
use postern_ldap::control::assertion;
use postern_ldap::control::proxied_authorization::ActingAs;
use postern_ldap::extended::ExtendedRequest;
use postern_ldap::result::LdapResult;
use postern_ldap::{Message, MessageId, ResultCode, answer, filter, oid, tag};

impl Session {
    /// Leave for a request about an entry of which nothing could be seen, where no rule was written.
    fn leave_unseen(&self, id: MessageId, name: &[u8]) -> Leave {
        Leave {
            id,
            rules: None,
            decision: without_rules(self.route.upstream.name(), Credential::Unknown),
            entry: String::from_utf8_lossy(name).into(),
            premise: None,
        }
    }

    /// Reads what is to be known of the entry and asks the rules, as it is and as it will be.
    pub(super) async fn judge_owner(
        &mut self,
        message: &Message<'_>,
        extension: Option<&ExtendedRequest<'_>>,
        rules: &RouteRules,
        concern: Concern,
    ) -> Result<Option<Leave>, Denied> {
        let actor = self.actor(message)?;
        let Some(actor) = actor else {
            return Ok(None); // it is refused when it is admitted
        };
        let subject = Subject::of(message, extension, &actor).ok_or(Refusal::Malformed)?;
        let Subject::Entry { name, is_new } = subject else {
            // Without rules that is the directory's own to find out.
            return match &rules.authority {
                Some(_) => Err(Refusal::OwnerUnnamed.into()),
                None => Ok(Some(self.leave_unseen(message.id, b""))),
            };
        };
        let nothing = Reads::default();
        let wanted = FactsWanted {
            server: self.lane.as_ref().map(|lane| lane.server),
            name,
            reads: rules.authority.as_ref().map_or(&nothing, |authority| authority.reads()),
            credential: true,
            below: request::renames(message),
        };
        let read = if is_new {
            self.route.service.facts_of_new(&wanted).await
        } else {
            self.route.service.facts(&wanted).await
        };
        let mut entry = match (read, &rules.authority) {
            (Ok(entry), _) => entry,
            (Err(error), Some(_)) => return Err(unread(error).into()),
            // What nobody may see proves nothing, and without rules that is nobody's fault. What could not be asked is another matter.
            (Err(LookUpError::Connect(ConnectError::ServiceAccountRefused(_))), None) => {
                return Ok(Some(self.leave_unseen(message.id, name)));
            }
            (Err(LookUpError::Connect(_)), None) => return Err(Refusal::OwnerUnavailable.into()),
            (Err(LookUpError::SearchRefused(code)), None) if is_infrastructure(code) => {
                return Err(Refusal::OwnerUnavailable.into());
            }
            (Err(_), None) => return Ok(Some(self.leave_unseen(message.id, name))),
        };
        if is_new {
            after::of_add(message, wanted.reads, &mut entry.facts).map_err(|_| Refusal::Malformed)?;
        }
        let decide = |facts: &Facts| match &rules.authority {
            Some(authority) => authority.decide(facts),
            None => without_rules(&facts.source, facts.credential),
        };
        let decision = decide(&entry.facts);
        let denied = |refusal, decision: &Decision| Denied {
            refusal,
            found: Some((decision.clone(), entry.dn.as_str().into())),
        };
        let refuse = |decision: &Decision| {
            let refusal = if decision.authority == Authority::Unknown {
                Refusal::OwnerUnknown
            } else {
                Refusal::OwnedElsewhere
            };
            let told = is_told(&actor, &entry.facts, decision);
            denied(if told { refusal } else { Refusal::OwnerHidden }, decision)
        };
        let will_be = match &rules.authority {
            Some(_) if !is_new => {
                let facts = after::of_change(message, wanted.reads, &entry).map_err(|_| Refusal::Malformed)?;
                decide(&facts)
            }
            _ => decision.clone(),
        };
        let local = decision.authority.permits_local_write();
        if let Concern::Writes = concern
            && let Some(other) = [&decision, &will_be]
                .into_iter()
                .find(|decision| !decision.authority.permits_local_write())
        {
            return Err(refuse(other));
        }
        if let Some(authority) = &rules.authority {
            if !local && !will_be.authority.is_a_providers() {
                let told = is_told(&actor, &entry.facts, &decision);
                let refusal = if told {
                    Refusal::OwnerChange
                } else {
                    Refusal::OwnerHidden
                };
                return Err(denied(refusal, &decision));
            }
            if changes_others(message, authority, &entry) {
                // That a group or a part of the tree decides says nothing of any account.
                return Err(denied(Refusal::OwnerChange, &decision));
            }
        }
        let assertable = matches!(concern, Concern::Writes) && request::takes_assertion(message);
        let premise = rules
            .authority
            .as_ref()
            .filter(|_| assertable && self.knows_assertions())
            .and_then(|authority| authority.premise(&entry.facts));
        Ok(Some(Leave {
            id: message.id,
            rules: rules.authority.clone(),
            decision,
            entry: entry.dn.into(),
            premise: premise.map(|premise| premise::octets(&premise)),
        }))
    }

    /// In whose name a request is made: a DN or another name. `None`: nobody's.
    pub(super) fn actor(&self, message: &Message<'_>) -> Result<Option<Actor>, Refusal> {
        let acting = ActingAs::parse(message.controls).map_err(|_| Refusal::Malformed)?;
        Ok(match (acting, &self.identity) {
            (Some(ActingAs::AuthorizationId([]) | ActingAs::Dn([])), _) | (None, Identity::Anonymous) => None,
            (Some(ActingAs::AuthorizationId(id)), _) => Some(match id.split_at_checked(3) {
                Some((prefix, dn)) if prefix.eq_ignore_ascii_case(b"dn:") && !dn.is_empty() => Actor::Entry(dn.into()),
                Some((prefix, [])) if prefix.eq_ignore_ascii_case(b"dn:") => return Ok(None),
                _ => Actor::Other,
            }),
            (Some(ActingAs::Dn(dn)), _) => Some(Actor::Entry(dn.into())),
            (None, Identity::Bound(signed_in) | Identity::Restricted(signed_in)) => {
                let own = self
                    .own_dn
                    .as_ref()
                    .filter(|_| DistinguishedName::parse(&signed_in.name).is_err());
                Some(own.map_or_else(
                    || Actor::Entry(signed_in.name.clone()),
                    |own| Actor::Own(own.as_bytes().into(), signed_in.name.clone()),
                ))
            }
        })
    }

    /// Whether the session's own rights in the directory do not let it see what a premise is about, so that it never holds for it: asked
    /// of the lane by a compare that asserts that the premise is either true or false.
    pub(super) async fn cannot_see(&mut self, id: MessageId, entry: &str, premise: &[u8]) -> bool {
        if !self.in_flight.owes_nothing() {
            return false;
        }
        let Some(mut lane) = self.lane.take() else { return false };
        let either = filter::any(&[premise.to_vec(), filter::not(premise)]);
        let mut content = Writer::with_capacity(entry.len() + 32);
        content.octets(entry.as_bytes()).nested(tag::SEQUENCE, |assertion| {
            assertion.octets(b"objectClass").octets(b"top");
        });
        let control = assertion::control(&either);
        let compare = answer::message(id, tag::COMPARE_REQUEST, &content.finish(), &[&control]);
        let answered = self.exchange(&mut lane, &compare).await;
        self.lane = Some(lane);
        let code = answered.ok().and_then(|octets| {
            let answer = Message::parse(&octets).ok()?;
            LdapResult::parse(&answer).ok().map(|result| result.code)
        });
        code == Some(ASSERTION_FAILED)
    }

    fn knows_assertions(&self) -> bool {
        let capabilities = self.route.upstream.capabilities();
        capabilities
            .controls
            .iter()
            .any(|control| control.as_bytes() == oid::ASSERTION)
    }
}

/// In whose name a request is made.
pub(super) enum Actor {
    /// By this name, which is a DN where the session signed in by one.
    Entry(Box<[u8]>),
    /// By this DN, which is that of whoever signed in by this other name.
    Own(Box<[u8]>, Box<[u8]>),
    /// By a name that only the directory can read.
    Other,
}

/// Whether somebody is told whose a password is: the account itself, and whom the rule names.
fn is_told(actor: &Actor, facts: &Facts, decision: &Decision) -> bool {
    let (Actor::Entry(name) | Actor::Own(name, _)) = actor else {
        return false;
    };
    DistinguishedName::parse(name)
        .is_ok_and(|name| !name.is_root() && (facts.name.as_ref() == Some(&name) || decision.is_told_to(&name)))
}

/// Whether a request changes whose passwords others have: it changes a group that rules ask for, or moves entries between places that
/// rules tell apart.
fn changes_others(message: &Message<'_>, authority: &AuthorityRules, entry: &EntryFacts) -> bool {
    let Some(name) = &entry.facts.name else {
        return !authority.reads().groups.is_empty() || (request::renames(message) && entry.has_entries_below);
    };
    let of_group = match (authority.group_named(name), request::of_members(message)) {
        (None, _) | (Some(_), request::Members::Untouched) | (Some(GroupUse::Tightens), request::Members::More) => {
            false
        }
        (Some(_), _) => true,
    };
    // A group inside one whose members' members count decides as well.
    let inside = authority.reads().groups.iter();
    let mut inside = inside.filter(|group| group.nested && entry.facts.is_member(group) != Truth::No);
    let harmless = |group: &Group| {
        matches!(
            (authority.group_named(&group.name), request::of_members(message)),
            (_, request::Members::Untouched) | (Some(GroupUse::Tightens), request::Members::More)
        )
    };
    let of_group = of_group || inside.any(|group| !harmless(group));
    let moves = || {
        let new = after::new_name(message, &entry.dn);
        !new.is_some_and(|new| authority.are_alike(name, &new))
    };
    of_group || (request::renames(message) && entry.has_entries_below && moves())
}

/// Why facts could not be read.
fn unread(error: LookUpError) -> Refusal {
    match error {
        LookUpError::NotFound => Refusal::OwnerNoEntry,
        LookUpError::SearchRefused(ResultCode::INVALID_DN_SYNTAX) => Refusal::OwnerUnnamed,
        LookUpError::NoServiceAccount => Refusal::OwnerUnread,
        _ => Refusal::OwnerUnavailable,
    }
}
