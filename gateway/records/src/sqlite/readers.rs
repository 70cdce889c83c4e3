//! Connections that only read. A few: each has a thread of its own, and a read is over in microseconds.

use super::failure;
use postern_identity::records::RecordsError;
use sqlx::Connection;
use sqlx::sqlite::SqliteConnection;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

pub(super) struct Readers {
    free: Mutex<Vec<SqliteConnection>>,
    turns: Semaphore,
    count: u32,
    patience: Duration,
}

impl Readers {
    pub(super) fn new(connections: Vec<SqliteConnection>, patience: Duration) -> Self {
        let count = u32::try_from(connections.len()).unwrap_or(u32::MAX);
        Self {
            turns: Semaphore::new(connections.len()),
            count,
            free: Mutex::new(connections),
            patience,
        }
    }

    /// One of them, for one read. Longer than patience: [`RecordsError::Busy`].
    async fn take(&self) -> Result<Taken<'_>, RecordsError> {
        let turn = self.turns.acquire().await.map_err(|_| RecordsError::Unavailable)?;
        let connection = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Ok(Taken {
            connection: Some(connection.ok_or(RecordsError::Unavailable)?),
            readers: self,
            _turn: turn,
        })
    }

    /// Reads, within patience.
    pub(super) async fn read<T>(
        &self,
        what: impl AsyncFnOnce(&mut SqliteConnection) -> Result<T, RecordsError>,
    ) -> Result<T, RecordsError> {
        timeout(self.patience, async {
            let mut taken = self.take().await?;
            match &mut taken.connection {
                Some(connection) => what(connection).await,
                None => Err(RecordsError::Unavailable),
            }
        })
        .await
        .unwrap_or(Err(RecordsError::Busy))
    }

    /// Waits for those in use, at most as long as a read may take, and closes all.
    pub(super) async fn close(&self) {
        let _all = timeout(self.patience, self.turns.acquire_many(self.count)).await;
        self.turns.close();
        let connections = std::mem::take(&mut *self.free.lock().unwrap_or_else(PoisonError::into_inner));
        for connection in connections {
            if let Err(error) = connection.close().await {
                failure::closing(&error);
            }
        }
    }
}

struct Taken<'a> {
    connection: Option<SqliteConnection>,
    readers: &'a Readers,
    _turn: SemaphorePermit<'a>,
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.readers
                .free
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(connection);
        }
    }
}
