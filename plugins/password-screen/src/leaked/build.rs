//! A filter made from a list of leaked passwords, in bounded memory whatever the list's size.

use super::file::{LONGEST_SOURCE, MOST_BITS, Writing};
use super::{About, key_of, shard_of};
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use unicode_normalization::UnicodeNormalization as _;
use xorf::BinaryFuse16;
use zeroize::Zeroizing;

/// Octets of a list for each shard, until there are 256 shards. The keys of one shard are in memory at once, some 40 octets each while its
/// filter is made: 400,000 keys of a list of hashes, at most 3.5 million of a list of words.
const LIST_OF_A_SHARD: u64 = 16 << 20;
/// A longer line of a list is no password anybody types; of hashes, none is so long.
const LONGEST_LINE: usize = 1024;
/// A shard that has more is not tried: the list is larger than 256 of them hold.
const MOST_KEYS: u64 = 32_000_000;

/// What a filter is made of.
pub struct Build<'a> {
    /// One password a line, or SHA-1 hashes in hexadecimal as they are published, `HASH` or `HASH:count`. The first line says which.
    pub list: &'a Path,
    /// The filter. A file that is there already is replaced once the new one is whole.
    pub out: &'a Path,
    /// Of a list with counts: only what turned up at least so often.
    pub least_count: Option<u64>,
    /// Where the list is from, for whoever asks the filter. One line.
    pub source: &'a str,
}

/// A filter was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Built {
    /// Different passwords in it.
    pub count: u64,
    /// Lines left out: below the least count, empty or too long.
    pub left_out: u64,
    /// The size of the file, and about the memory it takes, in octets.
    pub size: u64,
}

/// No filter was made. No line of the list is ever in here.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The list.
    #[error("the list cannot be read")]
    List(#[source] io::Error),
    /// The filter, or a file beside it while it is made.
    #[error("the filter cannot be written")]
    Out(#[source] io::Error),
    /// A list of hashes with something else in it.
    #[error("line {0} is no SHA-1 hash in hexadecimal, with or without :count, as the first line is")]
    NotAHash(u64),
    /// Hashes of another kind.
    #[error("the list has NTLM hashes: take the one with SHA-1 hashes")]
    Ntlm,
    /// Least counts are for lists with counts.
    #[error("line {0} has no count, so nothing can be left out by count")]
    NoCount(u64),
    /// Nothing is left of it.
    #[error("no password is left of the list")]
    Empty,
    /// More than can be held.
    #[error("the list is too large for one filter: leave out what turned up seldom")]
    TooLarge,
}

/// Reads the list once. Its keys wait in up to 256 files beside `out`, 8 octets each, and go when it ends, however it ends.
pub fn build(what: &Build<'_>) -> Result<Built, BuildError> {
    let list = File::open(what.list).map_err(BuildError::List)?;
    let length = list.metadata().map_err(BuildError::List)?.len();
    let bits = length
        .div_ceil(LIST_OF_A_SHARD)
        .next_power_of_two()
        .trailing_zeros()
        .min(MOST_BITS);
    let waiting = Waiting::beside(what.out)?;
    let mut keys = waiting.files(bits)?;
    let left_out = read_list(BufReader::with_capacity(1 << 20, list), what.least_count, |key| {
        let at = usize::try_from(shard_of(key, bits)).unwrap_or(usize::MAX);
        let file = keys.get_mut(at).ok_or(BuildError::TooLarge)?;
        file.write_all(&key.to_le_bytes()).map_err(BuildError::Out)
    })?;
    for file in &mut keys {
        file.flush().map_err(BuildError::Out)?;
    }
    drop(keys);
    // The count stands before the shards, so they are counted first: once more through keys, which are far fewer octets than the list.
    let mut count = 0;
    for shard in 0..1 << bits {
        count += waiting.keys(shard)?.len() as u64;
    }
    if count == 0 {
        return Err(BuildError::Empty);
    }
    let about = About {
        count,
        source: one_line(what.source),
    };
    let new = waiting.folder.join("filter");
    let size = write_filter(&new, &waiting, bits, &about)?;
    fs::rename(&new, what.out).map_err(BuildError::Out)?;
    Ok(Built { count, left_out, size })
}

fn write_filter(new: &Path, waiting: &Waiting, bits: u32, about: &About) -> Result<u64, BuildError> {
    let file = BufWriter::new(File::create(new).map_err(BuildError::Out)?);
    let mut writing = Writing::begin(file, bits, about).map_err(BuildError::Out)?;
    for shard in 0..1 << bits {
        let keys = waiting.keys(shard)?;
        let filter = if keys.is_empty() {
            None
        } else {
            // It fails for some seeds, and 1,000 are tried; for different keys that is enough.
            Some(BinaryFuse16::try_from(&keys).map_err(|_| BuildError::TooLarge)?)
        };
        writing.shard(filter.as_ref()).map_err(BuildError::Out)?;
    }
    let file = writing.end().map_err(BuildError::Out)?;
    let file = file.into_inner().map_err(|error| BuildError::Out(error.into_error()))?;
    file.sync_all().map_err(BuildError::Out)?;
    Ok(file.metadata().map_err(BuildError::Out)?.len())
}

fn one_line(text: &str) -> String {
    let mut line: String = text.chars().filter(|c| !c.is_control()).collect();
    while line.len() > LONGEST_SOURCE {
        line.pop();
    }
    line
}

/// Gives the key of every line to `take`; the answer is how many were left out.
fn read_list(
    mut list: impl BufRead,
    least_count: Option<u64>,
    mut take: impl FnMut(u64) -> Result<(), BuildError>,
) -> Result<u64, BuildError> {
    let mut hashes = None;
    let mut left_out = 0;
    let mut line: Zeroizing<Vec<u8>> = Zeroizing::new(Vec::with_capacity(LONGEST_LINE + 2));
    for number in 1.. {
        line.clear();
        let Some(whole) = next_line(&mut list, &mut line).map_err(BuildError::List)? else {
            break;
        };
        if line.is_empty() {
            left_out += 1;
            continue;
        }
        if hashes.is_none() {
            hashes = Some(what_kind(&line)?);
        }
        let key = if hashes == Some(true) {
            let (key, count) = whole
                .then(|| hash_line(&line))
                .flatten()
                .ok_or(BuildError::NotAHash(number))?;
            match (least_count, count) {
                (Some(_), None) => return Err(BuildError::NoCount(number)),
                (Some(least), Some(count)) if count < least => None,
                _ => Some(key),
            }
        } else if least_count.is_some() {
            return Err(BuildError::NoCount(number));
        } else {
            whole.then(|| word_key(&line))
        };
        match key {
            Some(key) => take(key)?,
            None => left_out += 1,
        }
    }
    Ok(left_out)
}

/// The next line without its end. `Some(false)`: it was longer than lines are, and the rest of it is passed over. `None`: there is none.
fn next_line(list: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<Option<bool>> {
    let mut limited = list.by_ref().take(LONGEST_LINE as u64 + 1);
    if limited.read_until(b'\n', line)? == 0 {
        return Ok(None);
    }
    let whole = line.ends_with(b"\n") || line.len() <= LONGEST_LINE;
    if !whole {
        list.skip_until(b'\n')?;
    }
    while line.last().is_some_and(|octet| matches!(octet, b'\n' | b'\r')) {
        line.pop();
    }
    Ok(Some(whole))
}

/// Whether the list has hashes, by its first line.
fn what_kind(line: &[u8]) -> Result<bool, BuildError> {
    if hash_line(line).is_some() {
        return Ok(true);
    }
    let hash = line.split(|octet| *octet == b':').next().unwrap_or_default();
    let is_ntlm = hash.len() == 32 && hash.len() < line.len() && hash.iter().all(u8::is_ascii_hexdigit);
    if is_ntlm { Err(BuildError::Ntlm) } else { Ok(false) }
}

/// The first eight octets of the hash, and the count.
fn hash_line(line: &[u8]) -> Option<(u64, Option<u64>)> {
    let text = std::str::from_utf8(line).ok()?.trim_end();
    let (hash, count) = match text.split_once(':') {
        Some((hash, count)) => (hash, Some(count.parse().ok()?)),
        None => (text, None),
    };
    let sound = hash.len() == 40 && hash.bytes().all(|octet| octet.is_ascii_hexdigit());
    let first = sound.then(|| hash.get(..16)).flatten()?;
    Some((u64::from_str_radix(first, 16).ok()?, count))
}

/// In NFC where it is text, as it is where it is not.
fn word_key(line: &[u8]) -> u64 {
    match std::str::from_utf8(line) {
        Ok(text) => key_of(Zeroizing::new(text.nfc().collect::<String>()).as_bytes()),
        Err(_) => key_of(line),
    }
}

/// A folder for keys that wait. It is gone when this is.
struct Waiting {
    folder: PathBuf,
}

impl Waiting {
    fn beside(out: &Path) -> Result<Self, BuildError> {
        let mut name = out.file_name().unwrap_or_default().to_owned();
        name.push(format!(".building-{}", std::process::id()));
        let folder = out.with_file_name(name);
        fs::create_dir(&folder).map_err(BuildError::Out)?;
        Ok(Self { folder })
    }

    fn files(&self, bits: u32) -> Result<Vec<BufWriter<File>>, BuildError> {
        (0..1_u32 << bits)
            .map(|shard| File::create(self.path(shard)).map(|file| BufWriter::with_capacity(64 * 1024, file)))
            .collect::<io::Result<_>>()
            .map_err(BuildError::Out)
    }

    /// Different ones, in order.
    fn keys(&self, shard: u32) -> Result<Vec<u64>, BuildError> {
        let file = File::open(self.path(shard)).map_err(BuildError::Out)?;
        let count = file.metadata().map_err(BuildError::Out)?.len() / 8;
        if count > MOST_KEYS {
            return Err(BuildError::TooLarge);
        }
        let mut keys = Vec::with_capacity(usize::try_from(count).unwrap_or_default());
        let mut file = BufReader::with_capacity(64 * 1024, file);
        let mut octets = [0; 8];
        for _ in 0..count {
            file.read_exact(&mut octets).map_err(BuildError::Out)?;
            keys.push(u64::from_le_bytes(octets));
        }
        keys.sort_unstable();
        keys.dedup();
        Ok(keys)
    }

    fn path(&self, shard: u32) -> PathBuf {
        self.folder.join(format!("keys-{shard}"))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        // It is in the way of nothing: the next one has another name.
        let _ = fs::remove_dir_all(&self.folder);
    }
}
