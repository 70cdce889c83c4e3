use super::*;

const ENTRY: &[u8] = b"\x04\x04cn=a\x30\x1f\
    \x30\x0b\x04\x02cn\x31\x05\x04\x01a\x04\x00\
    \x30\x10\x04\x03jpg\x31\x09\x04\x84\x00\x00\x00\x03\xff\x00\xd8";

fn edited(edit: impl FnMut(&[u8], &[u8]) -> Edit) -> Vec<u8> {
    SearchEntry::read(ENTRY).unwrap().edited(edit).unwrap()
}

#[test]
fn what_is_kept_is_kept_octet_for_octet() {
    assert_eq!(edited(|_, _| Edit::Keep), ENTRY);
    let jpg = b"\x04\x04cn=a\x30\x12\x30\x10\x04\x03jpg\x31\x09\x04\x84\x00\x00\x00\x03\xff\x00\xd8";
    assert_eq!(
        edited(|name, _| if name == b"jpg" { Edit::Keep } else { Edit::Drop }),
        jpg
    );
    assert_eq!(edited(|_, _| Edit::Drop), b"\x04\x04cn=a\x30\x00");
}

#[test]
fn values_are_chosen_one_by_one_and_an_attribute_without_any_goes() {
    let choose = |wanted: &'static [u8]| {
        edited(move |name, value| match (name, value) {
            (b"cn", b"") => Edit::Choose,
            (b"cn", value) if value == wanted => Edit::Keep,
            _ => Edit::Drop,
        })
    };
    assert_eq!(choose(b"a"), b"\x04\x04cn=a\x30\x0b\x30\x09\x04\x02cn\x31\x03\x04\x01a");
    assert_eq!(choose(b"b"), b"\x04\x04cn=a\x30\x00");
}

#[test]
fn a_malformed_attribute_is_an_error_and_not_half_an_entry() {
    let entry = SearchEntry::read(b"\x04\x00\x30\x08\x30\x06\x04\x02cn\x04\x00").unwrap();
    assert!(entry.edited(|_, _| Edit::Keep).is_err());
    assert!(entry.attributes().all(|attribute| attribute.is_err()));
    assert!(SearchEntry::read(b"\x04\x00\x30\x00\x00").is_err());
}
