//! The banned parties with their tokens, in memory. It weighs and decides with the law of the crate `trust`, as the
//! server does.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::{Result, anyhow};
use live_jury_trust::identity::decide::{Decision, RefuseBy, SHARERS_MAX, decide};
use live_jury_trust::identity::token::{Fields, IdentityKey, KEY_BYTES, Token, Tokens};
use live_jury_trust::identity::weigh::{Compared, Held, Holders, compare};
use live_jury_trust::identity::weights::Weights;

/// The values of an application, by field.
pub(super) type Values = BTreeMap<String, Vec<String>>;

/// Banned parties.
pub(super) struct Ledger {
    key: IdentityKey,
    parties: Vec<Held>,
    by_token: HashMap<Token, Vec<usize>>,
    /// The parties that hold a token of a whole form.
    holders: HashMap<Token, u64>,
}

impl Ledger {
    pub fn new() -> Self {
        let key = IdentityKey::new([7; KEY_BYTES]);
        Self { key, parties: Vec::new(), by_token: HashMap::new(), holders: HashMap::new() }
    }

    fn tokens(&self, values: &Values) -> Result<Tokens> {
        let fields = Fields::parse(values).map_err(|fault| anyhow!("{fault}: {values:?}"))?;
        Tokens::of(&fields, std::slice::from_ref(&self.key)).map_err(|fault| anyhow!("{fault}: {values:?}"))
    }

    /// Adds a banned party.
    pub fn ban(&mut self, values: &Values) -> Result<()> {
        let (place, stored) = (self.parties.len(), self.tokens(values)?.stored());
        for one in &stored {
            self.by_token.entry(one.token).or_default().push(place);
            if one.whole {
                *self.holders.entry(one.token).or_default() += 1;
            }
        }
        self.parties.push(stored.into_iter().collect());
        Ok(())
    }

    /// The decision on an application, with the weights of the table.
    pub fn apply(&self, values: &Values) -> Result<Decision> {
        let own = self.tokens(values)?;
        let sharers = own.looked_up().into_iter().filter_map(|token| self.by_token.get(&token));
        let few = sharers.filter(|sharers| sharers.len() as u64 <= SHARERS_MAX);
        let candidates: BTreeSet<usize> = few.flatten().copied().collect();
        let whole = own.fields.values().flat_map(|of| of.values.iter().flatten());
        let of = whole.filter_map(|token| Some((*token, *self.holders.get(token)?))).collect();
        let (holders, weights) = (Holders { parties: self.parties.len() as u64, of }, Weights::default());
        let compared: Vec<Compared> =
            candidates.into_iter().map(|place| compare(&own, &self.parties[place], &holders, &weights)).collect();
        Ok(decide(&compared, &BTreeMap::new(), RefuseBy::Number))
    }
}
