use super::*;

fn entry(lines: &str) -> Entry {
    let mut entry = Entry::new();
    for line in lines.lines() {
        let (description, value) = line.trim().split_once(": ").unwrap();
        let mut values = entry.values(description).to_vec();
        values.push(value.as_bytes().to_vec());
        entry.set(description, values);
    }
    entry
}

#[track_caller]
fn refused(lines: &str, code: u32, text: &str) {
    let fault = Schema::standard().check(&entry(lines)).unwrap_err();
    assert_eq!((fault.code.0, fault.text.as_str()), (code, text));
}

#[track_caller]
fn taken(lines: &str) {
    assert_eq!(Schema::standard().check(&entry(lines)), Ok(()), "{lines}");
}

const PERSON: &str = "objectClass: inetOrgPerson\ncn: Ada\nsn: Lovelace";

#[test]
fn entries_as_they_should_be_are_taken() {
    taken(PERSON);
    taken(
        "objectClass: top\nobjectClass: person\nobjectClass: organizationalPerson\nobjectClass: INETORGPERSON\n2.5.4.3: A\nsurname: B",
    );
    taken(&format!(
        "{PERSON}\ncn;lang-de: Ada\nentryUUID: 5d2f1a60-0f66-4d9b-8b6e-2f2b0c5d8a01\npwdReset: TRUE"
    ));
    taken(&format!("{PERSON}\nobjectClass: extensibleObject\nmember: cn=x"));
    taken("objectClass: groupOfNames\nobjectClass: posixGroup\ncn: a\nmember: cn=x\ngidNumber: 1\nmemberUid: a");
    taken("objectClass: posixGroup\ncn: a\ngidNumber: 1");
    taken("objectClass: organization\nobjectClass: dcObject\no: a\ndc: a");
    taken(
        "objectClass: namedObject\nobjectClass: pwdPolicy\ncn: default\npwdAttribute: userPassword\npwdMaxFailure: 5",
    );
    taken("objectClass: account\nobjectClass: simpleSecurityObject\nuid: a\nuserPassword: x");
    taken("objectClass: groupOfUniqueNames\ncn: a\nuniqueMember: cn=x#'01'B\nuniqueMember: cn=x");
    taken("objectClass: groupOfNames\ncn: a\nmember: cn=\\+");
}

// The codes and texts are those of slapd 2.6.
#[test]
fn faults_have_the_codes_and_texts_of_slapd() {
    refused("cn: a", 65, "no objectClass attribute");
    refused("objectClass: top\ncn: a", 65, "no structural object class provided");
    refused(
        "objectClass: posixAccount\ncn: a",
        65,
        "no structural object class provided",
    );
    refused(
        "objectClass: person\nobjectClass: device\ncn: a\nsn: a",
        65,
        "invalid structural object class chain (person/device)",
    );
    refused(
        "objectClass: inetOrgPerson\ncn: a",
        65,
        "object class 'inetOrgPerson' requires attribute 'sn'",
    );
    refused(&format!("{PERSON}\nmember: cn=x"), 65, "attribute 'member' not allowed");
    refused(
        &format!("{PERSON}\nnothing: x"),
        17,
        "nothing: attribute type undefined",
    );
    refused(
        &format!("{PERSON}\ncn;lang_de: x"),
        17,
        "cn;lang_de: AttributeDescription contains inappropriate characters",
    );
    refused(
        &format!("{PERSON}\nmanager: x"),
        21,
        "manager: value #0 invalid per syntax",
    );
    refused(
        &format!("{PERSON}\nobjectClass: nothing"),
        21,
        "objectClass: value #1 invalid per syntax",
    );
    refused(
        "objectClass: device\ncn: a\ncn: A",
        20,
        "cn: value #0 provided more than once",
    );
    refused(
        &format!("{PERSON}\ndisplayName: a\ndisplayName: b"),
        19,
        "displayName: multiple values provided",
    );
}

#[test]
fn what_an_entry_is_does_not_change() {
    let schema = Schema::standard();
    let (person, account) = (
        entry("objectClass: person\ncn: a\nsn: b"),
        entry("objectClass: account\nuid: a"),
    );
    let fault = schema.check_change(&person, &account).unwrap_err();
    assert_eq!(fault.code.0, 69);
    assert_eq!(
        fault.text,
        "structural object class modification from 'person' to 'account' not allowed"
    );
    let besides = entry("objectClass: person\nobjectClass: dcObject\ndc: a\ncn: a\nsn: b");
    assert_eq!(schema.check_change(&person, &besides), Ok(()));
    assert_eq!(&*schema.structural_class(&besides).unwrap().name, "person");
    let both = entry("objectClass: person\nobjectClass: inetOrgPerson\ncn: a\nsn: b");
    assert_eq!(&*schema.structural_class(&both).unwrap().name, "inetOrgPerson");
    let group = entry("objectClass: posixGroup\nobjectClass: groupOfNames\ncn: a\nmember: cn=x\ngidNumber: 1");
    assert_eq!(&*schema.structural_class(&group).unwrap().name, "groupOfNames");
}

#[test]
fn an_entry_has_what_its_name_says() {
    let schema = Schema::standard();
    let person = entry(PERSON);
    let naming = |dn: &str| {
        let name = WrittenName::first(dn.as_bytes()).unwrap().unwrap();
        schema
            .check_naming(&person, &name)
            .map_err(|fault| (fault.code.0, fault.text))
    };
    assert_eq!(naming("cn=ADA+sn=lovelace,dc=org"), Ok(()));
    assert_eq!(naming("commonName=Ada"), Ok(()));
    assert_eq!(
        naming("uid=ada"),
        Err((64, "naming attribute 'uid' is not present in entry".to_owned()))
    );
    assert_eq!(
        naming("cn=Eve"),
        Err((64, "value of naming attribute 'cn' is not present in entry".to_owned()))
    );
    assert_eq!(
        naming("entryUUID=x"),
        Err((64, "naming attribute 'entryUUID' is operational".to_owned()))
    );
}
