//! How a filter stands in a file. Numbers are little-endian.
//!
//! ```text
//! magic        8  "PSTLEAK\0"
//! version      4  1
//! shard bits   4  0 to 8: there are 2^bits shards
//! count        8  passwords in all of them
//! source       2  its length, then as many octets of UTF-8, at most 200
//! each shard  24  seed 8, segment length 4, segment count length 4, fingerprints 8 (0: none, and the rest is 0)
//!                 then the fingerprints, 2 each
//! checksum    32  SHA-256 of everything before
//! ```

use super::{About, FilterError, Leaked};
use aws_lc_rs::digest::{Context, SHA256};
use std::io::{Read, Write};
use xorf::{BinaryFuse16, Descriptor};

pub(crate) const MAGIC: &[u8; 8] = b"PSTLEAK\0";
pub(crate) const VERSION: u32 = 1;
/// 2^8 shards at the most: as many files are open at once while one is built.
pub(crate) const MOST_BITS: u32 = 8;
pub(crate) const LONGEST_SOURCE: usize = 200;
/// The longest segment that a filter is made with.
const LONGEST_SEGMENT: u32 = 1 << 18;
const CHECKSUM: u64 = 32;
/// Octets of fingerprints that are read at once.
const PIECE: usize = 64 * 1024;

/// Reads and looks at everything, in this order: a number is believed once what it counts fits into what is left of the file. A filter asks
/// its fingerprints without looking at its bounds again, so those are looked at here.
pub(crate) fn read(from: impl Read, length: u64) -> Result<Leaked, FilterError> {
    let mut input = Input {
        from,
        left: length.checked_sub(CHECKSUM).ok_or(FilterError::NotAFilter)?,
        hash: Context::new(&SHA256),
    };
    if &input.array::<8>().map_err(|_| FilterError::NotAFilter)? != MAGIC {
        return Err(FilterError::NotAFilter);
    }
    let version = input.u32()?;
    if version != VERSION {
        return Err(FilterError::Version(version));
    }
    let bits = input.u32()?;
    if bits > MOST_BITS {
        return Err(FilterError::Damaged);
    }
    let count = input.u64()?;
    let source = usize::from(u16::from_le_bytes(input.array()?));
    if source > LONGEST_SOURCE {
        return Err(FilterError::Damaged);
    }
    let mut octets = vec![0; source];
    input.fill(&mut octets)?;
    let source = String::from_utf8(octets).map_err(|_| FilterError::Damaged)?;
    // It is printed to terminals.
    if source.chars().any(char::is_control) {
        return Err(FilterError::Damaged);
    }
    let mut shards = Vec::new();
    for _ in 0..1_u32 << bits {
        shards.push(read_shard(&mut input)?);
    }
    let Input { mut from, left, hash } = input;
    let mut checksum = [0; 32];
    let ended = from.read_exact(&mut checksum).is_ok() && left == 0;
    if !ended || checksum != hash.finish().as_ref() {
        return Err(FilterError::Damaged);
    }
    Ok(Leaked {
        about: About { count, source },
        shards,
        bits,
    })
}

fn read_shard(input: &mut Input<impl Read>) -> Result<Option<BinaryFuse16>, FilterError> {
    let seed = input.u64()?;
    let segment_length = input.u32()?;
    let segment_count_length = input.u32()?;
    let count = input.u64()?;
    if count == 0 {
        let nothing = seed == 0 && segment_length == 0 && segment_count_length == 0;
        return if nothing { Ok(None) } else { Err(FilterError::Damaged) };
    }
    // The three places of a key lie below `segment_count_length + 2 * segment_length`, if segments are a power of two and come out even.
    let sound = segment_length.is_power_of_two()
        && segment_length <= LONGEST_SEGMENT
        && segment_count_length > 0
        && segment_count_length.is_multiple_of(segment_length)
        && u64::from(segment_count_length) + 2 * u64::from(segment_length) == count
        && u32::try_from(count).is_ok()
        && count.saturating_mul(2) <= input.left;
    if !sound {
        return Err(FilterError::Damaged);
    }
    let count = usize::try_from(count).map_err(|_| FilterError::Damaged)?;
    let mut fingerprints = Vec::with_capacity(count);
    let mut piece = vec![0; PIECE];
    while fingerprints.len() < count {
        let wanted = PIECE.min((count - fingerprints.len()) * 2);
        let piece = piece.get_mut(..wanted).unwrap_or_default();
        input.fill(piece)?;
        fingerprints.extend(piece.as_chunks().0.iter().copied().map(u16::from_le_bytes));
    }
    Ok(Some(BinaryFuse16 {
        descriptor: Descriptor {
            seed,
            segment_length,
            segment_length_mask: segment_length - 1,
            segment_count_length,
        },
        fingerprints: fingerprints.into(),
    }))
}

/// What is read, hashed as it comes.
struct Input<R> {
    from: R,
    /// Octets before the checksum.
    left: u64,
    hash: Context,
}

impl<R: Read> Input<R> {
    fn fill(&mut self, octets: &mut [u8]) -> Result<(), FilterError> {
        let length = octets.len() as u64;
        self.left = self.left.checked_sub(length).ok_or(FilterError::Damaged)?;
        self.from.read_exact(octets).map_err(|error| match error.kind() {
            std::io::ErrorKind::UnexpectedEof => FilterError::Damaged,
            _ => FilterError::Unreadable(error),
        })?;
        self.hash.update(octets);
        Ok(())
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], FilterError> {
        let mut octets = [0; N];
        self.fill(&mut octets)?;
        Ok(octets)
    }

    fn u32(&mut self) -> Result<u32, FilterError> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64, FilterError> {
        self.array().map(u64::from_le_bytes)
    }
}

/// What is written, hashed as it goes.
pub(crate) struct Writing<W> {
    to: W,
    hash: Context,
}

impl<W: Write> Writing<W> {
    pub(crate) fn begin(to: W, bits: u32, about: &About) -> std::io::Result<Self> {
        let mut writing = Self {
            to,
            hash: Context::new(&SHA256),
        };
        writing.put(MAGIC)?;
        writing.put(&VERSION.to_le_bytes())?;
        writing.put(&bits.to_le_bytes())?;
        writing.put(&about.count.to_le_bytes())?;
        let length = u16::try_from(about.source.len()).unwrap_or(u16::MAX);
        writing.put(&length.to_le_bytes())?;
        writing.put(about.source.as_bytes())?;
        Ok(writing)
    }

    /// The next shard; `None` has no key.
    pub(crate) fn shard(&mut self, filter: Option<&BinaryFuse16>) -> std::io::Result<()> {
        let Some(filter) = filter else {
            return self.put(&[0; 24]);
        };
        self.put(&filter.descriptor.seed.to_le_bytes())?;
        self.put(&filter.descriptor.segment_length.to_le_bytes())?;
        self.put(&filter.descriptor.segment_count_length.to_le_bytes())?;
        self.put(&(filter.fingerprints.len() as u64).to_le_bytes())?;
        for piece in filter.fingerprints.chunks(PIECE / 2) {
            let octets: Vec<u8> = piece.iter().flat_map(|fingerprint| fingerprint.to_le_bytes()).collect();
            self.put(&octets)?;
        }
        Ok(())
    }

    pub(crate) fn end(self) -> std::io::Result<W> {
        let Self { mut to, hash } = self;
        to.write_all(hash.finish().as_ref())?;
        to.flush()?;
        Ok(to)
    }

    fn put(&mut self, octets: &[u8]) -> std::io::Result<()> {
        self.hash.update(octets);
        self.to.write_all(octets)
    }
}
