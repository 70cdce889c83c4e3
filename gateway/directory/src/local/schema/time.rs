//! GeneralizedTime (RFC 4517 §3.3.13).

use super::ValueFault;
use jiff::SignedDuration;
use jiff::civil::DateTime;

/// Appends a time in UTC, to the fraction it has: the order of the octets is that of the times.
pub(super) fn normal_into(value: &[u8], out: &mut Vec<u8>) -> Result<(), ValueFault> {
    let text = std::str::from_utf8(value).map_err(|_| ValueFault)?;
    let zone_at = text.find(['Z', '+', '-']).ok_or(ValueFault)?;
    let (local, zone) = text.split_at_checked(zone_at).ok_or(ValueFault)?;
    let (whole, fraction) = match local.split_once(['.', ',']) {
        Some((whole, fraction)) => (whole, Some(digits(fraction)?)),
        None => (local, None),
    };
    let whole = digits(whole)?;
    let part = |from: usize| -> Result<i16, ValueFault> {
        match whole.get(from..from + 2) {
            Some(two) => two.parse().map_err(|_| ValueFault),
            None => Ok(0),
        }
    };
    if !matches!(whole.len(), 10 | 12 | 14) {
        return Err(ValueFault);
    }
    let year: i16 = whole.get(..4).ok_or(ValueFault)?.parse().map_err(|_| ValueFault)?;
    let second = part(12)?;
    let small = |number: i16| i8::try_from(number).map_err(|_| ValueFault);
    let leap = second == 60;
    let mut time = DateTime::new(
        year,
        small(part(4)?)?,
        small(part(6)?)?,
        small(part(8)?)?,
        small(part(10)?)?,
        small(if leap { 59 } else { second })?,
        0,
    )
    .map_err(|_| ValueFault)?;
    let mut shown_fraction = String::new();
    if let Some(fraction) = fraction {
        if fraction.is_empty() {
            return Err(ValueFault);
        }
        match whole.len() {
            14 => fraction.trim_end_matches('0').clone_into(&mut shown_fraction),
            length => {
                // Of an hour or a minute: to the nanosecond.
                let unit: i128 = if length == 10 { 3600 } else { 60 };
                let precise: String = fraction.chars().chain("000000000000".chars()).take(12).collect();
                let parts: i128 = precise.parse().map_err(|_| ValueFault)?;
                let nanoseconds = parts * unit / 1000;
                let more = SignedDuration::from_nanos_i128(nanoseconds);
                time = time.checked_add(more).map_err(|_| ValueFault)?;
                let below = time.subsec_nanosecond();
                if below > 0 {
                    format!("{below:09}")
                        .trim_end_matches('0')
                        .clone_into(&mut shown_fraction);
                }
            }
        }
    }
    time = time.checked_sub(offset(zone)?).map_err(|_| ValueFault)?;
    if !(0..=9999).contains(&time.year()) {
        return Err(ValueFault);
    }
    let shown = format!(
        "{:04}{:02}{:02}{:02}{:02}{:02}",
        time.year(),
        time.month(),
        time.day(),
        time.hour(),
        time.minute(),
        if leap { 60 } else { time.second() },
    );
    out.extend_from_slice(shown.as_bytes());
    if !shown_fraction.is_empty() {
        out.push(b'.');
        out.extend_from_slice(shown_fraction.as_bytes());
    }
    Ok(())
}

fn digits(text: &str) -> Result<&str, ValueFault> {
    if text.bytes().all(|octet| octet.is_ascii_digit()) {
        Ok(text)
    } else {
        Err(ValueFault)
    }
}

/// How far ahead of UTC.
fn offset(zone: &str) -> Result<SignedDuration, ValueFault> {
    if zone == "Z" {
        return Ok(SignedDuration::ZERO);
    }
    let (sign, rest) = zone.split_at_checked(1).ok_or(ValueFault)?;
    let rest = digits(rest)?;
    let (hours, minutes) = match rest.len() {
        2 => (rest, "0"),
        4 => rest.split_at_checked(2).ok_or(ValueFault)?,
        _ => return Err(ValueFault),
    };
    let hours: i64 = hours.parse().map_err(|_| ValueFault)?;
    let minutes: i64 = minutes.parse().map_err(|_| ValueFault)?;
    if hours > 23 || minutes > 59 {
        return Err(ValueFault);
    }
    let ahead = hours * 3600 + minutes * 60;
    Ok(SignedDuration::from_secs(if sign == "-" { -ahead } else { ahead }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal(text: &str) -> Option<String> {
        let mut out = Vec::new();
        normal_into(text.as_bytes(), &mut out).ok()?;
        String::from_utf8(out).ok()
    }

    #[test]
    fn times_are_in_utc_and_ordered() {
        for (text, wanted) in [
            ("20260228235959Z", "20260228235959"),
            ("202602282359Z", "20260228235900"),
            ("2026022823Z", "20260228230000"),
            ("20260301005959+0100", "20260228235959"),
            ("20260228205959-03", "20260228235959"),
            ("20260228235959.500Z", "20260228235959.5"),
            ("20260228235959,25Z", "20260228235959.25"),
            ("20260228235959.000Z", "20260228235959"),
            ("2026022823.5Z", "20260228233000"),
            ("202602282359.25Z", "20260228235915"),
            ("20161231235960Z", "20161231235960"),
        ] {
            assert_eq!(normal(text).as_deref(), Some(wanted), "{text}");
        }
        assert!(normal("20260101000000Z") < normal("20260101000000.1Z"));
        assert!(normal("20260101000000.9Z") < normal("20260101000001Z"));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "Z",
            "2026Z",
            "20260228235959",
            "20260230000000Z",
            "20261301000000Z",
            "20260228240000Z",
            "20260228236000Z",
            "20260228235961Z",
            "20260228235959.Z",
            "20260228235959ZZ",
            "20260228235959+1",
            "20260228235959+2400",
            "20260228235959+0160",
            "2026022823595Z",
            "00000101000000+0100",
            "99991231235959-0100",
            "+0260228235959Z",
            "20260228235959.5 Z",
            "２0260228235959Z",
        ] {
            assert_eq!(normal(text), None, "{text}");
        }
    }
}
