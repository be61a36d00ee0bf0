//! Made-up people who apply, and the tokens of those who are banned. It sends nothing.

use anyhow::{Result, anyhow};
use data_encoding::HEXLOWER;
use live_jury_trust::identity::token::{Fields, IdentityKey, KEY_BYTES, TOKEN_BYTES, Tokens};
use serde_json::json;

use crate::deployment::IDENTITY_KEY;

/// The given and the family names that people have. A common one is no trace.
const NAMES: (u64, u64) = (3_000, 8_000);

/// A token of a banned party.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Row {
    pub token: [u8; TOKEN_BYTES],
    pub party: u32,
    /// Empty for one that finds alone.
    pub field: &'static str,
    pub whole: bool,
}

/// The id of a banned party.
pub(super) fn id(party: u32) -> String {
    format!("b{party:07}")
}

pub(super) fn hex(bytes: &[u8]) -> String {
    HEXLOWER.encode(bytes)
}

/// The values of a person, by field.
fn person(number: u64) -> Vec<(&'static str, String)> {
    let mut rng = fastrand::Rng::with_seed(number);
    let mut named = |names: u64| word(&mut fastrand::Rng::with_seed(rng.u64(..names)));
    let (given, family) = (named(NAMES.0), named(NAMES.1));
    let date = format!("{}-{:02}-{:02}", rng.u32(1950..2006), rng.u32(1..13), rng.u32(1..29));
    vec![
        ("given_name", given),
        ("family_name", family),
        ("birth_date", date),
        ("id_number", format!("{:018}", rng.u64(..1_000_000_000_000_000_000))),
        ("phone", format!("+4915{:09}", rng.u64(..1_000_000_000))),
        ("email", format!("{:016x}@mail.example", rng.u64(..))),
        ("payout_account", format!("{:018}", rng.u64(..1_000_000_000_000_000_000))),
        ("device", format!("{:032x}", rng.u128(..))),
        ("ip", format!("{}.{}.{}.7", rng.u8(11..100), rng.u8(..), rng.u8(..))),
        ("store_name", format!("{} {}", word(&mut rng), word(&mut rng))),
    ]
}

fn word(rng: &mut fastrand::Rng) -> String {
    (0..rng.usize(5..9)).map(|_| rng.lowercase()).collect()
}

/// The body of an application by a person who is not banned, or has the account and the device of one who is.
pub(super) fn body(number: usize, banned: u32, of: Option<u32>) -> String {
    let mut values = person(u64::from(banned) + number as u64);
    if let Some(other) = of {
        for (own, theirs) in values.iter_mut().zip(person(u64::from(other))) {
            if matches!(own.0, "payout_account" | "device") {
                *own = theirs;
            }
        }
    }
    let fields = values.into_iter().map(|(field, value)| (field.to_owned(), json!([value])));
    json!({ "id": format!("a{number}"), "fields": fields.collect::<serde_json::Map<_, _>>() }).to_string()
}

/// The tokens of all banned parties, with the id of their key in hexadecimal digits.
pub(super) fn stored(banned: u32) -> Result<(String, Vec<Row>)> {
    let bytes = HEXLOWER.decode(IDENTITY_KEY.as_bytes())?;
    let bytes: [u8; KEY_BYTES] = bytes.try_into().map_err(|_| anyhow!("the key has another length"))?;
    let key = IdentityKey::new(bytes);
    let mut rows = Vec::new();
    for party in 0..banned {
        let given =
            person(u64::from(party)).into_iter().map(|(field, value)| (field.to_owned(), vec![value])).collect();
        let fields = Fields::parse(&given).map_err(|fault| anyhow!("{fault}"))?;
        let tokens = Tokens::of(&fields, std::slice::from_ref(&key)).map_err(|fault| anyhow!("{fault}"))?;
        rows.extend(tokens.stored().into_iter().map(|one| Row {
            token: one.token.0,
            party,
            field: one.field.map_or("", |field| field.as_str()),
            whole: one.whole,
        }));
    }
    Ok((hex(&key.id().0), rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_has_about_sixty_tokens_and_a_returning_one_the_account_and_the_device() {
        let (_, rows) = stored(50).unwrap();
        assert!((50 * 50..50 * 75).contains(&rows.len()), "{}", rows.len());
        let body: serde_json::Value = serde_json::from_str(&body(3, 50, Some(7))).unwrap();
        let of = |number: u64, name: &str| person(number).into_iter().find(|(field, _)| *field == name).unwrap().1;
        assert_eq!(body["fields"]["device"][0], of(7, "device"));
        assert_eq!(body["fields"]["phone"][0], of(53, "phone"));
    }
}
