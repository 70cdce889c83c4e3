use super::*;
use std::collections::HashSet;
use std::future::Future;
use std::pin::Pin;
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

/// What all nodes know of together. `away`: nobody can ask.
#[derive(Default)]
struct Shared {
    used: Mutex<HashSet<[u8; 32]>>,
    away: std::sync::atomic::AtomicBool,
}

impl Uses for Shared {
    fn first<'a>(
        &'a self,
        name: &'a [u8; 32],
        _: Timestamp,
    ) -> Pin<Box<dyn Future<Output = Option<bool>> + Send + 'a>> {
        let first = self.used.lock().unwrap().insert(*name);
        let told = (!self.away.load(Ordering::Relaxed)).then_some(first);
        Box::pin(std::future::ready(told))
    }
}

fn node(settings: ProofSettings, secret: u8, uses: &Arc<Shared>) -> Proofs {
    let chance = Arc::new(Counting(AtomicU64::new(0)));
    Proofs::new(settings, &Secret::new([secret; 32]), chance, Arc::clone(uses) as _)
}

fn proofs() -> Proofs {
    proofs_with(usual())
}

fn proofs_with(settings: ProofSettings) -> Proofs {
    node(settings, 7, &Arc::default())
}

fn usual() -> ProofSettings {
    ProofSettings {
        bits: 8,
        free_per_network: 0,
        wait: Duration::from_secs(10),
        waits_per_network: 3,
    }
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

async fn enough(proofs: &Proofs, sent: Sent<'_>, now: i64) -> bool {
    proofs.check(sent, client(), at(now)).await == Shown::Enough
}

#[tokio::test]
async fn the_work_is_enough_once() {
    let proofs = proofs();
    let challenge = proofs.challenge("form", at(0)).unwrap();
    let answer = solve(&challenge, "bob", 8);
    let sent = worked("form", "bob", &challenge, &answer);
    assert!(enough(&proofs, sent, 5).await);
    assert!(!enough(&proofs, sent, 6).await);
}

#[tokio::test]
async fn the_work_and_the_wait_are_enough_once_on_all_nodes_together() {
    let uses = Arc::new(Shared::default());
    let nodes = [node(usual(), 7, &uses), node(usual(), 7, &uses)];
    let [one, other] = &nodes;
    let challenge = one.challenge("form", at(0)).unwrap();
    let answer = solve(&challenge, "bob", 8);
    let sent = worked("form", "bob", &challenge, &answer);
    // Shown to the other, which did not make it; then to both again.
    assert!(enough(other, sent, 5).await);
    for node in &nodes {
        assert!(!enough(node, sent, 6).await);
    }
    let Shown::Wait { ticket, .. } = one.check(waited("bob", None), client(), at(10)).await else {
        panic!()
    };
    assert!(enough(one, waited("bob", Some(&ticket)), 20).await);
    assert!(!enough(other, waited("bob", Some(&ticket)), 21).await);
    // Where nobody can tell it is not taken, and nobody waits for nothing.
    let challenge = one.challenge("form", at(30)).unwrap();
    let answer = solve(&challenge, "bob", 8);
    uses.away.store(true, Ordering::Relaxed);
    let told = one
        .check(worked("form", "bob", &challenge, &answer), client(), at(31))
        .await;
    assert_eq!(told, Shown::Unavailable);
}

#[tokio::test]
async fn the_work_holds_for_its_form_its_name_and_its_time_alone() {
    let proofs = proofs();
    let challenge = proofs.challenge("form", at(0)).unwrap();
    let answer = solve(&challenge, "bob", 8);
    assert!(!enough(&proofs, worked("another", "bob", &challenge, &answer), 5).await);
    // The number found for one name is none for another, save by chance: the first for which it is not.
    let another = ["alice", "carol", "dave"]
        .into_iter()
        .find(|name| bits_of(&challenge, name, &answer) < 8)
        .unwrap();
    assert!(!enough(&proofs, worked("form", another, &challenge, &answer), 5).await);
    assert!(!enough(&proofs, worked("form", "bob", &challenge, &answer), HOLDS).await);
    assert!(enough(&proofs, worked("form", "bob", &challenge, &answer), HOLDS - 1).await);
}

#[tokio::test]
async fn what_was_tampered_with_is_not_enough() {
    let proofs = proofs();
    let challenge = proofs.challenge("form", at(0)).unwrap();
    let answer = solve(&challenge, "bob", 8);
    for answer in ["", "-1", "0x1", " 1", "99999999999999", "x"] {
        assert!(
            proofs.worked(worked("form", "bob", &challenge, answer)).is_none(),
            "{answer}"
        );
    }
    for tampered in ["", ".", "a.b", &challenge[1..], &format!("B{}", &challenge[1..])] {
        let answer = solve(tampered, "bob", 8);
        assert!(
            proofs.worked(worked("form", "bob", tampered, &answer)).is_none(),
            "{tampered}"
        );
    }
    // Another node with another key, and a ticket in the place of a challenge.
    let other = node(proofs.settings, 8, &Arc::default());
    assert!(other.worked(worked("form", "bob", &challenge, &answer)).is_none());
    let Shown::Wait { ticket, .. } = proofs.check(worked("form", "bob", "", ""), client(), at(1)).await else {
        panic!()
    };
    assert!(
        proofs
            .worked(worked("form", "bob", &ticket, &solve(&ticket, "bob", 8)))
            .is_none()
    );
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

#[tokio::test]
async fn without_a_script_a_wait_is_enough_once() {
    let proofs = proofs();
    let Shown::Wait { ticket, seconds: 10 } = proofs.check(waited("bob", None), client(), at(0)).await else {
        panic!()
    };
    assert_eq!(
        proofs.check(waited("bob", Some(&ticket)), client(), at(4)).await,
        Shown::Wait {
            ticket: ticket.clone(),
            seconds: 6
        }
    );
    assert!(
        !enough(&proofs, waited("alice", Some(&ticket)), 20).await,
        "it is for one name"
    );
    assert!(enough(&proofs, waited("bob", Some(&ticket)), 10).await);
    assert!(
        !enough(&proofs, waited("bob", Some(&ticket)), 11).await,
        "and for one use"
    );
}

#[tokio::test]
async fn a_network_waits_only_so_often() {
    let proofs = proofs();
    for second in 0..3 {
        assert!(matches!(
            proofs.check(waited("bob", None), client(), at(second)).await,
            Shown::Wait { .. }
        ));
    }
    assert_eq!(
        proofs.check(waited("bob", None), client(), at(60)).await,
        Shown::TooMany {
            after: Duration::from_mins(59)
        }
    );
    assert!(matches!(
        proofs
            .check(waited("bob", None), "192.0.2.2".parse().unwrap(), at(60))
            .await,
        Shown::Wait { .. }
    ));
}

#[tokio::test]
async fn the_first_few_of_a_network_go_on_as_they_are() {
    let settings = ProofSettings {
        free_per_network: 2,
        ..proofs().settings
    };
    let proofs = proofs_with(settings);
    assert!(enough(&proofs, waited("bob", None), 0).await);
    assert!(enough(&proofs, waited("alice", None), 1).await);
    assert!(!enough(&proofs, waited("carol", None), 2).await);
    let another = "198.51.100.1".parse().unwrap();
    assert_eq!(proofs.check(waited("carol", None), another, at(2)).await, Shown::Enough);
    assert!(enough(&proofs, waited("carol", None), 3_600).await, "an hour later");
}

#[tokio::test]
async fn where_no_work_is_asked_for_none_is_needed() {
    let settings = ProofSettings {
        bits: 0,
        ..ProofSettings::default()
    };
    let proofs = proofs_with(settings);
    assert!(enough(&proofs, waited("bob", None), 0).await);
}
