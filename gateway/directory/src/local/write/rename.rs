//! ModifyDN (RFC 4511 §4.9): a new RDN, a new place, with everything below.

use super::controls::{Controls, Shown};
use super::integrity::Following;
use super::rdn::{self, Rdn};
use super::row::unwilling;
use super::{Plan, Tries, signed_in};
use crate::local::LocalDirectory;
use crate::local::access::Access;
use crate::local::answer::Answer;
use crate::local::path::{NamePath, WrittenName};
use crate::local::session::Session;
use postern_identity::records::EntryChange;
use postern_ldap::change::ModifyDnRequest;
use postern_ldap::{Message, ResultCode};
use std::sync::Arc;

/// What is asked for.
struct Renaming<'a> {
    from: NamePath,
    /// Where it will stand below.
    above: NamePath,
    moves: bool,
    rdn: Rdn<'a>,
    deletes_old: bool,
}

impl LocalDirectory {
    pub(super) async fn renamed(&self, session: &Session, message: &Message<'_>) -> Result<Answer, Answer> {
        let request = ModifyDnRequest::parse(message).map_err(|_| Answer::malformed("decoding error"))?;
        let controls = Controls::read(self, message)?;
        signed_in(session)?;
        let renaming = self.renaming(&request)?;
        let access = self.access_to_write(session).await?;
        let _turn = self.turns.wait(&renaming.from).await?;
        let mut tries = Tries::default();
        let mut repairing = None;
        loop {
            let plan = self.plan_rename(session, &access, &renaming, &controls).await?;
            if self.settle(plan.unit, &mut tries).await? {
                return Ok(plan.answer);
            }
            if repairing.is_none() {
                repairing = Some(self.turns.repair().await?);
            }
        }
    }

    /// Reads the names of a request, and sees that they can be meant.
    fn renaming(&self, request: &ModifyDnRequest<'_>) -> Result<Renaming<'_>, Answer> {
        let invalid = || Answer::new(ResultCode::INVALID_DN_SYNTAX, "invalid new RDN");
        let from = self.place_within(request.entry, "cannot rename the root DSE")?;
        let written = WrittenName::first(request.new_rdn).map_err(|_| invalid())?;
        let written = written.filter(|written| written.rest.is_empty()).ok_or_else(invalid)?;
        let rdn = Rdn::to_be(&self.schema, &written)?;
        if from == self.base {
            return Err(unwilling("cannot rename suffix entry"));
        }
        let above = match request.new_superior {
            Some(superior) => self.place(superior, "invalid newSuperior")?,
            None => from.above().ok_or_else(invalid)?,
        };
        if above.is_within(&from) {
            return Err(unwilling("cannot place an entry below itself"));
        }
        if !above.is_within(&self.base) {
            return Err(unwilling("cannot rename between DSAs"));
        }
        Ok(Renaming {
            moves: request.new_superior.is_some(),
            deletes_old: request.delete_old_rdn,
            from,
            above,
            rdn,
        })
    }

    async fn plan_rename(
        &self,
        session: &Session,
        access: &Access,
        renaming: &Renaming<'_>,
        controls: &Controls,
    ) -> Result<Plan, Answer> {
        let mut open = self.open(&renaming.from, access).await?;
        self.open_whole(&mut open).await?;
        let rights = access.to(renaming.from.octets());
        self.asserted(controls, &open.row, &open.before, access).await?;
        let above = match self.nearest(&renaming.above).await? {
            Some(row) if row.path == *renaming.above.octets() && (!renaming.moves || access.knows_of(&row)) => row,
            _ if renaming.moves => {
                return Err(Answer {
                    text: "new superior not found".into(),
                    ..self.not_there(&renaming.above, access).await
                });
            }
            _ => return Err(self.not_there(&renaming.above, access).await),
        };
        let name = rdn::below(&renaming.rdn.text, &above.name);
        let place = self.place(name.as_bytes(), "invalid new RDN")?;
        let rights_there = access.to(place.octets());
        if !rights.may_manage() || !rights_there.may_manage() {
            return Err(Answer::forbidden());
        }
        if place != renaming.from && self.entries.nearest(&self.tree, &[place.octets()]).await?.is_some() {
            return Err(Answer::new(ResultCode::ENTRY_ALREADY_EXISTS, ""));
        }
        let mut old = None;
        if renaming.deletes_old
            && let Ok(Some(written)) = WrittenName::first(open.row.name.as_bytes())
        {
            let rdn = old.insert(Rdn::read(&self.schema, &written)?);
            rdn.take_out(&mut open.entry, &renaming.rdn);
        }
        renaming.rdn.put_into(&mut open.entry);
        // What a name brings and takes along is written like anything else.
        let mut named = renaming.rdn.keys().chain(old.iter().flat_map(Rdn::keys));
        let may_write = |key: &str| rights.may_write(key) && rights_there.may_write(key);
        if !named.all(|key| open.entry.values(key) == open.before.values(key) || may_write(key)) {
            return Err(Answer::forbidden());
        }
        let following = Following {
            schema: &self.schema,
            from: &renaming.from,
            to: Some(&name),
            nobody: &self.settings.base_dn,
        };
        following.repair(&mut open.entry);
        self.stamp_changed(&mut open.entry, session);
        self.check_change(&open)?;
        let mut unit = self.repairs(session, &following, open.row.id).await?;
        let (before, after) = (self.schema.indexed(&open.before), self.schema.indexed(&open.entry));
        self.unique(&before, &after, Some(open.row.id), &mut unit).await?;
        open.put(&self.schema, &before, &after, &mut unit);
        unit.push(EntryChange::Move {
            id: open.row.id,
            // The step before has made it one more.
            version: open.row.version.saturating_add(1),
            path: Arc::clone(place.octets()),
            above: Some(Arc::clone(&above.path)),
            name: Arc::clone(&name),
        });
        let after = Shown {
            name: &name,
            entry: &open.entry,
            rights: rights_there,
        };
        Ok(Plan {
            unit,
            answer: controls.success(&self.schema, Some(open.shown_before(rights)), Some(after)),
        })
    }
}
