//! `postern explain`: what is known of an account, and what a sign-in on a route would be answered, with the reasons.
//!
//! The verdict comes from the same function that answers clients; nothing is told here that does not come from it, from the
//! directory or from the configuration.

mod guard;
mod methods;
mod owner;
mod told;

use super::{DONE, FAILED, WRONG, configuration, tell};
use crate::config::{Environment, facts};
use crate::output::Output;
use crate::shell::Reach;
use methods::{Asking, ToldMethods};
use owner::ToldPassword;
use postern_directory::{
    Account, AccountHash, Dialect, LookUpError, NameForm, NameRules, ServiceLanes, Settings, Upstream, Want, Who,
};
use postern_identity::decide::RouteQuestion;
use postern_identity::{Clock, ConnectionFacts, Proven, Source, Standing, Timestamp};
use postern_ldap::ResultCode;
use std::io;
use std::path::Path;
use std::sync::Arc;
use told::Told;

/// What is asked.
pub struct Question<'a> {
    /// The configuration.
    pub path: &'a Path,
    /// The route's name.
    pub route: &'a str,
    /// A name as the route takes it; where it takes DNs alone, also a uid or a mail address.
    pub user: &'a str,
    /// The connection the sign-in would come in on, for conditions.
    pub connection: ConnectionFacts,
    /// When that would be. `None`: now.
    pub at: Option<Timestamp>,
    /// For a program instead of a person.
    pub json: bool,
}

/// Looks the user up with the directory's service account and prints what was found.
pub fn run(
    question: &Question<'_>,
    environment: &Environment<'_>,
    clock: &Arc<dyn Clock>,
    out: &mut Output<'_>,
) -> io::Result<u8> {
    let configuration = match configuration(question.path, environment, out) {
        Ok(configuration) => configuration,
        Err(code) => return Ok(code),
    };
    let Some(route) = configuration.routes.iter().find(|route| *route.name == *question.route) else {
        let names: Vec<&str> = configuration.routes.iter().map(|route| &*route.name).collect();
        out.problem(format_args!(
            "there is no route {:?}: {}",
            question.route,
            names.join(", ")
        ));
        return Ok(WRONG);
    };
    let opaque = route.sign_in.opaque;
    let listener = &*question.connection.listener;
    if !listener.is_empty() && configuration.listeners.iter().all(|known| *known.name != *listener) {
        let names: Vec<&str> = configuration.listeners.iter().map(|known| &*known.name).collect();
        out.problem(format_args!("there is no listener {listener:?}: {}", names.join(", ")));
        return Ok(WRONG);
    }
    let book = match postern_policy::check_set(&configuration.server.policies, &facts(&configuration.routes), 1) {
        Ok(book) => book,
        Err(problems) => {
            tell(&problems, out);
            return Ok(WRONG);
        }
    };
    let Some(settings) = configuration
        .directories
        .iter()
        .find(|settings| settings.name.0 == route.directory)
    else {
        out.problem(format_args!("there is no directory {:?}", route.directory));
        return Ok(WRONG);
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let reach = match settings
        .is_in_process()
        .then(|| runtime.block_on(Reach::open(&configuration, clock)))
    {
        None | Some(Ok(None)) => None,
        Some(Ok(reach)) => reach,
        Some(Err(error)) => {
            out.problem(format_args!("directory {}: {error}", route.directory));
            return Ok(error.code());
        }
    };
    let upstream = match &reach {
        Some(reach) => {
            let _inside = runtime.enter();
            let settings = Settings::embedded(settings.name.clone(), settings.base_dn.clone().unwrap_or_default());
            reach
                .upstream(settings, Arc::clone(clock))
                .map_err(|error| (error.code(), error.to_string()))
        }
        None => Upstream::new(settings.duplicate(), Arc::clone(clock)).map_err(|error| (FAILED, error.to_string())),
    };
    let upstream = match upstream {
        Ok(upstream) => upstream,
        Err((code, error)) => {
            out.problem(format_args!("directory {}: {error}", route.directory));
            return Ok(code);
        }
    };
    let at = question.at.unwrap_or_else(|| clock.now());
    let of_nobody = RouteQuestion {
        route: question.route,
        connection: &question.connection,
        account: None,
    };
    let transparent = book
        .route(&of_nobody, at)
        .is_some_and(|answer| answer.rules.surface.value.is_transparent());
    // On such a route names go to the directory as they were sent, whatever the configuration says.
    let names = route.names.as_ref().filter(|rules| !rules.is_as_sent() && !transparent);
    let may_write = book.route(&of_nobody, at).is_some_and(|answer| answer.may_write);
    let (form, found) = runtime.block_on(look_up(&upstream, names, question.user, may_write));
    let rules = book.route(&of_nobody, at).map(|answer| answer.rules);
    let password = found
        .as_ref()
        .ok()
        .map(|account| runtime.block_on(ToldPassword::find(&upstream, account, rules.as_deref())));
    let methods = match (&found, &password) {
        (Ok(account), Some(password)) if !opaque => {
            let asking = Asking {
                configuration: &configuration,
                reach: reach.as_ref(),
                upstream: &upstream,
                book: &book,
                route: question.route,
            };
            Some(runtime.block_on(ToldMethods::find(&asking, account, password)))
        }
        _ => None,
    };
    let told = Told::new(
        question,
        at,
        &upstream,
        &book,
        (form, configuration.server.nodes),
        (&found, password, methods),
        opaque,
    );
    if question.json {
        out.line(serde_json::to_string_pretty(&told).map_err(io::Error::other)?)?;
    } else {
        told.print(out)?;
    }
    if let Some(reach) = reach {
        runtime.block_on(reach.close());
    }
    // That nobody has that name is an answer; that nobody could be asked is none.
    Ok(match found {
        Ok(_) | Err(LookUpError::NotFound | LookUpError::Ambiguous) => DONE,
        Err(_) => FAILED,
    })
}

/// The account as the server knows it that its sign-ins on this route go to, for wrong passwords are counted there; and the form by which
/// the route took the name, where it takes other names than DNs.
async fn look_up(
    upstream: &Arc<Upstream>,
    names: Option<&NameRules>,
    user: &str,
    may_write: bool,
) -> (Option<NameForm>, Result<Account, LookUpError>) {
    let lanes = ServiceLanes::new(Arc::clone(upstream));
    let (form, found) = match names {
        None => (None, lanes.look_up(user).await),
        Some(names) => match lanes.who(names, user.as_bytes()).await {
            Ok(Who::AsSent) => (Some(NameForm::Dn), lanes.look_up(user).await),
            Ok(Who::Account(named)) => (Some(named.form), lanes.look_up(&named.dn).await),
            Err(error) => (None, Err(error)),
        },
    };
    let Ok(found) = found else { return (form, found) };
    let want = Want {
        account: Some(AccountHash::of(found.dn.as_bytes())),
        writes: may_write,
    };
    let there = match upstream.candidates(&want).first() {
        Some(server) if *server != found.server => lanes.look_up_on(*server, &found.dn).await.unwrap_or(found),
        _ => found,
    };
    (form, Ok(there))
}

/// What the directory is expected to answer to the right password of an account that stands like this, where that is foreseen. `None`: the
/// entry does not tell, so only the directory knows.
fn at_a_bind(
    dialect: &dyn Dialect,
    standing: &Standing,
    foreseen: Option<(ResultCode, Proven)>,
) -> Option<(Standing, Proven)> {
    let (code, proven) = foreseen?;
    let mut expected = standing.clone();
    expected.evidence.result_code = Some(code.0);
    // As the proxy has it: what a service account can change needs no sign-in, and there is one here.
    if code != ResultCode::SUCCESS && proven == Proven::Yes && dialect.changes_through_service(&standing.state) {
        expected.evidence.source = Source::BindForChange;
    }
    Some((expected, proven))
}

#[cfg(test)]
mod tests {
    use super::*;
    use postern_identity::{Evidence, LockedBy, State};

    fn standing(state: State) -> Standing {
        Standing {
            state,
            cause: None,
            warning: None,
            evidence: Evidence {
                source: Source::Entry,
                result_code: None,
                told_by: "pwdReset",
            },
        }
    }

    #[test]
    fn what_the_directory_refuses_is_foreseen_as_refused_and_the_unknown_not_at_all() {
        let dialect = postern_directory::OpenLdap::new();
        let foreseen = |state| {
            let foreseen = dialect.foresee_bind(&state, None);
            at_a_bind(&dialect, &standing(state), foreseen)
                .map(|(standing, proven)| (standing.evidence.result_code, proven))
        };
        let locked = State::Locked {
            by: LockedBy::Failures,
            until: None,
        };
        assert_eq!(foreseen(State::MustChange), Some((Some(0), Proven::Yes)));
        assert_eq!(foreseen(State::Expired), Some((Some(49), Proven::Yes)));
        assert_eq!(foreseen(locked), Some((Some(49), Proven::Unknown)));
        assert_eq!(foreseen(State::NotYetValid), Some((Some(49), Proven::Unknown)));
        assert_eq!(foreseen(State::Unknown), None);
    }
}
