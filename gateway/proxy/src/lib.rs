//! The LDAP front: listeners, sessions, lanes, admission and surfaces.
//!
//! **Owns** a client's session and its lane, what may pass, and how a standing is shown.
//!
//! **Never knows** how a standing is stored, HTTP, SQL, files, or the language rules are written in: it asks
//! [`postern_identity::decide::Decide`].
//!
//! **The walk.** `listener` accepts and learns who the client is (`proxy_header`, the TLS handshake), `door` says which route that makes; a
//! `session` peels whole messages off the client's octets; `admit` says what may pass. Plain searches and
//! their answers go through `relay` as octets. A bind is done in sequence (`session/bind`): the directory's dialect reads the answer, the rules
//! give a verdict, `surface` encodes it. Where a route takes names that are no DNs, `accounts` finds whose it is first (`session/names`).
//! Whatever tests a password asks the `guard` first, and before that whatever writes one asks whose it is (`session/owner`). `pool` keeps clean `lane`s for the next session, by server. `workers` are the threads:
//! a session and its lane stay on one. `rechecks` looks up again how accounts stand that are signed in, and `session/bound` acts
//! on it. Where a dialect calls an answer silent, `second_looks` reads the entry right after the sign-in. What is refused is in one table,
//! `refusal`.
//!
//! A client certificate or a SASL mechanism is read in `session/sasl` and `session/external`; whoever is let in so acts on a lane of our
//! service account (`acting`). On an opaque route nothing is read (`session/opaque`).
//!
//! Where a route shows its directory otherwise than it is, requests and answers change at the edge of the session (`session/edge`), and
//! everything behind it knows the directory as it is: `suffix` maps names, `shape` makes another product's attributes.
//!
//! **To add a way to sign in**: a mechanism in `session/sasl`, listed by `mechanisms` exactly where it is taken.
//! **To add a surface**: a variant in `identity::decide::Surface`, a file in `surface` that says every state in its words, and its place in
//! `surface::Shown`. **To add a refusal**: a row in `refusal`; a
//! test counts that each is recorded exactly once.

mod accounts;
mod acting;
mod changed;
mod client;
mod client_certificate;
mod door;
mod gateway;
mod guard;
mod in_flight;
mod inbound;
mod lane;
mod listener;
mod metrics;
mod network;
mod other_doors;
mod outbound;
mod pool;
mod proxy_header;
mod rechecks;
mod refusal;
mod registry;
mod remembered;
mod root_dse;
mod scratch;
mod second_looks;
mod session;
mod settings;
mod shape;
mod share;
mod shown_as;
mod sign_in;
mod suffix;
mod surface;
mod ticker;
mod workers;

pub use gateway::{Gateway, SetupError};
pub use guard::{Budget, GuardSeed, GuardSettings, Held};
pub use metrics::Count;
pub use network::Network;
pub use other_doors::OtherDoors;
pub use settings::{
    LaneMode, LaneSettings, Limits, ListenerSettings, ListenerTls, RouteChoice, RouteSettings, TlsSource,
};
pub use shape::{ShapeProduct, ShapeSettings};
pub use shown_as::ShownAs;
pub use sign_in::{CertificateField, CertificateIdentity, LoginNames, SignInSettings};
pub use suffix::{SuffixError, SuffixSettings};
pub use workers::Workers;
