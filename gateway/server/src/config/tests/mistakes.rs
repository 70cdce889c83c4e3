//! Every kind of mistake, with the place and the words it is told in.

use std::fmt::Write as _;

use super::{SHORT, SOUND, folder, problems};

/// What stands in [`SOUND`], what somebody wrote instead, and what they are told.
#[rustfmt::skip]
const MISTAKES: &[(&str, &str, &[&str])] = &[
    ("state_dir = \"state\"", "state_dir = \"state",
        &["2:19: this is not TOML (invalid basic string, expected `\"`): see https://toml.io for how it is written"]),
    ("workers = 2", "workers = ",
        &["5:11: this is not TOML (string values must be quoted, expected literal string): see https://toml.io for how it is written"]),
    ("workers = 2", "workers = 2\nworkers = 3",
        &["6:1: this is not TOML (duplicate key): see https://toml.io for how it is written"]),
    ("[server]\n", "[server\n",
        &["1:8: this is not TOML (unclosed table, expected `]`): see https://toml.io for how it is written"]),
    ("state_dir =", "statedir =",
        &["2:1: unknown key \"statedir\": did you mean \"state_dir\"?"]),
    ("[telemetry]", "[telemtry]",
        &["6:2: unknown key \"telemtry\": did you mean \"telemetry\"?"]),
    ("[limits]", "[limits]\nfrobnicate = 1",
        &["42:1: unknown key \"frobnicate\": one of \"answer_octets\", \"bind_seconds\", \"connections\", \"connections_per_address\", \"drain_seconds\", \"frame_octets\", \"frame_octets_before_bind\", \"idle_seconds\", \"operation_seconds\", \"operations_in_flight\", \"request_seconds\", \"time_to_first_octet_seconds\", \"tls_seconds\", \"write_stall_seconds\""]),
    ("lanes = { mode", "lanes = { moed",
        &["40:11: unknown key \"moed\": one of \"idle\", \"idle_seconds\", \"max\", \"mode\", \"wait_ms\""]),
    ("bind_dn =", "bind-dn =",
        &["34:1: unknown key \"bind-dn\": did you mean \"bind_dn\"?"]),
    ("workers = 2", "workers = \"2\"",
        &["5:11: \"workers\" is a text in quotes: a whole number"]),
    ("workers = 2", "workers = 0",
        &["5:11: \"workers\" is 0: a whole number from 1 to 1024"]),
    ("workers = 2", "workers = 2.5",
        &["5:11: \"workers\" is a number with a fraction: a whole number"]),
    ("workers = 2", "workers = 99999999999999999999",
        &["5:11: \"workers\" is 99999999999999999999: a whole number from 1 to 1024"]),
    ("connections = 100", "connections = -1",
        &["42:15: \"connections\" is -1: a whole number from 1 to 10000000"]),
    ("log_format = \"human\"", "log_format = \"xml\"",
        &["7:14: \"xml\" is no value of \"log_format\": one of \"json\", \"human\""]),
    ("log_format = \"human\"", "log_format = \"Human\"",
        &["7:14: \"Human\" is no value of \"log_format\": did you mean \"human\"?"]),
    ("log_format = \"human\"", "log_format = true",
        &["7:14: \"log_format\" is true or false: a text in quotes"]),
    ("tls = \"starttls\"", "tls = \"start_tls\"",
        &["13:7: \"start_tls\" is no value of \"tls\": did you mean \"starttls\"?"]),
    ("dialect = \"openldap\"", "dialect = \"active_directory\"",
        &["24:11: \"active_directory\" is no value of \"dialect\": did you mean \"active-directory\"?"]),
    ("urls = [\"ldaps://one.example.org\", \"ldap://127.0.0.1:3890\"]", "urls = \"ldap://127.0.0.1:3890\"",
        &["25:8: \"urls\" is a text in quotes: a list"]),
    ("dialect = \"openldap\"", "dialect = \"openldap\"\nservers = [{ url = \"ldaps://two\" }]",
        &["25:11: urls and servers are both given: one of them"]),
    ("urls = [\"ldaps://one.example.org\", \"ldap://127.0.0.1:3890\"]", "servers = [{ url = \"ldaps://one\", drain = true }]",
        &["25:11: every server is drained: one at least that serves"]),
    ("urls = [\"ldaps://one.example.org\", \"ldap://127.0.0.1:3890\"]", "servers = [{ url = \"ldaps://one\" }, { url = \"ldaps://ONE:636\" }]",
        &["25:11: ldaps://one:636 is given twice: each server once; weight makes one larger"]),
    ("urls = [\"ldaps://one.example.org\", \"ldap://127.0.0.1:3890\"]", "servers = [{ role = \"writer\" }]",
        &["25:12: an item of \"servers\" has no \"url\": add it (Where it is: ldap://host:port or ldaps://host:port)"]),
    ("urls = [\"ldaps://one.example.org\", \"ldap://127.0.0.1:3890\"]", "servers = [{ url = \"ldap://two.example.org\", role = \"slave\", weight = 0 }]",
        &["25:20: ldap://two.example.org:389 would be reached without TLS: ldaps://, or start_tls = true, or allow_plaintext = true if you must",
          "25:53: \"slave\" is no value of \"role\": one of \"any\", \"writer\", \"reader\"", "25:71: \"weight\" is 0: a whole number from 1 to 100"]),
    ("portal_url = \"https://reset.example.org/applications\"", "ldap_url = \"ldaps://us/dc=example\"",
        &["39:12: ldap_url is not a server's URL: ldap://host:port or ldaps://host:port"]),
    ("urls = [\"ldaps://one.example.org\", \"ldap://127.0.0.1:3890\"]", "urls = []",
        &["25:8: \"urls\" is empty: at least one"]),
    ("\"ldaps://one.example.org\", ", "7, ",
        &["25:9: an item of \"urls\" is a whole number: a text in quotes"]),
    ("allow_plaintext = false", "allow_plaintext = \"no\"",
        &["30:19: \"allow_plaintext\" is a text in quotes: true or false"]),
    ("[directory.service_account]\n", "service_account = \"cn=svc\"\n[[directory.x]]\n",
        &["33:19: \"service_account\" is a text in quotes: a table",
          "34:13: unknown key \"x\": one of \"access\", \"administrators\", \"allow_plaintext\", \"answer_timeout_ms\", \"balance\", \"base_dn\", \"ca_file\", \"check_interval_ms\", \"check_timeout_ms\", \"connect_timeout_ms\", \"default_policy_dn\", \"dialect\", \"drain_seconds\", \"hashing\", \"link\", \"look_through\", \"mail\", \"name\", \"onboarded_most\", \"password\", …"]),
    ("\"${SECRET}\"", "\"${NO_SUCH_SECRET}\"",
        &["35:13: NO_SUCH_SECRET is not set in the environment: set it, or write ${NO_SUCH_SECRET:-default}"]),
    ("\"state\"", "\"a/${NO_SUCH_FOLDER}\"",
        &["2:16: NO_SUCH_FOLDER is not set in the environment: set it, or write ${NO_SUCH_FOLDER:-default}"]),
    ("\"state\"", "\"${STATE-x}\"",
        &["2:14: \"STATE-x\" is not a name of the environment: letters, digits and _, not beginning with a digit"]),
    ("\"state\"", "\"$STATE\"",
        &["2:14: a dollar sign stands alone: ${NAME}, ${NAME:-default}, or $$ for a dollar"]),
    ("\"state\"", "\"\"",
        &["2:13: the path is empty: a path such as .state"]),
    ("\"https://reset.example.org/\"", "\"reset.example.org\"",
        &["4:14: public_url is not a URL: such as https://reset.example.org"]),
    ("\"https://reset.example.org/\"", "\"http://reset.example.org/\"",
        &["4:14: public_url is not protected by TLS: https://"]),
    ("\"https://reset.example.org/\"", "\"ftp://reset.example.org/\"",
        &["4:14: public_url is not a web address: such as https://reset.example.org"]),
    ("\"https://reset.example.org/\"", "\"https://reset.example.org/a b\"",
        &["4:14: public_url is not a URL: such as https://reset.example.org"]),
    ("\"https://reset.example.org/\"", "\"https://user:word@reset.example.org/\"",
        &["4:14: public_url is not a URL: such as https://reset.example.org"]),
    ("\"info,postern_proxy=debug\"", "\"info,postern_proxy=loud\"",
        &["8:14: log_filter cannot be read: a level, or parts with levels: \"info,postern_proxy=debug\""]),
    ("\"127.0.0.1:9464\"", "\"localhost:9464\"",
        &["9:19: metrics_address \"localhost:9464\" is not an IP address with a port: such as 127.0.0.1:3389 or [::]:636"]),
    ("\"127.0.0.1:9464\"", "\"127.0.0.1:3389\"",
        &["12:11: 127.0.0.1:3389 is taken by health and metrics: an address or a port of its own"]),
    ("\"127.0.0.1:9464\"", "\"0.0.0.0:3636\"",
        &["17:11: [::1]:3636 is taken by health and metrics: an address or a port of its own"]),
    ("\"127.0.0.1:3389\"", "\"127.0.0.1\"",
        &["12:11: address \"127.0.0.1\" is not an IP address with a port: such as 127.0.0.1:3389 or [::]:636"]),
    ("\"127.0.0.1:3389\"", "\"127.0.0.1:99999\"",
        &["12:11: address \"127.0.0.1:99999\" is not an IP address with a port: such as 127.0.0.1:3389 or [::]:636"]),
    ("name = \"ldaps\"", "name = \"ldap\"",
        &["16:8: a second listener is named \"ldap\": another name: the first stands on line 11"]),
    ("name = \"ldaps\"", "name = \"l daps\"",
        &["16:8: \"l daps\" cannot be the name of a listener: at most 64 letters, digits, -, _ and ."]),
    ("route = \"applications\"\n[[listener]]", "route = \"aplications\"\n[[listener]]",
        &["14:9: there is no route \"aplications\": did you mean \"applications\"?"]),
    ("directory = \"people\"", "directory = \"persons\"",
        &["38:13: there is no directory \"persons\": only \"people\" is known here"]),
    ("name = \"people\"", "name = \"everybody\"",
        &["38:13: there is no directory \"people\": only \"everybody\" is known here"]),
    ("tls = \"ldaps\"", "tls = \"none\"",
        &["20:20: certificate_file on a listener without TLS: leave it out, or tls = \"starttls\" or \"ldaps\"",
          "21:12: key_file on a listener without TLS: leave it out, or tls = \"starttls\" or \"ldaps\""]),
    ("certificate_file = \"server.pem\"\n", "",
        &["20:12: key_file without certificate_file: name the certificate beside it"]),
    ("key_file = \"server-key.pem\"\n", "",
        &["20:20: certificate_file without key_file: name the key beside it"]),
    ("certificate_file = \"server.pem\"", "certificate_file = \"nowhere.pem\"",
        &["20:20: certificate_file \"nowhere.pem\" cannot be read (it is not there): a file that this program may read"]),
    ("certificate_file = \"server.pem\"", "certificate_file = \"password\"",
        &["20:20: certificate_file \"password\" cannot be used: a file in PEM form with what the key's name says"]),
    ("key_file = \"server-key.pem\"", "key_file = \"server.pem\"",
        &["21:12: key_file \"server.pem\" cannot be used: a file in PEM form with what the key's name says"]),
    ("key_file = \"server-key.pem\"", "key_file = \"open-key.pem\"",
        &["21:12: key_file \"open-key.pem\" can be read by everybody: chmod 600"]),
    ("key_file = \"server-key.pem\"", "key_file = \".\"",
        &["21:12: key_file \".\" cannot be read (it is not a file): a file that this program may read"]),
    ("key_file = \"server-key.pem\"", "key_file = \"other-key.pem\"",
        &["21:12: the key does not belong to the certificate: the key that certificate_file was made with"]),
    ("urls = [\"ldaps://one.example.org\", \"ldap://127.0.0.1:3890\"]", "urls = [\"${NO_SUCH_URL}\"]",
        &["25:10: NO_SUCH_URL is not set in the environment: set it, or write ${NO_SUCH_URL:-default}"]),
    ("directory = \"people\"\n", "",
        &["36:1: an item of \"route\" has no \"directory\": add it (The directory that answers, by its name)"]),
    ("[server]\n", "[server]\nsecret = true\n",
        &["2:1: unknown key \"secret\": one of \"nodes\", \"policies\", \"public_url\", \"state_dir\", \"workers\""]),
    ("\"ldaps://one.example.org\"", "\"ldap://one.example.org\"",
        &["25:9: ldap://one.example.org:389 would be reached without TLS: ldaps://, or start_tls = true, or allow_plaintext = true if you must"]),
    ("\"ldaps://one.example.org\"", "\"ldaps://one.example.org:port\"",
        &["25:9: this is not a server's URL: ldap://host:port or ldaps://host:port"]),
    ("\"ldaps://one.example.org\"", "\"ldapi:///\"",
        &["25:9: this is not a server's URL: ldap://host:port or ldaps://host:port"]),
    ("allow_plaintext = false", "start_tls = true",
        &["25:9: start_tls on a server that is under TLS from the start: ldap:// with start_tls, or ldaps:// without it"]),
    ("ca_file = \"server.pem\"", "ca_file = \"broken.pem\"",
        &["26:11: ca_file \"broken.pem\" cannot be used: a file in PEM form with what the key's name says"]),
    ("ca_file = \"server.pem\"", "ca_file = \"nowhere.pem\"",
        &["26:11: ca_file \"nowhere.pem\" cannot be read (it is not there): a file that this program may read"]),
    ("\"directory.example.org\"", "\"not a name\"",
        &["27:15: server_name is neither a host name nor an IP address: the name in the servers' certificates"]),
    ("\"dc=example,dc=org\"", "\"example.org\"",
        &["28:11: base_dn is not a distinguished name: a name such as dc=example,dc=org"]),
    ("\"cn=default,ou=policies,dc=example,dc=org\"", "\"default\"",
        &["29:21: default_policy_dn is not a distinguished name: a name such as dc=example,dc=org"]),
    ("\"cn=svc,dc=example,dc=org\"", "\"svc\"",
        &["34:11: bind_dn is not a distinguished name: a name such as dc=example,dc=org"]),
    ("\"cn=svc,dc=example,dc=org\"", "\"\"",
        &["34:11: bind_dn is empty: the account's DN"]),
    ("connect_timeout_ms = 1000", "connect_timeout_ms = 0",
        &["31:22: \"connect_timeout_ms\" is 0: a whole number from 1 to 600000"]),
    ("connect_timeout_ms = 1000", "connect_timeout_ms = \"3s\"",
        &["31:22: \"connect_timeout_ms\" is a text in quotes: a whole number"]),
    ("password = \"${SECRET}\"", "password = \"${SECRET}\"\npassword_file = \"password\"",
        &["36:17: password and password_file are both given: one of them, rather password_file"]),
    ("password = \"${SECRET}\"\n", "",
        &["33:1: neither password nor password_file is given: password_file = \"a file that holds it\""]),
    ("password = \"${SECRET}\"", "password = \"${EMPTY}\"",
        &["35:12: password is empty: the secret itself"]),
    ("password = \"${SECRET}\"", "password = \"${PRINTED}\"",
        &["35:12: password is one that the documentation prints, so everybody knows it: a secret of your own"]),
    ("password = \"${SECRET}\"", "password = 12345",
        &["35:12: \"password\" is a whole number: a text in quotes"]),
    ("password = \"${SECRET}\"", "password_file = \"printed-password\"",
        &["35:17: password is one that the documentation prints, so everybody knows it: a secret of your own"]),
    ("password = \"${SECRET}\"", "password_file = \"open-password\"",
        &["35:17: password_file \"open-password\" can be read by everybody: chmod 600"]),
    ("password = \"${SECRET}\"", "password_file = \"empty-password\"",
        &["35:17: password is empty: the secret itself"]),
    ("password = \"${SECRET}\"", "password_file = \"nowhere\"",
        &["35:17: password_file \"nowhere\" cannot be read (it is not there): a file that this program may read"]),
    ("max = 10", "max = 4",
        &["40:47: idle is 5, more than max, which is 4: at most 4"]),
    ("mode = \"dedicated\"", "mode = \"shared\"",
        &["40:18: \"shared\" is no value of \"mode\": one of \"recycled\", \"dedicated\""]),
    ("wait_ms = 20", "wait_ms = 9999999",
        &["40:79: \"wait_ms\" is 9999999: a whole number from 0 to 600000"]),
    ("portal_url = \"https://reset.example.org/applications\"", "portal_url = \"http://reset.example.org/\"",
        &["39:14: portal_url is not protected by TLS: https://"]),
    ("name = \"applications\"", "name = \"\"",
        &["37:8: \"\" cannot be the name of a route: at most 64 letters, digits, -, _ and ."]),
];

/// What is told if a line of [`SHORT`] is left out.
#[rustfmt::skip]
const MISSING: &[(&str, &[&str])] = &[
    ("public_url = \"https://reset.example.org\"\n",
        &["1:1: \"server\" has no \"public_url\": add it (Where people reset a password, for example https://reset.example.org. Texts may name it)"]),
    ("name = \"ldap\"\n", &["3:1: an item of \"listener\" has no \"name\": add it (Its name, for logs and metrics)"]),
    ("address = \"127.0.0.1:3389\"\n",
        &["3:1: an item of \"listener\" has no \"address\": add it (Where it listens: an IP address and a port, such as 127.0.0.1:3389 or [::]:636)"]),
    ("route = \"applications\"\n",
        &["3:1: an item of \"listener\" has no \"route\": add it (The route that serves whoever connects here)"]),
    ("name = \"people\"\n", &["7:1: an item of \"directory\" has no \"name\": add it (Its name; routes go by it)"]),
    ("dialect = \"openldap\"\n",
        &["7:1: an item of \"directory\" has no \"dialect\": add it (How this product tells that a password must be changed, has expired, or is locked)"]),
    ("urls = [\"ldap://127.0.0.1:3890\"]\n",
        &["7:1: neither urls nor servers is given: urls = [\"ldaps://host\"], or servers, where they differ"]),
    ("name = \"applications\"\n",
        &["11:1: an item of \"route\" has no \"name\": add it (Its name, by which policy files speak of it)"]),
    ("directory = \"people\"\n",
        &["11:1: an item of \"route\" has no \"directory\": add it (The directory that answers, by its name)"]),
];

fn placed(problems: &[&str]) -> Vec<String> {
    problems
        .iter()
        .map(|problem| format!("gateway.toml:{problem}"))
        .collect()
}

#[test]
fn every_mistake_is_told_at_its_place_with_a_remedy() {
    let folder = folder();
    let mut wrong = String::new();
    for (right, written, expected) in MISTAKES {
        assert!(SOUND.contains(right), "{right}");
        let found = problems(&folder, &SOUND.replacen(right, written, 1));
        if found != placed(expected) {
            let _ = write!(
                wrong,
                "{right:?} as {written:?}\n  found    {found:#?}\n  expected {expected:#?}\n"
            );
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    assert!(MISTAKES.len() >= 40);
}

#[test]
fn what_is_missing_is_told_where_it_is_missed() {
    let folder = folder();
    for (line, expected) in MISSING {
        assert!(SHORT.contains(line), "{line}");
        assert_eq!(problems(&folder, &SHORT.replacen(line, "", 1)), placed(expected));
    }
    assert_eq!(MISSING.len(), SHORT.lines().filter(|line| line.contains(" = ")).count());
    let sections: Vec<String> = problems(&folder, "")
        .iter()
        .map(|problem| problem.chars().take(42).collect())
        .collect();
    let expected = ["directory", "listener", "route", "server"]
        .map(|name| format!("gateway.toml:1:1: the file has no \"{name}\""));
    assert!(
        sections
            .iter()
            .zip(&expected)
            .all(|(found, expected)| expected.starts_with(found.as_str()) || found.starts_with(expected.as_str())),
        "{sections:?}"
    );
    assert_eq!(sections.len(), expected.len());
}

#[test]
fn twenty_mistakes_in_one_file_are_told_in_the_order_of_its_lines() {
    let folder = folder();
    let mut text = SOUND.to_owned();
    // Those that keep the number of lines and do not share one.
    let apart: Vec<_> = MISTAKES
        .iter()
        .filter(|(right, written, expected)| {
            right.matches('\n').count() == written.matches('\n').count()
                && expected.len() == 1
                && !expected[0].contains("TOML")
        })
        .collect();
    let mut lines = std::collections::BTreeMap::new();
    for (right, written, expected) in apart {
        let line: usize = expected[0].split(':').next().unwrap().parse().unwrap();
        if text.matches(right).count() == 1 && !lines.contains_key(&line) {
            text = text.replacen(right, written, 1);
            lines.insert(line, expected[0]);
        }
    }
    let found = problems(&folder, &text);
    let told: Vec<usize> = found
        .iter()
        .map(|problem| problem.split(':').nth(1).unwrap().parse().unwrap())
        .collect();
    assert!(told.is_sorted() && told.len() >= 20, "{found:#?}");
}

#[test]
fn octets_that_are_not_text_are_placed() {
    let folder = folder();
    let path = folder.path().join("gateway.toml");
    let outcome = super::read_octets(&path, b"[server]\nx = \"\xff\"", &|_| None);
    assert_eq!((outcome.problems[0].line, outcome.problems[0].column), (2, 6));
    assert_eq!(outcome.problems[0].what, "this is not UTF-8 text");
    let outcome = super::read(&folder.path().join("nowhere.toml"), &|_| None);
    assert!(outcome.problems[0].to_string().ends_with(
        "nowhere.toml:1:1: this cannot be read (it is not there): a configuration file that this program may read"
    ));
}
