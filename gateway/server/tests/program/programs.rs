//! Programs that an issuer of OAuth 2.0 speaks for, at the API of a program that runs.

use crate::given::{Given, Program};
use crate::pages::{end, pages};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::json;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const ISSUER: &str = "[http]
address = \"127.0.0.1:0\"
[[api_token]]
name = \"desk\"
secret = \"0123456789abcdef\"
scopes = [\"scim:read\"]
requests_per_second = 1
[[oauth_issuer]]
name = \"sso\"
issuer = \"https://login.example.org\"
audience = [\"postern\"]
jwks_file = \"keys.json\"
scopes = { \"Resets\" = [\"reset:read\"], \"Provision\" = [\"scim:read\", \"scim:write\"] }
[[listener]]";

fn coded(octets: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(octets)
}

struct Signer(EcdsaKeyPair);

impl Signer {
    fn new() -> Self {
        Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    fn jwks(&self, name: &str) -> String {
        let point = self.0.public_key().as_ref();
        let key =
            json!({"kty": "EC", "crv": "P-256", "kid": name, "x": coded(&point[1..33]), "y": coded(&point[33..])});
        json!({ "keys": [key] }).to_string()
    }

    #[allow(
        clippy::disallowed_methods,
        reason = "a token is made now, for a program with a clock of its own"
    )]
    fn token(&self, key: &str, roles: &[&str]) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let claims = json!({
            "iss": "https://login.example.org", "aud": "postern", "azp": "client-1",
            "iat": now, "exp": now + 600, "roles": roles,
        });
        let header = json!({"alg": "ES256", "typ": "at+jwt", "kid": key});
        let message = format!("{}.{}", coded(header.to_string()), coded(claims.to_string()));
        let signature = self.0.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
        format!("{message}.{}", coded(signature))
    }
}

/// What the API answers to one request: the status, and all of it in lower case.
fn asked(given: &Given, address: SocketAddr, token: &str) -> (u16, String) {
    let answer = asked_at_once(given, address, token, 1);
    (answer.split(' ').nth(1).unwrap().parse().unwrap(), answer)
}

/// The same for so many requests that are sent together.
fn asked_at_once(given: &Given, address: SocketAddr, token: &str, times: usize) -> String {
    let authority = CertificateDer::from_pem_file(given.path(".state/ca.pem")).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(authority).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let tls = ClientConnection::new(Arc::new(config), "localhost".try_into().unwrap()).unwrap();
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut stream = StreamOwned::new(tls, stream);
    let path = "/api/v1/resets/00000000000000000000000000";
    let request = |more: &str| {
        format!("GET {path} HTTP/1.1\r\nHost: reset.example.org\r\n{more}Authorization: Bearer {token}\r\n\r\n")
    };
    let requests = request("").repeat(times - 1) + &request("Connection: close\r\n");
    stream.write_all(requests.as_bytes()).unwrap();
    let mut answer = Vec::new();
    // It may close without a word at the end of TLS.
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8(answer).unwrap().to_ascii_lowercase()
}

fn serving(signer: &Signer) -> (Given, Program, SocketAddr) {
    let given = Given::embedded();
    given.write("keys.json", &signer.jwks("one"));
    given.edit("[[listener]]", ISSUER);
    let program = given.serve();
    let address = pages(&program);
    (given, program, address)
}

#[test]
fn a_program_comes_with_a_token_of_its_issuer_and_may_what_that_means_here() {
    let signer = Signer::new();
    let (given, program, address) = serving(&signer);
    let ask = |token: &str| asked(&given, address, token);
    let (status, answer) = ask(&signer.token("one", &["Resets"]));
    assert_eq!(status, 404, "no such reset, and it may look: {answer}");
    let (status, answer) = ask(&signer.token("one", &["Provision", "reset:read"]));
    assert!(
        status == 403 && answer.contains("error=\"insufficient_scope\""),
        "{answer}"
    );
    for token in [Signer::new().token("one", &["Resets"]), "a.b.c".to_owned()] {
        let (status, answer) = ask(&token);
        assert!(status == 401 && answer.contains("www-authenticate: bearer"), "{answer}");
        assert!(answer.contains("error=\"invalid_token\""), "{answer}");
    }
    end(program);
}

#[test]
fn a_program_that_asks_too_often_is_told_when_to_come_back() {
    let (given, program, address) = serving(&Signer::new());
    // Two may come at once, and one more each second.
    let answers = asked_at_once(&given, address, "0123456789abcdef", 50);
    let count = |status: &str| answers.matches(status).count();
    assert!(count("http/1.1 403") >= 2 && count("http/1.1 429") >= 1, "{answers}");
    assert_eq!(count("http/1.1 429"), count("retry-after: "), "{answers}");
    end(program);
}

#[test]
fn check_tells_of_keys_that_cannot_be_used() {
    let given = Given::embedded();
    given.write("keys.json", "{\"keys\":[]}");
    given.edit("[[listener]]", ISSUER);
    let ran = given.run(&["check", "--config", "gateway.toml"]);
    assert_eq!(ran.code, 64);
    let told = "jwks_file \"keys.json\" has no key with a kid that verifies RS256, PS256, ES256 or EdDSA";
    let text = format!("{}{}", ran.results, ran.problems);
    assert!(text.contains(told), "{text}");
    assert_eq!(text.matches("gateway.toml:").count(), 1, "{text}");
}
