//! Add (RFC 4511 §4.7).

use super::change::{checked, constraint, undefined};
use super::controls::{Controls, Shown};
use super::password_change::{Setter, only};
use super::rdn::{self, Rdn};
use super::{Plan, Tries, generalized_time, sequence, signed_in};
use crate::local::LocalDirectory;
use crate::local::access::{Access, Rights};
use crate::local::answer::Answer;
use crate::local::apart;
use crate::local::entry::{Attribute, Entry};
use crate::local::password::By;
use crate::local::path::{NamePath, WrittenName};
use crate::local::session::{Actor, Session};
use postern_identity::Secret;
use postern_identity::records::{EntryChange, EntryRow, NewEntry};
use postern_ldap::change::{AddRequest, AttributeValues};
use postern_ldap::{Message, ResultCode};
use std::sync::Arc;
use uuid::Uuid;

/// What is to be made.
struct Adding<'a> {
    path: NamePath,
    rdn: Rdn<'a>,
    /// All of it but the password and what is only known when it is made.
    entry: Entry,
    password: Option<Secret>,
}

impl LocalDirectory {
    pub(super) async fn added(&self, session: &Session, message: &Message<'_>) -> Result<Answer, Answer> {
        let request = AddRequest::parse(message).map_err(|_| Answer::malformed("decoding error"))?;
        let controls = Controls::read(self, message)?;
        signed_in(session)?;
        let adding = self.adding(session, &request)?;
        let access = self.access_to_write(session).await?;
        // Whoever sets a password waits for its hash; nobody else is to wait for that.
        let _turn = match adding.password {
            Some(_) => None,
            None => self.turns.wait(&adding.path).await?,
        };
        let mut tries = Tries::default();
        loop {
            let plan = self.plan_add(session, &access, &adding, &controls).await?;
            if self.settle(plan.unit, &mut tries).await? {
                return Ok(plan.answer);
            }
        }
    }

    /// Reads the entry of a request and sees that it can be one.
    fn adding(&self, session: &Session, request: &AddRequest<'_>) -> Result<Adding<'_>, Answer> {
        let path = self.schema.path(request.entry);
        if path.as_ref().is_ok_and(NamePath::is_root) {
            return Err(Answer::new(ResultCode::ENTRY_ALREADY_EXISTS, "root DSE already exists"));
        }
        let path = self.place_within(request.entry, "")?;
        let written = WrittenName::first(request.entry).ok().flatten();
        let written = written.ok_or_else(|| Answer::new(ResultCode::INVALID_DN_SYNTAX, "invalid DN"))?;
        let rdn = Rdn::to_be(&self.schema, &written)?;
        let mut adding = Adding {
            path,
            rdn,
            entry: Entry::new(),
            password: None,
        };
        for attribute in request.attributes() {
            self.take(&mut adding, &attribute, session.actor == Actor::Root)?;
        }
        if adding.entry.attributes().is_empty() {
            return Err(Answer::malformed("no attributes provided"));
        }
        adding.rdn.put_into(&mut adding.entry);
        Ok(adding)
    }

    /// Takes one attribute of the request.
    fn take(&self, adding: &mut Adding<'_>, given: &AttributeValues<'_>, may_all: bool) -> Result<(), Answer> {
        let described = self
            .schema
            .described(given.description)
            .ok_or_else(|| undefined(given.description))?;
        let attribute = described.kind;
        if given.values().next().is_none() {
            return Err(Answer::malformed("no values for attribute type"));
        }
        let is_there = !adding.entry.values(&described.canonical).is_empty();
        let is_password = &*attribute.key == "userpassword";
        if is_there || (is_password && adding.password.is_some()) {
            return Err(Answer::new(
                ResultCode::ATTRIBUTE_OR_VALUE_EXISTS,
                format!("attribute '{}' provided more than once", described.canonical),
            ));
        }
        if is_password {
            if described.canonical.contains(';') {
                return Err(undefined(given.description));
            }
            adding.password = only(given)?;
            return Ok(());
        }
        if !attribute.user_modifiable && !may_all {
            return Err(constraint(format!("{}: no user modification allowed", attribute.name)));
        }
        let values: Vec<Vec<u8>> = given.values().map(<[u8]>::to_vec).collect();
        checked(attribute, &values, false)?;
        adding.entry.set(&described.canonical, values);
        Ok(())
    }

    async fn plan_add(
        &self,
        session: &Session,
        access: &Access,
        adding: &Adding<'_>,
        controls: &Controls,
    ) -> Result<Plan, Answer> {
        let rights = access.to(adding.path.octets());
        let above = match self.nearest(&adding.path).await? {
            Some(row) if row.path == *adding.path.octets() => return Err(there_already(rights)),
            nearest => {
                let path_above = adding.path.above().filter(|_| adding.path != self.base);
                match (path_above, nearest) {
                    (None, _) => None,
                    // Whoever may make an entry there may know what it will be below.
                    (Some(path), Some(row))
                        if row.path == *path.octets() && (rights.may_manage() || access.knows_of(&row)) =>
                    {
                        Some(row)
                    }
                    (Some(path), _) => return Err(self.not_there(&path, access).await),
                }
            }
        };
        if !rights.may_manage() || !self.may_write_all(adding, rights) {
            return Err(Answer::forbidden());
        }
        let mut entry = adding.entry.clone();
        self.stamp_made(&mut entry, session);
        if let Some(password) = &adding.password {
            let setter = Setter {
                by: By::Administrator,
                may_store_hashes: session.actor == Actor::Root,
                policy_asked: controls.policy,
                reset_is_said: false,
                permissive: false,
                share: session.share,
            };
            self.first_password(&mut entry, password, &setter).await?;
        }
        self.check_new(&mut entry)?;
        let indexed = self.schema.indexed(&entry);
        let mut unit = Vec::new();
        if let Err(not_alone) = self.unique(&[], &indexed, None, &mut unit).await {
            // Who was faster with the same name has its values, too: that the name is taken says more.
            let there = self.entries.nearest(&self.tree, &[adding.path.octets()]).await?;
            return Err(there.map_or(not_alone, |_| there_already(rights)));
        }
        let name = match &above {
            Some(above) => rdn::below(&adding.rdn.text, &above.name),
            None => self.settings.base_dn.as_str().into(),
        };
        let shown = Shown {
            name: &name,
            entry: &entry,
            rights,
        };
        let answer = controls.success(&self.schema, None, Some(shown));
        let row = EntryRow {
            id: 0,
            version: 0,
            path: Arc::clone(adding.path.octets()),
            body: entry.encode().into(),
            name,
        };
        // Of an add, what is asserted is asserted of the entry to be (RFC 4528 §4).
        self.asserted(controls, &row, &entry, access).await?;
        let apart = apart::split(&self.schema, &mut entry, &[]);
        let (body, indexed) = if apart.is_empty() {
            (row.body, indexed)
        } else {
            (entry.encode().into(), self.schema.indexed(&entry))
        };
        let path = Arc::clone(&row.path);
        unit.push(EntryChange::Insert(NewEntry {
            path: row.path,
            above: above.map(|above| above.path),
            name: row.name,
            body,
            indexed,
        }));
        if !apart.is_empty() {
            unit.push(EntryChange::Apart {
                path,
                without: Vec::new(),
                with: apart,
            });
        }
        Ok(Plan { unit, answer })
    }

    /// Whether every attribute that is given may be written, those of the name among them.
    fn may_write_all(&self, adding: &Adding<'_>, rights: Rights<'_>) -> bool {
        let may_write = |attribute: &Attribute| {
            let kind = self.schema.attribute(attribute.base().as_bytes());
            kind.is_some_and(|kind| rights.may_write(&kind.key))
        };
        (adding.password.is_none() || rights.may_write("userpassword"))
            && adding.entry.attributes().iter().all(may_write)
    }

    /// Writes who made an entry, when, and what it is called for ever. What Root gave stays.
    pub(super) fn stamp_made(&self, entry: &mut Entry, session: &Session) {
        let now = generalized_time(self.clock.now());
        let number = self.sequence.next(self.clock.now(), None);
        let given = entry.values("entryCSN");
        if !given.iter().all(|given| sequence::was_given(given, self.clock.now())) || given.len() > 1 {
            entry.set("entryCSN", Vec::new());
        }
        let who = session.actor.name().as_bytes().to_vec();
        let uuid = Uuid::new_v4().to_string().into_bytes();
        for (attribute, value) in [
            ("entryUUID", uuid),
            ("creatorsName", who.clone()),
            ("createTimestamp", now.clone()),
            ("modifiersName", who),
            ("modifyTimestamp", now),
            ("entryCSN", number),
        ] {
            if entry.values(attribute).is_empty() {
                entry.set(attribute, vec![value]);
            }
        }
    }
}

/// What is said of a name that is taken.
fn there_already(rights: Rights<'_>) -> Answer {
    if rights.may_see() {
        Answer::new(ResultCode::ENTRY_ALREADY_EXISTS, "")
    } else {
        Answer::forbidden()
    }
}
