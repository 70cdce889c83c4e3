//! Searches (RFC 4511 §4.5): a run of pages from the store, of which every entry is looked at before it is told of.
//!
//! What a search holds does not grow with what it finds: it hands over what it has and goes on when that was read.

use super::LocalDirectory;
use super::access::Access;
use super::answer::{self, Answer};
use super::apart;
use super::entry::Entry;
use super::filter::{Filter, Work};
use super::matching::{Question, filter_fault};
use super::operation::{Step, check_controls};
use super::paging::{self, Page, Resume};
use super::path::NamePath;
use super::plan::{Plan, Source};
use super::requested::Requested;
use super::root_dse::own_entry_told;
use super::session::{Actor, Session};
use super::sort::{self, Asked, Sorting, Unsortable};
use postern_identity::records::{EntryRow, Reach, Selection};
use postern_ldap::search::{Scope, SearchRequest};
use postern_ldap::{Message, MessageId, ResultCode, oid, tag};
use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// What may stand beside a search request.
const WITH_SEARCH: &[&[u8]] = &[
    oid::PAGED_RESULTS,
    oid::SORT_REQUEST,
    oid::ASSERTION,
    oid::PROXIED_AUTHORIZATION,
    oid::PROXIED_AUTHORIZATION_V1,
    oid::MANAGE_DSA_IT,
    oid::PASSWORD_POLICY,
];

/// So many octets of answers are handed over together.
const TOGETHER: usize = 32 * 1024;
/// So many entries are looked at before others of the thread have their turn.
const IN_A_ROW: u32 = 256;

/// So many entries are told apart while a plan may find one twice. Beyond, everything is looked at in its place, where nothing comes twice:
/// what a search holds must not grow with what it finds.
const MOST_SEEN: usize = if cfg!(test) { 50 } else { 50_000 };

/// A search under way.
pub(super) struct Search {
    directory: Arc<LocalDirectory>,
    access: Arc<Access>,
    id: MessageId,
    base: NamePath,
    without_base: bool,
    question: Question,
    requested: Requested,
    source: Source,
    rows: VecDeque<EntryRow>,
    /// Sorted: where the rest is.
    places: Option<VecDeque<Arc<[u8]>>>,
    /// Entries that may come more than once.
    seen: Option<HashSet<i64>>,
    found_any: bool,
    in_vain: u32,
    most_in_vain: u32,
    left: Option<u32>,
    work: Work,
    page: Option<Paged>,
    sort_result: Option<Result<(), Unsortable>>,
}

struct Paged {
    left: u32,
    number: u64,
    likeness: u64,
}

/// What is to be said of an entry.
enum Matched {
    Yes(Box<Entry>),
    No,
    /// It was said before.
    Again,
}

/// What a request turned out to be.
enum Begun {
    Search(Box<Search>),
    /// About the root DSE or the subschema: the whole answer.
    Own(Vec<u8>),
}

impl Search {
    /// Does a request as far as it goes at once.
    pub(super) async fn run(
        directory: &Arc<LocalDirectory>,
        session: &Session,
        message: &Message<'_>,
        resume: Resume,
    ) -> Step {
        match Self::begin(directory, session, message, resume).await {
            Ok(Begun::Search(search)) => search.step().await,
            Ok(Begun::Own(octets)) => Step::Done(octets),
            Err(answer) => Step::Done(answer.message(message.id, tag::SEARCH_REQUEST)),
        }
    }

    async fn begin(
        directory: &Arc<LocalDirectory>,
        session: &Session,
        message: &Message<'_>,
        resume: Resume,
    ) -> Result<Begun, Answer> {
        let request = SearchRequest::parse(message).map_err(|_| Answer::malformed("the search cannot be read"))?;
        check_controls(message.controls, WITH_SEARCH)?;
        let page = match resume {
            Resume::Not => None,
            Resume::Refused(answer) => return Err(answer),
            // RFC 2696 §3: the client has seen enough.
            Resume::Next { size: 0, .. } => return Err(Answer::success().with_control(paging::response(None))),
            Resume::Next { size, page } => {
                let mut search = page.search;
                search.id = message.id;
                search.access = directory.access_to_read(session).await?;
                // Each page is a request of its own, with the time and the patience of one.
                search.work = work(directory, session, request.time_limit);
                search.in_vain = 0;
                search.page = Some(Paged {
                    left: size,
                    number: page.number,
                    likeness: page.likeness,
                });
                return Ok(Begun::Search(search));
            }
            Resume::First { size, number, likeness } => Some(Paged {
                left: size.max(1),
                number,
                likeness,
            }),
        };
        let schema = &directory.schema;
        let limits = &directory.settings.limits;
        let attributes = Requested::read(request.attributes(), request.types_only, schema)
            .map_err(|_| Answer::malformed("the attributes cannot be read"))?;
        let filter = Filter::read(&request.filter, schema).map_err(filter_fault)?;
        let asserted = directory.assertion(message)?;
        if request.scope == Scope::Base
            && let Some(own) = directory.own_entry(request.base)
        {
            return Ok(Begun::Own(own_entry_told(
                directory,
                message.id,
                &own,
                &filter,
                &attributes,
            )));
        }
        let base = schema.path(request.base);
        let base = base.map_err(|_| Answer::new(ResultCode::INVALID_DN_SYNTAX, "invalid DN"))?;
        let access = directory.access_to_read(session).await?;
        let visible = base.is_within(&directory.base) && access.to(base.octets()).may_see();
        if !visible {
            return Err(directory.missing(&base, &access).await);
        }
        if let Some(asserted) = asserted {
            directory.assert_of(&base, &asserted, &access).await?;
        }
        let octets = Arc::clone(base.octets());
        let (reach, without_base) = match request.scope {
            Scope::Base => (Reach::Only(octets), false),
            Scope::One => (Reach::Children(octets), false),
            Scope::Subtree => (Reach::Within(octets), false),
            Scope::Other(3) => (Reach::Within(octets), true),
            Scope::Other(_) => return Err(Answer::malformed("the scope is not known")),
        };
        let plan = match request.scope {
            Scope::Base => Plan::by(Selection::Place),
            _ => Plan::of(&filter, schema),
        };
        let unlimited = session.actor == Actor::Root;
        let mut search = Box::new(Self {
            id: message.id,
            without_base,
            question: Question::new(filter),
            requested: attributes,
            seen: plan.may_repeat().then(HashSet::new),
            source: plan.start(reach, request.size_limit),
            rows: VecDeque::new(),
            places: None,
            found_any: false,
            in_vain: 0,
            most_in_vain: if unlimited { u32::MAX } else { limits.look_through },
            left: (request.size_limit > 0).then_some(request.size_limit),
            work: work(directory, session, request.time_limit),
            page,
            sort_result: None,
            base,
            access,
            directory: Arc::clone(directory),
        });
        search.sort(message).await?;
        Ok(Begun::Search(search))
    }

    /// Goes on until there is enough to hand over, or it ends.
    pub(super) async fn step(mut self: Box<Self>) -> Step {
        let mut out = Vec::new();
        let mut looked_at = 0;
        let ended = loop {
            if self.page.as_ref().is_some_and(|page| page.left == 0) {
                return self.page_ends(out);
            }
            let row = match self.next_row().await {
                Ok(Some(row)) => row,
                Ok(None) => break self.ends().await,
                Err(answer) => break answer,
            };
            looked_at += 1;
            if looked_at % IN_A_ROW == 0 {
                tokio::task::yield_now().await;
            }
            match self.tell(&row, &mut out).await {
                Ok(()) if out.len() >= TOGETHER => return Step::More(out, self),
                Ok(()) => {}
                Err(answer) => break answer,
            }
        };
        let ended = self.with_controls(ended, None);
        out.extend(ended.message(self.id, tag::SEARCH_REQUEST));
        Step::Done(out)
    }

    /// Adds an entry to the answers, if it is one of those that are wanted.
    async fn tell(&mut self, row: &EntryRow, out: &mut Vec<u8>) -> Result<(), Answer> {
        let rights = self.access.to(&row.path);
        let at_once = self.seen.is_none() && !self.without_base && self.question.is_always(rights) && rights.may_see();
        if !at_once {
            let matched = if self.places.is_none() && self.source.is_by_index() && self.question.is_by_index(rights) {
                self.found(row)
            } else {
                self.matched(row).await?
            };
            match matched {
                Matched::Yes(_) => {}
                Matched::Again => return Ok(()),
                Matched::No => return self.looked_in_vain(),
            }
        }
        match &mut self.left {
            Some(0) => return Err(Answer::new(ResultCode::SIZE_LIMIT_EXCEEDED, "")),
            Some(left) => *left -= 1,
            None => {}
        }
        let rights = self.access.to(&row.path);
        let kept_apart = apart::keys(&row.body);
        let whole = if kept_apart.is_empty() {
            None
        } else {
            let wanted = |key: &str| self.requested.wants_key(key, &self.directory.schema) && rights.may_read(key);
            Some(self.directory.whole_body(row, wanted).await?)
        };
        let worked_out = self
            .directory
            .worked_out_attributes(&self.requested, row, &self.access)
            .await?;
        let mut types = Vec::new();
        let pieces = self
            .requested
            .pick(
                whole.as_deref().unwrap_or(&row.body),
                &worked_out,
                &mut types,
                rights,
                &self.directory.schema,
            )
            .map_err(|_| unreadable())?;
        answer::entry(out, self.id, &row.name, &pieces);
        if let Some(page) = &mut self.page {
            page.left -= 1;
        }
        Ok(())
    }

    /// The same as [`Search::matched`] of an entry that was found by just what is asked: there is nothing to look at in it.
    fn found(&mut self, row: &EntryRow) -> Matched {
        if self.seen.as_ref().is_some_and(|seen| seen.contains(&row.id)) {
            return Matched::Again;
        }
        let is_base = self.without_base && row.path == *self.base.octets();
        if is_base || !self.access.to(&row.path).may_see() {
            return Matched::No;
        }
        self.remember(row);
        Matched::Yes(Box::default())
    }

    fn remember(&mut self, row: &EntryRow) {
        if let Some(seen) = self.seen.as_mut().filter(|_| self.source.may_repeat()) {
            seen.insert(row.id);
            if seen.len() == MOST_SEEN {
                self.rows.clear();
                self.source.look_at_everything();
            }
        }
    }

    /// Whether an entry matches, may be seen and was not told of before.
    async fn matched(&mut self, row: &EntryRow) -> Result<Matched, Answer> {
        // What was gathered to be sorted was seen then, and is looked at once more when it is told of.
        let gathered = self.places.is_some();
        if !gathered && self.seen.as_ref().is_some_and(|seen| seen.contains(&row.id)) {
            return Ok(Matched::Again);
        }
        let is_base = self.without_base && row.path == *self.base.octets();
        if is_base || !self.access.to(&row.path).may_see() {
            return Ok(Matched::No);
        }
        let entry = Entry::decode(&row.body).ok_or_else(unreadable)?;
        if !self
            .question
            .matches(&self.directory, row, &entry, &self.access, &mut self.work)
            .await?
        {
            return Ok(Matched::No);
        }
        if !gathered {
            self.remember(row);
        }
        Ok(Matched::Yes(Box::new(entry)))
    }

    fn looked_in_vain(&mut self) -> Result<(), Answer> {
        self.in_vain += 1;
        if self.in_vain > self.most_in_vain {
            return Err(Answer::new(
                ResultCode::ADMIN_LIMIT_EXCEEDED,
                "too many entries would have to be read: search by an indexed attribute",
            ));
        }
        Ok(())
    }

    /// The next entry to look at.
    async fn next_row(&mut self) -> Result<Option<EntryRow>, Answer> {
        if let Some(places) = &mut self.places {
            while let Some(place) = places.pop_front() {
                let found = self.directory.entries.nearest(&self.directory.tree, &[&place]).await?;
                if found.is_some() {
                    return Ok(found);
                }
            }
            // Given up sorting: the rest comes as it is found.
            self.places = None;
        }
        loop {
            if let Some(row) = self.rows.pop_front() {
                return Ok(Some(row));
            }
            if self.work.is_late() {
                return Err(Answer::new(ResultCode::TIME_LIMIT_EXCEEDED, ""));
            }
            match self.source.next(&self.directory, &self.access).await? {
                Some(rows) => self.rows.extend(rows),
                None => return Ok(None),
            }
            self.found_any |= !self.rows.is_empty();
        }
    }

    /// Gathers everything and sorts it, where that is asked for (RFC 2891).
    async fn sort(&mut self, message: &Message<'_>) -> Result<(), Answer> {
        let malformed = || Answer::malformed("the sort control cannot be read");
        let Some(control) = message.controls.sole(oid::SORT_REQUEST).map_err(|_| malformed())? else {
            return Ok(());
        };
        let most = self.directory.settings.limits.sorted;
        let mut sorting = match Sorting::read(&control, most, &self.directory.schema).ok_or_else(malformed)? {
            Asked::Sorted(sorting) => sorting,
            Asked::Unsorted(fault) if control.critical => return Err(unsorted(fault)),
            Asked::Unsorted(fault) => {
                self.sort_result = Some(Err(fault));
                return Ok(());
            }
        };
        let mut looked_at = 0;
        while let Some(row) = self.next_row().await? {
            looked_at += 1;
            if looked_at % IN_A_ROW == 0 {
                tokio::task::yield_now().await;
            }
            let entry = match self.matched(&row).await? {
                Matched::Yes(entry) => entry,
                Matched::Again => continue,
                Matched::No => {
                    self.looked_in_vain()?;
                    continue;
                }
            };
            let rights = self.access.to(&row.path);
            if !sorting.add(&row.path, &entry, |key| rights.may_read(key)) {
                let fault = Unsortable(ResultCode::ADMIN_LIMIT_EXCEEDED);
                if sorting.is_critical() {
                    return Err(unsorted(fault));
                }
                if let Some(seen) = &mut self.seen {
                    seen.remove(&row.id);
                }
                self.rows.push_front(row);
                self.sort_result = Some(Err(fault));
                self.places = Some(sorting.unsorted());
                return Ok(());
            }
        }
        self.sort_result = Some(Ok(()));
        self.places = Some(sorting.sorted());
        Ok(())
    }

    fn page_ends(mut self: Box<Self>, mut out: Vec<u8>) -> Step {
        let nothing_left =
            self.rows.is_empty() && self.source.is_empty() && self.places.as_ref().is_none_or(VecDeque::is_empty);
        let page = self.page.take().filter(|_| !nothing_left);
        let number = page.as_ref().map(|page| page.number);
        let answer = self
            .with_controls(Answer::success(), None)
            .with_control(paging::response(number));
        out.extend(answer.message(self.id, tag::SEARCH_REQUEST));
        match page {
            None => Step::Done(out),
            Some(page) => Step::Page(
                out,
                Page {
                    number: page.number,
                    likeness: page.likeness,
                    search: self,
                },
            ),
        }
    }

    /// Nothing more was found.
    async fn ends(&self) -> Answer {
        if self.found_any {
            return Answer::success();
        }
        self.directory.missing(&self.base, &self.access).await
    }

    fn with_controls(&self, answer: Answer, number: Option<u64>) -> Answer {
        let answer = match self.sort_result {
            Some(result) => answer.with_control(sort::response(result)),
            None => answer,
        };
        match self.page {
            Some(_) => answer.with_control(paging::response(number)),
            None => answer,
        }
    }
}

impl LocalDirectory {
    /// 122 unless the entry by this name matches (RFC 4528 §4).
    async fn assert_of(&self, base: &NamePath, asserted: &Filter, access: &Access) -> Result<(), Answer> {
        let Some(row) = self.entries.nearest(&self.tree, &[base.octets()]).await? else {
            return Err(self.missing(base, access).await);
        };
        let entry = Entry::decode(&row.body).ok_or_else(unreadable)?;
        self.check_assertion(asserted, &row, &entry, access).await
    }
}

/// What a request may do that asks for so many seconds; 0: for none.
fn work(directory: &LocalDirectory, session: &Session, asked: u32) -> Work {
    let limits = &directory.settings.limits;
    let is_root = session.actor == Actor::Root;
    let asked = (asked > 0).then(|| Duration::from_secs(asked.into()));
    let most = (!is_root).then_some(limits.search_time);
    let deadline = most.into_iter().chain(asked).min().map(|time| Instant::now() + time);
    if is_root {
        Work::unlimited(deadline)
    } else {
        Work::for_entries(limits.look_through, deadline)
    }
}

/// What is kept is no entry.
pub(super) fn unreadable() -> Answer {
    Answer::new(ResultCode::OTHER, "an entry of the directory's store cannot be read")
}

fn unsorted(fault: Unsortable) -> Answer {
    Answer::control_unavailable().with_control(sort::response(Err(fault)))
}
