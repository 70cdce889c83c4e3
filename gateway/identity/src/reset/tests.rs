//! The machine, from the outside: by [`SelfService`](super::SelfService) and its worker, with doubles at the ports alone.

mod asking;
mod changing;
mod crashing;
mod doubles;
mod executing;
mod gates;
mod people;
mod proving;
mod records;
mod renewal;
mod rules;
mod self_asserted;
mod waiting;
mod walking;
mod world;
mod writing;
