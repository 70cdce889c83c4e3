//! What is found, and what is told of it.

use super::stage::{ADA, ADMIN, Asked, BASE, BOB, Stage};
use postern_ldap::ResultCode;
use postern_ldap::search::Scope;

#[tokio::test]
async fn one_person_is_found_by_name_with_one_question_to_the_store() {
    let stage = Stage::new().await;
    let mut client = stage.signed_in(ADA).await;
    client.found("(uid=bob)").await;
    let reads = stage.entries.reads.load(std::sync::atomic::Ordering::Relaxed);
    let told = client
        .search(Asked::all("(&(objectClass=inetOrgPerson)(uid=BOB))"))
        .await;
    assert_eq!(told.names(), [BOB]);
    assert_eq!(
        stage.entries.reads.load(std::sync::atomic::Ordering::Relaxed),
        reads + 1
    );
    let bob = &told.entries[0];
    assert_eq!(bob.names(), ["objectClass", "uid", "cn", "givenName", "sn", "mail"]);
    assert_eq!(bob.values("mail"), ["bob@example.org"]);
}

#[tokio::test]
async fn filters_of_every_kind_find_what_they_say() {
    let stage = Stage::new().await;
    let mut client = stage.signed_in(ADA).await;
    for (filter, wanted) in [
        ("(cn=ada  LOVELACE)", &[ADA][..]),
        ("(name=Bob Builder)", &[BOB]),
        ("(2.5.4.3=Bob Builder)", &[BOB]),
        ("(cn=ADA*)", &[ADA]),
        ("(cn=*a*l*)", &[ADA]),
        ("(cn=*BUILD*)", &[BOB]),
        ("(sn=*er)", &[BOB]),
        ("(|(uid=ada)(uid=bob)(cn=ada lovelace))", &[ADA, BOB]),
        ("(&(objectClass=person)(!(uid=ada))(!(uid=root)))", &[BOB]),
        ("(&(uid=ada)(nosuch=x))", &[]),
        ("(|(uid=ada)(nosuch=x))", &[ADA]),
        ("(!(nosuch=x))", &[]),
        ("(userPassword=*)", &[]),
        ("(!(userPassword=*))", &[]),
        ("(memberOf=cn=staff,ou=groups,dc=example,dc=org)", &[ADA, BOB]),
        ("(&(uid=bob)(memberOf=CN=Staff, ou=groups,dc=example,dc=org))", &[BOB]),
        ("(entryDN=uid=bob,ou=people,dc=example,dc=org)", &[BOB]),
        ("(uid>=bob)", &[]),
        ("(&(objectClass=person)(cn>=b))", &[]),
        ("(uid:caseExactMatch:=ada)", &[ADA]),
        ("(uid:caseExactMatch:=ADA)", &[]),
        ("(&)", &["all"]),
        ("(|)", &[]),
    ] {
        let found = client.found(filter).await;
        match wanted {
            ["all"] => assert_eq!(found.len(), 9, "{filter}"),
            _ => assert_eq!(found, wanted, "{filter}"),
        }
    }
}

#[tokio::test]
async fn scopes_reach_as_far_as_they_say() {
    let stage = Stage::new().await;
    let mut client = stage.signed_in(ADA).await;
    let people = format!("ou=people,{BASE}");
    for (base, scope, count) in [
        (BASE, Scope::Base, 1),
        (BASE, Scope::One, 3),
        (BASE, Scope::Subtree, 9),
        (BASE, Scope::Other(3), 8),
        (&people, Scope::Base, 1),
        (&people, Scope::One, 3),
        (&people, Scope::Subtree, 4),
        (&people, Scope::Other(3), 3),
        (ADA, Scope::One, 0),
        (ADA, Scope::Base, 1),
    ] {
        let asked = Asked {
            base,
            scope,
            ..Asked::all("(objectClass=*)")
        };
        let told = client.search(asked).await;
        assert_eq!(
            (told.code, told.entries.len()),
            (ResultCode::SUCCESS, count),
            "{base} {scope:?}"
        );
    }
    let asked = Asked {
        scope: Scope::Other(4),
        ..Asked::all("(objectClass=*)")
    };
    assert_eq!(client.search(asked).await.code, ResultCode::PROTOCOL_ERROR);
}

#[tokio::test]
async fn what_is_not_there_names_the_nearest_above_it() {
    let stage = Stage::new().await;
    let mut client = stage.signed_in(ADA).await;
    for (base, matched) in [
        ("uid=x,ou=people,dc=example,dc=org", "ou=people,dc=example,dc=org"),
        ("uid=x,ou=y,dc=example,dc=org", BASE),
        ("dc=elsewhere", ""),
        ("dc=org", ""),
    ] {
        for scope in [Scope::Base, Scope::One, Scope::Subtree] {
            let asked = Asked {
                base,
                scope,
                ..Asked::all("(uid=ada)")
            };
            let told = client.search(asked).await;
            assert_eq!(
                (told.code, told.matched.as_str()),
                (ResultCode::NO_SUCH_OBJECT, matched),
                "{base}"
            );
        }
    }
    let asked = Asked {
        base: "no name",
        ..Asked::all("(uid=ada)")
    };
    assert_eq!(client.search(asked).await.code, ResultCode::INVALID_DN_SYNTAX);
    let mut nobody = stage.client();
    for base in [BASE, ADA, "uid=x,ou=people,dc=example,dc=org"] {
        let asked = Asked {
            base,
            ..Asked::all("(uid=ada)")
        };
        let told = nobody.search(asked).await;
        assert_eq!(
            (told.code, told.matched.as_str()),
            (ResultCode::NO_SUCH_OBJECT, ""),
            "{base}"
        );
    }
}

#[tokio::test]
async fn attributes_come_as_they_are_asked_for() {
    let stage = Stage::new().await;
    let mut client = stage.signed_in(ADA).await;
    for (attributes, wanted) in [
        (&["1.1"][..], &[][..]),
        (&["cn"], &["cn"]),
        (&["CN", "nosuch"], &["cn"]),
        (&["2.5.4.4"], &["sn"]),
        (&["name"], &["cn", "givenName", "sn"]),
        (&["cn;lang-de"], &[]),
        (&["entryUUID"], &["entryUUID"]),
        (
            &["+"],
            &[
                "entryUUID",
                "memberOf",
                "hasSubordinates",
                "entryDN",
                "subschemaSubentry",
            ],
        ),
        (&["memberOf"], &["memberOf"]),
        (
            &["*", "entryUUID"],
            &["objectClass", "uid", "cn", "givenName", "sn", "mail", "entryUUID"],
        ),
        (&["userPassword"], &[]),
    ] {
        let asked = Asked {
            attributes,
            ..Asked::all("(uid=ada)")
        };
        let told = client.search(asked).await;
        assert_eq!(told.entries[0].names(), wanted, "{attributes:?}");
    }
    let asked = Asked {
        attributes: &["+"],
        ..Asked::all("(uid=ada)")
    };
    let told = client.search(asked).await;
    let ada = &told.entries[0];
    assert_eq!(ada.values("memberOf"), ["cn=staff,ou=groups,dc=example,dc=org"]);
    assert_eq!(ada.values("hasSubordinates"), ["FALSE"]);
    assert_eq!(ada.values("entryDN"), [ADA]);
}

#[tokio::test]
async fn hashes_are_read_by_whoever_has_the_machine_and_nobody_else() {
    let stage = Stage::new().await;
    let asked = Asked {
        attributes: &["*", "+"],
        ..Asked::all("(uid=ada)")
    };
    let clients = [
        stage.signed_in(ADA).await,
        stage.signed_in(ADMIN).await,
        stage.service().await,
    ];
    for mut client in clients {
        let told = client.search(asked).await;
        assert!(!told.entries[0].names().contains(&"userPassword"));
        assert!(client.found("(userPassword=*)").await.is_empty());
    }
    let mut root = stage.root();
    let told = root.search(asked).await;
    assert_eq!(told.entries[0].values("userPassword").len(), 1);
    assert_eq!(root.found("(userPassword=*)").await.len(), 3);
}

#[tokio::test]
async fn the_size_limit_is_kept() {
    let stage = Stage::new().await;
    let mut client = stage.signed_in(ADA).await;
    for (size, code, count) in [(2, 4, 2), (3, 0, 3), (0, 0, 3)] {
        let asked = Asked {
            size,
            ..Asked::all("(objectClass=person)")
        };
        let told = client.search(asked).await;
        assert_eq!((told.code.0, told.entries.len()), (code, count), "{size}");
    }
}
