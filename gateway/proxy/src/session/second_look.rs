//! What an account's entry adds to a sign-in the directory accepted without saying how the account stands.

use super::Session;
use super::bound::is_worse;
use crate::second_looks::NotRead;
use postern_directory::ServerIndex;
use postern_identity::{Evidence, Proven, Standing, State};
use std::sync::Arc;

impl Session {
    /// The standing that is told and judged by: the answer's, or the entry's where that says more. What others may have done to the account
    /// by guessing, and what the entry leaves open, adds nothing: the directory has let it in.
    pub(super) async fn looked_again(
        &mut self,
        server: ServerIndex,
        name: &[u8],
        answered: Standing,
        proven: Proven,
    ) -> Standing {
        if !self.dialect().is_silent(&answered, proven) {
            return answered;
        }
        let code = answered.evidence.result_code;
        let route = Arc::clone(&self.route);
        // Boxed, for most directories are never silent: every other sign-in's future stays small.
        match Box::pin(route.second_looks.look(server, name)).await {
            Some(Ok(read)) if says_more(&answered.state, &read.state) => Standing {
                evidence: Evidence {
                    result_code: code,
                    ..read.evidence
                },
                ..read
            },
            None | Some(Ok(_)) => answered,
            Some(Err(NotRead)) => Standing {
                evidence: Evidence {
                    told_by: "result code; the entry could not be read",
                    ..answered.evidence
                },
                ..answered
            },
        }
    }
}

fn says_more(answered: &State, read: &State) -> bool {
    matches!(read, State::Expiring { .. } | State::ExpiredGrace { .. }) || is_worse(answered, read)
}

#[cfg(test)]
mod tests {
    use super::*;
    use postern_identity::LockedBy;

    #[test]
    fn an_entry_adds_what_keeps_somebody_out_or_soon_will_and_no_lock_that_others_can_bring_about() {
        let locked = |by| State::Locked { by, until: None };
        for state in [
            State::MustChange,
            State::Expired,
            State::ExpiredGrace { left: 2 },
            State::Expiring { seconds: 60 },
            State::Disabled,
            State::AccountExpired,
            locked(LockedBy::Administrator),
        ] {
            assert!(says_more(&State::Active, &state), "{state:?}");
        }
        for state in [
            State::Active,
            State::Unknown,
            locked(LockedBy::Failures),
            locked(LockedBy::Unsaid),
        ] {
            assert!(!says_more(&State::Active, &state), "{state:?}");
        }
    }
}
