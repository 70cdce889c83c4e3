use super::*;
use std::os::unix::fs::symlink;
use std::time::{Duration, UNIX_EPOCH};

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn only_problem(result: Result<PolicySet, Vec<Problem>>) -> Problem {
    let problems = result.unwrap_err();
    assert_eq!(problems.len(), 1, "{problems:?}");
    problems.into_iter().next().unwrap()
}

#[test]
fn policies_tests_and_what_is_neither_are_told_apart_by_name() {
    let folder = folder(&[
        ("b.toml", ""),
        ("a.toml", ""),
        ("a_test.toml", ""),
        ("README.md", ""),
        (".a.toml.swp", ""),
        (".hidden.toml", ""),
        ("a.toml~", ""),
    ]);
    fs::create_dir(folder.path().join("below.toml")).unwrap();
    let set = PolicySet::read(folder.path()).unwrap();
    let names = |sources: &[Arc<PolicySource>]| sources.iter().map(|source| source.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(set.policies()), ["a.toml", "b.toml"]);
    assert_eq!(names(set.tests()), ["a_test.toml"]);
}

#[test]
fn a_missing_or_empty_folder_is_a_failed_reading() {
    let folder = folder(&[("a_test.toml", ""), ("README.md", "")]);
    assert_eq!(
        only_problem(PolicySet::read(folder.path())).what,
        "the folder holds no policy file"
    );
    let missing = folder.path().join("missing");
    assert_eq!(
        only_problem(PolicySet::read(&missing)).what,
        "this cannot be read (it is not there)"
    );
    let file = folder.path().join("README.md");
    assert_eq!(
        only_problem(PolicySet::read(&file)).what,
        "this cannot be read (it is not a folder)"
    );
}

#[test]
fn a_change_during_the_reading_fails_it() {
    let changes: [fn(&Path); 5] = [
        |folder| fs::write(folder.join("new.toml"), "").unwrap(),
        |folder| fs::remove_file(folder.join("b.toml")).unwrap(),
        |folder| fs::write(folder.join("a.toml"), "longer").unwrap(),
        // Written in place: the same size and inode, another time.
        |folder| {
            fs::write(folder.join("a.toml"), "b").unwrap();
            let file = File::options().write(true).open(folder.join("a.toml")).unwrap();
            file.set_modified(UNIX_EPOCH + Duration::from_secs(1)).unwrap();
        },
        // As editors and ConfigMaps do: the same name and size, another inode.
        |folder| {
            fs::write(folder.join("next"), "a").unwrap();
            fs::rename(folder.join("next"), folder.join("a.toml")).unwrap();
        },
    ];
    for change in changes {
        let folder = folder(&[("a.toml", "a"), ("b.toml", "b")]);
        let problem = only_problem(read_while(folder.path(), None, || change(folder.path())));
        assert_eq!(problem.what, "the folder changed while it was read");
    }
}

#[test]
fn a_folder_that_comes_to_rest_is_read_as_it_is_then_and_one_that_does_not_is_a_failed_reading() {
    let folder = folder(&[("a.toml", "0")]);
    let mut writes = 0;
    let mut write = |until: usize| {
        writes += 1;
        if writes <= until {
            fs::write(folder.path().join("a.toml"), "x".repeat(writes)).unwrap();
        }
    };
    let set = read_settled(folder.path(), None, || write(READINGS - 1)).unwrap();
    assert_eq!(set.policies()[0].octets.len(), READINGS - 1);
    writes = 0;
    let mut write = || {
        writes += 1;
        fs::write(folder.path().join("a.toml"), "x".repeat(10 + writes)).unwrap();
    };
    assert_eq!(
        only_problem(read_settled(folder.path(), None, &mut write)).what,
        RESTLESS
    );
    assert_eq!(writes, READINGS);
}

#[test]
fn a_change_of_other_files_does_not_fail_the_reading() {
    let folder = folder(&[("a.toml", "a")]);
    assert!(
        read_while(folder.path(), None, || fs::write(folder.path().join(".a.swp"), "")
            .unwrap())
        .is_ok()
    );
}

#[test]
fn a_config_map_is_read_through_its_symlinks_and_a_swap_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for version in ["..1", "..2"] {
        fs::create_dir(root.join(version)).unwrap();
        fs::write(root.join(version).join("a.toml"), "priority = 1").unwrap();
    }
    symlink("..1", root.join("..data")).unwrap();
    symlink("..data/a.toml", root.join("a.toml")).unwrap();
    assert_eq!(PolicySet::read(root).unwrap().policies().len(), 1);
    let swapped = read_while(root, None, || {
        symlink("..2", root.join("..data_tmp")).unwrap();
        fs::rename(root.join("..data_tmp"), root.join("..data")).unwrap();
    });
    assert_eq!(only_problem(swapped).what, "the folder changed while it was read");
}

#[test]
fn a_set_read_again_is_still_the_same_until_a_name_or_content_changes() {
    let folder = folder(&[("a.toml", "x"), ("b.toml", "y"), ("a_test.toml", "z")]);
    let path = |name: &str| folder.path().join(name);
    let first = PolicySet::read(folder.path()).unwrap();
    let again = || PolicySet::read_again(folder.path(), &first).unwrap();
    assert!(again().is_still(&first));
    fs::write(path("a.toml"), "x").unwrap();
    fs::write(path("README.md"), "x").unwrap();
    assert!(again().is_still(&first));
    assert!(
        !PolicySet::read(folder.path()).unwrap().is_still(&first),
        "equal files are not the same files"
    );

    fs::write(path("b.toml"), "z").unwrap();
    let changed = again();
    assert!(!changed.is_still(&first));
    assert!(Arc::ptr_eq(&changed.policies()[0], &first.policies()[0]));
    assert!(!Arc::ptr_eq(&changed.policies()[1], &first.policies()[1]));
    fs::write(path("b.toml"), "y").unwrap();
    assert!(again().is_still(&first));
    fs::rename(path("b.toml"), path("c.toml")).unwrap();
    assert!(!again().is_still(&first));
    fs::rename(path("c.toml"), path("b.toml")).unwrap();
    fs::write(path("a_test.toml"), "Z").unwrap();
    assert!(!again().is_still(&first));
    fs::remove_file(path("a_test.toml")).unwrap();
    assert!(!again().is_still(&first));
}

#[test]
fn too_much_and_unreadable_things_are_problems() {
    let large = "#".repeat(LARGEST_FILE + 1);
    let folder = folder(&[("a.toml", "x"), ("large.toml", &large)]);
    symlink("nowhere", folder.path().join("dangling.toml")).unwrap();
    let dangling = only_problem(PolicySet::read(folder.path()));
    assert!(dangling.path.ends_with("dangling.toml"), "{dangling}");
    fs::remove_file(folder.path().join("dangling.toml")).unwrap();
    assert_eq!(
        only_problem(PolicySet::read(folder.path())).what,
        "the file is too large"
    );
    fs::remove_file(folder.path().join("large.toml")).unwrap();
    symlink("/dev/zero", folder.path().join("zero.toml")).unwrap();
    assert_eq!(only_problem(PolicySet::read(folder.path())).what, "this is not a file");
}

#[test]
fn more_files_than_the_bound_are_not_read() {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..=MOST_FILES {
        File::create(folder.path().join(format!("{number}.toml"))).unwrap();
    }
    assert_eq!(
        only_problem(PolicySet::read(folder.path())).what,
        "the folder holds too many files"
    );
}
