//! Logos: the part of SVG that draws, and nothing that runs, loads or leads elsewhere. What is not on the lists below is refused, not taken out, so
//! that what is shown is what was given. The result is written anew: nothing of the file that was not understood can get through.

use std::fmt::Write as _;

/// The largest logo, in octets.
pub(super) const LARGEST_LOGO: usize = 16 * 1024;
/// The most elements inside each other.
const DEEPEST: usize = 16;

const ELEMENTS: [&str; 16] = [
    "svg",
    "g",
    "path",
    "rect",
    "circle",
    "ellipse",
    "line",
    "polyline",
    "polygon",
    "title",
    "desc",
    "defs",
    "linearGradient",
    "radialGradient",
    "stop",
    "clipPath",
];
const ATTRIBUTES: [&str; 55] = [
    "xmlns",
    "version",
    "viewBox",
    "width",
    "height",
    "preserveAspectRatio",
    "id",
    "x",
    "y",
    "x1",
    "y1",
    "x2",
    "y2",
    "cx",
    "cy",
    "r",
    "rx",
    "ry",
    "fx",
    "fy",
    "d",
    "points",
    "transform",
    "fill",
    "fill-opacity",
    "fill-rule",
    "clip-rule",
    "clip-path",
    "stroke",
    "stroke-width",
    "stroke-opacity",
    "stroke-linecap",
    "stroke-linejoin",
    "stroke-miterlimit",
    "stroke-dasharray",
    "stroke-dashoffset",
    "opacity",
    "offset",
    "stop-color",
    "stop-opacity",
    "gradientUnits",
    "gradientTransform",
    "spreadMethod",
    "clipPathUnits",
    "color",
    "display",
    "visibility",
    "overflow",
    "enable-background",
    "role",
    "aria-hidden",
    "aria-label",
    "focusable",
    "shape-rendering",
    "vector-effect",
];
const SVG: &str = "http://www.w3.org/2000/svg";

/// A logo that can be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logo(String);

/// Why a file is not taken, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoLogo {
    /// Pages are small.
    #[error("it is larger than {LARGEST_LOGO} octets: have it simplified")]
    TooLarge,
    /// It cannot be read.
    #[error("it is not an SVG file that can be read ({0})")]
    Unreadable(&'static str),
    /// An element that is not one of those that draw.
    #[error("it has the element <{0}>: shapes and gradients are taken, text has to be made into paths")]
    Element(String),
    /// An attribute that is not one of those of shapes.
    #[error("it has the attribute {0}: write styles as attributes such as fill, and leave out links and scripts")]
    Attribute(String),
    /// A value that could load something.
    #[error("the attribute {0} has a value that leads out of the file")]
    Value(String),
}

impl Logo {
    /// From an SVG file.
    pub fn from_svg(octets: &[u8]) -> Result<Self, NoLogo> {
        if octets.len() > LARGEST_LOGO {
            return Err(NoLogo::TooLarge);
        }
        let text = std::str::from_utf8(octets).map_err(|_| NoLogo::Unreadable("it is not text"))?;
        let mut reader = Reader {
            rest: text.trim_start_matches('\u{feff}'),
            clean: String::new(),
            open: Vec::new(),
            begun: false,
        };
        while reader.step()? {}
        match (reader.begun, reader.open.is_empty()) {
            (true, true) => Ok(Self(reader.clean)),
            _ => Err(NoLogo::Unreadable("it is not whole")),
        }
    }

    /// As a file of its own.
    pub(crate) fn as_svg(&self) -> &str {
        &self.0
    }
}

struct Reader<'a> {
    rest: &'a str,
    clean: String,
    open: Vec<&'a str>,
    begun: bool,
}

impl<'a> Reader<'a> {
    /// One tag, comment or piece of text. False at the end.
    fn step(&mut self) -> Result<bool, NoLogo> {
        if self.rest.is_empty() {
            return Ok(false);
        }
        if let Some(rest) = self.rest.strip_prefix("<!--") {
            self.rest = rest
                .split_once("-->")
                .ok_or(NoLogo::Unreadable("a comment has no end"))?
                .1;
        } else if let Some(rest) = self.rest.strip_prefix("<?") {
            // A declaration in front. Style sheets stand in such a thing too: it is dropped, not kept.
            self.rest = rest
                .split_once("?>")
                .ok_or(NoLogo::Unreadable("a declaration has no end"))?
                .1;
        } else if let Some(rest) = self.rest.strip_prefix("</") {
            let (name, rest) = rest.split_once('>').ok_or(NoLogo::Unreadable("a tag has no end"))?;
            if self.open.pop() != Some(name.trim_end()) {
                return Err(NoLogo::Unreadable("tags do not match"));
            }
            let _ = write!(self.clean, "</{}>", name.trim_end());
            self.rest = rest;
        } else if let Some(rest) = self.rest.strip_prefix('<') {
            self.rest = rest;
            self.tag()?;
        } else {
            let (text, rest) = self.rest.split_at(self.rest.find('<').unwrap_or(self.rest.len()));
            self.text(text)?;
            self.rest = rest;
        }
        Ok(true)
    }

    fn tag(&mut self) -> Result<(), NoLogo> {
        let name = self.name();
        let element = ELEMENTS
            .iter()
            .find(|known| **known == name)
            .ok_or_else(|| NoLogo::Element(shown(name, self.rest)))?;
        let outermost = self.open.is_empty();
        if outermost && (self.begun || *element != "svg") {
            return Err(NoLogo::Unreadable("it is more, or other, than one <svg>"));
        }
        if self.open.len() >= DEEPEST {
            return Err(NoLogo::Unreadable("its elements are nested too deeply"));
        }
        self.begun = true;
        let _ = write!(self.clean, "<{element}");
        let mut seen: Vec<&str> = Vec::new();
        loop {
            self.rest = self.rest.trim_start();
            if let Some(rest) = self.rest.strip_prefix("/>") {
                self.rest = rest;
                self.default_space(outermost, &seen);
                self.clean.push_str("/>");
                return Ok(());
            }
            if let Some(rest) = self.rest.strip_prefix('>') {
                self.rest = rest;
                self.default_space(outermost, &seen);
                self.clean.push('>');
                self.open.push(element);
                return Ok(());
            }
            let attribute = self.attribute()?;
            if seen.contains(&attribute) {
                return Err(NoLogo::Unreadable("an attribute stands there twice"));
            }
            seen.push(attribute);
        }
    }

    fn default_space(&mut self, outermost: bool, seen: &[&str]) {
        if outermost && !seen.contains(&"xmlns") {
            let _ = write!(self.clean, " xmlns=\"{SVG}\"");
        }
    }

    fn attribute(&mut self) -> Result<&'static str, NoLogo> {
        let name = self.name();
        let known = ATTRIBUTES
            .iter()
            .find(|known| **known == name)
            .ok_or_else(|| NoLogo::Attribute(shown(name, self.rest)))?;
        let unreadable = NoLogo::Unreadable("an attribute has no value");
        let rest = self
            .rest
            .trim_start()
            .strip_prefix('=')
            .ok_or(unreadable.clone())?
            .trim_start();
        let quote = rest
            .chars()
            .next()
            .filter(|quote| matches!(quote, '"' | '\''))
            .ok_or(unreadable.clone())?;
        let (value, rest) = rest
            .get(1..)
            .and_then(|rest| rest.split_once(quote))
            .ok_or(unreadable)?;
        self.rest = rest;
        if !harmless(known, value) {
            return Err(NoLogo::Value((*known).to_owned()));
        }
        let _ = write!(self.clean, " {known}=\"{}\"", value.trim());
        Ok(known)
    }

    fn name(&mut self) -> &'a str {
        let end = self
            .rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':' | '.')))
            .unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        name
    }

    fn text(&mut self, text: &str) -> Result<(), NoLogo> {
        if text.contains(['&', '>']) {
            return Err(NoLogo::Unreadable("there are signs in its text that it cannot have"));
        }
        if !text.trim().is_empty() {
            if self.open.is_empty() {
                return Err(NoLogo::Unreadable("there is text around it"));
            }
            self.clean.push_str(text.trim());
        }
        Ok(())
    }
}

/// Names are told as far as they are names: what is wrong may be anything.
fn shown(name: &str, rest: &str) -> String {
    if name.is_empty() {
        rest.chars().take(1).filter(|c| !c.is_control()).collect()
    } else {
        name.chars().take(40).collect()
    }
}

/// No entities, no quotes, nothing that loads: `url(…)` may point into the file alone.
fn harmless(name: &str, value: &str) -> bool {
    if name == "xmlns" {
        return value == SVG;
    }
    let plain = value
        .chars()
        .all(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t'))
        && !value.contains(['<', '>', '&', '"', '\'', '\\', '@', '{', '}', ';']);
    let folded: String = value.to_ascii_lowercase().split_whitespace().collect();
    let inward = !folded.contains("url(") || (folded.starts_with("url(#") && folded.matches("url(").count() == 1);
    plain && inward && (name == "aria-label" || !folded.contains(':')) && !folded.contains("//")
}
