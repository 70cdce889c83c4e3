//! A message written out as a mail (RFC 5322), its text and its HTML side by side (RFC 2046 §5.1.4).

use crate::address::Mailbox;
use crate::reply::Failure;
use lettre::address::Envelope;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{MultiPart, SinglePart};
use postern_identity::clock::Timestamp;
use postern_identity::reset::Message;
use std::time::SystemTime;

/// The longest identity of a message, in octets.
const LONGEST_ID: usize = 128;

/// What a mail server is given.
pub(crate) struct Mail {
    pub(crate) envelope: Envelope,
    pub(crate) octets: Vec<u8>,
}

/// `from` is whom it comes from where the message names nobody.
pub(crate) fn write(message: &Message, from: &Mailbox, now: Timestamp) -> Result<Mail, Failure> {
    let to = Mailbox::parse(&message.to).map_err(|_| Failure::never("the entry's mail address is none"))?;
    let own = message.from.as_deref().map(Mailbox::parse_named).transpose();
    let own = own.map_err(|_| Failure::never("the route's sender is no mail address"))?;
    let from = own.as_ref().unwrap_or(from);
    let envelope = Envelope::new(Some(from.address().clone()), vec![to.address().clone()])
        .map_err(|_| Failure::never("the mail has no recipient"))?;
    let body = MultiPart::alternative()
        .singlepart(SinglePart::plain(body(&message.text)))
        .singlepart(SinglePart::html(body(&message.html)));
    let mail = lettre::Message::builder()
        .from(from.for_header())
        .to(to.for_header())
        .date(SystemTime::from(now))
        .subject(one_line(&message.subject))
        .message_id(Some(format!("<{}@{}>", word(&message.id), from.domain())))
        // RFC 3834 §5: nobody's holiday notice answers it, and no answer is sent to it.
        .raw_header(header("Auto-Submitted", "auto-generated".to_owned())?)
        .raw_header(header("X-Auto-Response-Suppress", "All".to_owned())?)
        // RFC 2919: one label to sort by, for all of these.
        .raw_header(header("List-Id", format!("<postern.{}>", from.domain()))?)
        .raw_header(header("Content-Language", word(&message.language))?)
        .envelope(envelope.clone())
        .multipart(body)
        .map_err(|_| Failure::never("the mail cannot be written"))?;
    Ok(Mail {
        envelope,
        octets: mail.formatted(),
    })
}

fn header(name: &'static str, value: String) -> Result<HeaderValue, Failure> {
    let name = HeaderName::new_from_ascii(name.to_owned()).map_err(|_| Failure::never("the mail cannot be written"))?;
    Ok(HeaderValue::new(name, value))
}

/// Without what could end a header: a control character becomes a space.
fn one_line(text: &str) -> String {
    let is_break = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    text.chars().map(|c| if is_break(c) { ' ' } else { c }).collect()
}

/// Lines that end as lines do, and no other control characters: an end of a line that only some servers take for one is how a mail is made to
/// hold another (RFC 5321 §2.3.8).
fn body(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    text.chars()
        .filter(|c| !c.is_control() || matches!(c, '\n' | '\t'))
        .collect()
}

/// Letters, digits, dots, hyphens and underscores; anything else becomes a hyphen. Never empty.
fn word(text: &str) -> String {
    let keep = |c: char| {
        if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') {
            c
        } else {
            '-'
        }
    };
    let word: String = text.chars().take(LONGEST_ID).map(keep).collect();
    let word = word.trim_matches('.');
    if word.is_empty() {
        "-".to_owned()
    } else {
        word.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use postern_identity::reset::LetterKind;
    use proptest::prelude::*;

    fn message() -> Message {
        Message {
            to: "alice@example.org".into(),
            id: "letter-1".into(),
            subject: "Your password".to_owned(),
            text: "Hello.\n".to_owned(),
            html: "<p>Hello.</p>\n".to_owned(),
            language: "en".to_owned(),
            kind: LetterKind::Challenge,
            from: None,
        }
    }

    fn written(message: &Message) -> String {
        let from = Mailbox::parse_named("Accounts <accounts@example.org>").unwrap();
        let now = "2026-11-22T16:00:00Z".parse().unwrap();
        let mail = write(message, &from, now).map_err(|failure| failure.what).unwrap();
        String::from_utf8(mail.octets).unwrap()
    }

    /// The header names, in order, of everything before the first empty line.
    fn headers(mail: &str) -> Vec<String> {
        let head = mail.split("\r\n\r\n").next().unwrap();
        head.split("\r\n")
            .filter(|line| !line.starts_with([' ', '\t']))
            .map(|line| line.split(':').next().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn a_mail_says_what_it_is() {
        let mail = written(&message());
        for line in [
            "From: Accounts <accounts@example.org>",
            "To: alice@example.org",
            "Date: Sun, 22 Nov 2026 16:00:00 +0000",
            "Subject: Your password",
            "Message-ID: <letter-1@example.org>",
            "Auto-Submitted: auto-generated",
            "List-Id: <postern.example.org>",
            "Content-Language: en",
            "Content-Type: text/plain; charset=utf-8",
            "Content-Type: text/html; charset=utf-8",
        ] {
            assert!(mail.split("\r\n").any(|found| found == line), "{line}\n{mail}");
        }
        assert!(mail.contains("Content-Type: multipart/alternative;"));
    }

    #[test]
    fn a_route_may_have_a_sender_of_its_own() {
        let mail = written(&Message {
            from: Some("Shop <help@shop.example>".into()),
            ..message()
        });
        assert!(mail.contains("From: Shop <help@shop.example>\r\n"));
        assert!(mail.contains("Message-ID: <letter-1@shop.example>\r\n"));
    }

    #[test]
    fn what_could_end_a_header_is_taken_out_of_it() {
        let mail = written(&Message {
            subject: "one\r\nBcc: mallory@example.net\u{2028}two".to_owned(),
            id: "a b>\r\nBcc: m@example.net".into(),
            language: "en\r\nX: y".to_owned(),
            ..message()
        });
        for line in [
            "Subject: one  Bcc: mallory@example.net two",
            "Message-ID: <a-b---Bcc--m-example.net@example.org>",
            "Content-Language: en--X--y",
        ] {
            assert!(mail.split("\r\n").any(|found| found == line), "{line}\n{mail}");
        }
    }

    #[test]
    fn an_address_that_is_none_is_never_written_to() {
        let from = Mailbox::parse("accounts@example.org").unwrap();
        let to_two = Message {
            to: "alice@example.org, mallory@example.net".into(),
            ..message()
        };
        let failure = write(&to_two, &from, Timestamp::UNIX_EPOCH).err().unwrap();
        assert_eq!(failure.meaning, postern_identity::reset::ChannelError::Never);
    }

    proptest! {
        #[test]
        fn no_value_begins_a_header_of_its_own(
            subject in "(\\PC|[\\r\\n\\x00\\t:<>@,]|\r\nBcc: m@example\\.net){0,60}",
            id in "(\\PC|[\\r\\n\\x00>@]){0,200}",
            language in "(\\PC|[\\r\\n:]){0,40}",
            name in "(\\PC|[\\r\\n<>\"]){0,40}",
            text in "(\\PC|[\\r\\n\\x00.]){0,100}",
        ) {
            let from = format!("{name} <route@example.org>");
            let hostile = Message {
                subject,
                id: id.as_str().into(),
                language,
                text: text.clone(),
                html: text,
                from: Mailbox::parse_named(&from).is_ok().then(|| from.as_str().into()),
                ..message()
            };
            let mail = written(&hostile);
            prop_assert_eq!(headers(&mail), headers(&written(&message())));
            // Every end of a line is one (RFC 5321 §2.3.8), in the bodies too.
            prop_assert!(!mail.replace("\r\n", "").contains(['\r', '\n']));
            prop_assert!(mail.is_ascii());
        }
    }
}
