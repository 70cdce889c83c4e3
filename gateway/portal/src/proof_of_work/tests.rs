use super::*;
use std::sync::atomic::{AtomicU64, Ordering};

struct Counting(AtomicU64);

impl Chance for Counting {
    fn fill(&self, octets: &mut [u8]) -> bool {
        let number = self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        for (octet, number) in octets.iter_mut().zip(number) {
            *octet = number;
        }
        true
    }
}

fn proofs() -> Proofs {
    let settings = ProofSettings {
        bits: 8,
        free_per_network: 0,
        wait: Duration::from_secs(10),
        waits_per_network: 3,
    };
    Proofs::new(settings, &Secret::new([7; 32]), Arc::new(Counting(AtomicU64::new(0))))
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + second).unwrap()
}

fn client() -> IpAddr {
    "192.0.2.1".parse().unwrap()
}

/// As the script does it.
fn solve(challenge: &str, name: &str, bits: u32) -> String {
    let numbers = (0..1_000_000_u32).map(|number| number.to_string());
    numbers
        .into_iter()
        .find(|number| bits_of(challenge, name, number) >= bits)
        .unwrap()
}

fn bits_of(challenge: &str, name: &str, number: &str) -> u32 {
    zero_bits(digest::digest(&digest::SHA256, format!("{challenge}:{name}:{number}").as_bytes()).as_ref())
}

fn worked<'a>(form: &'a str, name: &'a str, challenge: &'a str, answer: &'a str) -> Sent<'a> {
    Sent {
        form,
        name,
        challenge: Some(challenge),
        answer: Some(answer),
        ticket: None,
    }
}

fn enough(proofs: &Proofs, sent: Sent<'_>, now: i64) -> bool {
    proofs.check(sent, client(), at(now)) == Shown::Enough
}

#[test]
fn the_work_is_enough_once() {
    let proofs = proofs();
    let challenge = proofs.challenge("form", at(0)).unwrap();
    let answer = solve(&challenge, "bob", 8);
    let sent = worked("form", "bob", &challenge, &answer);
    assert!(enough(&proofs, sent, 5));
    assert!(!enough(&proofs, sent, 6));
}

#[test]
fn the_work_holds_for_its_form_its_name_and_its_time_alone() {
    let proofs = proofs();
    let challenge = proofs.challenge("form", at(0)).unwrap();
    let answer = solve(&challenge, "bob", 8);
    assert!(!enough(&proofs, worked("another", "bob", &challenge, &answer), 5));
    // The number found for one name is none for another, save by chance: the first for which it is not.
    let another = ["alice", "carol", "dave"]
        .into_iter()
        .find(|name| bits_of(&challenge, name, &answer) < 8)
        .unwrap();
    assert!(!enough(&proofs, worked("form", another, &challenge, &answer), 5));
    assert!(!enough(&proofs, worked("form", "bob", &challenge, &answer), HOLDS));
    assert!(enough(&proofs, worked("form", "bob", &challenge, &answer), HOLDS - 1));
}

#[test]
fn what_was_tampered_with_is_not_enough() {
    let proofs = proofs();
    let challenge = proofs.challenge("form", at(0)).unwrap();
    let answer = solve(&challenge, "bob", 8);
    for answer in ["", "-1", "0x1", " 1", "99999999999999", "x"] {
        assert!(
            !proofs.worked(worked("form", "bob", &challenge, answer), at(1)),
            "{answer}"
        );
    }
    for tampered in ["", ".", "a.b", &challenge[1..], &format!("B{}", &challenge[1..])] {
        let answer = solve(tampered, "bob", 8);
        assert!(
            !proofs.worked(worked("form", "bob", tampered, &answer), at(1)),
            "{tampered}"
        );
    }
    // Another node with another key, and a ticket in the place of a challenge.
    let other = Proofs::new(
        proofs.settings,
        &Secret::new([8; 32]),
        Arc::new(Counting(AtomicU64::new(0))),
    );
    assert!(!other.worked(worked("form", "bob", &challenge, &answer), at(1)));
    let Shown::Wait { ticket, .. } = proofs.check(worked("form", "bob", "", ""), client(), at(1)) else {
        panic!()
    };
    assert!(!proofs.worked(worked("form", "bob", &ticket, &solve(&ticket, "bob", 8)), at(1)));
}

fn waited<'a>(name: &'a str, ticket: Option<&'a str>) -> Sent<'a> {
    Sent {
        form: "form",
        name,
        challenge: None,
        answer: None,
        ticket,
    }
}

#[test]
fn without_a_script_a_wait_is_enough_once() {
    let proofs = proofs();
    let Shown::Wait { ticket, seconds: 10 } = proofs.check(waited("bob", None), client(), at(0)) else {
        panic!()
    };
    assert_eq!(
        proofs.check(waited("bob", Some(&ticket)), client(), at(4)),
        Shown::Wait {
            ticket: ticket.clone(),
            seconds: 6
        }
    );
    assert!(
        !enough(&proofs, waited("alice", Some(&ticket)), 20),
        "it is for one name"
    );
    assert!(enough(&proofs, waited("bob", Some(&ticket)), 10));
    assert!(!enough(&proofs, waited("bob", Some(&ticket)), 11), "and for one use");
}

#[test]
fn a_network_waits_only_so_often() {
    let proofs = proofs();
    for second in 0..3 {
        assert!(matches!(
            proofs.check(waited("bob", None), client(), at(second)),
            Shown::Wait { .. }
        ));
    }
    assert_eq!(
        proofs.check(waited("bob", None), client(), at(60)),
        Shown::TooMany {
            after: Duration::from_mins(59)
        }
    );
    assert!(matches!(
        proofs.check(waited("bob", None), "192.0.2.2".parse().unwrap(), at(60)),
        Shown::Wait { .. }
    ));
}

#[test]
fn the_first_few_of_a_network_go_on_as_they_are() {
    let settings = ProofSettings {
        free_per_network: 2,
        ..proofs().settings
    };
    let proofs = Proofs::new(settings, &Secret::new([7; 32]), Arc::new(Counting(AtomicU64::new(0))));
    assert!(enough(&proofs, waited("bob", None), 0));
    assert!(enough(&proofs, waited("alice", None), 1));
    assert!(!enough(&proofs, waited("carol", None), 2));
    let another = "198.51.100.1".parse().unwrap();
    assert_eq!(proofs.check(waited("carol", None), another, at(2)), Shown::Enough);
    assert!(enough(&proofs, waited("carol", None), 3_600), "an hour later");
}

#[test]
fn where_no_work_is_asked_for_none_is_needed() {
    let settings = ProofSettings {
        bits: 0,
        ..ProofSettings::default()
    };
    let proofs = Proofs::new(settings, &Secret::new([7; 32]), Arc::new(Counting(AtomicU64::new(0))));
    assert!(enough(&proofs, waited("bob", None), 0));
}
