//! What `postern check --connect` says of the service account on one server: what it sees, what it may do, and what would mend the rest.

use postern_directory::{Dialect, Lack, PolicySeen, Right, RightsReport, ServiceLanes, Upstream, Verdict};
use std::sync::Arc;

/// The lines, without the name of the directory before them. Nothing of this is an error: what is lacking may not be wanted.
pub(super) async fn lines(upstream: &Arc<Upstream>) -> Vec<Line> {
    let lanes = ServiceLanes::new(Arc::clone(upstream));
    match lanes.rights().await {
        Ok(report) => {
            let account = upstream.settings().service_account.as_ref();
            let place = Place {
                dialect: upstream.dialect(),
                account: account.map_or("", |account| &account.dn),
                base: lanes.people_base().unwrap_or_default(),
            };
            place.lines(&report)
        }
        Err(error) => vec![Line::Notice(format!(
            "what the service account may do cannot be asked: {error}"
        ))],
    }
}

/// Something to tell.
pub(super) enum Line {
    /// As it should be.
    Fine(String),
    /// To be thought about.
    Notice(String),
}

struct Place<'a> {
    dialect: &'a dyn Dialect,
    account: &'a str,
    base: String,
}

impl Place<'_> {
    fn lines(&self, report: &RightsReport) -> Vec<Line> {
        let mut lines = Vec::new();
        if let Some(identity) = &report.identity {
            lines.push(Line::Fine(format!("the service account is {identity}")));
        }
        if let Some(means) = report.elevated {
            lines.push(self.lack(
                &format!("the service account stands above the rules: {means}"),
                Lack::Elevated,
                "",
            ));
        }
        let Some(example) = &report.example else {
            lines.push(self.lack(
                &format!(
                    "the service account sees nobody below {}, so that what else it may do was not asked",
                    self.base
                ),
                Lack::Standing,
                "",
            ));
            return lines;
        };
        lines.push(if report.seen.is_empty() {
            let nothing = "the service account sees of nobody how they stand";
            self.lack(nothing, Lack::Standing, "")
        } else {
            Line::Fine(format!("it sees how people stand: {}", report.seen.join(", ")))
        });
        lines.extend(self.policy(&report.policy));
        let may = |wanted: Verdict| {
            let rights = report.rights.iter().filter(move |(_, verdict)| *verdict == wanted);
            rights.map(|(right, _)| right.as_str()).collect::<Vec<_>>()
        };
        let held = may(Verdict::May);
        if !held.is_empty() {
            lines.push(Line::Fine(format!("it may {} (asked of {example})", held.join("; "))));
        }
        lines.extend(
            report
                .rights
                .iter()
                .filter_map(|&(right, verdict)| self.right(right, verdict, example)),
        );
        let minutes = self.dialect.previous_password_seconds() / 60;
        if minutes > 0 {
            lines.push(Line::Notice(format!(
                "this directory takes the password before the last one for {minutes} minutes after a change: whoever changes a password that \
                 somebody else knows is safe only then"
            )));
        }
        lines
    }

    fn right(&self, right: Right, verdict: Verdict, example: &str) -> Option<Line> {
        match verdict {
            Verdict::May | Verdict::NoSuchThing => None,
            Verdict::MayNot => {
                let what = format!("the service account may not {} (asked of {example})", right.as_str());
                Some(self.lack(&what, Lack::Of(right), ""))
            }
            Verdict::CannotTell(code) => Some(Line::Notice(format!(
                "whether the service account may {} cannot be told: the directory answered {} when it was asked of {example}",
                right.as_str(),
                code.0
            ))),
        }
    }

    fn policy(&self, policy: &PolicySeen) -> Vec<Line> {
        match policy {
            PolicySeen::Seen {
                dn,
                attributes,
                obstacles,
            } => {
                let seen = format!("it sees the password policy {dn}: {}", attributes.join(", "));
                let against = obstacles
                    .iter()
                    .map(|what| Line::Notice(format!("the policy {dn}: {what}")));
                std::iter::once(Line::Fine(seen)).chain(against).collect()
            }
            PolicySeen::Hidden(dn) => {
                let what = format!("the service account cannot see the password policy {dn}");
                vec![self.lack(&what, Lack::Policy, dn)]
            }
            PolicySeen::NoneNamed => {
                let what = "no password policy is known, so locks and ends of passwords cannot be read";
                vec![self.lack(what, Lack::Policy, "THE-POLICY")]
            }
        }
    }

    fn lack(&self, what: &str, lack: Lack, policy: &str) -> Line {
        let remedy = self.dialect.remedy(lack);
        let remedy = remedy.replace("{account}", self.account).replace("{base}", &self.base);
        Line::Notice(format!("{what}: {}", remedy.replace("{policy}", policy)))
    }
}
