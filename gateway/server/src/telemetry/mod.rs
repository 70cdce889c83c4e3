//! What is told to whoever runs it: log lines and audit lines on standard output.

pub mod audit;
pub mod fields;
pub mod lines;

mod layer;
mod octets;

pub use audit::AuditLog;
pub use lines::{Lines, Writer};

use crate::config::{LogFormat, Telemetry};
use layer::LineLayer;
use octets::{push_number, push_time};
use postern_identity::Clock;
use std::io::{self, Write};
use std::sync::Arc;
use tracing_subscriber::filter::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::Registry;

/// What was started.
pub struct Started {
    /// For audit lines, and for the count of lines lost.
    pub lines: Lines,
    /// To be closed last.
    pub writer: Writer,
    /// The audit port.
    pub audit: Arc<AuditLog>,
}

/// Sends everything said through `tracing`, and every audit line, to `sink`. Once in a process.
pub fn start(settings: &Telemetry, clock: &Arc<dyn Clock>, sink: Box<dyn Write + Send>) -> io::Result<Started> {
    let format = settings.log_format;
    let confession_clock = Arc::clone(clock);
    let confession: lines::Confession =
        Box::new(move |lost, line| confess(line, lost, format, confession_clock.as_ref()));
    let (lines, writer) = lines::start(sink, confession)?;
    let filter = EnvFilter::try_new(&settings.log_filter).map_err(|_| io::ErrorKind::InvalidInput)?;
    let subscriber = Registry::default()
        .with(filter)
        .with(LineLayer::new(lines.clone(), format, Arc::clone(clock)));
    tracing::subscriber::set_global_default(subscriber).map_err(|_| io::ErrorKind::AlreadyExists)?;
    Ok(Started {
        audit: Arc::new(AuditLog::new(lines.clone(), format, Arc::clone(clock))),
        lines,
        writer,
    })
}

/// The line that tells how many were lost.
fn confess(line: &mut Vec<u8>, lost: u64, format: LogFormat, clock: &dyn Clock) {
    match format {
        LogFormat::Json => {
            line.extend_from_slice(b"{\"time\":\"");
            push_time(line, clock.now());
            line.extend_from_slice(
                b"\",\"level\":\"WARN\",\"target\":\"postern::log\",\"message\":\"log lines were lost\",\"lost\":",
            );
            push_number(line, lost);
            line.extend_from_slice(b"}\n");
        }
        LogFormat::Human => {
            push_time(line, clock.now());
            line.extend_from_slice(b"  WARN postern::log: log lines were lost lost=");
            push_number(line, lost);
            line.push(b'\n');
        }
    }
}

#[cfg(test)]
mod tests;
