//! What `postern user` is told.

use crate::commands::of_directory::Where;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Where it is to be done, and for whom it is told.
#[derive(Args)]
pub struct At {
    /// Which directory
    #[command(flatten)]
    pub place: Where,
    /// For a program instead of a person
    #[arg(long)]
    pub json: bool,
}

/// One thing to do with accounts.
#[derive(Subcommand)]
pub enum UserCommand {
    /// Lists accounts, by sign-in name.
    List {
        /// Only those that fit this filter, such as '(mail=*@example.org)'
        #[arg(long, value_name = "FILTER")]
        filter: Option<String>,
        /// Which directory
        #[command(flatten)]
        at: At,
    },
    /// Shows one account: who it is, whose its password is, how it stands.
    Show {
        /// A sign-in name, mail address or DN
        #[arg(value_name = "WHO")]
        who: String,
        /// Which directory
        #[command(flatten)]
        at: At,
    },
    /// Makes an account.
    Add {
        /// The sign-in name
        #[arg(value_name = "UID")]
        uid: String,
        /// The entry it lies under [default: ou=people under the directory's base_dn if that is there, else the base_dn itself]
        #[arg(long, value_name = "DN")]
        below: Option<String>,
        /// Who it is
        #[command(flatten)]
        person: PersonArguments,
        /// The password
        #[command(flatten)]
        password: PasswordArguments,
        /// Which directory
        #[command(flatten)]
        at: At,
    },
    /// Changes what is known of an account.
    Set {
        /// A sign-in name, mail address or DN
        #[arg(value_name = "WHO")]
        who: String,
        /// Who it is
        #[command(flatten)]
        person: PersonArguments,
        /// The password
        #[command(flatten)]
        password: PasswordArguments,
        /// Which directory
        #[command(flatten)]
        at: At,
    },
    /// Gives an account another password.
    Password {
        /// A sign-in name, mail address or DN
        #[arg(value_name = "WHO")]
        who: String,
        /// The password
        #[command(flatten)]
        password: PasswordArguments,
        /// Which directory
        #[command(flatten)]
        at: At,
    },
    /// Has an account change its password at the next sign-in.
    MustChange {
        /// A sign-in name, mail address or DN
        #[arg(value_name = "WHO")]
        who: String,
        /// It need not, after all
        #[arg(long)]
        withdraw: bool,
        /// Which directory
        #[command(flatten)]
        at: At,
    },
    /// Keeps an account from signing in.
    Lock {
        /// A sign-in name, mail address or DN
        #[arg(value_name = "WHO")]
        who: String,
        /// Which directory
        #[command(flatten)]
        at: At,
    },
    /// Lifts a lock, whether somebody set it or wrong passwords did.
    Unlock {
        /// A sign-in name, mail address or DN
        #[arg(value_name = "WHO")]
        who: String,
        /// Which directory
        #[command(flatten)]
        at: At,
    },
    /// Takes an account away for good.
    Delete {
        /// A sign-in name, mail address or DN
        #[arg(value_name = "WHO")]
        who: String,
        /// Which directory
        #[command(flatten)]
        at: At,
    },
}

/// What is known of a person. An empty value takes away what is there.
#[derive(Args, Default)]
pub struct PersonArguments {
    /// The whole name, such as 'Alice Adams'
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// The family name [default for a new account: the last word of --name, else the sign-in name]
    #[arg(long, value_name = "NAME")]
    pub family_name: Option<String>,
    /// The given name
    #[arg(long, value_name = "NAME")]
    pub given_name: Option<String>,
    /// The mail address
    #[arg(long, value_name = "ADDRESS")]
    pub mail: Option<String>,
    /// The telephone number
    #[arg(long, value_name = "NUMBER")]
    pub phone: Option<String>,
}

impl UserCommand {
    /// Where it is to be done.
    pub fn at(&self) -> &At {
        match self {
            Self::List { at, .. }
            | Self::Show { at, .. }
            | Self::Add { at, .. }
            | Self::Set { at, .. }
            | Self::Password { at, .. }
            | Self::MustChange { at, .. }
            | Self::Lock { at, .. }
            | Self::Unlock { at, .. }
            | Self::Delete { at, .. } => at,
        }
    }
}

/// A password is never on the command line, where everybody on the machine can read it.
#[derive(Args, Default)]
pub struct PasswordArguments {
    /// A file whose first line is the password; - for standard input
    #[arg(long, value_name = "FILE", conflicts_with = "generate_password")]
    pub password_file: Option<PathBuf>,
    /// Makes a password, and prints it once. It must be changed at the first sign-in.
    #[arg(long)]
    pub generate_password: bool,
    /// It must be changed at the first sign-in
    #[arg(long)]
    pub must_change: bool,
}

impl PasswordArguments {
    /// Whether one is given.
    pub fn is_given(&self) -> bool {
        self.password_file.is_some() || self.generate_password
    }
}

impl PersonArguments {
    /// The attributes these are, with what is given for each.
    pub fn attributes(&self) -> [(&'static str, &'static str, Option<&str>); 5] {
        [
            ("cn", "--name", self.name.as_deref()),
            ("sn", "--family-name", self.family_name.as_deref()),
            ("givenName", "--given-name", self.given_name.as_deref()),
            ("mail", "--mail", self.mail.as_deref()),
            ("telephoneNumber", "--phone", self.phone.as_deref()),
        ]
    }
}
