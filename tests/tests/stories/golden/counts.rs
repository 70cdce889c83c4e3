//! What is counted: failures towards a lock, grace sign-ins towards their end, and every sign-in once in the audit log and the metrics.

use super::binds::{WRONG, ask_all, cases};
use postern_tests::golden::Table;
use postern_tests::people::{self, PASSWORD};
use postern_tests::{Gateway, Slapd, Wire, eventually, request};
use std::time::Duration;

#[test]
fn every_sign_in_is_one_audit_line_and_one_count() {
    for preset in ["transparent", "generic", "sssd"] {
        let slapd = Slapd::start();
        let gateway = Gateway::start(preset, &slapd);
        let (_, answers) = ask_all("", gateway.address());
        let lines = eventually("the audit lines are written", Duration::from_secs(10), || {
            let lines = gateway.audit();
            (lines.len() >= answers.len()).then_some(lines)
        });
        let mut wanted: Vec<(String, u64)> = cases()
            .into_iter()
            .map(|case| (case.dn, answers[&case.name].code.unwrap().into()))
            .collect();
        let mut told: Vec<(String, u64)> = lines
            .iter()
            .map(|line| {
                assert_eq!(
                    (line["operation"].as_str(), line["route"].as_str()),
                    (Some("bind"), Some("applications")),
                    "{line}"
                );
                assert!(line["rule"].as_str().is_some_and(|rule| rule.contains(':')), "{line}");
                (
                    line["account"].as_str().unwrap_or("").to_owned(),
                    line["result_code"].as_u64().unwrap(),
                )
            })
            .collect();
        wanted.sort();
        told.sort();
        assert_eq!(told, wanted, "{preset}");
        let metrics = gateway.metrics();
        #[allow(clippy::cast_precision_loss, reason = "some eighty sign-ins")]
        let asked = answers.len() as f64;
        let route = ("route", "applications");
        let counted = metrics.sum("postern_ldap_binds_total", &[route]);
        assert!((counted - asked).abs() < 0.5, "{preset}: {counted} of {asked}");
        let counted = metrics.sum("postern_ldap_operations_total", &[route, ("operation", "bind")]);
        assert!((counted - asked).abs() < 0.5, "{preset}: {counted} of {asked}");
    }
}

#[test]
fn five_wrong_passwords_lock_and_only_a_transparent_client_sees_it() {
    let (direct, behind) = (Slapd::start(), Slapd::start());
    let gateway = Gateway::start("transparent", &behind);
    let sssd_slapd = Slapd::start();
    let sssd = Gateway::start("sssd", &sssd_slapd);
    let mut table = Table::new(
        "Wrong passwords in a row, asked for the password policy control: the sixth meets a lock (pwdMaxFailure 5).",
    );
    let name = people::dn("history-1");
    for attempt in 1..=7 {
        let control = request::password_policy();
        let ask = |address| {
            Wire::connect(address)
                .ask(&request::bind(2, &name, WRONG, &[&control]))
                .remove(0)
        };
        let [by_slapd, through, shown] = [direct.address(), gateway.address(), sssd.address()].map(ask);
        assert_eq!(by_slapd, through, "attempt {attempt}");
        assert_eq!(shown.password_policy(), Some(&[0x30, 0][..]), "attempt {attempt}");
        table.case(&format!("direct, wrong {attempt}"), &[by_slapd]);
        table.case(&format!("sssd, wrong {attempt}"), &[shown]);
    }
    table.compare("bind-failures");
}

#[test]
fn grace_sign_ins_count_down_alike_and_then_are_refused() {
    let (direct, behind) = (Slapd::start(), Slapd::start());
    let gateway = Gateway::start("sssd", &behind);
    let mut table =
        Table::new("Grace sign-ins (pwdGraceAuthNLimit 3), asked for the password policy control, to the end.");
    for attempt in 1..=4 {
        let control = request::password_policy();
        let bind = request::bind(2, &people::dn("grace"), PASSWORD, &[&control]);
        let [by_slapd, shown] =
            [direct.address(), gateway.address()].map(|address| Wire::connect(address).ask(&bind).remove(0));
        assert_eq!(by_slapd.password_policy(), shown.password_policy(), "sign-in {attempt}");
        assert_eq!(
            by_slapd.code,
            if attempt < 4 { Some(0) } else { Some(49) },
            "sign-in {attempt}"
        );
        assert_eq!(by_slapd.code, shown.code, "sign-in {attempt}");
        table.case(&format!("direct, sign-in {attempt}"), &[by_slapd]);
        table.case(&format!("sssd, sign-in {attempt}"), &[shown]);
    }
    table.compare("bind-grace");
}
