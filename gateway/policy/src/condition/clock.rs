//! When time alone may change whether a condition holds.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// What a condition asks of the clock.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ClockUse {
    pub(super) minute: bool,
    pub(super) hour: bool,
    pub(super) weekday: bool,
    /// Moments that the time is compared with.
    pub(super) moments: Vec<Timestamp>,
}

impl ClockUse {
    /// The next moment after `at` at which anything that is asked changes.
    pub(super) fn next(&self, at: Timestamp, zone: Option<&TimeZone>) -> Option<Timestamp> {
        let moments = self.moments.iter().copied().filter(|moment| *moment > at);
        moments.chain(self.next_of_day(at, zone)).min()
    }

    fn next_of_day(&self, at: Timestamp, zone: Option<&TimeZone>) -> Option<Timestamp> {
        let unit = match self {
            Self { minute: true, .. } => 60,
            Self { hour: true, .. } => 3600,
            Self { weekday: true, .. } => 86_400,
            _ => return None,
        };
        let zone = zone?;
        let local = at.as_second() + i64::from(zone.to_offset(at).seconds());
        let next = Timestamp::from_second(at.as_second() + unit - local.rem_euclid(unit)).ok();
        // Where the clocks are put forward or back, everything may change.
        let shift = zone.following(at).next().map(|shift| shift.timestamp());
        next.into_iter().chain(shift).min()
    }
}
