//! The same of 389 Directory Server.

use super::{Question, RIGHTS, assert_unchanged, contents, may, remedy};
use postern_tests::PASSWORD;
use postern_tests::ds389::{DIRECTORY_MANAGER, Ds389};
use postern_tests::people::{ADMINISTRATOR_PASSWORD, BASE, SERVICE, dn};
use std::io::Write as _;
use std::process::{Command, Stdio};

fn question<'a>(url: &'a str, account: &'a str, password: &'a str) -> Question<'a> {
    Question {
        dialect: "389ds",
        url,
        base: BASE,
        account,
        password,
        more: "default_policy_dn = \"cn=config\"",
    }
}

/// Adds an access rule to the suffix as the Directory Manager.
fn add_rule(url: &str, rule: &str) {
    let mut child = Command::new("ldapmodify")
        .args(["-x", "-H", url, "-D", DIRECTORY_MANAGER, "-w", ADMINISTRATOR_PASSWORD])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let change = format!("dn: {BASE}\nchangetype: modify\nadd: aci\naci: {rule}\n");
    child.stdin.take().unwrap().write_all(change.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success(), "{rule}");
}

#[test]
fn a_389_tells_what_is_lacking_what_mends_it_and_is_not_changed() {
    let server = Ds389::start();
    let url = server.url();
    let said = question(&url, SERVICE, PASSWORD).ask();
    assert_eq!(may(&said), RIGHTS.join("; "));
    assert!(
        said.contains("it sees the password policy cn=config: ") && !said.contains("notice:"),
        "{said}"
    );

    // Somebody who may nothing.
    let (nobody, people) = (dn("active"), format!("ou=people,{BASE}"));
    let all = || contents(&url, &people, DIRECTORY_MANAGER, ADMINISTRATOR_PASSWORD);
    let before = all();
    let said = question(&url, &nobody, PASSWORD).ask();
    assert_eq!(may(&said), "");
    let said_policy = "the service account cannot see the password policy cn=config: ";
    assert!(said.contains(said_policy), "{said}");
    for right in RIGHTS {
        let rule = remedy(&said, right);
        add_rule(&url, rule.split_once("aci: ").expect("an access rule").1);
    }
    let said = question(&url, &nobody, PASSWORD).ask();
    assert_eq!(may(&said), RIGHTS.join("; "));
    assert_unchanged(&before, &all());
}

#[test]
fn a_389_tells_the_directory_manager() {
    let server = Ds389::start();
    let said = question(&server.url(), DIRECTORY_MANAGER, ADMINISTRATOR_PASSWORD).ask();
    let above = "the service account stands above the rules: it is the Directory Manager: ";
    assert!(said.contains(above), "{said}");
}
