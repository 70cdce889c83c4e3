//! The assertion control (RFC 4528): the request is done only if its entry matches a filter, else 122 (assertionFailed).

use crate::WireError;
use crate::ber::{Cursor, Element};
use crate::oid;

/// The filter in a control's value (RFC 4528 §3), for [`crate::filter::walk`]. Octets behind it are a fault, though slapd passes over them.
pub fn filter(value: Option<&[u8]>) -> Result<Element<'_>, WireError> {
    Cursor::new(value.ok_or(WireError::Truncated)?).only()
}

/// The whole control, from a filter's octets (see [`crate::filter`]). Critical, for a server that does not know it would do the
/// request whatever the entry holds.
pub fn control(filter: &[u8]) -> Vec<u8> {
    super::encode(oid::ASSERTION, true, Some(filter))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::Controls;
    use crate::filter::equality;

    #[test]
    fn a_filter_goes_in_and_comes_out() {
        let wanted = equality(b"cn", b"x");
        let octets = control(&wanted);
        let found = Controls::new(&octets).find(oid::ASSERTION).unwrap().unwrap();
        assert!(found.critical);
        assert_eq!(filter(found.value).unwrap().whole, wanted);
    }

    #[test]
    fn no_value_and_octets_behind_the_filter_are_faults() {
        assert_eq!(filter(None), Err(WireError::Truncated));
        assert_eq!(filter(Some(b"")), Err(WireError::Truncated));
        let two = [equality(b"cn", b"x"), equality(b"cn", b"y")].concat();
        assert_eq!(filter(Some(&two)), Err(WireError::Trailing));
    }
}
