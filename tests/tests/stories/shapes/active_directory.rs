//! OpenLDAP shown as Active Directory, to applications that know nothing else: what Keycloak's mapper and Spring's provider ask, read and write.

use super::{Attributes, entries, root_dse, texts};
use crate::ds389::directory;
use postern_ldap::filter::{self, text};
use postern_tests::people::{self, ADMINISTRATOR, ADMINISTRATOR_PASSWORD, BASE, PASSWORD, SERVICE};
use postern_tests::request::{self, Change, Scope};
use postern_tests::{Ds389, Gateway, GatewaySettings, Slapd, Wire};

/// What Keycloak's mapper for Active Directory reads of an account.
const READ_BY_KEYCLOAK: [&str; 6] = [
    "sAMAccountName",
    "objectGUID",
    "userAccountControl",
    "pwdLastSet",
    "whenCreated",
    "cn",
];

fn start() -> (Slapd, Gateway, Wire) {
    let slapd = Slapd::start();
    let settings = GatewaySettings {
        directory: format!("default_policy_dn = \"cn=default,ou=policies,{BASE}\""),
        more: "[route.shape]\nlike = \"active-directory\"".to_owned(),
        ..GatewaySettings::new("keycloak-ad", &[slapd.url()])
    };
    let gateway = Gateway::start_with(&settings);
    let mut wire = gateway.client();
    assert_eq!(wire.bind(1, SERVICE, PASSWORD).code, Some(0));
    (slapd, gateway, wire)
}

/// What a search below the people finds.
fn found(wire: &mut Wire, id: u32, filter: &[u8], attributes: &[&str]) -> Vec<(String, Attributes)> {
    let base = format!("ou=people,{BASE}");
    let answers = wire.ask(&request::search_with(
        id,
        &base,
        Scope::Subtree,
        filter,
        attributes,
        &[],
    ));
    assert_eq!(answers.last().unwrap().code, Some(0), "{answers:?}");
    entries(&answers)
}

/// Keycloak looks an account up by its login name.
fn by_login(wire: &mut Wire, id: u32, login: &str, attributes: &[&str]) -> Attributes {
    let filter =
        format!("(&(sAMAccountName={login})(objectclass=person)(objectclass=organizationalPerson)(objectclass=user))");
    let mut all = found(wire, id, &text::parse(&filter).unwrap(), attributes);
    assert_eq!(all.len(), 1, "{login}: {all:?}");
    all.remove(0).1
}

/// Whether Keycloak takes the account for enabled, and whether it asks for a new password: `UserAccountControl.has(ACCOUNTDISABLE)`, and
/// `pwdLastSet == 0`, where nothing counts as 0.
fn keycloak_reads(account: &Attributes) -> (bool, bool) {
    let number = |name: &str| {
        let texts = texts(account, name);
        texts.first().map_or(0, |text| text.parse::<i64>().unwrap())
    };
    (number("userAccountControl") & 2 == 0, number("pwdLastSet") == 0)
}

#[test]
fn keycloak_finds_people_by_active_directorys_names_and_reads_how_they_stand() {
    let (_slapd, _gateway, mut wire) = start();
    for (login, enabled, new_password) in [
        ("active", true, false),
        ("must-change-01", true, true),
        ("locked-by-administrator", false, false),
        ("expired", true, false),
    ] {
        let account = by_login(&mut wire, 2, login, &READ_BY_KEYCLOAK);
        assert_eq!(
            keycloak_reads(&account),
            (enabled, new_password),
            "{login}: {account:?}"
        );
        assert_eq!(texts(&account, "sAMAccountName"), [login]);
        // Nothing it did not ask for.
        assert_eq!(account.len(), READ_BY_KEYCLOAK.len(), "{:?}", account.keys());
        // And back again by the id, as Keycloak does when it knows somebody.
        let id = &account["objectguid"][0];
        assert_eq!(id.len(), 16);
        let again = found(&mut wire, 3, &filter::equality(b"objectGUID", id), &["sAMAccountName"]);
        assert_eq!(
            (again.len(), texts(&again[0].1, "sAMAccountName")),
            (1, vec![login.to_owned()])
        );
    }
    let locked = by_login(
        &mut wire,
        4,
        "locked-by-failures",
        &["lockoutTime", "msDS-User-Account-Control-Computed"],
    );
    assert_eq!(texts(&locked, "msDS-User-Account-Control-Computed"), ["16"]);
    assert_ne!(texts(&locked, "lockoutTime"), ["0"]);
}

#[test]
fn a_filter_on_what_is_only_shown_finds_whom_it_means_or_nobody() {
    let (_slapd, _gateway, mut wire) = start();
    let mut names = |filter: &str| {
        let found = found(&mut wire, 2, &text::parse(filter).unwrap(), &["sAMAccountName"]);
        let mut names: Vec<_> = found
            .iter()
            .flat_map(|(_, account)| texts(account, "sAMAccountName"))
            .collect();
        names.sort();
        names
    };
    let off = names("(&(objectClass=user)(userAccountControl:1.2.840.113556.1.4.803:=2))");
    assert!(
        off.contains(&"locked-by-administrator".to_owned()) && !off.contains(&"active".to_owned()),
        "{off:?}"
    );
    let on = names("(&(objectClass=user)(!(userAccountControl:1.2.840.113556.1.4.803:=2)))");
    assert!(
        on.contains(&"active".to_owned()) && on.iter().all(|name| !off.contains(name)),
        "{on:?}"
    );
    assert_eq!(
        names("(&(objectCategory=person)(pwdLastSet=0)(sAMAccountName=must-change-0*))").len(),
        9
    );
    for nobody in [
        "(pwdLastSet>=1)",
        "(!(pwdLastSet>=1))",
        "(lockoutTime>=1)",
        "(userAccountControl=66048)",
    ] {
        assert_eq!(names(nobody), [""; 0], "{nobody}");
    }
}

#[test]
fn spring_signs_in_and_finds_its_person_below_the_domain_of_the_root_dse() {
    let (_slapd, _gateway, mut wire) = start();
    let root = root_dse(
        &mut wire,
        2,
        &["supportedCapabilities", "defaultNamingContext", "vendorName"],
    );
    assert_eq!(texts(&root, "supportedCapabilities"), ["1.2.840.113556.1.4.800"]);
    assert_eq!(texts(&root, "defaultNamingContext"), [BASE]);
    assert!(!root.contains_key("vendorname"));
    let account = by_login(&mut wire, 3, "active", &["userPrincipalName", "distinguishedName"]);
    let upn = texts(&account, "userPrincipalName").remove(0);
    let search = text::parse(&format!("(&(objectClass=user)(userPrincipalName={upn}))")).unwrap();
    let by_spring = found(&mut wire, 4, &search, &[]);
    assert_eq!(by_spring.len(), 1);
    let (dn, person) = &by_spring[0];
    assert_eq!(
        (dn, texts(person, "distinguishedName")),
        (&people::dn("active"), vec![dn.clone()])
    );
    assert!(texts(person, "objectClass").contains(&"user".to_owned()));
    // Everything was asked for: what Active Directory would show, and nothing the directory keeps to itself.
    assert!(
        person.contains_key("useraccountcontrol")
            && person.contains_key("uid")
            && !person.contains_key("pwdchangedtime")
    );
}

#[test]
fn keycloak_switches_people_off_and_on_and_has_passwords_changed_by_its_own_words() {
    let (slapd, gateway, _) = start();
    // Keycloak's own account may write there; slapd keeps it to its administrator.
    let mut wire = gateway.client();
    assert_eq!(wire.bind(1, ADMINISTRATOR, ADMINISTRATOR_PASSWORD).code, Some(0));
    let dn = people::dn("history-1");
    let mut change = |id, attribute: &str, value: &str| {
        let change = request::modify(id, &dn, &[(Change::Replace, attribute, &[value])], &[]);
        wire.ask(&change).remove(0)
    };
    for (id, attribute, value, lets_in) in [
        (2, "userAccountControl", "514", false),
        (3, "userAccountControl", "512", true),
    ] {
        let done = change(id, attribute, value);
        assert_eq!(done.code, Some(0), "{attribute}: {value}: {done:?}");
        let code = Wire::connect(slapd.address()).bind(1, &dn, PASSWORD).code;
        assert_eq!(code == Some(0), lets_in, "{attribute}: {value}");
    }
    let asked = |slapd: &Slapd| {
        let bind = request::bind(1, &dn, PASSWORD, &[&request::password_policy()]);
        let answer = Wire::connect(slapd.address()).ask(&bind).remove(0);
        answer.password_policy().map(<[u8]>::to_vec)
    };
    assert_eq!(change(4, "pwdLastSet", "0").code, Some(0));
    assert_eq!(
        asked(&slapd).as_deref(),
        Some(&b"\x30\x03\x81\x01\x02"[..]),
        "must change"
    );
    assert_eq!(change(5, "pwdLastSet", "-1").code, Some(0));
    assert_eq!(asked(&slapd).as_deref(), Some(&b"\x30\x00"[..]));
    // What has no meaning in the directory is refused, and says so.
    for (id, attribute, value) in [
        (6, "userAccountControl", "66048"),
        (7, "objectGUID", "x"),
        (8, "accountExpires", "0"),
    ] {
        let refused = change(id, attribute, value);
        assert_eq!(refused.code, Some(53), "{attribute}: {refused:?}");
        assert!(refused.text.contains("only shown"), "{refused:?}");
    }
}

#[test]
fn what_is_so_already_is_done_for_who_may_change_it_and_refused_to_who_may_not() {
    // insufficientAccessRights, as the directory says it.
    let (_slapd, gateway, _) = start();
    for (who, password, code) in [(ADMINISTRATOR, ADMINISTRATOR_PASSWORD, 0), (SERVICE, PASSWORD, 50)] {
        let mut wire = gateway.client();
        assert_eq!(wire.bind(1, who, password).code, Some(0));
        for (id, uid, attribute, value) in [
            (2, "active", "userAccountControl", "512"),
            (3, "locked-by-failures", "userAccountControl", "512"),
            (4, "locked-by-administrator", "userAccountControl", "514"),
            (5, "active", "pwdLastSet", "-1"),
        ] {
            let change = request::modify(id, &people::dn(uid), &[(Change::Replace, attribute, &[value])], &[]);
            let done = wire.ask(&change).remove(0);
            assert_eq!(done.code, Some(code), "{who}: {uid}: {attribute}: {done:?}");
        }
        // Nothing has changed: who was locked is, and by failures.
        let asked = ["userAccountControl", "msDS-User-Account-Control-Computed"];
        for (id, login, off, locked) in [
            (6, "active", "512", "0"),
            (7, "locked-by-failures", "512", "16"),
            (8, "locked-by-administrator", "514", "0"),
        ] {
            let account = by_login(&mut wire, id, login, &asked);
            assert_eq!(texts(&account, asked[0]), [off], "{login}");
            assert_eq!(texts(&account, asked[1]), [locked], "{login}");
        }
    }
}

#[test]
fn before_389_too_what_is_so_already_is_done_for_who_may_change_it_and_refused_to_who_may_not() {
    let server = Ds389::start();
    let settings = GatewaySettings {
        more: "[route.shape]\nlike = \"active-directory\"".to_owned(),
        ..directory("keycloak-ad", &server)
    };
    let gateway = Gateway::start_with(&settings);
    for (who, code) in [(SERVICE.to_owned(), 0), (people::dn("history-1"), 50)] {
        let mut wire = gateway.tls_client();
        assert_eq!(wire.bind(1, &who, PASSWORD).code, Some(0));
        for (id, uid, attribute, value) in [
            (2, "active", "userAccountControl", "512"),
            (3, "active", "pwdLastSet", "-1"),
            (4, "active", "lockoutTime", "0"),
            (5, "inactivated", "userAccountControl", "514"),
        ] {
            let change = request::modify(id, &people::dn(uid), &[(Change::Replace, attribute, &[value])], &[]);
            let done = wire.ask(&change).remove(0);
            assert_eq!(done.code, Some(code), "{who}: {uid}: {attribute}: {done:?}");
        }
        let bind = |uid| Wire::connect(server.address()).bind(1, &people::dn(uid), PASSWORD).code;
        assert_eq!((bind("active"), bind("inactivated")), (Some(0), Some(53)));
    }
}
