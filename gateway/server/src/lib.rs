//! The program: it reads the configuration, makes everything, starts it, keeps it up to date and stops it.
//!
//! **Owns** the command line, the [configuration](config), the wiring, the process' life, the watching of files, and what is told
//! to whoever runs it: log, audit, health and [metrics].
//!
//! **Never knows** a rule of the product: what a sign-in is answered is the policies' business, how a directory speaks the
//! directory's, what may pass the doors'.
//!
//! **The walk.** `main` → [`cli`] → [`config::read`] → [`reload::first_policies`] → [`serve::run`]: telemetry, then what is [`kept`] (the
//! [`store`], embedded directories), directories, [`doors`], metrics, the [`control`] socket; from then on signals, and `keep`: [`watch`] →
//! [`reload`] for whatever changes on disk. A command that works on what is kept goes by [`shell`]: through the gateway that runs, else by itself.
//!
//! **To add a command:** a variant in `cli`, a file in [`commands`] that prints through [`output::Output`] and answers with an exit code.
//! **To add a key:** see [`config`]. **To add a metric:** a [`metrics::Name`] and a line in a [`metrics::CountSource`].
//! **To add a setting:** see [`settings`].
//! **To add a door:** a field in [`doors::Doors`], opened, drained and ended there.

pub mod bypass;
pub mod certificate;
pub mod cli;
pub mod clock;
pub mod commands;
pub mod config;
pub mod control;
pub mod demo;
pub mod doors;
mod health;
mod keep;
pub mod kept;
pub mod lifecycle;
pub mod metrics;
pub mod output;
pub mod reload;
mod self_service;
pub mod serve;
pub mod settings;
pub mod shell;
pub mod store;
pub mod telemetry;
pub mod watch;
