//! One caller at the control socket.

use super::{FIRST_LINE, LONGEST_LINE, SILENCE, settings};
use crate::self_service::Onboarding;
use crate::settings::SettingsBook;
use postern_directory::{ServiceAccount, Transport};
use postern_identity::Clock;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::timeout;
use zeroize::Zeroizing;

/// Octets moved at once.
const PIECE: usize = 64 * 1024;

/// An embedded directory as callers may have it.
pub struct OfferedDirectory {
    /// Its name.
    pub name: Arc<str>,
    /// A fresh connection to it, as the one who may do everything.
    pub as_root: Box<dyn Fn() -> Transport + Send + Sync>,
    /// The gateway's own account in it.
    pub service_account: Box<dyn Fn() -> ServiceAccount + Send + Sync>,
}

/// What callers may have.
pub struct Offered {
    /// The embedded directories.
    pub directories: Vec<OfferedDirectory>,
    /// The settings.
    pub settings: Arc<SettingsBook>,
    /// Who is onboarded.
    pub onboarding: Onboarding,
    /// The machine's clock.
    pub clock: Arc<dyn Clock>,
}

/// Serves one caller to the end. What goes wrong on the way is the caller's to notice: the connection ends.
pub(super) async fn serve(mut stream: UnixStream, offered: &Offered) {
    let Ok(Some(wanted)) = line(&mut stream, FIRST_LINE).await else {
        return;
    };
    let (verb, name) = wanted.split_once(' ').unwrap_or((&wanted, ""));
    let directory = offered.directories.iter().find(|directory| *directory.name == *name);
    let _ = match (verb, directory) {
        ("ldap", Some(directory)) => ldap(stream, (directory.as_root)()).await,
        ("service", Some(directory)) => tell_account(stream, &(directory.service_account)()).await,
        ("ldap" | "service", None) => say(&mut stream, b"error there is no embedded directory of that name").await,
        ("settings", _) => ask_settings(stream, offered).await,
        ("onboarding", _) => ask_onboarding(stream, &offered.onboarding).await,
        _ => say(&mut stream, b"error ldap NAME, service NAME, settings, or onboarding").await,
    };
}

/// The password of our own account, to whoever may do everything anyway. It was made at our start and ends with us.
async fn tell_account(mut stream: UnixStream, account: &ServiceAccount) -> io::Result<()> {
    let mut said = Zeroizing::new(b"ok ".to_vec());
    said.extend_from_slice(account.password.expose());
    say(&mut stream, &said).await
}

/// Frames in both directions until one side ends, or neither says anything for too long.
async fn ldap(mut stream: UnixStream, directory: Transport) -> io::Result<()> {
    say(&mut stream, b"ok").await?;
    let (mut from_caller, mut to_caller) = stream.into_split();
    let (mut from_directory, mut to_directory) = tokio::io::split(directory);
    tokio::select! {
        moved = carry(&mut from_caller, &mut to_directory) => moved,
        moved = carry(&mut from_directory, &mut to_caller) => moved,
    }
}

/// Ends with its source, or when nothing has come, or nothing was taken, for too long.
async fn carry(from: &mut (impl AsyncRead + Unpin), to: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
    let mut piece = vec![0; PIECE];
    loop {
        let count = timeout(SILENCE, from.read(&mut piece)).await??;
        let Some(octets) = piece.get(..count).filter(|octets| !octets.is_empty()) else {
            return timeout(SILENCE, to.shutdown()).await?;
        };
        timeout(SILENCE, to.write_all(octets)).await??;
        timeout(SILENCE, to.flush()).await??;
    }
}

async fn ask_settings(mut stream: UnixStream, offered: &Offered) -> io::Result<()> {
    say(&mut stream, b"ok").await?;
    while let Some(asked) = line(&mut stream, SILENCE).await? {
        let answer = settings::answer(&asked, &offered.settings, offered.clock.as_ref()).await;
        say(&mut stream, &serde_json::to_vec(&answer)?).await?;
    }
    Ok(())
}

async fn ask_onboarding(mut stream: UnixStream, onboarding: &Onboarding) -> io::Result<()> {
    say(&mut stream, b"ok").await?;
    while let Some(asked) = line(&mut stream, SILENCE).await? {
        let answer = onboarding.answer(&asked).await;
        say(&mut stream, &serde_json::to_vec(&answer)?).await?;
    }
    Ok(())
}

async fn say(stream: &mut UnixStream, line: &[u8]) -> io::Result<()> {
    let saying = async {
        stream.write_all(line).await?;
        stream.write_all(b"\n").await
    };
    timeout(SILENCE, saying).await?
}

/// The next line; `None` at the end. Octet by octet, because what follows may be no line: lines are short and few.
pub(super) async fn line(stream: &mut UnixStream, patience: Duration) -> io::Result<Option<String>> {
    let reading = async {
        let mut octets = Vec::new();
        loop {
            match stream.read_u8().await {
                Ok(b'\n') => return String::from_utf8(octets).map(Some).map_err(io::Error::other),
                Ok(octet) => octets.push(octet),
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
                Err(error) => return Err(error),
            }
            if octets.len() > LONGEST_LINE {
                return Err(io::ErrorKind::InvalidData.into());
            }
        }
    };
    timeout(patience, reading).await?
}
