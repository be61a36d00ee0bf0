//! The signature of a delivery, as Standard Webhooks 1.0 describes it; it sends nothing.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE64;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::key_file::check_ends;

/// The beginning of a secret's text.
const PREFIX: &str = "whsec_";
/// The beginning of a signature: the version of the scheme.
const VERSION: &str = "v1,";
/// Fewest bytes of a secret, by the standard.
const BYTES_MIN: usize = 24;
/// Most bytes of a secret, by the standard.
const BYTES_MAX: usize = 64;

/// A secret that a target shares with this server. `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookSecret(Vec<u8>);

impl WebhookSecret {
    /// The signature of a delivery: `v1,` and base64 of HMAC-SHA256 over `id.timestamp.body`.
    #[must_use]
    pub fn sign(&self, id: &str, timestamp_s: u64, body: &str) -> String {
        format!("{VERSION}{}", BASE64.encode(&self.mac(id, timestamp_s, body).finalize().into_bytes()))
    }

    /// Whether one of the signatures, between blanks, is this secret's of that delivery.
    #[must_use]
    pub fn has_signed(&self, id: &str, timestamp_s: u64, body: &str, signatures: &str) -> bool {
        let ours = |signature: &str| {
            let bytes = signature.strip_prefix(VERSION).and_then(|text| BASE64.decode(text.as_bytes()).ok());
            bytes.is_some_and(|bytes| self.mac(id, timestamp_s, body).verify_slice(&bytes).is_ok())
        };
        signatures.split(' ').any(ours)
    }

    fn mac(&self, id: &str, timestamp_s: u64, body: &str) -> Hmac<Sha256> {
        #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("a key of any length");
        mac.update(format!("{id}.{timestamp_s}.{body}").as_bytes());
        mac
    }
}

impl FromStr for WebhookSecret {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        check_ends(text)?;
        let wrong = || format!("must be {PREFIX} and {BYTES_MIN} to {BYTES_MAX} bytes in base64");
        let bytes = BASE64.decode(text.strip_prefix(PREFIX).ok_or_else(wrong)?.as_bytes()).map_err(|_| wrong())?;
        if (BYTES_MIN..=BYTES_MAX).contains(&bytes.len()) { Ok(Self(bytes)) } else { Err(wrong()) }
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the standard's reference libraries.
    #[test]
    fn the_standards_example_is_signed_alike() {
        let secret: WebhookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".parse().unwrap();
        let signature = secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, "{\"test\": 2432232314}");
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        let has_signed = |body: &str, signatures: &str| {
            secret.has_signed("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body, signatures)
        };
        assert!(has_signed("{\"test\": 2432232314}", &format!("v1,AAAA {signature}")));
        assert!(!has_signed("{\"test\": 2432232315}", &signature));
        assert!(!has_signed("{\"test\": 2432232314}", "v1, v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
    }

    #[test]
    fn a_secret_that_is_too_short_or_no_base64_is_refused_and_not_shown() {
        for wrong in ["", "whsec_", "whsec_c2hvcnQ=", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_!!!!"] {
            let error = wrong.parse::<WebhookSecret>().unwrap_err();
            assert!(error.contains("whsec_") && !error.contains("c2hvcnQ="), "{error}");
        }
        for (start, end) in [("", "\n"), (" ", ""), ("\u{feff}", ""), ("", "\u{200b}")] {
            let error =
                format!("{start}whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw{end}").parse::<WebhookSecret>().unwrap_err();
            assert!(error.contains("at its start or end") && !error.contains("whsec_"), "{error}");
        }
        assert!(format!("whsec_{}", BASE64.encode(&[7; 65])).parse::<WebhookSecret>().is_err());
        assert!(format!("whsec_{}", BASE64.encode(&[7; 64])).parse::<WebhookSecret>().is_ok());
    }
}
