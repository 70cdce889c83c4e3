//! A connection that is read a line at a time, so that nothing said before TLS is taken for something said within it.

use lettre::transport::smtp::client::AsyncTokioStream;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// Octets read at once.
const PIECE: usize = 4096;

/// Gives no octet beyond the end of a line to one read. Whoever reads answers through a buffer of its own finds that empty once the answer
/// to STARTTLS is read; what somebody on the way has put behind that answer (RFC 3207 §6) becomes part of the handshake, which fails.
pub(crate) struct LineByLine {
    stream: TcpStream,
    unread: Vec<u8>,
    /// How much of that was given.
    given: usize,
}

impl LineByLine {
    pub(crate) fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            unread: Vec::new(),
            given: 0,
        }
    }
}

impl AsyncRead for LineByLine {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.given == self.unread.len() {
            let mut piece = vec![0; PIECE];
            let mut read = ReadBuf::new(&mut piece);
            ready!(Pin::new(&mut self.stream).poll_read(context, &mut read))?;
            self.unread = read.filled().to_vec();
            self.given = 0;
        }
        let rest = self.unread.get(self.given..).unwrap_or_default();
        let line = rest
            .iter()
            .position(|octet| *octet == b'\n')
            .map_or(rest.len(), |end| end + 1);
        let fits = line.min(into.remaining());
        into.put_slice(rest.get(..fits).unwrap_or_default());
        self.given += fits;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for LineByLine {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, octets)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl AsyncTokioStream for LineByLine {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.stream.peer_addr()
    }
}

impl fmt::Debug for LineByLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LineByLine(..)")
    }
}
