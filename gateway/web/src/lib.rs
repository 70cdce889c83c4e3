//! What every HTTP request passes first.
//!
//! **Owns** the HTTPS listener, the client's address behind trusted proxies, sites by host, cookies, forms that come from our pages alone, strict
//! reading of forms, queries and JSON, limits by network, security headers, the request log, who a program is (tokens of ours, and those of OAuth issuers
//! with the keys they are signed with), how often it may ask, and faults as pages or as programs'
//! problems (RFC 9457).
//!
//! **Never knows** any page, any protocol above HTTP, LDAP, SQL.
//!
//! **The walk.** [`serve`] takes a connection, within the crowd of its network; TLS shakes hands and says HTTP/2 or HTTP/1.1. Each request
//! then passes the edge: its address must read in one way only, its host names a [`Site`] (or is answered 421), the client is the nearest
//! address that is no proxy's, its network's limit is asked, its size looked at. What is known by then is a [`Visit`], and the site's router
//! answers: [`body::form`] or [`body::json`] read what was sent, [`Forms::check`] or [`Bearers::of`] say whether it may be. Whatever goes wrong is
//! a [`Fault`], returned as the error of a handler; the site's [`FaultPages`] makes a page or a problem document of it. Every answer
//! leaves with its security headers, the request's number and one line in the log.
//!
//! **To add a door:** a `Router` with its routes, merged into that of its site where [`Sites`] are made. Handlers take [`Visit`] and return
//! `Result<_, Fault>`. A handler that changes anything reads a form and calls [`Forms::check`] first, or asks [`Bearers`]; it sets `Cache-Control` only
//! on files that are everybody's. Its tests ask an [`Edge`], and so see what a browser would.
//!
//! **To add a way to sign a token:** a variant of `bearer::jwt::Algorithm`, its keys in `bearer::keys`, and its row in the list of attacks.
//!
//! **To add a fault:** a variant of [`Fault`] and its line in [`problem`]'s table.

mod bearer;
pub mod body;
mod client;
pub mod cookie;
mod counts;
mod crowd;
mod edge;
pub mod fault;
pub mod fields;
pub mod forms;
mod headers;
mod limits;
mod listener;
mod meter;
mod path;
pub mod problem;
pub mod settings;
pub mod site;
pub mod tokens;
pub mod visit;

pub use bearer::{Bearers, Issuer, IssuerSettings, KeyAddress, KeySource, Keys, KeysError, tls_for_keys};
pub use client::Trusted;
pub use cookie::Cookie;
pub use counts::RequestCounts;
pub use edge::{Edge, FaultPages, Faulty, ForPrograms, ProblemsAlone, SameAddress, Sites, rough};
pub use fault::Fault;
pub use fields::Fields;
pub use forms::{FORM_FIELD, FormToken, Forms};
pub use limits::Rate;
pub use listener::{NoTls, serve};
pub use problem::Problem;
pub use settings::{Bounds, WebSettings};
pub use site::Site;
pub use tokens::{Token, TokenLimits, Tokens, USUAL_RATE};
pub use visit::{RequestId, Visit};
