//! Nextcloud's LDAP app: a sign-in is a success or not; after a success it reads what the directory keeps of the account, with an
//! account of its own, and does nothing more on the person's connection.

use super::Concludes::*;
use super::{Concludes, Signed, promises};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use postern_ldap::Message;
use postern_ldap::entry::SearchEntry;
use postern_tests::people::{self, BASE, PASSWORD, SERVICE};
use postern_tests::request::{self, Scope};
use postern_tests::{Gateway, Slapd, Wire};
use std::collections::BTreeMap;
use std::net::SocketAddr;

#[test]
fn nextcloud_leads_to_its_page_for_a_new_password_or_refuses() {
    let promised = [
        LetIn,
        NewPassword,
        NewPassword,
        WrongPassword,
        WarnedOfGrace(2),
        WarnedOfExpiry(5),
        WrongPassword,
        WrongPassword,
        WrongPassword,
        WrongPassword,
    ];
    promises("nextcloud", false, nextcloud, promised);
}

#[test]
fn what_nextcloud_lets_in_can_do_nothing_on_its_own_connection_but_change_the_password() {
    let slapd = Slapd::start();
    let gateway = Gateway::start("nextcloud", &slapd);
    let mut wire = gateway.client();
    let dn = people::dn("must-change");
    assert_eq!(wire.bind(1, &dn, PASSWORD).code, Some(0));
    let answers = wire.ask(&request::search(2, &dn, Scope::Base, "objectClass", &["cn"], &[]));
    assert_eq!(answers[0].code, Some(50), "{answers:?}");
}

fn nextcloud(signed: &Signed<'_>) -> Concludes {
    match signed.answer.code {
        Some(0) => after_login(signed),
        Some(49) => WrongPassword,
        _ => Broken,
    }
}

/// `User::handlePasswordExpiry`.
fn after_login(signed: &Signed<'_>) -> Concludes {
    let account = read(
        signed.address,
        &people::dn(signed.uid),
        &["pwdPolicySubentry", "pwdGraceUseTime", "pwdReset", "pwdChangedTime"],
    );
    let default_policy = format!("cn=default,ou=policies,{BASE}");
    let policy = first(&account, "pwdpolicysubentry").unwrap_or(&default_policy);
    let policy = read(
        signed.address,
        policy,
        &["pwdGraceAuthNLimit", "pwdMaxAge", "pwdExpireWarning"],
    );
    let number = |attribute| first(&policy, attribute).and_then(|value| value.parse::<u32>().ok());
    let used = account.get("pwdgraceusetime").map_or(0, Vec::len);
    if used > 0 {
        let used = u32::try_from(used).unwrap();
        return match number("pwdgraceauthnlimit") {
            Some(limit) if used < limit => WarnedOfGrace(limit - used), // its page for a new password
            _ => SaysExpired,
        };
    }
    if first(&account, "pwdreset") == Some("TRUE") {
        return NewPassword;
    }
    let (Some(changed), Some(longest), Some(warning)) = (
        first(&account, "pwdchangedtime"),
        number("pwdmaxage"),
        number("pwdexpirewarning"),
    ) else {
        return LetIn;
    };
    let changed = DateTime::strptime("%Y%m%d%H%M%SZ", changed).unwrap();
    let changed = changed.to_zoned(TimeZone::UTC).unwrap().timestamp();
    let left = changed + SignedDuration::from_secs(longest.into()) - now();
    let left = u32::try_from(left.get_seconds()).unwrap_or(0);
    if left <= warning {
        WarnedOfExpiry(left.div_ceil(86_400))
    } else {
        LetIn
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "the directory goes by the machine's clock and can be given no other"
)]
fn now() -> Timestamp {
    Timestamp::now()
}

fn first<'a>(entry: &'a BTreeMap<String, Vec<String>>, attribute: &str) -> Option<&'a str> {
    entry.get(attribute)?.first().map(String::as_str)
}

/// One entry's attributes, through the gateway, by the application's own account.
fn read(address: SocketAddr, dn: &str, attributes: &[&str]) -> BTreeMap<String, Vec<String>> {
    let mut wire = Wire::connect(address);
    assert_eq!(wire.bind(1, SERVICE, PASSWORD).code, Some(0));
    let answers = wire.ask(&request::search(2, dn, Scope::Base, "objectClass", attributes, &[]));
    let message = Message::parse(&answers[0].octets).unwrap();
    let entry = SearchEntry::parse(&message).unwrap_or_else(|_| panic!("{dn}: {answers:?}"));
    let text = |octets: &[u8]| String::from_utf8(octets.to_vec()).unwrap();
    entry
        .attributes()
        .map(|attribute| {
            let attribute = attribute.unwrap();
            let name = text(attribute.description).to_ascii_lowercase();
            (name, attribute.values().map(text).collect())
        })
        .collect()
}
