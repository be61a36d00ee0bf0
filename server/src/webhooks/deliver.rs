//! Delivers the outbox's events to one target: at least once, and in order for each party.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, StreamExt};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use ureq::Agent;
use uuid::Uuid;

use super::message::{Message, message};
use super::schedule::pause;
use super::send::{ATTEMPT_TIMEOUT, Attempt, send};
use super::target::Target;
use crate::authorities::Authorities;
use crate::clock::Clock;
use crate::docket::{Deliveries, Docket, DocketError, Event, HELD_MS, WaitingDelivery};
use crate::telemetry::log_limited;

/// Time between two looks at the outbox. A platform learns of a verdict this much later.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);
/// Time between two looks while another node serves the target.
const OTHERS_INTERVAL: Duration = Duration::from_secs(10);
/// Remaining time of a hold below which it is renewed: an attempt that begins now ends within it.
const RENEWED_BELOW: Duration = Duration::from_secs(16);
/// Most events of one look. Their deliveries are filed together.
const EVENTS_AT_ONCE: u32 = 64;
/// Most parties that are delivered to at the same time. A slow target holds back as many threads.
const PARTIES_AT_ONCE: usize = 8;
/// Counts attempts by result.
const ATTEMPTS: &str = "live_jury_webhook_attempts_total";

/// Delivers events to one target, while no other node does.
pub struct Deliverer {
    target: Arc<Target>,
    agent: Agent,
    node: Uuid,
    docket: Arc<dyn Docket>,
    clock: Arc<dyn Clock>,
}

/// This node's hold on the target.
struct Hold {
    cursor: u64,
    stopped: bool,
    until: Instant,
}

/// A delivery to attempt. It waited before if it had an attempt, or stood behind one.
struct Pending {
    delivery: WaitingDelivery,
    is_new: bool,
}

impl Deliverer {
    /// A deliverer of this node.
    #[must_use]
    pub fn new(
        target: Target,
        authorities: &Authorities,
        node: Uuid,
        docket: Arc<dyn Docket>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let agent = target.url.agent(authorities, ATTEMPT_TIMEOUT);
        Self { target: Arc::new(target), agent, node, docket, clock }
    }

    /// Delivers until the node stops.
    pub async fn run(self, closed: CancellationToken) {
        let mut hold = None;
        while !closed.is_cancelled() {
            let pause = match self.look(&mut hold, &closed).await {
                Ok(true) => continue,
                Ok(false) if hold.is_some() => LOOK_INTERVAL,
                Ok(false) => OTHERS_INTERVAL,
                Err(error) => {
                    log_limited!(warn, target = self.target.name, %error, "no webhook was delivered");
                    hold = None;
                    LOOK_INTERVAL
                }
            };
            if closed.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
                break;
            }
        }
        if hold.is_some()
            && let Err(error) = self.docket.release_target(&self.target.name, self.node).await
        {
            tracing::warn!(target = self.target.name, %error, "another node takes this target after a while");
        }
    }

    /// Delivers what is due. Returns whether there may be more at once.
    async fn look(&self, hold: &mut Option<Hold>, closed: &CancellationToken) -> Result<bool, DocketError> {
        let held = match hold.take().filter(|held| held.until - Instant::now() > RENEWED_BELOW) {
            Some(held) => held,
            None => match self.take().await? {
                Some(held) => held,
                None => return Ok(false),
            },
        };
        let held = hold.insert(held);
        if held.stopped {
            return Ok(false);
        }
        let (name, now_ms) = (&self.target.name, self.clock.now_ms());
        let due = self.docket.due_deliveries(name, now_ms, EVENTS_AT_ONCE).await?;
        let events = self.docket.events(held.cursor, EVENTS_AT_ONCE).await?;
        let Some(last) = events.last().map(|event| event.seq).or(due.first().map(|_| held.cursor)) else {
            return Ok(false);
        };
        let mut done = Deliveries { cursor: last, now_ms, ..Deliveries::default() };
        let mut parties: BTreeMap<String, Vec<Pending>> = BTreeMap::new();
        for delivery in due {
            parties.entry(delivery.party.clone()).or_default().push(Pending { delivery, is_new: false });
        }
        for event in &events {
            let Some(message) = message(event).filter(|message| self.target.wants(message.kind)) else { continue };
            let delivery = unsent(event, message, now_ms);
            // Behind a delivery that waits, a new one waits, too. The first one of the party may be due now, and others
            // stand between it and this one.
            if self.docket.party_waits(name, &delivery.party).await? {
                done.waiting.push(delivery);
            } else {
                parties.entry(delivery.party.clone()).or_default().push(Pending { delivery, is_new: true });
            }
        }
        let until = held.until;
        let sent = stream::iter(parties.into_values().map(|pending| self.send_in_order(pending, until, closed)));
        let mut all_held = true;
        for part in sent.buffer_unordered(PARTIES_AT_ONCE).collect::<Vec<_>>().await {
            done.delivered.extend(part.delivered);
            done.waiting.extend(part.waiting);
            done.stopped_at_ms = done.stopped_at_ms.or(part.stopped_at_ms);
            all_held &= part.all_held;
        }
        if !self.docket.file_deliveries(name, self.node, &done).await? {
            // Another node has it, or it was replayed: what was sent is sent again.
            *hold = None;
            return Ok(false);
        }
        held.cursor = done.cursor;
        held.stopped |= done.stopped_at_ms.is_some();
        if done.stopped_at_ms.is_some() {
            tracing::error!(target = name, "a webhook's target said that it is gone; replay to begin again");
        }
        if !all_held {
            *hold = None;
        }
        // Deliveries that stood behind a delivered one are due now.
        Ok(!closed.is_cancelled() && (!done.delivered.is_empty() || events.len() >= EVENTS_AT_ONCE as usize))
    }

    /// Takes or renews the hold. The time is read before, so that the hold lasts at least as long as this node thinks.
    async fn take(&self) -> Result<Option<Hold>, DocketError> {
        let until = Instant::now() + Duration::from_millis(HELD_MS);
        let held = self.docket.hold_target(&self.target.name, self.node).await?;
        Ok(held.map(|held| Hold { cursor: held.cursor, stopped: held.stopped, until }))
    }

    /// Sends one party's deliveries one after the other, up to the first that fails.
    async fn send_in_order(&self, pending: Vec<Pending>, until: Instant, closed: &CancellationToken) -> Sent {
        let mut sent = Sent { all_held: true, ..Sent::default() };
        let mut pending = pending.into_iter();
        for Pending { mut delivery, is_new } in pending.by_ref() {
            // Beyond the hold another node may have the target.
            if closed.is_cancelled() || until <= Instant::now() + ATTEMPT_TIMEOUT {
                sent.all_held = false;
                sent.waiting.push(delivery);
                break;
            }
            match self.attempt(&delivery).await {
                Attempt::Delivered => {
                    metrics::counter!(ATTEMPTS, "result" => "delivered").increment(1);
                    if !is_new {
                        sent.delivered.push(delivery.seq);
                    }
                    continue;
                }
                Attempt::Failed { why, asked } => self.fail(&mut delivery, why, asked),
                Attempt::Gone => sent.stopped_at_ms = Some(self.clock.now_ms()),
            }
            let given_up = delivery.failed_at_ms.is_some();
            sent.waiting.push(delivery);
            if !given_up {
                break;
            }
        }
        sent.waiting.extend(pending.map(|pending| pending.delivery));
        sent
    }

    /// Notes a failed attempt, and when the next one is due.
    fn fail(&self, delivery: &mut WaitingDelivery, why: String, asked: Option<Duration>) {
        delivery.attempts += 1;
        delivery.why = why;
        let now_ms = self.clock.now_ms();
        let (target, seq, attempts) = (&self.target.name, delivery.seq, delivery.attempts);
        match pause(delivery.attempts, asked, self.clock.chance()) {
            Some(pause) => {
                metrics::counter!(ATTEMPTS, "result" => "failed").increment(1);
                delivery.due_ms = now_ms + u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
                log_limited!(warn, target, seq, attempts, why = delivery.why, "a webhook was not delivered");
            }
            None => {
                metrics::counter!(ATTEMPTS, "result" => "given_up").increment(1);
                delivery.failed_at_ms = Some(now_ms);
                tracing::error!(target, seq, attempts, why = delivery.why, "a webhook was given up");
            }
        }
    }

    /// Sends a delivery once.
    async fn attempt(&self, delivery: &WaitingDelivery) -> Attempt {
        let (target, agent, at_s) = (self.target.clone(), self.agent.clone(), self.clock.now_ms() / 1_000);
        let (id, body) = (delivery.event.to_string(), delivery.body.clone());
        let sending = tokio::task::spawn_blocking(move || send(&agent, &target, &id, at_s, &body));
        sending.await.unwrap_or_else(|error| Attempt::failed(&error))
    }
}

/// The deliveries to one party.
#[derive(Default)]
struct Sent {
    delivered: Vec<u64>,
    waiting: Vec<WaitingDelivery>,
    stopped_at_ms: Option<u64>,
    all_held: bool,
}

/// A delivery before its first attempt.
fn unsent(event: &Event, message: Message, now_ms: u64) -> WaitingDelivery {
    WaitingDelivery {
        seq: event.seq,
        party: message.party,
        event: event.id,
        body: message.body,
        attempts: 0,
        due_ms: now_ms,
        failed_at_ms: None,
        why: String::new(),
    }
}
