//! Two slapds with one tree: a provider that takes writes and a consumer that follows it by syncrepl (RFC 4533).

use crate::people::{ADMINISTRATOR, ADMINISTRATOR_PASSWORD, BASE, dn};
use crate::request::{self, Change, Scope};
use crate::{Slapd, SlapdSettings, Wire, eventually};
use std::time::Duration;

/// How soon a consumer has everything, generously.
const IN_STEP: Duration = Duration::from_secs(20);

/// How a consumer follows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Follows {
    /// At once.
    AtOnce,
    /// Only when it starts: until then it lags behind.
    WhenStarted,
}

/// A provider and its consumer.
pub struct Replicas {
    /// Takes writes.
    pub provider: Slapd,
    /// Refers writes to the provider.
    pub consumer: Slapd,
}

impl Replicas {
    /// Both, in step with each other, with so many ordinary people.
    pub fn start(follows: Follows, users: usize) -> Self {
        let provider = Slapd::start_with(&SlapdSettings {
            users,
            global: "moduleload syncprov.la\nserverID 1".to_owned(),
            overlays: "overlay syncprov\nsyncprov-checkpoint 1 1".to_owned(),
            ..SlapdSettings::default()
        });
        let how = match follows {
            Follows::AtOnce => "type=refreshAndPersist",
            Follows::WhenStarted => "type=refreshOnly interval=01:00:00:00",
        };
        let url = provider.url();
        let consumer = Slapd::start_with(&SlapdSettings {
            empty: true,
            // Of the database, and behind its overlay's lines all the same.
            overlays: format!(
                "syncrepl rid=001 provider={url} {how} retry=\"1 +\" searchbase=\"{BASE}\" bindmethod=simple \
                 binddn=\"{ADMINISTRATOR}\" credentials={ADMINISTRATOR_PASSWORD} schemachecking=off\nupdateref {url}"
            ),
            ..SlapdSettings::default()
        });
        let replicas = Self { provider, consumer };
        replicas.are_in_step();
        replicas
    }

    /// Returns when the consumer has what the provider has.
    pub fn are_in_step(&self) {
        eventually("the consumer has everything", IN_STEP, || {
            let wanted = change_number(&self.provider)?;
            (change_number(&self.consumer)? == wanted).then_some(())
        });
    }
}

/// An attribute of an account as one server holds it, its operational ones too; nothing if it has none.
pub fn value(slapd: &Slapd, entry: &str, attribute: &str) -> Option<String> {
    let mut wire = administrator(slapd)?;
    let search = request::search(2, entry, Scope::Base, "objectClass", &[attribute], &[]);
    let answers = wire.try_ask(&search).ok()?;
    let octets = &answers.first()?.octets;
    let message = postern_ldap::Message::parse(octets).ok()?;
    let mut body = message.body();
    body.octets().ok()?;
    let mut attributes = body.enter(postern_ldap::tag::SEQUENCE).ok()?;
    let mut one = attributes.enter(postern_ldap::tag::SEQUENCE).ok()?;
    one.octets().ok()?;
    let mut values = one.enter(postern_ldap::tag::SET).ok()?;
    Some(String::from_utf8_lossy(values.octets().ok()?).into_owned())
}

/// Changes an account as its administrator does, on this server.
pub fn administer(slapd: &Slapd, uid: &str, change: Change, attribute: &str, values: &[&str]) {
    let mut wire = administrator(slapd).expect("the administrator signs in");
    // Relax rules, so that what is operational may be written.
    let relax = request::control(b"1.3.6.1.4.1.4203.666.5.12", true, None);
    let modify = request::modify(2, &dn(uid), &[(change, attribute, values)], &[&relax]);
    let answer = wire.ask(&modify).remove(0);
    assert_eq!(answer.code, Some(0), "{answer:?}");
}

fn administrator(slapd: &Slapd) -> Option<Wire> {
    let mut wire = Wire::try_connect(slapd.address()).ok()?;
    let bind = request::bind(1, ADMINISTRATOR, ADMINISTRATOR_PASSWORD, &[]);
    (wire.try_ask(&bind).ok()?.first()?.code == Some(0)).then_some(wire)
}

fn change_number(slapd: &Slapd) -> Option<String> {
    value(slapd, BASE, "contextCSN")
}
