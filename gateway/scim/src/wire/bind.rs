//! Names looked up and operands typed (RFC 7644 §3.4.2.2): from here on nothing in a filter is what somebody typed but text that is compared.

use super::name::{Found, Known, look_up, sub_of};
use super::parse::{Literal, Name, Syntax};
use super::{Leniency, WireFault, WireFaultKind};
use crate::scalar;
use postern_identity::provisioning::{
    Attribute, Filter, Key, Operand, Operator, Path, ResourceKind, Returned, Shape, TypeSchema,
};

/// What is said of brackets where there is nothing to choose among.
pub(super) const NO_ELEMENTS: &str = "this attribute has no sub-attributes to choose by";

/// Binds what was read of `text`.
pub(super) struct Binder<'t> {
    pub(super) text: &'t str,
    pub(super) types: &'t TypeSchema,
    pub(super) kind: WireFaultKind,
    pub(super) leniency: Leniency,
}

/// Where names are looked up.
#[derive(Clone, Copy)]
enum Scope<'s> {
    Resource,
    Element(&'s Found<'s>),
}

impl Binder<'_> {
    /// A filter of whole resources.
    pub(super) fn filter(&self, syntax: &Syntax<'_>) -> Result<Filter, WireFault> {
        self.bind(syntax, Scope::Resource)
    }

    /// A filter of the elements of an attribute.
    pub(super) fn element(&self, syntax: &Syntax<'_>, of: &Found<'_>, position: usize) -> Result<Filter, WireFault> {
        if !of.has_elements() {
            return Err(self.fault(position, NO_ELEMENTS));
        }
        self.bind(syntax, Scope::Element(of))
    }

    fn bind(&self, syntax: &Syntax<'_>, scope: Scope<'_>) -> Result<Filter, WireFault> {
        let all = |parts: &[Syntax<'_>]| {
            parts
                .iter()
                .map(|part| self.bind(part, scope))
                .collect::<Result<Vec<_>, _>>()
        };
        match syntax {
            Syntax::And(parts) => Ok(Filter::And(all(parts)?)),
            Syntax::Or(parts) => Ok(Filter::Or(all(parts)?)),
            Syntax::Not(inner) => Ok(Filter::Not(Box::new(self.bind(inner, scope)?))),
            Syntax::Present(name) => self.present(*name, scope),
            Syntax::Compare {
                name,
                operator,
                literal,
                position,
            } => self.compare(*name, *operator, literal, *position, scope),
            Syntax::Element { name, filter } => {
                let found = self.attribute(*name, Scope::Resource)?;
                let filter = self.element(filter, &found, name.position)?;
                Ok(if found.mapped {
                    Filter::Element {
                        attribute: found.key(),
                        filter: Box::new(filter),
                    }
                } else {
                    Filter::Never
                })
            }
        }
    }

    fn present(&self, name: Name<'_>, scope: Scope<'_>) -> Result<Filter, WireFault> {
        let found = self.attribute(name, scope)?;
        Ok(match never_or_always(&found) {
            Some(constant) => constant,
            None => Filter::Present(path_of(&found)),
        })
    }

    fn compare(
        &self,
        name: Name<'_>,
        operator: Operator,
        literal: &Literal,
        position: usize,
        scope: Scope<'_>,
    ) -> Result<Filter, WireFault> {
        let found = self.attribute(name, scope)?;
        if matches!(literal, Literal::Null) {
            // RFC 7643 §2.5: unassigned and null are one.
            let present = self.present(name, scope)?;
            return match operator {
                Operator::Eq => Ok(not(present)),
                Operator::Ne => Ok(present),
                _ => Err(self.fault(position, "null is compared by eq and ne alone")),
            };
        }
        let Some(found) = with_value(found) else {
            return Err(self.fault(
                name.position,
                "this attribute is compared by one of its sub-attributes: name it after a dot",
            ));
        };
        if found.is_core("meta") && found.sub.is_some_and(|sub| sub.name.as_ref() == "location") {
            return self.location(operator, literal, position);
        }
        let operands = self.operand(&found, operator, literal, position)?;
        Ok(match operands {
            _ if !found.mapped && operator == Operator::Ne => not(Filter::Never),
            _ if !found.mapped => Filter::Never,
            Typed::Never => Filter::Never,
            Typed::Always => not(Filter::Never),
            Typed::As(operator, operand) => Filter::Compare {
                path: path_of(&found),
                operator,
                operand,
            },
        })
    }

    /// Which address a resource has follows from its id.
    fn location(&self, operator: Operator, literal: &Literal, position: usize) -> Result<Filter, WireFault> {
        let (Operator::Eq | Operator::Ne, Literal::Text(text)) = (operator, literal) else {
            return Err(self.fault(position, "meta.location is compared by eq and ne with text alone"));
        };
        let id = match self.types.kind {
            ResourceKind::User => text.rsplit_once("/Users/"),
            ResourceKind::Group => text.rsplit_once("/Groups/"),
        };
        let Some((_, id)) = id else {
            return Ok(if operator == Operator::Eq {
                Filter::Never
            } else {
                not(Filter::Never)
            });
        };
        Ok(Filter::Compare {
            path: Path {
                key: Key::core("id"),
                sub: None,
            },
            operator,
            operand: Operand::Text(id.to_owned()),
        })
    }

    fn operand(
        &self,
        found: &Found<'_>,
        operator: Operator,
        literal: &Literal,
        position: usize,
    ) -> Result<Typed, WireFault> {
        use Operator::{Co, Eq, Ew, Ge, Gt, Le, Lt, Ne, Sw};
        let fault = |what: &str| Err(self.fault(position, what));
        let equality = matches!(operator, Eq | Ne);
        let as_is = |operand| Ok(Typed::As(operator, operand));
        let target = found.target();
        match (&target.shape, operator, literal) {
            (Shape::Reference(_), Eq | Ne, Literal::Text(text)) if target.name.as_ref() == "$ref" => {
                as_is(Operand::Text(last_segment(text).to_owned()))
            }
            (Shape::Reference(_), ..) if target.name.as_ref() == "$ref" => {
                fault("$ref is compared by eq and ne with text alone")
            }
            (Shape::Text, _, Literal::Text(text)) if found.is_core("meta") && target.name.as_ref() == "version" => {
                as_is(Operand::Text(opaque(text).to_owned()))
            }
            (Shape::Text | Shape::Reference(_), _, Literal::Text(text)) => as_is(Operand::Text(text.clone())),
            (Shape::Text | Shape::Reference(_), _, Literal::Number(number)) if self.leniency.bare_words => {
                as_is(Operand::Text(number.to_string()))
            }
            (Shape::Text | Shape::Reference(_), ..) => fault("this attribute is text: its value stands in quotes"),
            (_, Co | Sw | Ew, _) => fault("co, sw and ew are for text, and this attribute is none"),
            (Shape::Boolean, _, _) if !equality => fault("true and false are compared by eq and ne alone"),
            (Shape::Boolean, _, Literal::Boolean(value)) => as_is(Operand::Boolean(*value)),
            (Shape::Boolean, _, Literal::Text(text)) => match scalar::boolean(text) {
                Some(value) => as_is(Operand::Boolean(value)),
                None => fault("this attribute is true or false"),
            },
            (Shape::Boolean, ..) => fault("this attribute is true or false"),
            (Shape::Moment, _, Literal::Text(text)) => match scalar::moment(text) {
                Some(at) => as_is(Operand::Moment(at)),
                None => fault("this attribute is a moment with its zone, as \"2026-01-31T12:00:00Z\""),
            },
            (Shape::Moment, ..) => {
                fault("this attribute is a moment with its zone in quotes, as \"2026-01-31T12:00:00Z\"")
            }
            (Shape::Integer, _, Literal::Number(number)) => match (number.as_i64(), number.as_f64()) {
                (Some(value), _) => as_is(Operand::Integer(value)),
                (None, Some(value)) => Ok(between_integers(operator, value)),
                (None, None) => fault("this number is too long"),
            },
            (Shape::Decimal, _, Literal::Number(number)) => match number.as_f64() {
                Some(value) => as_is(Operand::Decimal(value)),
                None => fault("this number is too long"),
            },
            (Shape::Integer | Shape::Decimal, ..) => match operator {
                Eq | Ne | Gt | Ge | Lt | Le => fault("this attribute is a number, without quotes"),
                Co | Sw | Ew => fault("co, sw and ew are for text, and this attribute is none"),
            },
            (Shape::Octets, ..) => fault("what is octets can be asked for by pr alone"),
            (Shape::Complex(_), ..) => fault("this attribute is compared by one of its sub-attributes"),
        }
    }

    fn attribute<'s>(&'s self, name: Name<'_>, scope: Scope<'s>) -> Result<Found<'s>, WireFault> {
        let found = match scope {
            Scope::Resource => match look_up(name.text, self.types) {
                Some(Known::Attribute(found)) => Some(found),
                _ => None,
            },
            Scope::Element(of) => sub_of(of.attribute, name.text).map(|sub| Found { sub: Some(sub), ..*of }),
        };
        let Some(found) = found else {
            return Err(self.fault(name.position, "there is no such attribute"));
        };
        // Never an oracle for what is never shown.
        if found.attribute.returned == Returned::Never || found.target().returned == Returned::Never {
            return Err(self.fault(name.position, "this attribute cannot be asked for"));
        }
        Ok(found)
    }

    fn fault(&self, position: usize, what: &str) -> WireFault {
        WireFault::at(self.kind, self.text, position, what)
    }
}

/// An operand, or what it comes to.
enum Typed {
    As(Operator, Operand),
    Never,
    Always,
}

/// What a comparison with a number that no integer is comes to.
fn between_integers(operator: Operator, value: f64) -> Typed {
    #[allow(
        clippy::cast_possible_truncation,
        reason = "beyond all integers the nearest is as good"
    )]
    let (below, above) = (value.floor() as i64, value.ceil() as i64);
    let whole = value.fract() == 0.0;
    match operator {
        // A whole number that is written with a fraction or exponent, and fits.
        _ if whole && below != i64::MAX && below != i64::MIN => Typed::As(operator, Operand::Integer(below)),
        Operator::Ne => Typed::Always,
        Operator::Gt | Operator::Ge if below == i64::MAX => Typed::Never,
        Operator::Lt | Operator::Le if above == i64::MIN => Typed::Never,
        Operator::Gt | Operator::Ge => Typed::As(Operator::Ge, Operand::Integer(above)),
        Operator::Lt | Operator::Le => Typed::As(Operator::Le, Operand::Integer(below)),
        Operator::Eq | Operator::Co | Operator::Sw | Operator::Ew => Typed::Never,
    }
}

/// What is known of its presence without looking: what is kept nowhere is never there; `id`, `schemas` and most of `meta` always are.
fn never_or_always(found: &Found<'_>) -> Option<Filter> {
    if !found.mapped {
        return Some(Filter::Never);
    }
    let always = found.is_core("id") || found.is_core("schemas") || found.is_core("meta") && !is_moment(found.target());
    always.then(|| not(Filter::Never))
}

fn is_moment(attribute: &Attribute) -> bool {
    attribute.shape == Shape::Moment
}

/// A complex attribute without a sub-attribute means its `value` (RFC 7644 §3.4.2.2 of multi-valued ones; `manager eq "…"` means as much).
fn with_value(found: Found<'_>) -> Option<Found<'_>> {
    match (&found.target().shape, found.sub) {
        (Shape::Complex(_), None) => found.attribute.sub("value").map(|value| Found {
            sub: Some(value),
            ..found
        }),
        _ => Some(found),
    }
}

fn path_of(found: &Found<'_>) -> Path {
    let sub = match found.sub {
        // Derived from `value`, and there when it is.
        Some(sub) if sub.name.as_ref() == "$ref" => Some("value".into()),
        _ => found.sub_name(),
    };
    Path { key: found.key(), sub }
}

fn not(filter: Filter) -> Filter {
    match filter {
        Filter::Not(inner) => *inner,
        other => Filter::Not(Box::new(other)),
    }
}

/// The id at the end of an address.
pub(crate) fn last_segment(address: &str) -> &str {
    address.rsplit('/').next().unwrap_or(address)
}

/// A version without what HTTP puts around it: `W/"…"` (RFC 9110 §8.8.3).
fn opaque(version: &str) -> &str {
    let tag = version.strip_prefix("W/").unwrap_or(version);
    tag.strip_prefix('"')
        .and_then(|tag| tag.strip_suffix('"'))
        .unwrap_or(tag)
}
