//! The grammar of RFC 7644 figure 1 and of PATCH paths (§3.5.2), with budgets that hold while it is read.

use super::lex::{Lexer, Token};
use super::{Leniency, WireFault, WireFaultKind};
use postern_identity::provisioning::Operator;

/// Longest text.
pub(super) const LONGEST: usize = 8 * 1024;
/// Most brackets within brackets.
pub(super) const DEEPEST: usize = 32;
/// Most comparisons. The length alone holds them to it: none takes less than 8 octets, `t pr or `.
pub(super) const MOST_TERMS: usize = 1_024;
const _: () = assert!(
    LONGEST / "t pr or ".len() <= MOST_TERMS,
    "terms need a budget of their own"
);

/// A filter whose names nobody has looked up yet.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Syntax<'t> {
    And(Vec<Syntax<'t>>),
    Or(Vec<Syntax<'t>>),
    Not(Box<Syntax<'t>>),
    Present(Name<'t>),
    Compare {
        name: Name<'t>,
        operator: Operator,
        literal: Literal,
        /// Of the literal.
        position: usize,
    },
    Element {
        name: Name<'t>,
        filter: Box<Syntax<'t>>,
    },
}

/// A name as it was typed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Name<'t> {
    pub(super) text: &'t str,
    pub(super) position: usize,
}

/// An operand as it was typed.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Literal {
    Text(String),
    Number(serde_json::Number),
    Boolean(bool),
    Null,
}

/// `name`, `name[filter]`, `name[filter].sub`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PathSyntax<'t> {
    pub(super) name: Name<'t>,
    pub(super) filter: Option<Syntax<'t>>,
    pub(super) sub: Option<Name<'t>>,
}

/// Reads a whole filter.
pub(super) fn filter(text: &str, leniency: Leniency) -> Result<Syntax<'_>, WireFault> {
    let mut parser = Parser::new(text, WireFaultKind::Filter, leniency)?;
    let syntax = parser.either()?;
    parser.nothing_more()?;
    Ok(syntax)
}

/// Reads a whole PATCH path.
pub(super) fn path(text: &str) -> Result<PathSyntax<'_>, WireFault> {
    let mut parser = Parser::new(text, WireFaultKind::Path, Leniency::default())?;
    let name = parser.name()?;
    let mut path = PathSyntax {
        name,
        filter: None,
        sub: None,
    };
    if parser.takes(&Token::OpenBracket)? {
        path.filter = Some(parser.element()?);
        path.sub = parser.sub()?;
    }
    parser.nothing_more()?;
    Ok(path)
}

struct Parser<'t> {
    lexer: Lexer<'t>,
    next: Option<(usize, Token<'t>)>,
    leniency: Leniency,
    depth: usize,
    in_element: bool,
}

impl<'t> Parser<'t> {
    fn new(text: &'t str, kind: WireFaultKind, leniency: Leniency) -> Result<Self, WireFault> {
        let mut lexer = Lexer::new(text, kind);
        if text.len() > LONGEST {
            return Err(lexer.fault(
                LONGEST,
                &format!("it goes on here, and {LONGEST} octets is the most that is read"),
            ));
        }
        let next = lexer.token()?;
        Ok(Self {
            lexer,
            next,
            leniency,
            depth: 0,
            in_element: false,
        })
    }

    /// `a or b`, which binds last (RFC 7644 §3.4.2.2).
    fn either(&mut self) -> Result<Syntax<'t>, WireFault> {
        let mut parts = vec![self.both()?];
        while self.takes_word("or")? {
            parts.push(self.both()?);
        }
        Ok(one_or(parts, Syntax::Or))
    }

    fn both(&mut self) -> Result<Syntax<'t>, WireFault> {
        let mut parts = vec![self.single()?];
        while self.takes_word("and")? {
            parts.push(self.single()?);
        }
        Ok(one_or(parts, Syntax::And))
    }

    fn single(&mut self) -> Result<Syntax<'t>, WireFault> {
        if self.takes(&Token::Open)? {
            return self.group();
        }
        let name = self.name()?;
        // RFC 7644 wants a blank after `not`; many leave it out.
        if name.text.eq_ignore_ascii_case("not") && self.takes(&Token::Open)? {
            return Ok(Syntax::Not(Box::new(self.group()?)));
        }
        if self.takes(&Token::OpenBracket)? {
            return self.value_path(name);
        }
        self.comparison(name)
    }

    /// After its opening parenthesis.
    fn group(&mut self) -> Result<Syntax<'t>, WireFault> {
        self.deeper()?;
        let inner = self.either()?;
        self.depth -= 1;
        self.expect(&Token::Close, "a closing parenthesis is missing here")?;
        Ok(inner)
    }

    /// After its opening bracket. What follows it is not of the RFC's grammar but sent by Entra: `emails[type eq "work"].value eq "x"` means
    /// `emails[type eq "work" and value eq "x"]`.
    fn value_path(&mut self, name: Name<'t>) -> Result<Syntax<'t>, WireFault> {
        let mut filter = self.element()?;
        if let Some(sub) = self.sub()? {
            let comparison = self.comparison(sub)?;
            filter = match filter {
                Syntax::And(mut parts) => {
                    parts.push(comparison);
                    Syntax::And(parts)
                }
                other => Syntax::And(vec![other, comparison]),
            };
        }
        Ok(Syntax::Element {
            name,
            filter: Box::new(filter),
        })
    }

    fn element(&mut self) -> Result<Syntax<'t>, WireFault> {
        if self.in_element {
            return Err(self.fault_here("brackets within brackets mean nothing"));
        }
        self.deeper()?;
        self.in_element = true;
        let filter = self.either()?;
        self.in_element = false;
        self.depth -= 1;
        self.expect(&Token::CloseBracket, "a closing bracket is missing here")?;
        Ok(filter)
    }

    /// `.value`, after a closing bracket.
    fn sub(&mut self) -> Result<Option<Name<'t>>, WireFault> {
        match self.next {
            Some((position, Token::Word(word))) => match word.strip_prefix('.') {
                Some(text) => {
                    self.advance()?;
                    Ok(Some(Name {
                        text,
                        position: position + 1,
                    }))
                }
                None => Ok(None),
            },
            _ => Ok(None),
        }
    }

    fn comparison(&mut self, name: Name<'t>) -> Result<Syntax<'t>, WireFault> {
        let Some((position, Token::Word(word))) = self.next else {
            return Err(self.fault_here("an operator is missing here: eq, ne, co, sw, ew, pr, gt, ge, lt or le"));
        };
        if word.eq_ignore_ascii_case("pr") {
            self.advance()?;
            return Ok(Syntax::Present(name));
        }
        let Some(operator) = operator(word) else {
            return Err(self.lexer.fault(
                position,
                "this is no operator; there are eq, ne, co, sw, ew, pr, gt, ge, lt and le",
            ));
        };
        self.advance()?;
        let position = self.position();
        let literal = self.literal()?;
        Ok(Syntax::Compare {
            name,
            operator,
            literal,
            position,
        })
    }

    fn literal(&mut self) -> Result<Literal, WireFault> {
        let position = self.position();
        match self.advance()? {
            Some(Token::Text(text)) => Ok(Literal::Text(text)),
            Some(Token::Number(number)) => Ok(Literal::Number(number)),
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("true") => Ok(Literal::Boolean(true)),
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("false") => Ok(Literal::Boolean(false)),
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("null") => Ok(Literal::Null),
            Some(Token::Word(word)) if self.leniency.bare_words => Ok(Literal::Text(word.to_owned())),
            Some(Token::Word(_)) => Err(self.lexer.fault(position, "text stands in quotes")),
            _ => Err(self.lexer.fault(
                position,
                "a value is missing here: text in quotes, a number, true, false or null",
            )),
        }
    }

    fn name(&mut self) -> Result<Name<'t>, WireFault> {
        match self.next {
            Some((position, Token::Word(text))) => {
                self.advance()?;
                Ok(Name { text, position })
            }
            _ => Err(self.fault_here("the name of an attribute is missing here")),
        }
    }

    /// Before anything is read one level further down, so that no text can exhaust the stack.
    fn deeper(&mut self) -> Result<(), WireFault> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.fault_here(&format!("brackets stand more than {DEEPEST} deep")));
        }
        Ok(())
    }

    fn takes_word(&mut self, wanted: &str) -> Result<bool, WireFault> {
        let is = matches!(self.next, Some((_, Token::Word(word))) if word.eq_ignore_ascii_case(wanted));
        if is {
            self.advance()?;
        }
        Ok(is)
    }

    fn takes(&mut self, wanted: &Token<'_>) -> Result<bool, WireFault> {
        let is = matches!(&self.next, Some((_, token)) if token == wanted);
        if is {
            self.advance()?;
        }
        Ok(is)
    }

    fn expect(&mut self, wanted: &Token<'_>, otherwise: &str) -> Result<(), WireFault> {
        if self.takes(wanted)? {
            Ok(())
        } else {
            Err(self.fault_here(otherwise))
        }
    }

    fn nothing_more(&self) -> Result<(), WireFault> {
        match self.next {
            None => Ok(()),
            Some(_) => Err(self.fault_here("nothing more was expected here")),
        }
    }

    fn advance(&mut self) -> Result<Option<Token<'t>>, WireFault> {
        let following = self.lexer.token()?;
        Ok(std::mem::replace(&mut self.next, following).map(|(_, token)| token))
    }

    fn position(&self) -> usize {
        self.next.as_ref().map_or(self.lexer.end(), |(position, _)| *position)
    }

    fn fault_here(&self, what: &str) -> WireFault {
        self.lexer.fault(self.position(), what)
    }
}

fn one_or<'t>(mut parts: Vec<Syntax<'t>>, several: fn(Vec<Syntax<'t>>) -> Syntax<'t>) -> Syntax<'t> {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            several(parts)
        }
        None => several(parts),
    }
}

fn operator(word: &str) -> Option<Operator> {
    const OPERATORS: [(&str, Operator); 9] = [
        ("eq", Operator::Eq),
        ("ne", Operator::Ne),
        ("co", Operator::Co),
        ("sw", Operator::Sw),
        ("ew", Operator::Ew),
        ("gt", Operator::Gt),
        ("ge", Operator::Ge),
        ("lt", Operator::Lt),
        ("le", Operator::Le),
    ];
    OPERATORS
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(word))
        .map(|(_, operator)| *operator)
}
