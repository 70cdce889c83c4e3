//! Compare (RFC 4511 §4.10).

use super::LocalDirectory;
use super::answer::Answer;
use super::apart;
use super::entry::Entry;
use super::filter::{Filter, Subject};
use super::operation::check_controls;
use super::session::Session;
use postern_identity::Secret;
use postern_ldap::compare::CompareRequest;
use postern_ldap::{Message, ResultCode, oid};
use std::sync::Arc;

/// What may stand beside a compare request.
const WITH_COMPARE: &[&[u8]] = &[
    oid::ASSERTION,
    oid::PROXIED_AUTHORIZATION,
    oid::PROXIED_AUTHORIZATION_V1,
    oid::MANAGE_DSA_IT,
    oid::PASSWORD_POLICY,
];

impl LocalDirectory {
    /// 6 or 5, or why neither can be said.
    pub(super) async fn compare(&self, session: &Session, message: &Message<'_>) -> Answer {
        self.compared(session, message).await.unwrap_or_else(|answer| answer)
    }

    async fn compared(&self, session: &Session, message: &Message<'_>) -> Result<Answer, Answer> {
        let request = CompareRequest::parse(message).map_err(|_| Answer::malformed("the compare cannot be read"))?;
        check_controls(message.controls, WITH_COMPARE)?;
        let asserted = self.assertion(message)?;
        let undefined = || Answer::new(ResultCode::UNDEFINED_ATTRIBUTE_TYPE, "the attribute type is not known");
        let described = self.schema.described(request.attribute).ok_or_else(undefined)?;
        let path = self.schema.path(request.entry);
        let path = path.map_err(|_| Answer::new(ResultCode::INVALID_DN_SYNTAX, "invalid DN"))?;
        let access = self.access_to_read(session).await?;
        let rights = access.to(path.octets());
        if !path.is_within(&self.base) || !rights.may_see() {
            return Err(self.missing(&path, &access).await);
        }
        let Some(row) = self.entries.nearest(&self.tree, &[path.octets()]).await? else {
            return Err(self.missing(&path, &access).await);
        };
        let entry = Entry::decode(&row.body).ok_or_else(super::search::unreadable)?;
        if let Some(asserted) = asserted {
            self.check_assertion(&asserted, &row, &entry, &access).await?;
        }
        if &*described.kind.key == "userpassword" {
            let given = Secret::new(request.value);
            let equal = self.compare_password(session, &access, &row, &entry, given).await?;
            return Ok(said(equal));
        }
        if !rights.may_read(&described.kind.key) {
            // As if it were not there.
            return Err(Answer::new(ResultCode::NO_SUCH_ATTRIBUTE, ""));
        }
        if described.kind.equality.is_none() {
            return Err(Answer::new(ResultCode::INAPPROPRIATE_MATCHING, ""));
        }
        let invalid = |_| {
            Answer::new(
                ResultCode::INVALID_ATTRIBUTE_SYNTAX,
                "the value does not fit the attribute",
            )
        };
        let value = described.kind.normal(request.value).map_err(invalid)?;
        let subject = Subject {
            kind: Arc::clone(described.kind),
            options: described.canonical.split(';').skip(1).map(Into::into).collect(),
        };
        let subject_is_plain = subject.options.is_empty();
        let present = Filter::Present(subject.clone());
        let has_many = apart::keys(&row.body).contains(&&*described.kind.key) && subject_is_plain;
        if !has_many && !self.matches(&present, &row, &entry, &access).await? {
            return Err(Answer::new(ResultCode::NO_SUCH_ATTRIBUTE, ""));
        }
        let equal = self
            .matches(&Filter::Equal(subject, value), &row, &entry, &access)
            .await?;
        Ok(said(equal))
    }
}

fn said(equal: bool) -> Answer {
    Answer::new(
        if equal {
            ResultCode::COMPARE_TRUE
        } else {
            ResultCode::COMPARE_FALSE
        },
        "",
    )
}
