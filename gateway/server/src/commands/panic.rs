//! `postern panic`: the emergency brake for those who suspect the gateway itself.

use super::{DONE, FAILED, WRONG, configuration};
use crate::bypass::{Bypass, BypassError, LONGEST_SECONDS};
use crate::config::Environment;
use crate::output::Output;
use jiff::SignedDuration;
use postern_identity::{Clock, Timestamp};
use std::io;
use std::path::Path;

/// The most octets of a reason.
const LONGEST_REASON: usize = 400;

/// Makes every route transparent for a while.
pub fn transparent(
    path: &Path,
    lasting: &str,
    reason: Option<&str>,
    environment: &Environment<'_>,
    clock: &dyn Clock,
    out: &mut Output<'_>,
) -> io::Result<u8> {
    let Some(lasting) = seconds(lasting) else {
        out.problem("--for: a time such as 15m, 90s or 2h, at most 24h");
        return Ok(WRONG);
    };
    if reason.is_some_and(|reason| reason.len() > LONGEST_REASON || reason.chars().any(char::is_control)) {
        out.problem(format_args!("--reason: one line of at most {LONGEST_REASON} octets"));
        return Ok(WRONG);
    }
    let configuration = match configuration(path, environment, out) {
        Ok(configuration) => configuration,
        Err(code) => return Ok(code),
    };
    let since = clock.now();
    let Some(until) = Timestamp::from_second(since.as_second().saturating_add(lasting)).ok() else {
        return Ok(FAILED);
    };
    let bypass = Bypass {
        since,
        until,
        by: whoever_asks(environment),
        reason: reason.map(str::to_owned),
    };
    let state_dir = &configuration.server.state_dir;
    if let Err(error) = bypass.write(state_dir) {
        return Ok(failed(state_dir, error, out));
    }
    out.line(format_args!(
        "Until {until} every route shows what its directory says. What may pass stays as it is."
    ))?;
    out.line(
        "A gateway that runs takes this up within a second and says so in its log; one that is started later, too.",
    )?;
    out.line(format_args!(
        "To end it earlier: postern panic off --config {}",
        path.display()
    ))?;
    Ok(DONE)
}

/// Ends it.
pub fn off(path: &Path, environment: &Environment<'_>, out: &mut Output<'_>) -> io::Result<u8> {
    let configuration = match configuration(path, environment, out) {
        Ok(configuration) => configuration,
        Err(code) => return Ok(code),
    };
    let state_dir = &configuration.server.state_dir;
    if let Err(error) = Bypass::remove(state_dir) {
        return Ok(failed(state_dir, error, out));
    }
    out.line("Routes show what their policies say.")?;
    Ok(DONE)
}

fn failed(state_dir: &Path, error: BypassError, out: &mut Output<'_>) -> u8 {
    let remedy = match error {
        BypassError::NoRoom => "make room there, and ask again",
        BypassError::NoFolder => "it is made when the gateway first runs; is this the configuration it runs with?",
        _ => "run this as the account the gateway runs as, on its machine",
    };
    let path = crate::bypass::path(state_dir);
    out.problem(format_args!("{}: {error}: {remedy}", path.display()));
    FAILED
}

/// From a second to a day.
fn seconds(text: &str) -> Option<i64> {
    let lasting: SignedDuration = text.parse().ok()?;
    (1..=LONGEST_SECONDS)
        .contains(&lasting.as_secs())
        .then(|| lasting.as_secs())
}

/// For the record, not for a decision: whoever may write the file may write any name into it.
fn whoever_asks(environment: &Environment<'_>) -> String {
    let name = ["SUDO_USER", "LOGNAME", "USER"]
        .iter()
        .find_map(|name| environment(name));
    let uid = rustix::process::getuid().as_raw();
    let name: String = name
        .unwrap_or_default()
        .chars()
        .filter(|c| !c.is_control())
        .take(64)
        .collect();
    if name.is_empty() {
        format!("uid {uid}")
    } else {
        format!("{name} (uid {uid})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bypass_lasts_from_a_second_to_a_day() {
        assert_eq!(
            ["15m", "90s", "2h", "24h", "1h 30m"].map(seconds),
            [Some(900), Some(90), Some(7200), Some(86_400), Some(5400)]
        );
        for wrong in [
            "",
            "15",
            "0s",
            "-5m",
            "25h",
            "forever",
            "1y",
            "10ms",
            "99999999999999999999h",
        ] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_record_names_who_used_sudo_and_no_control_character_gets_into_it() {
        let asked = whoever_asks(&|name| (name == "SUDO_USER").then(|| "ada\n\u{1b}[2J".to_owned()));
        assert!(asked.starts_with("ada[2J (uid "), "{asked}");
        assert!(whoever_asks(&|_| None).starts_with("uid "));
    }
}
