//! A directory under another suffix, from the first bind to a change of a group, and nothing of the directory's own names on the way.

use super::{entries, root_dse, texts};
use postern_ldap::filter::text;
use postern_tests::people::{ADMINISTRATOR, ADMINISTRATOR_PASSWORD, BASE, PASSWORD, SERVICE};
use postern_tests::request::{self, Change, Scope};
use postern_tests::{Gateway, GatewaySettings, Slapd, SlapdSettings, Wire, eventually, policies};
use std::time::Duration;

const HERE: &str = "dc=corp,dc=test";

fn here(dn: &str) -> String {
    dn.replace(BASE, HERE)
}

fn dn(uid: &str) -> String {
    format!("uid={uid},ou=people,{HERE}")
}

fn start() -> (Slapd, Gateway) {
    let group = format!(
        "dn: cn=crew,ou=groups,{BASE}\nobjectClass: groupOfNames\ncn: crew\nmember: uid=active,ou=people,{BASE}\n\
         description: uid=active,ou=people,{BASE}\n\n"
    );
    let slapd = Slapd::start_with(&SlapdSettings {
        ldif: group,
        ..SlapdSettings::default()
    });
    let settings = GatewaySettings {
        policy: Some(policies::like_generic("ppolicy", "")),
        more: format!("[route.suffix]\nhere = \"{HERE}\"\nthere = \"{BASE}\""),
        ..GatewaySettings::new("generic", &[slapd.url()])
    };
    let gateway = Gateway::start_with(&settings);
    (slapd, gateway)
}

#[test]
fn clients_sign_in_search_and_change_by_the_names_here() {
    let (slapd, gateway) = start();
    let mut wire = gateway.client();
    assert_eq!(
        texts(&root_dse(&mut wire, 1, &["namingContexts"]), "namingContexts"),
        [HERE]
    );
    assert_eq!(wire.bind(2, &here(ADMINISTRATOR), ADMINISTRATOR_PASSWORD).code, Some(0));
    // A search by a member, the group's own name and its values.
    let filter = text::parse(&format!("(&(objectClass=groupOfNames)(member={}))", dn("active"))).unwrap();
    let found = wire.ask(&request::search_with(
        3,
        HERE,
        Scope::Subtree,
        &filter,
        &["*", "entryDN", "creatorsName"],
        &[],
    ));
    let found = entries(&found);
    assert_eq!(found.len(), 1);
    let (name, crew) = &found[0];
    assert_eq!(name, &format!("cn=crew,ou=groups,{HERE}"));
    assert_eq!(texts(crew, "member"), [dn("active")]);
    assert_eq!(texts(crew, "entryDN"), std::slice::from_ref(name));
    // What is no name is not touched, whatever it looks like.
    assert_eq!(texts(crew, "description"), [format!("uid=active,ou=people,{BASE}")]);
    let all = format!("{:?}", found[0].1);
    assert_eq!(all.matches("dc=org").count(), 0, "{all}");
    // A change of a value that is a name, seen by the directory itself.
    let change = request::modify(4, name, &[(Change::Add, "member", &[&dn("young")])], &[]);
    assert_eq!(wire.ask(&change)[0].code, Some(0));
    let rename = {
        let mut body = postern_ldap::ber::Writer::new();
        body.nested(postern_ldap::tag::MODIFY_DN_REQUEST, |rename| {
            rename
                .octets(name.as_bytes())
                .octets(b"cn=team")
                .boolean(true)
                .element(0x80, format!("ou=people,{HERE}").as_bytes());
        });
        request::message(5, &body.finish(), &[])
    };
    assert_eq!(wire.ask(&rename)[0].code, Some(0));
    let mut direct = Wire::connect(slapd.address());
    assert_eq!(direct.bind(1, ADMINISTRATOR, ADMINISTRATOR_PASSWORD).code, Some(0));
    let team = format!("cn=team,ou=people,{BASE}");
    let seen = entries(&direct.ask(&request::search(2, &team, Scope::Base, "member", &["member"], &[])));
    assert_eq!(
        texts(&seen[0].1, "member"),
        [
            format!("uid=active,ou=people,{BASE}"),
            format!("uid=young,ou=people,{BASE}")
        ]
    );
    // What is missing is said to be missing below something that is here.
    let missing = wire
        .ask(&request::search(6, &dn("nobody"), Scope::Base, "objectClass", &[], &[]))
        .remove(0);
    assert_eq!(
        (missing.code, &*missing.matched),
        (Some(32), &*format!("ou=people,{HERE}"))
    );
    let who = wire.ask(&request::who_am_i(7)).remove(0);
    assert!(String::from_utf8_lossy(&who.rest).ends_with(&here(ADMINISTRATOR)));
}

#[test]
fn the_directorys_own_names_are_nobodys_and_rules_and_record_know_no_others() {
    let (_slapd, gateway) = start();
    let mut wire = gateway.client();
    // The same octets as for a wrong password.
    let own = wire.bind(1, SERVICE, PASSWORD);
    let wrong = wire.bind(1, &here(SERVICE), "wrong-1234");
    assert_eq!((own.code, &own.octets), (Some(49), &wrong.octets));
    assert_eq!(wire.bind(2, &here(SERVICE), PASSWORD).code, Some(0));
    for (id, base) in [(3, BASE), (4, "cn=config"), (5, "dc=test")] {
        let refused = wire.ask(&request::search(id, base, Scope::Subtree, "objectClass", &[], &[]));
        assert_eq!(refused[0].code, Some(50), "{base}");
    }
    let lines = eventually("the audit lines", Duration::from_secs(20), || {
        Some(gateway.audit()).filter(|lines| lines.len() >= 6)
    });
    let line = |rule: &str| lines.iter().filter(|line| line["rule"] == rule).count();
    assert_eq!(
        (line("built-in:suffix-of-name"), line("built-in:suffix")),
        (1, 3),
        "{lines:?}"
    );
    let signed_in = lines
        .iter()
        .find(|line| line["outcome"] == "allowed")
        .expect("a sign-in");
    assert_eq!(signed_in["account"], SERVICE);
}
