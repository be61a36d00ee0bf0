//! Checkpoints of a C2SP log: its origin, size and root, signed by the log and by witnesses. It compares no
//! two of them.

use crate::error::{Error, require};
use crate::merkle::Tree;
use crate::note::{KeyKind, Note, VerifierKey, is_key_name};
use crate::text::{base64, hash_from_base64, number, parts};
use crate::{Hash, note};

/// A log at one size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's name, which is also its URL without the scheme.
    pub origin: String,
    /// The number of its entries, and the root over them.
    pub tree: Tree,
}

impl Checkpoint {
    /// The text that the log signs.
    #[must_use]
    pub fn to_text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.tree.size, base64(&self.tree.root))
    }

    /// The checkpoint of its text. It has no extension lines.
    ///
    /// # Errors
    /// The text is no checkpoint.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let parse = || {
            let mut lines = parts(text.strip_suffix('\n')?, "\n");
            let (origin, size, root) = (lines.next()?, number(lines.next()?)?, hash_from_base64(lines.next()?)?);
            let is_whole = lines.next().is_none() && is_key_name(origin);
            is_whole.then(|| Self { origin: origin.to_owned(), tree: Tree { size, root } })
        };
        parse().ok_or(Error("a checkpoint is three lines: origin, size, root in base64"))
    }
}

/// A witness that signed a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cosigned {
    /// The place of the witness among those that were asked about.
    pub witness: usize,
    /// The time that it stated, in Unix seconds.
    pub time_s: u64,
}

/// A checkpoint that its log signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedCheckpoint {
    /// The checkpoint.
    pub checkpoint: Checkpoint,
    /// The witnesses that signed it, too.
    pub cosigned: Vec<Cosigned>,
}

impl SignedCheckpoint {
    /// The checkpoint of a note that `log` signed.
    ///
    /// # Errors
    /// The note is malformed, the log did not sign it or has another origin, or a signature of a known key is bad.
    pub fn open(note: &str, log: &VerifierKey, witnesses: &[VerifierKey]) -> Result<Self, Error> {
        let note = Note::parse(note)?;
        let checkpoint = Checkpoint::parse(&note.text)?;
        require(log.kind() == KeyKind::Log, "the key of the log is a witness's")?;
        require(log.name() == checkpoint.origin, "the checkpoint is of another log")?;
        let is_signed = !note.verify(std::slice::from_ref(log))?.is_empty();
        require(is_signed, "the log did not sign the checkpoint")?;
        let cosigned = note.verify(witnesses)?.into_iter();
        let cosigned = cosigned.filter(|signed| witnesses[signed.key].kind() == KeyKind::Witness);
        let cosigned = cosigned.map(|signed| Cosigned { witness: signed.key, time_s: signed.time_s }).collect();
        Ok(Self { checkpoint, cosigned })
    }
}

/// The body of `POST …/add-checkpoint` of a witness: the size that it knows, the path from there, and the new note.
#[must_use]
pub fn witness_request(old_size: u64, path: &[Hash], note: &str) -> String {
    let path: String = path.iter().map(|hash| base64(hash) + "\n").collect();
    format!("old {old_size}\n{path}\n{note}")
}

/// The signatures in a witness's answer.
///
/// # Errors
/// The answer is not one line or more of signatures, or has more than a note may have.
pub fn parse_witness_answer(answer: &str) -> Result<Vec<note::NoteSignature>, Error> {
    require(answer.len() <= note::NOTE_BYTES_MAX, "the witness's answer is longer than 64 KiB")?;
    let lines = answer.strip_suffix('\n').ok_or(Error("the witness's last line has no end"))?;
    let signatures: Vec<_> = lines.split('\n').map(note::NoteSignature::parse).collect::<Result<_, _>>()?;
    require(signatures.len() <= note::SIGNATURES_MAX, "the witness answered with more than 32 signatures")?;
    Ok(signatures)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_has_three_lines() {
        let root = base64(&[7; 32]);
        let text = format!("jury.example.com/log/1\n42\n{root}\n");
        assert_eq!(Checkpoint::parse(&text).unwrap().to_text(), text);
        for wrong in [
            format!("jury.example.com/log/1\n042\n{root}\n"),
            format!("jury.example.com/log/1\n42\n{root}"),
            format!("jury.example.com/log/1\n42\n{root}\nmore\n"),
            format!("\n42\n{root}\n"),
            format!("two words\n42\n{root}\n"),
            "a\n1\nAAAA\n".to_owned(),
            String::new(),
        ] {
            assert!(Checkpoint::parse(&wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_witness_gets_the_old_size_and_the_path() {
        let root = base64(&[7; 32]);
        assert_eq!(witness_request(3, &[[7; 32]], "note\n"), format!("old 3\n{root}\n\nnote\n"));
        assert_eq!(witness_request(0, &[], "note\n"), "old 0\n\nnote\n");
        assert_eq!(parse_witness_answer("— w AAAAAAE=\n").unwrap()[0].name, "w");
        assert!(parse_witness_answer("").is_err() && parse_witness_answer("409\n").is_err());
    }
}
