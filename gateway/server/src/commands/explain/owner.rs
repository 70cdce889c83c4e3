//! Whose the account's password is, and what each rule said to that.

use crate::output::Output;
use postern_directory::{Account, FactsWanted, ServiceLanes, Upstream};
use postern_identity::Authority;
use postern_identity::authority::{Decision, Fact, Reads, Truth, without_rules};
use postern_identity::decide::RouteRules;
use serde::Serialize;
use std::io;
use std::sync::Arc;

/// The rule on record where nobody could be asked.
const UNAVAILABLE: &str = "built-in:owner-unavailable";

#[derive(Serialize)]
pub(super) struct ToldPassword {
    owner: String,
    may_be_written_here: bool,
    rule: String,
    /// Where a provider's password is changed.
    page: Option<String>,
    /// What the rules are that were asked, in their order.
    rules: Vec<ToldRule>,
    /// What rules ask for and the service account may not see, so that it is neither there nor not.
    not_seen: Vec<String>,
    /// For how long after a change the directory still takes the previous password, in seconds.
    previous_accepted_seconds: u32,
}

#[derive(Serialize)]
struct ToldRule {
    rule: String,
    holds: &'static str,
}

impl ToldPassword {
    /// Asks the rules of a route about an account, as a client's password change would be.
    pub(super) async fn find(upstream: &Arc<Upstream>, account: &Account, rules: Option<&RouteRules>) -> Self {
        let authority = rules.and_then(|rules| rules.authority.as_ref());
        let nothing = Reads::default();
        let wanted = FactsWanted {
            server: Some(account.server),
            name: account.dn.as_bytes(),
            reads: authority.map_or(&nothing, |authority| authority.reads()),
            credential: true,
            below: false,
        };
        let mut told = Self {
            owner: String::new(),
            may_be_written_here: false,
            rule: String::new(),
            page: None,
            rules: Vec::new(),
            not_seen: Vec::new(),
            previous_accepted_seconds: upstream.dialect().previous_password_seconds(),
        };
        let read = ServiceLanes::new(Arc::clone(upstream)).facts(&wanted).await;
        let decision = match (read, authority) {
            (Ok(entry), Some(authority)) => {
                let unseen = |fact: &Fact| *fact == Fact::Unknown;
                let reads = authority.reads();
                let attributes = reads.attributes.iter().filter(|read| unseen(entry.facts.of(read)));
                let groups = reads.groups.iter();
                let groups = groups.filter(|group| entry.facts.is_member(group) == Truth::CannotTell);
                told.not_seen = attributes
                    .map(ToString::to_string)
                    .chain(groups.map(|group| format!("the members of {}", group.name)))
                    .collect();
                authority.decide_aloud(&entry.facts, |rule, holds| {
                    told.rules.push(ToldRule {
                        rule: rule.to_string(),
                        holds: holds.as_str(),
                    });
                })
            }
            (Ok(entry), None) => without_rules(&entry.facts.source, entry.facts.credential),
            (Err(_), None) => without_rules(upstream.name(), postern_identity::authority::Credential::Unknown),
            (Err(_), Some(_)) => {
                "nobody known".clone_into(&mut told.owner);
                UNAVAILABLE.clone_into(&mut told.rule);
                return told;
            }
        };
        told.decided(&decision);
        told
    }

    /// Whether a new password may be written here.
    pub(super) fn is_written_here(&self) -> bool {
        self.may_be_written_here
    }

    fn decided(&mut self, decision: &Decision) {
        self.owner = owner(&decision.authority);
        self.may_be_written_here = decision.authority.permits_local_write();
        self.rule = decision.rule.to_string();
        self.page = decision.page.as_deref().map(str::to_owned);
    }

    pub(super) fn print(&self, out: &mut Output<'_>, shown: fn(&str) -> String) -> io::Result<()> {
        let mut row = |name: &str, value: &str| out.line(format_args!("{name:<10} {}", shown(value)));
        row("password", &format!("of {} ({})", self.owner, self.rule))?;
        if !self.may_be_written_here {
            row("", "it is not written here")?;
        }
        if let Some(page) = &self.page {
            row("", &format!("it is changed at {page}"))?;
        }
        for rule in &self.rules {
            row("", &format!("because {}: {}", rule.rule, rule.holds))?;
        }
        if !self.not_seen.is_empty() {
            let seen = self.not_seen.join(", ");
            row("", &format!("the service account may not see {seen}"))?;
        }
        if self.previous_accepted_seconds > 0 {
            let minutes = self.previous_accepted_seconds / 60;
            let known = format!("the directory takes the previous one for {minutes} minutes after a change");
            row("", &known)?;
        }
        Ok(())
    }
}

fn owner(authority: &Authority) -> String {
    match authority {
        Authority::Unknown => "nobody known".to_owned(),
        known => known.to_string(),
    }
}
