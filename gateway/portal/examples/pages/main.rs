//! All pages with a play behind them, to be looked at in a browser: https://localhost:8444 and, as a login screen shows them, https://127.0.0.1:8444.
//! What to type for which page stands in staged.rs. Ends with its standard input.

mod served;
mod staged;

use std::error::Error;
use std::io::{Read as _, Write as _};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let port: u16 = std::env::args().nth(1).map_or(Ok(8444), |port| port.parse())?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let stop = CancellationToken::new();
    let ended = stop.clone();
    std::thread::spawn(move || {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        ended.cancel();
    });
    writeln!(std::io::stdout(), "{}", served::addresses(&listener)?.join(" "))?;
    served::both(listener, stop).await
}
