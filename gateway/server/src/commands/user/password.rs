//! A password for an account: read from where nobody else reads it, or made.

use super::{PasswordArguments, UserError};
use postern_identity::Secret;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use zeroize::Zeroizing;

/// The longest password that is read, in octets.
const LONGEST: u64 = 1024;
/// Letters and digits that are not taken for one another.
const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789X";
/// How many of them make a password: 80 bits.
const LENGTH: usize = 16;

/// A new password, and whether it was made here and is to be printed.
pub(super) struct New {
    pub(super) password: Secret,
    pub(super) made: bool,
}

/// What was asked for, if anything. `random` fills octets from the system's source.
pub(super) fn new(
    arguments: &PasswordArguments,
    random: impl FnOnce(&mut [u8]) -> io::Result<()>,
) -> Result<Option<New>, UserError> {
    if arguments.generate_password {
        return made(random).map(|password| Some(New { password, made: true }));
    }
    let Some(file) = &arguments.password_file else {
        return Ok(None);
    };
    let password = read(file)?;
    if password.is_empty() {
        return Err(UserError::asked("the password is empty"));
    }
    Ok(Some(New { password, made: false }))
}

fn made(random: impl FnOnce(&mut [u8]) -> io::Result<()>) -> Result<Secret, UserError> {
    let mut octets = Zeroizing::new([0; LENGTH]);
    random(octets.as_mut())?;
    let letter = |octet: &u8| LETTERS.get(usize::from(octet % 32)).copied().unwrap_or(b'X');
    let mut password = Zeroizing::new(Vec::with_capacity(LENGTH + 3));
    for (place, octet) in octets.iter().enumerate() {
        if place > 0 && place % 4 == 0 {
            password.push(b'-');
        }
        password.push(letter(octet));
    }
    Ok(Secret::new(password.to_vec()))
}

/// The first line, without its end.
fn read(file: &Path) -> Result<Secret, UserError> {
    let mut octets = Zeroizing::new(Vec::with_capacity(2048));
    let result = if file == Path::new("-") {
        io::stdin().lock().take(LONGEST + 2).read_to_end(&mut octets)
    } else {
        File::open(file).and_then(|file| file.take(LONGEST + 2).read_to_end(&mut octets))
    };
    if result.is_err() {
        return Err(UserError::asked(format!("{} cannot be read", file.display())));
    }
    let line = octets.split(|&octet| octet == b'\n').next().unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.len() as u64 > LONGEST {
        return Err(UserError::asked("the password is longer than 1,024 octets"));
    }
    Ok(Secret::new(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(file: &Path) -> PasswordArguments {
        PasswordArguments {
            password_file: Some(file.to_owned()),
            ..PasswordArguments::default()
        }
    }

    #[test]
    fn the_first_line_of_a_file_is_the_password() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("password");
        for (text, wanted) in [("a b\n", "a b"), ("a\r\nb", "a"), ("ä", "ä")] {
            std::fs::write(&file, text).unwrap();
            let new = new(&arguments(&file), |_| unreachable!()).ok().flatten().unwrap();
            assert!(!new.made && new.password.expose() == wanted.as_bytes());
        }
        for text in [String::new(), "\n".to_owned(), "a".repeat(1025)] {
            std::fs::write(&file, text).unwrap();
            assert!(new(&arguments(&file), |_| unreachable!()).is_err());
        }
        assert!(new(&arguments(&folder.path().join("none")), |_| unreachable!()).is_err());
    }

    #[test]
    fn a_made_password_has_letters_of_all_its_chance() {
        let arguments = PasswordArguments {
            generate_password: true,
            ..PasswordArguments::default()
        };
        let with = |start: u8| {
            let fill = |octets: &mut [u8]| {
                for (octet, value) in octets.iter_mut().zip(start..) {
                    *octet = value;
                }
                Ok(())
            };
            let new = new(&arguments, fill).ok().flatten().unwrap();
            assert!(new.made);
            String::from_utf8(new.password.expose().to_vec()).unwrap()
        };
        assert_eq!(with(0), "abcd-efgh-jkmn-pqrs");
        assert_eq!(with(16), "tuvw-xyz2-3456-789X");
    }
}
