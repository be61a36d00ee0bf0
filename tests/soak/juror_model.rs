//! A juror's model: decides the next cast and logs every answer; it owns no socket, and several sockets may share it.

use std::collections::HashMap;
use std::time::Duration;

use fastrand::Rng;
use tokio::time::Instant;
use uuid::Uuid;

use crate::frames::{Case, Docket, Frame};
use crate::judge::NO_OPTION;
use crate::run_log::{Event, JurorLog, SeenTally};

/// Time over which repeated casts after a loss are spread, as docs/protocol.md requires.
const RECAST_SPREAD_MS: u64 = 2_000;
/// Share of a settled juror's casts that change the option, where changes are allowed.
const CHANGES_PERCENT: u8 = 25;
/// Share of casts with another option, where changes are not allowed.
const SWAPS_PERCENT: u8 = 4;
/// Share of casts with an unknown option.
const NONSENSE_PERCENT: u8 = 2;
/// Share of casts without a change number.
const UNNUMBERED_PERCENT: u8 = 5;
/// Share of casts on an ended case.
const LATE_PERCENT: u8 = 3;

/// A juror's knowledge and intentions.
#[derive(Debug)]
pub struct JurorModel {
    rng: Rng,
    began: Instant,
    intents: HashMap<Uuid, CaseIntent>,
    /// The log until now.
    pub juror_log: JurorLog,
}

/// A juror's intention and knowledge in one case.
#[derive(Debug)]
struct CaseIntent {
    option: String,
    change: u32,
    /// Epoch and change number of the last acknowledged ballot.
    known: Option<(u64, u32)>,
    /// Time of the next attempt, after a refusal with a delay or after a loss.
    retry_at: Option<Instant>,
    /// The last epoch in which a repeated cast was delayed.
    spread_in: u64,
    /// Whether every ballot of this juror is refused.
    refused_for_good: bool,
}

/// A cast to send.
#[derive(Clone, Debug)]
pub struct Cast {
    pub case: Uuid,
    pub option: String,
    pub change: Option<u32>,
}

impl JurorModel {
    /// A juror without knowledge.
    pub fn new(room: &str, seed: u64, began: Instant) -> Self {
        let juror_log = JurorLog { room: room.to_owned(), ..JurorLog::default() };
        Self { rng: Rng::with_seed(seed), began, intents: HashMap::new(), juror_log }
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).expect("a run is short")
    }

    /// Logs a violation that is visible at once.
    pub fn report(&mut self, what: String) {
        self.juror_log.wrong.insert(what);
    }

    fn record(&mut self, case: Uuid, event: Event) {
        let now_ms = self.now_ms();
        self.juror_log.cases.entry(case).or_default().record(event, now_ms);
    }

    /// The next cast for this docket, logged as sent.
    pub fn next_cast(&mut self, docket: &Docket) -> Option<Cast> {
        let now = Instant::now();
        let open = || docket.cases.iter().filter(|case| case.is_open());
        let cast = open().find_map(|case| self.unsettled_cast(case, now)).or_else(|| self.settled_cast(docket, now))?;
        self.record(cast.case, Event::Sent { option: cast.option.clone(), change: cast.change });
        Some(cast)
    }

    /// A cast for a case whose ballot is not acknowledged in its epoch.
    fn unsettled_cast(&mut self, case: &Case, now: Instant) -> Option<Cast> {
        let rng = &mut self.rng;
        let intent = self.intents.entry(case.id).or_insert_with(|| CaseIntent {
            option: choose(rng, case, None),
            change: 0,
            known: None,
            retry_at: None,
            spread_in: case.epoch,
            refused_for_good: false,
        });
        let settled = intent.known.is_some_and(|(epoch, change)| {
            epoch >= case.epoch && (!case.rules.allow_change || change >= intent.change)
        });
        if intent.refused_for_good || settled {
            return None;
        }
        if intent.known.is_some() && intent.spread_in < case.epoch {
            intent.spread_in = case.epoch;
            intent.retry_at = Some(now + Duration::from_millis(rng.u64(..RECAST_SPREAD_MS)));
        }
        if intent.retry_at.is_some_and(|until| until > now) {
            return None;
        }
        let change = case.rules.allow_change.then_some(intent.change);
        Some(Cast { case: case.id, option: intent.option.clone(), change })
    }

    /// A cast after all ballots are acknowledged: a repeat, a change, or an invalid one. An invalid cast must have no
    /// effect.
    fn settled_cast(&mut self, docket: &Docket, now: Instant) -> Option<Cast> {
        let late = self.rng.u8(..100) < LATE_PERCENT;
        let cases: Vec<&Case> =
            docket.cases.iter().filter(|case| case.is_open() != late && self.intents.contains_key(&case.id)).collect();
        let case = *self.rng.choice(&cases)?;
        let (rng, intent) = (&mut self.rng, self.intents.get_mut(&case.id)?);
        if intent.retry_at.is_some_and(|until| until > now) {
            return None;
        }
        let (roll, changes) = (rng.u8(..100), case.rules.allow_change);
        let mut cast = Cast { case: case.id, option: intent.option.clone(), change: changes.then_some(intent.change) };
        match roll {
            _ if late => {}
            0..NONSENSE_PERCENT => cast.option = NO_OPTION.to_owned(),
            _ if intent.refused_for_good => {}
            _ if changes && roll < UNNUMBERED_PERCENT => cast.change = None,
            _ if changes && roll < CHANGES_PERCENT => {
                intent.option = choose(rng, case, Some(&intent.option));
                intent.change += 1;
                (cast.option, cast.change) = (intent.option.clone(), Some(intent.change));
            }
            _ if !changes && roll < SWAPS_PERCENT => cast.option = choose(rng, case, Some(&intent.option)),
            _ => {}
        }
        Some(cast)
    }

    /// Handles an acknowledgement, in an answer or in a welcome.
    pub fn on_acknowledged(&mut self, case: Uuid, status: &str, frame: Frame) {
        let Frame { option: Some(option), epoch, change, .. } = frame else {
            return self.report(format!("a ballot without an option: {frame:?}"));
        };
        if let Some(intent) = self.intents.get_mut(&case) {
            intent.retry_at = None;
            if intent.known.is_none_or(|known| known <= (epoch, change)) {
                intent.known = Some((epoch, change));
            }
            if change >= intent.change {
                // The stored ballot is as new as the intended one. It came from another socket, or without a change
                // number.
                (intent.option, intent.change) = (option.clone(), change);
            } else if intent.change > change + 1 {
                // The ballot is of a new epoch. Change numbers continue from the stored one.
                intent.change = change + 1;
            }
        }
        self.record(case, Event::Acknowledged { status: status.to_owned(), option, epoch, change });
    }

    /// Handles a refusal.
    pub fn on_refused(&mut self, cast: &Cast, reason: &str, retry_after_ms: Option<u64>, epoch: u64) {
        if let Some(intent) = self.intents.get_mut(&cast.case) {
            match (reason, retry_after_ms) {
                (_, Some(ms)) => intent.retry_at = Some(Instant::now() + Duration::from_millis(ms)),
                ("recused", _) => intent.refused_for_good = true,
                // Another ballot of this juror is stored, possibly an invalid one from before a loss.
                ("already_voted", _) if intent.known.is_none_or(|(known, _)| known < epoch) => {
                    intent.known = Some((epoch, 0));
                }
                _ => {}
            }
        }
        self.record(cast.case, Event::Refused { option: cast.option.clone(), reason: reason.to_owned() });
    }

    /// Handles a welcome, which names all recorded ballots. Missing ones are cast again.
    pub fn on_welcome(&mut self, named: &[Uuid]) {
        let until = Instant::now() + Duration::from_millis(self.rng.u64(..RECAST_SPREAD_MS));
        for (_, intent) in self.intents.iter_mut().filter(|(case, _)| !named.contains(case)) {
            if intent.known.take().is_some() {
                intent.retry_at = Some(until);
            }
        }
    }

    /// Handles a tally.
    pub fn on_tally(&mut self, case: Uuid, epoch: u64, seen: SeenTally) {
        self.juror_log.cases.entry(case).or_default().record_tally(epoch, seen);
    }

    /// Handles a docket.
    pub fn on_docket(&mut self, docket: &Docket) {
        for case in &docket.cases {
            if let Some(verdict) = &case.verdict {
                self.record(case.id, Event::Verdict { text: verdict.to_string() });
            }
        }
    }

    /// Whether a ballot in this case was acknowledged.
    pub fn has_voted(&self, case: Uuid) -> bool {
        self.intents.get(&case).is_some_and(|intent| intent.known.is_some())
    }
}

/// A random option except this one. The first option is likelier than others, so that cases are decided.
fn choose(rng: &mut Rng, case: &Case, but: Option<&str>) -> String {
    let others: Vec<&str> =
        case.options.iter().map(|option| option.id.as_str()).filter(|id| Some(*id) != but).collect();
    let place = if rng.bool() { 0 } else { rng.usize(..others.len()) };
    others[place].to_owned()
}
