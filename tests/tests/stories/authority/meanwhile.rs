//! What happens while a password is written: other rules, another entry, another client.

use super::*;
use postern_ldap::{control, filter};
use postern_tests::request::Change;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

const NEW: &str = "another-secret-5678";

#[test]
fn a_reload_holds_for_sessions_that_are_signed_in_already() {
    let slapd = slapd();
    let gateway = gateway(&slapd, "text", "");
    let mut desk = signed_in(&gateway, DESK);
    let change = |id, password| request::password_modify(id, Some(&name("erin")), None, Some(password), &[]);
    assert_eq!(desk.ask(&change(2, NEW)).remove(0).code, Some(0));
    gateway.write_policy("policy.toml", &policy("text", RULES));
    let before = dump(&slapd);
    assert_eq!(desk.ask(&change(3, PASSWORD)).remove(0).code, Some(53));
    assert!(before == dump(&slapd));
    gateway.write_policy("policy.toml", &policy("text", ""));
    assert_eq!(desk.ask(&change(4, "a-third-secret-9")).remove(0).code, Some(0));
}

#[test]
fn leave_for_a_request_that_the_guard_held_is_no_other_requests() {
    let slapd = slapd();
    let gateway = gateway(&slapd, "text", RULES);
    let mut desk = signed_in(&gateway, DESK);
    let guess = request::password_modify(5, Some(&dn("user0007")), Some("wrong"), Some(NEW), &[]);
    for _ in 0..2 {
        assert_ne!(desk.ask(&guess).remove(0).code, Some(0));
    }
    let held = |line: &serde_json::Value| line["rule"] == "built-in:guard-repeated";
    postern_tests::eventually("the second guess is held", Duration::from_secs(5), || {
        gateway.audit().iter().any(held).then_some(())
    });
    let before = dump(&slapd);
    let theirs = request::password_modify(5, Some(&name("erin")), None, Some(NEW), &[]);
    assert_eq!(desk.ask(&theirs).remove(0).code, Some(53));
    assert!(before == dump(&slapd), "a provider's password was written");
}

/// One client changes passwords as fast as it can while another marks and unmarks the account in the directory itself. At the moment the
/// directory wrote, the account was not marked: that is what an assertion is for.
#[test]
fn an_entry_that_changes_in_between_is_not_written() {
    let slapd = slapd();
    let gateway = gateway(&slapd, "text", RULES);
    let target = dn("user0007");
    // A password is written together with the mark as the directory sees it: the history of the entry tells.
    // Both ways of it are to be seen, however the machine is busy.
    let both_seen = Arc::new(AtomicBool::new(false));
    let marker = {
        let (address, target) = (slapd.address(), target.clone());
        let both_seen = Arc::clone(&both_seen);
        thread::spawn(move || {
            let mut wire = Wire::connect(address);
            assert_eq!(wire.bind(1, ADMINISTRATOR, ADMINISTRATOR_PASSWORD).code, Some(0));
            let mut written_while_marked = 0;
            for id in 1..30_000 {
                if id > 300 && both_seen.load(Ordering::Relaxed) {
                    break;
                }
                let mark: &[&str] = &["sso"];
                let on = request::modify(2 * id, &target, &[(Change::Replace, "employeeType", mark)], &[]);
                assert_eq!(wire.ask(&on).remove(0).code, Some(0));
                let read = |wire: &mut Wire, id| {
                    let search = request::search(id, &target, Scope::Base, "objectClass", &["userPassword"], &[]);
                    wire.ask(&search).remove(0).octets[8..].to_vec()
                };
                // Marked all this time: whatever the password is now, it stays.
                let before = read(&mut wire, 5000 + 2 * id);
                thread::yield_now();
                let after = read(&mut wire, 5000 + 2 * id);
                written_while_marked += u32::from(before != after);
                let off = request::modify(2 * id + 1, &target, &[(Change::Replace, "employeeType", &[])], &[]);
                assert_eq!(wire.ask(&off).remove(0).code, Some(0));
            }
            written_while_marked
        })
    };
    let mut wire = signed_in(&gateway, TOOL);
    let (mut done, mut refused) = (0, 0);
    let mut id = 10;
    while !marker.is_finished() {
        id += 1;
        let password = format!("another-secret-{id:05}");
        let change = request::modify(id, &target, &[(Change::Replace, "userPassword", &[&password])], &[]);
        match wire.ask(&change).remove(0).code {
            Some(0) => done += 1,
            Some(50) => refused += 1,
            other => panic!("{other:?}"),
        }
        both_seen.store(done > 0 && refused > 0, Ordering::Relaxed);
    }
    assert_eq!(
        marker.join().unwrap(),
        0,
        "a password was written while the account was marked"
    );
    assert!(done > 0 && refused > 0, "{done} {refused}");
}

#[test]
fn two_at_once_and_many_in_one_write_are_each_answered_rightly() {
    let slapd = slapd();
    let gateway = gateway(&slapd, "text", RULES);
    let before: Vec<_> = dump(&slapd);
    let clients: Vec<_> = (0..4)
        .map(|number: u32| {
            let mut wire = signed_in(&gateway, DESK);
            thread::spawn(move || {
                let mut all = Vec::new();
                for id in 0..20_u32 {
                    // Every second one is somebody else's.
                    let uid = if id % 2 == 0 {
                        "erin".to_owned()
                    } else {
                        format!("user{:04}", 10 + number)
                    };
                    let password = format!("another-secret-{id:05}");
                    all.extend(request::modify(
                        100 + 2 * id,
                        &name(&uid),
                        &[(Change::Replace, "userPassword", &[&password])],
                        &[],
                    ));
                    all.extend(request::who_am_i(101 + 2 * id));
                }
                wire.send(&all);
                for _ in 0..40 {
                    let answer = wire.answer();
                    let id = answer.id - 100;
                    let wanted = match (id % 2, (id / 2) % 2) {
                        (0, 0) => Some(53),
                        _ => Some(0),
                    };
                    assert_eq!(answer.code, wanted, "{id}: {answer:?}");
                }
            })
        })
        .collect();
    for client in clients {
        client.join().unwrap();
    }
    let erin = |dump: &[Vec<u8>]| {
        let entry = dump
            .iter()
            .find(|entry| entry.windows(8).any(|part| part == b"uid=erin"));
        entry.cloned().unwrap()
    };
    assert_eq!(erin(&before), erin(&dump(&slapd)));
}

#[test]
fn a_client_without_the_right_to_see_what_rules_read_may_still_change_its_own_password() {
    // slapd holds an assertion to the rights of whoever asks: what they may not see is no reason to refuse them.
    let slapd = Slapd::start_with(&SlapdSettings {
        database: format!(
            "access to attrs=employeeType by dn.exact=\"{SERVICE}\" read by * none
access to attrs=userPassword by self write by dn.exact=\"{}\" write by dn.exact=\"{SERVICE}\" read by anonymous auth by * none",
            dn("user0003")
        ),
        ldif: people::account("erin", "active", &["employeeType: sso"]),
        users: 3,
        ..SlapdSettings::default()
    });
    let rules = "
[[authority]]
name = \"marked\"
route = \"*\"
owner = \"provider\"
provider = \"example-sso\"
when.attribute = { name = \"employeeType\", value = \"sso\" }

[[authority]]
name = \"everybody-else\"
route = \"*\"
owner = \"local\"
";
    let gateway = gateway(&slapd, "text", rules);
    for (uid, code) in [("user0001", 0), ("erin", 53)] {
        let mut wire = signed_in(&gateway, &dn(uid));
        let change = request::modify(7, &dn(uid), &[(Change::Replace, "userPassword", &[NEW])], &[]);
        let answer = wire.ask(&change).remove(0);
        assert_eq!(answer.code, Some(code), "{uid}: {answer:?}");
        let again = request::who_am_i(8);
        assert_eq!(wire.ask(&again).remove(0).code, Some(0));
    }
    // Two at once keep each other from being looked at alone, and each has its end all the same.
    let mut wire = signed_in(&gateway, &dn("user0003"));
    let changes = [(20, "user0001"), (21, "user0002"), (22, "erin")].map(|(id, uid)| {
        let password = format!("another-secret-{id}");
        request::modify(id, &dn(uid), &[(Change::Replace, "userPassword", &[&password])], &[])
    });
    wire.send(&changes.concat());
    for _ in 0..3 {
        let answer = wire.answer();
        let fits = match answer.id {
            20 | 21 => matches!(answer.code, Some(0 | 52)),
            _ => answer.code == Some(50),
        };
        assert!(fits, "{answer:?}");
    }
    let alone = request::modify(
        20,
        &dn("user0001"),
        &[(Change::Replace, "userPassword", &["a-last-secret-1"])],
        &[],
    );
    assert_eq!(wire.ask(&alone).remove(0).code, Some(0), "the same number once more");
}

#[test]
fn a_clients_own_assertion_that_fails_is_told_as_that_and_sent_once() {
    let slapd = slapd();
    let gateway = gateway(&slapd, "text", RULES);
    let mut desk = signed_in(&gateway, DESK);
    for (id, value, code) in [(30, "user0008", 0), (31, "somebody", 122)] {
        let own = control::assertion::control(&filter::equality(b"uid", value.as_bytes()));
        let new = format!("another-secret-{id}");
        let change = [(Change::Replace, "userPassword", &[&*new][..])];
        let answer = desk
            .ask(&request::modify(id, &dn("user0008"), &change, &[&own]))
            .remove(0);
        assert_eq!(answer.code, Some(code), "{value}: {answer:?}");
    }
}
