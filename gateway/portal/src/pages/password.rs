//! Pages 11 and 12: for which accounts, and the new password.

use super::around::{Around, go, go_renewed, may_be_sent_again, place};
use super::halt::Halt;
use super::page::{Page, write};
use crate::words::Words;
use askama::Template;
use axum::body::Body;
use axum::response::Response;
use http::StatusCode;
use postern_identity::password::PasswordRule;
use postern_identity::reset::{AccountView, Action, Execution, Finding, Holder, PasswordRules, Refused, Stage, View};
use postern_identity::standing::StateName;
use postern_web::Fields;

/// The fields of the accounts that can be chosen, by their number; there are no more on a page.
pub(super) const ACCOUNTS: [&str; 16] = [
    "account-0",
    "account-1",
    "account-2",
    "account-3",
    "account-4",
    "account-5",
    "account-6",
    "account-7",
    "account-8",
    "account-9",
    "account-10",
    "account-11",
    "account-12",
    "account-13",
    "account-14",
    "account-15",
];

/// An account, to be chosen.
pub(super) struct Choice {
    pub(super) field: &'static str,
    pub(super) label: String,
    pub(super) note: Option<String>,
    /// Its host, and our page that leads there.
    pub(super) provider: Option<(String, String)>,
    pub(super) possible: bool,
    pub(super) chosen: bool,
}

#[derive(Template)]
#[template(path = "password.html")]
struct NewPassword<'a> {
    page: &'a Page<'a>,
    attempt: String,
    until: String,
    login: &'a str,
    accounts: Vec<Choice>,
    rules: Vec<String>,
    confirm: bool,
    shortest: u32,
    longest: u32,
}

/// `/reset/password`
pub(super) async fn show(around: Around, _: Body) -> Result<Response, Halt> {
    let session = around.held()?;
    let view = around
        .portal
        .service
        .view(&around.caller(), Holder::Browser(&session))
        .await?;
    if !ready(&view) {
        return Ok(go(place(&view)?));
    }
    written(&around, &view, None, Vec::new())
}

/// The last step. Whatever is wrong, the proof is kept, and all of it is said at once.
pub(super) async fn execute(around: Around, body: Body) -> Result<Response, Halt> {
    let mut known = vec!["attempt", "login", "new", "confirm"];
    known.extend(ACCOUNTS);
    let mut fields = around.form(body, &known).await?;
    let session = around.held()?;
    let holder = Holder::Browser(&session);
    let view = around.portal.service.view(&around.caller(), holder).await?;
    let again = may_be_sent_again(view.stage);
    if !ready(&view) && !again {
        return Ok(go(place(&view)?));
    }
    let words = around.words();
    let chosen = chosen(&fields, &view);
    let attempt = fields.text("attempt").map(str::to_owned);
    let (new, confirm) = (
        fields.secret("new").unwrap_or_default(),
        fields.secret("confirm").unwrap_or_default(),
    );
    let mut wrong = Vec::new();
    if chosen.is_empty() && view.accounts.len() > 1 {
        wrong.push(("accounts", words.accounts_missing()));
    }
    if new.is_empty() {
        wrong.push(("new", words.password_missing()));
    } else if view.password.confirm && !new.same_as(&confirm) {
        wrong.push(("confirm", words.confirm_differs()));
    }
    if !again && !wrong.is_empty() {
        return written(&around, &view, Some(&chosen), wrong);
    }
    let execution = Execution {
        new: Some(&new),
        accounts: &chosen,
        idempotency: attempt.as_deref(),
    };
    match around.portal.service.execute(&around.caller(), holder, execution).await {
        Ok(_) => go_renewed(&around, &session).await,
        Err(refused) => match refusal(words, &refused) {
            Some(texts) => {
                let wrong = texts.into_iter().map(|text| ("new", text)).collect();
                // How it stands now: a refusal may have been the last.
                let view = around.portal.service.view(&around.caller(), holder).await?;
                if ready(&view) {
                    written(&around, &view, Some(&chosen), wrong)
                } else {
                    Ok(go(place(&view)?))
                }
            }
            None => Err(refused.into()),
        },
    }
}

fn ready(view: &View) -> bool {
    view.action == Action::Reset && matches!(view.stage, Stage::Ready | Stage::Partial)
}

fn written(
    around: &Around,
    view: &View,
    chosen: Option<&[usize]>,
    wrong: Vec<(&'static str, String)>,
) -> Result<Response, Halt> {
    let words = around.words();
    let status = if wrong.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let mut page = Page::new(around, words.password_title())?.step(3, 3);
    for (field, text) in wrong {
        page.error(field, text);
    }
    let (shortest, longest) = lengths(&view.password, &view.directory_rules);
    let template = NewPassword {
        page: &page,
        attempt: around.attempt()?,
        until: around.time(view.expires_at),
        login: view.accounts.first().map_or("", |account| account.login.as_str()),
        accounts: choices(words, view, chosen),
        rules: rules(words, &view.password, &view.directory_rules),
        confirm: view.password.confirm,
        shortest,
        longest,
    };
    write(status, &page, &template)
}

/// The numbers of the accounts that were ticked; where there is one only it need not be.
pub(super) fn chosen(fields: &Fields, view: &View) -> Vec<usize> {
    // A form that is sent again tells of itself: what it was about is not shown any more.
    let again = may_be_sent_again(view.stage);
    let ticked = |(number, field): (usize, &&str)| {
        fields
            .text(field)
            .filter(|_| again || number < view.accounts.len())
            .map(|_| number)
    };
    if again || view.accounts.len() > 1 {
        ACCOUNTS.iter().enumerate().filter_map(ticked).collect()
    } else {
        Vec::new()
    }
}

/// The accounts as they are shown. Before anything was chosen it is the first that is possible, and for an unlock all that are locked.
pub(super) fn choices(words: &Words, view: &View, chosen: Option<&[usize]>) -> Vec<Choice> {
    let possible = |account: &AccountView| account.eligible && account.provider.is_none();
    let first = view.accounts.iter().position(possible);
    let locked = view
        .accounts
        .iter()
        .any(|account| account.standing == StateName::Locked);
    ACCOUNTS
        .iter()
        .zip(&view.accounts)
        .enumerate()
        .map(|(number, (field, account))| {
            let at_first = if view.action == Action::Unlock && locked {
                account.standing == StateName::Locked
            } else {
                Some(number) == first
            };
            Choice {
                field,
                label: words.account_at(&account.login, &account.directory),
                note: note(words, account),
                provider: account
                    .provider
                    .as_ref()
                    .map(|provider| (provider.host.to_string(), format!("/provider/{}", provider.name))),
                possible: possible(account),
                chosen: possible(account) && chosen.map_or(at_first, |chosen| chosen.contains(&number)),
            }
        })
        .collect()
}

fn note(words: &Words, account: &AccountView) -> Option<String> {
    if let Some(provider) = &account.provider {
        return Some(words.account_elsewhere(&provider.title));
    }
    match account.standing {
        StateName::MustChange => Some(words.account_must_change()),
        StateName::Expired | StateName::ExpiredGrace => Some(words.account_expired()),
        StateName::Locked => Some(words.account_locked()),
        StateName::Disabled => Some(words.account_disabled()),
        _ if !account.eligible => Some(words.account_not_here()),
        _ => None,
    }
}

/// The fewest and the most characters that anybody asks for.
pub(super) fn lengths(ours: &PasswordRules, theirs: &[(PasswordRule, u32)]) -> (u32, u32) {
    let told = |wanted| {
        theirs
            .iter()
            .filter(move |(rule, _)| *rule == wanted)
            .map(|(_, number)| *number)
            .filter(|number| *number > 0)
    };
    let shortest = told(PasswordRule::TooShort).fold(ours.shortest, u32::max);
    let longest = told(PasswordRule::TooLong).fold(ours.longest, u32::min);
    (shortest.min(longest), longest)
}

/// What a new password must be, ours and the directory's, as one list.
pub(super) fn rules(words: &Words, ours: &PasswordRules, theirs: &[(PasswordRule, u32)]) -> Vec<String> {
    let (shortest, longest) = lengths(ours, theirs);
    let mut rules = vec![
        words.rule_shortest(shortest),
        words.rule_longest(longest),
        words.rule_any(),
    ];
    if ours.leaked {
        rules.push(words.rule_leaked());
    }
    if ours.context {
        rules.push(words.rule_context());
    }
    for (rule, number) in theirs {
        rules.push(match rule {
            PasswordRule::History if *number > 0 => words.rule_history_count(*number),
            PasswordRule::History => words.rule_history(),
            PasswordRule::Quality => words.rule_quality(),
            PasswordRule::Dictionary => words.rule_dictionary(),
            PasswordRule::TooYoung => words.rule_too_young(),
            PasswordRule::Policy => words.rule_policy(),
            // Said above, or nothing that a password can be made to fit.
            PasswordRule::TooShort
            | PasswordRule::TooLong
            | PasswordRule::Forbidden
            | PasswordRule::WrongOld
            | PasswordRule::OldNeeded
            | PasswordRule::Transport => continue,
        });
    }
    rules
}

/// What there is against a new password, in a sentence each. `None`: it is about something else.
pub(super) fn refusal(words: &Words, refused: &Refused) -> Option<Vec<String>> {
    match refused {
        Refused::Screened(findings) => Some(findings.iter().map(|found| finding(words, *found)).collect()),
        Refused::Password(rule) => Some(vec![
            rule.map_or_else(|| words.refused_unsaid(), |rule| broken(words, rule)),
        ]),
        _ => None,
    }
}

fn finding(words: &Words, finding: Finding) -> String {
    match finding {
        Finding::TooShort { shortest } => words.finding_too_short(shortest),
        Finding::TooLong { longest } => words.finding_too_long(longest),
        Finding::Leaked => words.finding_leaked(),
        Finding::Context => words.finding_context(),
        Finding::Weak => words.finding_weak(),
        Finding::NotText => words.finding_not_text(),
        Finding::Same => words.finding_same(),
    }
}

fn broken(words: &Words, rule: PasswordRule) -> String {
    match rule {
        PasswordRule::TooShort => words.refused_too_short(),
        PasswordRule::TooLong => words.refused_too_long(),
        PasswordRule::TooYoung => words.refused_too_young(),
        PasswordRule::History => words.refused_history(),
        PasswordRule::Quality => words.refused_quality(),
        PasswordRule::Dictionary => words.refused_dictionary(),
        PasswordRule::Policy => words.refused_policy(),
        // Of the present password there is a page of its own, which says one thing whatever is wrong.
        PasswordRule::Forbidden | PasswordRule::WrongOld | PasswordRule::OldNeeded => words.refused_forbidden(),
        PasswordRule::Transport => words.refused_transport(),
    }
}
