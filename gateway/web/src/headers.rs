//! The headers every answer bears (ASVS 5 §3.4): nothing from elsewhere is loaded, nobody frames us, nobody learns our addresses, nothing is kept.

use crate::site::Site;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};

/// Styles, scripts, pictures and manifest are files of our own; nothing stands inline.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; worker-src 'self'; img-src 'self'; connect-src 'self'; \
    manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// A page that needs none of these can still not be made to use one.
const PERMISSIONS: &str = "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), \
    midi=(), payment=(), usb=(), browsing-topics=()";

/// What stands on every answer, whatever a door put there.
const ALWAYS: [(HeaderName, &str); 7] = [
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("permissions-policy"), PERMISSIONS),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("x-robots-tag"), "noindex"),
];

/// Puts them on. A door may have said its own of two: how long a file may be kept (`Cache-Control`), and a content policy for what is no page.
pub(crate) fn put_on(headers: &mut HeaderMap, site: Option<&Site>) {
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    for (name, value) in [(CACHE_CONTROL, "no-store"), (CONTENT_SECURITY_POLICY, POLICY)] {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    if let Some(strict) = site.and_then(Site::strict_transport) {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(strict));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use postern_identity::reset::PublicUrl;

    #[test]
    fn every_answer_bears_them_and_a_door_changes_none_but_two() {
        let site = Site::new(
            "people",
            PublicUrl::from_configuration("https://id.example.org").unwrap(),
        );
        let mut headers = HeaderMap::new();
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("unsafe-url"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=60"));
        put_on(&mut headers, Some(&site));
        let said: Vec<String> = headers
            .iter()
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
            .collect();
        for line in [
            "referrer-policy: no-referrer",
            "cache-control: public, max-age=60",
            "x-content-type-options: nosniff",
            "cross-origin-opener-policy: same-origin",
            "strict-transport-security: max-age=31536000; includeSubDomains",
        ] {
            assert!(said.iter().any(|said| said == line), "{line}: {said:#?}");
        }
        let policy = headers[CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none';") && policy.contains("frame-ancestors 'none'"));
        assert!(!policy.contains("unsafe") && !policy.contains("  "));
    }

    #[test]
    fn what_names_no_site_is_not_kept_either() {
        let mut headers = HeaderMap::new();
        put_on(&mut headers, None);
        assert_eq!(headers[CACHE_CONTROL], "no-store");
        assert!(!headers.contains_key(STRICT_TRANSPORT_SECURITY));
    }
}
