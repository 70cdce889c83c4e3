//! Whether an entry matches a filter, of what somebody may read in it; and the requests that rest on that (RFC 4528).

use super::LocalDirectory;
use super::access::{Access, Rights};
use super::answer::Answer;
use super::entry::Entry;
use super::filter::{Filter, Overdone, Subject, Work};
use super::schema::AttributeType;
use super::virtual_attributes::{self, Virtual};
use postern_identity::records::EntryRow;
use postern_ldap::{Message, ResultCode, WireError, control, oid};
use std::sync::Arc;

/// A filter that is asked of many entries for one actor.
pub(crate) struct Question {
    filter: Filter,
    /// The types it looks at, each once.
    looked_at: Vec<Arc<AttributeType>>,
    virtuals: Vec<Virtual>,
    /// How many parts look at something.
    parts: usize,
    /// Which of those types were hidden last, and the filter without them.
    hidden: Option<(Vec<bool>, Filter)>,
    always: bool,
}

impl Question {
    pub(crate) fn new(filter: Filter) -> Self {
        let mut looked_at: Vec<Arc<AttributeType>> = Vec::new();
        let mut parts = 0;
        subjects(&filter, &mut |subject| {
            parts += 1;
            if !looked_at.iter().any(|known| known.key == subject.kind.key) {
                looked_at.push(Arc::clone(&subject.kind));
            }
        });
        let looks_at = |kind: Virtual| {
            looked_at
                .iter()
                .any(|of| of.covered.iter().any(|key| **key == *kind.key()))
        };
        let virtuals = virtual_attributes::ALL
            .iter()
            .copied()
            .filter(|kind| looks_at(*kind))
            .collect();
        Self {
            always: matches!(&filter, Filter::Present(of) if &*of.kind.key == "objectclass" && of.options.is_empty()),
            looked_at,
            virtuals,
            parts,
            filter,
            hidden: None,
        }
    }

    /// Whether every entry matches whose object classes may be read.
    pub(crate) fn is_always(&self, rights: Rights<'_>) -> bool {
        self.always && rights.may_read("objectclass")
    }

    /// Whether an entry matches. What may not be read makes a part undefined, so that nothing is found out by asking.
    pub(crate) async fn matches(
        &mut self,
        directory: &LocalDirectory,
        row: &EntryRow,
        entry: &Entry,
        access: &Access,
        work: &mut Work,
    ) -> Result<bool, Answer> {
        let rights = access.to(&row.path);
        let mut worked_out = Vec::new();
        for which in &self.virtuals {
            if rights.may_read(which.key()) {
                worked_out.push((which.key(), directory.worked_out(*which, row, access).await?));
            }
        }
        let also = |key: &str| match worked_out.iter().find(|(known, _)| *known == key) {
            Some((_, values)) => Some(values.clone()),
            None if key == Virtual::EntryDn.key() => Some(vec![row.name.as_bytes().to_vec()]),
            None => None,
        };
        let values: usize = entry.attributes().iter().map(|held| 2 + held.values.len()).sum();
        let values_also: usize = worked_out.iter().map(|(_, values)| values.len()).sum();
        let most = (values + values_also + row.body.len() / 64).saturating_mul(self.parts) as u64;
        let before = work.left();
        let filter = self.visible(rights);
        let found = filter.matches_within(entry, &directory.schema, &also, most, work);
        let is_found = found.await.map_err(overdone)? == Some(true);
        if is_found {
            work.matched(before);
        }
        Ok(is_found)
    }

    fn visible(&mut self, rights: Rights<'_>) -> &Filter {
        let is_hidden = |kind: &AttributeType| kind.covered.iter().any(|key| !rights.may_read(key));
        if !self.looked_at.iter().any(|kind| is_hidden(kind)) {
            return &self.filter;
        }
        let which: Vec<bool> = self.looked_at.iter().map(|kind| is_hidden(kind)).collect();
        if self.hidden.as_ref().is_none_or(|(known, _)| *known != which) {
            self.hidden = Some((which, self.filter.clone().hiding(&is_hidden)));
        }
        self.hidden.as_ref().map_or(&Filter::Undefined, |(_, filter)| filter)
    }
}

// As deep as a filter may nest: it was counted when it was read.
fn subjects(filter: &Filter, visit: &mut impl FnMut(&Subject)) {
    match filter {
        Filter::And(parts) | Filter::Or(parts) => parts.iter().for_each(|part| subjects(part, visit)),
        Filter::Not(part) => subjects(part, visit),
        Filter::Equal(of, _)
        | Filter::AtLeast(of, _)
        | Filter::AtMost(of, _)
        | Filter::Present(of)
        | Filter::Substrings(of, _)
        | Filter::Bits { of, .. } => visit(of),
        Filter::Extensible(extensible) => extensible.of.iter().for_each(visit),
        Filter::Undefined => {}
    }
}

fn overdone(fault: Overdone) -> Answer {
    match fault {
        Overdone::Work => Answer::new(
            ResultCode::ADMIN_LIMIT_EXCEEDED,
            "too much would have to be compared: ask with fewer parts in the filter",
        ),
        Overdone::Time => Answer::new(ResultCode::TIME_LIMIT_EXCEEDED, ""),
    }
}

/// What a filter that cannot be read is answered.
pub(crate) fn filter_fault(fault: WireError) -> Answer {
    match fault {
        WireError::TooDeep | WireError::TooMany => Answer::new(
            ResultCode::ADMIN_LIMIT_EXCEEDED,
            "the filter is nested too deep, or has too many parts",
        ),
        _ => Answer::malformed("the filter cannot be read"),
    }
}

impl LocalDirectory {
    /// The filter of the assertion control, if there is one.
    pub(crate) fn assertion(&self, message: &Message<'_>) -> Result<Option<Filter>, Answer> {
        let control = message.controls.sole(oid::ASSERTION);
        let Some(control) = control.map_err(|_| Answer::malformed("the controls cannot be read"))? else {
            return Ok(None);
        };
        let filter = control::assertion::filter(control.value)
            .and_then(|element| Filter::read(&element, &self.schema))
            .map_err(filter_fault)?;
        Ok(Some(filter))
    }

    /// 122 unless the entry matches (RFC 4528 §3).
    pub(crate) async fn check_assertion(
        &self,
        asserted: &Filter,
        row: &EntryRow,
        entry: &Entry,
        access: &Access,
    ) -> Result<(), Answer> {
        if self.matches(asserted, row, entry, access).await? {
            Ok(())
        } else {
            Err(Answer::new(ResultCode::ASSERTION_FAILED, ""))
        }
    }

    /// Whether an entry matches, of what may be read of it.
    pub(crate) async fn matches(
        &self,
        filter: &Filter,
        row: &EntryRow,
        entry: &Entry,
        access: &Access,
    ) -> Result<bool, Answer> {
        let mut work = Work::for_entries(self.settings.limits.look_through, None);
        let mut question = Question::new(filter.clone());
        question.matches(self, row, entry, access, &mut work).await
    }
}
