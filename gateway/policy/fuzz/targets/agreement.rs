//! What we read as a condition, the crate `cel` reads too, and both come to the same. Names and networks are our own additions and left out.

#![no_main]

use cel::{Context, Program, Value};
use postern_identity::{ConnectionFacts, Timestamp};
use postern_policy::condition::{Condition, Facts, TimeZone, Truth};
use std::cell::OnceCell;

/// What CEL does not have, or has as another type here.
const OURS: [&str; 9] = ["account", "certificate_subject", "client", "network", "within", "time", "listener", "state", "server_name"];

thread_local! {
    static FACTS: OnceCell<Context<'static, 'static>> = const { OnceCell::new() };
}

libfuzzer_sys::fuzz_target!(|octets: &[u8]| {
    let Ok(text) = std::str::from_utf8(octets) else { return };
    if OURS.iter().any(|name| text.contains(name)) {
        return;
    }
    let Ok(ours) = Condition::compile(text, Some(&TimeZone::UTC)) else { return };
    let connection = ConnectionFacts::example();
    let ours = ours.holds(&Facts::of_connection("r", &connection, Timestamp::UNIX_EPOCH));
    let Ok(program) = Program::compile(text) else {
        panic!("cel does not read what we read: {text:?}");
    };
    let theirs = FACTS.with(|facts| program.execute(facts.get_or_init(facts_of_the_example)));
    match (ours, theirs) {
        (Truth::True, Ok(Value::Bool(true))) | (Truth::False, Ok(Value::Bool(false))) => {}
        // It stops at the first error, where the language lets the other side decide.
        (_, Err(_)) => {}
        (ours, theirs) => panic!("{text:?} is {ours:?} to us and {theirs:?} to cel"),
    }
});

fn facts_of_the_example() -> Context<'static, 'static> {
    let mut facts = Context::default();
    facts.add_variable_from_value("route", "r");
    facts.add_variable_from_value("protected", true);
    facts.add_variable_from_value("hour", 0_i64);
    facts.add_variable_from_value("minute", 0_i64);
    facts.add_variable_from_value("weekday", "thursday");
    facts
}
