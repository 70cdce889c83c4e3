//! A directory shown as another product: attributes its clients look for, made of those the directory has.
//!
//! A standing is read out of an entry by the directory's dialect and written again in the other product's attributes (`attributes`). Only what
//! was asked for is made; what it is made of is asked of the directory in the session's own name, and taken out again. Filters become real
//! ones where they can exactly (`filters`), and are undefined where they cannot: never wider than what was asked. So do sort keys (`controls`).
//! The policy of an account is read by the service account (`policies`) and shown as an entry of ours (`policy_entry`).

mod attributes;
mod controls;
mod filters;
mod made;
mod policies;
mod policy_entry;
mod request;
mod writes;

pub(crate) use request::{Refused, Shaped, Wanted};

use attributes::{Kind, Virtual};
use made::Account;
use policies::Policies;
use postern_directory::{DialectName, Entry, ServiceLanes, Upstream};
use postern_identity::DistinguishedName;
use postern_ldap::attribute::base_type;
use postern_ldap::ber::Writer;
use postern_ldap::entry::{self, SearchEntry, Values};
use postern_ldap::{Message, WireError, splice};
use std::borrow::Cow;
use std::sync::Arc;

/// Whose clients a directory is shown to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ShapeProduct {
    /// Active Directory's: userAccountControl, pwdLastSet and their kin.
    ActiveDirectory,
    /// Those of a directory with the password policy overlay: pwdReset, pwdChangedTime and their kin, with a policy entry; and shadow accounts.
    Ppolicy,
}

/// How a directory is shown as another product. What is left out is what is usual in a directory of its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShapeSettings {
    /// Which.
    pub product: ShapeProduct,
    /// The directory's attribute that holds the login name.
    pub login: Option<Box<str>>,
    /// The directory's attribute that holds `user@domain`, for userPrincipalName.
    pub upn: Option<Box<str>>,
    /// The object class of the directory's accounts.
    pub user_class: Option<Box<str>>,
    /// The object class of its groups.
    pub group_class: Option<Box<str>>,
    /// Where the policy is shown. Nothing of the directory's is there. Usual: `cn=ppolicy,ou=policies` below the directory's base.
    pub policy_dn: Option<Box<str>>,
}

impl ShapeSettings {
    /// Nothing but the usual.
    pub fn usual(product: ShapeProduct) -> Self {
        Self {
            product,
            login: None,
            upn: None,
            user_class: None,
            group_class: None,
            policy_dn: None,
        }
    }
}

/// The settings with what is usual put in.
struct Resolved {
    product: ShapeProduct,
    login: Box<str>,
    upn: Box<str>,
    user_class: Box<str>,
    group_class: Box<str>,
    policy_dn: Option<Box<str>>,
}

impl Resolved {
    fn new(settings: ShapeSettings, upstream: &Upstream) -> Self {
        let dialect = upstream.dialect();
        let (user_class, group_class) = match DialectName::from_name(dialect.name()) {
            Some(DialectName::ActiveDirectory) => ("user", "group"),
            _ => ("inetOrgPerson", "groupOfNames"),
        };
        let below = upstream.settings().base_dn.as_ref();
        let usual_policy = || below.map(|base| format!("cn=ppolicy,ou=policies,{base}").into());
        let is_ppolicy = settings.product == ShapeProduct::Ppolicy;
        Self {
            product: settings.product,
            login: settings.login.unwrap_or_else(|| dialect.login_attributes().uid.into()),
            upn: settings.upn.unwrap_or_else(|| "mail".into()),
            user_class: settings.user_class.unwrap_or_else(|| user_class.into()),
            group_class: settings.group_class.unwrap_or_else(|| group_class.into()),
            policy_dn: settings.policy_dn.or_else(usual_policy).filter(|_| is_ppolicy),
        }
    }
}

/// The shape of one route, while it runs.
pub(crate) struct Shape {
    settings: Resolved,
    /// Parsed from the settings.
    policy_name: Option<DistinguishedName>,
    upstream: Arc<Upstream>,
    policies: Policies,
}

impl Shape {
    pub(crate) fn new(settings: ShapeSettings, upstream: Arc<Upstream>) -> Self {
        let settings = Resolved::new(settings, &upstream);
        let policy_name = settings
            .policy_dn
            .as_ref()
            .and_then(|dn| DistinguishedName::parse(dn.as_bytes()).ok());
        Self {
            settings,
            policy_name,
            upstream,
            policies: Policies::default(),
        }
    }

    pub(crate) fn product(&self) -> ShapeProduct {
        self.settings.product
    }

    /// Reads the policies that are in use, again and again.
    pub(crate) async fn run(&self, service: &ServiceLanes) {
        self.policies.run(&self.upstream, service).await;
    }

    /// Whether the policies have been looked for at all.
    pub(crate) fn is_ready(&self) -> bool {
        self.policies.are_looked_for()
    }

    /// Waits until they have been.
    pub(crate) async fn ready(&self) {
        self.policies.looked_for().await;
    }

    /// An entry with what was wanted of it put in, and what it was made of taken out.
    pub(crate) fn entry(&self, message: &Message<'_>, wanted: &Wanted) -> Result<Vec<u8>, WireError> {
        let seen = SearchEntry::parse(message)?;
        // The directory may have an attribute of the same name that says something else.
        let is_not_its =
            |base: &[u8]| wanted.hides(base) || self.virtual_of(base).is_some_and(|one| wanted.has(one.kind));
        let Ok(read) = Entry::read(message) else {
            // A name that is no text (RFC 4514 §2): nothing can be made of it, and it is shown as it is.
            let content = seen.revised(seen.dn, &[], |description, _| {
                if is_not_its(base_type(description)) {
                    Values::Gone
                } else {
                    Values::Same
                }
            })?;
            return Ok(splice::with_content(message, &content));
        };
        let account = Account::new(self, &read);
        let mut more = Writer::new();
        for one in self.virtuals() {
            if wanted.has(one.kind) {
                let values = self.made(one, &account);
                if !values.is_empty() {
                    entry::encode(&mut more, one.name.as_bytes(), &values);
                }
            }
        }
        let content = seen.revised(seen.dn, &more.finish(), |description, values| {
            let base = base_type(description);
            if is_not_its(base) {
                return Values::Gone;
            }
            if !base.eq_ignore_ascii_case(b"objectClass") || values.is_empty() {
                return Values::Same;
            }
            let before = values.len();
            for class in self.classes(&account) {
                if !values.iter().any(|value| value.eq_ignore_ascii_case(class)) {
                    values.push(Cow::Borrowed(class));
                }
            }
            if values.len() == before {
                Values::Same
            } else {
                Values::Changed
            }
        })?;
        Ok(splice::with_content(message, &content))
    }

    /// The product's attributes, but for those the directory has itself.
    fn virtuals(&self) -> impl Iterator<Item = &'static Virtual> {
        let own = |one: &&Virtual| {
            let real = match one.kind {
                Kind::Login => &*self.settings.login,
                Kind::Upn => &*self.settings.upn,
                Kind::Id => self.upstream.dialect().stable_id(),
                _ => return true,
            };
            !one.name.eq_ignore_ascii_case(real)
        };
        attributes::table(self.settings.product).iter().filter(own)
    }

    fn virtual_of(&self, base: &[u8]) -> Option<&'static Virtual> {
        self.virtuals()
            .find(|one| base.eq_ignore_ascii_case(one.name.as_bytes()) || base == one.oid.as_bytes())
    }
}

#[cfg(test)]
mod tests;
