//! The machine, from the outside: by [`SelfService`](super::SelfService) and its worker, with doubles at the ports alone.

mod asking;
mod doubles;
mod people;
mod records;
mod world;
