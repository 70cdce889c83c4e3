use super::*;
use crate::compile::compile;
use crate::rulebook::Rulebook;
use crate::sample::{PROVEN, standings};
use crate::set::PolicySet;
use postern_identity::decide::{
    Admission, BindQuestion, BindVerdict, Operation, References, RouteAnswer, RouteQuestion, TlsRule,
};
use postern_identity::{ConnectionFacts, Evidence, Proven, Source, Standing, State, StateName};

mod random;

const CONTRACTOR: &str = "uid=bob,ou=contractors,dc=example,dc=org";
const STAFF: &str = "uid=alice,ou=people,dc=example,dc=org";
/// Wednesday noon.
const NOON: &str = "2026-01-07T12:00:00Z";

fn compiled(text: &str) -> Result<Rulebook, Vec<Problem>> {
    let facts = RouteFacts {
        name: "r".into(),
        portal_url: None,
        mapped: false,
    };
    compile(&PolicySet::of_texts("p", [("p.toml", text)]), &[facts], 1)
}

fn book(tables: &str) -> Rulebook {
    let text = format!("priority = 1\ntime_zone = \"UTC\"\n{tables}");
    compiled(&text).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

fn problems(tables: &str) -> Vec<String> {
    let problems = compiled(&format!("priority = 1\n{tables}")).unwrap_err();
    problems.iter().map(ToString::to_string).collect()
}

fn table(when: &str, keys: &str) -> String {
    let when = toml::Value::from(when);
    format!("[[policy]]\nroute = \"r\"\nwhen = {when}\n{keys}\n")
}

const ALWAYS: &str = "[[policy]]\nroute = \"*\"\n";

fn from(client: &str) -> ConnectionFacts {
    ConnectionFacts {
        client: client.parse().unwrap(),
        ..ConnectionFacts::example()
    }
}

fn pass(book: &Rulebook, connection: &ConnectionFacts, account: Option<&str>, at: &str) -> RouteAnswer {
    let question = RouteQuestion {
        route: "r",
        connection,
        account: account.map(|account| (account, StateName::Active)),
    };
    book.route(&question, at.parse().unwrap()).unwrap()
}

fn standing(state: State, result_code: u32) -> Standing {
    Standing {
        state,
        cause: None,
        warning: None,
        evidence: Evidence {
            source: Source::Bind,
            result_code: Some(result_code),
            told_by: "test",
        },
    }
}

fn bind(book: &Rulebook, connection: &ConnectionFacts, account: &str, at: &str) -> BindVerdict {
    let question = BindQuestion {
        route: "r",
        account,
        connection,
        standing: &standing(State::Active, 0),
        proven: Proven::Yes,
    };
    book.bind(&question, at.parse().unwrap())
}

#[test]
fn a_table_holds_only_where_its_condition_does() {
    let outside = table(
        "!network(client, \"10.0.0.0/8\")",
        "pass.read_only = true\nstanding.active.verdict = \"refuse\"",
    );
    let book = book(&format!("{outside}{ALWAYS}"));
    for (client, read_only, admission) in [
        ("10.1.2.3", false, Admission::Allow),
        ("192.0.2.1", true, Admission::Refuse),
        ("2001:db8::1", true, Admission::Refuse),
    ] {
        let answer = pass(&book, &from(client), None, NOON);
        assert_eq!(answer.rules.read_only.value, read_only, "{client}");
        assert!(answer.conditional && answer.valid_for.is_none());
        let verdict = bind(&book, &from(client), STAFF, NOON);
        assert_eq!(verdict.admission, admission, "{client}");
        let file = if admission == Admission::Refuse {
            "p.toml:policy[0]"
        } else {
            "built-in:"
        };
        assert!(verdict.rule.as_str().starts_with(file), "{verdict:?}");
    }
}

#[test]
fn an_account_refines_what_may_pass_once_it_has_signed_in() {
    let contractors = "[[policy]]\nroute = \"r\"\naccounts = [\"OU=Contractors,dc=example,dc=org\"]\n\
                       pass.base_dns = [\"ou=projects,dc=example,dc=org\"]\n";
    let book = book(&format!("{contractors}{ALWAYS}"));
    let here = ConnectionFacts::example();
    let bases = |account| {
        pass(&book, &here, account, NOON)
            .rules
            .base_dns
            .as_ref()
            .map(|bases| bases.value.len())
    };
    assert_eq!(bases(None), None);
    assert_eq!(bases(Some(STAFF)), None);
    assert_eq!(bases(Some(CONTRACTOR)), Some(1));
    assert_eq!(bases(Some("UID=Bob, ou=CONTRACTORS, dc=example, dc=org")), Some(1));
    // Where a name lies that is none only the directory knows.
    assert_eq!(bases(Some("bob")), Some(1));
}

#[test]
fn accounts_and_when_hold_together() {
    let both = table(
        "hour >= 18",
        "accounts = [\"ou=contractors,dc=example,dc=org\"]\npass.read_only = true",
    );
    let book = book(&format!("{both}{ALWAYS}"));
    let here = ConnectionFacts::example();
    for (account, at, read_only) in [
        (CONTRACTOR, "2026-01-07T18:00:00Z", true),
        (CONTRACTOR, "2026-01-07T17:59:59Z", false),
        (STAFF, "2026-01-07T18:00:00Z", false),
    ] {
        let answer = pass(&book, &here, Some(account), at);
        assert_eq!(answer.rules.read_only.value, read_only, "{account} {at}");
    }
}

#[test]
fn rules_that_ask_the_clock_say_how_long_they_are_valid() {
    let book = book(&format!(
        "{}{ALWAYS}",
        table("hour < 7 || hour >= 19", "pass.read_only = true")
    ));
    let answer = |at| pass(&book, &ConnectionFacts::example(), None, at);
    let (night, day) = (answer("2026-01-07T06:59:30Z"), answer("2026-01-07T07:00:00Z"));
    assert_eq!(
        (night.rules.read_only.value, night.valid_for.unwrap().as_secs()),
        (true, 30)
    );
    assert_eq!(
        (day.rules.read_only.value, day.valid_for.unwrap().as_secs()),
        (false, 3600)
    );
}

#[test]
fn files_and_tables_keep_their_order_and_the_first_that_holds_and_sets_a_key_wins() {
    let book = book(&format!(
        "{}{}{ALWAYS}pass.size_limit = 3\n",
        table("network(client, \"10.0.0.0/8\")", "pass.size_limit = 1"),
        table(
            "network(client, \"10.1.0.0/16\")",
            "pass.size_limit = 2\npass.time_limit_seconds = 9"
        ),
    ));
    for (client, size, time) in [("10.1.0.1", 1, Some(9)), ("10.2.0.1", 1, None), ("192.0.2.1", 3, None)] {
        let rules = pass(&book, &from(client), None, NOON).rules;
        let limit = |limit: &Option<postern_identity::decide::Ruled<u32>>| limit.as_ref().map(|limit| limit.value);
        assert_eq!(
            (limit(&rules.size_limit), limit(&rules.time_limit)),
            (Some(size), time),
            "{client}"
        );
    }
}

#[test]
fn an_unclear_condition_gives_the_strictest_verdict_in_reach() {
    let unclear = "account.within(\"ou=contractors,dc=example,dc=org\")";
    let allow = |state: &str, verdict: &str| format!("standing.{state}.verdict = \"{verdict}\"");
    for (first, second, always, strictest) in [
        // With the table, without it, and what either would decide.
        ("refuse", "", "", Admission::Refuse),
        ("restrict", "", "", Admission::Restrict),
        ("allow", "", "refuse", Admission::Refuse),
        ("allow", "", "restrict", Admission::Restrict),
        // The second is reached where the first does not hold.
        ("allow", "refuse", "", Admission::Refuse),
        ("allow", "allow", "", Admission::Allow),
    ] {
        let keys = |verdict: &str| {
            if verdict.is_empty() {
                String::new()
            } else {
                allow("active", verdict)
            }
        };
        let tables = format!(
            "{}{}{ALWAYS}{}",
            table(unclear, &keys(first)),
            table(unclear, &keys(second)),
            keys(always)
        );
        let book = book(&tables);
        assert_eq!(
            bind(&book, &ConnectionFacts::example(), "bob", NOON).admission,
            strictest,
            "{tables}"
        );
    }
    // What is certain and comes first leaves nothing else in reach.
    let certain = format!(
        "{}{}{ALWAYS}",
        table("protected", &allow("active", "allow")),
        table(unclear, &allow("active", "refuse"))
    );
    assert_eq!(
        bind(&book(&certain), &ConnectionFacts::example(), "bob", NOON).admission,
        Admission::Allow
    );
}

#[test]
fn an_unclear_condition_lets_pass_only_what_passes_either_way() {
    let unclear = "account.within(\"ou=x,dc=example,dc=org\")";
    let strict = "[policy.pass]\noperations = [\"bind\", \"search\", \"add\"]\nbase_dns = [\"ou=a,dc=example,dc=org\", \"dc=other\"]\n\
                  deny_attributes = [\"mail\"]\nsize_limit = 10\ntls = \"always\"\nanonymous = false\nextended_operations = []\nreferences = \"drop\"\n";
    let mild = "[policy.pass]\noperations = [\"bind\", \"search\", \"modify\"]\nbase_dns = [\"dc=example,dc=org\"]\n\
                deny_attributes = [\"userPassword\"]\nsize_limit = 20\ntime_limit_seconds = 5\nreferences = \"pass\"\n\
                extended_operations = [\"1.3.6.1.4.1.4203.1.11.3\"]\nread_only = false\n";
    for (conditional, always) in [(strict, mild), (mild, strict)] {
        let book = book(&format!("{}{ALWAYS}{always}", table(unclear, conditional)));
        let rules = pass(&book, &ConnectionFacts::example(), Some("bob"), NOON).rules;
        let operations = Operation::ALL.map(|operation| rules.operations.value.contains(operation));
        assert_eq!(operations, [true, true, false, false, false, false, false, false]);
        let names = |names: Vec<String>| names;
        let bases = rules
            .base_dns
            .as_ref()
            .unwrap()
            .value
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(names(bases), ["ou=a,dc=example,dc=org"]);
        let denied = rules
            .denied_attributes
            .as_ref()
            .unwrap()
            .value
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(names(denied), ["mail", "userpassword"]);
        assert_eq!(rules.size_limit.as_ref().unwrap().value, 10);
        assert_eq!(rules.time_limit.as_ref().unwrap().value, 5);
        assert_eq!(
            (rules.tls.value, rules.references.value),
            (TlsRule::Always, References::Drop)
        );
        assert!(!rules.anonymous.value && rules.extended_operations.value.is_empty());
    }
}

#[test]
fn an_unclear_condition_leads_references_no_further_around_than_either_way() {
    let unclear = "account.within(\"ou=x,dc=example,dc=org\")";
    let by_how_far = ["drop", "rewrite", "pass"];
    for (one, conditional) in by_how_far.into_iter().enumerate() {
        for (other, always) in by_how_far.into_iter().enumerate() {
            let [conditional, always] = [conditional, always].map(|word| format!("pass.references = \"{word}\"\n"));
            let book = book(&format!("{}{ALWAYS}{always}", table(unclear, &conditional)));
            let rules = pass(&book, &ConnectionFacts::example(), Some("bob"), NOON).rules;
            let expected = [References::Drop, References::Rewrite, References::Pass][one.min(other)];
            assert_eq!(rules.references.value, expected, "{conditional}{always}");
        }
    }
}

#[test]
fn an_explanation_names_each_condition_and_its_value() {
    let book = book(&format!(
        "{}{}{}{ALWAYS}",
        table("protected", "pass.size_limit = 1"),
        table("hour == 13", "pass.size_limit = 2"),
        table("account.within(\"dc=org\")", "standing.active.verdict = \"refuse\""),
    ));
    let question = BindQuestion {
        route: "r",
        account: "bob",
        connection: &ConnectionFacts::example(),
        standing: &standing(State::Active, 0),
        proven: Proven::Yes,
    };
    let explanation = book.explain_bind(&question, NOON.parse().unwrap());
    let steps: Vec<_> = explanation.steps.iter().map(ToString::to_string).collect();
    assert_eq!(
        steps[..3],
        [
            "when = true (p.toml:policy[0].when): this policy holds",
            "when = false (p.toml:policy[1].when): this policy does not hold",
            "when = cannot be evaluated: the name is not a distinguished name (p.toml:policy[2].when): the strictest of what it could mean holds",
        ]
    );
    assert_eq!(explanation.verdict.admission, Admission::Refuse);
}

#[test]
fn a_condition_learns_of_a_standing_only_what_may_be_told() {
    let book = book(&format!(
        "{}{ALWAYS}surface = \"text\"\n",
        table("state == \"locked\"", "surface = \"plain\"")
    ));
    let ask = |state, proven| {
        let question = BindQuestion {
            route: "r",
            account: STAFF,
            connection: &ConnectionFacts::example(),
            standing: &standing(state, 49),
            proven,
        };
        book.bind(&question, NOON.parse().unwrap())
    };
    let locked = State::Locked {
        by: postern_identity::LockedBy::Failures,
        until: None,
    };
    assert_eq!(
        ask(locked, Proven::Yes).surface,
        postern_identity::decide::Surface::Plain.into()
    );
    for proven in [Proven::No, Proven::Unknown] {
        assert_eq!(ask(locked, proven), ask(State::Unknown, proven));
    }
}

#[test]
fn mistakes_of_conditions_are_told_at_their_line_and_column() {
    for (tables, told) in [
        (
            format!("[[policy]]\nroute = \"r\"\nwhen = 'protected && rout == \"x\"'\n{ALWAYS}"),
            "p/p.toml:4:22: there is no \"rout\" here: did you mean \"route\"?",
        ),
        (
            format!("[[policy]]\nroute = \"r\"\nwhen = \"\"\"\nprotected\n  && hourr > 7\"\"\"\n{ALWAYS}"),
            "p/p.toml:6:6: there is no \"hourr\" here: did you mean \"hour\"?",
        ),
        (
            format!("[[policy]]\nroute = \"r\"\nwhen = \"hour > 7\"\n{ALWAYS}"),
            "p/p.toml:4:9: \"hour\" needs a time zone: time_zone = \"Europe/Berlin\" or another at the top of the file",
        ),
        (
            format!("[[policy]]\nroute = \"r\"\naccounts = [\"dc=org\", \"people\"]\n{ALWAYS}"),
            "p/p.toml:4:23: \"people\" is not a distinguished name: a name like \"ou=people,dc=example,dc=org\"",
        ),
        (
            format!("time_zone = \"Europe/Berlim\"\n{ALWAYS}"),
            "p/p.toml:2:13: there is no time zone \"Europe/Berlim\": a name of the time zone database, such as \"Europe/Berlin\" or \"UTC\"",
        ),
        (
            table("protected", ""),
            "p/p.toml:2:1: every policy for route \"r\" has a condition: one without, for when none of them holds",
        ),
        (
            format!("{}{ALWAYS}", table("protected", "surface = \"transparent\"")),
            "p/p.toml:5:11: whether route \"r\" is transparent cannot depend on a condition: a route of its own for what is to be transparent",
        ),
        (
            format!(
                "{}{ALWAYS}surface = \"transparent\"",
                table("protected", "surface = \"text\"")
            ),
            "p/p.toml:5:11: whether route \"r\" is transparent cannot depend on a condition: a route of its own for what is to be transparent",
        ),
        (
            format!(
                "{}{ALWAYS}surface = \"transparent\"",
                table("protected", "pass.size_limit = 1")
            ),
            "p/p.toml:5:19: \"size_limit\" cannot hold on the surface \"transparent\", where nothing is rewritten: leave it out, or choose another surface",
        ),
    ] {
        assert_eq!(problems(&tables), [told], "{tables}");
    }
    let many = table("protected", "").repeat(MOST_CONDITIONS + 1);
    assert!(problems(&format!("{many}{ALWAYS}"))[0].ends_with("at most 32"));
    compiled(&format!(
        "priority = 1\n{}{ALWAYS}",
        table("protected", "").repeat(MOST_CONDITIONS)
    ))
    .unwrap();
}

#[test]
fn what_is_not_proven_is_answered_alike_whoever_it_says_it_is() {
    let people = "account.within(\"ou=people,dc=example,dc=org\")";
    let keys = "surface = \"plain\"\nmessages.unknown = \"Not you\"\nstanding.unknown.message = \"unknown\"";
    let book = book(&format!(
        "{}{}{ALWAYS}",
        table(people, keys),
        table("account != \"\"", keys)
    ));
    let ask = |account, proven| {
        let question = BindQuestion {
            route: "r",
            account,
            connection: &ConnectionFacts::example(),
            standing: &standing(State::Unknown, 49),
            proven,
        };
        let judged = book.judge(&question, || NOON.parse().unwrap(), &mut crate::rulebook::Untold);
        assert!(!judged.is_unclear && judged.pass.is_none());
        judged.verdict
    };
    for proven in [Proven::No, Proven::Unknown] {
        let nobody = ask("nobody", proven);
        assert_eq!(nobody.text.as_deref(), Some("Invalid credentials"));
        for account in [STAFF, CONTRACTOR, "bob", ""] {
            assert_eq!(ask(account, proven), nobody, "{account}");
        }
    }
}

#[test]
fn whether_anybody_may_write_is_known_before_anybody_signs_in() {
    let read_only = "pass.read_only = true";
    for (conditional, always, may_write) in [
        ("pass.read_only = false", read_only, true),
        ("pass.size_limit = 1", read_only, false),
        (read_only, "", true),
        (
            "pass.operations = [\"bind\", \"add\"]",
            "pass.operations = [\"bind\", \"search\"]",
            true,
        ),
    ] {
        let book = book(&format!(
            "{}{ALWAYS}{always}",
            table("account == \"cn=x\"", conditional)
        ));
        assert_eq!(
            pass(&book, &ConnectionFacts::example(), None, NOON).may_write,
            may_write,
            "{conditional}"
        );
    }
}
