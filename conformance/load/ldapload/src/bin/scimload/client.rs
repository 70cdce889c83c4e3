//! One client: a connection that is kept as long as the server keeps it, and one request after the other.

use crate::Settings;
use crate::histogram::Histogram;
use crate::requests::Request;
use nix::sys::socket::{self, AddressFamily, SockFlag, SockType, SockaddrIn, SockaddrStorage};
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::AsRawFd as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The longest an answer may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// One client.
pub struct Client {
    number: usize,
    server: SocketAddr,
    tls: Option<Arc<ClientConfig>>,
    stream: Box<dyn Stream>,
}

/// What it counted.
#[derive(Default)]
pub struct Counted {
    /// Nanoseconds from a request to its whole answer.
    pub times: Histogram,
    /// Of answers.
    pub octets: u64,
    /// Connections that a server ended, and that were made again.
    pub connected: u64,
}

impl Counted {
    pub fn add(&mut self, other: &Self) {
        self.times.merge(&other.times);
        self.octets += other.octets;
        self.connected += other.connected;
    }
}

trait Stream: Read + Write + Send {}

impl<S: Read + Write + Send> Stream for S {}

impl Client {
    /// Each has an address of its own: one address alone is held off where it asks for too much.
    pub fn connect(settings: &Settings, number: usize, tls: Option<Arc<ClientConfig>>) -> Result<Self, String> {
        let stream = open(settings.server, number, tls.as_ref())?;
        Ok(Self {
            number,
            server: settings.server,
            tls,
            stream,
        })
    }

    /// Until then, from the first again when it is through; or each of them `once`.
    pub fn send_all(mut self, requests: &[Request], until: Instant, once: bool) -> Result<Counted, String> {
        let mut counted = Counted::default();
        loop {
            for request in requests {
                // What is added is taken away again: a client ends where it began, or at least after a pair.
                if !once && Instant::now() >= until && counted.times.count % 2 == 0 {
                    return Ok(counted);
                }
                self.send(request, &mut counted)?;
            }
            if once {
                return Ok(counted);
            }
        }
    }

    fn send(&mut self, request: &Request, counted: &mut Counted) -> Result<(), String> {
        let since = Instant::now();
        let mut answer = Vec::with_capacity(8192);
        self.stream
            .write_all(&request.octets)
            .and_then(|()| self.stream.flush())
            .and_then(|()| receive(&mut *self.stream, &mut answer))
            .map_err(|error| format!("{}: {error}", first_line(&request.octets)))?;
        counted.times.add(since.elapsed().as_nanos() as u64);
        counted.octets += answer.len() as u64;
        let text = String::from_utf8_lossy(&answer);
        let status = text.get(9..12).and_then(|status| status.parse().ok());
        if status != Some(request.status) || !text.contains(&request.said) {
            let asked = first_line(&request.octets);
            let begin: String = text.chars().take(2_000).collect();
            return Err(format!(
                "{asked}: {} with {:?} was expected:\n{begin}",
                request.status, request.said
            ));
        }
        if !is_kept(&text) {
            self.stream = open(self.server, self.number, self.tls.as_ref())?;
            counted.connected += 1;
        }
        Ok(())
    }
}

fn open(server: SocketAddr, number: usize, tls: Option<&Arc<ClientConfig>>) -> Result<Box<dyn Stream>, String> {
    let connected = || -> std::io::Result<TcpStream> {
        let fd = socket::socket(AddressFamily::Inet, SockType::Stream, SockFlag::SOCK_CLOEXEC, None)?;
        socket::bind(fd.as_raw_fd(), &SockaddrIn::new(127, 0, 1, number as u8 + 1, 0))?;
        socket::connect(fd.as_raw_fd(), &SockaddrStorage::from(server))?;
        let stream = TcpStream::from(fd);
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(stream)
    };
    let stream = connected().map_err(|error| format!("no connection: {error}"))?;
    let Some(config) = tls else {
        return Ok(Box::new(stream));
    };
    let name = "localhost".try_into().map_err(|_| "no name")?;
    let tls = ClientConnection::new(Arc::clone(config), name).map_err(|error| error.to_string())?;
    let mut stream = StreamOwned::new(tls, stream);
    while stream.conn.is_handshaking() {
        let shaken = stream.conn.complete_io(&mut stream.sock);
        shaken.map_err(|error| format!("no handshake: {error}"))?;
    }
    Ok(Box::new(stream))
}

/// One whole answer. Without a length there is no body (204, 304), or it lasts until the connection ends.
fn receive(stream: &mut dyn Stream, answer: &mut Vec<u8>) -> std::io::Result<()> {
    let mut whole = None;
    let mut piece = [0; 16 * 1024];
    loop {
        if whole.is_none() {
            whole = whole_length(answer);
        }
        if whole.is_some_and(|whole| answer.len() >= whole) {
            return Ok(());
        }
        match stream.read(&mut piece)? {
            0 if whole == Some(usize::MAX) => return Ok(()),
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            count => answer.extend_from_slice(&piece[..count]),
        }
    }
}

/// Octets of head and body together, once the head is there.
fn whole_length(answer: &[u8]) -> Option<usize> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    match length.and_then(|length| length.trim().parse::<usize>().ok()) {
        Some(length) => Some(end + length),
        None if matches!(head.get(9..12), Some("204" | "304")) => Some(end),
        None => Some(usize::MAX),
    }
}

/// Whether the server goes on with this connection.
fn is_kept(answer: &str) -> bool {
    let head = answer.split("\r\n\r\n").next().unwrap_or_default().to_ascii_lowercase();
    head.starts_with("http/1.1") && !head.contains("\r\nconnection: close")
}

fn first_line(request: &[u8]) -> String {
    let text = String::from_utf8_lossy(request);
    text.lines().next().unwrap_or_default().to_owned()
}
