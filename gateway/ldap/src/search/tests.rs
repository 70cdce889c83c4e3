use super::*;
use crate::{control, filter, frame};

fn search(base: &[u8], scope: Scope, size_limit: u32, time_limit: u32, controls: &[&[u8]]) -> Vec<u8> {
    NewSearch {
        base,
        scope,
        size_limit,
        time_limit,
        filter: &filter::present(b"objectClass"),
        attributes: &[b"cn", b"+"],
    }
    .message(MessageId(5), controls)
}

fn limits(octets: &[u8]) -> (u32, u32) {
    let message = Message::parse(octets).unwrap();
    let search = SearchRequest::parse(&message).unwrap();
    (search.size_limit, search.time_limit)
}

#[test]
fn limits_are_lowered_and_never_raised() {
    for (asked, most, wanted) in [
        ((0, 0), (0, 0), None),
        ((0, 0), (500, 0), Some((500, 0))),
        ((0, 0), (500, 60), Some((500, 60))),
        ((10, 5), (500, 60), None),
        ((1000, 5), (500, 60), Some((500, 5))),
        ((10, 61), (500, 60), Some((10, 60))),
        ((500, 60), (500, 60), None),
        ((0x7fff_ffff, 0), (0, 0), None),
        ((0x7fff_ffff, 1), (1, 0), Some((1, 1))),
    ] {
        let octets = search(b"dc=x", Scope::Subtree, asked.0, asked.1, &[]);
        let changed = limited(&Message::parse(&octets).unwrap(), most.0, most.1).unwrap();
        assert_eq!(changed.map(|octets| limits(&octets)), wanted, "{asked:?} {most:?}");
    }
}

#[test]
fn lowering_limits_leaves_everything_else_as_it_was() {
    let control = control::encode(b"1.2.3", true, Some(b"x"));
    let octets = search(b"dc=x", Scope::One, 0, 0, &[&control]);
    let changed = limited(&Message::parse(&octets).unwrap(), 7, 9).unwrap().unwrap();
    assert_eq!(changed, search(b"dc=x", Scope::One, 7, 9, &[&control]));
}

#[test]
fn what_is_no_search_is_not_let_through_unlimited() {
    for (operation, content) in [(tag::DELETE_REQUEST, &b"cn=x"[..]), (tag::SEARCH_REQUEST, b"\x04\x00")] {
        let octets = crate::answer::message(MessageId(1), operation, content, &[]);
        assert!(limited(&Message::parse(&octets).unwrap(), 7, 9).is_err());
    }
}

#[test]
fn the_root_dse_is_known_by_its_empty_base_and_scope() {
    for (base, scope, wanted) in [
        (&b""[..], Scope::Base, true),
        (b"", Scope::One, false),
        (b"", Scope::Subtree, false),
        (b"dc=x", Scope::Base, false),
        (&[b'x'; 200], Scope::Base, false),
    ] {
        let octets = search(base, scope, 0, 0, &[]);
        let header = frame::walk(&octets, 1000).unwrap().unwrap();
        assert_eq!(is_root_dse(&octets, &header), wanted);
    }
}

#[test]
fn the_root_dse_is_known_however_its_lengths_are_written() {
    // The base, scope 0 and the operation with lengths longer than needed.
    let short = search(b"", Scope::Base, 0, 0, &[]);
    let message = Message::parse(&short).unwrap();
    let rest = &message.operation.content[5..];
    let mut content = vec![0x04, 0x81, 0, 0x0a, 0x84, 0, 0, 0, 1, 0];
    content.extend_from_slice(rest);
    let mut octets = vec![0x30, 0x84, 0, 0, 0, u8::try_from(content.len() + 9).unwrap(), 2, 1, 5];
    octets.extend_from_slice(&[0x63, 0x84, 0, 0, 0, u8::try_from(content.len()).unwrap()]);
    octets.extend_from_slice(&content);
    let header = frame::walk(&octets, 1000).unwrap().unwrap();
    assert!(is_root_dse(&octets, &header));
    // The same octets behind an operation that ends before them are not its base and scope.
    let octets = [0x30, 11, 2, 1, 5, 0x63, 0, 0x04, 0, 0x0a, 1, 0, 0];
    let header = frame::walk(&octets, 1000).unwrap().unwrap();
    assert!(!is_root_dse(&octets, &header));
}

#[test]
fn the_list_of_attributes_is_bounded() {
    let many = vec![&b"a"[..]; MOST_ATTRIBUTES + 1];
    let octets = NewSearch {
        base: b"",
        scope: Scope::Other(3),
        size_limit: 0,
        time_limit: 0,
        filter: &filter::present(b"a"),
        attributes: &many,
    }
    .message(MessageId(1), &[]);
    let search = SearchRequest::parse(&Message::parse(&octets).unwrap()).unwrap();
    assert_eq!(search.scope, Scope::Other(3));
    assert_eq!(search.attributes().flatten().count(), MOST_ATTRIBUTES);
    assert_eq!(search.attributes().last(), Some(Err(WireError::TooMany)));
}

#[test]
fn another_filter_and_another_list_take_the_place_of_those_that_were_sent() {
    let (one, other) = (crate::filter::present(b"a"), crate::filter::equality(b"b", b"c"));
    let search = |filter: &[u8], attributes: &[&[u8]]| {
        let search = NewSearch {
            base: b"dc=x",
            scope: Scope::One,
            size_limit: 7,
            time_limit: 8,
            filter,
            attributes,
        };
        search.message(MessageId(3), &[])
    };
    let octets = search(&one, &[b"cn"]);
    let message = Message::parse(&octets).unwrap();
    let none: Option<&[&[u8]]> = None;
    assert_eq!(altered(&message, None, none).unwrap(), octets);
    assert_eq!(altered(&message, Some(&other), none).unwrap(), search(&other, &[b"cn"]));
    assert_eq!(
        altered(&message, None, Some(&[b"x", b"y"])).unwrap(),
        search(&one, &[b"x", b"y"])
    );
}
