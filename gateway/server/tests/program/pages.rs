//! Pages, and who may come in: what is made for them, and commands beside them.

use crate::embedded::add_alice;
use crate::given::{Given, Program};
use rustix::process::Signal;
use serde_json::Value;
use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt as _;

const CONFIG: [&str; 2] = ["--config", "gateway.toml"];

/// With pages, and a token that is made.
fn given() -> Given {
    let given = Given::embedded();
    let token = "[[api_token]]\nname = \"desk\"\nscopes = [\"reset:request\"]\n";
    given.edit(
        "[[listener]]",
        &format!("[http]\naddress = \"127.0.0.1:0\"\n{token}[[listener]]"),
    );
    given
}

/// Where the pages are; waits until everything is started.
pub(crate) fn pages(program: &Program) -> SocketAddr {
    loop {
        let said = program.said("listening");
        if said["listener"] == "http" {
            program.said("serving");
            return said["address"].as_str().unwrap().parse().unwrap();
        }
    }
}

pub(crate) fn end(mut program: Program) {
    program.signal(Signal::TERM);
    program.said("stopped");
    assert_eq!(program.exit_code(), 0);
}

fn onboard(given: &Given, arguments: &[&str]) -> (i32, String) {
    let ran = given.run(&[&["onboard"][..], arguments, &CONFIG[..]].concat());
    (ran.code, ran.results + &ran.problems)
}

#[test]
fn a_key_and_a_token_are_made_once_for_their_owner_alone() {
    let given = given();
    let kept = |name: &str| {
        let path = given.path(".state").join(name);
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600,
            "{name}"
        );
        fs::read_to_string(path).unwrap()
    };
    let program = given.serve();
    TcpStream::connect(pages(&program)).unwrap();
    let first = [kept("self-service.key"), kept("desk.token")];
    assert!(first.iter().all(|secret| secret.trim_end().len() == 64));
    assert_ne!(first[0], first[1]);
    end(program);
    let program = given.serve();
    pages(&program);
    assert_eq!([kept("self-service.key"), kept("desk.token")], first);
    end(program);
    fs::set_permissions(given.path(".state/self-service.key"), fs::Permissions::from_mode(0o644)).unwrap();
    let ran = given.run(&[&["serve"][..], &CONFIG[..]].concat());
    assert!(
        ran.code == 1 && ran.problems.contains("can be read by others"),
        "{ran:?}"
    );
}

#[test]
fn whoever_is_onboarded_is_told_by_the_gateway_and_without_it() {
    let given = given();
    given.edit("dialect = \"embedded\"", "onboarded_most = 2\ndialect = \"embedded\"");
    let program = given.serve();
    pages(&program);
    add_alice(&given.path(".state"));
    let (code, told) = onboard(&given, &["add", "alice", "--json"]);
    let added: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(
        (code, &added["group"], &added["name"]),
        (0, &false.into(), &"uid=alice,dc=example,dc=org".into())
    );
    let group = "CN=Staff, ou=Groups,dc=example,dc=org";
    assert_eq!(onboard(&given, &["add", group, "--group"]).0, 0);
    assert_eq!(onboard(&given, &["add", "alice"]).0, 0, "she is already");
    let (code, told) = onboard(&given, &["add", "cn=others,dc=example,dc=org", "--group"]);
    assert!(code == 64 && told.contains("onboarded_most"), "{told}");
    let (code, told) = onboard(&given, &["add", "nobody"]);
    assert_eq!((code, told.trim()), (64, "there is no such account"));
    end(program);
    let (code, told) = onboard(&given, &["list", "--json"]);
    let listed: Value = serde_json::from_str(&told).unwrap();
    assert_eq!((code, listed.as_array().unwrap().len()), (0, 2));
    assert_eq!(listed[0]["key"], "cn=staff,ou=groups,dc=example,dc=org");
    assert_eq!(onboard(&given, &["remove", "alice"]).0, 0);
    assert_eq!(
        onboard(&given, &["remove", "cn=staff,ou=groups,dc=example,dc=org", "--group"]).0,
        0
    );
    assert_eq!(onboard(&given, &["list"]), (0, String::new()));
    assert_eq!(onboard(&given, &["remove", "alice"]).0, 64);
}

#[test]
fn what_is_configured_of_pages_and_serves_nobody_is_told() {
    let given = given();
    let text = fs::read_to_string(given.path("gateway.toml")).unwrap();
    let more = "[[route]]\nname = \"second\"\ndirectory = \"people\"\n\
        [[route]]\nname = \"third\"\ndirectory = \"people\"\nportal_url = \"https://elsewhere.example.org/page\"\n";
    given.write("gateway.toml", &text.replace("[limits]", &format!("{more}[limits]")));
    let ran = given.run(&[&["check"][..], &CONFIG[..]].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    for told in [
        "notice: [http] without [mail]: nobody can prove who they are by mail",
        "notice: route second: the pages at https://reset.example.org are those of route applications",
        "notice: route third: no pages of ours are at https://elsewhere.example.org/page",
    ] {
        assert!(ran.results.contains(told), "{told}: {ran:?}");
    }
}
