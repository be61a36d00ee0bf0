//! The nightly job: priors of categories, weights of identities, and snapshots of merchants, as of the first moment of
//! the day (UTC). Any node does it, and another one goes on where a node was killed.

use std::collections::BTreeMap;

use live_jury_trust::DAY_MS;
use live_jury_trust::counter::Count;
use live_jury_trust::index::Gathered;
use live_jury_trust::product::Returns;
use live_jury_trust::signal::{SIGNALS, SignalId};

use super::Trust;
use super::known::observed;
use crate::ledger::night::{LEASE_MS, NIGHT_ROWS_MAX, Night, NightStep, PriorRow, RETURNS, Snapshot};
use crate::ledger::{Known, LedgerError};

/// The merchants that are read at once.
const MERCHANTS_READ_AT_ONCE: usize = 500;
/// The merchants whose snapshots are filed at once: a row of the merchant and one for each of three signals.
const MERCHANTS_FILED_AT_ONCE: usize = NIGHT_ROWS_MAX / 4;
/// The time after which a pass that files nothing keeps its claim, in milliseconds.
const KEEP_AFTER_MS: u64 = LEASE_MS / 4;

/// The counts that a category's merchants show.
struct CategoryCounts {
    signals: [Gathered; SignalId::COUNT],
    returns: Returns,
}

impl Default for CategoryCounts {
    fn default() -> Self {
        Self { signals: [Gathered::default(); SignalId::COUNT], returns: Returns::default() }
    }
}

/// Categories by their ids; merchants without one are those of the empty id.
type Categories = BTreeMap<String, CategoryCounts>;

/// One of the two passes over all merchants.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pass {
    Sums,
    Spreads,
}

impl Trust {
    /// Does the job of the day, or what another node has left of it. Returns whether this node has ended it.
    ///
    /// # Errors
    /// The ledger failed. Rows that were filed stay, and a later call goes on.
    pub async fn night(&self) -> Result<bool, LedgerError> {
        let now_ms = self.clock.now_ms();
        let Some(mut night) = self.ledger.claim_night(now_ms / DAY_MS, now_ms).await? else { return Ok(false) };
        loop {
            let next = match night.step {
                NightStep::Priors => self.file_priors(&night).await?,
                NightStep::Shops => self.file_snapshots(&night).await?,
                NightStep::Clean => self.clean(&night).await?,
                NightStep::Done => return Ok(true),
            };
            match next {
                Some(next) => night = next,
                None => return Ok(false),
            }
        }
    }

    async fn file_priors(&self, night: &Night) -> Result<Option<Night>, LedgerError> {
        let mut categories = Categories::new();
        for pass in [Pass::Sums, Pass::Spreads] {
            if !self.gather(night, pass, &mut categories).await? {
                return Ok(None);
            }
        }
        loop {
            match self.ledger.delete_priors(night, self.clock.now_ms()).await? {
                None => return Ok(None),
                Some(0) => break,
                Some(_) => {}
            }
        }
        let rows: Vec<PriorRow> = categories.iter().flat_map(|(category, counts)| priors(category, counts)).collect();
        for chunk in rows.chunks(NIGHT_ROWS_MAX) {
            if !self.ledger.file_priors(night, night, chunk, self.clock.now_ms()).await? {
                return Ok(None);
            }
        }
        if !self.file_weights(night).await? {
            return Ok(None);
        }
        self.moved(night, NightStep::Shops).await
    }

    /// Adds all merchants to what is known of their categories. Returns false if the claim is lost.
    async fn gather(&self, night: &Night, pass: Pass, categories: &mut Categories) -> Result<bool, LedgerError> {
        let (mut after, mut kept_ms) = (String::new(), self.clock.now_ms());
        loop {
            let ids = self.ledger.merchants_after(&after, MERCHANTS_READ_AT_ONCE).await?;
            let Some(last) = ids.last() else { return Ok(true) };
            after.clone_from(last);
            let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
            let known = self.ledger.merchants(&ids, night.at_ms()).await?;
            for one in &known {
                let counts = categories.entry(category(one)).or_default();
                let observed = observed(one, night.at_ms());
                for (signal, gathered) in SIGNALS.iter().zip(&mut counts.signals) {
                    match pass {
                        Pass::Sums => gathered.add(signal, observed.count(signal.id)),
                        Pass::Spreads => gathered.add_spread(signal, observed.count(signal.id)),
                    }
                }
            }
            if pass == Pass::Sums {
                for (merchant, returns) in self.ledger.returns_of(&ids, night.day).await? {
                    categories.entry(category_of(&known, &merchant)).or_default().returns.add(returns);
                }
            }
            let now_ms = self.clock.now_ms();
            if now_ms >= kept_ms + KEEP_AFTER_MS {
                kept_ms = now_ms;
                if !self.ledger.move_night(night, night, now_ms).await? {
                    return Ok(false);
                }
            }
        }
    }

    /// Files the snapshots of the next merchants.
    async fn file_snapshots(&self, night: &Night) -> Result<Option<Night>, LedgerError> {
        let ids = self.ledger.merchants_after(&night.place, MERCHANTS_FILED_AT_ONCE).await?;
        let Some(last) = ids.last() else { return self.moved(night, NightStep::Clean).await };
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let known = self.ledger.merchants(&ids, night.at_ms()).await?;
        let typical = self.ledger.typical_returns(night.day).await?;
        let mut products: BTreeMap<String, Count> = BTreeMap::new();
        for (merchant, returns) in self.ledger.returns_of(&ids, night.day).await? {
            let rate = typical.get(&category_of(&known, &merchant)).copied();
            let is_frequent = returns.are_frequent(rate.unwrap_or_else(|| Returns::default().typical()));
            let count = products.entry(merchant).or_default();
            *count = Count::new(count.n + 1.0, count.k + f64::from(u8::from(is_frequent)));
        }
        let hosts = self.ledger.hosts_of(&ids, night.at_ms()).await?;
        let claimed = self.ledger.claimed_of(&ids, night.at_ms()).await?;
        let snapshot = |signal| move |(merchant, count)| Snapshot { merchant, signal, count };
        let rows: Vec<Snapshot> = products
            .into_iter()
            .map(snapshot(SignalId::E13))
            .chain(hosts.into_iter().map(snapshot(SignalId::H14)))
            .chain(claimed.into_iter().map(snapshot(SignalId::Q17)))
            .collect();
        let next = night.at(NightStep::Shops, last);
        let is_filed = self.ledger.file_snapshots(night, &next, &ids, &rows, self.clock.now_ms()).await?;
        Ok(is_filed.then_some(next))
    }

    /// Deletes the next rows that are too old.
    async fn clean(&self, night: &Night) -> Result<Option<Night>, LedgerError> {
        match self
            .ledger
            .clean(night, self.kept_facts.as_ref().map_or(0, |kept| kept.days), self.clock.now_ms())
            .await?
        {
            None => Ok(None),
            Some(0) => self.moved(night, NightStep::Done).await,
            Some(_) => Ok(Some(night.clone())),
        }
    }

    async fn moved(&self, night: &Night, step: NightStep) -> Result<Option<Night>, LedgerError> {
        let next = night.at(step, "");
        Ok(self.ledger.move_night(night, &next, self.clock.now_ms()).await?.then_some(next))
    }
}

/// The priors that a category's merchants show, and its rate of returns.
fn priors(category: &str, counts: &CategoryCounts) -> Vec<PriorRow> {
    let row = |signal, typical, sigma| PriorRow { category: category.to_owned(), signal, typical, sigma };
    let of_signal = |(signal, gathered): (&live_jury_trust::signal::Signal, &Gathered)| {
        gathered.prior(signal).map(|prior| row(signal.name, prior.typical, prior.sigma))
    };
    let mut rows: Vec<PriorRow> = SIGNALS.iter().zip(&counts.signals).filter_map(of_signal).collect();
    if counts.returns != Returns::default() {
        rows.push(row(RETURNS, counts.returns.typical(), 1.0));
    }
    rows
}

fn category(known: &Known) -> String {
    known.attributes.category.clone().unwrap_or_default()
}

fn category_of(known: &[Known], merchant: &str) -> String {
    known.iter().find(|one| one.attributes.id == merchant).map(category).unwrap_or_default()
}
