//! Whose request it is, where proxies stand before us: the nearest address that is none of theirs. What a client writes about itself is
//! further away than what our own proxies write, and is never believed.

use http::header::{FORWARDED, HeaderMap, HeaderName};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// Says of an address whether it is a proxy of ours.
pub type Trusted = Arc<dyn Fn(IpAddr) -> bool + Send + Sync>;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// The most hops that are looked at.
const MOST_HOPS: usize = 32;

/// The client's own address. `peer` is whoever is connected to us.
pub(crate) fn address(peer: IpAddr, headers: &HeaderMap, trusted: &dyn Fn(IpAddr) -> bool) -> IpAddr {
    let peer = peer.to_canonical();
    if !trusted(peer) {
        return peer;
    }
    let by = |header: &HeaderName, hop: fn(&str) -> Option<IpAddr>| {
        headers
            .contains_key(header)
            .then(|| nearest(peer, &listed(headers, header), hop, trusted))
    };
    match (by(&X_FORWARDED_FOR, bare_hop), by(&FORWARDED, forwarded_hop)) {
        (Some(client), None) | (None, Some(client)) => client,
        (Some(one), Some(other)) if one == other => one,
        // Nothing is said; or a proxy wrote one of them and let the other through, and which one it was cannot be told.
        _ => peer,
    }
}

/// From the last hop towards the first, as long as proxies of ours vouch for what stands there.
fn nearest(
    peer: IpAddr,
    hops: &[String],
    read: fn(&str) -> Option<IpAddr>,
    trusted: &dyn Fn(IpAddr) -> bool,
) -> IpAddr {
    let mut client = peer;
    for hop in hops.iter().rev().take(MOST_HOPS) {
        let Some(address) = read(hop) else { break };
        client = address.to_canonical();
        if !trusted(client) {
            break;
        }
    }
    client
}

/// All elements of a list header, in their order; commas within quotes part nothing (RFC 9110 §5.6.1).
fn listed(headers: &HeaderMap, name: &HeaderName) -> Vec<String> {
    let mut elements = Vec::new();
    for line in headers.get_all(name) {
        let mut element = String::new();
        let mut quoted = false;
        let mut escaped = false;
        // What is not ASCII is no address: it stays as something that cannot be read.
        for octet in line.as_bytes() {
            let letter = if octet.is_ascii() {
                char::from(*octet)
            } else {
                '\u{fffd}'
            };
            if letter == ',' && !quoted {
                elements.push(std::mem::take(&mut element));
                continue;
            }
            if escaped {
                escaped = false;
            } else if letter == '"' {
                quoted = !quoted;
            } else if letter == '\\' && quoted {
                escaped = true;
            }
            element.push(letter);
        }
        elements.push(element);
    }
    elements
}

/// An address as `X-Forwarded-For` has it, with or without a port.
fn bare_hop(hop: &str) -> Option<IpAddr> {
    let hop = hop.trim();
    let unbracketed = hop.strip_prefix('[').and_then(|hop| hop.strip_suffix(']'));
    hop.parse()
        .ok()
        .or_else(|| hop.parse().ok().map(|address: SocketAddr| address.ip()))
        .or_else(|| unbracketed.and_then(|hop| hop.parse().ok()).filter(IpAddr::is_ipv6))
}

/// The one `for` of a forwarded element (RFC 7239 §4 to §6). Two of them are none.
fn forwarded_hop(element: &str) -> Option<IpAddr> {
    let mut found = None;
    for pair in element.split(';') {
        let (name, value) = pair.trim().split_once('=')?;
        if !name.eq_ignore_ascii_case("for") {
            continue;
        }
        let value = match value.strip_prefix('"') {
            Some(value) => value.strip_suffix('"')?,
            None => value,
        };
        // An address needs no escapes within its quotes.
        if found.is_some() || value.contains(['"', '\\']) {
            return None;
        }
        found = Some(bare_hop(value)?);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use proptest::prelude::*;

    /// 10.0.0.0/8 is ours.
    fn ours(address: IpAddr) -> bool {
        matches!(address, IpAddr::V4(address) if address.octets()[0] == 10)
    }

    fn client(peer: &str, lines: &[(&'static str, &str)]) -> String {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_str(value).unwrap());
        }
        address(peer.parse().unwrap(), &headers, &ours).to_string()
    }

    #[test]
    fn a_client_that_is_connected_itself_cannot_say_who_it_is() {
        let lines = [
            ("x-forwarded-for", "198.51.100.7"),
            ("forwarded", "for=198.51.100.7"),
            ("x-real-ip", "198.51.100.7"),
        ];
        assert_eq!(client("203.0.113.9", &lines), "203.0.113.9");
        assert_eq!(client("::ffff:203.0.113.9", &lines), "203.0.113.9");
    }

    #[test]
    fn behind_our_proxies_it_is_the_nearest_address_that_is_not_theirs() {
        let by = |value: &str| client("10.0.0.1", &[("x-forwarded-for", value)]);
        assert_eq!(by("203.0.113.9"), "203.0.113.9");
        assert_eq!(by("198.51.100.7, 203.0.113.9"), "203.0.113.9");
        assert_eq!(by("198.51.100.7, 203.0.113.9, 10.0.0.2"), "203.0.113.9");
        assert_eq!(by("10.9.9.9, 10.0.0.2"), "10.9.9.9");
        assert_eq!(by("203.0.113.9:4711"), "203.0.113.9");
        assert_eq!(by("[2001:db8::1]:4711"), "2001:db8::1");
        assert_eq!(by("2001:db8::1"), "2001:db8::1");
        assert_eq!(by("198.51.100.7, nonsense"), "10.0.0.1");
        assert_eq!(by("198.51.100.7, "), "10.0.0.1");
        assert_eq!(
            client(
                "10.0.0.1",
                &[("x-forwarded-for", "198.51.100.7"), ("x-forwarded-for", "203.0.113.9")]
            ),
            "203.0.113.9"
        );
        assert_eq!(client("10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn the_header_of_the_standard_is_read_as_well() {
        let by = |value: &str| client("10.0.0.1", &[("forwarded", value)]);
        assert_eq!(by("for=203.0.113.9;proto=https;by=10.0.0.1"), "203.0.113.9");
        assert_eq!(by("For=\"[2001:db8:cafe::17]:4711\""), "2001:db8:cafe::17");
        assert_eq!(by("for=198.51.100.7, For=203.0.113.9;proto=http"), "203.0.113.9");
        assert_eq!(by("for=198.51.100.7, for=unknown"), "10.0.0.1");
        assert_eq!(by("for=198.51.100.7, for=_hidden"), "10.0.0.1");
        assert_eq!(by("for=198.51.100.7;for=203.0.113.9"), "10.0.0.1");
        assert_eq!(by("proto=https"), "10.0.0.1");
        // A quote that a client left open must not swallow what the proxy wrote behind it.
        assert_eq!(
            client(
                "10.0.0.1",
                &[("forwarded", "for=\"198.51.100.7"), ("forwarded", "for=203.0.113.9")]
            ),
            "203.0.113.9"
        );
        assert_eq!(by("for=\"198.51.100.7, for=203.0.113.9"), "10.0.0.1");
    }

    #[test]
    fn where_both_headers_disagree_neither_is_believed() {
        let both = |one, other| client("10.0.0.1", &[("x-forwarded-for", one), ("forwarded", other)]);
        assert_eq!(both("203.0.113.9", "for=203.0.113.9"), "203.0.113.9");
        assert_eq!(both("203.0.113.9", "for=198.51.100.7"), "10.0.0.1");
    }

    proptest! {
        #[test]
        fn what_a_client_writes_never_hides_what_our_proxy_writes(forged in "[ -~]{0,80}") {
            // The proxy adds its line; the client's own stands before it.
            let client = client("10.0.0.1", &[("x-forwarded-for", &forged), ("x-forwarded-for", "203.0.113.9")]);
            prop_assert_eq!(client, "203.0.113.9");
        }

        #[test]
        fn any_header_is_read_to_its_end(octets in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut headers = HeaderMap::new();
            if let Ok(value) = HeaderValue::from_bytes(&octets) {
                headers.append(X_FORWARDED_FOR, value.clone());
                headers.append(FORWARDED, value);
            }
            let _ = address("10.0.0.1".parse().unwrap(), &headers, &ours);
        }
    }
}
