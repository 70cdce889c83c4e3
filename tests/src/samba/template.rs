//! A domain made once on this machine, and copied by every start: making it takes seconds.

use super::people::{self, ADMINISTRATOR_PASSWORD, BASE, DELEGATED, DOMAIN, REALM};
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Debian's Python, for which Samba's modules are.
pub(super) const PYTHON: &str = "/usr/bin/python3";
/// The folder of our scripts.
pub(super) const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/samba");

/// A copy of the domain in this folder, its clocks set.
pub(super) fn copy_to(folder: &Path) {
    let home = home();
    fs::create_dir_all(&home).unwrap();
    let lock = File::create(home.join("lock")).unwrap();
    lock.lock().expect("a lock");
    let template = home.join(key());
    if !template.join("made").exists() {
        let _ = fs::remove_dir_all(&template);
        forget_others(&home);
        make(&template);
        fs::write(template.join("made"), "").unwrap();
    }
    let from = template.join("domain");
    run(Command::new("cp").arg("-a").arg(from).arg(folder));
    drop(lock);
    set_clocks(folder);
}

/// Writes what depends on the clock into the file of the domain itself.
fn set_clocks(folder: &Path) {
    let file = folder.join("times.ldif");
    fs::write(&file, people::times()).unwrap();
    let partition = folder.join(format!("private/sam.ldb.d/{}.ldb", BASE.to_uppercase()));
    run(Command::new("ldbmodify")
        .arg("-H")
        .arg(format!("tdb://{}", partition.display()))
        .arg(file));
}

fn make(template: &Path) {
    fs::create_dir_all(template).unwrap();
    let (domain, empty) = (template.join("domain"), template.join("empty.conf"));
    fs::write(&empty, "").unwrap();
    run(Command::new(PYTHON)
        .arg(Path::new(SCRIPTS).join("provision.py"))
        .arg(&empty)
        .args([
            "--server-role=dc",
            "--use-rfc2307",
            "--dns-backend=NONE",
            "--host-name=DC1",
        ])
        .args(["--option=interfaces=lo", "--option=bind interfaces only=yes"])
        .arg(format!("--realm={REALM}"))
        .arg(format!("--domain={DOMAIN}"))
        .arg(format!("--adminpass={ADMINISTRATOR_PASSWORD}"))
        .arg(format!("--targetdir={}", domain.display())));
    let configuration = domain.join("etc/smb.conf");
    let (directory, samba) = (domain.join("private/sam.ldb"), |tool: &str| {
        let mut command = Command::new(tool);
        command.arg("-H").arg(domain.join("private/sam.ldb"));
        command.arg(format!("--configfile={}", configuration.display()));
        command
    });
    let ldif = |name: &str, text: String| {
        let file = template.join(name);
        fs::write(&file, text).unwrap();
        file
    };
    run(samba("ldbmodify").arg(ldif("policy.ldif", people::domain_policy())));
    run(samba("ldbadd").arg(ldif("entries.ldif", people::entries())));
    let sid = run(samba("ldbsearch").args(["-b", people::SERVICE, "-s", "base", "objectSid"]));
    let sid = sid.lines().find_map(|line| line.strip_prefix("objectSid: "));
    let sid = sid.expect("the service account has a SID");
    for (object, entry) in people::DELEGATED {
        run(Command::new("samba-tool")
            .args(["dsacl", "set", "--action=allow"])
            .arg(format!("--objectdn={object}"))
            .arg(format!("--sddl={entry}{sid})"))
            .arg("-H")
            .arg(&directory)
            .arg("-s")
            .arg(&configuration));
    }
}

/// Runs it to its end and gives what it said; it must succeed.
fn run(command: &mut Command) -> String {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?} cannot be started: {error}"));
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Beside what cargo builds: it is written by whoever runs the tests, and git does not look.
fn home() -> PathBuf {
    // …/target/<profile>/deps/stories-0123
    let own = std::env::current_exe().expect("a path of our own");
    own.ancestors().nth(3).expect("a target folder").join("samba")
}

/// What the template is made of: another version of any of it is another template.
fn key() -> String {
    let mut hasher = DefaultHasher::new();
    run(Command::new(super::SAMBA).arg("--version")).hash(&mut hasher);
    for script in ["provision.py", "inside.py"] {
        fs::read(Path::new(SCRIPTS).join(script)).unwrap().hash(&mut hasher);
    }
    (
        include_str!("template.rs"),
        people::domain_policy(),
        people::entries(),
        DELEGATED,
    )
        .hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

fn forget_others(home: &Path) {
    for entry in fs::read_dir(home).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            fs::remove_dir_all(path).unwrap();
        }
    }
}
