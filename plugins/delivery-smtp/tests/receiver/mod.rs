//! A mail server for tests: TLS, a sign-in, and whatever answer is asked of it.

use base64::Engine as _;
use rcgen::{CertificateParams, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// How it behaves.
#[derive(Default)]
pub(crate) struct Manner {
    /// TLS from the first octet.
    pub(crate) implicit: bool,
    /// STARTTLS is offered.
    pub(crate) start_tls: bool,
    /// `user`, `password`: nobody else may send.
    pub(crate) sign_in: Option<(&'static str, &'static str)>,
    /// What is answered to a command instead of what would be. "" is no answer at all, for ever; "close" ends the connection.
    pub(crate) answers: HashMap<&'static str, &'static str>,
    /// The name its certificate is for, where that is not `localhost`.
    pub(crate) certificate_for: Option<&'static str>,
}

/// One mail, as it came.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
    pub(crate) data: String,
    pub(crate) encrypted: bool,
    pub(crate) signed_in: bool,
}

/// It runs until it is dropped.
pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    /// Whom to trust, as PEM.
    pub(crate) authority: String,
    state: Arc<State>,
    task: tokio::task::JoinHandle<()>,
}

struct State {
    manner: Manner,
    tls: TlsAcceptor,
    mails: Mutex<Vec<Received>>,
    connections: AtomicUsize,
    /// Every command line that was not encrypted.
    in_the_clear: Mutex<Vec<String>>,
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

impl Receiver {
    pub(crate) async fn start(manner: Manner) -> Self {
        let (authority, tls) = certificate(manner.certificate_for.unwrap_or("localhost"));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            manner,
            tls,
            mails: Mutex::default(),
            connections: AtomicUsize::new(0),
            in_the_clear: Mutex::default(),
        });
        let served = Arc::clone(&state);
        let task = tokio::spawn(async move {
            let mut clients = tokio::task::JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                served.connections.fetch_add(1, Ordering::Relaxed);
                clients.spawn(serve(client, Arc::clone(&served)));
            }
        });
        Self {
            address,
            authority,
            state,
            task,
        }
    }

    pub(crate) fn mails(&self) -> Vec<Received> {
        self.state.mails.lock().unwrap().clone()
    }

    pub(crate) fn connections(&self) -> usize {
        self.state.connections.load(Ordering::Relaxed)
    }

    pub(crate) fn in_the_clear(&self) -> Vec<String> {
        self.state.in_the_clear.lock().unwrap().clone()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// `None` is the end of the connection, whoever ended it.
async fn serve(client: TcpStream, state: Arc<State>) -> Option<()> {
    let mut encrypted = state.manner.implicit;
    let stream: Box<dyn Stream> = if encrypted {
        Box::new(state.tls.accept(client).await.ok()?)
    } else {
        Box::new(client)
    };
    let mut stream = BufReader::new(stream);
    answer(&mut stream, &state, "greeting", "220 receiver").await?;
    let (mut from, mut to, mut signed_in) = (String::new(), Vec::new(), false);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let line = line.trim_end_matches("\r\n").to_owned();
        if !encrypted {
            state.in_the_clear.lock().unwrap().push(line.clone());
        }
        let verb = line.split([' ', ':']).next()?.to_ascii_uppercase();
        match verb.as_str() {
            "EHLO" => {
                let mut lines = vec!["receiver"];
                if state.manner.start_tls && !encrypted {
                    lines.push("STARTTLS");
                }
                if state.manner.sign_in.is_some() {
                    lines.push("AUTH PLAIN");
                }
                lines.push("8BITMIME");
                let last = lines.len() - 1;
                let lines: Vec<_> = lines
                    .iter()
                    .enumerate()
                    .map(|(at, line)| format!("250{}{line}", if at == last { ' ' } else { '-' }))
                    .collect();
                answer(&mut stream, &state, "EHLO", &lines.join("\r\n")).await?;
            }
            "STARTTLS" => {
                answer(&mut stream, &state, "STARTTLS", "220 go ahead").await?;
                let plain = stream.into_inner();
                stream = BufReader::new(Box::new(state.tls.accept(plain).await.ok()?));
                encrypted = true;
            }
            "AUTH" => {
                let (user, password) = state.manner.sign_in?;
                let wanted = base64::engine::general_purpose::STANDARD.encode(format!("\0{user}\0{password}"));
                signed_in = line.strip_prefix("AUTH PLAIN ") == Some(wanted.as_str());
                let usual = if signed_in { "235 you are in" } else { "535 5.7.8 no" };
                answer(&mut stream, &state, "AUTH", usual).await?;
            }
            "MAIL" if state.manner.sign_in.is_some() && !signed_in => {
                answer(&mut stream, &state, "MAIL", "530 5.7.0 sign in first").await?;
            }
            "MAIL" => {
                from = line;
                to.clear();
                answer(&mut stream, &state, "MAIL", "250 ok").await?;
            }
            "RCPT" => {
                to.push(line);
                answer(&mut stream, &state, "RCPT", "250 ok").await?;
            }
            "DATA" => {
                answer(&mut stream, &state, "DATA", "354 go on").await?;
                let mut data = String::new();
                loop {
                    let start = data.len();
                    if stream.read_line(&mut data).await.ok()? == 0 {
                        return None;
                    }
                    if data.get(start..) == Some(".\r\n") {
                        data.truncate(start);
                        break;
                    }
                }
                state.mails.lock().unwrap().push(Received {
                    from: from.clone(),
                    to: to.clone(),
                    data,
                    encrypted,
                    signed_in,
                });
                answer(&mut stream, &state, "end", "250 taken").await?;
            }
            "QUIT" => return None,
            "NOOP" => answer(&mut stream, &state, "NOOP", "250 ok").await?,
            _ => answer(&mut stream, &state, "else", "500 what").await?,
        }
    }
}

async fn answer(stream: &mut BufReader<Box<dyn Stream>>, state: &State, to: &str, usual: &str) -> Option<()> {
    let line = state.manner.answers.get(to).copied().unwrap_or(usual);
    match line {
        "" => std::future::pending().await,
        "close" => None,
        line => {
            stream.write_all(format!("{line}\r\n").as_bytes()).await.ok()?;
            stream.flush().await.ok()
        }
    }
}

fn certificate(name: &str) -> (String, TlsAcceptor) {
    let authority_key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority_certificate = authority.self_signed(&authority_key).unwrap();
    let issuer = Issuer::new(authority, authority_key);
    let key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(vec![name.to_owned()])
        .unwrap()
        .signed_by(&key, &issuer)
        .unwrap();
    let chain = vec![CertificateDer::from(own.der().to_vec())];
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    (authority_certificate.pem(), TlsAcceptor::from(Arc::new(config)))
}
