//! Entries from their first day to their last.

use super::{Scene, emails};
use postern_identity::provisioning::{EditFaultKind, Key, ProvisioningError, Value};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

fn set(name: &'static str, value: &str) -> impl FnOnce(&mut postern_identity::provisioning::Attributes) {
    let value = Value::text(value);
    move |attributes| attributes.set(Key::core(name), value)
}

pub(super) fn made_rewritten_and_removed(scene: &Scene, name: &str) {
    let mut draft = scene.draft(name);
    draft.attributes.set(Key::core("title"), Value::text("Clerk *)(\\"));
    draft
        .attributes
        .set(Key::core("emails"), emails(&[("work", "b@example.org")]));
    let made = scene.create(&draft);
    assert_eq!(made.attributes.text("userName"), Some(&*scene.named(name)));
    assert_eq!(made.attributes.text("title"), Some("Clerk *)(\\"));
    let family = made.attributes.get(&Key::core("name")).unwrap().sub("familyName");
    assert_eq!(family, Some(&Value::text("Brown")));
    let read = scene.read(&made).unwrap();
    assert_eq!((read.id, &read.dn, &read.version), (made.id, &made.dn, &made.version));

    let written = scene.write(&read, |after| {
        after.set(Key::core("title"), Value::text("Head"));
        after.set(Key::core("emails"), emails(&[("work", "c@example.org")]));
        after.set(
            Key::core("phoneNumbers"),
            emails(&[("fax", "+41 31 1"), ("mobile", "+41 79 1")]),
        );
    });
    let written = written.unwrap();
    assert_eq!(written.attributes.text("title"), Some("Head"));
    let mails = written.attributes.get(&Key::core("emails")).unwrap().each();
    assert_eq!(
        (mails.len(), mails[0].sub("value")),
        (1, Some(&Value::text("c@example.org")))
    );
    assert_ne!(written.version, read.version);
    // What the directory cannot compare is replaced; what must be there stays.
    let written = scene.write(&written, |after| {
        after.set(Key::core("phoneNumbers"), emails(&[("fax", "+41 31 2")]));
        after.clear(&Key::core("title"));
    });
    let written = written.unwrap();
    let phones = written.attributes.get(&Key::core("phoneNumbers")).unwrap().each();
    assert_eq!(
        (phones.len(), phones[0].sub("value")),
        (1, Some(&Value::text("+41 31 2")))
    );
    assert_eq!(written.attributes.text("title"), None);
    let unchanged = scene.write(&written, |_| {}).unwrap();
    assert_eq!(unchanged.version, written.version, "nothing was sent");
    // A value that changes its letters alone.
    let written = scene.write(&written, set("displayName", "BOB BROWN")).unwrap();
    assert_eq!(written.attributes.text("displayName"), Some("BOB BROWN"));

    let nobody = Value::complex([("value", Value::text(scene_id(scene, &made)))]);
    let fault = scene.write(&written, |after| after.set(Key::of(ENTERPRISE, "manager"), nobody));
    let Err(ProvisioningError::Edit(fault)) = fault else {
        panic!("{fault:?}")
    };
    assert_eq!(fault.kind, EditFaultKind::InvalidValue);

    scene.delete(&made).unwrap();
    assert_eq!(scene.read(&made).err(), Some(ProvisioningError::NotFound));
    assert_eq!(scene.delete(&made).err(), Some(ProvisioningError::NotFound));
    let again = scene.create(&draft);
    assert_ne!(again.id, made.id);
}

/// An id nobody has.
fn scene_id(scene: &Scene, like: &postern_identity::provisioning::Resource) -> String {
    use postern_identity::provisioning::{Provisioned as _, ResourceId};
    let mut octets = like.id.0;
    octets[0] ^= 0xff;
    scene.provisioner.id_text(ResourceId(octets))
}

pub(super) fn taken(scene: &Scene, name: &str) {
    let bob = scene.user(name);
    let upper = name.to_uppercase();
    for again in [name, upper.as_str()] {
        let refused = scene.try_create(&scene.draft(again)).err();
        let taken = ProvisioningError::Taken {
            attribute: "userName".into(),
        };
        assert_eq!(refused, Some(taken), "{again}");
    }
    let other = scene.user(&format!("{name}2"));
    let refused = scene.write(&other, set("userName", &scene.named(name)));
    assert!(matches!(refused, Err(ProvisioningError::Taken { .. })), "{refused:?}");
    // One's own is not another's.
    let same = scene.write(&bob, set("userName", &scene.named(&upper))).unwrap();
    assert_eq!(same.attributes.text("userName"), Some(&*scene.named(&upper)));
    assert_eq!(same.id, bob.id);
    scene.group(&format!("{name} group"), &[]);
    let refused = scene
        .try_create(&scene.group_draft(&format!("{name} GROUP"), &[]))
        .err();
    let taken = ProvisioningError::Taken {
        attribute: "displayName".into(),
    };
    assert_eq!(refused, Some(taken));
}

pub(super) fn renamed(scene: &Scene, name: &str) {
    let bob = scene.user(name);
    let mut draft = scene.draft(&format!("{name}-report"));
    let manager = Value::complex([("value", Value::text(scene_text(scene, &bob)))]);
    draft.attributes.set(Key::of(ENTERPRISE, "manager"), manager.clone());
    let report = scene.create(&draft);
    let group = scene.group(&format!("{name}-crew"), &[bob.id]);
    let robert = format!("{name}, the #1+\"");
    let written = scene.write(&bob, |after| {
        after.set(Key::core("userName"), Value::text(scene.named(&robert)));
        after.set(Key::core("title"), Value::text("Robert"));
    });
    let written = written.unwrap();
    assert_eq!(written.id, bob.id);
    assert_ne!(written.dn, bob.dn);
    assert_eq!(written.attributes.text("userName"), Some(&*scene.named(&robert)));
    assert_eq!(written.attributes.text("title"), Some("Robert"));
    assert_eq!(scene.members(&group), [bob.id].into());
    let manager_now = scene.read(&report).unwrap();
    let manager_now = manager_now.attributes.get(&Key::of(ENTERPRISE, "manager"));
    assert_eq!(
        manager_now.and_then(|manager| manager.sub("value")),
        manager.sub("value")
    );
    // What cannot be written with it is not written, and the name neither.
    let refused = scene.write(&written, |after| {
        after.set(
            Key::core("userName"),
            Value::text(scene.named(&format!("{name}-third"))),
        );
        after.set(Key::core("phoneNumbers"), emails(&[("work", "\u{1}\u{1F600}")]));
    });
    let stays = scene.read(&written).unwrap();
    if refused.is_err() {
        assert_eq!(stays.dn, written.dn);
    }
    scene.delete(&stays).unwrap();
    assert!(scene.members(&group).is_empty());
    let report = scene.read(&report).unwrap();
    assert!(report.attributes.get(&Key::of(ENTERPRISE, "manager")).is_none());
}

fn scene_text(scene: &Scene, resource: &postern_identity::provisioning::Resource) -> String {
    use postern_identity::provisioning::Provisioned as _;
    scene.provisioner.id_text(resource.id)
}

pub(super) fn contended(scene: &Scene, name: &str) {
    let bob = scene.user(name);
    let first = scene.write(&bob, set("title", "First")).unwrap();
    // It had no title when it was read.
    let late = scene.write(&bob, set("title", "Late"));
    let late = late.map(|written| written.attributes.text("title").map(str::to_owned));
    if late.is_ok() {
        // The attribute takes several values there: then nothing is lost either.
        assert!(scene.read(&bob).is_ok());
    } else {
        assert_eq!(late.err(), Some(ProvisioningError::Contended));
    }
    let second = scene.read(&first).unwrap();
    let third = scene.write(&second, set("displayName", "Third")).unwrap();
    let late = scene.write(&second, set("displayName", "Late"));
    assert_eq!(late.err(), Some(ProvisioningError::Contended));
    assert_eq!(scene.read(&bob).unwrap().attributes.text("displayName"), Some("Third"));
    // What others changed beside it is no matter, unless nothing may have been changed.
    let mails = |after: &mut postern_identity::provisioning::Attributes| {
        after.set(Key::core("emails"), emails(&[("work", "b@example.org")]));
    };
    assert_eq!(
        scene.write_if(&second, true, mails).err(),
        Some(ProvisioningError::Changed)
    );
    let fourth = scene.write_if(&third, true, mails).unwrap();
    assert_eq!(
        scene.write_if(&third, true, |_| {}).err(),
        Some(ProvisioningError::Changed)
    );
    let refused = scene.wait({
        use postern_identity::provisioning::Provisioned as _;
        let reach = Box::leak(Box::new(postern_identity::provisioning::Reach::default()));
        scene.provisioner.delete(reach, bob.kind, bob.id, Some(&third))
    });
    assert_eq!(refused.err(), Some(ProvisioningError::Changed));
    scene.delete(&fourth).unwrap();
    let gone = scene.write(&fourth, set("title", "Gone"));
    assert_eq!(gone.err(), Some(ProvisioningError::NotFound));
}

pub(super) fn of_one_name(scene: &Scene, name: &str) {
    let mut dns = Vec::new();
    for number in 0..3 {
        let mut draft = scene.draft(&format!("{name}.a.long.name.of.somebody.{number}"));
        draft
            .attributes
            .set(Key::core("displayName"), Value::text(format!("{name} of many")));
        let made = scene.create(&draft);
        assert_eq!(made.attributes.text("displayName"), Some(&*format!("{name} of many")));
        dns.push(made.dn);
    }
    dns.dedup();
    assert_eq!(dns.len(), 3, "{dns:?}");
}
