//! Every refusal of a new password as a client sees it through the gateway: by RFC 3062, which Samba does not know, and by `unicodePwd`.

use super::{NEW, OTHER, WRONG};
use postern_tests::golden::Table;
use postern_tests::request::{self, Change};
use postern_tests::samba::people::{self, SERVICE, unicode};
use postern_tests::{Answer, Gateway, PASSWORD, Samba, Wire};

/// What is tried: in words, whose, the old password if one is given, the new one.
const TRIED: [(&str, &str, Option<&str>, &str); 8] = [
    ("too short", "active", Some(PASSWORD), "Ab-1"),
    ("not complex", "active", Some(PASSWORD), "only-small-letters"),
    ("the same as now", "active", Some(PASSWORD), PASSWORD),
    ("too young", "young", Some(PASSWORD), NEW),
    ("wrong old password", "never-expires", Some(WRONG), NEW),
    ("no old password", "active", None, NEW),
    ("another's, a reset", "spare-01", None, NEW),
    ("good", "history-1", Some(PASSWORD), NEW),
];

#[test]
fn by_rfc_3062_the_rule_is_told_in_the_control_and_by_unicode_pwd_in_samba_s_words() {
    let mut table =
        Table::new("New passwords through Postern before Samba, preset generic, over LDAPS; by whoever is signed in.");
    let samba = Samba::start();
    let gateway = Gateway::start_with(&samba.behind("generic"));
    let direct = Samba::start();
    for (case, name, old, new) in TRIED {
        let whose = people::dn(name);
        let own = if case.starts_with("another's") { "active" } else { name };
        let signed_in = |mut wire: Wire| {
            assert_eq!(wire.bind(1, &people::dn(own), PASSWORD).code, Some(0), "{own}");
            wire
        };
        let unicode_pwd = unicode_pwd(&whose, old, new);
        let wanted = signed_in(direct.tls_client()).ask(&unicode_pwd).remove(0);
        if case != "good" {
            let answer = signed_in(gateway.tls_client()).ask(&unicode_pwd).remove(0);
            assert_eq!(answer.octets, wanted.octets, "{case}: Samba's own words");
            table.case(&format!("unicodePwd, {case}"), &[answer]);
        }
        for (word, control) in [("asked", Some(request::password_policy())), ("not asked", None)] {
            if case == "good" && word == "asked" {
                continue;
            }
            let controls: Vec<&[u8]> = control.iter().map(Vec::as_slice).collect();
            let identity = (own != name).then_some(whose.as_str());
            let request = request::password_modify(2, identity, old, Some(new), &controls);
            let answer = signed_in(gateway.tls_client()).ask(&request).remove(0);
            assert_eq!(answer.code == Some(0), case == "good", "{case}: {answer:?}");
            assert!(answer.controls.is_empty() || word == "asked", "{case}: {answer:?}");
            table.case(&format!("password modify, {case}, {word}"), &[answer]);
        }
    }
    table.compare_in("samba", "change-generic");
    let answer = gateway.tls_client().bind(1, &people::dn("history-1"), NEW);
    assert_eq!(answer.code, Some(0), "{answer:?}");
}

#[test]
fn whoever_must_change_the_password_may_do_nothing_else_and_is_told_every_refusal() {
    let mut table =
        Table::new("A session whose password must be changed, through Postern before Samba, preset sssd, over LDAPS.");
    let samba = Samba::start();
    let gateway = Gateway::start_with(&samba.behind("sssd"));
    let control = request::password_policy();
    let mut note = |case: &str, answers: Vec<Answer>| -> Answer {
        table.case(case, &answers);
        answers.into_iter().next_back().unwrap()
    };
    for (state, name) in [("must change", "must-change-01"), ("expired", "expired")] {
        let dn = people::dn(name);
        let mut wire = gateway.tls_client();
        let answer = note(
            &format!("{state}: bind"),
            wire.ask(&request::bind(1, &dn, PASSWORD, &[&control])),
        );
        assert_eq!(answer.code, Some(0), "{state}: {answer:?}");
        let refused = [
            (
                "a search",
                request::search(2, people::BASE, request::Scope::Base, "objectClass", &["dn"], &[]),
            ),
            ("a compare", request::compare(2, &dn, "cn", name)),
            (
                "another attribute",
                request::modify(2, &dn, &[(Change::Replace, "mail", &["x@example.org"])], &[]),
            ),
            (
                "another's password",
                request::password_modify(2, Some(&people::dn("spare-02")), None, Some(NEW), &[]),
            ),
            (
                "its own, not knowing the old one",
                request::password_modify(2, None, None, Some(NEW), &[&control]),
            ),
            (
                "wrong old password",
                request::password_modify(2, None, Some(WRONG), Some(NEW), &[&control]),
            ),
            (
                "too short",
                request::password_modify(2, None, Some(PASSWORD), Some("Ab-1"), &[&control]),
            ),
            (
                "not complex",
                request::password_modify(2, None, Some(PASSWORD), Some("only-small-letters"), &[&control]),
            ),
            (
                "the same as now",
                request::password_modify(2, None, Some(PASSWORD), Some(PASSWORD), &[&control]),
            ),
        ];
        for (case, request) in refused {
            let answer = note(&format!("{state}: {case}"), wire.ask(&request));
            assert_ne!(answer.code, Some(0), "{state}, {case}: {answer:?}");
        }
        // Nothing goes up in the name of somebody whom Samba itself has turned away, not even this.
        let root = note(
            &format!("{state}: the root DSE"),
            wire.ask(&request::root_dse(3, &["supportedLDAPVersion"])),
        );
        assert_eq!(root.code, Some(50), "{state}: {root:?}");
        note(&format!("{state}: who am I"), wire.ask(&request::who_am_i(3)));
        let good = request::password_modify(4, None, Some(PASSWORD), Some(NEW), &[&control]);
        assert_eq!(
            note(&format!("{state}: good"), wire.ask(&good)).code,
            Some(0),
            "{state}"
        );
        let search = request::search(5, &dn, request::Scope::Base, "objectClass", &["cn"], &[]);
        assert_eq!(
            note(&format!("{state}: a search after it"), wire.ask(&search)).code,
            Some(0),
            "{state}"
        );
        let next = gateway.tls_client().bind(1, &dn, NEW);
        assert_eq!(
            (next.code, next.text.as_str()),
            (Some(0), ""),
            "{state}: the next sign-in"
        );
    }
    table.compare_in("samba", "session-sssd");
}

#[test]
fn an_administrator_of_passwords_resets_them_by_rfc_3062_and_the_owner_is_let_in() {
    let samba = Samba::start();
    let gateway = Gateway::start_with(&samba.behind("sssd"));
    let mut service = gateway.tls_client();
    assert_eq!(service.bind(1, SERVICE, PASSWORD).code, Some(0));
    let mut reset = |name: &str, new: &str| {
        let request = request::password_modify(2, Some(&people::dn(name)), None, Some(new), &[]);
        service.ask(&request).remove(0)
    };
    let short = reset("must-change-02", "Ab-1");
    assert_eq!(short.code, Some(19), "{short:?}");
    let done = reset("must-change-02", OTHER);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert_eq!(
        gateway.tls_client().bind(1, &people::dn("must-change-02"), OTHER).code,
        Some(0)
    );
}

/// A change if the old password is given, else a reset.
fn unicode_pwd(dn: &str, old: Option<&str>, new: &str) -> Vec<u8> {
    let (old, new) = (old.map(unicode), unicode(new));
    match &old {
        Some(old) => {
            let changes: [(Change, &str, &[&str]); 2] = [
                (Change::Delete, "unicodePwd", &[old]),
                (Change::Add, "unicodePwd", &[&new]),
            ];
            request::modify(2, dn, &changes, &[])
        }
        None => request::modify(2, dn, &[(Change::Replace, "unicodePwd", &[&new])], &[]),
    }
}
