//! Log lines on their way out: put into one bounded buffer by whoever has something to say, written by one thread.
//!
//! Whoever logs never waits: if the buffer is full, because the sink is slow or gone, the line is lost and counted. When
//! writing works again, one line tells how many were lost.

use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Octets that may wait to be written.
pub const CAPACITY: usize = 1024 * 1024;
/// How long the thread waits for more lines after the first, so that many are written at once.
const LINGER: Duration = Duration::from_millis(4);
/// How long [`Lines::close`] waits for a sink that does not take what is left.
const CLOSING: Duration = Duration::from_secs(1);

/// Makes the line that tells how many were lost.
pub type Confession = Box<dyn Fn(u64, &mut Vec<u8>) + Send>;

/// Where lines are put. Shared.
#[derive(Clone)]
pub struct Lines {
    shared: Arc<Shared>,
}

/// The thread that writes them, to be closed at the end.
pub struct Writer {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    state: Mutex<State>,
    /// The thread waits here for lines.
    filled: Condvar,
    /// [`Writer::close`] waits here for the thread.
    ended: Condvar,
    capacity: usize,
    lost: AtomicU64,
}

#[derive(Default)]
struct State {
    waiting: Vec<u8>,
    /// Whether the thread sleeps until it is told of a line.
    asleep: bool,
    closing: bool,
    ended: bool,
}

/// Starts the thread that writes to `sink`.
pub fn start(sink: Box<dyn Write + Send>, confession: Confession) -> std::io::Result<(Lines, Writer)> {
    start_with(sink, confession, CAPACITY)
}

/// The same with another bound.
pub fn start_with(
    sink: Box<dyn Write + Send>,
    confession: Confession,
    capacity: usize,
) -> std::io::Result<(Lines, Writer)> {
    let shared = Arc::new(Shared {
        state: Mutex::new(State {
            waiting: Vec::with_capacity(capacity),
            ..State::default()
        }),
        filled: Condvar::new(),
        ended: Condvar::new(),
        capacity,
        lost: AtomicU64::new(0),
    });
    let writing = Arc::clone(&shared);
    let thread = std::thread::Builder::new()
        .name("log".to_owned())
        .spawn(move || write_all_lines(&writing, sink, &confession))?;
    let lines = Lines {
        shared: Arc::clone(&shared),
    };
    let writer = Writer {
        shared,
        thread: Some(thread),
    };
    Ok((lines, writer))
}

impl Lines {
    /// Takes one line with its newline, or counts it as lost. Never waits for the sink.
    pub fn put(&self, line: &[u8]) {
        let mut state = self.shared.lock();
        if state.closing || state.waiting.len() + line.len() > self.shared.capacity {
            drop(state);
            self.shared.lost.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let half = self.shared.capacity / 2;
        let fills = state.waiting.len() < half && state.waiting.len() + line.len() >= half;
        state.waiting.extend_from_slice(line);
        let wake = state.asleep || fills;
        state.asleep = false;
        drop(state);
        if wake {
            self.shared.filled.notify_one();
        }
    }

    /// Lines lost since the start.
    pub fn lost(&self) -> u64 {
        self.shared.lost.load(Ordering::Relaxed)
    }
}

impl Writer {
    /// Writes what is left and ends the thread. A sink that takes nothing for a second keeps the rest: the thread, stuck in
    /// the kernel, ends with the process.
    pub fn close(mut self) {
        let mut state = self.shared.lock();
        state.closing = true;
        self.shared.filled.notify_one();
        let wait = self
            .shared
            .ended
            .wait_timeout_while(state, CLOSING, |state| !state.ended);
        state = wait.unwrap_or_else(PoisonError::into_inner).0;
        let ended = state.ended;
        drop(state);
        if let Some(thread) = self.thread.take().filter(|_| ended) {
            // A panic in the thread has nothing to tell that could be written now.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The thread's whole life.
fn write_all_lines(shared: &Shared, mut sink: Box<dyn Write + Send>, confession: &Confession) {
    let mut batch = Vec::with_capacity(shared.capacity);
    let mut front = Vec::new();
    let mut confessed = 0;
    // A line cut short by a failure is ended before the next one begins.
    let mut cut = false;
    while let Some(()) = next_batch(shared, &mut batch) {
        front.clear();
        if cut {
            front.push(b'\n');
        }
        let lost = shared.lost.load(Ordering::Relaxed);
        if lost > confessed {
            confession(lost - confessed, &mut front);
        }
        let written = write(&mut sink, &front);
        if written < front.len() {
            cut |= written > 0;
            shared.lost.fetch_add(count_lines(&batch), Ordering::Relaxed);
            continue;
        }
        (confessed, cut) = (lost, false);
        let written = write(&mut sink, &batch);
        if let Some(rest) = batch.get(written..).filter(|rest| !rest.is_empty()) {
            cut = written > 0 && batch.get(written - 1) != Some(&b'\n');
            shared.lost.fetch_add(count_lines(rest), Ordering::Relaxed);
        }
    }
    shared.lock().ended = true;
    shared.ended.notify_all();
}

/// Waits for lines, and a little longer for more, and takes them all; `None` when there will be no more.
fn next_batch(shared: &Shared, batch: &mut Vec<u8>) -> Option<()> {
    batch.clear();
    let mut state = shared.lock();
    if state.waiting.is_empty() && !state.closing {
        state.asleep = true;
        let slept = shared
            .filled
            .wait_while(state, |state| state.waiting.is_empty() && !state.closing);
        state = slept.unwrap_or_else(PoisonError::into_inner);
        state.asleep = false;
    }
    // Only closing and a buffer half full cut this short: lines that arrive meanwhile are what it waits for.
    let more = |state: &mut State| !state.closing && state.waiting.len() < shared.capacity / 2;
    let lingered = shared.filled.wait_timeout_while(state, LINGER, more);
    state = lingered.unwrap_or_else(PoisonError::into_inner).0;
    if state.waiting.is_empty() {
        return None;
    }
    std::mem::swap(&mut state.waiting, batch);
    Some(())
}

/// How many octets went out before something failed.
fn write(sink: &mut Box<dyn Write + Send>, octets: &[u8]) -> usize {
    let mut written = 0;
    while let Some(rest) = octets.get(written..).filter(|rest| !rest.is_empty()) {
        match sink.write(rest) {
            Ok(0) => return written,
            Ok(count) => written += count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return written,
        }
    }
    if sink.flush().is_err() { 0 } else { written }
}

fn count_lines(octets: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', octets).count() as u64
}

#[cfg(test)]
mod tests;
