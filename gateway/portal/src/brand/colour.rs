//! Colours, and whether they can be told apart (WCAG 2.2, 1.4.3).

use std::fmt;
use std::str::FromStr;

/// The grounds of the pages, as /style.css has them: the page and what is raised from it.
pub(super) const LIGHT_GROUNDS: [Colour; 2] = [Colour(0xff, 0xff, 0xff), Colour(0xf4, 0xf5, 0xf7)];
pub(super) const DARK_GROUNDS: [Colour; 2] = [Colour(0x14, 0x18, 0x1d), Colour(0x1e, 0x24, 0x2b)];

/// The least contrast of text.
const LEAST: f64 = 4.5;

/// `#rrggbb`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour(u8, u8, u8);

/// It is not written as colours are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a colour is written as #rrggbb")]
pub struct NoColour;

impl Colour {
    /// On light ground.
    pub const BLUE: Self = Self(0x0b, 0x57, 0xa4);
    /// On dark ground.
    pub const LIGHT_BLUE: Self = Self(0x8a, 0xc2, 0xff);

    /// The contrast with that of these grounds it is most like, where that is too little; cut, not rounded, to two places.
    pub(super) fn too_like(self, grounds: &[Self]) -> Option<String> {
        let least = grounds
            .iter()
            .map(|ground| self.contrast(*ground))
            .fold(f64::INFINITY, f64::min);
        (least < LEAST).then(|| format!("{:.2}", (least * 100.0).floor() / 100.0))
    }

    /// From 1 to 21 (WCAG 2.2, "contrast ratio").
    pub(super) fn contrast(self, other: Self) -> f64 {
        let (one, other) = (self.luminance(), other.luminance());
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    /// WCAG 2.2, "relative luminance".
    fn luminance(self) -> f64 {
        let linear = |part: u8| {
            let part = f64::from(part) / 255.0;
            if part <= 0.040_45 {
                part / 12.92
            } else {
                ((part + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * linear(self.0) + 0.7152 * linear(self.1) + 0.0722 * linear(self.2)
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

impl FromStr for Colour {
    type Err = NoColour;

    fn from_str(text: &str) -> Result<Self, NoColour> {
        let digits = text
            .strip_prefix('#')
            .filter(|digits| digits.len() == 6)
            .ok_or(NoColour)?;
        let part = |at: usize| {
            let pair = digits
                .get(at..at + 2)
                .filter(|pair| pair.bytes().all(|digit| digit.is_ascii_hexdigit()));
            pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()).ok_or(NoColour)
        };
        Ok(Self(part(0)?, part(2)?, part(4)?))
    }
}
