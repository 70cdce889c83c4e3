//! What is wrong with a file, where, and what would be right.

use std::collections::HashSet;
use thiserror::Error;

/// The most octets of a file's own words that are repeated in a problem.
const LONGEST_QUOTE: usize = 60;
/// The most problems one reading reports.
const MOST_PROBLEMS: usize = 1000;

/// One mistake. A reading reports all it finds, not the first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Error)]
#[error("{path}:{line}:{column}: {what}: {remedy}")]
pub struct Problem {
    /// The file, or the folder where no single file is to blame.
    pub path: String,
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub what: String,
    /// What would be right.
    pub remedy: String,
}

impl Problem {
    /// A problem of a whole file or folder.
    pub fn of_whole(path: impl Into<String>, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            line: 1,
            column: 1,
            what: what.into(),
            remedy: remedy.into(),
        }
    }
}

/// Problems as they are found: each place and remedy once, however many routes it concerns, and no more than can be read.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    found: Vec<Problem>,
    places: HashSet<(String, usize, usize, String)>,
}

impl Problems {
    pub(crate) fn add(&mut self, make: impl FnOnce() -> Problem) {
        if self.is_full() {
            return;
        }
        let problem = make();
        let place = (
            problem.path.clone(),
            problem.line,
            problem.column,
            problem.remedy.clone(),
        );
        if self.places.insert(place) {
            self.found.push(problem);
        }
    }

    pub(crate) fn extend(&mut self, found: Vec<Problem>) {
        for problem in found {
            self.add(|| problem);
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Whether looking further is of no use.
    pub(crate) fn is_full(&self) -> bool {
        self.found.len() >= MOST_PROBLEMS
    }

    pub(crate) fn into_vec(self) -> Vec<Problem> {
        in_order(self.found)
    }
}

/// In the order of files and lines, each once.
pub fn in_order(mut problems: Vec<Problem>) -> Vec<Problem> {
    problems.sort();
    problems.dedup();
    problems
}

/// A file's own words in quotes, shortened, with control characters escaped so that they cannot move a terminal.
pub fn quoted(words: &str) -> String {
    let mut end = words.len().min(LONGEST_QUOTE);
    while !words.is_char_boundary(end) {
        end -= 1;
    }
    let (kept, dropped) = words.split_at(end);
    format!("{kept:?}{}", if dropped.is_empty() { "" } else { "…" })
}

/// Names in a row for a remedy: `one of "a", "b"`, or the one that was meant.
pub fn one_of<'a>(written: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    if let Some(near) = nearest(written, names.iter().copied()) {
        return format!("did you mean {}?", quoted(near));
    }
    match names.as_slice() {
        [] => "leave it out".to_owned(),
        [only] => format!("only {} is known here", quoted(only)),
        _ => {
            let shown: Vec<String> = names.iter().take(20).map(|name| quoted(name)).collect();
            let more = if names.len() > shown.len() { ", …" } else { "" };
            format!("one of {}{more}", shown.join(", "))
        }
    }
}

/// The name fewest edits away, if it is near enough to be a slip of the hand.
pub(crate) fn nearest<'a>(written: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    if written.len() > LONGEST_QUOTE {
        return None;
    }
    let letters = written.chars().count();
    // A slip leaves at least one letter as it was meant.
    let reach = (letters / 3).clamp(1, 3).min(letters.saturating_sub(1));
    names
        .filter(|name| name.len() <= LONGEST_QUOTE)
        .map(|name| (distance(written, name), name))
        .filter(|(edits, _)| *edits <= reach)
        .min()
        .map(|(_, name)| name)
}

/// Levenshtein's distance; a swap of two neighbours counts as two.
fn distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.chars().count()).collect();
    for (line, from) in left.chars().enumerate() {
        let mut diagonal = line;
        let mut before = line + 1;
        for (cell, to) in row.iter_mut().skip(1).zip(right.chars()) {
            let above = *cell;
            *cell = (above + 1).min(before + 1).min(diagonal + usize::from(from != to));
            diagonal = above;
            before = *cell;
        }
        if let Some(first) = row.first_mut() {
            *first = line + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_hand_is_offered_the_word_that_was_meant() {
        let keys = ["operations", "read_only", "base_dns", "tls"];
        assert_eq!(one_of("operatons", keys), "did you mean \"operations\"?");
        assert_eq!(one_of("readonly", keys), "did you mean \"read_only\"?");
        assert_eq!(
            one_of("frobnicate", keys),
            "one of \"operations\", \"read_only\", \"base_dns\", \"tls\""
        );
        assert_eq!(one_of("tl", keys), "did you mean \"tls\"?");
        assert_eq!(one_of("x", ["people"]), "only \"people\" is known here");
        assert_eq!(one_of("x", ["y"]), "only \"y\" is known here");
        assert_eq!(one_of("", []), "leave it out");
    }

    #[test]
    fn edits_are_counted_both_ways() {
        for (left, right, edits) in [
            ("", "abc", 3),
            ("abc", "", 3),
            ("kitten", "sitting", 3),
            ("same", "same", 0),
        ] {
            assert_eq!(distance(left, right), edits, "{left} {right}");
            assert_eq!(distance(right, left), edits, "{right} {left}");
        }
    }

    #[test]
    fn a_files_own_words_are_shortened_and_cannot_move_a_terminal() {
        let shown = quoted(&format!("\u{1b}[2J{}", "é".repeat(100)));
        assert!(!shown.contains('\u{1b}') && shown.len() < 100, "{shown}");
    }

    #[test]
    fn a_mistake_is_told_once_and_no_more_than_a_thousand_are_kept() {
        let mut problems = Problems::default();
        for route in 0..3000 {
            problems.add(|| Problem::of_whole("p", format!("wrong on route {route}"), "another"));
        }
        assert_eq!(problems.found.len(), 1);
        for number in 0..3000 {
            problems.add(|| Problem::of_whole(number.to_string(), "wrong", "another"));
        }
        assert!(problems.is_full());
        assert_eq!(problems.into_vec().len(), MOST_PROBLEMS);
    }

    #[test]
    fn a_problem_reads_path_line_column_what_remedy() {
        let problem = Problem {
            path: "a.toml".into(),
            line: 3,
            column: 7,
            what: "unknown key \"x\"".into(),
            remedy: "leave it out".into(),
        };
        assert_eq!(problem.to_string(), "a.toml:3:7: unknown key \"x\": leave it out");
    }
}
