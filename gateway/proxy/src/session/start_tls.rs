//! StartTLS (RFC 4511 §4.14).

use super::{Identity, Leave, Session};
use crate::client::Client;
use crate::listener::{self, NoTls};
use crate::refusal::Refusal;
use crate::registry::Phase;
use crate::settings::TlsSource;
use postern_identity::decide::Operation;
use postern_ldap::{MessageId, ResultCode, answer, oid};
use std::future::poll_fn;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::task::Poll;
use tokio::time::Instant;

impl Session {
    /// Answers in the clear, then shakes hands. Whoever was signed in is not any more (RFC 4513 §3.1.4 lets us choose; this is the safe one).
    pub(super) async fn start_tls(&mut self, id: MessageId) -> ControlFlow<Leave> {
        // Octets behind the request were sent in the clear and would be taken for part of the protected stream: somebody put them there.
        if !self.inbound.is_empty() {
            let octets = self.refuse(id, Operation::Extended, Refusal::StartTlsBusy, None);
            self.outbound.push(&octets);
            return ControlFlow::Break(Leave::Protocol("nothing may follow StartTLS before its answer"));
        }
        let refusal = if self.facts.secure {
            Some(Refusal::StartTlsAlready)
        } else if self.facts.start_tls.is_none() {
            Some(Refusal::StartTlsNotOffered)
        } else if !self.in_flight.is_empty() {
            Some(Refusal::StartTlsBusy)
        } else {
            None
        };
        if let Some(refusal) = refusal {
            let octets = self.refuse(id, Operation::Extended, refusal, None);
            self.outbound.push(&octets);
            return self.flush_in_time().await;
        }
        let Some(source) = self.facts.start_tls.clone() else {
            return ControlFlow::Continue(());
        };
        self.give_lane_back();
        self.identity = Identity::Anonymous;
        self.take_rules_anew();
        self.in_flight.take_all();
        self.outbound.push(&answer::extended(
            id,
            ResultCode::SUCCESS,
            "",
            Some(oid::START_TLS),
            None,
        ));
        self.flush_in_time().await?;
        self.route.counters.operation(Operation::Extended, ResultCode::SUCCESS);
        self.shake_hands(source).await
    }

    /// Whether TLS is offered here and not on yet.
    pub(super) fn may_start_tls(&self) -> bool {
        self.facts.start_tls.is_some() && !self.facts.secure
    }

    async fn shake_hands(&mut self, source: TlsSource) -> ControlFlow<Leave> {
        let (empty, _) = tokio::io::duplex(1);
        let client = std::mem::replace(&mut self.client, Client::InProcess(Box::new(empty)));
        let Client::Plain(socket) = client else {
            return ControlFlow::Break(Leave::Gone);
        };
        let deadline = Instant::now() + self.shared.limits.tls;
        let mut handshake = Box::pin(listener::shake_hands(&source, socket, deadline));
        let registry = Arc::clone(&self.shared.registry);
        let shaken = poll_fn(|context| match registry.phase() {
            Phase::Running => handshake.as_mut().poll(context),
            // Nothing is under way that could be finished. The registry wakes this task when the phase changes.
            Phase::Draining | Phase::Ending => Poll::Ready(Err(NoTls::Failed)),
        });
        match shaken.await {
            Ok(stream) => {
                self.facts.take_from(&stream);
                self.client = Client::Tls(stream);
                self.choose_again();
                self.set_fast();
                ControlFlow::Continue(())
            }
            // RFC 4511 §4.14.3: after a failed handshake only closing is left.
            Err(reason) => {
                if let (NoTls::Certificate, Some(door)) = (reason, &self.facts.arrival.door) {
                    let number = self.registered.number;
                    listener::turned_away(&self.shared, door, &self.facts, number, Refusal::ClientCertificate);
                }
                ControlFlow::Break(Leave::Gone)
            }
        }
    }

    /// The name asked for in the handshake may choose another route, as long as nothing has come of the one there was: a connection on which
    /// somebody signed in or the directory was asked stays where it is.
    fn choose_again(&mut self) {
        if let Some(door) = self.facts.arrival.door.clone() {
            let route = door.route_of(&self.facts.connection());
            if !self.marks.route_used && route.name != self.route.name {
                self.route = Arc::clone(route);
                self.generation = self.shared.generation.get();
                self.take_rules();
            }
        }
        // A protected connection may have other rules on the same route.
        self.take_rules_anew();
    }
}
