//! The rootDSE (RFC 4512 §5.1) as a route truly offers it: what we refuse is not advertised, and what we do ourselves is.

use crate::shape::ShapeProduct;
use postern_identity::DistinguishedName;
use postern_ldap::ber::Writer;
use postern_ldap::credential::base_type;
use postern_ldap::entry::{self, SearchEntry, Values};
use postern_ldap::search::SearchRequest;
use postern_ldap::{Message, WireError, splice};
use std::borrow::Cow;

/// The attributes we have a say in, with their OIDs (RFC 4512 §5.1).
const SPOKEN_OF: [(Spoken, &[u8], &[u8]); 7] = [
    (
        Spoken::Mechanisms,
        b"supportedSASLMechanisms",
        b"1.3.6.1.4.1.1466.101.120.14",
    ),
    (Spoken::Extensions, b"supportedExtension", b"1.3.6.1.4.1.1466.101.120.7"),
    (Spoken::Controls, b"supportedControl", b"1.3.6.1.4.1.1466.101.120.13"),
    (Spoken::Contexts, b"namingContexts", b"1.3.6.1.4.1.1466.101.120.5"),
    // Active Directory's, which have no OIDs there.
    (Spoken::Capabilities, b"supportedCapabilities", b"supportedCapabilities"),
    (Spoken::Domain, b"defaultNamingContext", b"defaultNamingContext"),
    (Spoken::Forest, b"rootDomainNamingContext", b"rootDomainNamingContext"),
];

/// Other servers to ask when this one is away: those behind us, where nothing is enforced (RFC 4512 §5.1).
const ALT_SERVER: [&[u8]; 2] = [b"altServer", b"1.3.6.1.4.1.1466.101.120.6"];
/// By what clients know Active Directory, and then ask it other things (MS-ADTS §3.1.1.3.4.3).
const CAPABILITIES: &[&[u8]] = &[b"1.2.840.113556.1.4.800"];
/// What is in no Active Directory's rootDSE.
const NOT_IN_ACTIVE_DIRECTORY: [&[u8]; 4] = [b"vendorName", b"vendorVersion", b"configContext", b"monitorContext"];
/// What is in Active Directory's and nobody else's.
const ONLY_IN_ACTIVE_DIRECTORY: [&[u8]; 15] = [
    b"supportedCapabilities",
    b"supportedLDAPPolicies",
    b"rootDomainNamingContext",
    b"configurationNamingContext",
    b"schemaNamingContext",
    b"domainFunctionality",
    b"forestFunctionality",
    b"domainControllerFunctionality",
    b"isGlobalCatalogReady",
    b"isSynchronized",
    b"highestCommittedUSN",
    b"ldapServiceName",
    b"serverName",
    b"dsServiceName",
    b"dnsHostName",
];

/// An attribute we have a say in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Spoken {
    Mechanisms,
    Extensions,
    Controls,
    Contexts,
    Capabilities,
    Domain,
    Forest,
}

/// Which of these attributes a search of the rootDSE asks for with their values: what is ours may be put in even where the directory has
/// none of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Asked(pub(crate) u16);

impl Asked {
    /// By name, or as operational attributes (RFC 3673).
    pub(crate) fn of(search: &SearchRequest<'_>) -> Self {
        let mut asked = Self::default();
        if search.types_only {
            return asked;
        }
        let mut everything = true;
        for attribute in search.attributes().map_while(Result::ok) {
            everything &= attribute == b"*";
            for (spoken, _, _) in SPOKEN_OF {
                if attribute == b"+" || spoken_of(attribute) == Some(spoken) {
                    asked.0 |= 1 << spoken as u16;
                }
            }
            if attribute == b"*" {
                asked.0 |= Self::STAR;
            }
        }
        if everything {
            asked.0 |= Self::STAR;
        }
        asked
    }

    /// `*`, or a list that names nothing: Active Directory shows all of it then.
    const STAR: u16 = 1 << 15;

    fn has(self, spoken: Spoken) -> bool {
        self.0 & 1 << spoken as u16 != 0
    }

    fn has_or_star(self, spoken: Spoken) -> bool {
        self.has(spoken) || self.0 & Self::STAR != 0
    }
}

/// What is offered on a route, to this session.
pub(crate) struct Offer<'a> {
    /// The SASL mechanisms. The directory's are never ours.
    pub(crate) mechanisms: &'a [&'a [u8]],
    /// Whether an extended operation that the directory has may be sent.
    pub(crate) passes_extension: &'a dyn Fn(&[u8]) -> bool,
    /// Extended operations we answer or translate, whether the directory has them or not.
    pub(crate) own_extensions: &'a [&'a [u8]],
    /// Whether a control that the directory has may be sent.
    pub(crate) passes_control: &'a dyn Fn(&[u8]) -> bool,
    /// Controls we answer ourselves.
    pub(crate) own_controls: &'a [&'a [u8]],
    /// Only at and below these may be asked, if set.
    pub(crate) bases: Option<&'a [DistinguishedName]>,
    /// As which product the directory is shown, and the part of the tree that is its domain.
    pub(crate) shape: Option<(ShapeProduct, &'a str)>,
}

/// The message with what is offered in the place of what the directory says it can do.
pub(crate) fn rewritten(entry: &Message<'_>, asked: Asked, offer: &Offer<'_>) -> Result<Vec<u8>, WireError> {
    let entry_of = SearchEntry::parse(entry)?;
    let mut shown = Asked::default();
    for attribute in entry_of.attributes() {
        if let Some(spoken) = spoken_of(attribute?.description) {
            shown.0 |= 1 << spoken as u16;
        }
    }
    let mut more = Writer::new();
    let as_active_directory = match offer.shape {
        Some((ShapeProduct::ActiveDirectory, domain)) => Some(domain.as_bytes()),
        _ => None,
    };
    let domain: Vec<&[u8]> = as_active_directory
        .into_iter()
        .filter(|domain| !domain.is_empty())
        .collect();
    for (spoken, name, _) in SPOKEN_OF {
        // Where the directory shows the attribute, ours go among its own.
        let own = match spoken {
            Spoken::Mechanisms if asked.has(spoken) => offer.mechanisms,
            Spoken::Extensions if asked.has(spoken) && !shown.has(spoken) => offer.own_extensions,
            Spoken::Controls if asked.has(spoken) && !shown.has(spoken) => offer.own_controls,
            Spoken::Capabilities if as_active_directory.is_some() && asked.has_or_star(spoken) => CAPABILITIES,
            Spoken::Domain | Spoken::Forest if asked.has_or_star(spoken) => &domain,
            _ => &[],
        };
        if !own.is_empty() {
            entry::encode(&mut more, name, own);
        }
    }
    let content = entry_of.revised(entry_of.dn, &more.finish(), |description, values| {
        // Asked for names alone (RFC 4511 §4.5.1.6): there are no values to judge by.
        let had_none = values.is_empty();
        let changed = match spoken_of(description) {
            Some(Spoken::Mechanisms) => return Values::Gone,
            Some(Spoken::Extensions | Spoken::Controls | Spoken::Contexts) if had_none => false,
            Some(Spoken::Extensions) => limited(values, offer.passes_extension, offer.own_extensions),
            Some(Spoken::Controls) => limited(values, offer.passes_control, offer.own_controls),
            Some(Spoken::Contexts) => offer.bases.is_some_and(|bases| contexts(values, bases)),
            // Ours are put in.
            Some(Spoken::Capabilities | Spoken::Domain | Spoken::Forest) if as_active_directory.is_some() => {
                return Values::Gone;
            }
            _ if is_foreign(offer.shape, description) || is_alt_server(description) => return Values::Gone,
            _ => false,
        };
        match (changed, values.is_empty()) {
            (false, _) => Values::Same,
            (true, true) => Values::Gone,
            (true, false) => Values::Changed,
        }
    })?;
    Ok(splice::with_content(entry, &content))
}

/// Leaves those that pass and puts in those of our own that are missing. Returns whether anything has changed.
fn limited<'a>(values: &mut Vec<Cow<'a, [u8]>>, passes: &dyn Fn(&[u8]) -> bool, own: &[&'a [u8]]) -> bool {
    let before = values.len();
    values.retain(|value| own.contains(&&**value) || passes(value));
    let mut changed = values.len() != before;
    for added in own {
        if !values.iter().any(|value| **value == **added) {
            values.push(Cow::Borrowed(added));
            changed = true;
        }
    }
    changed
}

/// The part of the tree that is open: a context below a base stays, one above it becomes the base. What is no DN goes.
fn contexts(values: &mut Vec<Cow<'_, [u8]>>, bases: &[DistinguishedName]) -> bool {
    let mut open: Vec<Cow<'_, [u8]>> = Vec::with_capacity(values.len());
    let mut changed = false;
    for value in values.drain(..) {
        let context = DistinguishedName::parse(&value);
        if let Ok(context) = &context
            && bases.iter().any(|base| context.is_within(base))
        {
            open.push(value);
            continue;
        }
        changed = true;
        for base in bases
            .iter()
            .filter(|base| context.as_ref().is_ok_and(|context| base.is_within(context)))
        {
            let base = base.to_string().into_bytes();
            if !open.iter().any(|known| **known == *base) {
                open.push(Cow::Owned(base));
            }
        }
    }
    *values = open;
    changed
}

/// Whether the product that is shown has no such attribute.
fn is_foreign(shape: Option<(ShapeProduct, &str)>, description: &[u8]) -> bool {
    let foreign: &[&[u8]] = match shape {
        None => &[],
        Some((ShapeProduct::ActiveDirectory, _)) => &NOT_IN_ACTIVE_DIRECTORY,
        Some((ShapeProduct::Ppolicy, _)) => &ONLY_IN_ACTIVE_DIRECTORY,
    };
    foreign.iter().any(|name| description.eq_ignore_ascii_case(name))
}

fn is_alt_server(description: &[u8]) -> bool {
    let base = base_type(description);
    ALT_SERVER.iter().any(|name| base.eq_ignore_ascii_case(name))
}

fn spoken_of(description: &[u8]) -> Option<Spoken> {
    let base = base_type(description);
    SPOKEN_OF
        .iter()
        .find(|(_, name, oid)| base.eq_ignore_ascii_case(name) || base == *oid)
        .map(|(spoken, _, _)| *spoken)
}

#[cfg(test)]
mod tests;
