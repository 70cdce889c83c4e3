//! Users and groups of one directory for programs that provision them: [`Provisioned`](postern_identity::provisioning::Provisioned) over service
//! lanes, one for all products.

mod defaults;
pub mod mapping;
mod places;
pub mod settings;
mod writing;
