//! What every HTTP request passes first.
//!
//! **Owns** the HTTPS listener, the client's address behind trusted proxies, cookies, CSRF, limits, security headers, the request log, bearer
//! tokens, and errors as pages' and programs' problems (RFC 9457).
//!
//! **Never knows** any page, any protocol above HTTP, LDAP, SQL.
//!
//! **The walk.** A connection is taken, TLS done, the host looked up, the address told; then limits, cookie, token and CSRF, each a layer a door puts before its own routes.
//!
//! **To add a door:** its routes, with the layers it needs.

pub mod body;
pub mod cookie;
pub mod fault;
pub mod fields;
pub mod forms;
mod headers;
pub mod problem;
pub mod site;
pub mod visit;

pub use cookie::Cookie;
pub use fault::Fault;
pub use fields::Fields;
pub use forms::{FORM_FIELD, FormToken, Forms};
pub use problem::Problem;
pub use site::Site;
pub use visit::{RequestId, Visit};
