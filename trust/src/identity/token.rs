//! Keyed tokens of an application: whoever lacks the key learns no value from one. It keeps no value.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::form::{self, Form};
use super::{Field, TOKENS_MAX, VALUE_BYTES_MAX, VALUES_MAX};
use crate::pdq::{Hash, PART_BITS, Pdq, QUALITY_MIN};

/// Bytes of a token. Two of 12.6 million tokens are alike with a chance of one in 10¹⁵.
pub const TOKEN_BYTES: usize = 12;
/// Bytes of a key.
pub const KEY_BYTES: usize = 32;
/// Bytes of a key's id, and of a digest of fields.
const KEY_ID_BYTES: usize = 4;
const DIGEST_BYTES: usize = 16;
/// Parts the field from the form: no form has this sign.
const SEPARATOR: u8 = 0x1f;
/// The field names of tokens that find parties and tell no level.
const BOTH_NAMES: &str = "names+birth_date";
const NAME_AND_DATE: &str = "name+birth_part";
const LOGO_PART: &str = "logo part";
/// The purposes of the key's other hashes. No field has such a name.
const KEY_ID: &[u8] = b"live-jury identity key v1";
const DIGEST: &[u8] = b"live-jury application v1";

/// A token.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token(pub [u8; TOKEN_BYTES]);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(hidden)")
    }
}

/// The id of a key, which tells nothing about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyId(pub [u8; KEY_ID_BYTES]);

/// A digest of all fields of an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digest(pub [u8; DIGEST_BYTES]);

/// An identity key, which follows from no other secret. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct IdentityKey([u8; KEY_BYTES]);

impl fmt::Debug for IdentityKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdentityKey(hidden)")
    }
}

impl IdentityKey {
    /// The key of these bytes.
    #[must_use]
    pub const fn new(bytes: [u8; KEY_BYTES]) -> Self {
        Self(bytes)
    }

    /// The key's id.
    #[must_use]
    pub fn id(&self) -> KeyId {
        KeyId(self.hash(&[KEY_ID]))
    }

    /// The token of a form: `HMAC-SHA256(key, field ‖ 0x1f ‖ form)`, cut to [`TOKEN_BYTES`].
    #[must_use]
    pub fn token(&self, field: &str, form: &str) -> Token {
        Token(self.hash(&[field.as_bytes(), &[SEPARATOR], form.as_bytes()]))
    }

    /// The digest of fields. Order and repeats of a field's values count.
    #[must_use]
    pub fn digest(&self, fields: &Fields) -> Digest {
        let mut mac = self.mac();
        mac.update(DIGEST);
        let mut update = |field: Field, value: &str| {
            mac.update(field.as_str().as_bytes());
            mac.update(&(value.len() as u64).to_be_bytes());
            mac.update(value.as_bytes());
        };
        for (field, values) in &fields.values {
            values.iter().for_each(|(value, _)| update(*field, value));
        }
        if let Some(logo) = &fields.logo {
            update(Field::Logo, &logo.to_string());
        }
        Digest(cut(mac))
    }

    fn mac(&self) -> Hmac<Sha256> {
        let mac = Hmac::<Sha256>::new_from_slice(&self.0);
        mac.unwrap_or_else(|_| unreachable!("HMAC takes a key of any length"))
    }

    fn hash<const N: usize>(&self, parts: &[&[u8]]) -> [u8; N] {
        let mut mac = self.mac();
        parts.iter().for_each(|part| mac.update(part));
        cut(mac)
    }
}

fn cut<const N: usize>(mac: Hmac<Sha256>) -> [u8; N] {
    let mut bytes = [0; N];
    bytes.copy_from_slice(&mac.finalize().into_bytes()[..N]);
    bytes
}

/// A fault of one field. It has no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FieldFault {
    /// No such field is compared.
    #[error("there is no such field")]
    Unknown(String),
    /// The field is wrong.
    #[error("{why}")]
    Invalid {
        /// The field.
        field: Field,
        /// The reason.
        why: String,
    },
    /// All fields together have too many tokens.
    #[error("the fields have more than {TOKENS_MAX} tokens")]
    TooMany,
}

/// The fields of an application with the forms of their values, and its logo. `Debug` shows no value.
#[derive(Clone, PartialEq, Eq)]
pub struct Fields {
    values: BTreeMap<Field, Vec<(String, Form)>>,
    pub(super) logo: Option<Hash>,
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.values.keys()).finish()
    }
}

impl Fields {
    /// The fields with these names and values.
    ///
    /// # Errors
    /// A field is unknown or wrong.
    pub fn parse(given: &BTreeMap<String, Vec<String>>) -> Result<Self, FieldFault> {
        let mut fields = BTreeMap::new();
        for (name, values) in given {
            let field = Field::from_name(name).ok_or_else(|| FieldFault::Unknown(name.clone()))?;
            let wrong = |why: String| FieldFault::Invalid { field, why };
            if values.is_empty() || values.len() > VALUES_MAX {
                return Err(wrong(format!("must have 1 to {VALUES_MAX} values")));
            }
            let mut forms = Vec::with_capacity(values.len());
            for value in values {
                if value.len() > VALUE_BYTES_MAX {
                    return Err(wrong(format!("a value has at most {VALUE_BYTES_MAX} bytes")));
                }
                forms.push((value.clone(), form::of(field, value).map_err(|why| wrong(why.to_owned()))?));
            }
            fields.insert(field, forms);
        }
        Ok(Self { values: fields, logo: None })
    }

    /// The same with a logo. One of too little quality has no features, and is not compared.
    #[must_use]
    pub fn with_logo(self, logo: Option<Pdq>) -> Self {
        Self { logo: logo.filter(|logo| logo.quality >= QUALITY_MIN).map(|logo| logo.hash), ..self }
    }

    fn forms(&self, field: Field) -> impl Iterator<Item = &Form> {
        self.values.get(&field).into_iter().flatten().map(|(_, form)| form)
    }
}

/// Tokens of one field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldTokens {
    /// Those of whole forms, by value. A value has one under each key.
    pub values: Vec<BTreeSet<Token>>,
    /// Those of close forms.
    pub parts: BTreeSet<Token>,
    /// Those that the values would have as the other name.
    pub exchanged: BTreeSet<Token>,
}

/// The tokens of an application, under one key or under several.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    /// By field.
    pub fields: BTreeMap<Field, FieldTokens>,
    /// Those that find parties and tell no level.
    pub finding: BTreeSet<Token>,
    /// Those of parts of logos that differ by one bit. They are looked up and not kept.
    pub near: BTreeSet<Token>,
    /// The hash of the logo, which is compared as it is.
    pub logo: Option<Hash>,
}

/// A token as a ledger keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stored {
    /// The field; none for one that finds alone.
    pub field: Option<Field>,
    /// Whether it is that of a whole form.
    pub whole: bool,
    /// The token.
    pub token: Token,
}

impl Tokens {
    /// The tokens of fields under these keys.
    ///
    /// # Errors
    /// There are too many under one key.
    pub fn of(fields: &Fields, keys: &[IdentityKey]) -> Result<Self, FieldFault> {
        let mut tokens = Self::default();
        for key in keys {
            tokens.add(fields, key);
        }
        if tokens.stored().len() > TOKENS_MAX * keys.len().max(1) { Err(FieldFault::TooMany) } else { Ok(tokens) }
    }

    fn add(&mut self, fields: &Fields, key: &IdentityKey) {
        for (field, forms) in &fields.values {
            let of = self.fields.entry(*field).or_default();
            of.values.resize_with(forms.len(), BTreeSet::new);
            for ((_, form), values) in forms.iter().zip(&mut of.values) {
                values.insert(key.token(field.as_str(), &form.whole));
                of.parts.extend(form.parts.iter().map(|part| key.token(field.as_str(), part)));
                let other = match field {
                    Field::GivenName => Field::FamilyName,
                    Field::FamilyName => Field::GivenName,
                    _ => continue,
                };
                of.exchanged.insert(key.token(other.as_str(), &form.whole));
            }
        }
        self.add_finding(fields, key);
        self.logo = fields.logo;
        for (n, part) in fields.logo.iter().flat_map(Hash::parts).enumerate() {
            let token = |part: u16| key.token(LOGO_PART, &format!("{n:x}{part:04x}"));
            self.finding.insert(token(part));
            self.near.extend((0..PART_BITS).map(|bit| token(part ^ (1 << bit))));
        }
    }

    /// Both names in one order with the birth date, and each name with each part of a date.
    fn add_finding(&mut self, fields: &Fields, key: &IdentityKey) {
        let joined = |parts: &[&str]| parts.join("\u{1f}");
        for date in fields.forms(Field::BirthDate) {
            for given in fields.forms(Field::GivenName) {
                for family in fields.forms(Field::FamilyName) {
                    let mut names = [given.whole.as_str(), family.whole.as_str()];
                    names.sort_unstable();
                    self.finding.insert(key.token(BOTH_NAMES, &joined(&[names[0], names[1], &date.whole])));
                }
            }
            for name in fields.forms(Field::GivenName).chain(fields.forms(Field::FamilyName)) {
                let of_part = |part: &String| key.token(NAME_AND_DATE, &joined(&[&name.whole, part]));
                self.finding.extend(date.parts.iter().map(of_part));
            }
        }
    }

    /// All tokens, as a ledger keeps them. A whole form that is also another's close one is whole.
    #[must_use]
    pub fn stored(&self) -> Vec<Stored> {
        let mut found: BTreeMap<(Option<Field>, Token), bool> =
            self.finding.iter().map(|token| ((None, *token), false)).collect();
        for (field, of) in &self.fields {
            found.extend(of.parts.iter().map(|token| ((Some(*field), *token), false)));
            found.extend(of.values.iter().flatten().map(|token| ((Some(*field), *token), true)));
        }
        found.into_iter().map(|((field, token), whole)| Stored { field, whole, token }).collect()
    }

    /// All tokens by which parties are found.
    #[must_use]
    pub fn looked_up(&self) -> BTreeSet<Token> {
        let exchanged = self.fields.values().flat_map(|of| of.exchanged.iter().copied());
        self.stored().into_iter().map(|stored| stored.token).chain(exchanged).chain(self.near.iter().copied()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn fields(given: &[(&str, &[&str])]) -> Fields {
        let owned = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
        let map = given.iter().map(|(name, values)| ((*name).to_owned(), owned(values))).collect();
        Fields::parse(&map).unwrap()
    }

    fn key(byte: u8) -> IdentityKey {
        IdentityKey::new([byte; KEY_BYTES])
    }

    #[test]
    fn a_token_is_the_documented_hash() {
        let bytes: [u8; KEY_BYTES] = std::array::from_fn(|place| place as u8);
        let key = IdentityKey::new(bytes);
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        // printf 'phone\x1f8613800138000' | openssl dgst -sha256 -mac HMAC -macopt hexkey:0001…1f
        assert_eq!(hex(&key.token("phone", "8613800138000").0), "bf3e706d1417c80fdc688078");
        assert_ne!(key.token("phone", "1"), key.token("email", "1"));
        assert_eq!(format!("{key:?} {:?}", key.token("phone", "1")), "IdentityKey(hidden) Token(hidden)");
    }

    #[test]
    fn a_person_has_about_sixty_tokens() {
        let person = fields(&[
            ("given_name", &["Xiaoming"]),
            ("family_name", &["Wang"]),
            ("birth_date", &["1990-02-03"]),
            ("id_number", &["11010519491231002X"]),
            ("phone", &["+8613800138000"]),
            ("payout_account", &["6222020200001234567"]),
            ("device", &["device-1"]),
            ("store_name", &["Blue Sky"]),
        ]);
        let tokens = Tokens::of(&person, &[key(1)]).unwrap();
        assert!((40..=70).contains(&tokens.stored().len()), "{}", tokens.stored().len());
        assert_eq!(tokens.finding.len(), 1 + 2 * 3);
        assert!(tokens.looked_up().len() > tokens.stored().len(), "exchanged names are looked up");
        let both = Tokens::of(&person, &[key(1), key(2)]).unwrap();
        assert_eq!(both.stored().len(), 2 * tokens.stored().len());
        assert_eq!(
            both.fields[&Field::Phone].values,
            [BTreeSet::from([1, 2].map(|n| key(n).token("phone", "8613800138000")))]
        );
    }

    #[test]
    fn what_is_not_listed_or_too_large_is_refused() {
        let parse = |name: &str, values: Vec<String>| Fields::parse(&BTreeMap::from([(name.to_owned(), values)]));
        assert_eq!(parse("face", vec!["x".into()]), Err(FieldFault::Unknown("face".to_owned())));
        let fault = |result: Result<Fields, FieldFault>| matches!(result, Err(FieldFault::Invalid { .. }));
        assert!(fault(parse("device", Vec::new())));
        assert!(fault(parse("device", vec!["x".to_owned(); VALUES_MAX + 1])));
        assert!(fault(parse("device", vec!["x".repeat(VALUE_BYTES_MAX + 1)])));
        assert!(parse("device", vec!["x".repeat(VALUE_BYTES_MAX); 1]).is_ok());
        let long = |n: usize| -> Vec<String> {
            (0..VALUES_MAX).map(|m| format!("{n}{m} abcdefghijklmnopqrstuvwxyz0123456789ÄÖÜ")).collect()
        };
        let many: BTreeMap<String, Vec<String>> = ["address", "ship_from", "return_address", "company_number"]
            .into_iter()
            .enumerate()
            .map(|(n, name)| (name.to_owned(), long(n)))
            .collect();
        assert_eq!(Tokens::of(&Fields::parse(&many).unwrap(), &[key(1)]), Err(FieldFault::TooMany));
    }

    #[test]
    fn a_digest_tells_other_fields_and_other_keys_apart() {
        let one = fields(&[("given_name", &["a"]), ("family_name", &["b"])]);
        let other = fields(&[("given_name", &["b"]), ("family_name", &["a"])]);
        assert_eq!(key(1).digest(&one), key(1).digest(&one.clone()));
        assert_ne!(key(1).digest(&one), key(1).digest(&other));
        assert_ne!(key(1).digest(&one), key(2).digest(&one));
        assert_ne!(key(1).id(), key(2).id());
        assert_eq!(format!("{one:?}"), "{GivenName, FamilyName}");
    }
}
