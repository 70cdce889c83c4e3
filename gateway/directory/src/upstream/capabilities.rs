//! What a directory says it can do: the part of its rootDSE (RFC 4512 §5.1) that decides anything here.

use super::entry::Entry;
use postern_ldap::oid;

/// What the rootDSE said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// Whether the password policy control is among the controls.
    pub password_policy: bool,
    /// OIDs of `supportedControl`.
    pub controls: Vec<String>,
    /// OIDs of `supportedExtension`.
    pub extensions: Vec<String>,
    /// DNs of `namingContexts`.
    pub naming_contexts: Vec<String>,
    /// Of several, the one with the accounts, where the server says so: Active Directory does.
    pub default_naming_context: Option<String>,
    /// Whether a rootDSE was read at all: without one, nothing above means "no".
    pub known: bool,
}

/// What discovery asks for: all are operational, so each by name.
pub(super) const ATTRIBUTES: &[&str] = &[
    "supportedControl",
    "supportedExtension",
    "namingContexts",
    "defaultNamingContext",
];

impl Capabilities {
    pub(super) fn read(root_dse: &Entry) -> Self {
        let controls = root_dse.texts("supportedControl");
        Self {
            password_policy: controls
                .iter()
                .any(|control| control.as_bytes() == oid::PASSWORD_POLICY),
            controls,
            extensions: root_dse.texts("supportedExtension"),
            naming_contexts: root_dse.texts("namingContexts"),
            default_naming_context: root_dse.text("defaultNamingContext").map(str::to_owned),
            known: true,
        }
    }
}
