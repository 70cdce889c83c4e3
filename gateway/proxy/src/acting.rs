//! Requests made in another's name: the proxied authorization control (RFC 4370), put on where octets leave for the directory.
//!
//! The lane is our service account's, so a request on which a server does not find the control is done as the service account. Servers written
//! in C read controls from where they stopped reading the operation: something hidden at the end of it, or inside its filter, could be taken
//! for the list of controls, and ours be passed over. So nothing goes up that is not read here to its very end first.

use crate::lane::LaneLoss;
use postern_ldap::control::proxied_authorization::ActingAs;
use postern_ldap::extended::ExtendedRequest;
use postern_ldap::{Message, WireError, attribute, denied, frame, splice, tag};
use zeroize::Zeroizing;

/// Whole requests, each with the control. RFC 4370 §3: never on abandon and unbind. A bind would change who acts, so none goes up.
pub(crate) fn dressed(requests: &[u8], control: &[u8]) -> Result<Zeroizing<Vec<u8>>, LaneLoss> {
    let mut rest = requests;
    let mut out = Zeroizing::new(Vec::with_capacity(requests.len() + control.len() + 16));
    while !rest.is_empty() {
        let header = frame::walk(rest, usize::MAX)
            .ok()
            .flatten()
            .ok_or(LaneLoss::Unsendable)?;
        let (request, after) = rest.split_at_checked(header.length).ok_or(LaneLoss::Unsendable)?;
        match header.operation {
            tag::ABANDON_REQUEST | tag::UNBIND_REQUEST => out.extend_from_slice(request),
            _ => {
                let message = Message::parse(request).map_err(|_| LaneLoss::Unsendable)?;
                read_to_the_end(&message).map_err(|_| LaneLoss::Unsendable)?;
                out.extend_from_slice(&Zeroizing::new(splice::with_control(&message, control)));
            }
        }
        rest = after;
    }
    Ok(out)
}

/// Whether a request has nothing in it that is not accounted for, and nobody else's name on it. An error: it cannot be made in another's name.
pub(crate) fn read_to_the_end(message: &Message<'_>) -> Result<(), WireError> {
    match message.operation.tag {
        tag::SEARCH_REQUEST
        | tag::COMPARE_REQUEST
        | tag::MODIFY_REQUEST
        | tag::ADD_REQUEST
        | tag::MODIFY_DN_REQUEST
        | tag::DELETE_REQUEST => {}
        tag::EXTENDED_REQUEST => ExtendedRequest::parse(message).map(|_| ())?,
        _ => return Err(WireError::Unexpected),
    }
    for control in message.controls {
        if !attribute::is_oid(control?.oid) {
            return Err(WireError::Unexpected);
        }
    }
    if ActingAs::parse(message.controls)?.is_some() {
        return Err(WireError::TooMany);
    }
    // Walks operation and controls to their ends; which attributes they name does not matter here.
    denied::mentions(message, |_| false).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;
    use postern_ldap::ber::Writer;
    use postern_ldap::control::{self, ppolicy};
    use postern_ldap::{MessageId, ResultCode, answer, bind, extended, filter, oid};

    const OWN: ActingAs<'_> = ActingAs::AuthorizationId(b"dn:cn=a");

    fn search(filter: &[u8], behind: &[u8], controls: &[&[u8]]) -> Vec<u8> {
        let mut body = Writer::new();
        body.octets(b"dc=example").enumerated(2).enumerated(0);
        body.integer(0).integer(0).boolean(false);
        body.raw(filter).element(tag::SEQUENCE, &[]).raw(behind);
        answer::message(MessageId(3), tag::SEARCH_REQUEST, &body.finish(), controls)
    }

    /// Who acts in each request of a run.
    fn acting(run: &[u8]) -> Vec<bool> {
        let mut rest = run;
        let mut found = Vec::new();
        while let Ok(Some(header)) = frame::walk(rest, 1 << 20) {
            let (request, after) = rest.split_at(header.length);
            let message = Message::parse(request).unwrap();
            found.push(ActingAs::parse(message.controls).unwrap() == Some(OWN));
            rest = after;
        }
        assert!(rest.is_empty());
        found
    }

    #[test]
    fn every_request_of_a_run_but_an_abandon_carries_the_control() {
        let plain = search(&filter::present(b"cn"), b"", &[]);
        let with = search(&filter::present(b"cn"), b"", &[&ppolicy::request()]);
        let who = extended::request(MessageId(4), oid::WHO_AM_I, None, &[]);
        let abandon = answer::abandon(MessageId(5), MessageId(3));
        let run = [plain, with, abandon, who].concat();
        assert_eq!(
            acting(&dressed(&run, &OWN.control()).unwrap()),
            [true, true, false, true]
        );
    }

    #[test]
    fn what_could_hide_a_list_of_controls_is_not_sent() {
        let hidden = {
            let mut list = Writer::new();
            list.nested(tag::CONTROLS, |list| {
                list.raw(&ppolicy::request());
            });
            list.finish()
        };
        let part = |tag, parts: &[&[u8]]| {
            let mut part = Writer::new();
            part.element(tag, &parts.concat());
            part.finish()
        };
        let text = |text: &[u8]| {
            let mut octets = Writer::new();
            octets.octets(text);
            octets.finish()
        };
        let present = filter::present(b"cn");
        let empty_list: &[u8] = &[0x30, 0];
        for filter_or_behind in [
            search(&present, &hidden, &[]),
            search(&present, &[empty_list, &hidden].concat(), &[]),
            // slapd reads two strings of this and goes on where it stopped.
            search(&part(0xa3, &[&text(b"cn"), &text(b"x"), empty_list, &hidden]), b"", &[]),
            search(&part(0xa2, &[&present, empty_list, &hidden]), b"", &[]),
            answer::message(
                MessageId(3),
                tag::COMPARE_REQUEST,
                &[&text(b"cn=a")[..], &part(0x30, &[&text(b"cn"), &text(b"x"), &hidden])].concat(),
                &[],
            ),
            answer::message(
                MessageId(3),
                tag::EXTENDED_REQUEST,
                &[&part(0x80, &[oid::WHO_AM_I])[..], &hidden].concat(),
                &[],
            ),
        ] {
            assert_eq!(dressed(&filter_or_behind, &OWN.control()), Err(LaneLoss::Unsendable));
        }
    }

    #[test]
    fn nobody_elses_name_no_odd_oid_no_bind_and_no_half_request_is_sent() {
        let present = filter::present(b"cn");
        let other = ActingAs::AuthorizationId(b"dn:cn=b").control();
        let older = ActingAs::Dn(b"cn=b").control();
        let weak = control::encode(oid::PROXIED_AUTHORIZATION, false, Some(b"dn:cn=b"));
        let odd = control::encode(b"2.16.840.1.113730.3.4.18\0", true, Some(b"dn:cn=b"));
        for control in [other, older, weak, odd] {
            let request = search(&present, b"", &[&control]);
            assert_eq!(dressed(&request, &OWN.control()), Err(LaneLoss::Unsendable));
        }
        let whole = search(&present, b"", &[]);
        for request in [
            bind::simple(MessageId(1), b"cn=b", b"x", &[]),
            answer::result(MessageId(1), tag::SEARCH_DONE, ResultCode::SUCCESS, "", &[]),
            whole[..whole.len() - 1].to_vec(),
            [&whole[..], b"\x30"].concat(),
        ] {
            assert_eq!(dressed(&request, &OWN.control()), Err(LaneLoss::Unsendable));
        }
    }
}
