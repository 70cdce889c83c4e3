use super::*;
use crate::oid;

fn read(octets: &[u8]) -> Vec<Result<Control<'_>, WireError>> {
    Controls::new(octets).iter().collect()
}

#[test]
fn criticality_and_value_are_read_as_sent() {
    for (octets, critical, value) in [
        (&b"\x30\x05\x04\x031.2"[..], false, None),
        (b"\x30\x08\x04\x031.2\x01\x01\x00", false, None),
        (b"\x30\x08\x04\x031.2\x01\x01\xff", true, None),
        (b"\x30\x08\x04\x031.2\x01\x01\x01", true, None), // some clients write 1 for true
        (b"\x30\x07\x04\x031.2\x04\x00", false, Some(&b""[..])), // an empty value is a value
        (b"\x30\x0b\x04\x031.2\x01\x01\xff\x04\x01x", true, Some(b"x")),
    ] {
        let control = read(octets)[0].unwrap();
        assert_eq!(
            (control.oid, control.critical, control.value, control.whole),
            (&b"1.2"[..], critical, value, octets)
        );
    }
}

#[test]
fn malformed_controls_end_the_list() {
    for octets in [
        &b"\x31\x05\x04\x031.2"[..],                 // a SET
        b"\x30\x03\x02\x01\x01",                     // no OID
        b"\x30\x07\x04\x031.2\x01\x00",              // a BOOLEAN of nothing
        b"\x30\x0a\x04\x031.2\x04\x01x\x04\x00",     // two values
        b"\x30\x0b\x04\x031.2\x04\x01x\x01\x01\xff", // out of order
        b"\x30\x09\x04\x031.2",                      // cut short
    ] {
        let two = [octets, &encode(b"1.2", false, None)].concat();
        assert!(matches!(read(&two)[..], [Err(_)]), "{octets:?}");
    }
}

#[test]
fn the_number_of_controls_is_bounded() {
    let octets = encode(b"1.2", false, None).repeat(MOST_CONTROLS);
    assert!(read(&octets).iter().all(Result::is_ok));
    let octets = encode(b"1.2", false, None).repeat(MOST_CONTROLS + 1);
    assert_eq!(read(&octets).last(), Some(&Err(WireError::TooMany)));
    assert_eq!(Controls::new(&octets).find(b"9"), Err(WireError::TooMany));
}

#[test]
fn one_of_two_is_found_by_find_and_refused_by_sole() {
    let first = encode(oid::PAGED_RESULTS, true, Some(b"1"));
    let other = encode(b"1.2", false, None);
    let second = encode(oid::PAGED_RESULTS, false, Some(b"2"));
    let octets = [&first[..], &other, &second].concat();
    let controls = Controls::new(&octets);
    assert_eq!(controls.find(oid::PAGED_RESULTS).unwrap().unwrap().whole, first);
    assert_eq!(controls.sole(oid::PAGED_RESULTS), Err(WireError::TooMany));
    assert_eq!(controls.sole(b"1.2").unwrap().unwrap().whole, other);
    assert_eq!(controls.sole(b"9"), Ok(None));
}
