//! Self-service, wired.
mod catcher;
mod counts;
mod keys;
mod people;
mod ports;
