//! The setting of a witness: its public key and its address. It asks no witness.

use std::str::FromStr;

use live_jury_proof::note::{KeyKind, VerifierKey};

use super::parse_text;
use crate::secure_url::SecureUrl;

/// The beginning of the address, after the key. A name has no such text, as a vkey's name ends at its first plus.
const URL_START: &str = "=http";

/// A witness of the log: a program of somebody else that signs a checkpoint if the log only grew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WitnessSetting {
    /// Its public key.
    pub key: VerifierKey,
    /// Its address. A question goes to `/add-checkpoint` below it.
    pub url: SecureUrl,
}

impl FromStr for WitnessSetting {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = parse_text(text)?;
        let at = text.rfind(URL_START).ok_or("must be VKEY=URL")?;
        let (vkey, url) = (&text[..at], &text[at + 1..]);
        let key = VerifierKey::parse(vkey).map_err(|error| error.to_string())?;
        if key.kind() != KeyKind::Witness {
            return Err("the key is a log's, and no witness's".to_owned());
        }
        Ok(Self { key, url: url.trim_end_matches('/').parse()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 32] = [
        0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe, 0xd3, 0xc9, 0x64, 0x07, 0x3a, 0x0e, 0xe1,
        0x72, 0xf3, 0xda, 0xa6, 0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a,
    ];

    #[test]
    fn a_witness_is_a_key_and_an_address() {
        let key = VerifierKey::new("witness.example=http/1", KeyKind::Witness, KEY).unwrap();
        let read: WitnessSetting = format!("{key}=https://witness.example.com/a/").parse().unwrap();
        assert_eq!((read.key, read.url.as_str()), (key.clone(), "https://witness.example.com/a"));
        let log = VerifierKey::new("jury.example.com/log/1", KeyKind::Log, KEY).unwrap();
        for wrong in [
            format!("{log}=https://witness.example.com"),
            format!("{key}=http://witness.example.com"),
            format!("{key}"),
            "https://witness.example.com".to_owned(),
            String::new(),
        ] {
            assert!(wrong.parse::<WitnessSetting>().is_err(), "{wrong}");
        }
    }
}
