//! What the service account changes is so when the account signs in, and what slapd refuses names its rule.

use crate::certificates::Authority;
use crate::directory::{PASSWORD, SERVICE_PASSWORD, WRITER};
use crate::server::Slapd;
use crate::states::{dn, sign_in};
use crate::{settings, upstream};
use postern_directory::{LookUpError, ServiceAccount, ServiceLanes, Upstream, WriteError};
use postern_identity::StandingChange::{self, Disable, Enable, ForceChange, Lock, Unlock, WithdrawForceChange};
use postern_identity::{LockedBy, PasswordRule, Proven, Secret, State};
use std::sync::Arc;
use tempfile::TempDir;

struct Scene {
    _folder: TempDir,
    _slapd: Slapd,
    upstream: Arc<Upstream>,
    lanes: ServiceLanes,
}

/// A slapd in which the service account may write.
async fn scene() -> Scene {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new(folder.path(), "authority");
    let slapd = Slapd::start(&authority.issue(&["127.0.0.1"], 2099));
    let mut settings = settings(&[&slapd.tls_url()], &authority.file);
    settings.service_account = Some(ServiceAccount {
        dn: WRITER.to_owned(),
        password: Secret::new(SERVICE_PASSWORD),
    });
    let upstream = upstream(settings);
    upstream.discover().await.unwrap();
    Scene {
        _folder: folder,
        _slapd: slapd,
        lanes: ServiceLanes::new(Arc::clone(&upstream)),
        upstream,
    }
}

impl Scene {
    async fn write(&self, uid: &str, old: Option<&str>, new: &str) -> Result<(), WriteError> {
        let old = old.map(Secret::new);
        let new = Secret::new(new);
        self.lanes.write_password(&dn(uid), old.as_ref(), &new).await
    }

    /// The rule that was named; `None` for success.
    async fn refused(&self, uid: &str, old: Option<&str>, new: &str) -> Option<PasswordRule> {
        match self.write(uid, old, new).await {
            Ok(()) => None,
            Err(WriteError::Refused(refusal)) => Some(refusal.rule.expect("a rule")),
            Err(other) => panic!("{uid}: {other}"),
        }
    }

    async fn change(&self, uid: &str, change: StandingChange) {
        let done = self.lanes.change_standing(&dn(uid), change).await;
        assert_eq!(done, Ok(()), "{uid}: {change:?}");
    }

    async fn bind(&self, uid: &str, password: &str) -> (State, Proven) {
        let (standing, proven) = sign_in(&self.upstream, uid, password).await;
        (standing.state, proven)
    }
}

const LOCKED: (State, Proven) = (
    State::Locked {
        by: LockedBy::Unsaid,
        until: None,
    },
    Proven::Unknown,
);
const ACTIVE: (State, Proven) = (State::Active, Proven::Yes);
const WRONG: (State, Proven) = (State::Unknown, Proven::No);

#[tokio::test]
async fn a_password_that_was_reset_or_changed_signs_in_and_the_old_one_does_not() {
    let scene = scene().await;
    assert_eq!(scene.write("active", None, "reset-5678").await, Ok(()));
    assert_eq!(scene.bind("active", PASSWORD).await, WRONG);
    assert_eq!(scene.bind("active", "reset-5678").await, ACTIVE);
    assert_eq!(scene.write("active", Some("reset-5678"), "changed-5678").await, Ok(()));
    assert_eq!(scene.bind("active", "changed-5678").await, ACTIVE);
    // Whoever must change has changed then, and what locked an account is over.
    for uid in ["must-change", "locked-by-failures", "expired", "grace"] {
        assert_eq!(scene.write(uid, None, "reset-5678").await, Ok(()));
        assert_eq!(scene.bind(uid, "reset-5678").await, ACTIVE, "{uid}");
    }
    let nobody = scene.write("nobody", None, "reset-5678").await;
    assert_eq!(nobody, Err(WriteError::LookUp(LookUpError::NotFound)));
}

#[tokio::test]
async fn every_refusal_of_slapds_names_the_rule_that_was_broken() {
    let scene = scene().await;
    let new = "entirely-new-1234";
    assert_eq!(
        scene.refused("strict", None, "short").await,
        Some(PasswordRule::TooShort)
    );
    assert_eq!(
        scene.refused("strict", None, PASSWORD).await,
        Some(PasswordRule::History)
    );
    assert_eq!(
        scene.refused("strict", Some("wrong"), new).await,
        Some(PasswordRule::WrongOld)
    );
    assert_eq!(scene.refused("strict", None, new).await, None);
    assert_eq!(
        scene.refused("strict", Some(new), PASSWORD).await,
        Some(PasswordRule::History)
    );
    assert_eq!(scene.refused("slow", None, new).await, Some(PasswordRule::TooYoung));
    assert_eq!(scene.refused("safe", None, new).await, Some(PasswordRule::OldNeeded));
    assert_eq!(
        scene.refused("safe", Some("wrong"), new).await,
        Some(PasswordRule::WrongOld)
    );
    assert_eq!(scene.refused("safe", Some(PASSWORD), new).await, None);
    // Who may not change it are the account itself and nobody else.
    assert_eq!(scene.refused("fixed", None, new).await, None);
}

#[tokio::test]
async fn every_change_and_its_reverse_are_seen_by_the_next_sign_in() {
    let scene = scene().await;
    let must_change = (State::MustChange, Proven::Yes);
    for (change, seen, reverse) in [
        (ForceChange, must_change, WithdrawForceChange),
        (Lock, LOCKED, Unlock),
        (Disable, LOCKED, Enable),
        (Lock, LOCKED, Enable),
    ] {
        // Twice each: what is so already is no error.
        for _ in 0..2 {
            scene.change("active", change).await;
            assert_eq!(scene.bind("active", PASSWORD).await, seen, "{change:?}");
        }
        for _ in 0..2 {
            scene.change("active", reverse).await;
            assert_eq!(scene.bind("active", PASSWORD).await, ACTIVE, "{reverse:?}");
        }
    }
}

#[tokio::test]
async fn unlocking_forgets_failures_and_enabling_leaves_them_be() {
    let scene = scene().await;
    for _ in 0..5 {
        scene.bind("active", "wrong").await;
    }
    assert_eq!(scene.bind("active", PASSWORD).await, LOCKED);
    scene.change("active", Enable).await;
    assert_eq!(scene.bind("active", PASSWORD).await, LOCKED, "nobody had disabled it");
    scene.change("active", Unlock).await;
    // Four more are nothing yet, and would be a lock at once if the first five were remembered.
    for _ in 0..4 {
        assert_eq!(scene.bind("active", "wrong").await, WRONG);
    }
    let failures = scene.lanes.look_up("active").await.unwrap().lockout.failure_ages.len();
    assert_eq!(failures, 4);
    scene.change("active", Unlock).await;
    let account = scene.lanes.look_up("active").await.unwrap();
    assert_eq!(
        account.lockout.failure_ages.len(),
        0,
        "also where nothing is locked yet"
    );
    assert_eq!(scene.bind("active", PASSWORD).await, ACTIVE);
}

#[tokio::test]
async fn an_account_that_may_not_write_is_told_so_by_the_directory() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new(folder.path(), "authority");
    let slapd = Slapd::start(&authority.issue(&["127.0.0.1"], 2099));
    let lanes = ServiceLanes::new(upstream(settings(&[&slapd.tls_url()], &authority.file)));
    let password = lanes
        .write_password(&dn("active"), None, &Secret::new("reset-5678"))
        .await;
    let lock = lanes.change_standing(&dn("active"), Lock).await;
    for refused in [password, lock] {
        let Err(WriteError::Refused(refusal)) = refused else {
            panic!("{refused:?}")
        };
        assert_eq!((refusal.rule, refusal.result_code), (Some(PasswordRule::Forbidden), 50));
    }
}
