//! The structure of a condition (CEL's grammar, "Syntax"), within bounds.

use super::lex::{Token, tokens};
use super::{DEEPEST, LONGEST_TEXT, MOST_PARTS, Mistake};
use crate::problem::quoted;

/// A part of a condition with where it begins.
#[derive(Debug)]
pub(super) struct Expression<'t> {
    pub(super) at: usize,
    pub(super) kind: Kind<'t>,
}

#[derive(Debug)]
pub(super) enum Kind<'t> {
    Word(&'t str),
    Bool(bool),
    Number(i64),
    Text(String),
    List(Vec<Expression<'t>>),
    Not(Box<Expression<'t>>),
    Negative(Box<Expression<'t>>),
    /// `&&`, over all its members.
    All(Vec<Expression<'t>>),
    /// `||`, over all its members.
    Any(Vec<Expression<'t>>),
    Choice(Box<[Expression<'t>; 3]>),
    Binary(&'static str, Box<[Expression<'t>; 2]>),
    /// A function, of a value or of none.
    Call(Option<Box<Expression<'t>>>, &'t str, Vec<Expression<'t>>),
}

/// Reads a whole condition.
pub(super) fn expression(text: &str) -> Result<Expression<'_>, Mistake> {
    let tokens = tokens(text)?;
    let mut reading = Reading {
        tokens: &tokens,
        next: 0,
        depth: 0,
        parts: 0,
    };
    let whole = reading.choice()?;
    match reading.peek() {
        Token::End => Ok(whole),
        other => {
            let what = format!("{} is not expected here", shown(other));
            let remedy = "join tests with && or ||; texts stand in quotes";
            Err(Mistake::new(reading.place(), what, remedy))
        }
    }
}

struct Reading<'r, 't> {
    tokens: &'r [(usize, Token<'t>)],
    next: usize,
    depth: usize,
    parts: usize,
}

type Read<'t> = Result<Expression<'t>, Mistake>;

impl<'t> Reading<'_, 't> {
    /// `a ? b : c`
    fn choice(&mut self) -> Read<'t> {
        self.deeper(|reading| {
            let test = reading.any()?;
            let at = reading.place();
            if !reading.take("?") {
                return Ok(test);
            }
            let then = reading.any()?;
            reading.expect(":")?;
            let other = reading.choice()?;
            reading.part(at, Kind::Choice(Box::new([test, then, other])))
        })
    }

    fn any(&mut self) -> Read<'t> {
        self.joined("||", Self::all, Kind::Any)
    }

    fn all(&mut self) -> Read<'t> {
        self.joined("&&", Self::relation, Kind::All)
    }

    fn joined(
        &mut self,
        sign: &'static str,
        member: fn(&mut Self) -> Read<'t>,
        kind: fn(Vec<Expression<'t>>) -> Kind<'t>,
    ) -> Read<'t> {
        let first = member(self)?;
        let at = self.place();
        if !self.take(sign) {
            return Ok(first);
        }
        let mut members = vec![first, member(self)?];
        while self.take(sign) {
            members.push(member(self)?);
        }
        self.part(at, kind(members))
    }

    fn relation(&mut self) -> Read<'t> {
        let signs = ["==", "!=", "<=", ">=", "<", ">", "in"];
        self.chain(&signs, Self::sum)
    }

    fn sum(&mut self) -> Read<'t> {
        self.chain(&["+", "-"], Self::product)
    }

    fn product(&mut self) -> Read<'t> {
        self.chain(&["*", "/", "%"], Self::signed)
    }

    /// Operators of one strength, from left to right. How long the chain may be is bounded by the parts.
    fn chain(&mut self, signs: &[&'static str], member: fn(&mut Self) -> Read<'t>) -> Read<'t> {
        let mut left = member(self)?;
        loop {
            let at = self.place();
            let Some(sign) = signs.iter().copied().find(|sign| self.take(sign)) else {
                return Ok(left);
            };
            let right = member(self)?;
            left = self.part(at, Kind::Binary(sign, Box::new([left, right])))?;
        }
    }

    fn signed(&mut self) -> Read<'t> {
        let at = self.place();
        if self.take("!") {
            let inner = self.deeper(Self::signed)?;
            return self.part(at, Kind::Not(Box::new(inner)));
        }
        if self.take("-") {
            let inner = self.deeper(Self::signed)?;
            return self.part(at, Kind::Negative(Box::new(inner)));
        }
        self.member()
    }

    /// A value and what is asked of it: `account.within("…")`.
    fn member(&mut self) -> Read<'t> {
        let mut value = self.primary()?;
        loop {
            let at = self.place();
            if self.take("[") {
                return Err(Mistake::new(
                    at,
                    "nothing here has parts by number",
                    "compare with == or in",
                ));
            }
            if !self.take(".") {
                return Ok(value);
            }
            let Token::Word(name) = *self.advance() else {
                return Err(Mistake::new(
                    at,
                    "a function's name is missing behind the dot",
                    "such as within",
                ));
            };
            if !self.take("(") {
                let what = format!("{} is not called", quoted(name));
                return Err(Mistake::new(
                    at,
                    what,
                    format!("nothing here has fields; a function is {name}(…)"),
                ));
            }
            let arguments = self.list(")")?;
            value = self.part(at, Kind::Call(Some(Box::new(value)), name, arguments))?;
        }
    }

    fn primary(&mut self) -> Read<'t> {
        let at = self.place();
        let kind = match self.advance() {
            Token::Number(number) => Kind::Number(*number),
            Token::Text(text) if text.len() > LONGEST_TEXT => {
                let remedy = format!("at most {LONGEST_TEXT} octets");
                return Err(Mistake::new(at, "the text is too long", remedy));
            }
            Token::Text(text) => Kind::Text(text.clone()),
            Token::Word("true") => Kind::Bool(true),
            Token::Word("false") => Kind::Bool(false),
            Token::Word(name) => {
                let name = *name;
                if self.take("(") {
                    Kind::Call(None, name, self.list(")")?)
                } else {
                    Kind::Word(name)
                }
            }
            Token::Sign("(") => {
                let inner = self.choice()?;
                self.expect(")")?;
                return Ok(inner);
            }
            Token::Sign("[") => Kind::List(self.list("]")?),
            Token::End => {
                return Err(Mistake::new(
                    at,
                    "the condition ends too early",
                    "a test such as protected",
                ));
            }
            other @ Token::Sign(_) => {
                let what = format!("{} is not expected here", shown(other));
                return Err(Mistake::new(at, what, "a name, a number or a text in quotes"));
            }
        };
        self.part(at, kind)
    }

    /// Members separated by commas, up to `end`.
    fn list(&mut self, end: &'static str) -> Result<Vec<Expression<'t>>, Mistake> {
        let mut members = Vec::new();
        if self.take(end) {
            return Ok(members);
        }
        loop {
            members.push(self.choice()?);
            if !self.take(",") {
                self.expect(end)?;
                return Ok(members);
            }
        }
    }

    fn deeper(&mut self, read: impl FnOnce(&mut Self) -> Read<'t>) -> Read<'t> {
        if self.depth == DEEPEST {
            let what = "the condition is nested too deep";
            let remedy = format!("at most {DEEPEST} parentheses, lists, calls and signs in each other");
            return Err(Mistake::new(self.place(), what, remedy));
        }
        self.depth += 1;
        let inner = read(self);
        self.depth -= 1;
        inner
    }

    fn part(&mut self, at: usize, kind: Kind<'t>) -> Read<'t> {
        self.parts += 1;
        if self.parts > MOST_PARTS {
            let remedy = format!("at most {MOST_PARTS}; or several policies with a condition each");
            return Err(Mistake::new(at, "the condition has too many parts", remedy));
        }
        Ok(Expression { at, kind })
    }

    fn peek(&self) -> &Token<'t> {
        self.tokens.get(self.next).map_or(&Token::End, |(_, token)| token)
    }

    fn place(&self) -> usize {
        let here = self.tokens.get(self.next).or_else(|| self.tokens.last());
        here.map_or(0, |(at, _)| *at)
    }

    fn advance(&mut self) -> &Token<'t> {
        let position = self.next;
        self.next += 1;
        self.tokens.get(position).map_or(&Token::End, |(_, token)| token)
    }

    fn take(&mut self, sign: &str) -> bool {
        let is_there = match self.peek() {
            Token::Sign(found) => *found == sign,
            Token::Word(found) => sign == "in" && *found == sign,
            _ => false,
        };
        self.next += usize::from(is_there);
        is_there
    }

    fn expect(&mut self, sign: &'static str) -> Result<(), Mistake> {
        let (at, found) = (self.place(), shown(self.peek()));
        if self.take(sign) {
            return Ok(());
        }
        let what = format!("{found} stands where {} is expected", quoted(sign));
        Err(Mistake::new(at, what, format!("a {}", quoted(sign))))
    }
}

fn shown(token: &Token<'_>) -> String {
    match token {
        Token::Word(word) => quoted(word),
        Token::Number(number) => format!("the number {number}"),
        Token::Text(text) => format!("the text {}", quoted(text)),
        Token::Sign(sign) => quoted(sign),
        Token::End => "the end".to_owned(),
    }
}
