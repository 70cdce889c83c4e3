//! `postern leaked build`: a filter of leaked passwords from a list of them.

use super::{DONE, FAILED, WRONG};
use crate::output::Output;
use postern_password_screen::{Build, BuildError, Built, build};
use std::error::Error as _;
use std::io;
use std::path::Path;

/// A list that is none ends with 64, a filter that cannot be written with 1. No line of the list is printed.
pub fn run(
    list: &Path,
    filter: &Path,
    least_count: Option<u64>,
    source: Option<&str>,
    out: &mut Output<'_>,
) -> io::Result<u8> {
    let name = list.file_name().unwrap_or_default().to_string_lossy();
    let built = build(&Build {
        list,
        out: filter,
        least_count,
        source: source.unwrap_or(&name),
    });
    match built {
        Ok(Built { count, left_out, size }) => {
            out.line(format_args!(
                "{}: {count} passwords, {left_out} lines left out; it takes {} KiB here and in memory",
                filter.display(),
                size.div_ceil(1024)
            ))?;
            Ok(DONE)
        }
        Err(error) => {
            let (path, code) = match &error {
                BuildError::Out(_) => (filter, FAILED),
                _ => (list, WRONG),
            };
            match error.source() {
                Some(why) => out.problem(format_args!("{}: {error}: {why}", path.display())),
                None => out.problem(format_args!("{}: {error}", path.display())),
            }
            Ok(code)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use postern_password_screen::Leaked;
    use std::fs;

    fn ran(list: &Path, filter: &Path, least_count: Option<u64>) -> (u8, String, String) {
        let (mut results, mut problems) = (Vec::new(), Vec::new());
        let code = run(
            list,
            filter,
            least_count,
            None,
            &mut Output::new(&mut results, &mut problems),
        )
        .unwrap();
        (
            code,
            String::from_utf8(results).unwrap(),
            String::from_utf8(problems).unwrap(),
        )
    }

    #[test]
    fn a_list_becomes_a_filter_that_says_what_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let (list, filter) = (folder.path().join("list.txt"), folder.path().join("leaked.filter"));
        fs::write(&list, "hunter2\n\nopen sesame\n").unwrap();
        let (code, results, problems) = ran(&list, &filter, None);
        assert_eq!((code, problems.as_str()), (DONE, ""));
        assert!(results.contains("2 passwords, 1 lines left out"), "{results}");
        let filter = Leaked::open(&filter).unwrap();
        assert!(filter.contains("open sesame"));
        assert_eq!(filter.about().source, "list.txt");
    }

    #[test]
    fn what_is_wrong_is_told_without_a_word_of_the_list() {
        let folder = tempfile::tempdir().unwrap();
        let (list, filter) = (folder.path().join("list.txt"), folder.path().join("leaked.filter"));
        assert_eq!(ran(&list, &filter, None).0, WRONG);
        fs::write(&list, "hunter2\n").unwrap();
        let (code, _, problems) = ran(&list, &filter, Some(2));
        assert_eq!(code, WRONG);
        assert!(
            problems.contains("line 1 has no count") && !problems.contains("hunter2"),
            "{problems}"
        );
        let (code, _, problems) = ran(&list, &folder.path().join("no/such/folder"), None);
        assert_eq!(code, FAILED);
        assert!(problems.contains("cannot be written"), "{problems}");
    }
}
