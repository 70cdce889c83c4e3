//! A new account's first password, and how it stands.

use super::Scene;
use postern_identity::Secret;
use postern_identity::provisioning::ProvisioningError;

pub(super) fn first_password(scene: &Scene, name: &str) {
    let mut draft = scene.draft(name);
    draft.password = Some(Secret::new(scene.password));
    draft.must_change = Some(false);
    let made = scene.create(&draft);
    assert!(made.facts.as_ref().unwrap().active);
    assert_eq!(scene.sign_in(&made, scene.password), Some(0));
    assert_eq!(scene.sign_in(&made, "Wrong-1234"), Some(49));

    let Some(too_short) = scene.too_short else { return };
    let other = format!("{name}2");
    let mut draft = scene.draft(&other);
    draft.password = Some(Secret::new(too_short));
    let refused = scene.try_create(&draft).err();
    assert!(matches!(refused, Some(ProvisioningError::Password(_))), "{refused:?}");
    // Nothing of it is left: the name is free.
    draft.password = Some(Secret::new(scene.password));
    scene.create(&draft);
}

pub(super) fn made_otherwise(scene: &Scene, name: &str) {
    let mut draft = scene.draft(name);
    draft.password = Some(Secret::new(scene.password));
    draft.active = false;
    let made = scene.create(&draft);
    assert!(!made.facts.as_ref().unwrap().active);
    assert_ne!(scene.sign_in(&made, scene.password), Some(0));

    let mut draft = scene.draft(&format!("{name}2"));
    draft.password = Some(Secret::new(scene.password));
    draft.must_change = Some(true);
    let made = scene.create(&draft);
    let facts = made.facts.unwrap();
    assert_eq!((facts.active, facts.must_change), (true, Some(true)));

    // Without a password it is switched on all the same.
    let made = scene.user(&format!("{name}3"));
    assert!(made.facts.unwrap().active);
}
