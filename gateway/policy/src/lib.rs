//! Policy files to verdicts: what may pass on a route, and what a sign-in is answered there.
//!
//! **Owns** reading a folder of policy files, compiling them to a [`Rulebook`], the tests beside them, and the exchange of
//! the book in force ([`LivePolicy`], which is how the doors see it: as [`postern_identity::decide::Decide`]). Also how a TOML
//! file is read with every mistake told at once ([`document`], [`shape`], [`problem`]): the program's configuration is read so too.
//!
//! **Never knows** who asks, what watches the folder, SQL, or any protocol.
//!
//! **The walk.** [`check_set`] is a whole reload: [`PolicySet::read`] takes a folder whole or not at all → `document` parses
//! TOML and remembers places → `shape` compares it with the [schema] its types give → `compile::layer` reads names
//! and texts → [`compile`](compile::compile) orders the tables and merges them for each route → [`tests::run`] → `sample`
//! asks one of each question. Any [`Problem`] on the way means the book in force stays. [`LivePolicy::swap`] does the rest.
//!
//! **What no file can change:** an unknown or unproven standing is refused and told as a wrong password is; what the
//! directory refused is refused. `rulebook` holds both, whatever was compiled, and `sample` asks for them again.
//!
//! **To add a key:** a field with its comment in `file`, its value in `compile::merge` with the safe default, a line in
//! `policies/default`, and `POSTERN_BLESS=1 cargo test -p postern-policy schema`.

pub mod bypass;
pub mod compile;
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
#[cfg(test)]
mod presets;
mod sample;

pub use compile::{RouteFacts, compile, routes_spoken_of};
pub use live::LivePolicy;
pub use problem::Problem;
pub use rulebook::{Explanation, Rulebook, Step};
pub use set::PolicySet;
pub use tests::TestOutcome;

use std::path::Path;

/// A folder as a rulebook that may come into force: read, compiled, its tests passed, one of each question asked.
pub fn check_set(folder: &Path, routes: &[RouteFacts], generation: u64) -> Result<Rulebook, Vec<Problem>> {
    check(&PolicySet::read(folder)?, routes, generation)
}

/// The same for a set that has been read.
pub fn check(set: &PolicySet, routes: &[RouteFacts], generation: u64) -> Result<Rulebook, Vec<Problem>> {
    accept(set, compile(set, routes, generation)?)
}

/// A book whose tests pass and whose answers keep to the fixed rules.
fn accept(set: &PolicySet, book: Rulebook) -> Result<Rulebook, Vec<Problem>> {
    let mut problems: Vec<_> = tests::run(set, &book)
        .into_iter()
        .filter_map(|outcome| outcome.failure)
        .collect();
    problems.extend(sample::ask_everything(&book, set.folder()));
    if problems.is_empty() {
        Ok(book)
    } else {
        Err(problem::in_order(problems))
    }
}
