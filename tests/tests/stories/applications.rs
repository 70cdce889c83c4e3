//! Applications as Debian ships them, each asking a slapd itself and a gateway before it: what does a person in each state experience?
//! What was seen stands in `conformance/clients/applications`, one page an application (`POSTERN_BLESS=1` writes them anew); what has to
//! hold whatever the words are is asserted besides.

mod apache;
mod dovecot;
mod freeradius;
mod postgresql;
mod sssd;

use postern_tests::applications::{Attempt, Outcome, Server};
use postern_tests::people::{self, dn};
use postern_tests::sightings::{Sightings, cell};
use postern_tests::{Gateway, GatewaySettings, PASSWORD, Slapd, SlapdSettings, eventually};
use std::time::Duration;

/// How long what takes a moment may take on a busy machine.
const DEADLINE: Duration = Duration::from_mins(1);
/// A password nobody has.
const WRONG: &str = "wrong-1234";

/// The states every application is tried in: its words, who is in it, and the password given.
const STATES: [(&str, &str, &str); 8] = [
    ("active", "active", PASSWORD),
    ("expires soon", "expiring", PASSWORD),
    ("expired, grace left", "grace", PASSWORD),
    ("must change", "must-change", PASSWORD),
    ("expired", "expired", PASSWORD),
    ("locked", "locked-by-administrator", PASSWORD),
    ("unknown user", "nobody", PASSWORD),
    ("wrong password", "history-1", WRONG),
];

/// The same for a second table: others, for grace sign-ins are used up and wrong passwords counted.
fn states_again() -> [(&'static str, &'static str, &'static str); 8] {
    STATES.map(|(state, uid, password)| {
        let uid = match uid {
            "grace" => "grace-again",
            "history-1" => "history-2",
            other => other,
        };
        (state, uid, password)
    })
}

/// Who is there besides for people who are tried twice.
fn again() -> String {
    people::account("grace-again", "grace", &[])
}

/// A slapd for people who are tried twice.
fn slapd() -> Slapd {
    Slapd::start_with(&SlapdSettings {
        ldif: again(),
        ..SlapdSettings::default()
    })
}

/// What the gateway with a directory of its own is called.
const OWN: &str = "own";

/// A slapd, gateways before it, and one that has no need of it.
struct Scene {
    slapd: Slapd,
    gateways: Vec<(&'static str, Gateway)>,
}

impl Scene {
    /// One gateway for each of these presets, and one with the first of them and a directory of its own that holds these accounts too.
    fn start(slapd: Slapd, presets: &[&'static str], accounts: &str) -> Self {
        let before = presets.iter().map(|preset| (*preset, Gateway::start(preset, &slapd)));
        let own = Gateway::start_with(&GatewaySettings {
            ldif: Some(people::ldif(0, accounts)),
            ..GatewaySettings::embedded(presets[0])
        });
        let gateways = before.chain([(OWN, own)]).collect();
        Self { slapd, gateways }
    }

    /// slapd itself, then the gateways, named after their presets.
    fn servers(&self) -> Vec<Server> {
        let gateways = self
            .gateways
            .iter()
            .map(|(preset, gateway)| Server::gateway(preset, gateway));
        std::iter::once(Server::slapd(&self.slapd)).chain(gateways).collect()
    }

    /// Each of these people at every server: the state in words, who is in it, and the password given. One table of what they saw.
    fn everybody<'a>(
        &self,
        sightings: &mut Sightings,
        about: &str,
        people: &[(&'static str, &'a str, &'a str)],
        sign_in: impl Fn(&Server, &str, &str) -> Attempt + Sync,
    ) -> Seen {
        let servers = self.servers();
        let names: Vec<String> = servers
            .iter()
            .map(|server| match server.name.as_str() {
                "slapd" => "slapd itself".to_owned(),
                OWN => format!("Postern with a directory of its own, preset `{}`", self.gateways[0].0),
                preset => format!("Postern, preset `{preset}`"),
            })
            .collect();
        sightings.table(about, &names.iter().map(String::as_str).collect::<Vec<_>>());
        // All at once: applications let whoever was refused wait.
        let attempts: Vec<Vec<Attempt>> = std::thread::scope(|scope| {
            let sign_in = &sign_in;
            let begin = |(_, uid, password): &(&str, &'a str, &'a str)| {
                let (uid, password) = (*uid, *password);
                servers
                    .iter()
                    .map(|server| scope.spawn(move || sign_in(server, uid, password)))
                    .collect::<Vec<_>>()
            };
            let rows: Vec<_> = people.iter().map(begin).collect();
            rows.into_iter()
                .map(|row| row.into_iter().map(|attempt| attempt.join().unwrap()).collect())
                .collect()
        });
        let mut seen = Seen(Vec::new());
        for ((state, _, _), row) in people.iter().zip(attempts) {
            sightings.row(state, &row.iter().map(cell).collect::<Vec<_>>());
            for (server, attempt) in servers.iter().zip(row) {
                seen.0.push((server.name.clone(), state, attempt));
            }
        }
        seen
    }

    /// The gateway of this preset was asked about everybody, and found them in the state they are in.
    fn expect_asked(&self, preset: &str, uids: &[(&str, &str)]) {
        let (_, gateway) = self.gateways.iter().find(|(name, _)| *name == preset).unwrap();
        for (uid, state) in uids {
            let what = format!("the gateway with the preset {preset} has seen a sign-in of {uid} as {state}");
            eventually(&what, DEADLINE, || {
                let lines = gateway.audit();
                let seen = |line: &serde_json::Value| line["account"] == dn(uid) && line["state"] == *state;
                lines.iter().any(seen).then_some(())
            });
        }
    }
}

/// What holds at applications that only know in and out: through the gateway whoever must change the password is not in, slapd itself lets
/// them in; everybody else is treated alike. A lock looks like a wrong password.
fn expect_in_and_out(scene: &Scene, seen: &Seen) {
    for server in scene.servers() {
        let is_in = |state| seen.of(&server.name, state).outcome == Outcome::In;
        let let_in = STATES.map(|(state, _, _)| is_in(state));
        let must_change = server.name == "slapd";
        let expected = [true, true, true, must_change, false, false, false, false];
        assert_eq!(let_in, expected, "{}: {:?}", server.name, seen.0);
        let wrong = seen.of(&server.name, "wrong password");
        assert_eq!(seen.of(&server.name, "locked"), wrong, "{}", server.name);
    }
    for (preset, _) in &scene.gateways {
        scene.expect_asked(
            preset,
            &[
                ("active", "active"),
                ("expiring", "expiring"),
                ("grace", "expired_grace"),
                ("must-change", "must_change"),
                ("expired", "expired"),
                ("locked-by-administrator", "locked"),
            ],
        );
    }
}

/// What was seen: at which server, in which state.
struct Seen(Vec<(String, &'static str, Attempt)>);

impl Seen {
    fn of(&self, server: &str, state: &str) -> &Attempt {
        let found = self.0.iter().find(|(name, seen, _)| name == server && *seen == state);
        let (_, _, attempt) = found.unwrap_or_else(|| panic!("{state} was not tried at {server}"));
        attempt
    }
}
