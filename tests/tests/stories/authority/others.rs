//! The same before the other directories: 389 Directory Server and Samba's Active Directory.

use super::federated::{NEW, Way, extended, modifies, renames};
use super::*;
use postern_tests::ds389::{DIRECTORY_MANAGER, Ds389Settings, people as people_389};
use postern_tests::request::Change;
use postern_tests::samba::people as people_samba;
use postern_tests::{Ds389, Samba};

/// Marked, of a group, below a name; everybody else is local. `{group}` and `{base}` are filled in.
const RULES: &str = r#"
[[authority]]
name = "marked"
route = "*"
owner = "provider"
provider = "example-sso"
when.filter = "(&(employeeType=sso)(!(title=never)))"

[[authority]]
name = "grouped"
route = "*"
owner = "provider"
provider = "example-sso"
when = { group = "{group}", nested = true }

[[authority]]
name = "partners"
route = "*"
owner = "provider"
provider = "partner-sso"
when.subtree = "ou=partners,{base}"

[[authority]]
name = "everybody-else"
route = "*"
owner = "local"
"#;

fn rules(group: &str, base: &str) -> String {
    policy("text", &RULES.replace("{group}", group).replace("{base}", base))
}

/// What an entry holds, as somebody sees it who sees everything.
fn entry(wire: &mut Wire, name: &str) -> Vec<u8> {
    let search = request::search(77, name, Scope::Base, "objectClass", &["*", "+", "userPassword"], &[]);
    wire.ask(&search).remove(0).octets
}

/// Sends everything and fails at what is done.
fn refused_all(wire: &mut Wire, ways: Vec<Way>) -> usize {
    let count = ways.len();
    for way in ways {
        let answer = wire.ask(&way.request).remove(0);
        assert_ne!(answer.code, Some(0), "{}: {answer:?}", way.word);
    }
    count
}

fn nothing_was_the_directorys_to_refuse(gateway: &Gateway) {
    let audit = gateway.audit();
    let reached: Vec<_> = audit
        .iter()
        .filter(|line| line["rule"] == "built-in:directory-answered")
        .collect();
    assert!(reached.is_empty(), "{reached:#?}");
}

#[test]
fn before_389_federated_never_gets_a_local_password_and_others_do() {
    let group = format!("cn=sso,ou=groups,{BASE}");
    let mut ldif = people_389::account("erin", "active", &["employeeType: sso"]);
    ldif.push_str(&people_389::account("gina", "active", &[]));
    ldif.push_str(&people_389::account("nested", "active", &[]));
    for (name, member) in [
        ("sso", format!("{}\nmember: cn=inner,ou=groups,{BASE}", dn("gina"))),
        ("inner", dn("nested")),
    ] {
        write!(
            ldif,
            "dn: cn={name},ou=groups,{BASE}\nobjectClass: top\nobjectClass: groupOfNames\ncn: {name}\nmember: {member}\n\n"
        )
        .unwrap();
    }
    let server = Ds389::start_with(&Ds389Settings {
        users: 3,
        ldif,
        ..Ds389Settings::default()
    });
    let gateway = Gateway::start_with(&GatewaySettings {
        dialect: "389ds".to_owned(),
        directory: format!("ca_file = \"{}\"", server.ca_file().display()),
        policy: Some(rules(&group, BASE)),
        ..GatewaySettings::new("", &[server.tls_url()])
    });
    let mut direct = Wire::connect_tls(server.tls_address(), &server.ca_file());
    let mut manager = gateway.client();
    for wire in [&mut direct, &mut manager] {
        let answer = wire.bind(1, DIRECTORY_MANAGER, ADMINISTRATOR_PASSWORD);
        assert_eq!(answer.code, Some(0), "{answer:?}");
    }
    for uid in ["erin", "gina", "nested"] {
        let target = dn(uid);
        let before = entry(&mut direct, &target);
        let mut sent = refused_all(&mut manager, modifies(1000, &target));
        sent += refused_all(&mut manager, extended(1000, uid, &target));
        sent += refused_all(&mut manager, renames(1000, uid, &target));
        assert!(sent > 400, "{sent}");
        assert!(before == entry(&mut direct, &target), "{uid}");
    }
    nothing_was_the_directorys_to_refuse(&gateway);
    // Their own hands.
    let before = entry(&mut direct, &dn("erin"));
    let mut erin = signed_in(&gateway, &dn("erin"));
    let own = request::password_modify(7, None, Some(PASSWORD), Some(NEW), &[]);
    let answer = erin.ask(&own).remove(0);
    assert_eq!(
        (answer.code, &*answer.text),
        (Some(53), "this password is kept by example-sso: change it there")
    );
    assert!(before == entry(&mut direct, &dn("erin")));
    // And the directory's own.
    let mut local = signed_in(&gateway, &dn("user0001"));
    assert_eq!(local.ask(&own).remove(0).code, Some(0));
    let reset = request::modify(8, &dn("user0002"), &[(Change::Replace, "userPassword", &[NEW])], &[]);
    assert_eq!(manager.ask(&reset).remove(0).code, Some(0));
}

#[test]
fn before_samba_federated_never_gets_a_local_password_and_others_do() {
    let samba = Samba::start();
    let base = people_samba::BASE;
    let group = format!("CN=everybody,OU=groups,{base}");
    let gateway = Gateway::start_with(&GatewaySettings {
        policy: Some(rules(&group, base)),
        ..samba.behind("")
    });
    let mut direct = samba.administrator();
    let marked = people_samba::dn("spare-01");
    let mark = request::modify(5, &marked, &[(Change::Replace, "employeeType", &["SSO"])], &[]);
    assert_eq!(direct.ask(&mark).remove(0).code, Some(0));
    let mut administrator = gateway.client();
    let answer = administrator.bind(1, people_samba::ADMINISTRATOR, people_samba::ADMINISTRATOR_PASSWORD);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    // Marked, and a member through another group.
    for name in ["spare-01", "active"] {
        let target = people_samba::dn(name);
        let before = entry(&mut direct, &target);
        let unicode = people_samba::unicode(NEW);
        let ways: Vec<Way> = modifies(1000, &target);
        let mut sent = refused_all(&mut administrator, ways);
        sent += refused_all(&mut administrator, extended(1000, name, &target));
        for spelling in [
            "unicodePwd",
            "UNICODEPWD",
            "1.2.840.113556.1.4.90",
            "clearTextPassword",
            "dBCSPwd",
        ] {
            let reset = request::modify(6, &target, &[(Change::Replace, spelling, &[&unicode])], &[]);
            let answer = administrator.ask(&reset).remove(0);
            assert_ne!(answer.code, Some(0), "{spelling}: {answer:?}");
            sent += 1;
        }
        assert!(sent > 400, "{sent}");
        assert!(before == entry(&mut direct, &target), "{name}");
    }
    nothing_was_the_directorys_to_refuse(&gateway);
    // Their own hands, by whatever name they signed in.
    for who in [marked.clone(), people_samba::upn("spare-01")] {
        let mut own = signed_in(&gateway, &who);
        for identity in [None, Some(&*who)] {
            let change = request::password_modify(7, identity, Some(PASSWORD), Some(NEW), &[]);
            let answer = own.ask(&change).remove(0);
            assert_eq!(answer.code, Some(53), "{who}: {answer:?}");
            assert_eq!(
                answer.text, "this password is kept by example-sso: change it there",
                "{who}"
            );
        }
    }
    // And the directory's own.
    for who in [people_samba::dn("spare-02"), people_samba::upn("spare-03")] {
        let mut own = signed_in(&gateway, &who);
        let change = request::password_modify(7, None, Some(PASSWORD), Some(NEW), &[]);
        let answer = own.ask(&change).remove(0);
        assert_eq!(answer.code, Some(0), "{who}: {answer:?}");
    }
    let unicode = people_samba::unicode(NEW);
    let reset = request::modify(
        8,
        &people_samba::dn("spare-04"),
        &[(Change::Replace, "unicodePwd", &[&unicode])],
        &[],
    );
    let answer = administrator.ask(&reset).remove(0);
    assert_eq!(answer.code, Some(0), "{answer:?}");
}
