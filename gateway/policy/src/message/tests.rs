use super::*;
use postern_identity::{Evidence, Proven, Source, Standing, disclose};

const URL: &str = "https://portal.example.org/reset";

fn told(state: State) -> Disclosed {
    let standing = Standing {
        state,
        cause: None,
        warning: None,
        evidence: Evidence {
            source: Source::Bind,
            result_code: Some(0),
            told_by: "test",
        },
    };
    disclose(&standing, Proven::Yes)
}

fn ready(text: &str, state: StateName) -> Result<Message, Mistake> {
    Template::parse(text)?.ready(state, Some(URL))
}

#[test]
fn placeholders_become_the_portals_address_and_what_the_directory_told() {
    let text = ready("{days} days, {seconds} s: {portal_url}", StateName::Expiring).unwrap();
    assert_eq!(
        &*text.text(told(State::Expiring { seconds: 259_199 })),
        "2 days, 259199 s: https://portal.example.org/reset"
    );
    let text = ready("{grace_left} left", StateName::ExpiredGrace).unwrap();
    assert_eq!(&*text.text(told(State::ExpiredGrace { left: 0 })), "0 left");
}

#[test]
fn a_text_without_numbers_is_made_once() {
    let text = ready("Go to {portal_url}", StateName::MustChange).unwrap();
    assert_eq!(text, Message::Fixed("Go to https://portal.example.org/reset".into()));
}

#[test]
fn templates_that_cannot_be_used_are_refused_with_the_reason() {
    let long = "x".repeat(LONGEST_TEXT + 1);
    let url_too_much = format!("{}{{portal_url}}", "x".repeat(LONGEST_TEXT - URL.len() + 1));
    let number_too_much = format!("{}{{seconds}}", "x".repeat(LONGEST_TEXT - 19));
    for (text, state, reason) in [
        ("", StateName::Locked, "is empty"),
        (" \u{a0}", StateName::Locked, "is empty"),
        ("a\nb", StateName::Locked, "line break"),
        ("a\u{2028}b", StateName::Locked, "line break"),
        ("a\u{7}b", StateName::Locked, "control character"),
        ("{user}", StateName::Locked, "unknown placeholder \"{user}\""),
        ("{portal_url", StateName::Locked, "a brace stands alone"),
        ("portal_url}", StateName::Locked, "a brace stands alone"),
        ("{{portal_url}}", StateName::Locked, "unknown placeholder"),
        (
            "{seconds}",
            StateName::MustChange,
            "cannot be used in the text for must_change",
        ),
        (
            "{grace_left}",
            StateName::Unknown,
            "cannot be used in the text for unknown",
        ),
        ("error, data 773, v1db1", StateName::MustChange, "sub-code"),
        ("DATA  52e", StateName::MustChange, "sub-code"),
        ("data {days}", StateName::Expiring, "sub-code"),
        (&long, StateName::Locked, "401 octets"),
        (&url_too_much, StateName::Locked, "401 octets"),
        (&number_too_much, StateName::Expiring, "401 octets"),
    ] {
        let mistake = ready(text, state).unwrap_err();
        assert!(mistake.what.contains(reason), "{text}: {mistake:?}");
    }
}

#[test]
fn ordinary_words_about_data_are_no_sub_code() {
    for text in ["Your data is safe", "metadata: 5", "data", "data-773"] {
        assert!(ready(text, StateName::Locked).is_ok(), "{text}");
    }
}

#[test]
fn a_text_with_the_portal_needs_a_route_with_a_portal() {
    let template = Template::parse("Go to {portal_url}").unwrap();
    assert!(template.ready(StateName::MustChange, None).is_err());
}

#[test]
fn every_built_in_text_fits_with_the_longest_portal_address_and_without_one() {
    let longest = "u".repeat(crate::compile::LONGEST_PORTAL_URL);
    for state in StateName::ALL {
        for portal in [None, Some(longest.as_str())] {
            let message = Template::built_in(state, portal.is_some())
                .ready(state, portal)
                .unwrap();
            assert!(matches!(message, Message::Fixed(_)), "{state}");
        }
    }
}

#[test]
fn the_built_in_text_for_a_wrong_password_says_nothing_but_that() {
    let message = Template::built_in(StateName::Unknown, true).ready(StateName::Unknown, Some(URL));
    assert_eq!(message, Ok(Message::Fixed("Invalid credentials".into())));
}

#[test]
fn a_password_that_can_be_reset_is_told_the_portals_address() {
    for state in StateName::ALL {
        let Ok(Message::Fixed(text)) = Template::built_in(state, true).ready(state, Some(URL)) else {
            panic!("{state}")
        };
        let resettable = matches!(
            state,
            StateName::MustChange | StateName::Expired | StateName::ExpiredGrace | StateName::Expiring
        );
        assert_eq!(text.contains(URL), resettable, "{state}");
    }
}
