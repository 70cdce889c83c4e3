//! The premise of a leave as an assertion control (RFC 4528): the server writes only while it holds.

use postern_identity::authority::Filter;
use postern_ldap::ber::Writer;
use postern_ldap::control::assertion;
use postern_ldap::{Message, WireError, filter, oid, splice, tag};

/// A filter's octets (RFC 4511 §4.5.1.7).
pub(super) fn octets(filter: &Filter) -> Vec<u8> {
    match filter {
        Filter::All(parts) => filter::all(&parts.iter().map(octets).collect::<Vec<_>>()),
        Filter::Any(parts) => filter::any(&parts.iter().map(octets).collect::<Vec<_>>()),
        Filter::Not(part) => filter::not(&octets(part)),
        Filter::Present(attribute) => filter::present(attribute.as_str().as_bytes()),
        Filter::Equal(attribute, value) => filter::equality(attribute.as_str().as_bytes(), value),
        Filter::Substrings {
            attribute,
            first,
            between,
            last,
        } => {
            let mut writer = Writer::new();
            writer.nested(0xa4, |inside| {
                inside
                    .octets(attribute.as_str().as_bytes())
                    .nested(tag::SEQUENCE, |list| {
                        let between = between.iter().map(|piece| (0x81, piece));
                        let pieces = first.iter().map(|piece| (0x80, piece)).chain(between);
                        for (tag, piece) in pieces.chain(last.iter().map(|piece| (0x82, piece))) {
                            list.element(tag, piece);
                        }
                    });
            });
            writer.finish()
        }
        Filter::Bits { attribute, mask, every } => {
            let rule: &[u8] = if *every {
                b"1.2.840.113556.1.4.803"
            } else {
                b"1.2.840.113556.1.4.804"
            };
            let mut writer = Writer::new();
            writer.nested(0xa9, |inside| {
                inside
                    .element(0x81, rule)
                    .element(0x82, attribute.as_str().as_bytes())
                    .element(0x83, mask.to_string().as_bytes());
            });
            writer.finish()
        }
    }
}

/// The request with a premise on it, beside the client's own assertion if it has one.
pub(super) fn asserted(message: &Message<'_>, premise: &[u8]) -> Result<Vec<u8>, WireError> {
    let control = match message.controls.sole(oid::ASSERTION)? {
        Some(own) => {
            let own = assertion::filter(own.value)?.whole.to_vec();
            assertion::control(&filter::all(&[own, premise.to_vec()]))
        }
        None => assertion::control(premise),
    };
    splice::with_controls(message, |control| control.oid != oid::ASSERTION, &[&control])
}

#[cfg(test)]
mod tests {
    use super::*;
    use postern_identity::AttributeName;
    use postern_ldap::MessageId;
    use postern_ldap::change::{NewChange, modify};

    fn name(text: &str) -> AttributeName {
        AttributeName::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn a_filter_is_written_as_the_one_that_reads_so() {
        let bits = Filter::Bits {
            attribute: name("uac"),
            mask: 2,
            every: true,
        };
        let pieces = Filter::Substrings {
            attribute: name("mail"),
            first: Some(b"a".as_slice().into()),
            between: vec![b"b".as_slice().into()],
            last: Some(b"@x".as_slice().into()),
        };
        let whole = Filter::All(vec![
            Filter::Not(Box::new(Filter::Equal(name("kind"), b"sso".as_slice().into()))),
            Filter::Any(vec![Filter::Present(name("mail")), pieces, bits]),
        ]);
        let text = "(&(!(kind=sso))(|(mail=*)(mail=a*b*@x)(uac:1.2.840.113556.1.4.803:=2)))";
        assert_eq!(octets(&whole), filter::text::parse(text).unwrap());
    }

    #[test]
    fn a_clients_own_assertion_stays_beside_ours_and_everything_else_as_it_was() {
        let ours = filter::equality(b"a", b"1");
        let theirs = filter::equality(b"b", b"2");
        let change = NewChange {
            operation: 2,
            attribute: b"userPassword",
            values: &[b"x"],
        };
        let other = postern_ldap::control::encode(b"1.2.3", true, Some(b"v"));
        let own = assertion::control(&theirs);
        for (controls, wanted) in [
            (vec![&other[..]], ours.clone()),
            (vec![&other[..], &own], filter::all(&[theirs.clone(), ours.clone()])),
        ] {
            let request = modify(MessageId(7), b"cn=a", &[change], &controls);
            let message = Message::parse(&request).unwrap();
            let changed = asserted(&message, &ours).unwrap();
            let changed = Message::parse(&changed).unwrap();
            let control = changed.controls.sole(oid::ASSERTION).unwrap().unwrap();
            assert!(control.critical);
            assert_eq!(assertion::filter(control.value).unwrap().whole, wanted);
            assert!(changed.controls.find(b"1.2.3").unwrap().is_some());
            assert_eq!(
                (changed.id, changed.operation.whole),
                (message.id, message.operation.whole)
            );
        }
        let twice = modify(MessageId(7), b"cn=a", &[change], &[&own, &own]);
        assert!(asserted(&Message::parse(&twice).unwrap(), &ours).is_err());
    }
}
