//! A client that knows who it is and believes nothing.

use crate::server::Book;
use postern_ldap::ber::{Cursor, Writer};
use postern_ldap::control::paged::PagedResults;
use postern_ldap::extended::{self, PasswordModify};
use postern_ldap::{Header, Message, MessageId, ResultCode, answer, bind, frame, oid, result, tag};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// What a client does next.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Step {
    Bind(u8),
    WrongPassword(u8),
    AnonymousBind,
    /// The directory accepts it, the rules do not.
    RefusedBind(u8),
    MustChangeBind(u8),
    ChangePassword,
    /// So many entries.
    Search(u8),
    SearchWithoutWaiting(u8),
    AbandonLast,
    Modify,
    /// Waits for everything still owed.
    Collect,
    PagedSearch,
    Reconnect,
    /// Closes in the middle of things.
    HangUp,
    /// A bind sent right behind a search.
    BindOverSearch(u8),
}

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) answers: usize,
    pub(crate) binds: usize,
    pub(crate) recycled: usize,
    /// The most servers one calm round used for binds.
    pub(crate) spread: usize,
}

impl Outcome {
    pub(crate) const fn new() -> Self {
        Self {
            answers: 0,
            binds: 0,
            recycled: 0,
            spread: 0,
        }
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.answers += other.answers;
        self.binds += other.binds;
        self.recycled += other.recycled;
        self.spread = self.spread.max(other.spread);
    }
}

/// Plays the steps on as many connections as they take. An error is a broken promise.
pub(crate) async fn play(
    address: SocketAddr,
    number: usize,
    steps: Vec<Step>,
    book: Arc<Book>,
    ppolicy: bool,
    calm: bool,
) -> Result<Outcome, String> {
    let mut client = Client::connect(address, number, book, ppolicy, calm).await?;
    for step in steps {
        let alive = client.step(step).await?;
        if !alive && calm && !matches!(step, Step::Reconnect | Step::HangUp) {
            return Err(format!("{step:?}: the session was ended, and nothing was lost"));
        }
        if !alive || matches!(step, Step::Reconnect | Step::HangUp) {
            client = client.again(address).await?;
        }
    }
    let _ = client.collect().await?;
    Ok(client.outcome)
}

/// A question whose answer is owed.
struct Question {
    base: String,
    /// Who we were when we asked.
    who: String,
    restricted: bool,
    request: u8,
}

struct Client {
    stream: TcpStream,
    held: Vec<u8>,
    number: usize,
    next: u32,
    asked: u64,
    who: String,
    restricted: bool,
    owed: HashMap<u32, Question>,
    /// Given up, with the id of the request that said so.
    abandoned: Vec<(u32, u32)>,
    /// Abandoned so long ago that no answer can be on its way: something asked later has been answered.
    dead: Vec<(u32, u32)>,
    outcome: Outcome,
    book: Arc<Book>,
    ppolicy: bool,
    calm: bool,
}

const PATIENCE: Duration = Duration::from_secs(10);

impl Client {
    async fn connect(
        address: SocketAddr,
        number: usize,
        book: Arc<Book>,
        ppolicy: bool,
        calm: bool,
    ) -> Result<Self, String> {
        let stream = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
        Ok(Self {
            stream,
            held: Vec::new(),
            number,
            next: 1,
            asked: 0,
            who: String::new(),
            restricted: false,
            owed: HashMap::new(),
            abandoned: Vec::new(),
            dead: Vec::new(),
            outcome: Outcome::default(),
            book,
            ppolicy,
            calm,
        })
    }

    async fn again(self, address: SocketAddr) -> Result<Self, String> {
        let mut fresh = Self::connect(address, self.number, self.book, self.ppolicy, self.calm).await?;
        fresh.asked = self.asked;
        fresh.outcome = self.outcome;
        Ok(fresh)
    }

    /// False if the gateway ended the session, as it must when a lane is lost.
    async fn step(&mut self, step: Step) -> Result<bool, String> {
        match step {
            Step::Bind(user) => self.sign_in(&format!("cn=user{user}"), "right").await,
            Step::WrongPassword(user) => self.sign_in(&format!("cn=user{user}"), "wrong").await,
            Step::AnonymousBind => self.sign_in("", "").await,
            Step::RefusedBind(user) => self.sign_in(&format!("cn=refused{user}"), "right").await,
            Step::MustChangeBind(user) => {
                // A name of its own, so that nobody else changes this password.
                self.sign_in(&format!("cn=must{user}-{}-{}", self.number, self.asked), "right")
                    .await
            }
            Step::ChangePassword => self.change_password().await,
            Step::Search(count) => Ok(self.search(count, &[]).await? && self.collect().await?),
            Step::SearchWithoutWaiting(count) => self.search(count, &[]).await,
            Step::PagedSearch => {
                let control = PagedResults { size: 1, cookie: b"" }.control(false);
                Ok(self.search(1, &[&control]).await? && self.collect().await?)
            }
            Step::AbandonLast => self.abandon().await,
            Step::Modify => self.modify().await,
            Step::Collect => self.collect().await,
            Step::Reconnect => {
                let id = self.id();
                let _ = self.stream.write_all(&answer::unbind(id)).await;
                Ok(false)
            }
            Step::HangUp => {
                let _ = self.search(3, &[]).await;
                Ok(false)
            }
            Step::BindOverSearch(count) => {
                Ok(self.search(count, &[]).await? && self.sign_in("cn=user0", "right").await?)
            }
        }
    }

    fn id(&mut self) -> MessageId {
        self.next += 1;
        MessageId(self.next - 1)
    }

    async fn send(&mut self, octets: &[u8]) -> bool {
        self.stream.write_all(octets).await.is_ok()
    }

    fn question(&mut self, count: u8) -> String {
        self.asked += 1;
        format!("{count}:{}:{}", self.number, self.asked)
    }

    async fn search(&mut self, count: u8, controls: &[&[u8]]) -> Result<bool, String> {
        let id = self.id();
        let base = self.question(count);
        let mut body = Writer::new();
        body.octets(base.as_bytes())
            .enumerated(0)
            .enumerated(0)
            .integer(0)
            .integer(0)
            .boolean(false);
        body.element(0x87, b"objectClass").element(tag::SEQUENCE, &[]);
        let question = Question {
            base,
            who: self.who.clone(),
            restricted: self.restricted,
            request: tag::SEARCH_REQUEST,
        };
        self.owed.insert(id.0, question);
        Ok(self
            .send(&answer::message(id, tag::SEARCH_REQUEST, &body.finish(), controls))
            .await)
    }

    async fn modify(&mut self) -> Result<bool, String> {
        let id = self.id();
        let base = format!("cn={}", self.question(1));
        let mut body = Writer::new();
        body.octets(base.as_bytes()).nested(tag::SEQUENCE, |changes| {
            changes.nested(tag::SEQUENCE, |change| {
                change.enumerated(2).nested(tag::SEQUENCE, |attribute| {
                    attribute.octets(b"description").element(tag::SET, &[]);
                });
            });
        });
        let question = Question {
            base,
            who: self.who.clone(),
            restricted: self.restricted,
            request: tag::MODIFY_REQUEST,
        };
        self.owed.insert(id.0, question);
        Ok(self
            .send(&answer::message(id, tag::MODIFY_REQUEST, &body.finish(), &[]))
            .await
            && self.collect().await?)
    }

    async fn abandon(&mut self) -> Result<bool, String> {
        let searches = self
            .owed
            .iter()
            .filter(|(_, question)| question.request == tag::SEARCH_REQUEST);
        let Some(last) = searches.map(|(id, _)| *id).max() else {
            return Ok(true);
        };
        self.owed.remove(&last);
        let id = self.id();
        self.abandoned.push((last, id.0));
        Ok(self.send(&answer::abandon(id, MessageId(last))).await)
    }

    async fn change_password(&mut self) -> Result<bool, String> {
        if !self.collect().await? || !self.restricted {
            return Ok(true);
        }
        let id = self.id();
        let value = PasswordModify {
            identity: None,
            old: None,
            new: Some(b"brand new"),
        }
        .value();
        if !self
            .send(&extended::request(id, oid::PASSWORD_MODIFY, Some(&value), &[]))
            .await
        {
            return Ok(false);
        }
        let (header, octets) = loop {
            let Some((header, octets)) = self.receive().await? else {
                return Ok(false);
            };
            if !self.abandoned.iter().any(|(id, _)| *id == header.id.0) {
                break (header, octets);
            }
            // A search that was refused before it was given up: the answer was on its way.
        };
        if header.id != id || header.operation != tag::EXTENDED_RESPONSE {
            return Err(format!("{}: another answer to a password change", self.who));
        }
        if result::peek_code(&octets, &header) == Some(ResultCode::SUCCESS) {
            self.restricted = false;
        }
        Ok(true)
    }

    async fn sign_in(&mut self, name: &str, password: &str) -> Result<bool, String> {
        let id = self.id();
        if !self
            .send(&bind::simple(id, name.as_bytes(), password.as_bytes(), &[]))
            .await
        {
            return Ok(false);
        }
        loop {
            let Some((header, octets)) = self.receive().await? else {
                return Ok(false);
            };
            if header.id == id {
                if header.operation != tag::BIND_RESPONSE {
                    return Err(format!("a bind was answered with {:#x}", header.operation));
                }
                let code = result::peek_code(&octets, &header).ok_or("no code")?;
                if self.calm && code != ResultCode::SUCCESS && code != ResultCode::INVALID_CREDENTIALS {
                    return Err(format!("{name}: {code:?}, and nothing was lost"));
                }
                let good = password == "right" || name.is_empty();
                if code == ResultCode::SUCCESS && (!good || name.starts_with("cn=refused")) {
                    return Err(format!("{name} was let in"));
                }
                if code == ResultCode::SUCCESS && name.starts_with("cn=must") && !self.ppolicy {
                    return Err(format!("{name} was let in without a restriction"));
                }
                // RFC 4511 §4.2.1: what was in flight may be given up; it may not be answered from now on.
                self.owed.clear();
                self.who = if code == ResultCode::SUCCESS {
                    name.to_owned()
                } else {
                    String::new()
                };
                self.restricted = code == ResultCode::SUCCESS && name.starts_with("cn=must");
                self.outcome.binds += 1;
                return Ok(true);
            }
            self.check(&header, &octets)?;
        }
    }

    /// Reads until nothing is owed.
    async fn collect(&mut self) -> Result<bool, String> {
        while !self.owed.is_empty() {
            let Some((header, octets)) = self.receive().await? else {
                return Ok(false);
            };
            self.check(&header, &octets)?;
        }
        Ok(true)
    }

    /// The promise: every answer is to a question of ours, as whom we were when we asked.
    fn check(&mut self, header: &Header, octets: &[u8]) -> Result<(), String> {
        let Some(question) = self.owed.get(&header.id.0) else {
            if self.dead.iter().any(|(id, _)| *id == header.id.0) {
                return Err(format!("an answer to {}, given up long ago", header.id));
            }
            if self.abandoned.iter().any(|(id, _)| *id == header.id.0) {
                return Ok(()); // it was on its way
            }
            return Err(format!("an answer to {} nobody asked", header.id));
        };
        let message = Message::parse(octets).map_err(|error| error.to_string())?;
        let mut body = Cursor::new(message.operation.content);
        match header.operation {
            tag::SEARCH_ENTRY => {
                let got = String::from_utf8_lossy(body.octets().map_err(|error| error.to_string())?).into_owned();
                let wanted = format!("{}|{}", question.base, question.who);
                if got != wanted || question.restricted {
                    return Err(format!("got {got}, asked {wanted}, restricted {}", question.restricted));
                }
            }
            tag::SEARCH_DONE | tag::MODIFY_RESPONSE => {
                let code = result::peek_code(octets, header).ok_or("no code")?;
                if code == ResultCode::SUCCESS && question.restricted {
                    return Err("a restricted session was served".to_owned());
                }
                if header.operation == tag::MODIFY_RESPONSE {
                    let arrived = self.book.arrived(&question.base);
                    if code == ResultCode::UNAVAILABLE && arrived {
                        return Err("a change that was made is said not to have been".to_owned());
                    }
                    if code == ResultCode::SUCCESS && !arrived {
                        return Err("a change that was not made is said to have been".to_owned());
                    }
                }
                self.owed.remove(&header.id.0);
                let done = header.id.0;
                let (dead, young) = self.abandoned.iter().partition(|(_, abandon)| *abandon < done);
                self.abandoned = young;
                self.dead.extend::<Vec<(u32, u32)>>(dead);
            }
            other => return Err(format!("an answer of kind {other:#x}")),
        }
        self.outcome.answers += 1;
        Ok(())
    }

    /// The next message. `None` if the gateway ended the session, with a notice or without.
    async fn receive(&mut self) -> Result<Option<(Header, Vec<u8>)>, String> {
        loop {
            if let Some(header) = frame::walk(&self.held, 1 << 20).map_err(|error| format!("to the client: {error}"))?
                && self.held.len() >= header.length
            {
                let octets: Vec<u8> = self.held.drain(..header.length).collect();
                if header.id == MessageId(0) {
                    return Ok(None);
                }
                return Ok(Some((header, octets)));
            }
            match timeout(PATIENCE, self.stream.read_buf(&mut self.held)).await {
                Err(_) => return Err(format!("nothing came; {} answers are owed", self.owed.len())),
                Ok(Ok(0) | Err(_)) => return Ok(None),
                Ok(Ok(_)) => {}
            }
        }
    }
}
