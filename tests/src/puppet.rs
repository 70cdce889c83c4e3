//! A directory made of a script: for what a real one does only by accident. It answers each request as the script says, and nothing else.

use postern_ldap::{Message, frame};
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// What is done about a request.
pub enum Act {
    /// These octets are sent.
    Send(Vec<u8>),
    /// Nothing is sent, and the connection stays.
    Nothing,
    /// These octets are sent and the connection is closed.
    Close(Vec<u8>),
}

/// The script: a request, and which one of its connection it is, from 0.
type Script = dyn Fn(&Message<'_>, usize) -> Act + Send + Sync;

/// A running puppet.
pub struct Puppet {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

struct Shared {
    script: Box<Script>,
    over: AtomicBool,
    connections: Mutex<Vec<TcpStream>>,
}

impl Puppet {
    /// Listens and plays.
    pub fn start(script: impl Fn(&Message<'_>, usize) -> Act + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared {
            script: Box::new(script),
            over: AtomicBool::new(false),
            connections: Mutex::default(),
        });
        let playing = Arc::clone(&shared);
        let accepting = std::thread::spawn(move || accept(&listener, &playing));
        Self {
            address,
            shared,
            accepting: Some(accepting),
        }
    }

    /// `ldap://127.0.0.1:port`.
    pub fn url(&self) -> String {
        format!("ldap://{}", self.address)
    }
}

impl Drop for Puppet {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::Release);
        let _ = TcpStream::connect(self.address); // wakes the one who accepts
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
    }
}

/// Plays on every connection, each on a thread of its own, until it is over; then closes them all and waits for their threads.
fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    let mut playing = Vec::new();
    for stream in listener.incoming().map_while(Result::ok) {
        if shared.over.load(Ordering::Acquire) {
            break;
        }
        let clone = stream.try_clone().expect("a second handle");
        shared
            .connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(clone);
        let shared = Arc::clone(shared);
        playing.push(std::thread::spawn(move || play(stream, &shared)));
    }
    for stream in shared
        .connections
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .drain(..)
    {
        let _ = stream.shutdown(Shutdown::Both);
    }
    for thread in playing {
        let _ = thread.join();
    }
}

fn play(mut stream: TcpStream, shared: &Shared) {
    let mut buffer = Vec::new();
    let mut number = 0;
    let mut octets = [0; 4096];
    loop {
        while let Ok(Some(header)) = frame::walk(&buffer, usize::MAX)
            && buffer.len() >= header.length
        {
            let rest = buffer.split_off(header.length);
            let request = std::mem::replace(&mut buffer, rest);
            let Ok(message) = Message::parse(&request) else { return };
            let act = (shared.script)(&message, number);
            number += 1;
            let sent = match act {
                Act::Send(octets) => stream.write_all(&octets),
                Act::Nothing => Ok(()),
                Act::Close(octets) => {
                    let _ = stream.write_all(&octets);
                    let _ = stream.shutdown(Shutdown::Both);
                    return;
                }
            };
            if sent.is_err() {
                return;
            }
        }
        match stream.read(&mut octets) {
            Ok(0) | Err(_) => return,
            Ok(count) => buffer.extend_from_slice(&octets[..count]),
        }
    }
}
