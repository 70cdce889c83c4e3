use super::*;
use postern_identity::{ConnectionFacts, StateName};
use std::fmt::Write as _;
use std::sync::Arc;

mod properties;

fn berlin() -> TimeZone {
    TimeZone::get("Europe/Berlin").unwrap()
}

fn connection() -> ConnectionFacts {
    ConnectionFacts {
        listener: Arc::from("ldaps"),
        client: "10.1.2.3".parse().unwrap(),
        protected: true,
        server_name: Some(Arc::from("wiki.example.org")),
        certificate_subject: Some(Arc::from("CN=Wiki, OU=Services, DC=example, DC=org")),
    }
}

/// A Wednesday, 18:30 in Berlin.
const AT: &str = "2026-11-25T17:30:00Z";
const ACCOUNT: &str = "UID=Bob, ou=Contractors,dc=example,DC=org";

fn at(condition: &str, account: &str, time: &str) -> Truth {
    let connection = connection();
    let facts = Facts::of_connection("wiki", &connection, time.parse().unwrap());
    let condition =
        Condition::compile(condition, Some(&berlin())).unwrap_or_else(|mistake| panic!("{condition}: {mistake:?}"));
    condition.holds(&facts.with_account(account, StateName::Expiring))
}

fn holds(condition: &str) -> Truth {
    at(condition, ACCOUNT, AT)
}

fn mistake(condition: &str) -> Mistake {
    Condition::compile(condition, Some(&berlin())).expect_err(condition)
}

#[test]
fn every_declared_name_is_compared_as_what_it_is() {
    for condition in [
        "true",
        "!false",
        "protected",
        "protected == true",
        "route == \"wiki\"",
        "'wiki' == route",
        "route in ['blog', 'wiki']",
        "route != 'blog'",
        "listener == 'ldaps'",
        "server_name == 'WIKI.example.org'",
        "server_name.endsWith('.example.org')",
        "route.startsWith('wi') && route.contains('ik')",
        "client == '10.1.2.3'",
        "client in ['192.168.0.0/16', '10.0.0.0/8']",
        "network(client, '10.0.0.0/8')",
        "network(client, '192.168.0.0/16', '10.1.2.0/24')",
        "client.within('10.1.0.0/16')",
        "!network(client, '10.2.0.0/16') && !network(client, '::/0')",
        "state == 'expiring'",
        "state in ['active', 'expiring']",
        "hour == 18 && minute == 30",
        "hour * 60 + minute >= 18 * 60 + 30",
        "hour in [17, 18, 19]",
        "-hour < 0 && 7 / 2 == 3 && -7 % 3 == -1 && 0x1F == 31",
        "weekday == 'wednesday'",
        "weekday in ['saturday', 'wednesday']",
        "time >= timestamp('2026-11-25T18:30:00+01:00')",
        "time <= timestamp('2026-11-25T18:30:00+01:00')",
        "time < timestamp('2026-11-25T17:30:01Z')",
        "timestamp('2026-11-25T17:29:59Z') < time",
        "!(time > timestamp('2026-11-25T17:30:00Z'))",
        "protected ? hour > 8 : false",
        "false || true && true",
        "// a comment\n route == \"wiki\" // another",
        r"route == r'wiki' && 'wik\x69' == route && 'wik\u0069' == route && 'wik\151' == route",
    ] {
        assert_eq!(holds(condition), Truth::True, "{condition}");
        assert_eq!(holds(&format!("!({condition}\n)")), Truth::False, "{condition}");
    }
}

#[test]
fn names_are_the_same_in_every_spelling() {
    for condition in [
        "account == 'uid=bob,ou=contractors,dc=example,dc=org'",
        "account == 'UID=BOB, OU=Contractors, DC=example, DC=org'",
        "account in ['cn=x', '0.9.2342.19200300.100.1.1=bob,ou=contractors,dc=example,dc=org']",
        "account.within('ou=contractors,dc=example,dc=org')",
        "account.within('ou=staff,dc=example,dc=org', 'DC=EXAMPLE,dc=org')",
        "account.contains('contractors')",
        "account.startsWith('uid') == true",
        "certificate_subject == 'cn=wiki,ou=services,dc=example,dc=org'",
        "certificate_subject.within('ou=services,dc=example,dc=org')",
    ] {
        assert_eq!(holds(condition), Truth::True, "{condition}");
    }
    for condition in [
        "account.within('xou=contractors,dc=example,dc=org')",
        "account.within('ou=tractors,dc=example,dc=org')",
        "account == 'bob'",
    ] {
        assert_eq!(holds(condition), Truth::False, "{condition}");
    }
    assert_eq!(at("account == 'BOB@example.org'", "bob@Example.ORG", AT), Truth::True);
    assert_eq!(
        at("account.endsWith('@EXAMPLE.org')", "bob@Example.ORG", AT),
        Truth::True
    );
    assert_eq!(at("account == ''", "", AT), Truth::True);
    assert_eq!(at("account.within('dc=org')", "", AT), Truth::False);
}

#[test]
fn what_cannot_be_evaluated_is_neither_true_nor_false() {
    let long = format!("cn={}", "x".repeat(LONGEST_TEXT));
    for (condition, account, cause) in [
        ("account.within('dc=org')", "bob", Cause::NotAName),
        ("!account.within('dc=org')", "EXAMPLE\\bob", Cause::NotAName),
        ("account.within('dc=org')", &*long, Cause::TooLong),
        ("account == 'cn=x'", &*long, Cause::TooLong),
        ("account.contains('x')", &*long, Cause::TooLong),
        ("1 / (hour - hour) == 1", "", Cause::Arithmetic),
        ("1 % (minute - minute) == 1", "", Cause::Arithmetic),
        ("hour + 9223372036854775807 > 0", "", Cause::Arithmetic),
        ("account.within('dc=org') == true", "bob", Cause::NotAName),
        ("account.within('dc=org') ? true : true", "bob", Cause::NotAName),
        ("protected && account.within('dc=org')", "bob", Cause::NotAName),
        ("!protected || account.within('dc=org')", "bob", Cause::NotAName),
    ] {
        assert_eq!(at(condition, account, AT), Truth::Unclear(cause), "{condition}");
    }
    // CEL: one side decides, whatever the other is.
    for (condition, truth) in [
        ("account.within('dc=org') && !protected", Truth::False),
        ("!protected && account.within('dc=org')", Truth::False),
        ("account.within('dc=org') || protected", Truth::True),
        ("protected || account.within('dc=org')", Truth::True),
    ] {
        assert_eq!(at(condition, "bob", AT), truth, "{condition}");
    }
}

#[test]
fn a_connection_without_a_name_or_certificate_has_empty_ones() {
    let connection = ConnectionFacts::example();
    let facts = Facts::of_connection("wiki", &connection, AT.parse().unwrap());
    for condition in [
        "server_name == ''",
        "certificate_subject == ''",
        "account == ''",
        "state != 'active'",
    ] {
        let condition = Condition::compile(condition, None).unwrap();
        assert_eq!(condition.holds(&facts), Truth::True);
    }
}

#[test]
fn networks_are_read_strictly_and_hold_what_begins_with_their_bits() {
    for (network, client, holds) in [
        ("0.0.0.0/0", "203.0.113.7", true),
        ("203.0.113.7/32", "203.0.113.7", true),
        ("203.0.113.6/31", "203.0.113.7", true),
        ("203.0.113.4/31", "203.0.113.7", false),
        ("2001:db8::/32", "2001:db8:1::1", true),
        ("2001:db8::/32", "2001:db9::1", false),
        ("::/0", "203.0.113.7", false),
        ("203.0.113.0/24", "::ffff:203.0.113.7", true),
    ] {
        let parsed = network::Network::parse(network).unwrap();
        assert_eq!(parsed.holds(client.parse().unwrap()), holds, "{network} {client}");
    }
    for wrong in [
        "10.1.2.3/8",
        "10.0.0.0/33",
        "10.0.0/8",
        "::/129",
        "10.0.0.0/+8",
        "10.0.0.0/",
        "x",
        "::ffff:10.0.0.0/104",
    ] {
        assert!(network::Network::parse(wrong).is_err(), "{wrong}");
    }
    assert_eq!(
        network::Network::parse("10.1.2.3/8").unwrap_err().1,
        "did you mean \"10.0.0.0/8\"?"
    );
}

#[test]
fn a_mistake_is_told_at_its_place_with_what_would_be_right() {
    for (condition, place, what, remedy) in [
        ("", 0, "the condition ends too early", "a test"),
        ("rout == 'a'", 0, "there is no \"rout\" here", "did you mean \"route\"?"),
        (
            "protected && clint == 'x'",
            13,
            "there is no \"clint\" here",
            "did you mean \"client\"?",
        ),
        ("route", 0, "this is a text, not true or false", "compare it"),
        ("hour && true", 0, "this is a number, not true or false", "compare"),
        (
            "route == 7",
            6,
            "a text cannot be compared with a number here",
            "a fact with a constant",
        ),
        (
            "'a' == 'b'",
            4,
            "a text cannot be compared with a text",
            "a fact with a constant",
        ),
        (
            "time == timestamp('2026-01-01T00:00:00Z')",
            5,
            "a moment cannot be compared",
            "time by <",
        ),
        ("route + 'x' == 'y'", 0, "this is a text, not a number", "numbers alone"),
        ("route.matches('^(a+)+$')", 5, "\"matches\" is left out", "startsWith"),
        ("[1, 2].all(x, x > 0)", 6, "\"all\" is left out", "compare"),
        ("['a'].exists(x, x == route)", 5, "\"exists\" is left out", "compare"),
        ("frobnicate(client)", 0, "\"frobnicate\" is no function here", "one of"),
        (
            "netwrok(client, '10.0.0.0/8')",
            0,
            "\"netwrok\" is no function here",
            "did you mean \"network\"?",
        ),
        ("network(client)", 0, "\"network\" is not called so", "network(client, "),
        (
            "network(client, '10.0.0.1/8')",
            16,
            "\"10.0.0.1/8\" has bits set",
            "did you mean \"10.0.0.0/8\"?",
        ),
        (
            "network(route, '10.0.0.0/8')",
            8,
            "this is no address",
            "network(client",
        ),
        ("network(client, route)", 16, "this is no constant text", "in quotes"),
        (
            "account.within('people')",
            15,
            "\"people\" is not a distinguished name",
            "ou=people",
        ),
        (
            "account.within('')",
            15,
            "\"\" is not a distinguished name",
            "ou=people",
        ),
        (
            "account.endsWith(',ou=x,dc=y')",
            17,
            "not compared letter by letter",
            "account.within",
        ),
        (
            "state == 'expred'",
            9,
            "\"expred\" is no state",
            "did you mean \"expired\"?",
        ),
        ("weekday in ['mon']", 12, "\"mon\" is no weekday", "one of \"monday\""),
        ("hour in ['8']", 9, "this is no number", "numbers alone"),
        ("route in 'wiki'", 9, "what follows \"in\" is no list", "a list"),
        ("route in []", 9, "nothing is in an empty list", "at least one"),
        ("hour == 8.5", 8, "\"8\" is not a whole number", "digits alone"),
        ("hour == 8u", 8, "\"8u\" is not a whole number", "digits alone"),
        ("hour == 99999999999999999999", 8, "is not a whole number", "digits"),
        ("route = 'a'", 6, "\"=\" means nothing here", "=="),
        ("protected and true", 10, "\"and\" is not expected here", "&& or ||"),
        ("protected & true", 10, "\"&\" means nothing here", "&&"),
        ("(protected", 10, "the end stands where \")\" is expected", ")"),
        ("route == 'wiki", 9, "the text has no end", "a quote at its end"),
        ("route == 'a\nb'", 9, "the text has no end", "on the same line"),
        (r"route == 'a\q'", 11, "this escape is not known", "backslash"),
        (r"route == '\ud800'", 10, "this escape is not known", "backslash"),
        (r"route == '\u+041'", 10, "this escape is not known", "backslash"),
        ("route == b'a'", 9, "octets are not compared", "a text"),
        ("route == '''a'''", 9, "three quotes", "one quote"),
        (
            "account.dn == 'x'",
            7,
            "\"dn\" is not called",
            "nothing here has fields",
        ),
        ("account[0] == 'x'", 7, "nothing here has parts by number", "compare"),
        ("time < timestamp('noon')", 17, "\"noon\" is not a moment", "such as"),
        ("protected ? true", 16, "the end stands where \":\" is expected", ":"),
    ] {
        let found = mistake(condition);
        assert!(
            found.what.contains(what) && found.remedy.contains(remedy),
            "{condition}: {found:?}"
        );
        assert_eq!(found.at, place, "{condition}: {found:?}");
    }
}

#[test]
fn hours_need_a_time_zone_and_moments_do_not() {
    for (condition, sound) in [
        ("hour > 8", false),
        ("minute > 8", false),
        ("weekday == 'monday'", false),
        ("time > timestamp('2026-01-01T00:00:00Z')", true),
    ] {
        let compiled = Condition::compile(condition, None);
        assert_eq!(compiled.is_ok(), sound, "{condition}");
        if let Err(mistake) = compiled {
            assert!(mistake.remedy.contains("time_zone = "), "{mistake:?}");
        }
    }
}

#[test]
fn hostile_conditions_are_refused_within_their_bounds_on_a_small_stack() {
    let small = std::thread::Builder::new().stack_size(512 * 1024);
    let refused = small.spawn(|| {
        for (begin, end) in [
            ("(", ")"),
            ("!", ""),
            ("-", ""),
            ("[", "]"),
            ("network(", ")"),
            ("true ? (", ") : true"),
            ("route.within(", ")"),
        ] {
            for depth in [DEEPEST + 1, 100, 300, 10_000] {
                let text = format!("{}true{}", begin.repeat(depth), end.repeat(depth));
                assert!(Condition::compile(&text, None).is_err(), "{begin} {depth}");
            }
        }
        for (operator, part) in [
            ("&&", "protected"),
            ("||", "protected"),
            ("+", "1"),
            ("==", "true"),
            ("?", "true"),
            ("in", "1"),
        ] {
            for count in [MOST_PARTS, 400, 100_000] {
                let text = vec![part; count].join(operator);
                assert!(Condition::compile(&text, None).is_err(), "{operator} {count}");
            }
        }
        let list = format!("route in [{}]", vec!["'a'"; MOST_PARTS].join(","));
        let text = format!("route == '{}'", "a".repeat(LONGEST_CONDITION));
        let name = format!("route == '{}'", "a".repeat(LONGEST_TEXT + 1));
        for long in [
            list,
            text,
            name,
            " ".repeat(LONGEST_CONDITION + 1),
            "a".repeat(1_000_000),
        ] {
            let mistake = Condition::compile(&long, None).unwrap_err();
            assert!(mistake.what.len() + mistake.remedy.len() < 300, "{mistake:?}");
        }
    });
    refused.unwrap().join().unwrap();
    // What is just within the bounds is read.
    let deep = format!("{}true{}", "(".repeat(DEEPEST - 1), ")".repeat(DEEPEST - 1));
    assert!(Condition::compile(&deep, None).is_ok());
    let many = vec!["protected"; MOST_PARTS - 1].join("&&");
    assert!(Condition::compile(&many, None).is_ok());
}

#[test]
fn the_next_change_is_the_next_boundary_of_what_is_asked() {
    for (condition, at, next) in [
        ("protected", AT, None),
        ("hour < 19", AT, Some("2026-11-25T18:00:00Z")),
        ("hour < 19", "2026-11-25T18:00:00Z", Some("2026-11-25T19:00:00Z")),
        ("hour < 19 && minute > 1", AT, Some("2026-11-25T17:31:00Z")),
        ("weekday == 'friday'", AT, Some("2026-11-25T23:00:00Z")),
        (
            "time < timestamp('2026-12-24T00:00:00Z')",
            AT,
            Some("2026-12-24T00:00:00Z"),
        ),
        (
            "time <= timestamp('2026-12-24T00:00:00Z')",
            AT,
            Some("2026-12-24T00:00:00.000000001Z"),
        ),
        ("time < timestamp('2026-01-24T00:00:00Z')", AT, None),
        (
            "hour < 19 || time < timestamp('2026-11-25T17:45:00Z')",
            AT,
            Some("2026-11-25T17:45:00Z"),
        ),
        // The clocks are put back at 01:00 UTC, and the day has 25 hours.
        (
            "weekday == 'sunday'",
            "2026-10-24T22:30:00Z",
            Some("2026-10-25T01:00:00Z"),
        ),
        (
            "weekday == 'sunday'",
            "2026-10-25T01:00:00Z",
            Some("2026-10-25T23:00:00Z"),
        ),
    ] {
        let compiled = Condition::compile(condition, Some(&berlin())).unwrap();
        let next = next.map(|next| next.parse::<Timestamp>().unwrap());
        assert_eq!(compiled.changes_after(at.parse().unwrap()), next, "{condition}");
    }
}

#[test]
fn hexadecimal_numbers_are_written_as_in_cel() {
    assert_eq!(holds("0x1f == 31"), Truth::True);
    mistake("0X1F == 31");
}
