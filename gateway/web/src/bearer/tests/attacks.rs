//! Tokens that somebody else made, or made for something else.

use super::*;
use aws_lc_rs::hmac;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use proptest::prelude::*;

const UNKNOWN: Option<Fault> = Some(Fault::NoToken { shown: true });

fn house() -> House {
    House::of(&OURS.jwks(), |_| {})
}

async fn refused(house: &House, what: &str, token: &str) {
    assert_eq!(house.ask(token).await.err(), UNKNOWN, "{what}: {token}");
}

#[tokio::test]
async fn nothing_is_believed_that_is_not_signed() {
    let house = house();
    let sound = OURS.token(&header(), &claims());
    assert!(house.ask(&sound).await.is_ok());
    let (message, signature) = sound.rsplit_once('.').unwrap();
    for name in ["none", "None", "NONE", "nOnE", "", "ES256 ", "es256", "ES384", "RS1"] {
        let unsigned = format!(
            "{}.{}",
            coded(with(header(), json!({"alg": name})).to_string()),
            coded(claims().to_string())
        );
        for signature in ["", "AA", signature] {
            refused(&house, name, &format!("{unsigned}.{signature}")).await;
        }
    }
    let unsigned = format!(
        "{}.{}",
        coded(with(header(), json!({"alg": null})).to_string()),
        coded(claims().to_string())
    );
    refused(&house, "no alg", &format!("{unsigned}.{signature}")).await;
    for listed in [json!(["ES256"]), json!({"ES256": 1}), json!(1)] {
        let head = coded(with(header(), json!({"alg": listed})).to_string());
        refused(
            &house,
            "alg of another type",
            &format!("{head}.{}.{signature}", coded(claims().to_string())),
        )
        .await;
    }
    refused(&house, "no signature", message).await;
    refused(&house, "an empty signature", &format!("{message}.")).await;
    refused(&house, "zeros", &format!("{message}.{}", coded([0; 64]))).await;
    refused(&house, "a stranger's", &STRANGER.token(&header(), &claims())).await;
    // Of another token of the same issuer.
    let other = OURS.token(&header(), &with(claims(), json!({"azp": "client-2"})));
    refused(
        &house,
        "spliced",
        &format!("{message}.{}", other.rsplit_once('.').unwrap().1),
    )
    .await;
}

#[tokio::test]
async fn a_public_key_is_nobody_s_secret() {
    let house = house();
    let public = OURS.rsa_jwk("rsa");
    let der = OURS.rsa.public_key().as_ref();
    let pem = format!(
        "-----BEGIN RSA PUBLIC KEY-----\n{}\n-----END RSA PUBLIC KEY-----\n",
        STANDARD.encode(der)
    );
    let modulus = public["n"].as_str().unwrap().as_bytes().to_vec();
    for secret in [
        der.to_vec(),
        pem.into_bytes(),
        modulus,
        public.to_string().into_bytes(),
        Vec::new(),
    ] {
        for algorithm in ["HS256", "HS384", "HS512", "RS256"] {
            let header = json!({"alg": algorithm, "kid": "rsa", "typ": "JWT"});
            let message = format!("{}.{}", coded(header.to_string()), coded(claims().to_string()));
            let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secret), message.as_bytes());
            refused(&house, algorithm, &format!("{message}.{}", coded(tag))).await;
        }
    }
}

#[tokio::test]
async fn a_key_is_used_for_what_it_is_alone() {
    let house = house();
    // Signed soundly, and named after a key of another kind.
    for (algorithm, key) in [
        ("RS256", "ec"),
        ("ES256", "rsa"),
        ("EdDSA", "ec"),
        ("ES256", "ed"),
        ("PS256", "ed"),
        ("RS256", "RSA"),
        ("RS256", "../rsa"),
        ("RS256", "rsa' OR '1'='1"),
        ("RS256", "/dev/null"),
        ("RS256", "http://127.0.0.1/keys"),
        ("RS256", "rsa\u{0}"),
        ("RS256", ""),
    ] {
        let token = OURS.token(&json!({"alg": algorithm, "kid": key, "typ": "JWT"}), &claims());
        refused(&house, key, &token).await;
    }
    // A key signs in one way, whatever the token calls it.
    for (signed, said, key) in [
        ("RS256", "ES256", "rsa"),
        ("ES256", "EdDSA", "ec"),
        ("RS256", "PS256", "rsa"),
    ] {
        let header = json!({"alg": said, "kid": key, "typ": "JWT"}).to_string();
        let token = OURS.signed(&json!(signed), &header, &claims().to_string());
        refused(&house, said, &token).await;
    }
    let nameless = OURS.token(&json!({"alg": "RS256", "typ": "JWT"}), &claims());
    refused(&house, "no kid", &nameless).await;
    let listed = OURS.token(&json!({"alg": "RS256", "kid": ["rsa"], "typ": "JWT"}), &claims());
    refused(&house, "kid of another type", &listed).await;
    let long = OURS.token(
        &json!({"alg": "RS256", "kid": "r".repeat(300), "typ": "JWT"}),
        &claims(),
    );
    refused(&house, "a long kid", &long).await;
}

#[tokio::test]
async fn a_key_that_a_token_brings_along_is_not_believed() {
    let house = house();
    for (name, brought) in [
        ("jwk", STRANGER.ec_jwk("ec")),
        ("jku", json!("http://127.0.0.1:1/keys")),
        ("x5u", json!("http://127.0.0.1:1/chain")),
        ("x5c", json!(["MIIB"])),
    ] {
        let header = with(header(), json!({name: brought}));
        refused(&house, name, &STRANGER.token(&header, &claims())).await;
        // Beside a sound signature it is passed over.
        assert!(house.ask(&OURS.token(&header, &claims())).await.is_ok(), "{name}");
    }
}

#[tokio::test]
async fn tokens_for_something_else_are_none_for_us() {
    let house = house();
    for others in [
        json!({"crit": ["exp"], "exp": NOW}),
        json!({"crit": []}),
        json!({"crit": ["b64"], "b64": false}),
        json!({"cty": "JWT"}),
        json!({"typ": "logout+jwt"}),
        json!({"typ": "secevent+jwt"}),
        json!({"typ": "dpop+jwt"}),
        json!({"typ": ""}),
        json!({"typ": ["JWT"]}),
    ] {
        refused(
            &house,
            &others.to_string(),
            &OURS.token(&with(header(), others.clone()), &claims()),
        )
        .await;
    }
    // One inside another, and what is no object.
    let inner = OURS.token(&header(), &claims());
    for payload in [inner.as_str(), "\"text\"", "[]", "null", "1", "{", "{}{}", "\u{feff}{}"] {
        refused(
            &house,
            payload,
            &OURS.signed(&json!("ES256"), &header().to_string(), payload),
        )
        .await;
    }
    let twice = format!("{}.x", OURS.token(&header(), &claims()));
    refused(&house, "four parts", &twice).await;
    refused(&house, "five parts", &format!("{twice}.y")).await;
}

#[tokio::test]
async fn what_its_issuer_did_not_mean_for_us_now_is_refused() {
    let house = house();
    for others in [
        json!({"iss": "https://login.example.org/tenant/v2.0/"}),
        json!({"iss": "https://login.example.org/Tenant/v2.0"}),
        json!({"iss": "https://login.example.org/other/v2.0"}),
        json!({"iss": [ISSUER]}),
        json!({"iss": null}),
        json!({"aud": "api://posterN"}),
        json!({"aud": "api://postern/"}),
        json!({"aud": "elsewhere"}),
        json!({"aud": []}),
        json!({"aud": [["another"]]}),
        json!({"aud": {"0": AUDIENCE}}),
        json!({"aud": null}),
        json!({"exp": NOW - 60}),
        json!({"exp": NOW - 60, "iat": NOW - 3600}),
        json!({"exp": 0}),
        json!({"exp": -1}),
        json!({"exp": null}),
        json!({"exp": "1900000000"}),
        json!({"exp": 1e300}),
        json!({"exp": true}),
        json!({"nbf": NOW + 61}),
        json!({"nbf": i64::MAX}),
        json!({"nbf": u64::MAX}),
        json!({"nbf": "0"}),
        json!({"iat": NOW + 61}),
        json!({"iat": NOW + 30, "exp": NOW + 20}),
        json!({"iat": {}}),
        json!({"cnf": {"jkt": "thumb"}}),
        json!({"azp": null, "sub": null}),
        json!({"azp": 1}),
        json!({"azp": ["client-1"]}),
        json!({"azp": "client 1"}),
        json!({"azp": "client\n1"}),
        json!({"azp": "c".repeat(129)}),
        json!({"azp": ""}),
        json!({"sub": "\u{202e}"}),
        json!({"scp": 1}),
        json!({"scp": [1]}),
        json!({"roles": {"Read": true}}),
    ] {
        refused(
            &house,
            &others.to_string(),
            &OURS.token(&header(), &with(claims(), others.clone())),
        )
        .await;
    }
}

#[tokio::test]
async fn a_member_that_stands_there_twice_is_read_in_no_way() {
    let house = house();
    let (head, said) = (header().to_string(), claims().to_string());
    for more in [
        "\"aud\":\"api://postern\"",
        "\"exp\":1900000000",
        "\"other\":1,\"other\":1",
        "\"i\\u0073s\":1",
    ] {
        let twice = said.replacen('{', &format!("{{{more},"), 1);
        refused(&house, more, &OURS.signed(&json!("ES256"), &head, &twice)).await;
    }
    for more in ["\"alg\":\"ES256\"", "\"kid\":\"ec\"", "\"\\u0061lg\":\"none\""] {
        let twice = head.replacen('{', &format!("{{{more},"), 1);
        refused(&house, more, &OURS.signed(&json!("ES256"), &twice, &said)).await;
    }
}

#[tokio::test]
async fn one_signature_has_one_spelling() {
    let house = house();
    let sound = OURS.token(&json!({"alg": "RS256", "kid": "rsa"}), &claims());
    let (message, signature) = sound.rsplit_once('.').unwrap();
    let octets = URL_SAFE_NO_PAD.decode(signature).unwrap();
    refused(&house, "padded", &format!("{message}.{}", URL_SAFE.encode(&octets))).await;
    // The last letter has bits that mean nothing.
    let last = signature.chars().last().unwrap();
    let next = char::from(u8::try_from(last).unwrap() + 1);
    refused(
        &house,
        "loose bits",
        &format!("{message}.{}{next}", &signature[..signature.len() - 1]),
    )
    .await;
    refused(
        &house,
        "longer",
        &format!("{message}.{}", coded([&octets[..], &[0]].concat())),
    )
    .await;
    refused(&house, "shorter", &format!("{message}.{}", coded(&octets[..255]))).await;
}

#[tokio::test]
async fn a_token_has_a_bound_and_so_has_what_is_in_it() {
    let house = house();
    let of_size = |size: usize| OURS.token(&header(), &with(claims(), json!({"groups": "g".repeat(size)})));
    assert!(house.ask(&of_size(5_000)).await.is_ok());
    refused(&house, "large", &of_size(8_000)).await;
    let deep = format!("{{\"a\":{}1{}}}", "[".repeat(2_000), "]".repeat(2_000));
    refused(
        &house,
        "deep",
        &OURS.signed(&json!("ES256"), &header().to_string(), &deep),
    )
    .await;
}

#[test]
fn keys_that_could_be_mistaken_are_not_used() {
    let of = |keys: Value| Keys::parse(json!({ "keys": keys }).to_string().as_bytes()).map(|keys| keys.count());
    let (ours, other) = (OURS.ec_jwk("a"), STRANGER.ec_jwk("a"));
    assert_eq!(
        of(json!([ours, OURS.rsa_jwk("b")])),
        Ok(3),
        "an RSA key is good for two"
    );
    assert_eq!(of(json!([ours, ours])), Ok(1), "published twice");
    assert_eq!(
        of(json!([ours, other])),
        Err(KeysError::Unusable),
        "different ones with one name"
    );
    assert_eq!(of(json!([ours, OURS.rsa_jwk("a")])), Ok(3), "of different kinds");
    assert_eq!(
        of(json!([ours, with(OURS.ec_jwk("a"), json!({"d": "AA"}))])),
        Err(KeysError::Private)
    );
    assert_eq!(
        of(json!([ours, {"kty": "oct", "kid": "h", "k": "c2VjcmV0"}])),
        Err(KeysError::Private)
    );
    for others in [
        json!({"use": "enc"}),
        json!({"key_ops": ["sign"]}),
        json!({"alg": "RS256"}),
        json!({"alg": "none"}),
        json!({"kty": "RSA"}),
        json!({"crv": "P-384"}),
        json!({"kid": null}),
        json!({"y": ours["x"]}),
        json!({"x": "AA"}),
        json!({"x": 1}),
    ] {
        assert_eq!(
            of(json!([with(ours.clone(), others.clone())])),
            Err(KeysError::Unusable),
            "{others}"
        );
    }
    let rsa = OURS.rsa_jwk("a");
    for others in [
        json!({"n": coded([0xff; 128])}),
        json!({"n": coded([0xff; 1025])}),
        json!({"e": coded([0xff; 9])}),
        json!({"e": ""}),
        json!({"n": null}),
        json!({"n": "A+B/"}),
    ] {
        assert_eq!(
            of(json!([with(rsa.clone(), others.clone())])),
            Err(KeysError::Unusable),
            "{others}"
        );
    }
    assert_eq!(of(json!([with(rsa, json!({"alg": "PS256"}))])), Ok(1));
    assert_eq!(of(json!(vec![ours; 65])), Err(KeysError::TooMany));
    for text in ["", "[]", "{}", "{\"keys\":{}}", "{\"keys\":[],\"keys\":[]}"] {
        assert_eq!(Keys::parse(text.as_bytes()).err(), Some(KeysError::Shape), "{text}");
    }
}

proptest! {
    #[test]
    fn any_credential_is_read_to_its_end(octets in "[!-~]{0,200}") {
        let _ = Jwt::parse(octets.as_bytes());
    }

    #[test]
    fn any_parts_are_read_to_their_end(
        head in prop::collection::vec(any::<u8>(), 0..80),
        said in prop::collection::vec(any::<u8>(), 0..80),
    ) {
        let _ = Jwt::parse(format!("{}.{}.AA", coded(&head), coded(&said)).as_bytes());
        let _ = Jwt::parse(format!("{}.{}.AA", coded(header().to_string()), coded(&said)).as_bytes());
        let _ = Keys::parse(&said);
    }

    #[test]
    fn no_letter_of_a_token_may_be_another(at in any::<prop::sample::Index>(), letter in "[A-Za-z0-9_.-]") {
        let sound = OURS.token(&header(), &claims());
        let at = at.index(sound.len());
        prop_assume!(sound[at..=at] != letter);
        let mut changed = sound.clone();
        changed.replace_range(at..=at, &letter);
        let keys = Keys::parse(OURS.jwks().to_string().as_bytes()).unwrap();
        let verified = |token: &str| Jwt::parse(token.as_bytes()).is_ok_and(|jwt| keys.verify(&jwt) == Some(Ok(())));
        prop_assert!(verified(&sound));
        prop_assert!(!verified(&changed));
    }
}
