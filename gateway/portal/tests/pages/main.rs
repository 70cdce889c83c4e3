//! The pages, through their router, with a play behind them (examples/pages/staged.rs).

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod advisories;
mod browser;
#[path = "../../examples/pages/staged.rs"]
#[allow(dead_code, reason = "the example uses all of it")]
mod staged;

mod flows;
mod forms;
mod markup;
mod neutral;
mod offer;
