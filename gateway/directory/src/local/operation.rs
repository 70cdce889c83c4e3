//! One request after another: what may run beside others, in whose name it is done, and who does it.

use super::LocalDirectory;
use super::answer::Answer;
use super::paging::{Page, Resume};
use super::search::Search;
use super::session::{Actor, Session};
use postern_ldap::control::Controls;
use postern_ldap::control::proxied_authorization::ActingAs;
use postern_ldap::extended::{self, ExtendedRequest};
use postern_ldap::search::SearchRequest;
use postern_ldap::{Header, Message, MessageId, ResultCode, frame, oid, result, tag};
use std::sync::Arc;
use zeroize::Zeroizing;

/// How a request stands to the others of its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The end.
    Unbind,
    /// Nobody waits for that one any more.
    Abandon(MessageId),
    /// That one is to end; `None`: it does not say which.
    Cancel(Option<MessageId>),
    /// It changes nothing, and runs beside others of its kind.
    Together,
    /// It changes something, if only who the connection is: all before it end first, all behind it wait.
    Alone,
}

/// What an operation came to.
pub(super) enum Step {
    /// Its end, and all it answers.
    Done(Vec<u8>),
    /// The end of a bind, or of a change that makes somebody free to do more: who the connection is from now on.
    Bound(Vec<u8>, Actor),
    /// Some answers of a search that goes on.
    More(Vec<u8>, Box<Search>),
    /// The end of a page, and the search that may go on with the next.
    Page(Vec<u8>, Page),
}

/// Of what kind a whole request is. `None`: it is no request that can be read.
pub(super) fn kind(header: &Header, request: &[u8]) -> Option<Kind> {
    Some(match header.operation {
        tag::UNBIND_REQUEST => Kind::Unbind,
        tag::ABANDON_REQUEST => Kind::Abandon(extended::abandoned_id(&Message::parse(request).ok()?).ok()?),
        tag::SEARCH_REQUEST | tag::COMPARE_REQUEST => Kind::Together,
        tag::EXTENDED_REQUEST => {
            let message = Message::parse(request).ok()?;
            match ExtendedRequest::parse(&message) {
                Ok(request) if request.oid == oid::CANCEL => Kind::Cancel(extended::cancelled_id(request.value).ok()),
                Ok(request) if request.oid == oid::PASSWORD_MODIFY => Kind::Alone,
                _ => Kind::Together,
            }
        }
        tag::BIND_REQUEST | tag::MODIFY_REQUEST | tag::ADD_REQUEST | tag::DELETE_REQUEST | tag::MODIFY_DN_REQUEST => {
            Kind::Alone
        }
        _ => return None,
    })
}

/// Does it.
pub(super) async fn run(
    directory: Arc<LocalDirectory>,
    session: Arc<Session>,
    header: Header,
    request: Zeroizing<Vec<u8>>,
    page: Resume,
) -> Step {
    let ended = |answer: Answer| Step::Done(answer.message(header.id, header.operation));
    let Ok(message) = Message::parse(&request) else {
        return ended(Answer::malformed("the request cannot be read"));
    };
    if header.operation == tag::BIND_REQUEST {
        let (answer, actor) = directory.bind(&session, &message).await;
        return Step::Bound(answer.message(header.id, header.operation), actor);
    }
    let restricted = session.must_change();
    let session = match directory.acting(session, message.controls).await {
        Ok(session) => session,
        Err(answer) => return ended(answer),
    };
    if restricted && !may_be_done_first(&message) {
        return ended(Answer::change_first(policy_asked(message.controls)));
    }
    match header.operation {
        tag::SEARCH_REQUEST => Search::run(&directory, &session, &message, page).await,
        tag::COMPARE_REQUEST => ended(directory.compare(&session, &message).await),
        tag::EXTENDED_REQUEST => changed(directory.extended(&session, &message).await, &session, &message),
        _ => changed(directory.change(&session, &message).await, &session, &message),
    }
}

/// The end of what may have been a change. The only one open to whoever must change the password is to change it: after that they need not.
fn changed(answer: Vec<u8>, session: &Session, message: &Message<'_>) -> Step {
    let header = frame::walk(&answer, usize::MAX).ok().flatten();
    let code = header.and_then(|header| result::peek_code(&answer, &header));
    let asks_who = ExtendedRequest::parse(message).is_ok_and(|request| request.oid == oid::WHO_AM_I);
    match &session.actor {
        Actor::Account {
            id,
            name,
            path,
            must_change: true,
        } if code == Some(ResultCode::SUCCESS) && !asks_who => Step::Bound(
            answer,
            Actor::Account {
                id: *id,
                name: Arc::clone(name),
                path: path.clone(),
                must_change: false,
            },
        ),
        _ => Step::Done(answer),
    }
}

/// What is open to whoever must change the password first. Whose a modify is, and what it changes, whoever does it looks at.
fn may_be_done_first(message: &Message<'_>) -> bool {
    match message.operation.tag {
        tag::MODIFY_REQUEST => true,
        tag::SEARCH_REQUEST => SearchRequest::parse(message).is_ok_and(|search| search.is_root_dse()),
        tag::EXTENDED_REQUEST => ExtendedRequest::parse(message)
            .is_ok_and(|request| matches!(request.oid, oid::PASSWORD_MODIFY | oid::WHO_AM_I)),
        _ => false,
    }
}

/// Whether the password policy control is among these.
pub(crate) fn policy_asked(controls: Controls<'_>) -> bool {
    controls.find(oid::PASSWORD_POLICY).is_ok_and(|found| found.is_some())
}

/// Fails where the controls cannot be read, one comes twice, or a critical one is not among `known` (RFC 4511 §4.1.11).
pub(crate) fn check_controls(controls: Controls<'_>, known: &[&[u8]]) -> Result<(), Answer> {
    let mut seen = 0_u64;
    for control in controls {
        let control = control.map_err(|_| Answer::malformed("the controls cannot be read"))?;
        match known.iter().position(|known| *known == control.oid) {
            None if control.critical => return Err(Answer::control_unavailable()),
            None => {}
            Some(place) => {
                let mark = 1_u64.checked_shl(u32::try_from(place).unwrap_or(u32::MAX)).unwrap_or(0);
                if seen & mark != 0 {
                    return Err(Answer::malformed("a control is there twice"));
                }
                seen |= mark;
            }
        }
    }
    Ok(())
}

impl LocalDirectory {
    /// In whose name a request is done (RFC 4370): only our own account acts for others.
    async fn acting(&self, session: Arc<Session>, controls: Controls<'_>) -> Result<Arc<Session>, Answer> {
        if controls.is_empty() {
            return Ok(session);
        }
        let malformed = |_| Answer::malformed("the proxied authorization control cannot be read");
        let name = match ActingAs::parse(controls).map_err(malformed)? {
            None => return Ok(session),
            Some(ActingAs::Dn(name)) => name,
            Some(ActingAs::AuthorizationId(b"")) => b"",
            Some(ActingAs::AuthorizationId(id)) => id.strip_prefix(b"dn:").ok_or_else(denied)?,
        };
        if !matches!(session.actor, Actor::Service | Actor::Root) {
            return Err(denied());
        }
        if name.is_empty() {
            return Ok(Arc::new(Session::within(session.share, Actor::Anonymous)));
        }
        let path = self.schema.path(name).map_err(|_| denied())?;
        let found = self.entries.nearest(&self.tree, &[path.octets()]).await?;
        let found = found.ok_or_else(denied)?;
        let actor = Actor::Account {
            id: found.id,
            name: found.name,
            path,
            must_change: false,
        };
        Ok(Arc::new(Session::within(session.share, actor)))
    }

    async fn extended(&self, session: &Session, message: &Message<'_>) -> Vec<u8> {
        let refuse = |answer: Answer| answer.extended(message.id, None, None);
        let Ok(request) = ExtendedRequest::parse(message) else {
            return refuse(Answer::malformed("the extended request cannot be read"));
        };
        match request.oid {
            oid::PASSWORD_MODIFY => self.modify_password(session, message).await,
            oid::WHO_AM_I => {
                if let Err(answer) = check_controls(message.controls, WITH_WHO_AM_I) {
                    return refuse(answer);
                }
                if request.value.is_some() {
                    return refuse(Answer::malformed("who-am-i has no value"));
                }
                let name = match session.actor.name() {
                    "" => String::new(),
                    name => format!("dn:{name}"),
                };
                Answer::success().extended(message.id, None, Some(name.as_bytes()))
            }
            _ => refuse(Answer::malformed("unsupported extended operation")),
        }
    }

    async fn change(&self, session: &Session, message: &Message<'_>) -> Vec<u8> {
        match message.operation.tag {
            tag::ADD_REQUEST => self.add(session, message).await,
            tag::MODIFY_REQUEST => self.modify(session, message).await,
            tag::MODIFY_DN_REQUEST => self.modify_dn(session, message).await,
            tag::DELETE_REQUEST => self.delete(session, message).await,
            other => Answer::malformed("the operation is not known").message(message.id, other),
        }
    }
}

/// What may stand beside a who-am-i request.
const WITH_WHO_AM_I: &[&[u8]] = &[
    oid::PROXIED_AUTHORIZATION,
    oid::PROXIED_AUTHORIZATION_V1,
    oid::MANAGE_DSA_IT,
];

fn denied() -> Answer {
    Answer::new(ResultCode::AUTHORIZATION_DENIED, "not authorized to assume identity")
}
