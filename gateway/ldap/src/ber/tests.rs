use super::*;
use crate::WireError;

#[test]
fn lengths_longer_than_needed_are_read() {
    for octets in [
        &[0x04, 0x01, b'x'][..],
        &[0x04, 0x81, 0x01, b'x'],
        &[0x04, 0x84, 0, 0, 0, 1, b'x'],
    ] {
        assert_eq!(Cursor::new(octets).octets(), Ok(&b"x"[..]));
    }
}

#[test]
fn indefinite_and_overlong_lengths_are_refused() {
    assert_eq!(Cursor::new(&[0x30, 0x80, 0, 0]).element(), Err(WireError::Length));
    assert_eq!(
        Cursor::new(&[0x30, 0x85, 0, 0, 0, 0, 0]).element(),
        Err(WireError::Length)
    );
    assert_eq!(
        Cursor::new(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 0]).element(),
        Err(WireError::Truncated)
    );
    assert_eq!(Cursor::new(&[0x1f, 0x01, 0]).element(), Err(WireError::Unexpected));
}

#[test]
fn numbers_round_trip_in_the_fewest_octets() {
    for (value, wanted) in [
        (0, 1),
        (1, 1),
        (127, 1),
        (128, 2),
        (255, 2),
        (256, 2),
        (32_767, 2),
        (32_768, 3),
        (0x7fff_ffff, 4),
    ] {
        let mut writer = Writer::new();
        writer.integer(value);
        let octets = writer.finish();
        assert_eq!(octets.len(), 2 + wanted, "{value}");
        assert_eq!(Cursor::new(&octets).integer(), Ok(value));
    }
}

#[test]
fn negative_empty_and_huge_numbers_are_refused() {
    for content in [&[][..], &[0x80], &[0xff, 0xff], &[0, 0x80, 0, 0, 0], &[0; 9]] {
        assert_eq!(non_negative(content), Err(WireError::Number), "{content:?}");
    }
}

#[test]
fn nested_elements_get_their_length_afterwards() {
    let mut writer = Writer::new();
    writer.nested(crate::tag::SEQUENCE, |inner| {
        inner.octets(&[7; 200]);
    });
    let octets = writer.finish();
    let mut cursor = Cursor::new(&octets);
    let mut inside = cursor.enter(crate::tag::SEQUENCE).unwrap();
    assert_eq!(inside.octets().unwrap().len(), 200);
    assert!(inside.finish().is_ok() && cursor.finish().is_ok());
}
