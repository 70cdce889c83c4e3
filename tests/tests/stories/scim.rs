//! SCIM over the real program: what provisioning clients send, as they send it, and what outside suites say.

mod suites;
