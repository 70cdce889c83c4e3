//! The rootDSE (RFC 4512 §5.1) as this gateway truly offers it: what we refuse is not advertised.

use postern_ldap::credential::base_type;
use postern_ldap::entry::{Edit, SearchEntry};
use postern_ldap::{Message, WireError, oid, splice};

/// The message with SASL mechanisms taken out, StartTLS listed only if `start_tls`, and transactions left out.
pub(crate) fn rewritten(entry: &Message<'_>, start_tls: bool) -> Result<Vec<u8>, WireError> {
    let content = SearchEntry::parse(entry)?.edited(|attribute, value| {
        let attribute = base_type(attribute);
        if attribute.eq_ignore_ascii_case(b"supportedSASLMechanisms") {
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
    use postern_ldap::ber::Writer;
    use postern_ldap::{MessageId, answer, tag};

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
        assert_eq!(rewritten(&message, false).unwrap(), plain);
        let with_tls = entry(&[
            ("namingContexts", &[b"dc=example,dc=org"]),
            ("supportedExtension", &[oid::WHO_AM_I, oid::START_TLS]),
        ]);
        assert_eq!(rewritten(&message, true).unwrap(), with_tls);
    }
}
