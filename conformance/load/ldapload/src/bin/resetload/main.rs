//! resetload: whole resets over the API, each by the code of its mail, with every answer checked.
//!
//! Owns: asking for a reset, reading its mail, proving by the code, setting a new password, as many at a time as there are clients; and the mail
//! server that the mails go to. Never knows: what stands behind the API, or what a good figure would be.
//!
//! The walk: [`mail`] listens and its port is printed → `go SECONDS` on standard input starts every [`client`] → what they counted is printed as
//! one line of JSON → the end of standard input ends it. What it costs itself is printed too: it shares the machine with what it measures.
//!
//! usage: resetload --https 127.0.0.1:14843 --token TOKEN --users 10000 [--clients 32]

mod client;
mod mail;
#[path = "../../tls.rs"]
mod tls;

use client::{Client, Stages};
use mail::Mail;
use std::io::{BufRead as _, Write as _};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What the command line says.
pub struct Settings {
    https: SocketAddr,
    token: String,
    users: usize,
    clients: usize,
}

fn main() {
    let settings = settings().unwrap_or_else(|wrong| {
        eprintln!(
            "resetload: {wrong}\nusage: resetload --https 127.0.0.1:14843 --token TOKEN --users 10000 [--clients 32]"
        );
        std::process::exit(2);
    });
    let mail = Mail::listen().expect("a port of this machine");
    say(&format!("{{\"smtp\": {}}}", mail.port()));
    for (round, line) in std::io::stdin().lock().lines().map_while(Result::ok).enumerate() {
        let seconds: f64 = line
            .strip_prefix("go ")
            .and_then(|seconds| seconds.parse().ok())
            .expect("\"go SECONDS\" on standard input");
        match run(&settings, &mail, round, Duration::from_secs_f64(seconds)) {
            Ok(told) => say(&told),
            Err(wrong) => {
                eprintln!("resetload: {wrong}");
                std::process::exit(1);
            }
        }
    }
}

/// All clients until the time is over, each to the end of the reset it is at; or what went wrong with one of them.
fn run(settings: &Settings, mail: &Arc<Mail>, round: usize, time: Duration) -> Result<String, String> {
    let tls = tls::config(true);
    let clients: Result<Vec<Client>, String> = (0..settings.clients)
        .map(|number| Client::connect(settings, number, &tls, mail))
        .collect();
    let (before, since) = (own_cpu(), Instant::now());
    let stages: Result<Vec<Vec<Stages>>, String> = std::thread::scope(|scope| {
        let started: Vec<_> = clients?
            .into_iter()
            .map(|client| scope.spawn(move || client.one_after_another(settings, round, since + time)))
            .collect();
        started
            .into_iter()
            .map(|client| client.join().map_err(|_| "a client panicked".to_owned())?)
            .collect()
    });
    let seconds = since.elapsed().as_secs_f64();
    let all: Vec<Stages> = stages?.into_iter().flatten().collect();
    let done = all.len();
    let at = |share: f64, of: &dyn Fn(&Stages) -> f64| {
        let mut times: Vec<f64> = all.iter().map(of).collect();
        times.sort_by(f64::total_cmp);
        times.get((done as f64 * share) as usize).copied().unwrap_or(0.0)
    };
    let whole = |stages: &Stages| stages.iter().sum();
    let middle: Vec<String> = (0..4).map(|stage| format!("{:.1}", at(0.5, &|stages| stages[stage]))).collect();
    let own = (own_cpu() - before) * 1000.0 / done.max(1) as f64;
    Ok(format!(
        "{{\"done\": {done}, \"seconds\": {seconds:.3}, \"p50_ms\": {:.1}, \"p99_ms\": {:.1}, \"stages_ms\": [{}], \"own_cpu_ms\": {own:.2}}}",
        at(0.5, &whole),
        at(0.99, &whole),
        middle.join(", "),
    ))
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// Seconds of CPU of this process so far.
fn own_cpu() -> f64 {
    let used = nix::sys::resource::getrusage(nix::sys::resource::UsageWho::RUSAGE_SELF).expect("it is always told");
    [used.user_time(), used.system_time()]
        .iter()
        .map(|time| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6)
        .sum()
}

fn settings() -> Result<Settings, String> {
    let (mut https, mut token, mut users, mut clients) = (None, None, None, 32);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next().ok_or_else(|| format!("{word} needs a value"))?;
        let number = || {
            value
                .parse::<usize>()
                .map_err(|_| format!("{word}: {value} is no number"))
        };
        match word.as_str() {
            "--https" => https = Some(value.parse().map_err(|_| format!("{value} is no address"))?),
            "--token" => token = Some(value),
            "--users" => users = Some(number()?),
            "--clients" => clients = number()?,
            _ => return Err(format!("what is {word}?")),
        }
    }
    let settings = Settings {
        https: https.ok_or("--https is missing")?,
        token: token.ok_or("--token is missing")?,
        users: users.ok_or("--users is missing")?,
        clients,
    };
    if settings.users < 2_000 || !(1..=250).contains(&settings.clients) {
        return Err("2,000 users at least, and 1 to 250 clients".to_owned());
    }
    Ok(settings)
}
