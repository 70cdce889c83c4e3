//! Runs one of the paths every message takes, so many times: `postern-ldap-cost PATH TIMES`. `PATH-without` is the loop around it with
//! everything but the call, so that the difference is what a call costs where it is inlined.

use postern_ldap::ber::Writer;
use postern_ldap::change::{self, NewChange};
use postern_ldap::control::ppolicy;
use postern_ldap::credential::{CredentialAttributes, Touch, touch};
use postern_ldap::{Message, MessageId, ResultCode, answer, bind, frame, result, splice, tag};
use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (Some(path), Some(times)) = (arguments.next(), arguments.next().and_then(|times| times.parse().ok())) else {
        eprintln!("usage: postern-ldap-cost walk|rewrite|code|touch|splice[-without] TIMES");
        return ExitCode::from(64);
    };
    let started = Instant::now();
    let right: u64 = match path.as_str() {
        "walk" => walk::<true>(times),
        "walk-without" => walk::<false>(times),
        "rewrite" => rewrite::<true>(times),
        "rewrite-without" => rewrite::<false>(times),
        "code" => code::<true>(times),
        "code-without" => code::<false>(times),
        "touch" => touches::<true>(times),
        "touch-without" => touches::<false>(times),
        "splice" => splices::<true>(times),
        "splice-without" => splices::<false>(times),
        _ => return ExitCode::from(64),
    };
    println!("{}", started.elapsed().as_nanos() / u128::from(times.max(1)));
    // Each call says whether it was right, so that none can be left out.
    if right == times {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// The header of an entry of 600 octets, and whether it is an entry.
#[inline(never)]
fn walk<const CALL: bool>(times: u64) -> u64 {
    let octets = entry();
    let mut right = 0;
    for _ in 0..times {
        let octets = black_box(&octets[..]);
        let entry =
            !CALL || matches!(frame::walk(octets, 1 << 20), Ok(Some(header)) if header.operation == tag::SEARCH_ENTRY);
        right += u64::from(black_box(entry));
    }
    right
}

/// The same entry under another id, appended to a buffer with room for it.
#[inline(never)]
fn rewrite<const CALL: bool>(times: u64) -> u64 {
    let octets = entry();
    let Ok(Some(header)) = frame::walk(&octets, 1 << 20) else {
        return 0;
    };
    let mut out = Vec::with_capacity(2 * octets.len());
    let wanted = if CALL { octets.len() + 1 } else { 0 };
    let mut right = 0;
    for _ in 0..times {
        let (octets, header, id) = (black_box(&octets[..]), black_box(&header), black_box(MessageId(30_000)));
        out.clear();
        if CALL {
            frame::rewrite_id(octets, header, id, &mut out);
        }
        right += u64::from(black_box(&mut out).len() == wanted);
    }
    right
}

/// The code of a bind response.
#[inline(never)]
fn code<const CALL: bool>(times: u64) -> u64 {
    let octets = answer::result(MessageId(7), tag::BIND_RESPONSE, ResultCode(49), "", &[]);
    let Ok(Some(header)) = frame::walk(&octets, 1 << 20) else {
        return 0;
    };
    let mut right = 0;
    for _ in 0..times {
        let (octets, header) = (black_box(&octets[..]), black_box(&header));
        right += u64::from(!CALL || result::peek_code(octets, header) == Some(ResultCode(49)));
    }
    right
}

/// Whether a modify of three attributes touches a credential: it does not, which is the longest way.
#[inline(never)]
fn touches<const CALL: bool>(times: u64) -> u64 {
    let change = |attribute| NewChange {
        operation: 2,
        attribute,
        values: &[b"something"],
    };
    let octets = change::modify(
        MessageId(7),
        b"uid=someone,ou=people,dc=example,dc=org",
        &[change(b"description"), change(b"telephoneNumber"), change(b"mail")],
        &[],
    );
    let attributes = CredentialAttributes::with(&[]);
    let mut right = 0;
    for _ in 0..times {
        let octets = black_box(&octets[..]);
        let found = !CALL || Message::parse(octets).is_ok_and(|message| touch(&message, &attributes) == Touch::Nothing);
        right += u64::from(black_box(found));
    }
    right
}

/// The password policy request control put into a bind request.
#[inline(never)]
fn splices<const CALL: bool>(times: u64) -> u64 {
    let octets = bind::simple(
        MessageId(7),
        b"uid=someone,ou=people,dc=example,dc=org",
        b"something",
        &[],
    );
    let control = ppolicy::request();
    let mut right = 0;
    for _ in 0..times {
        let octets = black_box(&octets[..]);
        let found = !CALL
            || Message::parse(octets)
                .is_ok_and(|message| splice::with_control(&message, &control).len() > octets.len());
        right += u64::from(black_box(found));
    }
    right
}

/// A search result entry of 600 octets.
fn entry() -> Vec<u8> {
    let mut content = Writer::new();
    content
        .octets(b"uid=someone,ou=people,dc=example,dc=org")
        .nested(tag::SEQUENCE, |attributes| {
            for name in [
                &b"cn"[..],
                b"sn",
                b"givenName",
                b"mail",
                b"telephoneNumber",
                b"description",
            ] {
                attributes.nested(tag::SEQUENCE, |attribute| {
                    attribute.octets(name).nested(tag::SET, |values| {
                        values.octets(&vec![b'v'; 74 + 9 * usize::from(name == b"description")]);
                    });
                });
            }
        });
    let octets = answer::message(MessageId(7), tag::SEARCH_ENTRY, &content.finish(), &[]);
    assert_eq!(octets.len(), 600);
    octets
}
