use super::super::{all, any, equality, not, text};
use super::*;

fn parsed(text: &str) -> Vec<u8> {
    text::parse(text).unwrap()
}

fn rewritten(filter: &str, by: impl FnMut(&Item<'_>) -> Result<Rewritten, WireError>) -> Option<Vec<u8>> {
    let octets = parsed(filter);
    rewrite(Cursor::new(&octets).only().unwrap(), by).unwrap()
}

#[test]
fn what_nobody_changes_is_told_so() {
    for filter in [
        "(cn=x)",
        "(&(a=1)(|(b>=2)(!(c<=3)))(d~=4)(e=*)(f=a*b*c)(g:1.2.3:=x)(h:dn:=y)(:1.2.3:=z))",
        "(!(!(a=b)))",
        "(&)",
        "(|)",
    ] {
        assert_eq!(rewritten(filter, |_| Ok(Rewritten::Same)), None, "{filter}");
    }
}

#[test]
fn every_item_put_back_as_it_was_read_gives_the_same_octets() {
    let filter = "(&(a=1)(|(b>=2)(!(c<=3)))(d~=4)(e=*)(f=a*b*c)(g:1.2.3:=x)(h:dn:=y)(:1.2.3:=z)(i:=v))";
    let same = rewritten(filter, |item| {
        Ok(Rewritten::Put(
            item.with(item.attribute.unwrap_or_default(), item.value),
        ))
    });
    assert_eq!(same, Some(parsed(filter)));
}

#[test]
fn an_item_gives_way_to_a_whole_filter() {
    let changed = rewritten("(&(x=1)(!(y=2)))", |item| {
        Ok(match item.attribute {
            Some(b"y") => Rewritten::Put(any(&[equality(b"z", item.value), equality(b"w", item.value)])),
            _ => Rewritten::Same,
        })
    });
    let wanted = all(&[
        equality(b"x", b"1"),
        not(&any(&[equality(b"z", b"2"), equality(b"w", b"2")])),
    ]);
    assert_eq!(changed, Some(wanted));
}

#[test]
fn what_is_undefined_makes_nothing_true_however_many_nots_are_around_it() {
    let undefined = |item: &Item<'_>| {
        Ok(match item.attribute {
            Some(b"u") => Rewritten::Undefined,
            _ => Rewritten::Same,
        })
    };
    for (filter, wanted) in [
        ("(u=1)", "(!(objectClass=*))"),
        ("(!(u=1))", "(!(objectClass=*))"),
        ("(!(!(u=1)))", "(!(!(!(objectClass=*))))"),
        ("(|(u=1)(a=b))", "(|(!(objectClass=*))(a=b))"),
        ("(!(&(u=1)(a=b)))", "(!(&(objectClass=*)(a=b)))"),
        ("(!(|(u=1)(a=b)))", "(!(|(objectClass=*)(a=b)))"),
        ("(&(u=*)(u>=1)(a=b))", "(&(!(objectClass=*))(!(objectClass=*))(a=b))"),
    ] {
        assert_eq!(rewritten(filter, undefined), Some(parsed(wanted)), "{filter}");
    }
}

#[test]
fn what_is_no_filter_or_too_much_of_one_is_an_error() {
    let with = |octets: &[u8]| {
        rewrite(Cursor::new(octets).only()?, |_| Ok::<_, WireError>(Rewritten::Same))
            .map(|changed| assert!(changed.is_none()))
    };
    for broken in [
        &b"\xa3\x03\x04\x01a"[..],
        b"\xa2\x00",
        b"\xa2\x06\x87\x01a\x87\x01b",
        b"\xa4\x06\x04\x01a\x30\x01\x80",
        b"\x04\x01a",
    ] {
        assert!(with(broken).is_err(), "{broken:?}");
    }
    let deep = (0..=DEEPEST).fold(present(b"a"), |inner, _| not(&inner));
    assert_eq!(with(&deep), Err(WireError::TooDeep));
    let deepest = (0..DEEPEST - 1).fold(present(b"a"), |inner, _| not(&inner));
    assert_eq!(with(&deepest), Ok(()));
    let many = all(&vec![present(b"a"); MOST_PARTS]);
    assert_eq!(with(&many), Err(WireError::TooMany));
}
