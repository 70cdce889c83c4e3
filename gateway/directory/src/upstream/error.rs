//! What can go wrong on the way to a directory, by who is to blame. Every text is chosen here; none is another error's.

use postern_identity::PasswordRefusal;
use postern_ldap::ResultCode;
use std::path::PathBuf;
use thiserror::Error;

/// The settings are wrong. Whoever wrote them is to blame.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SetupError {
    /// No server is named.
    #[error("no server is named")]
    NoServer,
    /// A directory that is in this process, set up as if it were a server.
    #[error("an embedded directory is reached within the program, not by a URL")]
    InProcess,
    /// Not `ldap://host`, `ldap://host:port`, `ldaps://host` or `ldaps://host:port`.
    #[error("not a server URL: write ldap://host:port or ldaps://host:port")]
    ServerUrl,
    /// `start_tls` beside an `ldaps://` server: TLS inside TLS.
    #[error("start_tls is for ldap:// servers; {server} is under TLS from the start")]
    StartTlsOverTls {
        /// The server.
        server: String,
    },
    /// A server off this machine without TLS, and nobody allowed that.
    #[error("{server} would be reached without TLS: use ldaps:// or start_tls, or set allow_plaintext")]
    Plaintext {
        /// The server.
        server: String,
    },
    /// Neither a host name nor an IP address.
    #[error("the server name to verify is neither a host name nor an IP address")]
    ServerName,
    /// The file of certificate authorities cannot be read.
    #[error("{}: cannot be read", path.display())]
    CaFileUnreadable {
        /// The file.
        path: PathBuf,
    },
    /// It holds no certificate, or something that is not one.
    #[error("{}: holds no PEM certificate that can be used", path.display())]
    CaFileUseless {
        /// The file.
        path: PathBuf,
    },
    /// This machine has no list of certificate authorities.
    #[error("no certificate authorities on this machine: name a ca_file")]
    NoSystemRoots,
    /// The TLS library refused its own defaults.
    #[error("TLS cannot be set up")]
    Tls,
    /// The base is not a DN.
    #[error("base_dn is not a distinguished name")]
    BaseDn,
}

/// A server cannot be reached, or must not be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
pub enum ConnectError {
    /// Its name has no address.
    #[error("the server's name has no address")]
    Unresolved,
    /// Nothing listens there.
    #[error("the server refused the connection")]
    Refused,
    /// No way there.
    #[error("the server cannot be reached")]
    Unreachable,
    /// Not connected, secured or answered in time.
    #[error("the server did not answer in time")]
    TimedOut,
    /// The connections of our own that may be made to it are all in use, and none came free in time. It may be well.
    #[error("all of our own connections to the directory are in use")]
    Busy,
    /// It closed the connection before it was of use.
    #[error("the server hung up")]
    HungUp,
    /// Its certificate's last day has passed.
    #[error("the server's certificate has expired")]
    CertificateExpired,
    /// Its certificate's first day has not come.
    #[error("the server's certificate is not valid yet")]
    CertificateNotYetValid,
    /// Its certificate is for another name.
    #[error("the server's certificate is for another name")]
    CertificateWrongName,
    /// Its certificate was issued by nobody we trust.
    #[error("the server's certificate comes from an unknown authority")]
    CertificateUnknownAuthority,
    /// Its certificate is broken or not meant for this.
    #[error("the server's certificate cannot be accepted")]
    CertificateRefused,
    /// No TLS came about, for other reasons.
    #[error("no TLS connection came about")]
    Tls,
    /// It answered StartTLS with something other than success.
    #[error("the server refused StartTLS with result {}", .0.0)]
    StartTlsRefused(ResultCode),
    /// It would have to be reached in plain text, off this machine.
    #[error("the server's address is not on this machine, and plain text is not allowed")]
    PlaintextRefused,
    /// What it sent is not what LDAP allows here.
    #[error("the server broke the protocol")]
    Protocol,
    /// It did not take the service account's name and password.
    #[error("the server refused the service account with result {}", .0.0)]
    ServiceAccountRefused(ResultCode),
    /// It does not tell what it can do.
    #[error("the server refused its rootDSE with result {}", .0.0)]
    RootDseRefused(ResultCode),
}

/// An account cannot be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum LookUpError {
    /// There is none.
    #[error("no such account")]
    NotFound,
    /// More than one answers to that name.
    #[error("more than one account has that name")]
    Ambiguous,
    /// More than is looked at, or than the directory shows at once.
    #[error("there are too many to look at")]
    TooMany,
    /// The account has no id that survives a rename, or the service account may not see it.
    #[error("the account shows no stable id")]
    NoStableId,
    /// No service account is configured.
    #[error("no service account is configured")]
    NoServiceAccount,
    /// No base is configured, and the directory does not name exactly one.
    #[error("no base to search below is known: set base_dn")]
    NoBase,
    /// The service account may not search there, or something in the directory failed.
    #[error("the directory refused the search with result {}", .0.0)]
    SearchRefused(ResultCode),
    /// The directory cannot be reached.
    #[error(transparent)]
    Connect(#[from] ConnectError),
}

/// A write of our own account's did not come about, or nobody knows whether it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum WriteError {
    /// The directory cannot be reached. Nothing was written.
    #[error(transparent)]
    Connect(ConnectError),
    /// The account was not found. Nothing was written.
    #[error(transparent)]
    LookUp(LookUpError),
    /// The directory answered, and did not do it.
    #[error("the directory refused the write with result {}", .0.result_code)]
    Refused(PasswordRefusal),
    /// The product has no such change.
    #[error("this directory has no such change")]
    NotPossible,
    /// It was sent and not answered: it may have been done or not. It is never sent again.
    #[error("the directory did not answer: the change may have been made or not")]
    OutcomeUnknown,
    /// The old password was sent and nothing came back: it may have been counted as wrong, and is not sent again. Nothing was changed.
    #[error("the directory did not answer whether the old password is right")]
    ProofUnknown,
    /// It could be read on the way, and that was not allowed. Nothing was sent.
    #[error("the connection is not protected, and plain text is not allowed")]
    Unprotected,
}

impl From<ConnectError> for WriteError {
    fn from(fault: ConnectError) -> Self {
        match fault {
            ConnectError::PlaintextRefused => Self::Unprotected,
            other => Self::Connect(other),
        }
    }
}

impl From<LookUpError> for WriteError {
    fn from(fault: LookUpError) -> Self {
        match fault {
            LookUpError::Connect(fault) => fault.into(),
            other => Self::LookUp(other),
        }
    }
}
