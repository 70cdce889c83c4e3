//! Every part of a condition gets a type, so that only declared names and fitting types are left, and what is constant is read now.

use super::Mistake;
use super::clock::ClockUse;
use super::literal::{distinguished, each, literal, network, part_of_name, spelling, word};
use super::network::Network;
use super::parse::{Expression, Kind};
use crate::problem::{one_of, quoted};
use jiff::{SignedDuration, Timestamp};
use postern_identity::DistinguishedName;

/// A condition that can be evaluated.
#[derive(Debug)]
pub(super) enum Test {
    Constant(bool),
    Protected,
    Not(Box<Test>),
    All(Box<[Test]>),
    Any(Box<[Test]>),
    Choice(Box<[Test; 3]>),
    Same(Box<[Test; 2]>),
    Numbers(Order, Box<[Number; 2]>),
    NumberAmong(Number, Box<[i64]>),
    TextAmong(TextOf, Box<[Box<str>]>),
    TextLike(TextOf, Like, Box<str>),
    NameAmong(NameOf, Box<[Spelling]>),
    NameLike(NameOf, Like, Box<str>),
    NameWithin(NameOf, Box<[DistinguishedName]>),
    ClientWithin(Box<[Network]>),
    /// The time is before a moment.
    Before(Timestamp),
}

/// A text that is a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TextOf {
    Route,
    Listener,
    ServerName,
    State,
    Weekday,
}

/// A name that is compared as directories compare names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NameOf {
    Account,
    CertificateSubject,
}

/// A name as a condition writes it.
#[derive(Debug)]
pub(super) enum Spelling {
    Distinguished(DistinguishedName),
    /// In lower case.
    Other(Box<str>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Like {
    Starts,
    Ends,
    Contains,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Equal,
    Different,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Debug)]
pub(super) enum Number {
    Constant(i64),
    Hour,
    Minute,
    Negative(Box<Number>),
    Sum(&'static str, Box<[Number; 2]>),
}

/// A test and what it asks of the clock.
pub(super) struct Checked {
    pub(super) test: Test,
    pub(super) clock: ClockUse,
}

pub(super) const WEEKDAYS: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

const NAMES: [&str; 11] = [
    "account",
    "certificate_subject",
    "client",
    "hour",
    "listener",
    "minute",
    "protected",
    "route",
    "server_name",
    "state",
    "time",
];

/// Checks a whole condition; `zoned`: it stands where a time zone is declared.
pub(super) fn condition(expression: &Expression<'_>, zoned: bool) -> Result<Checked, Mistake> {
    let mut check = Check {
        zoned,
        clock: ClockUse::default(),
    };
    let test = check.test(expression)?;
    let clock = check.clock;
    Ok(Checked { test, clock })
}

/// The account is one of these or below one.
pub(super) fn account_within(names: Vec<DistinguishedName>) -> Test {
    Test::NameWithin(NameOf::Account, names.into())
}

struct Check {
    zoned: bool,
    clock: ClockUse,
}

/// What an expression is.
enum Value<'e> {
    Test(Test),
    Number(Number),
    Literal(&'e str),
    Text(TextOf),
    Name(NameOf),
    Client,
    Time,
    Moment(Timestamp),
    List,
}

impl Value<'_> {
    fn described(&self) -> &'static str {
        match self {
            Self::Test(_) => "true or false",
            Self::Number(_) => "a number",
            Self::Literal(_) | Self::Text(_) => "a text",
            Self::Name(_) => "a name",
            Self::Client => "an address",
            Self::Time | Self::Moment(_) => "a moment",
            Self::List => "a list",
        }
    }
}

impl Check {
    fn test(&mut self, expression: &Expression<'_>) -> Result<Test, Mistake> {
        match self.value(expression)? {
            Value::Test(test) => Ok(test),
            other => {
                let what = format!("this is {}, not true or false", other.described());
                Err(Mistake::new(expression.at, what, "compare it with ==, in or <"))
            }
        }
    }

    fn tests(&mut self, members: &[Expression<'_>]) -> Result<Box<[Test]>, Mistake> {
        members.iter().map(|member| self.test(member)).collect()
    }

    fn number(&mut self, expression: &Expression<'_>) -> Result<Number, Mistake> {
        match self.value(expression)? {
            Value::Number(number) => Ok(number),
            other => {
                let what = format!("this is {}, not a number", other.described());
                Err(Mistake::new(expression.at, what, "numbers alone can be reckoned with"))
            }
        }
    }

    fn value<'e>(&mut self, expression: &'e Expression<'_>) -> Result<Value<'e>, Mistake> {
        Ok(match &expression.kind {
            Kind::Bool(value) => Value::Test(Test::Constant(*value)),
            Kind::Number(number) => Value::Number(Number::Constant(*number)),
            Kind::Text(text) => Value::Literal(text),
            Kind::List(_) => Value::List,
            Kind::Word(name) => self.declared(expression.at, name)?,
            Kind::Not(inner) => Value::Test(Test::Not(Box::new(self.test(inner)?))),
            Kind::Negative(inner) => Value::Number(Number::Negative(Box::new(self.number(inner)?))),
            Kind::All(members) => Value::Test(Test::All(self.tests(members)?)),
            Kind::Any(members) => Value::Test(Test::Any(self.tests(members)?)),
            Kind::Choice(parts) => {
                let [test, then, other] = &**parts;
                let parts = [self.test(test)?, self.test(then)?, self.test(other)?];
                Value::Test(Test::Choice(Box::new(parts)))
            }
            Kind::Binary("in", sides) => {
                let [left, right] = &**sides;
                Value::Test(self.among(left, right)?)
            }
            Kind::Binary(sign @ ("+" | "-" | "*" | "/" | "%"), sides) => {
                let [left, right] = &**sides;
                let sides = [self.number(left)?, self.number(right)?];
                Value::Number(Number::Sum(sign, Box::new(sides)))
            }
            Kind::Binary(sign, sides) => {
                let [left, right] = &**sides;
                Value::Test(self.compared(expression.at, sign, left, right)?)
            }
            Kind::Call(of, name, arguments) => self.called(expression.at, of.as_deref(), name, arguments)?,
        })
    }

    fn declared(&mut self, at: usize, name: &str) -> Result<Value<'static>, Mistake> {
        let zoned = matches!(name, "hour" | "minute" | "weekday");
        if zoned && !self.zoned {
            let remedy = "time_zone = \"Europe/Berlin\" or another at the top of the file";
            return Err(Mistake::new(at, format!("{} needs a time zone", quoted(name)), remedy));
        }
        Ok(match name {
            "route" => Value::Text(TextOf::Route),
            "listener" => Value::Text(TextOf::Listener),
            "server_name" => Value::Text(TextOf::ServerName),
            "client" => Value::Client,
            "protected" => Value::Test(Test::Protected),
            "certificate_subject" => Value::Name(NameOf::CertificateSubject),
            "account" => Value::Name(NameOf::Account),
            "state" => Value::Text(TextOf::State),
            "time" => Value::Time,
            "hour" => {
                self.clock.hour = true;
                Value::Number(Number::Hour)
            }
            "minute" => {
                self.clock.minute = true;
                Value::Number(Number::Minute)
            }
            "weekday" => {
                self.clock.weekday = true;
                Value::Text(TextOf::Weekday)
            }
            _ => {
                let what = format!("there is no {} here", quoted(name));
                let names = NAMES.into_iter().chain(["weekday"]);
                return Err(Mistake::new(at, what, one_of(name, names)));
            }
        })
    }

    fn compared(
        &mut self,
        at: usize,
        sign: &str,
        left: &Expression<'_>,
        right: &Expression<'_>,
    ) -> Result<Test, Mistake> {
        let order = match sign {
            "==" => Order::Equal,
            "!=" => Order::Different,
            "<" => Order::Less,
            "<=" => Order::LessOrEqual,
            ">" => Order::Greater,
            _ => Order::GreaterOrEqual,
        };
        let is_equality = matches!(order, Order::Equal | Order::Different);
        let equal = match (self.value(left)?, self.value(right)?) {
            (Value::Number(left), Value::Number(right)) => {
                return Ok(Test::Numbers(order, Box::new([left, right])));
            }
            (Value::Time, Value::Moment(moment)) if !is_equality => return self.moment(order, moment, at),
            (Value::Moment(moment), Value::Time) if !is_equality => {
                let order = match order {
                    Order::Less => Order::Greater,
                    Order::LessOrEqual => Order::GreaterOrEqual,
                    Order::Greater => Order::Less,
                    _ => Order::LessOrEqual,
                };
                return self.moment(order, moment, at);
            }
            (Value::Test(left), Value::Test(right)) if is_equality => Test::Same(Box::new([left, right])),
            (Value::Text(text), Value::Literal(literal)) if is_equality => {
                Test::TextAmong(text, Box::new([word(text, literal, right.at)?]))
            }
            (Value::Literal(literal), Value::Text(text)) if is_equality => {
                Test::TextAmong(text, Box::new([word(text, literal, left.at)?]))
            }
            (Value::Name(name), Value::Literal(literal)) if is_equality => {
                Test::NameAmong(name, Box::new([spelling(literal)]))
            }
            (Value::Literal(literal), Value::Name(name)) if is_equality => {
                Test::NameAmong(name, Box::new([spelling(literal)]))
            }
            (Value::Client, Value::Literal(literal)) if is_equality => {
                Test::ClientWithin(Box::new([network(literal, right.at)?]))
            }
            (Value::Literal(literal), Value::Client) if is_equality => {
                Test::ClientWithin(Box::new([network(literal, left.at)?]))
            }
            (left, right) => {
                let what = format!(
                    "{} cannot be compared with {} here",
                    left.described(),
                    right.described()
                );
                let remedy =
                    "a fact with a constant: numbers by ==, <, in; texts, names and addresses by ==, in; time by <, >=";
                return Err(Mistake::new(at, what, remedy));
            }
        };
        Ok(if order == Order::Equal {
            equal
        } else {
            Test::Not(Box::new(equal))
        })
    }

    /// Every order is told by `Before`, so that it is known when it changes.
    fn moment(&mut self, order: Order, moment: Timestamp, at: usize) -> Result<Test, Mistake> {
        let moment = if matches!(order, Order::LessOrEqual | Order::Greater) {
            let next = moment.checked_add(SignedDuration::from_nanos(1));
            next.map_err(|_| Mistake::new(at, "the moment is too far away", "an earlier one"))?
        } else {
            moment
        };
        self.clock.moments.push(moment);
        Ok(if matches!(order, Order::Less | Order::LessOrEqual) {
            Test::Before(moment)
        } else {
            Test::Not(Box::new(Test::Before(moment)))
        })
    }

    fn among(&mut self, left: &Expression<'_>, right: &Expression<'_>) -> Result<Test, Mistake> {
        let Kind::List(members) = &right.kind else {
            let remedy = "a list of constants, such as [\"a\", \"b\"]";
            return Err(Mistake::new(right.at, "what follows \"in\" is no list", remedy));
        };
        if members.is_empty() {
            return Err(Mistake::new(right.at, "nothing is in an empty list", "at least one"));
        }
        Ok(match self.value(left)? {
            Value::Text(text) => Test::TextAmong(text, each(members, |literal, at| word(text, literal, at))?),
            Value::Name(name) => Test::NameAmong(name, each(members, |literal, _| Ok(spelling(literal)))?),
            Value::Client => Test::ClientWithin(each(members, network)?),
            Value::Number(number) => {
                let constant = |member: &Expression<'_>| match &member.kind {
                    Kind::Number(number) => Ok(*number),
                    _ => Err(Mistake::new(
                        member.at,
                        "this is no number",
                        "numbers alone in this list",
                    )),
                };
                Test::NumberAmong(number, members.iter().map(constant).collect::<Result<_, _>>()?)
            }
            other => {
                let what = format!("{} is never in a list", other.described());
                return Err(Mistake::new(
                    left.at,
                    what,
                    "a name such as route, account, client or hour",
                ));
            }
        })
    }

    fn called<'e>(
        &mut self,
        at: usize,
        of: Option<&'e Expression<'_>>,
        function: &str,
        arguments: &'e [Expression<'_>],
    ) -> Result<Value<'e>, Mistake> {
        match (of, function, arguments) {
            (None, "network", [address, networks @ ..]) if !networks.is_empty() => {
                if !matches!(self.value(address)?, Value::Client) {
                    return Err(Mistake::new(
                        address.at,
                        "this is no address",
                        "network(client, \"10.0.0.0/8\")",
                    ));
                }
                Ok(Value::Test(Test::ClientWithin(each(networks, network)?)))
            }
            (None, "timestamp", [moment]) => {
                let read = |literal: &str, at| {
                    let remedy = "such as \"2026-12-24T18:00:00+01:00\"";
                    literal
                        .parse()
                        .map_err(|_| Mistake::new(at, format!("{} is not a moment", quoted(literal)), remedy))
                };
                Ok(Value::Moment(literal(moment, read)?))
            }
            (Some(of), "within", names) if !names.is_empty() => match self.value(of)? {
                Value::Name(name) => Ok(Value::Test(Test::NameWithin(name, each(names, distinguished)?))),
                Value::Client => Ok(Value::Test(Test::ClientWithin(each(names, network)?))),
                _ => Err(Mistake::new(
                    of.at,
                    "nothing lies within this",
                    "account.within(\"ou=people,dc=example,dc=org\")",
                )),
            },
            (Some(of), "startsWith" | "endsWith" | "contains", [part]) => {
                let like = match function {
                    "startsWith" => Like::Starts,
                    "endsWith" => Like::Ends,
                    _ => Like::Contains,
                };
                match self.value(of)? {
                    Value::Text(text) => {
                        let part = literal(part, |literal, _| Ok(text.as_written(literal)))?;
                        Ok(Value::Test(Test::TextLike(text, like, part)))
                    }
                    Value::Name(name) => Ok(Value::Test(Test::NameLike(name, like, literal(part, part_of_name)?))),
                    _ => Err(Mistake::new(
                        of.at,
                        "this has no letters",
                        "a name such as route, server_name or account",
                    )),
                }
            }
            _ => Err(unknown_function(at, function)),
        }
    }
}

impl TextOf {
    pub(super) fn as_written(self, literal: &str) -> Box<str> {
        // Server names are told in lower case.
        if self == Self::ServerName {
            literal.to_lowercase().into()
        } else {
            literal.into()
        }
    }
}

/// A function that is not there, or not in this form.
fn unknown_function(at: usize, function: &str) -> Mistake {
    let (what, remedy) = match function {
        "network" | "timestamp" | "within" | "startsWith" | "endsWith" | "contains" => (
            "is not called so",
            "network(client, \"10.0.0.0/8\"), account.within(\"ou=…\"), route.startsWith(\"…\"), timestamp(\"…\")"
                .to_owned(),
        ),
        "matches" => (
            "is left out: an expression could take any time",
            "startsWith, endsWith, contains, or several names with in".to_owned(),
        ),
        "all" | "exists" | "exists_one" | "map" | "filter" | "has" | "size" => (
            "is left out: there is nothing to walk through",
            "compare with == or in".to_owned(),
        ),
        _ => (
            "is no function here",
            one_of(
                function,
                ["network", "timestamp", "within", "startsWith", "endsWith", "contains"],
            ),
        ),
    };
    Mistake::new(at, format!("{} {what}", quoted(function)), remedy)
}
