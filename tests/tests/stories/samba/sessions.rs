//! What an ordinary session does in front of a domain.

use postern_ldap::tag;
use postern_tests::request::{self, Change, Scope};
use postern_tests::samba::people::{self, BASE, PEOPLE, SERVICE};
use postern_tests::{Answer, Gateway, PASSWORD, Samba, Wire};

#[test]
fn entries_come_as_from_samba_itself_and_references_do_not() {
    let samba = Samba::start();
    let gateway = Gateway::start_with(&samba.behind("generic"));
    let (mut direct, mut through) = (signed_in(samba.tls_client()), signed_in(gateway.tls_client()));
    for (case, search) in [
        (
            "one entry",
            request::search(2, &people::dn("active"), Scope::Base, "objectClass", &[], &[]),
        ),
        (
            "people",
            request::search(
                3,
                PEOPLE,
                Scope::One,
                "sAMAccountName",
                &["cn", "userAccountControl"],
                &[],
            ),
        ),
        (
            "the domain",
            request::search_equal(4, BASE, "sAMAccountName", "active", &["memberOf"]),
        ),
        (
            "nobody",
            request::search_equal(5, BASE, "sAMAccountName", "nobody", &[]),
        ),
        (
            "no such base",
            request::search(
                6,
                "OU=none,DC=ad,DC=example,DC=org",
                Scope::Base,
                "objectClass",
                &[],
                &[],
            ),
        ),
        (
            "a page",
            request::search(
                7,
                PEOPLE,
                Scope::One,
                "sAMAccountName",
                &["cn"],
                &[&request::paged(5, b"")],
            ),
        ),
    ] {
        let (wanted, got) = (direct.ask(&search), through.ask(&search));
        let is_reference = |answer: &&Answer| answer.operation == tag::SEARCH_REFERENCE;
        assert_eq!(got.iter().find(is_reference), None, "{case}");
        let wanted: Vec<&Answer> = wanted.iter().filter(|answer| !is_reference(answer)).collect();
        let octets = |answer: &&Answer| {
            // Of a page only the cookie differs.
            if case == "a page" && answer.operation == tag::SEARCH_DONE {
                Vec::new()
            } else {
                answer.octets.clone()
            }
        };
        let got: Vec<Vec<u8>> = got.iter().map(|answer| octets(&answer)).collect();
        assert_eq!(got, wanted.iter().map(octets).collect::<Vec<_>>(), "{case}");
    }
    let references = direct.ask(&request::search_equal(8, BASE, "sAMAccountName", "active", &[]));
    assert!(
        references
            .iter()
            .any(|answer| answer.operation == tag::SEARCH_REFERENCE),
        "Samba refers to its other partitions: {references:?}"
    );
}

#[test]
fn an_answer_of_the_wrong_kind_ends_nothing_but_that_request() {
    let samba = Samba::start();
    let gateway = Gateway::start_with(&samba.behind("generic"));
    let unknown = request::control(b"1.3.6.1.4.1.55555.1", true, None);
    let request = request::modify(
        2,
        &people::dn("spare-05"),
        &[(Change::Replace, "lockoutTime", &["0"])],
        &[&unknown],
    );
    let direct = service(samba.tls_client()).ask(&request).remove(0);
    // Samba answers a modify with a critical control it does not know as if it were an extended operation.
    assert_eq!(
        (direct.operation, direct.code),
        (tag::EXTENDED_RESPONSE, Some(12)),
        "{direct:?}"
    );
    let mut wire = service(gateway.tls_client());
    let answer = wire.ask(&request).remove(0);
    assert_eq!(
        (answer.operation, answer.code),
        (tag::MODIFY_RESPONSE, Some(12)),
        "{answer:?}"
    );
    let search = request::search(4, BASE, Scope::Base, "objectClass", &[], &[&unknown]);
    let answer = wire.ask(&search).remove(0);
    assert_eq!(
        (answer.operation, answer.code),
        (tag::SEARCH_DONE, Some(12)),
        "{answer:?}"
    );
    let transparent = Gateway::start_with(&samba.behind("transparent"));
    let as_it_came = service(transparent.tls_client()).ask(&request).remove(0);
    assert_eq!(as_it_came.octets, direct.octets);
    let next = wire.ask(&request::root_dse(3, &["defaultNamingContext"]));
    assert_eq!(next.last().unwrap().code, Some(0), "{next:?}");
}

#[test]
fn a_domain_controller_that_is_gone_is_not_a_wrong_password_and_serves_again_when_it_is_back() {
    let mut samba = Samba::start();
    let gateway = Gateway::start_with(&samba.behind("generic"));
    let bind = || gateway.tls_client().bind(1, &people::dn("active"), PASSWORD).code;
    assert_eq!(bind(), Some(0));
    samba.kill();
    assert_eq!(bind(), Some(52));
    samba.start_again();
    postern_tests::eventually(
        "the domain controller is used again",
        std::time::Duration::from_secs(30),
        || (bind() == Some(0)).then_some(()),
    );
}

fn signed_in(mut wire: Wire) -> Wire {
    assert_eq!(wire.bind(1, &people::dn("active"), PASSWORD).code, Some(0));
    wire
}

fn service(mut wire: Wire) -> Wire {
    assert_eq!(wire.bind(1, SERVICE, PASSWORD).code, Some(0));
    wire
}
