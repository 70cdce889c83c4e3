//! Captures: tables of what was answered, in files that are compared byte for byte.

use crate::people::EXPIRING_IN;
use crate::wire::{Answer, hex};
use postern_ldap::control::ppolicy::{PasswordPolicyResponse, PolicyWarning};
use postern_ldap::{oid, tag};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// How far a "seconds left" may lie behind what it was when the directory was filled, and still count as the same answer.
const SLACK: u32 = 900;

/// 389 Directory Server gives everybody so long from the first warning on.
const WARNING: u32 = 14 * 86_400;

/// A table of answers.
pub struct Table {
    text: String,
}

impl Table {
    /// An empty one, whose first lines say what it is.
    pub fn new(about: &str) -> Self {
        let mut text = String::new();
        for line in about.lines() {
            writeln!(text, "# {line}").unwrap();
        }
        text.push_str("# case | answer | result | text | controls | octets\n");
        Self { text }
    }

    /// A row for each answer to one case.
    pub fn case(&mut self, case: &str, answers: &[Answer]) {
        for answer in answers {
            let octets = hex(&steady(answer));
            let kind = kind(answer.operation);
            let code = answer.code.map_or_else(|| "-".to_owned(), |code| code.to_string());
            // 389 Directory Server ends some of its texts with a line end.
            let text = answer.text.replace('\n', "\\n");
            let text = if text.is_empty() { "-" } else { &text };
            writeln!(
                self.text,
                "{case} | {kind} | {code} | {text} | {} | {octets}",
                controls(answer)
            )
            .unwrap();
        }
        if answers.is_empty() {
            writeln!(self.text, "{case} | closed | - | - | - | -").unwrap();
        }
    }

    /// Compares with the file `conformance/ldap/openldap/<name>.txt`, or writes it if `POSTERN_BLESS` is set.
    pub fn compare(&self, name: &str) {
        self.compare_in("openldap", name);
    }

    /// Its rows: the case, and the whole line.
    pub fn rows(&self) -> Vec<(&str, &str)> {
        rows(&self.text)
    }

    /// The same in another folder of `conformance/ldap`.
    pub fn compare_in(&self, directory: &str, name: &str) {
        compare(&folder().join(directory).join(name).with_extension("txt"), &self.text);
    }
}

/// The text of a capture, for [`rows`].
pub fn captured(directory: &str, name: &str) -> String {
    let file = folder().join(directory).join(name).with_extension("txt");
    fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}; POSTERN_BLESS=1 writes it", file.display()))
}

/// The rows of a capture: the case, and the whole line.
pub fn rows(text: &str) -> Vec<(&str, &str)> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| (line.split_once(" | ").map_or(line, |(case, _)| case), line))
        .collect()
}

/// Compares a text with a file line by line, or writes the file if `POSTERN_BLESS` is set.
pub fn compare(path: &Path, text: &str) {
    if std::env::var_os("POSTERN_BLESS").is_some() {
        fs::create_dir_all(path.parent().expect("a folder")).unwrap();
        fs::write(path, text).unwrap();
        return;
    }
    let golden = fs::read_to_string(path)
        .unwrap_or_else(|error| panic!("{}: {error}; POSTERN_BLESS=1 writes it", path.display()));
    let wrong: Vec<String> = differences(&golden, text);
    assert!(wrong.is_empty(), "{} differs:\n{}", path.display(), wrong.join("\n"));
}

/// Lines that are in one and not in the other, in order.
fn differences(golden: &str, now: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let missing = |from: &str, line: &&str| !from.lines().any(|other| other == *line);
    wrong.extend(
        golden
            .lines()
            .filter(|line| missing(now, line))
            .map(|line| format!("- {line}")),
    );
    wrong.extend(
        now.lines()
            .filter(|line| missing(golden, line))
            .map(|line| format!("+ {line}")),
    );
    if wrong.is_empty() && golden != now {
        wrong.push("the same lines in another order or number".to_owned());
    }
    wrong
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance/ldap")
}

/// The octets of an answer, with what cannot be the same twice put in order: the seconds until a password expires (they pass), and a
/// password the server made up (noughts). Everything else, and the number of octets, is as it came.
pub fn steady(answer: &Answer) -> Vec<u8> {
    let mut octets = answer.octets.clone();
    if let Some(seconds) = seconds_left(answer)
        && let Some(whole) = whole_of(seconds)
    {
        // Three octets each, and the only such run in the message.
        replace(&mut octets, &seconds.to_be_bytes()[1..], &whole.to_be_bytes()[1..]);
    }
    if let Some(seconds) = netscape_seconds_left(answer)
        && let Some(whole) = whole_of(seconds)
    {
        // As many digits each.
        replace(
            &mut octets,
            seconds.to_string().as_bytes(),
            whole.to_string().as_bytes(),
        );
    }
    if let Some(made_up) = made_up_password(answer) {
        let noughts = vec![b'0'; made_up.len()];
        replace(&mut octets, &made_up, &noughts);
    }
    octets
}

/// What is left of `EXPIRING_IN`, or of the warning time of 389 Directory Server, counts as the whole of it.
fn whole_of(seconds: u32) -> Option<u32> {
    let mut whole = [EXPIRING_IN, WARNING].into_iter();
    whole.find(|whole| (whole - SLACK..=*whole).contains(&seconds))
}

fn seconds_left(answer: &Answer) -> Option<u32> {
    match PasswordPolicyResponse::parse(answer.password_policy()?).ok()?.warning? {
        PolicyWarning::TimeBeforeExpiration(seconds) => Some(seconds),
        PolicyWarning::GraceRemaining(_) => None,
    }
}

/// The older control says it in digits.
fn netscape_seconds_left(answer: &Answer) -> Option<u32> {
    std::str::from_utf8(answer.control(oid::NETSCAPE_EXPIRING)?)
        .ok()?
        .parse()
        .ok()
}

/// The password in the answer to a password modify without a new one (RFC 3062 §2): a SEQUENCE of `[0]` in `[11]`.
fn made_up_password(answer: &Answer) -> Option<Vec<u8>> {
    match answer.rest.as_slice() {
        [0x8b, _, 0x30, _, 0x80, length, password @ ..] if usize::from(*length) == password.len() => {
            Some(password.to_vec())
        }
        _ => None,
    }
}

/// Puts one run of octets in the place of another of the same length.
fn replace(octets: &mut [u8], from: &[u8], to: &[u8]) {
    assert_eq!(from.len(), to.len());
    let place = octets
        .windows(from.len())
        .rposition(|part| part == from)
        .expect("it was just read from there");
    octets[place..place + to.len()].copy_from_slice(to);
}

fn kind(operation: u8) -> &'static str {
    match operation {
        tag::BIND_RESPONSE => "bind",
        tag::SEARCH_ENTRY => "entry",
        tag::SEARCH_REFERENCE => "reference",
        tag::SEARCH_DONE => "done",
        tag::MODIFY_RESPONSE => "modify",
        tag::ADD_RESPONSE => "add",
        tag::DELETE_RESPONSE => "delete",
        tag::MODIFY_DN_RESPONSE => "rename",
        tag::COMPARE_RESPONSE => "compare",
        tag::EXTENDED_RESPONSE => "extended",
        _ => "other",
    }
}

/// The controls in words.
fn controls(answer: &Answer) -> String {
    let words = answer.controls.iter().map(|(known, value)| {
        let value = value.as_deref().unwrap_or_default();
        if known.as_bytes() == oid::PASSWORD_POLICY {
            return format!("ppolicy {}", ppolicy(value));
        }
        match known.as_bytes() {
            oid::NETSCAPE_EXPIRED => "netscape-expired".to_owned(),
            oid::NETSCAPE_EXPIRING => "netscape-expiring".to_owned(),
            _ => format!("{known} {}", hex(value)),
        }
    });
    let words: Vec<String> = words.collect();
    if words.is_empty() {
        "-".to_owned()
    } else {
        words.join(", ")
    }
}

fn ppolicy(value: &[u8]) -> String {
    let Ok(PasswordPolicyResponse { warning, error }) = PasswordPolicyResponse::parse(value) else {
        return format!("unreadable {}", hex(value));
    };
    let warning = warning.map(|warning| match warning {
        PolicyWarning::TimeBeforeExpiration(seconds) => {
            format!("seconds left {}", whole_of(seconds).unwrap_or(seconds))
        }
        PolicyWarning::GraceRemaining(left) => format!("grace left {left}"),
    });
    let error = error.map(|error| match error {
        0 => "error passwordExpired".to_owned(),
        1 => "error accountLocked".to_owned(),
        2 => "error changeAfterReset".to_owned(),
        3 => "error passwordModNotAllowed".to_owned(),
        4 => "error mustSupplyOldPassword".to_owned(),
        5 => "error insufficientPasswordQuality".to_owned(),
        6 => "error passwordTooShort".to_owned(),
        7 => "error passwordTooYoung".to_owned(),
        8 => "error passwordInHistory".to_owned(),
        other => format!("error {other}"),
    });
    let words: Vec<String> = warning.into_iter().chain(error).collect();
    if words.is_empty() {
        "empty".to_owned()
    } else {
        words.join(" and ")
    }
}
