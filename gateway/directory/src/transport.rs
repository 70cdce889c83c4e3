//! What carries frames to and from a directory: a socket, a socket under TLS, or another part of this process.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::DuplexStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::client::TlsStream;

/// Anything octets can be read from and written to.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {
    /// Says in whose share requests are from now on. Only a directory in this process asks.
    fn serve(&mut self, _share: Share) {}
}

impl Stream for DuplexStream {}

impl Stream for UnixStream {}

/// Whose share of what is scarce somebody uses: those with the same number have one together, and each share gets as much as another that
/// asks as well. What a number stands for, only whoever made it knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Share(pub u64);

impl Share {
    /// What this process does of itself.
    pub const OURS: Self = Self(u64::MAX);
}

/// One established way to a directory. The two usual kinds are variants, so that moving octets calls nothing through a table.
pub enum Transport {
    /// A TCP connection as it is.
    Plain(TcpStream),
    /// A TCP connection under verified TLS.
    Tls(Box<TlsStream<TcpStream>>),
    /// A directory in this process, or a test.
    InProcess(Box<dyn Stream>),
}

impl Transport {
    /// Says in whose share requests are from now on. A server that is reached by a socket has its own idea of that.
    pub fn serve(&mut self, share: Share) {
        if let Self::InProcess(stream) = self {
            stream.serve(share);
        }
    }

    /// Whether octets on it cannot be read on the way: under TLS, or never leaving the machine's memory.
    pub fn is_protected(&self) -> bool {
        match self {
            Self::Tls(_) | Self::InProcess(_) => true,
            Self::Plain(stream) => stream
                .peer_addr()
                .is_ok_and(|peer| peer.ip().to_canonical().is_loopback()),
        }
    }
}

impl AsyncRead for Transport {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(context, into),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_read(context, into),
            Self::InProcess(stream) => Pin::new(stream.as_mut()).poll_read(context, into),
        }
    }
}

impl AsyncWrite for Transport {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(context, octets),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_write(context, octets),
            Self::InProcess(stream) => Pin::new(stream.as_mut()).poll_write(context, octets),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(context),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_flush(context),
            Self::InProcess(stream) => Pin::new(stream.as_mut()).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_shutdown(context),
            Self::InProcess(stream) => Pin::new(stream.as_mut()).poll_shutdown(context),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write_vectored(context, slices),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_write_vectored(context, slices),
            Self::InProcess(stream) => Pin::new(stream.as_mut()).poll_write_vectored(context, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(stream) => stream.is_write_vectored(),
            Self::Tls(stream) => stream.is_write_vectored(),
            Self::InProcess(stream) => stream.is_write_vectored(),
        }
    }
}
