//! Requests of a command to an embedded directory, one at a time, over whatever carries frames there.

use postern_directory::Transport;
use postern_ldap::ber::Writer;
use postern_ldap::change::{NewChange, modify};
use postern_ldap::entry::{self, SearchEntry};
use postern_ldap::result::LdapResult;
use postern_ldap::search::{NewSearch, Scope};
use postern_ldap::{Message, MessageId, ResultCode, answer, frame, tag};
use std::time::Duration;
use thiserror::Error;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;
use zeroize::{Zeroize, Zeroizing};

/// The largest answer that is taken, in octets.
const LARGEST_ANSWER: usize = 32 * 1024 * 1024;
/// How long one answer may take.
const PATIENCE: Duration = Duration::from_mins(1);
/// Octets read at once.
const PIECE: usize = 64 * 1024;

/// Why there is no good answer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AskError {
    /// The directory did not do it, and says why in words of its own.
    #[error("the directory refused it with result {}{}", .code.0, told(.text))]
    Refused {
        /// Its code.
        code: ResultCode,
        /// Its text, perhaps empty.
        text: String,
    },
    /// It went away or answered what cannot be read. A change may have been made or not.
    #[error("the directory does not answer: what was asked of it may have been done or not")]
    Silent,
}

fn told(text: &str) -> String {
    if text.is_empty() {
        String::new()
    } else {
        format!(" ({text})")
    }
}

/// An entry that was found. Values may be password hashes: no `Debug`.
#[derive(Clone)]
pub struct Found {
    /// Its name.
    pub dn: String,
    /// Attributes as they were sent.
    pub attributes: Vec<(String, Vec<Vec<u8>>)>,
}

impl Found {
    /// The values of an attribute, whatever its case.
    pub fn values(&self, attribute: &str) -> &[Vec<u8>] {
        let found = self
            .attributes
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(attribute));
        found.map_or(&[], |(_, values)| values)
    }

    /// The first value, where it is text.
    pub fn text(&self, attribute: &str) -> Option<&str> {
        std::str::from_utf8(self.values(attribute).first()?).ok()
    }
}

/// A connection to the directory.
pub struct Asking {
    stream: Transport,
    unread: Vec<u8>,
    last: u32,
}

impl Asking {
    /// On a stream where nothing has been said.
    pub fn new(stream: Transport) -> Self {
        Self {
            stream,
            unread: Vec::new(),
            last: 0,
        }
    }

    /// Every entry that fits, each handed on as it comes.
    pub async fn search(
        &mut self,
        base: &str,
        scope: Scope,
        filter: &[u8],
        attributes: &[&str],
        mut each: impl FnMut(Found),
    ) -> Result<(), AskError> {
        let attributes: Vec<&[u8]> = attributes.iter().map(|attribute| attribute.as_bytes()).collect();
        let id = self.next_id();
        let request = NewSearch {
            base: base.as_bytes(),
            scope,
            size_limit: 0,
            time_limit: 0,
            filter,
            attributes: &attributes,
        };
        self.send(&request.message(id, &[])).await?;
        loop {
            let octets = self.receive().await?;
            let message = Message::parse(&octets).map_err(|_| AskError::Silent)?;
            if message.id != id {
                return Err(AskError::Silent);
            }
            match message.operation.tag {
                tag::SEARCH_ENTRY => each(found(&message).ok_or(AskError::Silent)?),
                tag::SEARCH_REFERENCE => {}
                _ => return done(&message),
            }
        }
    }

    /// The one entry that fits; `None` if there is none, or more than one.
    pub async fn only(&mut self, base: &str, filter: &[u8], attributes: &[&str]) -> Result<Vec<Found>, AskError> {
        let mut all = Vec::new();
        self.search(base, Scope::Subtree, filter, attributes, |found| all.push(found))
            .await?;
        Ok(all)
    }

    /// Adds an entry.
    pub async fn add(&mut self, dn: &[u8], attributes: &[(String, Vec<Vec<u8>>)]) -> Result<(), AskError> {
        let id = self.next_id();
        let size: usize = attributes.iter().flat_map(|(_, values)| values).map(Vec::len).sum();
        // Room for everything at once: a password is among it, and a buffer that grows leaves copies behind.
        let mut content = Writer::with_capacity(256 + dn.len() + 2 * size + 64 * attributes.len());
        content.octets(dn).nested(tag::SEQUENCE, |list| {
            for (description, values) in attributes {
                entry::encode(list, description.as_bytes(), values);
            }
        });
        let content = Zeroizing::new(content.finish());
        let request = Zeroizing::new(answer::message(id, tag::ADD_REQUEST, &content, &[]));
        self.one(id, &request).await
    }

    /// Changes an entry.
    pub async fn modify(&mut self, dn: &str, changes: &[NewChange<'_>]) -> Result<(), AskError> {
        let id = self.next_id();
        let request = Zeroizing::new(modify(id, dn.as_bytes(), changes, &[]));
        self.one(id, &request).await
    }

    /// Takes an entry away.
    pub async fn delete(&mut self, dn: &str) -> Result<(), AskError> {
        let id = self.next_id();
        self.one(id, &answer::message(id, tag::DELETE_REQUEST, dn.as_bytes(), &[]))
            .await
    }

    async fn one(&mut self, id: MessageId, request: &[u8]) -> Result<(), AskError> {
        self.send(request).await?;
        let octets = self.receive().await?;
        let message = Message::parse(&octets).map_err(|_| AskError::Silent)?;
        if message.id == id {
            done(&message)
        } else {
            Err(AskError::Silent)
        }
    }

    fn next_id(&mut self) -> MessageId {
        self.last = self.last % 0x7fff_ffff + 1;
        MessageId(self.last)
    }

    async fn send(&mut self, request: &[u8]) -> Result<(), AskError> {
        let sent = timeout(PATIENCE, async {
            self.stream.write_all(request).await?;
            self.stream.flush().await
        });
        sent.await.map_err(|_| AskError::Silent)?.map_err(|_| AskError::Silent)
    }

    async fn receive(&mut self) -> Result<Vec<u8>, AskError> {
        loop {
            let header = frame::walk(&self.unread, LARGEST_ANSWER).map_err(|_| AskError::Silent)?;
            if let Some(header) = header.filter(|header| header.length <= self.unread.len()) {
                return Ok(self.unread.drain(..header.length).collect());
            }
            self.unread.reserve(PIECE);
            let read = timeout(PATIENCE, self.stream.read_buf(&mut self.unread)).await;
            match read {
                Ok(Ok(1..)) => {}
                _ => return Err(AskError::Silent),
            }
        }
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        self.unread.zeroize();
    }
}

fn done(message: &Message<'_>) -> Result<(), AskError> {
    let result = LdapResult::parse(message).map_err(|_| AskError::Silent)?;
    if result.code == ResultCode::SUCCESS {
        return Ok(());
    }
    Err(AskError::Refused {
        code: result.code,
        text: String::from_utf8_lossy(result.diagnostic).into_owned(),
    })
}

fn found(message: &Message<'_>) -> Option<Found> {
    let entry = SearchEntry::parse(message).ok()?;
    let attributes = entry
        .attributes()
        .map(|attribute| {
            let attribute = attribute.ok()?;
            let name = std::str::from_utf8(attribute.description).ok()?;
            Some((name.to_owned(), attribute.values().map(<[u8]>::to_vec).collect()))
        })
        .collect::<Option<_>>()?;
    Some(Found {
        dn: std::str::from_utf8(entry.dn).ok()?.to_owned(),
        attributes,
    })
}
