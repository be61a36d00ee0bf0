//! The place of the log's secret key: a file of the settings, or one beside a SQLite database. It signs nothing.

use std::path::{Path, PathBuf};

use live_jury_proof::note::SEED_BYTES;

use crate::key_file::{KeyError, beside, made_key, read_key};

/// The end of the name of a key beside a database.
const BESIDE_DATABASE: &str = ".log-key";

/// The key in a file, and the file.
///
/// Without `file`, it is the one beside the SQLite database, which is made if it does not exist. PostgreSQL has none
/// then.
///
/// # Errors
/// The file cannot be read or made, or holds no key.
pub fn log_key(file: Option<&Path>, sqlite: Option<&Path>) -> Result<Option<([u8; SEED_BYTES], PathBuf)>, KeyError> {
    Ok(match (file, sqlite) {
        (Some(file), _) => Some((read_key(file)?, file.to_owned())),
        (None, Some(database)) => {
            let path = beside(database, BESIDE_DATABASE);
            Some((made_key(&path)?, path))
        }
        (None, None) => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_beside_the_database() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("jury.db");
        let (made, path) = log_key(None, Some(&database)).unwrap().unwrap();
        assert_eq!(path, folder.path().join("jury.db.log-key"));
        assert_eq!(log_key(Some(&path), None).unwrap().unwrap().0, made);
        assert!(log_key(None, None).unwrap().is_none());
        assert!(matches!(log_key(Some(&folder.path().join("none")), None), Err(KeyError::Read { .. })));
    }
}
