//! What a mail server's answer means for the message.

use postern_identity::reset::ChannelError;

/// A mail was not handed over.
pub(crate) struct Failure {
    /// Whether another try may help.
    pub(crate) meaning: ChannelError,
    /// The reply code (RFC 5321 §4.2), where the server gave one.
    pub(crate) code: Option<u16>,
    /// In words of ours: a server's own may repeat an address.
    pub(crate) what: &'static str,
}

impl Failure {
    pub(crate) fn later(what: &'static str) -> Self {
        Self {
            meaning: ChannelError::Later,
            code: None,
            what,
        }
    }

    pub(crate) fn never(what: &'static str) -> Self {
        Self {
            meaning: ChannelError::Never,
            code: None,
            what,
        }
    }

    /// While a connection is made. Nothing of this is the message's fault: whatever it is can be mended, and the message goes then.
    pub(crate) fn of_connection(error: &lettre::transport::smtp::Error) -> Self {
        Self {
            code: code(error),
            ..Self::later(if error.is_tls() {
                "the mail server's certificate or TLS is not accepted"
            } else if error.is_client() {
                "the mail server does not offer what is required of it (STARTTLS, a way to sign in)"
            } else if error.is_permanent() {
                "the mail server does not let us in"
            } else {
                "the mail server cannot be reached"
            })
        }
    }

    /// Once the message is being handed over: a permanent refusal (RFC 5321 §4.2.1) is one.
    pub(crate) fn of_message(error: &lettre::transport::smtp::Error) -> Self {
        let code = code(error);
        // 530 and its kin are about us and not about the message (RFC 4954 §6); 421 is no refusal, and 50x is a server that speaks otherwise.
        let about_us = matches!(code, Some(530 | 534 | 535 | 538));
        let refused = error.is_permanent() && !about_us && matches!(code, Some(550..=559));
        let failure = if refused {
            Self::never("the mail server refuses it for good")
        } else if error.is_permanent() || error.is_transient() {
            Self::later("the mail server does not take it now")
        } else if error.is_client() {
            // The one thing checked here is whether the server takes addresses beyond ASCII (RFC 6531), which it will not tomorrow either.
            Self::never("the mail server cannot carry this address")
        } else {
            Self::later("the connection to the mail server broke")
        };
        Self { code, ..failure }
    }
}

fn code(error: &lettre::transport::smtp::Error) -> Option<u16> {
    error.status().map(u16::from)
}
