use super::*;
use proptest::prelude::*;

fn read(text: &[u8]) -> Result<Vec<Record>, String> {
    Reader::new(text)
        .collect::<Result<_, _>>()
        .map_err(|error| error.to_string())
}

#[test]
fn records_are_read_with_folds_comments_base64_and_any_line_end() {
    let text = b"version: 1\r\n# a comment\n  that goes on\n\ndn: cn=a,\n dc=b\nobjectClass: top\ncn:a\ncn;lang-de:: w6Q=\n# between\nsn:\n\n\n\
                 dn:: Y249Yg==\nchangetype: add\ncn: b \n";
    let records = read(text).unwrap();
    assert_eq!(records.len(), 2);
    let first = records.first().unwrap();
    assert_eq!((first.line, first.dn.as_slice()), (5, &b"cn=a,dc=b"[..]));
    let attributes: Vec<_> = first
        .attributes
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_slice()))
        .collect();
    assert_eq!(
        attributes,
        [
            ("objectClass", &b"top"[..]),
            ("cn", b"a"),
            ("cn;lang-de", "ä".as_bytes()),
            ("sn", b"")
        ]
    );
    let second = records.get(1).unwrap();
    assert_eq!((second.line, second.dn.as_slice()), (14, &b"cn=b"[..]));
    assert_eq!(second.attributes, [("cn".to_owned(), b"b ".to_vec())]);
}

#[test]
fn what_is_no_ldif_is_told_with_its_line() {
    for (text, told) in [
        (&b"cn: a\n"[..], "line 1: a record begins with its name: dn: …"),
        (
            b" cn: a\n",
            "line 1: this continues a line, and there is none before it",
        ),
        (
            b"dn: a\n\n b\n",
            "line 3: this continues a line, and there is none before it",
        ),
        (b"dn: a\ncn\n", "line 2: there is no colon: attribute: value"),
        (b"dn: a\n: b\n", "line 2: this is no attribute: letters, digits and '-'"),
        (b"dn: a\ncn:: %\n", "line 2: this is not base64, as two colons promise"),
        (
            b"dn: a\ncn:< file:///etc/passwd\n",
            "line 2: values by reference are not read: put the value here",
        ),
        (
            b"dn: a\nchangetype: modify\n",
            "line 2: only entries are read here; changes go through ldapmodify",
        ),
        (b"version: 2\n", "line 1: this version of LDIF is not known: version: 1"),
    ] {
        assert_eq!(read(text).err().as_deref(), Some(told));
    }
}

#[test]
fn a_record_larger_than_is_read_is_refused_before_it_is_held() {
    let mut text = b"dn: a\ncn: ".to_vec();
    text.resize(LARGEST_RECORD + 100, b'a');
    assert_eq!(read(&text).err().unwrap(), "line 2: this record is too large");
    let folded = [
        &b"dn: a\n"[..],
        &b"cn: aaaaaaaaaaaaaaaaaaaaaaaaaaa\n aaaaaaaaaaa\n".repeat(LARGEST_RECORD / 40),
    ]
    .concat();
    assert!(read(&folded).err().unwrap().ends_with("this record is too large"));
}

proptest! {
    #[test]
    fn what_is_written_reads_back(
        dn in proptest::collection::vec(any::<u8>(), 0..200),
        values in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..200), 0..6),
    ) {
        let mut text = Vec::new();
        write(&mut text, &dn, values.iter().map(|value| ("cn;x-a", value.as_slice()))).unwrap();
        prop_assert!(text.is_ascii());
        prop_assert!(text.split(|&octet| octet == b'\n').all(|line| line.len() <= WIDTH));
        let records = read(&text).unwrap();
        prop_assert_eq!(records.len(), 1);
        prop_assert_eq!(&records[0].dn, &dn);
        prop_assert_eq!(records[0].attributes.iter().map(|(_, value)| value.clone()).collect::<Vec<_>>(), values);
    }

    #[test]
    fn no_octets_make_the_reader_panic(octets in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(&octets);
    }
}
