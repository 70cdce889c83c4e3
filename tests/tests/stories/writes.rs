//! The list of writes that the embedded directory is held to, done to slapd itself: what it says of slapd is so.

use postern_tests::people::{ADMINISTRATOR, ADMINISTRATOR_PASSWORD, BASE};
use postern_tests::{Slapd, SlapdSettings};
use std::io::Write as _;
use std::process::{Command, Stdio};

const LIST: &str = include_str!("../../../gateway/directory/src/local/write/tests/as_slapd.ldif");

#[test]
fn slapd_answers_every_write_of_the_list_as_the_list_says() {
    let slapd = Slapd::start_with(&SlapdSettings {
        empty: true,
        global: "include /etc/ldap/schema/nis.schema\nmoduleload refint.la\nmoduleload unique.la".to_owned(),
        database: format!(
            "access to * by dn.exact=\"uid=boss,ou=writes,{BASE}\" manage by * break\n\
             access to attrs=userPassword by self write by anonymous auth by * none\n\
             access to * by users read by * none"
        ),
        overlays: format!(
            "overlay refint\n\
             refint_attributes member uniqueMember owner manager seeAlso roleOccupant secretary\n\
             refint_nothing {BASE}\n\
             overlay unique\n\
             unique_uri ldap:///?uid?sub"
        ),
        ..SlapdSettings::default()
    });
    let base = format!(
        "dn: {BASE}\nchangetype: add\nobjectClass: dcObject\nobjectClass: organization\no: Example\ndc: example\n"
    );
    let root = (ADMINISTRATOR.to_owned(), ADMINISTRATOR_PASSWORD);
    assert_eq!(write(&slapd, Some(&root), &base), 0);
    let mut alices = "secret-1234";
    let mut wrong = Vec::new();
    for block in LIST.split("\n\n").skip(1) {
        let (head, ldif) = block.trim().split_once('\n').unwrap();
        let (codes, title) = head.strip_prefix("# ").unwrap().split_once(' ').unwrap();
        let wanted: i32 = codes.rsplit('/').next().unwrap().parse().unwrap();
        let (who, _) = title.split_once(": ").unwrap();
        let person = |password: &'static str| Some((format!("uid={who},ou=writes,{BASE}"), password));
        let who = match who {
            "root" => Some(root.clone()),
            "nobody" => None,
            "alice" => person(alices),
            _ => person("secret-1234"),
        };
        let code = write(&slapd, who.as_ref(), ldif);
        if code != wanted {
            wrong.push(format!("{title}: {code} instead of {wanted}"));
        }
        if code == 0 && ldif.contains("userPassword: a new one of alice") {
            alices = "a new one of alice";
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Sends one change record by OpenLDAP's own tool, whose status is the result code.
fn write(slapd: &Slapd, who: Option<&(String, &str)>, ldif: &str) -> i32 {
    let mut command = Command::new("ldapmodify");
    command.args(["-x", "-H", &slapd.url()]);
    if let Some((dn, password)) = who {
        command.args(["-D", dn, "-w", password]);
    }
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("ldapmodify runs");
    let mut input = child.stdin.take().expect("its input");
    input.write_all(format!("{ldif}\n").as_bytes()).expect("it reads");
    drop(input);
    child.wait().expect("it ends").code().unwrap_or(-1)
}
