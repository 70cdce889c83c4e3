//! LDIF (RFC 2849): content records read one at a time, and written.
//!
//! A file may be larger than memory: [`Reader`] holds one record. Only what makes entries is read: content, and records with
//! `changetype: add`. Values by reference (`attribute:< URL`) are refused: a file must not make us read others.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::io::{self, BufRead, Write};
use thiserror::Error;

/// The largest record that is read, in octets.
pub const LARGEST_RECORD: usize = 16 * 1024 * 1024;
/// Where lines are folded, in octets.
const WIDTH: usize = 76;

/// One entry as it is written. Values may be password hashes: no `Debug`.
#[derive(Default)]
pub struct Record {
    /// The line of its `dn:`, from 1.
    pub line: u64,
    /// Its name.
    pub dn: Vec<u8>,
    /// Attribute descriptions and values, in the file's order.
    pub attributes: Vec<(String, Vec<u8>)>,
}

/// What is wrong with a file. The file is to blame, or whatever it is read from.
#[derive(Debug, Error)]
pub enum LdifError {
    /// It cannot be read on.
    #[error("the file cannot be read on")]
    Read(#[source] io::Error),
    /// This line is not LDIF, or not what is read here.
    #[error("line {line}: {what}")]
    Line {
        /// From 1.
        line: u64,
        /// What is wrong and what would be right.
        what: &'static str,
    },
}

impl LdifError {
    fn at(line: u64, what: &'static str) -> Self {
        Self::Line { line, what }
    }
}

/// Reads records in order. After an error there are no more.
pub struct Reader<R> {
    lines: Lines<R>,
    begun: bool,
    ended: bool,
}

impl<R: BufRead> Reader<R> {
    /// From the beginning of a file.
    pub fn new(input: R) -> Self {
        Self {
            lines: Lines {
                input,
                number: 0,
                ahead: None,
            },
            begun: false,
            ended: false,
        }
    }

    fn record(&mut self) -> Result<Option<Record>, LdifError> {
        let mut record: Option<Record> = None;
        let mut size = 0;
        while let Some((number, line)) = self.lines.logical(LARGEST_RECORD.saturating_sub(size))? {
            if line.is_empty() {
                if record.is_some() {
                    break;
                }
                continue;
            }
            size += line.len();
            let (description, value) = parts(number, &line)?;
            match (&mut record, description) {
                (None, "version") if !self.begun => {
                    if value != b"1" {
                        return Err(LdifError::at(number, "this version of LDIF is not known: version: 1"));
                    }
                }
                (None, "dn") => {
                    record = Some(Record {
                        line: number,
                        dn: value,
                        attributes: Vec::new(),
                    });
                }
                (None, _) => return Err(LdifError::at(number, "a record begins with its name: dn: …")),
                (Some(record), "changetype") if record.attributes.is_empty() => {
                    if value != b"add" {
                        return Err(LdifError::at(
                            number,
                            "only entries are read here; changes go through ldapmodify",
                        ));
                    }
                }
                (Some(_), "control") => {
                    return Err(LdifError::at(
                        number,
                        "controls are not read here; changes go through ldapmodify",
                    ));
                }
                (Some(record), description) => record.attributes.push((description.to_owned(), value)),
            }
            self.begun = true;
        }
        Ok(record)
    }
}

impl<R: BufRead> Iterator for Reader<R> {
    type Item = Result<Record, LdifError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let record = self.record().transpose();
        self.ended = !matches!(record, Some(Ok(_)));
        record
    }
}

/// Lines with their continuations, without comments.
struct Lines<R> {
    input: R,
    number: u64,
    /// The line that ended the last one.
    ahead: Option<Vec<u8>>,
}

impl<R: BufRead> Lines<R> {
    /// One logical line and the number of its first physical one. A comment is passed over with its continuations.
    fn logical(&mut self, most: usize) -> Result<Option<(u64, Vec<u8>)>, LdifError> {
        loop {
            let Some(mut line) = self.take(most)? else {
                return Ok(None);
            };
            let first = self.number;
            if line.first() == Some(&b' ') {
                return Err(LdifError::at(
                    first,
                    "this continues a line, and there is none before it",
                ));
            }
            while let Some(more) = self.take(most)? {
                match more.split_first() {
                    Some((b' ', rest)) if !line.is_empty() => {
                        if line.len() + rest.len() > most {
                            return Err(LdifError::at(first, "this record is too large"));
                        }
                        line.extend_from_slice(rest);
                    }
                    _ => {
                        self.number -= 1;
                        self.ahead = Some(more);
                        break;
                    }
                }
            }
            if line.first() != Some(&b'#') {
                return Ok(Some((first, line)));
            }
        }
    }

    fn take(&mut self, most: usize) -> Result<Option<Vec<u8>>, LdifError> {
        self.number += 1;
        if let Some(line) = self.ahead.take() {
            return Ok(Some(line));
        }
        let mut line = Vec::new();
        let limit = most as u64 + 2;
        io::Read::take(&mut self.input, limit)
            .read_until(b'\n', &mut line)
            .map_err(LdifError::Read)?;
        if line.is_empty() {
            return Ok(None);
        }
        if line.pop_if(|octet| *octet == b'\n').is_none() && line.len() as u64 >= limit {
            return Err(LdifError::at(self.number, "this record is too large"));
        }
        line.pop_if(|octet| *octet == b'\r');
        Ok(Some(line))
    }
}

/// `description: value`, `description:: base64`.
fn parts(number: u64, line: &[u8]) -> Result<(&str, Vec<u8>), LdifError> {
    let colon = line.iter().position(|&octet| octet == b':');
    let (description, rest) = colon
        .and_then(|colon| line.split_at_checked(colon))
        .ok_or(LdifError::at(number, "there is no colon: attribute: value"))?;
    let description = std::str::from_utf8(description)
        .ok()
        .filter(|text| is_description(text))
        .ok_or(LdifError::at(number, "this is no attribute: letters, digits and '-'"))?;
    let value = match rest.get(1..).unwrap_or_default() {
        [b':', encoded @ ..] => STANDARD
            .decode(encoded.trim_ascii())
            .map_err(|_| LdifError::at(number, "this is not base64, as two colons promise"))?,
        [b'<', ..] => {
            return Err(LdifError::at(
                number,
                "values by reference are not read: put the value here",
            ));
        }
        plain => {
            let start = plain.iter().take_while(|&&octet| octet == b' ').count();
            plain.get(start..).unwrap_or_default().to_vec()
        }
    };
    Ok((description, value))
}

fn is_description(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.' | b';' | b'_'))
}

/// Writes one entry and the empty line behind it. Lines are folded at 76 octets; what is no safe string is base64.
pub fn write<'a>(
    out: &mut impl Write,
    dn: &[u8],
    attributes: impl IntoIterator<Item = (&'a str, &'a [u8])>,
) -> io::Result<()> {
    line(out, "dn", dn)?;
    for (description, value) in attributes {
        line(out, description, value)?;
    }
    out.write_all(b"\n")
}

fn line(out: &mut impl Write, description: &str, value: &[u8]) -> io::Result<()> {
    let mut whole = Vec::with_capacity(description.len() + value.len() + 2);
    whole.extend_from_slice(description.as_bytes());
    if is_safe(value) {
        whole.push(b':');
        if !value.is_empty() {
            whole.push(b' ');
            whole.extend_from_slice(value);
        }
    } else {
        whole.extend_from_slice(b":: ");
        whole.extend_from_slice(STANDARD.encode(value).as_bytes());
    }
    let mut rest = whole.as_slice();
    let mut width = WIDTH;
    while let Some((piece, behind)) = rest.split_at_checked(width) {
        if behind.is_empty() {
            break;
        }
        out.write_all(piece)?;
        out.write_all(b"\n ")?;
        rest = behind;
        width = WIDTH - 1;
    }
    out.write_all(rest)?;
    out.write_all(b"\n")
}

/// SAFE-STRING (RFC 2849), and no space at the end, which editors take away.
fn is_safe(value: &[u8]) -> bool {
    !matches!(value.first(), Some(b' ' | b':' | b'<'))
        && value.last() != Some(&b' ')
        && value
            .iter()
            .all(|octet| octet.is_ascii() && !matches!(octet, 0 | b'\n' | b'\r'))
}

#[cfg(test)]
mod tests;
