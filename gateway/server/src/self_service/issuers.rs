//! Issuers of OAuth 2.0, as the configuration has them, with whom their servers' certificates may be from.

use crate::certificate::authorities;
use crate::config::Configuration;
use crate::serve::ServeError;
use postern_identity::Clock;
use postern_web::{Issuer, tls_for_keys};
use rustls::RootCertStore;
use std::sync::Arc;

/// All of them. Nothing is fetched yet.
pub(super) fn of(configuration: &Configuration, clock: &Arc<dyn Clock>) -> Result<Vec<Issuer>, ServeError> {
    let issuers = configuration.oauth_issuers.iter().map(|issuer| {
        let roots = match &issuer.authorities {
            Some(pem) => authorities(pem.as_bytes()).ok_or(ServeError::Tls)?,
            None => of_this_machine(),
        };
        let tls = tls_for_keys(roots, Arc::clone(clock)).ok_or(ServeError::Tls)?;
        Ok(Issuer::new(issuer.settings.clone(), tls, Arc::clone(clock)))
    });
    issuers.collect()
}

/// The machine's authorities. Single ones that cannot be used are left out: on every machine there are some. Where there is none, no issuer can be
/// reached, and the log says so of each.
fn of_this_machine() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}
