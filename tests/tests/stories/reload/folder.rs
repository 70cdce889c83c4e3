//! The policy folder in every state an editor, a deployment or an accident leaves it in.

use super::{DEADLINE, Scene, policy, telling};
use postern_tests::gateway::program;
use postern_tests::people::{PASSWORD, dn};
use postern_tests::process::Process;
use postern_tests::request::bind;
use postern_tests::{Gateway, GatewaySettings, Slapd, Wire, eventually};
use rustix::process::Signal;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

#[test]
fn broken_policy_files_change_nothing_and_mended_ones_come_into_force_without_one_failed_operation() {
    let mut scene = Scene::start(&telling("first"));
    scene.expect_told("first");

    let unknown_key = telling("never").replace("surface", "surfaces");
    let unknown_route = telling("never").replace("\"*\"", "\"nowhere\"");
    let no_priority = telling("never").replace("priority = 100\n", "");
    let broken: [(&str, &[u8]); 7] = [
        ("a syntax error", b"priority = = 100"),
        ("an unknown key", unknown_key.as_bytes()),
        ("a route nobody configured", unknown_route.as_bytes()),
        ("no priority", no_priority.as_bytes()),
        ("octets that are no text", b"priority = 100 # \xff\xfe"),
        ("an empty file", b""),
        (
            "a text of two lines",
            b"priority = 1\n[[policy]]\nroute = \"*\"\n[policy.messages]\nmust_change = \"a\\nb\"\n",
        ),
    ];
    for (what, octets) in broken {
        super::replace(&scene.gateway.policies().join("policy.toml"), octets);
        scene.expect_kept(what);
        scene.expect_told("first");
    }
    scene.replace("policy.toml", &telling("second"));
    scene.expect_in_force("mended, with another text");
    scene.expect_told("second");

    // What was in force, broken and mended as it was, is nothing new.
    let before = scene.times_same_again();
    scene.replace("policy.toml", "[[policy");
    scene.expect_kept("broken again");
    scene.replace("policy.toml", &telling("second"));
    scene.expect_same_again("mended as it was", before);
    scene.expect_told("second");
    scene.finish();
}

#[test]
fn a_half_written_file_waits_until_it_is_whole() {
    let mut scene = Scene::start(&telling("first"));
    let text = telling("second");
    // Cut inside a string: what is there so far is no policy.
    let (half, rest) = text.split_at(text.len() - 5);
    let mut file = File::create(scene.gateway.policies().join("policy.toml")).unwrap();
    file.write_all(half.as_bytes()).unwrap();
    scene.expect_kept("half a file");
    scene.expect_told("first");
    file.write_all(rest.as_bytes()).unwrap();
    drop(file);
    scene.expect_in_force("the whole file");
    scene.expect_told("second");
    scene.finish();
}

#[test]
fn a_set_whose_own_test_fails_never_comes_into_force() {
    let mut scene = Scene::start(&telling("first"));
    let test = |text: &str| {
        format!(
            "[[test]]\nname = \"the text\"\ngiven = {{ route = \"*\", state = \"must_change\" }}\nexpect = {{ text = \"{text}\" }}\n"
        )
    };
    scene.replace("policy_test.toml", &test("first"));
    scene.expect_in_force("a test that holds");
    scene.replace("policy.toml", &telling("second"));
    scene.expect_kept("a policy its test does not hold for");
    scene.expect_told("first");
    scene.replace("policy_test.toml", &test("second"));
    scene.expect_in_force("the test says the same as the policy");
    scene.expect_told("second");
    scene.replace("policy_test.toml", &test("third"));
    scene.expect_kept("a test the policy does not hold for");
    scene.expect_told("second");
    scene.finish();
}

#[test]
fn another_surface_holds_for_the_next_sign_in() {
    const CHANGE_AFTER_RESET: &[u8] = &[0x30, 3, 0x81, 1, 2];
    let restrict = "[policy.standing.must_change]\nverdict = \"restrict\"\n";
    let mut scene = Scene::start(&telling("first"));
    scene.replace("policy.toml", &policy("ppolicy", "", restrict));
    scene.expect_in_force("ppolicy");
    assert_eq!(scene.told(), (0, String::new(), CHANGE_AFTER_RESET.to_vec()));
    scene.replace("policy.toml", &policy("transparent", "", ""));
    scene.expect_in_force("transparent");
    let directly = bind(1, &dn("must-change"), PASSWORD, &[]);
    let slapd = Wire::connect(scene.slapd.address()).ask(&directly).remove(0);
    assert_eq!(scene.gateway.client().ask(&directly).remove(0).octets, slapd.octets);
    scene.replace("policy.toml", &policy("plain", "", ""));
    scene.expect_in_force("plain");
    scene.expect_told("");
    scene.replace("policy.toml", &telling("last"));
    scene.expect_in_force("text again");
    scene.expect_told("last");
    scene.finish();
}

#[test]
fn an_emptied_a_missing_and_a_replaced_folder_are_failed_reloads_until_there_are_policies_again() {
    let mut scene = Scene::start(&telling("first"));
    let folder = scene.gateway.policies();
    let away = scene.gateway.folder().join("away");

    fs::remove_file(folder.join("policy.toml")).unwrap();
    scene.expect_kept("an empty folder");
    scene.expect_told("first");
    scene.replace("policy.toml", &telling("second"));
    scene.expect_in_force("a policy in it again");
    scene.expect_told("second");

    fs::rename(&folder, &away).unwrap();
    scene.expect_kept("the folder is gone");
    scene.expect_told("second");
    let before = scene.times_same_again();
    fs::rename(&away, &folder).unwrap();
    scene.expect_same_again("the folder is back as it was", before);

    fs::rename(&folder, &away).unwrap();
    scene.expect_kept("the folder is gone again");
    fs::write(away.join("policy.toml"), telling("third")).unwrap();
    fs::rename(&away, &folder).unwrap();
    scene.expect_in_force("the folder is back with another policy");
    scene.expect_told("third");

    // It is watched still, though it is another folder than at the start.
    scene.replace("policy.toml", &telling("fourth"));
    scene.expect_in_force("another policy in the folder that came back");
    scene.expect_told("fourth");
    scene.finish();
}

#[test]
fn a_config_map_is_swapped_whole_by_its_link() {
    let mut scene = Scene::start(&telling("first"));
    let folder = scene.gateway.policies();
    let mount = scene.gateway.folder().join("mount");
    fs::create_dir(&mount).unwrap();
    version(&mount, "..1", &telling("second"));
    symlink("..1", mount.join("..data")).unwrap();
    symlink("..data/policy.toml", mount.join("policy.toml")).unwrap();
    fs::rename(&folder, scene.gateway.folder().join("away")).unwrap();
    scene.expect_kept("no folder yet");
    fs::rename(&mount, &folder).unwrap();
    scene.expect_in_force("the mount");
    scene.expect_told("second");

    version(&folder, "..2", &telling("third"));
    swap(&folder, "..2");
    scene.expect_in_force("the second version");
    scene.expect_told("third");
    fs::remove_dir_all(folder.join("..1")).unwrap();

    version(&folder, "..3", "priority = ");
    swap(&folder, "..3");
    scene.expect_kept("a broken version");
    scene.expect_told("third");

    version(&folder, "..4", &telling("fourth"));
    swap(&folder, "..4");
    scene.expect_in_force("the version after it");
    scene.expect_told("fourth");
    scene.finish();
}

#[test]
fn a_folder_behind_a_link_follows_the_link() {
    let mut scene = Scene::start(&telling("first"));
    let (folder, around) = (scene.gateway.policies(), scene.gateway.folder().to_owned());
    for (name, text) in [("one", "second"), ("two", "third")] {
        fs::create_dir(around.join(name)).unwrap();
        fs::write(around.join(name).join("policy.toml"), telling(text)).unwrap();
    }
    fs::rename(&folder, around.join("away")).unwrap();
    scene.expect_kept("no folder yet");
    symlink("one", &folder).unwrap();
    scene.expect_in_force("a link to a folder");
    scene.expect_told("second");
    symlink("two", around.join("next")).unwrap();
    fs::rename(around.join("next"), &folder).unwrap();
    scene.expect_in_force("a link to another folder");
    scene.expect_told("third");
    super::replace(&around.join("two/policy.toml"), telling("fourth").as_bytes());
    scene.expect_in_force("a file behind the link");
    scene.expect_told("fourth");
    scene.finish();
}

#[test]
fn a_file_saved_while_the_program_starts_is_in_force_soon_after() {
    let slapd = Slapd::start();
    let settings = GatewaySettings {
        policy: Some(telling("first")),
        ..GatewaySettings::new("", &[slapd.url()])
    };
    // Only for its folder and addresses; it is started again by hand, to catch the moment.
    let mut gateway = Gateway::start_with(&settings);
    gateway.kill();
    let folder = gateway.folder();
    for round in 0..8 {
        super::replace(&gateway.policies().join("policy.toml"), telling("first").as_bytes());
        let mut command = Command::new(program());
        command.arg("serve").arg("--config").arg(folder.join("gateway.toml"));
        let started = Process::start("postern", &mut command, &folder.join(format!("again-{round}.log")));
        // The first line is written when the policies have been read.
        eventually("it starts", DEADLINE, || {
            started.output().contains("starting").then_some(())
        });
        super::replace(&gateway.policies().join("policy.toml"), telling("second").as_bytes());
        eventually("the file saved during the start is in force", DEADLINE, || {
            let mut client = Wire::try_connect(gateway.address()).ok()?;
            let answers = client.try_ask(&bind(1, &dn("must-change"), PASSWORD, &[])).ok()?;
            (answers[0].text == "second").then_some(())
        });
    }
}

#[test]
fn a_hang_up_signal_with_nothing_new_changes_nothing() {
    let mut scene = Scene::start(&telling("first"));
    scene.gateway.signal(Signal::HUP);
    eventually("the signal is heard", DEADLINE, || {
        scene.gateway.output().contains("asked to reload").then_some(())
    });
    // What comes after it comes after whatever it made.
    scene.replace("policy.toml", &telling("second"));
    scene.expect_in_force("a change after the signal");
    scene.expect_told("second");
    scene.finish();
}

/// A version of a ConfigMap, with its file.
fn version(folder: &Path, name: &str, text: &str) {
    fs::create_dir(folder.join(name)).unwrap();
    fs::write(folder.join(name).join("policy.toml"), text).unwrap();
}

/// As the kubelet does it: a new link beside `..data`, renamed over it.
fn swap(folder: &Path, name: &str) {
    symlink(name, folder.join("..data_tmp")).unwrap();
    fs::rename(folder.join("..data_tmp"), folder.join("..data")).unwrap();
}
