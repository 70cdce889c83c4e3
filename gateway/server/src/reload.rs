//! Putting new policies and certificates in force, or keeping the old ones.

use crate::certificate::{self, CertificateError, HotCertificate};
use crate::config::Certificate;
use crate::metrics::{ReloadResult, Reloads};
use postern_identity::Clock;
use postern_policy::{Kept, LivePolicy, Problem, RouteFacts, Rulebook};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The first policies of a process, with the number 1.
pub fn first_policies(folder: &Path, routes: &[RouteFacts]) -> Result<(Rulebook, Kept), Vec<Problem>> {
    postern_policy::check_first(folder, routes, 1)
}

/// Keeps the policies in force up to date with their folder.
pub struct PolicyReload {
    folder: PathBuf,
    routes: Vec<RouteFacts>,
    live: Arc<LivePolicy>,
    reloads: Reloads,
    /// Of the set in force: what did not change is not compiled again.
    kept: Kept,
    /// Of the reading that failed last, so that it is told once.
    failed: Option<Vec<Problem>>,
}

/// What came of a reload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reload {
    /// There was nothing new.
    Unchanged,
    /// The new ones are in force.
    InForce,
    /// The old ones stay.
    Kept,
}

impl PolicyReload {
    /// For policies that are in force as `live`.
    pub fn new(folder: PathBuf, routes: Vec<RouteFacts>, live: Arc<LivePolicy>, kept: Kept, reloads: Reloads) -> Self {
        Self {
            folder,
            routes,
            live,
            reloads,
            kept,
            failed: None,
        }
    }

    /// Reads the folder and, if it is another set and a good one, puts it in force. Reads and computes: not for a runtime's thread.
    pub fn attempt(&mut self) -> Reload {
        let number = self.live.number() + 1;
        match postern_policy::check_again(&self.folder, &self.routes, number, &self.kept) {
            Ok(None) => {
                if self.failed.take().is_some() {
                    tracing::info!(target: "postern::policy", generation = number - 1, "the policy files are those in force again");
                }
                Reload::Unchanged
            }
            Ok(Some((book, kept))) => {
                // False only if somebody else exchanged books meanwhile, and nobody else does.
                let _ = self.live.swap(book);
                self.kept = kept;
                self.failed = None;
                self.reloads.count(ReloadResult::Succeeded);
                tracing::info!(target: "postern::policy", generation = number, "new policies are in force");
                Reload::InForce
            }
            Err(problems) => {
                // The same mistakes, seen again, are not news.
                if self.failed.as_ref() != Some(&problems) {
                    self.reloads.count(ReloadResult::Failed);
                    for problem in &problems {
                        tracing::error!(target: "postern::policy", path = %problem.path, line = problem.line,
                            column = problem.column, what = %problem.what, remedy = %problem.remedy,
                            "a mistake in the policies; those in force stay");
                    }
                    self.failed = Some(problems);
                }
                Reload::Kept
            }
        }
    }
}

/// Keeps a certificate up to date with its files.
pub struct CertificateReload {
    source: Certificate,
    state_dir: PathBuf,
    clock: Arc<dyn Clock>,
    hot: Arc<HotCertificate>,
    failed: Option<CertificateError>,
}

impl CertificateReload {
    /// Loads the certificate for the first time; without one configured, makes one.
    pub fn first(source: Certificate, state_dir: PathBuf, clock: Arc<dyn Clock>) -> Result<Self, CertificateError> {
        let loaded = load(&source, &state_dir, clock.as_ref())?;
        Ok(Self {
            source,
            state_dir,
            clock,
            hot: Arc::new(HotCertificate::new(loaded)),
            failed: None,
        })
    }

    /// The certificate in force.
    pub fn hot(&self) -> &Arc<HotCertificate> {
        &self.hot
    }

    /// Where it comes from.
    pub fn source(&self) -> &Certificate {
        &self.source
    }

    /// Loads it again. One that does not parse, does not match its key or has expired before the one in force is left aside.
    pub fn attempt(&mut self) -> Reload {
        let now = self.clock.now();
        // A rollback that brings back the certificate of last year would turn every client away.
        let worse = |next: &certificate::Loaded| next.expires <= now && self.hot.expires() > now;
        let loaded = match load(&self.source, &self.state_dir, self.clock.as_ref()) {
            Ok(next) if worse(&next) => Err(CertificateError::Expired),
            loaded => loaded,
        };
        let reload = match loaded {
            Ok(loaded) => {
                self.failed = None;
                if !self.hot.replace(loaded) {
                    return Reload::Unchanged;
                }
                let until = self.hot.expires();
                tracing::info!(target: "postern::certificate", source = %self.described(), %until, "a new certificate is in force");
                Reload::InForce
            }
            Err(error) => {
                if self.failed != Some(error) {
                    tracing::error!(target: "postern::certificate", source = %self.described(), what = %error,
                        "the new certificate cannot be used; the one in force stays");
                    self.failed = Some(error);
                }
                Reload::Kept
            }
        };
        self.warn_if_over();
        reload
    }

    /// A line if the certificate in force is past its end: clients will refuse it.
    pub fn warn_if_over(&self) {
        if self.hot.expires() <= self.clock.now() {
            let until = self.hot.expires();
            tracing::warn!(target: "postern::certificate", source = %self.described(), %until, "the certificate has expired");
        }
    }

    fn described(&self) -> String {
        match &self.source {
            Certificate::Files { certificate, .. } => certificate.display().to_string(),
            Certificate::Generated => "made here".to_owned(),
        }
    }
}

fn load(source: &Certificate, state_dir: &Path, clock: &dyn Clock) -> Result<certificate::Loaded, CertificateError> {
    match source {
        Certificate::Files { certificate, key } => certificate::load(certificate, key),
        Certificate::Generated => {
            let files = certificate::generated::ensure(state_dir, clock.now())?;
            certificate::load(&files.certificate, &files.key)
        }
    }
}

#[cfg(test)]
mod tests;
