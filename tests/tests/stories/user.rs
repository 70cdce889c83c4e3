//! `postern user`, `import` and `export`: an embedded directory from a shell, beside a gateway that runs and without one.

use postern_tests::people::{self, ADMINISTRATOR, ADMINISTRATOR_PASSWORD, PASSWORD};
use postern_tests::request::{self, Scope};
use postern_tests::{Gateway, GatewaySettings, gateway, policies};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// Somebody whose password is a provider's, by a rule of the policy.
const FEDERATED: &str = "
[[authority]]
name = \"sso\"
route = \"*\"
owner = \"provider\"
provider = \"example-sso\"
page = \"https://sso.example.com/forgot\"
when.attribute = { name = \"employeeType\", value = \"sso\" }

[[authority]]
name = \"everybody-else\"
route = \"*\"
owner = \"local\"
";

fn start() -> Gateway {
    Gateway::start_with(&GatewaySettings {
        policy: Some(policies::like_generic("text", FEDERATED)),
        ..GatewaySettings::embedded("generic")
    })
}

/// Runs the program on the configuration of a gateway, in its folder.
fn postern(folder: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(gateway::program());
    command
        .args(words)
        .args(["--config", "gateway.toml"])
        .current_dir(folder);
    command.output().unwrap()
}

fn told(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

fn done(folder: &Path, words: &[&str]) -> String {
    let output = postern(folder, words);
    assert!(output.status.success(), "{words:?}: {}", told(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// Refused as a mistake of whoever asked, in words that hold `why`.
fn refused(folder: &Path, words: &[&str], why: &str) {
    let output = postern(folder, words);
    assert_eq!(output.status.code(), Some(64), "{words:?}: {}", told(&output));
    assert!(told(&output).contains(why), "{words:?}: {}", told(&output));
}

fn bind(gateway: &Gateway, uid: &str, password: &str) -> Option<u32> {
    gateway.client().bind(1, &people::dn(uid), password).code
}

#[test]
fn an_account_is_made_changed_locked_and_deleted_beside_the_gateway_that_runs_and_without_it() {
    let mut gateway = start();
    let folder = gateway.folder().to_owned();
    fs::write(folder.join("password"), "a-first-Passw0rd\n").unwrap();
    for round in ["runs", "is-stopped"] {
        let uid = format!("zoe-{round}");
        let words = [
            "user",
            "add",
            &uid,
            "--name",
            "Zoe Zed",
            "--mail",
            "zoe@example.net",
            "--password-file",
            "password",
        ];
        let made = done(&folder, &words);
        assert!(made.contains(&people::dn(&uid)), "{made}");
        refused(&folder, &words, "already");
        done(&folder, &["user", "must-change", &uid, "--withdraw"]);
        let shown: Value = serde_json::from_str(&done(&folder, &["user", "show", &uid, "--json"])).unwrap();
        let seen =
            ["uid", "name", "mail", "must_change", "locked", "has_password"].map(|field| shown[field].to_string());
        let wanted = [
            format!("\"{uid}\""),
            "\"Zoe Zed\"".into(),
            "\"zoe@example.net\"".into(),
            "false".into(),
            "false".into(),
            "true".into(),
        ];
        assert_eq!(seen, wanted, "{shown}");
        if round == "runs" {
            assert_eq!(bind(&gateway, &uid, "a-first-Passw0rd"), Some(0));
            done(&folder, &["user", "lock", &uid]);
            assert_eq!(bind(&gateway, &uid, "a-first-Passw0rd"), Some(49));
            done(&folder, &["user", "unlock", &uid]);
            assert_eq!(bind(&gateway, &uid, "a-first-Passw0rd"), Some(0));
            done(&folder, &["user", "must-change", &uid]);
            assert_eq!(bind(&gateway, &uid, "a-first-Passw0rd"), Some(49));
        }
        let again = done(&folder, &["user", "password", &uid, "--generate-password", "--json"]);
        let again: Value = serde_json::from_str(&again).unwrap();
        assert!(
            again["password"].as_str().is_some_and(|password| password.len() == 19),
            "{again}"
        );
        done(&folder, &["user", "set", &uid, "--phone", "+49 30 1", "--mail", ""]);
        let listed = done(&folder, &["user", "list", "--filter", "(telephoneNumber=+49 30 1)"]);
        assert!(
            listed.contains(&uid) && listed.contains("must change") && !listed.contains("zoe@"),
            "{listed}"
        );
        done(&folder, &["user", "delete", &uid]);
        refused(&folder, &["user", "show", &uid], "there is no account");
        gateway.kill();
    }
    gateway.start_again();
    assert_eq!(bind(&gateway, "active", PASSWORD), Some(0));
}

#[test]
fn no_account_is_saved_without_a_password_unless_the_directory_says_so() {
    let gateway = start();
    let folder = gateway.folder();
    let required = "password: this field is required";
    refused(folder, &["user", "add", "yan"], required);
    refused(folder, &["user", "show", "yan"], "there is no account");
    // One that came otherwise has none: LDAP may add it, and whoever edits it is told.
    let mut wire = gateway.tls_client();
    assert_eq!(wire.bind(1, ADMINISTRATOR, ADMINISTRATOR_PASSWORD).code, Some(0));
    let person = |uid: &str, more: &[(&str, &str)]| {
        let attributes = [("objectClass", "inetOrgPerson"), ("uid", uid), ("cn", uid), ("sn", uid)];
        request::add(2, &people::dn(uid), &[&attributes, more].concat())
    };
    assert_eq!(wire.ask(&person("xi", &[])).remove(0).code, Some(0));
    refused(folder, &["user", "set", "xi", "--phone", "1"], required);
    assert!(!done(folder, &["user", "show", "xi"]).contains("phone"));
    // The ways out: a password, or the setting.
    fs::write(folder.join("password"), "a-first-Passw0rd\n").unwrap();
    done(
        folder,
        &["user", "set", "xi", "--phone", "1", "--password-file", "password"],
    );
    done(folder, &["settings", "set", "directories.people.password", "optional"]);
    done(folder, &["user", "add", "yan"]);
    done(folder, &["settings", "set", "directories.people.password", "required"]);
    refused(folder, &["user", "set", "yan", "--phone", "1"], required);
    // Whose password is a provider's needs none, and gets none.
    assert_eq!(
        wire.ask(&person("fed", &[("employeeType", "sso")])).remove(0).code,
        Some(0)
    );
    done(folder, &["user", "set", "fed", "--phone", "1"]);
    for words in [
        ["user", "password", "fed", "--password-file", "password"],
        ["user", "set", "fed", "--password-file", "password"],
        ["user", "password", "fed", "--generate-password", "--json"],
    ] {
        refused(folder, &words, "https://sso.example.com/forgot");
    }
    let shown: Value = serde_json::from_str(&done(folder, &["user", "show", "fed", "--json"])).unwrap();
    assert_eq!(
        (&shown["has_password"], &shown["password_owner"]),
        (&false.into(), &"provider example-sso".into())
    );
}

#[test]
fn an_import_gives_no_password_to_whom_a_provider_keeps_it_and_tells_the_line_of_what_is_wrong() {
    let gateway = start();
    let folder = gateway.folder();
    let entry = |uid: &str, lines: &str| {
        let dn = people::dn(uid);
        format!("dn: {dn}\nobjectClass: inetOrgPerson\nuid: {uid}\ncn: {uid}\nsn: {uid}\n{lines}\n")
    };
    let hash = "userPassword: {SSHA}5en6G6MezRroT3XKqkdPOmY/BfQ2Kz1x\n";
    for (text, why) in [
        (entry("one", &format!("employeeType: sso\n{hash}")), "line 1: uid=one"),
        // However it is written.
        (
            entry("one", "employeeType: sso\n2.5.4.35: another-5678\n"),
            "line 1: uid=one",
        ),
        (
            entry("one", &format!("2.16.840.1.113730.3.1.4: sso\n{hash}")),
            "line 1: uid=one",
        ),
        (
            entry("one", &format!("employeeType;x-a: sso\n{hash}")),
            "line 1: uid=one",
        ),
        (
            entry("one", hash).replacen("uid=one,", "uid=one+employeeType=sso,", 1),
            "line 1: uid=one+employeeType=sso",
        ),
        (
            entry("one", "").replacen("uid=one,", "uid=one+2.5.4.35=another-5678,", 1),
            "line 1: a password is in the name",
        ),
        (
            entry("one", "userPassword;x-a: another-5678\n"),
            "line 1: userPassword has an option",
        ),
        (
            format!("{}{}", entry("two", hash), entry("three", "shoeSize: 40\n")),
            "line 8: uid=three",
        ),
        (
            format!("{}{}", entry("five", ""), entry("six", "shoeSize: 40\n")),
            "Imported: 1, all before the entry this is about; nothing from there on",
        ),
        ("cn: nobody\n".to_owned(), "line 1: a record begins with its name"),
        (entry("active", ""), "line 1: uid=active"),
    ] {
        fs::write(folder.join("more.ldif"), &text).unwrap();
        refused(folder, &["import", "more.ldif"], why);
    }
    refused(folder, &["user", "show", "one"], "there is no account");
    refused(folder, &["import", "none.ldif"], "it is not there");
    // Its entry is there with everything, and can be found.
    fs::write(folder.join("more.ldif"), entry("four", "mail: four@example.org\n")).unwrap();
    done(folder, &["import", "more.ldif"]);
    let mut wire = gateway.client();
    assert_eq!(wire.bind(1, &people::dn("active"), PASSWORD).code, Some(0));
    let found = wire.ask(&request::search_with(
        2,
        people::BASE,
        Scope::Subtree,
        &postern_ldap::filter::text::parse("(mail=four@*)").unwrap(),
        &["uid"],
        &[],
    ));
    assert_eq!(found.len(), 2, "{found:?}");
}

#[test]
fn what_is_exported_is_read_by_nobody_else_and_comes_back_as_it_was() {
    use std::os::unix::fs::PermissionsExt as _;
    let mut gateway = start();
    let folder = gateway.folder().to_owned();
    done(&folder, &["export", "all.ldif"]);
    let mode = fs::metadata(folder.join("all.ldif")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    refused(&folder, &["export", "all.ldif"], "nothing is written over");
    let beside = done(&folder, &["export"]);
    assert_eq!(fs::read_to_string(folder.join("all.ldif")).unwrap(), beside);
    assert!(
        beside.contains("userPassword: {ARGON2}$argon2id$") && beside.contains("pwdReset: TRUE"),
        "{beside}"
    );
    gateway.kill();
    for file in ["postern.db", "postern.db-wal", "postern.db-shm"] {
        let _ = fs::remove_file(folder.join("state").join(file));
    }
    done(&folder, &["import", "all.ldif"]);
    refused(&folder, &["import", "all.ldif"], "Nothing of it was imported");
    let after = done(&folder, &["export"]);
    let lines = |text: &str| {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(lines(&after), lines(&beside));
    gateway.start_again();
    for (uid, code) in [
        ("active", 0),
        ("must-change", 49),
        ("locked-by-failures", 49),
        ("expired", 49),
    ] {
        assert_eq!(bind(&gateway, uid, PASSWORD), Some(code), "{uid}");
    }
}

#[test]
fn an_imported_password_is_its_owners_own_beside_a_gateway_and_without_one() {
    let mut gateway = start();
    let folder = gateway.folder().to_owned();
    let entry = |uid: &str, more: &str| {
        let dn = people::dn(uid);
        format!(
            "dn: {dn}\nobjectClass: inetOrgPerson\nuid: {uid}\ncn: {uid}\nsn: x\nuserPassword: {PASSWORD}\n{more}\n"
        )
    };
    let both = |place: &str| {
        let temporary = entry(&format!("{place}-temporary"), "pwdReset: TRUE\n");
        fs::write(folder.join("new.ldif"), format!("{}{temporary}", entry(place, ""))).unwrap();
        done(&folder, &["import", "new.ldif"]);
    };
    both("beside");
    gateway.kill();
    both("without");
    gateway.start_again();
    for place in ["beside", "without"] {
        assert_eq!(bind(&gateway, place, PASSWORD), Some(0), "{place}");
        assert_eq!(
            bind(&gateway, &format!("{place}-temporary"), PASSWORD),
            Some(49),
            "{place}"
        );
    }
}
