//! Holds a directory of the stories for whoever measures it: `directory 389` or `directory samba`, and how many people it has to find.
//!
//! Says in one line of JSON where it is and how it is asked, and ends it when standard input ends.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a tool of the measurements may fail where it stands, and says one thing"
)]

use postern_tests::{Ds389, Ds389Settings, PASSWORD, Samba, ds389, people, request, samba};
use serde_json::{Value, json};
use std::io::Read as _;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (which, count) = (arguments.next(), arguments.next());
    let count: usize = count.map_or(1000, |count| count.parse().expect("how many people"));
    match which.as_deref() {
        Some("389") => {
            let everybody =
                (1..=count).map(|number| ds389::people::account(&format!("user{number:05}"), "active", &[]));
            let directory = Ds389::start_with(&Ds389Settings {
                ldif: everybody.collect(),
                ..Ds389Settings::default()
            });
            hold(&json!({
                "dialect": "389ds", "url": directory.url(), "base_dn": people::BASE,
                "bind_dn": people::SERVICE, "bind_password": PASSWORD,
                "below": format!("ou=people,{}", people::BASE), "filter": "(uid=user{n})", "dn": format!("uid=user{{n}},ou=people,{}", people::BASE),
            }));
        }
        Some("samba") => {
            let directory = Samba::start();
            let mut administrator = directory.administrator();
            for number in 1..=count {
                let name = format!("user{number:05}");
                let attributes = [("objectClass", "user"), ("sAMAccountName", name.as_str())];
                let answers = administrator.ask(&request::add(2, &samba::people::dn(&name), &attributes));
                let answer = answers.last().expect("an answer");
                assert_eq!(answer.code, Some(0), "{name}: {answer:?}");
            }
            hold(&json!({
                "dialect": "active-directory", "url": directory.url(), "base_dn": samba::people::BASE,
                "bind_dn": samba::people::SERVICE, "bind_password": PASSWORD,
                // Its root leads to its other parts by references.
                "below": samba::people::PEOPLE, "filter": "(sAMAccountName=user{n})", "dn": samba::people::dn("user{n}"),
            }));
        }
        _ => panic!("directory 389|samba [people]"),
    }
}

fn hold(found: &Value) {
    println!("{found}");
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}
