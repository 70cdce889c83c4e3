use super::*;
use proptest::prelude::*;

/// A header of this command and family with this behind the fixed part.
fn header(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
    let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
    [&SIGNATURE[..], &[command, family], &length, rest].concat()
}

fn tlv(kind: u8, value: &[u8]) -> Vec<u8> {
    [&[kind][..], &u16::try_from(value.len()).unwrap().to_be_bytes(), value].concat()
}

/// The addresses of a client 192.0.2.7:4242 of 198.51.100.1:636.
const V4: [u8; 12] = [192, 0, 2, 7, 198, 51, 100, 1, 0x10, 0x92, 0x02, 0x7c];

fn v6(source: Ipv6Addr, port: u16) -> Vec<u8> {
    [&source.octets()[..], &[0; 16], &port.to_be_bytes(), &[0x02, 0x7c]].concat()
}

/// The header with a checksum over it at its end.
fn summed(family: u8, addresses: &[u8], wrong: u8) -> Vec<u8> {
    let mut octets = header(0x21, family, &[addresses, &tlv(CHECKSUM, &[0; 4])].concat());
    let place = octets.len() - 4;
    let sum = checksum(&octets, place) ^ u32::from(wrong);
    octets[place..].copy_from_slice(&sum.to_be_bytes());
    octets
}

#[allow(clippy::unnecessary_wraps, reason = "compared with what parse returns")]
fn whole(octets: &[u8], client: Option<&str>) -> Result<Parsed, HeaderError> {
    Ok(Parsed::Header {
        length: octets.len(),
        client: client.map(|client| client.parse().unwrap()),
    })
}

#[test]
fn the_checksum_is_the_one_of_the_rfc() {
    // RFC 3720 appendix B.4: 32 octets of zeros, of ones, and counting up.
    assert_eq!(checksum(&[0; 32], 32), 0x8a91_36aa);
    assert_eq!(checksum(&[0xff; 32], 32), 0x62a8_ab43);
    let up: Vec<u8> = (0..32).collect();
    assert_eq!(checksum(&up, 32), 0x46dd_794e);
}

#[test]
fn addresses_of_both_families_are_read_and_what_follows_is_the_clients() {
    let v4 = header(0x21, 0x11, &V4);
    assert_eq!(parse(&v4), whole(&v4, Some("192.0.2.7:4242")));
    assert_eq!(
        parse(&[&v4[..], b"\x30\x0c"].concat()),
        whole(&v4, Some("192.0.2.7:4242"))
    );
    let v6_header = header(0x21, 0x21, &v6("2001:db8::7".parse().unwrap(), 4242));
    assert_eq!(parse(&v6_header), whole(&v6_header, Some("[2001:db8::7]:4242")));
    // An IPv4 client is an IPv4 client, however it is written.
    let mapped = header(0x21, 0x21, &v6("::ffff:192.0.2.7".parse().unwrap(), 1));
    assert_eq!(parse(&mapped), whole(&mapped, Some("192.0.2.7:1")));
}

#[test]
fn health_checks_and_unknown_clients_are_the_load_balancer_itself() {
    for octets in [
        header(0x20, 0x00, &[]),
        header(0x20, 0x11, &V4),
        header(0x20, 0x31, &[1, 2, 3]),
        header(0x21, 0x00, &[]),
        header(0x21, 0x00, &tlv(0x04, &[0; 9])),
    ] {
        assert_eq!(parse(&octets), whole(&octets, None), "{octets:02x?}");
    }
}

#[test]
fn additions_are_stepped_over_and_a_checksum_among_them_must_be_right() {
    let more = [
        tlv(0x01, b"h2"),
        tlv(0x02, b"ldap.example.org"),
        tlv(0x04, &[]),
        tlv(0xea, &[7; 300]),
    ]
    .concat();
    let octets = header(0x21, 0x11, &[&V4[..], &more].concat());
    assert_eq!(parse(&octets), whole(&octets, Some("192.0.2.7:4242")));
    let right = summed(0x11, &V4, 0);
    assert_eq!(parse(&right), whole(&right, Some("192.0.2.7:4242")));
    assert_eq!(parse(&summed(0x11, &V4, 1)), Err(HeaderError::Checksum));
    let twice = header(0x21, 0x11, &[&right[FIXED..], &tlv(CHECKSUM, &[0; 4])].concat());
    assert_eq!(parse(&twice), Err(HeaderError::Checksum));
    assert_eq!(
        parse(&header(0x21, 0x11, &[&V4[..], &tlv(CHECKSUM, &[0; 3])].concat())),
        Err(HeaderError::Checksum)
    );
}

#[test]
fn what_is_no_header_is_told_apart() {
    let cases: [(&[u8], HeaderError); 11] = [
        (b"PROXY TCP4 192.0.2.7 198.51.100.1 4242 636\r\n", HeaderError::Version1),
        (b"POST / HTTP/1.1\r\n", HeaderError::NoHeader),
        (b"\x16\x03\x01", HeaderError::NoHeader),
        (b"\x30\x0c\x02\x01\x01\x60", HeaderError::NoHeader),
        (b"\r\n\r\n\0\r\nQUIX", HeaderError::NoHeader),
        (&header(0x11, 0x11, &V4), HeaderError::Unknown),
        (&header(0x22, 0x11, &V4), HeaderError::Unknown),
        (&header(0x21, 0x12, &V4), HeaderError::Family),
        (&header(0x21, 0x31, &[0; 216]), HeaderError::Family),
        (&header(0x21, 0x11, &V4[..11]), HeaderError::Malformed),
        (&header(0x21, 0x21, &[0; 35]), HeaderError::Malformed),
    ];
    for (octets, error) in cases {
        assert_eq!(parse(octets), Err(error), "{octets:02x?}");
    }
    for tail in [&[9][..], &[9, 0], &[9, 0, 1], &[9, 0xff, 0xff, 0]] {
        let octets = header(0x21, 0x11, &[&V4[..], tail].concat());
        assert_eq!(parse(&octets), Err(HeaderError::Malformed), "{tail:?}");
    }
    let long = [&SIGNATURE[..], &[0x21, 0x11, 0x10, 0x01]].concat();
    assert_eq!(parse(&long), Err(HeaderError::TooLong));
}

/// A header that is right, or nearly: mutations find the edges faster than chance alone.
fn headers() -> impl Strategy<Value = Vec<u8>> {
    let rest = prop_oneof![
        Just(V4.to_vec()),
        Just(v6(Ipv6Addr::LOCALHOST, 7)),
        proptest::collection::vec(any::<u8>(), 0..64),
    ];
    let tlvs = proptest::collection::vec((0u8..8, proptest::collection::vec(any::<u8>(), 0..12)), 0..4);
    let made = (
        prop_oneof![8 => Just(0x21u8), 1 => Just(0x20), 1 => any::<u8>()],
        prop_oneof![4 => Just(0x11u8), 4 => Just(0x21), 1 => Just(0), 1 => any::<u8>()],
        rest,
        tlvs,
        any::<bool>(),
    );
    let made = made.prop_map(|(command, family, rest, tlvs, sum)| {
        let tlvs: Vec<u8> = tlvs.iter().flat_map(|(kind, value)| tlv(*kind, value)).collect();
        if sum {
            summed(family, &[rest, tlvs].concat(), 0)
        } else {
            header(command, family, &[rest, tlvs].concat())
        }
    });
    let spoiled = (
        made,
        proptest::option::weighted(0.3, (any::<prop::sample::Index>(), any::<u8>())),
    );
    spoiled.prop_map(|(mut octets, spoil)| {
        if let Some((place, octet)) = spoil {
            let place = place.index(octets.len());
            octets[place] = octet;
        }
        octets
    })
}

/// Whatever the octets are: parts of them never say something else than all of them, and nothing is read beyond the header.
fn holds(octets: &[u8], tail: &[u8]) {
    let outcome = parse(octets);
    for end in 0..octets.len() {
        match parse(&octets[..end]) {
            Ok(Parsed::More(wanted)) => assert!(wanted > end && wanted <= FIXED + LONGEST_REST),
            other => {
                // An error, or a header, stays what it is.
                assert_eq!(other, outcome, "after {end} octets");
                break;
            }
        }
    }
    match outcome {
        Ok(Parsed::Header { length, client }) => {
            assert!(length <= octets.len());
            assert_eq!(
                parse(&[&octets[..length], tail].concat()),
                Ok(Parsed::Header { length, client })
            );
        }
        Ok(Parsed::More(wanted)) => assert!(wanted > octets.len()),
        Err(error) => assert_eq!(parse(&[octets, tail].concat()), Err(error)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn a_header_means_the_same_however_it_arrives(octets in headers(), tail in proptest::collection::vec(any::<u8>(), 0..8)) {
        holds(&octets, &tail);
    }

    #[test]
    fn any_octets_can_be_read(octets in proptest::collection::vec(any::<u8>(), 0..80)) {
        holds(&octets, b"x");
    }

    #[test]
    fn any_client_reads_back(source in any::<IpAddr>(), port in any::<u16>()) {
        let octets = match source {
            IpAddr::V4(source) => {
                let ports = [port.to_be_bytes(), [2, 124]].concat();
                header(0x21, 0x11, &[&source.octets()[..], &[0; 4], &ports].concat())
            }
            IpAddr::V6(source) => header(0x21, 0x21, &v6(source, port)),
        };
        let client = Some(SocketAddr::new(source.to_canonical(), port));
        prop_assert_eq!(parse(&octets), Ok(Parsed::Header { length: octets.len(), client }));
    }
}
