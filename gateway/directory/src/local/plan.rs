//! How the entries a filter may match are found: by the index that says most, and never by less than the filter would find. Whatever is
//! found is asked the whole filter afterwards.

use super::LocalDirectory;
use super::access::Access;
use super::answer::Answer;
use super::entry::Entry;
use super::filter::{Filter, Subject};
use super::path::NamePath;
use super::schema::{Schema, indexed_part};
use super::virtual_attributes::MEMBERS;
use postern_identity::records::entries::MOST_VALUES;
use postern_identity::records::{EntryRow, Indexed, Position, Reach, Selection, Wanted};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// Parts whose entries together are all that can match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plan {
    parts: Vec<Part>,
    rank: Rank,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// By the store.
    Select(Selection),
    /// The members of a group.
    Members(NamePath),
    /// What stands at these places.
    Places(VecDeque<Arc<[u8]>>),
}

/// How much a plan leaves to be looked at, least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Nothing,
    One,
    Equal,
    Members,
    Beginning,
    Range,
    /// Every value is looked at, but not every entry.
    Piece,
    Present,
    Class,
    /// An entry is found as often as it has members.
    Scattered,
    Everything,
}

/// Attributes of which a value usually has one entry.
const NEARLY_UNIQUE: &[&str] = &[
    "entryuuid",
    "uid",
    "mail",
    "employeenumber",
    "uidnumber",
    "telephonenumber",
];
/// Attributes of which an entry usually has many values.
const MANY_VALUED: &[&str] = &["member", "uniquemember", "memberuid"];
/// The most parts of a plan: beyond, everything is looked at.
const MOST_PARTS: usize = 512;
/// Entries of the first page, and of later ones.
const FIRST_PAGE: u32 = 32;
const LARGEST_PAGE: u32 = 512;
/// So many octets of bodies are meant to be in one page.
const PAGE_OCTETS: usize = 256 * 1024;

impl Plan {
    /// One part.
    pub(super) fn by(selection: Selection) -> Self {
        Self {
            parts: vec![Part::Select(selection)],
            rank: Rank::Everything,
        }
    }

    /// The best for a filter.
    pub(super) fn of(filter: &Filter, schema: &Schema) -> Self {
        best(filter, schema).unwrap_or_else(|| Self::by(Selection::Place))
    }

    /// Whether an entry may be found more than once.
    pub(super) fn may_repeat(&self) -> bool {
        may_repeat(self.parts.iter())
    }

    /// Begins. `most` is how many the client wants; 0: all.
    pub(super) fn start(self, reach: Reach, most: u32) -> Source {
        Source {
            limit: match (most, &reach) {
                (_, Reach::Only(_)) => 1,
                (0, _) => FIRST_PAGE,
                // One more tells whether there are more.
                (most, _) => most.saturating_add(1).min(FIRST_PAGE),
            },
            by_index: self
                .parts
                .iter()
                .all(|part| matches!(part, Part::Select(Selection::Equal(_) | Selection::AnyOf { .. }))),
            reach,
            everything: false,
            parts: self.parts.into(),
            after: None,
        }
    }
}

fn may_repeat<'a>(mut parts: impl Iterator<Item = &'a Part>) -> bool {
    match (parts.next(), parts.next()) {
        (None | Some(Part::Select(Selection::Place | Selection::Equal(_))), None) => false,
        (_, _) => true,
    }
}

// As deep as a filter may nest: it was counted when it was read.
fn best(filter: &Filter, schema: &Schema) -> Option<Plan> {
    match filter {
        Filter::And(parts) => parts
            .iter()
            .filter_map(|part| best(part, schema))
            .min_by_key(|plan| plan.rank),
        Filter::Or(parts) => {
            let mut all = nothing();
            for part in parts {
                let plan = best(part, schema)?;
                all.rank = all.rank.max(plan.rank);
                all.parts.extend(plan.parts);
            }
            all.parts = together(all.parts);
            (all.parts.len() <= MOST_PARTS).then_some(all)
        }
        Filter::Equal(of, value) if &*of.kind.key == "memberof" => Some(Plan {
            parts: vec![Part::Members(NamePath::from_octets(value.as_slice().into()))],
            rank: Rank::Members,
        }),
        Filter::Equal(of, value) if &*of.kind.key == "entrydn" => Some(Plan {
            parts: vec![Part::Places(VecDeque::from([value.as_slice().into()]))],
            rank: Rank::One,
        }),
        Filter::Equal(of, value) => {
            let rank = match &*of.kind.key {
                "objectclass" => Rank::Class,
                key if NEARLY_UNIQUE.contains(&key) => Rank::One,
                _ => Rank::Equal,
            };
            by_index(of, schema, rank, |attribute| {
                Selection::Equal(Indexed {
                    attribute,
                    value: indexed_part(value).into(),
                })
            })
        }
        Filter::Substrings(of, pieces) => {
            let Some(initial) = pieces.initial.as_deref().map(indexed_part) else {
                let piece = pieces.any.iter().chain(&pieces.last).max_by_key(|piece| piece.len())?;
                return by_index(of, schema, Rank::Piece, |attribute| Selection::Containing {
                    attribute,
                    piece: piece.as_slice().into(),
                });
            };
            by_index(of, schema, Rank::Beginning, |attribute| Selection::Between {
                attribute,
                from: initial.into(),
                to: behind_all_that_begin_with(initial),
            })
        }
        Filter::AtLeast(of, value) => by_index(of, schema, Rank::Range, |attribute| Selection::Between {
            attribute,
            from: indexed_part(value).into(),
            to: None,
        }),
        Filter::AtMost(of, value) => by_index(of, schema, Rank::Range, |attribute| Selection::Between {
            attribute,
            from: Arc::new([]),
            to: Some([indexed_part(value), &[0]].concat().into()),
        }),
        // Everything has an object class.
        Filter::Present(of) if &*of.kind.key == "objectclass" => None,
        Filter::Present(of) => {
            let is_scattered = MANY_VALUED.contains(&&*of.kind.key);
            let rank = if is_scattered { Rank::Scattered } else { Rank::Present };
            by_index(of, schema, rank, |attribute| Selection::Between {
                attribute,
                from: Arc::new([]),
                to: None,
            })
        }
        Filter::Undefined => Some(nothing()),
        Filter::Not(_) | Filter::Extensible(_) | Filter::Bits { .. } => None,
    }
}

/// Values of one attribute are asked for together.
fn together(parts: Vec<Part>) -> Vec<Part> {
    let mut values: BTreeMap<Arc<str>, BTreeSet<Arc<[u8]>>> = BTreeMap::new();
    let mut all: Vec<Part> = Vec::new();
    for part in parts {
        match part {
            Part::Select(Selection::Equal(indexed)) => {
                values.entry(indexed.attribute).or_default().insert(indexed.value);
            }
            Part::Select(Selection::AnyOf {
                attribute,
                values: several,
            }) => values.entry(attribute).or_default().extend(several.iter().cloned()),
            other if all.last() == Some(&other) => {}
            other => all.push(other),
        }
    }
    for (attribute, values) in values {
        let values: Vec<Arc<[u8]>> = values.into_iter().collect();
        for some in values.chunks(MOST_VALUES) {
            all.push(Part::Select(match some {
                [value] => Selection::Equal(Indexed {
                    attribute: Arc::clone(&attribute),
                    value: Arc::clone(value),
                }),
                some => Selection::AnyOf {
                    attribute: Arc::clone(&attribute),
                    values: some.into(),
                },
            }));
        }
    }
    all
}

fn nothing() -> Plan {
    Plan {
        parts: Vec::new(),
        rank: Rank::Nothing,
    }
}

/// A part for the type and each below it; `None` if one of them has no index.
fn by_index(of: &Subject, schema: &Schema, rank: Rank, select: impl Fn(Arc<str>) -> Selection) -> Option<Plan> {
    let parts = of.kind.covered.iter().map(|key| {
        let kind = schema.attribute(key.as_bytes()).filter(|kind| kind.indexed)?;
        Some(Part::Select(select(Arc::clone(&kind.key))))
    });
    let parts: Vec<Part> = parts.collect::<Option<_>>()?;
    (parts.len() <= MOST_PARTS).then_some(Plan { parts, rank })
}

/// The first octets that come after all that begin with these; `None`: there are none.
fn behind_all_that_begin_with(prefix: &[u8]) -> Option<Arc<[u8]>> {
    let last = prefix.iter().rposition(|octet| *octet != 0xff)?;
    let mut behind = prefix.get(..=last)?.to_vec();
    *behind.last_mut()? += 1;
    Some(behind.into())
}

/// A plan under way.
pub(super) struct Source {
    reach: Reach,
    parts: VecDeque<Part>,
    after: Option<Position>,
    limit: u32,
    /// All it finds, it finds by whole values.
    by_index: bool,
    /// It gave up its plan.
    everything: bool,
}

impl Source {
    /// Whether an entry may come that came before, and will not do so for the last time.
    pub(super) fn may_repeat(&self) -> bool {
        !self.everything
    }

    /// Begins anew, with everything in reach in its place.
    pub(super) fn look_at_everything(&mut self) {
        self.everything = true;
        self.after = None;
        self.parts = VecDeque::from([Part::Select(Selection::Place)]);
    }

    /// Whether it still goes by an index.
    pub(super) fn is_by_index(&self) -> bool {
        !self.everything && self.by_index
    }

    /// Whether nothing can come any more.
    pub(super) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// The next entries, maybe none; `None`: that was all.
    pub(super) async fn next(
        &mut self,
        directory: &LocalDirectory,
        access: &Access,
    ) -> Result<Option<Vec<EntryRow>>, Answer> {
        match self.parts.front_mut() {
            None => Ok(None),
            Some(Part::Select(selection)) => {
                let wanted = Wanted {
                    reach: self.reach.clone(),
                    by: selection.clone(),
                    after: self.after.take(),
                    limit: match selection {
                        _ if is_scattered(selection) => LARGEST_PAGE,
                        // Each has usually one.
                        Selection::AnyOf { values, .. } => {
                            self.limit.max(u32::try_from(values.len() + 1).unwrap_or(LARGEST_PAGE))
                        }
                        _ => self.limit,
                    },
                };
                let page = directory.entries.select(&directory.tree, &wanted).await?;
                match page.next {
                    Some(next) => self.after = Some(next),
                    None => {
                        self.parts.pop_front();
                    }
                }
                self.limit = next_limit(self.limit, &page.rows);
                Ok(Some(page.rows))
            }
            Some(Part::Members(group)) => {
                let group = group.clone();
                let places = directory.members_of(&group, access).await?;
                if let Some(part) = self.parts.front_mut() {
                    *part = Part::Places(places);
                }
                Ok(Some(Vec::new()))
            }
            Some(Part::Places(places)) => match places.pop_front() {
                None => {
                    self.parts.pop_front();
                    Ok(Some(Vec::new()))
                }
                Some(place) if self.reaches(&place) => {
                    let found = directory.entries.nearest(&directory.tree, &[&place]).await?;
                    Ok(Some(found.into_iter().collect()))
                }
                Some(_) => Ok(Some(Vec::new())),
            },
        }
    }

    fn reaches(&self, place: &Arc<[u8]>) -> bool {
        match &self.reach {
            Reach::Only(path) => place == path,
            Reach::Children(path) => {
                let above = NamePath::from_octets(Arc::clone(place)).above();
                above.is_some_and(|above| above.octets() == path)
            }
            Reach::Within(path) => place.starts_with(path),
        }
    }
}

/// Whether a large entry fills page after page with its values. The store reads it once for each page, so the fewer the better.
fn is_scattered(selection: &Selection) -> bool {
    matches!(selection, Selection::Between { attribute, .. } if MANY_VALUED.contains(&&**attribute))
}

/// Pages grow as long as they stay small in octets.
fn next_limit(limit: u32, rows: &[EntryRow]) -> u32 {
    let octets: usize = rows.iter().map(|row| row.body.len()).sum();
    let each = octets / rows.len().max(1);
    let fitting = u32::try_from(PAGE_OCTETS / each.max(1)).unwrap_or(u32::MAX);
    limit.saturating_mul(4).min(LARGEST_PAGE).min(fitting).max(1)
}

impl LocalDirectory {
    /// Where the members of a group stand, as far as they may be known.
    async fn members_of(&self, group: &NamePath, access: &Access) -> Result<VecDeque<Arc<[u8]>>, Answer> {
        let rights = access.to(group.octets());
        if !rights.may_see() {
            return Ok(VecDeque::new());
        }
        let row = self.entries.nearest(&self.tree, &[group.octets()]).await?;
        let Some((row, mut entry)) = row.and_then(|row| Entry::decode(&row.body).map(|entry| (row, entry))) else {
            return Ok(VecDeque::new());
        };
        self.put_back(&row, &mut entry, |key| rights.may_read(key)).await?;
        let members = MEMBERS.iter().filter(|key| rights.may_read(key));
        Ok(members
            .flat_map(|key| entry.values(key))
            .filter_map(|name| Some(Arc::clone(self.schema.path(name).ok()?.octets())))
            .collect())
    }
}
