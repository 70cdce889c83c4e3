//! What changes entries. Nothing does yet.

use super::LocalDirectory;
use super::access::Access;
use super::answer::Answer;
use super::entry::Entry;
use super::session::Session;
use postern_identity::Secret;
use postern_identity::records::EntryRow;
use postern_ldap::{Message, ResultCode};

impl LocalDirectory {
    /// An add request, to its whole answer.
    pub(crate) async fn add(&self, _: &Session, message: &Message<'_>) -> Vec<u8> {
        unwilling(message)
    }

    /// A modify request, to its whole answer.
    pub(crate) async fn modify(&self, _: &Session, message: &Message<'_>) -> Vec<u8> {
        unwilling(message)
    }

    /// A modifyDN request, to its whole answer.
    pub(crate) async fn modify_dn(&self, _: &Session, message: &Message<'_>) -> Vec<u8> {
        unwilling(message)
    }

    /// A delete request, to its whole answer.
    pub(crate) async fn delete(&self, _: &Session, message: &Message<'_>) -> Vec<u8> {
        unwilling(message)
    }

    /// A password modify request (RFC 3062), to its whole answer.
    pub(crate) async fn modify_password(&self, _: &Session, message: &Message<'_>) -> Vec<u8> {
        unwilling(message)
    }

    /// Whether this is the account's password.
    pub(crate) async fn compare_password(
        &self,
        _: &Session,
        _: &Access,
        _: &EntryRow,
        _: &Entry,
        _: Secret,
    ) -> Result<bool, Answer> {
        Err(Answer::forbidden())
    }
}

fn unwilling(message: &Message<'_>) -> Vec<u8> {
    Answer::new(ResultCode::UNWILLING_TO_PERFORM, "").message(message.id, message.operation.tag)
}
