//! The header of the PROXY protocol, version 2, in which a load balancer says whose connection it passes on. Sans-IO: octets in, an
//! address out. It comes before everything else on a connection, TLS too, and is believed only from peers the listener trusts.
//!
//! What else a load balancer may add (TLVs: the server name or the certificate it saw) is stepped over and not believed; the checksum
//! among them is compared where it is there.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The fixed part: signature, version and command, family, length of the rest.
pub(crate) const FIXED: usize = 16;
/// The most octets that may follow the fixed part. Addresses take 36; some load balancers add certificates' names.
pub(crate) const LONGEST_REST: usize = 4096;

const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";
/// How the older, textual version begins.
const VERSION_1: &[u8] = b"PROXY";
/// The TLV that holds a CRC-32C over the whole header, counted with its own value as zeros.
const CHECKSUM: u8 = 0x03;

/// What the octets so far come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Parsed {
    /// The header is not whole before this many octets are there, or more. Always more than there are.
    More(usize),
    /// A whole header.
    Header {
        /// Its length in octets: what follows is the client's.
        length: usize,
        /// The client, or `None` where the load balancer speaks for itself (its health checks) or does not know.
        client: Option<SocketAddr>,
    },
}

/// Why octets are no header. The connection cannot go on after any of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HeaderError {
    /// It is the older, textual version.
    Version1,
    /// The octets begin with something else.
    NoHeader,
    /// It has another version, or a command nobody knows.
    Unknown,
    /// It is of a kind of address or transport that cannot be a client of ours.
    Family,
    /// It announces more octets than [`LONGEST_REST`].
    TooLong,
    /// It is too short for its addresses, or a TLV points past its end.
    Malformed,
    /// Its checksum is wrong, or there are two.
    Checksum,
}

impl fmt::Display for HeaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Version1 => "it is version 1 of the PROXY protocol; only version 2 is read here",
            Self::NoHeader => "no PROXY protocol header came",
            Self::Unknown => "its version or command is unknown",
            Self::Family => "its address is neither TCP over IPv4 nor over IPv6",
            Self::TooLong => "it is too long",
            Self::Malformed => "it is malformed",
            Self::Checksum => "its checksum is wrong",
        })
    }
}

/// Reads the header that begins `octets`. What can never become one is told of at its first wrong octet.
pub(crate) fn parse(octets: &[u8]) -> Result<Parsed, HeaderError> {
    let signed = octets.len().min(SIGNATURE.len());
    if octets.get(..signed) != SIGNATURE.get(..signed) {
        return if octets.starts_with(VERSION_1) {
            Err(HeaderError::Version1)
        } else if VERSION_1.starts_with(octets) {
            Ok(Parsed::More(VERSION_1.len())) // only to tell which mistake it is
        } else {
            Err(HeaderError::NoHeader)
        };
    }
    let Some((fixed, rest)) = octets.split_first_chunk::<FIXED>() else {
        return Ok(Parsed::More(FIXED));
    };
    let [.., version_and_command, family, high, low] = *fixed;
    let announced = usize::from(u16::from_be_bytes([high, low]));
    if announced > LONGEST_REST {
        return Err(HeaderError::TooLong);
    }
    let length = FIXED + announced;
    let local = match version_and_command {
        0x20 => true,
        0x21 => false,
        _ => return Err(HeaderError::Unknown),
    };
    let (Some(rest), Some(whole)) = (rest.get(..announced), octets.get(..length)) else {
        return Ok(Parsed::More(length));
    };
    // With LOCAL, whatever follows is to be passed over, the family too.
    let client = if local { None } else { client(family, rest, whole)? };
    Ok(Parsed::Header { length, client })
}

/// The source address of a passed-on connection, after everything behind it was walked.
fn client(family: u8, rest: &[u8], whole: &[u8]) -> Result<Option<SocketAddr>, HeaderError> {
    let (client, more) = match family {
        // Unspecified: the load balancer does not know either.
        0x00 => (None, rest),
        0x11 => {
            let (addresses, more) = rest.split_first_chunk::<12>().ok_or(HeaderError::Malformed)?;
            let [a, b, c, d, _, _, _, _, high, low, _, _] = *addresses;
            let address = IpAddr::V4(Ipv4Addr::new(a, b, c, d));
            (Some((address, u16::from_be_bytes([high, low]))), more)
        }
        0x21 => {
            let (addresses, more) = rest.split_first_chunk::<36>().ok_or(HeaderError::Malformed)?;
            let (source, others) = addresses.split_first_chunk::<16>().ok_or(HeaderError::Malformed)?;
            let port = match others {
                [.., high, low, _, _] => u16::from_be_bytes([*high, *low]),
                _ => return Err(HeaderError::Malformed),
            };
            (Some((IpAddr::V6(Ipv6Addr::from(*source)).to_canonical(), port)), more)
        }
        _ => return Err(HeaderError::Family),
    };
    walk(more, whole)?;
    Ok(client.map(|(address, port)| SocketAddr::new(address, port)))
}

/// Steps over the TLVs; `whole` is the header they stand at the end of.
fn walk(mut tlvs: &[u8], whole: &[u8]) -> Result<(), HeaderError> {
    let mut checked = false;
    while let Some((&kind, after)) = tlvs.split_first() {
        let (length, after) = after.split_first_chunk::<2>().ok_or(HeaderError::Malformed)?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (value, after) = after.split_at_checked(length).ok_or(HeaderError::Malformed)?;
        if kind == CHECKSUM {
            let place = whole.len() - after.len() - value.len();
            if std::mem::replace(&mut checked, true) || value != checksum(whole, place).to_be_bytes() {
                return Err(HeaderError::Checksum);
            }
        }
        tlvs = after;
    }
    Ok(())
}

/// CRC-32C (RFC 3720 appendix B.4) of a header whose four octets at `place` count as zeros.
fn checksum(whole: &[u8], place: usize) -> u32 {
    let mut sum = u32::MAX;
    for (position, &octet) in whole.iter().enumerate() {
        let octet = if (place..place + 4).contains(&position) {
            0
        } else {
            octet
        };
        sum ^= u32::from(octet);
        for _ in 0..8 {
            sum = (sum >> 1) ^ (0x82f6_3b78 & (sum & 1).wrapping_neg());
        }
    }
    !sum
}

#[cfg(test)]
mod tests;
