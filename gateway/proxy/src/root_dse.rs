//! The rootDSE (RFC 4512 §5.1) as this gateway truly offers it: what we refuse is not advertised.

use postern_ldap::ber::Writer;
use postern_ldap::credential::base_type;
use postern_ldap::entry::{Edit, SearchEntry};
use postern_ldap::search::SearchRequest;
use postern_ldap::{Message, WireError, oid, splice, tag};

/// RFC 4512 §5.1.5.
const MECHANISMS: &[u8] = b"supportedSASLMechanisms";
const MECHANISMS_OID: &[u8] = b"1.3.6.1.4.1.1466.101.120.14";

/// Whether a search of the rootDSE asks for the SASL mechanisms with their values: by name, or as an operational attribute (RFC 3673).
pub(crate) fn asks_for_mechanisms(search: &SearchRequest<'_>) -> bool {
    !search.types_only
        && search.attributes().any(|attribute| {
            attribute.is_ok_and(|attribute| {
                attribute == b"+" || attribute.eq_ignore_ascii_case(MECHANISMS) || attribute == MECHANISMS_OID
            })
        })
}

/// The message with the directory's SASL mechanisms taken out and these put in, StartTLS listed only if `start_tls`, and transactions left out.
pub(crate) fn rewritten(entry: &Message<'_>, start_tls: bool, mechanisms: &[&[u8]]) -> Result<Vec<u8>, WireError> {
    let mut more = Writer::new();
    if !mechanisms.is_empty() {
        more.nested(tag::SEQUENCE, |attribute| {
            attribute.octets(MECHANISMS).nested(tag::SET, |set| {
                for mechanism in mechanisms {
                    set.octets(mechanism);
                }
            });
        });
    }
    let content = SearchEntry::parse(entry)?.edited_with(&more.finish(), |attribute, value| {
        let attribute = base_type(attribute);
        if attribute.eq_ignore_ascii_case(MECHANISMS) || attribute == MECHANISMS_OID {
            return Edit::Drop;
        }
        if !attribute.eq_ignore_ascii_case(b"supportedExtension") {
            return Edit::Keep;
        }
        match value {
            b"" => Edit::Choose,
            oid::START_TLS if !start_tls => Edit::Drop,
            oid::START_TRANSACTION | oid::END_TRANSACTION => Edit::Drop,
            _ => Edit::Keep,
        }
    })?;
    Ok(splice::with_content(entry, &content))
}

#[cfg(test)]
mod tests {
    use super::*;
    use postern_ldap::{MessageId, answer};

    fn entry(attributes: &[(&str, &[&[u8]])]) -> Vec<u8> {
        let mut content = Writer::new();
        content.octets(b"").nested(tag::SEQUENCE, |list| {
            for (name, values) in attributes {
                list.nested(tag::SEQUENCE, |attribute| {
                    attribute.octets(name.as_bytes()).nested(tag::SET, |set| {
                        for value in *values {
                            set.octets(value);
                        }
                    });
                });
            }
        });
        answer::message(MessageId(5), tag::SEARCH_ENTRY, &content.finish(), &[])
    }

    #[test]
    fn mechanisms_are_put_in_only_where_they_are_asked_for_with_their_values() {
        for (attributes, types_only, asked) in [
            (&["supportedSASLMechanisms"][..], false, true),
            (&["namingContexts", "SUPPORTEDsaslMECHANISMS"], false, true),
            (&["*", "+"], false, true),
            (&["1.3.6.1.4.1.1466.101.120.14"], false, true),
            (&["supportedSASLMechanisms"], true, false),
            (&["namingContexts", "*"], false, false),
            (&[], false, false),
        ] {
            let mut body = Writer::new();
            body.octets(b"")
                .enumerated(0)
                .enumerated(0)
                .integer(0)
                .integer(0)
                .boolean(types_only);
            body.element(0x87, b"objectClass").nested(tag::SEQUENCE, |list| {
                for attribute in attributes {
                    list.octets(attribute.as_bytes());
                }
            });
            let octets = answer::message(MessageId(1), tag::SEARCH_REQUEST, &body.finish(), &[]);
            let search = SearchRequest::parse(&Message::parse(&octets).unwrap()).unwrap();
            assert_eq!(asks_for_mechanisms(&search), asked, "{attributes:?}");
        }
    }

    #[test]
    fn sasl_mechanisms_and_what_is_refused_are_not_advertised() {
        let from = entry(&[
            ("namingContexts", &[b"dc=example,dc=org"]),
            ("supportedSASLMechanisms", &[b"GSSAPI", b"PLAIN"]),
            (
                "supportedExtension",
                &[oid::WHO_AM_I, oid::START_TLS, oid::START_TRANSACTION],
            ),
        ]);
        let message = Message::parse(&from).unwrap();
        let plain = entry(&[
            ("namingContexts", &[b"dc=example,dc=org"]),
            ("supportedExtension", &[oid::WHO_AM_I]),
        ]);
        assert_eq!(rewritten(&message, false, &[]).unwrap(), plain);
        let with_tls = entry(&[
            ("namingContexts", &[b"dc=example,dc=org"]),
            ("supportedExtension", &[oid::WHO_AM_I, oid::START_TLS]),
        ]);
        assert_eq!(rewritten(&message, true, &[]).unwrap(), with_tls);
        let ours = entry(&[
            ("namingContexts", &[b"dc=example,dc=org"]),
            ("supportedExtension", &[oid::WHO_AM_I]),
            ("supportedSASLMechanisms", &[b"PLAIN"]),
        ]);
        assert_eq!(rewritten(&message, false, &[b"PLAIN"]).unwrap(), ours);
    }
}
