//! SSSD with `auth_provider = ldap`: it asks for the password policy control at every sign-in and reads Netscape's controls as well.

use super::Concludes::*;
use super::{Concludes, PEOPLE, Signed, promises, sign_in};
use postern_ldap::control::ppolicy::{PasswordPolicyResponse, PolicyWarning};
use postern_ldap::oid;
use postern_tests::{Answer, Gateway, GatewaySettings, Slapd, SlapdSettings, policies};

const PROMISED: [Concludes; 10] = [
    LetIn,
    NewPassword,
    NewPassword,
    SaysExpired,
    WarnedOfGrace(2),
    WarnedOfExpiry(5),
    WrongPassword,
    WrongPassword,
    WrongPassword,
    WrongPassword,
];

#[test]
fn sssd_asks_for_a_new_password_and_warns_of_what_is_coming() {
    promises("sssd", true, |signed: &Signed<'_>| reads(signed.answer), PROMISED);
}

#[test]
fn sssd_draws_the_same_conclusions_from_every_mixture_that_shows_the_control() {
    for surfaces in [
        "[\"ppolicy\", \"netscape\"]",
        "[\"ppolicy\", \"netscape\", \"ad\", \"text\"]",
    ] {
        let sssd = std::fs::read_to_string(policies::preset_folder("sssd").join("sssd.toml")).unwrap();
        let policy = sssd.replace("surface = \"ppolicy\"", &format!("surface = {surfaces}"));
        assert!(policy.contains(surfaces));
        let slapd = Slapd::start_with(&SlapdSettings {
            netscape: true,
            ..SlapdSettings::default()
        });
        let gateway = Gateway::start_with(&GatewaySettings {
            policy: Some(policy),
            ..GatewaySettings::new("sssd", &[slapd.url()])
        });
        for ((uid, password), promised) in PEOPLE.into_iter().zip(PROMISED) {
            let answer = sign_in(gateway.address(), uid, password, true);
            assert_eq!(reads(&answer), promised, "{surfaces}, {uid}: {answer:?}");
        }
    }
}

/// Its loop over the controls, in their order. The last word counts, but for grace, which outlives Netscape's "expired".
fn reads(answer: &Answer) -> Concludes {
    let accepted = answer.code == Some(0);
    let mut concludes = match answer.code {
        Some(0) => LetIn,
        Some(49) if answer.text.contains("data 775,") => SaysLocked,
        Some(49) => WrongPassword,
        _ => return Broken,
    };
    let mut grace = None;
    let mut expires = None;
    for (known, value) in &answer.controls {
        let value = value.as_deref().unwrap_or_default();
        match known.as_bytes() {
            // What its library cannot decode ends the sign-in with an internal error.
            oid::PASSWORD_POLICY => {
                let Ok(response) = PasswordPolicyResponse::parse(value) else {
                    return Broken;
                };
                match (accepted, response.error, response.warning) {
                    (true, Some(2), _) => concludes = NewPassword,
                    (true, _, Some(PolicyWarning::GraceRemaining(left))) => grace = Some(left),
                    (true, _, Some(PolicyWarning::TimeBeforeExpiration(seconds))) => expires = Some(seconds),
                    (false, Some(0), _) => concludes = SaysExpired,
                    _ => {}
                }
            }
            oid::NETSCAPE_EXPIRED => concludes = if accepted { NewPassword } else { SaysExpired },
            oid::NETSCAPE_EXPIRING => {
                let digits = std::str::from_utf8(value).ok().filter(|digits| digits.len() <= 32);
                let Some(seconds) = digits.and_then(|digits| digits.parse().ok()) else {
                    return Broken;
                };
                expires = Some(seconds);
            }
            _ => {}
        }
    }
    match (concludes, grace, expires) {
        (LetIn | NewPassword, Some(left), _) => WarnedOfGrace(left),
        (LetIn, None, Some(seconds)) => WarnedOfExpiry(seconds.div_ceil(86_400)),
        _ => concludes,
    }
}
