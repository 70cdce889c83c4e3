//! The header of the PROXY protocol, which the LDAP front reads before anything else. Its parser knows nothing but octets, so it is taken in
//! as it stands, without the rest of its room.

#![no_main]
#![allow(dead_code, unreachable_pub)]

#[path = "../../../proxy/src/proxy_header.rs"]
mod proxy_header;

use proxy_header::{FIXED, LONGEST_REST, Parsed, parse};

libfuzzer_sys::fuzz_target!(|octets: &[u8]| {
    let outcome = parse(octets);
    match outcome {
        Ok(Parsed::Header { length, .. }) => {
            assert!(length >= FIXED && length <= octets.len());
            // Nothing behind the header changes it, and nothing less than it is one.
            assert_eq!(parse(&octets[..length]), outcome);
            assert!(matches!(parse(&octets[..length - 1]), Ok(Parsed::More(_))));
        }
        Ok(Parsed::More(wanted)) => assert!(wanted > octets.len() && wanted <= FIXED + LONGEST_REST),
        Err(_) => {}
    }
});
