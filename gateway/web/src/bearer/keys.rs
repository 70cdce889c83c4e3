//! An issuer's public keys as it publishes them (RFC 7517), and what they have signed.

use super::Refused;
use super::jwt::{Algorithm, Jwt};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256,
    RsaParameters, RsaPublicKeyComponents,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::Value;

/// The most keys of one issuer.
const MOST: usize = 64;
/// Octets of the numbers of an RSA key: 2048 to 8192 bits.
const MODULUS: std::ops::RangeInclusive<usize> = 256..=1024;
const LONGEST_EXPONENT: usize = 8;

/// Why keys cannot be used. Their issuer is to blame, or whoever wrote the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeysError {
    /// It is not a JWK Set.
    #[error("it is no JSON Web Key Set")]
    Shape,
    /// There are more than anybody needs.
    #[error("it has more than 64 keys")]
    TooMany,
    /// None is of a kind that is accepted.
    #[error("it has no key with a kid that verifies RS256, PS256, ES256 or EdDSA")]
    Unusable,
    /// A key that should be its owner's alone is among them.
    #[error("it has a secret or private key, which must be nobody's but its owner's")]
    Private,
}

/// The keys of an issuer that can be used.
pub struct Keys(Vec<Key>);

struct Key {
    name: String,
    algorithm: Algorithm,
    public: ParsedPublicKey,
}

/// A key as it is published. What is not known of it is passed over (RFC 7517 §4).
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl Keys {
    /// The keys of a JWK Set. Those that are not understood or not for signatures are left out (RFC 7517 §5); so are different ones with one name,
    /// of which nobody could say which is meant.
    pub fn parse(octets: &[u8]) -> Result<Self, KeysError> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<Value>,
        }
        let set: Set = serde_json::from_slice(octets).map_err(|_| KeysError::Shape)?;
        if set.keys.len() > MOST {
            return Err(KeysError::TooMany);
        }
        let holds_secret = |key: &Value| ["d", "k"].iter().any(|member| key.get(member).is_some());
        if set.keys.iter().any(holds_secret) {
            return Err(KeysError::Private);
        }
        let jwks = set.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok());
        let all: Vec<Key> = jwks.flat_map(|jwk: Jwk| jwk.keys()).collect();
        let mut keys: Vec<Key> = Vec::new();
        for key in &all {
            let mut alike = all
                .iter()
                .filter(|other| other.name == key.name && other.algorithm == key.algorithm);
            let known = keys
                .iter()
                .any(|known| known.name == key.name && known.algorithm == key.algorithm);
            if !known && alike.all(|other| other.public.as_ref() == key.public.as_ref()) {
                keys.push(Key {
                    name: key.name.clone(),
                    algorithm: key.algorithm,
                    public: key.public.clone(),
                });
            }
        }
        if keys.is_empty() {
            return Err(KeysError::Unusable);
        }
        Ok(Self(keys))
    }

    /// Whether the key it names has signed it, in the way it names. `None`: there is no such key.
    pub(super) fn verify(&self, jwt: &Jwt<'_>) -> Option<Result<(), Refused>> {
        let named = |key: &&Key| key.name == jwt.key && key.algorithm == jwt.algorithm;
        let key = self.0.iter().find(named)?;
        let verified = key.public.verify_sig(jwt.signed, &jwt.signature);
        Some(verified.map_err(|_| Refused::Signature))
    }

    /// How many there are, each way of signing counted.
    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }
}

impl Jwk {
    /// One for each way of signing it is good for: an RSA key that does not say so is good for two.
    fn keys(self) -> Vec<Key> {
        let for_others = self.usage.as_deref().is_some_and(|usage| usage != "sig")
            || self
                .key_ops
                .as_ref()
                .is_some_and(|uses| !uses.iter().any(|one| one == "verify"));
        let Some(name) = self.kid.clone().filter(|_| !for_others) else {
            return Vec::new();
        };
        let candidates: &[Algorithm] = match (self.kty.as_str(), self.crv.as_deref()) {
            ("RSA", _) => &[Algorithm::Rs256, Algorithm::Ps256],
            ("EC", Some("P-256")) => &[Algorithm::Es256],
            ("OKP", Some("Ed25519")) => &[Algorithm::EdDsa],
            _ => &[],
        };
        let meant = candidates.iter().filter(|candidate| match &self.alg {
            Some(alg) => Algorithm::of(alg) == Some(**candidate),
            None => true,
        });
        let made = meant.filter_map(|algorithm| {
            Some(Key {
                name: name.clone(),
                algorithm: *algorithm,
                public: self.public(*algorithm)?,
            })
        });
        made.collect()
    }

    fn public(&self, algorithm: Algorithm) -> Option<ParsedPublicKey> {
        match algorithm {
            Algorithm::Rs256 => self.rsa(&RSA_PKCS1_2048_8192_SHA256),
            Algorithm::Ps256 => self.rsa(&RSA_PSS_2048_8192_SHA256),
            Algorithm::Es256 => {
                // Each coordinate is as long as the curve is wide (RFC 7518 §6.2.1.2).
                let (x, y) = (of_length(self.x.as_ref()?)?, of_length(self.y.as_ref()?)?);
                let point = [&[4][..], &x, &y].concat();
                ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).ok()
            }
            Algorithm::EdDsa => ParsedPublicKey::new(&ED25519, of_length(self.x.as_ref()?)?).ok(),
        }
    }

    fn rsa(&self, how: &'static RsaParameters) -> Option<ParsedPublicKey> {
        let n = number(self.n.as_ref()?)?;
        let e = number(self.e.as_ref()?)?;
        if !MODULUS.contains(&n.len()) || e.len() > LONGEST_EXPONENT {
            return None;
        }
        RsaPublicKeyComponents { n, e }.to_parsed_public_key(how).ok()
    }
}

fn of_length(encoded: &str) -> Option<[u8; 32]> {
    URL_SAFE_NO_PAD.decode(encoded).ok()?.try_into().ok()
}

/// A number, without the zero in front that some issuers put there although RFC 7518 §2 has none.
fn number(encoded: &str) -> Option<Vec<u8>> {
    let octets = URL_SAFE_NO_PAD.decode(encoded).ok()?;
    let first = octets.iter().position(|octet| *octet != 0)?;
    octets.get(first..).map(<[u8]>::to_vec)
}
