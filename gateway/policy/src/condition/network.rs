//! Networks of addresses, as RFC 4632 §3.1 and RFC 4291 §2.3 write them.

use std::net::IpAddr;

/// Addresses that begin with the same bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Network {
    /// With no bit set behind the prefix.
    base: IpAddr,
    prefix: u8,
}

impl Network {
    /// Reads `10.0.0.0/8`, or an address alone. What is wrong comes with what would be right.
    pub(super) fn parse(text: &str) -> Result<Self, (&'static str, String)> {
        let unread = || {
            (
                "is not a network",
                "such as \"10.0.0.0/8\" or \"2001:db8::/32\"".to_owned(),
            )
        };
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| unread())?;
        if address.to_canonical() != address {
            let right = "the IPv4 network itself: IPv4 clients are told as IPv4".to_owned();
            return Err(("is an IPv4 network written as IPv6", right));
        }
        let most = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            Some(prefix) if !prefix.starts_with('+') => prefix.parse().map_err(|_| unread())?,
            Some(_) => return Err(unread()),
            None => most,
        };
        if prefix > most {
            return Err(unread());
        }
        let base = Self::base(address, prefix);
        if base == address {
            Ok(Self { base, prefix })
        } else {
            Err((
                "has bits set behind its prefix",
                format!("did you mean \"{base}/{prefix}\"?"),
            ))
        }
    }

    pub(super) fn holds(self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.base.is_ipv4() && Self::base(address, self.prefix) == self.base
    }

    fn base(address: IpAddr, prefix: u8) -> IpAddr {
        match address {
            IpAddr::V4(address) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
                IpAddr::V4((address.to_bits() & mask).into())
            }
            IpAddr::V6(address) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0);
                IpAddr::V6((address.to_bits() & mask).into())
            }
        }
    }
}
