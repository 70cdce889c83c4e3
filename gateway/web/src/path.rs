//! Addresses of requests: taken only where there is one way to read them. What another program in front of us could read in another way
//! (`;`, `//`, `%2f`, `..`) is refused before anything is looked up, so that no rule about a path can be walked around.

use crate::fault::Fault;
use crate::fields::hex;
use http::Uri;

/// Longer than any address of ours with its query.
const LONGEST: usize = 16 * 1024;

/// Whether it may be looked up.
pub(crate) fn plain(uri: &Uri) -> Result<(), Fault> {
    let path = uri.path();
    if path.len() + uri.query().map_or(0, str::len) > LONGEST {
        return Err(Fault::AddressTooLong);
    }
    if is_plain(path) {
        Ok(())
    } else {
        Err(Fault::Malformed("the address"))
    }
}

fn is_plain(path: &str) -> bool {
    let Some(inside) = path.strip_prefix('/') else {
        return false;
    };
    let Some(decoded) = decoded(inside) else {
        return false;
    };
    let mut segments = inside.split('/').peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        if (segment.is_empty() && !last) || matches!(segment, "." | "..") {
            return false;
        }
    }
    !decoded
        .chars()
        .any(|letter| letter.is_control() || matches!(letter, ';' | '\\'))
}

/// With `%XX` undone; `None` where one stands for an octet that needs none, or parts something (RFC 3986 §6.2.2.2), or for no text.
fn decoded(path: &str) -> Option<String> {
    let mut octets = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(octet) = rest.next() {
        if octet != b'%' {
            octets.push(octet);
            continue;
        }
        let meant = hex(rest.next()?)? << 4 | hex(rest.next()?)?;
        let needless = meant.is_ascii_alphanumeric() || meant.is_ascii_control() || b"-._~/\\;%?#".contains(&meant);
        if needless {
            return None;
        }
        octets.push(meant);
    }
    String::from_utf8(octets).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn our_addresses_are_plain() {
        for path in [
            "/",
            "/reset",
            "/reset/l/aB-_9",
            "/.well-known/change-password",
            "/api/v1/resets/",
            "/caf%C3%A9",
            "/a%20b",
        ] {
            assert!(is_plain(path), "{path}");
        }
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_refused() {
        for path in [
            "",
            "*",
            "reset",
            "//",
            "//reset",
            "/reset//l",
            "/reset/..",
            "/reset/../api",
            "/./reset",
            "/reset;a=b",
            "/reset;/api",
            "/reset\\api",
            "/%2freset",
            "/reset%2F..",
            "/reset%5capi",
            "/%2e%2e/api",
            "/.%2e/api",
            "/reset%00",
            "/reset%0d%0a",
            "/reset%3b",
            "/reset%252f",
            "/%72eset",
            "/reset%",
            "/reset%2",
            "/reset%zz",
            "/%ff",
            "/%c0%af",
            "/reset%3f",
            "/reset%23",
            "/reset%7f",
        ] {
            assert!(!is_plain(path), "{path}");
        }
    }

    #[test]
    fn a_long_address_is_refused_for_its_length() {
        let uri: Uri = format!("/{}?{}", "a".repeat(8_192), "b".repeat(8_192)).parse().unwrap();
        assert_eq!(plain(&uri), Err(Fault::AddressTooLong));
        assert_eq!(plain(&"/reset?login=bob".parse().unwrap()), Ok(()));
    }

    proptest! {
        #[test]
        fn nothing_plain_hides_a_way_up_or_a_second_slash(path in "[/.;%a-z0-9\\\\]{0,24}") {
            let path = format!("/{path}");
            if is_plain(&path) {
                let seen = decoded(&path).unwrap();
                prop_assert!(!seen.contains("//") && !seen.contains(';') && !seen.contains('\\'));
                prop_assert!(!seen.split('/').any(|segment| segment == ".." || segment == "."));
                prop_assert_eq!(seen.matches('/').count(), path.matches('/').count());
            }
        }
    }
}
