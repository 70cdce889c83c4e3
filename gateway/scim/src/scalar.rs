//! Single values as text: booleans, moments, octets.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::prelude::BASE64_STANDARD;
use postern_identity::Timestamp;

/// `true` or `false` in whatever case: Entra sends `"True"`.
pub(crate) fn boolean(text: &str) -> Option<bool> {
    match text {
        _ if text.eq_ignore_ascii_case("true") => Some(true),
        _ if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// RFC 7643 §2.3.5: an xsd:dateTime, and a zone, for without one it is no moment.
pub(crate) fn moment(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    // The parser knows more notations than the RFC has.
    let is_date_time = text.len() <= 40
        && text.as_bytes().get(10) == Some(&b'T')
        && text
            .bytes()
            .all(|octet| octet.is_ascii_digit() || matches!(octet, b'-' | b'+' | b':' | b'.' | b'T' | b'Z'));
    if is_date_time { text.parse().ok() } else { None }
}

/// How a moment is shown.
pub(crate) fn show_moment(at: Timestamp) -> String {
    at.to_string()
}

/// RFC 7643 §2.3.6: base64; the alphabet for URLs is understood too, and padding may be missing.
pub(crate) fn octets(text: &str) -> Option<Vec<u8>> {
    const FORGIVING: GeneralPurposeConfig = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, FORGIVING);
    const OF_URLS: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, FORGIVING);
    let text: String = text.chars().filter(|letter| !letter.is_ascii_whitespace()).collect();
    STANDARD.decode(&text).or_else(|_| OF_URLS.decode(&text)).ok()
}

/// How octets are shown.
pub(crate) fn show_octets(octets: &[u8]) -> String {
    BASE64_STANDARD.encode(octets)
}
