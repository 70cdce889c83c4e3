//! Who asks, and what they may: bearer tokens with scopes, a base and types.

use crate::error::ScimError;
use http::HeaderMap;
use postern_identity::DistinguishedName;
use postern_identity::provisioning::{Actor, Reach, ResourceKind};
use postern_web::{Bearers, Fault, Token, Visit};
use std::net::IpAddr;
use std::sync::Arc;

/// To look.
pub const READ: &str = "scim:read";
/// To make, change and remove users.
pub const WRITE: &str = "scim:write";
/// To write passwords, and change how accounts stand besides switching them on and off.
pub const PASSWORD: &str = "scim:password";
/// To make, change and remove groups, and their members.
pub const GROUPS: &str = "scim:groups";

/// A program that was let in.
pub(crate) struct Caller {
    token: Arc<Token>,
    client: IpAddr,
    reach: Reach,
}

impl Caller {
    /// Whoever the token says.
    pub(crate) async fn of(bearers: &Bearers, headers: &HeaderMap, visit: &Visit) -> Result<Self, ScimError> {
        let token = bearers.of(headers).await?;
        let base = match &token.limits().base_dn {
            None => None,
            // Configuration was checked; what cannot be read reaches nothing.
            Some(base) => Some(DistinguishedName::parse(base.as_bytes()).map_err(|_| Fault::NoScope)?),
        };
        Ok(Self {
            token,
            client: visit.client,
            reach: Reach { base },
        })
    }

    /// Its name.
    pub(crate) fn name(&self) -> &Arc<str> {
        self.token.name()
    }

    /// How far it reaches.
    pub(crate) fn reach(&self) -> &Reach {
        &self.reach
    }

    /// Refuses whoever may not look.
    pub(crate) fn may_read(&self, kind: Option<ResourceKind>) -> Result<(), ScimError> {
        self.token.needs(READ)?;
        self.may_meet(kind)
    }

    /// Refuses whoever may not write this kind.
    pub(crate) fn may_write(&self, kind: ResourceKind) -> Result<(), ScimError> {
        self.token.needs(match kind {
            ResourceKind::User => WRITE,
            ResourceKind::Group => GROUPS,
        })?;
        self.may_meet(Some(kind))
    }

    /// Refuses whoever may have nothing to do with passwords.
    pub(crate) fn may_password(&self) -> Result<(), ScimError> {
        Ok(self.token.needs(PASSWORD)?)
    }

    /// Which resources there are for it at all.
    fn may_meet(&self, kind: Option<ResourceKind>) -> Result<(), ScimError> {
        match kind {
            Some(kind) if !self.token.limits().allow_type(kind.as_str()) => Err(Fault::NoScope.into()),
            _ => Ok(()),
        }
    }

    /// As the registrar knows it.
    pub(crate) fn actor(&self) -> Actor<'_> {
        Actor {
            token: self.token.name(),
            client: self.client,
            reach: &self.reach,
            may_password: self.token.may(PASSWORD),
        }
    }
}
