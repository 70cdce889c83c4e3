//! One client: a connection of its own over HTTPS, and one reset after the other.

use super::Settings;
use super::mail::Mail;
use nix::sys::socket::{self, AddressFamily, SockFlag, SockType, SockaddrIn, SockaddrStorage};
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::fd::AsRawFd as _;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

/// The longest an answer, or a mail, may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// One client.
pub struct Client {
    number: usize,
    stream: StreamOwned<ClientConnection, TcpStream>,
    mail: Arc<Mail>,
    codes: (Sender<(String, String)>, Receiver<(String, String)>),
}

/// Milliseconds of one whole reset: to the answer of the request, from there to its mail, to the answer of the proof, to that of the new password.
pub type Stages = [f64; 4];

impl Client {
    /// Each has an address of its own: one address alone is held off where it asks for too much.
    pub fn connect(
        settings: &Settings,
        number: usize,
        tls: &Arc<ClientConfig>,
        mail: &Arc<Mail>,
    ) -> Result<Self, String> {
        let connected = || -> std::io::Result<TcpStream> {
            let fd = socket::socket(AddressFamily::Inet, SockType::Stream, SockFlag::SOCK_CLOEXEC, None)?;
            socket::bind(fd.as_raw_fd(), &SockaddrIn::new(127, 0, 1, number as u8 + 1, 0))?;
            socket::connect(fd.as_raw_fd(), &SockaddrStorage::from(settings.https))?;
            let stream = TcpStream::from(fd);
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            Ok(stream)
        };
        let stream = connected().map_err(|error| format!("no connection: {error}"))?;
        let name = "localhost".try_into().map_err(|_| "no name")?;
        let tls = ClientConnection::new(Arc::clone(tls), name).map_err(|error| error.to_string())?;
        Ok(Self {
            number,
            stream: StreamOwned::new(tls, stream),
            mail: Arc::clone(mail),
            codes: channel(),
        })
    }

    /// Until then; what is begun is brought to its end. Each round has users, and new passwords, of its own.
    pub fn one_after_another(mut self, settings: &Settings, round: usize, until: Instant) -> Result<Vec<Stages>, String> {
        let mut done = Vec::new();
        let mut number = self.number + round * settings.clients * 1_000;
        while Instant::now() < until {
            number += settings.clients;
            // Whose passwords are measured by other means, or are a provider's, are at the beginning of them.
            done.push(self.reset(
                &settings.token,
                &format!("user{:05}x", number % (settings.users - 1_000) + 500),
                number,
            )?);
        }
        Ok(done)
    }

    fn reset(&mut self, token: &str, user: &str, number: usize) -> Result<Stages, String> {
        let mut since = Instant::now();
        let mut stage = || std::mem::replace(&mut since, Instant::now()).elapsed().as_secs_f64() * 1000.0;
        let address = format!("{user}@example.org");
        self.mail.tell(&address, &self.codes.0);
        let asked = self.post(
            token,
            "/api/v1/resets",
            &format!(r#"{{"user": "{user}", "method": "mail"}}"#),
        )?;
        let id = text(&asked, "id")
            .ok_or_else(|| format!("a request was answered {asked}"))?
            .to_owned();
        let requested = stage();
        let code = loop {
            let (whose, code) = self
                .codes
                .1
                .recv_timeout(PATIENCE)
                .map_err(|_| format!("no mail came for {user}"))?;
            if whose == address {
                break code;
            }
        };
        let written_to = stage();
        let proof = format!(r#"{{"factor": "mail", "response": "{code}"}}"#);
        self.post(token, &format!("/api/v1/resets/{id}/authenticate"), &proof)?;
        let proven = stage();
        let new = format!(r#"{{"newCredentialValue": "a new password for number {number}"}}"#);
        let done = self.post(token, &format!("/api/v1/resets/{id}/execute"), &new)?;
        if text(&done, "state") == Some("done") {
            Ok([requested, written_to, proven, stage()])
        } else {
            Err(format!("a reset came to {done}"))
        }
    }

    fn post(&mut self, token: &str, path: &str, body: &str) -> Result<String, String> {
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost:14843\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut answer = Vec::new();
        let exchanged = self.stream.write_all(request.as_bytes()).and_then(|()| {
            let mut piece = [0; 4096];
            while !is_whole(&answer) {
                match self.stream.read(&mut piece)? {
                    0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
                    count => answer.extend_from_slice(&piece[..count]),
                }
            }
            Ok(())
        });
        exchanged.map_err(|error| format!("{path}: {error}"))?;
        let answer = String::from_utf8_lossy(&answer);
        let (head, said) = answer.split_once("\r\n\r\n").unwrap_or_default();
        if head.starts_with("HTTP/1.1 200") || head.starts_with("HTTP/1.1 202") {
            Ok(said.to_owned())
        } else {
            Err(format!("{path}: {}: {said}", head.lines().next().unwrap_or_default()))
        }
    }
}

/// Whether this is an answer with all of its body. One without a length never is.
fn is_whole(answer: &[u8]) -> bool {
    let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else {
        return false;
    };
    let head = String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    let length: Option<usize> = length.and_then(|length| length.trim().parse().ok());
    length.is_some_and(|length| answer.len() >= end + 4 + length)
}

/// A text of a JSON object, by its name; the API's ids and states have nothing in them that is escaped.
fn text<'a>(json: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = json.split_once(&format!("\"{name}\":"))?;
    rest.trim_start().strip_prefix('"')?.split('"').next()
}
