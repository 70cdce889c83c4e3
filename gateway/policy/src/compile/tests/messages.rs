//! Texts: which one a state shows, and what cannot be shown.

use super::*;

#[test]
fn a_standing_uses_the_message_it_names_or_the_one_of_its_own_name() {
    let text = "priority = 1\n[[policy]]\nroute = \"*\"\n\
                standing.expired.message = \"must_change\"\n\
                standing.locked.message = \"unknown\"\n\
                [policy.messages]\nmust_change = \"Go to {portal_url}\"\n";
    let book = compiled(&[("a.toml", text)], &["r"]).unwrap();
    for (state, text) in [
        (State::MustChange, "Go to https://portal.example.org"),
        (State::Expired, "Go to https://portal.example.org"),
        (
            State::Locked {
                by: postern_identity::LockedBy::Failures,
                until: None,
            },
            "Invalid credentials",
        ),
        (State::Disabled, "Your account is switched off. Ask your help desk."),
    ] {
        assert_eq!(verdict(&book, "r", state).text.as_deref(), Some(text));
    }
}

#[test]
fn messages_that_cannot_be_shown_are_errors_where_they_stand() {
    for (table, told) in [
        (
            "messages.must_change = \"Hello {user}\"",
            "4:24: unknown placeholder \"{user}\"",
        ),
        ("messages.must_change = \"a\\nb\"", "4:24: the text has a line break"),
        (
            "messages.must_change = \"{seconds}\"",
            "4:24: {seconds} and {days} cannot be used in the text for must_change",
        ),
        (
            "messages.must_chnge = \"Hello\"",
            "4:23: no state shows the message \"must_chnge\": did you mean \"must_change\"?",
        ),
        (
            "standing.locked.message = \"lokced\"",
            "4:27: there is no message called \"lokced\": did you mean \"locked\"?",
        ),
    ] {
        let found = problem(table);
        assert!(found.starts_with(&format!("p/a.toml:{told}")), "{found}");
    }
}

#[test]
fn a_text_with_the_portals_address_needs_a_route_that_has_one() {
    let text = "priority = 1\n[[policy]]\nroute = \"*\"\nmessages.expired = \"Go to {portal_url}\"\n";
    let set = PolicySet::of_texts("p", [("a.toml", text)]);
    let route = |url: Option<&str>| {
        [RouteFacts {
            name: "r".into(),
            portal_url: url.map(Into::into),
            mapped: false,
        }]
    };
    let found = compile(&set, &route(None), 1).unwrap_err();
    assert!(found[0].what.contains("no portal_url (route \"r\")"), "{found:?}");
    for unfit in ["https://a b", "https://a\u{7}", &"x".repeat(LONGEST_PORTAL_URL + 1)] {
        let found = compile(&set, &route(Some(unfit)), 1).unwrap_err();
        assert!(
            found
                .iter()
                .any(|problem| problem.what.contains("cannot be put into a text")),
            "{found:?}"
        );
    }
}
