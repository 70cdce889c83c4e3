//! Free loopback ports.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering};

/// Below the range from which the system takes ports for outgoing connections, so that none of those gets in the way.
const FIRST: u16 = 20_000;
const COUNT: u16 = 12_000;

static NEXT: AtomicU16 = AtomicU16::new(0);

/// A port on which nobody listens, neither on 127.0.0.1 nor by this function's earlier answers in this process. Another process may be
/// faster, so whoever starts a server tries again with other ports if it ends at once.
pub fn free() -> u16 {
    // Test binaries that run side by side begin at different places.
    let start = u16::try_from(std::process::id().wrapping_mul(97) % u32::from(COUNT)).unwrap_or(0);
    for _ in 0..COUNT {
        let offset = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = FIRST + (start.wrapping_add(offset) % COUNT);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("no loopback port is free between {FIRST} and {}", FIRST + COUNT);
}
