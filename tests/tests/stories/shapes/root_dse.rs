//! The root DSE tells what the route truly offers, and who-am-i is answered also where the directory has none.

use super::{root_dse, texts};
use postern_ldap::ber::Writer;
use postern_ldap::result::ResultCode;
use postern_ldap::{Message, answer, entry, oid, tag};
use postern_tests::people::{self, BASE, PASSWORD};
use postern_tests::puppet::{Act, Puppet};
use postern_tests::{Gateway, GatewaySettings, Slapd, policies, request};

const START_TLS: &str = "1.3.6.1.4.1.1466.20037";
const PASSWORD_MODIFY: &str = "1.3.6.1.4.1.4203.1.11.1";
const WHO_AM_I: &str = "1.3.6.1.4.1.4203.1.11.3";
const CANCEL: &str = "1.3.6.1.1.8";

fn text(oid: &[u8]) -> String {
    String::from_utf8(oid.to_vec()).unwrap()
}

/// A directory like Samba's: it takes every bind, and has neither who-am-i nor password modify.
fn like_samba() -> Puppet {
    with_root_dse(&[
        ("namingContexts", &[b"DC=ad,DC=example"]),
        ("supportedControl", &[oid::PAGED_RESULTS]),
        ("supportedExtension", &[oid::START_TLS]),
    ])
}

/// A directory that takes every bind and says this of itself.
fn with_root_dse(attributes: &'static [(&'static str, &'static [&'static [u8]])]) -> Puppet {
    Puppet::start(move |message: &Message<'_>, _| {
        let response = tag::response_to(message.operation.tag).unwrap_or(tag::EXTENDED_RESPONSE);
        let done = |code| answer::result(message.id, response, code, "", &[]);
        match message.operation.tag {
            tag::SEARCH_REQUEST => {
                let mut content = Writer::new();
                content.octets(b"").nested(tag::SEQUENCE, |list| {
                    for (name, values) in attributes {
                        entry::encode(list, name.as_bytes(), values);
                    }
                });
                let root = answer::message(message.id, tag::SEARCH_ENTRY, &content.finish(), &[]);
                Act::Send([root, done(ResultCode::SUCCESS)].concat())
            }
            tag::EXTENDED_REQUEST => Act::Send(done(ResultCode::PROTOCOL_ERROR)),
            _ => Act::Send(done(ResultCode::SUCCESS)),
        }
    })
}

#[test]
fn the_root_dse_lists_what_passes_on_the_route_and_nothing_else() {
    let slapd = Slapd::start();
    let settings = GatewaySettings {
        policy: Some(policies::like_generic(
            "ppolicy",
            &format!(
                "\n[[policy]]\nroute = \"*\"\n[policy.pass]\nbase_dns = [\"ou=people,{BASE}\"]\nread_only = true\n"
            ),
        )),
        ..GatewaySettings::new("generic", &[slapd.url()])
    };
    let gateway = Gateway::start_with(&settings);
    let mut wire = gateway.client();
    let seen = root_dse(&mut wire, 1, &["+"]);
    let mut extensions = vec![START_TLS, CANCEL, WHO_AM_I];
    extensions.sort_unstable();
    assert_eq!(texts(&seen, "supportedExtension"), extensions);
    assert_eq!(texts(&seen, "namingContexts"), [format!("ou=people,{BASE}")]);
    let controls = texts(&seen, "supportedControl");
    let has = |oid: &[u8]| controls.contains(&text(oid));
    assert!(has(oid::PASSWORD_POLICY) && has(oid::PAGED_RESULTS), "{controls:?}");
    // Nobody may act for somebody else here, and transactions are refused.
    assert!(
        !has(oid::PROXIED_AUTHORIZATION) && !has(oid::TRANSACTION_SPECIFICATION),
        "{controls:?}"
    );
    // slapd itself lists them all: what is missing above is missing by our doing.
    let mut direct = postern_tests::Wire::connect(slapd.address());
    let seen = root_dse(&mut direct, 1, &["+"]);
    assert!(texts(&seen, "supportedExtension").contains(&PASSWORD_MODIFY.to_owned()));
    assert!(texts(&seen, "supportedControl").contains(&text(oid::PROXIED_AUTHORIZATION)));
}

#[test]
fn on_a_transparent_route_the_root_dse_is_the_directorys_octet_for_octet() {
    let slapd = Slapd::start();
    let gateway = Gateway::start("transparent", &slapd);
    let request = request::root_dse(1, &["*", "+"]);
    let through = gateway.client().ask(&request);
    let direct = postern_tests::Wire::connect(slapd.address()).ask(&request);
    assert_eq!(through[0].octets, direct[0].octets);
}

#[test]
fn who_am_i_is_answered_where_the_directory_has_none_and_only_then_listed_as_ours() {
    let puppet = like_samba();
    let settings = GatewaySettings {
        policy: Some(policies::like_generic(
            "text",
            "\n[[policy]]\nroute = \"*\"\n[policy.pass]\nanonymous = true\n",
        )),
        ..GatewaySettings::new("generic", &[puppet.url()])
    };
    let gateway = Gateway::start_with(&settings);
    let mut wire = gateway.client();
    let listed = root_dse(&mut wire, 1, &["supportedExtension"]);
    let extensions = texts(&listed, "supportedExtension");
    assert_eq!(extensions, [START_TLS, WHO_AM_I]);
    let nobody = wire.ask(&request::who_am_i(2)).remove(0);
    assert_eq!((nobody.code, value(&nobody.rest)), (Some(0), ""));
    let dn = people::dn("active");
    assert_eq!(wire.bind(3, &dn, PASSWORD).code, Some(0));
    let own = wire.ask(&request::who_am_i(4)).remove(0);
    assert_eq!((own.code, value(&own.rest)), (Some(0), &*format!("dn:{dn}")));
    // The directory has said that it takes no such operation: what only it can refuse, it refuses.
    let mut critical = postern_ldap::extended::request(postern_ldap::MessageId(5), oid::WHO_AM_I, Some(b"x"), &[]);
    assert_eq!(wire.ask(&critical).remove(0).code, Some(2));
    critical.clear();
}

#[test]
fn start_tls_is_ours_to_list_and_under_another_suffix_no_control_that_hides_names_and_no_server_behind_us() {
    let puppet = with_root_dse(&[
        ("namingContexts", &[b"dc=there"]),
        (
            "supportedControl",
            &[oid::PAGED_RESULTS, oid::DEREFERENCE, oid::ASSERTION, b"1.2.3.4"],
        ),
        ("supportedExtension", &[oid::WHO_AM_I]),
        ("altServer", &[b"ldap://behind.example/"]),
    ]);
    for (suffix, listed) in [
        (
            false,
            &[oid::PAGED_RESULTS, oid::DEREFERENCE, oid::ASSERTION, b"1.2.3.4"][..],
        ),
        (true, &[oid::PAGED_RESULTS, oid::ASSERTION]),
    ] {
        let mapped = "[route.suffix]\nhere = \"dc=here\"\nthere = \"dc=there\"";
        let settings = GatewaySettings {
            policy: Some(policies::like_generic("text", "")),
            more: if suffix { mapped } else { "" }.to_owned(),
            ..GatewaySettings::new("generic", &[puppet.url()])
        };
        let gateway = Gateway::start_with(&settings);
        for attributes in [
            &["*", "+"][..],
            &["altServer", "supportedControl", "supportedExtension"],
        ] {
            let seen = root_dse(&mut gateway.client(), 1, attributes);
            let mut listed: Vec<String> = listed.iter().map(|control| text(control)).collect();
            listed.sort();
            assert_eq!(texts(&seen, "supportedControl"), listed);
            assert_eq!(texts(&seen, "supportedExtension"), [START_TLS, WHO_AM_I]);
            assert!(!seen.contains_key("altserver"), "{seen:?}");
            // Under TLS there is none to start.
            let seen = root_dse(&mut gateway.tls_client(), 1, attributes);
            assert_eq!(texts(&seen, "supportedExtension"), [WHO_AM_I]);
        }
    }
}

/// The value of an extended response that has nothing else.
fn value(rest: &[u8]) -> &str {
    std::str::from_utf8(rest.get(2..).unwrap_or_default()).unwrap()
}
