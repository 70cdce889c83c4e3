//! GeneralizedTime (RFC 4517 §3.3.13), read strictly.

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use postern_identity::Timestamp;

/// `YYYYMMDDHH[MM[SS]][.f…](Z|±HH[MM])`. `None` for anything else, and for days that do not exist. Fractions of a second are
/// dropped: slapd compares whole ones.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    let end = text.bytes().position(|octet| !octet.is_ascii_digit())?;
    let (digits, rest) = text.split_at_checked(end)?;
    let field = |from: usize, to: usize| digits.get(from..to).and_then(|field| field.parse::<i8>().ok());
    let year = digits.get(..4)?.parse::<i16>().ok()?;
    let (month, day, hour) = (field(4, 6)?, field(6, 8)?, field(8, 10)?);
    let (minute, second) = match digits.len() {
        10 => (0, 0),
        12 => (field(10, 12)?, 0),
        // 60 is a leap second; it is taken as the one before.
        14 => (
            field(10, 12)?,
            field(12, 14).map(|second| if second == 60 { 59 } else { second })?,
        ),
        _ => return None,
    };
    let rest = match rest.strip_prefix(['.', ',']) {
        None => rest,
        Some(fraction) if digits.len() == 14 => {
            let zone = fraction.trim_start_matches(|digit: char| digit.is_ascii_digit());
            if zone.len() == fraction.len() {
                return None;
            }
            zone
        }
        // A fraction of an hour or minute: allowed, never written, and not guessed at.
        Some(_) => return None,
    };
    let offset = if rest == "Z" { Offset::UTC } else { differential(rest)? };
    DateTime::new(year, month, day, hour, minute, second, 0)
        .ok()?
        .to_zoned(TimeZone::fixed(offset))
        .ok()
        .map(|zoned| zoned.timestamp())
}

fn differential(text: &str) -> Option<Offset> {
    let (sign, digits) = text.split_at_checked(1)?;
    if !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes) = match digits.len() {
        2 => (digits.parse::<i32>().ok()?, 0),
        4 => (digits.get(..2)?.parse().ok()?, digits.get(2..)?.parse().ok()?),
        _ => return None,
    };
    if hours > 23 || minutes > 59 {
        return None;
    }
    let seconds = hours * 3600 + minutes * 60;
    match sign {
        "+" => Offset::from_seconds(seconds).ok(),
        "-" => Offset::from_seconds(-seconds).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn times_slapd_writes_and_other_servers_may_write_are_read() {
        for (text, meant) in [
            ("20261122030405Z", "2026-11-22T03:04:05Z"),
            ("20261122030405.123456Z", "2026-11-22T03:04:05Z"),
            ("202611220304Z", "2026-11-22T03:04:00Z"),
            ("2026112203Z", "2026-11-22T03:00:00Z"),
            ("20261122030405+0130", "2026-11-22T01:34:05Z"),
            ("20261122030405-05", "2026-11-22T08:04:05Z"),
            ("20261231235960Z", "2026-12-31T23:59:59Z"),
            ("000001010000Z", "0000-01-01T00:00:00Z"),
        ] {
            assert_eq!(parse(text), Some(meant.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_generalized_time_is_not_guessed_at() {
        for text in [
            "",
            "Z",
            "2026",
            "20261122Z",
            "20261322030405Z",
            "20260230030405Z",
            "20261122240405Z",
            "20261122036005Z",
            "20261122030405",
            "20261122030405.Z",
            "20261122030405z",
            "20261122030405Z ",
            " 20261122030405Z",
            "20261122030405+1",
            "20261122030405+2460",
            "2026112203.5Z",
            "-0261122030405Z",
            "20261122030405Zx",
            "2026112203040Z",
            "٢٠٢٦١١٢٢٠٣Z",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
