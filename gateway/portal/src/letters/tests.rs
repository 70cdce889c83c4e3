use super::*;
use crate::brand::BrandParts;
use postern_identity::Secret;
use postern_identity::reset::{Page, PublicUrl};
use proptest::prelude::*;

const KINDS: [LetterKind; 8] = [
    LetterKind::Challenge,
    LetterKind::Changed,
    LetterKind::Unlocked,
    LetterKind::NotHere,
    LetterKind::Reminder,
    LetterKind::SignIn,
    LetterKind::Privileged,
    LetterKind::Waiting,
];

fn letter(kind: LetterKind, action: Action, language: &str) -> Letter {
    let url = PublicUrl::from_configuration("https://id.example.org").unwrap();
    Letter {
        kind,
        route: "people".into(),
        to: "jdoe@example.org".into(),
        id: "one".into(),
        language: language.into(),
        display_name: Some("Jane Doe".into()),
        logins: vec!["jdoe".into(), "EXAMPLE\\jdoe".into()],
        action,
        link: match kind {
            LetterKind::Reminder => Some(url.link("/")),
            _ => url.link_with("/reset/l/", "aB-_9"),
        },
        code: Some(Secret::new("K7M29QXR")),
        not_me: url.link_with("/reset/not-me/", "zZ"),
        link_until: Some("2026-11-22T16:15:00Z".parse().unwrap()),
        code_until: Some("2026-11-22T15:55:00Z".parse().unwrap()),
        at: "2026-11-22T15:45:00Z".parse().unwrap(),
        from: Some("192.0.2.0/24".into()),
        provider: Some(Page {
            provider: "sso".into(),
            title: "Example SSO".into(),
            host: "sso.example.com".into(),
            url: "https://sso.example.com/forgot?login=a&b=c".into(),
        }),
        help_desk: Some("Room 7".into()),
    }
}

fn letters() -> Letters {
    let brand = Arc::new(Brand::plain("Example & Sons"));
    Letters::new([("people".into(), brand)], Arc::new(Brand::plain("Elsewhere")))
}

fn every(check: impl Fn(&Letter, &Message)) {
    let letters = letters();
    for kind in KINDS {
        for action in Action::ALL {
            for language in Language::ALL {
                let letter = letter(kind, action, language.tag());
                check(&letter, &letters.compose(&letter));
            }
        }
    }
}

#[test]
fn a_challenge_reads_like_this() {
    let message = letters().compose(&letter(LetterKind::Challenge, Action::Reset, "en-GB"));
    assert_eq!(message.subject, "Set a new password for Example & Sons");
    assert_eq!(
        message.text,
        "Hello Jane Doe,

Somebody, most likely you, has asked for a new password for j•••e.

It was asked for on 22 November 2026, 15:45 (UTC), from 192.0.2.0/24.

This link works until 22 November 2026, 16:15 (UTC):

https://id.example.org/reset/l/aB-_9

Or type this code on the page you came from. It holds until 22 November 2026, 15:55 (UTC).

    K7M2 9QXR

We never ask for this code by telephone, mail or chat. Whoever asks for it is not one of us.

If you do nothing, nothing is changed.

If it was not you, open this page and say so:

https://id.example.org/reset/not-me/zZ

-- \nHelp: Room 7
This message was written by a program of Example & Sons. Please do not answer it.
"
    );
    assert!(message.html.contains("Example &#38; Sons"));
}

#[test]
fn every_letter_is_whole_in_every_language_as_text_and_as_html() {
    every(|letter, message| {
        assert_eq!(message.language, &*letter.language);
        assert!(!message.subject.is_empty() && !message.subject.contains(['\n', '\r']));
        assert!(message.html.starts_with("<!doctype html>") && message.html.trim_end().ends_with("</html>"));
        assert!(message.html.contains(&format!("lang=\"{}\"", letter.language)));
        // Nothing was left unsaid, and nothing said by the name of its message.
        for text in [&message.text, &message.html, &message.subject] {
            assert!(
                !crate::words::EVERY_MESSAGE
                    .iter()
                    .any(|name| name.contains('-') && text.contains(name)),
                "{text}"
            );
            assert!(!text.contains("{ $") && !text.contains("{$"), "{text}");
        }
    });
}

#[test]
fn no_letter_loads_anything_or_leads_where_configuration_does_not() {
    every(|_, message| {
        for never in [
            "<img",
            "src=",
            "url(",
            "@import",
            "<link",
            "<script",
            "http://",
            "javascript:",
        ] {
            assert!(!message.html.contains(never), "{never}");
        }
        for address in message
            .html
            .split("href=\"")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap())
        {
            assert!(
                address == "https://id.example.org/"
                    || address.starts_with("https://id.example.org/reset/")
                    || address.starts_with("https://sso.example.com/forgot?"),
                "{address}"
            );
        }
    });
}

#[test]
fn a_code_and_a_whole_name_stand_only_where_they_are_meant() {
    every(|letter, message| {
        let code = [&message.text, &message.html].iter().any(|text| text.contains("K7M2"));
        assert_eq!(code, letter.kind == LetterKind::Challenge);
        assert!(
            !message.subject.contains("K7M2") && !message.subject.contains("jdoe"),
            "subjects stand on locked screens"
        );
        let named = message.text.contains("jdoe");
        assert_eq!(
            named,
            matches!(letter.kind, LetterKind::Reminder | LetterKind::Privileged),
            "{:?}",
            letter.kind
        );
        let links = message.text.contains("/reset/l/");
        assert_eq!(links, matches!(letter.kind, LetterKind::Challenge | LetterKind::SignIn));
    });
}

#[test]
fn somebody_elses_password_is_told_with_the_provider_or_without() {
    let mut letter = letter(LetterKind::NotHere, Action::Reset, "en");
    let message = letters().compose(&letter);
    assert!(
        message.text.contains("kept at Example SSO")
            && message.text.contains("https://sso.example.com/forgot?login=a&b=c")
    );
    assert!(message.html.contains("Go to \u{2068}sso.example.com\u{2069}"));
    letter.provider = None;
    let message = letters().compose(&letter);
    assert!(message.text.contains("Your help desk knows") && !message.text.contains("https://"));
}

#[test]
fn names_are_masked_to_a_letter_at_each_end() {
    for (login, mask) in [
        ("jdoe", "j•••e"),
        ("jdoe@example.org", "j•••e@example.org"),
        ("ab", "a•••"),
        ("a", "a•••"),
        ("", "•••"),
        ("j•••e", "j•••e"),
        ("é日本語x", "é•••x"),
    ] {
        assert_eq!(masked(login), mask);
    }
}

#[test]
fn what_is_no_name_is_not_said() {
    for no_name in [
        "",
        " ",
        "Call +1:900",
        "visit www.evil.example",
        "https://evil.example",
        "a\nb",
        "<b>",
        "x@y",
        "\u{202e}evil",
    ] {
        let mut letter = letter(LetterKind::Changed, Action::Reset, "en");
        letter.display_name = Some(no_name.into());
        assert!(letters().compose(&letter).text.starts_with("Hello,\n"), "{no_name}");
    }
}

#[test]
fn a_language_the_site_has_not_is_its_first_and_a_route_without_a_site_has_the_common_one() {
    let parts = BrandParts {
        languages: vec![Language::German],
        ..parts_of("Nur Deutsch")
    };
    let letters = Letters::new(
        [("people".into(), Arc::new(Brand::new(parts).unwrap()))],
        Arc::new(Brand::plain("Elsewhere")),
    );
    let mut letter = letter(LetterKind::Changed, Action::Reset, "ja");
    assert_eq!(letters.compose(&letter).language, "de");
    letter.route = "another".into();
    assert!(letters.compose(&letter).subject.contains("Elsewhere"));
}

fn parts_of(name: &str) -> BrandParts {
    BrandParts {
        name: name.into(),
        logo: None,
        logo_dark: None,
        accent: crate::brand::Colour::BLUE,
        accent_dark: crate::brand::Colour::LIGHT_BLUE,
        help_desk: crate::brand::HelpDesk::default(),
        legal: Vec::new(),
        languages: Vec::new(),
        kiosk: false,
        sign_in: None,
        time_zone: jiff::tz::TimeZone::UTC,
    }
}

proptest! {
    /// Whatever stands in the entry: no line of its own, no markup, no header.
    #[test]
    fn hostile_entries_stay_in_their_place(login in any::<String>(), name in any::<String>(), help in any::<String>()) {
        let letters = letters();
        for kind in KINDS {
            let mut letter = letter(kind, Action::Reset, "en");
            letter.logins = vec![login.as_str().into()];
            letter.display_name = Some(name.as_str().into());
            letter.help_desk = Some(help.as_str().into());
            let message = letters.compose(&letter);
            prop_assert!(!message.subject.chars().any(char::is_control));
            prop_assert!(!message.html.contains("<script") && message.html.matches("<body").count() == 1);
            prop_assert!(message.text.lines().count() < 60);
        }
    }
}

#[test]
fn a_site_s_letters_come_from_the_address_of_its_brand() {
    let brand = |from: Option<&str>| Arc::new(Brand::plain("Example").writing_from(from.map(Into::into)));
    let own = "Example accounts <accounts@example.org>";
    let letters = Letters::new([("people".into(), brand(Some(own)))], brand(None));
    let mut letter = letter(LetterKind::Challenge, Action::Reset, "en");
    assert_eq!(letters.compose(&letter).from.as_deref(), Some(own));
    letter.route = "another".into();
    assert_eq!(letters.compose(&letter).from, None);
}
