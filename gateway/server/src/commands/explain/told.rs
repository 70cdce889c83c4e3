//! The answer of `postern explain`, for a program and for a person.

use super::guard::ToldGuard;
use super::methods::ToldMethods;
use super::owner::ToldPassword;
use super::{Question, at_a_bind};
use crate::commands::NOT_ENFORCED;
use crate::output::Output;
use crate::telemetry::audit::proven_word;
use postern_directory::{Account, LookUpError, NameForm, Upstream};
use postern_identity::decide::{BindQuestion, RouteQuestion};
use postern_identity::{Evidence, LockedBy, Proven, Source, Standing, State, Timestamp, Warning};
use postern_ldap::ResultCode;
use postern_policy::{Explanation, Rulebook};
use serde::Serialize;
use std::io;
use std::num::NonZeroU32;

/// Everything that is printed, as a program reads it.
#[derive(Serialize)]
pub(super) struct Told<'a> {
    route: &'a str,
    directory: String,
    user: &'a str,
    /// The form by which the route took the name, where it takes other names than DNs.
    taken_as: Option<&'static str>,
    /// Why there is nothing more, if so.
    not_found: Option<String>,
    account: Option<ToldAccount>,
    password: Option<ToldPassword>,
    standing: Option<ToldStanding>,
    /// What a sign-in with the right password would be answered.
    bind: Option<ToldBind>,
    /// Why that cannot be foreseen, and what would help.
    hint: Option<&'static str>,
    /// What a wrong password would be answered, and a name that nobody has; nothing is said of it on an opaque route.
    bind_with_wrong_password: Option<ToldBind>,
    /// How many wrong passwords may reach the directory; nothing on an opaque route.
    guard: Option<ToldGuard>,
    /// What its owner may do for themselves.
    self_service: Option<ToldMethods>,
    /// Said of an opaque route.
    #[serde(skip_serializing_if = "Option::is_none")]
    opaque: Option<&'static str>,
}

#[derive(Serialize)]
struct ToldAccount {
    dn: String,
    id: String,
    server: String,
    password_policy: Option<String>,
}

#[derive(Serialize)]
struct ToldStanding {
    state: &'static str,
    details: Vec<String>,
    told_by: &'static str,
    read_from: &'static str,
}

#[derive(Serialize)]
struct ToldBind {
    verdict: &'static str,
    surface: String,
    text: Option<String>,
    rule: String,
    /// What the directory is expected to answer: the verdict is about that.
    directory_answers: &'static str,
    password_proven: &'static str,
    steps: Vec<ToldStep>,
}

#[derive(Serialize)]
struct ToldStep {
    key: String,
    value: String,
    rule: String,
    why: &'static str,
}

impl<'a> Told<'a> {
    pub(super) fn new(
        question: &Question<'a>,
        at: Timestamp,
        upstream: &Upstream,
        book: &Rulebook,
        (form, nodes): (Option<NameForm>, NonZeroU32),
        (found, password, methods): (&Result<Account, LookUpError>, Option<ToldPassword>, Option<ToldMethods>),
        opaque: bool,
    ) -> Self {
        let name = |account: &Account| account.dn.clone();
        let dn = found.as_ref().map_or_else(|_| question.user.to_owned(), name);
        let ask = |standing: &Standing, proven| {
            let question = BindQuestion {
                route: question.route,
                account: &dn,
                connection: &question.connection,
                standing,
                proven,
            };
            told_bind(book.explain_bind(&question, at), standing, proven)
        };
        let of_nobody = RouteQuestion {
            route: question.route,
            connection: &question.connection,
            account: None,
        };
        let guard = book.route(&of_nobody, at).and_then(|answer| answer.rules.guard.clone());
        Self {
            route: question.route,
            directory: upstream.name().to_string(),
            user: question.user,
            taken_as: form.map(NameForm::as_str),
            not_found: found.as_ref().err().map(ToString::to_string),
            account: found.as_ref().ok().map(|account| ToldAccount {
                dn: account.dn.clone(),
                id: account.key.id.to_string(),
                server: upstream.server_name(account.server).to_owned(),
                password_policy: account.policy_dn.clone(),
            }),
            password,
            standing: found.as_ref().ok().map(|account| told_standing(&account.standing)),
            bind: found.as_ref().ok().filter(|_| !opaque).and_then(|account| {
                let (standing, proven) = at_a_bind(upstream.dialect(), &account.standing, account.foreseen)?;
                Some(ask(&standing, proven))
            }),
            hint: found
                .as_ref()
                .ok()
                .filter(|_| !opaque)
                .and_then(|account| hint(account, upstream)),
            bind_with_wrong_password: (!opaque).then(|| {
                let evidence = Evidence {
                    source: Source::Bind,
                    result_code: Some(ResultCode::INVALID_CREDENTIALS.0),
                    told_by: "result 49",
                };
                ask(&Standing::unknown(evidence), Proven::No)
            }),
            self_service: methods,
            guard: (!opaque).then(|| ToldGuard::new(guard, nodes, found.as_ref().ok())),
            opaque: opaque.then_some(NOT_ENFORCED),
        }
    }

    pub(super) fn print(&self, out: &mut Output<'_>) -> io::Result<()> {
        let mut row = |name: &str, value: &str| out.line(format_args!("{name:<10} {}", shown(value)));
        row("route", self.route)?;
        if let Some(opaque) = self.opaque {
            row("opaque", opaque)?;
        }
        row("directory", &self.directory)?;
        row("user", self.user)?;
        if let Some(form) = self.taken_as {
            row("taken as", form)?;
        }
        if let Some(reason) = &self.not_found {
            row("account", &format!("none: {reason}"))?;
        }
        if let Some(account) = &self.account {
            row("account", &account.dn)?;
            row("id", &account.id)?;
            row("server", &account.server)?;
            row(
                "policy",
                account
                    .password_policy
                    .as_deref()
                    .unwrap_or("none was named or readable"),
            )?;
        }
        if let Some(password) = &self.password {
            password.print(out, shown)?;
        }
        let mut row = |name: &str, value: &str| out.line(format_args!("{name:<10} {}", shown(value)));
        if let Some(standing) = &self.standing {
            let state = [vec![standing.state.to_owned()], standing.details.clone()]
                .concat()
                .join(", ");
            let known = format!("{state} (by {}, read from {})", standing.told_by, standing.read_from);
            row("standing", &known)?;
        }
        if let Some(bind) = &self.bind {
            bind.print("a sign-in with the right password", out)?;
        }
        if let Some(hint) = self.hint {
            out.line(format_args!("\na sign-in with the right password:\n  {hint}"))?;
        }
        if let Some(bind) = &self.bind_with_wrong_password {
            bind.print("a sign-in with a wrong password, or a name that nobody has", out)?;
        }
        self.guard.as_ref().map_or(Ok(()), |guard| guard.print(out))?;
        self.self_service
            .as_ref()
            .map_or(Ok(()), |methods| methods.print(out, shown))
    }
}

impl ToldBind {
    fn print(&self, what: &str, out: &mut Output<'_>) -> io::Result<()> {
        out.line("")?;
        out.line(format_args!("{what}:"))?;
        out.line(format_args!(
            "  directory  {} (password proven: {})",
            self.directory_answers, self.password_proven
        ))?;
        out.line(format_args!(
            "  verdict    {} on surface {}",
            self.verdict, self.surface
        ))?;
        if let Some(text) = &self.text {
            out.line(format_args!("  text       {}", shown(text)))?;
        }
        out.line(format_args!("  rule       {}", shown(&self.rule)))?;
        for step in &self.steps {
            let line = format!("{} = {} ({}): {}", step.key, step.value, step.rule, step.why);
            out.line(format_args!("  because    {}", shown(&line)))?;
        }
        Ok(())
    }
}

/// What to tell where the entry does not tell how the account stands, or what that means at a sign-in.
fn hint(account: &Account, upstream: &Upstream) -> Option<&'static str> {
    if account.foreseen.is_some() {
        return None;
    }
    if account.policy_dn.is_none() && upstream.settings().default_policy_dn.is_none() {
        return Some(
            "cannot be foreseen: no password policy of the account is known. If the directory has a default policy, \
             set default_policy_dn",
        );
    }
    if account.standing.state != State::Unknown {
        return Some(
            "cannot be foreseen: the account's password policy says what is answered, and the service account may not read it",
        );
    }
    Some("cannot be foreseen: the entry does not tell how the account stands, or the service account may not read it")
}

/// A directory's own words cannot move a terminal.
fn shown(text: &str) -> String {
    text.chars()
        .flat_map(|letter| {
            if letter.is_control() {
                letter.escape_default().collect()
            } else {
                vec![letter]
            }
        })
        .collect()
}

fn told_bind(explanation: Explanation, standing: &Standing, proven: Proven) -> ToldBind {
    let verdict = explanation.verdict;
    ToldBind {
        verdict: verdict.admission.as_str(),
        surface: verdict.surface.to_string(),
        text: verdict.text.map(|text| text.to_string()),
        rule: verdict.rule.to_string(),
        directory_answers: match standing.evidence.result_code {
            None => "would accept it",
            Some(code) => match ResultCode(code) {
                ResultCode::SUCCESS => "would accept it",
                ResultCode::UNWILLING_TO_PERFORM => "would refuse it with 53",
                ResultCode::CONSTRAINT_VIOLATION => "would refuse it with 19",
                _ => "would refuse it with 49",
            },
        },
        password_proven: proven_word(proven),
        steps: explanation
            .steps
            .into_iter()
            .map(|step| ToldStep {
                key: step.key,
                value: step.value,
                rule: step.rule.to_string(),
                why: step.why,
            })
            .collect(),
    }
}

fn told_standing(standing: &Standing) -> ToldStanding {
    let mut details = Vec::new();
    match standing.state {
        State::ExpiredGrace { left } => details.push(format!("{left} grace sign-ins left")),
        State::Expiring { seconds } => details.push(format!("in {seconds} seconds")),
        State::Locked { by, until } => {
            details.push(
                match by {
                    LockedBy::Failures => "by wrong passwords",
                    LockedBy::Administrator => "by an administrator",
                    LockedBy::Idleness => "by not being used",
                    LockedBy::Unsaid => "it is not said by what",
                }
                .to_owned(),
            );
            details.extend(until.map(|until| format!("until {until}")));
        }
        _ => {}
    }
    details.extend(standing.warning.map(|warning| match warning {
        Warning::ExpiresIn(seconds) => format!("expires in {seconds} seconds"),
        Warning::GraceLeft(left) => format!("{left} grace sign-ins left"),
    }));
    ToldStanding {
        state: standing.state.name().as_str(),
        details,
        told_by: standing.evidence.told_by,
        read_from: match standing.evidence.source {
            Source::Bind | Source::BindForChange => "the answer to a sign-in",
            Source::Entry => "the entry",
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directorys_own_words_cannot_move_a_terminal() {
        assert_eq!(shown("a\u{1b}[2J\n\u{9b}é"), "a\\u{1b}[2J\\n\\u{9b}é");
    }
}
