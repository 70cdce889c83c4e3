//! No answer ever reaches the wrong session.
//!
//! Random clients share recycled lanes in front of a model server that writes into every answer who it takes the lane for and which
//! question it answers. The server closes, stalls and cuts connections at random. Every client checks everything it gets.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test"
)]

mod client;
mod rules;
mod server;

use client::{Outcome, Step, play};
use postern_directory::{Balance, Role, ServerUrl, Settings, Upstream};
use postern_identity::clock::FixedClock;
use postern_identity::{DirectoryName, Timestamp};
use postern_proxy::{
    Gateway, GuardSeed, GuardSettings, LaneMode, LaneSettings, Limits, ListenerSettings, ListenerTls, RouteSettings,
    ShownAs, SignInSettings, Workers,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use rules::{Rules, Silent};
use server::{Model, Temper};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

fn rounds() -> u32 {
    std::env::var("POSTERN_ROUNDS")
        .ok()
        .and_then(|rounds| rounds.parse().ok())
        .unwrap_or(60)
}

#[test]
fn no_answer_reaches_the_wrong_session_whatever_clients_and_server_do() {
    let config = Config {
        cases: rounds(),
        failure_persistence: None,
        max_shrink_iters: 200,
        ..Config::default()
    };
    let sessions = prop::collection::vec(prop::collection::vec(step(), 1..24), 2..10);
    let mut seen = Outcome::default();
    TestRunner::new(config)
        .run(
            &(sessions, temper(), any::<bool>(), servers(), any::<u64>()),
            |(sessions, temper, ppolicy, servers, seed)| {
                let outcome = round(sessions, temper, ppolicy, servers, seed).map_err(TestCaseError::fail)?;
                seen_add(&outcome);
                Ok(())
            },
        )
        .unwrap();
    seen.add(&SEEN.lock().unwrap());
    // A run in which nothing happened would prove nothing.
    assert!(
        seen.answers > 100 && seen.binds > 50 && seen.recycled > 10 && seen.spread > 1,
        "too little happened: {seen:?}"
    );
}

static SEEN: std::sync::Mutex<Outcome> = std::sync::Mutex::new(Outcome::new());

fn seen_add(outcome: &Outcome) {
    SEEN.lock().unwrap().add(outcome);
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..6_u8).prop_map(Step::Bind),
        2 => (0..6_u8).prop_map(Step::WrongPassword),
        2 => Just(Step::AnonymousBind),
        1 => (0..3_u8).prop_map(Step::RefusedBind),
        1 => (0..3_u8).prop_map(Step::MustChangeBind),
        1 => Just(Step::ChangePassword),
        8 => (1..5_u8).prop_map(Step::Search),
        3 => (1..5_u8).prop_map(Step::SearchWithoutWaiting),
        2 => Just(Step::AbandonLast),
        2 => Just(Step::Modify),
        2 => Just(Step::Collect),
        1 => Just(Step::PagedSearch),
        2 => Just(Step::Reconnect),
        1 => Just(Step::HangUp),
        1 => (1..5_u8).prop_map(Step::BindOverSearch),
    ]
}

fn temper() -> impl Strategy<Value = Temper> {
    (
        prop_oneof![Just(0_u8), 0..12_u8],
        0..40_u8,
        0..12_u8,
        any::<bool>(),
        0..20_u8,
    )
        .prop_map(|(close, late, pieces, anonymous, stray)| Temper {
            close_in_256: close,
            late_in_256: late * 6,
            pieces_in_256: pieces * 8,
            allows_anonymous: anonymous,
            stray_in_256: if stray == 0 { 4 } else { 0 },
        })
}

/// How many servers, how one is chosen, and whether only the first of them takes writes.
#[derive(Debug, Clone, Copy)]
struct Servers {
    count: usize,
    balance: Balance,
    roles: bool,
}

fn servers() -> impl Strategy<Value = Servers> {
    (1..4_usize, any::<bool>(), any::<bool>()).prop_map(|(count, spread, roles)| Servers {
        count,
        balance: if spread { Balance::Spread } else { Balance::Ordered },
        roles,
    })
}

/// One gateway, some servers, some clients at once.
fn round(
    sessions: Vec<Vec<Step>>,
    temper: Temper,
    ppolicy: bool,
    servers: Servers,
    seed: u64,
) -> Result<Outcome, String> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async move {
        let model = Model::start(temper, seed, servers.count).await;
        let urls = model.addresses.iter().map(|address| format!("ldap://{address}"));
        let urls = urls.map(|url| ServerUrl::parse(&url).unwrap_or_else(|_| unreachable!()));
        let mut settings = Settings::new(DirectoryName("model".into()), urls.collect());
        settings.balance = servers.balance;
        if servers.roles {
            for (place, server) in settings.servers.iter_mut().enumerate() {
                server.role = if place == 0 { Role::Writer } else { Role::Reader };
            }
        }
        settings.retry_after = Duration::from_millis(1);
        let clock = Arc::new(FixedClock(Timestamp::UNIX_EPOCH));
        let Ok(upstream) = Upstream::new(settings, clock) else {
            return Err("no upstream".to_owned());
        };
        let limits = Limits {
            bind: Duration::from_secs(5),
            operation: Duration::from_secs(5),
            ..Limits::default()
        };
        let lanes = LaneSettings {
            mode: LaneMode::Recycled,
            most: 64,
            idle: 3,
            ..LaneSettings::default()
        };
        let route = RouteSettings {
            names: None,
            name: "route".into(),
            upstream,
            lanes,
            ldap_url: None,
            shown_as: ShownAs::default(),
            sign_in: SignInSettings::default(),
        };
        let gateway = Gateway::new(
            Arc::new(Rules::new(ppolicy)),
            Arc::new(Silent),
            limits,
            vec![route],
            Arc::new(Workers::here()),
            &GuardSettings {
                seed: GuardSeed([1; 32]),
                nodes: NonZeroU32::MIN,
            },
        );
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let listener = ListenerSettings::new("l".into(), address, ListenerTls::None, "route".into());
        gateway.listen(socket, listener).unwrap();
        let mut players = tokio::task::JoinSet::new();
        for (number, steps) in sessions.into_iter().enumerate() {
            players.spawn(play(
                address,
                number,
                steps,
                Arc::clone(&model.book),
                ppolicy,
                temper.is_calm(),
            ));
        }
        let mut total = Outcome::default();
        while let Some(played) = players.join_next().await {
            total.add(&played.map_err(|error| error.to_string())??);
        }
        total.recycled = model.book.recycled();
        model.book.check()?;
        if temper.is_calm() {
            total.spread = model.book.check_homes(servers.roles)?;
        }
        gateway.drain(Duration::from_secs(5)).await;
        model.stop();
        Ok(total)
    })
}
