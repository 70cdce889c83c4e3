//! One line for every sign-in and every refusal.

use crate::account::AccountKey;
use crate::authority::Authority;
use crate::reset::ContextId;
use crate::standing::{Proven, Standing, State};
use std::net::{IpAddr, SocketAddr};

/// Receives what must be on record. Called on the path of a sign-in: it must not wait.
pub trait Audit: Send + Sync {
    /// Puts one event on record.
    fn record(&self, event: &Event<'_>);

    /// The owner of an account should hear how it stands: most applications cannot say it. Told once for each time the
    /// account comes into that state. Nobody carries it further yet.
    fn notice(&self, _notice: &Notice<'_>) {}

    /// Puts one step of self-service on record.
    fn reset(&self, _event: &ResetEvent<'_>) {}

    /// Puts one change by a program on record.
    fn provisioning(&self, _event: &ProvisioningEvent<'_>) {}
}

/// One change of an account or group by a program. Holds no credential.
#[derive(Debug, Clone, Copy)]
pub struct ProvisioningEvent<'a> {
    /// What was done: `scim.user_created`, `scim.group_changed`, …
    pub name: &'static str,
    /// How it ended.
    pub outcome: Outcome,
    /// The route whose policies hold.
    pub route: &'a str,
    /// The name of the program's token.
    pub token: &'a str,
    /// The client's address.
    pub client: IpAddr,
    /// The directory.
    pub directory: &'a str,
    /// The stable id, once it is known.
    pub id: Option<&'a str>,
    /// The DN, at most 512 octets.
    pub entry: Option<&'a str>,
    /// What was, or was to be, changed.
    pub changes: &'a [ChangedAttribute],
    /// Why not, in words of ours.
    pub reason: Option<&'a str>,
    /// The rule that said whose the password is, where that was asked.
    pub rule: Option<&'a str>,
    /// Whose it is.
    pub authority: Option<&'a Authority>,
}

/// An attribute with what it was and what it is. Of a secret only that there was one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedAttribute {
    /// Its name.
    pub name: String,
    /// What it was, shortened.
    pub before: Option<String>,
    /// What it is, shortened.
    pub after: Option<String>,
}

/// One step of self-service. Holds no credential, no token, no mail address, and of a name nobody has proven only a keyed hash.
#[derive(Debug, Clone, Copy)]
pub struct ResetEvent<'a> {
    /// What happened: `reset.requested`, `reset.challenge_sent`, …
    pub name: &'static str,
    /// How it ended.
    pub outcome: Outcome,
    /// In which context, if in one.
    pub context: Option<ContextId>,
    /// The route.
    pub route: &'a str,
    /// What was asked for ("reset", "unlock", "reminder", "change").
    pub action: &'static str,
    /// The client's address, where a client was there.
    pub client: Option<IpAddr>,
    /// The name of the program's token, where it was a program.
    pub token: Option<&'a str>,
    /// Whose account, once it is known. Nobody outside is told.
    pub account: Option<&'a AccountKey>,
    /// The account's DN, at most 512 octets.
    pub entry: Option<&'a str>,
    /// The keyed hash of the name that was typed, in hexadecimal digits.
    pub identifier: Option<&'a str>,
    /// The factor, where it is about one.
    pub factor: Option<&'a str>,
    /// Why, in a fixed word or with the reason a program gave.
    pub reason: Option<&'a str>,
    /// The rule that decided, where one did.
    pub rule: Option<&'a str>,
    /// Whose the password is, where that was asked.
    pub authority: Option<&'a Authority>,
    /// The policy generation.
    pub generation: u64,
}

/// Why somebody should hear of the own account. Proven: whoever signed in knew the password.
#[derive(Debug, Clone, Copy)]
pub struct Notice<'a> {
    /// The route the sign-in came in on.
    pub route: &'a str,
    /// The session's number in this process.
    pub session: u64,
    /// The name the client gave, as sent; lossy where it is not UTF-8, at most 512 octets.
    pub account: &'a str,
    /// What the directory said.
    pub state: State,
    /// The rule that wants it told.
    pub rule: &'a str,
    /// The policy generation in force.
    pub generation: u64,
}

/// One thing that happened at a door. Holds no credential and no raw message.
#[derive(Debug, Clone)]
pub struct Event<'a> {
    /// The route it happened on.
    pub route: &'a str,
    /// The client's address.
    pub client: Option<SocketAddr>,
    /// The session's number in this process.
    pub session: u64,
    /// The name the client gave, as sent; lossy where it is not UTF-8, at most 512 octets.
    pub account: &'a str,
    /// The DN of the account that name means, where it was looked for; at most 512 octets.
    pub resolved: Option<&'a str>,
    /// The operation ("bind", "search", "modify", …).
    pub operation: &'static str,
    /// How it ended.
    pub outcome: Outcome,
    /// The result code the client was given (RFC 4511 §4.1.9).
    pub result_code: u32,
    /// The rule that decided: `file:key` of a policy, or the name of a built-in rule ("built-in:empty-password").
    pub rule: &'a str,
    /// What the directory said of the account, in full: this is for administrators.
    pub standing: Option<(&'a Standing, Proven)>,
    /// Which server answered.
    pub server: Option<&'a str>,
    /// Whose the password is that was to be written, where that was asked.
    pub owned: Option<Owned<'a>>,
    /// The policy generation in force.
    pub generation: u64,
}

/// An entry and whose its password is.
#[derive(Debug, Clone, Copy)]
pub struct Owned<'a> {
    /// Whose.
    pub authority: &'a Authority,
    /// The entry's DN, as the directory or the request writes it; at most 512 octets.
    pub entry: &'a str,
}

/// How an audited operation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Outcome {
    /// Let in, or done.
    Allowed,
    /// Let in to change the password and for nothing else.
    Restricted,
    /// Refused by a rule of ours.
    Refused,
    /// Refused by the directory: wrong password, unknown account.
    Failed,
    /// The directory could not be asked.
    Unavailable,
}

impl Outcome {
    /// Every outcome, in the order of `repr`.
    pub const ALL: [Self; 5] = [
        Self::Allowed,
        Self::Restricted,
        Self::Refused,
        Self::Failed,
        Self::Unavailable,
    ];

    /// As written in metrics and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Restricted => "restricted",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Unavailable => "unavailable",
        }
    }
}
