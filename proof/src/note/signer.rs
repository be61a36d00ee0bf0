//! The secret key of a log or a witness. It signs what it is given and remembers nothing.

use std::fmt;

use ed25519_dalek::{Signer as _, SigningKey};

use super::{KeyKind, Note, NoteSignature, VerifierKey, cosigned_text};
use crate::error::Error;

/// The length of a seed, in bytes.
pub const SEED_BYTES: usize = 32;

/// A secret key with its name. `Debug` does not show it.
pub struct Signer {
    key: SigningKey,
    verifier: VerifierKey,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({})", self.verifier)
    }
}

impl Signer {
    /// The key of a seed.
    ///
    /// # Errors
    /// The name cannot stand in a signature's line.
    pub fn new(name: &str, kind: KeyKind, seed: &[u8; SEED_BYTES]) -> Result<Self, Error> {
        let key = SigningKey::from_bytes(seed);
        let verifier = VerifierKey::new(name, kind, key.verifying_key().to_bytes())?;
        Ok(Self { key, verifier })
    }

    /// The public key with its name.
    #[must_use]
    pub const fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// The signature of bytes that are no note, such as the text of a receipt.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }

    /// A line that signs a note's text. `time_s` is stated by a witness; a log states none.
    #[must_use]
    pub fn sign_text(&self, text: &str, time_s: u64) -> NoteSignature {
        let bytes = match self.verifier.kind {
            KeyKind::Log => self.sign(text.as_bytes()).to_vec(),
            KeyKind::Witness => {
                let signature = self.sign(cosigned_text(time_s, text).as_bytes());
                [time_s.to_be_bytes().as_slice(), &signature].concat()
            }
        };
        NoteSignature { name: self.verifier.name.clone(), id: self.verifier.id, bytes }
    }

    /// A note with this signature alone.
    #[must_use]
    pub fn sign_note(&self, text: &str) -> Note {
        Note { text: text.to_owned(), signatures: vec![self.sign_text(text, 0)] }
    }
}
