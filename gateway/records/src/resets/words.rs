//! The statements. SQLite and PostgreSQL read the same ones, with `$1` for the first value.

use crate::reservations::{POSTGRES_OVER, SQLITE_OVER};

/// The statements that differ: on PostgreSQL others write at the same time.
pub(crate) struct Words {
    /// When an allowance is back, held until the transaction ends. `$1`: its key, `$2`: now.
    pub(crate) back_at: &'static str,
    /// The jobs that are due, held. `$1`: now, `$2`: how many.
    pub(crate) due: &'static str,
    /// Whoever counts who is onboarded in a directory is alone with it. `$1`: its name.
    pub(crate) hold_directory: Option<&'static str>,
    /// What is over. `$1`: now, `$2`: how many.
    pub(crate) over: [&'static str; 6],
    /// Reservations that are over. `$1`: now, `$2`: how many.
    pub(crate) reservations_over: &'static str,
}

macro_rules! columns {
    () => {
        "id, version, live, subject, lease, purge_at, body"
    };
}
macro_rules! due {
    () => {
        "SELECT id, kind, payload, attempt, since FROM jobs WHERE done = 0 AND due <= $1 ORDER BY due, id LIMIT $2 + 0"
    };
}
/// `$by`: the primary key. `$begin`, `$end`: what stands around those that go.
macro_rules! over {
    ($begin:literal, $end:literal) => {
        [
            over!("contexts", "number", "purge_at", $begin, $end),
            over!("handles", "handle", "purge_at", $begin, $end),
            over!("allowances", "key", "back_at", $begin, $end),
            over!("answers", "key", "purge_at", $begin, $end),
            over!("holds", "key", "held_until", $begin, $end),
            over!("jobs", "id", "purge_at", $begin, $end),
        ]
    };
    ($table:literal, $key:literal, $when:literal, $begin:literal, $end:literal) => {
        concat!(
            "DELETE FROM ",
            $table,
            " WHERE ",
            $key,
            $begin,
            "SELECT ",
            $key,
            " FROM ",
            $table,
            " WHERE ",
            $when,
            " <= $1 ORDER BY ",
            $when,
            " LIMIT $2 + 0",
            $end
        )
    };
}

/// One connection writes: nothing has to be held.
pub(crate) const SQLITE: Words = Words {
    back_at: "SELECT back_at FROM allowances WHERE key = $1",
    due: due!(),
    hold_directory: None,
    over: over!(" IN (", ")"),
    reservations_over: SQLITE_OVER,
};

/// A row that is not there yet cannot be held, so it is made. What another holds is left out where it is another's to do, and else waited for.
pub(crate) const POSTGRES: Words = Words {
    back_at: "INSERT INTO allowances (key, back_at) VALUES ($1, $2) \
        ON CONFLICT (key) DO UPDATE SET back_at = allowances.back_at RETURNING back_at",
    due: concat!(due!(), " FOR UPDATE SKIP LOCKED"),
    hold_directory: Some("SELECT pg_advisory_xact_lock(hashtextextended(encode($1, 'hex'), 0))"),
    over: over!(" = ANY (ARRAY (", " FOR UPDATE SKIP LOCKED))"),
    reservations_over: POSTGRES_OVER,
};

pub(super) const CONTEXT: &str = concat!("SELECT ", columns!(), " FROM contexts WHERE id = $1");
pub(super) const BY_HANDLE: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM contexts WHERE id = (SELECT context FROM handles WHERE handle = $1)"
);
pub(super) const LIVE_OF: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM contexts WHERE subject = $1 AND live = 1 ORDER BY number DESC LIMIT $2 + 0"
);
pub(super) const ABANDONED: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM contexts WHERE live = 1 AND lease IS NOT NULL AND lease < $1 ORDER BY lease LIMIT $2 + 0"
);
pub(super) const OPEN: &str = "INSERT INTO contexts (id, version, live, subject, lease, purge_at, body) \
    VALUES ($1, 1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING";
pub(super) const REPLACE: &str = "UPDATE contexts SET version = version + 1, \
    live = $3, subject = $4, lease = $5, purge_at = $6, body = $7 WHERE id = $1 AND version = $2";
pub(super) const HANDLE: &str =
    "INSERT INTO handles (handle, context, purge_at) VALUES ($1, $2, $3) ON CONFLICT (handle) DO NOTHING";
pub(super) const BACK: &str = "INSERT INTO allowances (key, back_at) VALUES ($1, $2) \
    ON CONFLICT (key) DO UPDATE SET back_at = excluded.back_at";
pub(super) const RESTORE: &str = "DELETE FROM allowances WHERE key = $1";
pub(super) const ENQUEUE: &str = "INSERT INTO jobs (key, kind, payload, attempt, taken, done, due, since, purge_at) \
    VALUES ($1, $2, $3, 0, 0, 0, $4, $4, $5) ON CONFLICT (key) DO NOTHING";
pub(super) const TAKE: &str = "UPDATE jobs SET taken = 1, attempt = attempt + 1, due = $2 WHERE id = $1";
/// What it held is of no use any more; that it was there keeps it from being done twice.
pub(super) const DONE: &str = "UPDATE jobs SET done = 1, payload = $3 \
    WHERE id = $1 AND attempt = $2 AND taken = 1 AND done = 0";
pub(super) const AGAIN: &str =
    "UPDATE jobs SET taken = 0, due = $3 WHERE id = $1 AND attempt = $2 AND taken = 1 AND done = 0";
pub(super) const WAITING: &str = "SELECT count(*), min(since) FROM jobs WHERE done = 0";
pub(super) const KEEP: &str =
    "INSERT INTO answers (key, request, answer, purge_at) VALUES ($1, $2, $3, $4) ON CONFLICT (key) DO NOTHING";
pub(super) const KEPT: &str = "SELECT key, request, answer, purge_at FROM answers WHERE key = $1";
pub(super) const HOLD: &str = "INSERT INTO holds (key, held_until) VALUES ($1, $2) ON CONFLICT (key) \
    DO UPDATE SET held_until = excluded.held_until WHERE holds.held_until < excluded.held_until";
pub(super) const RELEASE: &str = "DELETE FROM holds WHERE key = $1";
pub(super) const HELD: &str = "SELECT held_until FROM holds WHERE key = $1 AND held_until > $2";
pub(super) const PROGRESS: &str =
    "INSERT INTO progress (subject, body) VALUES ($1, $2) ON CONFLICT (subject) DO UPDATE SET body = excluded.body";
pub(super) const PROGRESS_OF: &str = "SELECT body FROM progress WHERE subject = $1";
pub(super) const ONBOARD: &str = "INSERT INTO onboarded (directory, key, is_group, name, at) VALUES ($1, $2, $3, $4, $5) \
    ON CONFLICT (directory, key) DO NOTHING";
pub(super) const OFFBOARD: &str = "DELETE FROM onboarded WHERE directory = $1 AND key = $2";
pub(super) const ONBOARDED_COUNT: &str = "SELECT count(*) FROM onboarded WHERE directory = $1";
pub(super) const ONBOARDED: &str =
    "SELECT directory, key, is_group, name, at FROM onboarded WHERE directory = $1 ORDER BY key";
pub(super) const IS_ONBOARDED: &str = "SELECT 1 FROM onboarded WHERE directory = $1 AND key = $2";

/// Every statement that finds or writes rows, for the tests that ask how each is done.
#[cfg(test)]
pub(crate) fn all(engine: &Words) -> Vec<&'static str> {
    let shared = [
        CONTEXT,
        BY_HANDLE,
        LIVE_OF,
        ABANDONED,
        OPEN,
        REPLACE,
        HANDLE,
        BACK,
        RESTORE,
        ENQUEUE,
        TAKE,
        DONE,
        AGAIN,
        WAITING,
        KEEP,
        KEPT,
        HOLD,
        RELEASE,
        HELD,
        PROGRESS,
        PROGRESS_OF,
        ONBOARD,
        OFFBOARD,
        ONBOARDED_COUNT,
        ONBOARDED,
        IS_ONBOARDED,
    ];
    shared
        .into_iter()
        .chain([engine.back_at, engine.due, engine.reservations_over])
        .chain(crate::reservations::ALL)
        .chain(engine.over)
        .collect()
}
