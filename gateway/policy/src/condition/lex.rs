//! The words of a condition (CEL's grammar, "Lexical elements").

use super::{LONGEST_CONDITION, Mistake};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token<'t> {
    Word(&'t str),
    Number(i64),
    Text(String),
    Sign(&'static str),
    End,
}

/// Longer signs first.
const SIGNS: [&str; 23] = [
    "&&", "||", "==", "!=", "<=", ">=", "<", ">", "!", "?", ":", "(", ")", "[", "]", ",", ".", "+", "-", "*", "/", "%",
    "{",
];

/// Every token with where it begins; the last is [`Token::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<(usize, Token<'_>)>, Mistake> {
    if text.len() > LONGEST_CONDITION {
        let what = format!("the condition is {} octets long", text.len());
        return Err(Mistake::new(0, what, format!("at most {LONGEST_CONDITION}")));
    }
    let mut tokens = Vec::new();
    let mut at = 0;
    loop {
        at = after_blank(text, at);
        let rest = text.get(at..).unwrap_or_default();
        let Some(first) = rest.chars().next() else { break };
        let (token, length) = match first {
            'r' | 'R' | 'b' | 'B' if quote_follows(rest) => prefixed(rest, at)?,
            'a'..='z' | 'A'..='Z' | '_' => {
                let length = rest
                    .find(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'))
                    .unwrap_or(rest.len());
                (Token::Word(rest.get(..length).unwrap_or_default()), length)
            }
            '0'..='9' => number(rest, at)?,
            '"' | '\'' => quoted(rest, at, false)?,
            _ => {
                let sign = SIGNS.into_iter().find(|sign| rest.starts_with(sign));
                let sign = sign.ok_or_else(|| {
                    let what = format!("{} means nothing here", crate::problem::quoted(&first.to_string()));
                    Mistake::new(at, what, "join tests with && and ||, compare with == or in")
                })?;
                (Token::Sign(sign), sign.len())
            }
        };
        tokens.push((at, token));
        at += length;
    }
    tokens.push((text.len(), Token::End));
    Ok(tokens)
}

/// Past blanks and comments, which go from `//` to the end of the line.
fn after_blank(text: &str, mut at: usize) -> usize {
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let trimmed = rest.trim_start_matches([' ', '\t', '\n', '\r', '\u{c}']);
        at += rest.len() - trimmed.len();
        if !trimmed.starts_with("//") {
            return at;
        }
        at += trimmed.find('\n').unwrap_or(trimmed.len());
    }
}

fn quote_follows(rest: &str) -> bool {
    rest.get(1..).is_some_and(|rest| rest.starts_with(['"', '\'']))
}

fn prefixed(rest: &str, at: usize) -> Result<(Token<'_>, usize), Mistake> {
    if rest.starts_with(['b', 'B']) {
        return Err(Mistake::new(at, "octets are not compared here", "a text in quotes"));
    }
    let (token, length) = quoted(rest.get(1..).unwrap_or_default(), at, true)?;
    Ok((token, length + 1))
}

fn number(rest: &str, at: usize) -> Result<(Token<'_>, usize), Mistake> {
    let length = rest
        .find(|letter: char| !letter.is_ascii_alphanumeric())
        .unwrap_or(rest.len());
    let digits = rest.get(..length).unwrap_or_default();
    let after = rest.get(length..).unwrap_or_default();
    let fraction = after.starts_with('.')
        && after
            .get(1..)
            .is_some_and(|after| after.starts_with(|c: char| c.is_ascii_digit()));
    // CEL has no 0X.
    let value = match digits.strip_prefix("0x") {
        Some(hexadecimal) => i64::from_str_radix(hexadecimal, 16).ok(),
        None => digits.parse().ok(),
    };
    value
        .filter(|_| !fraction)
        .map(|value| (Token::Number(value), length))
        .ok_or_else(|| {
            let what = format!("{} is not a whole number", crate::problem::quoted(digits));
            Mistake::new(at, what, "digits alone, such as 18")
        })
}

/// A text in quotes, `rest` beginning with the quote; `raw`: without escapes.
fn quoted(rest: &str, at: usize, raw: bool) -> Result<(Token<'_>, usize), Mistake> {
    let quote = if rest.starts_with('"') { '"' } else { '\'' };
    let tripled = [quote; 3].iter().collect::<String>();
    if rest.starts_with(&tripled) {
        return Err(Mistake::new(
            at,
            "three quotes are not read here",
            "one quote on each side",
        ));
    }
    let mut text = String::new();
    let mut letters = rest.char_indices().skip(1);
    while let Some((position, letter)) = letters.next() {
        match letter {
            _ if letter == quote => return Ok((Token::Text(text), position + 1)),
            '\n' | '\r' => break,
            '\\' if !raw => {
                let escaped = escape(&mut letters).ok_or_else(|| {
                    let remedy = "\\\\ for a backslash, \\\" or \\' for a quote, \\u00e9 for a letter by its number";
                    Mistake::new(at + position, "this escape is not known", remedy)
                })?;
                text.push(escaped);
            }
            _ => text.push(letter),
        }
    }
    Err(Mistake::new(
        at,
        "the text has no end",
        "a quote at its end, on the same line",
    ))
}

fn escape(letters: &mut impl Iterator<Item = (usize, char)>) -> Option<char> {
    let (_, letter) = letters.next()?;
    Some(match letter {
        '\\' | '"' | '\'' | '`' | '?' => letter,
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        'x' | 'X' => by_number("", letters, 2, 16)?,
        'u' => by_number("", letters, 4, 16)?,
        'U' => by_number("", letters, 8, 16)?,
        '0'..='3' => by_number(letter.encode_utf8(&mut [0; 4]), letters, 2, 8)?,
        _ => return None,
    })
}

fn by_number(begun: &str, letters: &mut impl Iterator<Item = (usize, char)>, count: usize, radix: u32) -> Option<char> {
    let mut digits = begun.to_owned();
    for _ in 0..count {
        digits.push(letters.next()?.1);
    }
    // Rust would take a sign.
    let plain = digits.chars().all(|digit| digit.is_digit(radix));
    char::from_u32(u32::from_str_radix(&digits, radix).ok().filter(|_| plain)?)
}
