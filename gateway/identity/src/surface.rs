//! The ways a standing can be shown to an application.

use std::fmt;

/// One way of showing a standing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Surface {
    /// The password policy response control (draft-behera-ldap-password-policy), where the client asked for it.
    Ppolicy,
    /// Netscape's password controls (draft-vchu-ldap-pwd-policy), for which nobody asks.
    Netscape,
    /// The line of Active Directory with its sub-code, in the diagnostic message.
    Ad,
    /// One line of text in the diagnostic message, with the portal's address.
    Text,
    /// Result codes alone: 0 or 49.
    Plain,
    /// Whatever the directory answered, byte for byte.
    Transparent,
}

impl Surface {
    /// Every surface, in the order of `repr`.
    pub const ALL: [Self; 6] = [
        Self::Ppolicy,
        Self::Netscape,
        Self::Ad,
        Self::Text,
        Self::Plain,
        Self::Transparent,
    ];

    /// As written in policy files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ppolicy => "ppolicy",
            Self::Netscape => "netscape",
            Self::Ad => "ad",
            Self::Text => "text",
            Self::Plain => "plain",
            Self::Transparent => "transparent",
        }
    }

    /// Whether it cannot be joined with another: it says that nothing else is shown.
    pub fn stands_alone(self) -> bool {
        matches!(self, Self::Plain | Self::Transparent)
    }
}

/// The surfaces of a route: several at once, or one that [stands alone](Surface::stands_alone).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Surfaces(u8);

impl Surfaces {
    /// Whether it is one of them.
    pub fn contains(self, surface: Surface) -> bool {
        self.0 & (1 << surface as u8) != 0
    }

    /// Whether every answer passes as the directory gave it.
    pub fn is_transparent(self) -> bool {
        self.contains(Surface::Transparent)
    }

    /// Each of them, in the order of [`Surface::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Surface> {
        Surface::ALL.into_iter().filter(move |surface| self.contains(*surface))
    }
}

impl From<Surface> for Surfaces {
    fn from(surface: Surface) -> Self {
        Self(1 << surface as u8)
    }
}

impl FromIterator<Surface> for Surfaces {
    fn from_iter<I: IntoIterator<Item = Surface>>(iter: I) -> Self {
        Self(iter.into_iter().fold(0, |bits, surface| bits | 1 << surface as u8))
    }
}

/// `ppolicy, text`.
impl fmt::Display for Surfaces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, surface) in self.iter().enumerate() {
            if position > 0 {
                f.write_str(", ")?;
            }
            f.write_str(surface.as_str())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn surfaces_hold_what_they_were_made_of_and_say_it_in_one_order() {
        let mixed: Surfaces = [Surface::Text, Surface::Ppolicy].into_iter().collect();
        for surface in Surface::ALL {
            assert_eq!(
                mixed.contains(surface),
                matches!(surface, Surface::Text | Surface::Ppolicy)
            );
            assert_eq!(Surfaces::from(surface).to_string(), surface.as_str());
        }
        assert_eq!(mixed.to_string(), "ppolicy, text");
        assert!(!mixed.is_transparent() && Surfaces::from(Surface::Transparent).is_transparent());
    }
}
