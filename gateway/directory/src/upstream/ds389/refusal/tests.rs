use super::*;
use postern_ldap::result::LdapResult;
use postern_ldap::{Controls, Message, tag};
use proptest::prelude::*;

/// What Debian's 389 Directory Server 2.3.1 answered to password writes, whole messages, and the rule each names.
#[rustfmt::skip]
const SEEN: &[(&str, &str, Option<PasswordRule>)] = &[
    ("userPassword replace too short", "307b020102674c0a011304000445696e76616c69642070617373776f72642073796e746178202d2070617373776f7264206d757374206265206174206c6561737420382063686172616374657273206c6f6e67a02830260419312e332e362e312e342e312e34322e322e32372e382e352e310409308400000003810105", Some(PasswordRule::TooShort)),
    ("passwd exop (TLS) too short", "305002010278210a01130400041a4661696c656420746f207570646174652070617373776f72640aa02830260419312e332e362e312e342e312e34322e322e32372e382e352e310409308400000003810105", Some(PasswordRule::Quality)),
    ("too few character categories", "3081d90201026781a90a011304000481a1696e76616c69642070617373776f72642073796e746178202d2070617373776f7264206d75737420636f6e7461696e206174206c656173742033206368617261637465722063617465676f72696573202876616c69642063617465676f72696573206172652064696769742c207570706572636173652c206c6f776572636173652c207370656369616c2c20616e6420382d626974206368617261637465727329a02830260419312e332e362e312e342e312e34322e322e32372e382e352e310409308400000003810105", Some(PasswordRule::Quality)),
    ("same as now (history)", "301f020102671a0a01130400041370617373776f726420696e20686973746f7279", Some(PasswordRule::History)),
    ("passwd exop (TLS) same as now (history)", "302602010278210a01130400041a4661696c656420746f207570646174652070617373776f72640a", Some(PasswordRule::History)),
    ("passwd exop (TLS) wrong old", "302502010278200a013104000419496e76616c6964206f6c645061737377642076616c75652e0a", Some(PasswordRule::WrongOld)),
    ("contains the uid", "307002010267410a01130400043a696e76616c69642070617373776f72642073796e746178202d2070617373776f7264206261736564206f6666206f66207573657220656e747279a02830260419312e332e362e312e342e312e34322e322e32372e382e352e310409308400000003810105", Some(PasswordRule::Quality)),
    ("pre-hashed value", "307d020102674e0a011304000447696e76616c69642070617373776f72642073796e746178202d2070617373776f72647320776974682073746f7261676520736368656d6520617265206e6f7420616c6c6f776564a02830260419312e332e362e312e342e312e34322e322e32372e382e352e310409308400000003810105", Some(PasswordRule::Quality)),
    ("another user's", "3081a402010267750a01320400046e496e73756666696369656e7420277772697465272070726976696c65676520746f2074686520277573657250617373776f72642720617474726962757465206f6620656e74727920277569643d6f6b2c6f753d7374617465732c64633d6578616d706c652c64633d6f7267272e0aa02830260419312e332e362e312e342e312e34322e322e32372e382e352e310409308400000003810103", Some(PasswordRule::Forbidden)),
    ("userPassword replace too short, no control", "3051020102674c0a011304000445696e76616c69642070617373776f72642073796e746178202d2070617373776f7264206d757374206265206174206c6561737420382063686172616374657273206c6f6e67", Some(PasswordRule::TooShort)),
    ("too few character categories, no control", "3081af0201026781a90a011304000481a1696e76616c69642070617373776f72642073796e746178202d2070617373776f7264206d75737420636f6e7461696e206174206c656173742033206368617261637465722063617465676f72696573202876616c69642063617465676f72696573206172652064696769742c207570706572636173652c206c6f776572636173652c207370656369616c2c20616e6420382d626974206368617261637465727329", Some(PasswordRule::Quality)),
    ("same as now (history), no control", "301f020102671a0a01130400041370617373776f726420696e20686973746f7279", Some(PasswordRule::History)),
    ("passwd exop (TLS) wrong old, no control", "302502010278200a013104000419496e76616c6964206f6c645061737377642076616c75652e0a", Some(PasswordRule::WrongOld)),
    ("contains the uid, no control", "304602010267410a01130400043a696e76616c69642070617373776f72642073796e746178202d2070617373776f7264206261736564206f6666206f66207573657220656e747279", Some(PasswordRule::Quality)),
    ("pre-hashed value, no control", "3053020102674e0a011304000447696e76616c69642070617373776f72642073796e746178202d2070617373776f72647320776974682073746f7261676520736368656d6520617265206e6f7420616c6c6f776564", Some(PasswordRule::Quality)),
    ("another user's, no control", "307a02010267750a01320400046e496e73756666696369656e7420277772697465272070726976696c65676520746f2074686520277573657250617373776f72642720617474726962757465206f6620656e74727920277569643d6f6b2c6f753d7374617465732c64633d6578616d706c652c64633d6f7267272e0a", Some(PasswordRule::Forbidden)),
    ("passwordChange off: user may not change", "305c020102672d0a01350400042675736572206973206e6f7420616c6c6f77656420746f206368616e67652070617373776f7264a02830260419312e332e362e312e342e312e34322e322e32372e382e352e310409308400000003810103", Some(PasswordRule::Forbidden)),
    ("second change, too young", "305102010267220a01130400041b77697468696e2070617373776f7264206d696e696d756d20616765a02830260419312e332e362e312e342e312e34322e322e32372e382e352e310409308400000003810107", Some(PasswordRule::TooYoung)),
    ("second change, too young, no control", "302702010267220a01130400041b77697468696e2070617373776f7264206d696e696d756d20616765", Some(PasswordRule::TooYoung)),
    ("passwd exop (TLS), too young", "305002010278210a01130400041a4661696c656420746f207570646174652070617373776f72640aa02830260419312e332e362e312e342e312e34322e322e32372e382e352e310409308400000003810107", Some(PasswordRule::TooYoung)),
    ("passwd exop on a plain connection", "3034020102782f0a010d040004284f7065726174696f6e20726571756972657320612073656375726520636f6e6e656374696f6e2e0a", Some(PasswordRule::Transport)),
    ("delete and add, wrong old", "300c02010267070a011004000400", Some(PasswordRule::WrongOld)),
    ("palindrome", "304e020108671f0a01130400041850617373776f726420697320612070616c696e64726f6d65a02830260419312e332e362e312e342e312e34322e322e32372e382e352e310409308400000003810105", Some(PasswordRule::Quality)),
    ("a forbidden word", "3059020109672a0a01130400042350617373776f726420636f6e7461696e732061207265737472696374656420776f7264a02830260419312e332e362e312e342e312e34322e322e32372e382e352e310409308400000003810105", Some(PasswordRule::Dictionary)),
    ("a sequence", "305c02010a672d0a01130400042650617373776f726420636f6e7461696e732061206d6f6e6f746f6e69632073657175656e6365a02830260419312e332e362e312e342e312e34322e322e32372e382e352e310409308400000003810105", Some(PasswordRule::Quality)),
    ("the dictionary cannot be loaded", "307002010267410a01130400043a50617373776f7264206661696c65642064696374696f6e61727920636865636b3a206572726f72206c6f6164696e672064696374696f6e617279a02830260419312e332e362e312e342e312e34322e322e32372e382e352e310409308400000003810105", None),
    ("delete and add, in history", "301f020104671a0a01130400041370617373776f726420696e20686973746f7279", Some(PasswordRule::History)),
    ("by password modify as nobody", "302d02010478280a013204000421416e6f6e796d6f75732042696e647320617265206e6f7420616c6c6f7765642e0a", Some(PasswordRule::Forbidden)),
];

fn read_message(hexadecimal: &str) -> PasswordRefusal {
    let octets: Vec<u8> = (0..hexadecimal.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hexadecimal[at..at + 2], 16).unwrap())
        .collect();
    let message = Message::parse(&octets).unwrap();
    let result = LdapResult::parse(&message).unwrap();
    read(&WriteAnswer {
        code: result.code,
        diagnostic: result.diagnostic,
        controls: message.controls,
        extended: message.operation.tag == tag::EXTENDED_RESPONSE,
    })
}

#[test]
fn every_refusal_of_a_real_server_names_its_rule() {
    for (case, hexadecimal, rule) in SEEN {
        let refusal = read_message(hexadecimal);
        assert_eq!(refusal.rule, *rule, "{case}: {}", refusal.told_by);
    }
}

#[test]
fn every_rule_of_syntax_but_length_is_quality_with_and_without_the_control() {
    let control = postern_ldap::control::ppolicy::PasswordPolicyResponse {
        warning: None,
        error: Some(error::INSUFFICIENT_PASSWORD_QUALITY),
    }
    .control();
    for (text, rule) in [
        (
            "invalid password syntax - password must be at least 8 characters long",
            PasswordRule::TooShort,
        ),
        (
            "Invalid password syntax - password must be at least 12 characters long",
            PasswordRule::TooShort,
        ),
        (
            "invalid password syntax - password must contain at least 1 digit characters",
            PasswordRule::Quality,
        ),
        (
            "invalid password syntax - a character cannot be repeated more than 3 times",
            PasswordRule::Quality,
        ),
        (
            "Password failed dictionary check: it is based on a dictionary word",
            PasswordRule::Dictionary,
        ),
        (
            "Password found in breach database - choose a different password",
            PasswordRule::Dictionary,
        ),
    ] {
        for controls in [&[][..], &control] {
            let refusal = read(&WriteAnswer {
                code: ResultCode::CONSTRAINT_VIOLATION,
                diagnostic: text.as_bytes(),
                controls: Controls::new(controls),
                extended: false,
            });
            assert_eq!(refusal.rule, Some(rule), "{text}");
        }
    }
}

#[test]
fn what_says_nothing_of_the_password_names_no_rule() {
    for code in [1, 2, 10, 20, 32, 51, 52, 53, 80, 4096] {
        let answer = WriteAnswer {
            code: ResultCode(code),
            diagnostic: b"",
            controls: Controls::new(&[]),
            extended: code % 2 == 0,
        };
        let refusal = read(&answer);
        assert_eq!((refusal.rule, refusal.result_code), (None, code));
    }
}

proptest! {
    #[test]
    fn no_octets_make_reading_a_refusal_fail(
        code: u32,
        diagnostic in proptest::collection::vec(any::<u8>(), 0..80),
        controls in proptest::collection::vec(any::<u8>(), 0..80),
        extended: bool,
    ) {
        let refusal = read(&WriteAnswer {
            code: ResultCode(code),
            diagnostic: &diagnostic,
            controls: Controls::new(&controls),
            extended,
        });
        prop_assert_eq!(refusal.result_code, code);
    }
}
