//! What the tools that write hashes wrote for "correct horse": slappasswd 2.5.13 with its modules, libargon2 and Python's hashlib and
//! crypt on Debian 12, `openssl passwd`.

use super::*;
use proptest::prelude::*;

const PASSWORD: &[u8] = b"correct horse";

const READ: &[&str] = &[
    "{ARGON2}$argon2i$v=19$m=4096,t=3,p=1$G6ehS03q2yI4PDQhD1ixNQ$X8vza/ojVWrNzkif4Mopc56K1Ur5S52+7tIGGKWC4RM",
    "{ARGON2}$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$AdweBLwcflnNX2HVW8i1Mtu7frrn4Ki7h/rYSGuU7Is",
    "{ARGON2}$argon2id$v=19$m=4096,t=3,p=2$c2FsdHNhbHRzYWx0c2FsdA$BPLyWyvnAcpmA7B4Brd/0YfLNtAXIiKNyEMWc7UqNQw",
    "{ARGON2}$argon2i$v=19$m=1024,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$k74KtOeXRC+Liob2I0b0MKFpIPhXAdb8cojiLViemA4",
    "{SSHA}auyXbsf/3BTBWOR+HCR+llGLa8kt25i5",
    "{SSHA256}FLO3uNItzSZjNhOPlECpOuxjVuI8PGQYTrHPhIlQvdwJzowpLRWKQw==",
    "{SSHA384}+xDIQXKxVqctdDgSRKXYMSy1rdVTgqb90HnQ98pw3frglX82nBU6XYlhhLkjE5ETUtOBg9y6iWk=",
    "{SSHA512}t2f3y4oLVyAhLn43Vhncob5rFREMKEGyaC/pR79tNIVS+u+NHxTDr73+eXpN7+gJbzn2CM/Luhs/k/byq9CdKZzL+N7frAuD",
    "{SHA}L55TUjtiq8FBorTWAZ0jy6g129A=",
    "{SHA256}QQTTb42iwlQ0n4WDZ5Pr4CngyVcGOjTJHC6SAxh7VjE=",
    "{SHA384}ArIKby67E2Cppg9M+QhXNj7UGcAisSFWfOX5HG45Zk+3j9YCNMSli1v8cUWumDKS",
    "{SHA512}VraY3v7bWkNbY0r+MyC7rz/c2SC2xQOkRvx7endrKY1HnRumqLYXgI6wv1ec6aldZoNHvKtxSQhayTyyeZUZew==",
    "{CRYPT}$5$saltsaltsalt$7axwV9kT3PvvGXgJl1FcfUCHLdLFhWk/dIFhzsbucLB",
    "{CRYPT}$6$saltsaltsalt$Cy2drr8kDRji6smvDcT28wkqtq0R0VzVL5CkrjPQCITc5d/31j94knt9rGTcVSyjLXfjsiIsBh5ee8qR/3QDx1",
    "{CRYPT}$6$rounds=10000$abcdefgh$4QtuTRriJ3drZ4BfaTQD7R63rJSGHaht/poPXhZcaUXiAO/1Sq1c5nQsZMCg6WsanGq8pAvH.4NpzJCbVZRjJ1",
    "{CRYPT}$5$rounds=1000$abcdefgh$ue35C0ITbth1b5zVUjrjm2mMmsmMKiodEeH2UV/Hq10",
    "{CRYPT}$2a$05$abcdefghijklmnopqrstuuHNbAKRhpaujgo33bRWs.NLUTJO3lOy2",
    "{CRYPT}$2b$05$abcdefghijklmnopqrstuuHNbAKRhpaujgo33bRWs.NLUTJO3lOy2",
    "{CRYPT}$2y$05$abcdefghijklmnopqrstuuHNbAKRhpaujgo33bRWs.NLUTJO3lOy2",
    "{PBKDF2}10000$yMnKy8zNzs/Q0dLT1NXW1w$T2RBFybitTlZNph1wLSzfin9EtM",
    "{PBKDF2-SHA1}10000$yMnKy8zNzs/Q0dLT1NXW1w$T2RBFybitTlZNph1wLSzfin9EtM",
    "{PBKDF2-SHA256}10000$yMnKy8zNzs/Q0dLT1NXW1w$M3Rhq26YOGL4HZvVtQNqUxBpXa/M0dF1HKvyEQUi6Pg",
    "{PBKDF2-SHA512}10000$yMnKy8zNzs/Q0dLT1NXW1w$Z58SQrLO58Uk97Jk2YBoWmkEyrqBC6fw/3tpVGqMvvjwUpkXLer.gfoG9B91jYUjWk2yjWEo5WksyaBpbIzVTw",
];

/// Little, so that tests are quick.
fn cost() -> Cost {
    Cost::new(64, 1, 1).unwrap()
}

fn memory() -> Memory {
    Memory::for_cost(&cost()).unwrap()
}

fn fits(value: &[u8], given: &[u8]) -> bool {
    Stored::read(value).fits(given, &cost(), &mut memory()) == Fits::Yes
}

struct Counting(std::sync::atomic::AtomicU8);

impl Randomness for Counting {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), NoRandomness> {
        buffer.fill(self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
        Ok(())
    }
}

#[test]
fn the_right_password_fits_what_every_tool_wrote_and_others_do_not() {
    for value in READ {
        assert!(fits(value.as_bytes(), PASSWORD), "{value}");
        assert_eq!(form(value.as_bytes()), Form::Hashed, "{value}");
        for wrong in [
            &b""[..],
            b"correct horsf",
            b"correct hors",
            b"correct horse\0",
            b"Correct horse",
        ] {
            assert!(!fits(value.as_bytes(), wrong), "{value}");
        }
    }
}

#[test]
fn names_of_schemes_are_compared_without_case() {
    for value in READ {
        let (scheme, rest) = value.split_once('}').unwrap();
        let lower = format!("{}}}{rest}", scheme.to_ascii_lowercase());
        assert!(fits(lower.as_bytes(), PASSWORD), "{lower}");
    }
}

#[test]
fn a_changed_hash_fits_no_more() {
    for value in READ {
        // The last characters hold fewer bits than they could, so the one in the middle of the hash is changed.
        let start = value.rfind(['$', '}']).unwrap() + 1;
        let middle = usize::midpoint(start, value.len()) - 3;
        let mut octets = value.as_bytes().to_vec();
        octets[middle] = if octets[middle] == b'A' { b'B' } else { b'A' };
        assert!(!fits(&octets, PASSWORD), "{value}");
    }
}

#[test]
fn passwords_as_they_are_fit_themselves() {
    for (value, given, fit) in [
        ("geheim", "geheim", true),
        ("geheim", "geheim ", false),
        ("{CLEARTEXT}geheim", "geheim", true),
        ("{cleartext}geheim", "geheim", true),
        ("{CLEARTEXT}geheim", "{CLEARTEXT}geheim", false),
        // Braces around another word are part of it.
        ("{geheim}", "{geheim}", true),
        ("{unclosed", "{unclosed", true),
        // Nobody signs in with nothing.
        ("", "", false),
        ("{CLEARTEXT}", "", false),
    ] {
        assert_eq!(fits(value.as_bytes(), given.as_bytes()), fit, "{value}");
    }
    assert_eq!(plain(b"{CLEARTEXT}geheim"), b"geheim");
    assert_eq!(plain(b"{geheim}"), b"{geheim}");
}

#[test]
fn what_is_not_read_lets_nobody_in_and_says_so_to_whoever_stores_it() {
    for value in [
        "{MD5}PLTnMmMfR+brlh80VUt83g==",
        "{SMD5}ZSqR0juUskRjURZormjtVCJeAvM=",
        "{CRYPT}$1$abcdefgh$y6iHhJNbuC0xpbk0w9pm80",
        "{CRYPT}abhfCpXqd4GrI",
        "{CRYPT}$y$j9T$F5Jx5fExrKuPp53xLKQ..1$zwtVrjrUCmXcyLTs6oxLTQlzifSUkF8RHJ./tK5KU79",
        "{CRYPT}$2x$05$abcdefghijklmnopqrstuuHNbAKRhpaujgo33bRWs.NLUTJO3lOy2",
        "{CRYPT}*",
        "{CRYPT}",
        "{ARGON2}",
        "{ARGON2}$argon2d$v=19$m=1024,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$fsrNEBg0Xgu7yheqSQ/1yDogMXUDOXjYeNgby4nwnIU",
        "{SSHA}",
        "{SSHA}AAAA",
        // No salt, and one where none is.
        "{SSHA}L55TUjtiq8FBorTWAZ0jy6g129A=",
        "{SHA}auyXbsf/3BTBWOR+HCR+llGLa8kt25i5",
        "{PBKDF2-SHA256}0$yMnKy8zNzs/Q0dLT1NXW1w$M3Rhq26YOGL4HZvVtQNqUxBpXa/M0dF1HKvyEQUi6Pg",
    ] {
        assert!(matches!(form(value.as_bytes()), Form::Unreadable(_)), "{value}");
        assert!(!fits(value.as_bytes(), PASSWORD), "{value}");
        assert!(!fits(value.as_bytes(), b""), "{value}");
    }
    assert_eq!(form(b"{SASL}alice@EXAMPLE.ORG"), Form::Elsewhere);
    assert!(!fits(b"{SASL}alice@EXAMPLE.ORG", b"alice@EXAMPLE.ORG"));
}

#[test]
fn hashes_that_would_take_too_long_or_too_much_are_not_read() {
    let hash = "AdweBLwcflnNX2HVW8i1Mtu7frrn4Ki7h/rYSGuU7Is";
    let argon2 = |figures: &str| format!("{{ARGON2}}$argon2id$v=19${figures}$c2FsdHNhbHRzYWx0c2FsdA${hash}");
    for value in [
        argon2("m=4294967295,t=1,p=1"),
        argon2("m=262145,t=1,p=1"),
        argon2("m=262144,t=5,p=1"),
        argon2("m=64,t=4294967295,p=1"),
        argon2("m=65536,t=1,p=17"),
        argon2("m=19456,t=2,p=0"),
        argon2("m=0,t=2,p=1"),
        argon2("m=19456,t=0,p=1"),
        argon2("m=19456,t=2,p=1,keyid=AA"),
        argon2("t=2,m=19456,p=1"),
        // A short hash fits many passwords; a short salt is none.
        "{ARGON2}$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$AdweBA".to_owned(),
        "{CRYPT}$6$rounds=1000001$abcdefgh$4QtuTRriJ3drZ4BfaTQD7R63rJSGHaht/poPXhZcaUXiAO/1Sq1c5nQsZMCg6WsanGq8pAvH.4NpzJCbVZRjJ1".to_owned(),
        "{CRYPT}$2b$15$abcdefghijklmnopqrstuuHNbAKRhpaujgo33bRWs.NLUTJO3lOy2".to_owned(),
        "{CRYPT}$2b$31$abcdefghijklmnopqrstuuHNbAKRhpaujgo33bRWs.NLUTJO3lOy2".to_owned(),
        "{PBKDF2}2000001$yMnKy8zNzs/Q0dLT1NXW1w$T2RBFybitTlZNph1wLSzfin9EtM".to_owned(),
    ] {
        assert!(matches!(form(value.as_bytes()), Form::Unreadable(_)), "{value}");
    }
}

#[test]
fn a_very_long_password_is_not_hashed_by_what_grows_with_its_square() {
    // A million octets would keep SHA-crypt busy for an hour.
    let long = vec![b'x'; 1_000_000];
    for value in READ.iter().filter(|value| value.starts_with("{CRYPT}")) {
        assert!(!fits(value.as_bytes(), &long));
    }
}

#[test]
fn a_hash_written_is_in_todays_form_with_a_salt_of_its_own() {
    let source = Counting(1.into());
    let write = || write(PASSWORD, &cost(), &source, &mut memory()).unwrap();
    let (first, second) = (write(), write());
    assert!(first.starts_with(b"{ARGON2}$argon2id$v=19$m=64,t=1,p=1$"));
    assert_ne!(first, second);
    assert!(fits(&first, PASSWORD) && fits(&second, PASSWORD));
    assert!(Stored::read(&first).is_of(&cost()));
    assert!(!Stored::read(&first).is_of(&Cost::default()));
    for value in READ {
        assert!(!Stored::read(value.as_bytes()).is_of(&cost()), "{value}");
    }
    // The usual figures are the usual ones.
    assert!(Stored::read(READ[1].as_bytes()).is_of(&Cost::default()));
}

#[test]
fn without_randomness_nothing_is_written() {
    struct Dry;
    impl Randomness for Dry {
        fn fill(&self, _: &mut [u8]) -> Result<(), NoRandomness> {
            Err(NoRandomness)
        }
    }
    assert!(write(PASSWORD, &cost(), &Dry, &mut memory()).is_err());
}

#[test]
fn only_costs_that_are_read_again_are_taken() {
    assert!(Cost::new(19_456, 2, 1).is_ok_and(|cost| cost == Cost::default()));
    for (figures, fault) in [
        ((7, 1, 1), CostFault::TooLow),
        ((64, 0, 1), CostFault::TooLow),
        ((64, 1, 0), CostFault::TooLow),
        ((262_145, 1, 1), CostFault::TooHigh),
        ((262_144, 5, 1), CostFault::TooHigh),
        ((262_144, 1, 17), CostFault::TooHigh),
    ] {
        assert_eq!(Cost::new(figures.0, figures.1, figures.2), Err(fault), "{figures:?}");
    }
}

#[test]
fn memory_is_wiped() {
    let mut memory = memory();
    decoy(PASSWORD, &cost(), &mut memory);
    assert!(!memory.is_wiped());
    memory.wipe();
    assert!(memory.is_wiped());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_password_fits_its_own_hash_and_no_other(password: Vec<u8>, other: Vec<u8>) {
        let source = Counting(1.into());
        let value = write(&password, &cost(), &source, &mut memory()).unwrap();
        prop_assert!(fits(&value, &password));
        prop_assert_eq!(fits(&value, &other), password == other);
    }

    #[test]
    fn no_value_is_too_strange_to_be_read(scheme in "[A-Za-z0-9-]{0,14}", rest: Vec<u8>) {
        let mut value = format!("{{{scheme}}}").into_bytes();
        value.extend_from_slice(&rest);
        form(&value);
    }

    #[test]
    fn no_hash_text_is_too_strange_to_be_compared(
        at in 0..READ.len(), cut in 0..200_usize, put in proptest::option::of(any::<u8>()),
    ) {
        let mut value = READ[at].as_bytes().to_vec();
        // Parameters are left alone: changed ones may be read, and take their time.
        let start = READ[at].rfind(['$', '}']).unwrap() + 1;
        let cut = start + cut % (value.len() - start);
        match put {
            Some(octet) => value[cut] = octet,
            None => value.truncate(cut),
        }
        fits(&value, PASSWORD);
    }
}
