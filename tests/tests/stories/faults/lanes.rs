//! Lanes that are given from session to session: replaced when they die, clean when they are handed on.

use super::{entries, is_read, serves, sign_in};
use postern_ldap::control::paged::PagedResults;
use postern_ldap::{oid, tag};
use postern_tests::people::{self, BASE, PASSWORD};
use postern_tests::request::{self, Scope};
use postern_tests::{Gateway, GatewaySettings, Slapd, SlapdSettings, Wire, eventually};
use std::collections::BTreeSet;
use std::time::Duration;

const USERS: usize = 30;

fn crowded() -> Slapd {
    Slapd::start_with(&SlapdSettings {
        users: USERS,
        ..SlapdSettings::default()
    })
}

#[test]
fn a_lane_whose_server_was_restarted_between_two_binds_is_replaced_and_no_client_notices() {
    let mut slapd = Slapd::start();
    let gateway = Gateway::start("generic", &slapd);
    let mut staying = gateway.client();
    for round in 1..=3 {
        // Several lanes wait in the pool, and one client stays that is nobody after a wrong password.
        let wires: Vec<Wire> = (0..4).map(|_| sign_in(&gateway, "active").0).collect();
        for mut wire in wires {
            wire.send(&request::unbind(2));
            wire.expect_closed();
        }
        assert_eq!(staying.bind(round * 10, &people::dn("nobody"), "wrong").code, Some(49));
        eventually("lanes wait", Duration::from_secs(5), || {
            (idle_lanes(&gateway) >= 4.0).then_some(())
        });
        slapd.restart();
        assert_eq!(
            staying.bind(round * 10 + 1, &people::dn("active"), PASSWORD).code,
            Some(0),
            "round {round}"
        );
        assert_eq!(entries(&mut staying, round * 10 + 2, "active"), 1, "round {round}");
        let mut anonymous = gateway.client();
        assert_eq!(entries(&mut anonymous, 1, "active"), 1, "round {round}: a search first");
        assert_eq!(sign_in(&gateway, "active").1.code, Some(0), "round {round}");
    }
}

#[test]
fn a_server_that_closes_idle_lanes_is_noticed_by_nobody() {
    let slapd = Slapd::start_with(&SlapdSettings {
        global: "idletimeout 1".to_owned(),
        ..SlapdSettings::default()
    });
    let gateway = Gateway::start("generic", &slapd);
    for _ in 0..3 {
        let (mut wire, answer) = sign_in(&gateway, "active");
        assert_eq!(answer.code, Some(0));
        wire.send(&request::unbind(2));
        wire.expect_closed();
        eventually("slapd has closed the lane", Duration::from_secs(20), || {
            (idle_lanes(&gateway) < 1.0).then_some(())
        });
        assert_eq!(entries(&mut gateway.client(), 1, "active"), 1);
    }
}

#[test]
fn whoever_is_refused_for_an_expired_password_is_nobody_though_slapd_leaves_its_connection_signed_in() {
    let slapd = Slapd::start();
    let name = people::dn("expired");
    let who_am_i = |wire: &mut Wire| {
        assert_eq!(wire.bind(1, &name, PASSWORD).code, Some(49));
        let answer = wire.ask(&request::who_am_i(2)).remove(0);
        assert_eq!(answer.code, Some(0));
        let own = format!("dn:{name}");
        answer.octets.windows(own.len()).any(|part| part == own.as_bytes())
    };
    assert!(who_am_i(&mut Wire::connect(slapd.address())), "slapd has become better");
    for (preset, lanes) in [
        ("generic", ""),
        ("sssd", ""),
        ("transparent", ""),
        ("generic", "mode = \"dedicated\""),
    ] {
        let gateway = Gateway::start_with(&GatewaySettings {
            lanes: lanes.to_owned(),
            ..GatewaySettings::new(preset, &[slapd.url()])
        });
        let mut wire = gateway.client();
        assert!(!who_am_i(&mut wire), "{preset} {lanes}: signed in after a refusal");
        let change = request::password_modify(3, Some(&name), Some(PASSWORD), Some("new-secret-1234"), &[]);
        let changed = wire.ask(&change).remove(0);
        assert_ne!(changed.code, Some(0), "{preset} {lanes}: changed after a refusal");
        assert_eq!(
            wire.bind(4, &name, "new-secret-1234").code,
            Some(49),
            "{preset} {lanes}"
        );
    }
}

#[test]
fn a_lane_carries_nobodys_rights_to_the_next_session() {
    let slapd = Slapd::start();
    // One lane at most, so that every session gets the same.
    let gateway = Gateway::start_with(&GatewaySettings {
        lanes: "max = 1\nidle = 1".to_owned(),
        server: "workers = 1".to_owned(),
        ..GatewaySettings::new("generic", &[slapd.url()])
    });
    for round in 0..4 {
        let (mut wire, _) = sign_in(&gateway, "active");
        let answer = wire.ask(&request::who_am_i(2)).remove(0);
        assert!(
            answer.rest.ends_with(people::dn("active").as_bytes()),
            "round {round}: {answer:?}"
        );
        wire.send(&request::unbind(3));
        wire.expect_closed();
        let mut next = gateway.client();
        let answer = next.ask(&request::who_am_i(1)).remove(0);
        assert_eq!(
            answer.rest,
            [0x8b, 0],
            "round {round}: an anonymous session is nobody: {answer:?}"
        );
        // A failed bind after a good one leaves nobody, on the same connection too.
        assert_eq!(next.bind(2, &people::dn("young"), PASSWORD).code, Some(0));
        assert_eq!(next.bind(3, &people::dn("nobody"), "wrong").code, Some(49));
        let answer = next.ask(&request::who_am_i(4)).remove(0);
        assert_eq!(answer.rest, [0x8b, 0], "round {round}: {answer:?}");
    }
}

#[test]
fn two_sessions_page_through_everybody_on_recycled_lanes() {
    let slapd = crowded();
    let gateway = Gateway::start("generic", &slapd);
    // Lanes that have served others wait in the pool.
    drop((0..3).map(|_| sign_in(&gateway, "active")).collect::<Vec<_>>());
    let mut one = Pager::new(&gateway, "active", 4);
    let mut other = Pager::new(&gateway, "young", 7);
    let mut going = true;
    while going {
        let first = one.turn();
        going = other.turn() || first;
    }
    let everybody: BTreeSet<String> = (1..=USERS)
        .map(|number| people::dn(&format!("user{number:04}")))
        .collect();
    assert_eq!(one.found, everybody);
    assert_eq!(other.found, everybody);
}

#[test]
fn a_session_that_leaves_in_the_middle_of_its_pages_spoils_nothing_for_the_next() {
    let slapd = crowded();
    let gateway = Gateway::start("generic", &slapd);
    for _ in 0..3 {
        let mut leaver = Pager::new(&gateway, "active", 4);
        assert!(leaver.turn());
        leaver.wire.send(&request::unbind(99));
        leaver.wire.expect_closed();
        let mut pager = Pager::new(&gateway, "young", 4);
        while pager.turn() {}
        assert_eq!(pager.found.len(), USERS);
    }
}

#[test]
fn a_cookie_of_one_session_is_worth_nothing_in_another() {
    let slapd = crowded();
    let gateway = Gateway::start("generic", &slapd);
    let mut one = Pager::new(&gateway, "active", 4);
    assert!(one.turn());
    let mut thief = Pager::new(&gateway, "young", 4);
    thief.cookie.clone_from(&one.cookie);
    let answers = thief.ask();
    assert_ne!(answers[answers.len() - 1].code, Some(0), "{answers:?}");
    assert_eq!(answers.len(), 1, "and no entry");
    while one.turn() {}
    assert_eq!(one.found.len(), USERS);
}

#[test]
fn an_abandoned_search_is_never_answered_and_the_session_goes_on() {
    let slapd = crowded();
    let gateway = Gateway::start("generic", &slapd);
    let (mut wire, _) = sign_in(&gateway, "active");
    for round in 0..5 {
        let id = 10 * (round + 1);
        slapd.freeze();
        wire.send(&request::search(id, BASE, Scope::Subtree, "objectClass", &["cn"], &[]));
        wire.send(&request::abandon(id + 1, id));
        is_read(&mut wire, id + 2);
        slapd.thaw();
        // `ask` takes no answer to any other message.
        assert_eq!(wire.ask(&request::who_am_i(id + 3))[0].code, Some(0), "round {round}");
        assert_eq!(entries(&mut wire, id + 4, "active"), 1, "round {round}");
    }
    // What was given up does not go to somebody else either.
    slapd.freeze();
    wire.send(&request::search(70, BASE, Scope::Subtree, "objectClass", &["cn"], &[]));
    wire.send(&request::abandon(71, 70));
    wire.send(&request::unbind(72));
    wire.expect_closed();
    slapd.thaw();
    for _ in 0..5 {
        serves(&gateway);
    }
}

#[test]
fn a_cancelled_search_has_its_answer_and_so_has_the_cancel() {
    let slapd = crowded();
    let gateway = Gateway::start("generic", &slapd);
    let (mut wire, _) = sign_in(&gateway, "active");
    for round in 0..5 {
        let id = 10 * (round + 1);
        slapd.freeze();
        wire.send(&request::search(id, BASE, Scope::Subtree, "objectClass", &["cn"], &[]));
        wire.send(&request::cancel(id + 1, id));
        is_read(&mut wire, id + 2);
        slapd.thaw();
        let (mut search, mut cancel) = (None, None);
        while search.is_none() || cancel.is_none() {
            let answer = wire.answer();
            match (answer.id, answer.operation) {
                (got, tag::SEARCH_ENTRY) if got == id => {}
                (got, tag::SEARCH_DONE) if got == id => search = answer.code,
                (got, tag::EXTENDED_RESPONSE) if got == id + 1 => cancel = answer.code,
                _ => panic!("round {round}: {answer:?}"),
            }
        }
        // Either it came in time (RFC 3909 §2.1: 118 to the search, 0 to the cancel), or too late.
        let pair = (search.unwrap(), cancel.unwrap());
        assert!(matches!(pair, (118, 0) | (0, 119..=121)), "round {round}: {pair:?}");
        assert_eq!(entries(&mut wire, id + 3, "active"), 1, "round {round}");
    }
}

/// A connection that reads all people page by page.
struct Pager {
    wire: Wire,
    size: u32,
    id: u32,
    cookie: Vec<u8>,
    found: BTreeSet<String>,
}

impl Pager {
    fn new(gateway: &Gateway, uid: &str, size: u32) -> Self {
        let (wire, answer) = sign_in(gateway, uid);
        assert_eq!(answer.code, Some(0), "{answer:?}");
        Self {
            wire,
            size,
            id: 1,
            cookie: Vec::new(),
            found: BTreeSet::new(),
        }
    }

    fn ask(&mut self) -> Vec<postern_tests::Answer> {
        self.id += 1;
        // (uid=user*)
        let filter = [
            &[0xa4, 0x0d, 0x04, 0x03][..],
            b"uid",
            &[0x30, 0x06, 0x80, 0x04],
            b"user",
        ]
        .concat();
        let control = request::paged(self.size, &self.cookie);
        self.wire.ask(&request::search_with(
            self.id,
            BASE,
            Scope::Subtree,
            &filter,
            &["uid"],
            &[&control],
        ))
    }

    /// Reads one page; false at the end.
    fn turn(&mut self) -> bool {
        if self.id > 1 && self.cookie.is_empty() {
            return false;
        }
        let answers = self.ask();
        let (done, entries) = answers.split_last().unwrap();
        assert_eq!(done.code, Some(0), "{done:?}");
        assert!(entries.len() <= self.size as usize);
        for entry in entries {
            assert!(self.found.insert(name_of(entry)), "an entry twice");
        }
        let value = done.control(oid::PAGED_RESULTS).expect("a paged results control");
        self.cookie = PagedResults::parse(value).unwrap().cookie.to_vec();
        !self.cookie.is_empty()
    }
}

fn name_of(entry: &postern_tests::Answer) -> String {
    let message = postern_ldap::Message::parse(&entry.octets).unwrap();
    let parsed = postern_ldap::entry::SearchEntry::parse(&message).unwrap();
    String::from_utf8_lossy(parsed.dn).into_owned()
}

fn idle_lanes(gateway: &Gateway) -> f64 {
    gateway.metrics().sum("postern_ldap_lanes_idle", &[])
}
