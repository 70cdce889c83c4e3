//! Times, in words and with their zone.

use super::{Words, plain};
use jiff::tz::TimeZone;
use postern_identity::clock::Timestamp;

impl Words {
    /// `22 November 2026, 15:45 (UTC+01:00)`.
    pub(crate) fn time(&self, at: Timestamp, zone: &TimeZone) -> String {
        let local = at.to_zoned(zone.clone());
        let offset = local.offset().seconds() / 60;
        let zone = if offset == 0 {
            "UTC".to_owned()
        } else {
            let sign = if offset < 0 { '−' } else { '+' };
            format!("UTC{sign}{:02}:{:02}", offset.abs() / 60, offset.abs() % 60)
        };
        let month = u32::try_from(local.month()).unwrap_or(1);
        let moment = self.moment(
            local.day().to_string(),
            month,
            local.year().to_string(),
            format!("{:02}:{:02}", local.hour(), local.minute()),
            zone,
        );
        // Months and digits of a language are of its own direction.
        if self.language().direction() == "ltr" {
            plain(&moment)
        } else {
            moment
        }
    }
}
