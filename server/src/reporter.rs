//! The reporter key: a keyed hash that turns a viewer id into the name of a reporter, and a buyer's id into another
//! name. It never stores an id.

use std::fmt;
use std::str::FromStr;

use hmac::{Hmac, Mac};
use live_jury_proof::text::{array_from_hex, hex};
use sha2::Sha256;

use crate::key_file::{KEY_BYTES, check_ends};

/// Bytes of a reporter's name: half of the hash, so that no two of a billion are alike.
pub const REPORTER_BYTES: usize = 16;
/// The first bytes of what is hashed. No other name of this key can be the same.
const PURPOSE: &[u8] = b"live-jury reporter v1";
/// The same for marks of the census: nobody can compare one with a name.
const PURPOSE_OF_DAYS: &[u8] = b"live-jury day v1";
/// Bytes of a mark.
const DAY_MARK_BYTES: usize = 8;
/// The same for buyers: whoever buys and reports has two names that nobody can compare.
const PURPOSE_OF_BUYERS: &[u8] = b"live-jury buyer v1";

/// The name under which the ledger keeps reports: `HMAC-SHA256(reporter key, "live-jury reporter v1" ‖ sub)`, cut to
/// [`REPORTER_BYTES`]. It has no text form, so that no log and no answer shows it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reporter(pub [u8; REPORTER_BYTES]);

impl fmt::Debug for Reporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reporter(hidden)")
    }
}

/// The name under which kept facts have a buyer: as [`Reporter`], with "live-jury buyer v1".
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Buyer([u8; REPORTER_BYTES]);

impl Buyer {
    /// The name in hexadecimal digits, as the ledger keeps it.
    #[must_use]
    pub fn hex(self) -> String {
        hex(&self.0)
    }
}

impl fmt::Debug for Buyer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Buyer(hidden)")
    }
}

/// The key of the reporters' names, which follows from no other secret. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct ReporterKey([u8; KEY_BYTES]);

impl ReporterKey {
    /// The key of these bytes.
    #[must_use]
    pub const fn new(bytes: [u8; KEY_BYTES]) -> Self {
        Self(bytes)
    }

    /// The name of a viewer.
    #[must_use]
    pub fn name(&self, sub: &str) -> Reporter {
        Reporter(self.keyed(&[PURPOSE, sub.as_bytes()]))
    }

    /// The name of a buyer.
    #[must_use]
    pub fn buyer(&self, id: &str) -> Buyer {
        Buyer(self.keyed(&[PURPOSE_OF_BUYERS, id.as_bytes()]))
    }

    /// The mark of a viewer for a day of the census: `HMAC-SHA256(reporter key, "live-jury day v1" ‖ day ‖ sub)`, the
    /// day in four bytes, cut to eight bytes. The marks of two days have nothing in common.
    #[must_use]
    pub fn day_mark(&self, sub: &str, day: u32) -> [u8; DAY_MARK_BYTES] {
        self.keyed(&[PURPOSE_OF_DAYS, &day.to_be_bytes(), sub.as_bytes()])
    }

    fn keyed<const N: usize>(&self, parts: &[&[u8]]) -> [u8; N] {
        let mac = Hmac::<Sha256>::new_from_slice(&self.0);
        let mut mac = mac.unwrap_or_else(|_| unreachable!("HMAC takes a key of any length"));
        parts.iter().for_each(|part| mac.update(part));
        let mut cut = [0; N];
        cut.copy_from_slice(&mac.finalize().into_bytes()[..N]);
        cut
    }
}

impl fmt::Debug for ReporterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReporterKey(hidden)")
    }
}

impl FromStr for ReporterKey {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        check_ends(text)?;
        array_from_hex(text).map(Self).ok_or_else(|| "must be 64 hexadecimal digits".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_documented_hash() {
        let key: ReporterKey = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f".parse().unwrap();
        assert_eq!(live_jury_proof::text::hex(&key.name("u_1").0), "318cd596c2b1bf5bc458516f29e2a14a");
        assert_ne!(key.name("u_1"), key.name("u_2"));
        assert_eq!(key.buyer("u_1").hex(), "d0cce87fc56099f714baaac9901ea527", "another name than the reporter's");
        assert_eq!(live_jury_proof::text::hex(&key.day_mark("u_1", 20_454)), "39b59e9df0d79674");
        assert_ne!(key.day_mark("u_1", 20_455), key.day_mark("u_1", 20_454), "each day has a mark of its own");
        assert_ne!(key.name("u_1"), ReporterKey::new([0; KEY_BYTES]).name("u_1"));
        assert_eq!(format!("{key:?} {:?}", key.name("u_1")), "ReporterKey(hidden) Reporter(hidden)");
    }

    #[test]
    fn a_key_has_64_hexadecimal_digits() {
        for text in ["", "0123", &"0".repeat(63), &"g".repeat(64), &"0".repeat(66)] {
            assert!(text.parse::<ReporterKey>().is_err(), "{text}");
        }
    }
}
