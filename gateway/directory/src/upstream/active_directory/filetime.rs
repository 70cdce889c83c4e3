//! Windows' times: steps of 100 ns since 1601-01-01 UTC, and lengths of time as their negatives, in decimal (MS-ADTS §2.2.7, LargeInteger).

use postern_identity::Timestamp;

/// What stands for "never", beside 0 where an attribute says so.
const NEVER: i64 = i64::MAX;
/// Steps in a second.
const PER_SECOND: i64 = 10_000_000;
/// Seconds from 1601-01-01 to 1970-01-01.
const EPOCH_SECONDS: i64 = 11_644_473_600;

/// A moment as an attribute has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::upstream) enum Moment {
    /// Not set: 0.
    Zero,
    /// Then.
    At(Timestamp),
    /// Never, or after all calendars.
    Never,
}

/// How long something lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::upstream) enum Length {
    /// Not at all: 0.
    Zero,
    /// So many whole seconds, at least one.
    Seconds(u64),
    /// For ever.
    Forever,
}

/// Reads a moment; a negative one is none.
pub(in crate::upstream) fn moment(text: &str) -> Option<Moment> {
    match text.parse::<i64>().ok()? {
        0 => Some(Moment::Zero),
        NEVER => Some(Moment::Never),
        ..0 => None,
        steps => {
            let nanoseconds = i32::try_from(steps % PER_SECOND * 100).ok()?;
            // The calendar ends with the year 9999, the number with 30828.
            Some(Timestamp::new(steps / PER_SECOND - EPOCH_SECONDS, nanoseconds).map_or(Moment::Never, Moment::At))
        }
    }
}

/// Reads a length: a negative number of steps, of which the smallest is for ever. A positive one is none.
pub(in crate::upstream) fn length(text: &str) -> Option<Length> {
    match text.parse::<i64>().ok()? {
        0 => Some(Length::Zero),
        i64::MIN => Some(Length::Forever),
        1.. => None,
        steps => Some(Length::Seconds(
            (steps.unsigned_abs() / PER_SECOND.unsigned_abs()).max(1),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn moments_read_as_windows_means_them() {
        let at = |text: &str| Moment::At(text.parse().unwrap());
        for (text, meant) in [
            ("0", Moment::Zero),
            ("9223372036854775807", Moment::Never),
            ("9223372036854775806", Moment::Never),
            ("1", at("1601-01-01T00:00:00.0000001Z")),
            ("116444736000000000", at("1970-01-01T00:00:00Z")),
            ("132000000000000000", at("2019-04-17T18:40:00Z")),
            ("134085744015000000", at("2025-11-25T20:00:01.5Z")),
        ] {
            assert_eq!(moment(text), Some(meant), "{text}");
        }
    }

    #[test]
    fn lengths_are_negative_and_the_smallest_is_for_ever() {
        for (text, meant) in [
            ("0", Some(Length::Zero)),
            ("-18000000000", Some(Length::Seconds(1800))),
            ("-36288000000000", Some(Length::Seconds(42 * 86_400))),
            ("-1", Some(Length::Seconds(1))),
            ("-9223372036854775808", Some(Length::Forever)),
            ("18000000000", None),
        ] {
            assert_eq!(length(text), meant, "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_not_guessed_at() {
        for text in [
            "",
            " 0",
            "0 ",
            "1.5",
            "-",
            "0x10",
            "9223372036854775808",
            "never",
            "٣",
            "-5",
        ] {
            assert_eq!(moment(text), None, "{text}");
        }
        for text in ["", "-1 ", "-9223372036854775809", "forever"] {
            assert_eq!(length(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_number_has_one_meaning(steps in any::<i64>()) {
            let text = steps.to_string();
            prop_assert_eq!(moment(&text).is_some(), steps >= 0);
            prop_assert_eq!(length(&text).is_some(), steps <= 0);
            if let Some(Moment::At(at)) = moment(&text) {
                let back = i128::from(at.as_second() + EPOCH_SECONDS) * i128::from(PER_SECOND)
                    + i128::from(at.subsec_nanosecond() / 100);
                // Before 1970 the fraction counts backwards.
                prop_assert_eq!(back, i128::from(steps));
            }
        }

        #[test]
        fn no_text_makes_it_fall(text in ".*") {
            let _ = (moment(&text), length(&text));
        }
    }
}
