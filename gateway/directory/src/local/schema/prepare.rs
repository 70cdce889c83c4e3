//! How text is made comparable (RFC 4518): characters that look or mean the same become the same, and spaces count once.
//!
//! Characters newer than Unicode 3.2 are compared as they are; they are not refused, as they are not by other servers.

use stringprep::tables::case_fold_for_nfkc;
use unicode_normalization::UnicodeNormalization;

/// Which part of a value a piece of text is: where it does not end the value, spaces at that end count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::local) enum Part {
    Whole,
    Initial,
    Any,
    Final,
}

/// Appends text in the form in which it is compared.
pub(super) fn text_into(text: &str, fold: bool, part: Part, out: &mut Vec<u8>) {
    let mut spaces = Spaces::new(part, out);
    if text.is_ascii() {
        for &octet in text.as_bytes() {
            match octet {
                b' ' | 0x09..=0x0d => spaces.space(),
                0x00..=0x1f | 0x7f => {}
                _ if fold => spaces.octets(&[octet.to_ascii_lowercase()]),
                _ => spaces.octets(&[octet]),
            }
        }
    } else {
        let mut mapped = String::with_capacity(text.len());
        for letter in text.chars().filter_map(mapped_one) {
            push(letter, fold, &mut mapped);
        }
        let mut composed: String = mapped.nfkc().collect();
        if fold {
            // What composing brought forth may have capitals again.
            mapped.clear();
            for letter in composed.chars() {
                push(letter, fold, &mut mapped);
            }
            composed = mapped.nfkc().collect();
        }
        for letter in composed.chars() {
            if letter == ' ' {
                spaces.space();
            } else {
                spaces.octets(letter.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
    }
    spaces.finish();
}

/// RFC 4518 §2.2: `None` for what counts for nothing, a space for any space.
fn mapped_one(letter: char) -> Option<char> {
    match letter {
        '\t'..='\r'
        | '\u{85}'
        | ' '
        | '\u{a0}'
        | '\u{1680}'
        | '\u{2000}'..='\u{200a}'
        | '\u{2028}'
        | '\u{2029}'
        | '\u{202f}'
        | '\u{205f}'
        | '\u{3000}' => Some(' '),
        '\u{0}'..='\u{1f}'
        | '\u{7f}'..='\u{9f}'
        | '\u{ad}'
        | '\u{34f}'
        | '\u{6dd}'
        | '\u{70f}'
        | '\u{1806}'
        | '\u{180b}'..='\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2063}'
        | '\u{206a}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffc}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0001}'
        | '\u{e0020}'..='\u{e007f}' => None,
        other => Some(other),
    }
}

fn push(letter: char, fold: bool, out: &mut String) {
    if fold {
        if letter == '\u{1e9e}' {
            out.push_str("ss"); // capital sharp s, newer than the table
            return;
        }
        for folded in case_fold_for_nfkc(letter) {
            out.extend(folded.to_lowercase());
        }
    } else {
        out.push(letter);
    }
}

/// RFC 4518 §2.6.1: runs of spaces are one, and at the ends of a value none. Nothing but spaces is one space.
struct Spaces<'a> {
    out: &'a mut Vec<u8>,
    start: usize,
    part: Part,
    pending: bool,
}

impl<'a> Spaces<'a> {
    fn new(part: Part, out: &'a mut Vec<u8>) -> Self {
        let start = out.len();
        Self {
            out,
            start,
            part,
            pending: false,
        }
    }

    fn space(&mut self) {
        self.pending = true;
    }

    fn octets(&mut self, octets: &[u8]) {
        let leading = self.out.len() == self.start;
        if self.pending && (!leading || matches!(self.part, Part::Any | Part::Final)) {
            self.out.push(b' ');
        }
        self.pending = false;
        self.out.extend_from_slice(octets);
    }

    fn finish(self) {
        let nothing = self.out.len() == self.start;
        let counts = match self.part {
            Part::Whole => nothing,
            Part::Final => nothing && self.pending,
            Part::Initial | Part::Any => self.pending,
        };
        if counts {
            self.out.push(b' ');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str, part: Part) -> String {
        let mut out = b"x".to_vec();
        text_into(text, true, part, &mut out);
        String::from_utf8(out.split_off(1)).unwrap()
    }

    #[test]
    fn spaces_and_capitals_and_compositions_do_not_count() {
        for (text, wanted) in [
            ("  Ada   Lovelace ", "ada lovelace"),
            ("Ada\tLovelace", "ada lovelace"),
            ("Ada\u{a0}Lovelace", "ada lovelace"),
            ("A\u{ad}da\u{200b}", "ada"),
            ("Ada\0", "ada"),
            ("Straße", "strasse"),
            ("STRAẞE", "strasse"),
            ("Ärger", "ärger"),
            ("A\u{308}rger", "ärger"),
            ("ﬁsh", "fish"),
            ("Ａｄａ", "ada"),
            ("ΣΊΣΥΦΟΣ", "σίσυφοσ"),
            ("σίσυφος", "σίσυφοσ"),
            ("   ", " "),
            ("\0", " "),
            ("🄰", "a"),
        ] {
            assert_eq!(folded(text, Part::Whole), wanted, "{text:?}");
        }
        let mut exact = Vec::new();
        text_into("Ada  Ä", false, Part::Whole, &mut exact);
        assert_eq!(exact, "Ada Ä".as_bytes());
    }

    #[test]
    fn spaces_count_where_a_piece_does_not_end_the_value() {
        assert_eq!(folded("  a  ", Part::Initial), "a ");
        assert_eq!(folded("  a  ", Part::Any), " a ");
        assert_eq!(folded("  a  ", Part::Final), " a");
    }

    #[test]
    fn every_one_letter_is_its_own_form_once_it_is_in_it() {
        for letter in '\0'..'\u{1f200}' {
            let once = folded(&letter.to_string(), Part::Any);
            assert_eq!(folded(&once, Part::Any), once, "{:x}", u32::from(letter));
        }
    }
}
