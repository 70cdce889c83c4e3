//! Keys, fetched from a server over HTTP as issuers have one.

use super::*;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Mutex;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// What an issuer's server answers, by path, and how often it was asked.
#[derive(Default)]
struct Double {
    answers: Mutex<HashMap<String, (u16, String)>>,
    asked: Mutex<Vec<String>>,
    location: Mutex<String>,
}

impl Double {
    fn says(&self, path: &str, status: u16, text: impl Into<String>) {
        let mut answers = self.answers.lock().unwrap();
        answers.insert(path.to_owned(), (status, text.into()));
    }

    fn asked(&self, path: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|asked| *asked == path).count()
    }

    fn answer(&self, request: &http::Request<Incoming>) -> http::Response<Full<Bytes>> {
        let path = request.uri().path().to_owned();
        let (status, text) = self
            .answers
            .lock()
            .unwrap()
            .get(&path)
            .cloned()
            .unwrap_or((404, String::new()));
        self.asked.lock().unwrap().push(path);
        let location = self.location.lock().unwrap().clone();
        let answer = http::Response::builder().status(status).header("location", location);
        answer.body(Full::new(Bytes::from(text))).unwrap()
    }
}

struct Served {
    double: Arc<Double>,
    /// `http://` or `https://`, with the port.
    url: String,
    stop: CancellationToken,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn served(tls: Option<TlsAcceptor>) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let scheme = if tls.is_some() { "https" } else { "http" };
    let url = format!("{scheme}://localhost:{}", listener.local_addr().unwrap().port());
    let (double, stop) = (Arc::new(Double::default()), CancellationToken::new());
    let (at_work, end) = (Arc::clone(&double), stop.clone());
    tokio::spawn(end.run_until_cancelled_owned(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let (double, tls) = (Arc::clone(&at_work), tls.clone());
            tokio::spawn(async move {
                let service = service_fn(move |request| {
                    let answer = double.answer(&request);
                    async move { Ok::<_, Infallible>(answer) }
                });
                let http = hyper::server::conn::http1::Builder::new();
                match tls {
                    None => drop(http.serve_connection(TokioIo::new(stream), service).await),
                    Some(tls) => {
                        if let Ok(stream) = tls.accept(stream).await {
                            let _ = http.serve_connection(TokioIo::new(stream), service).await;
                        }
                    }
                }
            });
        }
    }));
    Served { double, url, stop }
}

/// Nothing happens by itself, and as often as it is asked for.
const EAGER: Pace = Pace {
    refresh: Duration::from_hours(1),
    retry: Duration::from_hours(1),
    unknown: Duration::ZERO,
    patience: Duration::from_mins(1),
    deadline: Duration::from_mins(1),
    stale: Duration::from_hours(1),
};

impl Served {
    fn at(&self, path: &str) -> KeySource {
        KeySource::Address(KeyAddress::parse(&format!("{}{path}", self.url), true).unwrap())
    }

    /// An issuer with keys here, kept fresh.
    fn bearers(&self, keys: KeySource, pace: Pace) -> Bearers {
        self.started(issuer(settings(keys), pace))
    }

    fn started(&self, issuer: Issuer) -> Bearers {
        let bearers = Bearers::new(Tokens::default(), vec![issuer]);
        bearers.keep_fresh(&TaskTracker::new(), &self.stop);
        bearers
    }
}

async fn asks(bearers: &Bearers, header: &Value) -> Result<(), Fault> {
    let token = OURS.token(header, &claims());
    bearers.of(&shown_as(&token)).await.map(drop)
}

fn by(key: &str) -> Value {
    with(header(), json!({"kid": key}))
}

fn set(names: &[&str]) -> Value {
    let keys: Vec<_> = names.iter().map(|name| OURS.ec_jwk(name)).collect();
    json!({ "keys": keys })
}

const UNKNOWN: Result<(), Fault> = Err(Fault::NoToken { shown: true });

#[tokio::test]
async fn a_new_key_is_fetched_when_a_token_names_it_and_an_old_one_that_is_gone_holds_no_more() {
    let issuer = served(None).await;
    issuer.double.says("/keys", 200, set(&["one"]).to_string());
    let bearers = issuer.bearers(issuer.at("/keys"), EAGER);
    assert_eq!(asks(&bearers, &by("one")).await, Ok(()));
    assert_eq!(issuer.double.asked("/keys"), 1);
    issuer.double.says("/keys", 200, set(&["two"]).to_string());
    assert_eq!(asks(&bearers, &by("one")).await, Ok(()), "not known yet");
    assert_eq!(asks(&bearers, &by("two")).await, Ok(()));
    assert_eq!(asks(&bearers, &by("one")).await, UNKNOWN);
}

#[tokio::test]
async fn unknown_keys_have_keys_fetched_once_in_a_while_and_no_more() {
    let issuer = served(None).await;
    issuer.double.says("/keys", 200, set(&["one"]).to_string());
    let pace = Pace {
        unknown: Duration::from_hours(1),
        ..EAGER
    };
    let bearers = issuer.bearers(issuer.at("/keys"), pace);
    assert_eq!(asks(&bearers, &by("one")).await, Ok(()));
    for number in 0..3 {
        assert_eq!(asks(&bearers, &by(&format!("key-{number}"))).await, UNKNOWN);
    }
    assert_eq!(asks(&bearers, &by("one")).await, Ok(()));
    assert_eq!(issuer.double.asked("/keys"), 1);
}

#[tokio::test]
async fn while_the_issuer_is_away_its_keys_serve_on_until_they_are_too_old() {
    let issuer = served(None).await;
    issuer.double.says("/keys", 200, set(&["one"]).to_string());
    let lasting = issuer.bearers(issuer.at("/keys"), EAGER);
    assert_eq!(asks(&lasting, &by("one")).await, Ok(()));
    for (status, text) in [
        (500, String::new()),
        (200, "no keys".to_owned()),
        (200, set(&[]).to_string()),
    ] {
        issuer.double.says("/keys", status, text);
        assert_eq!(asks(&lasting, &by("two")).await, UNKNOWN);
        assert_eq!(asks(&lasting, &by("one")).await, Ok(()), "{status}");
    }
    assert!(issuer.double.asked("/keys") >= 4, "each was read");
    issuer.double.says("/keys", 200, set(&["one"]).to_string());
    let short = Pace {
        stale: Duration::ZERO,
        ..EAGER
    };
    let short = issuer.bearers(issuer.at("/keys"), short);
    assert_eq!(asks(&short, &by("one")).await, Err(Fault::Unavailable));
}

#[tokio::test]
async fn where_keys_were_never_read_nobody_is_called_wrong_and_nobody_comes_in() {
    let issuer = served(None).await;
    let bearers = issuer.bearers(issuer.at("/keys"), EAGER);
    assert_eq!(asks(&bearers, &by("one")).await, Err(Fault::Unavailable));
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let nobody = KeyAddress::parse(&format!("http://{closed}/keys"), true).unwrap();
    let bearers = issuer.bearers(KeySource::Address(nobody), EAGER);
    assert_eq!(asks(&bearers, &by("one")).await, Err(Fault::Unavailable));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let issuer = served(None).await;
    let other = served(None).await;
    other.double.says("/keys", 200, set(&["one"]).to_string());
    for status in [301, 302, 303, 307, 308] {
        issuer.double.says("/keys", status, set(&["one"]).to_string());
        *issuer.double.location.lock().unwrap() = format!("{}/keys", other.url);
        let bearers = issuer.bearers(issuer.at("/keys"), EAGER);
        assert_eq!(asks(&bearers, &by("one")).await, Err(Fault::Unavailable));
    }
    assert_eq!(other.double.asked("/keys"), 0);
}

#[tokio::test]
async fn an_issuer_that_sends_without_end_is_left() {
    let issuer = served(None).await;
    issuer.double.says("/keys", 200, " ".repeat(fetch::LARGEST + 1));
    let bearers = issuer.bearers(issuer.at("/keys"), EAGER);
    assert_eq!(asks(&bearers, &by("one")).await, Err(Fault::Unavailable));
    // One that says nothing at all.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/keys", silent.local_addr().unwrap());
    let address = KeySource::Address(KeyAddress::parse(&address, true).unwrap());
    let pace = Pace {
        deadline: Duration::from_millis(1),
        patience: Duration::from_hours(1),
        ..EAGER
    };
    let bearers = issuer.bearers(address, pace);
    let asked = tokio::time::timeout(Duration::from_mins(1), asks(&bearers, &by("one"))).await;
    assert_eq!(asked, Ok(Err(Fault::Unavailable)), "the reading has ended");
}

#[tokio::test]
async fn an_issuer_s_description_leads_to_its_keys_if_it_is_its_own() {
    let issuer = served(None).await;
    let path = "/.well-known/openid-configuration";
    issuer.double.says("/keys", 200, set(&["one"]).to_string());
    let described = |name: &str, keys: &str| json!({"issuer": name, "jwks_uri": keys, "more": []});
    let keys = format!("{}/keys", issuer.url);
    let discovery = || KeySource::Discovery(KeyAddress::of_discovery(&issuer.url, true).unwrap());
    issuer.double.says(path, 200, described(ISSUER, &keys).to_string());
    let bearers = issuer.bearers(discovery(), EAGER);
    assert_eq!(asks(&bearers, &by("one")).await, Ok(()));
    for (name, keys) in [
        ("https://login.example.org/other/v2.0", &*keys),
        (ISSUER, "http://login.example.org/keys"),
        (ISSUER, "file:///etc/keys"),
        (ISSUER, ""),
    ] {
        issuer.double.says(path, 200, described(name, keys).to_string());
        let bearers = issuer.bearers(discovery(), EAGER);
        assert_eq!(
            asks(&bearers, &by("one")).await,
            Err(Fault::Unavailable),
            "{name} {keys}"
        );
    }
}

#[tokio::test]
async fn keys_come_over_tls_from_whom_we_trust_alone() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let server = served(Some(TlsAcceptor::from(Arc::new(config)))).await;
    server.double.says("/keys", 200, set(&["one"]).to_string());
    let trusting = |roots: RootCertStore, seconds: i64| {
        let clock = |seconds| Arc::new(FixedClock(Timestamp::from_second(seconds).unwrap()));
        let tls = tls_for_keys(roots, clock(seconds)).unwrap();
        server.started(Issuer::at_pace(settings(server.at("/keys")), tls, clock(NOW), EAGER))
    };
    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    assert_eq!(asks(&trusting(roots.clone(), NOW), &by("one")).await, Ok(()));
    let nobody = RootCertStore::empty();
    assert_eq!(asks(&trusting(nobody, NOW), &by("one")).await, Err(Fault::Unavailable));
    // By the clock that was passed in the certificate is not valid yet.
    assert_eq!(asks(&trusting(roots, 1), &by("one")).await, Err(Fault::Unavailable));
    assert_eq!(server.double.asked("/keys"), 1);
}

#[tokio::test]
async fn reading_ends_when_the_program_does() {
    let issuer = served(None).await;
    issuer.double.says("/keys", 200, set(&["one"]).to_string());
    let bearers = Bearers::new(
        Tokens::default(),
        vec![super::issuer(settings(issuer.at("/keys")), EAGER)],
    );
    let tasks = TaskTracker::new();
    bearers.keep_fresh(&tasks, &issuer.stop);
    assert_eq!(asks(&bearers, &by("one")).await, Ok(()));
    issuer.stop.cancel();
    tasks.close();
    tasks.wait().await;
}
