use super::build::{Build, BuildError, Built, build};
use super::file::MOST_BITS;
use super::{FilterError, Leaked, key_of};
use proptest::prelude::*;
use std::fs;
use std::path::{Path, PathBuf};

/// SHA-1 of "password".
const PASSWORD: &str = "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8";

struct Tried {
    folder: tempfile::TempDir,
}

impl Tried {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn out(&self) -> PathBuf {
        self.folder.path().join("out.filter")
    }

    fn build(&self, list: impl AsRef<[u8]>, least_count: Option<u64>) -> Result<Built, BuildError> {
        let path = self.folder.path().join("list");
        fs::write(&path, list).unwrap();
        let out = self.out();
        let built = build(&Build {
            list: &path,
            out: &out,
            least_count,
            source: "a test",
        });
        // Nothing is left beside the filter, however it ended.
        let names = fs::read_dir(self.folder.path()).unwrap();
        for name in names.map(|entry| entry.unwrap().file_name()) {
            assert!(name == "list" || name == "out.filter", "{name:?}");
        }
        built
    }

    fn filter(&self) -> Leaked {
        Leaked::open(&self.out()).unwrap()
    }
}

#[test]
fn a_key_is_the_beginning_of_the_published_hash() {
    assert_eq!(format!("{:016X}", key_of(b"password")), PASSWORD[..16]);
}

#[test]
fn plain_words_and_hashes_make_the_same_filter() {
    let (plain, hashes) = (Tried::new(), Tried::new());
    plain.build("password\n", None).unwrap();
    hashes.build(format!("{PASSWORD}\r\n"), None).unwrap();
    assert_eq!(fs::read(plain.out()).unwrap(), fs::read(hashes.out()).unwrap());
    assert!(plain.filter().contains("password"));
    assert!(!plain.filter().contains("Password"));
    assert_eq!(plain.filter().about().source, "a test");
}

#[test]
fn a_list_is_read_as_it_is_published() {
    let tried = Tried::new();
    let list = format!(
        "{PASSWORD}:9545824\n{}:3\n{PASSWORD}:1\n\n",
        PASSWORD.to_lowercase().replace('5', "6")
    );
    let built = tried.build(&list, None).unwrap();
    assert_eq!((built.count, built.left_out), (2, 1));
    assert_eq!(built.size, fs::metadata(tried.out()).unwrap().len());
    let built = tried.build(&list, Some(10)).unwrap();
    assert_eq!((built.count, built.left_out), (1, 3));
    assert!(tried.filter().contains("password"));
}

#[test]
fn what_is_no_list_is_refused_with_its_line_and_without_its_words() {
    let tried = Tried::new();
    let said = |list: &str, least| tried.build(list, least).unwrap_err().to_string();
    assert!(said(&format!("{PASSWORD}\nhunter2\n"), None).starts_with("line 2 is no SHA-1"));
    assert!(said(&format!("{PASSWORD}\n{PASSWORD}:many\n"), None).starts_with("line 2"));
    assert!(said(&format!("{PASSWORD}:3\n{PASSWORD}\n"), Some(2)).starts_with("line 2 has no count"));
    assert!(said("hunter2\n", Some(2)).starts_with("line 1 has no count"));
    assert!(said("8846F7EAEE8FB117AD06BDD830B7586C:12\n", None).contains("NTLM"));
    assert!(said("\n\n", None).contains("no password is left"));
    assert!(said(&"x".repeat(2000), None).contains("no password is left"));
    assert!(!said(&format!("{PASSWORD}\nhunter2\n"), None).contains("hunter2"));
    assert!(!tried.out().exists());
}

#[test]
fn a_failed_build_leaves_the_old_filter() {
    let tried = Tried::new();
    tried.build("hunter2\n", None).unwrap();
    assert!(tried.build(format!("{PASSWORD}\nbroken\n"), None).is_err());
    assert!(tried.filter().contains("hunter2"));
}

#[test]
fn every_word_is_found_and_hardly_any_other() {
    let tried = Tried::new();
    let words: Vec<String> = (0..50_000).map(|number| format!("word-{number}")).collect();
    assert_eq!(tried.build(words.join("\n"), None).unwrap().count, 50_000);
    let filter = tried.filter();
    assert!(words.iter().all(|word| filter.contains(word)));
    let wrong = (0..200_000)
        .filter(|number| filter.contains(&format!("other-{number}")))
        .count();
    assert!(wrong < 30, "{wrong} of 200,000: about 3 are to be expected");
}

#[test]
fn a_large_list_is_taken_in_shards() {
    let tried = Tried::new();
    // Longer lines than passwords have, so that few of them make a large list.
    let pad = "x".repeat(900);
    let words: Vec<String> = (0..40_000).map(|number| format!("{number}{pad}")).collect();
    assert_eq!(tried.build(words.join("\n"), None).unwrap().count, 40_000);
    let octets = fs::read(tried.out()).unwrap();
    let bits = u32::from_le_bytes(octets[12..16].try_into().unwrap());
    assert_eq!(bits, 2, "37 MB in shards of 16");
    let filter = tried.filter();
    assert!(words.iter().all(|word| filter.contains(word)));
}

#[test]
fn words_are_composed_on_both_sides() {
    let tried = Tried::new();
    tried.build("mu\u{308}sli", None).unwrap();
    assert!(tried.filter().contains("m\u{fc}sli") && tried.filter().contains("mu\u{308}sli"));
}

#[test]
fn a_file_of_something_else_is_no_filter() {
    let read = |octets: &[u8]| Leaked::read(octets, octets.len() as u64).err().unwrap();
    assert!(matches!(read(b""), FilterError::NotAFilter));
    assert!(matches!(read(&[b'a'; 100]), FilterError::NotAFilter));
    assert!(matches!(
        Leaked::open(Path::new("/dev/zero")).err(),
        Some(FilterError::NotAFilter)
    ));
    let mut later = b"PSTLEAK\0".to_vec();
    later.extend([7, 0, 0, 0]);
    later.extend([0; 60]);
    assert!(matches!(read(&later), FilterError::Version(7)));
}

/// A filter of our own with a right checksum: whoever writes one can write that too.
fn sealed(mut octets: Vec<u8>) -> Vec<u8> {
    octets.truncate(octets.len() - 32);
    let checksum = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &octets);
    octets.extend(checksum.as_ref());
    octets
}

fn small_filter() -> Vec<u8> {
    let tried = Tried::new();
    let words: Vec<String> = (0..100).map(|number| format!("word-{number}")).collect();
    tried.build(words.join("\n"), None).unwrap();
    fs::read(tried.out()).unwrap()
}

#[test]
fn numbers_that_cannot_be_meant_are_refused_before_anything_is_allocated() {
    let sound = small_filter();
    assert!(Leaked::read(sound.as_slice(), sound.len() as u64).is_ok());
    let shard = 8 + 4 + 4 + 8 + 2 + "a test".len();
    for (at, octets) in [
        (12, (MOST_BITS + 1).to_le_bytes().to_vec()),
        (24, u16::MAX.to_le_bytes().to_vec()),
        (shard + 8, 3_u32.to_le_bytes().to_vec()),
        (shard + 8, (1_u32 << 31).to_le_bytes().to_vec()),
        (shard + 12, u32::MAX.to_le_bytes().to_vec()),
        (shard + 12, 0_u32.to_le_bytes().to_vec()),
        (shard + 16, (u64::MAX / 2).to_le_bytes().to_vec()),
        (shard + 16, 0_u64.to_le_bytes().to_vec()),
    ] {
        let mut broken = sound.clone();
        broken[at..at + octets.len()].copy_from_slice(&octets);
        let broken = sealed(broken);
        let read = Leaked::read(broken.as_slice(), broken.len() as u64);
        assert!(matches!(read.err(), Some(FilterError::Damaged)), "{at}");
    }
}

#[test]
fn one_flipped_bit_is_noticed() {
    let sound = small_filter();
    for at in (0..sound.len()).step_by(7) {
        let mut broken = sound.clone();
        broken[at] ^= 0x10;
        assert!(Leaked::read(broken.as_slice(), broken.len() as u64).is_err(), "{at}");
    }
    let mut longer = sound.clone();
    longer.push(0);
    assert!(Leaked::read(longer.as_slice(), longer.len() as u64).is_err());
    let shorter = &sound[..sound.len() - 1];
    assert!(Leaked::read(shorter, shorter.len() as u64).is_err());
    // A file that shrank while it was read.
    assert!(Leaked::read(shorter, sound.len() as u64).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn whatever_is_read_can_be_asked(changes in prop::collection::vec((0usize..400, any::<u8>()), 1..6), word in ".{0,20}") {
        let mut octets = SMALL.with(Clone::clone);
        for (at, octet) in changes {
            if let Some(place) = octets.get_mut(at) {
                *place = octet;
            }
        }
        let octets = sealed(octets);
        if let Ok(filter) = Leaked::read(octets.as_slice(), octets.len() as u64) {
            filter.contains(&word);
        }
    }
}

thread_local! {
    static SMALL: Vec<u8> = small_filter();
}

#[test]
fn the_filter_that_ships_is_made_of_the_list_beside_it() {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("shipped");
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("common.filter");
    build(&Build {
        list: &shipped.join("common.txt"),
        out: &out,
        least_count: None,
        source: "common passwords of zxcvbn",
    })
    .unwrap();
    let fresh = fs::read(&out).unwrap();
    let path = shipped.join("common.filter");
    if std::env::var_os("POSTERN_BLESS").is_some() {
        fs::write(&path, &fresh).unwrap();
    }
    assert!(
        fs::read(&path).unwrap() == fresh,
        "it is not: POSTERN_BLESS=1 cargo test -p postern-password-screen shipped"
    );
    assert_eq!(Leaked::open(&path).unwrap().about().count, 30_000);
}
