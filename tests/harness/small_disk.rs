//! A file system of a few megabytes that a test fills and frees; it is there for one program and ends with it.

use std::fs::{File, remove_file};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use tempfile::TempDir;

use crate::program::Program;

/// Makes the file system where only the program sees it, then becomes the program.
const MOUNT: &str = r#"mount -t tmpfs -o "size=$1" tmpfs "$2" && shift 2 && exec "$@""#;
/// The file that fills it.
const FILLER: &str = "filler";
/// Bytes of one write of the filler: a large one, and one that also takes the last free page.
const CHUNKS: [usize; 2] = [64 * 1_024, 1];

/// A file system that no program uses yet.
#[derive(Debug)]
pub struct SmallDisk {
    folder: TempDir,
    bytes: u64,
}

impl SmallDisk {
    /// A file system of this size.
    #[must_use]
    pub fn of(bytes: u64) -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder"), bytes }
    }

    /// A path on it, as its program sees it.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Starts a server that has this file system. Without root it needs user namespaces.
    pub async fn start(&self, args: &[&str]) -> Program {
        let own_mounts: &[&str] = if is_root() { &["--mount"] } else { &["--mount", "--map-root-user"] };
        let (bytes, folder) = (self.bytes.to_string(), self.folder.path().to_str().expect("a path in UTF-8"));
        let mut starter = vec!["unshare"];
        starter.extend(own_mounts);
        starter.extend(["sh", "-c", MOUNT, "sh", &bytes, folder]);
        Program::start_under(&starter, args).await
    }

    /// Writes a file until there is no room for another byte.
    pub fn fill(&self, program: &Program) {
        let path = self.seen_from_outside(program, FILLER);
        let mut filler = File::create(path).expect("the filler");
        for chunk in CHUNKS {
            let bytes = vec![0; chunk];
            let full = loop {
                match filler.write_all(&bytes) {
                    Ok(()) => {}
                    Err(error) => break error,
                }
            };
            assert_eq!(full.kind(), ErrorKind::StorageFull, "{full}");
        }
    }

    /// Deletes that file.
    pub fn free(&self, program: &Program) {
        remove_file(self.seen_from_outside(program, FILLER)).expect("the filler");
    }

    fn seen_from_outside(&self, program: &Program, name: &str) -> PathBuf {
        let path = self.path(name);
        let root = PathBuf::from(format!("/proc/{}/root", program.id()));
        root.join(path.strip_prefix("/").expect("an absolute path"))
    }
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}
