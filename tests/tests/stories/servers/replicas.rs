//! A writer and a reader of one tree, the reader behind.

use super::{SOON, describe, gateway, reads, server_of, sign_in, sign_in_with, signed_in_at};
use postern_tests::people::{self, PASSWORD};
use postern_tests::replicas::{Follows, Replicas};
use postern_tests::request;
use postern_tests::{Gateway, GatewaySettings, Wire, eventually, policies, port};
use std::net::SocketAddr;

/// A gateway with two routes: `applications` lets things be changed, `reading` does not.
struct TwoRoutes {
    gateway: Gateway,
    reading: SocketAddr,
}

impl TwoRoutes {
    fn start(mut settings: GatewaySettings) -> Self {
        let reading = SocketAddr::from(([127, 0, 0, 1], port::free()));
        settings.policy = Some(policies::like_generic(
            "text",
            "\n[[policy]]\nroute = \"reading\"\npass.read_only = true\n",
        ));
        settings.more = format!(
            "[[listener]]\nname = \"reading\"\naddress = \"{reading}\"\nroute = \"reading\"\n\
             [[route]]\nname = \"reading\"\ndirectory = \"people\"\n"
        );
        let gateway = Gateway::start_with(&settings);
        Self { gateway, reading }
    }

    /// A sign-in on the route on which nothing may be changed, and the server that answered it.
    fn reader(&self, uid: &str, password: &str) -> (Option<u32>, String) {
        let mut wire = Wire::connect(self.reading);
        let answer = wire.bind(1, &people::dn(uid), password);
        (answer.code, server_of(&self.gateway, &wire))
    }
}

#[test]
fn whoever_may_write_is_on_the_writer_others_on_the_reader_and_a_new_password_works_at_once() {
    let mut replicas = Replicas::start(Follows::WhenStarted, 3);
    let (provider, consumer) = (replicas.provider.url(), replicas.consumer.url());
    let servers = [
        (&replicas.consumer, ", role = \"reader\""),
        (&replicas.provider, ", role = \"writer\""),
    ];
    let routes = TwoRoutes::start(gateway("generic", "read_your_writes_seconds = 600", &servers));
    assert_eq!(signed_in_at(&routes.gateway, "user0001"), provider);
    assert_eq!(routes.reader("user0001", PASSWORD), (Some(0), consumer.clone()));
    assert_eq!(routes.reader("user0002", PASSWORD), (Some(0), consumer.clone()));

    // She changes her password where that is possible; the reader will not hear of it.
    let (mut wire, _) = sign_in(&routes.gateway, "user0001");
    let change = request::password_modify(2, None, Some(PASSWORD), Some("another-secret-1"), &[]);
    assert_eq!(wire.ask(&change)[0].code, Some(0));
    assert_eq!(
        routes.reader("user0001", "another-secret-1"),
        (Some(0), provider.clone()),
        "the server that took the write is asked"
    );
    assert_eq!(
        routes.reader("user0001", PASSWORD).0,
        Some(49),
        "and the old one is no more"
    );
    assert_eq!(
        routes.reader("user0002", PASSWORD),
        (Some(0), consumer.clone()),
        "nobody else moves"
    );

    // Somebody else's entry counts too.
    let mut administrator = routes.gateway.client();
    let bound = administrator.bind(1, people::ADMINISTRATOR, people::ADMINISTRATOR_PASSWORD);
    assert_eq!(bound.code, Some(0), "{bound:?}");
    let reset = request::password_modify(2, Some(&people::dn("user0003")), None, Some("another-secret-2"), &[]);
    assert_eq!(administrator.ask(&reset)[0].code, Some(0));
    assert_eq!(routes.reader("user0003", "another-secret-2").1, provider);

    // Without the writer the reader still serves, and nothing is written by halves.
    replicas.provider.kill();
    assert_eq!(signed_in_at(&routes.gateway, "user0002"), consumer);
    let (mut wire, _) = sign_in(&routes.gateway, "user0002");
    let answer = wire.ask(&describe(2, "user0002", "x")).remove(0);
    assert_eq!(answer.code, Some(53), "the way to the writer is not shown: {answer:?}");
    assert!(!answer.text.contains("ldap://") && !String::from_utf8_lossy(&answer.octets).contains("ldap://"));
    assert_eq!(reads(&mut wire, 3, "user0002"), Some(0));
    eventually("the refusal is on record", SOON, || {
        let lines = routes.gateway.audit();
        let refused = lines.iter().filter(|line| line["rule"] == "built-in:held-elsewhere");
        (refused.count() == 1).then_some(())
    });
    replicas.provider.start_again();
    eventually("the writer is used again", SOON, || {
        (signed_in_at(&routes.gateway, "user0002") == provider).then_some(())
    });
}

#[test]
fn a_paused_reader_costs_nobody_an_answer() {
    let replicas = Replicas::start(Follows::AtOnce, 3);
    let provider = replicas.provider.url();
    let servers = [
        (&replicas.provider, ", role = \"writer\""),
        (&replicas.consumer, ", role = \"reader\""),
    ];
    let more = "check_interval_ms = 200\ncheck_timeout_ms = 300";
    let routes = TwoRoutes::start(gateway("generic", more, &servers));
    assert_eq!(routes.reader("user0001", PASSWORD), (Some(0), replicas.consumer.url()));
    replicas.consumer.freeze();
    eventually("the check has told", SOON, || {
        let consumer = replicas.consumer.url();
        let up = routes
            .gateway
            .metrics()
            .sum("postern_directory_server_up", &[("server", &consumer)]);
        (up < 0.5).then_some(())
    });
    assert_eq!(routes.reader("user0001", PASSWORD), (Some(0), provider));
    let (mut wire, answer) = sign_in_with(&routes.gateway, "user0002", PASSWORD);
    assert_eq!(answer.code, Some(0));
    assert_eq!(wire.ask(&describe(2, "user0002", "meanwhile"))[0].code, Some(0));
    replicas.consumer.thaw();
    replicas.are_in_step();
    eventually("the reader is used again", SOON, || {
        (routes.reader("user0003", PASSWORD) == (Some(0), replicas.consumer.url())).then_some(())
    });
}

#[test]
fn a_referral_to_a_server_of_ours_names_the_route_where_the_policy_says_so() {
    let replicas = Replicas::start(Follows::AtOnce, 1);
    let referral = |reference: &str| {
        let dropping = "references = \"drop\"";
        let generic = policies::like_generic("text", "");
        assert!(generic.contains(dropping), "the preset generic says something else now");
        generic.replace(dropping, &format!("references = \"{reference}\""))
    };
    let ask = |reference: &str, ldap_url: &str, own: bool| {
        // The reader first, and its role not told: a write meets it.
        let mut servers = vec![(&replicas.consumer, "")];
        if own {
            servers.push((&replicas.provider, ""));
        }
        let mut settings = gateway("generic", "", &servers);
        settings.policy = Some(referral(reference));
        settings.route = ldap_url.to_owned();
        let gateway = Gateway::start_with(&settings);
        let (mut wire, answer) = sign_in(&gateway, "user0001");
        assert_eq!(answer.code, Some(0), "{answer:?}");
        let answer = wire.ask(&describe(2, "user0001", "x")).remove(0);
        assert_eq!(reads(&mut wire, 3, "user0001"), Some(0), "the session goes on");
        (answer.code, String::from_utf8_lossy(&answer.octets).into_owned())
    };
    let url = "ldap_url = \"ldaps://ldap.example.org\"";
    let (code, text) = ask("rewrite", url, true);
    assert_eq!(code, Some(10));
    assert!(
        text.contains(&format!("ldaps://ldap.example.org:636/{}", people::dn("user0001"))),
        "{text}"
    );
    assert!(!text.contains("127.0.0.1"), "{text}");
    for (reference, ldap_url, own) in [("rewrite", "", true), ("drop", url, true), ("rewrite", url, false)] {
        let (code, text) = ask(reference, ldap_url, own);
        assert_eq!(code, Some(53), "{reference} {own}");
        assert!(!text.contains("127.0.0.1"), "{text}");
    }
    let (code, text) = ask("pass", "", true);
    assert_eq!(code, Some(10));
    assert!(text.contains(&replicas.provider.url()), "{text}");
}
