//! What a new password must be before a directory sees it: the heart's port `Screen`.
//!
//! **Owns** length, leaked passwords, words of the context, and how strong a password is.
//!
//! **Never knows** any directory's own rules, HTTP, pages.
//!
//! **The walk.** A password is counted, looked up, compared with words of the context and guessed at; everything there is against it is told at once.
//!
//! **To add a finding:** its variant in the port, and a step here.
