//! Values as this server writes them, each absent, readable or not.

use crate::upstream::entry::Entry;
use crate::upstream::openldap::time;
use crate::upstream::reading::Unreadable;
use postern_identity::Timestamp;

/// A time. The last days of the year 9999 stand for never, and are later than what can be counted here.
pub(in crate::upstream) fn time(entry: &Entry, attribute: &'static str) -> Result<Option<Timestamp>, Unreadable> {
    if !entry.has(attribute) {
        return Ok(None);
    }
    let digits = |text: &str| text.len() == 14 && text.bytes().all(|digit| digit.is_ascii_digit());
    let is_never = |text: &str| text.starts_with("9999123") && text.strip_suffix('Z').is_some_and(digits);
    let never = |text: &str| is_never(text).then_some(Timestamp::MAX);
    let read = entry
        .text(attribute)
        .and_then(|text| time::parse(text).or_else(|| never(text)));
    read.map(Some).ok_or(Unreadable(attribute))
}

/// A whole number; negative ones mean "none".
pub(in crate::upstream) fn number(entry: &Entry, attribute: &'static str) -> Result<Option<i64>, Unreadable> {
    if !entry.has(attribute) {
        return Ok(None);
    }
    let read = entry.text(attribute).and_then(|text| text.parse().ok());
    read.map(Some).ok_or(Unreadable(attribute))
}

/// A switch, in all the words the server takes for one.
pub(in crate::upstream) fn switch(entry: &Entry, attribute: &'static str) -> Result<Option<bool>, Unreadable> {
    if !entry.has(attribute) {
        return Ok(None);
    }
    let is = |words: [&str; 3]| {
        let text = entry.text(attribute);
        text.is_some_and(|text| words.iter().any(|word| text.eq_ignore_ascii_case(word)))
    };
    match () {
        () if is(["on", "true", "1"]) => Ok(Some(true)),
        () if is(["off", "false", "0"]) => Ok(Some(false)),
        () => Err(Unreadable(attribute)),
    }
}

/// Whether the account is switched off. Any of several values is enough; one that comes from a role reads like its own.
pub(in crate::upstream) fn is_inactivated(account: &Entry) -> bool {
    account
        .values("nsAccountLock")
        .any(|value| value.eq_ignore_ascii_case(b"true"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn switches_are_read_in_all_the_words_the_server_takes() {
        for (text, wanted) in [
            ("on", Some(true)),
            ("ON", Some(true)),
            ("1", Some(true)),
            ("true", Some(true)),
            ("off", Some(false)),
            ("False", Some(false)),
            ("0", Some(false)),
            ("yes", None),
            ("", None),
        ] {
            let entry = Entry::new("cn=config", &[("passwordExp", &[text])]);
            assert_eq!(switch(&entry, "passwordExp").ok(), wanted.map(Some), "{text}");
        }
        assert_eq!(switch(&Entry::new("cn=config", &[]), "passwordExp").ok(), Some(None));
    }

    #[test]
    fn the_end_of_the_calendar_is_later_than_any_other_time() {
        let read = |text: &str| {
            time(
                &Entry::new("uid=a", &[("passwordExpirationTime", &[text])]),
                "passwordExpirationTime",
            )
            .ok()
        };
        assert_eq!(read("99991231235959Z"), Some(Some(Timestamp::MAX)));
        assert!(read("99990101000000Z") < read("99991231235959Z"));
        assert_eq!(read("99991399000000Z"), None);
    }

    #[test]
    fn one_true_among_the_values_switches_an_account_off() {
        for (values, wanted) in [
            (&["true"][..], true),
            (&["TRUE"], true),
            (&["false", "true"], true),
            (&["false"], false),
            (&["yes"], false),
            (&[], false),
        ] {
            let entry = Entry::new("uid=a", &[("nsAccountLock", values)]);
            assert_eq!(is_inactivated(&entry), wanted, "{values:?}");
        }
    }
}
