//! The facts of a check as lines of text; it judges none of them. Text needs no decoder in a small program.

use live_jury_proof::Hash;
use live_jury_proof::statement::line;
use live_jury_proof::text::{from_base64, hashes_from_base64, number, parts};

/// Lines of a name and words.
pub(super) struct Request<'t>(pub(super) &'t str);

impl<'t> Request<'t> {
    /// The words of a line.
    pub(super) fn get(&self, name: &str) -> Option<&'t str> {
        line(self.0, name)
    }

    /// The number of a line.
    pub(super) fn number(&self, name: &str) -> Option<u64> {
        number(self.get(name)?)
    }

    /// The bytes of a line in base64.
    pub(super) fn bytes(&self, name: &str) -> Option<Vec<u8>> {
        from_base64(self.get(name)?)
    }

    /// The hashes of a line in base64. A path of a small tree has none.
    pub(super) fn path(&self, name: &str) -> Option<Vec<Hash>> {
        let path = self.get(name)?;
        if path.is_empty() { Some(Vec::new()) } else { hashes_from_base64(parts(path, " ")) }
    }
}
