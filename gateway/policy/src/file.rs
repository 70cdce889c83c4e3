//! A policy file as it is written. Every comment on a key here is what an editor shows beside it, by way of the schema.

pub(crate) mod authority;
pub(crate) mod self_service;

use crate::document::Advice;
use authority::AuthorityTable;
use postern_identity::StateName;
use postern_identity::decide::{Admission, Operation, References, Surface, Surfaces, TlsRule};
use schemars::JsonSchema;
use self_service::SelfServiceTable;
use serde::Deserialize;
use std::collections::BTreeMap;

/// What is advised of policy files and of their tests.
pub(crate) const ADVICE: Advice = Advice {
    syntax: "see https://toml.io for how it is written; a half-written file has to be saved whole",
    missing: |description| format!("add it. {description}"),
    misfit: "see policy.schema.json for what fits",
};

/// A policy file of Postern: what may pass on a route, and how an account's standing is shown there.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Postern policy file")]
pub(crate) struct PolicyFile {
    /// The file with the lower number is asked first. Two files that speak of the same route need different numbers.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub(crate) priority: u32,
    /// Where the hour, minute and weekday of this file's conditions are told, such as "Europe/Berlin".
    #[schemars(length(min = 1))]
    pub(crate) time_zone: Option<String>,
    /// What holds on which route. Within one file the first table that sets a key wins.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub(crate) policy: Vec<PolicyTable>,
    /// Whose the passwords of whom are. Default: every account of a directory is that directory's own.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub(crate) authority: Vec<AuthorityTable>,
    /// What people may do for themselves on which route. Within one file the first table that sets a key and is about the account wins.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub(crate) self_service: Vec<SelfServiceTable>,
}

/// What holds on some routes. A key that is left out is asked of the tables and files after this one.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PolicyTable {
    /// The route's name, a list of names, or "*" for all.
    pub(crate) route: RouteNames,
    /// The table holds only where this is true: an expression over route, listener, server_name, client, protected, certificate_subject, account, state, time, hour, minute and weekday. Default: it always holds.
    #[schemars(length(min = 1))]
    pub(crate) when: Option<String>,
    /// The table holds only for accounts at and below these names, once they have signed in. Default: for everybody.
    #[schemars(length(min = 1))]
    pub(crate) accounts: Option<Vec<String>>,
    /// How a standing is shown: one or several of "ppolicy", "netscape", "ad" and "text", or "plain" or "transparent" alone. Default: "text".
    pub(crate) surface: Option<SurfaceWords>,
    /// What may pass.
    #[serde(default)]
    pub(crate) pass: PassTable,
    /// How wrong passwords are held off before the directory locks an account.
    #[serde(default)]
    pub(crate) guard: GuardTable,
    /// What a sign-in is answered, by the state the account is in.
    #[serde(default)]
    pub(crate) standing: StandingTables,
    /// Texts for the surface "text", by name. A state uses the text of its own name unless it says otherwise.
    #[serde(default)]
    pub(crate) messages: BTreeMap<String, String>,
}

/// One name or several.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum RouteNames {
    /// A route's name, or "*" for all.
    One(#[schemars(length(min = 1))] String),
    /// Several names.
    Several(#[schemars(length(min = 1))] Vec<String>),
}

impl RouteNames {
    pub(crate) fn names(&self) -> &[String] {
        match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::Several(names) => names,
        }
    }
}

/// One way of showing a standing, or several.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum SurfaceWords {
    /// One way.
    One(SurfaceWord),
    /// Several ways, each adding what it has to say.
    Several(#[schemars(length(min = 1))] Vec<SurfaceWord>),
}

impl SurfaceWords {
    pub(crate) fn words(&self) -> &[SurfaceWord] {
        match self {
            Self::One(word) => std::slice::from_ref(word),
            Self::Several(words) => words,
        }
    }

    pub(crate) fn surfaces(&self) -> Surfaces {
        self.words().iter().copied().map(Surface::from).collect()
    }
}

/// What may pass on a route.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PassTable {
    /// The operations that may pass. Default: all. Unbind and abandon always pass.
    pub(crate) operations: Option<Vec<OperationWord>>,
    /// True: nothing that could change an entry passes, and no password can be changed. Default: false.
    pub(crate) read_only: Option<bool>,
    /// Only entries at and below these names can be reached. Default: all.
    #[schemars(length(min = 1))]
    pub(crate) base_dns: Option<Vec<String>>,
    /// Attributes that are never shown, never matched and never sorted by. Default: none.
    pub(crate) deny_attributes: Option<Vec<String>>,
    /// The most entries one search may return. Default: as the directory says.
    #[schemars(range(min = 1, max = 2_147_483_647))]
    pub(crate) size_limit: Option<u32>,
    /// The most seconds one search may take. Default: as the directory says.
    #[schemars(range(min = 1, max = 2_147_483_647))]
    pub(crate) time_limit_seconds: Option<u32>,
    /// What is refused without TLS: nothing ("optional"), passwords off loopback ("for_passwords", the default) or everything ("always").
    pub(crate) tls: Option<TlsWord>,
    /// Whether a client that has not signed in may do more than read the root DSE. Default: true.
    pub(crate) anonymous: Option<bool>,
    /// What becomes of references in search results: "drop" (the default), "rewrite" (those to the directory's own servers name the route's ldap_url) or "pass". They lead clients around the gateway.
    pub(crate) references: Option<ReferencesWord>,
    /// True: a sign-in that would use up the last grace sign-in is answered like a wrong password and not put to the directory, so that one is left for a new password. Needs the service account. Default: false.
    pub(crate) keep_last_grace: Option<bool>,
    /// Extended operations that pass beside StartTLS, who-am-i, password modify and cancel, as OIDs. Default: none.
    pub(crate) extended_operations: Option<Vec<String>>,
    /// Names that may act for others with the proxied authorization control. Default: none.
    pub(crate) proxied_authorization: Option<Vec<String>>,
    /// Seconds after which whoever signed in must sign in again. Default: never.
    #[schemars(range(min = 1, max = 31_536_000))]
    pub(crate) max_bound_age_seconds: Option<u32>,
    /// How often, in seconds, the standing of whoever is signed in is looked up again by the service account; 0 for never. Default: 300, on the surface "transparent" never.
    #[schemars(range(min = 0, max = 86_400))]
    pub(crate) recheck_seconds: Option<u32>,
}

/// How wrong passwords are held off. One less than locks an account reaches the directory; what comes then is answered here, as a wrong password
/// is. Where the account's own policy can be read, its numbers hold instead of `attempts` and `window_seconds`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GuardTable {
    /// Whether wrong passwords are held off. Default: true, and false on the surface "transparent", where it cannot be otherwise.
    pub(crate) enabled: Option<bool>,
    /// The wrong password that locks an account, where its own policy does not tell. Default: 5.
    #[schemars(range(min = 2, max = 1_000))]
    pub(crate) attempts: Option<u32>,
    /// Seconds a wrong password counts, where the account's own policy does not tell. Default: 900.
    #[schemars(range(min = 1, max = 604_800))]
    pub(crate) window_seconds: Option<u32>,
    /// How many bits of an IPv4 address are its network. The last wrong passwords of each budget are kept for networks from which the
    /// account was lately signed in to. Default: 24.
    #[schemars(range(min = 0, max = 32))]
    pub(crate) ipv4_prefix: Option<u8>,
    /// The same for IPv6. Default: 56.
    #[schemars(range(min = 0, max = 64))]
    pub(crate) ipv6_prefix: Option<u8>,
    /// Seconds for which the network of a successful sign-in is remembered. Default: 1209600, two weeks.
    #[schemars(range(min = 0, max = 31_536_000))]
    pub(crate) known_seconds: Option<u32>,
}

/// What a sign-in is answered, by the state of the account.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StandingTables {
    /// Nothing stands in the way. Default: allow.
    pub(crate) active: Option<StandingTable>,
    /// The password was set by somebody else and must be changed first. Default: refuse.
    pub(crate) must_change: Option<StandingTable>,
    /// The password has expired and no grace sign-in is left. Default: refuse.
    pub(crate) expired: Option<StandingTable>,
    /// The password has expired; this sign-in used up one of a few. Default: allow.
    pub(crate) expired_grace: Option<StandingTable>,
    /// The password expires soon. Default: allow.
    pub(crate) expiring: Option<StandingTable>,
    /// Sign-in is stopped for a while or until somebody lifts it. Default: refuse.
    pub(crate) locked: Option<StandingTable>,
    /// An administrator switched the account off. Default: refuse.
    pub(crate) disabled: Option<StandingTable>,
    /// The account's own last day has passed. Default: refuse.
    pub(crate) account_expired: Option<StandingTable>,
    /// The account's first day has not come. Default: refuse.
    pub(crate) not_yet_valid: Option<StandingTable>,
    /// Outside the hours the account may sign in. Default: refuse.
    pub(crate) outside_hours: Option<StandingTable>,
    /// From a workstation the account may not use. Default: refuse.
    pub(crate) wrong_workstation: Option<StandingTable>,
    /// The directory wants a better protected connection. Default: refuse.
    pub(crate) transport_refused: Option<StandingTable>,
    /// A wrong password, no such account, or a state the password did not prove. Always refused; only the text can be chosen.
    pub(crate) unknown: Option<StandingTable>,
}

impl StandingTables {
    pub(crate) fn of(&self, state: StateName) -> Option<&StandingTable> {
        match state {
            StateName::Active => self.active.as_ref(),
            StateName::MustChange => self.must_change.as_ref(),
            StateName::Expired => self.expired.as_ref(),
            StateName::ExpiredGrace => self.expired_grace.as_ref(),
            StateName::Expiring => self.expiring.as_ref(),
            StateName::Locked => self.locked.as_ref(),
            StateName::Disabled => self.disabled.as_ref(),
            StateName::AccountExpired => self.account_expired.as_ref(),
            StateName::NotYetValid => self.not_yet_valid.as_ref(),
            StateName::OutsideHours => self.outside_hours.as_ref(),
            StateName::WrongWorkstation => self.wrong_workstation.as_ref(),
            StateName::TransportRefused => self.transport_refused.as_ref(),
            StateName::Unknown => self.unknown.as_ref(),
        }
    }
}

/// What a sign-in in one state is answered.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StandingTable {
    /// "allow", "restrict" (let in to change the own password and for nothing else) or "refuse".
    pub(crate) verdict: Option<VerdictWord>,
    /// The name of a text in the messages. Default: the name of the state, or of the one it is told as.
    pub(crate) message: Option<String>,
    /// The state it is shown as in every surface, without numbers and warnings. "unknown": exactly like a wrong password. Default: its own.
    pub(crate) told_as: Option<ToldAsWord>,
    /// Whether the account's owner should hear of it, once. For states a new password ends. Default: false.
    pub(crate) notice: Option<bool>,
}

/// The words of a file and the values they stand for: an enum that reads the words, and `From` into the value.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident for $value:ident { $($word:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub(crate) enum $name { $($word),+ }

        impl From<$name> for $value {
            fn from(word: $name) -> Self {
                match word { $($name::$word => Self::$word),+ }
            }
        }
    };
}
pub(crate) use words;

words! {
    /// How a standing is shown.
    SurfaceWord for Surface { Ppolicy, Netscape, Ad, Text, Plain, Transparent }
}
words! {
    /// A state that another can be told as: one without numbers of its own.
    ToldAsWord for StateName {
        Active, MustChange, Expired, Locked, Disabled, AccountExpired, NotYetValid, OutsideHours, WrongWorkstation, Unknown,
    }
}
words! {
    /// An operation of LDAP.
    OperationWord for Operation { Bind, Search, Compare, Add, Delete, Modify, ModifyDn, Extended }
}
words! {
    /// What is refused without TLS.
    TlsWord for TlsRule { Optional, ForPasswords, Always }
}
words! {
    /// What becomes of references.
    ReferencesWord for References { Drop, Rewrite, Pass }
}
words! {
    /// Let in, let in to change the password, or turned away.
    VerdictWord for Admission { Allow, Restrict, Refuse }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::de::IntoDeserializer;
    use serde::de::value::{Error, StrDeserializer};

    fn read<T: for<'de> Deserialize<'de>>(word: &str) -> T {
        let deserializer: StrDeserializer<'_, Error> = word.into_deserializer();
        T::deserialize(deserializer).unwrap()
    }

    #[test]
    fn files_use_the_words_of_the_verdicts() {
        for surface in Surface::ALL {
            assert_eq!(Surface::from(read::<SurfaceWord>(surface.as_str())), surface);
        }
        let mixed = SurfaceWords::Several(vec![SurfaceWord::Text, SurfaceWord::Ad]);
        assert_eq!(mixed.surfaces().to_string(), "ad, text");
        for operation in Operation::ALL {
            assert_eq!(Operation::from(read::<OperationWord>(operation.as_str())), operation);
        }
        for admission in [Admission::Allow, Admission::Restrict, Admission::Refuse] {
            assert_eq!(Admission::from(read::<VerdictWord>(admission.as_str())), admission);
        }
    }

    #[test]
    fn every_state_has_a_table_of_its_own_name() {
        for state in StateName::ALL {
            let text = format!("priority = 1\n[[policy]]\nroute = \"*\"\n[policy.standing.{state}]\nmessage = \"m\"\n");
            let file: PolicyFile = toml::from_str(&text).unwrap();
            for other in StateName::ALL {
                assert_eq!(file.policy[0].standing.of(other).is_some(), state == other);
            }
        }
    }
}
