//! Files of secret keys, 64 hexadecimal digits: read, or made once beside a SQLite database. It uses no key.

use std::fs::OpenOptions;
use std::io::{self, Write};
#[cfg(unix)]
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use live_jury_proof::text::{array_from_hex, hex};
use live_jury_protocol::has_visible_ends;

/// The bytes of a key.
pub const KEY_BYTES: usize = 32;
/// The file's access: its owner reads and writes, and nobody else. The holder of a key acts in the server's name.
#[cfg(unix)]
const FILE_MODE: u32 = 0o600;

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
    /// The key in the file has something invisible before or after it.
    #[error("{}: the key {why}", .path.display())]
    Ends {
        /// The file.
        path: PathBuf,
        /// The fault.
        why: String,
    },
    /// The system gave no random bytes.
    #[error("the system gave no random bytes: {0}")]
    Random(getrandom::Error),
}

/// Refuses a secret with a blank, a line end or another invisible character at either end: editors, `echo` and secret
/// stores add them. The message does not repeat the secret. An empty one has no ends.
///
/// # Errors
/// There is such a character.
pub fn check_ends(secret: &str) -> Result<(), String> {
    if secret.is_empty() || has_visible_ends(secret) {
        return Ok(());
    }
    Err("has a blank, a line end or another invisible character at its start or end".to_owned())
}

fn new_key() -> Result<[u8; KEY_BYTES], KeyError> {
    let mut key = [0; KEY_BYTES];
    getrandom::fill(&mut key).map_err(KeyError::Random)?;
    Ok(key)
}

/// The file of a key beside a database. Its name is that of the database with this end.
#[must_use]
pub fn beside(database: &Path, end: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// The key in this file, which is made with a new key if it does not exist.
///
/// # Errors
/// The file cannot be read or made, or holds no key.
pub fn made_key(path: &Path) -> Result<[u8; KEY_BYTES], KeyError> {
    make(path)?;
    read_key(path)
}

/// The key in this file. One line end may follow it, as editors and `echo` end every file with one.
///
/// # Errors
/// The file cannot be read, or holds no key.
pub fn read_key(path: &Path) -> Result<[u8; KEY_BYTES], KeyError> {
    let text = std::fs::read_to_string(path).map_err(|source| KeyError::Read { path: path.to_owned(), source })?;
    let key = text.strip_suffix('\n').unwrap_or(&text);
    let key = key.strip_suffix('\r').unwrap_or(key);
    check_ends(key).map_err(|why| KeyError::Ends { path: path.to_owned(), why })?;
    array_from_hex(key).ok_or_else(|| KeyError::Form(path.to_owned()))
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
    fn a_key_is_made_once_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = beside(&folder.path().join("jury.db"), ".some-key");
        assert_eq!(path, folder.path().join("jury.db.some-key"));
        assert!(matches!(read_key(&path), Err(KeyError::Read { .. })));
        let made = made_key(&path).unwrap();
        assert_eq!((made_key(&path).unwrap(), read_key(&path).unwrap()), (made, made));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, FILE_MODE);
        }
        std::fs::write(&path, "0123").unwrap();
        assert!(matches!(made_key(&path), Err(KeyError::Form(_))));
        std::fs::write(&path, "").unwrap();
        assert!(matches!(made_key(&path), Err(KeyError::Form(_))));
    }

    #[test]
    fn one_line_end_alone_may_follow_a_key_in_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a-key");
        let key = "07".repeat(KEY_BYTES);
        for end in ["", "\n", "\r\n"] {
            std::fs::write(&path, format!("{key}{end}")).unwrap();
            assert_eq!(read_key(&path).unwrap(), [7; KEY_BYTES], "{end:?}");
        }
        for (start, end) in
            [("", "\n\n"), ("", " \n"), ("", "\t"), ("\n", ""), (" ", "\n"), ("\u{feff}", ""), ("", "\0")]
        {
            std::fs::write(&path, format!("{start}{key}{end}")).unwrap();
            let error = read_key(&path).unwrap_err().to_string();
            assert!(error.contains("a-key") && error.contains("at its start or end"), "{start:?} {end:?}: {error}");
            assert!(!error.contains(&key), "{error}");
        }
    }
}
