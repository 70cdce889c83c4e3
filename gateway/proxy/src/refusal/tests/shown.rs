//! A directory that is shown as another product.

use super::stage::*;
use crate::shape::{ShapeProduct, ShapeSettings};
use crate::shown_as::ShownAs;
use postern_ldap::control::sort;
use postern_ldap::{MessageId, change};

fn as_active_directory() -> ShownAs {
    ShownAs {
        suffix: None,
        shape: Some(ShapeSettings::usual(ShapeProduct::ActiveDirectory)),
    }
}

/// A change of what is made of other things.
pub(super) fn change(scene: &mut Scene) {
    scene.shown_as = as_active_directory();
    let change = change::NewChange {
        operation: 2,
        attribute: b"objectGUID",
        values: &[b"0123456789abcdef"],
    };
    scene.requests = vec![change::modify(MessageId(1), b"cn=a", &[change], &[])];
}

/// A critical control that asks for an order by such a thing.
pub(super) fn control(scene: &mut Scene) {
    scene.shown_as = as_active_directory();
    let key = sort::SortKey {
        attribute: b"userAccountControl",
        ordering_rule: None,
        reverse: false,
    };
    scene.requests = vec![search(1, "dc=example", &[&sort::control(&[key], true)])];
}
