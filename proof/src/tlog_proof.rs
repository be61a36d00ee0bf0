//! The tlog-proof v1 of C2SP: one file that proves that an entry is in a log. It trusts no key by itself.

use std::fmt;

use crate::Hash;
use crate::checkpoint::SignedCheckpoint;
use crate::error::{Error, require};
use crate::merkle::{leaf_hash, verify_inclusion};
use crate::note::{NOTE_BYTES_MAX, VerifierKey};
use crate::text::{base64, cut, from_base64, hashes_from_base64, number, parts};

const HEADER: &str = "c2sp.org/tlog-proof@v1";
/// Limits the hashes of a path: a tree of 2⁶⁴ leaves has no longer one.
const PATH_MAX: usize = 64;
/// Limits a proof, in bytes: the largest note, the longest path, and extra data of some thousand bytes.
const PROOF_BYTES_MAX: usize = NOTE_BYTES_MAX + 16 * 1024;

/// A proof that an entry is in a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlogProof {
    /// Data that nobody signed; here, the entry.
    pub extra: Option<Vec<u8>>,
    /// The entry's index.
    pub index: u64,
    /// The path from the entry to the root.
    pub path: Vec<Hash>,
    /// The checkpoint with its signatures.
    pub checkpoint: String,
}

impl fmt::Display for TlogProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}")?;
        if let Some(extra) = &self.extra {
            writeln!(f, "extra {}", base64(extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        self.path.iter().try_for_each(|hash| writeln!(f, "{}", base64(hash)))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

impl TlogProof {
    /// The proof of its text. The note inside is read when the proof is verified.
    ///
    /// # Errors
    /// The text is no proof.
    pub fn parse(proof: &str) -> Result<Self, Error> {
        require(proof.len() <= PROOF_BYTES_MAX, "the proof is longer than 80 KiB")?;
        let parse = || {
            let (head, checkpoint) = cut(proof, "\n\n")?;
            let (_, mut rest) = cut(head, "\n").filter(|(header, _)| *header == HEADER)?;
            let mut extra = None;
            if let Some(line) = rest.strip_prefix("extra ") {
                let (bytes, later) = cut(line, "\n")?;
                (extra, rest) = (Some(from_base64(bytes)?), later);
            }
            let mut lines = parts(rest, "\n");
            let index = number(lines.next()?.strip_prefix("index ")?)?;
            let path = hashes_from_base64(lines)?;
            let checkpoint = checkpoint.to_owned();
            (path.len() <= PATH_MAX).then_some(Self { extra, index, path, checkpoint })
        };
        parse().ok_or(Error("the text is no tlog-proof"))
    }

    /// Checks that the log signed a tree with this entry, and returns the checkpoint.
    ///
    /// # Errors
    /// The checkpoint is not signed by the log, or the entry is not in its tree.
    pub fn verify(
        &self,
        entry: &[u8],
        log: &VerifierKey,
        witnesses: &[VerifierKey],
    ) -> Result<SignedCheckpoint, Error> {
        let signed = SignedCheckpoint::open(&self.checkpoint, log, witnesses)?;
        let tree = signed.checkpoint.tree;
        let is_in = verify_inclusion(self.index, tree.size, leaf_hash(entry), &self.path, &tree.root);
        require(is_in, "the entry is not in the log's tree")?;
        Ok(signed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_is_read_as_it_is_written() {
        for (extra, path) in
            [(None, vec![]), (Some(b"entry".to_vec()), vec![[7; 32]]), (Some(vec![]), vec![[7; 32]; 64])]
        {
            let proof = TlogProof { extra, index: 5, path, checkpoint: "note\n\n— a AAAAAAE=\n".to_owned() };
            assert_eq!(TlogProof::parse(&proof.to_string()), Ok(proof));
        }
        let hash = base64(&[7; 32]);
        for wrong in [
            String::new(),
            format!("{HEADER}\n\nnote\n"),
            format!("{HEADER}\nindex 05\n\nnote\n"),
            format!("{HEADER}\nindex 5\n{hash}=\n\nnote\n"),
            format!("{HEADER}\nindex 5\nextra AA==\n\nnote\n"),
            format!("{HEADER}\nextra AB==\nindex 5\n\nnote\n"),
            format!("{HEADER}\nindex 5\nnote\n"),
            format!("{HEADER}\nindex 5\n{}\nnote\n", format!("{hash}\n").repeat(65)),
            "c2sp.org/tlog-proof@v2\nindex 5\n\nnote\n".to_owned(),
        ] {
            assert!(TlogProof::parse(&wrong).is_err(), "{wrong:?}");
        }
    }
}
