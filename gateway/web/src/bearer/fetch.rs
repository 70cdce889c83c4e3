//! One document over HTTP/1.1: asked for, read to its end within bounds, and the connection closed. No redirect is followed: it could lead anywhere.

use super::address::KeyAddress;
use rustls::ClientConfig;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// The largest document, in octets.
pub(super) const LARGEST: usize = 256 * 1024;
/// Everything that comes: what stands before the document, and between its pieces.
const LARGEST_ANSWER: usize = LARGEST + 64 * 1024;
const MOST_HEADERS: usize = 100;

/// Why there is no document. The issuer is to blame, or the way there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum FetchError {
    #[error("nobody can be reached there")]
    Unreachable,
    #[error("no TLS came about: ca_file says whom to trust")]
    Tls,
    #[error("the connection broke off")]
    BrokeOff,
    #[error("the answer had the status {0} instead of 200")]
    Status(u16),
    #[error("the answer was no HTTP/1.1")]
    Malformed,
    #[error("the answer was too large")]
    TooLarge,
}

/// What is there. The caller says how long it may take.
pub(super) async fn get(address: &KeyAddress, tls: &Arc<ClientConfig>) -> Result<Vec<u8>, FetchError> {
    let reached = TcpStream::connect((&*address.host, address.port)).await;
    let stream = reached.map_err(|_| FetchError::Unreachable)?;
    match &address.server_name {
        None => ask(stream, address).await,
        Some(name) => {
            let connector = TlsConnector::from(Arc::clone(tls));
            let shaken = connector.connect(name.clone(), stream).await;
            ask(shaken.map_err(|_| FetchError::Tls)?, address).await
        }
    }
}

async fn ask(mut stream: impl AsyncRead + AsyncWrite + Unpin, address: &KeyAddress) -> Result<Vec<u8>, FetchError> {
    let request = format!(
        "GET {} HTTP/1.1\r\nHost: {}\r\nAccept: application/json\r\nAccept-Encoding: identity\r\nConnection: close\r\n\r\n",
        address.target, address.authority
    );
    let sent = stream.write_all(request.as_bytes()).await;
    sent.map_err(|_| FetchError::BrokeOff)?;
    stream.flush().await.map_err(|_| FetchError::BrokeOff)?;
    let mut octets = Vec::new();
    loop {
        let read = stream.read_buf(&mut octets).await.map_err(|_| FetchError::BrokeOff)?;
        if octets.len() > LARGEST_ANSWER {
            return Err(FetchError::TooLarge);
        }
        if let Some(document) = document(&octets, read == 0)? {
            return Ok(document);
        }
        if read == 0 {
            return Err(FetchError::BrokeOff);
        }
    }
}

/// The document of an answer (RFC 9112), once all of it is there. `ended`: nothing more comes.
fn document(octets: &[u8], ended: bool) -> Result<Option<Vec<u8>>, FetchError> {
    let Some(head) = octets.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let body = octets.get(head + 4..).unwrap_or_default();
    let head = octets.get(..head).unwrap_or_default();
    let head = std::str::from_utf8(head).map_err(|_| FetchError::Malformed)?;
    let mut lines = head.split("\r\n");
    let status = status(lines.next().unwrap_or_default())?;
    if status != 200 {
        return Err(FetchError::Status(status));
    }
    let (mut length, mut pieces) = (None, None);
    for (number, line) in lines.enumerate() {
        let (name, value) = line.split_once(':').ok_or(FetchError::Malformed)?;
        let value = value.trim_matches([' ', '\t']);
        let first = match name.to_ascii_lowercase().as_str() {
            "content-length" => length.replace(value).is_none(),
            "transfer-encoding" => pieces.replace(value).is_none(),
            "content-encoding" => value.eq_ignore_ascii_case("identity"),
            _ => true,
        };
        if !first || number >= MOST_HEADERS {
            return Err(FetchError::Malformed);
        }
    }
    // Two lengths are one too many (RFC 9112 §6.3).
    match (length, pieces) {
        (None, Some(how)) if how.eq_ignore_ascii_case("chunked") => joined(body),
        (_, Some(_)) => Err(FetchError::Malformed),
        (Some(length), None) => {
            let digits = !length.is_empty() && length.bytes().all(|digit| digit.is_ascii_digit());
            let length: usize = length.parse().ok().filter(|_| digits).ok_or(FetchError::Malformed)?;
            bounded(length)?;
            Ok(body.get(..length).map(<[u8]>::to_vec))
        }
        // It ends where the connection does.
        (None, None) => {
            bounded(body.len())?;
            Ok(ended.then(|| body.to_vec()))
        }
    }
}

fn status(line: &str) -> Result<u16, FetchError> {
    let code = line.strip_prefix("HTTP/1.1 ").or(line.strip_prefix("HTTP/1.0 "));
    let code = code.and_then(|rest| rest.split(' ').next());
    let code = code.filter(|code| code.len() == 3 && code.bytes().all(|digit| digit.is_ascii_digit()));
    code.and_then(|code| code.parse().ok()).ok_or(FetchError::Malformed)
}

/// A body that comes in pieces, put together (RFC 9112 §7.1). What stands behind the last piece is not looked at.
fn joined(mut rest: &[u8]) -> Result<Option<Vec<u8>>, FetchError> {
    let mut whole = Vec::new();
    loop {
        let Some(end) = rest.windows(2).position(|two| two == b"\r\n") else {
            return Ok(None);
        };
        let line = rest.get(..end).unwrap_or_default();
        let line = std::str::from_utf8(line).map_err(|_| FetchError::Malformed)?;
        let size = line.split(';').next().unwrap_or_default().trim_end_matches([' ', '\t']);
        let hexadecimal = !size.is_empty() && size.bytes().all(|digit| digit.is_ascii_hexdigit());
        let size = usize::from_str_radix(size, 16).ok().filter(|_| hexadecimal);
        let size = size.ok_or(FetchError::Malformed)?;
        if size == 0 {
            return Ok(Some(whole));
        }
        bounded(whole.len().saturating_add(size))?;
        let Some((piece, behind)) = rest.get(end + 2..).and_then(|rest| rest.split_at_checked(size)) else {
            return Ok(None);
        };
        whole.extend_from_slice(piece);
        rest = match behind.split_at_checked(2) {
            Some((b"\r\n", rest)) => rest,
            Some(_) => return Err(FetchError::Malformed),
            None => return Ok(None),
        };
    }
}

fn bounded(length: usize) -> Result<(), FetchError> {
    if length > LARGEST {
        return Err(FetchError::TooLarge);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn whole(answer: &str) -> Result<Option<Vec<u8>>, FetchError> {
        document(answer.as_bytes(), true)
    }

    #[test]
    fn a_document_has_a_length_or_pieces_or_ends_with_the_connection() {
        let ok = "HTTP/1.1 200 OK\r\n";
        for answer in [
            "Content-Length: 5\r\n\r\nhello",
            "content-length:5 \r\n\r\nhello and more",
            "Transfer-Encoding: chunked\r\n\r\n2;a=b\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
            "Content-Type: application/json\r\n\r\nhello",
        ] {
            assert_eq!(whole(&format!("{ok}{answer}")), Ok(Some(b"hello".to_vec())), "{answer}");
        }
        for answer in [
            "Content-Length: 6\r\n\r\nhello",
            "Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n",
            "Transfer-Encoding: chunked\r\n\r\n2\r\nhe",
            "Content-Le",
        ] {
            assert_eq!(whole(&format!("{ok}{answer}")), Ok(None), "{answer}");
        }
        assert_eq!(document(b"HTTP/1.1 200 OK\r\n\r\nhel", false), Ok(None));
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_not_read() {
        for answer in [
            "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
            "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "Content-Length: +5\r\n\r\nhello",
            "Content-Length: 5, 5\r\n\r\nhello",
            "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            "Transfer-Encoding: chunked\r\n\r\n+2\r\nhe\r\n0\r\n\r\n",
            "Transfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n0\r\n\r\n",
            "Transfer-Encoding: chunked\r\n\r\n\r\nhe\r\n0\r\n\r\n",
            "Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello",
            "no colon\r\n\r\nhello",
        ] {
            let answer = format!("HTTP/1.1 200 OK\r\n{answer}");
            assert_eq!(whole(&answer), Err(FetchError::Malformed), "{answer}");
        }
        assert_eq!(whole("SSH-2.0-OpenSSH\r\n\r\n"), Err(FetchError::Malformed));
        assert_eq!(whole("HTTP/1.1 2000\r\n\r\n"), Err(FetchError::Malformed));
    }

    #[test]
    fn a_redirect_is_not_followed_and_an_error_is_no_document() {
        let redirect = "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n";
        assert_eq!(whole(redirect), Err(FetchError::Status(302)));
        assert_eq!(whole("HTTP/1.1 404 Not Found\r\n\r\n"), Err(FetchError::Status(404)));
    }

    #[test]
    fn a_document_has_a_bound_however_it_is_sent() {
        for answer in [
            format!("Content-Length: {}\r\n\r\n", LARGEST + 1),
            format!("Transfer-Encoding: chunked\r\n\r\n{:x}\r\n", LARGEST + 1),
            format!("Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n{:x}\r\n", usize::MAX),
            format!("\r\n{}", "a".repeat(LARGEST + 1)),
        ] {
            let answer = format!("HTTP/1.1 200 OK\r\n{answer}");
            assert_eq!(whole(&answer), Err(FetchError::TooLarge));
        }
    }

    proptest! {
        #[test]
        fn any_answer_is_read_to_its_end(octets in prop::collection::vec(any::<u8>(), 0..300), ended: bool) {
            let _ = document(&octets, ended);
            let _ = document(&[b"HTTP/1.1 200 OK\r\n", &octets[..]].concat(), ended);
            let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
            let _ = document(&[&chunked[..], &octets].concat(), ended);
        }

        #[test]
        fn pieces_of_any_size_come_together(whole in prop::collection::vec(any::<u8>(), 1..300), size in 1_usize..50) {
            let mut answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
            for piece in whole.chunks(size) {
                answer.extend(format!("{:X}\r\n", piece.len()).into_bytes());
                answer.extend(piece);
                answer.extend(b"\r\n");
            }
            for cut in 0..=answer.len() {
                prop_assert_eq!(document(&answer[..cut], true), Ok(None));
            }
            answer.extend(b"0\r\n\r\n");
            prop_assert_eq!(document(&answer, false), Ok(Some(whole)));
        }
    }
}
