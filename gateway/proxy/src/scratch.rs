//! One read buffer a worker thread. Sessions own no buffer while they are idle: what a read brings is walked and passed on from here,
//! and only an unfinished message is copied into the session.

use std::cell::RefCell;

/// Octets one read may bring.
pub(crate) const SIZE: usize = 64 * 1024;

thread_local! {
    static SCRATCH: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Lends the worker's buffer to `work`, which must not wait while it has it.
pub(crate) fn with<R>(work: impl FnOnce(&mut [u8]) -> R) -> R {
    let mut buffer = SCRATCH.with(RefCell::take);
    if buffer.len() != SIZE {
        buffer.resize(SIZE, 0);
    }
    let result = work(&mut buffer);
    SCRATCH.with(|place| place.replace(buffer));
    result
}
