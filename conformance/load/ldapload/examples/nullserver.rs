//! The generator's ceiling: a one-thread epoll server that answers every bind with success and every search with
//! one entry (the user named in the filter) of about 300 octets, with no directory behind it.
//! usage: nullserver PORT     (127.0.0.1, until it is ended)
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};

const LISTENER: u64 = u64::MAX;

struct Client {
    socket: TcpStream,
    received: Vec<u8>,
}

fn main() {
    let port: u16 = std::env::args()
        .nth(1)
        .and_then(|port| port.parse().ok())
        .expect("usage: nullserver PORT");
    let listener = TcpListener::bind(("127.0.0.1", port)).expect("the port is free");
    listener
        .set_nonblocking(true)
        .expect("a listener can be made non-blocking");
    let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC).expect("epoll");
    epoll
        .add(&listener, EpollEvent::new(EpollFlags::EPOLLIN, LISTENER))
        .expect("epoll");
    let mut clients: Vec<Option<Client>> = Vec::new();
    let mut events = vec![EpollEvent::empty(); 256];
    let (mut scratch, mut out) = (vec![0u8; 1 << 16], Vec::new());
    loop {
        let count = epoll.wait(&mut events, EpollTimeout::NONE).unwrap_or(0);
        for event in &events[..count] {
            if event.data() == LISTENER {
                accept(&listener, &epoll, &mut clients);
                continue;
            }
            let place = event.data() as usize;
            let Some(client) = clients[place].as_mut() else {
                continue;
            };
            if !serve(client, &mut scratch, &mut out) {
                clients[place] = None;
            }
        }
    }
}

fn accept(listener: &TcpListener, epoll: &Epoll, clients: &mut Vec<Option<Client>>) {
    while let Ok((socket, _)) = listener.accept() {
        socket.set_nonblocking(true).expect("a socket can be made non-blocking");
        socket.set_nodelay(true).expect("a socket takes TCP_NODELAY");
        let place = clients.iter().position(Option::is_none).unwrap_or_else(|| {
            clients.push(None);
            clients.len() - 1
        });
        epoll
            .add(&socket, EpollEvent::new(EpollFlags::EPOLLIN, place as u64))
            .expect("epoll");
        clients[place] = Some(Client {
            socket,
            received: Vec::new(),
        });
    }
}

/// Answers what is there; false where the client is done.
fn serve(client: &mut Client, scratch: &mut [u8], out: &mut Vec<u8>) -> bool {
    match client.socket.read(scratch) {
        Ok(0) => return false,
        Ok(count) => client.received.extend_from_slice(&scratch[..count]),
        Err(error) => return error.kind() == ErrorKind::WouldBlock,
    }
    out.clear();
    let (mut at, mut open) = (0, true);
    while open {
        let Some((start, end)) = header(&client.received[at..]) else {
            break;
        };
        if client.received.len() < at + end {
            break;
        }
        open = answer(&client.received[at + start..at + end], out);
        at += end;
    }
    client.received.drain(..at);
    open && client.socket.write_all(out).is_ok()
}

fn answer(m: &[u8], out: &mut Vec<u8>) -> bool {
    let (_, e) = header(m).unwrap();
    let (id, op) = (&m[..e], &m[e..]);
    let done = |t: u8| {
        let mut v = id.to_vec();
        v.extend_from_slice(&[t, 7, 10, 1, 0, 4, 0, 4, 0]);
        tlv(0x30, &v)
    };
    match op[0] {
        0x60 => out.extend(done(0x61)),
        0x63 => {
            if let Some(k) = op.windows(4).rposition(|w| w == b"user") {
                let uid = &op[k..k + 9];
                let dn = [b"uid=", uid, b",ou=people,dc=example,dc=org"].concat();
                let mut attrs = Vec::new();
                for a in [
                    "objectClass",
                    "uid",
                    "cn",
                    "sn",
                    "mail",
                    "givenName",
                    "employeeNumber",
                    "telephoneNumber",
                    "title",
                ] {
                    let val = tlv(0x31, &tlv(4, b"some value 12"));
                    attrs.extend(tlv(0x30, &[tlv(4, a.as_bytes()), val].concat()));
                }
                let entry = tlv(0x64, &[tlv(4, &dn), tlv(0x30, &attrs)].concat());
                out.extend(tlv(0x30, &[id.to_vec(), entry].concat()));
            }
            out.extend(done(0x65));
        }
        _ => return false,
    }
    true
}

fn header(b: &[u8]) -> Option<(usize, usize)> {
    let l = *b.get(1)? as usize;
    if l < 128 {
        return Some((2, 2 + l));
    }
    let n = l & 127;
    let v = b.get(2..2 + n)?.iter().fold(0usize, |a, &x| a << 8 | x as usize);
    Some((2 + n, 2 + n + v))
}

fn tlv(t: u8, v: &[u8]) -> Vec<u8> {
    let mut o = vec![t];
    if v.len() < 128 {
        o.push(v.len() as u8);
    } else {
        o.extend_from_slice(&[0x82, (v.len() >> 8) as u8, v.len() as u8]);
    }
    o.extend_from_slice(v);
    o
}
