//! Any text as a condition, and any name as the account: read within bounds, and evaluated if it can be read.

#![no_main]

use postern_identity::{ConnectionFacts, StateName, Timestamp};
use postern_policy::PolicySet;
use postern_policy::condition::{Condition, Facts, Truth};

libfuzzer_sys::fuzz_target!(|octets: &[u8]| {
    let text = String::from_utf8_lossy(octets);
    let (account, condition) = text.split_once('\n').unwrap_or(("", &*text));
    // A whole set takes a thousand times as long.
    if octets.len().is_multiple_of(16) {
        read_as_a_file(condition);
    }
    let zone = zone();
    let compiled = match Condition::compile(condition, Some(&zone)) {
        Ok(compiled) => compiled,
        Err(mistake) => {
            assert!(mistake.at <= condition.len() && !mistake.what.is_empty());
            return;
        }
    };
    let connection = ConnectionFacts::example();
    let at = Timestamp::UNIX_EPOCH;
    let holds = |at| compiled.holds(&Facts::of_connection("r", &connection, at).with_account(account, StateName::Active));
    let truth = holds(at);
    if let Some(change) = compiled.changes_after(at) {
        assert!(change > at);
        let before = change.checked_sub(postern_policy::condition::NANOSECOND).unwrap_or(at);
        assert_eq!(holds(before), truth, "nothing changes before it is foretold");
    }
    if let Ok(opposite) = Condition::compile(&format!("!({condition}\n)"), Some(&zone)) {
        let opposite = opposite.holds(&Facts::of_connection("r", &connection, at).with_account(account, StateName::Active));
        match truth {
            Truth::True => assert_eq!(opposite, Truth::False),
            Truth::False => assert_eq!(opposite, Truth::True),
            Truth::Unclear(_) => assert_eq!(opposite, truth),
        }
    }
});

/// The same text where an administrator would write it.
fn read_as_a_file(condition: &str) {
    let escaped: String = condition.chars().map(|letter| format!("\\U{:08x}", u32::from(letter))).collect();
    let file = format!("priority = 1\ntime_zone = \"UTC\"\n[[policy]]\nroute = \"*\"\n[[policy]]\nroute = \"*\"\nwhen = \"{escaped}\"\n");
    let set = PolicySet::of_texts("p", [("p.toml", &*file)]);
    if let Err(problems) = postern_policy::check(&set, &postern_policy::routes_spoken_of(&set), 1) {
        assert!(problems.iter().all(|problem| problem.line == 7 && problem.column > 0), "{problems:?}");
    }
}

fn zone() -> postern_policy::condition::TimeZone {
    postern_policy::condition::TimeZone::UTC
}
