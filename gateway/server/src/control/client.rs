//! The calling side: commands that find a gateway running.

use super::settings::{Answer, Asked};
use super::{FIRST_LINE, LONGEST_LINE, path};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use thiserror::Error;

/// Why a gateway that runs was of no use.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CallError {
    /// The socket is somebody else's.
    #[error("the gateway that runs takes calls from its own account and from root alone")]
    Denied,
    /// It said so, in words of ours.
    #[error("{0}")]
    Refused(String),
    /// It went away, or said nothing that can be read.
    #[error("the gateway that runs does not answer")]
    Silent,
}

/// A connection to the gateway that keeps its state in this folder, after it has agreed to what is wanted. `None`: none runs.
pub fn call(state_dir: &Path, wanted: &str) -> Result<Option<UnixStream>, CallError> {
    let mut stream = match UnixStream::connect(path(state_dir)) {
        Ok(stream) => stream,
        Err(error) => {
            return match error.kind() {
                // Nobody there, or what one that was killed left behind.
                io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused | io::ErrorKind::InvalidInput => Ok(None),
                io::ErrorKind::PermissionDenied => Err(CallError::Denied),
                _ => Err(CallError::Silent),
            };
        }
    };
    let agreed = (|| {
        stream.set_read_timeout(Some(FIRST_LINE * 2))?;
        stream.set_write_timeout(Some(FIRST_LINE * 2))?;
        stream.write_all(format!("{wanted}\n").as_bytes())?;
        line(&mut stream)
    })();
    match agreed.map_err(|_: io::Error| CallError::Silent)?.split_once(' ') {
        None => Ok(Some(stream)),
        Some((_, why)) => Err(CallError::Refused(why.to_owned())),
    }
}

/// Asks a running gateway about settings. `None`: none runs.
pub fn settings(state_dir: &Path, asked: &Asked) -> Result<Option<Answer>, CallError> {
    let Some(stream) = call(state_dir, "settings")? else {
        return Ok(None);
    };
    let told = (|| {
        (&stream).write_all(format!("{}\n", serde_json::to_string(asked)?).as_bytes())?;
        let mut answer = String::new();
        // A list may be longer than a request.
        BufReader::new((&stream).take(1024 * 1024)).read_line(&mut answer)?;
        serde_json::from_str(&answer).map_err(io::Error::from)
    })();
    told.map(Some).map_err(|_: io::Error| CallError::Silent)
}

/// Octet by octet, because what follows may be no line.
fn line(stream: &mut UnixStream) -> io::Result<String> {
    let mut octets = Vec::new();
    for octet in stream.bytes().take(LONGEST_LINE) {
        match octet? {
            b'\n' => return String::from_utf8(octets).map_err(io::Error::other),
            octet => octets.push(octet),
        }
    }
    Err(io::ErrorKind::UnexpectedEof.into())
}
