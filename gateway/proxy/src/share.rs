//! In whose share a client's requests are: its address, so that one that asks without end does so at its own cost.

use postern_directory::Share;
use std::net::IpAddr;

/// Set in the number of an IPv4 address: no IPv6 network in use begins with this bit and has zeros behind it. None at all is
/// [`Share::OURS`], which would be one of multicast addresses.
const IPV4: u64 = 1 << 63;

/// That of a client at this address; whoever has one IPv6 address has the whole network of it, 64 bits long (RFC 4291 §2.5.1).
pub(crate) fn of(client: IpAddr) -> Share {
    Share(match client.to_canonical() {
        IpAddr::V4(address) => IPV4 | u64::from(u32::from(address)),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            [a, b, c, d]
                .into_iter()
                .fold(0, |bits, part| bits << 16 | u64::from(part))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_its_address_or_its_ipv6_network_and_never_ourselves() {
        let share = |address: &str| of(address.parse().unwrap());
        assert_eq!(share("192.0.2.1"), share("::ffff:192.0.2.1"));
        assert_ne!(share("192.0.2.1"), share("192.0.2.2"));
        assert_eq!(share("2001:db8::1"), share("2001:db8::ffff:1"));
        assert_ne!(share("2001:db8::1"), share("2001:db8:0:1::1"));
        assert!(
            ["0.0.0.0", "255.255.255.255", "::1", "::"]
                .iter()
                .all(|own| share(own) != Share::OURS)
        );
        assert_ne!(share("::1"), share("127.0.0.1"));
    }
}
