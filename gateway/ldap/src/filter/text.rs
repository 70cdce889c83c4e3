//! Filters as people write them (RFC 4515), for filters that stand in a configuration. A client's filter comes as BER and never through
//! here.

use super::{DEEPEST, MOST_PARTS};
use crate::WireError;
use crate::attribute::{Spelling, base_type, is_oid, spelling};
use crate::ber::Writer;
use crate::tag;

/// Reads a filter as text and gives it as octets. No recursion, bounded like [`super::walk`], which takes whatever this gives.
pub fn parse(text: &str) -> Result<Vec<u8>, WireError> {
    let mut levels: Vec<(u8, Vec<Vec<u8>>)> = Vec::new();
    let mut rest = text;
    let mut parts = 0;
    loop {
        let complete = if let Some(inside) = rest.strip_prefix('(') {
            parts += 1;
            if let Some((set, after)) = set_tag(inside) {
                if levels.len() + 1 >= DEEPEST {
                    return Err(WireError::TooDeep);
                }
                levels.push((set, Vec::new()));
                rest = after;
                None
            } else {
                let (item, after) = inside.split_once(')').ok_or(WireError::Truncated)?;
                rest = after;
                Some(plain(item, &mut parts)?)
            }
        } else {
            rest = rest.strip_prefix(')').ok_or(WireError::Unexpected)?;
            let (set, members) = levels.pop().ok_or(WireError::Unexpected)?;
            if set == 0xa2 && members.len() != 1 {
                return Err(WireError::Unexpected);
            }
            Some(super::set(set, &members))
        };
        if parts > MOST_PARTS {
            return Err(WireError::TooMany);
        }
        match (complete, levels.last_mut()) {
            (Some(filter), Some((_, members))) => members.push(filter),
            (Some(filter), None) if rest.is_empty() => return Ok(filter),
            (Some(_), None) => return Err(WireError::Trailing),
            (None, _) => {}
        }
    }
}

/// and, or, not.
fn set_tag(inside: &str) -> Option<(u8, &str)> {
    [('&', 0xa0), ('|', 0xa1), ('!', 0xa2)]
        .into_iter()
        .find_map(|(sign, tag)| inside.strip_prefix(sign).map(|after| (tag, after)))
}

/// What stands between two parentheses.
fn plain(item: &str, parts: &mut usize) -> Result<Vec<u8>, WireError> {
    let (left, value) = item.split_once('=').ok_or(WireError::Unexpected)?;
    let ordered = |tag: u8, name: &str| {
        let value = unescaped(value)?;
        Ok(compared(tag, described(name)?, &value))
    };
    match left.as_bytes().last() {
        Some(b'~') => ordered(0xa8, left.trim_end_matches('~')),
        Some(b'>') => ordered(0xa5, left.trim_end_matches('>')),
        Some(b'<') => ordered(0xa6, left.trim_end_matches('<')),
        Some(b':') => extensible(left, value),
        _ if value == "*" => Ok(super::present(described(left)?)),
        _ if value.contains('*') => substrings(described(left)?, value, parts),
        _ => ordered(0xa3, left),
    }
}

fn compared(tag: u8, name: &[u8], value: &[u8]) -> Vec<u8> {
    let mut writer = Writer::with_capacity(name.len() + value.len() + 16);
    writer.nested(tag, |inside| {
        inside.octets(name).octets(value);
    });
    writer.finish()
}

fn substrings(name: &[u8], value: &str, parts: &mut usize) -> Result<Vec<u8>, WireError> {
    let pieces = value.split('*').map(unescaped).collect::<Result<Vec<_>, _>>()?;
    let last = pieces.len() - 1; // `split` gives one piece at least
    *parts += pieces.len();
    // Two stars side by side say no more than one.
    let pieces: Vec<_> = pieces
        .iter()
        .enumerate()
        .filter(|(_, piece)| !piece.is_empty())
        .collect();
    if pieces.is_empty() {
        return Ok(super::present(name));
    }
    let mut writer = Writer::new();
    writer.nested(0xa4, |inside| {
        inside.octets(name).nested(tag::SEQUENCE, |list| {
            for (place, piece) in &pieces {
                let tag = match *place {
                    0 => 0x80,
                    place if place == last => 0x82,
                    _ => 0x81,
                };
                list.element(tag, piece);
            }
        });
    });
    Ok(writer.finish())
}

/// `attribute:dn:rule:=value`, of which only one of attribute and rule must be there. Active Directory's bit tests are of this form.
fn extensible(left: &str, value: &str) -> Result<Vec<u8>, WireError> {
    let left = left.strip_suffix(':').ok_or(WireError::Unexpected)?;
    let mut words = left.split(':');
    let name = words.next().unwrap_or_default();
    let mut words = words.peekable();
    let dn = words.next_if(|word| word.eq_ignore_ascii_case("dn")).is_some();
    let rule = words.next();
    if words.next().is_some() || (name.is_empty() && rule.is_none()) {
        return Err(WireError::Unexpected);
    }
    let name = (!name.is_empty()).then(|| described(name)).transpose()?;
    let rule = rule.map(described).transpose()?;
    let value = unescaped(value)?;
    let mut writer = Writer::new();
    writer.nested(0xa9, |inside| {
        if let Some(rule) = rule {
            inside.element(0x81, rule);
        }
        if let Some(name) = name {
            inside.element(0x82, name);
        }
        inside.element(0x83, &value);
        if dn {
            inside.element(0x84, &[0xff]);
        }
    });
    Ok(writer.finish())
}

/// An attribute description or a matching rule.
fn described(name: &str) -> Result<&[u8], WireError> {
    let octets = name.as_bytes();
    let known = |octet: &u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_' | b'.' | b';');
    let base = octets.split(|&octet| octet == b';').next().unwrap_or_default();
    let plain = spelling(base_type(octets)) == Spelling::Name || is_oid(base);
    if plain && octets.iter().all(known) {
        Ok(octets)
    } else {
        Err(WireError::Unexpected)
    }
}

/// A value without its escapes: a backslash and two hexadecimal digits (RFC 4515 §3).
fn unescaped(text: &str) -> Result<Vec<u8>, WireError> {
    let mut value = Vec::with_capacity(text.len());
    let mut octets = text.bytes();
    while let Some(octet) = octets.next() {
        match octet {
            b'\\' => {
                let mut digit = || octets.next().and_then(|digit| char::from(digit).to_digit(16));
                let (high, low) = (digit(), digit());
                let octet = high.zip(low).and_then(|(high, low)| u8::try_from(high << 4 | low).ok());
                value.push(octet.ok_or(WireError::Unexpected)?);
            }
            b'(' | b'*' | 0 => return Err(WireError::Unexpected),
            other => value.push(other),
        }
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::{all, any, equality, not, present, walk};

    #[test]
    fn filters_read_as_they_are_written() {
        for (text, wanted) in [
            ("(uid=alice)", equality(b"uid", b"alice")),
            ("(objectClass=*)", present(b"objectClass")),
            ("(cn=**)", present(b"cn")),
            ("(cn=)", equality(b"cn", b"")),
            ("(cn=a\\2ab\\29)", equality(b"cn", b"a*b)")),
            ("(2.5.4.3=x)", equality(b"2.5.4.3", b"x")),
            ("(cn;lang-de=a=b)", equality(b"cn;lang-de", b"a=b")),
            ("(&)", all(&[])),
            (
                "(&(objectClass=person)(|(ou=a)(ou=b))(!(status=off)))",
                all(&[
                    equality(b"objectClass", b"person"),
                    any(&[equality(b"ou", b"a"), equality(b"ou", b"b")]),
                    not(&equality(b"status", b"off")),
                ]),
            ),
            ("(n>=5)", b"\xa5\x06\x04\x01n\x04\x015".to_vec()),
            ("(n<=5)", b"\xa6\x06\x04\x01n\x04\x015".to_vec()),
            ("(n~=5)", b"\xa8\x06\x04\x01n\x04\x015".to_vec()),
            ("(cn=a*bc)", b"\xa4\x0d\x04\x02cn\x30\x07\x80\x01a\x82\x02bc".to_vec()),
            ("(cn=*b*)", b"\xa4\x09\x04\x02cn\x30\x03\x81\x01b".to_vec()),
            ("(f:1.2.3:=2)", crate::filter::extensible(b"f", b"1.2.3", b"2")),
            ("(f:1.2.3:=2)", b"\xa9\x0d\x81\x051.2.3\x82\x01f\x83\x012".to_vec()),
            ("(ou:dn:=x)", b"\xa9\x0a\x82\x02ou\x83\x01x\x84\x01\xff".to_vec()),
        ] {
            assert_eq!(parse(text).as_ref(), Ok(&wanted), "{text}");
        }
    }

    #[test]
    fn what_is_no_filter_is_refused() {
        for text in [
            "",
            "uid=a",
            "(uid=a",
            "uid=a)",
            "(uid=a))",
            "(uid=a)(uid=b)",
            "()",
            "(&",
            "(!)",
            "(!(a=b)(c=d))",
            "(=a)",
            "(u d=a)",
            "(uid=a\\2)",
            "(uid=a\\zz)",
            "(uid=a(b)",
            "(uid=a\0)",
            "(uid=a) ",
            "( uid=a)",
            "(:=a)",
            "(::=a)",
            "(a:b:c:=d)",
            "(1=a)",
            "(a;=b=c\\)",
            "(\u{fc}id=a)",
            "(a>>b=c)",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn depth_and_size_are_bounded_as_they_are_when_it_is_walked() {
        let nested = |depth: usize| "(!".repeat(depth) + "(a=b)" + &")".repeat(depth);
        for (depth, fits) in [(1, true), (DEEPEST - 1, true), (DEEPEST, false), (100_000, false)] {
            let read = parse(&nested(depth));
            assert_eq!(read.is_ok(), fits, "{depth}");
            if let Ok(read) = read {
                assert_eq!(walk(crate::ber::Cursor::new(&read).only().unwrap(), |_| ()), Ok(()));
            }
        }
        let wide = |count: usize| format!("(|{})", "(a=b)".repeat(count));
        assert!(parse(&wide(MOST_PARTS - 1)).is_ok());
        assert_eq!(parse(&wide(MOST_PARTS)), Err(WireError::TooMany));
        assert_eq!(
            parse(&format!("(a={})", "x*".repeat(MOST_PARTS + 1))),
            Err(WireError::TooMany)
        );
    }
}
