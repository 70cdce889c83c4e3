//! `postern completions` and `postern man`: what is made from the command line's own definition.

use super::{DONE, FAILED};
use crate::output::Output;
use clap::Command;
use clap_complete::Shell;
use clap_mangen::Man;
use std::fs;
use std::io;
use std::path::Path;

/// What completes command lines in `shell`.
pub fn completions(mut command: Command, shell: Shell, out: &mut Output<'_>) -> io::Result<u8> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut command, "postern", &mut text);
    out.line(String::from_utf8_lossy(&text).trim_end())?;
    Ok(DONE)
}

/// The manual page of the program; into a folder, those of all commands (`postern.1`, `postern-serve.1`, …).
pub fn pages(mut command: Command, folder: Option<&Path>, out: &mut Output<'_>) -> io::Result<u8> {
    command.build();
    let Some(folder) = folder else {
        let mut page = Vec::new();
        Man::new(command).render(&mut page)?;
        out.line(String::from_utf8_lossy(&page).trim_end())?;
        return Ok(DONE);
    };
    let written = fs::create_dir_all(folder).and_then(|()| write_all(&command, "postern", folder));
    if written.is_err() {
        out.problem(format_args!("{}: the pages cannot be written there", folder.display()));
        return Ok(FAILED);
    }
    Ok(DONE)
}

fn write_all(command: &Command, name: &str, folder: &Path) -> io::Result<()> {
    let mut page = Vec::new();
    Man::new(command.clone()).title(name).render(&mut page)?;
    fs::write(folder.join(format!("{name}.1")), page)?;
    for command in command.get_subcommands() {
        write_all(command, &format!("{name}-{}", command.get_name()), folder)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command() -> Command {
        Command::new("postern").subcommand(Command::new("policy").subcommand(Command::new("test").about("Runs them.")))
    }

    #[test]
    fn every_command_gets_a_page_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let (mut results, mut problems) = (Vec::new(), Vec::new());
        let code = pages(
            command(),
            Some(&folder.path().join("man")),
            &mut Output::new(&mut results, &mut problems),
        );
        assert_eq!(code.unwrap(), DONE);
        for name in ["postern", "postern-policy", "postern-policy-test"] {
            let page = fs::read_to_string(folder.path().join(format!("man/{name}.1"))).unwrap();
            assert!(page.contains(".TH"), "{page}");
        }
    }

    #[test]
    fn completions_know_the_commands() {
        let (mut results, mut problems) = (Vec::new(), Vec::new());
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            results.clear();
            completions(command(), shell, &mut Output::new(&mut results, &mut problems)).unwrap();
            assert!(String::from_utf8_lossy(&results).contains("policy"), "{shell}");
        }
    }
}
