//! The texts a person is shown: templates with a few placeholders, checked when they are loaded so that nothing can go wrong
//! when they are used.
//!
//! A text ends up in the diagnostic message of a bind response (RFC 4511 §4.1.9), which applications log, cut and match.
//! So it is one line, short, without control characters, and never holds what clients of Active Directory take for a
//! sub-code (`data 773`).

use postern_identity::{Disclosed, State, StateName, Warning};
use std::fmt::Write as _;
use std::sync::Arc;

/// The longest a text may become, in octets.
pub const LONGEST_TEXT: usize = 400;

const PLACEHOLDERS: &str = "{portal_url}, {seconds}, {days} or {grace_left}";
const SECONDS_A_DAY: u64 = 86_400;

/// What is wrong with a template, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mistake {
    pub(crate) what: String,
    pub(crate) remedy: String,
}

/// A template as it is written in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template {
    pieces: Vec<Piece>,
}

/// A template made ready for one route and one state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Message {
    /// Always the same.
    Fixed(Arc<str>),
    /// With numbers that the directory tells at each sign-in.
    Filled(Vec<Piece>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    Text(String),
    PortalUrl,
    Seconds,
    Days,
    GraceLeft,
}

impl Template {
    /// Reads a template. Its length is checked by [`Template::ready`], when the portal's address is known.
    pub(crate) fn parse(text: &str) -> Result<Self, Mistake> {
        if text.trim().is_empty() {
            return Err(mistake("the text is empty", "one line of text"));
        }
        check_characters(text)?;
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(brace) = rest.find(['{', '}']) {
            let (before, after) = rest.split_at(brace);
            if !before.is_empty() {
                pieces.push(Piece::Text(before.to_owned()));
            }
            let (name, left) = after
                .strip_prefix('{')
                .and_then(|inner| inner.split_once('}'))
                .ok_or_else(|| mistake("a brace stands alone in the text", PLACEHOLDERS))?;
            pieces.push(match name {
                "portal_url" => Piece::PortalUrl,
                "seconds" => Piece::Seconds,
                "days" => Piece::Days,
                "grace_left" => Piece::GraceLeft,
                other => {
                    let what = format!(
                        "unknown placeholder {}",
                        crate::problem::quoted(&format!("{{{other}}}"))
                    );
                    return Err(mistake(&what, PLACEHOLDERS));
                }
            });
            rest = left;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Ok(Self { pieces })
    }

    /// The text Postern has of its own for a state.
    pub(crate) fn built_in(state: StateName, with_portal: bool) -> Self {
        let (sentence, portal) = match state {
            StateName::Active => ("Sign-in is not possible here.", ""),
            StateName::MustChange => ("Your password must be changed before you can sign in.", " Go to "),
            StateName::Expired | StateName::ExpiredGrace => ("Your password has expired.", " Set a new one at "),
            StateName::Expiring => ("Your password is about to expire.", " Change it at "),
            StateName::Locked => ("Your account is locked. Try again later or ask your help desk.", ""),
            StateName::Disabled => ("Your account is switched off. Ask your help desk.", ""),
            StateName::AccountExpired => ("Your account has ended. Ask your help desk.", ""),
            StateName::NotYetValid => ("Your account is not valid yet. Ask your help desk.", ""),
            StateName::OutsideHours => ("You cannot sign in at this hour.", ""),
            StateName::WrongWorkstation => ("You cannot sign in from this computer.", ""),
            StateName::TransportRefused => ("A protected connection is needed to sign in.", ""),
            StateName::Unknown => ("Invalid credentials", ""),
        };
        let mut pieces = vec![Piece::Text(sentence.to_owned())];
        if with_portal && !portal.is_empty() {
            pieces.push(Piece::Text(portal.to_owned()));
            pieces.push(Piece::PortalUrl);
        }
        Self { pieces }
    }

    /// Puts the portal's address in and makes sure that the text fits whatever the directory tells.
    pub(crate) fn ready(&self, state: StateName, portal_url: Option<&str>) -> Result<Message, Mistake> {
        let mut pieces = Vec::with_capacity(self.pieces.len());
        for piece in &self.pieces {
            pieces.push(match piece {
                Piece::PortalUrl => Piece::Text(
                    portal_url
                        .ok_or_else(|| {
                            mistake(
                                "{portal_url} is used on a route that has no portal_url",
                                "leave {portal_url} out, or give the route a portal_url in the configuration",
                            )
                        })?
                        .to_owned(),
                ),
                Piece::Seconds | Piece::Days if state != StateName::Expiring => {
                    return Err(not_told("{seconds} and {days}", StateName::Expiring, state));
                }
                Piece::GraceLeft if state != StateName::ExpiredGrace => {
                    return Err(not_told("{grace_left}", StateName::ExpiredGrace, state));
                }
                other => other.clone(),
            });
        }
        let longest = filled(&pieces, u64::MAX, u32::MAX);
        if longest.len() > LONGEST_TEXT {
            return Err(mistake(
                &format!("the text can become {} octets long", longest.len()),
                &format!("at most {LONGEST_TEXT}"),
            ));
        }
        check_characters(&longest)?;
        check_sub_code(&longest)?;
        let fixed = pieces.iter().all(|piece| matches!(piece, Piece::Text(_)));
        Ok(if fixed {
            Message::Fixed(longest.into())
        } else {
            Message::Filled(pieces)
        })
    }
}

impl Message {
    /// The text for what may be told.
    pub(crate) fn text(&self, told: Disclosed) -> Arc<str> {
        match self {
            Self::Fixed(text) => Arc::clone(text),
            Self::Filled(pieces) => {
                let seconds = match (told.state(), told.warning()) {
                    (State::Expiring { seconds }, _) | (_, Some(Warning::ExpiresIn(seconds))) => seconds,
                    _ => 0,
                };
                let grace_left = match (told.state(), told.warning()) {
                    (State::ExpiredGrace { left }, _) | (_, Some(Warning::GraceLeft(left))) => left,
                    _ => 0,
                };
                filled(pieces, seconds, grace_left).into()
            }
        }
    }
}

/// Days are rounded down, so that nobody is told of more time than there is.
fn filled(pieces: &[Piece], seconds: u64, grace_left: u32) -> String {
    let mut text = String::new();
    for piece in pieces {
        // Writing to a string cannot fail.
        let _ = match piece {
            Piece::Text(words) => text.write_str(words),
            Piece::PortalUrl => Ok(()),
            Piece::Seconds => write!(text, "{seconds}"),
            Piece::Days => write!(text, "{}", seconds / SECONDS_A_DAY),
            Piece::GraceLeft => write!(text, "{grace_left}"),
        };
    }
    text
}

/// One line without control characters. The line and paragraph separators of Unicode end lines too.
pub(crate) fn is_one_line(text: &str) -> bool {
    !text
        .chars()
        .any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'))
}

fn check_characters(text: &str) -> Result<(), Mistake> {
    if is_one_line(text) {
        Ok(())
    } else {
        Err(mistake(
            "the text has a line break or a control character",
            "one line of plain text",
        ))
    }
}

/// `data ` and a hexadecimal digit is how Active Directory writes sub-codes; clients act on them.
fn check_sub_code(text: &str) -> Result<(), Mistake> {
    if holds_sub_code(text) {
        Err(mistake(
            "clients of Active Directory would take \"data\" and what follows it for a sub-code",
            "say it in other words",
        ))
    } else {
        Ok(())
    }
}

pub(crate) fn holds_sub_code(text: &str) -> bool {
    let folded = text.to_ascii_lowercase();
    folded.split("data").skip(1).any(|after| {
        let trimmed = after.trim_start();
        trimmed.len() < after.len() && trimmed.starts_with(|first: char| first.is_ascii_hexdigit())
    })
}

fn not_told(placeholder: &str, owner: StateName, state: StateName) -> Mistake {
    mistake(
        &format!("{placeholder} cannot be used in the text for {state}, where no such number is told"),
        &format!("use it in a text for {owner} alone"),
    )
}

fn mistake(what: &str, remedy: &str) -> Mistake {
    Mistake {
        what: what.to_owned(),
        remedy: remedy.to_owned(),
    }
}

#[cfg(test)]
mod tests;
