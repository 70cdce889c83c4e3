use super::*;
use crate::local::schema::Schema;

fn extended(text: &str) -> Result<Schema, SchemaError> {
    Schema::standard().extended("own.schema", text)
}

#[track_caller]
fn refused(text: &str, line: usize, column: usize, problem: &str) {
    let Err(fault) = extended(text) else {
        panic!("taken: {text}")
    };
    assert_eq!((fault.line, fault.column), (line, column), "{fault}");
    assert!(fault.problem.contains(problem), "{fault}");
    assert!(!fault.remedy.is_empty() && fault.to_string().starts_with("own.schema:"));
}

const SLAPD: &str = "# our own\n\
objectidentifier own 1.3.6.1.4.1.32473\n\
objectidentifier ownAttribute own:1\n\
attributetype ( ownAttribute:1\n\tNAME ( 'badge' 'badgeNumber' )\n\t# on the card\n\tDESC 'it\\27s on the card'\n\
\tEQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch\n\tSYNTAX 1.3.6.1.4.1.1466.115.121.1.15{64} SINGLE-VALUE X-ORIGIN ( 'us' 'them' ) )\n\n\
objectclass ( own:2 NAME 'badgeHolder' SUP top AUXILIARY MUST badge MAY ( description $ seeAlso ) )\n";

const LDIF: &str = "dn: cn=schema,cn=config\nobjectClass: olcSchemaConfig\ncn: schema\n\
olcAttributeTypes: {0}( 1.3.6.1.4.1.32473.1.1 NAME ( 'badge' 'badgeNumber' ) DESC 'it\\27s on the card' EQUALITY caseIgn\n  oreMatch\n  \
SUBSTR caseIgnoreSubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15{64} SINGLE-VALUE )\n\
objectClasses: ( 1.3.6.1.4.1.32473.2 NAME 'badgeHolder' SUP top AUXILIARY MUST badge MAY ( description $ seeAlso ) )\n";

#[test]
fn both_forms_of_files_define_the_same() {
    let ldif = LDIF.replace("caseIgn\n  oreMatch", "caseIgn\n oreMatch");
    for text in [SLAPD, &ldif] {
        let schema = extended(text).unwrap_or_else(|fault| panic!("{fault}"));
        let badge = schema.attribute(b"BADGENUMBER;x-old").unwrap();
        assert_eq!((&*badge.name, &*badge.oid), ("badge", "1.3.6.1.4.1.32473.1.1"));
        assert!(badge.indexed && badge.single_value && !badge.operational && badge.user_modifiable);
        let class = schema.object_class(b"badgeholder").unwrap();
        assert!(class.required.iter().any(|key| &**key == "badge"));
        let subschema = schema.subschema();
        let shown = "( 1.3.6.1.4.1.32473.1.1 NAME ( 'badge' 'badgeNumber' ) DESC 'it\\27s on the card' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15{64} SINGLE-VALUE )";
        assert!(
            subschema
                .values("attributetypes")
                .iter()
                .any(|one| one == shown.as_bytes())
        );
        assert!(Schema::standard().attribute(b"badge").is_none());
    }
}

#[test]
fn a_second_file_stands_on_the_first() {
    let second = "attributetype ( 1.3.6.1.4.1.32473.9 NAME 'doorBadge' SUP badge )";
    let schema = extended(SLAPD).unwrap().extended("second.schema", second).unwrap();
    let (badge, door) = (
        schema.attribute(b"badge").unwrap(),
        schema.attribute(b"doorBadge").unwrap(),
    );
    assert!(schema.covers(badge, door) && !schema.covers(door, badge));
    assert_eq!(door.equality, badge.equality);
    let fault = extended(SLAPD).unwrap().extended("second.schema", SLAPD).err().unwrap();
    assert!(fault.to_string().starts_with("second.schema:4:17: "), "{fault}");
}

#[test]
fn faults_are_shown_where_they_are() {
    refused(
        "attributetype ( 2.5.4.3 NAME 'mine' SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )",
        1,
        17,
        "2.5.4.3 is defined already",
    );
    refused(
        "attributetype ( 1.2.3 NAME 'CN' SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )",
        1,
        17,
        "CN is defined already",
    );
    refused(
        "objectclass ( 1.2.3 NAME 'person' SUP top )",
        1,
        15,
        "person is defined already",
    );
    refused("\n\nattributetype ( 1.2.3 NAME 'a'", 3, 28, "`)` is missing");
    refused("attributetype ( 1.2.3 NAME 'a", 1, 28, "quote is not closed");
    refused("attributetype 1.2.3 NAME 'a' )", 1, 15, "begins with `(`");
    refused("attributetype ( short:1 NAME 'a' )", 1, 17, "short:1 is no OID");
    refused("attributetype ( 1.2.3 NAME 'a b' )", 1, 28, "no name");
    refused(
        "attributetype ( 1.2.3\n  FOO 'a' )",
        2,
        3,
        "FOO is no part of an attribute type",
    );
    refused(
        "attributetype ( 1.2.3 SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )",
        1,
        17,
        "no name",
    );
    refused("attributetype ( 1.2.3 NAME 'a' )", 1, 17, "a has no syntax");
    refused(
        "attributetype ( 1.2.3 NAME 'a' SYNTAX 1.2.3.4 )",
        1,
        17,
        "syntax that is not known here: 1.2.3.4",
    );
    refused(
        "attributetype ( 1.2.3 NAME 'a' SUP nobody )",
        1,
        17,
        "not known: nobody",
    );
    refused(
        "attributetype ( 1.2.3 NAME 'a' EQUALITY integerOrderingMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 )",
        1,
        17,
        "not known for this: integerOrderingMatch",
    );
    refused(
        "attributetype ( 1.2.3 NAME 'a' ORDERING integerOrderingMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 )",
        1,
        17,
        "no EQUALITY",
    );
    refused(
        "attributetype ( 1.2.3 NAME 'a' SUP cn USAGE directoryOperation )",
        1,
        17,
        "kept by the directory itself",
    );
    refused(
        "attributetype ( 1.2.3 NAME 'a' SUP cn NO-USER-MODIFICATION )",
        1,
        17,
        "kept by the directory itself",
    );
    for secret in [
        "attributetype ( 1.2.3 NAME 'oldPassword' SUP userPassword )",
        "attributetype ( 1.2.3 NAME 'oldPassword' SUP 2.5.4.35 )",
        "attributetype ( 1.2.3 NAME ( 'nt' 'sambaNTPassword' ) SUP cn )",
    ] {
        refused(secret, 1, 17, "told");
    }
    let below_one_of_its_own = "attributetype ( 1.2.3 NAME 'sambaNTPassword' SYNTAX 1.3.6.1.4.1.1466.115.121.1.26 )\n\
        attributetype ( 1.2.4 NAME 'a' SUP sambaNTPassword )";
    refused(below_one_of_its_own, 2, 17, "told");
    refused(
        "attributetype ( 1.2.3 NAME 'a' SUP cn COLLECTIVE )",
        1,
        39,
        "collective",
    );
    refused("attributetype ( 1.2.3 NAME 'a' SUP cn ) x", 1, 41, "follows");
    refused(
        "objectclass ( 1.2.3 NAME 'a' SUP person AUXILIARY )",
        1,
        15,
        "another kind",
    );
    refused(
        "objectclass ( 1.2.3 NAME 'a' SUP top MUST ( cn sn ) )",
        1,
        48,
        "`$` or `)`",
    );
    refused(
        "objectclass ( 1.2.3 NAME 'a' SUP top MAY nothing )",
        1,
        15,
        "not known: nothing",
    );
    refused(
        "objectclass ( 1.2.3 NAME 'a' SUP nothing )",
        1,
        15,
        "not known: nothing",
    );
    refused("ldapsyntax ( 1.2.3 DESC 'a' )", 1, 1, "defines nothing");
    refused("objectidentifier own", 1, 1, "short name and an OID");
    refused(&"#".repeat(LARGEST + 1), 1, 1, "4 MiB");
}

#[test]
fn an_empty_file_adds_nothing() {
    let schema = extended("# nothing\n\n").unwrap();
    assert_eq!(schema.attributes().len(), Schema::standard().attributes().len());
}

proptest::proptest! {
    #[test]
    fn no_text_is_too_much(text in "(attributetype|objectclass|objectclasses:|objectidentifier)? ?[( )$'a\n1.{}:NAMESUP-]{0,60}") {
        let _ = extended(&text);
    }
}
