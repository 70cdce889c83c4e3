//! Delete (RFC 4511 §4.8).

use super::controls::Controls;
use super::integrity::{self, Following, MOST_REPAIRED};
use super::row::Open;
use super::{Plan, Tries, signed_in};
use crate::local::LocalDirectory;
use crate::local::access::Access;
use crate::local::answer::Answer;
use crate::local::path::NamePath;
use crate::local::session::Session;
use postern_identity::records::{EntryChange, RecordsError};
use postern_ldap::{Message, change};

impl LocalDirectory {
    pub(super) async fn deleted(&self, session: &Session, message: &Message<'_>) -> Result<Answer, Answer> {
        let entry = change::deleted_entry(message).map_err(|_| Answer::malformed("decoding error"))?;
        let controls = Controls::read(self, message)?;
        signed_in(session)?;
        let path = self.place_within(entry, "cannot delete the root DSE")?;
        let access = self.access_to_write(session).await?;
        let _turn = self.turns.wait(&path).await?;
        let mut tries = Tries::default();
        let mut repairing = None;
        loop {
            let plan = self.plan_delete(session, &access, &path, &controls).await?;
            if self.settle(plan.unit, &mut tries).await? {
                return Ok(plan.answer);
            }
            if repairing.is_none() {
                repairing = Some(self.turns.repair().await?);
            }
        }
    }

    async fn plan_delete(
        &self,
        session: &Session,
        access: &Access,
        path: &NamePath,
        controls: &Controls,
    ) -> Result<Plan, Answer> {
        let mut open = self.open(path, access).await?;
        let rights = access.to(path.octets());
        self.asserted(controls, &open.row, &open.before, access).await?;
        if !rights.may_manage() {
            return Err(Answer::forbidden());
        }
        if controls.shows(&self.schema, "member") || controls.shows(&self.schema, "uniquemember") {
            self.open_whole(&mut open).await?;
        }
        if self.entries.has_children(&self.tree, open.row.id).await? {
            return Err(RecordsError::NotALeaf.into());
        }
        let following = Following {
            schema: &self.schema,
            from: path,
            to: None,
            nobody: &self.settings.base_dn,
        };
        let mut unit = self.repairs(session, &following, open.row.id).await?;
        unit.push(EntryChange::Delete {
            id: open.row.id,
            version: open.row.version,
        });
        Ok(Plan {
            unit,
            answer: controls.success(&self.schema, Some(open.shown_before(rights)), None),
        })
    }

    /// The steps that repair every other entry that names what moves or goes.
    pub(super) async fn repairs(
        &self,
        session: &Session,
        following: &Following<'_>,
        itself: i64,
    ) -> Result<Vec<EntryChange>, Answer> {
        let mut unit = Vec::new();
        let found = integrity::referring(&*self.entries, &self.tree, following.from, itself, MOST_REPAIRED);
        for (_, row) in found.await? {
            let mut open = Open::new(row)?;
            let moved = self.followed_apart(&open.row, following).await?;
            if moved.is_none() {
                self.open_whole(&mut open).await?;
            }
            let step = moved.and_then(|moved| moved.step(&open.row));
            if following.repair(&mut open.entry) || step.is_some() {
                self.stamp_changed(&mut open.entry, session);
                open.put_changed(&self.schema, &mut unit);
                unit.extend(step);
            }
        }
        Ok(unit)
    }
}
