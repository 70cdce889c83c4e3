//! What is read: by id, by a filter, in lists, and what it costs the directory.

mod products;

use super::*;
use postern_directory::upstream::provisioning::mapping::ENTERPRISE;
use postern_tests::people::{BASE, SERVICE, account, dn};
use postern_tests::{PASSWORD, Slapd, SlapdSettings, Tally};

/// Ada has everything; Bea has names that mean something in a filter.
fn ldif() -> String {
    let ada = [
        "displayName: Ada L.",
        "givenName: Ada",
        "mail: countess@example.org",
        "mobile: +44 20 1234-567",
        "telephoneNumber: +44 1",
        "l: London",
        "st: England",
        "title: Countess",
        "departmentNumber: 7",
        "employeeNumber: 1815",
        &format!("manager: {}", dn("active")),
    ];
    let bea = [
        "title: *",
        "displayName: (b)\\*",
        "mail: bea@example.net",
        "manager: uid=gone,ou=people,dc=example,dc=org",
    ];
    let staff = format!(
        "dn: cn=staff,ou=groups,{BASE}\nobjectClass: groupOfNames\ncn: staff\nmember: {}\nmember: {}\nmember: cn=empty-membership-placeholder\nmember: uid=gone,ou=people,{BASE}\nmember: cn=all,ou=groups,{BASE}\n\n",
        dn("ada"),
        dn("active")
    );
    let all = format!(
        "dn: cn=all,ou=groups,{BASE}\nobjectClass: groupOfNames\ncn: all\nmember: cn=empty-membership-placeholder\n\n"
    );
    account("ada", "active", &ada) + &account("bea", "active", &bea) + &staff + &all
}

fn slapd(users: usize) -> Slapd {
    Slapd::start_with(&SlapdSettings {
        users,
        ldif: ldif(),
        database: "index entryUUID eq".to_owned(),
        ..SlapdSettings::default()
    })
}

fn scene(slapd: &Slapd) -> (Tally, Scene) {
    let tally = Tally::before(slapd.address());
    let account = (SERVICE, PASSWORD);
    let scene = Scene::new(
        DialectName::OpenLdap,
        (&tally.url(), None),
        BASE,
        account,
        ProvisioningSettings::default(),
    );
    (tally, scene)
}

/// What a list shows: attributes, and nothing that is asked for apart.
fn plain() -> Wanted {
    Wanted {
        members: false,
        groups: false,
        facts: false,
        ..Wanted::everything()
    }
}

#[test]
fn an_entry_of_slapd_is_a_user_and_costs_one_search() {
    let slapd = slapd(0);
    let (tally, scene) = scene(&slapd);
    let ada = scene.user("ADA");
    tally.take();
    let without = Wanted {
        without: [Key::of(ENTERPRISE, "manager")].into(),
        ..plain()
    };
    let again = scene.read(ResourceKind::User, ada.id, &without).unwrap();
    assert_eq!(tally.searches_and_binds(), (1, 0), "by id");
    assert_eq!(again.version, ada.version);
    scene.find(ResourceKind::User, eq("userName", None, "ada"), &without);
    assert_eq!(tally.searches_and_binds(), (1, 0), "by name");

    assert_eq!(ada.attributes.text("userName"), Some("ada"));
    assert_eq!(ada.attributes.text("title"), Some("Countess"));
    assert_eq!(values(&ada, "emails"), ["ada@example.org", "countess@example.org"]);
    assert_eq!(values(&ada, "phoneNumbers"), ["+44 1", "+44 20 1234-567"]);
    let manager = ada.attributes.get(&Key::of(ENTERPRISE, "manager")).unwrap();
    let active = scene.user("active");
    assert_eq!(
        manager.sub("value"),
        Some(&Value::Text(scene.provisioner.id_text(active.id)))
    );
    assert_eq!(
        values(&ada, "groups"),
        [scene.provisioner.id_text(scene.group("staff").id)]
    );
    assert!(ada.created.is_some() && ada.modified.is_some());
    let person = ada.person.as_ref().unwrap();
    assert_eq!(
        (&*person.key.id, person.mails.len()),
        (&*scene.provisioner.id_text(ada.id), 2)
    );
    assert!(ada.facts.as_ref().unwrap().active);
    // Who is gone is nobody's manager.
    assert_eq!(scene.user("bea").attributes.get(&Key::of(ENTERPRISE, "manager")), None);
}

#[test]
fn what_is_no_user_is_not_found_as_one() {
    let slapd = slapd(0);
    let (tally, scene) = scene(&slapd);
    let staff = scene.group("staff");
    for (kind, id) in [
        (ResourceKind::User, staff.id),
        (ResourceKind::User, ResourceId([7; 16])),
    ] {
        assert_eq!(scene.read(kind, id, &plain()).unwrap_err(), ProvisioningError::NotFound);
    }
    tally.take();
    for wrong in ["", "*", "nobody", "5d2f1a60"] {
        assert_eq!(scene.provisioner.id(wrong), None);
        assert!(scene.names(&eq("id", None, wrong)).is_empty());
    }
    assert_eq!(
        tally.searches_and_binds(),
        (0, 0),
        "what is no id is looked for nowhere"
    );
}

#[test]
fn a_page_of_a_hundred_is_one_search_after_one_for_the_ids() {
    let slapd = slapd(300);
    let (tally, scene) = scene(&slapd);
    let wanted = Wanted {
        keys: Some([Key::core("userName")].into()),
        ..plain()
    };
    let filter = text("userName", None, Operator::Sw, "user");
    scene.user("ada");
    tally.take();
    let sort = Sort {
        path: path("userName", None),
        descending: true,
    };
    let ids = scene.list(ResourceKind::User, Some(filter), Some(sort));
    assert_eq!((ids.len(), tally.searches_and_binds()), (300, (1, 0)));
    let page = scene.fetch(ResourceKind::User, &ids[100..200], &wanted);
    assert_eq!((page.len(), tally.searches_and_binds()), (100, (1, 0)));
    let names: Vec<&str> = page
        .iter()
        .filter_map(|user| user.attributes.text("userName"))
        .collect();
    assert_eq!((names[0], names[99]), ("user0200", "user0101"));
    assert!(page.iter().zip(&ids[100..]).all(|(user, id)| user.id == *id));
    // More than one page, in the order of the ids.
    let mut small = ProvisioningSettings {
        page_size: 50,
        ..ProvisioningSettings::default()
    };
    let account = (SERVICE, PASSWORD);
    let scene = Scene::new(
        DialectName::OpenLdap,
        (&tally.url(), None),
        BASE,
        account,
        small.clone(),
    );
    let all = scene.list(ResourceKind::User, None, None);
    assert!(all.len() > 350 && all.is_sorted());
    small.lookthrough = 100;
    let scene = Scene::new(DialectName::OpenLdap, (&tally.url(), None), BASE, account, small);
    let query = Query {
        kind: ResourceKind::User,
        filter: None,
        sort: None,
    };
    let listed = scene
        .runtime
        .block_on(scene.provisioner.list(&Reach::default(), &query));
    assert_eq!(listed.unwrap_err(), ProvisioningError::TooMany);
    let found = scene
        .runtime
        .block_on(scene.provisioner.find(&Reach::default(), &query, 10, &plain()));
    assert!(found.unwrap().is_none(), "more than ten");
}

#[test]
fn a_group_tells_its_members_and_none_that_are_nobody() {
    let slapd = slapd(0);
    let (_tally, scene) = scene(&slapd);
    let staff = scene.group("STAFF");
    let (ada, all) = (scene.user("ada"), scene.group("all"));
    let id = |resource: &Resource| scene.provisioner.id_text(resource.id);
    let mut wanted = vec![id(&ada), id(&scene.user("active")), id(&all)];
    let mut members = values(&staff, "members");
    members.sort();
    wanted.sort();
    assert_eq!(members, wanted);
    let elements = staff.attributes.get(&Key::core("members")).unwrap().each();
    let kind = |of: &Resource| {
        let found = elements
            .iter()
            .find(|element| element.sub("value") == Some(&Value::Text(id(of))));
        found.and_then(|element| element.sub("type")).cloned()
    };
    assert_eq!(
        (kind(&ada), kind(&all)),
        (Some(Value::text("User")), Some(Value::text("Group")))
    );
    assert_eq!(
        all.attributes.get(&Key::core("members")),
        None,
        "only the placeholder is in it"
    );
    // By a member, and by a group.
    let groups = |filter: Filter| -> Vec<String> {
        let found = scene.find(ResourceKind::Group, filter, &plain());
        found
            .iter()
            .map(|group| group.attributes.text("displayName").unwrap().to_owned())
            .collect()
    };
    assert_eq!(groups(eq("members", Some("value"), &id(&ada))), ["staff"]);
    assert_eq!(groups(eq("members", Some("value"), &id(&all))), ["staff"]);
    assert_eq!(
        groups(eq("members", Some("value"), "00000000-0000-0000-0000-000000000000")),
        [""; 0]
    );
    assert_eq!(
        scene.names(&eq("groups", Some("value"), &id(&staff))),
        ["active", "ada"]
    );
}

#[test]
fn values_are_nothing_but_values_in_filters() {
    let slapd = slapd(0);
    let (_tally, scene) = scene(&slapd);
    for (name, value, found) in [
        ("title", "*", &["bea"][..]),
        ("displayName", "(b)\\*", &["bea"]),
        ("userName", "*", &[]),
        ("userName", "a*", &[]),
        ("userName", "ada)(uid=*", &[]),
        ("userName", "ad\0a", &[]),
        ("userName", "", &[]),
        ("title", "\\2a", &[]),
    ] {
        assert_eq!(scene.names(&eq(name, None, value)), found, "{name} eq {value:?}");
    }
    for (operator, value) in [(Operator::Co, "b)\\"), (Operator::Sw, "(b"), (Operator::Ew, "\\*")] {
        assert_eq!(
            scene.names(&text("displayName", None, operator, value)),
            ["bea"],
            "{value}"
        );
    }
    assert_eq!(scene.names(&text("title", None, Operator::Co, "*")), ["bea"]);
}

#[test]
fn filters_find_what_they_mean() {
    let slapd = slapd(3);
    let (_tally, scene) = scene(&slapd);
    let everybody = scene.names(&Filter::Present(path("userName", None)));
    let others = |but: &[&str]| -> Vec<String> {
        everybody
            .iter()
            .filter(|name| !but.contains(&name.as_str()))
            .cloned()
            .collect()
    };
    let finds = |filter: Filter, names: &[&str]| assert_eq!(scene.names(&filter), names, "{filter:?}");
    finds(eq("emails", Some("value"), "COUNTESS@example.org"), &["ada"]);
    finds(eq("phoneNumbers", Some("value"), "+44 20 1234-567"), &["ada"]);
    finds(eq("phoneNumbers", Some("value"), "+44201234567"), &[]);
    finds(text("emails", Some("value"), Operator::Ew, ".net"), &["bea"]);
    finds(eq("name", Some("givenName"), "ada"), &["ada"]);
    finds(eq("addresses", Some("locality"), "london"), &["ada"]);
    finds(Filter::Present(path("addresses", None)), &["ada"]);
    let element = |inner: Filter| Filter::Element {
        attribute: Key::core("phoneNumbers"),
        filter: Box::new(inner),
    };
    let kind = |kind: &str| eq("phoneNumbers", Some("type"), kind);
    let number = |number: &str| eq("phoneNumbers", Some("value"), number);
    finds(
        element(Filter::And(vec![kind("mobile"), number("+44 20 1234-567")])),
        &["ada"],
    );
    finds(element(Filter::And(vec![kind("work"), number("+44 20 1234-567")])), &[]);
    finds(
        element(Filter::And(vec![
            not(kind("work")),
            Filter::Present(path("phoneNumbers", Some("value"))),
        ])),
        &["ada"],
    );
    finds(element(kind("pager")), &[]);
    finds(
        Filter::And(vec![eq("title", None, "countess"), eq("userName", None, "bea")]),
        &[],
    );
    finds(
        Filter::Or(vec![eq("title", None, "countess"), eq("userName", None, "bea")]),
        &["ada", "bea"],
    );
    finds(eq("nickName", None, "ada"), &[]);
    assert_eq!(scene.names(&not(eq("title", None, "countess"))), others(&["ada"]));
    assert_eq!(
        scene.names(&text("displayName", None, Operator::Ne, "ada l.")),
        others(&["ada"])
    );
    assert_eq!(scene.names(&not(text("emails", Some("value"), Operator::Ew, "org"))), {
        let mut left = Vec::new();
        for name in &everybody {
            let emails = values(&scene.user(name), "emails");
            if !emails.iter().any(|mail| mail.ends_with("org")) {
                left.push(name.clone());
            }
        }
        left
    });
    assert_eq!(
        scene.names(&compare("title", None, Operator::Eq, Operand::Null)),
        others(&["ada", "bea"])
    );
    let manager = Filter::Compare {
        path: Path {
            key: Key::of(ENTERPRISE, "manager"),
            sub: Some("value".into()),
        },
        operator: Operator::Eq,
        operand: Operand::Text(scene.provisioner.id_text(scene.user("active").id)),
    };
    finds(manager, &["ada"]);
    // Nobody is greater than the last one, and none is older than the directory.
    let last = everybody.last().unwrap();
    finds(text("userName", None, Operator::Gt, last), &[]);
    finds(text("userName", None, Operator::Ge, last), &[last]);
    let long_ago = Operand::Moment("2020-01-01T00:00:00Z".parse().unwrap());
    finds(compare("meta", Some("created"), Operator::Lt, long_ago.clone()), &[]);
    assert_eq!(
        scene.names(&compare("meta", Some("lastModified"), Operator::Gt, long_ago)),
        everybody
    );
    let off = compare("active", None, Operator::Eq, Operand::Boolean(false));
    finds(off.clone(), &["locked-by-administrator", "locked-must-change"]);
    assert_eq!(
        scene.names(&not(off)),
        others(&["locked-by-administrator", "locked-must-change"])
    );
}

#[test]
fn nobody_is_found_out_of_reach() {
    let slapd = slapd(0);
    let (_tally, scene) = scene(&slapd);
    let ada = scene.user("ada");
    let within = |base: &str| Reach {
        base: Some(postern_identity::DistinguishedName::parse(base.as_bytes()).unwrap()),
    };
    let nothing = Wanted::nothing();
    let read = |reach: &Reach| {
        let read = scene.provisioner.read(reach, ResourceKind::User, ada.id, &nothing);
        scene.runtime.block_on(read).map(|user| user.id)
    };
    assert_eq!(read(&within(&format!("ou=people,{BASE}"))), Ok(ada.id));
    assert_eq!(
        read(&within(&format!("OU=groups,{BASE}"))),
        Err(ProvisioningError::NotFound)
    );
    assert_eq!(read(&within("dc=org")), Ok(ada.id));
    assert_eq!(read(&within("dc=elsewhere")), Err(ProvisioningError::NotFound));
    let (elsewhere, ids) = (within("dc=elsewhere"), [ada.id]);
    let fetched = scene.provisioner.fetch(&elsewhere, ResourceKind::User, &ids, &nothing);
    assert!(scene.runtime.block_on(fetched).unwrap().is_empty());
}

#[test]
fn a_directory_that_hung_up_is_asked_once_more_and_one_that_is_gone_is_told() {
    let mut slapd = slapd(0);
    let (tally, scene) = scene(&slapd);
    let ada = scene.user("ada");
    slapd.restart();
    tally.take();
    assert_eq!(
        scene.read(ResourceKind::User, ada.id, &Wanted::nothing()).unwrap().id,
        ada.id
    );
    assert_eq!(tally.searches_and_binds().1, 1, "on a fresh connection");
    slapd.kill();
    let gone = scene.read(ResourceKind::User, ada.id, &Wanted::nothing()).unwrap_err();
    assert_eq!(gone, ProvisioningError::Unavailable);
}

#[test]
fn the_schema_says_what_the_directory_knows_and_allows() {
    let slapd = slapd(0);
    let tally = Tally::before(slapd.address());
    let mut settings = ProvisioningSettings::default();
    for (place, attribute) in [
        ("nickName", "initials"),
        ("locale", "nsLocale"),
        ("name.honorificPrefix", "personalTitle"),
    ] {
        settings.users.attributes.insert(place.to_owned(), attribute.to_owned());
    }
    let scene = Scene::new(
        DialectName::OpenLdap,
        (&tally.url(), None),
        BASE,
        (SERVICE, PASSWORD),
        settings,
    );
    let user = &scene.provisioner.types().user;
    assert!(user.attribute(None, "nickName").is_some());
    assert!(user.attribute(None, "locale").is_none(), "slapd does not know it");
    let (_, name) = user.attribute(None, "name").unwrap();
    assert!(name.sub("familyName").is_some());
    assert!(name.sub("honorificPrefix").is_none(), "no inetOrgPerson may have it");
}
