//! Mails handed to a mail server, whatever it does.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

mod receiver;

use postern_delivery_smtp::{Mail, Settings, SignIn};
use postern_identity::clock::FixedClock;
use postern_identity::reset::{Channel, ChannelError, LetterKind, Message};
use postern_identity::secret::Secret;
use receiver::{Manner, Receiver};
use std::sync::Arc;
use std::time::Duration;

fn message(to: &str) -> Message {
    Message {
        to: to.into(),
        id: "letter-1".into(),
        subject: "Your password".to_owned(),
        text: "Guten Tag, Jürgen.\n.\nA line with a dot.\n".to_owned(),
        html: "<p>Guten Tag, Jürgen.</p>\n".to_owned(),
        language: "de".to_owned(),
        kind: LetterKind::Challenge,
        from: None,
    }
}

fn settings(receiver: &Receiver, scheme: &str) -> Settings {
    let url = format!("{scheme}://localhost:{}", receiver.address.port());
    let mut settings = Settings::new(url, "Accounts <accounts@example.org>");
    if scheme == "smtps" || scheme == "smtp" {
        settings.authorities = Some(receiver.authority.clone().into_bytes());
    }
    settings
}

/// No TLS, on this machine.
fn plain(receiver: &Receiver) -> Settings {
    Settings {
        authorities: None,
        ..settings(receiver, "smtp")
    }
}

fn mail(settings: Settings) -> Mail {
    Mail::new(settings, Arc::new(FixedClock("2026-11-22T16:00:00Z".parse().unwrap()))).unwrap()
}

fn sign_in(password: &str) -> SignIn {
    SignIn {
        username: "postern".to_owned(),
        password: Secret::new(password),
    }
}

#[tokio::test]
async fn a_mail_arrives_over_tls_from_the_first_octet() {
    let receiver = Receiver::start(Manner {
        implicit: true,
        sign_in: Some(("postern", "right")),
        ..Manner::default()
    })
    .await;
    let mut settings = settings(&receiver, "smtps");
    settings.sign_in = Some(sign_in("right"));
    mail(settings).send(&message("alice@example.org")).await.unwrap();
    let mails = receiver.mails();
    assert_eq!(mails.len(), 1);
    assert!(mails[0].encrypted && mails[0].signed_in);
    assert!(mails[0].from.starts_with("MAIL FROM:<accounts@example.org>"));
    assert_eq!(mails[0].to, ["RCPT TO:<alice@example.org>"]);
    assert!(mails[0].data.contains("Message-ID: <letter-1@example.org>\r\n"));
    assert!(receiver.in_the_clear().is_empty());
}

#[tokio::test]
async fn with_starttls_nothing_but_the_greeting_is_in_the_clear() {
    let receiver = Receiver::start(Manner {
        start_tls: true,
        sign_in: Some(("postern", "right")),
        ..Manner::default()
    })
    .await;
    let mut settings = settings(&receiver, "smtp");
    settings.sign_in = Some(sign_in("right"));
    mail(settings).send(&message("alice@example.org")).await.unwrap();
    assert!(receiver.mails()[0].encrypted && receiver.mails()[0].signed_in);
    assert_eq!(receiver.in_the_clear(), ["EHLO example.org", "STARTTLS"]);
}

#[tokio::test]
async fn a_server_without_starttls_hears_nothing_more() {
    let receiver = Receiver::start(Manner {
        sign_in: Some(("postern", "right")),
        ..Manner::default()
    })
    .await;
    let mut settings = settings(&receiver, "smtp");
    settings.sign_in = Some(sign_in("right"));
    let outcome = mail(settings).send(&message("alice@example.org")).await;
    assert_eq!(outcome, Err(ChannelError::Later));
    assert_eq!(receiver.in_the_clear(), ["EHLO example.org"]);
}

#[tokio::test]
async fn what_somebody_puts_behind_the_answer_to_starttls_is_no_answer() {
    let receiver = Receiver::start(Manner {
        start_tls: true,
        answers: [("STARTTLS", "220 go ahead\r\n250-receiver\r\n250 8BITMIME")].into(),
        ..Manner::default()
    })
    .await;
    let outcome = mail(settings(&receiver, "smtp"))
        .send(&message("alice@example.org"))
        .await;
    assert_eq!(outcome, Err(ChannelError::Later));
    assert!(receiver.mails().is_empty());
}

#[tokio::test]
async fn a_certificate_of_another_name_or_of_a_stranger_is_not_taken() {
    let other_name = Receiver::start(Manner {
        implicit: true,
        certificate_for: Some("other.example.org"),
        ..Manner::default()
    })
    .await;
    let stranger = Receiver::start(Manner {
        implicit: true,
        ..Manner::default()
    })
    .await;
    let mut of_stranger = settings(&stranger, "smtps");
    of_stranger.authorities = Some(other_name.authority.clone().into_bytes());
    for settings in [settings(&other_name, "smtps"), of_stranger] {
        let outcome = mail(settings).send(&message("alice@example.org")).await;
        assert_eq!(outcome, Err(ChannelError::Later));
    }
    assert!(other_name.mails().is_empty() && stranger.mails().is_empty());
}

#[tokio::test]
async fn a_refusal_of_the_message_is_for_good_and_one_of_ours_is_not() {
    let cases = [
        ("RCPT", "550 5.1.1 no such user", ChannelError::Never),
        ("RCPT", "553 5.1.3 bad address", ChannelError::Never),
        ("end", "554 5.7.1 content refused", ChannelError::Never),
        ("RCPT", "450 4.2.1 mailbox busy", ChannelError::Later),
        ("DATA", "451 4.3.0 local error", ChannelError::Later),
        ("end", "452 4.3.1 disk full", ChannelError::Later),
        ("MAIL", "530 5.7.0 sign in first", ChannelError::Later),
        ("EHLO", "502 not here", ChannelError::Later),
        ("greeting", "554 no service", ChannelError::Later),
        ("greeting", "421 busy", ChannelError::Later),
        ("RCPT", "nonsense", ChannelError::Later),
        ("DATA", "close", ChannelError::Later),
        ("end", "close", ChannelError::Later),
        ("greeting", "close", ChannelError::Later),
    ];
    for (at, answer, meaning) in cases {
        let receiver = Receiver::start(Manner {
            answers: [(at, answer)].into(),
            ..Manner::default()
        })
        .await;
        let outcome = mail(plain(&receiver)).send(&message("alice@example.org")).await;
        assert_eq!(outcome, Err(meaning), "{at}: {answer}");
    }
}

#[tokio::test]
async fn a_wrong_password_of_ours_loses_no_message() {
    let receiver = Receiver::start(Manner {
        implicit: true,
        sign_in: Some(("postern", "right")),
        ..Manner::default()
    })
    .await;
    let mut settings = settings(&receiver, "smtps");
    settings.sign_in = Some(sign_in("wrong"));
    let outcome = mail(settings).send(&message("alice@example.org")).await;
    assert_eq!(outcome, Err(ChannelError::Later));
}

#[tokio::test]
async fn a_server_that_is_down_is_asked_again_later() {
    let receiver = Receiver::start(Manner::default()).await;
    let settings = plain(&receiver);
    drop(receiver);
    let mail = mail(settings);
    // Its listener ends when the runtime has dropped the task.
    tokio::task::yield_now().await;
    assert_eq!(mail.send(&message("alice@example.org")).await, Err(ChannelError::Later));
}

#[tokio::test]
async fn a_slow_server_is_left_at_the_deadline_and_its_connection_is_not_used_again() {
    for at in ["greeting", "EHLO", "MAIL", "RCPT", "DATA", "end"] {
        let receiver = Receiver::start(Manner {
            answers: [(at, "")].into(),
            ..Manner::default()
        })
        .await;
        let mut settings = plain(&receiver);
        settings.deadline = Duration::from_secs(1);
        let mail = mail(settings);
        assert_eq!(
            mail.send(&message("alice@example.org")).await,
            Err(ChannelError::Later),
            "{at}"
        );
        assert_eq!(
            mail.send(&message("bob@example.org")).await,
            Err(ChannelError::Later),
            "{at}"
        );
        assert_eq!(receiver.connections(), 2, "{at}: a connection of its own for each");
    }
}

#[tokio::test]
async fn one_connection_carries_mail_after_mail() {
    let receiver = Receiver::start(Manner::default()).await;
    let mail = mail(plain(&receiver));
    for person in ["alice", "bob", "carol"] {
        mail.send(&message(&format!("{person}@example.org"))).await.unwrap();
    }
    let recipients: Vec<_> = receiver.mails().into_iter().flat_map(|mail| mail.to).collect();
    let wanted = ["alice", "bob", "carol"].map(|person| format!("RCPT TO:<{person}@example.org>"));
    assert_eq!(recipients, wanted);
    assert_eq!(receiver.connections(), 1);
}

#[tokio::test]
async fn a_connection_that_ended_meanwhile_is_replaced() {
    let receiver = Receiver::start(Manner {
        answers: [("NOOP", "close")].into(),
        ..Manner::default()
    })
    .await;
    let mail = mail(plain(&receiver));
    mail.send(&message("alice@example.org")).await.unwrap();
    mail.send(&message("bob@example.org")).await.unwrap();
    assert_eq!((receiver.mails().len(), receiver.connections()), (2, 2));
}

#[tokio::test]
async fn no_more_connections_at_once_than_there_may_be() {
    let receiver = Receiver::start(Manner::default()).await;
    let mut settings = plain(&receiver);
    settings.connections = 2;
    let mail = Arc::new(mail(settings));
    let mut sending = tokio::task::JoinSet::new();
    for number in 0..20 {
        let mail = Arc::clone(&mail);
        sending.spawn(async move { mail.send(&message(&format!("p{number}@example.org"))).await });
    }
    assert!(sending.join_all().await.into_iter().all(|outcome| outcome == Ok(())));
    assert_eq!(receiver.mails().len(), 20);
    assert!(receiver.connections() <= 2);
}

#[tokio::test]
async fn a_hostile_address_reaches_no_server() {
    let receiver = Receiver::start(Manner::default()).await;
    let mail = mail(plain(&receiver));
    for hostile in [
        "alice@example.org>\r\nRCPT TO:<mallory@example.net",
        "alice@example.org,mallory@example.net",
        "Alice <alice@example.org>",
        "",
    ] {
        assert_eq!(mail.send(&message(hostile)).await, Err(ChannelError::Never));
    }
    assert_eq!(receiver.connections(), 0);
}

#[tokio::test]
async fn an_address_beyond_ascii_waits_for_no_server_that_cannot_carry_it() {
    let receiver = Receiver::start(Manner::default()).await;
    let outcome = mail(plain(&receiver)).send(&message("jürgen@example.org")).await;
    assert_eq!(outcome, Err(ChannelError::Never));
    // A domain beyond ASCII has a form within it.
    mail(plain(&receiver))
        .send(&message("alice@exämple.org"))
        .await
        .unwrap();
    assert_eq!(receiver.mails()[0].to, ["RCPT TO:<alice@xn--exmple-cua.org>"]);
}
