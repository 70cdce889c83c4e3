//! What is read of bodies and shown of resources.

mod incoming;
mod show;

use super::*;
use postern_identity::provisioning::EditFaultKind;

fn refused(body: &[u8]) -> String {
    let fault = read(body).expect_err(&String::from_utf8_lossy(body));
    assert_eq!(fault.kind, EditFaultKind::InvalidSyntax);
    fault.detail.into_owned()
}

#[test]
fn a_body_is_one_json_object_in_utf_8() {
    assert!(read(br#" {"a": [1, -2, 1.5, true, null, "\u00e4"], "b": {}} "#).is_ok());
    for body in [
        &b""[..],
        b"{",
        b"[]",
        b"\"text\"",
        b"1",
        b"null",
        b"{} {}",
        b"{},",
        b"{\"a\": NaN}",
        b"{\"a\": Infinity}",
        b"{\"a\": 1e999}",
        b"{\"a\": 01}",
        b"{'a': 1}",
        b"{\"a\": 1,}",
        b"{\"a\": \"\xff\"}",
        b"\xef\xbb\xbf{}",
        b"\xfe\xff\0{\0}",
        b"{\"a\": \"\\ud800\"}",
        b"{\"a\": \"\n\"}",
    ] {
        refused(body);
    }
}

#[test]
fn no_key_stands_twice_in_whatever_case() {
    assert!(refused(br#"{"userName": "a", "username": "b"}"#).contains("\"username\" stands twice"));
    assert!(refused(br#"{"name": {"givenName": "a", "givenName": "a"}}"#).contains("twice"));
    assert!(read(br#"{"a": {"x": 1}, "b": {"x": 1}}"#).is_ok());
}

#[test]
fn what_is_nested_deeper_than_the_budget_is_refused() {
    let nested = |depth: usize| format!("{}1{}", r#"{"a":"#.repeat(depth), "}".repeat(depth)).into_bytes();
    assert!(read(&nested(read::DEEPEST)).is_ok());
    assert!(refused(&nested(read::DEEPEST + 1)).contains("deep"));
    let list = format!(r#"{{"a":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    assert!(refused(list.as_bytes()).contains("deep"));
}

#[test]
fn a_body_of_many_small_values_does_not_fill_the_memory() {
    let objects = format!(r#"{{"a":[{}{{}}]}}"#, r#"{"b":1},"#.repeat(2 * 1024 * 1024 / 8));
    assert!(refused(objects.as_bytes()).contains("more values"));
    let member = r#"{"value":"3f0e7a52-0d5e-4b5e-9d3b-2f1f3f0f7c11"}"#;
    let members = format!(r#"{{"members":[{member}{}]}}"#, format!(",{member}").repeat(40_000));
    assert!(read(members.as_bytes()).is_ok(), "and many members are read");
}

#[test]
fn what_was_sent_is_not_quoted_in_what_is_said() {
    for body in [
        &br#"{"password": "hunter2"#[..],
        br#"{"password": "hunter2\q"}"#,
        br#"{"password": hunter2}"#,
    ] {
        assert!(!refused(body).contains("hunter"), "{}", refused(body));
    }
}
