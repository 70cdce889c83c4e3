use super::*;
use std::time::Duration;
use tokio::time::Instant;

fn server(index: usize) -> Candidate {
    Candidate {
        index,
        away: Away::Not,
        role: Role::Any,
        weight: 1,
        hash: hash_of(&format!("ldap://server{index}.example.org:389")),
        load: 0,
        wrote: false,
    }
}

fn ranked(candidates: &[Candidate], balance: Balance, want: &Want, turn: usize) -> Vec<usize> {
    let mut candidates = candidates.to_vec();
    rank(&mut candidates, balance, want, turn);
    candidates.iter().map(|candidate| candidate.index).collect()
}

fn account(number: usize) -> Want {
    Want {
        account: Some(AccountHash::of(
            format!("uid=user{number},ou=people,dc=example,dc=org").as_bytes(),
        )),
        writes: false,
    }
}

#[test]
fn one_account_has_one_hash_however_its_name_is_spelt() {
    let plain = AccountHash::of(b"uid=alice,ou=people,dc=example,dc=org");
    for spelling in [
        "UID=Alice, OU=People, DC=Example, DC=Org",
        "0.9.2342.19200300.100.1.1=alice,ou=people,dc=example,dc=org",
        "uid=\\61lice,ou=people,dc=example,dc=org",
    ] {
        assert_eq!(AccountHash::of(spelling.as_bytes()), plain, "{spelling}");
    }
    assert_ne!(AccountHash::of(b"uid=alicf,ou=people,dc=example,dc=org"), plain);
    assert_eq!(
        AccountHash::of(b"Alice@Example.Org"),
        AccountHash::of(b"alice@example.org")
    );
}

#[test]
fn the_choice_for_an_account_is_the_same_in_every_gateway_and_version() {
    // Written down once: gateways of two versions side by side must agree.
    let servers = [server(0), server(1), server(2)];
    let chosen: Vec<usize> = (0..12)
        .map(|number| ranked(&servers, Balance::Spread, &account(number), number)[0])
        .collect();
    assert_eq!(chosen, CHOSEN);
    let mut turned = servers;
    turned.reverse();
    let again: Vec<usize> = (0..12)
        .map(|number| ranked(&turned, Balance::Spread, &account(number), 7)[0])
        .collect();
    assert_eq!(again, CHOSEN, "the order of the settings does not matter");
}

const CHOSEN: [usize; 12] = [2, 1, 1, 1, 1, 2, 2, 0, 0, 0, 2, 2];

#[test]
fn accounts_spread_by_weight() {
    let servers = [server(0), server(1), Candidate { weight: 2, ..server(2) }];
    let mut counts = [0_u32; 3];
    for number in 0..4000 {
        counts[ranked(&servers, Balance::Spread, &account(number), 0)[0]] += 1;
    }
    for (count, wanted) in counts.into_iter().zip([1000, 1000, 2000]) {
        assert!(count.abs_diff(wanted) < 150, "{counts:?}");
    }
}

#[test]
fn a_lost_server_moves_its_own_accounts_and_no_others_and_they_come_back() {
    let there = [server(0), server(1), server(2)];
    let mut lost = there;
    lost[1].away = Away::Down;
    for number in 0..300 {
        let want = account(number);
        let before = ranked(&there, Balance::Spread, &want, 0);
        let after = ranked(&lost, Balance::Spread, &want, 0);
        assert_eq!(after[2], 1, "it is tried last");
        if before[0] == 1 {
            assert_eq!(after[0], before[1], "the next in its order takes over");
        } else {
            assert_eq!(after[0], before[0]);
        }
    }
}

#[test]
fn what_is_nobodys_goes_where_the_fewest_lanes_are_and_equals_take_turns() {
    let mut servers = [server(0), server(1), server(2)];
    let nobody = Want::default();
    let firsts: Vec<usize> = (0..6)
        .map(|turn| ranked(&servers, Balance::Spread, &nobody, turn)[0])
        .collect();
    assert_eq!(firsts, [0, 1, 2, 0, 1, 2]);
    servers[0].load = 3;
    servers[1].load = 2;
    servers[2].load = 5;
    assert_eq!(ranked(&servers, Balance::Spread, &nobody, 0), [1, 0, 2]);
    servers[2].weight = 4;
    assert_eq!(
        ranked(&servers, Balance::Spread, &nobody, 0),
        [2, 1, 0],
        "by its weight"
    );
}

#[test]
fn writes_go_to_writers_reads_to_readers_and_either_serves_where_the_other_is_gone() {
    for balance in [Balance::Ordered, Balance::Spread] {
        let mut servers = [server(0), server(1)];
        servers[0].role = Role::Writer;
        servers[1].role = Role::Reader;
        for number in 0..20 {
            let reads = account(number);
            let writes = Want { writes: true, ..reads };
            assert_eq!(ranked(&servers, balance, &writes, 0), [0, 1]);
            assert_eq!(ranked(&servers, balance, &reads, 0), [1, 0]);
        }
        servers[0].away = Away::Down;
        let writes = Want {
            writes: true,
            account: None,
        };
        assert_eq!(ranked(&servers, balance, &writes, 0), [1, 0]);
    }
}

#[test]
fn a_server_that_just_took_a_write_of_the_account_comes_first_if_it_is_there() {
    let mut servers = [server(0), server(1)];
    servers[0].role = Role::Writer;
    servers[0].wrote = true;
    servers[1].role = Role::Reader;
    assert_eq!(ranked(&servers, Balance::Ordered, &account(1), 0), [0, 1]);
    servers[0].away = Away::PassedOver(Instant::now() + Duration::from_secs(1));
    assert_eq!(ranked(&servers, Balance::Ordered, &account(1), 0), [1, 0]);
}
