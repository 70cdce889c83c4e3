//! The little BER that a load generator needs: requests out, reply headers in.

pub const BIND_RESPONSE: u8 = 0x61;
pub const SEARCH_ENTRY: u8 = 0x64;
pub const SEARCH_DONE: u8 = 0x65;

pub fn len(out: &mut Vec<u8>, n: usize) {
    if n < 0x80 {
        out.push(n as u8);
    } else if n < 0x100 {
        out.extend_from_slice(&[0x81, n as u8]);
    } else if n < 0x10000 {
        out.extend_from_slice(&[0x82, (n >> 8) as u8, n as u8]);
    } else {
        out.extend_from_slice(&[0x84, (n >> 24) as u8, (n >> 16) as u8, (n >> 8) as u8, n as u8]);
    }
}

pub fn tlv(out: &mut Vec<u8>, tag: u8, val: &[u8]) {
    out.push(tag);
    len(out, val.len());
    out.extend_from_slice(val);
}

pub fn int(out: &mut Vec<u8>, tag: u8, v: u32) {
    let b = v.to_be_bytes();
    let mut i = 0;
    while i < 3 && b[i] == 0 && b[i + 1] < 0x80 {
        i += 1;
    }
    if b[i] >= 0x80 {
        out.push(tag);
        len(out, 5 - i);
        out.push(0);
        out.extend_from_slice(&b[i..]);
    } else {
        tlv(out, tag, &b[i..]);
    }
}

/// Wraps an operation (already encoded) in an LDAPMessage and appends it to `out`.
fn message(out: &mut Vec<u8>, id: u32, op: &[u8], controls: &[u8]) {
    let mut idb = Vec::with_capacity(8);
    int(&mut idb, 0x02, id);
    out.push(0x30);
    len(out, idb.len() + op.len() + controls.len());
    out.extend_from_slice(&idb);
    out.extend_from_slice(op);
    out.extend_from_slice(controls);
}

pub const PPOLICY_OID: &[u8] = b"1.3.6.1.4.1.42.2.27.8.5.1";

pub fn ppolicy_control() -> Vec<u8> {
    let mut oid = Vec::new();
    tlv(&mut oid, 0x04, PPOLICY_OID);
    let mut c = Vec::new();
    tlv(&mut c, 0x30, &oid);
    let mut all = Vec::new();
    tlv(&mut all, 0xa0, &c);
    all
}

pub fn bind(out: &mut Vec<u8>, id: u32, dn: &[u8], pw: &[u8], controls: &[u8]) {
    let mut b = Vec::with_capacity(dn.len() + pw.len() + 16);
    int(&mut b, 0x02, 3);
    tlv(&mut b, 0x04, dn);
    tlv(&mut b, 0x80, pw);
    let mut op = Vec::with_capacity(b.len() + 4);
    tlv(&mut op, 0x60, &b);
    message(out, id, &op, controls);
}

pub fn unbind(out: &mut Vec<u8>, id: u32) {
    message(out, id, &[0x42, 0x00], &[]);
}

pub fn search(out: &mut Vec<u8>, id: u32, base: &[u8], scope: u32, filter: &[u8], attrs: &[Vec<u8>]) {
    let mut b = Vec::with_capacity(base.len() + filter.len() + 64);
    tlv(&mut b, 0x04, base);
    int(&mut b, 0x0a, scope);
    int(&mut b, 0x0a, 0);
    int(&mut b, 0x02, 0);
    int(&mut b, 0x02, 0);
    b.extend_from_slice(&[0x01, 0x01, 0x00]);
    b.extend_from_slice(filter);
    let mut a = Vec::new();
    for x in attrs {
        tlv(&mut a, 0x04, x);
    }
    tlv(&mut b, 0x30, &a);
    let mut op = Vec::with_capacity(b.len() + 4);
    tlv(&mut op, 0x63, &b);
    message(out, id, &op, &[]);
}

/// RFC 4515 string to BER; and/or/not, equality, >=, <=, presence, substrings, \xx escapes.
pub fn filter(s: &str) -> Result<Vec<u8>, String> {
    let b = s.as_bytes();
    let mut pos = 0;
    let mut out = Vec::new();
    filter_at(b, &mut pos, &mut out)?;
    if pos != b.len() {
        return Err(format!("filter: text after the end at {pos}"));
    }
    Ok(out)
}

fn filter_at(b: &[u8], pos: &mut usize, out: &mut Vec<u8>) -> Result<(), String> {
    if b.get(*pos) != Some(&b'(') {
        return Err(format!("filter: '(' wanted at {}", *pos));
    }
    *pos += 1;
    match b.get(*pos) {
        Some(c @ (b'&' | b'|' | b'!')) => {
            let tag = match c {
                b'&' => 0xa0,
                b'|' => 0xa1,
                _ => 0xa2,
            };
            *pos += 1;
            let mut inner = Vec::new();
            while b.get(*pos) == Some(&b'(') {
                filter_at(b, pos, &mut inner)?;
            }
            tlv(out, tag, &inner);
        }
        _ => {
            let end = b[*pos..].iter().position(|&c| c == b')').ok_or("filter: no ')'")? + *pos;
            let item = &b[*pos..end];
            let eq = item.iter().position(|&c| c == b'=').ok_or("filter: no '='")?;
            let (mut attr, val) = (&item[..eq], &item[eq + 1..]);
            let mut tag = 0xa3;
            match attr.last() {
                Some(b'>') => {
                    tag = 0xa5;
                    attr = &attr[..attr.len() - 1]
                }
                Some(b'<') => {
                    tag = 0xa6;
                    attr = &attr[..attr.len() - 1]
                }
                _ => {}
            }
            if tag == 0xa3 && val == b"*" {
                tlv(out, 0x87, attr);
            } else if tag == 0xa3 && val.contains(&b'*') {
                let parts: Vec<&[u8]> = val.split(|&c| c == b'*').collect();
                let mut subs = Vec::new();
                let last = parts.len() - 1;
                for (i, p) in parts.iter().enumerate() {
                    if p.is_empty() {
                        continue;
                    }
                    let t = if i == 0 {
                        0x80
                    } else if i == last {
                        0x82
                    } else {
                        0x81
                    };
                    tlv(&mut subs, t, &unescape(p)?);
                }
                let mut v = Vec::new();
                tlv(&mut v, 0x04, attr);
                tlv(&mut v, 0x30, &subs);
                tlv(out, 0xa4, &v);
            } else {
                let mut v = Vec::new();
                tlv(&mut v, 0x04, attr);
                tlv(&mut v, 0x04, &unescape(val)?);
                tlv(out, tag, &v);
            }
            *pos = end;
        }
    }
    if b.get(*pos) != Some(&b')') {
        return Err(format!("filter: ')' wanted at {}", *pos));
    }
    *pos += 1;
    Ok(())
}

fn unescape(v: &[u8]) -> Result<Vec<u8>, String> {
    let mut out = Vec::with_capacity(v.len());
    let mut i = 0;
    while i < v.len() {
        if v[i] == b'\\' {
            let h = v.get(i + 1..i + 3).and_then(|h| std::str::from_utf8(h).ok());
            out.push(
                h.and_then(|h| u8::from_str_radix(h, 16).ok())
                    .ok_or("filter: bad escape")?,
            );
            i += 3;
        } else {
            out.push(v[i]);
            i += 1;
        }
    }
    Ok(out)
}

/// Reads a tag and a definite length at `pos`; gives (tag, content start, content end).
/// `None` where more bytes are needed to read the header.
fn header(b: &[u8], pos: usize) -> Result<Option<(u8, usize, usize)>, &'static str> {
    if b.len() < pos + 2 {
        return Ok(None);
    }
    let l = b[pos + 1];
    if l < 0x80 {
        return Ok(Some((b[pos], pos + 2, pos + 2 + l as usize)));
    }
    let n = (l & 0x7f) as usize;
    if n == 0 || n > 4 {
        return Err("length form");
    }
    if b.len() < pos + 2 + n {
        return Ok(None);
    }
    let mut v = 0usize;
    for k in 0..n {
        v = v << 8 | b[pos + 2 + k] as usize;
    }
    Ok(Some((b[pos], pos + 2 + n, pos + 2 + n + v)))
}

pub struct Reply<'a> {
    pub id: u32,
    pub op: u8,
    /// result code for a result, 0 for an entry
    pub code: u32,
    /// entry DN or diagnostic text
    pub text: &'a [u8],
}

/// One LDAPMessage from the front of `b`, with its whole length; `None` where it is not all here yet.
pub fn reply(b: &[u8]) -> Result<Option<(usize, Reply<'_>)>, &'static str> {
    let Some((tag, start, end)) = header(b, 0)? else {
        return Ok(None);
    };
    if tag != 0x30 {
        return Err("not a SEQUENCE");
    }
    if b.len() < end {
        return Ok(None);
    }
    let m = &b[..end];
    let (t, s, e) = header(m, start)?.ok_or("short")?;
    if t != 0x02 || e > end || e - s > 5 || e == s {
        return Err("message id");
    }
    let id = m[s..e].iter().fold(0u64, |a, &x| a << 8 | x as u64) as u32;
    let (op, os, oe) = header(m, e)?.ok_or("short")?;
    if oe > end {
        return Err("operation past the message");
    }
    let m = &m[..oe];
    let (code, text) = match op {
        0x61 | 0x65 | 0x67 | 0x69 | 0x6b | 0x6d | 0x6f | 0x78 => {
            let (t, s, e) = header(m, os)?.ok_or("short")?;
            if t != 0x0a || e > oe || e == s {
                return Err("result code");
            }
            let code = m[s..e].iter().fold(0u32, |a, &x| a << 8 | x as u32);
            let (t, _, e) = header(m, e)?.ok_or("short")?;
            if t != 0x04 || e > oe {
                return Err("matched DN");
            }
            let (t, s, e) = header(m, e)?.ok_or("short")?;
            if t != 0x04 || e > oe {
                return Err("diagnostic text");
            }
            (code, &m[s..e])
        }
        0x64 => {
            let (t, s, e) = header(m, os)?.ok_or("short")?;
            if t != 0x04 || e > oe {
                return Err("entry DN");
            }
            (0, &m[s..e])
        }
        _ => (0, &m[os..oe]),
    };
    Ok(Some((end, Reply { id, op, code, text })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bind_is_encoded_as_rfc_4511_shows() {
        let mut o = Vec::new();
        bind(&mut o, 1, b"cn=a", b"x", &[]);
        assert_eq!(o, *b"\x30\x11\x02\x01\x01\x60\x0c\x02\x01\x03\x04\x04cn=a\x80\x01x");
    }

    #[test]
    fn integers_take_the_fewest_octets() {
        for (v, w) in [
            (0u32, vec![2u8, 1, 0]),
            (127, vec![2, 1, 127]),
            (128, vec![2, 2, 0, 128]),
            (65535, vec![2, 3, 0, 255, 255]),
        ] {
            let mut o = Vec::new();
            int(&mut o, 2, v);
            assert_eq!(o, w);
        }
    }

    #[test]
    fn filters_are_encoded_or_refused() {
        assert_eq!(
            filter("(uid=a)").unwrap(),
            [0xa3, 8, 4, 3, b'u', b'i', b'd', 4, 1, b'a']
        );
        assert_eq!(filter("(uid=*)").unwrap(), [0x87, 3, b'u', b'i', b'd']);
        assert_eq!(filter("(&(a=1)(!(b=c*d)))").unwrap()[0], 0xa0);
        assert!(filter("(uid=a").is_err());
        assert_eq!(filter("(a=\\2a)").unwrap(), [0xa3, 6, 4, 1, b'a', 4, 1, b'*']);
    }

    #[test]
    fn a_reply_is_read_once_it_is_whole() {
        let m = [0x30, 12, 2, 1, 5, 0x65, 7, 0x0a, 1, 32, 4, 0, 4, 0];
        for n in 0..m.len() {
            assert!(reply(&m[..n]).unwrap().is_none());
        }
        let (l, r) = reply(&m).unwrap().unwrap();
        assert_eq!((l, r.id, r.op, r.code), (14, 5, 0x65, 32));
        assert!(reply(&[0x31, 0]).is_err());
    }
}
