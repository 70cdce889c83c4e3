//! What commands print: results on standard output, problems on standard error.

use std::fmt;
use std::io::{self, Write};

/// Where a command prints.
pub struct Output<'a> {
    results: &'a mut dyn Write,
    problems: &'a mut dyn Write,
}

impl<'a> Output<'a> {
    /// Prints into these two.
    pub fn new(results: &'a mut dyn Write, problems: &'a mut dyn Write) -> Self {
        Self { results, problems }
    }

    /// A line of the result. A reader that went away (`| head`) is an error like a full disk: the caller ends.
    pub fn line(&mut self, line: impl fmt::Display) -> io::Result<()> {
        writeln!(self.results, "{line}")
    }

    /// Octets of the result, as they are.
    pub fn octets(&mut self, octets: &[u8]) -> io::Result<()> {
        self.results.write_all(octets)
    }

    /// A line about something wrong. Where nobody can read it, the exit code still tells.
    pub fn problem(&mut self, line: impl fmt::Display) {
        let _ = writeln!(self.problems, "{line}");
    }

    /// Sends what is buffered on its way.
    pub fn flush(&mut self) -> io::Result<()> {
        self.results.flush()
    }
}
