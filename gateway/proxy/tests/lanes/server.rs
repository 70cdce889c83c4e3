//! A directory that says in every answer whom it takes the lane for, and is as unreliable as it is told to be.

use postern_ldap::ber::Writer;
use postern_ldap::bind::{Authentication, BindRequest};
use postern_ldap::change::ModifyRequest;
use postern_ldap::control::{paged::PagedResults, ppolicy::PasswordPolicyResponse};
use postern_ldap::extended::{ExtendedRequest, PasswordModify, abandoned_id};
use postern_ldap::search::SearchRequest;
use postern_ldap::{Message, MessageId, ResultCode, answer, frame, oid, tag};
use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::AbortOnDropHandle;

/// How unreliable.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Temper {
    pub close_in_256: u8,
    pub late_in_256: u8,
    pub pieces_in_256: u8,
    pub(crate) allows_anonymous: bool,
    pub stray_in_256: u8,
}

impl Temper {
    /// Whether it never breaks anything.
    pub(crate) fn is_calm(self) -> bool {
        self.close_in_256 == 0 && self.stray_in_256 == 0
    }
}

/// What the server saw.
#[derive(Default)]
pub(crate) struct Book {
    changes: Mutex<HashMap<String, usize>>,
    /// Binds after the first on one lane by another name: lanes that served more than one.
    recycled: AtomicUsize,
    changed: Mutex<HashMap<String, String>>,
    /// Where each name was bound.
    homes: Mutex<HashMap<String, HashSet<usize>>>,
    broken: Mutex<Option<&'static str>>,
}

impl Book {
    pub(crate) fn recycled(&self) -> usize {
        self.recycled.load(Ordering::Relaxed)
    }

    fn broken(&self, promise: &'static str) {
        self.broken.lock().unwrap().get_or_insert(promise);
    }

    /// Lane rule 6: nothing that changes an entry is ever sent twice.
    pub(crate) fn check(&self) -> Result<(), String> {
        if let Some(promise) = *self.broken.lock().unwrap() {
            return Err(promise.to_owned());
        }
        match self.changes.lock().unwrap().iter().find(|(_, count)| **count > 1) {
            Some((change, count)) => Err(format!("the change {change} arrived {count} times")),
            None => Ok(()),
        }
    }

    /// Lane rule 8: the binds of one name went to one server, the first if that alone takes writes.
    pub(crate) fn check_homes(&self, only_the_first: bool) -> Result<usize, String> {
        let homes = self.homes.lock().unwrap();
        match homes
            .iter()
            .find(|(_, servers)| servers.len() > 1 || (only_the_first && !servers.contains(&0)))
        {
            Some((name, servers)) => Err(format!("{name} was bound on {servers:?}")),
            None => Ok(homes.values().flatten().collect::<HashSet<_>>().len()),
        }
    }

    pub(crate) fn arrived(&self, change: &str) -> bool {
        self.changes.lock().unwrap().contains_key(change)
    }

    /// The password of a name: "right", unless it was changed.
    fn password(&self, name: &str) -> String {
        self.changed
            .lock()
            .unwrap()
            .get(name)
            .cloned()
            .unwrap_or_else(|| "right".to_owned())
    }
}

/// Servers that hold the same and write into one book.
pub(crate) struct Model {
    pub(crate) addresses: Vec<SocketAddr>,
    pub(crate) book: Arc<Book>,
    tasks: Vec<AbortOnDropHandle<()>>,
}

impl Model {
    pub(crate) async fn start(temper: Temper, seed: u64, servers: usize) -> Self {
        let book = Arc::new(Book::default());
        let chance = Arc::new(Chance(AtomicU64::new(seed | 1)));
        let mut model = Self {
            addresses: Vec::new(),
            book,
            tasks: Vec::new(),
        };
        for server in 0..servers {
            model.serve(server, temper, Arc::clone(&chance)).await;
        }
        model
    }

    async fn serve(&mut self, server: usize, temper: Temper, chance: Arc<Chance>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        self.addresses.push(listener.local_addr().unwrap());
        let shared = Arc::clone(&self.book);
        self.tasks.push(AbortOnDropHandle::new(tokio::spawn(async move {
            let mut lanes = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let lane = LaneEnd {
                    server,
                    temper,
                    book: Arc::clone(&shared),
                    chance: Arc::clone(&chance),
                    who: String::new(),
                    binds: 0,
                    restricted: false,
                    cursor: false,
                    later: Vec::new(),
                };
                lanes.spawn(lane.serve(stream));
            }
        })));
    }

    pub(crate) fn stop(self) {
        drop(self.tasks);
    }
}

/// Xorshift: enough chance for a test, the same for the same seed.
struct Chance(AtomicU64);

impl Chance {
    fn one_in_256(&self, wanted: u8) -> bool {
        let mut next = self.0.load(Ordering::Relaxed);
        next ^= next << 13;
        next ^= next >> 7;
        next ^= next << 17;
        self.0.store(next, Ordering::Relaxed);
        next.to_be_bytes()[3] % 255 < wanted
    }
}

/// The server's end of one lane.
struct LaneEnd {
    server: usize,
    temper: Temper,
    book: Arc<Book>,
    chance: Arc<Chance>,
    who: String,
    binds: usize,
    restricted: bool,
    cursor: bool,
    /// Answers that come out of order.
    later: Vec<u8>,
}

impl LaneEnd {
    async fn serve(mut self, mut stream: TcpStream) {
        let mut held = Vec::new();
        loop {
            while let Ok(Some(header)) = frame::walk(&held, 1 << 20) {
                if held.len() < header.length {
                    break;
                }
                let request: Vec<u8> = held.drain(..header.length).collect();
                let Some(mut reply) = self.reply(&request) else { return };
                if request_is_search(&request) && self.chance.one_in_256(self.temper.late_in_256) {
                    self.later.append(&mut reply);
                } else if !reply.is_empty() {
                    reply.append(&mut self.later);
                }
                if self.chance.one_in_256(self.temper.close_in_256) {
                    return; // before, instead of, or in the middle of an answer
                }
                let size = if self.chance.one_in_256(self.temper.pieces_in_256) {
                    7
                } else {
                    usize::MAX
                };
                for piece in reply.chunks(size.min(reply.len()).max(1)) {
                    if stream.write_all(piece).await.is_err() {
                        return;
                    }
                    if self.chance.one_in_256(self.temper.close_in_256 / 4) {
                        return;
                    }
                    tokio::task::yield_now().await;
                }
            }
            // What is late does not wait for ever.
            let read = tokio::time::timeout(Duration::from_millis(2), stream.read_buf(&mut held));
            if let Ok(read) = read.await {
                if read.unwrap_or(0) == 0 {
                    return;
                }
            } else {
                let later = std::mem::take(&mut self.later);
                if !later.is_empty() && stream.write_all(&later).await.is_err() {
                    return;
                }
            }
        }
    }

    fn reply(&mut self, request: &[u8]) -> Option<Vec<u8>> {
        let message = Message::parse(request).expect("the gateway sent what it could not read itself");
        let id = message.id;
        if self.chance.one_in_256(self.temper.stray_in_256) {
            // An answer nobody asked for.
            return Some(answer::result(
                MessageId(id.0 + 77),
                tag::SEARCH_DONE,
                ResultCode::SUCCESS,
                "stray",
                &[],
            ));
        }
        match message.operation.tag {
            tag::BIND_REQUEST => Some(self.bind(&message)),
            tag::SEARCH_REQUEST => Some(self.search(&message)),
            tag::MODIFY_REQUEST => {
                let modify = ModifyRequest::parse(&message).unwrap();
                let change = String::from_utf8(modify.entry.to_vec()).unwrap();
                *self.book.changes.lock().unwrap().entry(change).or_default() += 1;
                Some(answer::result(
                    id,
                    tag::MODIFY_RESPONSE,
                    ResultCode::SUCCESS,
                    &self.who,
                    &[],
                ))
            }
            tag::EXTENDED_REQUEST => {
                let extended = ExtendedRequest::parse(&message).unwrap();
                assert_eq!(extended.oid, oid::PASSWORD_MODIFY);
                let change = PasswordModify::parse(extended.value).unwrap();
                let new = String::from_utf8(change.new.unwrap().to_vec()).unwrap();
                self.book.changed.lock().unwrap().insert(self.who.clone(), new);
                self.restricted = false;
                Some(answer::extended(id, ResultCode::SUCCESS, &self.who, None, None))
            }
            tag::ABANDON_REQUEST => abandoned_id(&message).ok().map(|_| Vec::new()),
            tag::UNBIND_REQUEST => None,
            other => panic!("the gateway sent {other:#x}"),
        }
    }

    fn bind(&mut self, message: &Message<'_>) -> Vec<u8> {
        let request = BindRequest::parse(message).unwrap();
        let name = String::from_utf8(request.name.to_vec()).unwrap();
        let Authentication::Simple(password) = request.authentication else {
            panic!("SASL got through")
        };
        self.binds += 1;
        if self.cursor || self.restricted {
            self.book
                .broken("a lane with a cursor or a restriction on it was bound again");
        }
        if self.binds > 1 && !name.is_empty() && name != self.who {
            self.book.recycled.fetch_add(1, Ordering::Relaxed);
        }
        self.who.clear();
        self.restricted = false;
        let anonymous = name.is_empty() && password.is_empty();
        let proven = !anonymous && password == self.book.password(&name).as_bytes();
        let accepted = if anonymous {
            self.temper.allows_anonymous
        } else {
            proven
        };
        let must_change = proven && name.starts_with("cn=must") && self.book.password(&name) == "right";
        let control = PasswordPolicyResponse {
            warning: None,
            error: must_change.then_some(2),
        }
        .control();
        let asked = message.controls.find(oid::PASSWORD_POLICY).unwrap().is_some();
        let controls: &[&[u8]] = if asked { &[&control] } else { &[] };
        let code = if accepted {
            ResultCode::SUCCESS
        } else {
            ResultCode::INVALID_CREDENTIALS
        };
        if !name.is_empty() {
            let mut homes = self.book.homes.lock().unwrap();
            homes.entry(name.clone()).or_default().insert(self.server);
        }
        if accepted {
            self.who = name;
            self.restricted = must_change;
        }
        answer::result(message.id, tag::BIND_RESPONSE, code, "", controls)
    }

    /// As many entries as the base says, each with the question and whom we take the lane for.
    fn search(&mut self, message: &Message<'_>) -> Vec<u8> {
        let search = SearchRequest::parse(message).unwrap();
        let base = String::from_utf8(search.base.to_vec()).unwrap();
        let count = base
            .split(':')
            .next()
            .and_then(|count| count.parse::<usize>().ok())
            .unwrap_or(1);
        let mut out = Vec::new();
        // A must-change account is not restricted here: that is the gateway's to do.
        for _ in 0..count {
            let mut entry = Writer::new();
            entry
                .octets(format!("{base}|{}", self.who).as_bytes())
                .element(tag::SEQUENCE, &[]);
            out.extend(answer::message(message.id, tag::SEARCH_ENTRY, &entry.finish(), &[]));
        }
        let paged = message.controls.find(oid::PAGED_RESULTS).unwrap().map(|_| {
            PagedResults {
                size: 0,
                cookie: b"more",
            }
            .control(false)
        });
        self.cursor |= paged.is_some();
        let controls: Vec<&[u8]> = paged.iter().map(Vec::as_slice).collect();
        out.extend(answer::result(
            message.id,
            tag::SEARCH_DONE,
            ResultCode::SUCCESS,
            &base,
            &controls,
        ));
        out
    }
}

fn request_is_search(request: &[u8]) -> bool {
    frame::walk(request, usize::MAX)
        .is_ok_and(|header| header.is_some_and(|header| header.operation == tag::SEARCH_REQUEST))
}
