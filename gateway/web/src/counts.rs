//! How many requests were answered, by what this program calls them: never by anything a client wrote.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Site, address as the program writes it (`/reset/l/{token}`), and class of status (`2xx`).
type Kind = (Box<str>, Box<str>, &'static str);

/// Counts of answered requests. Of a bounded size: there are as many kinds as sites, addresses in the program's text and classes.
#[derive(Debug, Default)]
pub struct RequestCounts(Mutex<BTreeMap<Kind, u64>>);

/// What stands for a site or an address that nobody here knows.
const NONE: &str = "-";

impl RequestCounts {
    /// With a count of 0 for each of these sites, so that it is there before anybody asks.
    pub fn of<'s>(sites: impl IntoIterator<Item = &'s str>) -> Self {
        let first = sites.into_iter().map(|site| ((site.into(), NONE.into(), "2xx"), 0));
        Self(Mutex::new(first.collect()))
    }

    /// One more.
    pub(crate) fn count(&self, site: Option<&str>, route: Option<&str>, status: u16) {
        let kind: Kind = (site.unwrap_or(NONE).into(), route.unwrap_or(NONE).into(), class(status));
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry(kind).or_default() += 1;
    }

    /// Every count: the site, the address, the class of status, and how many.
    pub fn each(&self, mut out: impl FnMut(&str, &str, &'static str, u64)) {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for ((site, route, class), count) in &*counts {
            out(site, route, class, *count);
        }
    }
}

fn class(status: u16) -> &'static str {
    match status {
        100..200 => "1xx",
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        _ => "5xx",
    }
}
