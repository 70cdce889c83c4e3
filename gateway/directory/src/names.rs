//! The names people sign in with on a route, and whose they may be: read here, looked for by
//! [`ServiceLanes::who`](crate::ServiceLanes::who).
//!
//! A name is one value that an attribute must equal, or what fills the gap of a template. It never becomes a piece of a filter or of a DN, so
//! there is no character in it that could mean more.

use crate::upstream::dialect::LoginAttributes;
use postern_identity::DistinguishedName;
use postern_identity::name::NameTemplate;

#[cfg(test)]
mod tests;

/// The longest name that is looked for, in octets.
const LONGEST_NAME: usize = 1024;

/// A way to say who one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NameForm {
    /// A distinguished name (RFC 4514): it goes to the directory as it was sent.
    Dn,
    /// A plain login name.
    Uid,
    /// A mail address.
    Mail,
    /// A user principal name: `user@domain`.
    Upn,
    /// `DOMAIN\user`.
    Domain,
}

impl NameForm {
    /// Every form.
    pub const ALL: [Self; 5] = [Self::Dn, Self::Uid, Self::Mail, Self::Upn, Self::Domain];

    /// As written in configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dn => "dn",
            Self::Uid => "uid",
            Self::Mail => "mail",
            Self::Upn => "upn",
            Self::Domain => "domain",
        }
    }
}

/// Which names a route takes, and how they become accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameRules {
    /// The forms taken.
    pub accept: Vec<NameForm>,
    /// The domains of `DOMAIN\user`, compared without regard to case.
    pub domains: Vec<String>,
    /// The domains of `user@domain`, compared without regard to case.
    pub upn_suffixes: Vec<String>,
    /// How the account is found.
    pub finding: Finding,
}

/// How the account behind a name is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// Nobody is asked: the login name is put into a DN. Mail addresses cannot be found so.
    Template(NameTemplate),
    /// The service account looks for it.
    Search(NameSearch),
}

/// Where and how accounts are looked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NameSearch {
    /// Below this entry; without it, below the directory's base.
    pub base_dn: Option<String>,
    /// What must be true of the entry besides, as BER (RFC 4511 §4.5.1.7).
    pub filter: Option<Vec<u8>>,
    /// Attributes that hold names here, where they are not the product's usual ones.
    pub attributes: NameAttributes,
}

/// Attributes named in configuration, instead of the dialect's [`LoginAttributes`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NameAttributes {
    /// For [`NameForm::Uid`].
    pub uid: Option<String>,
    /// For [`NameForm::Mail`].
    pub mail: Option<String>,
    /// For the whole of [`NameForm::Upn`].
    pub upn: Option<String>,
    /// For the user in [`NameForm::Domain`] and [`NameForm::Upn`].
    pub domain: Option<String>,
}

/// Whose a name may be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Meant<'a> {
    /// It is a DN, and DNs are taken.
    Itself,
    /// This entry's, if there is one.
    Entry(Box<str>, NameForm),
    /// That of whoever has one of these.
    OneOf(&'a NameSearch, Vec<Claim<'a>>),
    /// Nobody's.
    Nobody,
}

/// An attribute that must equal a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Claim<'a> {
    pub(crate) form: NameForm,
    pub(crate) attribute: &'a str,
    pub(crate) value: &'a str,
}

impl NameRules {
    /// Whether every name goes to the directory as it was sent.
    pub fn is_as_sent(&self) -> bool {
        self.accept.iter().all(|form| *form == NameForm::Dn)
    }

    /// Whether accounts are looked for, which takes a service account.
    pub fn looks_for_accounts(&self) -> bool {
        !self.is_as_sent() && matches!(self.finding, Finding::Search(_))
    }

    /// Every attribute that says whose a name is, under its name here or the dialect's. A change of any other changes nobody's name.
    pub fn attributes(&self, usual: &LoginAttributes) -> Vec<String> {
        let Finding::Search(search) = &self.finding else {
            return Vec::new();
        };
        let named = Named::new(search, usual);
        let mut all: Vec<String> = [Some(named.uid), Some(named.mail), named.upn, Some(named.domain)]
            .into_iter()
            .flatten()
            .map(str::to_owned)
            .collect();
        if let Some(filter) = &search.filter {
            let mut more = |name: &[u8]| all.push(String::from_utf8_lossy(name).into_owned());
            let element = postern_ldap::ber::Cursor::new(filter).only();
            let _ = element.and_then(|element| {
                postern_ldap::filter::walk(element, |part| {
                    if let postern_ldap::filter::Named::Attribute(name) = part {
                        more(name);
                    }
                })
            });
        }
        all
    }

    /// Whose this name may be.
    pub(crate) fn read<'a>(&'a self, name: &'a [u8], usual: &'a LoginAttributes) -> Meant<'a> {
        if self.takes(NameForm::Dn) && DistinguishedName::parse(name).is_ok_and(|name| !name.is_root()) {
            return Meant::Itself;
        }
        let Some(name) = readable(name) else {
            return Meant::Nobody;
        };
        match &self.finding {
            Finding::Template(template) => {
                let login = self.login_of(name);
                login.map_or(Meant::Nobody, |(form, login)| {
                    template.fill(login).map_or(Meant::Nobody, |dn| Meant::Entry(dn, form))
                })
            }
            Finding::Search(search) => match self.claims(name, &Named::new(search, usual)) {
                claims if claims.is_empty() => Meant::Nobody,
                claims => Meant::OneOf(search, claims),
            },
        }
    }

    /// Everything that may be meant by a name, over all forms taken.
    fn claims<'a>(&self, name: &'a str, named: &Named<'a>) -> Vec<Claim<'a>> {
        let mut claims = Vec::new();
        let mut add = |form, attribute, value| {
            claims.push(Claim { form, attribute, value });
        };
        if self.takes(NameForm::Uid) {
            add(NameForm::Uid, named.uid, name);
        }
        if self.takes(NameForm::Mail) && name.contains('@') {
            add(NameForm::Mail, named.mail, name);
        }
        if let Some(user) = self.user_of_upn(name) {
            if let Some(whole) = named.upn {
                add(NameForm::Upn, whole, name);
            }
            add(NameForm::Upn, named.domain, user);
        }
        if let Some(user) = self.user_of_domain(name) {
            add(NameForm::Domain, named.domain, user);
        }
        claims
    }

    /// The login name in a name, for a template. A domain that is ours says more than the whole does.
    fn login_of<'a>(&self, name: &'a str) -> Option<(NameForm, &'a str)> {
        let domain = self.user_of_domain(name).map(|user| (NameForm::Domain, user));
        let upn = || self.user_of_upn(name).map(|user| (NameForm::Upn, user));
        let uid = || self.takes(NameForm::Uid).then_some((NameForm::Uid, name));
        domain.or_else(upn).or_else(uid)
    }

    /// `user` of `user@domain`, if that is taken and the domain is listed.
    fn user_of_upn<'a>(&self, name: &'a str) -> Option<&'a str> {
        let (user, domain) = name.rsplit_once('@').filter(|_| self.takes(NameForm::Upn))?;
        (!user.is_empty() && is_listed(&self.upn_suffixes, domain)).then_some(user)
    }

    /// `user` of `DOMAIN\user`, if that is taken and the domain is listed.
    fn user_of_domain<'a>(&self, name: &'a str) -> Option<&'a str> {
        let (domain, user) = name.split_once('\\').filter(|_| self.takes(NameForm::Domain))?;
        (!user.is_empty() && is_listed(&self.domains, domain)).then_some(user)
    }

    fn takes(&self, form: NameForm) -> bool {
        self.accept.contains(&form)
    }
}

/// The attributes that hold names: as configured, else as usual.
struct Named<'a> {
    uid: &'a str,
    mail: &'a str,
    upn: Option<&'a str>,
    domain: &'a str,
}

impl<'a> Named<'a> {
    fn new(search: &'a NameSearch, usual: &'a LoginAttributes) -> Self {
        let own = &search.attributes;
        Self {
            uid: own.uid.as_deref().unwrap_or(usual.uid),
            mail: own.mail.as_deref().unwrap_or(usual.mail),
            upn: own.upn.as_deref().or(usual.upn),
            domain: own.domain.as_deref().unwrap_or(usual.domain),
        }
    }
}

/// A name as text, if it can be anybody's: no control characters, which terminals and servers written in C take for their own, and
/// something to see in it.
fn readable(name: &[u8]) -> Option<&str> {
    let name = std::str::from_utf8(name).ok().filter(|_| name.len() <= LONGEST_NAME)?;
    (!name.chars().all(char::is_whitespace) && !name.chars().any(char::is_control)).then_some(name)
}

fn is_listed(domains: &[String], asked: &str) -> bool {
    domains.iter().any(|domain| domain.eq_ignore_ascii_case(asked))
}
