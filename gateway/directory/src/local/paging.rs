//! Pages of a search (RFC 2696). What is left of it waits on its connection, and only there: a cookie is nothing but the number of a search
//! that waits, so that nobody can make one that leads anywhere else. The eldest goes when there are too many, and all go with a bind.

use super::answer::Answer;
use super::search::Search;
use postern_ldap::control::paged::PagedResults;
use postern_ldap::{Header, Message, ResultCode, oid, tag};
use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};

/// The most searches that wait on one connection.
pub(super) const MOST_PAUSED: usize = 8;

/// Searches that wait for somebody to ask for the next page.
#[derive(Default)]
pub(super) struct Paused {
    waiting: VecDeque<Page>,
    last: u64,
}

/// A search between two pages.
pub(super) struct Page {
    pub(super) number: u64,
    /// Of everything that must be the same in the next request.
    pub(super) likeness: u64,
    pub(super) search: Box<Search>,
}

/// What a request has to do with pages.
pub(super) enum Resume {
    /// Nothing.
    Not,
    /// It begins, with this many entries a page; what is left is to wait under this number.
    First { size: u32, number: u64, likeness: u64 },
    /// It goes on.
    Next { size: u32, page: Page },
    /// It cannot: this is the answer.
    Refused(Answer),
}

impl Paused {
    /// Takes out what a request goes on with.
    pub(super) fn resume(&mut self, header: &Header, request: &[u8]) -> Resume {
        if header.operation != tag::SEARCH_REQUEST || !postern_ldap::frame::has_controls(request, header) {
            return Resume::Not;
        }
        let Ok(message) = Message::parse(request) else {
            return Resume::Not;
        };
        let malformed = || Resume::Refused(Answer::malformed("the paged results control cannot be read"));
        let control = match message.controls.sole(oid::PAGED_RESULTS) {
            Ok(None) => return Resume::Not,
            Ok(Some(control)) => control,
            Err(_) => return malformed(),
        };
        let Some(Ok(asked)) = control.value.map(PagedResults::parse) else {
            return malformed();
        };
        let likeness = likeness(&message);
        if asked.cookie.is_empty() {
            self.last = self.last.wrapping_add(1);
            return Resume::First {
                size: asked.size,
                number: self.last,
                likeness,
            };
        }
        let place = self
            .waiting
            .iter()
            .position(|page| page.number.to_be_bytes() == asked.cookie);
        match place.and_then(|place| self.waiting.remove(place)) {
            Some(page) if page.likeness == likeness => {
                self.last = self.last.wrapping_add(1);
                Resume::Next {
                    size: asked.size,
                    page: Page {
                        number: self.last,
                        ..page
                    },
                }
            }
            _ => Resume::Refused(Answer::new(
                ResultCode::UNWILLING_TO_PERFORM,
                "paged results cookie is invalid or old",
            )),
        }
    }

    /// Keeps what is left.
    pub(super) fn keep(&mut self, page: Page) {
        if self.waiting.len() == MOST_PAUSED {
            self.waiting.pop_front();
        }
        self.waiting.push_back(page);
    }
}

/// A number for everything but the page of a search: a client that mixes up two of its own is told so.
fn likeness(message: &Message<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    message.operation.content.hash(&mut hasher);
    hasher.finish()
}

/// The response control. `number` is that of the search that waits; `None`: nothing is left.
pub(super) fn response(number: Option<u64>) -> Vec<u8> {
    let cookie = number.map(u64::to_be_bytes);
    PagedResults {
        size: 0,
        cookie: cookie.as_ref().map_or(&[], |cookie| cookie),
    }
    .control(false)
}
