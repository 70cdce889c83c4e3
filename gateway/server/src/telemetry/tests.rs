use super::*;
use crate::telemetry::fields::LINE_FIELDS;
use postern_identity::clock::FixedClock;
use std::sync::Mutex;

#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn logged(format: LogFormat, filter: &str, say: impl FnOnce()) -> String {
    let sink = Sink::default();
    let clock: Arc<dyn Clock> = Arc::new(FixedClock("2026-11-22T01:02:03.5Z".parse().unwrap()));
    let (lines, writer) = lines::start(Box::new(sink.clone()), Box::new(|_, _| ())).unwrap();
    let subscriber = Registry::default()
        .with(EnvFilter::try_new(filter).unwrap())
        .with(LineLayer::new(lines, format, clock));
    tracing::subscriber::with_default(subscriber, say);
    writer.close();
    let octets = sink.0.lock().unwrap().clone();
    String::from_utf8(octets).unwrap()
}

#[test]
fn a_json_line_has_the_documented_fields_and_those_of_the_event() {
    let line = logged(LogFormat::Json, "info", || {
        tracing::info!(target: "postern", generation = 3_u64, broken = false, below = -2, "policies are in force");
    });
    assert_eq!(
        line,
        "{\"time\":\"2026-11-22T01:02:03.500000Z\",\"level\":\"INFO\",\"target\":\"postern\",\
         \"message\":\"policies are in force\",\"generation\":3,\"broken\":false,\"below\":-2}\n"
    );
    let read: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert!(LINE_FIELDS.iter().all(|field| read.get(field.name).is_some()));
}

#[test]
fn a_human_line_reads_from_the_left() {
    let line = logged(LogFormat::Human, "info", || {
        tracing::warn!(target: "postern", path = "a b", "policies stay as they were");
    });
    assert_eq!(
        line,
        "2026-11-22T01:02:03.500000Z  WARN postern: policies stay as they were path=\"a b\"\n"
    );
}

#[test]
fn no_value_can_begin_a_second_line() {
    for format in [LogFormat::Json, LogFormat::Human] {
        let lines = logged(format, "info", || {
            tracing::info!(target: "postern", a = "x\ny", b = ?"x\ny", c = %"x\u{1b}\ny", "m\nn {}", "o\np");
        });
        assert_eq!(lines.matches('\n').count(), 1, "{lines}");
        assert!(!lines.contains('\u{1b}'));
    }
}

#[test]
fn no_filter_turns_the_password_printer_on() {
    let lines = logged(
        LogFormat::Human,
        "trace,ldap3_proto=trace,ldap3_proto::proto=trace",
        || {
            tracing::error!(target: "ldap3_proto", "hunter2");
            tracing::trace!(target: "ldap3_proto::proto", "hunter2");
            tracing::trace!(target: "ldap3_protocol_of_somebody_else", "shown");
        },
    );
    assert_eq!(lines.lines().count(), 1);
    assert!(!lines.contains("hunter2"));
}

#[test]
fn the_default_filter_keeps_the_password_printer_quiet() {
    let lines = logged(LogFormat::Human, crate::config::telemetry::DEFAULT_FILTER, || {
        tracing::error!(target: "ldap3_proto", "hunter2");
        tracing::error!(target: "ldap3_proto::proto", "hunter2");
        tracing::debug!(target: "postern", "too fine");
        tracing::info!(target: "postern", "shown");
    });
    assert_eq!(lines.lines().count(), 1);
    assert!(!lines.contains("hunter2"));
}
