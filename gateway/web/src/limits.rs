//! How often one network may ask anything at all. It keeps one of them from taking the whole of us; what self-service limits in earnest is its
//! own, and counted where it is kept.

use crate::meter::Meter;
use aws_lc_rs::hmac;
use std::net::IpAddr;
use std::time::Duration;

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

impl Rate {
    /// Of a program: so many each second, and twice as many at once.
    pub fn of_program(each_second: u32) -> Self {
        Self {
            at_once: each_second.saturating_mul(2),
            each_second,
        }
    }
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
    key: hmac::Key,
    meter: Meter,
}

impl Limits {
    /// `key` decides which networks share a place: nobody outside must know.
    pub(crate) fn new(rate: Rate, key: &[u8]) -> Self {
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, key),
            meter: Meter::new(rate, PLACES),
        }
    }

    /// Counts one. The error is how long to wait.
    pub(crate) fn spend(&self, client: IpAddr) -> Result<(), Duration> {
        self.meter.spend(self.place(client))
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
