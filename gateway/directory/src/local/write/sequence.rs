//! The number of an entry's last change (`entryCSN`), written as slapd does: whoever read an entry says with it that it has not changed since.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use postern_identity::Timestamp;
use std::sync::atomic::{AtomicI64, Ordering};

/// How a moment is written in it; the rest counts changes within a microsecond, servers and parts of a change, of which there is one each here.
const FORM: &str = "%Y%m%d%H%M%S.%6fZ";
const REST: &str = "#000000#000000#000000";
const MOMENT: usize = 22;

/// Gives each change a moment of its own, in microseconds since 1970.
#[derive(Default)]
pub(crate) struct Sequence(AtomicI64);

impl Sequence {
    /// The number of a change that is made now, of an entry with this number until now: never the same again, and behind the one before.
    pub(super) fn next(&self, now: Timestamp, before: Option<&[u8]>) -> Vec<u8> {
        let now = now.as_microsecond();
        let behind = |last: i64| now.max(last.saturating_add(1));
        let known = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(behind(last)));
        let own = behind(known.unwrap_or_else(|last| last));
        // Another node's clock may be ahead.
        let moment = before
            .and_then(moment)
            .map_or(own, |before| own.max(before.saturating_add(1)));
        let written = Timestamp::from_microsecond(moment)
            .unwrap_or(Timestamp::MAX)
            .strftime(FORM);
        format!("{written}{REST}").into_bytes()
    }
}

/// Whether a number that comes with an entry, from an export, can be one that was given before now: then it is kept.
pub(super) fn was_given(number: &[u8], now: Timestamp) -> bool {
    let is_whole = number
        .get(MOMENT..)
        .is_some_and(|rest| rest.len() <= REST.len() && rest.iter().copied().all(is_of_rest));
    is_whole && moment(number).is_some_and(|given| given <= now.as_microsecond())
}

fn is_of_rest(octet: u8) -> bool {
    octet == b'#' || octet.is_ascii_hexdigit()
}

fn moment(number: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(number.get(..MOMENT)?).ok()?;
    let at = DateTime::strptime(FORM, text).ok()?.to_zoned(TimeZone::UTC).ok()?;
    Some(at.timestamp().as_microsecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(microsecond: i64) -> Timestamp {
        Timestamp::from_microsecond(microsecond).unwrap()
    }

    #[test]
    fn a_number_is_written_as_slapd_writes_it_and_read_again() {
        let number = Sequence::default().next("2026-11-22T12:00:00.000007Z".parse().unwrap(), None);
        assert_eq!(number, b"20261122120000.000007Z#000000#000000#000000");
        assert_eq!(moment(&number), Some(1_795_348_800_000_007));
        assert_eq!(moment(b"20261122120000Z"), None);
    }

    #[test]
    fn no_two_changes_have_the_same_number_though_the_clock_stands_or_goes_back() {
        let sequence = Sequence::default();
        let numbers: Vec<Vec<u8>> = [1_000, 1_000, 500, 2_000]
            .map(|now| sequence.next(at(now), None))
            .into();
        assert!(numbers.windows(2).all(|two| two[0] < two[1]), "{numbers:?}");
    }

    #[test]
    fn a_number_that_comes_along_is_kept_if_it_can_have_been_given() {
        let now = "2026-11-22T12:00:00Z".parse().unwrap();
        for kept in [
            "20200101000000.000000Z#000000#000#000000",
            "20261122120000.000000Z#000000#00a#000000",
        ] {
            assert!(was_given(kept.as_bytes(), now), "{kept}");
        }
        for made_up in [
            "",
            "junk",
            "20200101000000Z",
            "99991231235959.000000Z#000000#000#000000",
            "20200101000000.000000Z#\"quoted\"",
            "20200101000000.000000Z#000000#000000#000000#000000",
        ] {
            assert!(!was_given(made_up.as_bytes(), now), "{made_up}");
        }
    }

    #[test]
    fn an_entrys_number_goes_on_from_the_one_it_had_and_no_other_entrys_does() {
        let sequence = Sequence::default();
        let ahead = Sequence::default().next(at(9_000_000), None);
        assert!(sequence.next(at(1_000), Some(&ahead)) > ahead);
        assert!(sequence.next(at(1_000), None) < ahead);
        assert!(sequence.next(at(1_000), Some(b"nonsense")) < ahead);
    }
}
