//! Attribute descriptions (RFC 4512 §2.5): what is left of them when options and spelling are taken away.

mod standard;

pub use standard::{canonical, spellings, stands_for};

/// The base type of an attribute description: without options, white space around it and the old "OID." prefix (RFC 2251 §4.1.4).
/// Compare it without regard to case.
pub fn base_type(description: &[u8]) -> &[u8] {
    let mut base = description
        .split(|&octet| octet == b';')
        .next()
        .unwrap_or_default()
        .trim_ascii();
    while let Some((prefix, rest)) = base.split_at_checked(4)
        && prefix.eq_ignore_ascii_case(b"oid.")
    {
        base = rest.trim_ascii();
    }
    base
}

/// How a base type is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spelling {
    /// A short name: a letter, then letters, digits, `-` and the `_` that 389 Directory Server allows.
    Name,
    /// A dotted OID without needless zeros.
    Oid,
    /// Anything else. Servers written in C stop at a NUL, others fold letters outside ASCII or skip zeros: what such octets
    /// name is theirs to know.
    Odd,
}

/// How a base type is written (RFC 4512 §1.4: `descr` and `numericoid`).
pub fn spelling(base: &[u8]) -> Spelling {
    match base.first() {
        Some(first) if first.is_ascii_alphabetic() => {
            if base
                .iter()
                .all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_'))
            {
                Spelling::Name
            } else {
                Spelling::Odd
            }
        }
        Some(_) if is_oid(base) => Spelling::Oid,
        _ => Spelling::Odd,
    }
}

/// Whether these octets are a dotted OID in its only right spelling.
pub fn is_oid(octets: &[u8]) -> bool {
    octets.contains(&b'.')
        && octets.split(|&octet| octet == b'.').all(|arc| match arc {
            [] | [b'0', _, ..] => false,
            digits => digits.iter().all(u8::is_ascii_digit),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_white_space_and_the_old_prefix_are_no_part_of_a_base_type() {
        for (description, base) in [
            (&b"cn"[..], &b"cn"[..]),
            (b"cn;lang-de;x-a", b"cn"),
            (b" \tcn \r\n", b"cn"),
            (b"OID.2.5.4.3", b"2.5.4.3"),
            (b"oid. 2.5.4.3 ;binary", b"2.5.4.3"),
            (b"OID.oid.2.5.4.3", b"2.5.4.3"),
            (b"oidx", b"oidx"),
            (b";binary", b""),
            (b"", b""),
        ] {
            assert_eq!(base_type(description), base, "{description:?}");
        }
    }

    #[test]
    fn what_is_neither_a_name_nor_an_oid_is_odd() {
        for name in [&b"cn"[..], b"userPassword", b"ds-pwp-retired-password", b"x_y"] {
            assert_eq!(spelling(name), Spelling::Name);
        }
        for oid in [&b"2.5.4.3"[..], b"0.9.2342.19200300.100.1.1", b"1.0"] {
            assert_eq!(spelling(oid), Spelling::Oid);
        }
        for odd in [
            &b""[..],
            b"*",
            b"2",
            b"2.5.4.035",
            b"2..5",
            b"2.5.",
            b".2.5",
            b"2.5.4.a",
            b"user\0",
            b"user Password",
            b"user.password",
            b"u\xc5\xbferPassword",
            b"-a",
            b"{0}cn",
            b"us\\65r",
        ] {
            assert_eq!(spelling(odd), Spelling::Odd, "{odd:?}");
        }
    }
}
