use crate::given::{Given, POLICY, directory, nobody};

#[test]
fn a_wrong_command_line_ends_with_64() {
    let given = Given::new(nobody());
    for arguments in [
        &[][..],
        &["no-such-command"],
        &["serve"],
        &["serve", "--config"],
        &["check", "--config", "gateway.toml", "--no-such-flag"],
        &["explain", "--config", "gateway.toml"],
        &["policy"],
        &["policy", "test"],
    ] {
        let ran = given.run(arguments);
        assert_eq!(ran.code, 64, "{arguments:?}");
        assert!(ran.results.is_empty() && !ran.problems.is_empty(), "{arguments:?}");
    }
}

#[test]
fn help_and_version_are_no_mistakes() {
    let given = Given::new(nobody());
    let version = given.run(&["--version"]);
    assert_eq!(
        (version.code, version.results.as_str()),
        (0, concat!("postern ", env!("CARGO_PKG_VERSION"), "\n"))
    );
    let help = given.run(&["--help"]);
    assert_eq!(help.code, 0);
    for command in ["serve", "check", "explain", "policy"] {
        assert!(help.results.contains(command), "{command}");
    }
}

#[test]
fn check_finds_nothing_wrong_with_a_sound_configuration() {
    let ran = Given::new(nobody()).run(&["check", "--config", "gateway.toml"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let lines: Vec<&str> = ran.results.lines().collect();
    assert_eq!(
        lines[1..],
        ["gateway.toml: no problems; 1 listener, 1 directory, 1 route with policies"]
    );
    // Nobody is configured who could read when an account locks.
    assert!(
        lines[0].starts_with("notice: directory people: without a service account the guard"),
        "{ran:?}"
    );
}

#[test]
fn check_tells_every_mistake_of_configuration_and_policies_at_once() {
    let given = Given::new(nobody());
    given.edit("https://reset.example.org", "reset.example.org");
    given.edit("drain_seconds = 1", "drain_second = 1");
    let ran = given.run(&["check", "--config", "gateway.toml"]);
    assert_eq!(ran.code, 64);
    let lines: Vec<&str> = ran.results.lines().collect();
    assert_eq!(
        lines,
        [
            "gateway.toml:2:14: public_url is not a URL: such as https://reset.example.org",
            "gateway.toml:17:1: unknown key \"drain_second\": did you mean \"drain_seconds\"?",
        ]
    );
    let given = Given::new(nobody());
    given.edit("drain_seconds = 1", "drain_second = 1");
    given.write("policies/p.toml", &POLICY.replace("surface", "surfac"));
    let ran = given.run(&["check", "--config", "gateway.toml"]);
    assert_eq!(ran.code, 64);
    assert_eq!(ran.results.lines().count(), 2, "{}", ran.results);
    assert!(ran.results.contains("gateway.toml:17:1: ") && ran.results.contains("policies/p.toml:4:1: "));
}

#[test]
fn check_contacts_servers_only_when_asked_to() {
    let lost = Given::new(nobody());
    assert_eq!(lost.run(&["check", "--config", "gateway.toml"]).code, 0);
    let ran = lost.run(&["check", "--config", "gateway.toml", "--connect"]);
    assert_eq!(ran.code, 64);
    assert!(
        ran.results
            .starts_with("gateway.toml:1:1: directory people: ldap://127.0.0.1:"),
        "{ran:?}"
    );
    let there = Given::new(directory()).run(&["check", "--config", "gateway.toml", "--connect"]);
    assert_eq!(there.code, 0, "{there:?}");
    assert!(
        there.results.starts_with("directory people: ldap://127.0.0.1:"),
        "{there:?}"
    );
}

#[test]
fn serve_refuses_a_wrong_configuration_and_wrong_policies_with_64() {
    let given = Given::new(nobody());
    let ran = given.run(&["serve", "--config", "no-such-file.toml"]);
    assert_eq!(ran.code, 64);
    assert!(ran.problems.starts_with("no-such-file.toml:1:1: "));
    given.write("policies/p.toml", "priority = ");
    let ran = given.run(&["serve", "--config", "gateway.toml"]);
    assert_eq!(ran.code, 64);
    assert!(ran.problems.starts_with("policies/p.toml:1:"), "{ran:?}");
    std::fs::remove_file(given.path("policies/p.toml")).unwrap();
    assert_eq!(given.run(&["serve", "--config", "gateway.toml"]).code, 64);
}

#[test]
fn serve_ends_with_1_where_another_program_listens() {
    let given = Given::new(nobody());
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    given.edit(
        "address = \"127.0.0.1:0\"\nroute",
        &format!("address = \"{address}\"\nroute"),
    );
    let ran = given.run(&["serve", "--config", "gateway.toml"]);
    assert_eq!(ran.code, 1);
    assert_eq!(
        ran.problems,
        format!("postern: ldap cannot listen on {address}: another program listens there\n")
    );
}

#[test]
fn policy_test_ends_with_0_1_or_64() {
    let given = Given::new(nobody());
    let test = |state: &str| {
        format!(
            "[[test]]\nname = \"as said\"\ngiven = {{ route = \"*\", state = \"{state}\", proven = \"yes\" }}\nexpect = {{ verdict = \"allow\" }}\n"
        )
    };
    given.write("policies/p_test.toml", &test("active"));
    let ran = given.run(&["policy", "test", "policies"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        ran.results.contains("as said") && ran.results.ends_with("1 passed, 0 failed\n"),
        "{ran:?}"
    );
    given.write("policies/p_test.toml", &test("must_change"));
    let ran = given.run(&["policy", "test", "policies"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.results.contains("policies/p_test.toml:") && ran.results.ends_with("0 passed, 1 failed\n"));
    given.write("policies/p.toml", "priority = \"first\"");
    let ran = given.run(&["policy", "test", "policies"]);
    assert_eq!(ran.code, 64);
    assert!(ran.problems.contains("policies/p.toml:1:"), "{ran:?}");
    assert_eq!(given.run(&["policy", "test", "no-such-folder"]).code, 64);
}

#[test]
fn explain_says_so_where_nobody_may_look() {
    let given = Given::new(nobody());
    let question = [
        "explain",
        "--config",
        "gateway.toml",
        "--route",
        "applications",
        "--user",
        "bob",
    ];
    let ran = given.run(&question);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(
        ran.results
            .contains("account    none: no service account is configured"),
        "{ran:?}"
    );
    assert!(ran.results.contains("a sign-in with a wrong password"));
    assert!(
        ran.results
            .contains("wrong passwords:\n  locked by  wrong password number 5 "),
        "{ran:?}"
    );
    let ran = given.run(&[&question[..], &["--json"]].concat());
    let told: serde_json::Value = serde_json::from_str(&ran.results).unwrap();
    assert_eq!(told["not_found"], "no service account is configured");
    assert_eq!(told["bind"], serde_json::Value::Null);
    assert_eq!(told["bind_with_wrong_password"]["verdict"], "refuse");
    assert_eq!(
        (&told["guard"]["by"], &told["guard"]["total"]),
        (&"policy".into(), &4.into())
    );
    let unknown = [
        "explain",
        "--config",
        "gateway.toml",
        "--route",
        "nowhere",
        "--user",
        "bob",
    ];
    assert_eq!(given.run(&unknown).code, 64);
}

#[test]
fn a_reader_that_went_away_is_no_panic() {
    let given = Given::new(nobody());
    let mut command = given.command(&["check", "--config", "gateway.toml"]);
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = command.stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stderr.is_empty());
}
