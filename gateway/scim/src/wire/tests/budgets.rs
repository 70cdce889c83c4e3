//! No text can exhaust the stack, the memory or the time.

use super::super::parse::{DEEPEST, LONGEST, MOST_TERMS};
use super::*;
use proptest::prelude::*;

fn nested(depth: usize) -> String {
    format!("{}title pr{}", "(".repeat(depth), ")".repeat(depth))
}

#[test]
fn brackets_stand_no_deeper_than_the_budget() {
    assert!(filter(&nested(DEEPEST), &user()).is_ok());
    let fault = filter(&nested(DEEPEST + 1), &user()).unwrap_err();
    assert!(fault.detail.contains("deep"), "{fault}");
    let negations = |depth: usize| format!("{}title pr{}", "not(".repeat(depth), ")".repeat(depth));
    assert!(filter(&negations(DEEPEST), &user()).is_ok());
    assert!(filter(&negations(DEEPEST + 1), &user()).is_err());
    let element = |depth: usize| format!("{}emails[type pr]{}", "(".repeat(depth), ")".repeat(depth));
    assert!(filter(&element(DEEPEST - 1), &user()).is_ok());
    assert!(filter(&element(DEEPEST), &user()).is_err());
    assert!(
        filter(&"(".repeat(LONGEST), &user())
            .unwrap_err()
            .detail
            .contains("deep")
    );
}

#[test]
fn what_is_longer_than_the_budget_is_refused_unread() {
    for text in [
        "(".repeat(10_000),
        format!(r#"userName eq "{}""#, "a".repeat(1 << 20)),
        nested(10_000),
    ] {
        let fault = filter(&text, &user()).unwrap_err();
        assert!(fault.detail.contains("the most that is read"), "{fault}");
        assert!(path(&text, &user()).is_err());
    }
    let cut_in_a_letter = "ä".repeat(LONGEST);
    assert!(filter(&cut_in_a_letter, &user()).is_err());
}

#[test]
fn there_are_no_more_comparisons_than_the_budget() {
    let mut short = user();
    short.core.attributes.push(crate::fixture::text("t"));
    let terms = |count: usize| vec!["t pr"; count].join(" or ");
    let within = filter(&terms(MOST_TERMS), &short).unwrap();
    assert!(matches!(within, Filter::Or(parts) if parts.len() == MOST_TERMS));
    assert!(filter(&terms(MOST_TERMS + 1), &short).is_err());
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in r#"([a-z]{1,4}|[()\[\]"\\. ]|eq|userName|emails|not|and|"a"|-?[0-9]e?|\PC){0,40}"#) {
        let _ = filter(&text, &user());
        let _ = filter_with(&text, &user(), Leniency { bare_words: true });
        let _ = path(&text, &user());
        let _ = sort_by(&text, &user());
        let _ = attribute_list([text.as_str()], &user());
    }

    #[test]
    fn no_octets_make_the_parser_panic(octets in proptest::collection::vec(any::<u8>(), 0..200)) {
        let text = String::from_utf8_lossy(&octets);
        let _ = filter(&text, &user());
        let _ = path(&text, &user());
    }
}
