//! Which server, as whom, and how well it is known to be that one.

use crate::PostgresSettings;
use crate::open_error::OpenError;
use sqlx::ConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use std::str::FromStr;

pub(super) struct Address {
    pub(super) options: PgConnectOptions,
    /// For messages: the server and its database.
    pub(super) shown: String,
}

pub(super) fn read(settings: &PostgresSettings) -> Result<Address, OpenError> {
    let wrong = OpenError::Address;
    let rest = settings
        .url
        .split_once("://")
        .filter(|(scheme, _)| matches!(*scheme, "postgres" | "postgresql"));
    let (_, rest) = rest.ok_or(wrong("it begins with postgres://user@host/database"))?;
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let parameters: Vec<&str> = rest
        .split_once('?')
        .map_or(vec![], |(_, query)| query.split('&').collect());
    let has = |name: &str| parameters.iter().any(|one| one.split('=').next() == Some(name));
    if authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':')) || has("password") {
        return Err(wrong(
            "the password does not belong into it; put it into a file of its own",
        ));
    }
    let options = PgConnectOptions::from_str(&settings.url);
    let mut options =
        options.map_err(|_| wrong("it is written postgres://user@host:port/database?sslmode=verify-full"))?;
    if let Some(password) = &settings.password {
        let password = std::str::from_utf8(password.expose()).map_err(|_| wrong("the password is not UTF-8"))?;
        options = options.password(password);
    }
    let local = options.get_socket().is_some() || is_this_machine(options.get_host());
    if !local && !has("sslmode") && !has("ssl-mode") {
        options = options.ssl_mode(PgSslMode::VerifyFull);
    }
    let patience = format!("{}ms", settings.patience.as_millis().max(1));
    options = options.application_name("postern").options([
        ("statement_timeout", patience.as_str()),
        ("lock_timeout", &patience),
        ("idle_in_transaction_session_timeout", &patience),
    ]);
    let database = options.get_database().unwrap_or(options.get_username()).to_owned();
    let server = options
        .get_socket()
        .map_or_else(|| options.get_host().to_owned(), |socket| socket.display().to_string());
    let shown = format!("{server}:{}/{database}", options.get_port());
    Ok(Address {
        options: options.disable_statement_logging(),
        shown,
    })
}

fn is_this_machine(host: &str) -> bool {
    let ip = host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .parse::<std::net::IpAddr>();
    host == "localhost" || host.starts_with('/') || ip.is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(url: &str) -> Result<Address, OpenError> {
        read(&PostgresSettings::new(url, None))
    }

    fn verifies(url: &str) -> bool {
        of(url).is_ok_and(|address| matches!(address.options.get_ssl_mode(), PgSslMode::VerifyFull))
    }

    #[test]
    fn a_server_elsewhere_must_prove_who_it_is_unless_the_address_says_otherwise() {
        assert!(verifies("postgres://me@db.example.org/postern"));
        assert!(verifies("postgresql://me@192.0.2.1:5433/postern"));
        assert!(!verifies("postgres://me@db.example.org/postern?sslmode=disable"));
        assert!(!verifies("postgres://me@127.0.0.1/postern"));
        assert!(!verifies("postgres:///postern?host=/run/postgresql"));
    }

    #[test]
    fn an_address_with_a_password_or_of_something_else_is_refused_without_being_repeated() {
        for url in [
            "postgres://me:hunter2@localhost/x",
            "postgres://me@localhost/x?password=hunter2",
            "mysql://hunter2",
            "hunter2",
        ] {
            let refused = of(url).err().expect("a refusal");
            assert!(matches!(refused, OpenError::Address(_)));
            assert!(!refused.to_string().contains("hunter2"));
        }
    }
}
