//! What an audit line costs the thread that serves the client: `cargo bench -p postern-server --bench audit`.
//!
//! Prints nanoseconds a line, from one thread and from four at once. The aim is under 1,500.

use postern_identity::audit::{Audit, Event, Outcome};
use postern_identity::{Evidence, Proven, Source, Standing, State};
use postern_server::clock::SystemClock;
use postern_server::config::LogFormat;
use postern_server::telemetry::{AuditLog, lines};
use std::fs::OpenOptions;
use std::io::Write;
use std::sync::Arc;
use std::time::Instant;

const LINES: u32 = 400_000;

fn main() -> std::io::Result<()> {
    for (name, format) in [("json", LogFormat::Json), ("human", LogFormat::Human)] {
        for threads in [1, 4] {
            let sink = OpenOptions::new().write(true).open("/dev/null")?;
            let (lines, writer) = lines::start(Box::new(sink), Box::new(|_, _| ()))?;
            let audit = AuditLog::new(lines.clone(), format, Arc::new(SystemClock));
            let begun = Instant::now();
            std::thread::scope(|scope| {
                for _ in 0..threads {
                    scope.spawn(|| write(&audit));
                }
            });
            let each = begun.elapsed() / (LINES * threads);
            writer.close();
            let lost = lines.lost();
            writeln!(
                std::io::stdout(),
                "{name:<6} {threads} threads  {} ns a line, {lost} lost",
                each.as_nanos()
            )?;
        }
    }
    Ok(())
}

fn write(audit: &AuditLog) {
    let standing = Standing {
        state: State::MustChange,
        cause: None,
        warning: None,
        evidence: Evidence {
            source: Source::Bind,
            result_code: Some(0),
            told_by: "ppolicy error 2",
        },
    };
    for session in 0..LINES {
        audit.record(&Event {
            route: "applications",
            client: Some(([127, 0, 0, 1], 40_000).into()),
            session: session.into(),
            account: "uid=user00042,ou=people,dc=example,dc=org",
            resolved: None,
            operation: "bind",
            outcome: Outcome::Refused,
            result_code: 49,
            rule: "default.toml:policy[0].standing.must_change",
            standing: Some((&standing, Proven::Yes)),
            server: Some("ldap://127.0.0.1:3890"),
            owned: None,
            generation: 3,
        });
    }
}
