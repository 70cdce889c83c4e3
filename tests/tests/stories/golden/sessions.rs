//! What a session may do whose password must be changed: directly, transparently, and restricted by the preset `sssd`.

use postern_ldap::control::ppolicy::{PasswordPolicyResponse, error};
use postern_ldap::oid;
use postern_tests::golden::{Table, steady};
use postern_tests::people::{self, BASE, PASSWORD};
use postern_tests::request::{self, Change, Scope};
use postern_tests::{Answer, Gateway, Slapd, Wire, eventually};
use std::cell::Cell;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

pub(super) const RESTRICTED: &str = "Operations are restricted to bind/unbind/abandon/StartTLS/modify password";
pub(crate) const NEW: &str = "another-secret-5678";

/// A request, made of its message id and the DN of who is signed in.
pub(crate) type Request = fn(u32, &str) -> Vec<u8>;

/// A connection of somebody who must change the password, signed in.
struct Session<'a> {
    wire: Wire,
    dn: String,
    table: &'a mut Table,
    name: String,
    all: Vec<Answer>,
    next: u32,
}

/// Where a table of sessions is asked, and with which accounts.
struct Place<'a> {
    address: SocketAddr,
    tls_address: Option<SocketAddr>,
    ca_file: &'a Path,
    account: Cell<usize>,
    last: usize,
    table: Table,
}

#[test]
fn a_must_change_session_at_slapd_is_as_captured() {
    let slapd = Slapd::start();
    let ca_file = slapd.ca_file();
    let (table, answers) = all_cases("slapd itself", slapd.address(), &ca_file);
    table.compare("session-direct");
    assert!(answers.iter().any(|answer| answer.text == RESTRICTED));
}

#[test]
fn a_must_change_session_through_a_transparent_route_is_slapds_byte_for_byte() {
    let (direct, behind) = (Slapd::start(), Slapd::start());
    let gateway = Gateway::start("transparent", &behind);
    let (_, wanted) = all_cases("", direct.address(), &direct.ca_file());
    let (table, answers) = all_cases("preset transparent", gateway.address(), &gateway.ca_file());
    assert_eq!(answers.len(), wanted.len());
    table.compare("session-transparent");
    for (answer, wanted) in answers.iter().zip(&wanted) {
        // TLS ends at the gateway, so this one answer is its own; slapd leaves the name of the extension out of it.
        if answer.rest.ends_with(oid::START_TLS) {
            assert_eq!((answer.code, wanted.code), (Some(0), Some(0)));
            continue;
        }
        assert_eq!(steady(answer), steady(wanted), "{answer:?} instead of {wanted:?}");
    }
}

#[test]
fn a_must_change_session_on_sssd_is_as_captured() {
    let slapd = Slapd::start();
    let gateway = Gateway::start("sssd", &slapd);
    let (table, _) = all_cases("preset sssd", gateway.address(), &gateway.ca_file());
    table.compare("session-sssd");
}

/// Every case on a connection of its own, each with an account of its own.
fn all_cases(about: &str, address: SocketAddr, ca_file: &Path) -> (Table, Vec<Answer>) {
    all_cases_of(about, address, None, ca_file, 1)
}

/// The same with every connection but that of StartTLS under TLS from the first octet, if there is an address for it, and with the accounts
/// from this number on.
pub(crate) fn all_cases_of(
    about: &str,
    address: SocketAddr,
    tls_address: Option<SocketAddr>,
    ca_file: &Path,
    first: usize,
) -> (Table, Vec<Answer>) {
    let mut place = Place {
        address,
        tls_address,
        ca_file,
        account: Cell::new(first),
        last: first + people::MUST_CHANGE,
        table: Table::new(&format!(
            "Operations after a sign-in whose password must be changed: {about}.\nEach case is a connection of its own; the sign-in asked for the password policy control."
        )),
    };
    let mut all = Vec::new();
    for (name, request) in refused_requests() {
        place.session(name, &mut all, |session| session.ask(request));
    }
    place.session("whoami", &mut all, |session| session.ask(|id, _| request::who_am_i(id)));
    place.session("root DSE", &mut all, |session| {
        session.ask(|id, _| request::root_dse(id, &["supportedLDAPVersion"]));
    });
    place.session("cancel of nothing", &mut all, |session| {
        session.ask(|id, _| request::cancel(id, 77));
    });
    place.session("abandon of nothing, then whoami", &mut all, |session| {
        let id = session.next;
        session.next += 1;
        session.wire.send(&request::abandon(id, 77));
        session.ask(|id, _| request::who_am_i(id));
    });
    let ca = place.ca_file;
    let tls_address = place.tls_address.take();
    place.session("StartTLS, then whoami and search", &mut all, |session| {
        let id = session.next;
        session.next += 1;
        let answers = session.wire.ask(&request::start_tls(id));
        if answers[0].code == Some(0) {
            session.wire.shake_hands(ca).expect("TLS after StartTLS");
        }
        session.note(answers);
        session.ask(|id, _| request::who_am_i(id));
        session.search_own();
    });
    place.tls_address = tls_address;
    place.session("sign in as somebody else, then search", &mut all, |session| {
        session.ask(|id, _| request::bind(id, &people::dn("active"), PASSWORD, &[]));
        session.search_own();
    });
    place.session("password: too short, then search", &mut all, |session| {
        session.ask(|id, _| with_policy(|control| request::password_modify(id, None, None, Some("short"), control)));
        session.search_own();
    });
    place.session("password: the same, then search", &mut all, |session| {
        session.ask(|id, _| with_policy(|control| request::password_modify(id, None, None, Some(PASSWORD), control)));
        session.search_own();
    });
    place.session("password: wrong old one, then search", &mut all, |session| {
        session.ask(|id, _| request::password_modify(id, None, Some("not it"), Some(NEW), &[]));
        session.search_own();
    });
    place.session("password: somebody else's, then search", &mut all, |session| {
        session
            .ask(|id, _| request::password_modify(id, Some(&people::dn("history-2")), Some("not it"), Some(NEW), &[]));
        session.search_own();
    });
    place.session("password: no target, then search", &mut all, |session| {
        session.ask(|id, _| request::password_modify(id, None, None, Some(NEW), &[]));
        session.search_own();
    });
    place.session("password: own target, then search", &mut all, |session| {
        session.ask(|id, dn| request::password_modify(id, Some(dn), Some(PASSWORD), Some(NEW), &[]));
        session.search_own();
    });
    place.session("userPassword: too short, then search", &mut all, |session| {
        session.ask(|id, dn| {
            let change: (Change, &str, &[&str]) = (Change::Replace, "userPassword", &["short"]);
            with_policy(|control| request::modify(id, dn, &[change], control))
        });
        session.search_own();
    });
    place.session("userPassword: replaced, then search", &mut all, |session| {
        session.ask(|id, dn| request::modify(id, dn, &[(Change::Replace, "userPassword", &[NEW])], &[]));
        session.search_own_once_free();
    });
    (place.table, all)
}

/// Requests a must-change session is refused, with what they are called.
pub(crate) fn refused_requests() -> Vec<(&'static str, Request)> {
    vec![
        ("search of the own entry", |id, dn| {
            request::search(id, dn, Scope::Base, "objectClass", &["cn"], &[])
        }),
        ("search of the tree", |id, _| {
            request::search_equal(id, BASE, "uid", "active", &["cn"])
        }),
        ("search with the password policy control", |id, dn| {
            request::search(
                id,
                dn,
                Scope::Base,
                "objectClass",
                &["cn"],
                &[&request::password_policy()],
            )
        }),
        ("compare of the own entry", |id, dn| request::compare(id, dn, "cn", "x")),
        ("compare of the own password", |id, dn| {
            request::compare(id, dn, "userPassword", PASSWORD)
        }),
        ("modify of the own description", |id, dn| {
            request::modify(id, dn, &[(Change::Replace, "description", &["x"])], &[])
        }),
        ("modify of password and description", |id, dn| {
            let changes: [(Change, &str, &[&str]); 2] = [
                (Change::Replace, "userPassword", &[NEW]),
                (Change::Replace, "description", &["x"]),
            ];
            request::modify(id, dn, &changes, &[])
        }),
        ("modify of somebody else's description", |id, _| {
            request::modify(
                id,
                &people::dn("active"),
                &[(Change::Replace, "description", &["x"])],
                &[],
            )
        }),
        ("add", |id, _| {
            request::add(id, &people::dn("new"), &[("objectClass", "account"), ("uid", "new")])
        }),
        ("delete", |id, _| request::delete(id, &people::dn("history-3"))),
        ("rename", |id, dn| request::rename(id, dn, "uid=other")),
    ]
}

impl Place<'_> {
    /// One case: signs in, does what is to be done, notes every answer.
    fn session(&mut self, name: &str, all: &mut Vec<Answer>, script: impl FnOnce(&mut Session<'_>)) {
        let account = self.account.get();
        assert!(account < self.last, "more cases than accounts");
        self.account.set(account + 1);
        let dn = people::dn(&format!("must-change-{account:02}"));
        let wire = match self.tls_address {
            Some(address) => Wire::connect_tls(address, self.ca_file),
            None => Wire::connect(self.address),
        };
        let mut session = Session {
            wire: must_change(wire, &dn),
            dn,
            table: &mut self.table,
            name: name.to_owned(),
            all: Vec::new(),
            next: 2,
        };
        script(&mut session);
        all.append(&mut session.all);
    }
}

impl Session<'_> {
    fn ask(&mut self, request: impl Fn(u32, &str) -> Vec<u8>) {
        let id = self.next;
        self.next += 1;
        let answers = self.wire.ask(&request(id, &self.dn));
        self.note(answers);
    }

    fn search_own(&mut self) {
        self.ask(|id, dn| request::search(id, dn, Scope::Base, "objectClass", &["cn"], &[]));
    }

    /// 389 Directory Server lifts the restriction just after it has answered the modify, so the next request may be too early.
    fn search_own_once_free(&mut self) {
        let id = self.next;
        let search = request::search(id, &self.dn, Scope::Base, "objectClass", &["cn"], &[]);
        let answers = eventually("the restriction is lifted", Duration::from_secs(10), || {
            let answers = self.wire.ask(&search);
            (answers[0].code != Some(53)).then_some(answers)
        });
        self.next += 1;
        self.note(answers);
    }

    fn note(&mut self, answers: Vec<Answer>) {
        self.table.case(&self.name, &answers);
        self.all.extend(answers);
    }
}

/// A connection signed in with the right password, having asked for the password policy control.
pub(super) fn signed_in(address: SocketAddr, dn: &str) -> Wire {
    must_change(Wire::connect(address), dn)
}

/// Signs in somebody who is told to change the password.
pub(crate) fn must_change(mut wire: Wire, dn: &str) -> Wire {
    let answer = wire
        .ask(&request::bind(1, dn, PASSWORD, &[&request::password_policy()]))
        .remove(0);
    assert_eq!(answer.code, Some(0), "{dn}: {answer:?}");
    let control = answer.control(oid::PASSWORD_POLICY).expect("the control");
    let told = PasswordPolicyResponse::parse(control).expect("a value").error;
    assert_eq!(told, Some(error::CHANGE_AFTER_RESET), "{dn} must change");
    wire
}

fn with_policy(request: impl FnOnce(&[&[u8]]) -> Vec<u8>) -> Vec<u8> {
    let control = request::password_policy();
    request(&[&control])
}
