//! Signed notes of C2SP: a text with the signatures of its log and witnesses. It trusts no key by itself.

#[cfg(feature = "sign")]
mod signer;

use std::fmt;

use ed25519_dalek::{Signature, VerifyingKey};

use crate::error::{Error, require};
use crate::sha256;
use crate::text::{array_from_hex, base64, cut, decimal, from_base64, hex, lines, parts};

#[cfg(feature = "sign")]
pub use signer::{SEED_BYTES, Signer};

/// Limits a note, in bytes. A longer one is refused: a log's note has about 200, and each witness adds as many.
pub const NOTE_BYTES_MAX: usize = 64 * 1024;
/// Limits the signatures of a note. C2SP asks for at least 16.
pub const SIGNATURES_MAX: usize = 32;
/// The beginning of a line with a signature.
const LINE: &str = "— ";

/// Whether a signature is one of Ed25519 in its strict form: the key is not of a small order, and S is canonical.
#[must_use]
pub fn is_signed(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    let key = VerifyingKey::from_bytes(key);
    key.is_ok_and(|key| key.verify_strict(message, &Signature::from_bytes(signature)).is_ok())
}

/// The meaning of a key's signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// A log signed the text of the note (type 0x01).
    Log,
    /// A witness signed the text with a time, after it had checked that the log only grew (type 0x04).
    Witness,
}

impl KeyKind {
    const fn byte(self) -> u8 {
        match self {
            KeyKind::Log => 1,
            KeyKind::Witness => 4,
        }
    }
}

/// A public key with its name, as a vkey spells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    kind: KeyKind,
    key: [u8; 32],
    id: [u8; 4],
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let typed = [&[self.kind.byte()], self.key.as_slice()].concat();
        write!(f, "{}+{}+{}", self.name, hex(&self.id), base64(&typed))
    }
}

/// Whether a name can stand in a signature's line.
#[must_use]
pub fn is_key_name(name: &str) -> bool {
    !name.is_empty() && !name.chars().any(|letter| letter.is_whitespace() || letter.is_control() || letter == '+')
}

impl VerifierKey {
    /// A key with a name.
    ///
    /// # Errors
    /// The name is empty, or has a space or a plus; or the bytes are no key of Ed25519.
    pub fn new(name: &str, kind: KeyKind, key: [u8; 32]) -> Result<Self, Error> {
        require(is_key_name(name), "the key's name is empty, or has a space or a plus")?;
        let is_usable = VerifyingKey::from_bytes(&key).is_ok_and(|key| !key.is_weak());
        require(is_usable, "the bytes are no public key of Ed25519, or one of a small order")?;
        let digest = sha256(&[name.as_bytes(), b"\n", &[kind.byte()], &key]);
        let [a, b, c, d, ..] = digest;
        Ok(Self { name: name.to_owned(), kind, key, id: [a, b, c, d] })
    }

    /// The key of a vkey, `name+id+base64`.
    ///
    /// # Errors
    /// The text is no vkey, or its id is not that of its key.
    pub fn parse(vkey: &str) -> Result<Self, Error> {
        let three = || {
            let (name, rest) = cut(vkey, "+")?;
            Some((name, cut(rest, "+")?))
        };
        let (name, (id, typed)) = three().ok_or(Error("a vkey is name+id+base64"))?;
        let typed = from_base64(typed).ok_or(Error("the key of the vkey is not in base64"))?;
        let (kind, key) = match typed.split_first() {
            Some((1, key)) => (KeyKind::Log, key),
            Some((4, key)) => (KeyKind::Witness, key),
            _ => return Err(Error("the vkey's type is neither a log's nor a witness's")),
        };
        let key = key.try_into().map_err(|_| Error("the vkey's key has not 32 bytes"))?;
        let verifier = Self::new(name, kind, key)?;
        require(array_from_hex(id) == Some(verifier.id), "the vkey's id is not that of its key")?;
        Ok(verifier)
    }

    /// The key's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The meaning of its signatures.
    #[must_use]
    pub const fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The public key.
    #[must_use]
    pub const fn key(&self) -> &[u8; 32] {
        &self.key
    }

    /// The first bytes of a hash over name and key, which stand before each signature.
    #[must_use]
    pub const fn id(&self) -> &[u8; 4] {
        &self.id
    }

    /// The time that a signature states, in Unix seconds; 0 for a log's. None if the signature is not good.
    fn verify(&self, text: &str, signature: &[u8]) -> Option<u64> {
        match self.kind {
            KeyKind::Log => is_signed(&self.key, text.as_bytes(), signature.try_into().ok()?).then_some(0),
            KeyKind::Witness => {
                let (time, signature) = signature.split_first_chunk()?;
                let time = u64::from_be_bytes(*time);
                let text = cosigned_text(time, text);
                let is_good =
                    i64::try_from(time).is_ok() && is_signed(&self.key, text.as_bytes(), signature.try_into().ok()?);
                is_good.then_some(time)
            }
        }
    }
}

/// The text that a witness signs.
fn cosigned_text(time_s: u64, text: &str) -> String {
    let mut signed = lines(&["cosignature/v1"]);
    signed.push_str("time ");
    signed.push_str(&lines(&[&decimal(time_s)]));
    signed.push_str(text);
    signed
}

/// A line with a signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteSignature {
    /// The name of the key.
    pub name: String,
    /// The id of the key.
    pub id: [u8; 4],
    /// The signature without the id.
    pub bytes: Vec<u8>,
}

impl fmt::Display for NoteSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [self.id.as_slice(), &self.bytes].concat();
        writeln!(f, "{LINE}{} {}", self.name, base64(&bytes))
    }
}

impl NoteSignature {
    /// The signature of a line, without the line's end.
    ///
    /// # Errors
    /// The line is not `— name base64`.
    pub fn parse(line: &str) -> Result<Self, Error> {
        let parse = || {
            let (name, bytes) = cut(line.strip_prefix(LINE)?, " ")?;
            let bytes = from_base64(bytes)?;
            let (id, bytes) = bytes.split_first_chunk()?;
            let is_whole = is_key_name(name) && !bytes.is_empty();
            is_whole.then(|| Self { name: name.to_owned(), id: *id, bytes: bytes.to_vec() })
        };
        parse().ok_or(Error("a signature is not on a line `— name base64`"))
    }
}

/// A key that signed a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signed {
    /// The place of the key among those that were asked about.
    pub key: usize,
    /// The time that a witness stated, in Unix seconds; 0 for a log.
    pub time_s: u64,
}

/// A text with its signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The text, with the end of its last line.
    pub text: String,
    /// The signatures.
    pub signatures: Vec<NoteSignature>,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|signature| write!(f, "{signature}"))
    }
}

impl Note {
    /// The note of its text.
    ///
    /// # Errors
    /// The text is no note, or beyond a limit.
    pub fn parse(note: &str) -> Result<Self, Error> {
        require(note.len() <= NOTE_BYTES_MAX, "the note is longer than 64 KiB")?;
        let is_control = |byte: u8| byte < b' ' && byte != b'\n';
        require(!note.bytes().any(is_control), "the note has a control character")?;
        let end = note.as_bytes().windows(2).rposition(|pair| pair == b"\n\n");
        let end = end.ok_or(Error("the note has no empty line before its signatures"))? + 1;
        let (text, lines) = (&note[..end], &note[end + 1..]);
        let lines = lines.strip_suffix('\n').ok_or(Error("the note's last line has no end"))?;
        let mut signatures = Vec::new();
        for line in parts(lines, "\n") {
            signatures.push(NoteSignature::parse(line)?);
        }
        require(signatures.len() <= SIGNATURES_MAX, "the note has more than 32 signatures")?;
        Ok(Self { text: text.to_owned(), signatures })
    }

    /// Those of `keys` that signed the note, each once. Signatures of other keys are skipped.
    ///
    /// # Errors
    /// A signature of one of the keys is bad.
    pub fn verify(&self, keys: &[VerifierKey]) -> Result<Vec<Signed>, Error> {
        let mut found: Vec<Signed> = Vec::new();
        for line in &self.signatures {
            let Some(key) = keys.iter().position(|key| key.name == line.name && key.id == line.id) else { continue };
            let time_s = keys[key].verify(&self.text, &line.bytes);
            let time_s = time_s.ok_or(Error("a signature of a known key is bad"))?;
            if found.iter().all(|signed| signed.key != key) {
                found.push(Signed { key, time_s });
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_a_small_order_signs_nothing() {
        let (mut key, mut signature) = ([0; 32], [0; 64]);
        (key[0], signature[0]) = (1, 1);
        for message in [b"".as_slice(), b"anything"] {
            assert!(!is_signed(&key, message, &signature));
        }
        assert!(VerifierKey::new("log", KeyKind::Log, key).is_err());
    }

    #[test]
    fn a_vkey_is_read_as_it_is_written() {
        let key = array_from_hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a").unwrap();
        for kind in [KeyKind::Log, KeyKind::Witness] {
            let verifier = VerifierKey::new("jury.example.com/log/1", kind, key).unwrap();
            let vkey = verifier.to_string();
            assert_eq!(VerifierKey::parse(&vkey), Ok(verifier));
            let wrong = if kind == KeyKind::Log { "log" } else { "witness" };
            assert!(VerifierKey::parse(&vkey.replacen("jury", wrong, 1)).is_err(), "the id is another name's");
        }
        for name in ["", "two words", "a+b", "a\n", "a\u{3000}b"] {
            assert!(VerifierKey::new(name, KeyKind::Log, key).is_err(), "{name:?}");
        }
    }

    #[test]
    fn a_note_is_read_as_it_is_written() {
        let note = "a\n\nb\n\n— log AAAAAAE=\n— other name AAAAAAI=\n";
        assert!(Note::parse(note).is_err(), "a name has no space");
        let note = "a\n\nb\n\n— log AAAAAAE=\n— other AAAAAAI=\n";
        let parsed = Note::parse(note).unwrap();
        assert_eq!((parsed.to_string().as_str(), parsed.text.as_str()), (note, "a\n\nb\n"));
        for wrong in [
            "",
            "\n\n",
            "a\n",
            "a\n\n",
            "a\n\n— log AAAAAAE=",
            "a\r\n\n— log AAAAAAE=\n",
            "a\n\n— log AAAAAA==\n",
            "a\n\n— log AAAAAAF=\n",
            "a\n\n- log AAAAAAE=\n",
            "a\n— log AAAAAAE=\n",
        ] {
            assert!(Note::parse(wrong).is_err(), "{wrong:?}");
        }
        let many = format!("a\n\n{}", "— log AAAAAAE=\n".repeat(SIGNATURES_MAX + 1));
        assert!(Note::parse(&many).is_err());
        assert!(Note::parse(&format!("{}\n\n— log AAAAAAE=\n", "a".repeat(NOTE_BYTES_MAX))).is_err());
    }
}
