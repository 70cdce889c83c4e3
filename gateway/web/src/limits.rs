//! How often one network may ask anything at all. It keeps one of them from taking the whole of us; what self-service limits in earnest is its
//! own, and counted where it is kept.

use aws_lc_rs::hmac;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Networks are counted in so many places. Two that fall on one share it: no number of networks takes more memory.
const PLACES: usize = 1 << 16;

/// How often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// So many at once.
    pub at_once: u32,
    /// And so many more each second.
    pub each_second: u32,
}

impl Default for Rate {
    fn default() -> Self {
        Self {
            at_once: 1_000,
            each_second: 250,
        }
    }
}

/// Counts requests by network.
pub(crate) struct Limits {
    rate: Rate,
    key: hmac::Key,
    began: Instant,
    /// When a place would be full again if nothing more came: nanoseconds since the beginning (a leaky bucket as one number).
    full_at: Mutex<Vec<u64>>,
}

impl Limits {
    /// `key` decides which networks share a place: nobody outside must know.
    pub(crate) fn new(rate: Rate, key: &[u8]) -> Self {
        Self {
            rate,
            key: hmac::Key::new(hmac::HMAC_SHA256, key),
            began: Instant::now(),
            full_at: Mutex::new(vec![0; PLACES]),
        }
    }

    /// Counts one. The error is how long to wait.
    pub(crate) fn spend(&self, client: IpAddr) -> Result<(), Duration> {
        let cost = 1_000_000_000 / u64::from(self.rate.each_second.max(1));
        let room = cost.saturating_mul(u64::from(self.rate.at_once.max(1)));
        let now = u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(u64::MAX);
        let place = self.place(client);
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(full_at) = full_at.get_mut(place) else {
            return Ok(());
        };
        let then = (*full_at).max(now).saturating_add(cost);
        let over = then.saturating_sub(now).saturating_sub(room);
        if over > 0 {
            return Err(Duration::from_nanos(over));
        }
        *full_at = then;
        Ok(())
    }

    fn place(&self, client: IpAddr) -> usize {
        let tag = hmac::sign(&self.key, &network(client));
        let octets: [u8; 8] = tag.as_ref().first_chunk().copied().unwrap_or_default();
        usize::from_be_bytes(octets) % PLACES
    }
}

/// Who counts as one: an IPv4 address, or the /64 that a single machine has of IPv6.
pub(crate) fn network(client: IpAddr) -> [u8; 9] {
    let (kind, leading) = match client.to_canonical() {
        IpAddr::V4(address) => (4, u64::from(address.to_bits())),
        IpAddr::V6(address) => (6, u64::try_from(address.to_bits() >> 64).unwrap_or(0)),
    };
    let mut network = [0; 9];
    let (first, rest) = network.split_at_mut(1);
    first.fill(kind);
    rest.copy_from_slice(&leading.to_be_bytes());
    network
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        let rate = Rate {
            at_once: 3,
            each_second: 2,
        };
        Limits::new(rate, b"key")
    }

    #[tokio::test(start_paused = true)]
    async fn so_many_at_once_and_then_as_time_goes_by() {
        let (limits, one, other) = (limits(), "192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        assert_ne!(limits.place(one), limits.place(other));
        for _ in 0..3 {
            assert_eq!(limits.spend(one), Ok(()));
        }
        assert_eq!(limits.spend(one), Err(Duration::from_millis(500)));
        assert_eq!(limits.spend(other), Ok(()));
        tokio::time::advance(Duration::from_millis(500)).await;
        assert_eq!(limits.spend(one), Ok(()));
        assert!(limits.spend(one).is_err());
        tokio::time::advance(Duration::from_hours(1)).await;
        for _ in 0..3 {
            assert_eq!(limits.spend(one), Ok(()));
        }
        assert!(limits.spend(one).is_err());
    }

    #[test]
    fn one_machine_s_addresses_are_one_network() {
        let of = |address: &str| network(address.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }
}
