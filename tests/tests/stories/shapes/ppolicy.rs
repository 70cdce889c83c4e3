//! Active Directory shown as a directory with password policies: what Nextcloud and SSSD ask and read, before Samba.

use super::{Attributes, entries, root_dse, texts};
use postern_ldap::filter::text;
use postern_tests::people::PASSWORD;
use postern_tests::request::{self, Change, Scope};
use postern_tests::samba::people::{self, BASE, SERVICE};
use postern_tests::{Gateway, GatewaySettings, Samba, Wire};

fn start() -> (Samba, Gateway, Wire) {
    let samba = Samba::start();
    let settings = GatewaySettings {
        more: "[route.shape]\nlike = \"ppolicy\"".to_owned(),
        ..samba.behind("nextcloud")
    };
    let gateway = Gateway::start_with(&settings);
    let mut wire = gateway.client();
    assert_eq!(wire.bind(1, SERVICE, PASSWORD).code, Some(0));
    (samba, gateway, wire)
}

/// What a search finds.
fn found(
    wire: &mut Wire,
    id: u32,
    base: &str,
    scope: Scope,
    filter: &str,
    attributes: &[&str],
) -> Vec<(String, Attributes)> {
    let filter = text::parse(filter).unwrap();
    let answers = wire.ask(&request::search_with(id, base, scope, &filter, attributes, &[]));
    assert_eq!(answers.last().unwrap().code, Some(0), "{answers:?}");
    entries(&answers)
}

#[test]
fn nextcloud_reads_of_an_account_and_its_policy_what_leads_to_its_page_for_a_new_password() {
    let (_samba, _gateway, mut wire) = start();
    let read = |wire: &mut Wire, name: &str| {
        let asked = ["pwdPolicySubentry", "pwdGraceUseTime", "pwdReset", "pwdChangedTime"];
        found(wire, 2, &people::dn(name), Scope::Base, "(objectClass=*)", &asked)
            .remove(0)
            .1
    };
    let account = read(&mut wire, "active");
    assert_eq!(texts(&account, "pwdReset"), [""; 0]);
    assert_eq!(texts(&account, "pwdChangedTime")[0].len(), 15);
    assert_eq!(account.len(), 2, "{account:?}");
    let must_change = read(&mut wire, "must-change-01");
    assert_eq!(texts(&must_change, "pwdReset"), ["TRUE"]);
    let subentry = texts(&account, "pwdPolicySubentry").remove(0);
    let asked = ["pwdGraceAuthNLimit", "pwdMaxAge", "pwdExpireWarning"];
    let policy = found(&mut wire, 3, &subentry, Scope::Base, "(objectClass=*)", &asked);
    assert_eq!(policy.len(), 1);
    let (dn, policy) = &policy[0];
    assert_eq!(dn, &subentry);
    // 42 days, as the domain says.
    assert_eq!(texts(policy, "pwdMaxAge"), ["3628800"]);
    assert_eq!(
        (texts(policy, "pwdGraceAuthNLimit"), policy.len()),
        (vec!["0".to_owned()], 3)
    );
}

#[test]
fn sssd_finds_an_account_by_its_login_name_and_reads_when_it_ends() {
    let (_samba, _gateway, mut wire) = start();
    let asked = [
        "objectClass",
        "uid",
        "entryUUID",
        "shadowLastChange",
        "shadowMax",
        "shadowExpire",
        "pwdAccountLockedTime",
    ];
    let mut read = |name: &str| {
        let filter = format!("(&(uid={name})(objectClass=inetOrgPerson))");
        let mut all = found(&mut wire, 2, BASE, Scope::Subtree, &filter, &asked);
        assert_eq!(all.len(), 1, "{name}");
        all.remove(0).1
    };
    let active = read("active");
    assert_eq!(texts(&active, "uid"), ["active"]);
    assert_eq!(texts(&active, "shadowMax"), ["42"]);
    assert!(texts(&active, "objectClass").contains(&"inetOrgPerson".to_owned()));
    assert!(!active.contains_key("pwdaccountlockedtime") && !active.contains_key("objectguid"));
    assert_eq!(texts(&read("must-change-01"), "shadowLastChange"), ["0"]);
    let disabled = read("disabled");
    assert_eq!(texts(&disabled, "pwdAccountLockedTime"), ["000001010000Z"]);
    assert_eq!(texts(&disabled, "shadowExpire"), ["1"]);
    let locked = read("locked-for-good");
    assert_ne!(texts(&locked, "pwdAccountLockedTime"), [""; 0]);
    let id = texts(&active, "entryUUID").remove(0);
    let by_id = found(
        &mut wire,
        3,
        BASE,
        Scope::Subtree,
        &format!("(entryUUID={id})"),
        &["uid"],
    );
    assert_eq!((by_id.len(), texts(&by_id[0].1, "uid")), (1, vec!["active".to_owned()]));
    // Nothing tells SSSD that it is Active Directory.
    let root = root_dse(&mut wire, 4, &["*", "+"]);
    assert!(
        !root.contains_key("supportedcapabilities") && !root.contains_key("domainfunctionality"),
        "{root:?}"
    );
    assert_eq!(texts(&root, "defaultNamingContext"), [BASE]);
}

#[test]
fn who_is_flagged_or_switched_off_in_the_words_of_a_password_policy_is_so_in_active_directory() {
    let (samba, gateway, _) = start();
    let mut wire = gateway.client();
    assert_eq!(wire.bind(1, SERVICE, PASSWORD).code, Some(0));
    let dn = people::dn("spare-01");
    let mut change = |id, kind, attribute: &str, values: &[&str]| {
        let done = wire
            .ask(&request::modify(id, &dn, &[(kind, attribute, values)], &[]))
            .remove(0);
        assert_eq!(done.code, Some(0), "{attribute}: {done:?}");
        let mut direct = samba.administrator();
        let asked = ["pwdLastSet", "userAccountControl"];
        let read = found(&mut direct, 2, &dn, Scope::Base, "(objectClass=*)", &asked)
            .remove(0)
            .1;
        let number = |name: &str| texts(&read, name).remove(0).parse::<i64>().unwrap();
        (number("pwdLastSet") == 0, number("userAccountControl") & 2 != 0)
    };
    assert_eq!(change(2, Change::Replace, "pwdReset", &["TRUE"]), (true, false));
    assert_eq!(change(3, Change::Replace, "pwdReset", &[]), (false, false));
    assert_eq!(
        change(4, Change::Replace, "pwdAccountLockedTime", &["000001010000Z"]),
        (false, true)
    );
    assert_eq!(change(5, Change::Delete, "pwdAccountLockedTime", &[]), (false, false));
}

#[test]
fn who_is_switched_off_is_so_again_for_who_may_say_so_and_nobody_else() {
    let (samba, gateway, _) = start();
    // insufficientAccessRights, as the directory says it.
    for (who, code) in [(SERVICE.to_owned(), 0), (people::dn("active"), 50)] {
        let mut wire = gateway.client();
        assert_eq!(wire.bind(1, &who, PASSWORD).code, Some(0));
        let off = (Change::Replace, "pwdAccountLockedTime", &["000001010000Z"][..]);
        let done = wire
            .ask(&request::modify(2, &people::dn("disabled"), &[off], &[]))
            .remove(0);
        assert_eq!(done.code, Some(code), "{who}: {done:?}");
        let mut direct = samba.administrator();
        let asked = ["userAccountControl"];
        let read = found(
            &mut direct,
            2,
            &people::dn("disabled"),
            Scope::Base,
            "(objectClass=*)",
            &asked,
        );
        assert_eq!(texts(&read[0].1, asked[0]), ["514"]);
    }
}
