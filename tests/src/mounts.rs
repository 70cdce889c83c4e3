//! File systems that come, go and fill up, for the programs of one test and for nobody else on the machine.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A mount namespace (mount_namespaces(7)) and a shell in it. Root may have one; anybody else has one in a user namespace of his own.
pub struct Mounts {
    shell: Child,
    commands: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    as_root: bool,
}

impl Mounts {
    /// A namespace that begins with what the machine has mounted.
    pub fn start() -> Self {
        let as_root = may(&["-m"]);
        assert!(
            as_root || may(&["-U", "-r", "-m"]),
            "this machine lets nobody have mounts of his own: neither `unshare -m` as root nor `unshare -Urm` works here, and these \
             stories need one of them"
        );
        let flags: &[&str] = if as_root { &["-m"] } else { &["-U", "-r", "-m"] };
        let mut shell = Command::new("unshare")
            .args(flags)
            .arg("sh")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("unshare runs");
        let commands = shell.stdin.take();
        let answers = BufReader::new(shell.stdout.take().expect("a pipe"));
        let mut mounts = Self {
            shell,
            commands,
            answers,
            as_root,
        };
        mounts.run("true"); // the namespace is there when this is answered
        mounts
    }

    /// Runs a line of shell in it; it must succeed.
    pub fn run(&mut self, line: &str) {
        let commands = self.commands.as_mut().expect("open until the end");
        writeln!(commands, "{{ {line}\n}} >&2; echo $?").expect("the shell listens");
        let mut code = String::new();
        self.answers.read_line(&mut code).expect("the shell answers");
        assert_eq!(code.trim(), "0", "in a mount namespace: {line}");
    }

    /// A file system in memory of so many octets, at a folder.
    pub fn memory(&mut self, folder: &Path, octets: usize) {
        let folder = folder.display();
        self.run(&format!("mount -n -t tmpfs -o size={octets},mode=0700 none '{folder}'"));
    }

    /// Takes a file system away again, as soon as nobody has it open: the program may be looking at it this very moment.
    pub fn unmount(&mut self, folder: &Path) {
        let folder = folder.display();
        self.run(&format!(
            "for _ in $(seq 2000); do umount -n '{folder}' && break; done; ! mountpoint -q '{folder}'"
        ));
    }

    /// How a program is started in it.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new("nsenter");
        command.arg("-t").arg(self.shell.id().to_string()).arg("-m");
        if !self.as_root {
            command.args(["-U", "--preserve-credentials"]);
        }
        command.arg("--").arg(program);
        command
    }
}

/// The namespace goes with the last process in it.
impl Drop for Mounts {
    fn drop(&mut self) {
        drop(self.commands.take());
        let _ = self.shell.wait();
    }
}

fn may(flags: &[&str]) -> bool {
    let tried = Command::new("unshare")
        .args(flags)
        .arg("true")
        .stderr(Stdio::null())
        .status();
    tried.is_ok_and(|status| status.success())
}
