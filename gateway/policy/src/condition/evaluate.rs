//! Evaluating a condition: one pass over its parts, with texts of bounded length.

use super::LONGEST_TEXT;
use super::check::{Like, Number, Order, Test, TextOf};
use super::facts::Facts;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use std::cell::OnceCell;
use std::net::IpAddr;

/// Whether a condition holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truth {
    /// It holds.
    True,
    /// It does not.
    False,
    /// It cannot be evaluated.
    Unclear(Cause),
}

/// Why a condition cannot be evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// A text somebody brought is longer than is looked at.
    TooLong,
    /// A name has to be a distinguished name, and is none.
    NotAName,
    /// A number became too large, or was divided by nothing.
    Arithmetic,
}

impl Cause {
    /// In a sentence's middle.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TooLong => "a text is too long",
            Self::NotAName => "the name is not a distinguished name",
            Self::Arithmetic => "a number is out of range",
        }
    }
}

impl Truth {
    fn not(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            unclear @ Self::Unclear(_) => unclear,
        }
    }
}

impl From<Result<bool, Cause>> for Truth {
    fn from(result: Result<bool, Cause>) -> Self {
        match result {
            Ok(true) => Self::True,
            Ok(false) => Self::False,
            Err(cause) => Self::Unclear(cause),
        }
    }
}

/// The facts as one condition sees them: in its own time zone.
pub(super) struct Here<'f> {
    facts: &'f Facts<'f>,
    zone: Option<&'f TimeZone>,
    local: OnceCell<Local>,
}

#[derive(Clone, Copy)]
struct Local {
    hour: i64,
    minute: i64,
    weekday: &'static str,
}

impl<'f> Here<'f> {
    pub(super) fn new(facts: &'f Facts<'_>, zone: Option<&'f TimeZone>) -> Self {
        Self {
            facts,
            zone,
            local: OnceCell::new(),
        }
    }

    fn local(&self) -> Local {
        *self.local.get_or_init(|| {
            let at = self.facts.at;
            let local = match self.zone {
                Some(zone) => zone.to_datetime(at),
                None => TimeZone::UTC.to_datetime(at),
            };
            Local {
                hour: local.hour().into(),
                minute: local.minute().into(),
                weekday: match local.weekday() {
                    Weekday::Monday => "monday",
                    Weekday::Tuesday => "tuesday",
                    Weekday::Wednesday => "wednesday",
                    Weekday::Thursday => "thursday",
                    Weekday::Friday => "friday",
                    Weekday::Saturday => "saturday",
                    Weekday::Sunday => "sunday",
                },
            }
        })
    }

    fn text(&self, of: TextOf) -> Result<&str, Cause> {
        let connection = self.facts.connection;
        let text = match of {
            TextOf::Route => self.facts.route,
            TextOf::Listener => &connection.listener,
            TextOf::ServerName => connection.server_name.as_deref().unwrap_or_default(),
            TextOf::State => self.facts.state.map_or("", |state| state.as_str()),
            TextOf::Weekday => self.local().weekday,
        };
        if text.len() > LONGEST_TEXT {
            return Err(Cause::TooLong);
        }
        Ok(text)
    }

    fn client(&self) -> IpAddr {
        self.facts.connection.client
    }
}

/// Whether a test holds.
pub(super) fn test(of: &Test, here: &Here<'_>) -> Truth {
    match of {
        Test::Constant(value) => Ok(*value).into(),
        Test::Protected => Ok(here.facts.connection.protected).into(),
        Test::Not(inner) => test(inner, here).not(),
        Test::All(members) => joined(members, Truth::False, here),
        Test::Any(members) => joined(members, Truth::True, here),
        Test::Choice(parts) => {
            let [choose, then, other] = &**parts;
            match test(choose, here) {
                Truth::True => test(then, here),
                Truth::False => test(other, here),
                unclear @ Truth::Unclear(_) => unclear,
            }
        }
        Test::Same(sides) => {
            let [left, right] = &**sides;
            match (test(left, here), test(right, here)) {
                (unclear @ Truth::Unclear(_), _) | (_, unclear @ Truth::Unclear(_)) => unclear,
                (left, right) => Ok(left == right).into(),
            }
        }
        Test::Numbers(order, sides) => numbers(*order, sides, here).into(),
        Test::NumberAmong(left, among) => number(left, here).map(|left| among.contains(&left)).into(),
        Test::TextAmong(of, among) => here
            .text(*of)
            .map(|text| among.iter().any(|word| **word == *text))
            .into(),
        Test::TextLike(of, like, part) => here.text(*of).map(|text| is_like(text, *like, part)).into(),
        Test::NameAmong(of, among) => here.facts.name(*of).is_among(among).into(),
        Test::NameLike(of, like, part) => {
            let text = here.facts.name(*of).text();
            text.map(|text| is_like(text, *like, part)).into()
        }
        Test::NameWithin(of, bases) => match here.facts.name(*of).is_within(bases) {
            Ok(Some(within)) => Ok(within).into(),
            // Where it lies only the directory knows.
            Ok(None) => Truth::Unclear(Cause::NotAName),
            Err(cause) => Truth::Unclear(cause),
        },
        Test::ClientWithin(networks) => {
            let client = here.client();
            Ok(networks.iter().any(|network| network.holds(client))).into()
        }
        Test::Before(moment) => Ok(here.facts.at < *moment).into(),
    }
}

/// The first member that is `decisive` decides, also behind one that is unclear.
fn joined(members: &[Test], decisive: Truth, here: &Here<'_>) -> Truth {
    let mut whole = decisive.not();
    for member in members {
        let truth = test(member, here);
        if truth == decisive {
            return decisive;
        }
        if matches!(truth, Truth::Unclear(_)) {
            whole = truth;
        }
    }
    whole
}

fn is_like(text: &str, like: Like, part: &str) -> bool {
    match like {
        Like::Starts => text.starts_with(part),
        Like::Ends => text.ends_with(part),
        Like::Contains => text.contains(part),
    }
}

fn numbers(order: Order, sides: &[Number; 2], here: &Here<'_>) -> Result<bool, Cause> {
    let [left, right] = sides;
    let (left, right) = (number(left, here)?, number(right, here)?);
    Ok(match order {
        Order::Equal => left == right,
        Order::Different => left != right,
        Order::Less => left < right,
        Order::LessOrEqual => left <= right,
        Order::Greater => left > right,
        Order::GreaterOrEqual => left >= right,
    })
}

fn number(of: &Number, here: &Here<'_>) -> Result<i64, Cause> {
    let value = match of {
        Number::Constant(value) => Some(*value),
        Number::Hour => Some(here.local().hour),
        Number::Minute => Some(here.local().minute),
        Number::Negative(inner) => number(inner, here)?.checked_neg(),
        Number::Sum(sign, sides) => {
            let [left, right] = &**sides;
            let (left, right) = (number(left, here)?, number(right, here)?);
            match *sign {
                "+" => left.checked_add(right),
                "-" => left.checked_sub(right),
                "*" => left.checked_mul(right),
                "/" => left.checked_div(right),
                _ => left.checked_rem(right),
            }
        }
    };
    value.ok_or(Cause::Arithmetic)
}
