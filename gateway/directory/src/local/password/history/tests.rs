use super::*;

fn now() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

fn account(history: &[&[u8]]) -> Entry {
    let mut entry = Entry::new();
    entry.set("userPassword", vec![b"{SSHA}a#b\xff".to_vec()]);
    entry.set("pwdHistory", history.iter().map(|value| value.to_vec()).collect());
    entry
}

fn keeping(in_history: u32) -> Policy {
    Policy {
        in_history,
        ..Policy::default()
    }
}

#[test]
fn a_value_is_written_as_slapd_does_and_read_again_whatever_is_in_it() {
    let kept = with_present(&account(&[]), &keeping(3), now()).unwrap();
    assert_eq!(
        kept.values,
        [b"20261122120000Z#1.3.6.1.4.1.1466.115.121.1.40#10#{SSHA}a#b\xff".to_vec()]
    );
    let again = account(&[&kept.values[0]]);
    assert_eq!(in_force(&again, &keeping(3)), [b"{SSHA}a#b\xff".to_vec()]);
}

#[test]
fn the_oldest_go_first_in_whatever_order_they_are_stored() {
    let account = account(&[
        b"20260301000000Z#1.2#1#c",
        b"20260101000000Z#1.2#1#a",
        b"20260201000000Z#1.2#1#b",
    ]);
    assert_eq!(in_force(&account, &keeping(2)), [b"b".to_vec(), b"c".to_vec()]);
    assert_eq!(in_force(&account, &keeping(9)).len(), 3);
    let kept = with_present(&account, &keeping(2), now()).unwrap().values;
    assert_eq!(kept[0], b"20260301000000Z#1.2#1#c");
    assert!(kept.len() == 2 && kept[1].starts_with(b"20261122120000Z#"));
}

#[test]
fn what_cannot_be_read_is_left_out() {
    let account = account(&[
        b"",
        b"#",
        b"a#b#1#c",
        b"20260101000000Z#1.2#2#a",
        b"20260101000000Z#1.2#-1#a",
        b"20260101000000Z#1.2#1",
    ]);
    assert!(in_force(&account, &keeping(9)).is_empty());
}
