//! What log lines hold, as a table that documentation is made from.

/// A field of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its name in JSON, and before `=` in human lines.
    pub name: &'static str,
    /// What it holds.
    pub meaning: &'static str,
    /// Whether every line has it.
    pub always: bool,
}

const fn field(name: &'static str, always: bool, meaning: &'static str) -> Field {
    Field { name, meaning, always }
}

/// Fields of every line.
pub const LINE_FIELDS: &[Field] = &[
    field("time", true, "when, RFC 3339 in UTC with microseconds"),
    field("level", true, "ERROR, WARN, INFO, DEBUG or TRACE"),
    field(
        "target",
        true,
        "the part of the program; postern::audit for audit lines",
    ),
    field("message", false, "what happened, in words; further fields depend on it"),
];

/// Fields of an audit line: one for every sign-in and every refusal.
pub const AUDIT_FIELDS: &[Field] = &[
    field("time", true, "when, RFC 3339 in UTC with microseconds"),
    field("level", true, "INFO"),
    field("target", true, "postern::audit"),
    field(
        "operation",
        true,
        "bind, search, compare, add, delete, modify, modify_dn or extended; connect and opaque of a connection; session where one is ended or restricted under way; bypass and bypass-end of an administrator",
    ),
    field(
        "outcome",
        true,
        "allowed, restricted, refused (by a rule of ours), failed (refused by the directory) or unavailable",
    ),
    field("result_code", true, "the LDAP result code the client was given"),
    field("route", true, "the route it happened on"),
    field(
        "rule",
        true,
        "the rule that decided: file and key of a policy, or built-in:name",
    ),
    field("generation", true, "the number of the policy set in force"),
    field("session", true, "the session's number in this process"),
    field(
        "client",
        false,
        "the client's address and port, by a trusted load balancer's word where there is one",
    ),
    field("account", true, "the name the client gave, at most 512 octets"),
    field(
        "resolved",
        false,
        "the DN of the account that name means, on routes that take other names than DNs",
    ),
    field("state", false, "what the directory said of the account"),
    field(
        "proven",
        false,
        "whether the directory confirmed the password: yes, no or unknown",
    ),
    field("told_by", false, "which control, text or attribute said so"),
    field("directory_code", false, "the result code the directory answered"),
    field("server", false, "the server that answered"),
    field(
        "owner",
        false,
        "whose the password is that was to be written, where that was asked: directory, provider or unknown",
    ),
    field("entry", false, "the entry whose password that is, at most 512 octets"),
];

/// Fields of an audit line of self-service: one for every step of a reset.
pub const RESET_FIELDS: &[Field] = &[
    field("time", true, "when, RFC 3339 in UTC with microseconds"),
    field("level", true, "INFO"),
    field("target", true, "postern::audit"),
    field("operation", true, "what happened, such as reset.requested"),
    field(
        "outcome",
        true,
        "allowed, refused (by a rule of ours), failed (by a wrong proof or the directory) or unavailable",
    ),
    field("route", true, "the route it happened on"),
    field("action", true, "what was asked for: reset, unlock, reminder or change"),
    field("generation", true, "the number of the policy set"),
    field("context", false, "the public name of the context it belongs to"),
    field("client", false, "the client's address, where a client was there"),
    field("token", false, "the name of the program's token"),
    field(
        "identifier",
        false,
        "a keyed hash of the name that was typed, the same for the same name",
    ),
    field("directory", false, "the directory of the account, once it is known"),
    field("account", false, "the account's stable id there"),
    field("entry", false, "its DN, at most 512 octets"),
    field("factor", false, "the proof it is about"),
    field("reason", false, "why, in a word, or as a program said"),
    field("rule", false, "the rule that decided"),
    field(
        "owner",
        false,
        "whose the password is, where that was asked: directory, provider or unknown",
    ),
];
