use super::*;

const UNBIND: &[u8] = &[0x30, 5, 2, 1, 3, 0x42, 0];

#[test]
fn the_smallest_message_is_read() {
    let header = walk(UNBIND, 100).unwrap().unwrap();
    assert_eq!(
        (header.length, header.id, header.operation),
        (7, MessageId(3), tag::UNBIND_REQUEST)
    );
}

#[test]
fn every_prefix_of_a_header_waits_for_more() {
    let frame = [0x30, 0x84, 0, 0, 0, 9, 2, 4, 0, 1, 0, 0, 0x50, 1, 1];
    for end in 0..13 {
        assert_eq!(walk(&frame[..end], 100), Ok(None), "{end} octets");
    }
    let header = walk(&frame[..13], 100).unwrap().unwrap();
    assert_eq!(
        (header.length, header.id, header.operation),
        (15, MessageId(65_536), tag::ABANDON_REQUEST)
    );
}

#[test]
fn an_announced_length_over_the_limit_is_refused_before_it_arrives() {
    assert_eq!(
        walk(&[0x30, 0x84, 0x7f, 0xff, 0xff, 0xff], 1 << 20),
        Err(FrameError::TooLarge)
    );
}

#[test]
fn what_is_not_ldap_is_refused_at_the_first_octet() {
    assert_eq!(walk(b"GET / HTTP/1.1", 1 << 20), Err(FrameError::NotLdap));
    assert_eq!(walk(&[0x16, 3, 1], 1 << 20), Err(FrameError::NotLdap));
}

#[test]
fn malformed_headers_are_refused() {
    for frame in [
        &[0x30, 0x80, 2, 1, 1, 0x42, 0][..], // indefinite length
        &[0x30, 0x85, 0, 0, 0, 0, 5],        // five octets of length
        &[0x30, 0],                          // no room for anything
        &[0x30, 5, 4, 1, 3, 0x42, 0],        // an id that is no INTEGER
        &[0x30, 5, 2, 0, 0x42, 0, 0],        // an id of no octets
        &[0x30, 5, 2, 1, 0xff, 0x42, 0],     // a negative id
        &[0x30, 7, 2, 5, 0, 0x80, 0, 0, 0],  // an id over 2^31 - 1, and nothing behind it
        &[0x30, 5, 2, 3, 0, 0, 1, 0x42, 0],  // an id that fills the message
        &[0x30, 5, 2, 2, 4, 0, 0x42, 0],     // an operation without a length
    ] {
        assert_eq!(walk(frame, 100), Err(FrameError::Malformed), "{frame:?}");
    }
}

#[test]
fn a_rewritten_id_reads_back_and_leaves_the_rest_alone() {
    for id in [0, 1, 0x7f, 0x80, 0x7fff, 0x8000, 0x007f_ffff, 0x0080_0000, 0x7fff_ffff] {
        let header = walk(UNBIND, 100).unwrap().unwrap();
        let mut out = Vec::new();
        rewrite_id(UNBIND, &header, MessageId(id), &mut out);
        let again = walk(&out, 100).unwrap().unwrap();
        assert_eq!((again.id, again.length), (MessageId(id), out.len()));
        assert_eq!(&out[again.operation_offset..], &[0x42, 0]);
    }
}

#[test]
fn lengths_and_ids_are_written_in_the_fewest_octets_on_both_sides_of_every_step() {
    let sizes = [0x7a, 0xfa, 0xfffa, 0xff_fffa]
        .into_iter()
        .flat_map(|step| step - 4..step + 8);
    for size in sizes {
        let mut first = crate::ber::Writer::new();
        first.nested(tag::SEQUENCE, |inside| {
            // An operation that takes `size` octets with its tag and its length of four octets.
            inside.raw(&[2, 1, 1, tag::SEARCH_ENTRY, 0x84]);
            inside.raw(&u32::try_from(size - 6).unwrap().to_be_bytes());
            inside.raw(&vec![0; size - 6]);
        });
        let first = first.finish();
        let header = walk(&first, 1 << 30).unwrap().unwrap();
        for id in [0, 0x7f, 0x80, 0x7fff, 0x8000, 0x007f_ffff, 0x0080_0000, 0x7fff_ffff] {
            let mut wanted = crate::ber::Writer::new();
            wanted.nested(tag::SEQUENCE, |inside| {
                inside.integer(id).raw(&first[header.operation_offset..]);
            });
            let mut out = Vec::new();
            rewrite_id(&first, &header, MessageId(id), &mut out);
            assert!(out == wanted.finish(), "{size} octets, id {id}");
        }
    }
}

#[test]
fn a_header_of_other_octets_rewrites_nothing() {
    let header = walk(UNBIND, 100).unwrap().unwrap();
    let mut out = Vec::new();
    rewrite_id(&UNBIND[..5], &header, MessageId(1), &mut out);
    assert!(out.is_empty());
}

#[test]
fn whatever_stands_behind_the_operation_may_be_controls() {
    for (frame, wanted) in [
        (UNBIND, false),
        (&[0x30, 7, 2, 1, 3, 0x42, 0, 0xa0, 0][..], true),
        (&[0x30, 5, 2, 1, 3, 0x42, 9], true), // the operation claims more than there is
        (&[0x30, 5, 2, 1, 3, 0x42, 0x80], true),
    ] {
        let header = walk(frame, 100).unwrap().unwrap();
        assert_eq!(has_controls(frame, &header), wanted, "{frame:?}");
    }
}
