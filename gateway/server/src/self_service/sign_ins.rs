//! Sign-ins over LDAP that met a state a new password or an unlock would end: passed on without waiting, for one mail at most.

use postern_identity::StateName;
use postern_identity::audit::{Audit, Event, Notice, ProvisioningEvent, ResetEvent};
use std::sync::Arc;
use tokio::sync::mpsc;

/// The most that wait; what is more is forgotten, for they come again.
const MOST: usize = 256;
/// A name that is longer is nobody's.
const LONGEST: usize = 512;

/// A sign-in that met a state.
pub(super) struct Met {
    pub(super) route: Box<str>,
    pub(super) account: Box<str>,
    pub(super) state: StateName,
}

/// The record, which also hears of sign-ins.
pub(crate) struct SignIns {
    audit: Arc<dyn Audit>,
    met: mpsc::Sender<Met>,
}

impl SignIns {
    pub(super) fn new(audit: Arc<dyn Audit>) -> (Self, mpsc::Receiver<Met>) {
        let (met, hearing) = mpsc::channel(MOST);
        (Self { audit, met }, hearing)
    }
}

impl Audit for SignIns {
    fn record(&self, event: &Event<'_>) {
        self.audit.record(event);
        let Some((standing, _)) = event.standing.filter(|_| event.operation == "bind") else {
            return;
        };
        let state = standing.state.name();
        let mended = matches!(
            state,
            StateName::MustChange | StateName::Expired | StateName::ExpiredGrace | StateName::Locked
        );
        let account = event.resolved.unwrap_or(event.account);
        if mended && account.len() <= LONGEST {
            let _ = self.met.try_send(Met {
                route: event.route.into(),
                account: account.into(),
                state,
            });
        }
    }

    fn notice(&self, notice: &Notice<'_>) {
        self.audit.notice(notice);
    }

    fn reset(&self, event: &ResetEvent<'_>) {
        self.audit.reset(event);
    }

    fn provisioning(&self, event: &ProvisioningEvent<'_>) {
        self.audit.provisioning(event);
    }
}
