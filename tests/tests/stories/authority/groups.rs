//! Rules of groups: whoever may be a member is never taken for surely none.

use super::federated::NEW;
use super::*;
use postern_tests::Samba;
use postern_tests::request::Change;
use postern_tests::samba::people as domain;

/// Members of this group are somebody else's; everybody else is local.
fn of_group(group: &str, nested: bool) -> String {
    format!(
        "
[[authority]]
name = \"grouped\"
route = \"*\"
owner = \"provider\"
provider = \"example-sso\"
when = {{ group = \"{group}\", nested = {nested} }}

[[authority]]
name = \"everybody-else\"
route = \"*\"
owner = \"local\"
"
    )
}

#[test]
fn groups_outside_of_where_people_are_looked_for_count() {
    let slapd = slapd();
    let gateway = Gateway::start_with(&GatewaySettings {
        base_dn: format!("ou=people,{BASE}"),
        policy: Some(policy("text", &of_group(&format!("cn=sso,ou=groups,{BASE}"), true))),
        ..GatewaySettings::new("", &[slapd.url()])
    });
    let mut tool = signed_in(&gateway, TOOL);
    for (id, uid, code) in [(2, "gina", 50), (3, "nested", 50), (4, "user0001", 0)] {
        let reset = request::modify(id, &dn(uid), &[(Change::Replace, "userPassword", &[NEW])], &[]);
        let answer = tool.ask(&reset).remove(0);
        assert_eq!(answer.code, Some(code), "{uid}: {answer:?}");
    }
}

#[test]
fn of_a_group_that_does_not_name_its_members_by_dn_nobody_can_tell() {
    let group = format!("cn=posix,{BASE}");
    let slapd = Slapd::start_with(&SlapdSettings {
        global: "include /etc/ldap/schema/nis.schema".to_owned(),
        ldif: format!("dn: {group}\nobjectClass: posixGroup\ncn: posix\ngidNumber: 5\nmemberUid: user0001\n\n"),
        database: format!(
            "access to attrs=userPassword by self write by dn.exact=\"{SERVICE}\" read by anonymous auth by * none"
        ),
        users: 3,
        ..SlapdSettings::default()
    });
    let gateway = gateway(&slapd, "text", &of_group(&group, false));
    for uid in ["user0001", "user0002"] {
        let mut wire = signed_in(&gateway, &dn(uid));
        let change = request::modify(2, &dn(uid), &[(Change::Replace, "userPassword", &[NEW])], &[]);
        let answer = wire.ask(&change).remove(0);
        assert_eq!(answer.code, Some(53), "{uid}: {answer:?}");
    }
}

#[test]
fn the_group_that_active_directory_names_no_member_of_counts() {
    let samba = Samba::start();
    let base = domain::BASE;
    let gateway = Gateway::start_with(&GatewaySettings {
        policy: Some(policy(
            "text",
            &of_group(&format!("CN=Domain Users,CN=Users,{base}"), false),
        )),
        ..samba.behind("")
    });
    let unicode = domain::unicode(NEW);
    let reset = |id| {
        request::modify(
            id,
            &domain::dn("spare-02"),
            &[(Change::Replace, "unicodePwd", &[&unicode])],
            &[],
        )
    };
    let mut administrator = gateway.client();
    let answer = administrator.bind(1, domain::ADMINISTRATOR, domain::ADMINISTRATOR_PASSWORD);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    let answer = administrator.ask(&reset(2)).remove(0);
    assert_eq!(answer.code, Some(50), "its primary group: {answer:?}");
    for (id, group, nested, code) in [
        (3, "CN=Users,CN=Builtin", true, 50),
        (4, "CN=Users,CN=Builtin", false, 0),
        (5, "CN=Domain Guests,CN=Users", true, 0),
    ] {
        gateway.write_policy(
            "policy.toml",
            &policy("text", &of_group(&format!("{group},{base}"), nested)),
        );
        let answer = administrator.ask(&reset(id)).remove(0);
        assert_eq!(answer.code, Some(code), "{group}, nested {nested}: {answer:?}");
    }
}
