//! Who is in a group.

use super::{Scene, added, removed};
use postern_identity::provisioning::{
    Key, MembersChange, Provisioned as _, ProvisioningError, Reach, Resource, ResourceId, Value,
};
use std::collections::BTreeSet;
use std::sync::Arc;

fn people(scene: &Scene, name: &str, count: usize) -> Vec<ResourceId> {
    (0..count)
        .map(|number| scene.user(&format!("{name}-{number}")).id)
        .collect()
}

fn set(ids: &[ResourceId]) -> BTreeSet<ResourceId> {
    ids.iter().copied().collect()
}

/// How many values the attribute really has, whoever is shown.
fn shown_to_users(scene: &Scene, user: &Resource) -> usize {
    let read = scene.read(user).unwrap();
    read.attributes
        .get(&Key::core("groups"))
        .map_or(0, |groups| groups.each().len())
}

pub(super) fn filled_and_emptied(scene: &Scene, name: &str) {
    let ids = people(scene, name, 3);
    let group = scene.group(name, &[]);
    assert_eq!(group.attributes.text("displayName"), Some(name));
    assert!(scene.members(&group).is_empty());
    for _ in 0..2 {
        scene.change_members(&group, &added(&ids)).unwrap();
        assert_eq!(scene.members(&group), set(&ids));
        scene.change_members(&group, &removed(&ids[..2])).unwrap();
        assert_eq!(scene.members(&group), set(&ids[2..]));
        scene.change_members(&group, &removed(&ids)).unwrap();
        assert!(scene.members(&group).is_empty());
    }
    let replace = |ids: &[ResourceId]| MembersChange {
        replace: Some(ids.to_vec()),
        ..MembersChange::default()
    };
    scene.change_members(&group, &replace(&ids[..2])).unwrap();
    scene.change_members(&group, &replace(&ids[1..])).unwrap();
    assert_eq!(scene.members(&group), set(&ids[1..]));
    scene.change_members(&group, &replace(&[])).unwrap();
    assert!(scene.members(&group).is_empty());
    // A group of a group.
    let outer = scene.group(&format!("{name} outer"), &[group.id, ids[0]]);
    assert_eq!(scene.members(&outer), set(&[group.id, ids[0]]));
    scene.delete(&group).unwrap();
    assert_eq!(scene.members(&outer), set(&ids[..1]));
    let gone = scene.change_members(&group, &added(&ids)).err();
    assert_eq!(gone, Some(ProvisioningError::NotFound));
}

pub(super) fn so_already(scene: &Scene, name: &str) {
    let ids = people(scene, name, 6);
    let group = scene.group(name, &ids[..3]);
    scene.change_members(&group, &added(&ids)).unwrap();
    scene.change_members(&group, &added(&ids)).unwrap();
    assert_eq!(scene.members(&group), set(&ids));
    scene.change_members(&group, &removed(&ids[1..3])).unwrap();
    scene.change_members(&group, &removed(&ids[..4])).unwrap();
    assert_eq!(scene.members(&group), set(&ids[4..]));
    let mut nobody = ids[0];
    nobody.0[0] ^= 0xff;
    let refused = scene.change_members(&group, &added(&[ids[0], nobody])).err();
    assert!(matches!(refused, Some(ProvisioningError::Edit(_))), "{refused:?}");
    assert_eq!(scene.members(&group), set(&ids[4..]), "none of them");
    scene.change_members(&group, &removed(&[nobody])).unwrap();
    // Whose id is a user's is no group.
    let user = Resource {
        id: ids[0],
        ..group.clone()
    };
    let refused = scene.change_members(&user, &added(&ids[1..2])).err();
    assert_eq!(refused, Some(ProvisioningError::NotFound));
}

/// Each of so many people comes and goes and comes again, by a task of their own, and at last they all go at once.
pub(super) fn at_once(scene: &Scene, name: &str, many: usize, times: usize) {
    let ids = people(scene, name, many);
    let group = scene.group(name, &[]);
    let everybody = |changes: Vec<fn(&[ResourceId]) -> MembersChange>| {
        let tasks = ids.iter().map(|&id| {
            let (provisioner, group, changes) = (Arc::clone(&scene.provisioner), group.id, changes.clone());
            scene.runtime.spawn(async move {
                for change in changes {
                    provisioner
                        .change_members(&Reach::default(), group, &change(&[id]))
                        .await?;
                }
                Ok::<(), ProvisioningError>(())
            })
        });
        for task in tasks.collect::<Vec<_>>() {
            assert_eq!(scene.wait(task).unwrap(), Ok(()));
        }
    };
    let mut changes: Vec<fn(&[ResourceId]) -> MembersChange> = vec![added];
    for _ in 0..times {
        changes.extend([removed as fn(&[ResourceId]) -> MembersChange, added]);
    }
    everybody(changes);
    assert_eq!(scene.members(&group), set(&ids));
    everybody(vec![removed]);
    assert!(scene.members(&group).is_empty());
}

pub(super) fn renamed(scene: &Scene, name: &str) {
    let ids = people(scene, name, 1);
    let group = scene.group(name, &ids);
    let other = format!("{name}, other");
    let written = scene.write(&group, |after| {
        after.set(Key::core("displayName"), Value::text(other.clone()));
    });
    assert_eq!(written.unwrap().attributes.text("displayName"), Some(&*other));
    assert_eq!(scene.members(&group), set(&ids));
    let user = Resource {
        kind: postern_identity::provisioning::ResourceKind::User,
        id: ids[0],
        ..group.clone()
    };
    assert_eq!(shown_to_users(scene, &user), 1);
}
