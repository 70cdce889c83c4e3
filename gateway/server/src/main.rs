//! The program `postern`.

use postern_server::cli;
use postern_server::output::Output;
use std::io::{stderr, stdout};
use std::process::ExitCode;

/// Binds allocate, searches do not; measured with `conformance/load/run`, this one takes less of a bind than the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Before anything else can choose another. An error would mean that one is chosen already, and there is only one.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let environment = |name: &str| std::env::var(name).ok();
    let (mut results, mut problems) = (stdout(), stderr());
    let code = cli::run(
        std::env::args_os(),
        &environment,
        &mut Output::new(&mut results, &mut problems),
    );
    ExitCode::from(code)
}
