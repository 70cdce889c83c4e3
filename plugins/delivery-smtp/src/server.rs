//! A mail server, and the connections to it.

use crate::letter::Mail;
use crate::reply::Failure;
use crate::settings::{Protection, Relay};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::DEFAULT_MECHANISMS;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

/// How long a connection is kept for the next mail. Servers end idle ones after five minutes (RFC 5321 §4.5.3.2.7) at the least.
const KEPT: Duration = Duration::from_mins(1);

/// The mail server. A connection is taken out while a mail is handed over, and comes back only if that went well: a conversation that was
/// left in the middle is nobody's to go on with.
pub(crate) struct Server {
    relay: Relay,
    at_once: Semaphore,
    /// As many as there may be at once, at the most. Held for a push or a pop.
    idle: Mutex<Vec<(Instant, AsyncSmtpConnection)>>,
}

impl Server {
    pub(crate) fn new(relay: Relay) -> Self {
        Self {
            at_once: Semaphore::new(usize::from(relay.connections)),
            idle: Mutex::new(Vec::new()),
            relay,
        }
    }

    /// Hands it over, or says why not, within the deadline.
    pub(crate) async fn take(&self, mail: &Mail) -> Result<(), Failure> {
        let until = Instant::now() + self.relay.deadline;
        timeout_at(until, self.hand_over(mail))
            .await
            .unwrap_or_else(|_| Err(Failure::later("the mail server is too slow")))
    }

    async fn hand_over(&self, mail: &Mail) -> Result<(), Failure> {
        let place = self.at_once.acquire().await;
        let _place = place.map_err(|_| Failure::later("mail is at its end"))?;
        let mut connection = match self.kept().await {
            Some(connection) => connection,
            None => self.connect().await.map_err(|error| Failure::of_connection(&error))?,
        };
        match connection.send(&mail.envelope, &mail.octets).await {
            Ok(_) => {
                self.keep(connection);
                Ok(())
            }
            Err(error) => Err(Failure::of_message(&error)),
        }
    }

    /// One that is still there: the server may have closed it meanwhile.
    async fn kept(&self) -> Option<AsyncSmtpConnection> {
        loop {
            let (since, mut connection) = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()?;
            if since.elapsed() < KEPT && connection.test_connected().await {
                return Some(connection);
            }
        }
    }

    fn keep(&self, connection: AsyncSmtpConnection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < usize::from(self.relay.connections) {
            idle.push((Instant::now(), connection));
        }
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Error> {
        let Relay { host, port, hello, .. } = &self.relay;
        let implicit = match &self.relay.protection {
            Protection::Implicit(tls) => Some(tls.clone()),
            Protection::StartTls(_) | Protection::ThisMachine => None,
        };
        let place = (host.as_str(), *port);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(place, Some(self.relay.deadline), hello, implicit, None).await?;
        if let Protection::StartTls(tls) = &self.relay.protection {
            // An error where the server offers none, and nothing more is said to it.
            connection.starttls(tls.clone(), hello).await?;
        }
        if let Some(credentials) = &self.relay.credentials {
            connection.auth(DEFAULT_MECHANISMS, credentials).await?;
        }
        Ok(connection)
    }
}
