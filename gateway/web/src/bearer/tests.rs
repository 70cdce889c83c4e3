//! Tokens of issuers, made here with keys of every kind.

mod attacks;
mod believed;
mod keeping;

use super::keeper::Pace;
use super::*;
use crate::limits::Rate;
use crate::tokens::{TokenLimits, USUAL_RATE};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RSA_PSS_SHA256,
    RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::AUTHORIZATION;
use postern_identity::clock::FixedClock;
use postern_identity::{Secret, Timestamp};
use rustls::RootCertStore;
use serde_json::{Value, json};
use std::sync::LazyLock;
use std::time::Duration;

const NOW: i64 = 1_800_000_000;
const ISSUER: &str = "https://login.example.org/tenant/v2.0";
const AUDIENCE: &str = "api://postern";

/// An issuer's keys: one of each kind, by the names `rsa`, `ec` and `ed`.
struct Signer {
    rsa: RsaKeyPair,
    ec: EcdsaKeyPair,
    ed: Ed25519KeyPair,
}

static OURS: LazyLock<Signer> = LazyLock::new(Signer::new);
static STRANGER: LazyLock<Signer> = LazyLock::new(Signer::new);

impl Signer {
    fn new() -> Self {
        Self {
            rsa: RsaKeyPair::generate(KeySize::Rsa2048).unwrap(),
            ec: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap(),
            ed: Ed25519KeyPair::generate().unwrap(),
        }
    }

    /// Signed as the header says, whatever else it says.
    fn token(&self, header: &Value, claims: &Value) -> String {
        self.signed(&header["alg"], &header.to_string(), &claims.to_string())
    }

    fn signed(&self, algorithm: &Value, header: &str, claims: &str) -> String {
        let message = format!("{}.{}", coded(header), coded(claims));
        let random = SystemRandom::new();
        let mut rsa = vec![0; 256];
        let signature = match algorithm.as_str().unwrap() {
            "RS256" => {
                self.rsa
                    .sign(&RSA_PKCS1_SHA256, &random, message.as_bytes(), &mut rsa)
                    .unwrap();
                rsa
            }
            "PS256" => {
                self.rsa
                    .sign(&RSA_PSS_SHA256, &random, message.as_bytes(), &mut rsa)
                    .unwrap();
                rsa
            }
            "ES256" => self.ec.sign(&random, message.as_bytes()).unwrap().as_ref().to_vec(),
            "EdDSA" => self.ed.sign(message.as_bytes()).as_ref().to_vec(),
            other => panic!("{other}"),
        };
        format!("{message}.{}", coded(signature))
    }

    fn rsa_jwk(&self, name: &str) -> Value {
        // RSAPublicKey (RFC 8017 A.1.1): the modulus stands behind its header and a zero, the exponent is 65537.
        let der = self.rsa.public_key().as_ref();
        json!({"kty": "RSA", "kid": name, "use": "sig", "n": coded(&der[9..265]), "e": "AQAB", "x5t": "passed over"})
    }

    fn ec_jwk(&self, name: &str) -> Value {
        let point = self.ec.public_key().as_ref();
        json!({"kty": "EC", "crv": "P-256", "kid": name, "x": coded(&point[1..33]), "y": coded(&point[33..])})
    }

    fn ed_jwk(&self, name: &str) -> Value {
        json!({"kty": "OKP", "crv": "Ed25519", "kid": name, "x": coded(self.ed.public_key())})
    }

    fn jwks(&self) -> Value {
        json!({"keys": [self.rsa_jwk("rsa"), self.ec_jwk("ec"), self.ed_jwk("ed")]})
    }
}

fn coded(octets: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(octets)
}

fn claims() -> Value {
    json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "subject-1", "azp": "client-1",
        "iat": NOW - 10, "nbf": NOW - 10, "exp": NOW + 3600, "scp": "Read Write",
    })
}

fn header() -> Value {
    json!({"alg": "ES256", "kid": "ec", "typ": "JWT"})
}

/// `claims` with these instead; `null` is left out.
fn with(mut claims: Value, others: Value) -> Value {
    let members = claims.as_object_mut().unwrap();
    let Value::Object(others) = others else { panic!() };
    for (name, value) in others {
        members.remove(&name);
        if !value.is_null() {
            members.insert(name, value);
        }
    }
    claims
}

fn settings(keys: KeySource) -> IssuerSettings {
    IssuerSettings {
        name: "entra".into(),
        issuer: ISSUER.to_owned(),
        audiences: vec![AUDIENCE.to_owned(), "another".to_owned()],
        keys,
        scope_claims: ["scp", "scope", "roles"].map(str::to_owned).to_vec(),
        scopes: vec![
            ("Read".to_owned(), vec!["scim:read".into()]),
            ("Write".to_owned(), vec!["scim:read".into(), "scim:write".into()]),
        ],
        client_ids: Vec::new(),
        subjects: Vec::new(),
        limits: TokenLimits::default(),
        rate: Rate::of_program(USUAL_RATE),
    }
}

fn issuer(settings: IssuerSettings, pace: Pace) -> Issuer {
    let clock = Arc::new(FixedClock(Timestamp::from_second(NOW).unwrap()));
    let tls = tls_for_keys(RootCertStore::empty(), clock.clone()).unwrap();
    Issuer::at_pace(settings, tls, clock, pace)
}

/// Bearers whose issuer's keys are in a file, and kept fresh.
struct House {
    bearers: Bearers,
    stop: CancellationToken,
    _folder: tempfile::TempDir,
}

impl House {
    fn of(jwks: &Value, change: impl Fn(&mut IssuerSettings)) -> Self {
        Self::of_several(jwks, &[&change])
    }

    fn of_several(jwks: &Value, changes: &[&dyn Fn(&mut IssuerSettings)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.json");
        std::fs::write(&path, jwks.to_string()).unwrap();
        let issuers = changes.iter().map(|change| {
            let mut settings = settings(KeySource::File(path.clone()));
            change(&mut settings);
            // A machine under load reads a file in that time.
            let patience = Duration::from_mins(1);
            issuer(
                settings,
                Pace {
                    patience,
                    ..Pace::default()
                },
            )
        });
        let ours = Token::new(
            "desk",
            &[&Secret::new("0123456789abcdef")],
            vec!["reset:request".into()],
        );
        let house = Self {
            bearers: Bearers::new(Tokens::new(vec![ours]), issuers.collect()),
            stop: CancellationToken::new(),
            _folder: folder,
        };
        house.bearers.keep_fresh(&TaskTracker::new(), &house.stop);
        house
    }

    async fn ask(&self, token: &str) -> Result<Arc<Token>, Fault> {
        self.bearers.of(&shown_as(token)).await
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn shown_as(token: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
    headers
}
