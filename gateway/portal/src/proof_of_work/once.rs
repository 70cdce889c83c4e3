//! What was used, and how often a network waited: both of a bounded size.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;
use std::time::Duration;

/// The most challenges of which it is known that they were used.
const MOST_USED: usize = 65_536;
/// The most networks that are counted.
const MOST_NETWORKS: usize = 16_384;
const HOUR: i64 = 3_600;

/// Challenges that were used. When there are too many the oldest are let go, and with them everything as old: that is then taken as used.
#[derive(Default)]
pub(super) struct Once {
    used: BTreeSet<(i64, [u8; 16])>,
    not_before: i64,
}

impl Once {
    /// Whether this is the first use. Nothing older than `forget` is ever asked about again.
    pub(super) fn first(&mut self, from: i64, nonce: [u8; 16], forget: i64) -> bool {
        while self.used.first().is_some_and(|(oldest, _)| *oldest < forget) {
            self.used.pop_first();
        }
        if from < self.not_before {
            return false;
        }
        let first = self.used.insert((from, nonce));
        if self.used.len() > MOST_USED
            && let Some((oldest, _)) = self.used.pop_first()
        {
            self.not_before = oldest + 1;
        }
        first
    }
}

/// How often each network waited in the present hour.
#[derive(Default)]
pub(super) struct PerNetwork(HashMap<IpAddr, (i64, u32)>);

impl PerNetwork {
    /// Counts one more, or says when to come back.
    pub(super) fn take(&mut self, client: IpAddr, most: u32, now: i64) -> Result<(), Duration> {
        let network = network(client);
        if self.0.len() >= MOST_NETWORKS && !self.0.contains_key(&network) {
            self.0.retain(|_, (since, _)| now - *since < HOUR);
            if self.0.len() >= MOST_NETWORKS {
                return Err(Duration::from_mins(1));
            }
        }
        let (since, count) = self.0.entry(network).or_insert((now, 0));
        if now - *since >= HOUR {
            (*since, *count) = (now, 0);
        }
        if *count >= most {
            return Err(Duration::from_secs(
                u64::try_from(*since + HOUR - now).unwrap_or(1).max(1),
            ));
        }
        *count += 1;
        Ok(())
    }
}

/// Whoever has one address of these has them all: /64 of IPv6, one of IPv4.
fn network(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((u128::from(address) & !u128::from(u64::MAX)).into()),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_too_many_were_used_the_oldest_count_as_used() {
        let mut once = Once::default();
        let nonce = |number: usize| u128::try_from(number).unwrap().to_be_bytes();
        for number in 0..=MOST_USED {
            assert!(once.first(i64::try_from(number).unwrap(), nonce(number), 0));
        }
        assert_eq!(once.used.len(), MOST_USED);
        assert!(
            !once.first(0, nonce(0), 0),
            "it was let go, and is not taken a second time"
        );
        assert!(!once.first(0, nonce(999_999), 0), "nor is anything as old");
        assert!(!once.first(5, nonce(5), 0));
        assert!(once.first(5, nonce(999_999), 0));
    }

    #[test]
    fn networks_are_counted_each_for_itself_by_the_hour() {
        let mut waits = PerNetwork::default();
        let client = |text: &str| text.parse::<IpAddr>().unwrap();
        assert!(waits.take(client("2001:db8::1"), 2, 0).is_ok());
        assert!(waits.take(client("2001:db8::ffff:2"), 2, 10).is_ok());
        assert_eq!(waits.take(client("2001:db8::3"), 2, 600), Err(Duration::from_mins(50)));
        assert!(waits.take(client("2001:db8:0:1::3"), 2, 600).is_ok());
        assert!(waits.take(client("192.0.2.1"), 1, 600).is_ok());
        assert!(waits.take(client("::ffff:192.0.2.1"), 1, 601).is_err());
        assert!(waits.take(client("2001:db8::3"), 2, 3_600).is_ok());
    }

    #[test]
    fn as_many_networks_are_counted_as_fit() {
        let mut waits = PerNetwork::default();
        for number in 0..MOST_NETWORKS {
            let client = IpAddr::V4(u32::try_from(number).unwrap().into());
            assert!(waits.take(client, 1, 0).is_ok());
        }
        assert!(waits.take("198.51.100.1".parse().unwrap(), 1, 0).is_err());
        assert!(waits.take("198.51.100.1".parse().unwrap(), 1, HOUR).is_ok());
        assert_eq!(waits.0.len(), 1);
    }
}
