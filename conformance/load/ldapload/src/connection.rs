//! One connection: its socket, its TLS state, the bytes waiting on either side and the operations outstanding on it.
//! It moves bytes; what to ask and what an answer means is the worker's.

use rustls::ClientConnection;
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Instant;

const ENOTCONN: i32 = nix::errno::Errno::ENOTCONN as i32;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The bind that makes a connection ready for its work; not counted.
    SetupBind,
    Bind,
    Search,
}

/// A request that is not answered yet.
pub struct Outstanding {
    pub id: u32,
    pub kind: Kind,
    pub user: u64,
    /// When the operation began that is counted (a bind and a search may be one), and when this request was made.
    pub started: Instant,
    pub sent: Instant,
    pub entries: u32,
}

pub struct Connection {
    pub socket: Option<TcpStream>,
    pub tls: Option<Box<ClientConnection>>,
    pub received: Vec<u8>,
    pub to_send: Vec<u8>,
    sent: usize,
    /// What is left of that with which the connection begins, before TLS.
    preface: &'static [u8],
    /// Whether epoll is asked to tell when the socket is writable.
    pub wants_write: bool,
    pub next_id: u32,
    pub outstanding: Vec<Outstanding>,
    pub ready: bool,
    pub born: Instant,
    pub user: u64,
}

/// What a read brought.
pub enum Received {
    Nothing,
    /// `more`: the socket may hold more.
    Bytes {
        count: usize,
        more: bool,
    },
    Closed,
}

impl Connection {
    pub fn unopened(now: Instant) -> Self {
        Connection {
            socket: None,
            tls: None,
            received: Vec::new(),
            to_send: Vec::new(),
            sent: 0,
            preface: &[],
            wants_write: false,
            next_id: 1,
            outstanding: Vec::new(),
            ready: false,
            born: now,
            user: 1,
        }
    }

    pub fn reset(&mut self, user: u64, now: Instant, preface: &'static [u8]) {
        self.drop_socket();
        self.preface = preface;
        self.received.clear();
        self.to_send.clear();
        self.sent = 0;
        self.outstanding.clear();
        self.next_id = 1;
        self.ready = false;
        self.born = now;
        self.user = user;
    }

    pub fn drop_socket(&mut self) {
        self.socket = None;
        self.tls = None;
    }

    pub fn connected(&self) -> bool {
        self.tls.as_ref().is_none_or(|tls| !tls.is_handshaking())
    }

    /// The id of the next request, 1 to 2^31 - 1 (RFC 4511 section 4.1.1).
    pub fn take_id(&mut self) -> u32 {
        let id = self.next_id;
        self.next_id = if id >= 0x7fff_fff0 { 1 } else { id + 1 };
        id
    }

    /// Writes what the socket takes; true where something is left over.
    pub fn flush(&mut self) -> io::Result<bool> {
        let Some(mut socket) = self.socket.as_ref() else {
            return Ok(false);
        };
        while !self.preface.is_empty() {
            match socket.write(self.preface) {
                Ok(count) => self.preface = &self.preface[count..],
                Err(error) if not_yet(&error) => return Ok(true),
                Err(error) => return Err(error),
            }
        }
        let Some(tls) = self.tls.as_mut() else {
            while self.sent < self.to_send.len() {
                match socket.write(&self.to_send[self.sent..]) {
                    Ok(count) => self.sent += count,
                    Err(error) if not_yet(&error) => break,
                    Err(error) => return Err(error),
                }
            }
            return Ok(self.forget_sent());
        };
        if self.sent < self.to_send.len() {
            // the writer keeps what it is given before the handshake is over
            self.sent += tls.writer().write(&self.to_send[self.sent..])?;
        }
        while tls.wants_write() {
            match tls.write_tls(&mut socket) {
                Ok(_) => {}
                Err(error) if not_yet(&error) => break,
                Err(error) => return Err(error),
            }
        }
        let wants = tls.wants_write();
        Ok(self.forget_sent() || wants)
    }

    fn forget_sent(&mut self) -> bool {
        let left = self.sent < self.to_send.len();
        if !left {
            self.to_send.clear();
            self.sent = 0;
        }
        left
    }

    /// One read, decrypted where there is TLS, appended to `received`.
    pub fn receive(&mut self, scratch: &mut [u8]) -> io::Result<Received> {
        let Some(mut socket) = self.socket.as_ref() else {
            return Ok(Received::Nothing);
        };
        let Some(tls) = self.tls.as_mut() else {
            return match socket.read(scratch) {
                Ok(0) => Ok(Received::Closed),
                Ok(count) => {
                    self.received.extend_from_slice(&scratch[..count]);
                    Ok(Received::Bytes {
                        count,
                        more: count == scratch.len(),
                    })
                }
                Err(error) if not_yet(&error) => Ok(Received::Nothing),
                Err(error) => Err(error),
            };
        };
        let raw = match tls.read_tls(&mut socket) {
            Ok(0) => return Ok(Received::Closed),
            Ok(raw) => raw,
            Err(error) if not_yet(&error) => return Ok(Received::Nothing),
            Err(error) => return Err(error),
        };
        tls.process_new_packets()
            .map_err(|error| io::Error::new(ErrorKind::InvalidData, format!("tls: {error}")))?;
        let mut count = 0;
        while let Ok(part) = tls.reader().read(scratch) {
            if part == 0 {
                break;
            }
            self.received.extend_from_slice(&scratch[..part]);
            count += part;
        }
        // a full TLS record is a little over 16,000 octets: after less than one, the socket is most likely empty
        Ok(Received::Bytes {
            count,
            more: raw >= 16_000,
        })
    }
}

/// Nothing to read or no room to write at the moment, or the connection is still being made.
fn not_yet(error: &io::Error) -> bool {
    error.kind() == ErrorKind::WouldBlock || error.raw_os_error() == Some(ENOTCONN)
}
