use super::*;
use postern_ldap::{Message, MessageId, answer, oid, tag};

type Attribute<'a> = (&'a str, &'a [&'a [u8]]);

fn entry(attributes: &[Attribute<'_>]) -> Vec<u8> {
    let mut content = Writer::new();
    content.octets(b"").nested(tag::SEQUENCE, |list| {
        for (name, values) in attributes {
            entry::encode(list, name.as_bytes(), values);
        }
    });
    answer::message(MessageId(5), tag::SEARCH_ENTRY, &content.finish(), &[])
}

fn asked(attributes: &[&str], types_only: bool) -> Asked {
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
    Asked::of(&SearchRequest::parse(&Message::parse(&octets).unwrap()).unwrap())
}

/// A route that offers nothing of its own and lets everything pass.
const EVERYTHING: Offer<'static> = Offer {
    mechanisms: &[],
    passes_extension: &|_| true,
    own_extensions: &[],
    passes_control: &|_| true,
    own_controls: &[],
    bases: None,
    shape: None,
};

fn shown(attributes: &[Attribute<'_>], asked_for: &[&str], offer: &Offer<'_>) -> Vec<u8> {
    let octets = entry(attributes);
    rewritten(&Message::parse(&octets).unwrap(), asked(asked_for, false), offer).unwrap()
}

#[test]
fn what_is_ours_is_put_in_only_where_it_is_asked_for_with_its_values() {
    let bit = |spoken: Spoken| 1 << spoken as u16;
    for (attributes, types_only, wanted) in [
        (&["supportedSASLMechanisms"][..], false, bit(Spoken::Mechanisms)),
        (
            &["namingContexts", "SUPPORTEDextension"],
            false,
            bit(Spoken::Contexts) | bit(Spoken::Extensions),
        ),
        (&["*", "+"], false, 127 | Asked::STAR),
        (&["1.3.6.1.4.1.1466.101.120.13"], false, bit(Spoken::Controls)),
        (&["supportedSASLMechanisms"], true, 0),
        (&["altServer", "*"], false, Asked::STAR),
        (&[], false, Asked::STAR),
    ] {
        assert_eq!(asked(attributes, types_only), Asked(wanted), "{attributes:?}");
    }
}

#[test]
fn a_root_dse_of_which_everything_is_offered_comes_out_octet_for_octet() {
    let attributes: &[Attribute<'_>] = &[
        ("objectClass", &[b"top"]),
        ("supportedExtension", &[oid::WHO_AM_I, oid::START_TLS]),
        ("supportedControl", &[oid::PAGED_RESULTS]),
        ("namingContexts", &[b"dc=example,dc=org", b"no dn"]),
    ];
    assert_eq!(shown(attributes, &["+"], &EVERYTHING), entry(attributes));
}

#[test]
fn mechanisms_are_ours_and_never_the_directorys() {
    let from: &[Attribute<'_>] = &[
        ("supportedSASLMechanisms", &[b"GSSAPI", b"PLAIN"]),
        ("vendorName", &[b"x"]),
    ];
    assert_eq!(shown(from, &["+"], &EVERYTHING), entry(&from[1..]));
    let ours = Offer {
        mechanisms: &[b"PLAIN"],
        ..EVERYTHING
    };
    let wanted: &[Attribute<'_>] = &[("vendorName", &[b"x"]), ("supportedSASLMechanisms", &[b"PLAIN"])];
    assert_eq!(shown(from, &["supportedSASLMechanisms"], &ours), entry(wanted));
    assert_eq!(shown(from, &["vendorName"], &ours), entry(&from[1..]));
}

#[test]
fn what_is_refused_is_not_advertised_and_what_we_answer_is() {
    let offer = Offer {
        passes_extension: &|extension| extension == oid::PASSWORD_MODIFY,
        own_extensions: &[oid::WHO_AM_I],
        passes_control: &|control| control == oid::PAGED_RESULTS,
        own_controls: &[oid::PASSWORD_POLICY],
        ..EVERYTHING
    };
    let from: &[Attribute<'_>] = &[
        ("supportedExtension", &[oid::START_TRANSACTION, oid::PASSWORD_MODIFY]),
        (
            "supportedControl",
            &[oid::PAGED_RESULTS, oid::TRANSACTION_SPECIFICATION],
        ),
    ];
    let wanted: &[Attribute<'_>] = &[
        ("supportedExtension", &[oid::PASSWORD_MODIFY, oid::WHO_AM_I]),
        ("supportedControl", &[oid::PAGED_RESULTS, oid::PASSWORD_POLICY]),
    ];
    assert_eq!(shown(from, &["+"], &offer), entry(wanted));
    // A directory that has none of it shows no attribute; ours come all the same, to whoever asks.
    let from: &[Attribute<'_>] = &[("vendorName", &[b"x"])];
    let wanted: &[Attribute<'_>] = &[from[0], ("supportedExtension", &[oid::WHO_AM_I])];
    assert_eq!(shown(from, &["supportedExtension"], &offer), entry(wanted));
    assert_eq!(shown(from, &["vendorName"], &offer), entry(from));
    // Names without values say nothing, and nothing of ours is put among them.
    let names: &[Attribute<'_>] = &[("supportedExtension", &[]), ("supportedControl", &[])];
    assert_eq!(shown(names, &[], &offer), entry(names));
    // What has lost its last value is not there.
    let nothing = Offer {
        passes_extension: &|_| false,
        ..EVERYTHING
    };
    assert_eq!(
        shown(&[("supportedExtension", &[oid::CANCEL])], &["+"], &nothing),
        entry(&[])
    );
}

#[test]
fn the_servers_behind_us_are_not_named_as_others_to_ask() {
    let from: &[Attribute<'_>] = &[
        ("vendorName", &[b"x"]),
        ("altServer", &[b"ldap://behind.example/"]),
        ("1.3.6.1.4.1.1466.101.120.6", &[b"ldap://behind.example/"]),
        ("ALTSERVER;x-option", &[]),
    ];
    assert_eq!(shown(from, &["altServer"], &EVERYTHING), entry(&from[..1]));
}

#[test]
fn naming_contexts_are_what_is_open_of_them() {
    let base = |text: &str| DistinguishedName::parse(text.as_bytes()).unwrap();
    let bases = [base("ou=people,dc=example,dc=org"), base("dc=whole")];
    let offer = Offer {
        bases: Some(&bases),
        ..EVERYTHING
    };
    let from: &[Attribute<'_>] = &[(
        "namingContexts",
        &[b"DC=Example, dc=org", b"ou=a,dc=whole", b"dc=elsewhere", b"", b"no dn"],
    )];
    let wanted: &[Attribute<'_>] = &[(
        "namingContexts",
        &[b"ou=people,dc=example,dc=org", b"ou=a,dc=whole", b"dc=whole"],
    )];
    assert_eq!(shown(from, &["+"], &offer), entry(wanted));
    assert_eq!(
        shown(&[("namingContexts", &[b"dc=elsewhere"])], &["+"], &offer),
        entry(&[])
    );
}

#[test]
fn the_product_that_is_shown_is_the_one_clients_recognise() {
    let openldap: &[Attribute<'_>] = &[
        ("namingContexts", &[b"dc=example"]),
        ("vendorName", &[b"The OpenLDAP Project"]),
        ("configContext", &[b"cn=config"]),
    ];
    let shape = Some((ShapeProduct::ActiveDirectory, "dc=example"));
    let offer = Offer { shape, ..EVERYTHING };
    let all: &[Attribute<'_>] = &[
        openldap[0],
        ("supportedCapabilities", &[b"1.2.840.113556.1.4.800"]),
        ("defaultNamingContext", &[b"dc=example"]),
        ("rootDomainNamingContext", &[b"dc=example"]),
    ];
    assert_eq!(shown(openldap, &[], &offer), entry(all));
    assert_eq!(
        shown(openldap, &["defaultNamingContext"], &offer),
        entry(&[all[0], all[2]])
    );
    assert_eq!(shown(openldap, &["vendorName"], &offer), entry(&all[..1]));
    let active_directory: &[Attribute<'_>] = &[
        ("defaultNamingContext", &[b"dc=ad"]),
        ("supportedCapabilities", &[b"1.2.840.113556.1.4.800"]),
        ("domainFunctionality", &[b"4"]),
        ("schemaNamingContext", &[b"cn=schema"]),
    ];
    let shape = Some((ShapeProduct::Ppolicy, "dc=ad"));
    let offer = Offer { shape, ..EVERYTHING };
    assert_eq!(
        shown(active_directory, &["*", "+"], &offer),
        entry(&active_directory[..1])
    );
}
