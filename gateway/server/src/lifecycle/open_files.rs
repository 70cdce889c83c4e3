//! The bound on open files: each client takes one descriptor, and its lane another.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Descriptors beside clients and lanes: listeners, logs, policies, metrics.
const SPARE: u64 = 64;

/// How many files may be open, and how many should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenFiles {
    /// The bound now.
    pub bound: u64,
    /// What that many connections may need.
    pub needed: u64,
}

/// Raises the soft bound as far as it has to be and the hard one lets it.
pub fn allow(connections: usize) -> OpenFiles {
    let needed = u64::try_from(connections)
        .unwrap_or(u64::MAX)
        .saturating_mul(2)
        .saturating_add(SPARE);
    let limit = getrlimit(Resource::Nofile);
    let soft = limit.current.unwrap_or(u64::MAX);
    let raised = needed.min(limit.maximum.unwrap_or(u64::MAX));
    let wanted = Rlimit {
        current: Some(raised),
        maximum: limit.maximum,
    };
    let bound = if raised > soft && setrlimit(Resource::Nofile, wanted).is_ok() {
        raised
    } else {
        soft
    };
    OpenFiles { bound, needed }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_connections_are_allowed_and_absurdly_many_are_told() {
        let few = allow(10);
        assert_eq!(few.needed, 84);
        assert!(few.bound >= few.needed);
        let many = allow(usize::MAX);
        assert!(many.bound < many.needed);
    }
}
