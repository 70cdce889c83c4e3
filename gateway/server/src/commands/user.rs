//! `postern user`: the accounts of an embedded directory, from a shell on its machine.
//!
//! A command speaks LDAP to the directory as the one who may do everything there, so it asks here what a gateway asks elsewhere: whose the
//! password is, before one is written; and whether an account may be saved without one.

mod account;
mod arguments;
mod password;
mod save;
mod show;

pub use account::Accounts;
pub use arguments::{At, PasswordArguments, PersonArguments, UserCommand};

use super::{DONE, FAILED, WRONG};
use crate::output::Output;
use crate::shell::asking::AskError;
use std::io;
use thiserror::Error;

/// Why a command on accounts was not done.
#[derive(Debug, Error)]
pub enum UserError {
    /// Whoever asked is to blame: what is wrong and what would be right.
    #[error("{0}")]
    Asked(String),
    /// The directory did not do it.
    #[error("{0}")]
    Directory(#[from] AskError),
    /// What was to be printed could not be.
    #[error("the answer cannot be printed")]
    Output(#[from] io::Error),
}

impl UserError {
    pub(super) fn asked(what: impl Into<String>) -> Self {
        Self::Asked(what.into())
    }
}

/// Does it. The answer is the code to end with.
pub async fn run(command: &UserCommand, accounts: &mut Accounts, out: &mut Output<'_>) -> u8 {
    let json = command.at().json;
    let done = match command {
        UserCommand::List { filter, .. } => show::list(accounts, filter.as_deref(), json, out).await,
        UserCommand::Show { who, .. } => show::one(accounts, who, json, out).await,
        UserCommand::Add {
            uid,
            below,
            person,
            password,
            ..
        } => save::add(accounts, uid, below.as_deref(), person, password, json, out).await,
        UserCommand::Set {
            who, person, password, ..
        } => save::set(accounts, who, person, password, json, out).await,
        UserCommand::Password { who, password, .. } => save::password(accounts, who, password, json, out).await,
        UserCommand::MustChange { who, withdraw, .. } => save::must_change(accounts, who, *withdraw, json, out).await,
        UserCommand::Lock { who, .. } => save::lock(accounts, who, true, json, out).await,
        UserCommand::Unlock { who, .. } => save::lock(accounts, who, false, json, out).await,
        UserCommand::Delete { who, .. } => save::delete(accounts, who, json, out).await,
    };
    match done {
        Ok(()) => DONE,
        Err(error) => {
            out.problem(&error);
            match error {
                UserError::Asked(_) => WRONG,
                UserError::Directory(_) | UserError::Output(_) => FAILED,
            }
        }
    }
}
