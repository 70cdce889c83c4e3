//! Password changes that fail: the server's words reach the client, byte for byte on every route.

use super::direct::NOT_ALLOWED;
use super::directory;
use crate::golden::changes::changes_on;
use postern_tests::golden::Table;
use postern_tests::people::{PASSWORD, dn};
use postern_tests::request::{self, Change};
use postern_tests::{Answer, Ds389, Gateway, Wire};

/// What no other directory of these stories refuses: the words are the server's own.
const QUALITY: &[(&str, &str)] = &[
    ("too few kinds of characters", "onlyletters"),
    ("holds the name", "history-2-Secret"),
    ("a hash", "{SSHA}B0YRAR6Bc/krWMWXZZFwCUdYAPvJjtnLa9QzqA=="),
];

#[test]
fn a_failed_password_change_is_told_in_the_servers_words_on_every_route() {
    let (direct, behind) = (Ds389::start(), Ds389::start());
    let connect = || Wire::connect_tls(direct.tls_address(), &direct.ca_file());
    let (_, wanted) = changes_on("", &connect, NOT_ALLOWED);
    let mut table = Table::new("Passwords of poor quality, at 389 Directory Server itself.");
    let poor = of_poor_quality(&connect, Some(&mut table));
    table.compare_in("389ds", "change-quality");
    // One of these changes works, and changes what the next route would find.
    for preset in ["generic", "transparent", "sssd"] {
        let gateway = Gateway::start_with(&directory(preset, &behind));
        let connect = || gateway.tls_client();
        assert_eq!(of_poor_quality(&connect, None), poor, "{preset}");
        if preset != "generic" {
            continue;
        }
        let (_, answers) = changes_on(preset, &connect, NOT_ALLOWED);
        for ((case, answer), (_, wanted)) in answers.iter().zip(&wanted) {
            assert_eq!(answer, wanted, "{preset}: {case}");
        }
    }
}

fn of_poor_quality(connect: &dyn Fn() -> Wire, mut table: Option<&mut Table>) -> Vec<Answer> {
    let mut all = Vec::new();
    for (case, password) in QUALITY {
        let control = request::password_policy();
        for controls in [&[&control[..]][..], &[]] {
            let mut wire = connect();
            let who = dn("history-2");
            assert_eq!(wire.bind(1, &who, PASSWORD).code, Some(0));
            let change: (Change, &str, &[&str]) = (Change::Replace, "userPassword", &[password]);
            let answers = wire.ask(&request::modify(2, &who, &[change], controls));
            if let Some(table) = &mut table {
                let asked = if controls.is_empty() { "not asked" } else { "asked" };
                table.case(&format!("{case}, {asked}"), &answers);
            }
            all.extend(answers);
        }
    }
    all
}
