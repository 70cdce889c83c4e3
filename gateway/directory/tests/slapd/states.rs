//! What an entry says is what slapd itself says when that account signs in.

use crate::certificates::Authority;
use crate::directory::PASSWORD;
use crate::server::Slapd;
use crate::{settings, upstream};
use postern_directory::{BindAnswer, LookUpError, ServiceLanes, Transport, Upstream};
use postern_identity::{Cause, LockedBy, Proven, Source, Standing, State};
use postern_ldap::control::ppolicy;
use postern_ldap::result::LdapResult;
use postern_ldap::{Message, MessageId, bind, frame};
use std::mem::discriminant;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const LOCKED: State = State::Locked {
    by: LockedBy::Unsaid,
    until: None,
};

#[tokio::test]
async fn the_entry_says_of_every_account_what_its_bind_says() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new(folder.path(), "authority");
    let slapd = Slapd::start(&authority.issue(&["127.0.0.1"], 2099));
    let upstream = upstream(settings(&[&slapd.tls_url()], &authority.file));
    let lanes = ServiceLanes::new(upstream.clone());
    // The account, what its entry says, and what the bind says: slapd calls everything that keeps somebody out a lock.
    let expired = State::Expired;
    let cases = [
        ("active", State::Active, State::Active),
        ("never-changed", State::Active, State::Active),
        ("must-change", State::MustChange, State::MustChange),
        ("reset-ignored", State::Active, State::Active),
        ("locked-by-administrator", locked(LockedBy::Administrator), LOCKED),
        ("locked-by-failures", locked(LockedBy::Failures), LOCKED),
        ("locked-for-a-while", locked(LockedBy::Failures), LOCKED),
        ("lock-over", State::Active, State::Active),
        ("lock-to-come", State::Active, State::Active),
        ("lock-ignored", State::Active, State::Active),
        ("locked-and-reset", locked(LockedBy::Administrator), LOCKED),
        ("expired", expired, expired),
        ("expired-and-reset", State::MustChange, State::MustChange),
        ("ageless", State::Active, State::Active),
        (
            "grace",
            State::ExpiredGrace { left: 3 },
            State::ExpiredGrace { left: 2 },
        ),
        ("grace-over", expired, expired),
        (
            "expiring",
            State::Expiring { seconds: 0 },
            State::Expiring { seconds: 0 },
        ),
        ("not-yet", State::NotYetValid, LOCKED),
        ("ended", State::AccountExpired, LOCKED),
        ("idle", locked(LockedBy::Idleness), LOCKED),
        // slapd applies no policy where the named one is gone; whoever cannot see it cannot know that.
        ("policy-gone", State::Unknown, State::Active),
    ];
    for (uid, by_entry, by_bind) in cases {
        let account = lanes
            .look_up(uid)
            .await
            .unwrap_or_else(|fault| panic!("{uid}: {fault}"));
        assert_eq!(account.dn, dn(uid));
        assert_eq!(account.key.id.len(), 36, "{uid}: an entryUUID");
        assert_eq!(account.standing.evidence.source, Source::Entry);
        assert_alike(uid, account.standing.state, by_entry);

        let (standing, proven) = sign_in(&upstream, uid, PASSWORD).await;
        assert_alike(uid, standing.state, by_bind);
        let expected = if by_bind == LOCKED {
            Proven::Unknown
        } else {
            Proven::Yes
        };
        assert_eq!(proven, expected, "{uid}");
    }
    let (standing, proven) = sign_in(&upstream, "must-change", "not the password").await;
    assert_eq!((standing.state, proven), (State::Unknown, Proven::No));
    // The numbers, once.
    let grace = lanes.look_up("grace").await.unwrap();
    assert_eq!(
        grace.standing.state,
        State::ExpiredGrace { left: 2 },
        "one was used up by the bind"
    );
    let State::Locked { until: Some(until), .. } = lanes.look_up("locked-for-a-while").await.unwrap().standing.state
    else {
        panic!("a lock with an end");
    };
    let (standing, _) = sign_in(&upstream, "expiring", PASSWORD).await;
    let State::Expiring { seconds } = standing.state else {
        panic!("expiring")
    };
    assert!((4 * 86_400..=5 * 86_400).contains(&seconds));
    assert!(until > postern_identity::Timestamp::UNIX_EPOCH);
    assert_eq!(
        lanes.look_up("must-change").await.unwrap().standing.cause,
        Some(Cause::AdministratorReset)
    );
}

#[tokio::test]
async fn an_account_is_found_by_dn_uid_or_mail_and_only_if_it_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new(folder.path(), "authority");
    let slapd = Slapd::start(&authority.issue(&["127.0.0.1"], 2099));
    let lanes = ServiceLanes::new(upstream(settings(&[&slapd.tls_url()], &authority.file)));
    let by_uid = lanes.look_up("active").await.unwrap();
    for name in [
        "active@example.org",
        "uid=active,ou=people,dc=example,dc=org",
        "UID=Active, OU=people,DC=example,DC=org",
    ] {
        let found = lanes
            .look_up(name)
            .await
            .unwrap_or_else(|fault| panic!("{name}: {fault}"));
        assert_eq!((found.key, found.dn), (by_uid.key.clone(), by_uid.dn.clone()), "{name}");
    }
    assert_eq!(
        by_uid.policy_dn.as_deref(),
        Some("cn=default,ou=policies,dc=example,dc=org")
    );
    assert_eq!(
        lanes.look_up("twins@example.org").await.unwrap_err(),
        LookUpError::Ambiguous
    );
    for nobody in [
        "",
        "nobody",
        "*",
        "activ*",
        ")(uid=*",
        "active)(objectClass=*",
        "uid=nobody,ou=people,dc=example,dc=org",
        "uid=active,ou=people,dc=example,dc=com",
        "dc=org",
        "a\0b",
    ] {
        assert_eq!(
            lanes.look_up(nobody).await.unwrap_err(),
            LookUpError::NotFound,
            "{nobody:?}"
        );
    }
}

#[tokio::test]
async fn without_a_service_account_nobody_is_looked_up() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new(folder.path(), "authority");
    let mut settings = settings(&["ldaps://127.0.0.1:1"], &authority.file);
    settings.service_account = None;
    assert_eq!(
        upstream(settings).look_up("active").await.unwrap_err(),
        LookUpError::NoServiceAccount
    );
}

pub(crate) fn dn(uid: &str) -> String {
    format!("uid={uid},ou=people,dc=example,dc=org")
}

fn locked(by: LockedBy) -> State {
    State::Locked { by, until: None }
}

/// The same state, numbers and ends of locks aside; by whom locked counts.
fn assert_alike(uid: &str, found: State, expected: State) {
    let alike = match (found, expected) {
        (State::Locked { by: found, .. }, State::Locked { by: expected, .. }) => found == expected,
        (State::ExpiredGrace { .. }, State::ExpiredGrace { .. }) => found == expected,
        _ => discriminant(&found) == discriminant(&expected),
    };
    assert!(alike, "{uid}: {found:?} is not {expected:?}");
}

/// Binds with the password policy control on a connection of its own.
pub(crate) async fn sign_in(upstream: &Upstream, uid: &str, password: &str) -> (Standing, Proven) {
    let mut transport = upstream.connect().await.unwrap().transport;
    let request = bind::simple(
        MessageId(1),
        dn(uid).as_bytes(),
        password.as_bytes(),
        &[&ppolicy::request()],
    );
    transport.write_all(&request).await.unwrap();
    let octets = read_message(&mut transport).await;
    let message = Message::parse(&octets).unwrap();
    let result = LdapResult::parse(&message).unwrap();
    upstream.dialect().read_bind(&BindAnswer {
        code: result.code,
        diagnostic: result.diagnostic,
        controls: message.controls,
        ppolicy_asked: true,
    })
}

async fn read_message(transport: &mut Transport) -> Vec<u8> {
    let mut octets = Vec::new();
    loop {
        if let Some(header) = frame::walk(&octets, 65_536).unwrap()
            && header.length == octets.len()
        {
            return octets;
        }
        assert_ne!(transport.read_buf(&mut octets).await.unwrap(), 0, "slapd hung up");
    }
}
