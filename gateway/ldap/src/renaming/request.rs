//! Requests under other names.

use super::{NameSyntax, Place, RenameError, Renamed, Renaming};
use crate::ber::{Cursor, Element, Writer};
use crate::change::{AddRequest, ModifyDnRequest, ModifyRequest};
use crate::compare::CompareRequest;
use crate::control::{self, Control, assertion};
use crate::extended::{ExtendedRequest, PasswordModify};
use crate::filter::MOST_PARTS;
use crate::filter::rewrite::{Kind, Rewritten, rewrite};
use crate::message::Message;
use crate::sasl::{EXTERNAL, PLAIN};
use crate::search::{Scope, SearchRequest};
use crate::{WireError, oid, splice, tag};
use std::borrow::Cow;

/// Controls of requests in which no name stands, beside [`oid::WITHOUT_ATTRIBUTES`].
const NAMELESS: [&[u8]; 3] = [oid::SORT_REQUEST, oid::PRE_READ, oid::POST_READ];
/// Controls among [`oid::WITHOUT_ATTRIBUTES`] that make names come back in forms which are not renamed.
const OTHER_FORMS: [&[u8]; 1] = [oid::AD_EXTENDED_DN];
/// Controls of requests in which names are renamed.
const RENAMED: [&[u8]; 4] = [
    oid::PROXIED_AUTHORIZATION,
    oid::PROXIED_AUTHORIZATION_V1,
    oid::ASSERTION,
    oid::MATCHED_VALUES,
];

/// distinguishedNameMatch (RFC 4517 §4.2.4), and Active Directory's match along a chain of links: what they compare is a name.
const NAME_RULES: [&[u8]; 3] = [b"2.5.13.1", b"distinguishedNameMatch", b"1.2.840.113556.1.4.1941"];

/// The request with every name in it renamed; `None` if all stay. Controls in which names may stand unseen are left out, or refused if they
/// are critical (RFC 4511 §4.1.11). The result may hold a password: wipe it after use.
pub fn request(message: &Message<'_>, names: &impl Renaming) -> Result<Option<Vec<u8>>, RenameError> {
    let mut content = operation(message, names)?;
    let controls = controls(message, names)?;
    if content.is_none() && controls.is_none() {
        return Ok(None);
    }
    let kept = controls.as_deref().unwrap_or(message.controls.content());
    let out = splice::with_both(message, content.as_deref(), kept);
    if let Some(content) = &mut content {
        content.fill(0);
    }
    Ok(Some(out))
}

fn operation(message: &Message<'_>, names: &impl Renaming) -> Result<Option<Vec<u8>>, RenameError> {
    match message.operation.tag {
        tag::BIND_REQUEST => bind(message, names),
        tag::SEARCH_REQUEST => search(message, names),
        tag::MODIFY_REQUEST => modify(message, names),
        tag::ADD_REQUEST => add(message, names),
        tag::DELETE_REQUEST => Ok(target(names, Place::Target, message.operation.content)?.map(Cow::into_owned)),
        tag::MODIFY_DN_REQUEST => modify_dn(message, names),
        tag::COMPARE_REQUEST => compare(message, names),
        tag::EXTENDED_REQUEST => extended(message, names),
        _ => Ok(None),
    }
}

/// The new name, or `None` if it stays.
fn target(names: &impl Renaming, place: Place, name: &[u8]) -> Result<Option<Cow<'static, [u8]>>, RenameError> {
    match names.rename(place, name) {
        Renamed::Same => Ok(None),
        Renamed::To(other) => Ok(Some(Cow::Owned(other))),
        Renamed::No => Err(RenameError::Elsewhere),
    }
}

fn value(names: &impl Renaming, syntax: NameSyntax, value: &[u8]) -> Result<Option<Vec<u8>>, RenameError> {
    match syntax.rename(value, Place::Value, names) {
        Renamed::Same => Ok(None),
        Renamed::To(other) => Ok(Some(other)),
        Renamed::No => Err(RenameError::Elsewhere),
    }
}

/// Room for a content in which names grow, so that no copy of a password is left behind by a growing buffer.
fn room(message: &Message<'_>) -> Writer {
    Writer::with_capacity(message.operation.content.len() * 2 + 4096)
}

fn bind(message: &Message<'_>, names: &impl Renaming) -> Result<Option<Vec<u8>>, RenameError> {
    let mut body = message.body();
    let version = body.element()?;
    let name = body.octets()?;
    let choice = body.element()?;
    body.finish()?;
    let renamed = target(names, Place::BindName, name)?;
    let mut credentials = sasl(choice, names)?;
    if renamed.is_none() && credentials.is_none() {
        return Ok(None);
    }
    let mut out = room(message);
    out.raw(version.whole)
        .octets(renamed.as_deref().unwrap_or(name))
        .raw(credentials.as_deref().unwrap_or(choice.whole));
    if let Some(credentials) = &mut credentials {
        credentials.fill(0);
    }
    Ok(Some(out.finish()))
}

/// The whole authentication choice under other names, if a mechanism read here says a DN.
fn sasl(choice: Element<'_>, names: &impl Renaming) -> Result<Option<Vec<u8>>, RenameError> {
    if choice.tag != 0xa3 {
        return Ok(None);
    }
    let mut inside = Cursor::new(choice.content);
    let mechanism = inside.octets()?;
    let Some(credentials) = inside.optional(tag::OCTET_STRING)? else {
        return Ok(None);
    };
    let counted = match mechanism {
        EXTERNAL => 1,
        // `[authzid] NUL authcid NUL passwd`, of which the first two may be names; anything else is refused later.
        PLAIN if credentials.split(|octet| *octet == 0).count() == 3 => 2,
        _ => return Ok(None),
    };
    let mut out = Writer::with_capacity(credentials.len() * 2 + 4096);
    let mut changed = false;
    for (place, part) in credentials.split(|octet| *octet == 0).enumerate() {
        // A bare DN is no authorization id here, and no login name either.
        let is_dn = part.get(..3).is_some_and(|start| start.eq_ignore_ascii_case(b"dn:"));
        let renamed = if place < counted && is_dn {
            target(names, Place::Identity, part)?
        } else {
            None
        };
        changed |= renamed.is_some();
        out.raw(if place > 0 { b"\0" } else { b"" })
            .raw(renamed.as_deref().unwrap_or(part));
    }
    let mut credentials = out.finish();
    let mut whole = Writer::with_capacity(credentials.len() + mechanism.len() + 32);
    whole.nested(0xa3, |sasl| {
        sasl.octets(mechanism).octets(&credentials);
    });
    credentials.fill(0);
    Ok(changed.then(|| whole.finish()))
}

fn search(message: &Message<'_>, names: &impl Renaming) -> Result<Option<Vec<u8>>, RenameError> {
    let search = SearchRequest::parse(message)?;
    let alone = search.scope == Scope::Base;
    let base = target(names, Place::Base { alone }, search.base)?;
    let filter = filter(search.filter, names)?;
    if base.is_none() && filter.is_none() {
        return Ok(None);
    }
    let mut body = message.body();
    body.octets()?;
    let before = body.rest();
    for _ in 0..5 {
        body.element()?; // scope, aliases, size, time, types alone
    }
    let numbers = before
        .get(..before.len() - body.rest().len())
        .ok_or(WireError::Truncated)?;
    body.element()?;
    let mut out = room(message);
    out.octets(base.as_deref().unwrap_or(search.base))
        .raw(numbers)
        .raw(filter.as_deref().unwrap_or(search.filter.whole))
        .raw(body.rest());
    Ok(Some(out.finish()))
}

/// A filter in which names that are asserted are renamed.
fn filter(filter: Element<'_>, names: &impl Renaming) -> Result<Option<Vec<u8>>, RenameError> {
    rewrite(filter, |item| {
        // A piece of a name is none, and what an extensible match looks for in an entry's DN is a value of some RDN.
        if matches!(item.kind, Kind::Present | Kind::Substrings) || item.in_name {
            return Ok(Rewritten::Same);
        }
        let by_rule = item
            .rule
            .is_some_and(|rule| NAME_RULES.iter().any(|known| rule.eq_ignore_ascii_case(known)));
        let syntax = match item.attribute {
            Some(attribute) => names.syntax(attribute),
            None => by_rule.then_some(NameSyntax::Name),
        };
        let Some(syntax) = syntax else {
            return Ok(Rewritten::Same);
        };
        Ok(match value(names, syntax, item.value)? {
            Some(other) => Rewritten::Put(item.with(item.attribute.unwrap_or_default(), &other)),
            None => Rewritten::Same,
        })
    })
}

fn modify(message: &Message<'_>, names: &impl Renaming) -> Result<Option<Vec<u8>>, RenameError> {
    let modify = ModifyRequest::parse(message)?;
    let entry = target(names, Place::Target, modify.entry)?;
    let mut changed = entry.is_some();
    let mut out = room(message);
    let mut failed = None;
    out.octets(entry.as_deref().unwrap_or(modify.entry))
        .nested(tag::SEQUENCE, |list| {
            for change in modify.changes() {
                list.nested(tag::SEQUENCE, |one| {
                    one.enumerated(change.operation).nested(tag::SEQUENCE, |attribute| {
                        let described = change.attribute.description;
                        let written = values(attribute, described, change.attribute.values(), names);
                        match written {
                            Ok(renamed) => changed |= renamed,
                            Err(error) => failed = Some(error),
                        }
                    });
                });
            }
        });
    finished(out, changed, failed)
}

fn add(message: &Message<'_>, names: &impl Renaming) -> Result<Option<Vec<u8>>, RenameError> {
    let add = AddRequest::parse(message)?;
    let entry = target(names, Place::Target, add.entry)?;
    let mut changed = entry.is_some();
    let mut out = room(message);
    let mut failed = None;
    out.octets(entry.as_deref().unwrap_or(add.entry))
        .nested(tag::SEQUENCE, |list| {
            for attribute in add.attributes() {
                list.nested(tag::SEQUENCE, |one| {
                    match values(one, attribute.description, attribute.values(), names) {
                        Ok(renamed) => changed |= renamed,
                        Err(error) => failed = Some(error),
                    }
                });
            }
        });
    finished(out, changed, failed)
}

/// Writes a description and its values, names among them renamed. Returns whether any was.
fn values<'a>(
    out: &mut Writer,
    description: &[u8],
    all: impl Iterator<Item = &'a [u8]>,
    names: &impl Renaming,
) -> Result<bool, RenameError> {
    let syntax = names.syntax(description);
    let mut changed = Ok(false);
    out.octets(description).nested(tag::SET, |set| {
        for one in all {
            let renamed = syntax.map_or(Ok(None), |syntax| value(names, syntax, one));
            match renamed {
                Ok(renamed) => {
                    if let (true, Ok(changed)) = (renamed.is_some(), &mut changed) {
                        *changed = true;
                    }
                    set.octets(renamed.as_deref().unwrap_or(one));
                }
                Err(error) => changed = Err(error),
            }
        }
    });
    changed
}

fn finished(out: Writer, changed: bool, failed: Option<RenameError>) -> Result<Option<Vec<u8>>, RenameError> {
    let mut content = out.finish();
    match failed {
        None if changed => Ok(Some(content)),
        failed => {
            content.fill(0); // it may hold a password
            failed.map_or(Ok(None), Err)
        }
    }
}

fn modify_dn(message: &Message<'_>, names: &impl Renaming) -> Result<Option<Vec<u8>>, RenameError> {
    let rename = ModifyDnRequest::parse(message)?;
    let entry = target(names, Place::Target, rename.entry)?;
    let superior = match rename.new_superior {
        Some(superior) => target(names, Place::Target, superior)?,
        None => None,
    };
    if entry.is_none() && superior.is_none() {
        return Ok(None);
    }
    let mut out = room(message);
    out.octets(entry.as_deref().unwrap_or(rename.entry))
        .octets(rename.new_rdn)
        .boolean(rename.delete_old_rdn);
    if let Some(written) = rename.new_superior {
        out.element(0x80, superior.as_deref().unwrap_or(written));
    }
    Ok(Some(out.finish()))
}

fn compare(message: &Message<'_>, names: &impl Renaming) -> Result<Option<Vec<u8>>, RenameError> {
    let compare = CompareRequest::parse(message)?;
    let entry = target(names, Place::Target, compare.entry)?;
    let asserted = match names.syntax(compare.attribute) {
        Some(syntax) => value(names, syntax, compare.value)?,
        None => None,
    };
    if entry.is_none() && asserted.is_none() {
        return Ok(None);
    }
    let mut out = room(message);
    out.octets(entry.as_deref().unwrap_or(compare.entry))
        .nested(tag::SEQUENCE, |assertion| {
            assertion
                .octets(compare.attribute)
                .octets(asserted.as_deref().unwrap_or(compare.value));
        });
    Ok(Some(out.finish()))
}

fn extended(message: &Message<'_>, names: &impl Renaming) -> Result<Option<Vec<u8>>, RenameError> {
    let request = ExtendedRequest::parse(message)?;
    if request.oid != oid::PASSWORD_MODIFY {
        return Ok(None);
    }
    let change = PasswordModify::parse(request.value)?;
    let Some(identity) = change.identity else {
        return Ok(None);
    };
    let Some(renamed) = target(names, Place::Identity, identity)? else {
        return Ok(None);
    };
    let mut value = PasswordModify {
        identity: Some(&renamed),
        ..change
    }
    .value();
    let mut out = room(message);
    out.element(0x80, request.oid).element(0x81, &value);
    value.fill(0);
    Ok(Some(out.finish()))
}

/// The controls, encoded one behind the other; `None` if all stay.
fn controls(message: &Message<'_>, names: &impl Renaming) -> Result<Option<Vec<u8>>, RenameError> {
    let mut out = Vec::with_capacity(message.controls.content().len() * 2);
    let mut changed = false;
    for control in message.controls {
        let control = control?;
        match renamed_control(&control, names)? {
            Kept::Same => out.extend_from_slice(control.whole),
            Kept::As(value) => {
                changed = true;
                out.extend(control::encode(control.oid, control.critical, Some(&value)));
            }
            Kept::Not if control.critical => return Err(RenameError::Control),
            Kept::Not => changed = true,
        }
    }
    Ok(changed.then_some(out))
}

enum Kept {
    Same,
    As(Vec<u8>),
    Not,
}

fn renamed_control(control: &Control<'_>, names: &impl Renaming) -> Result<Kept, RenameError> {
    let as_value = |value: Option<Vec<u8>>| value.map_or(Kept::Same, Kept::As);
    let value = control.value.unwrap_or_default();
    match control.oid {
        oid::PROXIED_AUTHORIZATION => {
            let renamed = target(names, Place::Identity, value)?;
            Ok(as_value(renamed.map(Cow::into_owned)))
        }
        oid::PROXIED_AUTHORIZATION_V1 => {
            let mut inside = Cursor::new(Cursor::new(value).only_of(tag::SEQUENCE)?);
            let name = inside.octets()?;
            inside.finish()?;
            let renamed = target(names, Place::Identity, name)?;
            Ok(as_value(renamed.map(|name| {
                let mut out = Writer::new();
                out.nested(tag::SEQUENCE, |inside| {
                    inside.octets(&name);
                });
                out.finish()
            })))
        }
        oid::ASSERTION => Ok(as_value(filter(assertion::filter(control.value)?, names)?)),
        oid::MATCHED_VALUES => matched_values(value, names).map(as_value),
        other if passes_control(other) => Ok(Kept::Same),
        _ => Ok(Kept::Not),
    }
}

/// Whether [`request`] lets this control of a request pass, with names in it renamed or without any.
pub fn passes_control(control: &[u8]) -> bool {
    let nameless = oid::WITHOUT_ATTRIBUTES.contains(&control) || NAMELESS.contains(&control);
    RENAMED.contains(&control) || (nameless && !OTHER_FORMS.contains(&control))
}

/// RFC 3876: a run of filters without and, or, not.
fn matched_values(value: &[u8], names: &impl Renaming) -> Result<Option<Vec<u8>>, RenameError> {
    let mut rest = Cursor::new(Cursor::new(value).only_of(tag::SEQUENCE)?);
    let mut changed = false;
    let mut count = 0;
    let mut items = Writer::with_capacity(value.len() * 2);
    while !rest.is_empty() {
        count += 1;
        if count > MOST_PARTS {
            return Err(WireError::TooMany.into());
        }
        let item = rest.element()?;
        match filter(item, names)? {
            Some(other) => {
                changed = true;
                items.raw(&other);
            }
            None => {
                items.raw(item.whole);
            }
        }
    }
    let mut whole = Writer::with_capacity(value.len() * 2);
    whole.element(tag::SEQUENCE, &items.finish());
    Ok(changed.then(|| whole.finish()))
}
