//! What is rewritten: names in messages, items of filters, lists of searches. What nothing is done to comes out as it came in.

use postern_ldap::ber::Cursor;
use postern_ldap::filter::rewrite::{Item, Rewritten, rewrite};
use postern_ldap::renaming::{self, Answer, NameSyntax, Place, Renamed, Renaming};
use postern_ldap::search::{self, SearchRequest};
use postern_ldap::{Message, WireError, filter, tag};

/// Every value of every attribute is taken for a name.
struct Names(fn(&[u8]) -> Renamed);

impl Renaming for Names {
    fn syntax(&self, description: &[u8]) -> Option<NameSyntax> {
        Some(match description.len() % 3 {
            0 => NameSyntax::NameAndUid,
            1 => NameSyntax::Name,
            _ => NameSyntax::CountedAndName,
        })
    }

    fn rename(&self, _: Place, name: &[u8]) -> Renamed {
        (self.0)(name)
    }
}

const SAME: Names = Names(|_| Renamed::Same);
const ITSELF: Names = Names(|name| Renamed::To(name.to_vec()));
const NOBODY: Names = Names(|_| Renamed::No);

/// Names in a message.
pub fn names(message: &Message<'_>) {
    if !tag::is_request(message.operation.tag) {
        if let Ok(answer) = renaming::answer(message, &SAME) {
            assert!(answer == Answer::Same);
        }
        if let Ok(Answer::Renamed(other)) = renaming::answer(message, &ITSELF) {
            let other = Message::parse(&other).unwrap();
            assert_eq!((other.id, other.operation.tag), (message.id, message.operation.tag));
            // Written once by us it stays as it is.
            if let Ok(Answer::Renamed(again)) = renaming::answer(&other, &ITSELF) {
                let again = Message::parse(&again).unwrap();
                assert_eq!(again.operation.content, other.operation.content);
                assert_eq!(again.controls.content(), other.controls.content());
            }
        }
        renaming::answer(message, &NOBODY).ok();
        return;
    }
    // Controls that may hold names unseen go, whatever the names are.
    if let Ok(Some(other)) = renaming::request(message, &SAME) {
        let other = Message::parse(&other).unwrap();
        assert_eq!(other.operation, message.operation);
        assert!(other.controls.content().len() < message.controls.content().len());
    }
    if let Ok(Some(other)) = renaming::request(message, &ITSELF) {
        let other = Message::parse(&other).unwrap();
        assert_eq!((other.id, other.operation.tag), (message.id, message.operation.tag));
        let again = renaming::request(&other, &ITSELF).unwrap();
        if let Some(again) = again {
            let again = Message::parse(&again).unwrap();
            assert_eq!(again.operation.content, other.operation.content);
            assert_eq!(again.controls.content(), other.controls.content());
        }
    }
    renaming::request(message, &NOBODY).ok();
}

/// A filter whose items stay, come back as they were, or are undefined.
pub fn filter_items(octets: &[u8]) {
    let Ok(element) = Cursor::new(octets).only() else {
        return;
    };
    let walked = filter::walk(element, |_| ());
    let same = rewrite(element, |_| Ok::<_, WireError>(Rewritten::Same));
    assert_eq!(same.is_ok(), walked.is_ok());
    let Ok(same) = same else { return };
    assert_eq!(same, None);
    let names = |octets: &[u8]| {
        let mut seen = Vec::new();
        filter::walk(Cursor::new(octets).only().unwrap(), |named| {
            seen.push(format!("{named:?}"))
        })
        .unwrap();
        seen
    };
    let back = |item: &Item<'_>| {
        let attribute = item.attribute.unwrap_or_default();
        Ok::<_, WireError>(Rewritten::Put(item.with(attribute, item.value)))
    };
    if let Some(back) = rewrite(element, back).unwrap() {
        assert_eq!(names(&back), names(octets));
    }
    if let Some(undefined) = rewrite(element, |_| Ok::<_, WireError>(Rewritten::Undefined)).unwrap() {
        let all = Cursor::new(&undefined).only().unwrap();
        // One of them is a not around what was there: it may be too deep now, and is never malformed.
        let walked = filter::walk(all, |_| ());
        assert!(matches!(walked, Ok(()) | Err(WireError::TooDeep | WireError::TooMany)));
    }
}

/// A search with another list.
pub fn lists(message: &Message<'_>) {
    let Ok(search) = SearchRequest::parse(message) else {
        return;
    };
    let none: Option<&[&[u8]]> = None;
    let same = search::altered(message, None, none).unwrap();
    assert_eq!(
        Message::parse(&same).unwrap().operation.content,
        message.operation.content
    );
    let other = search::altered(message, Some(&filter::present(b"x")), Some(&[b"a"])).unwrap();
    let other = Message::parse(&other).unwrap();
    let other = SearchRequest::parse(&other).ok().unwrap();
    assert_eq!(
        (other.base, other.scope, other.size_limit),
        (search.base, search.scope, search.size_limit)
    );
    assert_eq!((other.types_only, other.attributes().count()), (search.types_only, 1));
}
