//! `postern check --connect` says what the service account may do, changes nothing to learn it, and what it says would mend a lack does.

mod active_directory;
mod ds389;

use postern_tests::gateway::program;
use postern_tests::people::{ADMINISTRATOR, ADMINISTRATOR_PASSWORD, BASE, SERVICE};
use postern_tests::{PASSWORD, Slapd, SlapdSettings};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::process::Command;

/// Everything that can be lacking.
const RIGHTS: [&str; 4] = [
    "reset passwords",
    "force a password change",
    "lock and unlock",
    "disable and enable",
];

/// A directory to be checked, and who we are in it.
struct Question<'a> {
    dialect: &'a str,
    url: &'a str,
    base: &'a str,
    account: &'a str,
    password: &'a str,
    /// More lines for the directory.
    more: &'a str,
}

impl Question<'_> {
    /// What is said. It is never an error.
    fn ask(&self) -> String {
        let folder = tempfile::tempdir().unwrap();
        let policies = concat!(env!("CARGO_MANIFEST_DIR"), "/../policies/presets/generic");
        let Self {
            dialect,
            url,
            base,
            account,
            password,
            more,
        } = self;
        let config = folder.path().join("gateway.toml");
        let text = format!(
            "[server]
state_dir = \"state\"
policies = \"{policies}\"
public_url = \"https://reset.example.org\"

[[listener]]
name = \"ldap\"
address = \"127.0.0.1:0\"
tls = \"starttls\"
route = \"applications\"

[[directory]]
name = \"people\"
dialect = \"{dialect}\"
urls = [\"{url}\"]
base_dn = \"{base}\"
{more}

[directory.service_account]
bind_dn = \"{account}\"
password = \"{password}\"

[[route]]
name = \"applications\"
directory = \"people\"
"
        );
        fs::write(&config, text).unwrap();
        let done = Command::new(program())
            .args(["check", "--connect", "--config"])
            .arg(&config)
            .output()
            .unwrap();
        let said = String::from_utf8(done.stdout).unwrap();
        assert!(done.status.success(), "{said}{}", String::from_utf8_lossy(&done.stderr));
        said
    }
}

/// What is said to mend this lack.
fn remedy<'a>(said: &'a str, right: &str) -> &'a str {
    let lack = format!("the service account may not {right} ");
    let line = said.lines().find(|line| line.contains(&lack));
    let line = line.unwrap_or_else(|| panic!("{right} is not lacking: {said}"));
    line.split_once("): ").expect("a remedy").1
}

/// The line that says what it may do.
fn may(said: &str) -> String {
    let line = said
        .lines()
        .find_map(|line| line.strip_prefix("directory people: it may "));
    line.and_then(|line| line.split(" (asked").next())
        .unwrap_or_default()
        .to_owned()
}

/// Everything of everybody, an entry each.
fn contents(url: &str, base: &str, account: &str, password: &str) -> BTreeSet<String> {
    let done = Command::new("ldapsearch")
        .args([
            "-x",
            "-LLL",
            "-o",
            "ldif-wrap=no",
            "-H",
            url,
            "-D",
            account,
            "-w",
            password,
            "-b",
            base,
        ])
        .args(["(objectClass=*)", "*", "+"])
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let text = String::from_utf8(done.stdout).unwrap();
    text.split("\n\n").map(str::to_owned).collect()
}

/// Fails, and shows the entries that are not what they were.
fn assert_unchanged(before: &BTreeSet<String>, after: &BTreeSet<String>) {
    let changed: Vec<&String> = after.difference(before).collect();
    assert!(changed.is_empty() && before.len() == after.len(), "{changed:?}");
}

fn slapd(access: &str) -> Slapd {
    Slapd::start_with(&SlapdSettings {
        database: access.to_owned(),
        ..SlapdSettings::default()
    })
}

fn of_slapd<'a>(url: &'a str, account: &'a str, password: &'a str) -> Question<'a> {
    Question {
        dialect: "openldap",
        url,
        base: BASE,
        account,
        password,
        more: "default_policy_dn = \"cn=default,ou=policies,dc=example,dc=org\"",
    }
}

#[test]
fn slapd_tells_what_is_lacking_what_mends_it_and_is_not_changed() {
    let first = slapd("");
    let people = format!("ou=people,{BASE}");
    let all = || contents(&first.url(), &people, ADMINISTRATOR, ADMINISTRATOR_PASSWORD);
    let before = all();
    let said = of_slapd(&first.url(), SERVICE, PASSWORD).ask();
    assert!(said.contains(&format!("the service account is dn:{SERVICE}")), "{said}");
    assert!(
        said.contains("it sees how people stand: ") && said.contains("pwdChangedTime"),
        "{said}"
    );
    assert!(said.contains("it sees the password policy cn=default,"), "{said}");
    assert_eq!(may(&said), "");
    let mut access = String::new();
    for right in RIGHTS {
        let rule = remedy(&said, right);
        let rule = &rule[rule.find("access to ").expect("an access rule")..];
        let _ = writeln!(access, "{rule}");
    }
    // The same directory with the rules that were told.
    let second = slapd(&access);
    let all_of_second = || contents(&second.url(), &people, ADMINISTRATOR, ADMINISTRATOR_PASSWORD);
    let before_second = all_of_second();
    let said = of_slapd(&second.url(), SERVICE, PASSWORD).ask();
    assert_eq!(may(&said), RIGHTS.join("; "));
    assert!(!said.contains("notice:"), "{said}");
    assert_unchanged(&before, &all());
    assert_unchanged(&before_second, &all_of_second());
}

#[test]
fn slapd_tells_an_account_above_the_rules() {
    let slapd = slapd(&format!("access to * by dn.exact={SERVICE} manage by * break\n"));
    let above = "the service account stands above the rules: it has `manage`, or is the rootdn";
    for (account, password) in [(SERVICE, PASSWORD), (ADMINISTRATOR, ADMINISTRATOR_PASSWORD)] {
        let people = format!("ou=people,{BASE}");
        let all = || contents(&slapd.url(), &people, ADMINISTRATOR, ADMINISTRATOR_PASSWORD);
        let before = all();
        let said = of_slapd(&slapd.url(), account, password).ask();
        assert!(said.contains(above), "{said}");
        assert_eq!(may(&said), RIGHTS.join("; "));
        assert_unchanged(&before, &all());
    }
}

#[test]
fn a_policy_that_stands_in_the_way_is_told() {
    let more = "\
dn: cn=odd,ou=policies,dc=example,dc=org
objectClass: device
objectClass: pwdPolicy
cn: odd
pwdAttribute: userPassword
pwdSafeModify: TRUE

";
    let slapd = Slapd::start_with(&SlapdSettings {
        ldif: more.to_owned(),
        ..SlapdSettings::default()
    });
    let url = slapd.url();
    let mut odd = of_slapd(&url, SERVICE, PASSWORD);
    odd.more = "default_policy_dn = \"cn=odd,ou=policies,dc=example,dc=org\"";
    let said = odd.ask();
    for obstacle in ["pwdSafeModify: ", "no pwdMustChange: ", "no pwdLockout: "] {
        let line = format!("notice: directory people: the policy cn=odd,ou=policies,dc=example,dc=org: {obstacle}");
        assert!(said.contains(&line), "{said}");
    }
    let said = of_slapd(&url, SERVICE, PASSWORD).ask();
    assert!(!said.contains("directory people: the policy"), "{said}");
}

#[test]
fn what_cannot_be_seen_is_told() {
    let hidden = "access to dn.subtree=\"ou=policies,dc=example,dc=org\" by * none\n";
    let slapd = slapd(hidden);
    let said = of_slapd(&slapd.url(), SERVICE, PASSWORD).ask();
    let policy = "the service account cannot see the password policy cn=default,ou=policies,dc=example,dc=org: ";
    assert!(said.contains(policy), "{said}");
    let url = slapd.url();
    let mut nowhere = of_slapd(&url, SERVICE, PASSWORD);
    nowhere.base = "ou=policies,dc=example,dc=org";
    let said = nowhere.ask();
    assert!(
        said.contains("sees nobody below ou=policies,dc=example,dc=org"),
        "{said}"
    );
}
