use crate::compile::{RouteFacts, compile};
use crate::rulebook::Rulebook;
use crate::set::PolicySet;
use crate::{LivePolicy, check};
use postern_identity::clock::FixedClock;
use postern_identity::reset::{
    DecideReset as _, Features, Lifetimes, Limits, PasswordRules, ResetQuestion, ResetRules,
};
use std::sync::Arc;
use std::time::Duration;

const POLICY: &str = "priority = 1\n[[policy]]\nroute = \"*\"\n";
const ADMINS: &str = "cn=admins,ou=groups,dc=example,dc=org";

fn facts() -> Vec<RouteFacts> {
    ["a", "b"]
        .map(|name| RouteFacts {
            name: name.into(),
            portal_url: None,
            mapped: false,
        })
        .into()
}

fn book(files: &[(&str, &str)]) -> Rulebook {
    let set = PolicySet::of_texts("p", files.iter().copied());
    check(&set, &facts(), 7).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

fn of_tables(tables: &str) -> Rulebook {
    book(&[("a.toml", &format!("{POLICY}{tables}"))])
}

/// The problems of these lines after a policy for every route, less the path.
fn problems(tables: &str) -> Vec<String> {
    let text = format!("{POLICY}{tables}");
    let set = PolicySet::of_texts("p", [("a.toml", &*text)]);
    match compile(&set, &facts(), 1) {
        Ok(_) => Vec::new(),
        Err(problems) => problems
            .iter()
            .map(|problem| problem.to_string().replacen("p/a.toml:", "", 1))
            .collect(),
    }
}

fn ask(book: &Rulebook, directory: &str, account: Option<&str>, groups: &[&str]) -> ResetRules {
    let groups: Vec<String> = groups.iter().map(|group| (*group).to_owned()).collect();
    book.self_service(&ResetQuestion {
        route: "a",
        directory: Some(directory),
        account,
        groups: &groups,
    })
    .unwrap()
}

fn everybody(book: &Rulebook) -> ResetRules {
    ask(book, "people", None, &[])
}

fn rule<'r>(rules: &'r ResetRules, key: &str) -> &'r str {
    &rules.rules.iter().find(|(said, _)| &**said == key).unwrap().1
}

#[test]
fn where_nobody_speaks_the_safe_values_hold() {
    let rules = everybody(&of_tables(""));
    assert_eq!(
        rules.features,
        Features {
            forgot_link: true,
            reset: true,
            change: true,
            expired_change: true,
            unlock: true,
            reminder: false,
        }
    );
    assert_eq!((rules.factors.as_slice(), rules.gates), (&["mail".into()][..], 1));
    assert!(!rules.privileged && !rules.onboarded_only && !rules.reads_groups && !rules.mail_at_sign_in);
    assert_eq!(rules.lifetimes, Lifetimes::default());
    assert_eq!(rules.limits, Limits::default());
    assert_eq!(rules.password, PasswordRules::default());
    assert_eq!(
        (&*rules.route, rules.generation, rules.help_desk.as_deref()),
        ("a", 7, None)
    );
    assert!(
        rules
            .rules
            .iter()
            .all(|(key, rule)| **rule == format!("built-in:self_service.{key}"))
    );
}

#[test]
fn a_route_without_policies_has_no_rules() {
    let live = LivePolicy::new(of_tables(""), Arc::new(FixedClock(jiff::Timestamp::UNIX_EPOCH)));
    let question = |route| ResetQuestion {
        route,
        directory: None,
        account: None,
        groups: &[],
    };
    assert!(live.reset(&question("a")).is_some());
    assert!(live.reset(&question("nowhere")).is_none());
}

#[test]
fn for_each_key_the_first_table_that_sets_it_wins_and_is_named() {
    let first =
        "priority = 0\n[[self_service]]\nroute = \"a\"\nfeatures.unlock = false\nlifetimes.link_seconds = 300\n";
    let later = "[[self_service]]\nroute = \"*\"\nfeatures = { unlock = true, reminder = true }\nlimits.per_name = 9\n\
                 password = { shortest = 8, words = [\"Wonderland\"] }\nhelp_desk = \"Call 1234\"\nmail_at_sign_in = true\n\
                 onboarded_only = true\n";
    let book = book(&[("first.toml", first), ("later.toml", &format!("{POLICY}{later}"))]);
    let rules = everybody(&book);
    assert!(!rules.features.unlock && rules.features.reminder && rules.mail_at_sign_in && rules.onboarded_only);
    assert_eq!(rules.lifetimes.link, Duration::from_mins(5));
    assert_eq!((rules.limits.per_name, rules.limits.resets), (9, 5));
    assert_eq!((rules.password.shortest, rules.password.words.len()), (8, 1));
    assert_eq!(rules.help_desk.as_deref(), Some("Call 1234"));
    assert_eq!(
        rule(&rules, "features.unlock"),
        "first.toml:self_service[0].features.unlock"
    );
    assert_eq!(
        rule(&rules, "features.reminder"),
        "later.toml:self_service[0].features.reminder"
    );
    assert_eq!(
        rule(&rules, "lifetimes.link_seconds"),
        "first.toml:self_service[0].lifetimes.link_seconds"
    );
    let other = book.self_service(&ResetQuestion {
        route: "b",
        directory: None,
        account: None,
        groups: &[],
    });
    assert!(other.unwrap().features.unlock);
}

#[test]
fn a_table_holds_for_its_directories_accounts_and_groups_alone() {
    let tables = format!(
        "[[self_service]]\nroute = \"*\"\ndirectory = \"guests\"\nfeatures.reset = false\n\
         [[self_service]]\nroute = \"*\"\naccounts = [\"ou=lab,dc=example,dc=org\"]\ngroups = [\"cn=lab,dc=example,dc=org\"]\nlimits.resets = 1\n\
         [[self_service]]\nroute = \"*\"\ndirectory = [\"people\"]\ngroups = [\"{ADMINS}\"]\nlimits.resets = 2\n"
    );
    let book = of_tables(&tables);
    assert!(!ask(&book, "guests", None, &[]).features.reset && everybody(&book).features.reset);
    let resets = |directory, account, groups: &[&str]| ask(&book, directory, account, groups).limits.resets;
    assert_eq!(resets("people", None, &[]), 5, "nobody is known yet");
    assert_eq!(resets("people", Some("uid=a,ou=people,dc=example,dc=org"), &[]), 5);
    assert_eq!(resets("people", Some("uid=a, OU=Lab, dc=example, dc=org"), &[]), 1);
    assert_eq!(
        resets(
            "people",
            Some("uid=a,ou=people,dc=example,dc=org"),
            &["CN=Lab,dc=example,dc=org"]
        ),
        1
    );
    assert_eq!(
        resets("people", Some("uid=a,ou=people,dc=example,dc=org"), &[ADMINS]),
        2
    );
    assert_eq!(
        resets("guests", Some("uid=a,ou=people,dc=example,dc=org"), &[ADMINS]),
        5
    );
    assert_eq!(
        resets("people", Some("uid=a,ou=lab,dc=example,dc=org"), &[ADMINS]),
        1,
        "the upper table wins"
    );
}

#[test]
fn groups_are_read_where_a_table_asks_for_them() {
    let tables =
        format!("[[self_service]]\nroute = \"a\"\ndirectory = \"people\"\ngroups = [\"{ADMINS}\"]\ngates = 1\n");
    let book = of_tables(&tables);
    assert!(everybody(&book).reads_groups);
    assert!(!ask(&book, "guests", None, &[]).reads_groups);
}

#[test]
fn the_privileged_are_offered_nothing_or_have_rules_of_their_own() {
    let account = Some("uid=root,ou=people,dc=example,dc=org");
    let off = of_tables(&format!(
        "[[self_service]]\nroute = \"*\"\ngroups = [\"{ADMINS}\"]\nprivileged = \"off\"\nfeatures.reset = true\n"
    ));
    let rules = ask(&off, "people", account, &[ADMINS]);
    assert!(rules.privileged && !rules.features.reset && !rules.features.unlock && !rules.features.forgot_link);
    assert!(rules.features.change, "whoever knows the password proves nothing new");
    assert_eq!(rule(&rules, "features.reset"), "a.toml:self_service[0].privileged");
    assert!(!ask(&off, "people", account, &[]).privileged);

    // One gate was not said with them in mind.
    let own = of_tables(&format!(
        "[[self_service]]\nroute = \"*\"\ngroups = [\"{ADMINS}\"]\nprivileged = \"own_rules\"\ngates = 1\nlifetimes.link_seconds = 120\n\
         [[self_service]]\nroute = \"*\"\nlifetimes.link_seconds = 900\n"
    ));
    let rules = ask(&own, "people", account, &[ADMINS]);
    assert!(rules.privileged && rules.features.reset);
    assert_eq!((rules.gates, rules.lifetimes.link), (1, Duration::from_mins(2)));
    // Their proofs wait a day, unless whoever says who they are says otherwise; nobody else's do.
    assert_eq!(rules.lifetimes.cool_down, Duration::from_hours(24));
    assert!(ask(&own, "people", account, &[]).lifetimes.cool_down.is_zero());
    let hasty = |wait: &str, everybody: &str| {
        let book = of_tables(&format!(
            "[[self_service]]\nroute = \"*\"\ngroups = [\"{ADMINS}\"]\nprivileged = \"own_rules\"\ngates = 1\n{wait}\n\
             [[self_service]]\nroute = \"*\"\nlifetimes.cool_down_seconds = {everybody}\n"
        ));
        let cool_down = |groups| ask(&book, "people", account, groups).lifetimes.cool_down.as_secs();
        (cool_down(&[ADMINS]), cool_down(&[]))
    };
    assert_eq!(hasty("", "0"), (86_400, 0));
    assert_eq!(hasty("lifetimes.cool_down_seconds = 0", "60"), (0, 60));
    let told = problems(&format!(
        "[[self_service]]\nroute = \"*\"\ngates = 1\n[[self_service]]\nroute = \"*\"\ngroups = [\"{ADMINS}\"]\nprivileged = \"own_rules\"\n"
    ));
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].starts_with("10:14: 2 gates need factors of 2 different kinds, and there is no more than 1"),
        "{told:?}"
    );
}

#[test]
fn a_name_that_may_be_a_privileged_one_s_is_taken_for_it() {
    let book = of_tables(
        "[[self_service]]\nroute = \"*\"\naccounts = [\"ou=ärzte,dc=example,dc=org\"]\nprivileged = \"off\"\n\
         [[self_service]]\nroute = \"*\"\naccounts = [\"ou=läden,dc=example,dc=org\"]\nlimits.resets = 1\n",
    );
    // Upper case beyond ASCII: a directory may take it for the same.
    assert!(ask(&book, "people", Some("uid=a,ou=ÄRZTE,dc=example,dc=org"), &[]).privileged);
    assert!(ask(&book, "people", Some("no name at all"), &[]).privileged);
    assert!(!ask(&book, "people", Some("uid=a,ou=people,dc=example,dc=org"), &[]).privileged);
    assert_eq!(ask(&book, "people", Some("no name at all"), &[]).limits.resets, 5);
}

#[test]
fn rules_nobody_can_meet_are_refused_where_they_stand() {
    let table = |lines: &str| problems(&format!("[[self_service]]\nroute = \"*\"\n{lines}\n"));
    for (lines, told) in [
        (
            "factors = []",
            "6:11: reset or unlock is offered, and there is no way to prove who one is",
        ),
        (
            "gates = 2",
            "6:9: 2 gates need factors of 2 different kinds, and there is no more than 1",
        ),
        (
            "factors = [\"mails\"]",
            "6:12: there is no factor \"mails\": did you mean \"mail\"?",
        ),
        ("factors = [\"mail\", \"mail\"]", "6:20: \"mail\" stands there twice"),
        ("gates = 0", "6:9: \"gates\" is 0: a whole number from 1 to 6"),
        (
            "lifetimes.link_seconds = 5",
            "6:26: \"link_seconds\" is 5: a whole number from 60 to 86400",
        ),
        (
            "lifetimes = { link_seconds = 7_201 }",
            "6:30: 7201 seconds are longer than all of it may take (7200)",
        ),
        (
            "lifetimes.context_seconds = 900",
            "6:29: 1800 seconds are longer than all of it may take (900)",
        ),
        (
            "limits.tries_of_context = 3",
            "6:27: one message may be tried more often than all of them together",
        ),
        (
            "password.shortest = 7",
            "6:21: \"shortest\" is 7: a whole number from 8 to 64",
        ),
        ("password.words = [\"ab\"]", "6:19: \"ab\" is no word to look for"),
        ("help_desk = \"a\\nb\"", "6:13: it cannot be shown"),
        ("privileged = \"off\"", "6:14: this table is about everybody"),
        ("privileged = \"on\"", "6:14: \"on\" is no value of \"privileged\""),
        (
            "accounts = [\"people\"]",
            "6:13: \"people\" is not a distinguished name",
        ),
        ("groups = [\"\"]", "6:11: \"\" is not a distinguished name"),
        (
            "feature.reset = true",
            "6:1: unknown key \"feature\": did you mean \"features\"?",
        ),
    ] {
        let problems = table(lines);
        assert!(
            problems.iter().any(|problem| problem.starts_with(told)),
            "{lines}: {problems:?}"
        );
    }
    assert_eq!(
        table("features = { reset = false, unlock = false }\nfactors = []"),
        Vec::<String>::new()
    );
    assert!(problems("[[self_service]]\nroute = \"c\"\n")[0].contains("route = \"c\" is not in the configuration"));
}

#[test]
fn what_is_wrong_for_some_alone_is_found_too() {
    let told = problems(
        "[[self_service]]\nroute = \"*\"\ndirectory = \"guests\"\naccounts = [\"ou=x\"]\ngates = 2\n\
         [[self_service]]\nroute = \"*\"\ngates = 1\n",
    );
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("8:9: 2 gates"), "{told:?}");
}

#[test]
fn a_mixture_that_nobody_checked_is_not_offered() {
    // Each alone can be met, and so can all together; the first and the third cannot.
    let book = of_tables(
        "[[self_service]]\nroute = \"*\"\naccounts = [\"ou=x\"]\nfactors = []\nfeatures = { unlock = false, reset = false }\n\
         [[self_service]]\nroute = \"*\"\naccounts = [\"uid=a,ou=x\"]\nfeatures.reset = true\nfactors = [\"mail\"]\n",
    );
    let rules = ask(&book, "people", Some("uid=b,ou=x"), &[]);
    assert!(!rules.features.reset && !rules.features.forgot_link);
}

#[test]
fn two_files_of_one_priority_may_not_both_speak() {
    let table = "priority = 5\n[[self_service]]\nroute = \"a\"\n";
    let set = PolicySet::of_texts("p", [("a.toml", POLICY), ("b.toml", table), ("c.toml", table)]);
    let told = compile(&set, &facts(), 1).unwrap_err();
    assert!(
        told[0].to_string().contains("b.toml\" has the same priority"),
        "{told:?}"
    );
}

#[test]
fn a_saved_file_takes_effect_and_a_broken_one_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let write = |gates: u8, unlock: bool| {
        let text = format!("{POLICY}[[self_service]]\nroute = \"*\"\ngates = {gates}\nfeatures.unlock = {unlock}\n");
        std::fs::write(folder.path().join("a.toml"), text).unwrap();
    };
    write(1, true);
    let (first, kept) = crate::check_first(folder.path(), &facts(), 1).unwrap();
    let live = LivePolicy::new(first, Arc::new(FixedClock(jiff::Timestamp::UNIX_EPOCH)));
    let question = ResetQuestion {
        route: "a",
        directory: Some("people"),
        account: None,
        groups: &[],
    };
    assert!(live.reset(&question).unwrap().features.unlock);
    write(2, true);
    assert!(crate::check_again(folder.path(), &facts(), 2, &kept).is_err());
    write(1, false);
    let (next, _) = crate::check_again(folder.path(), &facts(), 3, &kept).unwrap().unwrap();
    assert!(live.swap(next));
    let rules = live.reset(&question).unwrap();
    assert!(!rules.features.unlock);
    assert_eq!(rules.generation, 3);
}

#[test]
fn tests_beside_the_file_ask_and_expect() {
    let tables = format!(
        "[[self_service]]\nroute = \"*\"\ngroups = [\"{ADMINS}\"]\nprivileged = \"off\"\n\
         [[self_service]]\nroute = \"*\"\npassword.shortest = 12\nhelp_desk = \"Call 1234\"\n"
    );
    let outcome = |given: &str, expect: &str| {
        let test = format!("[[test]]\nname = \"it\"\ngiven = {{ {given} }}\nexpect = {{ {expect} }}\n");
        let policies = format!("{POLICY}{tables}");
        let set = PolicySet::of_texts("p", [("a.toml", &*policies), ("a_test.toml", &*test)]);
        let outcomes = crate::tests::run(&set, &compile(&set, &facts(), 1).unwrap());
        outcomes[0]
            .failure
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default()
    };
    let admin = format!(
        "route = \"*\", self_service = {{ directory = \"people\", account = \"uid=a\", groups = [\"{ADMINS}\"] }}"
    );
    assert_eq!(
        outcome(
            &admin,
            "self_service = { reset = false, unlock = false, change = true, privileged = true, gates = 2, factors = \"mail\", \
             shortest = 12, help_desk = \"Call 1234\", rules = { \"features.reset\" = \"a.toml:self_service[0].privileged\" } }"
        ),
        ""
    );
    for (given, expect, told) in [
        (
            &*admin,
            "self_service = { reset = true }",
            "reset is \"false\": expected reset \"true\"",
        ),
        (
            &*admin,
            "self_service = { gates = 1 }",
            "gates is \"2\": expected gates \"1\"",
        ),
        (
            &*admin,
            "self_service = { rules = { \"features.reset\" = \"x\" } }",
            "the rule of features.reset is \"a.toml:self_service[0].privileged\"",
        ),
        (&*admin, "self_service = {}", "nothing is expected"),
        (
            &*admin,
            "verdict = \"allow\"",
            "self_service is given or expected alone",
        ),
        (
            "route = \"*\"",
            "self_service = { reset = true }",
            "self_service is given or expected alone",
        ),
        (
            "route = \"*\", state = \"active\", self_service = {}",
            "self_service = { reset = true }",
            "this asks two things at once",
        ),
    ] {
        let failure = outcome(given, expect);
        assert!(failure.contains(told), "{given} {expect}: {failure}");
    }
}
