//! What hides names, tokens and codes from whoever reads the store, and what is in letters from whoever waits to send them.
//!
//! Everything is derived from a master key by purpose (HKDF-SHA-256, RFC 5869), so that no hash of one kind is ever one of another: a token shown
//! where another belongs leads nowhere. Two master keys may live at once: the present one makes, both are known again.

use super::ports::Chance;
use crate::records::Hash;
use crate::secret::Secret;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use aws_lc_rs::hmac::{self, HMAC_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::fmt;
use subtle::ConstantTimeEq as _;
use thiserror::Error;
use zeroize::Zeroizing;

/// The fewest octets of a master key.
pub const SHORTEST_KEY: usize = 32;

/// What a hash is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The link to go on with.
    Token,
    /// The link that says "it was not me".
    NotMe,
    /// The code of a message.
    Code,
    /// What a browser holds.
    Session,
    /// A name somebody typed.
    Name,
    /// An account.
    Account,
    /// How an account is reached, and the groups it is in.
    Contacts,
    /// A mailbox.
    Mailbox,
    /// Something counted, with what is counted.
    Limit,
    /// A job of which there is to be one alone.
    Job,
    /// A request that is to be answered once.
    Answer,
    /// What was asked in it.
    Asked,
    /// The key a browser holds after the last step, by the one it held before.
    Successor,
}

impl Purpose {
    const ALL: [Self; 13] = [
        Self::Token,
        Self::NotMe,
        Self::Code,
        Self::Session,
        Self::Name,
        Self::Account,
        Self::Contacts,
        Self::Mailbox,
        Self::Limit,
        Self::Job,
        Self::Answer,
        Self::Asked,
        Self::Successor,
    ];

    fn label(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::NotMe => "not-me",
            Self::Code => "code",
            Self::Session => "session",
            Self::Name => "name",
            Self::Account => "account",
            Self::Contacts => "contacts",
            Self::Mailbox => "mailbox",
            Self::Limit => "limit",
            Self::Job => "job",
            Self::Answer => "answer",
            Self::Asked => "asked",
            Self::Successor => "successor",
        }
    }
}

/// A master key that cannot be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a key of self-service has fewer than {SHORTEST_KEY} octets")]
pub struct UnusableKey;

/// Everything derived from the master keys. No `Debug`, and never written anywhere.
pub struct Keys {
    current: Derived,
    previous: Option<Derived>,
}

struct Derived {
    id: [u8; 4],
    macs: Vec<hmac::Key>,
    sealing: LessSafeKey,
}

impl Keys {
    /// From random octets, at least [`SHORTEST_KEY`] of each. `previous`: what was made with the key before this one still holds.
    pub fn new(current: &Secret, previous: Option<&Secret>) -> Result<Self, UnusableKey> {
        Ok(Self {
            current: Derived::new(current)?,
            previous: previous.map(Derived::new).transpose()?,
        })
    }

    /// The hash of these parts under the present key. Where one part ends counts too.
    pub fn hash(&self, purpose: Purpose, parts: &[&[u8]]) -> Hash {
        self.current.hash(purpose, parts)
    }

    /// The hashes something of these parts may be kept under: the present key's first.
    pub fn hashes(&self, purpose: Purpose, parts: &[&[u8]]) -> Vec<Hash> {
        let live = std::iter::once(&self.current).chain(&self.previous);
        live.map(|key| key.hash(purpose, parts)).collect()
    }

    /// Whether the kept hash is of these parts, under either key. Takes the same time whether it is or not.
    pub fn matches(&self, purpose: Purpose, parts: &[&[u8]], kept: &Hash) -> bool {
        let hashes = self.hashes(purpose, parts);
        hashes
            .iter()
            .fold(subtle::Choice::from(0), |found, hash| found | hash.ct_eq(kept))
            .into()
    }

    /// Seals it (AES-256-GCM, NIST SP 800-38D) for whoever names the same label. `None`: there is no randomness.
    pub fn seal(&self, label: &str, plain: &[u8], chance: &dyn Chance) -> Option<Vec<u8>> {
        let mut nonce = [0; 12];
        if !chance.fill(&mut nonce) {
            return None;
        }
        let mut inside = plain.to_vec();
        let sealed = self.current.sealing.seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(self.current.bound_to(label)),
            &mut inside,
        );
        sealed.ok()?;
        let mut whole = Vec::with_capacity(1 + 4 + 12 + inside.len());
        whole.push(FORM);
        whole.extend(self.current.id);
        whole.extend(nonce);
        whole.extend(inside);
        Some(whole)
    }

    /// Opens what [`seal`](Self::seal) made. `None`: it was sealed by other keys or for something else, or is not what it was.
    pub fn open(&self, label: &str, sealed: &[u8]) -> Option<Secret> {
        let rest = sealed.strip_prefix(&[FORM])?;
        let (id, rest) = rest.split_at_checked(4)?;
        let (nonce, inside) = rest.split_at_checked(12)?;
        let mut live = std::iter::once(&self.current).chain(&self.previous);
        let key = live.find(|key| key.id == id)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut inside = Zeroizing::new(inside.to_vec());
        let plain = key
            .sealing
            .open_in_place(nonce, Aad::from(key.bound_to(label)), &mut inside)
            .ok()?;
        Some(Secret::new(&*plain))
    }
}

/// The only form there is of what is sealed: form, key, nonce, what is inside with its tag.
const FORM: u8 = 1;

impl Derived {
    fn new(master: &Secret) -> Result<Self, UnusableKey> {
        if master.expose().len() < SHORTEST_KEY {
            return Err(UnusableKey);
        }
        let root = Salt::new(HKDF_SHA256, b"postern self-service 1").extract(master.expose());
        let octets = |label: &str| {
            let mut octets = Zeroizing::new([0; 32]);
            let info = [label.as_bytes()];
            let filled = root.expand(&info, Octets32).and_then(|okm| okm.fill(&mut *octets));
            filled.map(|()| octets).map_err(|_| UnusableKey)
        };
        let mut macs = Vec::with_capacity(Purpose::ALL.len());
        for purpose in Purpose::ALL {
            macs.push(hmac::Key::new(HMAC_SHA256, &*octets(purpose.label())?));
        }
        let sealing = UnboundKey::new(&AES_256_GCM, &*octets("sealing")?).map_err(|_| UnusableKey)?;
        let mut id = [0; 4];
        for (place, octet) in id.iter_mut().zip(octets("id")?.iter()) {
            *place = *octet;
        }
        Ok(Self {
            id,
            macs,
            sealing: LessSafeKey::new(sealing),
        })
    }

    fn hash(&self, purpose: Purpose, parts: &[&[u8]]) -> Hash {
        let mut hash = [0; 32];
        let Some(key) = self.macs.get(purpose as usize) else {
            return hash;
        };
        let mut context = hmac::Context::with_key(key);
        for part in parts {
            context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            context.update(part);
        }
        for (place, octet) in hash.iter_mut().zip(context.sign().as_ref()) {
            *place = *octet;
        }
        hash
    }

    /// What the seal is good for alone.
    fn bound_to(&self, label: &str) -> Vec<u8> {
        let mut bound = vec![FORM];
        bound.extend(self.id);
        bound.extend(label.as_bytes());
        bound
    }
}

struct Octets32;

impl KeyType for Octets32 {
    fn len(&self) -> usize {
        32
    }
}

/// A [`Hash`](type@Hash) inside a context's body.
#[derive(Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest(pub Hash);

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest(..)")
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        URL_SAFE_NO_PAD.encode(digest.0)
    }
}

impl TryFrom<String> for Digest {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let octets = URL_SAFE_NO_PAD.decode(text).map_err(|_| "no base64url")?;
        octets.try_into().map(Self).map_err(|_| "not 32 octets")
    }
}

/// A token of 256 random bits, as it stands in a link or a cookie. `None`: there is no randomness.
pub fn token(chance: &dyn Chance) -> Option<Secret> {
    let mut octets = Zeroizing::new([0; 32]);
    if !chance.fill(&mut *octets) {
        return None;
    }
    Some(Secret::new(URL_SAFE_NO_PAD.encode(*octets)))
}

/// Crockford's 32: what looks alike means the same.
const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A code of so many of Crockford's 32. `None`: there is no randomness.
pub fn code(characters: u8, chance: &dyn Chance) -> Option<Secret> {
    let mut octets = Zeroizing::new(vec![0; usize::from(characters)]);
    if !chance.fill(&mut octets) {
        return None;
    }
    // 256 is a multiple of 32: every character is as likely as the others.
    let letters = octets
        .iter()
        .filter_map(|octet| CROCKFORD.get(usize::from(*octet & 31)).copied());
    Some(Secret::new(letters.collect::<Vec<_>>()))
}

/// A code as it is compared: without spaces and dashes, in capitals, `O` as `0`, `I` and `L` as `1`. `None`: longer than any code.
pub fn read_code(typed: &Secret) -> Option<Secret> {
    if typed.expose().len() > 64 {
        return None;
    }
    let letters = typed
        .expose()
        .iter()
        .filter(|octet| !matches!(octet, b' ' | b'-' | b'\t' | b'.'));
    let read = letters.map(|octet| match octet.to_ascii_uppercase() {
        b'O' => b'0',
        b'I' | b'L' => b'1',
        other => other,
    });
    Some(Secret::new(read.collect::<Vec<_>>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counting;

    impl Chance for Counting {
        fn fill(&self, octets: &mut [u8]) -> bool {
            for (place, octet) in octets.iter_mut().enumerate() {
                *octet = u8::try_from(place).unwrap();
            }
            true
        }
    }

    fn master(octet: u8) -> Secret {
        Secret::new([octet; 32])
    }

    #[test]
    fn hashes_of_one_purpose_are_none_of_another_and_parts_do_not_run_together() {
        let keys = Keys::new(&master(1), None).unwrap();
        let mut seen = std::collections::HashSet::new();
        for (place, purpose) in Purpose::ALL.into_iter().enumerate() {
            assert_eq!(purpose as usize, place);
            assert!(seen.insert(keys.hash(purpose, &[b"ab"])));
            assert!(seen.insert(keys.hash(purpose, &[b"a", b"b"])));
        }
        let labels: std::collections::HashSet<_> = Purpose::ALL.into_iter().map(Purpose::label).collect();
        assert_eq!(labels.len(), Purpose::ALL.len());
    }

    #[test]
    fn what_the_previous_key_made_is_known_until_it_is_gone() {
        let before = Keys::new(&master(1), None).unwrap();
        let between = Keys::new(&master(2), Some(&master(1))).unwrap();
        let after = Keys::new(&master(2), None).unwrap();
        let kept = before.hash(Purpose::Code, &[b"x"]);
        let sealed = before.seal("letter", b"secret", &Counting).unwrap();
        assert!(between.matches(Purpose::Code, &[b"x"], &kept));
        assert!(!between.matches(Purpose::Code, &[b"y"], &kept));
        assert!(!between.matches(Purpose::Token, &[b"x"], &kept));
        assert_eq!(between.open("letter", &sealed).unwrap().expose(), b"secret");
        assert!(!after.matches(Purpose::Code, &[b"x"], &kept));
        assert!(after.open("letter", &sealed).is_none());
        assert_eq!(between.hashes(Purpose::Code, &[b"x"])[1], kept);
    }

    #[test]
    fn what_is_sealed_opens_whole_and_for_its_purpose_alone() {
        let keys = Keys::new(&master(1), None).unwrap();
        let sealed = keys.seal("letter", b"secret", &Counting).unwrap();
        assert!(keys.open("resolve", &sealed).is_none());
        for place in 0..sealed.len() {
            let mut other = sealed.clone();
            other[place] ^= 1;
            assert!(keys.open("letter", &other).is_none(), "octet {place}");
            assert!(keys.open("letter", &sealed[..place]).is_none());
        }
        assert!(!sealed.windows(6).any(|part| part == b"secret"));
    }

    #[test]
    fn a_short_key_is_none() {
        assert!(Keys::new(&Secret::new([1; 31]), None).is_err());
        assert!(Keys::new(&master(1), Some(&Secret::new("short"))).is_err());
    }

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let made = code(8, &Counting).unwrap();
        assert_eq!(made.expose(), b"01234567");
        for typed in ["0123-4567", " o1 23 45 67 ", "Ol234567", "oI23.4567"] {
            assert!(read_code(&Secret::new(typed)).unwrap().same_as(&made), "{typed}");
        }
        assert!(read_code(&Secret::new("0".repeat(65))).is_none());
    }

    #[test]
    fn without_randomness_nothing_is_made() {
        struct Empty;
        impl Chance for Empty {
            fn fill(&self, _octets: &mut [u8]) -> bool {
                false
            }
        }
        assert!(token(&Empty).is_none() && code(8, &Empty).is_none());
        assert!(Keys::new(&master(1), None).unwrap().seal("x", b"", &Empty).is_none());
    }
}
