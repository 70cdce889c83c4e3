//! Writing BER with the shortest lengths, as slapd does.

use crate::tag;

/// Appends elements to a buffer it owns.
#[derive(Default)]
pub struct Writer {
    octets: Vec<u8>,
}

impl Writer {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty one with room for `capacity` octets.
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            octets: Vec::with_capacity(capacity),
        }
    }

    /// What was written.
    pub fn finish(self) -> Vec<u8> {
        self.octets
    }

    /// An element of this tag and content.
    pub fn element(&mut self, tag: u8, content: &[u8]) -> &mut Self {
        let (length, count) = length_octets(content.len());
        self.octets.push(tag);
        self.octets.extend_from_slice(length.get(..count).unwrap_or_default());
        self.octets.extend_from_slice(content);
        self
    }

    /// Octets that are BER already.
    pub fn raw(&mut self, octets: &[u8]) -> &mut Self {
        self.octets.extend_from_slice(octets);
        self
    }

    /// An element of this tag around whatever `inside` writes.
    pub fn nested(&mut self, tag: u8, inside: impl FnOnce(&mut Self)) -> &mut Self {
        self.octets.push(tag);
        let start = self.octets.len();
        inside(self);
        let (length, count) = length_octets(self.octets.len() - start);
        self.octets.splice(start..start, length.into_iter().take(count));
        self
    }

    /// An OCTET STRING.
    pub fn octets(&mut self, content: &[u8]) -> &mut Self {
        self.element(tag::OCTET_STRING, content)
    }

    /// A BOOLEAN; true is FF (RFC 4511 §5.1).
    pub fn boolean(&mut self, value: bool) -> &mut Self {
        self.element(tag::BOOLEAN, &[if value { 0xff } else { 0 }])
    }

    /// An INTEGER.
    pub fn integer(&mut self, value: u32) -> &mut Self {
        self.number(tag::INTEGER, value)
    }

    /// An ENUMERATED.
    pub fn enumerated(&mut self, value: u32) -> &mut Self {
        self.number(tag::ENUMERATED, value)
    }

    /// A non-negative number under any tag, with the fewest octets.
    pub fn number(&mut self, tag: u8, value: u32) -> &mut Self {
        let octets = u64::from(value).to_be_bytes();
        // Leading zeros go, except one before a set high bit (it would read as a sign) and the only octet.
        let zeros = (value.leading_zeros() as usize + 32) / 8;
        let start = zeros.min(7);
        let start = if octets.get(start).is_some_and(|octet| octet & 0x80 != 0) {
            start - 1
        } else {
            start
        };
        self.element(tag, octets.get(start..).unwrap_or_default())
    }
}

/// A length in its shortest form: the octets and how many of them count.
pub fn length_octets(length: usize) -> ([u8; 9], usize) {
    let mut octets = [0; 9];
    if let Ok(short @ 0..0x80) = u8::try_from(length) {
        octets[0] = short;
        return (octets, 1);
    }
    let digits = length.to_be_bytes();
    let skip = digits.iter().take_while(|&&digit| digit == 0).count();
    let significant = digits.get(skip..).unwrap_or_default();
    octets[0] = 0x80 | u8::try_from(significant.len()).unwrap_or(8);
    for (place, digit) in octets.iter_mut().skip(1).zip(significant) {
        *place = *digit;
    }
    (octets, 1 + significant.len())
}
