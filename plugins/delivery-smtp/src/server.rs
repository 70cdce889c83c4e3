//! A mail server, and the connections to it.

use crate::letter::Mail;
use crate::line_by_line::LineByLine;
use crate::reply::Failure;
use crate::settings::{Protection, Relay};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::DEFAULT_MECHANISMS;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpStream;
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
            None => self.connect().await?,
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

    async fn connect(&self) -> Result<AsyncSmtpConnection, Failure> {
        let of_connection = |error: Error| Failure::of_connection(&error);
        let Relay { host, port, hello, .. } = &self.relay;
        let tcp = async || {
            let stream = TcpStream::connect((host.as_str(), *port)).await;
            let stream = stream.map_err(|_| Failure::later("the mail server cannot be reached"))?;
            // The end of a mail is written by itself: held back until what came before is acknowledged, it costs a mail 40 ms. Where that
            // cannot be said, it does.
            let _ = stream.set_nodelay(true);
            Ok(stream)
        };
        let mut connection = match &self.relay.protection {
            Protection::Implicit(tls) => {
                let (place, deadline) = ((host.as_str(), *port), Some(self.relay.deadline));
                let connected = AsyncSmtpConnection::connect_tokio1(place, deadline, hello, Some(tls.clone()), None);
                connected.await.map_err(of_connection)?
            }
            Protection::StartTls(tls) => {
                let stream = Box::new(LineByLine::new(tcp().await?));
                let connected = AsyncSmtpConnection::connect_with_transport(stream, hello).await;
                let mut connection = connected.map_err(of_connection)?;
                // An error where the server offers none, and nothing more is said to it.
                connection.starttls(tls.clone(), hello).await.map_err(of_connection)?;
                connection
            }
            Protection::ThisMachine => {
                let connected = AsyncSmtpConnection::connect_with_transport(Box::new(tcp().await?), hello);
                connected.await.map_err(of_connection)?
            }
        };
        if let Some(credentials) = &self.relay.credentials {
            connection
                .auth(DEFAULT_MECHANISMS, credentials)
                .await
                .map_err(of_connection)?;
        }
        Ok(connection)
    }
}
