//! The questions the doors ask, and the answers they get.
//!
//! [`RouteRules`] is the part of a policy that is looked at for every frame: plain data, handed out once per generation and sign-in
//! and held by each session, so that nothing on the fast path calls through a port. [`Decide::sign_in`] is asked once per sign-in.

use crate::authority::AuthorityRules;
use crate::connection::ConnectionFacts;
use crate::name::{AttributeName, DistinguishedName};
use crate::standing::{Proven, Standing, StateName};
pub use crate::surface::{Surface, Surfaces};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Whoever holds the rules.
pub trait Decide: Send + Sync {
    /// The number of the rules in force; sessions keep it and compare it at every frame.
    fn generation(&self) -> Arc<Generation>;

    /// What may pass on a connection, for whoever it is now. `None` if no policy file speaks of its route.
    fn route(&self, question: &RouteQuestion<'_>) -> Option<RouteAnswer>;

    /// What to do with a sign-in the directory has answered.
    fn bind(&self, question: &BindQuestion<'_>) -> BindVerdict;

    /// The same, with what may pass for that account from the moment it is let in, where the verdict shows that too: what
    /// [`Decide::route`] would answer about it now, judged once for both; time may change it when it may change what holds for nobody.
    /// `None`: ask for it.
    fn sign_in(&self, question: &BindQuestion<'_>) -> (BindVerdict, Option<Arc<RouteRules>>) {
        (self.bind(question), None)
    }
}

/// A number that goes up by one each time new rules come into force. Zero means none ever did.
#[derive(Debug, Default)]
pub struct Generation(AtomicU64);

impl Generation {
    /// The number in force.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    /// Sets the number, after the rules it counts are in place.
    pub fn set(&self, number: u64) {
        self.0.store(number, Ordering::Release);
    }
}

/// The name of the rule that gave an answer, for the audit line and `explain`: `file.toml:key`, or `built-in:name`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleName(pub Arc<str>);

impl RuleName {
    /// A rule that no file can change.
    pub fn built_in(name: &str) -> Self {
        Self(format!("built-in:{name}").into())
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RuleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A value with the rule that set it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ruled<T> {
    /// The value.
    pub value: T,
    /// Who said so.
    pub rule: RuleName,
}

impl<T> Ruled<T> {
    /// Joins the two.
    pub fn new(value: T, rule: RuleName) -> Self {
        Self { value, rule }
    }
}

/// An operation a client may ask for (RFC 4511 §4), as rules name it. Unbind and abandon are always free.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
#[allow(missing_docs, reason = "the operations of RFC 4511 §4")]
pub enum Operation {
    Bind,
    Search,
    Compare,
    Add,
    Delete,
    Modify,
    ModifyDn,
    Extended,
}

impl Operation {
    /// Every operation, in the order of `repr`.
    pub const ALL: [Self; 8] = [
        Self::Bind,
        Self::Search,
        Self::Compare,
        Self::Add,
        Self::Delete,
        Self::Modify,
        Self::ModifyDn,
        Self::Extended,
    ];

    /// As written in policy files, metrics and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bind => "bind",
            Self::Search => "search",
            Self::Compare => "compare",
            Self::Add => "add",
            Self::Delete => "delete",
            Self::Modify => "modify",
            Self::ModifyDn => "modify_dn",
            Self::Extended => "extended",
        }
    }
}

/// A set of operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Operations(u16);

impl Operations {
    /// Every operation.
    pub fn all() -> Self {
        Operation::ALL.into_iter().collect()
    }

    /// Those that cannot change an entry. Extended requests are walked one by one instead.
    pub fn reading() -> Self {
        [
            Operation::Bind,
            Operation::Search,
            Operation::Compare,
            Operation::Extended,
        ]
        .into_iter()
        .collect()
    }

    /// Whether it is in the set.
    pub fn contains(self, operation: Operation) -> bool {
        self.0 & (1 << operation as u8) != 0
    }

    /// What both sets hold.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl FromIterator<Operation> for Operations {
    fn from_iter<I: IntoIterator<Item = Operation>>(iter: I) -> Self {
        Self(iter.into_iter().fold(0, |bits, operation| bits | 1 << operation as u8))
    }
}

/// A connection that wants its rules.
#[derive(Debug, Clone, Copy)]
pub struct RouteQuestion<'a> {
    /// The route it came in on.
    pub route: &'a str,
    /// What is known of it.
    pub connection: &'a ConnectionFacts,
    /// Who signed in on it: the name as the client sent it, lossy where it is not UTF-8, and what may be told of its standing. `None`:
    /// nobody.
    pub account: Option<(&'a str, StateName)>,
}

/// The rules of a connection.
#[derive(Debug, Clone)]
pub struct RouteAnswer {
    /// What may pass.
    pub rules: Arc<RouteRules>,
    /// Whether the same route may have other rules for another connection, for another account or at another time: only then is there
    /// a reason to ask again within a generation.
    pub conditional: bool,
    /// Whether anything may be changed on this connection, by whoever may sign in on it: a lane to a server that takes writes is needed.
    pub may_write: bool,
    /// After this long time alone may have changed them, and they have to be asked for again.
    pub valid_for: Option<Duration>,
}

impl RouteAnswer {
    /// Rules that hold for everybody at any time.
    pub fn always(rules: Arc<RouteRules>) -> Self {
        Self {
            may_write: rules.may_write(),
            rules,
            conditional: false,
            valid_for: None,
        }
    }
}

/// What may pass on a route, compiled to plain data.
#[derive(Debug, Clone)]
pub struct RouteRules {
    /// The route's name.
    pub route: Arc<str>,
    /// The generation these rules came with. Where no file that speaks of the route has changed since, they still hold.
    pub generation: u64,
    /// How standings are shown. [`Surface::Transparent`] also means: nothing spliced, nothing rewritten.
    pub surface: Ruled<Surfaces>,
    /// Operations that may pass. A read-only route has lost the writing ones.
    pub operations: Ruled<Operations>,
    /// True on a read-only route: password changes through extended requests are refused too.
    pub read_only: Ruled<bool>,
    /// Only at and below these, if set.
    pub base_dns: Option<Ruled<Vec<DistinguishedName>>>,
    /// Never asked for, never matched, never shown.
    pub denied_attributes: Option<Ruled<Vec<AttributeName>>>,
    /// The most entries one search may return (RFC 4511 §4.5.1.4).
    pub size_limit: Option<Ruled<u32>>,
    /// The most seconds one search may take (RFC 4511 §4.5.1.5).
    pub time_limit: Option<Ruled<u32>>,
    /// What is refused on a connection without TLS.
    pub tls: Ruled<TlsRule>,
    /// Whether a session without a successful bind may do more than read the rootDSE.
    pub anonymous: Ruled<bool>,
    /// What becomes of search result references (RFC 4511 §4.5.3).
    pub references: Ruled<References>,
    /// Whether a sign-in that would spend an account's last grace sign-in is not put to the directory.
    pub keep_last_grace: Ruled<bool>,
    /// Extended operations let through beside StartTLS, who-am-i, password modify and cancel, by OID.
    pub extended_operations: Ruled<Vec<Arc<str>>>,
    /// Bind names that may send the proxied authorization control (RFC 4370).
    pub proxied_authorization: Ruled<Vec<DistinguishedName>>,
    /// Seconds after which whoever signed in must sign in again, if ever.
    pub max_bound_age: Option<Ruled<u32>>,
    /// How often, in seconds, the standing of whoever is signed in is looked up again; 0 for never.
    pub recheck: Ruled<u32>,
    /// Whose passwords are whose. `None`: every account of a directory is that directory's own.
    pub authority: Option<Arc<AuthorityRules>>,
    /// How wrong passwords are held off. `None`: every one of them reaches the directory.
    pub guard: Option<Ruled<GuardRules>>,
}

/// How many wrong passwords for one account may reach the directory, and who is let nearer to the end of that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GuardRules {
    /// The wrong passwords after which an account is taken to be locked, where its own policy says nothing of it.
    pub attempts: u32,
    /// How long one counts, where the account's own policy says nothing of it, in seconds.
    pub window_seconds: u32,
    /// How many bits of an IPv4 address are its network: 0 to 32.
    pub ipv4_prefix: u8,
    /// The same of an IPv6 address: 0 to 64.
    pub ipv6_prefix: u8,
    /// How long after a success an account's network is known, in seconds.
    pub known_seconds: u32,
}

impl Default for GuardRules {
    /// Five in a quarter of an hour; networks of 24 and 56 bits, known for two weeks.
    fn default() -> Self {
        Self {
            attempts: 5,
            window_seconds: 900,
            ipv4_prefix: 24,
            ipv6_prefix: 56,
            known_seconds: 14 * 86_400,
        }
    }
}

impl RouteRules {
    /// Whether searches must be looked into before they pass.
    pub fn look_inside_searches(&self) -> bool {
        self.base_dns.is_some()
            || self.denied_attributes.is_some()
            || self.size_limit.is_some()
            || self.time_limit.is_some()
    }

    /// Whether anything may be changed on this route.
    pub fn may_write(&self) -> bool {
        let writing = [
            Operation::Add,
            Operation::Delete,
            Operation::Modify,
            Operation::ModifyDn,
            Operation::Extended,
        ];
        !self.read_only.value
            && writing
                .into_iter()
                .any(|writing| self.operations.value.contains(writing))
    }
}

/// What a route asks of an unprotected connection. Loopback clients are spared unless the rule is [`TlsRule::Always`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TlsRule {
    /// Nothing.
    Optional,
    /// No password without TLS, off loopback: 13 before it is used. The default.
    ForPasswords,
    /// Nothing but StartTLS, unbind and the rootDSE without TLS, from anywhere.
    Always,
}

/// What becomes of references in search results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum References {
    /// They are left out: following them would lead around the gateway.
    Drop,
    /// Those to servers of the route's own directory name the route instead; others are left out. Where the route has no address to name, all.
    Rewrite,
    /// They pass as they are.
    Pass,
}

/// A sign-in the directory has answered.
#[derive(Debug, Clone, Copy)]
pub struct BindQuestion<'a> {
    /// The route it came in on.
    pub route: &'a str,
    /// The bind name as the client sent it, or the DN of the account it means; lossy where it is not UTF-8.
    pub account: &'a str,
    /// What is known of the connection it came in on.
    pub connection: &'a ConnectionFacts,
    /// What the directory said.
    pub standing: &'a Standing,
    /// Whether it confirmed the password.
    pub proven: Proven,
}

/// What to do with a sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BindVerdict {
    /// Let in, restrict or refuse.
    pub admission: Admission,
    /// How to show it.
    pub surface: Surfaces,
    /// The state it is shown as instead of its own (see [`Disclosed::told_as`](crate::Disclosed::told_as)).
    pub told_as: Option<StateName>,
    /// The text for the person, if the surface has one: one line, at most 400 octets, no control characters.
    pub text: Option<Arc<str>>,
    /// Whether the account's owner should hear of it, once (see [`Audit::notice`](crate::audit::Audit::notice)).
    pub notice: bool,
    /// The rule that gave the verdict.
    pub rule: RuleName,
}

/// Let in, restrict or refuse. Ordered from mild to strict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Admission {
    /// Let in.
    Allow,
    /// Let in to change the own password and for nothing else.
    Restrict,
    /// Turned away.
    Refuse,
}

impl Admission {
    /// As written in policy files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Restrict => "restrict",
            Self::Refuse => "refuse",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_set_holds_no_writing_operation() {
        let reading = Operations::reading();
        for writing in [
            Operation::Add,
            Operation::Delete,
            Operation::Modify,
            Operation::ModifyDn,
        ] {
            assert!(!reading.contains(writing));
        }
        assert!(Operations::all().contains(Operation::ModifyDn));
        assert_eq!(Operations::all().intersection(reading), reading);
    }

    #[test]
    fn stricter_admissions_order_above_milder_ones() {
        assert!(Admission::Refuse > Admission::Restrict && Admission::Restrict > Admission::Allow);
    }
}
