use super::*;
use crate::local::schema::Schema;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn path(dn: &str) -> Result<NamePath, NameFault> {
    Schema::standard().path(dn.as_bytes())
}

#[test]
fn spellings_of_one_name_stand_at_one_place() {
    let wanted = path("cn=Ada Lovelace+uid=ada,ou=People,dc=example,dc=org").unwrap();
    for dn in [
        "CN=ada  lovelace + UID=ADA , OU=people , DC=Example , DC=org",
        "uid=ada+commonName=Ada Lovelace;ou=People;dc=example;dc=org",
        "2.5.4.3=\"Ada Lovelace\"+0.9.2342.19200300.100.1.1=ada,ou=People,dc=example,dc=org",
        "cn=#040c416461204c6f76656c616365+uid=ada,ou=People,dc=example,dc=org",
        "cn=\\41da\\20Lovelace+uid=ada,ou=\\50eople,dc=example,dc=org",
        "cn=\\ Ada Lovelace\\ +uid=ada,ou=People,dc=example,dc=org",
        "  cn=Ada Lovelace+uid=ada,ou=People,dc=example,dc=org  ",
    ] {
        assert_eq!(path(dn).as_ref(), Ok(&wanted), "{dn}");
    }
    assert_eq!(path("cn=Müller").unwrap(), path("cn=M\\c3\\bcLLER").unwrap());
    assert_eq!(path("cn=Mu\u{308}ller").unwrap(), path("cn=MÜLLER").unwrap());
    assert_eq!(path("uidNumber=7").unwrap(), path("UIDNUMBER=7").unwrap());
    assert_eq!(
        path("memberUid=Ada").map(|path| path != self::path("memberUid=ada").unwrap()),
        Ok(true)
    );
}

#[test]
fn what_is_no_name_is_refused() {
    for dn in [
        "cn",
        "=x",
        "cn=a,",
        ",cn=a",
        "cn=a,,dc=b",
        "cn=a+",
        "cn=a+,dc=b",
        "cn=a\"b",
        "cn=\"a",
        "cn=\"a\"b",
        "cn=a\\",
        "cn=a\\4",
        "cn=a\\zz",
        "cn=#04",
        "cn=#0",
        "cn=#040161ff",
        "cn=#zz",
        "cn=a<b",
        "cn=a>b",
        "cn=a\0b",
        "c n=a",
        "cn;lang-de=a",
        "a_b\u{17f}=x",
        "cn=a+cn=b",
        "oid.2.5.4.3=a",
    ] {
        assert_eq!(path(dn), Err(NameFault::Syntax), "{dn}");
    }
    for dn in ["nothing=a", "9.9.9=a", "jpegPhoto=a"] {
        assert_eq!(path(dn), Err(NameFault::UnknownAttribute), "{dn}");
    }
    for dn in ["cn=", "cn=\\ff", "uidNumber=x", "c=DEU", "member=x"] {
        assert_eq!(path(dn), Err(NameFault::Value), "{dn}");
    }
}

#[test]
fn long_and_deep_names_are_refused() {
    let deep = vec!["dc=a"; MOST_RDNS].join(",");
    assert_eq!(path(&deep).unwrap().depth(), MOST_RDNS);
    assert_eq!(path(&format!("{deep},dc=a")), Err(NameFault::TooLong));
    let long = format!("cn={}", "a".repeat(LONGEST));
    assert_eq!(path(&long), Err(NameFault::TooLong));
    assert!(path(long.get(..LONGEST).unwrap()).is_ok());
    let mut nested = "cn=a".to_owned();
    for _ in 0..2 {
        nested = format!("member=\"{}\"", nested.replace('\\', "\\\\").replace('"', "\\\""));
        assert!(path(&nested).is_ok(), "{nested}");
    }
    let nested = format!("member=\"{}\"", nested.replace('\\', "\\\\").replace('"', "\\\""));
    assert_eq!(path(&nested), Err(NameFault::Value));
    // An equals sign need not be escaped, so names nest as deep as they are long.
    let nested = format!("{}cn=a", "owner=".repeat(LONGEST / 6 - 1));
    assert_eq!(path(&nested), Err(NameFault::Value));
}

#[test]
fn above_ends_at_the_root() {
    let mut place = path("cn=a\\00b,ou=\\01,dc=org").unwrap();
    for deep in [3, 2, 1] {
        assert_eq!(place.depth(), deep);
        let above = place.above().unwrap();
        assert!(place.is_within(&above) && !above.is_within(&place));
        place = above;
    }
    assert!(place.is_root() && place.above().is_none() && place == NamePath::root());
    assert_eq!(path(""), Ok(NamePath::root()));
    assert_eq!(path("  "), Ok(NamePath::root()));
}

#[test]
fn octets_within_a_value_are_no_end_and_no_mark() {
    let places: BTreeSet<_> = [
        "cn=a\\00,dc=o",
        "cn=a\\01\\01,dc=o",
        "cn=a\\01,dc=o",
        "cn=a\\00b,dc=o",
        "cn=a+uid=b,dc=o",
        "cn=a\\+uid\\=b,dc=o",
        "cn=a\\01\\03uid\\=b,dc=o",
        "cn=a,cn=b,dc=o",
        "cn=a,dc=o",
        "cn=a\\,dc\\=o",
        // Without marks these two would be one.
        "cn=a\\00userpassword\\=b,dc=o",
        "cn=b,cn=a,dc=o",
    ]
    .iter()
    .map(|dn| {
        Schema::standard()
            .path(dn.replace("cn=", "userPassword=").as_bytes())
            .unwrap()
    })
    .collect();
    assert_eq!(places.len(), 12);
    let short = path("cn=ab,dc=o").unwrap();
    assert!(!path("cn=x,cn=abc,dc=o").unwrap().is_within(&short));
    assert!(!path("cn=abc,dc=o").unwrap().is_within(&short));
}

#[test]
fn a_written_name_is_cut_behind_its_first_rdn() {
    let written = WrittenName::first(b" cn = Smith\\, J. + uid=\"a,b\" , ou=People,dc=org")
        .unwrap()
        .unwrap();
    assert_eq!(written.rdn, b"cn = Smith\\, J. + uid=\"a,b\"");
    assert_eq!(written.rest, b"ou=People,dc=org");
    let pairs: Vec<_> = written
        .pairs
        .iter()
        .map(|(kind, value)| (*kind, value.as_slice()))
        .collect();
    assert_eq!(pairs, [(&b"cn"[..], &b"Smith, J."[..]), (b"uid", b"a,b")]);
    let last = WrittenName::first(b"dc=org ").unwrap().unwrap();
    assert_eq!((last.rdn, last.rest), (&b"dc=org"[..], &b""[..]));
    let escaped = WrittenName::first(b"cn=a\\ ,dc=org").unwrap().unwrap();
    assert_eq!((escaped.rdn, &*escaped.pairs[0].1), (&b"cn=a\\ "[..], &b"a "[..]));
    assert!(WrittenName::first(b"").unwrap().is_none());
}

#[test]
fn a_name_is_not_shown_for_debugging() {
    assert_eq!(format!("{:?}", path("cn=ada,dc=org").unwrap()), "NamePath(2 deep)");
}

/// A name as it is meant: RDNs from the lowest up, of pairs of type and value.
type Meant = Vec<Vec<(usize, String)>>;

const TYPES: [&[&str]; 4] = [
    &["cn", "CN", "commonName", "2.5.4.3"],
    &["uid", "UserID", "0.9.2342.19200300.100.1.1"],
    &["ou", "organizationalUnitName", "2.5.4.11"],
    &["dc", "domainComponent"],
];

fn meant() -> impl Strategy<Value = Meant> {
    let value = prop_oneof!["[abAB ,+=\"\\\\#;<>éÉ\u{0}\u{1}]{1,5}", "[ab]{1,2}"];
    let rdn = proptest::collection::btree_map(0..3_usize, value, 1..3).prop_map(|pairs| pairs.into_iter().collect());
    proptest::collection::vec(rdn, 0..5)
}

/// What of it counts.
fn counts(meant: &Meant) -> Vec<BTreeSet<(usize, String)>> {
    let value = |text: &str| {
        let words: Vec<String> = text
            .replace(['\0', '\u{1}'], "")
            .split(' ')
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect();
        words.join(" ")
    };
    let rdn = |pairs: &Vec<(usize, String)>| pairs.iter().map(|(kind, text)| (*kind, value(text))).collect();
    meant.iter().rev().map(rdn).collect()
}

/// Writes it, as these numbers choose.
fn write(meant: &Meant, mut choices: impl Iterator<Item = u8>) -> String {
    let mut choose = |most: usize| usize::from(choices.next().unwrap_or(0)) % most;
    let mut rdns = Vec::new();
    for pairs in meant {
        let mut pairs = pairs.clone();
        if choose(2) == 1 {
            pairs.reverse();
        }
        let mut written = Vec::new();
        for (kind, text) in pairs {
            let name = TYPES[kind][choose(TYPES[kind].len())];
            let text = match choose(3) {
                0 => text.to_uppercase(),
                1 => format!(" {text} "),
                _ => text,
            };
            let value = match choose(4) {
                0 => {
                    use std::fmt::Write as _;
                    let mut out = format!("#04{:02x}", text.len());
                    text.bytes().for_each(|octet| write!(out, "{octet:02x}").unwrap());
                    out
                }
                1 => format!(
                    "\"{}\"",
                    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\0', "\\00")
                ),
                2 => {
                    use std::fmt::Write as _;
                    let mut out = String::new();
                    text.bytes().for_each(|octet| write!(out, "\\{octet:02X}").unwrap());
                    out
                }
                _ => text
                    .chars()
                    .map(|letter| match letter {
                        '\0' | '\u{1}' => format!("\\0{}", u32::from(letter)),
                        ' ' | ',' | '+' | '=' | '"' | '\\' | '#' | ';' | '<' | '>' => format!("\\{letter}"),
                        other => other.to_string(),
                    })
                    .collect(),
            };
            written.push(format!("{name}{}{value}", ["=", " = "][choose(2)]));
        }
        rdns.push(written.join(["+", " + "][choose(2)]));
    }
    rdns.join([",", " , ", ";"][choose(3)])
}

proptest! {
    #[test]
    fn two_spellings_are_one_place_exactly_if_they_mean_one_name(
        one in meant(), other in meant(), same in any::<bool>(),
        choices in proptest::collection::vec(any::<u8>(), 80),
        others in proptest::collection::vec(any::<u8>(), 80),
    ) {
        let other = if same { one.clone() } else { other };
        let (first, second) = (path(&write(&one, choices.into_iter())), path(&write(&other, others.into_iter())));
        let (first, second) = (first.unwrap(), second.unwrap());
        prop_assert_eq!(first == second, counts(&one) == counts(&other));
        prop_assert_eq!(first.is_within(&second), counts(&one).starts_with(&counts(&other)));
        prop_assert_eq!(first.depth(), one.len());
    }

    #[test]
    fn no_octets_are_too_much(octets in proptest::collection::vec(any::<u8>(), 0..60)) {
        let _ = Schema::standard().path(&octets);
    }

    #[test]
    fn nothing_that_almost_is_a_name_is_too_much(text in "(cn|uid|ou) ?= ?[#\"\\\\a0-9,;+ =]{0,12}") {
        let _ = path(&text);
    }
}
