//! A child process that is ended with the test, whatever becomes of the test.

use crate::eventually;
use rustix::process::{Pid, Signal, kill_process};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

/// How long a process has to end by itself after SIGTERM, before it is killed.
const PATIENCE: Duration = Duration::from_secs(3);

/// A running child.
pub struct Process {
    name: String,
    child: Child,
    output: Option<PathBuf>,
}

impl Process {
    /// Starts it with both outputs in the file `output`.
    pub fn start(name: &str, command: &mut Command, output: &Path) -> Self {
        let file = File::create(output).expect("a file for a child's output");
        let errors = file.try_clone().expect("a second handle");
        let mut process = Self::start_into(name, command, file.into(), errors.into());
        process.output = Some(output.to_owned());
        process
    }

    /// Starts it with its outputs where the caller wants them.
    pub fn start_into(name: &str, command: &mut Command, output: Stdio, errors: Stdio) -> Self {
        let child = command
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .spawn()
            .unwrap_or_else(|error| panic!("{name} cannot be started: {error}"));
        Self {
            name: name.to_owned(),
            child,
            output: None,
        }
    }

    /// Starts it with what the caller has made its standard input and output, and its errors in the file `errors`.
    pub fn start_serving(name: &str, command: &mut Command, errors: &Path) -> Self {
        let file = File::create(errors).expect("a file for a child's output");
        let child = command
            .stderr(file)
            .spawn()
            .unwrap_or_else(|error| panic!("{name} cannot be started: {error}"));
        Self {
            name: name.to_owned(),
            child,
            output: Some(errors.to_owned()),
        }
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.id()).expect("a process id")).expect("a process id");
        kill_process(pid, signal).unwrap_or_else(|error| panic!("{} takes no signal: {error}", self.name));
    }

    /// Stops it with SIGSTOP, and returns when every thread of it has stopped.
    pub fn stop(&self) {
        self.signal(Signal::STOP);
        let threads = format!("/proc/{}/task", self.id());
        eventually("every thread has stopped", PATIENCE, || {
            fs::read_dir(&threads)
                .ok()?
                .all(|thread| is_stopped(&thread.unwrap().path()))
                .then_some(())
        });
    }

    /// Ends it as a loss of power would.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child of ours")
    }

    /// Waits until it ends.
    pub fn end(&mut self, deadline: Duration) -> ExitStatus {
        let name = format!("{} ends", self.name);
        eventually(&name, deadline, || self.ended())
    }

    /// What it has written.
    pub fn output(&self) -> String {
        let octets = self.output.as_ref().and_then(|path| fs::read(path).ok());
        String::from_utf8_lossy(&octets.unwrap_or_default()).into_owned()
    }

    /// Memory it holds now, in octets.
    pub fn resident(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id())).expect("a running child");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
        kibibytes
            .and_then(|number| number.trim().parse::<u64>().ok())
            .expect("VmRSS in kB")
            * 1024
    }

    fn tail(&self) -> String {
        let output = self.output();
        let lines: Vec<&str> = output.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }
}

/// Whether a thread is in the state T; one that has ended meanwhile counts.
fn is_stopped(thread: &Path) -> bool {
    let Ok(stat) = fs::read_to_string(thread.join("stat")) else {
        return true;
    };
    // "pid (name) state …", and a name may hold anything.
    stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('T'))
}

impl Drop for Process {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- the last lines of {}:\n{}\n---", self.name, self.tail());
        }
        if self.ended().is_none() {
            // A stopped process takes SIGTERM only after SIGCONT.
            self.signal(Signal::TERM);
            self.signal(Signal::CONT);
            if crate::eventually::within(PATIENCE, || self.ended()).is_none() {
                self.kill();
            }
        }
    }
}
