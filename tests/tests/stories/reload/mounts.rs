//! A policy folder that is a file system of its own: unmounted, mounted anew, mounted over.

use super::{DEADLINE, telling};
use postern_tests::gateway::program;
use postern_tests::mounts::Mounts;
use postern_tests::people::{PASSWORD, dn};
use postern_tests::process::Process;
use postern_tests::{Gateway, GatewaySettings, Slapd, eventually};
use std::fs;

#[test]
fn an_unmounted_policy_folder_leaves_the_rules_in_force_and_what_is_mounted_next_comes_into_force() {
    let slapd = Slapd::start();
    let settings = GatewaySettings {
        policy: Some(telling("below")),
        ..GatewaySettings::new("", &[slapd.url()])
    };
    // Only for its folder and addresses; it is started again by hand, where mounts can change.
    let mut gateway = Gateway::start_with(&settings);
    gateway.kill();
    fs::remove_file(gateway.policies().join("policy.toml")).unwrap();
    let mut mounts = Mounts::start();
    mount(&mut mounts, &gateway, "first");
    let mut command = mounts.command(program());
    command
        .arg("serve")
        .arg("--config")
        .arg(gateway.folder().join("gateway.toml"));
    let started = Process::start("postern", &mut command, &gateway.folder().join("again.log"));
    eventually("it is ready", DEADLINE, || gateway.is_ready().then_some(()));
    assert_eq!(told(&gateway), "first");

    mounts.unmount(&gateway.policies());
    eventually("the failure is told", DEADLINE, || {
        started
            .output()
            .contains("the folder holds no policy file")
            .then_some(())
    });
    assert!(
        gateway
            .metrics()
            .sum("postern_policy_reloads_total", &[("result", "failed")])
            > 0.0
    );
    assert_eq!(told(&gateway), "first");

    for text in ["mounted again", "mounted over it"] {
        mount(&mut mounts, &gateway, text);
        eventually(&format!("what was {text} is in force"), DEADLINE, || {
            (told(&gateway) == text).then_some(())
        });
    }
    assert!(!started.output().contains(PASSWORD), "a password stands in the log");
}

/// Mounts a folder of one policy that tells this, whole, where the gateway has its policies.
fn mount(mounts: &mut Mounts, gateway: &Gateway, text: &str) {
    let (folder, beside) = (gateway.policies(), gateway.folder().join("beside"));
    let file = gateway.folder().join("next.toml");
    fs::create_dir_all(&beside).unwrap();
    fs::write(&file, telling(text)).unwrap();
    mounts.memory(&beside, 64 * 1024);
    let (folder, beside, file) = (folder.display(), beside.display(), file.display());
    mounts.run(&format!(
        "cp '{file}' '{beside}/policy.toml' && mount -n --move '{beside}' '{folder}'"
    ));
}

/// The text of a refusal.
fn told(gateway: &Gateway) -> String {
    gateway.client().bind(1, &dn("must-change"), PASSWORD).text
}
