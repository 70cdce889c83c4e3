//! Permissive modify: adding a value that is there and deleting one that is not are no errors. It has no value.

use crate::WireError;
use crate::control::Control;
use crate::oid;

/// The whole control.
pub fn control(critical: bool) -> Vec<u8> {
    super::encode(oid::PERMISSIVE_MODIFY, critical, None)
}

/// Whether a control is this one. A value is a fault.
pub fn parse(control: &Control<'_>) -> Result<bool, WireError> {
    if control.oid != oid::PERMISSIVE_MODIFY {
        return Ok(false);
    }
    if control.value.is_some() {
        return Err(WireError::Trailing);
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::{Controls, encode};

    #[test]
    fn it_is_known_by_its_oid_and_has_no_value() {
        let read = |octets: &[u8]| parse(&Controls::new(octets).iter().next().unwrap().unwrap());
        assert_eq!(control(true), b"\x30\x1c\x04\x171.2.840.113556.1.4.1413\x01\x01\xff");
        assert_eq!(read(&control(false)), Ok(true));
        assert_eq!(
            read(&encode(oid::PERMISSIVE_MODIFY, false, Some(b""))),
            Err(WireError::Trailing)
        );
        assert_eq!(read(&encode(oid::PRE_READ, false, None)), Ok(false));
    }
}
