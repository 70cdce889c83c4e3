//! Each directory behind × each surface in front: what a client reads in every state. The table stands in `conformance/README.md`;
//! `POSTERN_BLESS=1` writes it anew.

use crate::documents::compare_in;
use crate::freeipa::freeipa;
use postern_ldap::control::ppolicy::{PasswordPolicyResponse, PolicyWarning, error};
use postern_ldap::oid;
use postern_tests::ds389::people as people389;
use postern_tests::gateway::PORTAL;
use postern_tests::people::{self, PASSWORD};
use postern_tests::request;
use postern_tests::samba::people as domain;
use postern_tests::{
    Answer, Ds389, Ds389Settings, Gateway, GatewaySettings, Samba, Slapd, SlapdSettings, eventually, policies,
};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::time::Duration;

/// What stands in the head of a table, and the policy of its route.
struct Surface {
    name: &'static str,
    policy: String,
    /// Whether the client sends the password policy request control.
    asks: bool,
}

/// One account for each of [`STATES`]; none where the directory has no such state.
type Accounts = [Option<String>; STATES.len()];

const STATES: [&str; 11] = [
    "active",
    "must change",
    "expired",
    "expired, grace left",
    "expires soon",
    "locked by failures",
    "locked by an administrator",
    "disabled",
    "account ended",
    "outside hours",
    "wrong workstation",
];
/// Nobody has these proven, and they are asked of everybody: an account with a wrong password, and one that is not there.
const UNPROVEN: [&str; 2] = ["a wrong password", "unknown user"];
const DIRECTORIES: [&str; 5] = ["OpenLDAP", "389 Directory Server", "FreeIPA", "Samba", "embedded"];

#[test]
fn every_directory_looks_the_same_through_a_surface_and_the_table_says_how() {
    let surfaces = surfaces();
    let columns: Vec<BTreeMap<(usize, String), String>> = std::thread::scope(|scope| {
        let openldap = scope.spawn(|| behind_slapd(&surfaces));
        let freeipa = scope.spawn(|| behind_freeipa(&surfaces));
        let samba = scope.spawn(|| behind_samba(&surfaces));
        let embedded = scope.spawn(|| embedded(&surfaces));
        let ds389 = behind_ds389(&surfaces);
        let [openldap, freeipa, samba, embedded] = [openldap, freeipa, samba, embedded]
            .map(|column| column.join().unwrap_or_else(|fault| std::panic::resume_unwind(fault)));
        vec![openldap, ds389, freeipa, samba, embedded]
    });
    let mut text = String::new();
    for (number, surface) in surfaces.iter().enumerate() {
        let heads = DIRECTORIES.join(" | ");
        writeln!(text, "**{}**\n\n| | {heads} |\n|---|---|---|---|---|", surface.name).unwrap();
        for state in STATES.iter().chain(&UNPROVEN) {
            let key = (number, (*state).to_owned());
            let cells: Vec<&str> = columns
                .iter()
                .map(|column| column.get(&key).map_or("–", String::as_str))
                .collect();
            if surface.name != TRANSPARENT {
                // Where a directory has such a state at all, a client cannot tell which directory it is.
                let told: Vec<&&str> = cells.iter().filter(|cell| **cell != "–").collect();
                let apart = told.iter().any(|cell| cell != &told[0]);
                assert!(!apart || DIFFER.contains(state), "{}, {state}: {cells:?}", surface.name);
            }
            writeln!(text, "| {state} | {} |", cells.join(" | ")).unwrap();
        }
        text.push('\n');
    }
    compare_in(
        "conformance/README.md",
        "cross table",
        &format!("{}\n", text.trim_end()),
    );
}

const TRANSPARENT: &str = "`transparent`: as the directory says it";
/// States of which one directory says more than another, or proves what another does not.
const DIFFER: [&str; 3] = ["expired", "disabled", "account ended"];

fn surfaces() -> Vec<Surface> {
    let preset = |name: &str| {
        let file = policies::preset_folder(name).join(format!("{name}.toml"));
        fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
    };
    let refused = "[policy.standing.must_change]\nverdict = \"refuse\"";
    let netscape = policies::like_generic("netscape", "").replace(refused, &refused.replace("refuse", "restrict"));
    [
        ("`ppolicy` (preset `sssd`)", preset("sssd"), true),
        ("`netscape`, who must change it let in restricted", netscape, false),
        ("`ad` and `text` (preset `keycloak-ad`)", preset("keycloak-ad"), false),
        ("`text` (preset `generic`)", preset("generic"), false),
        ("`plain`", policies::like_generic("plain", ""), false),
        (TRANSPARENT, preset("transparent"), true),
    ]
    .map(|(name, policy, asks)| Surface { name, policy, asks })
    .into()
}

/// The account of each state, by the name of its state here.
fn accounts(names: &[(&str, &str)], dn: fn(&str) -> String) -> Accounts {
    STATES.map(|state| names.iter().find(|(known, _)| *known == state).map(|(_, uid)| dn(uid)))
}

fn behind_slapd(surfaces: &[Surface]) -> BTreeMap<(usize, String), String> {
    let grace = |number: usize| people::account(&format!("grace-{number}"), "grace", &[]);
    let slapd = Slapd::start_with(&SlapdSettings {
        ldif: (0..surfaces.len()).map(grace).collect(),
        ..SlapdSettings::default()
    });
    let settings = GatewaySettings {
        directory: format!("default_policy_dn = \"cn=default,ou=policies,{}\"", people::BASE),
        ..GatewaySettings::new("generic", &[slapd.url()])
    };
    let accounts = states_of_slapd();
    column(surfaces, settings, &accounts, &people::dn("nobody"))
}

/// The accounts of the states there are at a slapd, and at a directory of the gateway's own.
fn states_of_slapd() -> Accounts {
    accounts(
        &[
            ("active", "active"),
            ("must change", "must-change"),
            ("expired", "expired"),
            ("expired, grace left", "grace"),
            ("expires soon", "expiring"),
            ("locked by failures", "locked-by-failures"),
            ("locked by an administrator", "locked-by-administrator"),
            ("account ended", "ended"),
        ],
        people::dn,
    )
}

fn embedded(surfaces: &[Surface]) -> BTreeMap<(usize, String), String> {
    let grace = |number: usize| people::account(&format!("grace-{number}"), "grace", &[]);
    let more: String = (0..surfaces.len()).map(grace).collect();
    let settings = GatewaySettings {
        ldif: Some(people::ldif(0, &more)),
        ..GatewaySettings::embedded("generic")
    };
    column(surfaces, settings, &states_of_slapd(), &people::dn("nobody"))
}

fn behind_ds389(surfaces: &[Surface]) -> BTreeMap<(usize, String), String> {
    let grace = |number: usize| people389::account(&format!("grace-{number}"), "grace", &[]);
    let server = Ds389::start_with(&Ds389Settings {
        ldif: (0..surfaces.len()).map(grace).collect(),
        ..Ds389Settings::default()
    });
    let accounts = accounts(
        &[
            ("active", "active"),
            ("must change", "must-change"),
            ("expired", "expired"),
            ("expired, grace left", "grace"),
            ("expires soon", "expiring"),
            ("locked by failures", "locked-by-failures"),
            ("disabled", "inactivated"),
        ],
        people::dn,
    );
    column(
        surfaces,
        crate::ds389::directory("generic", &server),
        &accounts,
        &people::dn("nobody"),
    )
}

fn behind_freeipa(surfaces: &[Surface]) -> BTreeMap<(usize, String), String> {
    let server = freeipa();
    let accounts = accounts(
        &[
            ("active", "ipa-active"),
            ("must change", "ipa-reset"),
            ("expired", "ipa-expired"),
            ("expires soon", "ipa-expiring"),
            ("disabled", "ipa-disabled"),
        ],
        people::dn,
    );
    column(
        surfaces,
        crate::freeipa::directory("generic", &server),
        &accounts,
        &people::dn("nobody"),
    )
}

fn behind_samba(surfaces: &[Surface]) -> BTreeMap<(usize, String), String> {
    let samba = Samba::start();
    let accounts = accounts(
        &[
            ("active", "active"),
            ("must change", "must-change"),
            ("expired", "expired"),
            ("expires soon", "expiring"),
            ("locked by failures", "locked-by-failures"),
            ("disabled", "disabled"),
            ("account ended", "ended"),
            ("outside hours", "outside-hours"),
            ("wrong workstation", "wrong-workstation"),
        ],
        domain::dn,
    );
    column(surfaces, samba.behind("generic"), &accounts, &domain::dn("nobody"))
}

/// What is read in each state on each surface, one after another on one gateway.
fn column(
    surfaces: &[Surface],
    settings: GatewaySettings,
    accounts: &Accounts,
    nobody: &str,
) -> BTreeMap<(usize, String), String> {
    let gateway = Gateway::start_with(&GatewaySettings {
        policy: Some(surfaces[0].policy.clone()),
        ..settings
    });
    let mut cells = BTreeMap::new();
    for (number, surface) in surfaces.iter().enumerate() {
        if number > 0 {
            let before = gateway.generation();
            fs::write(gateway.policies().join("policy.toml"), &surface.policy).unwrap();
            eventually("the policy is in force", Duration::from_secs(20), || {
                (gateway.generation() > before).then_some(())
            });
        }
        let ask = |dn: &str, password: &str| {
            let control = request::password_policy();
            let controls: &[&[u8]] = if surface.asks { &[&control] } else { &[] };
            gateway
                .tls_client()
                .ask(&request::bind(2, dn, password, controls))
                .remove(0)
        };
        let active = accounts[0].as_deref().expect("everybody has an active account");
        let wrong = ask(active, &format!("wrong-{number}"));
        let mut note = |state: &str, answer: &Answer| {
            let as_wrong = answer.octets == wrong.octets && state != UNPROVEN[0];
            let cell = if as_wrong {
                "as a wrong password".to_owned()
            } else {
                seen(answer)
            };
            cells.insert((number, state.to_owned()), cell);
        };
        for (state, account) in STATES.iter().zip(accounts) {
            let Some(dn) = account else { continue };
            // Every sign-in uses up one of a few.
            let own = dn.replacen("uid=grace,", &format!("uid=grace-{number},"), 1);
            note(state, &ask(&own, PASSWORD));
        }
        note(UNPROVEN[0], &wrong);
        note(UNPROVEN[1], &ask(nobody, &format!("wrong-{number}")));
    }
    cells
}

/// An answer in words.
fn seen(answer: &Answer) -> String {
    let mut words = vec![answer.code.map_or_else(String::new, |code| code.to_string())];
    if let Some(value) = answer.password_policy() {
        let PasswordPolicyResponse { warning, error } = PasswordPolicyResponse::parse(value).expect("a control");
        // 389 Directory Server says beside "must change" how long a warning takes, and 0 the next time.
        match warning.filter(|_| error != Some(error::CHANGE_AFTER_RESET)) {
            Some(PolicyWarning::GraceRemaining(left)) => words.push(format!("grace left {left}")),
            Some(PolicyWarning::TimeBeforeExpiration(_)) => words.push("seconds left".to_owned()),
            None => {}
        }
        words.extend(error.map(|error| match error {
            error::PASSWORD_EXPIRED => "passwordExpired".to_owned(),
            error::ACCOUNT_LOCKED => "accountLocked".to_owned(),
            error::CHANGE_AFTER_RESET => "changeAfterReset".to_owned(),
            other => format!("error {other}"),
        }));
    }
    for (oid, name) in [(oid::NETSCAPE_EXPIRED, "`.4`"), (oid::NETSCAPE_EXPIRING, "`.5`")] {
        if answer.control(oid).is_some() {
            words.push(name.to_owned());
        }
    }
    if !answer.text.is_empty() {
        words.push(told(&answer.text));
    }
    words.join(", ")
}

/// A text, and of Active Directory's line what tells one refusal from another.
fn told(text: &str) -> String {
    let text = text.replace(PORTAL, "…");
    let quoted = |text: &str| format!("“{}”", text.trim());
    let Some((_, line)) = text.split_once("AcceptSecurityContext error, ") else {
        return quoted(&text);
    };
    let data = line.split(',').next().unwrap_or(line);
    match line.split_once("; ") {
        Some((_, words)) => format!("{data}, {}", quoted(words)),
        None => data.to_owned(),
    }
}
