//! The file of the log's secret key: read, or made beside a SQLite database. It signs nothing.

use std::fs::OpenOptions;
use std::io::{self, Write};
#[cfg(unix)]
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use live_jury_proof::note::SEED_BYTES;
use live_jury_proof::text::{array_from_hex, hex};

/// The file's access: its owner reads and writes, and nobody else. Whoever has the key signs in the log's name.
#[cfg(unix)]
const FILE_MODE: u32 = 0o600;
/// The end of the name of a key beside a database.
const BESIDE_DATABASE: &str = ".log-key";

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The file cannot be made.
    #[error("cannot make {}: {source}", .path.display())]
    Make {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The file holds no key.
    #[error("{} does not hold 64 hexadecimal digits", .0.display())]
    Form(PathBuf),
    /// The system gave no random bytes.
    #[error("the system gave no random bytes: {0}")]
    Random(getrandom::Error),
}

fn new_key() -> Result<[u8; SEED_BYTES], KeyError> {
    let mut seed = [0; SEED_BYTES];
    getrandom::fill(&mut seed).map_err(KeyError::Random)?;
    Ok(seed)
}

/// The key in a file, and the file.
///
/// Without `file`, it is the one beside the SQLite database, which is made if it does not exist. PostgreSQL has none
/// then.
///
/// # Errors
/// The file cannot be read or made, or holds no key.
pub fn log_key(file: Option<&Path>, sqlite: Option<&Path>) -> Result<Option<([u8; SEED_BYTES], PathBuf)>, KeyError> {
    Ok(match (file, sqlite) {
        (Some(file), _) => Some((read(file)?, file.to_owned())),
        (None, Some(database)) => {
            let path = beside(database);
            Some((made_key(&path)?, path))
        }
        (None, None) => None,
    })
}

fn beside(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(BESIDE_DATABASE);
    name.into()
}

/// The key in this file, which is made with a new key if it does not exist.
///
/// # Errors
/// The file cannot be read or made, or holds no key.
pub fn made_key(path: &Path) -> Result<[u8; SEED_BYTES], KeyError> {
    make(path)?;
    read(path)
}

fn read(path: &Path) -> Result<[u8; SEED_BYTES], KeyError> {
    let text = std::fs::read_to_string(path).map_err(|source| KeyError::Read { path: path.to_owned(), source })?;
    array_from_hex(text.trim()).ok_or_else(|| KeyError::Form(path.to_owned()))
}

/// Makes the file with a new key, unless it exists.
fn make(path: &Path) -> Result<(), KeyError> {
    let failed = |source| KeyError::Make { path: path.to_owned(), source };
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    options.mode(FILE_MODE);
    let mut file = match options.open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
        Err(error) => return Err(failed(error)),
    };
    let key = hex(&new_key()?);
    file.write_all(format!("{key}\n").as_bytes()).and_then(|()| file.sync_all()).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_beside_the_database() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("jury.db");
        let (made, path) = log_key(None, Some(&database)).unwrap().unwrap();
        assert_eq!(path, folder.path().join("jury.db.log-key"));
        assert_eq!(log_key(None, Some(&database)).unwrap().unwrap().0, made);
        assert_eq!(log_key(Some(&path), None).unwrap().unwrap().0, made);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert!(log_key(None, None).unwrap().is_none());
        std::fs::write(&path, "0123").unwrap();
        assert!(matches!(log_key(Some(&path), None), Err(KeyError::Form(_))));
        assert!(matches!(log_key(Some(&folder.path().join("none")), None), Err(KeyError::Read { .. })));
    }
}
