use super::*;
use jiff::Timestamp;
use postern_identity::decide::{Admission, BindQuestion, Operation, References, Surface, TlsRule};
use postern_identity::{ConnectionFacts, Evidence, Proven, Standing, State};

const PORTAL: &str = "https://portal.example.org";

mod messages;

fn facts(names: &[&str]) -> Vec<RouteFacts> {
    names
        .iter()
        .map(|name| RouteFacts {
            name: (*name).into(),
            portal_url: Some(PORTAL.into()),
            mapped: false,
        })
        .collect()
}

fn compiled(files: &[(&str, &str)], routes: &[&str]) -> Result<Rulebook, Vec<Problem>> {
    compile(&PolicySet::of_texts("p", files.iter().copied()), &facts(routes), 3)
}

fn problems(files: &[(&str, &str)], routes: &[&str]) -> Vec<String> {
    let problems = compiled(files, routes).unwrap_err();
    problems.iter().map(ToString::to_string).collect()
}

/// The one problem of a file with this table for route "r".
fn problem(table: &str) -> String {
    let text = format!("priority = 1\n[[policy]]\nroute = \"r\"\n{table}\n");
    let found = problems(&[("a.toml", &text)], &["r"]);
    assert_eq!(found.len(), 1, "{table}: {found:?}");
    found.into_iter().next().unwrap()
}

fn verdict(book: &Rulebook, route: &str, state: State) -> postern_identity::decide::BindVerdict {
    let standing = Standing {
        state,
        cause: None,
        warning: None,
        evidence: Evidence {
            source: postern_identity::Source::Bind,
            result_code: Some(0),
            told_by: "test",
        },
    };
    let question = BindQuestion {
        route,
        account: "",
        connection: &ConnectionFacts::example(),
        standing: &standing,
        proven: Proven::Yes,
    };
    book.bind(&question, Timestamp::UNIX_EPOCH)
}

#[test]
fn what_no_file_sets_has_the_safe_built_in_value() {
    let book = compiled(&[("a.toml", "priority = 1\n[[policy]]\nroute = \"*\"\n")], &["r"]).unwrap();
    let rules = Arc::clone(&book.rules("r").unwrap().pass);
    assert_eq!(
        (rules.surface.value, rules.surface.rule.as_str()),
        (Surface::Text.into(), "built-in:surface")
    );
    assert_eq!(
        (rules.tls.value, rules.tls.rule.as_str()),
        (TlsRule::ForPasswords, "built-in:pass.tls")
    );
    assert_eq!(rules.references.value, References::Drop);
    assert!(rules.anonymous.value && !rules.read_only.value && !rules.look_inside_searches());
    assert!(rules.extended_operations.value.is_empty() && rules.proxied_authorization.value.is_empty());
    assert!(
        Operation::ALL
            .iter()
            .all(|operation| rules.operations.value.contains(*operation))
    );
    assert_eq!(rules.generation, 3);
    assert_eq!((rules.recheck.value, rules.max_bound_age.is_none()), (300, true));
    for (state, admission) in [
        (State::Active, Admission::Allow),
        (State::Expiring { seconds: 1 }, Admission::Allow),
        (State::ExpiredGrace { left: 0 }, Admission::Allow),
        (State::MustChange, Admission::Refuse),
        (State::Expired, Admission::Refuse),
        (State::Disabled, Admission::Refuse),
    ] {
        let verdict = verdict(&book, "r", state);
        let rule = format!("built-in:standing.{}.verdict", state.name());
        assert_eq!((verdict.admission, verdict.rule.as_str()), (admission, rule.as_str()));
    }
}

#[test]
fn key_by_key_the_first_table_that_sets_it_wins_and_gives_its_name() {
    let files = [
        (
            "base.toml",
            "priority = 90\n[[policy]]\nroute = \"*\"\nsurface = \"plain\"\n[policy.pass]\nsize_limit = 10\ntime_limit_seconds = 20\nread_only = true\n",
        ),
        (
            "special.toml",
            "priority = 10\n[[policy]]\nroute = [\"a\", \"b\"]\npass.size_limit = 5\n[[policy]]\nroute = \"a\"\nsurface = \"ppolicy\"\npass.size_limit = 6\n",
        ),
    ];
    let book = compiled(&files, &["a", "b", "c"]).unwrap();
    let seen = |route: &str| {
        let rules = Arc::clone(&book.rules(route).unwrap().pass);
        let (size, time) = (rules.size_limit.clone().unwrap(), rules.time_limit.clone().unwrap());
        format!(
            "{} {} {} {} {}",
            rules.surface.value, rules.surface.rule, size.value, size.rule, time.value
        )
    };
    assert_eq!(
        seen("a"),
        "ppolicy special.toml:policy[1].surface 5 special.toml:policy[0].pass.size_limit 20"
    );
    assert_eq!(
        seen("b"),
        "plain base.toml:policy[0].surface 5 special.toml:policy[0].pass.size_limit 20"
    );
    assert_eq!(
        seen("c"),
        "plain base.toml:policy[0].surface 10 base.toml:policy[0].pass.size_limit 20"
    );
}

#[test]
fn a_read_only_route_loses_the_writing_operations_by_the_rule_that_took_them() {
    let text = "priority = 1\n[[policy]]\nroute = \"r\"\n[policy.pass]\nread_only = true\noperations = [\"search\", \"modify\"]\n";
    let rules = Arc::clone(&compiled(&[("a.toml", text)], &["r"]).unwrap().rules("r").unwrap().pass);
    assert!(rules.operations.value.contains(Operation::Search) && !rules.operations.value.contains(Operation::Modify));
    assert_eq!(rules.operations.rule.as_str(), "a.toml:policy[0].pass.read_only");
    let text = text.replace(", \"modify\"", "");
    let rules = Arc::clone(&compiled(&[("a.toml", &text)], &["r"]).unwrap().rules("r").unwrap().pass);
    assert_eq!(rules.operations.rule.as_str(), "a.toml:policy[0].pass.operations");
}

#[test]
fn two_files_of_one_priority_that_speak_of_one_route_are_an_error() {
    let file = |route: &str| format!("# a file\npriority = 5\n[[policy]]\nroute = {route}\n");
    let (star, r, other) = (file("\"*\""), file("\"r\""), file("\"s\""));
    assert_eq!(
        problems(&[("a.toml", &star), ("b.toml", &r)], &["r"]),
        [
            "p/b.toml:2:12: \"a.toml\" has the same priority and speaks of route \"r\" too: another priority for one of the two"
        ]
    );
    assert!(compiled(&[("b.toml", &r), ("c.toml", &other)], &["r", "s"]).is_ok());
}

#[test]
fn routes_of_files_and_of_the_configuration_have_to_be_the_same() {
    let text = "priority = 1\n[[policy]]\nroute = [\"applications\", \"aplications\"]\n";
    assert_eq!(
        problems(&[("a.toml", text)], &["applications", "logins"]),
        ["p/a.toml:3:26: route = \"aplications\" is not in the configuration: did you mean \"applications\"?",]
    );
    let text = "priority = 1\n[[policy]]\nroute = \"applications\"\n";
    assert_eq!(
        problems(&[("a.toml", text)], &["applications", "logins"]),
        ["p:1:1: no policy file speaks of route \"logins\": name \"logins\" or \"*\" in a policy"]
    );
    assert_eq!(
        problems(&[("a.toml", text)], &["applications", "logins", "mail"]).len(),
        2
    );
    let text = "priority = 1\n[[policy]]\nroute = [\"*\", \"x\"]\n";
    assert_eq!(
        problems(&[("a.toml", text)], &["a", "b"]),
        ["p/a.toml:3:15: route = \"x\" is not in the configuration: one of \"a\", \"b\""]
    );
    let facts = [facts(&["a"]), facts(&["a"])].concat();
    let set = PolicySet::of_texts("p", [("a.toml", "priority = 1\n[[policy]]\nroute = \"*\"\n")]);
    assert!(
        compile(&set, &facts, 1).unwrap_err()[0]
            .what
            .contains("two routes called \"a\"")
    );
}

#[test]
fn mistakes_in_several_files_are_all_reported_at_once() {
    let found = problems(
        &[
            ("a.toml", "priority = 1\n[[policy]]\nroute = \"r\"\nsurfce = \"text\"\n"),
            (
                "b.toml",
                "priority = 2\n[[policy]]\nroute = \"r\"\npass.base_dns = [\"dc=example\", \"people\", \"\\\"\"]\n",
            ),
            ("c.toml", "priority = 3\n[[policy]]\nroute = \"r"),
            ("d.toml", ""),
        ],
        &["r"],
    );
    let places: Vec<_> = found
        .iter()
        .map(|problem| problem.split(": ").next().unwrap())
        .collect();
    assert_eq!(
        places,
        [
            "p/a.toml:4:1",
            "p/b.toml:4:32",
            "p/b.toml:4:42",
            "p/c.toml:3:11",
            "p/d.toml:1:1"
        ],
        "{found:#?}"
    );
}

#[test]
fn what_may_stand_in_a_file_that_cannot_be_read_is_not_called_missing() {
    let files = [
        (
            "a.toml",
            "priority = 1\n[[policy]]\nroute = \"r\"\nstanding.locked.message = \"x\"\nmessages.y = \"Hello\"\n",
        ),
        (
            "b.toml",
            "priority = 2\n[[policy]]\nroute = \"s\"\nstanding.locked.message = \"y\"\nmessages.x = ",
        ),
    ];
    let found = problems(&files, &["r", "s"]);
    assert!(found.len() == 1 && found[0].starts_with("p/b.toml:5:"), "{found:#?}");
}

#[test]
fn names_and_oids_that_cannot_be_right_are_errors_at_their_place() {
    for (table, told) in [
        (
            "pass.base_dns = [\"people\"]",
            "4:18: \"people\" is not a distinguished name",
        ),
        (
            "pass.deny_attributes = [\"user password\"]",
            "4:25: \"user password\" is not an attribute",
        ),
        (
            "pass.deny_attributes = [\"cn;lang-de\"]",
            "4:25: \"cn;lang-de\" is not an attribute",
        ),
        (
            "pass.extended_operations = [\"whoami\"]",
            "4:29: \"whoami\" is not an OID",
        ),
        (
            "pass.extended_operations = [\"1.2\", \"1..2\"]",
            "4:36: \"1..2\" is not an OID",
        ),
        (
            "pass.proxied_authorization = [\"\"]",
            "4:31: \"\" is not the name of an account",
        ),
    ] {
        let found = problem(table);
        assert!(found.starts_with(&format!("p/a.toml:{told}")), "{found}");
    }
}

#[test]
fn an_unknown_standing_can_only_be_refused() {
    assert_eq!(
        problem("standing.unknown.verdict = \"allow\""),
        "p/a.toml:4:28: an unknown standing is always refused: verdict = \"refuse\""
    );
}

#[test]
fn surfaces_that_contradict_each_other_are_told_at_their_place() {
    for (surfaces, told) in [
        (
            "[\"text\", \"plain\"]",
            "4:20: \"plain\" shows nothing, so nothing can be shown beside it: surface = \"plain\", or the list without it",
        ),
        (
            "[\"transparent\", \"ppolicy\"]",
            "4:12: \"transparent\" passes every answer as the directory gave it, so nothing can be shown beside it: \
             surface = \"transparent\", or the list without it",
        ),
        ("[\"ad\", \"ad\"]", "4:18: \"ad\" stands there twice: once"),
        ("[]", "4:11: \"surface\" is empty: at least one"),
        (
            "[\"add\"]",
            "4:12: \"add\" is no value of an item of \"surface\": did you mean \"ad\"?",
        ),
    ] {
        let found = problem(&format!("surface = {surfaces}"));
        assert_eq!(found, format!("p/a.toml:{told}"), "{surfaces}");
    }
    for surfaces in [
        "[\"plain\"]",
        "[\"transparent\"]",
        "[\"ppolicy\", \"netscape\", \"ad\", \"text\"]",
    ] {
        let text = format!("priority = 1\n[[policy]]\nroute = \"r\"\nsurface = {surfaces}\n");
        assert!(compiled(&[("a.toml", &text)], &["r"]).is_ok(), "{surfaces}");
    }
}

#[test]
fn what_a_state_is_told_as_changes_its_text_and_cannot_tell_more_than_is_known() {
    let text = "priority = 1\n[[policy]]\nroute = \"*\"\n\
                standing.must_change.told_as = \"expired\"\n\
                standing.locked.told_as = \"unknown\"\n\
                standing.disabled.told_as = \"locked\"\n\
                standing.disabled.message = \"own\"\n\
                [policy.messages]\nown = \"Ask us\"\n[[policy]]\nroute = \"*\"\nstanding.locked.message = \"disabled\"\n";
    let book = compiled(&[("a.toml", text)], &["r"]).unwrap();
    let locked = State::Locked {
        by: postern_identity::LockedBy::Failures,
        until: None,
    };
    for (state, told_as, text) in [
        (
            State::MustChange,
            StateName::Expired,
            "Your password has expired. Set a new one at https://portal.example.org",
        ),
        (locked, StateName::Unknown, "Invalid credentials"),
        (State::Disabled, StateName::Locked, "Ask us"),
    ] {
        let verdict = verdict(&book, "r", state);
        assert_eq!((verdict.told_as, verdict.text.as_deref()), (Some(told_as), Some(text)));
    }
    for (table, told) in [
        (
            "standing.unknown.told_as = \"locked\"",
            "4:28: what is not known and proven is never told as anything else: leave it out",
        ),
        (
            "standing.locked.told_as = \"unknown\"\nstanding.locked.message = \"locked\"",
            "5:27: a state told as \"unknown\" has the text of a wrong password: leave it out, or leave told_as out",
        ),
        (
            "standing.active.told_as = \"expiring\"",
            "4:27: \"expiring\" is no value of \"told_as\": one of",
        ),
        (
            "standing.locked.notice = true",
            "4:26: a notice asks for a new password, which does not end \"locked\": leave it out; it is for must_change",
        ),
    ] {
        let found = problem(table);
        assert!(found.starts_with(&format!("p/a.toml:{told}")), "{found}");
    }
}

#[test]
fn a_notice_is_wanted_of_the_states_that_say_so() {
    let text = "priority = 1\n[[policy]]\nroute = \"*\"\nstanding.expired_grace.notice = true\nstanding.expired.notice = false\n";
    let book = compiled(&[("a.toml", text)], &["r"]).unwrap();
    assert!(verdict(&book, "r", State::ExpiredGrace { left: 1 }).notice);
    assert!(!verdict(&book, "r", State::Expired).notice && !verdict(&book, "r", State::Active).notice);
}

#[test]
fn nothing_that_needs_rewriting_holds_on_a_transparent_route() {
    for key in [
        "pass.base_dns = [\"dc=example\"]",
        "pass.deny_attributes = [\"userPassword\"]",
        "pass.size_limit = 5",
        "pass.time_limit_seconds = 5",
        "pass.references = \"drop\"",
        "pass.keep_last_grace = true",
        "standing.must_change.verdict = \"refuse\"",
        "standing.active.verdict = \"restrict\"",
        "standing.locked.told_as = \"unknown\"",
        "standing.expired_grace.notice = true",
    ] {
        let found = problem(&format!("surface = \"transparent\"\n{key}"));
        assert!(
            found.starts_with("p/a.toml:5:") && found.contains("transparent"),
            "{found}"
        );
    }
    let text = "priority = 1\n[[policy]]\nroute = \"r\"\nsurface = \"transparent\"\npass.tls = \"always\"\npass.read_only = true\n\
                pass.anonymous = false\npass.operations = [\"bind\"]\npass.references = \"pass\"\npass.deny_attributes = []\n";
    let book = compiled(&[("a.toml", text)], &["r"]).unwrap();
    assert_eq!(verdict(&book, "r", State::MustChange).admission, Admission::Allow);
    assert_eq!(book.rules("r").unwrap().pass.recheck.value, 0);
}

#[test]
fn how_long_a_sign_in_lasts_and_how_often_it_is_looked_at_again_is_the_policies_word() {
    let text = "priority = 1\n[[policy]]\nroute = \"*\"\npass.max_bound_age_seconds = 60\npass.recheck_seconds = 0\n\
                pass.references = \"rewrite\"\n";
    let book = compiled(&[("a.toml", text)], &["r"]).unwrap();
    let rules = Arc::clone(&book.rules("r").unwrap().pass);
    let age = rules.max_bound_age.as_ref().unwrap();
    assert_eq!(
        (age.value, age.rule.as_str()),
        (60, "a.toml:policy[0].pass.max_bound_age_seconds")
    );
    assert_eq!(
        (rules.recheck.value, rules.recheck.rule.as_str()),
        (0, "a.toml:policy[0].pass.recheck_seconds")
    );
    assert_eq!(rules.references.value, References::Rewrite);
}

#[test]
fn what_another_file_forbids_is_not_lost_silently_on_a_transparent_route() {
    let base = "priority = 9\n[[policy]]\nroute = \"*\"\npass.deny_attributes = [\"userPassword\"]\n";
    let special = "priority = 1\n[[policy]]\nroute = \"r\"\nsurface = \"transparent\"\n";
    let files = [("a.toml", base), ("b.toml", special)];
    assert!(problems(&files, &["r"])[0].starts_with("p/a.toml:4:24: \"deny_attributes\" cannot hold"));
    let lifted = format!("{special}pass.deny_attributes = []\n");
    assert!(compiled(&[("a.toml", base), ("b.toml", &lifted)], &["r", "s"]).is_ok());
}

#[test]
fn without_a_configuration_the_routes_are_those_the_files_speak_of() {
    let names = |text: &str| -> Vec<String> {
        routes_spoken_of(&PolicySet::of_texts("p", [("a.toml", text)]))
            .iter()
            .map(|route| route.name.to_string())
            .collect()
    };
    assert_eq!(names("priority = 1\n[[policy]]\nroute = \"*\"\n"), ["any"]);
    assert_eq!(
        names("priority = 1\n[[policy]]\nroute = [\"b\", \"a\", \"*\"]\n[[policy]]\nroute = \"b\"\n"),
        ["a", "b"]
    );
    let files = [
        ("a.toml", "priority = 1\n[[policy]]\nroute = \"*\"\n"),
        (
            "a_test.toml",
            "[[test]]\nname = \"it\"\ngiven = { route = \"c\", state = \"active\" }\nexpect = { verdict = \"allow\" }\n",
        ),
    ];
    let set = PolicySet::of_texts("p", files);
    assert_eq!(&*routes_spoken_of(&set)[0].name, "c");
    assert!(crate::check(&set, &routes_spoken_of(&set), 1).is_ok());
}

#[test]
fn a_route_that_shows_its_directory_otherwise_than_it_is_cannot_be_transparent() {
    let text = "priority = 1\n[[policy]]\nroute = \"r\"\nsurface = \"transparent\"\n";
    let set = PolicySet::of_texts("p", [("p.toml", text)]);
    let facts = |mapped| RouteFacts {
        name: "r".into(),
        portal_url: None,
        mapped,
    };
    assert!(compile(&set, &[facts(false)], 1).is_ok());
    let found = compile(&set, &[facts(true)], 1).unwrap_err();
    assert_eq!(
        found[0].to_string(),
        "p/p.toml:4:11: route \"r\" shows its directory under another suffix or as another product: another surface, or a route of its own \
         for what is to be transparent"
    );
}
