//! Changes of how an account stands, as they go up.

use super::*;
use postern_ldap::change::{self, ModifyRequest, NewChange};

type Written = (u32, String, Vec<String>);

/// What goes up of these replacements for an account with these attributes. `None`: it is refused.
fn goes_up_as(shape: &Shape, account: &[(&str, &[&str])], replaced: &[(&str, &[&[u8]])]) -> Option<Vec<Written>> {
    let changes: Vec<_> = replaced
        .iter()
        .map(|(attribute, values)| NewChange {
            operation: 2,
            attribute: attribute.as_bytes(),
            values,
        })
        .collect();
    let octets = change::modify(MessageId(9), b"uid=a,dc=example", &changes, &[]);
    let account = Entry::new("uid=a,dc=example", account);
    let octets = shape.in_the_directorys_words(&Message::parse(&octets).unwrap(), &account)?;
    let message = Message::parse(&octets).unwrap();
    let modify = ModifyRequest::parse(&message).unwrap();
    assert_eq!((message.id, modify.entry), (MessageId(9), &b"uid=a,dc=example"[..]));
    let text = |octets: &[u8]| String::from_utf8(octets.to_vec()).unwrap();
    let written = modify.changes().map(|one| {
        let values = one.attribute.values().map(text).collect();
        (one.operation, text(one.attribute.description), values)
    });
    Some(written.collect())
}

fn written(all: &[(u32, &str, &[&str])]) -> Vec<Written> {
    let owned = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
    let one = |(operation, name, values): &(u32, &str, &[&str])| (*operation, (*name).to_owned(), owned(values));
    all.iter().map(one).collect()
}

const ON: (&str, &[&[u8]]) = ("userAccountControl", &[b"512"]);
const UNLOCKED: (&str, &[&[u8]]) = ("lockoutTime", &[b"0"]);
const LOCK: &str = "pwdAccountLockedTime";

#[test]
fn a_change_of_nothing_goes_up_as_what_the_directory_can_say_who_may() {
    let openldap = as_active_directory();
    let on_389 = shape(ShapeProduct::ActiveDirectory, DialectName::Ds389);
    let on_active_directory = as_ppolicy();
    // Who is enabled is enabled.
    assert_eq!(goes_up_as(&openldap, &[], &[ON]), Some(written(&[(2, LOCK, &[])])));
    assert_eq!(
        goes_up_as(&openldap, &[(LOCK, &["20260531120000Z"])], &[ON]),
        Some(written(&[(2, LOCK, &["20260531120000Z"])]))
    );
    // Who need not change the password need not, and who is not locked is not.
    let expires: (&str, &[&str]) = ("passwordExpirationTime", &["20270101000000Z"]);
    let warned: (&str, &[&str]) = ("passwordExpWarned", &["0"]);
    assert_eq!(
        goes_up_as(&on_389, &[expires, warned], &[("pwdLastSet", &[b"-1"]), UNLOCKED]),
        Some(written(&[
            (2, "passwordExpWarned", &["0"]),
            (2, "retryCountResetTime", &[])
        ]))
    );
    // Who is switched off is.
    let control: (&str, &[&str]) = ("userAccountControl", &["514"]);
    assert_eq!(
        goes_up_as(&on_active_directory, &[control], &[(LOCK, &[b"000001010000Z"])]),
        Some(written(&[(1, control.0, &["514"]), (0, control.0, &["514"])]))
    );
}

#[test]
fn what_stays_as_it_is_does_not_undo_what_is_changed_beside_it() {
    let openldap = as_active_directory();
    let unlock: [(u32, &str, &[&str]); 2] = [(2, LOCK, &["000001010000Z"]), (1, LOCK, &[])];
    let account: [(&str, &[&str]); 1] = [(LOCK, &["20260531120000Z"])];
    for both in [[ON, UNLOCKED], [UNLOCKED, ON]] {
        assert_eq!(goes_up_as(&openldap, &account, &both), Some(written(&unlock)));
    }
    let mail: (&str, &[&[u8]]) = ("mail", &[b"a@b"]);
    assert_eq!(
        goes_up_as(&openldap, &account, &[mail, ON]),
        Some(written(&[(2, "mail", &["a@b"]), (2, LOCK, account[0].1)]))
    );
}

#[test]
fn what_the_directory_does_not_have_is_refused() {
    let freeipa = shape(ShapeProduct::ActiveDirectory, DialectName::FreeIpa);
    assert_eq!(goes_up_as(&freeipa, &[], &[("pwdLastSet", &[b"-1"])]), None);
}
