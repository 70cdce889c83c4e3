use super::*;

fn read(text: &str) -> Result<Found, &'static str> {
    let record = Reader::new(text.as_bytes()).next().unwrap().unwrap();
    found(record, &Schema::standard()).map(|entry| with_name(&entry, &Schema::standard()).into_owned())
}

#[test]
fn whatever_name_an_attribute_goes_by_its_values_are_found_by_the_directorys() {
    for (text, name, wanted) in [
        ("dn: uid=a\n2.5.4.35: x\n", "userPassword", &["x"][..]),
        ("dn: uid=a\nUSERPASSWORD: x\n2.5.4.35: y\n", "userPassword", &["x", "y"]),
        ("dn: uid=a\n2.16.840.1.113730.3.1.4: sso\n", "employeeType", &["sso"]),
        ("dn: uid=a\nsurname: x\n", "sn", &["x"]),
        ("dn: uid=a\nuid: a\n", "uid", &["a"]),
        ("dn: uid=A\nuserid: a\n", "uid", &["a", "A"]),
        ("dn: uid=a + EmployeeType=\\73so, dc=b\n", "employeeType", &["sso"]),
        (
            "dn: uid=a+2.16.840.1.113730.3.1.4=#0403737361,dc=b\nemployeetype: x\n",
            "employeeType",
            &["x", "ssa"],
        ),
    ] {
        let entry = read(text).map_err(|why| format!("{text}: {why}")).ok().unwrap();
        let values = entry.values(name);
        assert!(values.iter().eq(wanted.iter().map(|value| value.as_bytes())), "{text}");
    }
}

#[test]
fn a_password_that_nobody_would_look_for_is_refused() {
    for (text, why) in [
        ("dn: uid=a\nuserPassword;x-a: x\n", "an option"),
        ("dn: uid=a\n2.5.4.35;lang-de: x\n", "an option"),
        ("dn: uid=a\n2.5.4.35;;: x\n", "an option"),
        ("dn: uid=a+userPassword=x,dc=b\n", "in the name"),
        ("dn: uid=a+2.5.4.35=x\n", "in the name"),
        ("dn: USERPASSWORD=x,dc=b\n", "in the name"),
    ] {
        let refused = read(text).err();
        assert!(refused.is_some_and(|said| said.contains(why)), "{text}: {refused:?}");
    }
}

#[test]
fn how_far_it_came_is_said_and_where_to_go_on() {
    let wrong = || of_file("wrong".to_owned());
    let silent = of_add(4, "uid=a", &AskError::Silent);
    for (entries, next, ended, wanted) in [
        (0, Some(1), wrong(), &["Nothing of it was imported. Mend it"][..]),
        (
            3,
            Some(40),
            wrong(),
            &[
                "Imported: 3, all before the entry at line 40; nothing from there on",
                "Mend it",
            ],
        ),
        (
            3,
            None,
            wrong(),
            &["Imported: 3, all before the entry this is about; nothing"],
        ),
        (
            3,
            Some(40),
            of_directory(String::new()),
            &["nothing from there on. Import the rest"],
        ),
        (0, None, silent, &["Imported for sure: 0", "nobody said"]),
    ] {
        let said = reached(&Loaded { entries, next }, &ended);
        assert!(wanted.iter().all(|part| said.contains(part)), "{said}");
    }
}
