//! The folders this project ships.

use crate::compile::{RouteFacts, compile, routes_spoken_of};
use crate::rulebook::Rulebook;
use crate::sample::{PROVEN, standings};
use crate::set::PolicySet;
use crate::{check, tests};
use jiff::Timestamp;
use postern_identity::ConnectionFacts;
use postern_identity::decide::BindQuestion;
use postern_identity::reset::{ResetQuestion, ResetRules};
use std::path::PathBuf;

fn folder(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "..", "..", "policies", name]
        .iter()
        .collect()
}

fn shipped() -> Vec<PathBuf> {
    let presets = std::fs::read_dir(folder("presets")).unwrap();
    let mut folders: Vec<_> = presets.map(|entry| entry.unwrap().path()).collect();
    folders.push(folder("default"));
    assert_eq!(folders.len(), 11);
    folders
}

fn facts(portal_url: Option<&str>) -> Vec<RouteFacts> {
    ["applications", "logins"]
        .map(|name| RouteFacts {
            name: name.into(),
            portal_url: portal_url.map(Into::into),
            mapped: false,
        })
        .into()
}

#[test]
fn every_shipped_folder_compiles_and_passes_its_tests_with_any_configuration() {
    for folder in shipped() {
        let set = PolicySet::read(&folder).unwrap();
        for routes in [
            routes_spoken_of(&set),
            facts(None),
            facts(Some("https://portal.example.org/reset")),
        ] {
            let book = check(&set, &routes, 1).unwrap_or_else(|problems| panic!("{problems:#?}"));
            assert!(tests::run(&set, &book).len() >= 10, "{}", folder.display());
        }
    }
}

/// The example of authority rules is no folder of its own: it is copied beside other policies.
#[test]
fn the_shipped_authority_rules_fit_beside_every_folder_and_pass_their_tests() {
    let read = |name: &str| std::fs::read_to_string(folder("authority").join(name)).unwrap();
    let (rules, tests_text) = (read("authority.toml"), read("authority_test.toml"));
    for folder in shipped() {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let policies = std::fs::read_to_string(folder.join(format!("{name}.toml"))).unwrap();
        let files = [
            ("authority.toml", &*rules),
            ("authority_test.toml", &*tests_text),
            ("policies.toml", &*policies),
        ];
        let set = PolicySet::of_texts("p", files);
        let book = check(&set, &facts(None), 1).unwrap_or_else(|problems| panic!("{problems:#?}"));
        assert_eq!(tests::run(&set, &book).len(), 6);
    }
    // What is only an example there has to read, too.
    let all: String = rules
        .lines()
        .filter(|line| !line.starts_with("#:"))
        .fold(String::new(), |all, line| {
            let key = line
                .strip_prefix("# ")
                .filter(|line| line.starts_with('[') || line.contains(" = "));
            all + key.unwrap_or(line) + "\n"
        });
    let set = PolicySet::of_texts(
        "p",
        [
            ("authority.toml", &*all),
            ("p.toml", "priority = 1\n[[policy]]\nroute = \"*\"\n"),
        ],
    );
    let book = compile(&set, &facts(None), 1).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let authority = book.rules("logins").unwrap().pass.authority.clone().unwrap();
    assert_eq!(authority.reads().attributes.len(), 4);
}

/// The tests beside a preset do say something: with the rules of another preset they fail.
#[test]
fn the_tests_of_a_preset_fail_with_another_presets_rules() {
    let read = |name: &str, file: &str| std::fs::read_to_string(folder("presets").join(name).join(file)).unwrap();
    for (name, other) in [
        ("generic", "sssd"),
        ("sssd", "transparent"),
        ("transparent", "generic"),
        ("spring-ad", "generic"),
        ("keycloak-ad", "generic"),
        ("keycloak-ldap", "generic"),
        ("nextcloud", "gitlab"),
        ("gitlab", "generic"),
        ("dovecot", "nextcloud"),
        ("freeradius", "spring-ad"),
    ] {
        let rules = read(other, &format!("{other}.toml"));
        let tests_text = read(name, &format!("{name}_test.toml"));
        let (file, test_file) = (format!("{name}.toml"), format!("{name}_test.toml"));
        let set = PolicySet::of_texts("p", [(&*file, &*rules), (&*test_file, &*tests_text)]);
        let book = compile(&set, &facts(None), 1).unwrap();
        let failed = tests::run(&set, &book)
            .iter()
            .filter(|outcome| outcome.failure.is_some())
            .count();
        assert!(failed >= 3, "{name} with the rules of {other}: {failed} failed");
    }
}

/// What may pass on a route, without the names of rules.
fn values(book: &Rulebook) -> String {
    let mut text = format!("{:?}", book.rules("logins").unwrap().pass);
    while let Some(start) = text.find("RuleName(") {
        let end = text[start..]
            .find("\")")
            .map_or(text.len(), |length| start + length + 2);
        text.replace_range(start..end, "");
    }
    text
}

#[test]
fn the_default_folder_holds_the_same_rules_as_the_generic_preset() {
    let book = |name: &str| -> Rulebook { compile(&PolicySet::read(&folder(name)).unwrap(), &facts(None), 1).unwrap() };
    let (default, generic) = (book("default"), book("presets/generic"));
    for result_code in [Some(0), Some(49)] {
        for standing in standings(result_code) {
            for proven in PROVEN {
                let at = Timestamp::UNIX_EPOCH;
                let question = BindQuestion {
                    route: "logins",
                    account: "",
                    connection: &ConnectionFacts::example(),
                    standing: &standing,
                    proven,
                };
                let (left, right) = (default.bind(&question, at), generic.bind(&question, at));
                assert_eq!(
                    (left.admission, left.surface, left.text),
                    (right.admission, right.surface, right.text)
                );
            }
        }
    }
    assert_eq!(values(&default), values(&generic));
}

#[test]
fn what_the_default_folder_shows_as_comments_is_what_holds_without_them() {
    let text = std::fs::read_to_string(folder("default").join("default.toml")).unwrap();
    let keys = [
        "operations",
        "read_only",
        "tls",
        "anonymous",
        "references",
        "keep_last_grace",
        "extended_operations",
        "proxied_authorization",
        "enabled",
        "attempts",
        "window_seconds",
        "ipv4_prefix",
        "ipv6_prefix",
        "known_seconds",
    ];
    let mut shown = 0;
    let spoken: String = text
        .lines()
        .map(|line| {
            match line
                .strip_prefix("# ")
                .filter(|line| keys.iter().any(|key| line.starts_with(&format!("{key} = "))))
            {
                Some(key) => {
                    shown += 1;
                    format!("{key}\n")
                }
                None => format!("{line}\n"),
            }
        })
        .collect();
    assert_eq!(shown, keys.len());
    let set = PolicySet::of_texts("p", [("default.toml", &*spoken)]);
    assert_eq!(
        values(&compile(&set, &facts(None), 1).unwrap()),
        values(&compile(&PolicySet::read(&folder("default")).unwrap(), &facts(None), 1).unwrap())
    );
}

#[test]
fn what_the_default_folder_shows_of_self_service_is_what_holds_without_it() {
    let text = std::fs::read_to_string(folder("default").join("default.toml")).unwrap();
    let (before, shown) = text.split_at(text.find("[[self_service]]").unwrap());
    // Whom it is about, and what has no value of its own.
    let others = ["directory", "accounts", "groups", "privileged", "help_desk"];
    let spoken: Vec<&str> = shown
        .lines()
        .map(|line| {
            let key = line.strip_prefix("# ").filter(|line| {
                let word = line.split(" = ").next().unwrap_or_default();
                line.contains(" = ") && !word.contains(' ') && !others.contains(&word)
            });
            key.unwrap_or(line)
        })
        .collect();
    let spoken = spoken.join("\n");
    let rules = |text: &str| {
        let set = PolicySet::of_texts("p", [("default.toml", text)]);
        let book = compile(&set, &facts(None), 1).unwrap_or_else(|problems| panic!("{problems:#?}"));
        book.self_service(&ResetQuestion {
            route: "logins",
            directory: Some("people"),
            account: None,
            groups: &[],
        })
        .unwrap()
    };
    let (spoken, silent) = (rules(&format!("{before}{spoken}")), rules(&text));
    let built_in = |rules: &ResetRules| {
        rules
            .rules
            .iter()
            .filter(|(_, rule)| rule.starts_with("built-in"))
            .count()
    };
    assert_eq!(
        (built_in(&spoken), built_in(&silent)),
        (2, silent.rules.len()),
        "all but whom it is about is shown"
    );
    assert_eq!(
        ResetRules {
            rules: Vec::new(),
            ..spoken
        },
        ResetRules {
            rules: Vec::new(),
            ..silent
        }
    );
}

#[test]
fn every_key_is_named_in_the_default_folder() {
    let text = std::fs::read_to_string(folder("default").join("default.toml")).unwrap();
    let schema = crate::schema::policy_schema();
    let definitions = schema.get("$defs").and_then(|value| value.as_object()).unwrap();
    for table in [
        "PolicyTable",
        "PassTable",
        "GuardTable",
        "StandingTables",
        "StandingTable",
        "SelfServiceTable",
        "FeaturesTable",
        "LifetimesTable",
        "LimitsTable",
        "PasswordTable",
    ] {
        let keys = definitions[table]["properties"].as_object().unwrap().keys();
        for key in keys {
            assert!(text.contains(key.as_str()), "{table}.{key}");
        }
    }
}
