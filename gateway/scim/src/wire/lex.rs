//! Text into words, literals and brackets, each with its position.

use super::{WireFault, WireFaultKind};

/// One piece of a filter or path.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token<'t> {
    /// A name, an operator, `true`, `.value` after a bracket.
    Word(&'t str),
    /// A JSON string, unescaped.
    Text(String),
    /// A JSON number.
    Number(serde_json::Number),
    Open,
    Close,
    OpenBracket,
    CloseBracket,
}

/// Reads pieces one after the other.
pub(super) struct Lexer<'t> {
    text: &'t str,
    position: usize,
    kind: WireFaultKind,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t str, kind: WireFaultKind) -> Self {
        Self {
            text,
            position: 0,
            kind,
        }
    }

    /// The next piece and where it begins; `None` at the end.
    pub(super) fn token(&mut self) -> Result<Option<(usize, Token<'t>)>, WireFault> {
        let rest = self.rest();
        let trimmed = rest.trim_start_matches([' ', '\t']);
        self.position += rest.len() - trimmed.len();
        let start = self.position;
        let Some(first) = trimmed.chars().next() else {
            return Ok(None);
        };
        let token = match first {
            '(' => self.bracket(Token::Open),
            ')' => self.bracket(Token::Close),
            '[' => self.bracket(Token::OpenBracket),
            ']' => self.bracket(Token::CloseBracket),
            '"' => self.string()?,
            '-' | '0'..='9' => self.number()?,
            _ if is_of_a_word(first) => Token::Word(self.take(is_of_a_word)),
            _ => return Err(self.fault(start, "this character has no place here")),
        };
        Ok(Some((start, token)))
    }

    pub(super) fn fault(&self, position: usize, what: &str) -> WireFault {
        WireFault::at(self.kind, self.text, position, what)
    }

    pub(super) fn end(&self) -> usize {
        self.text.len()
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.position..).unwrap_or_default()
    }

    fn bracket(&mut self, token: Token<'t>) -> Token<'t> {
        self.position += 1;
        token
    }

    fn take(&mut self, belongs: fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let length = rest.find(|letter| !belongs(letter)).unwrap_or(rest.len());
        self.position += length;
        rest.get(..length).unwrap_or_default()
    }

    /// RFC 7644 §3.4.2.2: literals are those of JSON.
    fn string(&mut self) -> Result<Token<'t>, WireFault> {
        let start = self.position;
        let mut escaped = false;
        let closes = |&(_, octet): &(usize, u8)| {
            let ends = octet == b'"' && !escaped;
            escaped = octet == b'\\' && !escaped;
            ends
        };
        let Some((length, _)) = self.rest().bytes().enumerate().skip(1).find(closes) else {
            return Err(self.fault(start, "the quote that opens here is never closed"));
        };
        let literal = self.rest().get(..=length).unwrap_or_default();
        let Ok(text) = serde_json::from_str(literal) else {
            return Err(self.fault(start, "this is not a JSON string"));
        };
        self.position += literal.len();
        Ok(Token::Text(text))
    }

    fn number(&mut self) -> Result<Token<'t>, WireFault> {
        let start = self.position;
        let literal = self.take(is_of_a_word);
        serde_json::from_str(literal)
            .map(Token::Number)
            .map_err(|_| self.fault(start, "this is not a JSON number"))
    }
}

/// What names, URNs and numbers are made of: no brackets, quotes or blanks.
fn is_of_a_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '$' | '.' | ':' | '/' | '%' | '+' | '@')
}
