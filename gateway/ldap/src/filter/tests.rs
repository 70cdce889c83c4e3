use super::*;

fn seen(octets: &[u8]) -> Result<Vec<Named<'_>>, WireError> {
    let mut named = Vec::new();
    walk(Cursor::new(octets).only()?, |part| named.push(part))?;
    Ok(named)
}

#[test]
fn every_part_is_visited() {
    let octets = all(&[
        any(&[equality(b"cn", b"x"), present(b"sn")]),
        not(&equality(b"uid", b"y")),
        all(&[]),
    ]);
    assert_eq!(
        seen(&octets),
        Ok(vec![
            Named::Attribute(b"cn"),
            Named::Attribute(b"sn"),
            Named::Attribute(b"uid")
        ])
    );
}

#[test]
fn substrings_and_extensible_matches_are_read() {
    assert_eq!(
        seen(b"\xa4\x0d\x04\x02cn\x30\x07\x80\x01a\x82\x02bc"),
        Ok(vec![Named::Attribute(b"cn")])
    );
    assert_eq!(
        seen(b"\xa9\x0c\x81\x01r\x82\x01a\x83\x01v\x84\x01\xff"),
        Ok(vec![Named::MatchingRule(b"r"), Named::Attribute(b"a")])
    );
    assert_eq!(
        seen(b"\xa9\x06\x81\x01r\x83\x01v"),
        Ok(vec![Named::MatchingRule(b"r"), Named::AnyAttribute])
    );
}

#[test]
fn parts_of_the_wrong_kind_or_number_are_faults() {
    for octets in [
        &b"\xa3\x07\x04\x02cn\x0a\x01x"[..],            // a value that is no OCTET STRING
        b"\xa3\x0a\x04\x02cn\x04\x01x\x04\x01y",        // two values
        b"\xa2\x00",                                    // nothing to deny
        b"\xa2\x06\x87\x01a\x87\x01b",                  // two things to deny
        b"\xa4\x0b\x04\x02cn\x30\x05\x83\x03abc",       // a substring that is neither first, inner nor last
        b"\xa4\x07\x04\x02cn\x04\x01a",                 // substrings that are none
        b"\xa9\x0b\x81\x01r\x82\x01a\x83\x01v\x84\x00", // "dn" without an octet to say so
        b"\xa9\x03\x82\x01a",                           // an extensible match of no value
        b"\xa9\x09\x82\x01a\x81\x01r\x83\x01v",         // out of order
        b"\xa7\x02cn",                                  // "present" as if constructed
        b"\x04\x02cn",                                  // no filter at all
        b"",
    ] {
        assert!(seen(octets).is_err(), "{octets:?}");
    }
}

#[test]
fn depth_and_number_are_bounded() {
    let nested = |depth: usize| {
        let mut filter = present(b"cn");
        for _ in 0..depth {
            filter = not(&filter);
        }
        filter
    };
    assert_eq!(seen(&nested(DEEPEST - 1)).unwrap().len(), 1);
    assert_eq!(seen(&nested(DEEPEST)), Err(WireError::TooDeep));
    let wide = |count: usize| all(&vec![present(b"a"); count]);
    assert_eq!(seen(&wide(MOST_PARTS - 1)).unwrap().len(), MOST_PARTS - 1);
    assert_eq!(seen(&wide(MOST_PARTS)), Err(WireError::TooMany));
    let pieces = [
        b"\xa4\x82\x40\x06\x04\x00\x30\x82\x40\x00".to_vec(),
        b"\x81\x02ab".repeat(0x1000),
    ]
    .concat();
    assert_eq!(seen(&pieces), Err(WireError::TooMany));
}
