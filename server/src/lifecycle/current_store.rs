//! Which tally store counts: this node's row in the docket, its store's id, and the takeover. It counts no ballot.

use std::sync::Arc;
use std::time::Duration;

use live_jury_court::StoreId;
use tokio::sync::{Mutex, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::LifecycleError;
use crate::docket::Docket;
use crate::tally::{TallyError, TallyStore};

/// Time between two reads of the store's id. A store that was emptied is noticed within it.
const READ_INTERVAL: Duration = Duration::from_millis(500);
/// Limits a read of the id between two ticks. A store that does not answer tells nothing about its id.
const READ_TIMEOUT: Duration = Duration::from_secs(1);
/// Time between two reports of this node: a fifth of the time for which its row counts.
const REPORT_INTERVAL: Duration = Duration::from_secs(2);
/// Age of the last answered read from which on this node's row is not renewed, and after which it is renewed first. A
/// node that does not reach its store must not hold it for ever.
const READ_STALE: Duration = Duration::from_secs(3);
/// Limits the wait of a step for a takeover; the step is then tried again later. Nodes that run need less.
const TAKEOVER_TIMEOUT: Duration = Duration::from_secs(1);
/// Time between two tries to take over, so that many lost cases do not flood the docket.
const TAKEOVER_PAUSE: Duration = Duration::from_millis(100);
/// Limits the deletion of a stopping node's row. Without it the others take over some seconds later.
const LEAVE_TIMEOUT: Duration = Duration::from_secs(2);

/// The tally store of this node, and whether the docket names it as the current one. Only the current one counts.
pub struct CurrentStore {
    known: watch::Sender<Known>,
    /// None with the tally in the server's own file, which no other node can take over.
    link: Option<Link>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Known {
    /// The id of this node's store.
    own: StoreId,
    /// The id that the docket named last.
    current: StoreId,
}

impl Known {
    fn is_current(self) -> bool {
        self.own == self.current
    }
}

struct Link {
    node: Uuid,
    tally: Arc<dyn TallyStore>,
    docket: Arc<dyn Docket>,
    /// Held during a comparison with the docket: when the last one began.
    compared_at: Mutex<Option<Instant>>,
    /// When the store last answered with its id.
    read_at: watch::Sender<Instant>,
}

impl CurrentStore {
    /// The tally in the server's own file, which has this id.
    #[must_use]
    pub fn embedded(id: StoreId) -> Self {
        Self { known: watch::Sender::new(Known { own: id, current: id }), link: None }
    }

    /// A tally store that other nodes may share. It is compared with the docket, and taken over if it may be.
    ///
    /// # Errors
    /// A store did not answer.
    pub async fn shared(
        node: Uuid,
        tally: Arc<dyn TallyStore>,
        docket: Arc<dyn Docket>,
    ) -> Result<Self, LifecycleError> {
        let own = tally.store_id().await?;
        let current = docket.report_node(node, own).await?;
        let link =
            Link { node, tally, docket, compared_at: Mutex::new(None), read_at: watch::Sender::new(Instant::now()) };
        let store = Self { known: watch::Sender::new(Known { own, current }), link: Some(link) };
        if !store.is_current() {
            tracing::warn!(%own, %current, "the docket names another tally store; this node counts nothing yet");
        }
        Ok(store)
    }

    /// The id of this node's store.
    #[must_use]
    pub fn id(&self) -> StoreId {
        self.known.borrow().own
    }

    /// Whether this node's store is the current one.
    #[must_use]
    pub fn is_current(&self) -> bool {
        self.known.borrow().is_current()
    }

    /// Reads the store's id once more and returns it, if the store is the current one or becomes it now.
    ///
    /// # Errors
    /// A store did not answer, or another node runs on the current store.
    pub async fn confirm(&self) -> Result<StoreId, LifecycleError> {
        let Some(link) = &self.link else { return Ok(self.id()) };
        let until = Instant::now() + TAKEOVER_TIMEOUT;
        loop {
            self.compare(link).await?;
            let known = *self.known.borrow();
            if known.is_current() {
                return Ok(known.own);
            }
            if Instant::now() >= until {
                return Err(not_current().into());
            }
            sleep(TAKEOVER_PAUSE).await;
        }
    }

    /// Follows the store and the docket until `stop`, then deletes this node's row.
    pub async fn run(&self, stop: CancellationToken) {
        self.show();
        let Some(link) = &self.link else { return };
        tokio::join!(self.follow_store(link, &stop), self.follow_docket(link, &stop));
        match timeout(LEAVE_TIMEOUT, link.docket.remove_node(link.node)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "this node's row was not deleted; it counts for 10 s more"),
            Err(_) => tracing::warn!("this node's row was not deleted in time; it counts for 10 s more"),
        }
    }

    /// Reads the store's id until `stop`. A read without an answer changes nothing.
    async fn follow_store(&self, link: &Link, stop: &CancellationToken) {
        let mut ticks = interval(READ_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            if let Err(error) = self.compare(link).await {
                tracing::debug!(%error, "the tally store's id was not compared with the docket's");
            }
        }
    }

    /// Renews this node's row until `stop`.
    async fn follow_docket(&self, link: &Link, stop: &CancellationToken) {
        let mut ticks = interval(REPORT_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            if link.read_at.borrow().elapsed() < READ_STALE {
                self.renew_row(link).await;
            }
        }
    }

    /// Renews this node's row and reads the current store. A node that does not reach the docket goes on as before.
    async fn renew_row(&self, link: &Link) {
        match link.docket.report_node(link.node, self.id()).await {
            Ok(current) => self.change(|known| known.current = current),
            Err(error) => tracing::debug!(%error, "this node's row was not renewed"),
        }
    }

    /// Reads the store's id. If it is not the current one, renews this node's row at once and takes over if it may.
    async fn compare(&self, link: &Link) -> Result<(), LifecycleError> {
        let own = timeout(READ_TIMEOUT, link.tally.store_id())
            .await
            .unwrap_or_else(|late| Err(TallyError::Unavailable(late.to_string())))?;
        self.change(|known| known.own = own);
        if link.read_at.send_replace(Instant::now()).elapsed() >= READ_STALE {
            self.renew_row(link).await;
        }
        if self.is_current() {
            return Ok(());
        }
        let mut compared_at = link.compared_at.lock().await;
        if self.is_current() || compared_at.is_some_and(|at| at.elapsed() < TAKEOVER_PAUSE) {
            return Ok(());
        }
        *compared_at = Some(Instant::now());
        let mut current = link.docket.report_node(link.node, own).await?;
        if current != own {
            current = link.docket.take_over(current, own).await?;
        }
        self.change(|known| known.current = current);
        Ok(())
    }

    /// Changes what is known, and logs if that changes whether this node counts.
    fn change(&self, change: impl FnOnce(&mut Known)) {
        let (mut before, mut after) = (None, None);
        self.known.send_if_modified(|known| {
            before = Some(*known);
            change(known);
            after = Some(*known);
            before != after
        });
        match (before, after) {
            (Some(before), Some(Known { own, current })) if before.is_current() && own != current => {
                tracing::error!(%own, %current, "the tally store is not the current one; this node counts nothing");
            }
            (Some(before), Some(Known { own, current })) if !before.is_current() && own == current => {
                tracing::warn!(store = %own, "the tally store is the current one; this node counts");
            }
            _ => return,
        }
        self.show();
    }

    fn show(&self) {
        metrics::gauge!("live_jury_tally_current").set(f64::from(u8::from(self.is_current())));
    }
}

/// The error of every call on a store that does not count.
pub(super) fn not_current() -> TallyError {
    TallyError::Unavailable("this node's tally store is not the current one".to_owned())
}
