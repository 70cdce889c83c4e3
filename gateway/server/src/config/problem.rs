//! What is wrong with the configuration, where, and what would be right.

use std::fmt::Write as _;

pub use postern_policy::Problem;

/// The most octets of a file's own words that are repeated in a problem.
const LONGEST_QUOTE: usize = 60;

/// In the order of files and lines, each once.
pub(crate) fn in_order(mut problems: Vec<Problem>) -> Vec<Problem> {
    problems.sort();
    problems.dedup();
    problems
}

/// A file's own words in quotes, shortened, with control characters escaped so that they cannot move a terminal.
pub(crate) fn quoted(words: &str) -> String {
    let mut end = words.len().min(LONGEST_QUOTE);
    while !words.is_char_boundary(end) {
        end -= 1;
    }
    let (kept, dropped) = words.split_at(end);
    let mut out = format!("{kept:?}");
    if !dropped.is_empty() {
        out.push('…');
    }
    out
}

/// Names in a row for a remedy: `one of "a", "b"`, or the one that was meant.
pub(crate) fn one_of<'a>(written: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    if let Some(near) = nearest(written, &names) {
        return format!("did you mean {}?", quoted(near));
    }
    match names.as_slice() {
        [] => "leave it out".to_owned(),
        [only] => format!("only {} is known here", quoted(only)),
        [first, more @ ..] => {
            let mut out = format!("one of {}", quoted(first));
            for name in more.iter().take(19) {
                let _ = write!(out, ", {}", quoted(name));
            }
            if more.len() > 19 {
                out.push_str(", …");
            }
            out
        }
    }
}

/// The parser's own words, which name kinds of tokens and never quote the file, kept to one line.
pub(crate) fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The name fewest edits away, if it is near enough to be a slip of the hand.
pub(crate) fn nearest<'a>(written: &str, names: &[&'a str]) -> Option<&'a str> {
    if written.len() > LONGEST_QUOTE {
        return None;
    }
    let reach = (written.chars().count() / 3).clamp(1, 3);
    names
        .iter()
        .filter(|name| name.len() <= LONGEST_QUOTE)
        .map(|name| (edits(written, name), *name))
        .filter(|(edits, _)| *edits <= reach)
        .min()
        .map(|(_, name)| name)
}

/// Levenshtein's distance.
fn edits(left: &str, right: &str) -> usize {
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
        let keys = ["address", "certificate_file", "tls"];
        assert_eq!(one_of("adress", keys), "did you mean \"address\"?");
        assert_eq!(
            one_of("frobnicate", keys),
            "one of \"address\", \"certificate_file\", \"tls\""
        );
        assert_eq!(one_of("x", ["people"]), "only \"people\" is known here");
        assert_eq!(one_of("x", []), "leave it out");
    }

    #[test]
    fn a_files_own_words_are_shortened_and_cannot_move_a_terminal() {
        let shown = quoted(&format!("\u{1b}[2J{}", "é".repeat(100)));
        assert!(!shown.contains('\u{1b}') && shown.len() < 100, "{shown}");
    }
}
