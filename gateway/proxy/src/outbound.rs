//! Octets on their way to a socket that may not take them all at once.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::AsyncWrite;
use zeroize::Zeroize;

/// What a socket has not taken yet. Its owner stops producing while anything is here, so it never holds more than one read's worth
/// and the answers to it.
#[derive(Default)]
pub(crate) struct Outbound {
    pending: Vec<u8>,
    sent: usize,
    /// TLS may hold back octets it has taken; they are owed too.
    flush: bool,
}

/// Above this, emptied buffers give their memory back.
const KEPT: usize = 4 * 1024;

impl Outbound {
    /// Whether the socket has everything.
    pub(crate) fn is_empty(&self) -> bool {
        self.pending.is_empty() && !self.flush
    }

    /// Octets for later.
    pub(crate) fn push(&mut self, octets: &[u8]) {
        self.pending.extend_from_slice(octets);
    }

    /// Writes what the socket takes at once and keeps the rest. Order is kept: whatever waits goes first.
    pub(crate) fn write<W: AsyncWrite + Unpin>(
        &mut self,
        socket: &mut W,
        context: &mut Context<'_>,
        mut octets: &[u8],
    ) -> io::Result<()> {
        if self.pending.is_empty() {
            while !octets.is_empty() {
                match Pin::new(&mut *socket).poll_write(context, octets) {
                    Poll::Ready(Ok(0)) => return Err(io::ErrorKind::WriteZero.into()),
                    Poll::Ready(Ok(taken)) => {
                        octets = octets.get(taken..).unwrap_or_default();
                        self.flush = true;
                    }
                    Poll::Ready(Err(error)) => return Err(error),
                    Poll::Pending => break,
                }
            }
        }
        self.push(octets);
        match self.poll_drain(socket, context) {
            Poll::Ready(result) => result,
            Poll::Pending => Ok(()),
        }
    }

    /// Goes on writing until the socket has everything.
    pub(crate) fn poll_drain<W: AsyncWrite + Unpin>(
        &mut self,
        socket: &mut W,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        while let Some(rest) = self.pending.get(self.sent..).filter(|rest| !rest.is_empty()) {
            match Pin::new(&mut *socket).poll_write(context, rest) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(taken)) => {
                    self.sent += taken;
                    self.flush = true;
                }
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => return Poll::Pending,
            }
        }
        if !self.pending.is_empty() {
            self.forget();
        }
        if self.flush {
            match Pin::new(socket).poll_flush(context) {
                Poll::Ready(result) => {
                    self.flush = false;
                    return Poll::Ready(result);
                }
                Poll::Pending => return Poll::Pending,
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Empties the buffer. It may have held a password on its way to the directory.
    fn forget(&mut self) {
        self.sent = 0;
        if self.pending.capacity() > KEPT {
            self.pending.zeroize();
            self.pending = Vec::new();
        } else {
            self.pending.as_mut_slice().zeroize();
            self.pending.clear();
        }
    }
}

impl Drop for Outbound {
    fn drop(&mut self) {
        self.pending.zeroize();
    }
}
