//! Compare on a password: whether it is the one.

use super::is_own;
use crate::local::LocalDirectory;
use crate::local::access::Access;
use crate::local::answer::Answer;
use crate::local::entry::Entry;
use crate::local::password::Verified;
use crate::local::session::Session;
use postern_identity::Secret;
use postern_identity::records::EntryRow;
use postern_ldap::ResultCode;

impl LocalDirectory {
    /// Whether this is the account's password. Such a compare is a guess that no policy counts, so it is answered to those alone who know the
    /// password or could set another: its owner, who has signed in with it, and whoever may write it.
    pub(crate) async fn compare_password(
        &self,
        session: &Session,
        access: &Access,
        row: &EntryRow,
        entry: &Entry,
        given: Secret,
    ) -> Result<bool, Answer> {
        if !is_own(session, row.id) && !access.to(&row.path).may_write("userpassword") {
            return Err(Answer::forbidden());
        }
        let stored = entry.values("userPassword").to_vec();
        if stored.is_empty() {
            return Err(Answer::new(ResultCode::NO_SUCH_ATTRIBUTE, ""));
        }
        match self.hasher.within(session.share).verify(stored, given).await {
            Ok(verified) => Ok(verified != Verified::Wrong),
            Err(_) => Err(Answer::new(ResultCode::BUSY, "the directory is busy, try again")),
        }
    }
}
