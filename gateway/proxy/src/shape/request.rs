//! Requests in the directory's own attributes.

use super::Shape;
use super::attributes::{Kind, Listed};
use super::writes::Wish;
use postern_directory::{AccountTimes, DialectName};
use postern_ldap::attribute::base_type;
use postern_ldap::change::{AddRequest, ModifyRequest};
use postern_ldap::compare::CompareRequest;
use postern_ldap::filter::rewrite::{Rewritten, rewrite};
use postern_ldap::search::{self, SearchRequest};
use postern_ldap::{Message, WireError, tag};
use std::borrow::Cow;
use zeroize::Zeroizing;

/// What becomes of a request.
pub(crate) enum Shaped {
    /// It is about nothing virtual.
    Same,
    /// This goes up instead; of its answers this was wanted.
    Search(Zeroizing<Vec<u8>>, Option<Box<Wanted>>),
    /// This goes up instead.
    As(Zeroizing<Vec<u8>>),
    /// It changes how an account stands, beside anything else.
    Standing,
}

/// Why there is nothing that could go up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// It cannot be read.
    Malformed,
    /// It mentions a virtual attribute that the rules deny.
    Denied,
    /// It would change what is only shown.
    Unchangeable,
    /// It has a critical control that names a virtual attribute.
    Control,
}

impl From<WireError> for Refused {
    fn from(_: WireError) -> Self {
        Self::Malformed
    }
}

/// What a search wants of the entries it finds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Wanted {
    kinds: u32,
    /// Attributes that were asked of the directory for this alone.
    hidden: Vec<Box<str>>,
}

impl Wanted {
    pub(super) fn has(&self, kind: Kind) -> bool {
        self.kinds & 1 << kind as u32 != 0
    }

    fn add(&mut self, kind: Kind) {
        self.kinds |= 1 << kind as u32;
    }

    pub(super) fn hides(&self, base: &[u8]) -> bool {
        self.hidden
            .iter()
            .any(|name| base.eq_ignore_ascii_case(name.as_bytes()))
    }
}

impl Shape {
    /// The request as the directory is to have it. `denied` says which attributes the rules deny.
    pub(crate) fn request(&self, message: &Message<'_>, denied: &dyn Fn(&[u8]) -> bool) -> Result<Shaped, Refused> {
        match message.operation.tag {
            tag::SEARCH_REQUEST => self.search(message, denied),
            tag::COMPARE_REQUEST => self.compare(message, denied),
            tag::MODIFY_REQUEST => self.modify(message, denied),
            tag::ADD_REQUEST => self.add(message, denied),
            _ => Ok(Shaped::Same),
        }
    }

    fn search(&self, message: &Message<'_>, denied: &dyn Fn(&[u8]) -> bool) -> Result<Shaped, Refused> {
        let search = SearchRequest::parse(message)?;
        if search.is_root_dse() || self.is_policy(search.base) {
            return Ok(Shaped::Same);
        }
        let filter = rewrite(search.filter, |item| {
            let Some(rewritten) = self.filter_item(item) else {
                return Ok(Rewritten::Same);
            };
            if self.is_denied(item.attribute.unwrap_or_default(), denied) {
                return Err(Refused::Denied);
            }
            Ok(rewritten)
        })?;
        let (list, wanted) = self.list(&search, denied)?;
        if filter.is_none() && list.is_none() {
            return Ok(Shaped::Same);
        }
        let octets = search::altered(message, filter.as_deref(), list.as_deref())?;
        Ok(Shaped::Search(Zeroizing::new(octets), wanted))
    }

    /// Whether the rules deny an attribute, by this name or, where it is a virtual one, by its usual one.
    pub(super) fn is_denied(&self, description: &[u8], denied: &dyn Fn(&[u8]) -> bool) -> bool {
        let base = base_type(description);
        denied(base) || self.virtual_of(base).is_some_and(|one| denied(one.name.as_bytes()))
    }

    /// The list of attributes to ask for instead, if it must be another, and what was wanted.
    #[allow(clippy::type_complexity, reason = "two things that come of one walk")]
    fn list<'a>(
        &self,
        search: &SearchRequest<'a>,
        denied: &dyn Fn(&[u8]) -> bool,
    ) -> Result<(Option<Vec<Cow<'a, [u8]>>>, Option<Box<Wanted>>), Refused> {
        let mut wanted = Wanted::default();
        let mut list: Vec<Cow<'a, [u8]>> = Vec::new();
        let (mut star, mut plus, mut nothing, mut asked_any) = (false, false, false, false);
        for description in search.attributes() {
            let description = description?;
            asked_any = true;
            match description {
                b"*" => star = true,
                b"+" => plus = true,
                b"1.1" => nothing = true,
                _ => {}
            }
            match self.virtual_of(base_type(description)) {
                // Without values there is nothing to make any of.
                Some(_) if search.types_only => {}
                Some(one) => {
                    if self.is_denied(description, denied) {
                        return Err(Refused::Denied);
                    }
                    wanted.add(one.kind);
                }
                None => list.push(Cow::Borrowed(description)),
            }
        }
        star |= !asked_any;
        if !search.types_only && !nothing {
            for one in self.virtuals() {
                let listed = match one.listed {
                    Listed::User => star,
                    Listed::Operational => plus,
                    Listed::ByName => false,
                };
                let made_of_denied = || self.sources(one.kind).iter().any(|source| denied(source.as_bytes()));
                if listed && !wanted.has(one.kind) && !denied(one.name.as_bytes()) && !made_of_denied() {
                    wanted.add(one.kind);
                }
            }
        }
        let shows_classes = star
            || list
                .iter()
                .any(|name| base_type(name).eq_ignore_ascii_case(b"objectClass"));
        if wanted.kinds == 0 && (search.types_only || !shows_classes) {
            // Names of virtual attributes that ask for nothing go up as they are: nobody has them.
            return Ok((None, None));
        }
        let by_name = list.clone();
        if !asked_any {
            list.push(Cow::Borrowed(b"*"));
        }
        for one in self.virtuals() {
            if !wanted.has(one.kind) {
                continue;
            }
            for source in self.sources(one.kind) {
                let is = |name: &Cow<'a, [u8]>| base_type(name).eq_ignore_ascii_case(source.as_bytes());
                if list.iter().any(is) {
                    continue;
                }
                let comes_anyhow = if self.is_operational(source) { plus } else { star };
                if !comes_anyhow && !by_name.iter().any(is) {
                    wanted.hidden.push(source.into());
                }
                list.push(Cow::Owned(source.as_bytes().to_vec()));
            }
        }
        // An empty list would ask for everything.
        if list.is_empty() {
            list.push(Cow::Borrowed(b"1.1"));
        }
        Ok((Some(list), Some(Box::new(wanted))))
    }

    /// What one attribute is made of.
    fn sources(&self, kind: Kind) -> Vec<&str> {
        let dialect = self.upstream.dialect();
        match kind {
            Kind::Login => vec![&self.settings.login],
            Kind::Upn => vec![&self.settings.upn],
            Kind::Id => vec![dialect.stable_id()],
            Kind::Name => Vec::new(),
            Kind::Created | Kind::Modified => AccountTimes::ATTRIBUTES.to_vec(),
            // The class tells an account from anything else.
            Kind::Policy => vec!["objectClass"],
            _ => {
                let mut all = vec!["objectClass"];
                all.extend_from_slice(dialect.standing_attributes());
                all.extend_from_slice(AccountTimes::ATTRIBUTES);
                all.extend_from_slice(self.more_times());
                all
            }
        }
    }

    /// Times that are no part of a standing.
    fn more_times(&self) -> &'static [&'static str] {
        match self.dialect() {
            DialectName::OpenLdap | DialectName::Embedded => &["pwdChangedTime", "pwdEndTime"],
            DialectName::Ds389 => &["pwdUpdateTime"],
            DialectName::FreeIpa => &["krbLastPwdChange", "krbPrincipalExpiration"],
            DialectName::ActiveDirectory => &["whenCreated", "whenChanged"],
        }
    }

    pub(super) fn dialect(&self) -> DialectName {
        DialectName::from_name(self.upstream.dialect().name()).unwrap_or(DialectName::OpenLdap)
    }

    /// Whether the directory shows it with `+` alone, or by name; Active Directory shows most with `*`.
    fn is_operational(&self, attribute: &str) -> bool {
        let plain = attribute.eq_ignore_ascii_case("objectClass")
            || *attribute == *self.settings.login
            || *attribute == *self.settings.upn;
        !plain && (self.dialect() != DialectName::ActiveDirectory || attribute.starts_with("msDS-"))
    }

    fn compare(&self, message: &Message<'_>, denied: &dyn Fn(&[u8]) -> bool) -> Result<Shaped, Refused> {
        let compare = CompareRequest::parse(message)?;
        let base = base_type(compare.attribute);
        let Some(one) = self.virtual_of(base) else {
            return Ok(Shaped::Same);
        };
        if self.is_denied(base, denied) {
            return Err(Refused::Denied);
        }
        let real = match one.kind {
            Kind::Login => &self.settings.login,
            Kind::Upn => &self.settings.upn,
            // The directory does not know it, and says so.
            _ => return Ok(Shaped::Same),
        };
        let mut content = postern_ldap::ber::Writer::with_capacity(message.operation.content.len() + 64);
        content.octets(compare.entry).nested(tag::SEQUENCE, |assertion| {
            assertion.octets(real.as_bytes()).octets(compare.value);
        });
        let octets = postern_ldap::splice::with_content(message, &content.finish());
        Ok(Shaped::As(Zeroizing::new(octets)))
    }

    fn modify(&self, message: &Message<'_>, denied: &dyn Fn(&[u8]) -> bool) -> Result<Shaped, Refused> {
        let modify = ModifyRequest::parse(message)?;
        let mut standing = false;
        for change in modify.changes() {
            let base = base_type(change.attribute.description);
            if self.virtual_of(base).is_some() && self.is_denied(base, denied) {
                return Err(Refused::Denied);
            }
            match self.wish(&change) {
                Wish::Ordinary => {}
                Wish::Change(_) => standing = true,
                Wish::Unchangeable => return Err(Refused::Unchangeable),
            }
        }
        Ok(if standing { Shaped::Standing } else { Shaped::Same })
    }

    /// A new entry has what the directory gives it.
    fn add(&self, message: &Message<'_>, denied: &dyn Fn(&[u8]) -> bool) -> Result<Shaped, Refused> {
        let add = AddRequest::parse(message)?;
        for attribute in add.attributes() {
            let base = base_type(attribute.description);
            if self.virtual_of(base).is_some() {
                return Err(if self.is_denied(base, denied) {
                    Refused::Denied
                } else {
                    Refused::Unchangeable
                });
            }
        }
        Ok(Shaped::Same)
    }
}
