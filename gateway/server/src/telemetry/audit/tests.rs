use super::*;
use crate::telemetry::fields::{AUDIT_FIELDS, RESET_FIELDS};
use postern_identity::audit::{Outcome, Owned, ResetEvent};
use postern_identity::clock::FixedClock;
use postern_identity::reset::ContextId;
use postern_identity::{AccountKey, Authority, DirectoryName, Evidence, Source, Standing, State};
use std::sync::Mutex;

#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, octets: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn must_change() -> Standing {
    Standing {
        state: State::MustChange,
        cause: None,
        warning: None,
        evidence: Evidence {
            source: Source::Bind,
            result_code: Some(0),
            told_by: "ppolicy error 2",
        },
    }
}

fn event<'a>(account: &'a str, standing: &'a Standing) -> Event<'a> {
    Event {
        route: "applications",
        client: Some("127.0.0.1:40000".parse().unwrap()),
        session: 7,
        account,
        resolved: None,
        operation: "bind",
        outcome: Outcome::Refused,
        result_code: 49,
        rule: "default.toml:policy[0].standing.must_change",
        standing: Some((standing, Proven::Yes)),
        server: Some("ldap://127.0.0.1:3890"),
        owned: None,
        generation: 3,
    }
}

fn lines_of(format: LogFormat, events: &[Event<'_>]) -> String {
    let sink = Sink::default();
    let (lines, writer) = super::super::lines::start(Box::new(sink.clone()), Box::new(|_, _| ())).unwrap();
    let clock = FixedClock("2026-11-22T01:02:03.000456Z".parse().unwrap());
    let audit = AuditLog::new(lines, format, Arc::new(clock));
    for event in events {
        audit.record(event);
    }
    writer.close();
    let octets = sink.0.lock().unwrap().clone();
    String::from_utf8(octets).unwrap()
}

#[test]
fn a_json_line_holds_every_documented_field_and_no_other() {
    let standing = must_change();
    let resolved = Event {
        resolved: Some("uid=bob,dc=example,dc=org"),
        owned: Some(Owned {
            authority: &Authority::Provider("sso".into()),
            entry: "uid=erin,dc=example,dc=org",
        }),
        ..event("bob", &standing)
    };
    let line = lines_of(LogFormat::Json, &[resolved]);
    assert_eq!(
        line,
        "{\"time\":\"2026-11-22T01:02:03.000456Z\",\"level\":\"INFO\",\"target\":\"postern::audit\",\"operation\":\"bind\",\
         \"outcome\":\"refused\",\"result_code\":49,\"route\":\"applications\",\
         \"rule\":\"default.toml:policy[0].standing.must_change\",\"generation\":3,\"session\":7,\
         \"client\":\"127.0.0.1:40000\",\"account\":\"bob\",\"resolved\":\"uid=bob,dc=example,dc=org\",\"state\":\"must_change\",\
         \"proven\":\"yes\",\"told_by\":\"ppolicy error 2\",\"directory_code\":0,\"server\":\"ldap://127.0.0.1:3890\",\
         \"owner\":\"provider sso\",\"entry\":\"uid=erin,dc=example,dc=org\"}\n"
    );
    let read: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&line).unwrap();
    let mut written: Vec<&str> = read.keys().map(String::as_str).collect();
    let mut documented: Vec<&str> = AUDIT_FIELDS.iter().map(|field| field.name).collect();
    written.sort_unstable();
    documented.sort_unstable();
    assert_eq!(written, documented);
}

#[test]
fn a_human_line_says_the_same() {
    let standing = must_change();
    let line = lines_of(LogFormat::Human, &[event("uid=bob,dc=example,dc=org", &standing)]);
    assert_eq!(
        line,
        "2026-11-22T01:02:03.000456Z  INFO postern::audit: bind refused result_code=49 route=applications \
         account=uid=bob,dc=example,dc=org state=must_change proven=yes told_by=\"ppolicy error 2\" directory_code=0 \
         rule=default.toml:policy[0].standing.must_change generation=3 session=7 client=127.0.0.1:40000 \
         server=ldap://127.0.0.1:3890\n"
    );
}

#[test]
fn a_hostile_name_stays_in_one_line_and_is_cut() {
    let standing = must_change();
    let hostile = format!("uid=\u{1b}[31m\",\"outcome\":\"allowed\n{}", "é".repeat(1000));
    for format in [LogFormat::Json, LogFormat::Human] {
        let lines = lines_of(format, &[event(&hostile, &standing), event(&hostile, &standing)]);
        assert_eq!(lines.lines().count(), 2);
        assert!(!lines.replace('\n', "").chars().any(char::is_control));
        assert!(lines.len() < 2 * 1100);
    }
    let line = lines_of(LogFormat::Json, &[event(&hostile, &standing)]);
    let read: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(read["outcome"], "refused");
    assert!(read["account"].as_str().unwrap().len() <= 512);
}

#[test]
fn what_is_not_known_is_left_out() {
    let standing = must_change();
    let mut bare = event("", &standing);
    (bare.client, bare.standing, bare.server) = (None, None, None);
    let line = lines_of(LogFormat::Json, &[bare]);
    for absent in ["client", "state", "proven", "server"] {
        assert!(!line.contains(&format!("\"{absent}\"")), "{absent}");
    }
    assert!(line.contains("\"account\":\"\""));
}

#[test]
fn a_notice_is_one_line_of_its_own_target_in_both_formats() {
    let notice = Notice {
        route: "mail",
        session: 7,
        account: "uid=grace\n,dc=example",
        state: State::ExpiredGrace { left: 2 },
        rule: "dovecot.toml:policy[0].standing.expired_grace.verdict",
        generation: 3,
    };
    let line = |format| {
        let sink = Sink::default();
        let (lines, writer) = super::super::lines::start(Box::new(sink.clone()), Box::new(|_, _| ())).unwrap();
        let clock = FixedClock("2026-11-22T01:02:03.000456Z".parse().unwrap());
        AuditLog::new(lines, format, Arc::new(clock)).notice(&notice);
        writer.close();
        let octets = sink.0.lock().unwrap().clone();
        String::from_utf8(octets).unwrap()
    };
    assert_eq!(
        line(LogFormat::Json),
        "{\"time\":\"2026-11-22T01:02:03.000456Z\",\"level\":\"INFO\",\"target\":\"postern::notice\",\
         \"message\":\"a notice is due\",\"route\":\"mail\",\
         \"rule\":\"dovecot.toml:policy[0].standing.expired_grace.verdict\",\"generation\":3,\"session\":7,\
         \"account\":\"uid=grace\\n,dc=example\",\"state\":\"expired_grace\",\"grace_left\":2}\n"
    );
    assert_eq!(
        line(LogFormat::Human),
        "2026-11-22T01:02:03.000456Z  INFO postern::notice: a notice is due route=mail account=\"uid=grace\\n,dc=example\" \
         state=expired_grace grace_left=2 rule=dovecot.toml:policy[0].standing.expired_grace.verdict generation=3 session=7\n"
    );
}

fn step<'a>(account: &'a AccountKey, authority: &'a Authority) -> ResetEvent<'a> {
    ResetEvent {
        name: "reset.executed",
        outcome: Outcome::Allowed,
        context: Some(ContextId([0x5a; 16])),
        route: "applications",
        action: "reset",
        client: Some("::ffff:192.0.2.7".parse().unwrap()),
        token: Some("desk"),
        account: Some(account),
        entry: Some("uid=bob,dc=example,dc=org"),
        identifier: Some("00ff"),
        factor: Some("mail"),
        reason: Some("asked \"twice\"\n"),
        rule: Some("default.toml:self_service[0]"),
        authority: Some(authority),
        generation: 3,
    }
}

fn lines_of_steps(format: LogFormat, events: &[ResetEvent<'_>]) -> String {
    let sink = Sink::default();
    let (lines, writer) = super::super::lines::start(Box::new(sink.clone()), Box::new(|_, _| ())).unwrap();
    let clock = FixedClock("2026-11-22T01:02:03.000456Z".parse().unwrap());
    let audit = AuditLog::new(lines, format, Arc::new(clock));
    for event in events {
        audit.reset(event);
    }
    writer.close();
    let octets = sink.0.lock().unwrap().clone();
    String::from_utf8(octets).unwrap()
}

#[test]
fn a_step_of_self_service_holds_every_documented_field_and_no_other() {
    let account = AccountKey {
        directory: DirectoryName("people".into()),
        id: "0000-1111".into(),
    };
    let authority = Authority::Local(account.directory.clone());
    let whole = step(&account, &authority);
    let bare = ResetEvent {
        context: None,
        client: None,
        token: None,
        account: None,
        entry: None,
        identifier: None,
        factor: None,
        reason: None,
        rule: None,
        authority: None,
        ..whole
    };
    let told = lines_of_steps(LogFormat::Json, &[whole, bare]);
    let read: Vec<serde_json::Map<String, serde_json::Value>> =
        told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for (line, all) in read.iter().zip([true, false]) {
        let documented = RESET_FIELDS.iter().filter(|field| all || field.always);
        let documented: std::collections::BTreeSet<&str> = documented.map(|field| field.name).collect();
        assert_eq!(
            line.keys()
                .map(String::as_str)
                .collect::<std::collections::BTreeSet<_>>(),
            documented
        );
    }
    assert_eq!(read[0]["client"], "192.0.2.7");
    assert_eq!(read[0]["context"], ContextId([0x5a; 16]).to_string());
    assert_eq!(
        lines_of_steps(LogFormat::Human, &[bare]),
        "2026-11-22T01:02:03.000456Z  INFO postern::audit: reset.executed allowed route=applications action=reset generation=3\n"
    );
}
