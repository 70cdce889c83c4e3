//! What is asked of a directory: a relay before it that counts the requests on their way.

use postern_ldap::{Message, frame, tag};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

/// Larger requests are a fault.
const LARGEST: usize = 64 * 1024 * 1024;

/// A relay before a server without TLS.
pub struct Tally {
    address: SocketAddr,
    counts: Counts,
    ended: Arc<AtomicBool>,
    listener: Option<JoinHandle<()>>,
}

/// How many requests of each tag there were.
type Counts = Arc<Mutex<BTreeMap<u8, usize>>>;

impl Tally {
    /// Before this server.
    pub fn before(server: SocketAddr) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (counts, ended) = (Counts::default(), Arc::new(AtomicBool::new(false)));
        let (into, until) = (Arc::clone(&counts), Arc::clone(&ended));
        let listener = thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if until.load(Ordering::SeqCst) {
                    return;
                }
                if let Ok(server) = TcpStream::connect(server) {
                    relay(client, server, Arc::clone(&into));
                }
            }
        });
        Self {
            address,
            counts,
            ended,
            listener: Some(listener),
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `ldap://127.0.0.1:port`.
    pub fn url(&self) -> String {
        format!("ldap://{}", self.address)
    }

    /// Searches and binds since it was last asked.
    pub fn searches_and_binds(&self) -> (usize, usize) {
        let counts = self.take();
        let of = |tag: u8| counts.get(&tag).copied().unwrap_or_default();
        (of(tag::SEARCH_REQUEST), of(tag::BIND_REQUEST))
    }

    /// All requests since it was last asked, by their tags.
    pub fn take(&self) -> BTreeMap<u8, usize> {
        std::mem::take(&mut self.counts.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Tally {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        // So that it looks.
        let _ = TcpStream::connect(self.address);
        if let Some(listener) = self.listener.take() {
            let _ = listener.join();
        }
    }
}

fn relay(client: TcpStream, server: TcpStream, counts: Counts) {
    let (Ok(mut from_server), Ok(mut to_client)) = (server.try_clone(), client.try_clone()) else {
        return;
    };
    thread::spawn(move || {
        let _ = std::io::copy(&mut from_server, &mut to_client);
        let _ = to_client.shutdown(Shutdown::Both);
    });
    thread::spawn(move || {
        count(client, &server, &counts);
        let _ = server.shutdown(Shutdown::Both);
    });
}

/// Counts whole messages before they are sent on, so that whoever has an answer finds its request counted.
fn count(mut client: TcpStream, mut server: &TcpStream, counts: &Counts) {
    let (mut unread, mut part) = (Vec::new(), [0; 16 * 1024]);
    loop {
        while let Ok(Some(header)) = frame::walk(&unread, LARGEST) {
            if header.length > unread.len() {
                break;
            }
            let whole: Vec<u8> = unread.drain(..header.length).collect();
            if let Ok(message) = Message::parse(&whole) {
                let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
                *counts.entry(message.operation.tag).or_default() += 1;
            }
            if server.write_all(&whole).is_err() {
                return;
            }
        }
        match client.read(&mut part) {
            Ok(0) | Err(_) => return,
            Ok(length) => unread.extend_from_slice(&part[..length]),
        }
    }
}
