//! What a name in a bind may be where it is no DN.

use std::borrow::Cow;

/// Where the account is that a product takes such a name for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BindName<'a> {
    /// The entry with one of these values: attribute and value.
    AnyOf(Vec<(&'static str, &'a str)>),
    /// The entry the directory finds under this, which is no DN but stands in the place of one.
    Base(Cow<'a, str>),
    /// The product takes names of this form, and none can be looked up.
    Untold,
}
