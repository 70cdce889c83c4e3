use super::super::golden;
use super::*;
use postern_ldap::change::ModifyRequest;
use postern_ldap::result::LdapResult;
use postern_ldap::{Controls, Message, MessageId};

fn refusal(code: u32, text: &str) -> (Option<PasswordRule>, &'static str) {
    let refusal = read_refusal(&WriteAnswer {
        code: ResultCode(code),
        diagnostic: text.as_bytes(),
        controls: Controls::new(&[]),
        extended: false,
    });
    assert_eq!(refusal.result_code, code);
    (refusal.rule, refusal.told_by)
}

fn quoted(text: &str) -> Vec<u8> {
    format!("\"{text}\"")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect()
}

/// What is done with which value.
type Changes = Vec<(u32, Vec<u8>)>;

/// Changes and the OIDs of the controls.
fn written(old: Option<&str>, new: &str) -> (Changes, Vec<Vec<u8>>) {
    let old = old.map(Secret::new);
    let octets = write("CN=a", old.as_ref(), &Secret::new(new)).encode(MessageId(1));
    let message = Message::parse(&octets).unwrap();
    let modify = ModifyRequest::parse(&message).unwrap();
    assert_eq!(modify.entry, b"CN=a");
    let changes = modify.changes().map(|change| {
        assert_eq!(change.attribute.description, b"unicodePwd");
        let values: Vec<_> = change.attribute.values().collect();
        assert_eq!(values.len(), 1);
        (change.operation, values[0].to_vec())
    });
    let controls = message.controls.iter().map(|control| {
        let control = control.unwrap();
        assert_eq!(control.value, Some(&[0x30, 3, 2, 1, 1][..]));
        assert!(!control.critical);
        control.oid.to_vec()
    });
    (changes.collect(), controls.collect())
}

#[test]
fn every_refusal_of_a_real_samba_is_read_as_the_rule_it_names() {
    for (case, hexadecimal, rule) in golden::REFUSALS {
        let octets = golden::octets(hexadecimal);
        let message = Message::parse(&octets).unwrap();
        let result = LdapResult::parse(&message).unwrap();
        let text = std::str::from_utf8(result.diagnostic).unwrap();
        assert_eq!(refusal(result.code.0, text).0, *rule, "{case}");
    }
}

/// As Microsoft and those who met them print them.
#[test]
fn windows_names_the_rule_only_by_its_number() {
    for (code, text, rule) in [
        (
            19,
            "0000052D: AtrErr: DSID-03191083, #1:\n\t0: 0000052D: DSID-03191083, problem 1005 (CONSTRAINT_ATT_TYPE), data 0, Att 9005a (unicodePwd)\n\0",
            Some(PasswordRule::Policy),
        ),
        (
            53,
            "0000052D: SvcErr: DSID-031A12D2, problem 5003 (WILL_NOT_PERFORM), data 0\n\0",
            Some(PasswordRule::Policy),
        ),
        (
            19,
            "00000056: AtrErr: DSID-03190F80, #1:\n\t0: 00000056: DSID-03190F80, problem 1005 (CONSTRAINT_ATT_TYPE), data 0, Att 9005a (unicodePwd)\n\0",
            Some(PasswordRule::WrongOld),
        ),
        (
            53,
            "0000001F: SvcErr: DSID-031A12D2, problem 5003 (WILL_NOT_PERFORM), data 0\n\0",
            Some(PasswordRule::Transport),
        ),
        (
            50,
            "00000005: SecErr: DSID-031A1190, problem 4003 (INSUFF_ACCESS_RIGHTS), data 0\n\0",
            Some(PasswordRule::Forbidden),
        ),
        (19, "00000775: Constraint violation", Some(PasswordRule::WrongOld)),
        (
            8,
            "BindSimple: Transport encryption required.",
            Some(PasswordRule::Transport),
        ),
        (50, "", Some(PasswordRule::Forbidden)),
        (53, "", None),
        (53, "00002077: SvcErr", None),
        (
            32,
            "0000208D: NameErr: DSID-03100241, problem 2001 (NO_OBJECT), data 0, best match of: ''",
            None,
        ),
    ] {
        assert_eq!(refusal(code, text).0, rule, "{code} {text}");
    }
}

#[test]
fn the_code_counts_only_at_the_beginning() {
    for text in [
        "52D: x",
        "0000052D",
        " 0000052D: x",
        "x0000052D:",
        "0000052G: x",
        "+000052D: x",
    ] {
        assert_eq!(refusal(19, text), (None, "result code"), "{text}");
    }
    assert_eq!(refusal(19, "0000052d: x"), (Some(PasswordRule::Policy), "error 52d"));
}

#[test]
fn a_change_takes_the_old_one_away_and_adds_the_new_one() {
    let (changes, controls) = written(Some("old"), "new ü");
    assert_eq!(changes, [(1, quoted("old")), (0, quoted("new ü"))]);
    assert!(controls.is_empty(), "every rule holds for a change anyway");
}

#[test]
fn a_reset_replaces_it_and_asks_that_the_rules_hold_by_both_numbers_of_the_control() {
    let (changes, controls) = written(None, "new");
    assert_eq!(changes, [(2, quoted("new"))]);
    assert_eq!(controls, [&b"1.2.840.113556.1.4.2239"[..], b"1.2.840.113556.1.4.2066"]);
}

#[test]
fn what_cannot_be_written_is_not_sent() {
    let (good, bad) = (Secret::new("good"), Secret::new(&b"\xff"[..]));
    assert_eq!(problem(Some(&good), &good, true), None);
    assert_eq!(problem(Some(&good), &good, false), Some(PasswordRule::Transport));
    assert_eq!(problem(None, &bad, true), Some(PasswordRule::Quality));
    assert_eq!(problem(Some(&bad), &good, true), Some(PasswordRule::WrongOld));
    // And should it be, then as a value that is no password in quotes.
    let octets = write("CN=a", Some(&bad), &bad).encode(MessageId(1));
    let message = Message::parse(&octets).unwrap();
    let modify = ModifyRequest::parse(&message).unwrap();
    let values: Vec<_> = modify
        .changes()
        .filter_map(|change| change.attribute.values().next())
        .collect();
    assert_eq!(values, [b"", b""]);
}
