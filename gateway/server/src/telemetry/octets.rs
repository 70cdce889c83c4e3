//! Numbers, times and texts written into a line without allocating.
//!
//! Everything that came from outside goes through [`push_json`] or [`push_quoted`]: a line stays one line, and no escape
//! sequence reaches a terminal.

use postern_identity::Timestamp;
use std::cell::Cell;

/// The most octets of one value in a line.
pub(super) const LONGEST_VALUE: usize = 2048;

const HEX: &[u8; 16] = b"0123456789abcdef";

/// A whole number.
pub(super) fn push_number(out: &mut Vec<u8>, number: u64) {
    // Most numbers of a line are one digit.
    if let Ok(digit @ 0..=9) = u8::try_from(number) {
        out.push(b'0' + digit);
        return;
    }
    let mut digits = [0; 20];
    let mut rest = number;
    let mut count = 0;
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + u8::try_from(rest % 10).unwrap_or(0);
        count += 1;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(digits.get(digits.len() - count..).unwrap_or_default());
}

/// A moment as RFC 3339 in UTC with microseconds. The second's text is kept per thread: most lines share it.
pub(super) fn push_time(out: &mut Vec<u8>, now: Timestamp) {
    thread_local! {
        static SECOND: Cell<(i64, [u8; 19])> = const { Cell::new((i64::MIN, [b'0'; 19])) };
    }
    let second = now.as_second();
    let text = SECOND.with(|kept| {
        let (of, text) = kept.get();
        if of == second {
            return text;
        }
        let text = second_text(now);
        kept.set((second, text));
        text
    });
    out.extend_from_slice(&text);
    let micros = now.subsec_microsecond().unsigned_abs();
    let mut fraction = *b".000000Z";
    let mut rest = micros;
    for digit in fraction.iter_mut().skip(1).take(6).rev() {
        *digit = b'0' + u8::try_from(rest % 10).unwrap_or(0);
        rest /= 10;
    }
    out.extend_from_slice(&fraction);
}

/// `2026-11-22T01:02:03`.
fn second_text(now: Timestamp) -> [u8; 19] {
    let at = now.to_zoned(jiff::tz::TimeZone::UTC).datetime();
    let mut text = *b"0000-00-00T00:00:00";
    let parts = [
        (0, 4, at.year().unsigned_abs()),
        (5, 2, u16::from(at.month().unsigned_abs())),
        (8, 2, u16::from(at.day().unsigned_abs())),
        (11, 2, u16::from(at.hour().unsigned_abs())),
        (14, 2, u16::from(at.minute().unsigned_abs())),
        (17, 2, u16::from(at.second().unsigned_abs())),
    ];
    for (start, length, value) in parts {
        let mut rest = value;
        for digit in text.iter_mut().skip(start).take(length).rev() {
            *digit = b'0' + u8::try_from(rest % 10).unwrap_or(0);
            rest /= 10;
        }
    }
    text
}

/// A text as a JSON string with its quotes, at most [`LONGEST_VALUE`] octets of it.
pub(super) fn push_json(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    escape(out, shortened(text, LONGEST_VALUE), true);
    out.push(b'"');
}

/// A text for a person: bare if it cannot be mistaken for anything else, in quotes with escapes otherwise.
pub(super) fn push_quoted(out: &mut Vec<u8>, text: &str) {
    let text = shortened(text, LONGEST_VALUE);
    let plain = |octet: u8| octet.is_ascii_graphic() && !matches!(octet, b'"' | b'\\');
    if !text.is_empty() && text.bytes().all(plain) {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    out.push(b'"');
    escape(out, text, true);
    out.push(b'"');
}

/// A text inside a line, without quotes: what could end the line or move a terminal is escaped.
pub(super) fn push_message(out: &mut Vec<u8>, text: &str) {
    escape(out, shortened(text, LONGEST_VALUE), false);
}

/// The text's first octets, cut between characters.
pub(super) fn shortened(text: &str, most: usize) -> &str {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

fn escape(out: &mut Vec<u8>, text: &str, quotes: bool) {
    let mut rest = text.as_bytes();
    // Nearly every text is plain.
    if is_plain(rest) {
        out.extend_from_slice(rest);
        return;
    }
    while let Some(at) = rest.iter().position(|octet| needs_escape(*octet, quotes)) {
        let (plain, from) = rest.split_at(at);
        out.extend_from_slice(plain);
        let Some((octet, after)) = from.split_first() else {
            break;
        };
        rest = after;
        match octet {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            // U+0080 to U+009F: C2 and one octet. A terminal may take U+009B for an escape. Other characters pass.
            0xc2 => match after.split_first() {
                Some((low @ 0x80..=0x9f, after)) => {
                    push_unicode(out, *low);
                    rest = after;
                }
                _ => out.push(0xc2),
            },
            other => push_unicode(out, *other),
        }
    }
    out.extend_from_slice(rest);
}

fn needs_escape(octet: u8, quotes: bool) -> bool {
    octet < 0x20 || octet == 0x7f || octet == 0xc2 || (quotes && matches!(octet, b'"' | b'\\'))
}

/// Whether no octet can need an escape: all of it ASCII, and no control, quote or backslash in it. Eight at a time, for every line has many.
fn is_plain(octets: &[u8]) -> bool {
    const EACH: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = EACH << 7;
    let (eights, rest) = octets.as_chunks::<8>();
    let mut last = [b' '; 8];
    for (to, octet) in last.iter_mut().zip(rest) {
        *to = *octet;
    }
    let all = eights.iter().chain([&last]);
    all.fold(0, |found, eight| {
        let eight = u64::from_ne_bytes(*eight);
        // The high bit of an octet of `below(x, n)` is set where that of `x` is less than `n`, if those behind it are not and it is ASCII itself.
        let below = |octets: u64, bound: u64| octets.wrapping_sub(EACH * bound) & HIGH;
        let is = |octet: u8| below(eight ^ (EACH * u64::from(octet)), 1);
        found | (eight & HIGH) | below(eight, 0x20) | is(0x7f) | is(b'"') | is(b'\\')
    }) == 0
}

fn push_unicode(out: &mut Vec<u8>, octet: u8) {
    out.extend_from_slice(b"\\u00");
    for half in [octet >> 4, octet & 0xf] {
        out.push(HEX.get(usize::from(half)).copied().unwrap_or(b'0'));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(write: impl Fn(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn numbers_are_written_in_full() {
        for number in [0, 7, 10, 4_294_967_296, u64::MAX] {
            assert_eq!(written(|out| push_number(out, number)), number.to_string());
        }
    }

    #[test]
    fn a_moment_is_written_as_rfc_3339() {
        for text in [
            "2026-11-22T01:02:03.000456Z",
            "2026-11-22T01:02:03.999999Z",
            "1999-01-31T23:59:59.000000Z",
        ] {
            let moment: Timestamp = text.parse().unwrap();
            assert_eq!(written(|out| push_time(out, moment)), text);
        }
    }

    #[test]
    fn a_json_string_reads_back_as_it_was() {
        for text in [
            "",
            "plain",
            "a\"b\\c",
            "line\nbreak\r\t",
            "\u{1b}[31m",
            "é£ß\u{9b}",
            "\u{7f}\u{0}",
        ] {
            let out = written(|out| push_json(out, text));
            assert_eq!(serde_json::from_str::<String>(&out).unwrap(), text);
            assert!(!out.chars().any(char::is_control), "{out:?}");
        }
    }

    proptest! {
        /// Wherever in it the one octet stands that needs an escape.
        #[test]
        fn a_text_is_plain_if_none_of_its_octets_needs_an_escape(
            plain in "[ -!#-\\[\\]-~]{0,40}", at in any::<prop::sample::Index>(), other in any::<u8>(), twice in any::<bool>(),
        ) {
            let mut octets = plain.into_bytes();
            prop_assert!(is_plain(&octets));
            let mut put = || octets.insert(at.index(octets.len() + 1), other);
            put();
            if twice {
                put();
            }
            prop_assert_eq!(is_plain(&octets), other.is_ascii() && !needs_escape(other, true));
        }
    }

    #[test]
    fn no_text_ends_a_line_or_moves_a_terminal() {
        let hostile = "a\nb\u{1b}[2Jc\u{9b}d \"e\"";
        for out in [
            written(|out| push_quoted(out, hostile)),
            written(|out| push_message(out, hostile)),
        ] {
            assert!(!out.chars().any(char::is_control), "{out:?}");
        }
        assert_eq!(
            written(|out| push_quoted(out, "uid=bob,dc=example")),
            "uid=bob,dc=example"
        );
        assert_eq!(written(|out| push_quoted(out, "")), "\"\"");
    }

    #[test]
    fn long_values_are_cut_between_characters() {
        assert_eq!(shortened("aé", 2), "a");
        assert!(written(|out| push_json(out, &"é".repeat(10_000))).len() <= LONGEST_VALUE + 2);
    }
}
