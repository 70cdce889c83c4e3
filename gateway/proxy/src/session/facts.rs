//! What is known of a connection, as rules may ask for it. The one place that puts it together.

use super::Facts;
use postern_identity::ConnectionFacts;
use std::sync::Arc;

impl Facts {
    /// The facts as they are now: they change when TLS starts.
    pub(crate) fn connection(&self) -> ConnectionFacts {
        let arrival = &self.arrival;
        let certificate = arrival.certificate.as_ref();
        ConnectionFacts {
            listener: arrival
                .door
                .as_ref()
                .map_or_else(|| "".into(), |door| Arc::clone(&door.settings.name)),
            client: self.peer.ip().to_canonical(),
            protected: self.secure,
            server_name: arrival.server_name.clone(),
            certificate_subject: certificate.and_then(|certificate| certificate.subject.clone()),
        }
    }

    /// Whether what is sent in the clear stays on this machine.
    pub(crate) fn stays_on_this_machine(&self) -> bool {
        self.peer.ip().to_canonical().is_loopback() && !self.arrival.from_afar
    }
}
