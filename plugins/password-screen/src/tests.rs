use super::*;
use proptest::prelude::*;
use std::sync::OnceLock;

fn screen() -> &'static NewPasswords {
    static SCREEN: OnceLock<NewPasswords> = OnceLock::new();
    SCREEN.get_or_init(|| NewPasswords::new(vec![Leaked::shipped().unwrap()]))
}

fn rules() -> PasswordRules {
    PasswordRules::default()
}

fn findings(password: &str, rules: &PasswordRules, words: &[&str]) -> Vec<Finding> {
    screen().screen(&Secret::new(password), rules, words).findings
}

#[test]
fn a_few_unusual_words_are_a_good_password() {
    let screened = screen().screen(&Secret::new("lantern otter quibble moss"), &rules(), &["alice"]);
    assert_eq!(screened.findings, []);
    assert_eq!(screened.strength, 4);
    assert_eq!(screened.advice, []);
}

#[test]
fn characters_are_counted_as_people_see_code_points() {
    let eight = PasswordRules {
        shortest: 8,
        longest: 12,
        ..rules()
    };
    assert_eq!(findings("xkcd-öü", &eight, &[]), [Finding::TooShort { shortest: 8 }]);
    // Composed, so that what is typed on another keyboard counts alike.
    assert_eq!(findings("xkcd-o\u{308}u\u{308}q", &eight, &[]), []);
    assert_eq!(findings("🦦🦦🪻🪻🫎🫎🦤🦤", &eight, &[]), []);
    assert_eq!(
        findings("xkcd-oak-tuq-z", &eight, &[]),
        [Finding::TooLong { longest: 12 }]
    );
    let long = "ñ".repeat(64) + &"灯台もと暗し".repeat(11)[..];
    assert_eq!(
        findings(&long[..long.char_indices().nth(128).unwrap().0], &rules(), &[]),
        []
    );
}

#[test]
fn spaces_are_characters_like_others() {
    let eight = PasswordRules { shortest: 8, ..rules() };
    assert_eq!(findings(" otter  ", &eight, &[]), []);
    assert_eq!(findings(" otter ", &eight, &[]), [Finding::TooShort { shortest: 8 }]);
}

#[test]
fn everything_against_it_is_told_at_once() {
    let all = PasswordRules { strength: 3, ..rules() };
    assert_eq!(
        findings("Password1", &all, &["password"]),
        [
            Finding::TooShort { shortest: 15 },
            Finding::Leaked,
            Finding::Context,
            Finding::Weak
        ]
    );
}

#[test]
fn each_rule_can_be_off() {
    let off = PasswordRules {
        shortest: 1,
        leaked: false,
        context: false,
        strength: 0,
        ..rules()
    };
    assert_eq!(findings("password1", &off, &["password"]), []);
}

#[test]
fn words_of_the_organisation_count_like_the_person_s() {
    let ours = PasswordRules {
        shortest: 8,
        words: vec!["Wonderland".into()],
        ..rules()
    };
    assert_eq!(findings("W0nderland-2026", &ours, &[]), [Finding::Context]);
}

#[test]
fn what_is_no_text_is_refused() {
    let screened = screen().screen(&Secret::new([0xff; 20]), &rules(), &[]);
    assert_eq!(screened.findings, [Finding::NotText]);
}

#[test]
fn advice_says_what_would_help() {
    let advice = |password: &str| screen().screen(&Secret::new(password), &rules(), &[]).advice;
    assert!(advice("aaaaaaaaaaaa").contains(&Advice::Repeats));
    assert!(advice("abcdefghijk").contains(&Advice::Sequence));
    assert!(advice("qwertyuiop").contains(&Advice::CommonWord));
    assert!(advice("p@ssw0rd").contains(&Advice::Substitution));
    assert!(advice("1987-11-22").contains(&Advice::Date));
    assert!(advice("dragon").contains(&Advice::MoreWords));
    assert!(advice("grüße aus der küche im wald").contains(&Advice::NotAscii));
}

#[test]
fn a_huge_password_is_too_long_and_nothing_else_is_done_with_it() {
    let huge = Secret::new(vec![b'a'; 10_000_000]);
    assert_eq!(
        screen().screen(&huge, &rules(), &[]).findings,
        [Finding::TooLong { longest: 128 }]
    );
}

#[test]
fn the_shipped_filter_has_the_common_ones() {
    let eight = PasswordRules { shortest: 8, ..rules() };
    for common in ["password", "12345678", "sunshine", "QWERTYUIOP", "iloveyou"] {
        assert!(findings(common, &eight, &[]).contains(&Finding::Leaked), "{common}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]
    #[test]
    fn any_octets_get_an_answer(octets in prop::collection::vec(any::<u8>(), 0..300), word in ".{0,80}") {
        let screened = screen().screen(&Secret::new(octets.clone()), &rules(), &[&word, "a@b", ""]);
        prop_assert!(screened.strength <= 4);
        prop_assert_eq!(screened.findings.contains(&Finding::NotText), std::str::from_utf8(&octets).is_err());
    }

    #[test]
    fn however_it_is_composed_the_answer_is_the_same(password in "[a-zäöüéñ\u{1e9b}\u{323}ｱｶﾞ 0-9]{0,60}") {
        let composed: String = password.nfc().collect();
        let apart: String = password.nfd().collect();
        let by = screen();
        prop_assert_eq!(
            by.screen(&Secret::new(composed), &rules(), &["küche"]),
            by.screen(&Secret::new(apart), &rules(), &["küche"])
        );
    }

    #[test]
    fn a_longer_password_is_never_too_short_sooner(length in 0usize..200) {
        let word: String = "zq7kp2wx".chars().cycle().take(length).collect();
        let found = findings(&word, &rules(), &[]);
        prop_assert_eq!(found.contains(&Finding::TooShort { shortest: 15 }), length < 15);
        prop_assert_eq!(found.contains(&Finding::TooLong { longest: 128 }), length > 128);
    }
}
