use super::*;
use proptest::prelude::*;
use url::Url;

fn of_kind(kind: &str) -> Settings {
    Settings {
        name: "sso".to_owned(),
        kind: kind.to_owned(),
        ..Settings::default()
    }
}

fn generic(reset: &str) -> Settings {
    Settings {
        reset: Some(reset.to_owned()),
        ..of_kind("generic")
    }
}

fn keycloak() -> Settings {
    Settings {
        host: Some("id.example.org:8443".to_owned()),
        realm: Some("staff & guests".to_owned()),
        ..of_kind("keycloak")
    }
}

fn okta() -> Settings {
    Settings {
        host: Some("example.okta.com".to_owned()),
        ..of_kind("okta")
    }
}

fn one(settings: Settings) -> Providers {
    Providers::new(vec![settings]).unwrap()
}

fn wrong(settings: Settings) -> (&'static str, Wrong) {
    let error = Providers::new(vec![settings]).err().unwrap();
    (error.key, error.what)
}

fn url(providers: &Providers, wish: Wish, login: Option<&str>) -> Option<String> {
    providers.page_for("sso", wish, login).map(|page| page.url.to_string())
}

#[test]
fn each_product_has_its_pages() {
    let login = Some("erin@example.org");
    let entra = one(of_kind("entra"));
    assert_eq!(
        url(&entra, Wish::Reset, login).unwrap(),
        "https://passwordreset.microsoftonline.com/"
    );
    assert_eq!(url(&entra, Wish::Unlock, login), url(&entra, Wish::Reset, login));
    let google = one(of_kind("google"));
    assert_eq!(
        url(&google, Wish::Reset, login).unwrap(),
        "https://accounts.google.com/signin/recovery"
    );
    assert_eq!(url(&google, Wish::Unlock, login), None);
    let okta = one(okta());
    assert_eq!(
        url(&okta, Wish::Reset, login).unwrap(),
        "https://example.okta.com/signin/forgot-password"
    );
    assert_eq!(
        url(&okta, Wish::Unlock, login).unwrap(),
        "https://example.okta.com/signin/unlock"
    );
    assert_eq!(url(&okta, Wish::Change, login), None);
    let keycloak = one(keycloak());
    assert_eq!(
        url(&keycloak, Wish::Reset, login).unwrap(),
        "https://id.example.org:8443/realms/staff%20%26%20guests/protocol/openid-connect/forgot-credentials?client_id=account\
         &redirect_uri=https%3A%2F%2Fid.example.org%3A8443%2Frealms%2Fstaff%2520%2526%2520guests%2Faccount%2F\
         &response_type=code&scope=openid&login_hint=erin%40example.org"
    );
    assert!(
        url(&keycloak, Wish::Change, None)
            .unwrap()
            .ends_with("&scope=openid&kc_action=UPDATE_PASSWORD")
    );
}

#[test]
fn a_hint_nobody_documents_is_off_until_it_is_asked_for() {
    let hinting = one(Settings {
        hint: true,
        ..of_kind("entra")
    });
    assert_eq!(
        url(&hinting, Wish::Reset, Some("erin@example.org")).unwrap(),
        "https://passwordreset.microsoftonline.com/?username=erin%40example.org"
    );
    assert_eq!(
        url(&hinting, Wish::Reset, None).unwrap(),
        "https://passwordreset.microsoftonline.com/"
    );
}

#[test]
fn what_is_not_known_is_left_out_of_an_address() {
    let page = one(generic(
        "https://sso.example.com/forgot?a=1&login={login}&u={user}&d={domain}&z",
    ));
    assert_eq!(
        url(&page, Wish::Reset, None).unwrap(),
        "https://sso.example.com/forgot?a=1&z"
    );
    assert_eq!(
        url(&page, Wish::Reset, Some("erin")).unwrap(),
        "https://sso.example.com/forgot?a=1&login=erin&u=erin&z"
    );
    assert_eq!(
        url(&page, Wish::Reset, Some("é&x=1#@b.example")).unwrap(),
        "https://sso.example.com/forgot?a=1&login=%C3%A9%26x%3D1%23%40b.example&u=%C3%A9%26x%3D1%23&d=b.example&z"
    );
    assert_eq!(url(&page, Wish::Reset, Some("a\nb")), url(&page, Wish::Reset, None));
    assert_eq!(
        url(&page, Wish::Reset, Some(&"a".repeat(513))),
        url(&page, Wish::Reset, None)
    );
}

#[test]
fn only_whole_addresses_over_tls_are_pages() {
    for no in [
        "",
        "http://sso.example.com/",
        "HTTPS://sso.example.com/",
        "//sso.example.com/",
        "https://",
        "https://?login={login}",
        "https://{login}/",
        "https://sso.example.com/{login}",
        "https://sso.example.com:{login}/",
        "https://{login}@sso.example.com/",
        "https://u@sso.example.com/",
        "https://sso.example.com/?{login}",
        "https://sso.example.com/?{login}=1",
        "https://sso.example.com/?a=x{login}",
        "https://sso.example.com/?a={mobile}",
        "https://sso.example.com/?a={login",
        "https://sso.example.com/#{login}",
        "https://sso.example.com\\@evil.example/",
        "https://sso.example.com /",
        "javascript:alert(1)",
    ] {
        assert_eq!(wrong(generic(no)), ("reset", Wrong::NotAPage), "{no}");
    }
}

#[test]
fn settings_that_cannot_be_meant_are_told_by_their_key() {
    assert_eq!(wrong(of_kind("auth0")), ("kind", Wrong::NoKind));
    assert_eq!(wrong(of_kind("okta")), ("host", Wrong::Missing));
    assert_eq!(wrong(of_kind("generic")), ("reset", Wrong::Missing));
    assert_eq!(
        wrong(Settings {
            host: okta().host,
            ..of_kind("google")
        }),
        ("host", Wrong::NotOfThisKind)
    );
    assert_eq!(wrong(Settings { hint: true, ..okta() }), ("hint", Wrong::NotOfThisKind));
    assert_eq!(
        wrong(Settings {
            name: String::new(),
            ..okta()
        }),
        ("name", Wrong::NotALine)
    );
    assert_eq!(
        wrong(Settings {
            title: Some("a\nb".to_owned()),
            ..okta()
        }),
        ("title", Wrong::NotALine)
    );
    assert_eq!(
        wrong(Settings {
            realm: Some("..".to_owned()),
            ..keycloak()
        }),
        ("realm", Wrong::NotALine)
    );
    assert_eq!(
        wrong(Settings {
            client: Some("c".to_owned()),
            ..keycloak()
        }),
        ("return_url", Wrong::Missing)
    );
    for no in ["", "a/b", "a b", "u@a", "a?b", "https://a", "a:b", "a%2fb", "a\\b"] {
        assert_eq!(
            wrong(Settings {
                host: Some(no.to_owned()),
                ..okta()
            }),
            ("host", Wrong::NotAHost),
            "{no}"
        );
    }
    for no in [
        "",
        "org",
        "a@b.org",
        "192.0.2.1",
        "ex%61mple.org",
        "example.org.",
        "*.example.org",
        "a b.org",
    ] {
        assert_eq!(
            wrong(Settings {
                domains: vec![no.to_owned()],
                ..okta()
            }),
            ("domains", Wrong::NotADomain),
            "{no}"
        );
    }
}

#[test]
fn a_name_and_a_domain_are_one_provider_s() {
    let with = |name: &str, domain: &str| Settings {
        name: name.to_owned(),
        domains: vec![domain.to_owned()],
        ..okta()
    };
    let error = Providers::new(vec![with("a", "a.example"), with("a", "b.example")])
        .err()
        .unwrap();
    assert_eq!((error.place, error.key, error.what), (1, "name", Wrong::Twice));
    let error = Providers::new(vec![with("a", "A.example"), with("b", "a.EXAMPLE")])
        .err()
        .unwrap();
    assert_eq!((error.place, error.key, error.what), (1, "domains", Wrong::Twice));
}

#[test]
fn a_domain_is_a_provider_s_exactly_or_not() {
    let providers = one(Settings {
        domains: vec!["Partner.Example".to_owned(), "bücher.example".to_owned()],
        ..okta()
    });
    for theirs in [
        "a@partner.example",
        "A.B@PARTNER.EXAMPLE",
        " a@partner.example ",
        "a@BÜCHER.example",
        "a@xn--bcher-kva.example",
    ] {
        assert_eq!(providers.of_domain(theirs).as_deref(), Some("sso"), "{theirs}");
    }
    for nobodys in [
        "",
        "a",
        "partner.example",
        "@partner.example",
        "a@sub.partner.example",
        "a@partner.example.org",
        "a@notpartner.example",
        "a@partner.example.",
        "a@b@partner.example",
        "a@partner.exampl%65",
        "PARTNER.EXAMPLE\\a",
    ] {
        assert_eq!(providers.of_domain(nobodys), None, "{nobodys}");
    }
}

#[test]
fn who_is_offered_stands_on_the_page_without_anybody_s_name() {
    let providers = Providers::new(vec![
        Settings {
            offered: true,
            title: Some("Example SSO".to_owned()),
            ..generic("https://sso.example.com/f?login={login}")
        },
        Settings {
            name: "other".to_owned(),
            ..okta()
        },
    ])
    .unwrap();
    let offered = providers.offered();
    assert_eq!(offered.len(), 1);
    assert_eq!(
        (&*offered[0].title, &*offered[0].host),
        ("Example SSO", "sso.example.com")
    );
    assert_eq!(&*offered[0].url, "https://sso.example.com/f");
    assert!(providers.page("nobody", Action::Reset, None).is_none());
    assert!(providers.page("other", Action::Reminder, None).is_none());
}

proptest! {
    #[test]
    fn whoever_is_named_the_host_is_the_configured_one(login in "(\\PC|[\\x00-\\x1f@/?#&=%:\\\\{}.]){0,60}") {
        let products = [
            Settings { hint: true, ..of_kind("entra") },
            of_kind("google"),
            okta(),
            keycloak(),
            generic("https://sso.example.com/f?login={login}&user={user}&domain={domain}"),
        ];
        for settings in products {
            let providers = one(settings);
            for wish in [Wish::Reset, Wish::Change, Wish::Unlock] {
                let (Some(bare), Some(named)) = (
                    providers.page_for("sso", wish, None),
                    providers.page_for("sso", wish, Some(&login)),
                ) else {
                    continue;
                };
                let (before, after) = (Url::parse(&bare.url).unwrap(), Url::parse(&named.url).unwrap());
                prop_assert_eq!(after.scheme(), "https");
                prop_assert_eq!((before.host_str(), before.port(), before.path()), (after.host_str(), after.port(), after.path()));
                prop_assert!(after.username().is_empty() && after.password().is_none() && after.fragment().is_none());
                prop_assert!(named.url.is_ascii());
                // And what arrives there is what was put in.
                if let Some((_, arrived)) = after.query_pairs().find(|(name, _)| matches!(&**name, "username" | "login_hint" | "login")) {
                    prop_assert_eq!(arrived, login.as_str());
                }
            }
        }
    }

    #[test]
    fn any_template_that_is_taken_stays_where_it_points(text in "https://[a-z.:@/?{}=&#%\\\\]{0,30}(\\{login\\})?[a-z&=/]{0,5}", login in ".{1,20}") {
        if let Ok(providers) = Providers::new(vec![generic(&text)]) {
            let page = providers.page_for("sso", Wish::Reset, Some(&login)).unwrap();
            let shown = Url::parse(&page.url).unwrap();
            let port = shown.port().map(|port| format!(":{port}")).unwrap_or_default();
            prop_assert_eq!(format!("{}{port}", shown.host_str().unwrap()), &*page.host);
        }
    }
}
