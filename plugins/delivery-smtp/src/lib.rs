//! Messages by mail: the heart's port `Channel` over SMTP.
//!
//! **Owns** how a message becomes a mail and how it is handed to a mail server.
//!
//! **Never knows** why somebody is written to.
//!
//! **The walk.** A `Message` becomes a mail, a pooled connection hands it over, and the reply says whether to try again.
//!
//! **To add a channel:** another crate like this one.
