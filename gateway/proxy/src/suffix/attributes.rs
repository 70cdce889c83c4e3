//! Which attributes hold names: the usual ones, and those the directory's schema tells of.

use postern_directory::Subschema;
use postern_identity::DistinguishedName;
use postern_ldap::renaming::NameSyntax;
use postern_ldap::schema;
use std::collections::HashMap;

/// By name and OID, in lower case.
pub(super) struct NameAttributes {
    syntaxes: HashMap<Box<str>, NameSyntax>,
    /// The entry that holds the schema, if it is known and its name is one.
    subschema: Option<DistinguishedName>,
}

impl NameAttributes {
    /// What holds names in the directories we know, until their schema has been read. The rootDSE's own are in no schema.
    pub(super) fn usual() -> Self {
        let mut syntaxes: HashMap<Box<str>, NameSyntax> = HashMap::new();
        for name in USUAL {
            syntaxes.insert((*name).into(), NameSyntax::Name);
        }
        for name in ["uniquemember", "2.5.4.50"] {
            syntaxes.insert(name.into(), NameSyntax::NameAndUid);
        }
        for name in ["wellknownobjects", "otherwellknownobjects", "msds-hasinstantiatedncs"] {
            syntaxes.insert(name.into(), NameSyntax::CountedAndName);
        }
        Self {
            syntaxes,
            subschema: None,
        }
    }

    /// The usual ones and those of a schema.
    pub(super) fn read(read: &Subschema) -> Self {
        let mut all = Self::usual();
        let types = read.attribute_types.iter().map(String::as_str);
        for (name, syntax) in schema::name_valued(types) {
            all.syntaxes.insert(name.into(), syntax);
        }
        all.subschema = DistinguishedName::parse(read.dn.as_bytes()).ok();
        all
    }

    pub(super) fn count(&self) -> usize {
        self.syntaxes.len()
    }

    /// Of a base type as it was sent.
    pub(super) fn syntax(&self, base: &[u8]) -> Option<NameSyntax> {
        let name = std::str::from_utf8(base).ok()?;
        match self.syntaxes.get(name) {
            Some(syntax) => Some(*syntax),
            None => self.syntaxes.get(&*name.to_ascii_lowercase()).copied(),
        }
    }

    /// Whether this is the entry that holds the schema.
    pub(super) fn is_subschema(&self, name: &[u8]) -> bool {
        self.subschema
            .as_ref()
            .is_some_and(|subschema| DistinguishedName::parse(name).is_ok_and(|name| name == *subschema))
    }
}

/// RFC 4519, RFC 4524, RFC 4512, RFC 5020, and what the products add.
const USUAL: &[&str] = &[
    "distinguishedname",
    "2.5.4.49",
    "member",
    "2.5.4.31",
    "owner",
    "2.5.4.32",
    "roleoccupant",
    "2.5.4.33",
    "seealso",
    "2.5.4.34",
    "aliasedobjectname",
    "aliasedentryname",
    "2.5.4.1",
    "manager",
    "0.9.2342.19200300.100.1.10",
    "secretary",
    "0.9.2342.19200300.100.1.21",
    "documentauthor",
    "0.9.2342.19200300.100.1.14",
    "associatedname",
    "0.9.2342.19200300.100.1.38",
    "ditredirect",
    "0.9.2342.19200300.100.1.54",
    "memberof",
    "1.2.840.113556.1.2.102",
    "entrydn",
    "1.3.6.1.1.20",
    "creatorsname",
    "2.5.18.3",
    "modifiersname",
    "2.5.18.4",
    "subschemasubentry",
    "2.5.18.10",
    "pwdpolicysubentry",
    "1.3.6.1.4.1.42.2.27.8.1.23",
    "reqdn",
    // The rootDSE's.
    "namingcontexts",
    "1.3.6.1.4.1.1466.101.120.5",
    "defaultnamingcontext",
    "rootdomainnamingcontext",
    "configurationnamingcontext",
    "schemanamingcontext",
    "dsservicename",
    "servername",
    // Active Directory.
    "directreports",
    "managedby",
    "managedobjects",
    "objectcategory",
    "defaultobjectcategory",
    "msds-resultantpso",
    "msds-psoappliesto",
    "msds-psoapplied",
    "lastknownparent",
    "primarygroup",
    "msds-parentdistname",
    // 389 Directory Server and FreeIPA.
    "nsrole",
    "nsroledn",
    "costemplatedn",
    "passwordpolicysubentry",
    "memberuser",
    "memberhost",
    "memberservice",
    "membermanager",
    "memberindirect",
    "memberofindirect",
    "mepmanagedentry",
    "mepmanagedby",
    "krbpwdpolicyreference",
    "krbticketpolicyreference",
    "krbobjectreferences",
    "ipatokenowner",
];
