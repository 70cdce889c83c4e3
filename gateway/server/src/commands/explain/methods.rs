//! What the account's owner may do for themselves on the route, and why not the rest: by the functions that decide it on the pages.

use super::owner::ToldPassword;
use crate::config::Configuration;
use crate::control::client;
use crate::control::settings::{Answer, Asked};
use crate::output::Output;
use crate::self_service::people;
use crate::settings::self_service_reset;
use crate::shell::Reach;
use crate::store;
use postern_directory::{Account, Upstream};
use postern_identity::directory::{Applicant, Applicants as _};
use postern_identity::person::Nesting;
use postern_identity::records::Settings;
use postern_identity::reset::{Action, Bar, ResetQuestion, ResetRules, Wish, bar};
use postern_identity::{Directory as _, DirectoryError};
use postern_policy::Rulebook;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

/// Everything that is told of self-service.
#[derive(Serialize)]
pub(super) struct ToldMethods {
    /// The directory's switch, and who says so.
    switch: ToldSwitch,
    /// Why there is nothing more, if so.
    #[serde(skip_serializing_if = "Option::is_none")]
    unknown: Option<String>,
    methods: Vec<ToldMethod>,
    /// Who says what: keys of `[[self_service]]`.
    rules: BTreeMap<String, String>,
}

#[derive(Serialize)]
struct ToldSwitch {
    /// `null`: it cannot be read.
    on: Option<bool>,
    /// "default", "file" or "store".
    origin: String,
}

#[derive(Serialize)]
struct ToldMethod {
    /// "reset", "unlock", "change" or "reminder".
    method: &'static str,
    open: bool,
    /// The factors it can be proven by; none for a change, which takes the present password.
    factors: Vec<String>,
    /// How many of different kinds are needed.
    gates: Option<u8>,
    /// Whether only accounts that `postern onboard` names may, which is not looked up here.
    only_onboarded: bool,
    /// Why it is not open: all of it.
    why_not: Vec<String>,
}

/// Where it is asked, and for whom.
pub(super) struct Asking<'a> {
    pub(super) configuration: &'a Configuration,
    pub(super) reach: Option<&'a Reach>,
    pub(super) upstream: &'a Arc<Upstream>,
    pub(super) book: &'a Rulebook,
    pub(super) route: &'a str,
}

impl ToldMethods {
    pub(super) async fn find(asking: &Asking<'_>, account: &Account, password: &ToldPassword) -> Self {
        let directory = &asking.upstream.name().0;
        let configured = asking.configuration.applicants.iter();
        let configured = configured.clone().find(|applicants| applicants.directory == *directory);
        let people = people::of(asking.upstream, configured);
        let mut told = Self {
            switch: switch(asking, directory).await,
            unknown: None,
            methods: Vec::new(),
            rules: BTreeMap::new(),
        };
        let read = async {
            let applicant = people.again(&account.key).await?;
            let general = asking.ask(directory, None, &[]);
            let groups: Vec<String> = if general.is_some_and(|rules| rules.reads_groups) {
                people.groups(&applicant.person, Nesting::Nested).await?
            } else {
                Vec::new()
            };
            Ok::<_, DirectoryError>((applicant, groups))
        };
        let (applicant, groups): (Applicant, Vec<String>) = match read.await {
            Ok(found) => found,
            Err(error) => {
                told.unknown = Some(format!("the account cannot be read as self-service reads it: {error}"));
                return told;
            }
        };
        let Some(rules) = asking.ask(directory, Some(&applicant.person.dn), &groups) else {
            told.unknown = Some("no policy speaks of the route".to_owned());
            return told;
        };
        let mut barred = asking.of_route(directory, &told.switch);
        if !password.is_written_here() {
            barred.push("its password is not this directory's to change".to_owned());
        }
        let wishes = [
            ("reset", Wish::Action(Action::Reset)),
            ("unlock", Wish::Action(Action::Unlock)),
            ("change", Wish::Change),
            ("reminder", Wish::Action(Action::Reminder)),
        ];
        told.methods = wishes
            .into_iter()
            .map(|(name, wish)| method(name, wish, &rules, &applicant, &barred))
            .collect();
        told.rules = rules
            .rules
            .iter()
            .map(|(key, rule)| (key.to_string(), rule.to_string()))
            .collect();
        told
    }

    pub(super) fn print(&self, out: &mut Output<'_>, shown: fn(&str) -> String) -> io::Result<()> {
        out.line("")?;
        out.line("what its owner may do for themselves:")?;
        let switch = match self.switch.on {
            Some(true) => "on",
            Some(false) => "off",
            None => "not known",
        };
        out.line(format_args!(
            "  directory  self-service is {switch} ({})",
            self.switch.origin
        ))?;
        if let Some(unknown) = &self.unknown {
            out.line(format_args!("  not known  {}", shown(unknown)))?;
        }
        for method in &self.methods {
            let state = if method.open { "open" } else { "not open" };
            let proof = match (method.open, method.gates) {
                (true, Some(gates)) => format!(": {gates} of {}", method.factors.join(", ")),
                _ => String::new(),
            };
            let onboarded = if method.open && method.only_onboarded {
                ", if it is onboarded (`postern onboard list`)"
            } else {
                ""
            };
            out.line(format_args!("  {:<10} {state}{proof}{onboarded}", method.method))?;
            for why in &method.why_not {
                out.line(format_args!("             because {}", shown(why)))?;
            }
        }
        Ok(())
    }
}

impl Asking<'_> {
    fn ask(&self, directory: &str, account: Option<&str>, groups: &[String]) -> Option<ResetRules> {
        self.book.self_service(&ResetQuestion {
            route: self.route,
            directory: Some(directory),
            account,
            groups,
        })
    }

    /// What keeps everybody of this directory out on this route.
    fn of_route(&self, directory: &str, switch: &ToldSwitch) -> Vec<String> {
        let mut barred = Vec::new();
        let name = self_service_reset(directory);
        match switch.on {
            Some(true) => {}
            Some(false) => barred.push(format!("{name} is false ({})", switch.origin)),
            None => barred.push(format!("{name} cannot be read, and counts as false")),
        }
        let route = self
            .configuration
            .routes
            .iter()
            .find(|route| *route.name == *self.route);
        if self.configuration.http.is_none() || route.is_none_or(|route| route.portal.is_none()) {
            barred.push(
                "the route has no pages here: it needs [http], and a portal_url that is https and a host alone"
                    .to_owned(),
            );
        }
        barred
    }
}

fn method(name: &'static str, wish: Wish, rules: &ResetRules, applicant: &Applicant, barred: &[String]) -> ToldMethod {
    let mut why_not = barred.to_vec();
    if let Some(bar) = bar(wish, rules, applicant) {
        why_not.push(in_words(&bar, name, rules, applicant));
    }
    let by_proof = matches!(wish, Wish::Action(Action::Reset | Action::Unlock));
    let needs_address = by_proof || wish == Wish::Action(Action::Reminder);
    let person = &applicant.person;
    let proves = |mail: &String| rules.takes_self_asserted() || !person.self_asserted.contains(mail);
    let reached = |factor: &&Arc<str>| &***factor != "mail" || person.mails.iter().any(proves);
    let factors: Vec<String> = if by_proof {
        rules.factors.iter().filter(reached).map(ToString::to_string).collect()
    } else {
        Vec::new()
    };
    let is_all_own = by_proof && !person.mails.is_empty() && !person.mails.iter().any(proves);
    let too_few = by_proof && factors.len() < usize::from(rules.gates);
    if needs_address && applicant.person.mails.is_empty() && (too_few || !by_proof) {
        why_not.push("the directory has no mail address of it".to_owned());
    }
    if is_all_own && too_few {
        why_not.push("its mail addresses are such as people can write themselves (self_asserted)".to_owned());
    }
    ToldMethod {
        method: name,
        open: why_not.is_empty(),
        factors,
        gates: by_proof.then_some(rules.gates),
        only_onboarded: rules.onboarded_only,
        why_not,
    }
}

fn in_words(bar: &Bar, method: &str, rules: &ResetRules, applicant: &Applicant) -> String {
    match bar {
        Bar::NotOffered => {
            let key = match method {
                "change" => "features.change".to_owned(),
                other => format!("features.{other}"),
            };
            let rule = rules.rules.iter().find(|(said, _)| **said == *key);
            let rule = rule.map_or("built-in", |(_, rule)| rule);
            format!("the policy does not offer it to this account ({rule})")
        }
        Bar::Attribute(attribute) => format!("its attribute {attribute} says so"),
        Bar::NoLink => "nothing links it to a person (link in the directory's configuration)".to_owned(),
        Bar::Standing(state) => format!("it is {state} (by {})", applicant.standing.evidence.told_by),
        Bar::NotOnboarded => "it is not onboarded".to_owned(),
        Bar::Privileged => {
            "the directory protects it, and no [[self_service]] with privileged = \"own_rules\" is about it".to_owned()
        }
        Bar::Held => "somebody said that it was not them who asked".to_owned(),
    }
}

/// The directory's switch as it holds now: a running gateway is asked, else the store, else the file says.
async fn switch(asking: &Asking<'_>, directory: &str) -> ToldSwitch {
    let name = self_service_reset(directory);
    let unknown = || ToldSwitch {
        on: None,
        origin: "it cannot be read".to_owned(),
    };
    match client::settings(
        &asking.configuration.server.state_dir,
        &Asked::Get { name: name.clone() },
    ) {
        Ok(Some(Answer::Settings(settings))) => {
            let told = settings.first().map(|shown| ToldSwitch {
                on: shown.value.as_bool(),
                origin: shown.origin.clone(),
            });
            return told.unwrap_or_else(unknown);
        }
        Ok(Some(Answer::Error { .. })) | Err(_) => return unknown(),
        Ok(None) => {}
    }
    let mut opened = None;
    let book = if let Some(Reach::Own(kept)) = asking.reach {
        kept.book(asking.configuration)
    } else {
        // Nothing is made to answer a question.
        let is_kept = store::is_used(asking.configuration)
            && store::look(asking.configuration)
                .await
                .is_ok_and(|found| found.is_some());
        if is_kept {
            match store::open(asking.configuration).await {
                Ok(store) => opened = store,
                Err(_) => return unknown(),
            }
        }
        let store = opened.clone().map(|store| store as Arc<dyn Settings>);
        store::book(asking.configuration, store)
    };
    let told = match book.get(&name).await {
        Ok(effective) => ToldSwitch {
            on: Some(effective.value == crate::settings::Value::Switch(true)),
            origin: effective.origin.as_str().to_owned(),
        },
        Err(_) => unknown(),
    };
    if let Some(store) = opened {
        store.close().await;
    }
    told
}
