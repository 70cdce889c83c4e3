//! FreeIPA's attributes over a 389 Directory Server: accounts and policies as FreeIPA keeps them, on a server without its plug-ins. What
//! FreeIPA keeps silent at a sign-in is silent here too; what its plug-ins refuse before the server looks is not shown here.

use super::Ds389Settings;
use crate::people::{BASE, dn, generalized_time, now};
use std::fmt::Write as _;

/// The states: the uid of an account in it.
pub const STATES: &[&str] = &[
    "active",
    "reset-by-another",
    "expired",
    "expiring",
    "ended",
    "inactivated",
];

/// The policy of the realm, for `default_policy_dn`.
pub const GLOBAL_POLICY: &str = "cn=global_policy,cn=EXAMPLE.ORG,cn=kerberos,dc=example,dc=org";

/// MIT's own schema, as the server's package has it.
const KERBEROS: &str = "/usr/share/dirsrv/data/60kerberos.ldif";
/// What FreeIPA adds, as far as it is read here (install/share/60basev2.ldif of FreeIPA).
const IPA: &str = "attributeTypes: ( 2.16.840.1.113730.3.8.3.1 NAME 'ipaUniqueID' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributeTypes: ( 2.16.840.1.113730.3.8.11.40 NAME 'ipaUserAuthType' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
objectClasses: ( 2.16.840.1.113730.3.8.4.1 NAME 'ipaObject' SUP top AUXILIARY MUST ( ipaUniqueID ) )
objectClasses: ( 2.16.840.1.113730.3.8.12.19 NAME 'ipaUserAuthTypeClass' SUP top AUXILIARY MAY ( ipaUserAuthType ) )
";
const DAY: i64 = 86_400;

/// A server that holds them, with these accounts besides.
pub fn settings(more: &str) -> Ds389Settings {
    let kerberos = std::fs::read_to_string(KERBEROS).unwrap_or_else(|error| panic!("{KERBEROS}: {error}"));
    let definitions = kerberos
        .split_once("cn: schema\n")
        .map_or(kerberos.as_str(), |(_, rest)| rest);
    let mut ldif = String::new();
    for (container, class) in [
        ("cn=kerberos", "nsContainer"),
        ("cn=EXAMPLE.ORG,cn=kerberos", "nsContainer"),
        (
            "cn=global_policy,cn=EXAMPLE.ORG,cn=kerberos",
            "nsContainer\nobjectClass: krbPwdPolicy",
        ),
    ] {
        let name = container.split([',', '=']).nth(1).expect("a name");
        let policy = if name == "global_policy" { POLICY } else { "" };
        writeln!(
            ldif,
            "dn: {container},{BASE}\nobjectClass: top\nobjectClass: {class}\ncn: {name}\n{policy}"
        )
        .unwrap();
    }
    for uid in STATES {
        ldif.push_str(&account(&format!("ipa-{uid}"), uid));
    }
    Ds389Settings {
        ldif: ldif + more,
        schema: format!("{definitions}\n{IPA}"),
        // FreeIPA's plug-ins keep the age and the failures; the server itself keeps none.
        config: "passwordExp: off\npasswordLockout: off\npasswordMustChange: off\npasswordHistory: off\npasswordCheckSyntax: off".to_owned(),
        ..Ds389Settings::default()
    }
}

/// As FreeIPA makes it: no limit of grace sign-ins, so that none is told.
const POLICY: &str =
    "krbMaxPwdLife: 7776000\nkrbPwdMaxFailure: 6\nkrbPwdFailureCountInterval: 60\nkrbPwdLockoutDuration: 600\n";

/// LDIF of an account in one of [`STATES`].
pub fn account(uid: &str, state: &str) -> String {
    let now = now();
    let at = |days: i64| generalized_time(now + days * DAY);
    let age = |changed: i64, expires: i64| {
        format!(
            "krbLastPwdChange: {}\nkrbPasswordExpiration: {}",
            at(changed),
            at(expires)
        )
    };
    let lines = match state {
        "active" => age(-1, 89),
        // Expired at the second it was set: that is FreeIPA's "must be changed".
        "reset-by-another" => age(-1, -1),
        "expired" => age(-200, -110),
        "expiring" => age(-88, 2),
        "ended" => format!("{}\nkrbPrincipalExpiration: {}", age(-1, 89), at(-1)),
        "inactivated" => format!("{}\nnsAccountLock: TRUE", age(-1, 89)),
        other => panic!("no state {other}"),
    };
    let dn = dn(uid);
    let hash = super::people::HASH;
    format!(
        "dn: {dn}
objectClass: inetOrgPerson
objectClass: krbPrincipalAux
objectClass: ipaObject
uid: {uid}
cn: {uid}
sn: {uid}
mail: {uid}@example.org
krbPrincipalName: {uid}@EXAMPLE.ORG
ipaUniqueID: 0f5c-{uid}
userPassword: {hash}
{lines}

"
    )
}
