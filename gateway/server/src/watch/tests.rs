use super::*;
use std::fs;
use std::os::unix::fs::symlink;
use tempfile::TempDir;

fn watching(target: Target) -> (Watch, Arc<Notify>) {
    let asked = Arc::new(Notify::new());
    let watch = Watch::new(vec![target], Arc::clone(&asked));
    assert!(watch.watcher.is_some());
    (watch, asked)
}

/// A folder "policies" with a file, inside a folder of its own.
fn folder() -> (TempDir, PathBuf) {
    let outer = tempfile::tempdir().unwrap();
    let folder = outer.path().join("policies");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("a.toml"), "1").unwrap();
    (outer, folder)
}

/// Each way a folder changes; each must be told, one after the other, by the same watch.
#[tokio::test]
async fn every_way_of_changing_a_folder_is_told() {
    let (outer, folder) = folder();
    let (mut watch, _) = watching(Target::Folder(folder.clone()));
    let changes: [(&str, &dyn Fn()); 8] = [
        ("written", &|| fs::write(folder.join("a.toml"), "2").unwrap()),
        ("added", &|| fs::write(folder.join("b.toml"), "2").unwrap()),
        ("renamed over", &|| {
            fs::write(folder.join(".a.toml.new"), "3").unwrap();
            fs::rename(folder.join(".a.toml.new"), folder.join("a.toml")).unwrap();
        }),
        ("removed", &|| fs::remove_file(folder.join("b.toml")).unwrap()),
        ("linked", &|| {
            fs::create_dir(folder.join("..one")).unwrap();
            symlink("..one", folder.join("..data.new")).unwrap();
            fs::rename(folder.join("..data.new"), folder.join("..data")).unwrap();
        }),
        ("replaced", &|| {
            fs::rename(&folder, outer.path().join("old")).unwrap();
            fs::create_dir(&folder).unwrap();
        }),
        ("written in its replacement", &|| {
            fs::write(folder.join("c.toml"), "2").unwrap();
        }),
        ("gone", &|| fs::remove_dir_all(&folder).unwrap()),
    ];
    for (name, change) in changes {
        change();
        assert_eq!(watch.next().await, Cause::Changed, "{name}");
    }
    fs::create_dir(&folder).unwrap();
    assert_eq!(watch.next().await, Cause::Changed, "there again");
}

#[tokio::test]
async fn a_folder_behind_a_link_is_told_of_at_both_ends() {
    let (outer, folder) = folder();
    let link = outer.path().join("link");
    symlink(&folder, &link).unwrap();
    let (mut watch, _) = watching(Target::Folder(link.clone()));
    fs::write(folder.join("a.toml"), "2").unwrap();
    assert_eq!(watch.next().await, Cause::Changed);
    let other = outer.path().join("other");
    fs::create_dir(&other).unwrap();
    symlink(&other, outer.path().join("link.new")).unwrap();
    fs::rename(outer.path().join("link.new"), &link).unwrap();
    assert_eq!(watch.next().await, Cause::Changed);
    fs::write(other.join("a.toml"), "2").unwrap();
    assert_eq!(watch.next().await, Cause::Changed);
}

#[tokio::test]
async fn a_file_is_told_of_when_it_or_its_stand_in_changes() {
    let outer = tempfile::tempdir().unwrap();
    let file = outer.path().join("tls.crt");
    fs::create_dir(outer.path().join("..one")).unwrap();
    fs::write(outer.path().join("..one/tls.crt"), "1").unwrap();
    symlink("..one", outer.path().join("..data")).unwrap();
    symlink("..data/tls.crt", &file).unwrap();
    let (mut watch, _) = watching(Target::File(file));
    fs::create_dir(outer.path().join("..two")).unwrap();
    fs::write(outer.path().join("..two/tls.crt"), "2").unwrap();
    symlink("..two", outer.path().join("..data.new")).unwrap();
    fs::rename(outer.path().join("..data.new"), outer.path().join("..data")).unwrap();
    assert_eq!(watch.next().await, Cause::Changed);
}

#[tokio::test(start_paused = true)]
async fn without_a_notice_it_is_looked_at_now_and_then_and_when_asked() {
    let (_outer, folder) = folder();
    let (mut watch, asked) = watching(Target::Folder(folder.clone()));
    assert_eq!(watch.next().await, Cause::Poll);
    asked.notify_one();
    assert_eq!(watch.next().await, Cause::Asked);
    // Looking at the folder is no change of it.
    for entry in fs::read_dir(&folder).unwrap() {
        fs::read(entry.unwrap().path()).unwrap();
    }
    assert_eq!(watch.next().await, Cause::Poll);
}

#[test]
fn what_happens_next_door_is_no_concern() {
    let event = |path: &str| Event::new(EventKind::Any).add_path(PathBuf::from(path));
    let folder = [Target::Folder("/etc/postern/policies".into())];
    assert!(concerns(&event("/etc/postern/policies/a.toml"), &folder));
    assert!(concerns(&event("/etc/postern/policies"), &folder));
    assert!(!concerns(&event("/etc/postern/policies-old/a.toml"), &folder));
    assert!(!concerns(&event("/etc/postern/state"), &folder));
    let file = [Target::File("/etc/tls/tls.crt".into())];
    assert!(concerns(&event("/etc/tls/tls.crt"), &file));
    assert!(concerns(&event("/etc/tls/..data"), &file));
    assert!(!concerns(&event("/etc/tls/other"), &file));
}
