//! Modify (RFC 4511 §4.6).

use super::change::Changes;
use super::controls::Controls;
use super::password_change::Setter;
use super::rdn::Rdn;
use super::row::{Open, readable_policy};
use super::{Plan, Tries, is_own, signed_in};
use crate::local::LocalDirectory;
use crate::local::access::Access;
use crate::local::answer::Answer;
use crate::local::apart;
use crate::local::password::policy;
use crate::local::path::{NamePath, WrittenName};
use crate::local::session::{Actor, Session};
use postern_ldap::Message;
use postern_ldap::change::ModifyRequest;

impl LocalDirectory {
    pub(super) async fn modified(&self, session: &Session, message: &Message<'_>) -> Result<Answer, Answer> {
        let request = ModifyRequest::parse(message).map_err(|_| Answer::malformed("decoding modlist error"))?;
        let controls = Controls::read(self, message)?;
        signed_in(session)?;
        let path = self.place_within(request.entry, "modify upon the root DSE not supported")?;
        let changes = Changes::read(&self.schema, &request, session.actor == Actor::Root)?;
        let changes_own =
            changes.list.is_empty() && changes.password.new.is_some() && session.actor.path() == Some(&path);
        if session.must_change() && !changes_own {
            return Err(Answer::change_first(controls.policy));
        }
        let access = self.access_to_write(session).await?;
        // Whoever sets a password waits for its hash; nobody else is to wait for that.
        let _turn = if changes.password.is_some() {
            None
        } else {
            self.turns.wait(&path).await?
        };
        let mut tries = Tries::default();
        loop {
            let plan = self.plan_modify(session, &access, &path, &changes, &controls).await?;
            if self.settle(plan.unit, &mut tries).await? {
                return Ok(plan.answer);
            }
        }
    }

    async fn plan_modify(
        &self,
        session: &Session,
        access: &Access,
        path: &NamePath,
        changes: &Changes<'_>,
        controls: &Controls,
    ) -> Result<Plan, Answer> {
        let mut open = self.open(path, access).await?;
        let rights = access.to(path.octets());
        if session.must_change() && !is_own(session, open.row.id) {
            return Err(Answer::change_first(controls.policy));
        }
        self.asserted(controls, &open.row, &open.before, access).await?;
        let written = changes.list.iter().map(|change| &*change.attribute.key);
        let password = changes.password.is_some().then_some("userpassword");
        if !written.chain(password).all(|key| rights.may_write(key)) {
            return Err(Answer::forbidden());
        }
        let kept_apart = apart::keys(&open.row.body);
        let mut moved = None;
        if !kept_apart.iter().any(|key| controls.shows(&self.schema, key)) {
            moved = self.moved(&open.row, changes, controls.permissive).await?;
        }
        if moved.is_none() {
            self.open_whole(&mut open).await?;
        }
        let elsewhere = if moved.is_some() { kept_apart.as_slice() } else { &[] };
        changes.apply(&mut open.entry, controls.permissive, elsewhere)?;
        // Lifting a lock forgets the failures that led to it, as slapd's overlay does.
        if changes.deletes("pwdaccountlockedtime") && open.entry.values("pwdAccountLockedTime").is_empty() {
            let forgotten = policy::lock_lifted(&open.entry);
            policy::apply(&forgotten, &mut open.entry);
        }
        let name = WrittenName::first(open.row.name.as_bytes()).ok().flatten();
        if let Some(name) = name {
            Rdn::read(&self.schema, &name)?.check(&open.entry)?;
        }
        if changes.password.is_some() {
            let setter = Setter {
                by: Setter::by(session, open.row.id, rights),
                may_store_hashes: session.actor == Actor::Root,
                policy_asked: controls.policy,
                reset_is_said: changes.sets("pwdreset"),
                permissive: controls.permissive,
                share: session.share,
            };
            self.change_password(&mut open.entry, &changes.password, &setter)
                .await?;
        }
        self.stamp_changed(&mut open.entry, session);
        self.check_change(&open)?;
        let mut unit = Vec::new();
        let (before, after) = (self.schema.indexed(&open.before), self.schema.indexed(&open.entry));
        self.unique(&before, &after, Some(open.row.id), &mut unit).await?;
        open.put(&self.schema, &before, &after, &mut unit);
        unit.extend(moved.and_then(|moved| moved.step(&open.row)));
        Ok(Plan {
            unit,
            answer: controls.success(
                &self.schema,
                Some(open.shown_before(rights)),
                Some(open.shown_after(rights)),
            ),
        })
    }

    /// What the schema has against an entry as it is to be; what it is (its structural class) stays.
    pub(super) fn check_change(&self, open: &Open) -> Result<(), Answer> {
        self.schema
            .check_change(&open.before, &open.entry)
            .map_err(|fault| Answer::new(fault.code, fault.text))?;
        readable_policy(&open.entry)
    }
}
