//! The network a client is in, as one number.

use postern_identity::decide::GuardRules;
use std::net::IpAddr;

/// Set in the number of an IPv4 network: no IPv6 network in use begins with this bit and has zeros behind it.
const IPV4: u64 = 1 << 63;

/// The first bits of an address, as many as the rules say.
pub(super) fn of(address: IpAddr, rules: &GuardRules) -> u64 {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let bits = u32::from(address);
            IPV4 | (u64::from(bits) & mask(u32::from(rules.ipv4_prefix), 32))
        }
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            let bits = [a, b, c, d]
                .into_iter()
                .fold(0, |bits, part| bits << 16 | u64::from(part));
            bits & mask(u32::from(rules.ipv6_prefix), 64)
        }
    }
}

fn mask(prefix: u32, width: u32) -> u64 {
    let all = u64::MAX >> (64 - width);
    let host = width.saturating_sub(prefix);
    all & !(1u64.checked_shl(host).map_or(u64::MAX, |bit| bit - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(address: &str) -> u64 {
        of(address.parse().unwrap(), &GuardRules::default())
    }

    #[test]
    fn addresses_of_one_network_are_one_number_and_others_are_not() {
        assert_eq!(network("192.0.2.1"), network("192.0.2.255"));
        assert_eq!(network("192.0.2.1"), network("::ffff:192.0.2.9"));
        assert_ne!(network("192.0.2.1"), network("192.0.3.1"));
        assert_eq!(network("2001:db8:0:100::1"), network("2001:db8:0:1ff:9::1"));
        assert_ne!(network("2001:db8:0:100::1"), network("2001:db8:0:200::1"));
        assert_ne!(network("0.0.0.0"), network("::"));
    }

    #[test]
    fn the_whole_address_and_no_address_at_all_are_prefixes_too() {
        let rules = |ipv4_prefix, ipv6_prefix| GuardRules {
            ipv4_prefix,
            ipv6_prefix,
            ..GuardRules::default()
        };
        let of = |text: &str, rules: &GuardRules| of(text.parse().unwrap(), rules);
        assert_ne!(of("10.0.0.1", &rules(32, 64)), of("10.0.0.0", &rules(32, 64)));
        assert_eq!(of("10.0.0.1", &rules(0, 0)), of("203.0.113.1", &rules(0, 0)));
        assert_eq!(of("2001:db8::1", &rules(0, 0)), of("fe80::1", &rules(0, 0)));
        assert_ne!(of("2001:db8:0:1::", &rules(32, 64)), of("2001:db8::", &rules(32, 64)));
    }
}
