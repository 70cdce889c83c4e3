//! What there is to provision, as documents (RFC 7643 §5 to §7).

use postern_identity::provisioning::Types;
use serde_json::Value;

/// What `ServiceProviderConfig` says besides what is always so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Passwords can be written.
    pub change_password: bool,
    /// Most resources of one answer.
    pub max_results: u32,
    /// Resources of one answer if the caller says nothing.
    pub page_size: u32,
    /// Where people read about it.
    pub documentation: Option<String>,
}

/// `/ServiceProviderConfig`.
pub fn service_provider_config(_offer: &Offer, _base_url: &str) -> Value {
    Value::Null
}

/// Everything under `/Schemas`.
pub fn schemas(_types: &Types, _base_url: &str) -> Vec<Value> {
    Vec::new()
}

/// `/Schemas/{urn}`.
pub fn schema(_types: &Types, _urn: &str, _base_url: &str) -> Option<Value> {
    None
}

/// Everything under `/ResourceTypes`.
pub fn resource_types(_types: &Types, _base_url: &str) -> Vec<Value> {
    Vec::new()
}

/// `/ResourceTypes/{name}`.
pub fn resource_type(_types: &Types, _name: &str, _base_url: &str) -> Option<Value> {
    None
}
