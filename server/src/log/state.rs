//! The file in which a node remembers the largest checkpoint that it has seen. A docket that is older is noticed by it.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use live_jury_proof::checkpoint::Checkpoint;

/// The end of the name of the file while it is written.
const NEW: &str = ".new";

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The file cannot be read or written.
    #[error("cannot use {}: {source}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The file holds something else.
    #[error("{} holds no checkpoint", .0.display())]
    Form(PathBuf),
}

/// The file. It holds the text of one checkpoint, without signatures.
#[derive(Clone, Debug)]
pub struct StateFile {
    path: PathBuf,
}

impl StateFile {
    /// The file at this path, which need not exist.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// The checkpoint in the file, if there is one.
    ///
    /// # Errors
    /// The file cannot be read, or holds something else.
    pub fn read(&self) -> Result<Option<Checkpoint>, StateError> {
        match fs::read_to_string(&self.path) {
            Ok(text) => Checkpoint::parse(&text).map(Some).map_err(|_| StateError::Form(self.path.clone())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.failed(error)),
        }
    }

    /// Replaces the checkpoint. When this returns, a crash keeps it.
    ///
    /// # Errors
    /// The file cannot be written. It then holds what it held.
    pub fn write(&self, checkpoint: &Checkpoint) -> Result<(), StateError> {
        self.replace(checkpoint).map_err(|error| self.failed(error))
    }

    fn replace(&self, checkpoint: &Checkpoint) -> io::Result<()> {
        let mut new = self.path.as_os_str().to_owned();
        new.push(NEW);
        let new = PathBuf::from(new);
        let mut file = File::create(&new)?;
        file.write_all(checkpoint.to_text().as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, &self.path)?;
        // The rename is kept once the folder is.
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder)?.sync_all()
    }

    fn failed(&self, source: io::Error) -> StateError {
        StateError::File { path: self.path.clone(), source }
    }
}

#[cfg(test)]
mod tests {
    use live_jury_proof::merkle::Tree;

    use super::*;

    #[test]
    fn the_last_checkpoint_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = StateFile::new(folder.path().join("state"));
        assert_eq!(file.read().unwrap(), None);
        for size in [1, 7] {
            let tree = Tree { size, root: [9; 32] };
            let checkpoint = Checkpoint { origin: "jury.example.com/log/1".to_owned(), tree };
            file.write(&checkpoint).unwrap();
            assert_eq!(file.read().unwrap(), Some(checkpoint));
        }
        fs::write(folder.path().join("state"), "something else").unwrap();
        assert!(matches!(file.read(), Err(StateError::Form(_))));
        let nowhere = StateFile::new(folder.path().join("none").join("state"));
        let tree = Tree { size: 1, root: [9; 32] };
        assert!(nowhere.write(&Checkpoint { origin: "a".to_owned(), tree }).is_err());
    }
}
