//! The calling side: commands that find a gateway running.

use super::settings::{Answer, Asked};
use super::{FIRST_LINE, LONGEST_LINE, path};
use crate::self_service;
use postern_directory::local::SERVICE_NAME;
use postern_directory::{ServiceAccount, Transport};
use postern_identity::Secret;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use thiserror::Error;
use zeroize::Zeroizing;

/// The longest answer, in octets: a list of many.
const LONGEST_ANSWER: u64 = 64 * 1024 * 1024;

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

/// Whether a gateway runs with this state folder, and takes our calls.
pub fn is_there(state_dir: &Path) -> Result<bool, CallError> {
    Ok(call(state_dir, "settings")?.is_some())
}

/// A connection to an embedded directory of the gateway that keeps its state in this folder, as the one who may do everything. `None`: none
/// runs. Must be called inside a runtime.
pub fn ldap(state_dir: &Path, name: &str) -> Result<Option<Transport>, CallError> {
    let Some((stream, _)) = call(state_dir, &format!("ldap {name}"))? else {
        return Ok(None);
    };
    let stream = (|| {
        stream.set_nonblocking(true)?;
        tokio::net::UnixStream::from_std(stream)
    })();
    let stream = stream.map_err(|_: io::Error| CallError::Silent)?;
    Ok(Some(Transport::InProcess(Box::new(stream))))
}

/// The account of a gateway that runs in its own embedded directory. `None`: none runs.
pub fn service_account(state_dir: &Path, name: &str) -> Result<Option<ServiceAccount>, CallError> {
    let called = call(state_dir, &format!("service {name}"))?;
    Ok(called.map(|(_, password)| ServiceAccount {
        dn: SERVICE_NAME.to_owned(),
        password,
    }))
}

/// A connection to the gateway that keeps its state in this folder, after it has agreed to what is wanted, and what it said besides. `None`:
/// none runs.
fn call(state_dir: &Path, wanted: &str) -> Result<Option<(UnixStream, Secret)>, CallError> {
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
    let agreed: Zeroizing<String> = agreed.map_err(|_: io::Error| CallError::Silent)?;
    match agreed.split_once(' ').unwrap_or((&agreed, "")) {
        ("ok", more) => Ok(Some((stream, Secret::new(more)))),
        ("error", why) => Err(CallError::Refused(why.to_owned())),
        _ => Err(CallError::Silent),
    }
}

/// Asks a running gateway about settings. `None`: none runs.
pub fn settings(state_dir: &Path, asked: &Asked) -> Result<Option<Answer>, CallError> {
    ask(state_dir, "settings", asked)
}

/// Asks a running gateway who is onboarded, or changes it. `None`: none runs.
pub fn onboarding(state_dir: &Path, asked: &self_service::Asked) -> Result<Option<self_service::Answer>, CallError> {
    ask(state_dir, "onboarding", asked)
}

fn ask<A: DeserializeOwned>(state_dir: &Path, about: &str, asked: &impl Serialize) -> Result<Option<A>, CallError> {
    let Some((stream, _)) = call(state_dir, about)? else {
        return Ok(None);
    };
    let told = (|| {
        (&stream).write_all(format!("{}\n", serde_json::to_string(asked)?).as_bytes())?;
        let mut answer = String::new();
        // A list may be longer than a request.
        BufReader::new((&stream).take(LONGEST_ANSWER)).read_line(&mut answer)?;
        serde_json::from_str(&answer).map_err(io::Error::from)
    })();
    told.map(Some).map_err(|_: io::Error| CallError::Silent)
}

/// Octet by octet, because what follows may be no line.
fn line(stream: &mut UnixStream) -> io::Result<Zeroizing<String>> {
    let mut line = Zeroizing::new(String::with_capacity(LONGEST_LINE));
    while line.len() < LONGEST_LINE {
        let mut octet = [0];
        stream.read_exact(&mut octet)?;
        match octet {
            [b'\n'] => return Ok(line),
            [octet] if octet.is_ascii() => line.push(char::from(octet)),
            _ => return Err(io::ErrorKind::InvalidData.into()),
        }
    }
    Err(io::ErrorKind::UnexpectedEof.into())
}
