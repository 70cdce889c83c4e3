//! Policy files to verdicts: what may pass on a route, and what a sign-in is answered there.
//!
//! **Owns** reading a folder of policy files, compiling them to a [`Rulebook`], the tests beside them, and the exchange of
//! the book in force ([`LivePolicy`], which is how the doors see it: as [`postern_identity::decide::Decide`], and self-service as
//! [`postern_identity::reset::DecideReset`]). Also how a TOML file is read with every mistake told at once ([`document`], [`shape`], [`problem`]): the program's configuration is read so too.
//!
//! **Never knows** who asks, what watches the folder, SQL, or any protocol.
//!
//! **The walk.** [`check_set`] is a whole reload: [`PolicySet::read`] takes a folder whole or not at all → `document` parses
//! TOML and remembers places → `shape` compares it with the [schema] its types give → `compile::layer` reads names
//! and texts, and compiles [`condition`]s → [`compile`](compile::compile) orders the tables and merges them for each route, those with
//! conditions in `compile::variants`; `compile::authority` makes the rules that say whose passwords are whose, `compile::self_service`
//! keeps the tables that are merged for each question of self-service → [`tests::run`] → `sample` asks one of each question. Any [`Problem`] on the way means the book in force stays. [`LivePolicy::swap`] does the rest.
//! [`check_again`] is the same walk past everything that did not change since the set in force ([`Kept`]).
//!
//! **What no file can change:** an unknown or unproven standing is refused and told as a wrong password is; what the
//! directory refused is refused. `rulebook` holds both, whatever was compiled, and `sample` asks for them again.
//!
//! **To add a key:** a field with its comment in `file`, its value in `compile::merge` with the safe default, a line in
//! `policies/default`, and `POSTERN_BLESS=1 cargo test -p postern-policy schema`. If it is stricter or milder, a line in
//! `compile::strictest`. A key of self-service: in `file::self_service`, `compile::self_service::merge` and `tests::self_service`; a factor: in
//! `compile::self_service`. **To add a name to conditions:** its type in `condition::check`, its value in `condition::evaluate`, a key of
//! `given` in `tests::case`, a flag of `explain`, and a row in `policies/README.md`.

pub mod bypass;
pub mod compile;
pub mod condition;
pub mod document;
pub mod live;
pub mod message;
pub mod problem;
pub mod rulebook;
pub mod schema;
pub mod set;
pub mod shape;
pub mod tests;

mod file;
#[cfg(test)]
mod hostile;
mod kept;
mod outline;
#[cfg(test)]
mod presets;
mod sample;

pub use compile::{RouteFacts, compile, routes_spoken_of};
pub use kept::Kept;
pub use live::LivePolicy;
pub use problem::Problem;
pub use rulebook::{Explanation, Rulebook, Step};
pub use set::PolicySet;
pub use tests::TestOutcome;

use kept::Known;
use std::path::Path;

/// A folder as a rulebook that may come into force: read, compiled, its tests passed, one of each question asked.
pub fn check_set(folder: &Path, routes: &[RouteFacts], generation: u64) -> Result<Rulebook, Vec<Problem>> {
    check(&PolicySet::read(folder)?, routes, generation)
}

/// The same, with what [`check_again`] spares itself next time.
pub fn check_first(folder: &Path, routes: &[RouteFacts], generation: u64) -> Result<(Rulebook, Kept), Vec<Problem>> {
    build(PolicySet::read(folder)?, routes, generation, None)
}

/// The same for a folder of which a set is in force. `None`: it is still that set.
pub fn check_again(
    folder: &Path,
    routes: &[RouteFacts],
    generation: u64,
    kept: &Kept,
) -> Result<Option<(Rulebook, Kept)>, Vec<Problem>> {
    let set = PolicySet::read_again(folder, &kept.set)?;
    if set.is_still(&kept.set) {
        return Ok(None);
    }
    build(set, routes, generation, Some(kept)).map(Some)
}

/// The same for a set that has been read.
pub fn check(set: &PolicySet, routes: &[RouteFacts], generation: u64) -> Result<Rulebook, Vec<Problem>> {
    accept(set, compile(set, routes, generation)?, None).map(|(book, _)| book)
}

fn build(
    set: PolicySet,
    routes: &[RouteFacts],
    generation: u64,
    kept: Option<&Kept>,
) -> Result<(Rulebook, Kept), Vec<Problem>> {
    let (book, policies) = compile::compile_again(&set, routes, generation, kept)?;
    let (book, tests) = accept(&set, book, kept)?;
    let known = Known::of(&book);
    let kept = Kept {
        set,
        policies,
        tests,
        known,
    };
    Ok((book, kept))
}

/// A book whose tests pass and whose answers keep to the fixed rules. What did not change since a set that was accepted is not
/// asked again.
fn accept(set: &PolicySet, book: Rulebook, kept: Option<&Kept>) -> Result<(Rulebook, tests::TestsRead), Vec<Problem>> {
    let (outcomes, tests) = tests::run_again(set, &book, kept);
    let mut problems: Vec<_> = outcomes.into_iter().filter_map(|outcome| outcome.failure).collect();
    let nothing = Known::default();
    let known = kept.map_or(&nothing, |kept| &kept.known);
    problems.extend(sample::ask_everything(&book, set.folder(), known));
    if problems.is_empty() {
        Ok((book, tests))
    } else {
        Err(problem::in_order(problems))
    }
}
