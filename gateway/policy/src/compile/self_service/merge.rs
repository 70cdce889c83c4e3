//! The rules that come of the tables that hold: key by key, the first that sets it; after the last, the safe value.

use super::Serving;
use crate::file::self_service::{PrivilegedWord, SelfServiceTable};
use postern_identity::reset::{Features, Lifetimes, Limits, PasswordRules, ResetRules};
use std::sync::Arc;
use std::time::Duration;

/// How many gates there are for privileged accounts where no table about them says otherwise.
const GATES_OF_PRIVILEGED: u8 = 2;
/// How long their proofs wait likewise.
const WAIT_OF_PRIVILEGED: Duration = Duration::from_hours(24);

/// Rules, and who says each key of them.
pub(super) struct Merged<'a> {
    pub(super) rules: ResetRules,
    sayers: Sayers<'a>,
}

/// By key: the table that says it, and under which key. None: it is built in.
type Sayers<'a> = Vec<(&'static str, Option<(&'a Arc<Serving>, &'static str)>)>;

impl<'a> Merged<'a> {
    /// The table that says a key, and where it does; none where it is built in.
    pub(super) fn sayer(&self, key: &str) -> Option<(&'a Arc<Serving>, &'static str)> {
        self.sayers.iter().find(|(said, _)| *said == key)?.1
    }
}

/// Merges tables, first asked first.
pub(super) fn merged<'a>(
    holding: impl IntoIterator<Item = &'a Arc<Serving>>,
    route: &str,
    generation: u64,
) -> Merged<'a> {
    let mut keys = Keys {
        tables: holding.into_iter().collect(),
        sayers: Vec::new(),
    };
    let privileged = keys.first("privileged", |table| table.privileged);
    let mut features = keys.features();
    if privileged == Some(PrivilegedWord::Off) {
        features.forgot_link = false;
        features.reset = false;
        features.unlock = false;
        keys.said_by_privileged(&["features.forgot_link", "features.reset", "features.unlock"]);
    }
    let factors = keys.first("factors", |table| table.factors.clone());
    let factors = factors.map_or_else(
        || vec!["mail".into()],
        |names| names.into_iter().map(Into::into).collect(),
    );
    let gates = if privileged.is_some() {
        // What holds for everybody was not said with them in mind.
        let gates = keys.first("gates", |table| table.privileged.and(table.gates));
        gates.unwrap_or(GATES_OF_PRIVILEGED)
    } else {
        keys.first("gates", |table| table.gates).unwrap_or(1)
    };
    let self_asserted = keys.first("self_asserted", |table| table.self_asserted);
    let onboarded_only = keys.first("onboarded_only", |table| table.onboarded_only);
    let mut lifetimes = keys.lifetimes();
    lifetimes.cool_down = if privileged.is_some() {
        keys.seconds("lifetimes.cool_down_seconds", WAIT_OF_PRIVILEGED, |table| {
            table.privileged.and(table.lifetimes.cool_down_seconds)
        })
    } else {
        keys.seconds("lifetimes.cool_down_seconds", lifetimes.cool_down, |table| {
            table.lifetimes.cool_down_seconds
        })
    };
    let limits = keys.limits();
    let password = keys.password();
    let mail_at_sign_in = keys.first("mail_at_sign_in", |table| table.mail_at_sign_in);
    let help_desk = keys.first("help_desk", |table| table.help_desk.as_deref().map(Arc::from));
    let rules = ResetRules {
        route: route.into(),
        generation,
        rules: keys.said(),
        features,
        factors,
        gates,
        self_asserted: self_asserted.unwrap_or(false),
        privileged: privileged.is_some(),
        onboarded_only: onboarded_only.unwrap_or(false),
        reads_groups: false,
        lifetimes,
        limits,
        password,
        mail_at_sign_in: mail_at_sign_in.unwrap_or(false),
        help_desk,
    };
    Merged {
        rules,
        sayers: keys.sayers,
    }
}

/// The tables that hold, and what was found in them so far.
struct Keys<'a> {
    tables: Vec<&'a Arc<Serving>>,
    sayers: Sayers<'a>,
}

impl Keys<'_> {
    fn first<T>(&mut self, key: &'static str, value: impl Fn(&SelfServiceTable) -> Option<T>) -> Option<T> {
        let found = self
            .tables
            .iter()
            .find_map(|table| Some((*table, value(&table.table)?)));
        self.sayers.push((key, found.as_ref().map(|(table, _)| (*table, key))));
        found.map(|(_, value)| value)
    }

    fn seconds(
        &mut self,
        key: &'static str,
        default: Duration,
        value: impl Fn(&SelfServiceTable) -> Option<u32>,
    ) -> Duration {
        let seconds = self.first(key, value);
        seconds.map_or(default, |seconds| Duration::from_secs(seconds.into()))
    }

    /// Whatever was said of these keys, the one who says who is privileged says them now.
    fn said_by_privileged(&mut self, keys: &[&str]) {
        let privileged = self
            .sayers
            .iter()
            .find(|(key, _)| *key == "privileged")
            .and_then(|(_, sayer)| *sayer);
        for (_, sayer) in self.sayers.iter_mut().filter(|(key, _)| keys.contains(key)) {
            *sayer = privileged;
        }
    }

    /// Who says what, for the record.
    fn said(&self) -> Vec<(Arc<str>, Arc<str>)> {
        let said = self.sayers.iter().map(|(key, sayer)| {
            let rule = match sayer {
                Some((serving, said)) => serving.rule(said),
                None => format!("built-in:self_service.{key}").into(),
            };
            (Arc::from(*key), rule)
        });
        said.collect()
    }

    fn features(&mut self) -> Features {
        let mut feature =
            |key, default, value: fn(&SelfServiceTable) -> Option<bool>| self.first(key, value).unwrap_or(default);
        Features {
            forgot_link: feature("features.forgot_link", true, |table| table.features.forgot_link),
            reset: feature("features.reset", true, |table| table.features.reset),
            change: feature("features.change", true, |table| table.features.change),
            expired_change: feature("features.expired_change", true, |table| table.features.expired_change),
            unlock: feature("features.unlock", true, |table| table.features.unlock),
            reminder: feature("features.reminder", false, |table| table.features.reminder),
        }
    }

    fn lifetimes(&mut self) -> Lifetimes {
        let safe = Lifetimes::default();
        Lifetimes {
            link: self.seconds("lifetimes.link_seconds", safe.link, |table| {
                table.lifetimes.link_seconds
            }),
            code: self.seconds("lifetimes.code_seconds", safe.code, |table| {
                table.lifetimes.code_seconds
            }),
            context: self.seconds("lifetimes.context_seconds", safe.context, |table| {
                table.lifetimes.context_seconds
            }),
            ready: self.seconds("lifetimes.ready_seconds", safe.ready, |table| {
                table.lifetimes.ready_seconds
            }),
            resend: self.seconds("lifetimes.resend_seconds", safe.resend, |table| {
                table.lifetimes.resend_seconds
            }),
            hold: self.seconds("lifetimes.hold_seconds", safe.hold, |table| {
                table.lifetimes.hold_seconds
            }),
            ..safe
        }
    }

    fn limits(&mut self) -> Limits {
        let safe = Limits::default();
        let mut limit =
            |key, default, value: fn(&SelfServiceTable) -> Option<u32>| self.first(key, value).unwrap_or(default);
        Limits {
            per_name: limit("limits.per_name", safe.per_name, |table| table.limits.per_name),
            per_network: limit("limits.per_network", safe.per_network, |table| table.limits.per_network),
            per_mailbox: limit("limits.per_mailbox", safe.per_mailbox, |table| table.limits.per_mailbox),
            per_route: limit("limits.per_route", safe.per_route, |table| table.limits.per_route),
            tries_of_challenge: limit("limits.tries_of_challenge", safe.tries_of_challenge, |table| {
                table.limits.tries_of_challenge
            }),
            tries_of_context: limit("limits.tries_of_context", safe.tries_of_context, |table| {
                table.limits.tries_of_context
            }),
            tries_of_account: limit("limits.tries_of_account", safe.tries_of_account, |table| {
                table.limits.tries_of_account
            }),
            refused_passwords: limit("limits.refused_passwords", safe.refused_passwords, |table| {
                table.limits.refused_passwords
            }),
            resets: limit("limits.resets", safe.resets, |table| table.limits.resets),
            unlocks: limit("limits.unlocks", safe.unlocks, |table| table.limits.unlocks),
        }
    }

    fn password(&mut self) -> PasswordRules {
        let safe = PasswordRules::default();
        let words = self.first("password.words", |table| table.password.words.clone());
        PasswordRules {
            shortest: self
                .first("password.shortest", |table| table.password.shortest)
                .unwrap_or(safe.shortest),
            longest: self
                .first("password.longest", |table| table.password.longest)
                .unwrap_or(safe.longest),
            leaked: self
                .first("password.leaked", |table| table.password.leaked)
                .unwrap_or(safe.leaked),
            context: self
                .first("password.context", |table| table.password.context)
                .unwrap_or(safe.context),
            words: words.unwrap_or_default().into_iter().map(Into::into).collect(),
            strength: self
                .first("password.strength", |table| table.password.strength)
                .unwrap_or(safe.strength),
            confirm: self
                .first("password.confirm", |table| table.password.confirm)
                .unwrap_or(safe.confirm),
        }
    }
}
