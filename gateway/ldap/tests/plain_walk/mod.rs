//! A reference for the header walk that can be read at a glance and is in no hurry.

#![allow(unreachable_pub, clippy::unwrap_used, reason = "a test")]

use postern_ldap::FrameError;

/// The header walk, written a second time: one octet after the other, no short cuts, numbers that cannot overflow.
pub fn plainly(octets: &[u8], limit: usize) -> Result<Option<(u128, u32, u8)>, FrameError> {
    let mut at = octets.iter().copied();
    // A length: `Ok(None)` if octets are missing.
    let length = |at: &mut dyn Iterator<Item = u8>| -> Result<Option<(u128, u128)>, FrameError> {
        let Some(first) = at.next() else { return Ok(None) };
        if first < 128 {
            return Ok(Some((u128::from(first), 1)));
        }
        if first == 128 || first > 132 {
            return Err(FrameError::Malformed);
        }
        let mut value = 0;
        for _ in 128..first {
            match at.next() {
                Some(octet) => value = value * 256 + u128::from(octet),
                None => return Ok(None),
            }
        }
        Ok(Some((value, u128::from(first) - 127)))
    };
    match at.next() {
        None => return Ok(None),
        Some(0x30) => {}
        Some(_) => return Err(FrameError::NotLdap),
    }
    let Some((content, prefix)) = length(&mut at)? else {
        return Ok(None);
    };
    let total = 1 + prefix + content;
    if total > limit as u128 {
        return Err(FrameError::TooLarge);
    }
    if content < 5 {
        return Err(FrameError::Malformed);
    }
    match at.next() {
        None => return Ok(None),
        Some(0x02) => {}
        Some(_) => return Err(FrameError::Malformed),
    }
    let Some((digits, id_prefix)) = length(&mut at)? else {
        return Ok(None);
    };
    if digits == 0 || digits > 8 {
        return Err(FrameError::Malformed);
    }
    let mut id = 0_u128;
    for place in 0..digits {
        match at.next() {
            None => return Ok(None),
            // The first bit is the sign.
            Some(octet) if place == 0 && octet >= 128 && octets_left(&at) + place + 1 >= digits => {
                return Err(FrameError::Malformed);
            }
            Some(octet) => id = id * 256 + u128::from(octet),
        }
    }
    if id > 0x7fff_ffff {
        return Err(FrameError::Malformed);
    }
    let id_size = 1 + id_prefix + digits;
    if id_size + 2 > content {
        return Err(FrameError::Malformed);
    }
    Ok(at
        .next()
        .map(|operation| (total, u32::try_from(id).unwrap(), operation)))
}

fn octets_left(at: &impl Iterator) -> u128 {
    at.size_hint().0 as u128
}
