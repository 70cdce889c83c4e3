//! Requests as octets. Written here and not taken from the product's own builders where those would hide a mistake they share.

use postern_ldap::ber::Writer;
use postern_ldap::{control, oid, tag};

/// The password policy request control.
pub fn password_policy() -> Vec<u8> {
    control::encode(oid::PASSWORD_POLICY, false, None)
}

/// A control of any kind.
pub fn control(oid: &[u8], critical: bool, value: Option<&[u8]>) -> Vec<u8> {
    control::encode(oid, critical, value)
}

/// The paged results control (RFC 2696).
pub fn paged(size: u32, cookie: &[u8]) -> Vec<u8> {
    let mut value = Writer::new();
    value.nested(tag::SEQUENCE, |inside| {
        inside.integer(size).octets(cookie);
    });
    control::encode(oid::PAGED_RESULTS, true, Some(&value.finish()))
}

/// A message around an operation.
pub fn message(id: u32, operation: &[u8], controls: &[&[u8]]) -> Vec<u8> {
    let mut outer = Writer::new();
    outer.nested(tag::SEQUENCE, |inside| {
        inside.integer(id).raw(operation);
        if !controls.is_empty() {
            inside.nested(tag::CONTROLS, |list| {
                for control in controls {
                    list.raw(control);
                }
            });
        }
    });
    outer.finish()
}

/// A simple bind (RFC 4511 §4.2).
pub fn bind(id: u32, name: &str, password: &str, controls: &[&[u8]]) -> Vec<u8> {
    let mut operation = Writer::new();
    operation.nested(tag::BIND_REQUEST, |body| {
        body.integer(3)
            .octets(name.as_bytes())
            .element(0x80, password.as_bytes());
    });
    message(id, &operation.finish(), controls)
}

/// A bind with a SASL mechanism and no credentials.
pub fn sasl_bind(id: u32, mechanism: &str) -> Vec<u8> {
    let mut operation = Writer::new();
    operation.nested(tag::BIND_REQUEST, |body| {
        body.integer(3).octets(b"").nested(0xa3, |sasl| {
            sasl.octets(mechanism.as_bytes());
        });
    });
    message(id, &operation.finish(), &[])
}

/// A bind with a SASL mechanism and credentials.
pub fn sasl_bind_with(id: u32, mechanism: &str, credentials: &[u8]) -> Vec<u8> {
    let mut operation = Writer::new();
    operation.nested(tag::BIND_REQUEST, |body| {
        body.integer(3).octets(b"").nested(0xa3, |sasl| {
            sasl.octets(mechanism.as_bytes()).octets(credentials);
        });
    });
    message(id, &operation.finish(), &[])
}

/// Scopes of a search.
#[derive(Clone, Copy)]
pub enum Scope {
    /// The entry itself.
    Base = 0,
    /// Its children.
    One = 1,
    /// All below it and itself.
    Subtree = 2,
}

/// A search for all entries that have an attribute (RFC 4511 §4.5.1).
pub fn search(id: u32, base: &str, scope: Scope, present: &str, attributes: &[&str], controls: &[&[u8]]) -> Vec<u8> {
    let mut filter = Writer::new();
    filter.element(0x87, present.as_bytes());
    search_with(id, base, scope, &filter.finish(), attributes, controls)
}

/// A search for entries of which an attribute equals a value.
pub fn search_equal(id: u32, base: &str, attribute: &str, value: &str, attributes: &[&str]) -> Vec<u8> {
    let mut filter = Writer::new();
    filter.nested(0xa3, |equal| {
        equal.octets(attribute.as_bytes()).octets(value.as_bytes());
    });
    search_with(id, base, Scope::Subtree, &filter.finish(), attributes, &[])
}

/// A search with a filter that is BER already.
pub fn search_with(
    id: u32,
    base: &str,
    scope: Scope,
    filter: &[u8],
    attributes: &[&str],
    controls: &[&[u8]],
) -> Vec<u8> {
    let mut operation = Writer::new();
    operation.nested(tag::SEARCH_REQUEST, |body| {
        body.octets(base.as_bytes())
            .enumerated(scope as u32)
            .enumerated(0)
            .integer(0)
            .integer(0)
            .boolean(false)
            .raw(filter)
            .nested(tag::SEQUENCE, |list| {
                for attribute in attributes {
                    list.octets(attribute.as_bytes());
                }
            });
    });
    message(id, &operation.finish(), controls)
}

/// The root DSE, of which only `attributes` are asked.
pub fn root_dse(id: u32, attributes: &[&str]) -> Vec<u8> {
    search(id, "", Scope::Base, "objectClass", attributes, &[])
}

/// What a modify does with an attribute.
#[derive(Clone, Copy)]
pub enum Change {
    /// Adds values.
    Add = 0,
    /// Takes values away.
    Delete = 1,
    /// Puts values in place of all there are.
    Replace = 2,
}

/// A modify (RFC 4511 §4.6).
pub fn modify(id: u32, entry: &str, changes: &[(Change, &str, &[&str])], controls: &[&[u8]]) -> Vec<u8> {
    let mut operation = Writer::new();
    operation.nested(tag::MODIFY_REQUEST, |body| {
        body.octets(entry.as_bytes()).nested(tag::SEQUENCE, |list| {
            for (change, attribute, values) in changes {
                list.nested(tag::SEQUENCE, |one| {
                    one.enumerated(*change as u32).nested(tag::SEQUENCE, |partial| {
                        partial.octets(attribute.as_bytes()).nested(tag::SET, |set| {
                            for value in *values {
                                set.octets(value.as_bytes());
                            }
                        });
                    });
                });
            }
        });
    });
    message(id, &operation.finish(), controls)
}

/// An add (RFC 4511 §4.7).
pub fn add(id: u32, entry: &str, attributes: &[(&str, &str)]) -> Vec<u8> {
    let mut operation = Writer::new();
    operation.nested(tag::ADD_REQUEST, |body| {
        body.octets(entry.as_bytes()).nested(tag::SEQUENCE, |list| {
            for (attribute, value) in attributes {
                list.nested(tag::SEQUENCE, |one| {
                    one.octets(attribute.as_bytes()).nested(tag::SET, |set| {
                        set.octets(value.as_bytes());
                    });
                });
            }
        });
    });
    message(id, &operation.finish(), &[])
}

/// A delete (RFC 4511 §4.8).
pub fn delete(id: u32, entry: &str) -> Vec<u8> {
    let mut operation = Writer::new();
    operation.element(tag::DELETE_REQUEST, entry.as_bytes());
    message(id, &operation.finish(), &[])
}

/// A modify DN without a new superior (RFC 4511 §4.9).
pub fn rename(id: u32, entry: &str, new_rdn: &str) -> Vec<u8> {
    let mut operation = Writer::new();
    operation.nested(tag::MODIFY_DN_REQUEST, |body| {
        body.octets(entry.as_bytes()).octets(new_rdn.as_bytes()).boolean(true);
    });
    message(id, &operation.finish(), &[])
}

/// A modify DN to another parent (RFC 4511 §4.9).
pub fn move_to(id: u32, entry: &str, new_rdn: &str, superior: &str, controls: &[&[u8]]) -> Vec<u8> {
    let mut operation = Writer::new();
    operation.nested(tag::MODIFY_DN_REQUEST, |body| {
        body.octets(entry.as_bytes())
            .octets(new_rdn.as_bytes())
            .boolean(true)
            .element(0x80, superior.as_bytes());
    });
    message(id, &operation.finish(), controls)
}

/// A compare (RFC 4511 §4.10).
pub fn compare(id: u32, entry: &str, attribute: &str, value: &str) -> Vec<u8> {
    let mut operation = Writer::new();
    operation.nested(tag::COMPARE_REQUEST, |body| {
        body.octets(entry.as_bytes()).nested(tag::SEQUENCE, |assertion| {
            assertion.octets(attribute.as_bytes()).octets(value.as_bytes());
        });
    });
    message(id, &operation.finish(), &[])
}

/// An extended request (RFC 4511 §4.12).
pub fn extended(id: u32, oid: &[u8], value: Option<&[u8]>, controls: &[&[u8]]) -> Vec<u8> {
    let mut operation = Writer::new();
    operation.nested(tag::EXTENDED_REQUEST, |body| {
        body.element(0x80, oid);
        if let Some(value) = value {
            body.element(0x81, value);
        }
    });
    message(id, &operation.finish(), controls)
}

/// A password modify (RFC 3062).
pub fn password_modify(
    id: u32,
    who: Option<&str>,
    old: Option<&str>,
    new: Option<&str>,
    controls: &[&[u8]],
) -> Vec<u8> {
    let mut value = Writer::new();
    value.nested(tag::SEQUENCE, |inside| {
        for (tag, field) in [(0x80, who), (0x81, old), (0x82, new)] {
            if let Some(field) = field {
                inside.element(tag, field.as_bytes());
            }
        }
    });
    extended(id, oid::PASSWORD_MODIFY, Some(&value.finish()), controls)
}

/// Who am I? (RFC 4532).
pub fn who_am_i(id: u32) -> Vec<u8> {
    extended(id, oid::WHO_AM_I, None, &[])
}

/// StartTLS (RFC 4511 §4.14).
pub fn start_tls(id: u32) -> Vec<u8> {
    extended(id, oid::START_TLS, None, &[])
}

/// A cancel (RFC 3909).
pub fn cancel(id: u32, cancelled: u32) -> Vec<u8> {
    let mut value = Writer::new();
    value.nested(tag::SEQUENCE, |inside| {
        inside.integer(cancelled);
    });
    extended(id, oid::CANCEL, Some(&value.finish()), &[])
}

/// An abandon (RFC 4511 §4.11).
pub fn abandon(id: u32, abandoned: u32) -> Vec<u8> {
    let mut operation = Writer::new();
    operation.number(tag::ABANDON_REQUEST, abandoned);
    message(id, &operation.finish(), &[])
}

/// An unbind (RFC 4511 §4.3).
pub fn unbind(id: u32) -> Vec<u8> {
    let mut operation = Writer::new();
    operation.element(tag::UNBIND_REQUEST, b"");
    message(id, &operation.finish(), &[])
}
