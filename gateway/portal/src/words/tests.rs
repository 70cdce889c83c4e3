use super::*;
use jiff::tz::TimeZone;
use proptest::prelude::*;

/// FSI and PDI around a variable.
fn apart(text: &str) -> String {
    format!("\u{2068}{text}\u{2069}")
}

#[test]
fn every_message_is_there_in_every_language() {
    for language in Language::ALL {
        let words = Words::of(language);
        for name in EVERY_MESSAGE {
            let message = words
                .bundle
                .get_message(name)
                .unwrap_or_else(|| panic!("{language:?}: {name}"));
            assert!(message.value().is_some(), "{language:?}: {name}");
        }
        let written = language
            .source()
            .lines()
            .filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()))
            .count();
        assert_eq!(written, EVERY_MESSAGE.len(), "{language:?}");
    }
}

#[test]
fn plurals_are_those_of_the_language() {
    let of = |language: Language, count: u32| Words::of(language).tries_left(count);
    assert_eq!(of(Language::English, 1), "You can try once more.");
    assert_eq!(
        of(Language::English, 2),
        format!("You can try {} more times.", apart("2"))
    );
    assert!(of(Language::English, 0).starts_with("This code cannot be tried any more."));
    assert_eq!(of(Language::Arabic, 2), "بقيت لك محاولتان.");
    assert!(of(Language::Arabic, 3).contains("محاولات"));
    assert!(of(Language::Arabic, 11).ends_with("محاولة."));
    // French counts none like one.
    assert!(Words::of(Language::French).rule_shortest(0_u32).ends_with("caractère"));
}

#[test]
fn names_are_set_apart_from_the_text_around_them() {
    let words = Words::of(Language::Arabic);
    assert!(words.start_intro("Example").contains(&apart("Example")));
    assert_eq!(plain(&Words::of(Language::English).page_title("A", "B")), "A – B");
}

#[test]
fn times_are_told_in_words_and_with_their_zone() {
    let at = "2026-11-22T14:45:00Z".parse().unwrap();
    let of = |language, zone: &str| plain(&Words::of(language).time(at, &TimeZone::get(zone).unwrap()));
    assert_eq!(of(Language::English, "UTC"), "22 November 2026, 14:45 (UTC)");
    assert_eq!(
        of(Language::German, "Europe/Berlin"),
        "22. November 2026, 15:45 Uhr (UTC+01:00)"
    );
    assert_eq!(
        of(Language::French, "America/St_Johns"),
        "22 novembre 2026 à 11:15 (UTC−03:30)"
    );
    assert_eq!(of(Language::Arabic, "UTC"), "22 نوفمبر 2026، الساعة 14:45 (UTC)");
}

#[test]
fn a_language_is_chosen_by_address_then_choice_then_browser_then_site() {
    let all = &Language::ALL;
    assert_eq!(negotiate(Some("ar"), Some("de"), Some("fr"), all), Language::Arabic);
    assert_eq!(negotiate(Some("xx"), Some("de"), Some("fr"), all), Language::German);
    assert_eq!(
        negotiate(None, Some("../.."), Some("fr-CA, de;q=0.9"), all),
        Language::French
    );
    assert_eq!(
        negotiate(None, None, Some("de;q=0.5, ar;q=0.7, *;q=0.1"), all),
        Language::Arabic
    );
    assert_eq!(negotiate(None, None, Some("de;q=0, fr;q=0.001"), all), Language::French);
    assert_eq!(
        negotiate(None, None, Some("ja"), &[Language::German, Language::English]),
        Language::German
    );
    assert_eq!(
        negotiate(Some("fr"), None, None, &[Language::English]),
        Language::English
    );
}

/// Words of our trade that nobody outside it has to know.
#[test]
fn no_jargon_is_shown() {
    for language in Language::ALL {
        let text = language.source();
        let shown: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        let shown = shown.join("\n");
        for word in [
            "LDAP",
            "token",
            "directory",
            "Token",
            "Verzeichnis",
            "annuaire",
            "jeton",
            "Active Directory",
            "دليل",
            "!",
        ] {
            assert!(!shown.contains(word), "{language:?}: {word}");
        }
    }
}

proptest! {
    #[test]
    fn any_wishes_lead_to_a_language_of_the_site(wishes in any::<String>(), asked in any::<Option<String>>()) {
        let offered = [Language::German, Language::Arabic];
        prop_assert!(offered.contains(&negotiate(asked.as_deref(), None, Some(&wishes), &offered)));
    }
}
