//! Ports of the heart that nobody else has: randomness, the administrators' switches, and mail where none is configured.

use crate::settings::SettingsBook;
use postern_identity::DirectoryName;
use postern_identity::reset::{Chance, Channel, ChannelError, Message, Switches};
use rustls::crypto::SecureRandom;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// The randomness of the TLS library.
pub(crate) struct Randomness(&'static dyn SecureRandom);

impl Randomness {
    pub(crate) fn new() -> Self {
        Self(rustls::crypto::aws_lc_rs::default_provider().secure_random)
    }
}

impl Chance for Randomness {
    fn fill(&self, octets: &mut [u8]) -> bool {
        self.0.fill(octets).is_ok()
    }
}

/// Asked at each request: what was set a moment ago holds.
pub(crate) struct BookSwitches(pub(crate) Arc<SettingsBook>);

impl Switches for BookSwitches {
    fn self_service<'a>(&'a self, directory: &'a DirectoryName) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>> {
        Box::pin(self.0.self_service_reset(&directory.0))
    }
}

/// Where no mail is configured: what is to be sent waits until it is, or until it is over.
pub(crate) struct NoMail;

impl Channel for NoMail {
    fn name(&self) -> &'static str {
        "mail"
    }

    fn send<'a>(&'a self, _: &'a Message) -> Pin<Box<dyn Future<Output = Result<(), ChannelError>> + Send + 'a>> {
        Box::pin(std::future::ready(Err(ChannelError::Later)))
    }
}
