//! A signed JWT in its compact form (RFC 7515 §7.1, RFC 7519), read strictly. Nothing in it is believed by having been read.

use super::Refused;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt;

/// The longest name of a key.
const LONGEST_KEY_NAME: usize = 256;

/// Ways of signing that are accepted (RFC 7518 §3.1, RFC 8037). There is no other, and no way to say "none".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    Rs256,
    Ps256,
    Es256,
    EdDsa,
}

impl Algorithm {
    /// By its exact name.
    pub(super) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "RS256" => Self::Rs256,
            "PS256" => Self::Ps256,
            "ES256" => Self::Es256,
            "EdDSA" => Self::EdDsa,
            _ => return None,
        })
    }
}

/// One, read.
pub(super) struct Jwt<'a> {
    pub(super) algorithm: Algorithm,
    /// Which of the issuer's keys it says to be signed with. A name to compare and nothing else: no address, no path.
    pub(super) key: String,
    /// What it says.
    pub(super) claims: Map<String, Value>,
    /// The octets that are signed.
    pub(super) signed: &'a [u8],
    pub(super) signature: Vec<u8>,
}

impl<'a> Jwt<'a> {
    /// `octets` are no more than anybody may send.
    pub(super) fn parse(octets: &'a [u8]) -> Result<Self, Refused> {
        let mut dots = (0..).zip(octets).filter(|(_, octet)| **octet == b'.');
        let (Some((first, _)), Some((second, _)), None) = (dots.next(), dots.next(), dots.next()) else {
            return Err(Refused::Shape);
        };
        let part = |from: usize, to: usize| {
            let encoded = octets.get(from..to).filter(|part| !part.is_empty())?;
            URL_SAFE_NO_PAD.decode(encoded).ok()
        };
        let header = part(0, first).ok_or(Refused::Shape)?;
        let claims = part(first + 1, second).ok_or(Refused::Shape)?;
        let signature = part(second + 1, octets.len()).ok_or(Refused::Shape)?;
        let Object(header) = serde_json::from_slice(&header).map_err(|_| Refused::Header)?;
        let (algorithm, key) = headed(&header)?;
        let Object(claims) = serde_json::from_slice(&claims).map_err(|_| Refused::Claims)?;
        Ok(Self {
            algorithm,
            key,
            claims,
            signed: octets.get(..second).unwrap_or_default(),
            signature,
        })
    }

    /// Whether it says to be of this issuer, letter by letter (RFC 8414 §3.3).
    pub(super) fn is_of(&self, issuer: &str) -> bool {
        self.claims.get("iss").and_then(Value::as_str) == Some(issuer)
    }
}

/// What of a header counts. Keys and addresses of keys that a token brings along (`jwk`, `jku`, `x5u`, `x5c`) are anybody's word and passed over.
fn headed(header: &Map<String, Value>) -> Result<(Algorithm, String), Refused> {
    let text = |name: &str| match header.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str())),
        Some(_) => Err(Refused::Header),
    };
    let algorithm = text("alg")?.and_then(Algorithm::of).ok_or(Refused::Algorithm)?;
    // RFC 7515 §4.1.11: what is critical and not understood is refused, and here nothing is.
    if header.contains_key("crit") {
        return Err(Refused::Critical);
    }
    // RFC 9068 §2.1 says at+jwt, most issuers say JWT, and some nothing. A `cty` means another token inside (RFC 7519 §5.2).
    let kind = text("typ")?.unwrap_or("JWT").to_ascii_lowercase();
    let kind = kind.strip_prefix("application/").unwrap_or(&kind);
    if !matches!(kind, "at+jwt" | "jwt") || header.contains_key("cty") {
        return Err(Refused::Type);
    }
    let key = text("kid")?.filter(|key| !key.is_empty() && key.len() <= LONGEST_KEY_NAME);
    Ok((algorithm, key.ok_or(Refused::Key)?.to_owned()))
}

/// A JSON object none of whose members stands there twice: two readers would take different ones.
struct Object(Map<String, Value>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Object;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Object, A::Error> {
                let mut object = Map::new();
                while let Some((name, value)) = members.next_entry::<String, Value>()? {
                    if object.insert(name, value).is_some() {
                        return Err(A::Error::custom("a member stands there twice"));
                    }
                }
                Ok(Object(object))
            }
        }
        deserializer.deserialize_map(Members)
    }
}
