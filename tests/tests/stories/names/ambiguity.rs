//! Whoever is not exactly one account: the same octets as a wrong password, for the same work.

use super::{EVERY_FORM, gateway, line_of, settings, sign_in};
use postern_ldap::bind::BindRequest;
use postern_ldap::{MessageId, ResultCode, answer, ber, tag};
use postern_tests::gateway::Output;
use postern_tests::people::{self, PASSWORD};
use postern_tests::puppet::{Act, Puppet};
use postern_tests::{Gateway, GatewaySettings, Slapd, SlapdSettings, eventually, policies, request};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Somebody with the mail address of `active`, and somebody whose login name is the mail address of `expiring`.
fn twins() -> String {
    let person = |uid: &str, mail: &str| {
        format!(
            "dn: uid={uid},ou=people,dc=example,dc=org\nobjectClass: inetOrgPerson\nuid: {uid}\ncn: x\nsn: x\n\
             mail: {mail}\nuserPassword: {PASSWORD}\n\n"
        )
    };
    person("twin", "active@example.org") + &person("expiring@example.org", "other@example.org")
}

#[test]
fn unknown_ambiguous_hostile_and_locked_are_the_octets_of_a_wrong_password_on_every_surface() {
    let slapd = Slapd::start_with(&SlapdSettings {
        ldif: twins(),
        ..SlapdSettings::default()
    });
    for surface in ["text", "ppolicy", "plain"] {
        let gateway = Gateway::start_with(&GatewaySettings {
            policy: Some(policies::like_generic(surface, "")),
            ..settings("generic", &slapd, EVERY_FORM)
        });
        assert_eq!(sign_in(&gateway, "grace@example.org", PASSWORD).1.code, Some(0)); // remembered from now on
        let control = request::password_policy();
        for controls in [&[][..], &[&control[..]]] {
            let ask = |name: &str, password: &str| {
                let mut wire = gateway.client();
                wire.ask(&request::bind(1, name, password, controls)).remove(0)
            };
            let wrong = ask("active", "wrong");
            assert_eq!(wrong.code, Some(49));
            let long = "a".repeat(8_000);
            for (name, password) in [
                ("grace@example.org", "wrong"),
                ("nobody", PASSWORD),
                ("nobody@example.org", "wrong"),
                ("EXAMPLE\\nobody", "wrong"),
                ("OTHER\\active", PASSWORD),
                ("active@example.org", PASSWORD),   // two mail addresses
                ("expiring@example.org", PASSWORD), // a login name and a mail address
                ("locked-by-failures", PASSWORD),
                ("locked-by-administrator@example.org", PASSWORD),
                ("*", PASSWORD),
                ("activ*", PASSWORD),
                (")(uid=active", PASSWORD),
                ("active)(|(uid=*", PASSWORD),
                ("\\61ctive", PASSWORD),
                ("active\\", PASSWORD),
                ("active\n", PASSWORD),
                ("\u{2003}", PASSWORD),
                ("uid=active,ou", PASSWORD),
                (&long, PASSWORD),
            ] {
                assert_eq!(ask(name, password), wrong, "{surface}: {name:.40}");
            }
            // A NUL is broken before anybody is asked, as on every route.
            assert_eq!(ask("active\0", PASSWORD).code, Some(2));
        }
        let line = line_of(&gateway, "active@example.org");
        assert_eq!(line["rule"], "built-in:ambiguous-name", "{line}");
        assert_eq!(
            (&line["outcome"], &line["resolved"]),
            (&"refused".into(), &serde_json::Value::Null)
        );
        assert_eq!(line_of(&gateway, "nobody")["outcome"], "failed");
    }
}

/// A directory in which every name but those with "nobody" in them is one account's, "twins" are two, and no password is right but one.
/// What it is asked is counted by letter: s for a search below the base, b for a bind of a person.
fn counting(asked: &Arc<Mutex<String>>) -> Puppet {
    let asked = Arc::clone(asked);
    let count = move |letter| asked.lock().unwrap().push(letter);
    Puppet::start(move |message, _| match message.operation.tag {
        tag::BIND_REQUEST => {
            let bind = BindRequest::parse(message).unwrap();
            if bind.name.starts_with(b"cn=service") || bind.name.is_empty() {
                return done(message.id, tag::BIND_RESPONSE, ResultCode::SUCCESS);
            }
            count('b');
            let right = matches!(bind.authentication, postern_ldap::bind::Authentication::Simple(password)
                if password == PASSWORD.as_bytes() && bind.name.starts_with(b"uid="));
            let code = if right {
                ResultCode::SUCCESS
            } else {
                ResultCode::INVALID_CREDENTIALS
            };
            done(message.id, tag::BIND_RESPONSE, code)
        }
        tag::SEARCH_REQUEST => {
            let search = postern_ldap::search::SearchRequest::parse(message).unwrap();
            let found = if search.base.is_empty() {
                1
            } else {
                found(search.filter.whole)
            };
            // The guard's one look at everybody, soon after the start, is about nobody who asks.
            let is_the_look = search.filter.whole.windows(14).any(|part| part == b"pwdFailureTime");
            if !search.base.is_empty() && !is_the_look {
                count('s');
            }
            let mut octets: Vec<u8> = (0..found).flat_map(|number| entry(message.id, number)).collect();
            octets.extend(answer::result(
                message.id,
                tag::SEARCH_DONE,
                ResultCode::SUCCESS,
                "",
                &[],
            ));
            Act::Send(octets)
        }
        _ => Act::Nothing,
    })
}

fn done(id: MessageId, response: u8, code: ResultCode) -> Act {
    Act::Send(answer::result(id, response, code, "", &[]))
}

fn found(filter: &[u8]) -> usize {
    let holds = |word: &[u8]| filter.windows(word.len()).any(|part| part == word);
    match (holds(b"nobody") || holds(b"pwdFailureTime"), holds(b"twins")) {
        (true, _) => 0,
        (_, true) => 2,
        _ => 1,
    }
}

fn entry(id: MessageId, number: usize) -> Vec<u8> {
    let mut content = ber::Writer::new();
    content
        .octets(format!("uid=person{number},dc=example,dc=org").as_bytes())
        .element(tag::SEQUENCE, &[]);
    answer::message(id, tag::SEARCH_ENTRY, &content.finish(), &[])
}

#[test]
fn whoever_fails_costs_the_directory_one_search_and_one_bind_whoever_it_is() {
    let asked = Arc::new(Mutex::new(String::new()));
    let puppet = counting(&asked);
    let settings = GatewaySettings {
        // The guard has stories of its own, and would hold some of these.
        policy: Some("priority = 1\n[[policy]]\nroute = \"*\"\n[policy.guard]\nenabled = false\n".to_owned()),
        lanes: "[route.names]\naccept = [\"uid\"]".to_owned(),
        ..GatewaySettings::new("generic", &[puppet.url()])
    };
    let gateway = Gateway::start_unready(&settings, Output::Kept);
    let ask = |name: &str, password: &str| {
        asked.lock().unwrap().clear();
        let answer = sign_in(&gateway, name, password).1;
        let mut letters: Vec<char> = asked.lock().unwrap().chars().collect();
        letters.sort_unstable();
        (answer, letters.into_iter().collect::<String>())
    };
    let (wrong, work) = ask("somebody", "wrong");
    assert_eq!((wrong.code, work.as_str()), (Some(49), "bs"));
    for (name, password) in [
        ("nobody", PASSWORD),
        ("nobody", "wrong"),
        ("twins", PASSWORD),
        ("somebody", "wrong"),
    ] {
        assert_eq!(ask(name, password), (wrong.clone(), "bs".to_owned()), "{name}");
    }
    // Whoever has signed in is remembered: nothing is looked for, until a password is wrong.
    let (right, work) = ask("somebody", PASSWORD);
    assert_eq!((right.code, work.as_str()), (Some(0), "bs"));
    let (right, work) = ask("somebody", PASSWORD);
    assert_eq!((right.code, work.as_str()), (Some(0), "b"));
    assert_eq!(ask("somebody", "wrong"), (wrong, "bs".to_owned()));
    assert_eq!(ask("somebody", PASSWORD).1, "b");
}

#[test]
fn with_the_guard_asking_too_whoever_fails_costs_the_same() {
    let asked = Arc::new(Mutex::new(String::new()));
    let puppet = counting(&asked);
    let settings = GatewaySettings {
        lanes: "[route.names]\naccept = [\"uid\"]".to_owned(),
        ..GatewaySettings::new("generic", &[puppet.url()])
    };
    let gateway = Gateway::start_unready(&settings, Output::Kept);
    eventually("the guard has looked around", Duration::from_secs(20), || {
        gateway
            .output()
            .contains("looked who has wrong passwords")
            .then_some(())
    });
    // The very first attempt tells for how long failures count.
    sign_in(&gateway, "nobody else", "wrong");
    for password in ["wrong", "wrong again", "wrong"] {
        let ask = |name: &str| {
            asked.lock().unwrap().clear();
            let answer = sign_in(&gateway, name, password).1;
            let mut letters: Vec<char> = asked.lock().unwrap().chars().collect();
            letters.sort_unstable();
            (answer, letters.into_iter().collect::<String>())
        };
        let somebody = ask("somebody");
        assert_eq!(somebody.0.code, Some(49));
        for name in ["nobody", "twins"] {
            assert_eq!(ask(name), somebody, "{name}, {password}");
        }
    }
}

#[test]
fn a_password_the_guard_holds_costs_the_same_search_whether_the_name_was_remembered_or_not() {
    let asked = Arc::new(Mutex::new(String::new()));
    let puppet = counting(&asked);
    let settings = GatewaySettings {
        lanes: "[route.names]\naccept = [\"uid\"]".to_owned(),
        ..GatewaySettings::new("generic", &[puppet.url()])
    };
    let gateway = Gateway::start_unready(&settings, Output::Kept);
    assert_eq!(sign_in(&gateway, "somebody", PASSWORD).1.code, Some(0));
    for name in ["somebody", "nobody"] {
        let held = || {
            gateway
                .metrics()
                .sum("postern_guard_held_total", &[("reason", "repeated")])
        };
        assert_eq!(sign_in(&gateway, name, "wrong").1.code, Some(49));
        let before = held();
        asked.lock().unwrap().clear();
        assert_eq!(sign_in(&gateway, name, "wrong").1.code, Some(49));
        assert!(held() > before, "{name} was not held");
        assert_eq!(*asked.lock().unwrap(), "s", "{name}");
    }
    assert_eq!(sign_in(&gateway, "somebody", PASSWORD).1.code, Some(0));
}

#[test]
fn many_at_once_by_the_same_and_by_other_names_each_become_who_they_are() {
    let slapd = Slapd::start_with(&SlapdSettings {
        users: 20,
        ..SlapdSettings::default()
    });
    let gateway = gateway("generic", &slapd, EVERY_FORM);
    let signed_in = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (gateway, signed_in) = (&gateway, &signed_in);
            scope.spawn(move || {
                for number in 1..=20 {
                    let uid = format!("user{:04}", (number * 7 + thread * 5) % 20 + 1);
                    let name = if number % 2 == 0 {
                        uid.clone()
                    } else {
                        format!("{uid}@example.org")
                    };
                    let (mut wire, answer) = sign_in(gateway, &name, PASSWORD);
                    assert_eq!(answer.code, Some(0), "{name}");
                    assert_eq!(super::who(&mut wire, 2), people::dn(&uid));
                    signed_in.fetch_add(1, Ordering::Relaxed);
                    assert_eq!(sign_in(gateway, &name, "wrong").1.code, Some(49), "{name}");
                }
            });
        }
    });
    assert_eq!(signed_in.load(Ordering::Relaxed), 80);
}
