//! What the directory's own schema says of the mapping: what it does not know or allow is taken out, so that programs are told only what can be held;
//! how it compares is noted.

use super::lanes::{Found, Lanes, refused};
use super::mapping::{Codec, Equality, Mapping, Matching, Place, Row, TypeMapping};
use crate::upstream::dialect::DialectName;
use crate::upstream::service::request::{Filter, Scope, Search};
use postern_identity::provisioning::{ProvisioningError, ResourceKind};
use postern_ldap::ResultCode;
use postern_ldap::described::{AttributeType, AttributeTypes, ObjectClasses};

/// Postal Address (RFC 4517 §3.3.28).
const POSTAL_ADDRESS: &str = "1.3.6.1.4.1.1466.115.121.1.41";

/// What the directory says of its schema.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Described {
    pub(super) types: AttributeTypes,
    pub(super) classes: ObjectClasses,
}

impl Described {
    /// Reads the subschema that the rootDSE names (RFC 4512 §4.4).
    pub(super) async fn read(lanes: &Lanes) -> Result<Self, ProvisioningError> {
        let root = entry(lanes, "", &["subschemaSubentry"]).await?;
        let dn = root
            .text("subschemaSubentry")
            .ok_or(ProvisioningError::NotAllowed)?
            .to_owned();
        let schema = entry(lanes, &dn, &["attributeTypes", "objectClasses"]).await?;
        let (types, classes) = (schema.texts("attributeTypes"), schema.texts("objectClasses"));
        let described = Self {
            types: AttributeTypes::read(types.iter().map(String::as_str)),
            classes: ObjectClasses::read(classes.iter().map(String::as_str)),
        };
        if described.types.is_empty() {
            return Err(ProvisioningError::NotAllowed);
        }
        Ok(described)
    }

    /// Whether there is such an attribute.
    pub(super) fn knows(&self, attribute: &str) -> bool {
        self.types.get(attribute).is_some()
    }

    /// Makes the mapping true. `configured`: whether an empty group's member was configured.
    pub(super) fn fit(&self, mapping: &mut Mapping, product: DialectName, configured: bool) {
        for kind in [&mut mapping.users, &mut mapping.groups] {
            self.fit_kind(kind, product);
        }
        let groups = &mut mapping.groups;
        if let Some(members) = &mut groups.members {
            let demanded = self.classes.demands(&groups.class, &members.attribute);
            if !demanded && !configured {
                members.placeholder = None;
            }
        }
    }

    fn fit_kind(&self, mapping: &mut TypeMapping, product: DialectName) {
        let (first, kind) = (mapping.class.clone(), mapping.kind);
        mapping
            .object_classes
            .retain(|class| *class == first || self.classes.knows(class));
        let classes = &mapping.object_classes;
        mapping.rows.retain(|row| {
            let stays = is_needed(row, kind) || (self.knows(row.base_type()) && self.allows(classes, row.base_type(), product));
            if !stays {
                tracing::info!(attribute = %row.attribute, "the directory has no such attribute for this: it is not mapped");
            }
            stays
        });
        for row in &mut mapping.rows {
            if let Some(kind) = self.types.get(row.base_type()) {
                note(row, kind, product);
            }
        }
    }

    /// Active Directory's classes have auxiliary ones that the subschema does not tell of where it lists them.
    fn allows(&self, classes: &[String], attribute: &str, product: DialectName) -> bool {
        product == DialectName::ActiveDirectory
            || classes
                .iter()
                .any(|class| class.eq_ignore_ascii_case("extensibleObject") || self.classes.allows(class, attribute))
    }
}

fn note(row: &mut Row, kind: &AttributeType, product: DialectName) {
    row.several = !kind.single;
    let is_address =
        matches!(&row.place, Place::Element { key, sub, .. } if &*key.name == "addresses" && &**sub == "formatted");
    if is_address && let Some(syntax) = &kind.syntax {
        row.codec = if syntax == POSTAL_ADDRESS {
            Codec::PostalAddress
        } else {
            Codec::Text
        };
    }
    // Active Directory names no rules, and 389 Directory Server has those of the syntax where it names none.
    let is_text = matches!(row.codec, Codec::Text | Codec::Country);
    let names_rules = matches!(product, DialectName::OpenLdap | DialectName::Embedded);
    if !is_text || (kind.equality.is_none() && !names_rules) {
        return;
    }
    row.matching = Matching {
        equality: match kind.equality.as_deref() {
            None => Equality::None,
            Some("caseIgnoreMatch" | "caseIgnoreIA5Match" | "2.5.13.2" | "1.3.6.1.4.1.1466.109.114.2") => {
                Equality::IgnoreCase
            }
            Some("caseExactMatch" | "caseExactIA5Match" | "2.5.13.5" | "1.3.6.1.4.1.1466.109.114.1") => Equality::Exact,
            Some(_) => Equality::Loose,
        },
        substrings: kind.substrings.as_deref().is_some_and(|rule| {
            let rule = rule.to_ascii_lowercase();
            rule.starts_with("case") || rule == "2.5.13.4" || rule == "2.5.13.7"
        }),
        ordering: kind.ordering.is_some(),
    };
}

/// Without which a resource is none.
fn is_needed(row: &Row, kind: ResourceKind) -> bool {
    let needed = match kind {
        ResourceKind::User => "userName",
        ResourceKind::Group => "displayName",
    };
    matches!(&row.place, Place::Simple(key) if key.extension.is_none() && &*key.name == needed)
}

async fn entry(
    lanes: &Lanes,
    dn: &str,
    attributes: &[&str],
) -> Result<crate::upstream::entry::Entry, ProvisioningError> {
    let search = Search {
        base: dn,
        scope: Scope::Base,
        filter: Filter::Any,
        attributes,
        size_limit: 1,
        time_limit: 0,
    };
    let Found { mut entries, code } = lanes.search(&search).await?;
    match (code, entries.pop()) {
        (ResultCode::SUCCESS, Some(shown)) => Ok(shown.entry),
        (ResultCode::SUCCESS | ResultCode::NO_SUCH_OBJECT, _) => Err(ProvisioningError::NotAllowed),
        (other, _) => Err(refused(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::settings::ProvisioningSettings;
    use super::*;
    use postern_identity::provisioning::Key;

    fn described() -> Described {
        let types = [
            "( 1 NAME 'uid' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )",
            "( 2 NAME 'cn' EQUALITY caseExactMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )",
            "( 3 NAME 'telephoneNumber' EQUALITY telephoneNumberMatch SUBSTR telephoneNumberSubstringsMatch SYNTAX 1 )",
            "( 4 NAME 'mail' SYNTAX 1 )",
            "( 5 NAME 'title' EQUALITY caseIgnoreMatch SYNTAX 1 )",
        ];
        let classes = [
            "( 1.1 NAME 'inetOrgPerson' MUST ( cn $ uid ) MAY ( mail $ telephoneNumber ) )",
            "( 1.2 NAME 'groupOfNames' MUST cn MAY member )",
        ];
        Described {
            types: AttributeTypes::read(types.into_iter()),
            classes: ObjectClasses::read(classes.into_iter()),
        }
    }

    #[test]
    fn the_mapping_is_what_the_schema_knows_and_allows() {
        let mut mapping = ProvisioningSettings::default()
            .mapping(DialectName::OpenLdap, "dc=x")
            .unwrap();
        described().fit(&mut mapping, DialectName::OpenLdap, false);
        let attributes: Vec<&str> = mapping.users.rows.iter().map(|row| row.attribute.as_str()).collect();
        assert_eq!(
            attributes,
            ["uid", "cn", "mail", "telephoneNumber"],
            "title is known and not allowed"
        );
        let of = |name: &str| mapping.users.rows.iter().find(|row| row.attribute == name).unwrap();
        assert!(of("uid").several && !of("cn").several);
        assert_eq!(
            (of("uid").matching.equality, of("uid").matching.substrings),
            (Equality::IgnoreCase, true)
        );
        assert_eq!(of("cn").matching.equality, Equality::Exact);
        assert_eq!(
            (
                of("telephoneNumber").matching.equality,
                of("telephoneNumber").matching.substrings
            ),
            (Equality::Loose, false)
        );
        assert_eq!(
            of("mail").matching.equality,
            Equality::None,
            "slapd compares by no rule where none is named"
        );
        assert!(mapping.users.rows_of(&Key::core("addresses")).next().is_none());
    }

    #[test]
    fn nobody_stands_in_a_group_that_may_be_empty() {
        for configured in [false, true] {
            let mut mapping = ProvisioningSettings::default()
                .mapping(DialectName::Ds389, "dc=x")
                .unwrap();
            described().fit(&mut mapping, DialectName::Ds389, configured);
            assert_eq!(mapping.groups.members.unwrap().placeholder.is_some(), configured);
        }
    }
}
