//! Requests of our own and their answers, one at a time, on a stream that nobody else uses.

use super::error::ConnectError;
use postern_ldap::{FrameError, Message, MessageId, frame};
use std::io;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, timeout_at};

/// The longest message taken from a directory that answers us, in octets.
pub(super) const LONGEST_ANSWER: usize = 1024 * 1024;
/// How much is read at once, in octets.
const READ: usize = 16 * 1024;

/// A stream with whatever was read from it and not yet looked at.
pub(super) struct Exchange<S> {
    stream: S,
    /// What was read; up to `taken` it has been looked at.
    unread: Vec<u8>,
    taken: usize,
    last_id: u32,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Exchange<S> {
    /// On a stream where nothing has been said.
    pub(super) fn new(stream: S) -> Self {
        Self {
            stream,
            unread: Vec::new(),
            taken: 0,
            last_id: 0,
        }
    }

    /// The stream, if nothing that was sent on it is left unread. What a server, or somebody in between, sent in the clear
    /// before TLS must not be taken for an answer under it.
    pub(super) fn into_stream(self) -> Result<S, ConnectError> {
        if self.unread.is_empty() {
            Ok(self.stream)
        } else {
            Err(ConnectError::Protocol)
        }
    }

    /// The stream, to look at.
    pub(super) fn stream(&self) -> &S {
        &self.stream
    }

    /// A message id that is not in use: only one ever is.
    pub(super) fn next_id(&mut self) -> MessageId {
        // RFC 4511 §4.1.1.1: 1 to 2³¹ − 1.
        self.last_id = if self.last_id >= 0x7fff_ffff {
            1
        } else {
            self.last_id + 1
        };
        MessageId(self.last_id)
    }

    /// Sends a request.
    pub(super) async fn send(&mut self, request: &[u8], deadline: Instant) -> Result<(), ConnectError> {
        let sent = timeout_at(deadline, async {
            self.stream.write_all(request).await?;
            self.stream.flush().await
        });
        match sent.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(ConnectError::HungUp),
            Err(_) => Err(ConnectError::TimedOut),
        }
    }

    /// The next whole message, which must answer `id`. A notice of disconnection (RFC 4511 §4.4.1), as any message of
    /// another id, ends the connection.
    pub(super) async fn receive(&mut self, id: MessageId, deadline: Instant) -> Result<Vec<u8>, ConnectError> {
        self.receive_up_to(LONGEST_ANSWER, id, deadline).await
    }

    /// The same for a message of at most `longest` octets.
    pub(super) async fn receive_up_to(
        &mut self,
        longest: usize,
        id: MessageId,
        deadline: Instant,
    ) -> Result<Vec<u8>, ConnectError> {
        loop {
            let unread = self.unread.get(self.taken..).unwrap_or_default();
            let header = frame::walk(unread, longest).map_err(|fault| match fault {
                FrameError::NotLdap | FrameError::TooLarge | FrameError::Malformed => ConnectError::Protocol,
            })?;
            if let Some(whole) = header.and_then(|header| unread.get(..header.length)) {
                let whole = whole.to_vec();
                return match header.map(|header| header.id) {
                    Some(MessageId(0)) => Err(ConnectError::HungUp),
                    Some(answered) if answered == id => {
                        self.take(whole.len());
                        Ok(whole)
                    }
                    _ => Err(ConnectError::Protocol),
                };
            }
            // Once for each reading, and not for each of the messages it brought.
            self.unread.drain(..self.taken);
            self.taken = 0;
            self.unread.reserve(READ);
            match timeout_at(deadline, self.stream.read_buf(&mut self.unread)).await {
                Ok(Ok(0)) => return Err(ConnectError::HungUp),
                Ok(Ok(_)) => {}
                Ok(Err(fault)) if fault.kind() == io::ErrorKind::InvalidData => return Err(ConnectError::Tls),
                Ok(Err(_)) => return Err(ConnectError::HungUp),
                Err(_) => return Err(ConnectError::TimedOut),
            }
        }
    }

    fn take(&mut self, length: usize) {
        self.taken += length;
        if self.taken == self.unread.len() {
            self.unread.clear();
            self.taken = 0;
        }
    }

    /// Sends a request and waits for the one message that answers it.
    pub(super) async fn ask(
        &mut self,
        id: MessageId,
        request: &[u8],
        patience: Duration,
    ) -> Result<Vec<u8>, ConnectError> {
        let deadline = Instant::now() + patience;
        self.send(request, deadline).await?;
        self.receive(id, deadline).await
    }

    /// Whether a kept stream has said something nobody asked for, or ended, since it was last used.
    pub(super) async fn is_quiet(&mut self) -> bool {
        let mut octet = [0; 1];
        let now = Instant::now();
        self.unread.is_empty() && timeout_at(now, self.stream.read(&mut octet)).await.is_err()
    }
}

/// A whole message, or a broken protocol.
pub(super) fn parse(octets: &[u8]) -> Result<Message<'_>, ConnectError> {
    Message::parse(octets).map_err(|_| ConnectError::Protocol)
}
