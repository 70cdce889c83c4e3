//! Everything said through `tracing`, as lines.

use super::lines::Lines;
use super::octets::{push_json, push_message, push_number, push_quoted, push_time};
use crate::config::LogFormat;
use postern_identity::Clock;
use std::cell::RefCell;
use std::fmt::{self, Write as _};
use std::sync::Arc;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

/// The most fields of one line.
const MOST_FIELDS: usize = 32;

/// Turns events into lines. Spans are not shown: every line tells what it is about by itself.
pub(super) struct LineLayer {
    lines: Lines,
    format: LogFormat,
    clock: Arc<dyn Clock>,
}

impl LineLayer {
    /// Lines in this format, timed by this clock.
    pub(super) fn new(lines: Lines, format: LogFormat, clock: Arc<dyn Clock>) -> Self {
        Self { lines, format, clock }
    }
}

impl<S: Subscriber> Layer<S> for LineLayer {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if prints_passwords(event.metadata().target()) {
            return;
        }
        thread_local! {
            static LINE: RefCell<(Vec<u8>, String)> = const { RefCell::new((Vec::new(), String::new())) };
        }
        LINE.with(|kept| {
            // A value whose `Debug` logs would come here again: that line is left out rather than borrowed twice.
            let Ok(mut kept) = kept.try_borrow_mut() else { return };
            let (line, scratch) = &mut *kept;
            line.clear();
            let metadata = event.metadata();
            let time = self.clock.now();
            match self.format {
                LogFormat::Json => {
                    line.extend_from_slice(b"{\"time\":\"");
                    push_time(line, time);
                    line.extend_from_slice(b"\",\"level\":\"");
                    line.extend_from_slice(metadata.level().as_str().as_bytes());
                    line.extend_from_slice(b"\",\"target\":");
                    push_json(line, metadata.target());
                }
                LogFormat::Human => {
                    push_time(line, time);
                    for _ in metadata.level().as_str().len()..6 {
                        line.push(b' ');
                    }
                    line.extend_from_slice(metadata.level().as_str().as_bytes());
                    line.push(b' ');
                    line.extend_from_slice(metadata.target().as_bytes());
                    line.push(b':');
                }
            }
            // The message first, whatever the order the macro gave: people read from the left.
            for messages in [true, false] {
                event.record(&mut Fields {
                    line,
                    scratch,
                    format: self.format,
                    messages,
                    left: MOST_FIELDS,
                });
            }
            line.extend_from_slice(match self.format {
                LogFormat::Json => b"}\n",
                LogFormat::Human => b"\n",
            });
            self.lines.put(line);
        });
    }
}

/// `ldap3_proto` prints whole messages, passwords included. No filter turns it on.
fn prints_passwords(target: &str) -> bool {
    target
        .strip_prefix("ldap3_proto")
        .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

struct Fields<'a> {
    line: &'a mut Vec<u8>,
    scratch: &'a mut String,
    format: LogFormat,
    /// Whether this walk takes the message, or everything else.
    messages: bool,
    left: usize,
}

impl Fields<'_> {
    /// Writes the name; false if this walk leaves the field out.
    fn name(&mut self, field: &Field) -> bool {
        if (field.name() == "message") != self.messages || self.left == 0 {
            return false;
        }
        self.left -= 1;
        match self.format {
            LogFormat::Json => {
                self.line.push(b',');
                push_json(self.line, field.name());
                self.line.push(b':');
            }
            LogFormat::Human => {
                self.line.push(b' ');
                if !self.messages {
                    self.line.extend_from_slice(field.name().as_bytes());
                    self.line.push(b'=');
                }
            }
        }
        true
    }

    fn value(&mut self, text: &str) {
        match self.format {
            LogFormat::Json => push_json(self.line, text),
            LogFormat::Human if self.messages => push_message(self.line, text),
            LogFormat::Human => push_quoted(self.line, text),
        }
    }
}

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if self.name(field) {
            let mut scratch = std::mem::take(self.scratch);
            scratch.clear();
            // A `Debug` that fails leaves what it wrote before.
            let _ = write!(scratch, "{value:?}");
            self.value(&scratch);
            *self.scratch = scratch;
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if self.name(field) {
            self.value(value);
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        if self.name(field) {
            push_number(self.line, value);
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        if self.name(field) {
            if value < 0 {
                self.line.push(b'-');
            }
            push_number(self.line, value.unsigned_abs());
        }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        if self.name(field) {
            self.line.extend_from_slice(if value { b"true" } else { b"false" });
        }
    }
}
