use super::*;
use std::os::unix::fs::{PermissionsExt, symlink};

fn asked(seconds: i64) -> Bypass {
    let since = Timestamp::from_second(1_800_000_000).unwrap();
    Bypass {
        since,
        until: Timestamp::from_second(1_800_000_000 + seconds).unwrap(),
        by: "root".to_owned(),
        reason: Some("the directory was upgraded".to_owned()),
    }
}

#[test]
fn what_was_asked_for_is_read_and_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(Bypass::read(folder.path()), Ok(None));
    asked(900).write(folder.path()).unwrap();
    asked(60).write(folder.path()).unwrap();
    assert_eq!(Bypass::read(folder.path()), Ok(Some(asked(60))));
    let mode = fs::metadata(path(folder.path())).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    Bypass::remove(folder.path()).unwrap();
    Bypass::remove(folder.path()).unwrap();
    assert_eq!(Bypass::read(folder.path()), Ok(None));
}

#[test]
fn it_holds_until_its_end_and_no_longer() {
    let bypass = asked(60);
    let at = |second: i64| Timestamp::from_second(1_800_000_000 + second).unwrap();
    assert!(bypass.holds(at(0)) && bypass.holds(at(59)));
    assert!(!bypass.holds(at(60)));
    // Asked for by a clock that was years ahead, and is right again.
    assert!(asked(LONGEST_SECONDS).holds(at(-1)));
    assert!(!bypass.holds(at(-3 * LONGEST_SECONDS)));
}

#[test]
fn of_several_who_ask_at_once_one_is_heard_and_nobody_told_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for seconds in 1..=8 {
            let folder = folder.path();
            scope.spawn(move || {
                for _ in 0..50 {
                    asked(seconds).write(folder).unwrap();
                    assert!(matches!(Bypass::read(folder), Ok(Some(_))));
                }
            });
        }
    });
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn it_is_told_whether_the_folder_is_missing_or_not_ours_to_write() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(asked(60).write(&folder.path().join("none")), Err(BypassError::NoFolder));
    fs::write(folder.path().join("file"), "").unwrap();
    assert_eq!(asked(60).write(&folder.path().join("file")), Err(BypassError::Io));
}

#[test]
fn what_others_could_have_written_does_not_count() {
    let folder = tempfile::tempdir().unwrap();
    asked(60).write(folder.path()).unwrap();
    for mode in [0o620, 0o602, 0o666] {
        fs::set_permissions(path(folder.path()), fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(Bypass::read(folder.path()), Err(BypassError::Foreign), "{mode:o}");
    }
    let elsewhere = tempfile::tempdir().unwrap();
    asked(60).write(elsewhere.path()).unwrap();
    Bypass::remove(folder.path()).unwrap();
    symlink(path(elsewhere.path()), path(folder.path())).unwrap();
    assert_eq!(Bypass::read(folder.path()), Err(BypassError::Foreign), "a link");
    fs::remove_file(path(folder.path())).unwrap();
    fs::create_dir(path(folder.path())).unwrap();
    assert!(Bypass::read(folder.path()).is_err(), "a folder");
}

#[test]
fn nonsense_and_more_than_a_day_do_not_count() {
    let folder = tempfile::tempdir().unwrap();
    asked(LONGEST_SECONDS + 1).write(folder.path()).unwrap();
    assert_eq!(Bypass::read(folder.path()), Err(BypassError::TooLong));
    for text in ["", "{}", "{\"since\":1}", "\u{0}", &"x".repeat(10_000)] {
        fs::write(path(folder.path()), text).unwrap();
        assert_eq!(Bypass::read(folder.path()), Err(BypassError::Unreadable), "{text:.20}");
    }
}
