//! This node's ledger: how many ballots it has answered as counted, filed in the docket and compared with the record.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use live_jury_court::Case;
use live_jury_protocol::{AuditAction, CaseId};
use tokio::sync::Notify;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Author, Lifecycle, LifecycleError};
use crate::docket::{DocketError, LedgerRow};

/// Time between two filings. All rows that grew meanwhile go in one statement.
const FILE_INTERVAL: Duration = Duration::from_secs(1);
/// Time after a row became final in which others may do so, too, before they are filed together.
const GATHER_TIME: Duration = Duration::from_millis(20);
/// Limits the wait of a verdict for the final rows of other nodes. A node files them within a fraction of it.
const FINAL_ROWS_TIMEOUT: Duration = Duration::from_secs(1);
/// The first pause between two looks for final rows. Each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
/// Time between two deletions of old rows.
const SWEEP_INTERVAL: Duration = Duration::from_secs(60 * 60);
/// Limits the last filing of a node that stops.
const LAST_FILING_TIMEOUT: Duration = Duration::from_secs(2);

/// The ballots that this node has answered as counted. Clones share it. It is empty where the tally is in the server's
/// own file, which goes back together with the docket.
#[derive(Clone, Default)]
pub struct Ledger(Option<Arc<Accounts>>);

struct Accounts {
    node: Uuid,
    by_case: Mutex<HashMap<CaseId, Account>>,
    /// Notified when a row becomes final.
    final_row: Notify,
}

/// A case's ballots that this node has answered as counted.
#[derive(Debug, Default)]
struct Account {
    /// The ballots answered as counted, by the epoch in which they were sent.
    counted: BTreeMap<u64, u64>,
    /// The docket's rows, by epoch: ballots, and whether the row is final.
    filed: BTreeMap<u64, (u64, bool)>,
    batches_in_flight: usize,
    /// The epoch whose seal this node has seen. Rows of it and of lower ones are final once no batch is in flight.
    sealed: Option<u64>,
    /// Whether the room no longer runs the case.
    has_ended: bool,
}

impl Account {
    fn is_settled(&self) -> bool {
        self.sealed.is_some() && self.batches_in_flight == 0
    }

    /// The rows that differ from what the docket has.
    fn rows(&self, case: CaseId) -> impl Iterator<Item = LedgerRow> {
        let last_final = self.sealed.filter(|_| self.is_settled());
        let rows = self.counted.iter().map(move |(&epoch, &ballots)| {
            let is_final = last_final.is_some_and(|last| epoch <= last);
            LedgerRow { case, epoch, ballots, is_final }
        });
        rows.filter(|row| self.filed.get(&row.epoch) != Some(&(row.ballots, row.is_final)))
    }

    /// The highest epoch with a ballot, and its ballots.
    fn highest(&self) -> Option<(u64, u64)> {
        self.counted.iter().rev().map(|(&epoch, &ballots)| (epoch, ballots)).find(|(_, ballots)| *ballots > 0)
    }
}

/// A batch on its way to the store. It is no longer in flight when this is dropped.
pub struct BatchAccount {
    accounts: Option<Arc<Accounts>>,
    case: CaseId,
    epoch: u64,
}

impl BatchAccount {
    /// Adds ballots that are answered as counted now.
    pub fn count(&self, ballots: u64) {
        if let Some(accounts) = &self.accounts {
            *accounts.lock().entry(self.case).or_default().counted.entry(self.epoch).or_default() += ballots;
        }
    }
}

impl Drop for BatchAccount {
    fn drop(&mut self) {
        let Some(accounts) = &self.accounts else { return };
        let mut by_case = accounts.lock();
        let Some(account) = by_case.get_mut(&self.case) else { return };
        account.batches_in_flight = account.batches_in_flight.saturating_sub(1);
        if account.is_settled() {
            accounts.final_row.notify_one();
        }
    }
}

impl Ledger {
    /// The empty ledger of this node.
    #[must_use]
    pub fn of_node(node: Uuid) -> Self {
        Self(Some(Arc::new(Accounts { node, by_case: Mutex::default(), final_row: Notify::new() })))
    }

    /// Notes that a batch goes to the store.
    #[must_use]
    pub fn begin(&self, case: CaseId, epoch: u64) -> BatchAccount {
        if let Some(accounts) = &self.0 {
            accounts.lock().entry(case).or_default().batches_in_flight += 1;
        }
        BatchAccount { accounts: self.0.clone(), case, epoch }
    }

    /// Notes that this node has seen the seal of a case. From then on a batch counts nothing.
    pub fn seal(&self, case: CaseId, epoch: u64) {
        let Some(accounts) = &self.0 else { return };
        let mut by_case = accounts.lock();
        let account = by_case.entry(case).or_default();
        account.counted.entry(epoch).or_default();
        account.sealed = account.sealed.max(Some(epoch));
        if account.is_settled() {
            accounts.final_row.notify_one();
        }
    }

    /// Notes that the room runs a case no longer. Its record is then compared with what was counted.
    pub fn end(&self, case: CaseId) {
        let Some(accounts) = &self.0 else { return };
        if let Some(account) = accounts.lock().get_mut(&case) {
            (account.sealed, account.has_ended) = (Some(u64::MAX), true);
            // Its rows are filed once more: they stay for a day from now.
            account.filed.clear();
            accounts.final_row.notify_one();
        }
    }

    /// This node's ballots in an epoch, and whether no further ones can follow once the case is sealed.
    fn own(&self, case: CaseId, epoch: u64) -> (u64, bool) {
        let Some(accounts) = &self.0 else { return (0, true) };
        let by_case = accounts.lock();
        let Some(account) = by_case.get(&case) else { return (0, true) };
        (account.counted.get(&epoch).copied().unwrap_or_default(), account.batches_in_flight == 0)
    }
}

impl Accounts {
    /// Each change is one step, so a panic elsewhere cannot leave an account half changed.
    fn lock(&self) -> MutexGuard<'_, HashMap<CaseId, Account>> {
        self.by_case.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn changed_rows(&self) -> Vec<LedgerRow> {
        self.lock().iter().flat_map(|(case, account)| account.rows(*case)).collect()
    }

    fn filed(&self, rows: &[LedgerRow]) {
        let mut by_case = self.lock();
        for row in rows {
            if let Some(account) = by_case.get_mut(&row.case) {
                account.filed.insert(row.epoch, (row.ballots, row.is_final));
            }
        }
    }

    /// Cases that have ended and whose rows the docket has, with the highest epoch and its ballots.
    fn ended(&self) -> Vec<(CaseId, Option<(u64, u64)>)> {
        let by_case = self.lock();
        let done = by_case.iter().filter(|(case, account)| {
            account.has_ended && account.batches_in_flight == 0 && account.rows(**case).next().is_none()
        });
        done.map(|(case, account)| (*case, account.highest())).collect()
    }

    /// The docket says that the case goes on.
    fn reopen(&self, case: CaseId) {
        if let Some(account) = self.lock().get_mut(&case) {
            (account.sealed, account.has_ended) = (None, false);
        }
    }
}

impl Lifecycle {
    /// Files this node's ledger until `stop`, and then once more. Compares it with the records of ended cases.
    pub async fn keep_ledger(&self, stop: CancellationToken) {
        let Some(accounts) = &self.ledger.0 else { return };
        let mut ticks = interval(FILE_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut sweep = interval(SWEEP_INTERVAL);
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                _ = ticks.tick() => {}
                () = accounts.final_row.notified() => sleep(GATHER_TIME).await,
                _ = sweep.tick() => {
                    if let Err(error) = self.docket.sweep_ledger().await {
                        tracing::warn!(%error, "old rows of the ledger were not deleted");
                    }
                }
            }
            if let Err(error) = self.file_ledger(accounts).await {
                tracing::debug!(%error, "the ledger was not filed and will be tried again");
            }
        }
        if !matches!(timeout(LAST_FILING_TIMEOUT, self.file_ledger(accounts)).await, Ok(Ok(()))) {
            tracing::warn!("the ledger's last rows were not filed");
        }
    }

    async fn file_ledger(&self, accounts: &Accounts) -> Result<(), DocketError> {
        let rows = accounts.changed_rows();
        if !rows.is_empty() {
            self.docket.file_ledger(accounts.node, &rows).await?;
            accounts.filed(&rows);
        }
        for (case, highest) in accounts.ended() {
            let Some((epoch, ballots)) = highest else {
                accounts.lock().remove(&case);
                continue;
            };
            match self.docket.case(case).await? {
                Some(found) if found.state.ended().is_none() => accounts.reopen(case),
                found => {
                    if let Some(found) = found {
                        self.compare_with_record(accounts.node, &found, epoch, ballots).await?;
                    }
                    accounts.lock().remove(&case);
                }
            }
        }
        Ok(())
    }

    /// Reports ballots that this node has answered as counted and that the record lacks. A record without counts says
    /// so itself.
    async fn compare_with_record(&self, node: Uuid, case: &Case, epoch: u64, counted: u64) -> Result<(), DocketError> {
        let Some(ended) = case.state.ended().filter(|ended| ended.verdict.counts.is_some()) else { return Ok(()) };
        let recorded = match epoch.cmp(&ended.sealed.open.epoch) {
            std::cmp::Ordering::Less => return Ok(()),
            std::cmp::Ordering::Equal => ended.verdict.ballots,
            std::cmp::Ordering::Greater => 0,
        };
        if counted <= recorded {
            return Ok(());
        }
        let detail =
            format!("node {node} answered {counted} ballots of epoch {epoch} as counted; {recorded} are recorded");
        let entry = self.entry(case, Author::Server, AuditAction::BallotsMissing, Some(detail));
        self.docket.note(case.id, &entry).await?;
        tracing::error!(case = %case.id, epoch, counted, recorded, "acknowledged ballots are missing from the record");
        metrics::counter!("live_jury_ballots_missing_total").increment(counted - recorded);
        Ok(())
    }

    /// Ballots of a case's epoch that nodes have answered as counted, as far as they have told by now.
    ///
    /// # Errors
    /// The docket did not answer.
    pub(super) async fn acknowledged(&self, case: CaseId, epoch: u64) -> Result<u64, LifecycleError> {
        let Some(accounts) = &self.ledger.0 else { return Ok(0) };
        let (own, _) = self.ledger.own(case, epoch);
        Ok(own + self.docket.ledger_of_others(case, epoch, accounts.node).await?.ballots)
    }

    /// Ballots of a sealed case's epoch that all nodes have answered as counted: once all nodes seen of late have told
    /// their last ones, or what they have told after a second.
    ///
    /// # Errors
    /// The docket did not answer.
    pub(super) async fn acknowledged_at_last(&self, case: CaseId, epoch: u64) -> Result<u64, LifecycleError> {
        let Some(accounts) = &self.ledger.0 else { return Ok(0) };
        let until = Instant::now() + FINAL_ROWS_TIMEOUT;
        let mut pause = FIRST_PAUSE;
        loop {
            let (own, is_settled) = self.ledger.own(case, epoch);
            let others = self.docket.ledger_of_others(case, epoch, accounts.node).await?;
            if (is_settled && others.awaited == 0) || Instant::now() >= until {
                return Ok(own + others.ballots);
            }
            sleep(pause.min(until.saturating_duration_since(Instant::now()))).await;
            pause *= 2;
        }
    }
}
