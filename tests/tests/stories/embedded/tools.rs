//! OpenLDAP's own tools, end to end.

use postern_tests::people::{ADMINISTRATOR, ADMINISTRATOR_PASSWORD, BASE, PASSWORD, dn};
use postern_tests::{Gateway, GatewaySettings};
use std::io::Write as _;
use std::process::{Command, Stdio};

const NEW: &str = "another-secret-5678";
/// Three people and two groups in a branch of their own.
const TEAM: &str = "\
dn: ou=team,dc=example,dc=org
objectClass: organizationalUnit
ou: team

dn: uid=ada,ou=team,dc=example,dc=org
objectClass: inetOrgPerson
objectClass: posixAccount
uid: ada
cn: Ada
sn: Byron
mail: ada@example.org
mail: countess@example.org
uidNumber: 1000
gidNumber: 1000
homeDirectory: /srv/ada
userPassword: secret-1234
description: old

dn: uid=bert,ou=team,dc=example,dc=org
objectClass: inetOrgPerson
uid: bert
cn: Bert
sn: Young
manager: uid=ada,ou=team,dc=example,dc=org

dn: uid=cleo,ou=team,dc=example,dc=org
objectClass: inetOrgPerson
uid: cleo
cn: Cleo
sn: Xu

dn: cn=crew,ou=team,dc=example,dc=org
objectClass: groupOfNames
cn: crew
member: uid=ada,ou=team,dc=example,dc=org
member: uid=bert,ou=team,dc=example,dc=org

dn: cn=guests,ou=team,dc=example,dc=org
objectClass: groupOfUniqueNames
cn: guests
uniqueMember: uid=ada,ou=team,dc=example,dc=org
uniqueMember: uid=cleo,ou=team,dc=example,dc=org
";

struct Tools {
    gateway: Gateway,
}

impl Tools {
    /// With the team put in by ldapadd.
    fn start() -> Self {
        let gateway = Gateway::start_with(&GatewaySettings::embedded("transparent"));
        let tools = Self { gateway };
        tools.admin(0, &["ldapadd"], TEAM);
        tools
    }

    /// Runs a tool as the administrator with this on its standard input, and gives what it printed.
    fn admin(&self, code: i32, command: &[&str], input: &str) -> String {
        self.run(code, (ADMINISTRATOR, ADMINISTRATOR_PASSWORD), command, input)
    }

    fn run(&self, code: i32, who: (&str, &str), command: &[&str], input: &str) -> String {
        // By address: libldap takes "localhost" for the machine's own name when it verifies a certificate.
        let url = format!("ldaps://{}", self.gateway.tls_address());
        let mut tool = Command::new(command[0])
            .args(["-x", "-H", &url, "-D", who.0, "-w", who.1])
            .args(&command[1..])
            .env("LDAPCONF", "/dev/null")
            .env("LDAPTLS_CACERT", self.gateway.ca_file())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        tool.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = tool.wait_with_output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        assert_eq!(output.status.code(), Some(code), "{command:?}: {said}");
        said
    }

    /// The lines of what is found, but for names of entries and blanks, in order.
    fn found(&self, command: &[&str]) -> Vec<String> {
        let said = self.admin(
            0,
            &[&["ldapsearch", "-LLL", "-o", "ldif-wrap=no"], command].concat(),
            "",
        );
        said.lines()
            .filter(|line| !line.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// One attribute of one entry.
    fn values(&self, entry: &str, attribute: &str) -> Vec<String> {
        let lines = self.found(&["-b", entry, "-s", "base", attribute]);
        let values = lines
            .iter()
            .filter_map(|line| line.strip_prefix(&format!("{attribute}: ")));
        values.map(str::to_owned).collect()
    }
}

fn team(rdn: &str) -> String {
    format!("{rdn},ou=team,{BASE}")
}

#[test]
fn ldapmodify_adds_deletes_replaces_increments_moves_and_removes() {
    let tools = Tools::start();
    let ada = team("uid=ada");
    let ldif = format!(
        "dn: {ada}\nchangetype: modify\nadd: telephoneNumber\ntelephoneNumber: +1 555 0100\n-\ndelete: mail\nmail: countess@example.org\n-\n\
         replace: description\ndescription: new\n-\nincrement: uidNumber\nuidNumber: 5\n-\n\n\
         dn: {}\nchangetype: modrdn\nnewrdn: uid=cleopatra\ndeleteoldrdn: 1\nnewsuperior: ou=people,{BASE}\n\n\
         dn: {}\nchangetype: delete\n\n",
        team("uid=cleo"),
        team("uid=bert")
    );
    tools.admin(0, &["ldapmodify"], &ldif);
    for (attribute, value) in [
        ("telephoneNumber", "+1 555 0100"),
        ("mail", "ada@example.org"),
        ("description", "new"),
        ("uidNumber", "1005"),
    ] {
        assert_eq!(tools.values(&ada, attribute), [value], "{attribute}");
    }
    assert_eq!(tools.values(&dn("cleopatra"), "uid"), ["cleopatra"]);
    tools.admin(32, &["ldapsearch", "-b", &team("uid=bert"), "-s", "base"], "");
    // All of a modify or nothing of it.
    let half = format!(
        "dn: {ada}\nchangetype: modify\nreplace: description\ndescription: half\n-\nadd: uidNumber\nuidNumber: 7\n"
    );
    tools.admin(19, &["ldapmodify"], &half);
    assert_eq!(tools.values(&ada, "description"), ["new"]);
}

#[test]
fn ldapmodrdn_and_ldapdelete_keep_the_tree_whole() {
    let tools = Tools::start();
    tools.admin(0, &["ldapmodrdn", "-r", &team("uid=ada"), "uid=augusta"], "");
    assert_eq!(tools.values(&team("uid=augusta"), "uid"), ["augusta"]);
    tools.admin(68, &["ldapmodrdn", "-r", &team("uid=augusta"), "uid=bert"], "");
    tools.admin(
        0,
        &[
            "ldapmodrdn",
            "-s",
            &format!("ou=people,{BASE}"),
            &team("uid=augusta"),
            "uid=ada",
        ],
        "",
    );
    let mut uids = tools.values(&dn("ada"), "uid");
    uids.sort();
    assert_eq!(uids, ["ada", "augusta"], "without -r the old value stays");
    tools.admin(66, &["ldapdelete", &format!("ou=team,{BASE}")], "");
    tools.admin(32, &["ldapdelete", &team("uid=nobody")], "");
    tools.admin(0, &["ldapdelete", "-r", &format!("ou=team,{BASE}")], "");
    tools.admin(32, &["ldapsearch", "-b", &format!("ou=team,{BASE}")], "");
}

#[test]
fn ldapsearch_gets_everybody_once_in_pages_and_in_order() {
    let tools = Tools::start();
    let everybody = "(objectClass=inetOrgPerson)";
    let all = tools.found(&["-b", BASE, everybody, "1.1"]);
    let mut paged = tools.found(&["-b", BASE, "-E", "pr=7/noprompt", everybody, "1.1"]);
    paged.retain(|line| line.starts_with("dn: "));
    assert!(all.len() > 60, "{}", all.len());
    let sorted = |mut lines: Vec<String>| {
        lines.sort();
        lines
    };
    assert_eq!(sorted(paged), sorted(all));
    let by_surname = |order: &str| {
        let lines = tools.found(&[
            "-b",
            &format!("ou=team,{BASE}"),
            "-E",
            &format!("!sss={order}"),
            everybody,
            "sn",
        ]);
        let names = lines
            .iter()
            .filter_map(|line| line.strip_prefix("sn: ").map(str::to_owned));
        names.collect::<Vec<_>>()
    };
    assert_eq!(by_surname("sn"), ["Byron", "Xu", "Young"]);
    assert_eq!(by_surname("-sn"), ["Young", "Xu", "Byron"]);
    let number = tools.found(&["-b", BASE, "(uidNumber>=1000)", "uid"]);
    assert!(number.contains(&"uid: ada".to_owned()), "{number:?}");
    let limited = tools.admin(4, &["ldapsearch", "-LLL", "-z", "5", "-b", BASE, everybody, "1.1"], "");
    assert_eq!(limited.matches("dn: ").count(), 5);
}

#[test]
fn ldapcompare_ldapwhoami_and_ldappasswd_answer_as_they_do_elsewhere() {
    let tools = Tools::start();
    let ada = team("uid=ada");
    tools.admin(6, &["ldapcompare", &ada, "mail:COUNTESS@example.org"], "");
    tools.admin(5, &["ldapcompare", &ada, "mail:nobody@example.org"], "");
    tools.admin(16, &["ldapcompare", &ada, "title:x"], "");
    assert_eq!(
        tools.run(0, (&ada, PASSWORD), &["ldapwhoami"], "").trim(),
        format!("dn:{ada}")
    );
    tools.run(0, (&ada, PASSWORD), &["ldappasswd", "-a", PASSWORD, "-s", NEW], "");
    tools.run(49, (&ada, PASSWORD), &["ldapwhoami"], "");
    tools.run(0, (&ada, NEW), &["ldapwhoami"], "");
    let refused = tools.run(1, (&ada, NEW), &["ldappasswd", "-e", "ppolicy", "-s", "short"], "");
    assert!(refused.contains("Constraint violation (19)"), "{refused}");
    // By somebody else it is to be changed next; without a new one the directory makes one up.
    let said = tools.admin(0, &["ldappasswd", &ada], "");
    let made_up = said.trim().strip_prefix("New password: ").unwrap().to_owned();
    let told = tools.run(0, (&ada, &made_up), &["ldapwhoami", "-e", "ppolicy"], "");
    assert!(told.contains("Password must be changed"), "{told}");
    for (uid, told) in [("expiring", "Password expires in"), ("grace", "grace logins remain")] {
        let said = tools.run(0, (&dn(uid), PASSWORD), &["ldapwhoami", "-e", "ppolicy"], "");
        assert!(said.contains(told), "{uid}: {said}");
    }
}

#[test]
fn assertions_and_what_was_and_is_there_come_with_changes() {
    let tools = Tools::start();
    let ada = team("uid=ada");
    let change = |to: &str| format!("dn: {ada}\nchangetype: modify\nreplace: description\ndescription: {to}\n");
    tools.admin(
        122,
        &["ldapmodify", "-e", "!assert=(description=something else)"],
        &change("no"),
    );
    assert_eq!(tools.values(&ada, "description"), ["old"]);
    tools.admin(0, &["ldapmodify", "-e", "!assert=(description=OLD)"], &change("newer"));
    let before = tools.admin(0, &["ldapmodify", "-e", "!preread=description"], &change("newest"));
    assert!(before.contains("description: newer"), "{before}");
    let after = tools.admin(
        0,
        &["ldapmodify", "-e", "!postread=description,userPassword"],
        &change("last"),
    );
    assert!(after.contains("description: last"), "{after}");
    assert!(!after.contains("userPassword"), "{after}");
    let gone = tools.admin(0, &["ldapdelete", "-e", "!preread=cn", &team("uid=cleo")], "");
    assert!(gone.contains("cn: Cleo"), "{gone}");
}

#[test]
fn groups_are_seen_from_their_members_and_follow_them() {
    let tools = Tools::start();
    let (ada, crew, guests) = (team("uid=ada"), team("cn=crew"), team("cn=guests"));
    let mut of_ada = tools.values(&ada, "memberOf");
    of_ada.sort();
    assert_eq!(of_ada, [crew.clone(), guests.clone()]);
    let members = tools.found(&["-b", BASE, &format!("(memberOf={crew})"), "1.1"]);
    assert_eq!(members.len(), 2, "{members:?}");

    tools.admin(0, &["ldapmodrdn", "-r", &ada, "uid=augusta"], "");
    let augusta = team("uid=augusta");
    assert!(tools.values(&crew, "member").contains(&augusta));
    assert!(tools.values(&guests, "uniqueMember").contains(&augusta));
    assert_eq!(tools.values(&team("uid=bert"), "manager"), [augusta]);

    // A branch that moves takes the names along.
    tools.admin(0, &["ldapmodrdn", "-r", &format!("ou=team,{BASE}"), "ou=crowd"], "");
    let moved = format!("uid=augusta,ou=crowd,{BASE}");
    assert!(
        tools
            .values(&format!("cn=crew,ou=crowd,{BASE}"), "member")
            .contains(&moved)
    );

    tools.admin(0, &["ldapdelete", &moved], "");
    assert_eq!(
        tools.values(&format!("cn=crew,ou=crowd,{BASE}"), "member"),
        [format!("uid=bert,ou=crowd,{BASE}")]
    );
    assert!(tools.values(&format!("uid=bert,ou=crowd,{BASE}"), "manager").is_empty());
    assert_eq!(
        tools.values(&moved.replace("augusta", "bert"), "memberOf"),
        [format!("cn=crew,ou=crowd,{BASE}")]
    );
}

#[test]
fn what_nobody_may_read_is_in_no_answer_and_nobody_is_told_of_what_he_may_not_change() {
    let tools = Tools::start();
    let active = dn("active");
    for who in [(active.as_str(), PASSWORD), (ADMINISTRATOR, ADMINISTRATOR_PASSWORD)] {
        let said = tools.run(
            0,
            who,
            &["ldapsearch", "-LLL", "-b", BASE, "(objectClass=*)", "*", "+"],
            "",
        );
        assert!(said.contains("entryUUID: ") && said.contains("uid: active"), "{said}");
        for hidden in ["userPassword:", "pwdHistory:", "argon2"] {
            assert!(!said.contains(hidden), "{}: {hidden}", who.0);
        }
        let found = tools.run(
            0,
            who,
            &["ldapsearch", "-LLL", "-b", BASE, "(userPassword=*)", "1.1"],
            "",
        );
        assert_eq!(found.trim(), "", "{}", who.0);
    }
    let change = format!(
        "dn: {}\nchangetype: modify\nreplace: description\ndescription: x\n",
        dn("young")
    );
    tools.run(50, (&active, PASSWORD), &["ldapmodify"], &change);
    tools.run(50, (&active, PASSWORD), &["ldapdelete", &dn("young")], "");
    tools.run(
        50,
        (&active, PASSWORD),
        &["ldapadd"],
        &TEAM.replace("ou=team", "ou=other").replace("ou: team", "ou: other"),
    );
}
