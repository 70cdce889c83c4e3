//! `[[self_service]]` as it is written: what people may do for themselves, and what has to be proven for it.

use super::RouteNames;
use super::authority::Texts;
use schemars::JsonSchema;
use serde::Deserialize;

/// What people may do for themselves. A key that is left out is asked of the tables and files after this one. The directory's own switch
/// (`self_service_reset`) is asked besides, and is off until an administrator turns it on.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SelfServiceTable {
    /// The route's name, a list of names, or "*" for all.
    pub(crate) route: RouteNames,
    /// The table holds only for accounts of these directories, by their names in the configuration. Default: of all.
    pub(crate) directory: Option<Texts>,
    /// The table holds only for accounts at and below these names; with "groups", also for their members. Default: for everybody.
    #[schemars(length(min = 1))]
    pub(crate) accounts: Option<Vec<String>>,
    /// The table holds only for members of these groups, and of groups in them; with "accounts", also for those. Default: for everybody.
    #[schemars(length(min = 1))]
    pub(crate) groups: Option<Vec<String>>,
    /// The accounts this table names are privileged ones: "off" offers them neither reset nor unlock, "own_rules" what their own rules say, with two gates unless a table with this key says otherwise. Accounts the directory itself protects (adminCount) are offered neither unless a table with "own_rules" names them. Default: nobody is.
    pub(crate) privileged: Option<PrivilegedWord>,
    /// What is offered.
    #[serde(default)]
    pub(crate) features: FeaturesTable,
    /// The ways to prove who one is: "mail" (a link and a code to the account's own address). Default: "mail" alone.
    pub(crate) factors: Option<Vec<String>>,
    /// How many factors of different kinds are needed. Default: 1.
    #[schemars(range(min = 1, max = 6))]
    pub(crate) gates: Option<u8>,
    /// True: mail addresses in attributes that people can write in their own entries (`self_asserted` of the directory) prove something, all of them together one thing; of privileged accounts never. Default: false.
    pub(crate) self_asserted: Option<bool>,
    /// True: only accounts and groups that `postern onboard` names may come in. Default: false.
    pub(crate) onboarded_only: Option<bool>,
    /// How long things live.
    #[serde(default)]
    pub(crate) lifetimes: LifetimesTable,
    /// How often things may be done. Counted alike for names that exist and names that do not.
    #[serde(default)]
    pub(crate) limits: LimitsTable,
    /// What a new password must be before the directory sees it. The directory's own rules hold besides.
    #[serde(default)]
    pub(crate) password: PasswordTable,
    /// True: a sign-in over LDAP that meets a password that must be changed or has expired, or a lock, sends the account's owner one mail with a link. Default: false.
    pub(crate) mail_at_sign_in: Option<bool>,
    /// One line of plain text for whoever this cannot help, such as "Call the help desk: 1234". Default: none.
    #[schemars(length(min = 1))]
    pub(crate) help_desk: Option<String>,
}

/// Whether accounts are privileged ones, and what that means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PrivilegedWord {
    Off,
    OwnRules,
}

/// What is offered. Each for itself.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FeaturesTable {
    /// The page shows a way in for those who have forgotten their password. Default: true.
    pub(crate) forgot_link: Option<bool>,
    /// A password can be reset without the old one. Default: true.
    pub(crate) reset: Option<bool>,
    /// Whoever knows the password can change it. Default: true.
    pub(crate) change: Option<bool>,
    /// The same where it has expired or must be changed. Default: true.
    pub(crate) expired_change: Option<bool>,
    /// A lock that failures left can be lifted, and the password stays. Default: true.
    pub(crate) unlock: Option<bool>,
    /// Forgotten sign-in names are told to their owner's mailbox. Default: false.
    pub(crate) reminder: Option<bool>,
}

/// How long things live, in seconds.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(clippy::struct_field_names, reason = "whoever writes a key has to see its unit")]
pub(crate) struct LifetimesTable {
    /// A link in a message. Default: 1800, half an hour.
    #[schemars(range(min = 60, max = 86_400))]
    pub(crate) link_seconds: Option<u32>,
    /// A code in a message. Default: 600, ten minutes.
    #[schemars(range(min = 60, max = 3_600))]
    pub(crate) code_seconds: Option<u32>,
    /// The whole of it, from the request. Default: 7200, two hours.
    #[schemars(range(min = 120, max = 86_400))]
    pub(crate) context_seconds: Option<u32>,
    /// From the last proof to the new password. Default: 600, ten minutes.
    #[schemars(range(min = 60, max = 3_600))]
    pub(crate) ready_seconds: Option<u32>,
    /// Until a message may be sent again. Default: 60.
    #[schemars(range(min = 10, max = 3_600))]
    pub(crate) resend_seconds: Option<u32>,
    /// For how long nothing can be asked for once somebody said "it was not me". Default: 86400, a day.
    #[schemars(range(min = 0, max = 2_592_000))]
    pub(crate) hold_seconds: Option<u32>,
    /// From the proof to the last step, while everybody who should know hears of it. For privileged accounts only a table with "privileged" says it. Default: 0; for privileged accounts 86400, a day.
    #[schemars(range(min = 0, max = 604_800))]
    pub(crate) cool_down_seconds: Option<u32>,
}

/// How often things may be done.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LimitsTable {
    /// Requests for one name at once; then one more each hour. Default: 3.
    #[schemars(range(min = 1, max = 1_000))]
    pub(crate) per_name: Option<u32>,
    /// Requests from one network in an hour. Default: 20.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub(crate) per_network: Option<u32>,
    /// Messages to one mailbox in a day. Default: 10.
    #[schemars(range(min = 1, max = 1_000))]
    pub(crate) per_mailbox: Option<u32>,
    /// Messages of a route in an hour. Default: 1000.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub(crate) per_route: Option<u32>,
    /// Wrong proofs for one message. Default: 5.
    #[schemars(range(min = 1, max = 10))]
    pub(crate) tries_of_challenge: Option<u32>,
    /// Wrong proofs from one request to its end. Default: 10.
    #[schemars(range(min = 1, max = 100))]
    pub(crate) tries_of_context: Option<u32>,
    /// Wrong proofs for one account in a day. Default: 20.
    #[schemars(range(min = 1, max = 1_000))]
    pub(crate) tries_of_account: Option<u32>,
    /// New passwords the directory may refuse before one has to begin again. Default: 10.
    #[schemars(range(min = 1, max = 100))]
    pub(crate) refused_passwords: Option<u32>,
    /// Resets of one account in a day. Default: 5.
    #[schemars(range(min = 1, max = 1_000))]
    pub(crate) resets: Option<u32>,
    /// Unlocks of one account in a day. Default: 3.
    #[schemars(range(min = 1, max = 1_000))]
    pub(crate) unlocks: Option<u32>,
}

/// What a new password must be.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordTable {
    /// The fewest characters. Where a second factor is always asked for at sign-in, 8 will do. Default: 15.
    #[schemars(range(min = 8, max = 64))]
    pub(crate) shortest: Option<u32>,
    /// The most characters. Default: 128.
    #[schemars(range(min = 64, max = 1_024))]
    pub(crate) longest: Option<u32>,
    /// Passwords that have turned up in leaks are refused. Default: true.
    pub(crate) leaked: Option<bool>,
    /// The person's own names and addresses, and the words below, with little besides, are refused. Default: true.
    pub(crate) context: Option<bool>,
    /// Words of the organisation that are refused so. Default: none.
    pub(crate) words: Option<Vec<String>>,
    /// The least strength, from 0 (it is told and not asked for) to 4. Default: 2.
    #[schemars(range(min = 0, max = 4))]
    pub(crate) strength: Option<u8>,
    /// It has to be typed twice. Default: true.
    pub(crate) confirm: Option<bool>,
}
