//! The names and OIDs of the attributes every directory has: RFC 4519, RFC 4524, RFC 2798.

/// The name to compare by: of the names and the OID of a standard attribute the same one, in lower case; `None` for an attribute that
/// is not in the table. `base` is a base type (see [`super::base_type`]).
///
/// Active Directory tells `street` from `streetAddress`; here they are one, so that neither can be used to get at the other.
pub fn canonical(base: &[u8]) -> Option<&'static [u8]> {
    row(base).and_then(|(names, _)| names.first().copied())
}

/// Every name of the standard attribute that a base type means, in lower case, and its OID; nothing if it is not in the table.
pub fn spellings(base: &[u8]) -> impl Iterator<Item = &'static [u8]> + use<> {
    row(base)
        .into_iter()
        .flat_map(|(names, oid)| names.iter().copied().chain([*oid]))
}

fn row(base: &[u8]) -> Option<&'static (Names, &'static [u8])> {
    STANDARD
        .iter()
        .find(|(names, oid)| names.iter().any(|name| base.eq_ignore_ascii_case(name)) || base == *oid)
}

/// The attributes that a search for, or through, this one may reach: its subtypes (RFC 4519 §2.18, X.520), and what Active Directory
/// looks at for `anr`. `canonical` is a name in lower case.
pub fn stands_for(canonical: &[u8]) -> &'static [&'static [u8]] {
    match canonical {
        b"name" => &[
            b"cn",
            b"sn",
            b"givenname",
            b"initials",
            b"generationqualifier",
            b"c",
            b"l",
            b"st",
            b"o",
            b"ou",
            b"title",
        ],
        b"distinguishedname" => &[b"member", b"owner", b"roleoccupant", b"seealso"],
        b"anr" => &[
            b"displayname",
            b"givenname",
            b"sn",
            b"name",
            b"cn",
            b"mail",
            b"samaccountname",
            b"proxyaddresses",
            b"legacyexchangedn",
            b"physicaldeliveryofficename",
            b"msds-additionalsamaccountname",
            b"msds-phoneticdisplayname",
            b"msds-phoneticfirstname",
            b"msds-phoneticlastname",
        ],
        _ => &[],
    }
}

type Names = &'static [&'static [u8]];

const STANDARD: &[(Names, &[u8])] = &[
    (&[b"objectclass"], b"2.5.4.0"),
    (&[b"aliasedobjectname", b"aliasedentryname"], b"2.5.4.1"),
    (&[b"cn", b"commonname"], b"2.5.4.3"),
    (&[b"sn", b"surname"], b"2.5.4.4"),
    (&[b"serialnumber"], b"2.5.4.5"),
    (&[b"c", b"countryname"], b"2.5.4.6"),
    (&[b"l", b"localityname"], b"2.5.4.7"),
    (&[b"st", b"stateorprovincename"], b"2.5.4.8"),
    (&[b"street", b"streetaddress"], b"2.5.4.9"),
    (&[b"o", b"organizationname"], b"2.5.4.10"),
    (&[b"ou", b"organizationalunitname"], b"2.5.4.11"),
    (&[b"title"], b"2.5.4.12"),
    (&[b"description"], b"2.5.4.13"),
    (&[b"businesscategory"], b"2.5.4.15"),
    (&[b"postaladdress"], b"2.5.4.16"),
    (&[b"postalcode"], b"2.5.4.17"),
    (&[b"postofficebox"], b"2.5.4.18"),
    (&[b"physicaldeliveryofficename"], b"2.5.4.19"),
    (&[b"telephonenumber"], b"2.5.4.20"),
    (&[b"telexnumber"], b"2.5.4.21"),
    (&[b"facsimiletelephonenumber", b"fax"], b"2.5.4.23"),
    (&[b"x121address"], b"2.5.4.24"),
    (&[b"internationalisdnnumber"], b"2.5.4.25"),
    (&[b"registeredaddress"], b"2.5.4.26"),
    (&[b"destinationindicator"], b"2.5.4.27"),
    (&[b"preferreddeliverymethod"], b"2.5.4.28"),
    (&[b"member"], b"2.5.4.31"),
    (&[b"owner"], b"2.5.4.32"),
    (&[b"roleoccupant"], b"2.5.4.33"),
    (&[b"seealso"], b"2.5.4.34"),
    (&[b"userpassword"], b"2.5.4.35"),
    (&[b"usercertificate"], b"2.5.4.36"),
    (&[b"cacertificate"], b"2.5.4.37"),
    (&[b"name"], b"2.5.4.41"),
    (&[b"givenname", b"gn"], b"2.5.4.42"),
    (&[b"initials"], b"2.5.4.43"),
    (&[b"generationqualifier"], b"2.5.4.44"),
    (&[b"x500uniqueidentifier"], b"2.5.4.45"),
    (&[b"dnqualifier"], b"2.5.4.46"),
    (&[b"distinguishedname"], b"2.5.4.49"),
    (&[b"uniquemember"], b"2.5.4.50"),
    (&[b"houseidentifier"], b"2.5.4.51"),
    (&[b"uid", b"userid"], b"0.9.2342.19200300.100.1.1"),
    (&[b"mail", b"rfc822mailbox"], b"0.9.2342.19200300.100.1.3"),
    (&[b"info"], b"0.9.2342.19200300.100.1.4"),
    (&[b"drink", b"favouritedrink"], b"0.9.2342.19200300.100.1.5"),
    (&[b"roomnumber"], b"0.9.2342.19200300.100.1.6"),
    (&[b"photo"], b"0.9.2342.19200300.100.1.7"),
    (&[b"userclass"], b"0.9.2342.19200300.100.1.8"),
    (&[b"host"], b"0.9.2342.19200300.100.1.9"),
    (&[b"manager"], b"0.9.2342.19200300.100.1.10"),
    (&[b"homephone", b"hometelephonenumber"], b"0.9.2342.19200300.100.1.20"),
    (&[b"secretary"], b"0.9.2342.19200300.100.1.21"),
    (&[b"dc", b"domaincomponent"], b"0.9.2342.19200300.100.1.25"),
    (&[b"associateddomain"], b"0.9.2342.19200300.100.1.37"),
    (&[b"associatedname"], b"0.9.2342.19200300.100.1.38"),
    (&[b"homepostaladdress"], b"0.9.2342.19200300.100.1.39"),
    (&[b"personaltitle"], b"0.9.2342.19200300.100.1.40"),
    (&[b"mobile", b"mobiletelephonenumber"], b"0.9.2342.19200300.100.1.41"),
    (&[b"pager", b"pagertelephonenumber"], b"0.9.2342.19200300.100.1.42"),
    (&[b"co", b"friendlycountryname"], b"0.9.2342.19200300.100.1.43"),
    (&[b"uniqueidentifier"], b"0.9.2342.19200300.100.1.44"),
    (&[b"organizationalstatus"], b"0.9.2342.19200300.100.1.45"),
    (&[b"buildingname"], b"0.9.2342.19200300.100.1.48"),
    (&[b"audio"], b"0.9.2342.19200300.100.1.55"),
    (&[b"jpegphoto"], b"0.9.2342.19200300.100.1.60"),
    (&[b"carlicense"], b"2.16.840.1.113730.3.1.1"),
    (&[b"departmentnumber"], b"2.16.840.1.113730.3.1.2"),
    (&[b"employeenumber"], b"2.16.840.1.113730.3.1.3"),
    (&[b"employeetype"], b"2.16.840.1.113730.3.1.4"),
    (&[b"preferredlanguage"], b"2.16.840.1.113730.3.1.39"),
    (&[b"usersmimecertificate"], b"2.16.840.1.113730.3.1.40"),
    (&[b"userpkcs12"], b"2.16.840.1.113730.3.1.216"),
    (&[b"displayname"], b"2.16.840.1.113730.3.1.241"),
    (&[b"labeleduri"], b"1.3.6.1.4.1.250.1.57"),
    (&[b"anr"], b"1.2.840.113556.1.4.1208"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn names_in_any_case_and_oids_lead_to_one_name() {
        for base in [&b"cn"[..], b"CommonName", b"2.5.4.3"] {
            assert_eq!(canonical(base), Some(&b"cn"[..]));
        }
        let all: Vec<_> = spellings(b"Surname").collect();
        assert_eq!(all, [&b"sn"[..], b"surname", b"2.5.4.4"]);
        assert_eq!(spellings(b"employeeSecret").count(), 0);
        assert_eq!(canonical(b"employeeSecret"), None);
        assert_eq!(canonical(b"2.5.4.3.1"), None);
    }

    #[test]
    fn the_table_holds_nothing_twice_and_only_what_it_can_find() {
        let mut seen = HashSet::new();
        for (names, oid) in STANDARD {
            for spelled in names.iter().chain([oid]) {
                assert!(seen.insert(*spelled), "{spelled:?}");
                assert_eq!(spelled.to_ascii_lowercase(), *spelled);
                assert_eq!(canonical(spelled), Some(names[0]));
            }
        }
    }
}
