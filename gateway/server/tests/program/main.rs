//! The program itself, started as its users start it.
// `cfg(test)` tells the lints that all of this is tests.

#[cfg(test)]
mod commands;
#[cfg(test)]
mod embedded;
#[cfg(test)]
mod given;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod programs;
#[cfg(test)]
mod self_service;
#[cfg(test)]
mod serving;
