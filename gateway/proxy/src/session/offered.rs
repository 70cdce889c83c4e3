//! What a session is offered, as the root DSE tells it, and who-am-i where the directory has no such operation (Samba's has none).

use super::{Identity, Session};
use crate::root_dse::{Asked, Offer, rewritten};
use postern_identity::DistinguishedName;
use postern_identity::decide::{Operation, RouteRules, Surface};
use postern_ldap::extended::ExtendedRequest;
use postern_ldap::{Message, ResultCode, WireError, answer, oid, renaming};

/// Controls that name attributes and are read to their end where attributes are denied.
const READ_FOR_ATTRIBUTES: [&[u8]; 6] = [
    oid::SORT_REQUEST,
    oid::ASSERTION,
    oid::PRE_READ,
    oid::POST_READ,
    oid::MATCHED_VALUES,
    oid::DEREFERENCE,
];

impl Session {
    /// The directory's root DSE as this session is to see it.
    pub(super) fn root_dse(&self, entry: &Message<'_>, asked: Asked) -> Result<Vec<u8>, WireError> {
        let Some(rules) = &self.rules else {
            return Err(WireError::Unexpected);
        };
        let mechanisms = self.mechanisms();
        let mut own_extensions: Vec<&[u8]> = Vec::new();
        // Ours, whatever the directory makes of it.
        if self.may_start_tls() {
            own_extensions.push(oid::START_TLS);
        }
        if self.answers_who_am_i() && rules.operations.value.contains(Operation::Extended) {
            own_extensions.push(oid::WHO_AM_I);
        }
        // Translated, where the directory has none (`session::translated`).
        let writes = rules.operations.value.contains(Operation::Extended) && !rules.read_only.value;
        if writes && !self.dialect().knows_password_modify() {
            own_extensions.push(oid::PASSWORD_MODIFY);
        }
        let own_controls: &[&[u8]] = if rules.surface.value.contains(Surface::Ppolicy) {
            &[oid::PASSWORD_POLICY]
        } else {
            &[]
        };
        let domain = self.domain(rules);
        let offer = Offer {
            mechanisms: &mechanisms,
            passes_extension: &|extension| self.passes_extension(extension, rules),
            own_extensions: &own_extensions,
            passes_control: &|control| self.passes_control(control, rules),
            own_controls,
            bases: rules.base_dns.as_ref().map(|bases| &*bases.value),
            shape: self.route.shape.as_ref().map(|shape| (shape.product(), &*domain)),
        };
        rewritten(entry, asked, &offer)
    }

    /// The part of the tree that stands for a domain: the first that is open of those we know.
    fn domain(&self, rules: &RouteRules) -> String {
        if let Some(base) = rules.base_dns.as_ref().and_then(|bases| bases.value.first()) {
            return base.to_string();
        }
        let own = self.route.upstream.settings().base_dn.clone();
        own.or_else(|| self.route.upstream.capabilities().naming_contexts.first().cloned())
            .unwrap_or_default()
    }

    /// Whether a request for this extended operation goes to the directory.
    fn passes_extension(&self, extension: &[u8], rules: &RouteRules) -> bool {
        match extension {
            // Ours, and only while there is no TLS yet.
            oid::START_TLS => self.may_start_tls(),
            oid::START_TRANSACTION | oid::END_TRANSACTION => false,
            _ if !rules.operations.value.contains(Operation::Extended) => false,
            oid::WHO_AM_I | oid::CANCEL => true,
            _ if rules.read_only.value => false,
            oid::PASSWORD_MODIFY => true,
            other => rules
                .extended_operations
                .value
                .iter()
                .any(|listed| listed.as_bytes() == other),
        }
    }

    /// Whether requests may carry this control.
    fn passes_control(&self, control: &[u8], rules: &RouteRules) -> bool {
        // Under another suffix names must not hide in it (`session::edge`).
        if self.route.suffix.is_some() && !renaming::passes_control(control) {
            return false;
        }
        match control {
            oid::TRANSACTION_SPECIFICATION => false,
            oid::PROXIED_AUTHORIZATION | oid::PROXIED_AUTHORIZATION_V1 => self.may_act_for_others(rules),
            other => {
                rules.denied_attributes.is_none()
                    || oid::WITHOUT_ATTRIBUTES.contains(&other)
                    || READ_FOR_ATTRIBUTES.contains(&other)
            }
        }
    }

    /// Whether the session may send the proxied authorization control (RFC 4370).
    pub(super) fn may_act_for_others(&self, rules: &RouteRules) -> bool {
        match &self.identity {
            // Who is acted for already acts for nobody else.
            _ if self.acts() => false,
            Identity::Bound(signed_in) => DistinguishedName::parse(&signed_in.name)
                .is_ok_and(|name| rules.proxied_authorization.value.contains(&name)),
            Identity::Anonymous | Identity::Restricted(_) => false,
        }
    }

    /// Whether the directory has said that it knows no who-am-i.
    fn answers_who_am_i(&self) -> bool {
        let capabilities = self.route.upstream.capabilities();
        let has = || {
            capabilities
                .extensions
                .iter()
                .any(|extension| extension.as_bytes() == oid::WHO_AM_I)
        };
        !self.is_transparent() && capabilities.known && !has()
    }

    /// The answer to who-am-i (RFC 4532) where the directory has none. A request with a value or a critical control is the directory's to refuse.
    pub(super) fn who_am_i(&self, message: &Message<'_>, extension: &ExtendedRequest<'_>) -> Option<Vec<u8>> {
        if extension.oid != oid::WHO_AM_I || extension.value.is_some() || !self.answers_who_am_i() {
            return None;
        }
        if message
            .controls
            .iter()
            .any(|control| control.is_ok_and(|control| control.critical))
        {
            return None;
        }
        // RFC 4513 §5.2.1.8; nobody's is empty (RFC 4532 §2.2).
        let id = match &self.identity {
            Identity::Anonymous => Vec::new(),
            Identity::Bound(signed_in) | Identity::Restricted(signed_in) => {
                let is_dn = DistinguishedName::parse(&signed_in.name).is_ok();
                [if is_dn { &b"dn:"[..] } else { b"u:" }, &signed_in.name].concat()
            }
        };
        self.route.counters.operation(Operation::Extended, ResultCode::SUCCESS);
        Some(answer::extended(message.id, ResultCode::SUCCESS, "", None, Some(&id)))
    }
}
