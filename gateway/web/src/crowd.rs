//! How many connections each network has: one of them cannot take them all.

use crate::client::Trusted;
use crate::limits::network;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

type Counted = Arc<Mutex<HashMap<[u8; 9], usize>>>;

/// Counts connections by network. It holds no more networks than there are connections.
pub(crate) struct Crowd {
    most: usize,
    trusted: Trusted,
    counted: Counted,
}

/// A connection's place among those of its network; given back when dropped.
pub(crate) struct Place {
    network: [u8; 9],
    counted: Counted,
}

impl Crowd {
    pub(crate) fn new(most: usize, trusted: Trusted) -> Self {
        Self {
            most,
            trusted,
            counted: Counted::default(),
        }
    }

    /// `None`: this network has enough. Proxies of ours bring everybody's.
    pub(crate) fn enter(&self, peer: IpAddr) -> Option<Place> {
        let unbounded = (self.trusted)(peer.to_canonical());
        let network = network(peer);
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counted.entry(network).or_insert(0);
        if *count >= self.most.max(1) && !unbounded {
            return None;
        }
        *count += 1;
        Some(Place {
            network,
            counted: Arc::clone(&self.counted),
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counted.get_mut(&self.network) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                counted.remove(&self.network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_has_so_many_and_a_place_is_given_back() {
        let proxy: IpAddr = "10.0.0.1".parse().unwrap();
        let crowd = Crowd::new(2, Arc::new(move |address| address == proxy));
        let (one, other) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        let held = crowd.enter(one).unwrap();
        let _more = crowd.enter(one).unwrap();
        assert!(crowd.enter(one).is_none());
        assert!(crowd.enter(other).is_some());
        drop(held);
        assert!(crowd.enter(one).is_some());
        let through_proxy: Vec<_> = (0..5).map(|_| crowd.enter(proxy).unwrap()).collect();
        drop(through_proxy);
        assert_eq!(crowd.counted.lock().unwrap().len(), 1);
    }
}
