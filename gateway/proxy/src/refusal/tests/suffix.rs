//! Names of a directory that clients know under another suffix.

use super::stage::*;
use super::{Refusal, scene};
use crate::shown_as::ShownAs;
use crate::suffix::SuffixSettings;
use postern_ldap::{MessageId, ResultCode, bind, control};

/// Clients call dc=here what the directory calls dc=example.
pub(super) fn under_another_suffix() -> ShownAs {
    ShownAs {
        suffix: Some(SuffixSettings::new("dc=here", "dc=example").unwrap()),
        shape: None,
    }
}

#[tokio::test]
async fn a_name_of_the_directorys_own_lets_nobody_in_where_clients_know_it_by_another() {
    for (name, code) in [
        (&b"cn=a,dc=here"[..], ResultCode::SUCCESS),
        (b"CN=a, DC=HERE", ResultCode::SUCCESS),
        (b"alice", ResultCode::SUCCESS),
        (b"cn=a,dc=example", ResultCode::INVALID_CREDENTIALS),
        (b"cn=a", ResultCode::INVALID_CREDENTIALS),
    ] {
        let mut scene = scene(Refusal::NameElsewhere);
        scene.requests = vec![bind::simple(MessageId(1), name, b"right", &[])];
        assert_eq!(play(scene).await.0, [code], "{name:?}");
    }
    // Nor does it leave anybody signed in who was.
    let mut scene = scene(Refusal::NameElsewhere);
    scene.rules.as_mut().unwrap().anonymous.value = false;
    let critical = control::encode(b"1.2.3", true, Some(b"x"));
    scene.requests = vec![
        bind::simple(MessageId(1), b"cn=a,dc=here", b"right", &[]),
        bind::simple(MessageId(2), b"cn=a,dc=here", b"right", &[&critical]),
        search(3, "dc=here", &[]),
    ];
    let wanted = [
        ResultCode::SUCCESS,
        ResultCode::UNAVAILABLE_CRITICAL_EXTENSION,
        ResultCode::INSUFFICIENT_ACCESS_RIGHTS,
    ];
    assert_eq!(play(scene).await.0, wanted);
}
