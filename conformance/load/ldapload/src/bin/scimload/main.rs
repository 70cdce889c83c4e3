//! scimload: requests of a file, sent over HTTP connections that are kept open, with every answer checked.
//!
//! Owns: connections over HTTPS or plain HTTP, the requests in turn, how long each answer took. Never knows: what the requests mean, what answers
//! them, or what a good figure would be.
//!
//! The walk: [`requests`] are read → each [`client`] connects, and `{"ready": true}` is printed → a line on standard input starts them all, each with
//! a piece of the file, again from its beginning when it is through → what they counted is printed as one line of JSON. The first answer that is not
//! the expected one ends it with 1.
//!
//! usage: scimload --https 127.0.0.1:14843 --token TOKEN --requests FILE [--clients 8] [--seconds 5] [--once yes]

mod client;
#[path = "../../histogram.rs"]
mod histogram;
mod requests;
#[path = "../../tls.rs"]
mod tls;

use client::{Client, Counted};
use requests::Request;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// What the command line says.
pub struct Settings {
    server: SocketAddr,
    over_tls: bool,
    token: String,
    requests: PathBuf,
    clients: usize,
    time: Duration,
    /// Each request once, however long that takes or how soon it is done: what was made cannot be made again.
    once: bool,
}

fn main() {
    let settings = settings().unwrap_or_else(|wrong| {
        eprintln!(
            "scimload: {wrong}\nusage: scimload --https|--http 127.0.0.1:14843 --token TOKEN --requests FILE [--clients 8] [--seconds 5] [--once yes]"
        );
        std::process::exit(2);
    });
    match run(&settings) {
        Ok(told) => say(&told),
        Err(wrong) => {
            eprintln!("scimload: {wrong}");
            std::process::exit(1);
        }
    }
}

/// All clients until the time is over; or what went wrong with one of them.
fn run(settings: &Settings) -> Result<String, String> {
    let requests = requests::read(settings)?;
    let tls = settings.over_tls.then(|| tls::config(true));
    let clients: Result<Vec<Client>, String> = (0..settings.clients)
        .map(|number| Client::connect(settings, number, tls.clone()))
        .collect();
    let clients = clients?;
    say("{\"ready\": true}");
    let _ = std::io::stdin().read_line(&mut String::new());
    let (before, since) = (own_cpu(), Instant::now());
    let until = since + settings.time;
    let counted: Result<Vec<Counted>, String> = std::thread::scope(|scope| {
        let started: Vec<_> = clients
            .into_iter()
            .zip(pieces(&requests, settings.clients))
            .map(|(client, piece)| scope.spawn(move || client.send_all(piece, until, settings.once)))
            .collect();
        started
            .into_iter()
            .map(|client| client.join().map_err(|_| "a client panicked".to_owned())?)
            .collect()
    });
    let mut all = Counted::default();
    counted?.iter().for_each(|one| all.add(one));
    let seconds = since.elapsed().as_secs_f64();
    let (done, times) = (all.times.count, &all.times);
    let milliseconds = |share| times.quantile(share) as f64 / 1e6;
    let own = (own_cpu() - before) * 1000.0 / done.max(1) as f64;
    Ok(format!(
        "{{\"done\": {done}, \"seconds\": {seconds:.3}, \"p50_ms\": {:.3}, \"p99_ms\": {:.3}, \"max_ms\": {:.3}, \"octets\": {}, \"connected\": {}, \
         \"own_cpu_ms\": {own:.4}}}",
        milliseconds(0.5),
        milliseconds(0.99),
        times.max as f64 / 1e6,
        all.octets,
        all.connected,
    ))
}

/// One for each client, of an even length: whoever adds something takes it away again.
fn pieces(requests: &[Request], clients: usize) -> impl Iterator<Item = &[Request]> {
    let length = (requests.len() / clients / 2 * 2).max(1);
    (0..clients).map(move |number| {
        let begin = (number * length) % requests.len();
        requests.get(begin..begin + length).unwrap_or(requests)
    })
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
    let (mut server, mut token, mut requests, mut clients) = (None, None, None, 8);
    let (mut seconds, mut once) = (5.0, false);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next().ok_or_else(|| format!("{word} needs a value"))?;
        let wrong = || format!("{word}: what is {value}?");
        match word.as_str() {
            "--https" | "--http" => server = Some((value.parse().map_err(|_| wrong())?, word == "--https")),
            "--token" => token = Some(value),
            "--requests" => requests = Some(value.into()),
            "--clients" => clients = value.parse().map_err(|_| wrong())?,
            "--seconds" => seconds = value.parse().map_err(|_| wrong())?,
            "--once" => once = value == "yes",
            _ => return Err(format!("what is {word}?")),
        }
    }
    let (server, over_tls) = server.ok_or("--https or --http is missing")?;
    if !(1..=250).contains(&clients) {
        return Err("1 to 250 clients".to_owned());
    }
    Ok(Settings {
        server,
        over_tls,
        token: token.ok_or("--token is missing")?,
        requests: requests.ok_or("--requests is missing")?,
        clients,
        time: Duration::from_secs_f64(seconds),
        once,
    })
}
