//! The directories behind us: how to reach them, and how each product says what it says.
//!
//! **Owns** connections to directory servers with TLS verified ([`Upstream`]), which server is chosen for what ([`Want`]) and how each
//! of them is, what a server can do ([`Capabilities`]), the dialects that read a [standing](postern_identity::Standing) out of answers and entries
//! ([`Dialect`]), and the few connections of our own service account ([`ServiceLanes`]).
//!
//! **Never knows** HTTP, pages, policy files, SQL, or which client an answer is for.
//!
//! **The walk.** [`Upstream::new`] checks the settings once. A session says what it wants; [`Upstream::candidates`] puts the servers in order
//! for that (`choice`: role, then the account's own server or the least busy one; `order`: who is there), and [`Upstream::connect_to`]
//! gives a [`Connection`] to the first that takes it. [`Upstream::check`] asks a server now and then whether it is well (`health`).
//! The session gives every bind answer to [`Dialect::read_bind`]. Where the answer to a bind says
//! too little, or nobody is binding at all, [`ServiceLanes::look_up`] finds the account and reads its entry; right after a sign-in
//! [`ServiceLanes::second_look`] does it with one search.
//!
//! What our own account changes goes over the same lanes: [`ServiceLanes::write_password`] and [`ServiceLanes::change_standing`] send what
//! the dialect says, where writes are taken, once.
//!
//! [`People`] is [`Directory`](postern_identity::Directory) over them: exactly one person by any name, their groups, manager and other accounts.
//!
//! [`Provisioner`] is [`Provisioned`](postern_identity::provisioning::Provisioned) over lanes of its own: users and groups for programs, by a mapping of attributes.
//!
//! Whose an entry's password is is for rules to say; [`ServiceLanes::facts`] reads what they have to know of it.
//!
//! Where a route takes names that are no DNs, [`names`] says whose one may be, and [`ServiceLanes::who`] finds the one account.
//!
//! [`local`] is a directory of our own: [`LocalDirectory`](local::LocalDirectory) takes and gives the same frames in this process.
//!
//! **To add a dialect**: a file in `upstream/` with one unit struct that implements [`Dialect`], its name in [`DialectName`], the
//! exact messages of a real server beside it as tests, and a row in the tests against that server.

pub mod local;
pub mod names;
mod transport;
pub mod upstream;

pub use names::{NameForm, NameRules};
pub use transport::{Share, Stream, Transport};
pub use upstream::account_facts::{AccountTimes, PolicyFigures};
pub use upstream::active_directory::ActiveDirectory;
pub use upstream::applicants::{ApplicantSettings, SearchBase};
pub use upstream::bind_name::BindName;
pub use upstream::capabilities::Capabilities;
pub use upstream::choice::{AccountHash, Want};
pub use upstream::dialect::{BindAnswer, Dialect, DialectName, LoginAttributes};
pub use upstream::ds389::Ds389;
pub use upstream::entry::Entry;
pub use upstream::error::{ConnectError, LookUpError, SetupError, WriteError};
pub use upstream::freeipa::FreeIpa;
pub use upstream::health::{Load, ServerReport};
pub use upstream::lockout::{Lockout, LockoutPolicy};
pub use upstream::openldap::OpenLdap;
pub use upstream::people::{People, PeopleSettings};
pub use upstream::person::{Memberships, PersonAttributes};
pub use upstream::provisioning::mapping::{Mapping, TypeMapping};
pub use upstream::provisioning::settings::{MappingError, ProvisioningSettings, TypeSettings};
pub use upstream::provisioning::{Provisioner, StartError};
pub use upstream::rights::{Lack, PolicySeen, Right, RightsReport, Verdict};
pub use upstream::service::facts::{EntryFacts, FactsWanted};
pub use upstream::service::subschema::Subschema;
pub use upstream::service::who::{Named, Who};
pub use upstream::service::{Account, ServiceLanes, WithFailures};
pub use upstream::settings::{Balance, Role, ServerSettings, ServerUrl, ServiceAccount, Settings, TlsSettings};
pub use upstream::unicode_password;
pub use upstream::write::{Modification, ModificationKind, WriteAnswer, WriteRequest};
pub use upstream::{Connection, Inside, ServerIndex, Upstream};
