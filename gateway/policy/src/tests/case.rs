//! A policy test as it is written. Every comment on a key here is what an editor shows beside it, by way of the schema.

use super::entry::{EntryTable, OwnedWord};
use super::self_service::{SelfServiceExpect, SelfServiceGiven};
use crate::file::{OperationWord, ReferencesWord, SurfaceWords, TlsWord, VerdictWord, words};
use jiff::Timestamp;
use postern_identity::{
    ConnectionFacts, Evidence, LockedBy, Proven, Source, Standing, State, StateName, Warning, disclose,
};
use schemars::JsonSchema;
use serde::Deserialize;

/// A file of policy tests: what has to hold before the policies beside it come into force.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Postern policy tests")]
pub(crate) struct TestFile {
    /// The tests, in the order they are run.
    #[schemars(length(min = 1))]
    pub(crate) test: Vec<TestCase>,
}

/// One thing that has to hold.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TestCase {
    /// What the test shows, in a sentence.
    #[schemars(length(min = 1))]
    pub(crate) name: String,
    /// What happens: a sign-in (state), something that wants to pass (operation, base_dn, attribute), a password that is to be written (entry), or somebody who wants to help themselves (self_service).
    pub(crate) given: Given,
    /// What has to come of it. At least one key.
    pub(crate) expect: Expect,
}

/// What happens.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Given {
    /// The route, or "*": it has to hold on every route of the configuration.
    #[schemars(length(min = 1))]
    pub(crate) route: String,
    /// A sign-in to an account in this state.
    pub(crate) state: Option<StateWord>,
    /// Whether the directory confirmed the password. Default: "yes".
    pub(crate) proven: Option<ProvenWord>,
    /// The name that signs in, or that has signed in before what wants to pass. Default: some name, or nobody.
    pub(crate) account: Option<String>,
    /// The listener the client comes in on. Default: none of any name.
    pub(crate) listener: Option<String>,
    /// The client's address. Default: "192.0.2.1", which is nobody's.
    pub(crate) client: Option<String>,
    /// Whether the connection is protected by TLS. Default: true.
    pub(crate) protected: Option<bool>,
    /// The server name the client asks for. Default: none.
    pub(crate) server_name: Option<String>,
    /// The subject of the client's certificate. Default: it has none.
    pub(crate) certificate_subject: Option<String>,
    /// When it happens, such as "2026-12-24T18:00:00+01:00". Default: a Wednesday at noon, UTC.
    pub(crate) time: Option<String>,
    /// The directory's own result code. Default: 0, it lets the account in itself.
    #[schemars(range(min = 0, max = 2_147_483_647))]
    pub(crate) result_code: Option<u32>,
    /// Grace sign-ins the directory says are left. Default: it says nothing of them.
    #[schemars(range(min = 0, max = 2_147_483_647))]
    pub(crate) grace_left: Option<u32>,
    /// Seconds until the password expires, as the directory says. Default: it says nothing of them.
    #[schemars(range(min = 0, max = 2_147_483_647))]
    pub(crate) seconds: Option<u32>,
    /// An operation that wants to pass.
    pub(crate) operation: Option<OperationWord>,
    /// The name of an entry that wants to be reached.
    pub(crate) base_dn: Option<String>,
    /// An attribute that wants to be seen.
    pub(crate) attribute: Option<String>,
    /// An entry whose password is to be written.
    pub(crate) entry: Option<EntryTable>,
    /// Somebody who wants to help themselves.
    pub(crate) self_service: Option<SelfServiceGiven>,
}

/// What has to come of it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expect {
    /// What the sign-in is answered.
    pub(crate) verdict: Option<VerdictWord>,
    /// The text shown to the person, whole. Empty: none is shown. {portal_url} stands for the route's own.
    pub(crate) text: Option<String>,
    /// A part of the text shown to the person. {portal_url} stands for the route's own.
    #[schemars(length(min = 1))]
    pub(crate) text_contains: Option<String>,
    /// The state that is shown: the account's own, unless a rule tells it as another.
    pub(crate) told_as: Option<StateWord>,
    /// Whether the account's owner should hear of it.
    pub(crate) notice: Option<bool>,
    /// The name of the rule that decides, such as `generic.toml:policy[0].pass.read_only` or `built-in:unknown`.
    #[schemars(length(min = 1))]
    pub(crate) rule: Option<String>,
    /// Whether what is given may pass.
    pub(crate) pass: Option<bool>,
    /// The route's surface, or all of them.
    pub(crate) surface: Option<SurfaceWords>,
    /// Whether the route is read-only.
    pub(crate) read_only: Option<bool>,
    /// What the route refuses without TLS.
    pub(crate) tls: Option<TlsWord>,
    /// Whether the route serves clients that have not signed in.
    pub(crate) anonymous: Option<bool>,
    /// What becomes of references on the route.
    pub(crate) references: Option<ReferencesWord>,
    /// Whose the entry's password is.
    pub(crate) owner: Option<OwnedWord>,
    /// The provider that has it.
    #[schemars(length(min = 1))]
    pub(crate) provider: Option<String>,
    /// What holds for whoever wants to help themselves.
    pub(crate) self_service: Option<SelfServiceExpect>,
}

words! {
    /// The state of an account.
    StateWord for StateName {
        Active, MustChange, Expired, ExpiredGrace, Expiring, Locked, Disabled, AccountExpired, NotYetValid, OutsideHours,
        WrongWorkstation, TransportRefused, Unknown,
    }
}
words! {
    /// Whether the directory confirmed the password.
    ProvenWord for Proven { Yes, No, Unknown }
}

impl TestCase {
    /// A test that asks two things, or nothing, or expects what was not asked: the key, what is wrong, what would be right.
    pub(super) fn contradiction(&self) -> Option<(&'static str, &'static str, &'static str)> {
        let Self { given, expect, .. } = self;
        let things = [
            given.operation.is_some(),
            given.base_dn.is_some(),
            given.attribute.is_some(),
        ];
        let passes = things.contains(&true);
        let of_sign_in = given.proven.is_some()
            || given.result_code.is_some()
            || given.grace_left.is_some()
            || given.seconds.is_some();
        let wants_verdict = expect.verdict.is_some()
            || expect.text.is_some()
            || expect.text_contains.is_some()
            || expect.told_as.is_some()
            || expect.notice.is_some();
        let wants_route = expect.surface.is_some()
            || expect.read_only.is_some()
            || expect.tls.is_some()
            || expect.anonymous.is_some()
            || expect.references.is_some();
        let wants_owner = expect.owner.is_some() || expect.provider.is_some();
        let of_self_service = given.self_service.is_some();
        if of_self_service && (given.state.is_some() || given.entry.is_some() || passes) {
            return Some(("given", "this asks two things at once", "a test for each"));
        }
        if of_self_service != expect.self_service.is_some() {
            return Some((
                "expect",
                "self_service is given or expected alone",
                "self_service in what is given and in what is expected",
            ));
        }
        let wants_self_service = expect
            .self_service
            .as_ref()
            .is_some_and(SelfServiceExpect::is_something);
        let wants_account = given.account.is_some() && given.state.is_none() && !passes && !wants_route;
        if given.entry.is_some() && (given.state.is_some() || passes) || given.state.is_some() && passes {
            Some(("given", "this asks two things at once", "a test for each"))
        } else if given.entry.is_none() && wants_owner {
            Some((
                "expect",
                "an owner is expected of no entry",
                "add an entry to what is given",
            ))
        } else if given.state.is_none() && of_sign_in || wants_account {
            Some(("given", "a sign-in without a state", "add the state"))
        } else if given.state.is_none() && wants_verdict {
            Some((
                "expect",
                "a verdict or text is expected of no sign-in",
                "add a state to what is given",
            ))
        } else if !passes && expect.pass.is_some() {
            Some((
                "expect",
                "\"pass\" is expected of nothing",
                "add an operation, base_dn or attribute to what is given",
            ))
        } else if expect.rule.is_some() && given.state.is_none() && given.entry.is_none() && !passes {
            Some((
                "expect",
                "a rule is expected of no question",
                "add a state, an operation or an entry to what is given",
            ))
        } else if !(wants_verdict
            || wants_route
            || wants_owner
            || wants_self_service
            || expect.pass.is_some()
            || expect.rule.is_some())
        {
            Some((
                "expect",
                "nothing is expected, so the test cannot fail",
                "add a verdict, text, rule, owner or pass",
            ))
        } else {
            None
        }
    }
}

impl Given {
    pub(super) fn proven(&self) -> Proven {
        self.proven.map_or(Proven::Yes, Into::into)
    }

    /// The connection a test describes.
    pub(super) fn connection(&self) -> Result<ConnectionFacts, (&'static str, &'static str)> {
        let example = ConnectionFacts::example();
        let client = match &self.client {
            Some(client) => client.parse().map_err(|_| {
                (
                    "client is not an address",
                    "an address such as \"10.1.2.3\" or \"2001:db8::1\"",
                )
            })?,
            None => example.client,
        };
        Ok(ConnectionFacts {
            listener: self.listener.as_deref().map_or(example.listener, Into::into),
            client: client.to_canonical(),
            protected: self.protected.unwrap_or(example.protected),
            server_name: self.server_name.as_ref().map(|name| name.to_lowercase().into()),
            certificate_subject: self.certificate_subject.as_deref().map(Into::into),
        })
    }

    /// The moment a test describes: always the same where it describes none, so that its outcome does not change with the day.
    pub(super) fn time(&self) -> Result<Timestamp, (&'static str, &'static str)> {
        let time = self.time.as_deref().unwrap_or("2026-01-07T12:00:00Z");
        time.parse()
            .map_err(|_| ("time is not a moment", "such as \"2026-12-24T18:00:00+01:00\""))
    }

    /// The name that signs in.
    pub(super) fn account(&self) -> &str {
        self.account.as_deref().unwrap_or("uid=somebody,dc=example,dc=org")
    }

    /// Who has signed in, if anybody, and what may be told of the account.
    pub(super) fn signed_in(&self) -> Option<(&str, StateName)> {
        match self.standing() {
            Some(standing) => Some((self.account(), disclose(&standing, self.proven()).state().name())),
            None => self.account.as_deref().map(|account| (account, StateName::Active)),
        }
    }

    /// The standing a test describes, if it describes a sign-in.
    pub(super) fn standing(&self) -> Option<Standing> {
        let seconds = self.seconds.map(u64::from);
        let state = match self.state?.into() {
            StateName::Active => State::Active,
            StateName::MustChange => State::MustChange,
            StateName::Expired => State::Expired,
            StateName::ExpiredGrace => State::ExpiredGrace {
                left: self.grace_left.unwrap_or_default(),
            },
            StateName::Expiring => State::Expiring {
                seconds: seconds.unwrap_or_default(),
            },
            StateName::Locked => State::Locked {
                by: LockedBy::Unsaid,
                until: None,
            },
            StateName::Disabled => State::Disabled,
            StateName::AccountExpired => State::AccountExpired,
            StateName::NotYetValid => State::NotYetValid,
            StateName::OutsideHours => State::OutsideHours,
            StateName::WrongWorkstation => State::WrongWorkstation,
            StateName::TransportRefused => State::TransportRefused,
            StateName::Unknown => State::Unknown,
        };
        let warning = match (seconds, self.grace_left) {
            (Some(seconds), _) => Some(Warning::ExpiresIn(seconds)),
            (None, Some(left)) => Some(Warning::GraceLeft(left)),
            (None, None) => None,
        };
        Some(Standing {
            state,
            cause: None,
            warning,
            evidence: Evidence {
                source: Source::Bind,
                result_code: Some(self.result_code.unwrap_or_default()),
                told_by: "policy test",
            },
        })
    }
}
