//! The same in Samba and in 389 Directory Server.

use super::super::*;
use postern_tests::{Ds389, Ds389Settings, PASSWORD, Samba};

/// What is asked for makes no difference to the version, and the id is the one that accounts have everywhere.
fn is_itself(scene: &Scene, user: &Resource) {
    let alone = scene.read(ResourceKind::User, user.id, &Wanted::nothing()).unwrap();
    assert_eq!((alone.id, &alone.version), (user.id, &user.version));
    assert!(alone.attributes.0.is_empty() && alone.facts.is_none());
    let text = scene.provisioner.id_text(user.id);
    assert_eq!(*user.person.as_ref().unwrap().key.id, *text);
    assert_eq!(scene.provisioner.id(&text), Some(user.id));
    let by_id = scene.find(ResourceKind::User, eq("id", None, &text), &Wanted::nothing());
    assert_eq!(by_id.iter().map(|found| found.id).collect::<Vec<_>>(), [user.id]);
    assert!(user.created.is_some() && user.modified.is_some());
}

/// Everybody is in the list of all, and in the order of their names whichever way.
fn lists_agree(scene: &Scene) {
    let all = scene.list(ResourceKind::User, None, None);
    let sort = |descending| {
        Some(Sort {
            path: path("userName", None),
            descending,
        })
    };
    let up = scene.list(ResourceKind::User, None, sort(false));
    let mut down = scene.list(ResourceKind::User, None, sort(true));
    assert!(all.len() > 15, "{}", all.len());
    down.reverse();
    assert_eq!((up.len(), &up), (all.len(), &down));
    let shown = scene.fetch(ResourceKind::User, &up, &Wanted::everything());
    let names: Vec<String> = shown
        .iter()
        .map(|user| user.attributes.text("userName").unwrap().to_lowercase())
        .collect();
    assert!(names.is_sorted(), "{names:?}");
    // What is switched on and what is not are all there are.
    let is = |active: bool| scene.names(&compare("active", None, Operator::Eq, Operand::Boolean(active)));
    let (on, off) = (is(true), is(false));
    assert_eq!(on.len() + off.len(), all.len());
    let seen: Vec<bool> = shown.iter().map(|user| user.facts.as_ref().unwrap().active).collect();
    assert_eq!(seen.iter().filter(|&&active| !active).count(), off.len());
}

#[test]
fn accounts_of_samba_are_users() {
    use postern_tests::samba::people::{BASE, SERVICE};
    let samba = Samba::start();
    let place = (&*samba.tls_url(), Some(samba.ca_file()));
    let scene = Scene::new(
        DialectName::ActiveDirectory,
        place,
        BASE,
        (SERVICE, PASSWORD),
        ProvisioningSettings::default(),
    );
    let active = scene.user("ACTIVE@ad.example.org");
    is_itself(&scene, &active);
    let staff = scene.group("staff");
    assert_eq!(values(&active, "groups"), [scene.provisioner.id_text(staff.id)]);
    assert_eq!(values(&staff, "members"), [scene.provisioner.id_text(active.id)]);
    assert_eq!(
        values(&scene.group("everybody"), "members"),
        [scene.provisioner.id_text(staff.id)]
    );
    assert!(active.facts.as_ref().unwrap().active);
    assert!(!scene.user("disabled@ad.example.org").facts.as_ref().unwrap().active);
    // Who has no user principal name is called by the account's name.
    assert_eq!(
        scene.user("administrator").attributes.text("userName"),
        Some("Administrator")
    );
    assert!(
        scene
            .names(&text("userName", None, Operator::Sw, "ADMINIS"))
            .contains(&"Administrator".to_owned())
    );
    assert_eq!(
        scene.names(&eq("groups", Some("value"), &scene.provisioner.id_text(staff.id))),
        ["active@ad.example.org"]
    );
    // Computers are users to the product.
    let names = scene.names(&Filter::Present(path("userName", None)));
    assert!(!names.iter().any(|name| name.ends_with('$')), "{names:?}");
    lists_agree(&scene);
}

#[test]
fn accounts_of_389_are_users() {
    use postern_tests::ds389::people::account;
    use postern_tests::people::{BASE, SERVICE, dn};
    let groups = format!(
        "dn: cn=staff,ou=groups,{BASE}\nobjectClass: groupOfNames\ncn: staff\nmember: {}\nmember: {}\n\ndn: cn=none,ou=groups,{BASE}\nobjectClass: groupOfNames\ncn: none\n\n",
        dn("active"),
        dn("ada")
    );
    let ada = account(
        "ada",
        "active",
        &["title: Countess", &format!("manager: {}", dn("active"))],
    );
    let server = Ds389::start_with(&Ds389Settings {
        ldif: ada + &groups,
        ..Ds389Settings::default()
    });
    let place = (&*server.tls_url(), Some(server.ca_file()));
    let scene = Scene::new(
        DialectName::Ds389,
        place,
        BASE,
        (SERVICE, PASSWORD),
        ProvisioningSettings::default(),
    );
    let ada = scene.user("ada");
    is_itself(&scene, &ada);
    let (active, staff) = (scene.user("active"), scene.group("staff"));
    let id = |resource: &Resource| scene.provisioner.id_text(resource.id);
    assert_eq!(id(&ada).split('-').map(str::len).collect::<Vec<_>>(), [8, 8, 8, 8]);
    assert_eq!(values(&ada, "groups"), [id(&staff)]);
    let (mut members, mut both) = (values(&staff, "members"), [id(&active), id(&ada)]);
    members.sort();
    both.sort();
    assert_eq!(members, both);
    assert!(scene.group("none").attributes.get(&Key::core("members")).is_none());
    assert_eq!(
        scene.names(&eq("groups", Some("value"), &id(&staff))),
        ["active", "ada"]
    );
    assert_eq!(scene.names(&eq("title", None, "countess")), ["ada"]);
    assert!(!scene.user("inactivated").facts.as_ref().unwrap().active);
    assert_eq!(
        scene.provisioner.mapping().groups.members.as_ref().unwrap().placeholder,
        None,
        "groups may be empty here"
    );
    lists_agree(&scene);
}
