//! Every refusal that is ours, in one table: the rule's name for the record, the code and the text for the client.
//!
//! A refusal by a policy file carries that file's rule instead of the name here; code and text stay these.

use postern_ldap::ResultCode;

/// Why a request is answered here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the table below says it")]
pub(crate) enum Refusal {
    EmptyPassword,
    EmptyName,
    AmbiguousName,
    NameElsewhere,
    NamesUnavailable,
    NotVersion3,
    SaslNotOffered,
    UnknownAuthentication,
    PlaintextPassword,
    TlsRequired,
    OperationNotAllowed,
    ReadOnly,
    AnonymousNotAllowed,
    BaseNotAllowed,
    OtherSuffix,
    ControlNotMapped,
    ControlNotShown,
    ShownOnly,
    AttributeNotAllowed,
    ExtensionNotAllowed,
    ProxiedAuthorization,
    Transaction,
    Restricted,
    RestrictedBusy,
    TooManyOperations,
    Malformed,
    StartTlsNotOffered,
    StartTlsAlready,
    StartTlsBusy,
    LanesBusy,
    DirectoryUnreachable,
    DirectoryLost,
    DirectorySilent,
    OutcomeUnknown,
    LastGraceKept,
    DirectoryRefused,
    HeldElsewhere,
    NoRules,
    GuardSpent,
    GuardRepeated,
    ProxyHeader,
    ProxyHeaderVersion1,
    ProxyHeaderLate,
    ClientCertificate,
    NoClientCertificate,
    CertificateIdentity,
    OtherIdentity,
    SaslMalformed,
    StandingNotKnown,
    ActingRefused,
    OwnedElsewhere,
    OwnerUnknown,
    OwnerHidden,
    OwnerChange,
    OwnerUnread,
    OwnerUnavailable,
    OwnerSignIn,
    OwnerUnnamed,
    OwnerNoEntry,
    NewPasswordNeeded,
    OldPasswordNeeded,
    PasswordOfNobody,
    PasswordUnwritable,
}

impl Refusal {
    #[cfg(test)]
    pub(crate) const ALL: [Self; 63] = [
        Self::EmptyPassword,
        Self::EmptyName,
        Self::AmbiguousName,
        Self::NameElsewhere,
        Self::NamesUnavailable,
        Self::NotVersion3,
        Self::SaslNotOffered,
        Self::UnknownAuthentication,
        Self::PlaintextPassword,
        Self::TlsRequired,
        Self::OperationNotAllowed,
        Self::ReadOnly,
        Self::AnonymousNotAllowed,
        Self::BaseNotAllowed,
        Self::OtherSuffix,
        Self::ControlNotMapped,
        Self::ControlNotShown,
        Self::ShownOnly,
        Self::AttributeNotAllowed,
        Self::ExtensionNotAllowed,
        Self::ProxiedAuthorization,
        Self::Transaction,
        Self::Restricted,
        Self::RestrictedBusy,
        Self::TooManyOperations,
        Self::Malformed,
        Self::StartTlsNotOffered,
        Self::StartTlsAlready,
        Self::StartTlsBusy,
        Self::LanesBusy,
        Self::DirectoryUnreachable,
        Self::DirectoryLost,
        Self::DirectorySilent,
        Self::OutcomeUnknown,
        Self::LastGraceKept,
        Self::DirectoryRefused,
        Self::HeldElsewhere,
        Self::NoRules,
        Self::GuardSpent,
        Self::GuardRepeated,
        Self::ProxyHeader,
        Self::ProxyHeaderVersion1,
        Self::ProxyHeaderLate,
        Self::ClientCertificate,
        Self::NoClientCertificate,
        Self::CertificateIdentity,
        Self::OtherIdentity,
        Self::SaslMalformed,
        Self::StandingNotKnown,
        Self::ActingRefused,
        Self::OwnedElsewhere,
        Self::OwnerUnknown,
        Self::OwnerHidden,
        Self::OwnerChange,
        Self::OwnerUnread,
        Self::OwnerUnavailable,
        Self::OwnerSignIn,
        Self::OwnerUnnamed,
        Self::OwnerNoEntry,
        Self::NewPasswordNeeded,
        Self::OldPasswordNeeded,
        Self::PasswordOfNobody,
        Self::PasswordUnwritable,
    ];

    /// The rule's name, the result code and the text.
    pub(crate) fn entry(self) -> (&'static str, ResultCode, &'static str) {
        use ResultCode as Code;
        match self {
            // RFC 4513 §5.1.2: servers should refuse a DN without a password, for clients forget to check.
            Self::EmptyPassword => (
                "built-in:empty-password",
                Code::UNWILLING_TO_PERFORM,
                "a name without a password proves nothing",
            ),
            // Directories may take it for an anonymous bind and say 0, and applications that for a sign-in.
            Self::EmptyName => (
                "built-in:empty-name",
                Code::INVALID_CREDENTIALS,
                "", // shown as a wrong password
            ),
            // It is not for us to say which of them is meant.
            Self::AmbiguousName => (
                "built-in:ambiguous-name",
                Code::INVALID_CREDENTIALS,
                "", // shown as a wrong password
            ),
            // Nobody has it here, whoever has it in the directory.
            Self::NameElsewhere => (
                "built-in:suffix-of-name",
                Code::INVALID_CREDENTIALS,
                "", // shown as a wrong password
            ),
            Self::NamesUnavailable => (
                "built-in:names-unavailable",
                Code::UNAVAILABLE,
                "the directory could not be asked who that is",
            ),
            Self::NotVersion3 => (
                "built-in:version-3",
                Code::PROTOCOL_ERROR,
                "only LDAP version 3 is spoken here",
            ),
            Self::SaslNotOffered => (
                "built-in:no-sasl",
                Code::AUTH_METHOD_NOT_SUPPORTED,
                "SASL is not offered here: use a simple bind",
            ),
            Self::UnknownAuthentication => (
                "built-in:no-such-authentication",
                Code::AUTH_METHOD_NOT_SUPPORTED,
                "use a simple bind",
            ),
            Self::PlaintextPassword => (
                "built-in:tls-for-passwords",
                Code::CONFIDENTIALITY_REQUIRED,
                "use TLS before sending a password",
            ),
            Self::TlsRequired => ("built-in:tls-always", Code::CONFIDENTIALITY_REQUIRED, "use TLS here"),
            Self::OperationNotAllowed => (
                "built-in:operations",
                Code::UNWILLING_TO_PERFORM,
                "this operation is not offered here",
            ),
            Self::ReadOnly => (
                "built-in:read-only",
                Code::UNWILLING_TO_PERFORM,
                "nothing can be changed here",
            ),
            Self::AnonymousNotAllowed => (
                "built-in:anonymous",
                Code::INSUFFICIENT_ACCESS_RIGHTS,
                "sign in before you ask for anything",
            ),
            Self::BaseNotAllowed => (
                "built-in:base-dns",
                Code::INSUFFICIENT_ACCESS_RIGHTS,
                "this part of the tree is not open here",
            ),
            Self::OtherSuffix => (
                "built-in:suffix",
                Code::INSUFFICIENT_ACCESS_RIGHTS,
                "this part of the tree is not open here",
            ),
            // RFC 4511 §4.1.11.
            Self::ControlNotMapped => (
                "built-in:suffix-control",
                Code::UNAVAILABLE_CRITICAL_EXTENSION,
                "a critical control is not offered here",
            ),
            Self::ControlNotShown => (
                "built-in:shown-control",
                Code::UNAVAILABLE_CRITICAL_EXTENSION,
                "a critical control asks for attributes that are only shown here",
            ),
            Self::ShownOnly => (
                "built-in:shown-only",
                Code::UNWILLING_TO_PERFORM,
                "one of these attributes is only shown here and cannot be changed so",
            ),
            Self::AttributeNotAllowed => (
                "built-in:deny-attributes",
                Code::INSUFFICIENT_ACCESS_RIGHTS,
                "one of these attributes is not open here",
            ),
            Self::ExtensionNotAllowed => (
                "built-in:extended-operations",
                Code::PROTOCOL_ERROR,
                "this extended operation is not offered here",
            ),
            Self::ProxiedAuthorization => (
                "built-in:proxied-authorization",
                Code::AUTHORIZATION_DENIED,
                "you may not act for somebody else here",
            ),
            Self::Transaction => (
                "built-in:no-transactions",
                Code::UNWILLING_TO_PERFORM,
                "transactions are not offered here",
            ),
            // The text is the dialect's.
            Self::Restricted => ("built-in:must-change", Code::INSUFFICIENT_ACCESS_RIGHTS, ""),
            Self::RestrictedBusy => (
                "built-in:must-change-busy",
                Code::BUSY,
                "change the password when nothing else is going on",
            ),
            Self::TooManyOperations => (
                "built-in:operations-in-flight",
                Code::BUSY,
                "too many operations at once on this connection",
            ),
            Self::Malformed => (
                "built-in:malformed",
                Code::PROTOCOL_ERROR,
                "the request could not be read",
            ),
            Self::StartTlsNotOffered => (
                "built-in:starttls-not-offered",
                Code::PROTOCOL_ERROR,
                "StartTLS is not offered here",
            ),
            Self::StartTlsAlready => (
                "built-in:starttls-already",
                Code::OPERATIONS_ERROR,
                "TLS is already in use",
            ),
            Self::StartTlsBusy => (
                "built-in:starttls-busy",
                Code::OPERATIONS_ERROR,
                "nothing else may be going on when TLS starts",
            ),
            Self::LanesBusy => (
                "built-in:lanes",
                Code::BUSY,
                "all connections to the directory are in use",
            ),
            Self::DirectoryUnreachable => (
                "built-in:directory-unreachable",
                Code::UNAVAILABLE,
                "the directory cannot be reached",
            ),
            Self::DirectoryLost => (
                "built-in:directory-lost",
                Code::UNAVAILABLE,
                "the connection to the directory was lost",
            ),
            Self::DirectorySilent => (
                "built-in:directory-silent",
                Code::UNAVAILABLE,
                "the directory did not answer in time",
            ),
            Self::OutcomeUnknown => (
                "built-in:outcome-unknown",
                Code::OTHER,
                "outcome unknown: the directory was lost before it answered",
            ),
            // Only a directory can prove the password, and it is not asked.
            Self::LastGraceKept => (
                "built-in:last-grace",
                Code::INVALID_CREDENTIALS,
                "", // shown as a wrong password
            ),
            Self::DirectoryRefused => (
                "built-in:directory-refused",
                Code::UNAVAILABLE,
                "the directory could not take the sign-in",
            ),
            // RFC 4511 §4.1.10 wants a URL in a referral, and there is none that may be shown.
            Self::HeldElsewhere => (
                "built-in:held-elsewhere",
                Code::UNWILLING_TO_PERFORM,
                "that is held or changed on another server",
            ),
            Self::NoRules => ("built-in:no-policy", Code::UNAVAILABLE, "no policy is in force here"),
            // Both shown as a wrong password, in the words of what was asked.
            Self::GuardSpent => ("built-in:guard-spent", Code::INVALID_CREDENTIALS, ""),
            Self::GuardRepeated => ("built-in:guard-repeated", Code::INVALID_CREDENTIALS, ""),
            Self::ProxyHeader => (
                "built-in:proxy-header",
                Code::PROTOCOL_ERROR,
                "a PROXY protocol header was expected",
            ),
            Self::ProxyHeaderVersion1 => (
                "built-in:proxy-header-version-1",
                Code::PROTOCOL_ERROR,
                "version 1 of the PROXY protocol is not read here: use version 2",
            ),
            Self::ProxyHeaderLate => (
                "built-in:proxy-header-late",
                Code::PROTOCOL_ERROR,
                "a PROXY protocol header took too long",
            ),
            // Nobody is told in LDAP: the handshake fails.
            Self::ClientCertificate => ("built-in:client-certificate", Code::INAPPROPRIATE_AUTHENTICATION, ""),
            // RFC 4511 appendix A.2: inappropriateAuthentication, for credentials of the wrong kind.
            Self::NoClientCertificate => (
                "built-in:no-client-certificate",
                Code::INAPPROPRIATE_AUTHENTICATION,
                "EXTERNAL needs a client certificate",
            ),
            Self::CertificateIdentity => (
                "built-in:certificate-identity",
                Code::INVALID_CREDENTIALS,
                "the certificate names no account here",
            ),
            // RFC 4513 §5.2.3.2: invalidCredentials.
            Self::OtherIdentity => (
                "built-in:other-identity",
                Code::INVALID_CREDENTIALS,
                "you may not sign in as somebody else here",
            ),
            Self::SaslMalformed => (
                "built-in:sasl-malformed",
                Code::PROTOCOL_ERROR,
                "the SASL credentials could not be read",
            ),
            Self::StandingNotKnown => (
                "built-in:standing-not-known",
                Code::UNAVAILABLE,
                "the directory could not take the sign-in",
            ),
            Self::ActingRefused => (
                "built-in:acting-refused",
                Code::UNAVAILABLE,
                "the directory could not take the sign-in",
            ),
            // The rule on record is the one that says whose it is; the text names the provider and its page.
            Self::OwnedElsewhere => (
                "built-in:owned-elsewhere",
                Code::UNWILLING_TO_PERFORM,
                "this password is kept by somebody else",
            ),
            Self::OwnerUnknown => (
                "built-in:owner-unknown",
                Code::UNWILLING_TO_PERFORM,
                "it is not known who keeps this password: please ask your administrator",
            ),
            // As a directory answers whoever has no right to write: nothing is told of the account.
            Self::OwnerHidden => ("built-in:owner-hidden", Code::INSUFFICIENT_ACCESS_RIGHTS, ""),
            Self::OwnerChange => (
                "built-in:owner-change",
                Code::UNWILLING_TO_PERFORM,
                "this would change who keeps a password, which is done in the directory itself",
            ),
            Self::OwnerUnread => (
                "built-in:owner-unread",
                Code::UNWILLING_TO_PERFORM,
                "it cannot be found out here who keeps a password",
            ),
            Self::OwnerUnavailable => (
                "built-in:owner-unavailable",
                Code::UNAVAILABLE,
                "the directory could not be asked who keeps this password",
            ),
            // The same for every account, whoever keeps its password.
            Self::OwnerSignIn => (
                "built-in:owner-sign-in",
                Code::STRONGER_AUTH_REQUIRED,
                "sign in before you change that",
            ),
            Self::OwnerUnnamed => (
                "built-in:owner-unnamed",
                Code::UNWILLING_TO_PERFORM,
                "name the account by its DN",
            ),
            Self::OwnerNoEntry => ("built-in:owner-no-entry", Code::NO_SUCH_OBJECT, ""),
            // RFC 3062 §2 lets a server make one up; the directory behind cannot.
            Self::NewPasswordNeeded => (
                "built-in:new-password-needed",
                Code::UNWILLING_TO_PERFORM,
                "the new password has to be given: none is made up here",
            ),
            Self::OldPasswordNeeded => (
                "built-in:old-password-needed",
                Code::INSUFFICIENT_ACCESS_RIGHTS,
                "the old password has to be given with the new one",
            ),
            Self::PasswordOfNobody => (
                "built-in:password-of-nobody",
                Code::UNWILLING_TO_PERFORM,
                "whose password it is has to be given as a distinguished name",
            ),
            // Code and text are those of the rule it breaks: of its encoding, or of the connection.
            Self::PasswordUnwritable => (
                "built-in:password-unwritable",
                Code::CONSTRAINT_VIOLATION,
                "this password cannot be written to the directory",
            ),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
