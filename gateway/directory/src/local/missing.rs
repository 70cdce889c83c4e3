//! What is not there, as far as that may be told.

use super::LocalDirectory;
use super::access::Access;
use super::answer::Answer;
use super::path::NamePath;

impl LocalDirectory {
    /// What a request is answered that found nothing at or below a name: success if there is an entry by that name, else 32 with the name of the
    /// nearest above it that may be seen (RFC 4511 §4.1.9).
    pub(crate) async fn missing(&self, path: &NamePath, access: &Access) -> Answer {
        if !path.is_within(&self.base) {
            return Answer::no_such_object("");
        }
        let is_seen = |path: &NamePath| access.to(path.octets()).may_see();
        let mut paths = Vec::new();
        let mut next = Some(path.clone());
        while let Some(path) = next.filter(|path| path.is_within(&self.base)) {
            next = path.above();
            if is_seen(&path) {
                paths.push(path);
            }
        }
        let octets: Vec<&[u8]> = paths.iter().map(|path| &**path.octets()).collect();
        if octets.is_empty() {
            return Answer::no_such_object("");
        }
        match self.entries.nearest(&self.tree, &octets).await {
            Err(error) => error.into(),
            Ok(None) => Answer::no_such_object(""),
            Ok(Some(row)) if row.path == *path.octets() => Answer::success(),
            Ok(Some(row)) => Answer::no_such_object(row.name.to_string()),
        }
    }
}
