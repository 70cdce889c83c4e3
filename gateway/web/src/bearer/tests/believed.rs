//! What is believed of an issuer's token, and what follows from it.

use super::*;

fn usual() -> House {
    House::of(&OURS.jwks(), |_| {})
}

#[tokio::test]
async fn every_way_of_signing_that_is_accepted_is_known() {
    let house = usual();
    for (algorithm, key) in [("RS256", "rsa"), ("PS256", "rsa"), ("ES256", "ec"), ("EdDSA", "ed")] {
        for kind in [json!("JWT"), json!("at+jwt"), json!("application/AT+jwt"), Value::Null] {
            let header = with(json!({"alg": algorithm, "kid": key}), json!({"typ": kind}));
            let token = house.ask(&OURS.token(&header, &claims())).await.unwrap();
            assert_eq!(&**token.name(), "entra:client-1", "{header}");
        }
    }
}

#[tokio::test]
async fn a_token_of_ours_is_one_beside_issuers_too() {
    let house = usual();
    assert_eq!(&**house.ask("0123456789abcdef").await.unwrap().name(), "desk");
    let other = house.ask("0123456789abcdee").await;
    assert_eq!(other.err(), Some(Fault::NoToken { shown: true }));
    let none = house.bearers.of(&HeaderMap::new()).await;
    assert_eq!(none.err(), Some(Fault::NoToken { shown: false }));
}

#[tokio::test]
async fn scopes_are_what_the_issuer_s_words_mean_here_and_nothing_else() {
    let house = usual();
    for (said, reads, writes) in [
        (json!({"scp": "Read"}), true, false),
        (json!({"scp": ["Write", "Other"]}), true, true),
        (json!({"scp": null, "scope": "openid  Read"}), true, false),
        (json!({"scp": null, "roles": ["Write"]}), true, true),
        (json!({"scp": "Read", "roles": ["Write"]}), true, true),
        (json!({"scp": "read scim:read scim:write"}), false, false),
        (json!({"scp": "ReadWrite", "permissions": ["Write"]}), false, false),
        (json!({"scp": null}), false, false),
        (json!({"scp": []}), false, false),
    ] {
        let token = house
            .ask(&OURS.token(&header(), &with(claims(), said.clone())))
            .await
            .unwrap();
        assert_eq!(
            (token.may("scim:read"), token.may("scim:write")),
            (reads, writes),
            "{said}"
        );
        assert!(!token.may("Read") && token.needs("scim:password").is_err());
    }
    let house = House::of(&OURS.jwks(), |settings| {
        settings.scope_claims = vec!["roles".to_owned()];
    });
    let token = house.ask(&OURS.token(&header(), &claims())).await.unwrap();
    assert_eq!(token.needs("scim:read"), Err(Fault::NoScope), "scp is not asked");
}

#[tokio::test]
async fn a_program_is_called_after_its_issuer_and_client() {
    let house = usual();
    for (said, name) in [
        (json!({}), "entra:client-1"),
        (json!({"azp": null, "appid": "app-1"}), "entra:app-1"),
        (json!({"azp": null, "cid": "0oa1"}), "entra:0oa1"),
        (json!({"azp": null, "client_id": "c"}), "entra:c"),
        (json!({"azp": null}), "entra:subject-1"),
    ] {
        let token = house.ask(&OURS.token(&header(), &with(claims(), said))).await.unwrap();
        assert_eq!(&**token.name(), name);
    }
}

#[tokio::test]
async fn an_audience_may_be_one_of_several_and_times_may_have_fractions() {
    let house = usual();
    for said in [
        json!({"aud": ["elsewhere", "another"]}),
        json!({"exp": 1_800_000_000.5}),
        json!({"exp": NOW - 59, "iat": NOW - 3600}),
        json!({"nbf": NOW + 60, "iat": NOW + 60}),
        json!({"nbf": null, "iat": null}),
    ] {
        let token = OURS.token(&header(), &with(claims(), said.clone()));
        assert!(house.ask(&token).await.is_ok(), "{said}");
    }
}

#[tokio::test]
async fn an_issuer_speaks_for_listed_clients_and_subjects_alone() {
    let listed = House::of(&OURS.jwks(), |settings| {
        settings.client_ids = vec!["client-1".to_owned()];
    });
    let subjects = House::of(&OURS.jwks(), |settings| {
        settings.subjects = vec!["subject-1".to_owned()];
    });
    let ask = async |house: &House, said: Value| house.ask(&OURS.token(&header(), &with(claims(), said))).await.is_ok();
    assert!(ask(&listed, json!({})).await);
    assert!(ask(&listed, json!({"sub": "other"})).await);
    for said in [
        json!({"azp": "client-2"}),
        json!({"azp": "Client-1"}),
        json!({"azp": null}),
        // Its subject is not its client, and a second client's name does not count.
        json!({"azp": null, "sub": "client-1"}),
        json!({"azp": "client-2", "appid": "client-1"}),
    ] {
        assert!(!ask(&listed, said.clone()).await, "{said}");
    }
    assert!(ask(&subjects, json!({"azp": "any"})).await);
    assert!(!ask(&subjects, json!({"sub": "subject-2"})).await);
    assert!(!ask(&subjects, json!({"sub": null, "azp": "subject-1"})).await);
}

#[tokio::test]
async fn of_one_issuer_several_tables_may_speak_for_different_programs() {
    let limits = TokenLimits {
        base_dn: Some("ou=people,dc=example,dc=org".into()),
        resource_types: vec!["User".into()],
    };
    let house = House::of_several(
        &OURS.jwks(),
        &[
            &|settings| settings.client_ids = vec!["client-1".to_owned()],
            &|settings| {
                settings.name = "hr".into();
                settings.client_ids = vec!["client-2".to_owned()];
                settings.limits = limits.clone();
            },
        ],
    );
    let first = house.ask(&OURS.token(&header(), &claims())).await.unwrap();
    assert_eq!(
        (&**first.name(), first.limits()),
        ("entra:client-1", &TokenLimits::default())
    );
    let second = OURS.token(&header(), &with(claims(), json!({"azp": "client-2"})));
    let second = house.ask(&second).await.unwrap();
    assert_eq!((&**second.name(), second.limits()), ("hr:client-2", &limits));
    assert!(second.limits().allow_type("User") && !second.limits().allow_type("Group"));
    assert!(first.limits().allow_type("Group"));
    let third = OURS.token(&header(), &with(claims(), json!({"azp": "client-3"})));
    assert!(house.ask(&third).await.is_err());
}

#[tokio::test]
async fn each_program_of_an_issuer_is_told_to_wait_for_itself() {
    let house = House::of(&OURS.jwks(), |settings| {
        settings.rate = Rate {
            at_once: 3,
            each_second: 1,
        }
    });
    let one = OURS.token(&header(), &claims());
    let other = OURS.token(&header(), &with(claims(), json!({"azp": "client-2"})));
    // A wrong one costs its bearer's name nothing.
    for _ in 0..10 {
        assert!(house.ask(&STRANGER.token(&header(), &claims())).await.is_err());
    }
    for _ in 0..3 {
        assert!(house.ask(&one).await.is_ok());
    }
    assert!(matches!(house.ask(&one).await.err(), Some(Fault::TooMany { .. })));
    assert!(house.ask(&other).await.is_ok());
}
