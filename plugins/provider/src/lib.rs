//! The pages of providers that keep a password themselves: the heart's port `Provider`, made of data.
//!
//! **Owns** which page of which product resets, changes or unlocks, and how a link to it is written.
//!
//! **Never knows** whose password is whose.
//!
//! **The walk.** Configuration names a product and a host; a page is made of the product's template, each part percent-encoded.
//!
//! **To add a product:** its row in the table.
