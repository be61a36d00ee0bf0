//! The lists that listings meet, as a node holds them and as moderators change them. It screens nothing.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use data_encoding::BASE64;
use live_jury_trust::listing::brand::{Brand, Brands};
use live_jury_trust::listing::list::{EntryFault, List};
use live_jury_trust::listing::rules::Rule;
use live_jury_trust::listing::screen::Lists;
use live_jury_trust::listing::terms::{Term, Terms};
use live_jury_trust::pdq::bank::{Bank, Image};
use live_jury_trust::pdq::{Hash, QUALITY_MIN};
use serde_json::{Value, json};

use super::{ScreenError, Trust, pictures};
use crate::ledger::listings::{EntryRow, PutEntry};

/// The lists as they were read last.
#[derive(Clone, Debug, Default)]
pub(super) struct Cached {
    revs: BTreeMap<List, u64>,
    terms: Arc<Terms>,
    brands: Arc<Brands>,
    bank: Arc<Bank>,
    rules: Arc<Vec<(String, Rule)>>,
}

impl Trust {
    /// Puts an entry into a list, checked. A picture is kept as its hashes alone.
    ///
    /// # Errors
    /// The entry is wrong, or the ledger failed.
    pub async fn put_entry(
        &self,
        list: List,
        id: String,
        entry: Value,
        by: String,
        version: Option<u64>,
    ) -> Result<EntryRow, ScreenError> {
        let entry = match list {
            List::Terms => Term::parse(&entry).map(|_| entry)?,
            List::Brands => {
                let brand = Brand::parse(&entry)?;
                if let Some(other) = self.lists().await?.brands.taken_for(&id, &brand) {
                    return Err(EntryFault::new("name", format!("looks like that of the brand {other}")).into());
                }
                entry
            }
            List::Rules => Rule::parse(&entry).map(|_| entry)?,
            List::Images => self.image(entry).await?,
        };
        if let Some(policy) = entry.get("policy").and_then(Value::as_str)
            && self.file.policy(policy).is_none()
        {
            return Err(ScreenError::UnknownPolicy);
        }
        let new = PutEntry { list, id, entry, by, version };
        Ok(self.ledger.put_list_entry(&new, self.clock.now_ms()).await?)
    }

    /// The stored form of a bank's picture: the hashes of its variants, or the hash that was given.
    async fn image(&self, mut entry: Value) -> Result<Value, ScreenError> {
        let fault = |field: &str, why: &str| ScreenError::from(EntryFault::new(field, why));
        let fields = entry.as_object_mut().ok_or_else(|| fault("entry", "must be an object"))?;
        let hashes = match (fields.remove("bytes"), fields.remove("pdq")) {
            (Some(Value::String(bytes)), None) => {
                let bytes = BASE64.decode(bytes.as_bytes()).map_err(|_| fault("bytes", "must be base64"))?;
                let decoded = self.screening.decode(move || pictures::variants(&bytes)).await;
                let decoded = decoded.ok_or(ScreenError::Busy)?;
                let variants = decoded.map_err(|error| ScreenError::TooLarge("bytes".to_owned(), error))?;
                let variants = variants.ok_or_else(|| fault("bytes", "must be a JPEG, a PNG or a WebP"))?;
                if variants.iter().any(|one| one.quality < QUALITY_MIN) {
                    return Err(fault("bytes", "has too few features to be found again"));
                }
                variants.iter().map(|one| one.hash.to_string()).collect()
            }
            (None, Some(Value::String(hash))) => vec![hash],
            _ => return Err(fault("pdq", "must have one hash, or bytes")),
        };
        if hashes.iter().any(|hash| hash.parse::<Hash>().is_err()) {
            return Err(fault("pdq", "must have 64 hexadecimal digits"));
        }
        fields.insert("pdq".to_owned(), json!(hashes));
        Image::parse(&entry)?;
        Ok(entry)
    }

    /// The lists as the ledger has them. Those that have not changed are not read again.
    pub(super) async fn lists(&self) -> Result<Cached, ScreenError> {
        let cached = self.screening.cached();
        let revs = self.ledger.list_revs().await?;
        if cached.revs == revs {
            return Ok(cached);
        }
        let mut read = cached.clone();
        for list in List::ALL.into_iter().filter(|list| cached.revs.get(list) != revs.get(list)) {
            let entries = self.ledger.list_entries(list).await?;
            read =
                tokio::task::spawn_blocking(move || read.with(list, &entries)).await.map_err(|_| ScreenError::Busy)?;
        }
        // A list that changes meanwhile has a higher number, and is read again with the next listing.
        read.revs = revs;
        *self.screening.lists.write().unwrap_or_else(PoisonError::into_inner) = read.clone();
        Ok(read)
    }
}

impl Cached {
    pub(super) fn borrowed(&self) -> Lists<'_> {
        Lists { terms: &self.terms, brands: &self.brands, bank: &self.bank, rules: &self.rules }
    }

    /// With one list read again. An entry of a later program, which this one cannot read, is left out.
    fn with(mut self, list: List, entries: &[(String, Value)]) -> Self {
        fn all<T, E>(entries: &[(String, Value)], parse: impl Fn(&Value) -> Result<T, E>) -> Vec<(String, T)> {
            entries.iter().filter_map(|(id, entry)| Some((id.clone(), parse(entry).ok()?))).collect()
        }
        match list {
            List::Terms => self.terms = Arc::new(Terms::new(all(entries, Term::stored))),
            List::Brands => self.brands = Arc::new(Brands::new(all(entries, Brand::stored))),
            List::Images => {
                let parse = |entry: &Value| serde_json::from_value::<Image>(entry.clone());
                self.bank = Arc::new(Bank::new(all(entries, parse)));
            }
            List::Rules => self.rules = Arc::new(all(entries, Rule::stored)),
        }
        self
    }
}
