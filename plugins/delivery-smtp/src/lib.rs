//! Messages by mail: the heart's port `Channel` over SMTP.
//!
//! **Owns** how a message becomes a mail and how it is handed to a mail server: [`Mail`], made of [`Settings`].
//!
//! **Never knows** why somebody is written to, where settings are written, or what a message says: it is neither read nor logged.
//!
//! **The walk.** `settings` are parsed once → a `Message` comes → `address` reads its one recipient, strictly → `letter` writes the mail out
//! → `server` hands it over on a connection that is kept for the next one, within a deadline → `reply` says whether to try again.
//!
//! **What holds whatever is configured:** off this machine a server is spoken to over TLS alone, with its certificate verified; a message has
//! one recipient; no value of a message can begin a header of its own.
//!
//! **To add a channel:** another crate like this one.

mod address;
mod letter;
mod line_by_line;
mod reply;
mod server;
mod settings;

pub use address::{Mailbox, NoMailbox};
pub use settings::{Settings, SettingsError, SignIn};

use postern_identity::clock::Clock;
use postern_identity::reset::{Channel, ChannelError, Message};
use server::Server;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// Mail, by one mail server.
pub struct Mail {
    server: Server,
    from: Mailbox,
    clock: Arc<dyn Clock>,
}

impl Mail {
    /// Parses what is configured. No server is spoken to before there is something to send.
    pub fn new(settings: Settings, clock: Arc<dyn Clock>) -> Result<Self, SettingsError> {
        let (server, from) = settings.parse()?;
        Ok(Self {
            server: Server::new(server),
            from,
            clock,
        })
    }

    async fn hand_over(&self, message: &Message) -> Result<(), ChannelError> {
        let outcome = match letter::write(message, &self.from, self.clock.now()) {
            Ok(mail) => self.server.take(&mail).await,
            Err(unwritable) => Err(unwritable),
        };
        // Neither the address nor a word of the message: the kind, and what the mail server said by its number.
        match &outcome {
            Ok(()) => tracing::debug!(kind = ?message.kind, "a mail was handed over"),
            Err(failure) => {
                tracing::warn!(kind = ?message.kind, code = failure.code, "a mail was not handed over: {}", failure.what);
            }
        }
        outcome.map_err(|failure| failure.meaning)
    }
}

impl Channel for Mail {
    fn name(&self) -> &'static str {
        "mail"
    }

    fn send<'a>(&'a self, message: &'a Message) -> Pin<Box<dyn Future<Output = Result<(), ChannelError>> + Send + 'a>> {
        Box::pin(self.hand_over(message))
    }
}
