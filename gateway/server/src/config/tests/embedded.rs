//! Directories in Postern itself, and the store they are kept in.

use super::{folder, problems, read_text, sound};
use crate::config::{StorePlace, schema};
use crate::settings::Value;
use postern_directory::local::password::Cost;
use postern_directory::local::{May, Who};
use postern_identity::Secret;
use std::fs;

/// Everything an embedded directory may say, for tests to spoil.
const EMBEDDED: &str = r#"[server]
public_url = "https://reset.example.org"
[store]
url = "postgres://postern@[::1]:5433/postern"
password_file = "password"
[[listener]]
name = "ldap"
address = "127.0.0.1:3389"
route = "applications"
[[directory]]
name = "people"
dialect = "embedded"
base_dn = "dc=example,dc=org"
# a line
check_interval_ms = 500
password = "optional"
self_service_reset = true
schema_files = ["more.schema"]
administrators = ["cn=admins,ou=groups,dc=example,dc=org"]
unique = ["uid", "mail"]
look_through = 500
hashing = { memory_kib = 8192, passes = 3, threads = 1, queue = 9 }
[[directory.access]]
who = "administrators"
may = "write"
[[directory.access]]
who = "group"
dn = "cn=helpdesk,ou=groups,dc=example,dc=org"
within = "ou=people,dc=example,dc=org"
attributes = ["telephoneNumber", "entry"]
may = "read"
[[route]]
name = "applications"
directory = "people"
names = { accept = ["dn", "uid"] }
"#;

/// What stands in [`EMBEDDED`], what somebody wrote instead, and what they are told.
#[rustfmt::skip]
const MISTAKES: &[(&str, &str, &[&str])] = &[
    ("base_dn = \"dc=example,dc=org\"\n", "",
        &["10:1: an embedded directory has no base_dn: base_dn = \"dc=example,dc=org\""]),
    ("base_dn = \"dc=example,dc=org\"", "base_dn = \"\"",
        &["10:1: an embedded directory has no base_dn: base_dn = \"dc=example,dc=org\""]),
    ("base_dn = \"dc=example,dc=org\"", "base_dn = 7",
        &["13:11: \"base_dn\" is a whole number: a text in quotes"]),
    ("base_dn = \"dc=example,dc=org\"", "base_dn = \"example.org\"",
        &["13:11: base_dn is not a distinguished name: a name such as dc=example,dc=org"]),
    ("base_dn = \"dc=example,dc=org\"", "base_dn = \"nosuch=example\"",
        &["13:11: base_dn has an attribute that is not in the schema: a name such as dc=example,dc=org"]),
    ("# a line", "default_policy_dn = \"cn=strict,dc=example,dc=org\"",
        &["14:21: default_policy_dn in an embedded directory, which is in Postern itself: leave it out"]),
    ("base_dn = \"dc=example,dc=org\"", "base_dn = \"cn=example\"",
        &["13:11: no entry can be made for \"cn=example\": a name that begins with dc, o, ou, c or l"]),
    ("check_interval_ms = 500", "urls = [\"ldap://127.0.0.1\"]\nca_file = \"server.pem\"\nstart_tls = true",
        &["15:8: urls in an embedded directory, which is in Postern itself: leave it out",
          "16:11: ca_file in an embedded directory, which is in Postern itself: leave it out",
          "17:13: start_tls in an embedded directory, which is in Postern itself: leave it out"]),
    ("check_interval_ms = 500", "service_account = { bind_dn = \"cn=svc\", password = \"x\" }",
        &["15:19: service_account in an embedded directory, which is in Postern itself: leave it out"]),
    ("password = \"optional\"", "password = \"none\"",
        &["16:12: \"none\" is no value of \"password\": one of \"required\", \"optional\""]),
    ("self_service_reset = true", "self_service_reset = \"true\"",
        &["17:22: \"self_service_reset\" is a text in quotes: true or false"]),
    ("[\"more.schema\"]", "[\"nowhere.schema\"]",
        &["18:17: schema_files \"nowhere.schema\" cannot be read (it is not there): a file that this program may read"]),
    ("[\"cn=admins,ou=groups,dc=example,dc=org\"]", "[\"admins\", \"\"]",
        &["19:19: administrators is not a distinguished name: a name such as dc=example,dc=org",
          "19:29: administrators is empty: a name such as dc=example,dc=org"]),
    ("\"mail\"", "\"mail address\"",
        &["20:18: \"mail address\" is not an attribute of the schema: an attribute such as uid or mail"]),
    ("look_through = 500", "look_through = 5",
        &["21:16: \"look_through\" is 5: a whole number from 100 to 10000000"]),
    ("memory_kib = 8192", "memory_kib = 64",
        &["22:26: \"memory_kib\" is 64: a whole number from 8192 to 262144"]),
    ("passes = 3", "pases = 3",
        &["22:32: unknown key \"pases\": did you mean \"passes\"?"]),
    ("who = \"administrators\"", "who = \"admins\"",
        &["24:7: \"admins\" is no value of \"who\": one of \"anybody\", \"anonymous\", \"signed-in\", \"self\", \"administrators\", \"account\", \"group\", \"subtree\""]),
    ("who = \"administrators\"", "who = \"administrators\"\ndn = \"cn=x\"",
        &["25:6: dn for those who are not told by one: leave it out, or who = \"account\", \"group\" or \"subtree\""]),
    ("who = \"group\"\ndn = \"cn=helpdesk,ou=groups,dc=example,dc=org\"", "who = \"group\"",
        &["26:1: it is not said which: dn = \"cn=helpdesk,ou=groups,dc=example,dc=org\""]),
    ("within = \"ou=people,dc=example,dc=org\"", "within = \"people\"",
        &["29:10: within is not a distinguished name: a name such as dc=example,dc=org"]),
    ("\"telephoneNumber\"", "\"telephone number\"",
        &["30:15: \"telephone number\" is not an attribute of the schema: such as mail, or \"entry\""]),
    ("may = \"read\"", "may = \"see\"",
        &["31:7: \"see\" is no value of \"may\": one of \"nothing\", \"read\", \"write\""]),
    ("memory_kib = 8192, passes = 3", "memory_kib = 262144, passes = 5",
        &["22:11: 5 passes over 262144 KiB take too long: at most 1048576 KiB in all passes together"]),
    ("dialect = \"embedded\"", "dialect = \"openldap\"\nurls = [\"ldap://127.0.0.1\"]",
        &["17:12: password in a directory that has servers of its own: leave it out, or dialect = \"embedded\"",
          "19:16: schema_files in a directory that has servers of its own: leave it out, or dialect = \"embedded\"",
          "20:18: administrators in a directory that has servers of its own: leave it out, or dialect = \"embedded\"",
          "21:10: unique in a directory that has servers of its own: leave it out, or dialect = \"embedded\"",
          "22:16: look_through in a directory that has servers of its own: leave it out, or dialect = \"embedded\"",
          "23:11: hashing in a directory that has servers of its own: leave it out, or dialect = \"embedded\"",
          "24:1: access in a directory that has servers of its own: leave it out, or dialect = \"embedded\"",
          "35:13: names are looked for in \"people\", which has no service account: [directory.service_account] in it, or a template in [route.names]"]),
    ("postgres://postern@[::1]:5433/postern", "postgres://postern:secret@[::1]/postern",
        &["4:7: there is a password in this URL: password_file = \"a file that holds it\""]),
    ("postgres://postern@[::1]:5433/postern", "postgres://postern@[::1]/postern?password=secret",
        &["4:7: there is a password in this URL: password_file = \"a file that holds it\""]),
    ("postgres://postern@[::1]:5433/postern", "postgres://[::1]/postern",
        &["4:7: this is not the URL of a store: sqlite:postern.db, or postgres://user@host/database"]),
    ("postgres://postern@[::1]:5433/postern", "postgres://postern@/postern",
        &["4:7: this is not the URL of a store: sqlite:postern.db, or postgres://user@host/database"]),
    ("postgres://postern@[::1]:5433/postern", "mysql://postern@host/postern",
        &["4:7: this is not the URL of a store: sqlite:postern.db, or postgres://user@host/database"]),
    ("postgres://postern@[::1]:5433/postern", "postgres://postern@db.example.org/postern?sslmode=prefer",
        &["4:7: the store would be reached without being sure of it: sslmode=verify-full, and sslrootcert=FILE for an authority of your own"]),
    ("postgres://postern@[::1]:5433/postern", "sqlite:kept.db",
        &["5:17: a file of SQLite's has no password: leave it out"]),
    ("postgres://postern@[::1]:5433/postern", "sqlite::memory:",
        &["4:7: \"sqlite::memory:\" names no file: such as sqlite:postern.db"]),
    ("password_file = \"password\"", "password_file = \"open-password\"",
        &["5:17: password_file \"open-password\" can be read by everybody: chmod 600"]),
    ("[store]", "[stores]",
        &["3:2: unknown key \"stores\": did you mean \"store\"?"]),
];

fn folder_with_schema() -> tempfile::TempDir {
    let folder = folder();
    let text = "attributetype ( 1.3.6.1.4.1.99999.1 NAME 'shoeSize' EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 )\n";
    fs::write(folder.path().join("more.schema"), text).unwrap();
    fs::write(
        folder.path().join("broken.schema"),
        "# nothing\nattributetype ( shoe )\n",
    )
    .unwrap();
    folder
}

#[test]
fn an_embedded_directory_that_says_everything_is_read() {
    let folder = folder_with_schema();
    let outcome = read_text(&folder, EMBEDDED);
    assert_eq!(outcome.problems, []);
    let configuration = outcome.configuration.unwrap();
    let (settings, embedded) = (&configuration.directories[0], &configuration.embedded[0]);
    assert!(settings.is_in_process() && settings.has_service_account());
    assert_eq!(settings.servers[0].url.to_string(), "embedded:people");
    assert_eq!(settings.check_interval.as_millis(), 500);
    let local = &embedded.local;
    assert_eq!((&*local.base_dn, local.limits.look_through), ("dc=example,dc=org", 500));
    assert_eq!(local.administrators, ["cn=admins,ou=groups,dc=example,dc=org"]);
    assert_eq!(local.unique, ["uid", "mail"]);
    let rules = &local.access.0;
    assert_eq!((&rules[0].who, rules[0].may), (&Who::Administrators, May::Write));
    let helpdesk = "cn=helpdesk,ou=groups,dc=example,dc=org".to_owned();
    assert_eq!((&rules[1].who, rules[1].may), (&Who::Group(helpdesk), May::Read));
    assert_eq!(rules[1].what.attributes, ["telephoneNumber", "entry"]);
    assert_eq!(rules[1].what.within.as_deref(), Some("ou=people,dc=example,dc=org"));
    assert!(embedded.schema.attribute(b"shoeSize").is_some());
    assert!(embedded.hashing.cost == Cost::new(8192, 3, 1).unwrap());
    assert_eq!(embedded.hashing.queue, 9);
    let values = [
        ("directories.people.self_service_reset".to_owned(), Value::Switch(true)),
        ("directories.people.password".to_owned(), Value::Word("optional")),
    ];
    assert_eq!(configuration.values, values);
    let StorePlace::Postgres { url, password } = configuration.store.place else {
        unreachable!("it is PostgreSQL");
    };
    assert_eq!(url, "postgres://postern@[::1]:5433/postern");
    assert!(password.unwrap().same_as(&Secret::new(b"from a file".as_slice())));
}

#[test]
fn every_mistake_is_told_with_its_place_and_what_would_be_right() {
    let folder = folder_with_schema();
    for (sound, spoiled, told) in MISTAKES {
        assert!(EMBEDDED.contains(sound), "{sound}");
        let expected: Vec<String> = told.iter().map(|line| format!("gateway.toml:{line}")).collect();
        assert_eq!(
            problems(&folder, &EMBEDDED.replacen(sound, spoiled, 1)),
            expected,
            "{spoiled}"
        );
    }
}

#[test]
fn a_mistake_in_a_schema_file_is_told_where_it_stands() {
    let told = problems(&folder_with_schema(), &EMBEDDED.replace("more.schema", "broken.schema"));
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("broken.schema:2:17: shoe is no OID: "), "{told:?}");
}

#[test]
fn the_least_of_an_embedded_directory_is_its_base() {
    let short = super::SHORT
        .replace("openldap", "embedded")
        .replace("urls = [\"ldap://127.0.0.1:3890\"]", "base_dn = \"dc=example,dc=org\"");
    let configuration = sound(&short);
    let embedded = &configuration.embedded[0];
    let local = &embedded.local;
    assert_eq!(local.unique, ["uid"]);
    assert!(!configuration.store.is_written && configuration.values.is_empty());
    let StorePlace::Sqlite(path) = configuration.store.place else {
        unreachable!("it is SQLite");
    };
    assert!(path.ends_with(".state/postern.db"));
    let policy = configuration.directories[0].default_policy_dn.as_deref();
    assert_eq!(policy, Some("cn=default,ou=policies,dc=example,dc=org"));
    let tables = &schema::schema()["$defs"];
    let default = |table: &str, key: &str| tables[table]["properties"][key]["default"].clone();
    assert_eq!(default("DirectoryTable", "look_through"), local.limits.look_through);
    assert_eq!(default("DirectoryTable", "unique"), serde_json::json!(local.unique));
    assert_eq!(default("DirectoryTable", "password"), crate::settings::REQUIRED);
    let told = |key: &str| u32::try_from(default("HashingTable", key).as_u64().unwrap()).unwrap();
    assert!(embedded.hashing.cost == Cost::new(told("memory_kib"), told("passes"), 1).unwrap());
    assert_eq!(told("queue") as usize, embedded.hashing.queue);
}

#[test]
fn a_database_elsewhere_is_reached_under_tls_that_is_verified() {
    let folder = folder_with_schema();
    let place = |url: &str| {
        let text = EMBEDDED.replace("postgres://postern@[::1]:5433/postern", url);
        let configuration = read_text(&folder, &text).configuration.unwrap();
        match configuration.store.place {
            StorePlace::Postgres { url, .. } => url,
            StorePlace::Sqlite(path) => path.display().to_string(),
        }
    };
    let secured = "postgres://postern@db.example.org/postern?sslmode=verify-full";
    assert_eq!(place("postgres://postern@db.example.org/postern"), secured);
    assert_eq!(place(secured), secured);
    let local = "postgresql://postern@localhost/postern?sslmode=disable";
    assert_eq!(place(local), local);
    let socket = "postgres://postern@/postern?host=/var/run/postgresql";
    assert_eq!(place(socket), socket);
}
