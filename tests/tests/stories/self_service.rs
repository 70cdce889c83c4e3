//! Self-service over the real program: a browser without scripts, a mail server and real directories. What is proven here is what people, programs and
//! the directory see; the order of steps has tests of its own in `identity`.

mod accounts;
mod directories;
mod faults;
mod hostile;
mod known;
mod links;
mod openldap;
mod programs;
mod shared;
mod silence;

use postern_tests::gateway::program;
use postern_tests::people::{ADMINISTRATOR, ADMINISTRATOR_PASSWORD, SERVICE, dn};
use postern_tests::request::{self, Scope};
use postern_tests::{Answer, Browser, Gateway, GatewaySettings, Mail, Mailbox, Page, Slapd, SlapdSettings, Wire};
use postern_tests::{eventually, policies};
use std::fmt::Write as _;
use std::process::Command;
use std::time::Duration;

/// Passwords that every directory of the stories takes.
const NEW: &str = "quiet-Otter-on-7-hills";
const NEWER: &str = "seven-Boats-in-3-ports";
/// Without it nobody can tell how an account stands, and nobody comes in.
const POLICY: &str = "default_policy_dn = \"cn=default,ou=policies,dc=example,dc=org\"";
/// How long what is done behind an answer may take.
const SOON: Duration = Duration::from_secs(30);

/// A mail server, a slapd in which the service account may do what self-service needs, and the gateway before it.
struct Scene {
    mailbox: Mailbox,
    slapd: Slapd,
    gateway: Gateway,
}

impl Scene {
    fn start() -> Self {
        Self::start_with("", |_| {})
    }

    /// `ldif` are more entries of the directory; `change` changes the gateway's settings.
    fn start_with(ldif: &str, change: impl FnOnce(&mut GatewaySettings)) -> Self {
        let slapd = slapd(ldif);
        let mailbox = Mailbox::start();
        let mut settings = before(&slapd, &mailbox);
        change(&mut settings);
        let gateway = Gateway::start_with(&settings);
        Self {
            mailbox,
            slapd,
            gateway,
        }
    }

    /// Asks for a message on this page: the mail.
    fn ask(&self, browser: &mut Browser, path: &str, uid: &str) -> Mail {
        ask_for_mail(&self.mailbox, browser, path, uid)
    }

    /// All of an account's entry, operational attributes too, as the directory's administrator sees it.
    fn entry(&self, uid: &str) -> Vec<u8> {
        entry(&self.slapd, uid)
    }
}

fn slapd(ldif: &str) -> Slapd {
    // Whoever may manage passwords is held to no rule by slapd; whoever may write them is.
    let rights = format!(
        "access to attrs=userPassword by dn.exact=\"{SERVICE}\" write by self write by anonymous auth by * none
access to * by dn.exact=\"{SERVICE}\" manage by * break
"
    );
    Slapd::start_with(&SlapdSettings {
        database: rights,
        ldif: ldif.to_owned(),
        ..SlapdSettings::default()
    })
}

/// A gateway with self-service before a slapd.
fn before(slapd: &Slapd, mailbox: &Mailbox) -> GatewaySettings {
    let settings = GatewaySettings {
        directory: POLICY.to_owned(),
        ..GatewaySettings::new("generic", &[slapd.url()])
    };
    with_self_service(settings, mailbox)
}

/// Self-service besides.
fn with_self_service(settings: GatewaySettings, mailbox: &Mailbox) -> GatewaySettings {
    GatewaySettings {
        policy: Some(policies::with_self_service("")),
        mail: Some(mailbox.url()),
        ..settings
    }
}

/// Types a name on this page. Whoever it is: a message may be on its way.
fn ask(browser: &mut Browser, path: &str, name: &str) -> Page {
    let page = browser.get(path);
    assert_eq!(page.status, 200, "{path}: {}", page.text());
    let page = browser.submit(&page.form(path), &[("name", name)]);
    assert_eq!((page.status, &*page.path), (200, "/reset/sent"), "{}", page.text());
    page
}

fn ask_for_mail(mailbox: &Mailbox, browser: &mut Browser, path: &str, uid: &str) -> Mail {
    let address = if uid.contains('@') {
        uid.to_owned()
    } else {
        format!("{uid}@example.org")
    };
    // A note of what was done before may come in between.
    let answers = || {
        let is_note = |mail: &Mail| mail.header("subject").unwrap_or_default().contains(" was ");
        let mut mails = mailbox.to(&address);
        mails.retain(|mail| !is_note(mail));
        mails
    };
    let number = answers().len();
    ask(browser, path, uid);
    eventually(&format!("an answer to {address}"), SOON, || {
        answers().into_iter().nth(number)
    })
}

/// Opens the link of a mail and presses its button.
fn follow(browser: &mut Browser, mail: &Mail) -> Page {
    let landing = browser.get(&mail.link("/reset/l/"));
    assert_eq!(landing.status, 200, "{}", landing.text());
    browser.submit(&landing.form("/reset/l/"), &[])
}

/// Types the code of a mail where it was asked for.
fn type_code(browser: &mut Browser, code: &str) -> Page {
    let page = browser.get("/reset/sent");
    browser.submit(&page.form("/reset/code"), &[("code", code)])
}

/// Types a new password twice.
fn choose(browser: &mut Browser, page: &Page, new: &str) -> Page {
    browser.submit(&page.form("/reset/password"), &[("new", new), ("confirm", new)])
}

fn expect(page: &Page, status: u16, path: &str, words: &str) {
    assert_eq!((page.status, &*page.path), (status, path), "{words}? {}", page.text());
    assert!(page.text().contains(words), "{words}? {}", page.text());
}

fn expect_done(page: &Page) {
    expect(page, 200, "/reset/done", "Your password is changed");
}

fn bind(gateway: &Gateway, uid: &str, password: &str) -> Answer {
    gateway.client().bind(1, &dn(uid), password)
}

fn administrator(slapd: &Slapd) -> Wire {
    let mut wire = Wire::connect(slapd.address());
    assert_eq!(wire.bind(1, ADMINISTRATOR, ADMINISTRATOR_PASSWORD).code, Some(0));
    wire
}

fn entry(slapd: &Slapd, uid: &str) -> Vec<u8> {
    let search = request::search(2, &dn(uid), Scope::Base, "objectClass", &["*", "+"], &[]);
    administrator(slapd).ask(&search).remove(0).octets
}

fn holds(octets: &[u8], text: &str) -> bool {
    octets.windows(text.len()).any(|part| part == text.as_bytes())
}

/// How many former passwords slapd knows of an account: one for each change.
fn changes(slapd: &Slapd, uid: &str) -> usize {
    let value = b"#1.3.6.1.4.1.1466.115.121.1.40#";
    let entry = entry(slapd, uid);
    entry.windows(value.len()).filter(|part| part == value).count()
}

/// How often this is on record, for this reason if one is given.
fn recorded(gateway: &Gateway, operation: &str, reason: Option<&str>) -> usize {
    let lines = gateway.audit().into_iter();
    let is_it = |line: &serde_json::Value| {
        line["operation"] == operation && reason.is_none_or(|reason| line["reason"] == reason)
    };
    lines.filter(is_it).count()
}

/// Waits until it is on record so often.
fn await_record(gateway: &Gateway, operation: &str, reason: Option<&str>, count: usize) {
    eventually(&format!("{operation} {reason:?} on record {count} times"), SOON, || {
        (recorded(gateway, operation, reason) >= count).then_some(())
    });
}

/// What everybody may see of a page: without what is random or a time in it.
fn plain(page: &Page) -> String {
    let mut plain = format!("{}\n", page.status);
    for (name, value) in &page.headers {
        if !matches!(
            &**name,
            "date" | "set-cookie" | "content-security-policy" | "content-length" | "x-request-id"
        ) {
            let _ = writeln!(plain, "{name}: {value}");
        }
    }
    let is_word = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    let mut word = String::new();
    for letter in page.body.chars().chain(['\n']) {
        if is_word(letter) {
            word.push(if letter.is_ascii_digit() { '0' } else { letter });
        } else {
            plain.push_str(if word.len() >= 20 { "…" } else { &word });
            word.clear();
            plain.push(letter);
        }
    }
    plain
}

/// Runs the program beside a gateway, in its folder.
fn postern(gateway: &Gateway, words: &[&str]) -> String {
    let output = Command::new(program())
        .args(words)
        .args(["--config", "gateway.toml"])
        .current_dir(gateway.folder())
        .output()
        .unwrap();
    let told = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success(), "{words:?}: {told}");
    told
}

/// Nothing of these stands in what a gateway wrote.
fn expect_unsaid(gateway: &Gateway, secrets: &[&str]) {
    let said = gateway.output();
    for secret in secrets {
        assert!(!said.contains(secret), "a secret stands in the log");
    }
}

/// All of a reset, by link: the last page.
fn reset(mailbox: &Mailbox, browser: &mut Browser, uid: &str, new: &str) -> Page {
    let mail = ask_for_mail(mailbox, browser, "/reset", uid);
    let page = follow(browser, &mail);
    expect(&page, 200, "/reset/password", "Choose a new password");
    choose(browser, &page, new)
}
