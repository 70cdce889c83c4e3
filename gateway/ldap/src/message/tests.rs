use super::*;
use crate::ber::Writer;
use crate::{answer, control, oid};

fn parts(operation: u8, behind: &[&[u8]]) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.nested(tag::SEQUENCE, |inside| {
        inside.integer(7).element(operation, b"");
        for element in behind {
            inside.raw(element);
        }
    });
    writer.finish()
}

fn list(controls: &[&[u8]]) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.element(tag::CONTROLS, &controls.concat());
    writer.finish()
}

#[test]
fn a_message_is_cut_in_three() {
    let control = control::encode(b"1.2.3", true, Some(b"x"));
    let octets = answer::message(MessageId(9), tag::DELETE_REQUEST, b"cn=x", &[&control]);
    let message = Message::parse(&octets).unwrap();
    assert_eq!(message.id, MessageId(9));
    assert_eq!(message.id_element, &[2, 1, 9]);
    assert_eq!(message.operation.content, b"cn=x");
    assert_eq!(message.controls.content(), control);
}

#[test]
fn a_second_list_of_controls_is_refused_everywhere() {
    let lists = [list(&[&control::encode(oid::ASSERTION, true, None)]), list(&[])];
    for operation in [tag::DELETE_REQUEST, tag::SEARCH_REQUEST, tag::DELETE_RESPONSE] {
        let octets = parts(operation, &[&lists[0], &lists[1]]);
        assert!(Message::parse(&octets).is_err(), "{operation:#x}");
    }
}

#[test]
fn an_unknown_element_is_refused_in_a_request_and_passed_over_in_a_response() {
    let controls = list(&[&control::encode(b"1.2.3", false, None)]);
    let stray: &[u8] = &[0x8a, 1, b'x'];
    for behind in [
        &[stray][..],
        &[stray, &controls],
        &[&controls, stray],
        &[stray, &controls, stray],
    ] {
        assert!(Message::parse(&parts(tag::DELETE_REQUEST, behind)).is_err());
        let octets = parts(tag::DELETE_RESPONSE, behind);
        let message = Message::parse(&octets).unwrap();
        assert_eq!(message.controls.is_empty(), behind.len() == 1);
        // Splicing leaves it where it stands.
        let same = crate::splice::with_controls(&message, |_| true, &[]).unwrap();
        assert_eq!(same, octets);
    }
    // Universal and application tags are no additions.
    assert!(Message::parse(&parts(tag::DELETE_RESPONSE, &[&[0x04, 0]])).is_err());
}

#[test]
fn debug_output_holds_no_octet_of_the_message() {
    let octets = crate::bind::simple(
        MessageId(1),
        b"cn=someone",
        b"opensesame",
        &[&control::encode(oid::ASSERTION, true, Some(b"opensesame"))],
    );
    let message = Message::parse(&octets).unwrap();
    let control = message.controls.iter().next();
    let shown = format!("{message:?} {:?} {control:?} {:?}", message.body(), message.controls);
    assert_eq!(
        shown,
        "Message { id: 1, operation: Element(0x60, 27 octets), controls: Controls(31 octets), .. } \
         Cursor(27 octets left) Some(Ok(Control { critical: true, octets: 31, .. })) Controls(31 octets)"
    );
}
