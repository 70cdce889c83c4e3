//! Times as the overlay writes them (GeneralizedTime, RFC 4517 §3.3.13). Comparisons are of whole seconds, as its are.

pub(crate) use crate::upstream::openldap::time::parse;

use postern_identity::Timestamp;

/// `20261122120000Z`
pub(crate) fn write(time: Timestamp) -> String {
    time.strftime("%Y%m%d%H%M%SZ").to_string()
}

/// `20261122120000.123456Z`: several a second must not be the same value.
pub(crate) fn write_exactly(time: Timestamp) -> String {
    let micros = time.subsec_nanosecond() / 1_000;
    format!("{}.{micros:06}Z", time.strftime("%Y%m%d%H%M%S"))
}
