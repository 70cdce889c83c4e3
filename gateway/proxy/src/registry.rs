//! The sessions that are alive: counted, bounded, and woken when the gateway stops.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Waker;

/// Whether the gateway goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Phase {
    /// It does.
    Running = 0,
    /// Sessions finish what is in flight and leave.
    Draining = 1,
    /// Sessions leave at once.
    Ending = 2,
}

/// All sessions.
#[derive(Default)]
pub(crate) struct Registry {
    phase: AtomicU8,
    next: AtomicU64,
    sessions: Mutex<Sessions>,
}

#[derive(Default)]
struct Sessions {
    wakers: HashMap<u64, Option<Waker>>,
    addresses: HashMap<IpAddr, usize>,
}

/// A session's entry, taken out when it is dropped.
pub(crate) struct Registered {
    registry: Arc<Registry>,
    /// The session's number in this process.
    pub(crate) number: u64,
    /// The address it is counted for, where addresses are counted.
    address: Option<IpAddr>,
}

/// Why a client is not let in at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Full {
    /// As many clients as the gateway takes.
    Altogether,
    /// As many as it takes from this address.
    FromAddress,
}

impl Registry {
    /// Enters a session. `per_address` of 0 is no limit.
    pub(crate) fn enter(
        self: &Arc<Self>,
        address: IpAddr,
        most: usize,
        per_address: usize,
    ) -> Result<Registered, Full> {
        let number = self.next.fetch_add(1, Ordering::Relaxed) + 1;
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        if sessions.wakers.len() >= most {
            return Err(Full::Altogether);
        }
        let address = sessions.count_in(address, per_address)?;
        sessions.wakers.insert(number, None);
        Ok(Registered {
            registry: Arc::clone(self),
            number,
            address,
        })
    }

    /// Whether the gateway goes on; read at every turn of every session.
    #[inline]
    pub(crate) fn phase(&self) -> Phase {
        match self.phase.load(Ordering::Relaxed) {
            0 => Phase::Running,
            1 => Phase::Draining,
            _ => Phase::Ending,
        }
    }

    /// Moves on to the next phase and wakes every session to see it.
    pub(crate) fn set_phase(&self, phase: Phase) {
        self.phase.fetch_max(phase as u8, Ordering::SeqCst);
        let sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        for waker in sessions.wakers.values().flatten() {
            waker.wake_by_ref();
        }
    }

    /// Sessions alive.
    pub(crate) fn count(&self) -> usize {
        self.sessions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .wakers
            .len()
    }
}

impl Sessions {
    /// Counts one more of this address, if there may be one more. The address, where it was counted.
    fn count_in(&mut self, address: IpAddr, per_address: usize) -> Result<Option<IpAddr>, Full> {
        if per_address == 0 {
            return Ok(None);
        }
        let count = self.addresses.entry(address).or_default();
        if *count >= per_address {
            return Err(Full::FromAddress);
        }
        *count += 1;
        Ok(Some(address))
    }
}

impl Registered {
    /// Counts a session that was entered without a limit for each address as one of this address.
    pub(crate) fn count_for(&mut self, address: IpAddr, per_address: usize) -> Result<(), Full> {
        let mut sessions = self.registry.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        let counted = sessions.count_in(address, per_address)?;
        drop(sessions);
        self.address = self.address.or(counted);
        Ok(())
    }

    /// Leaves the task's waker, once: a task keeps its waker for life.
    pub(crate) fn leave_waker(&self, waker: &Waker) {
        let mut sessions = self.registry.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.wakers.insert(self.number, Some(waker.clone()));
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        let mut sessions = self.registry.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.wakers.remove(&self.number);
        if let Some(address) = self.address
            && let Some(count) = sessions.addresses.get_mut(&address)
        {
            *count -= 1;
            if *count == 0 {
                sessions.addresses.remove(&address);
            }
        }
    }
}
