//! A juror's mind: what to cast next, what was sent and told so far; it owns no socket, several of them may share it.

use std::collections::HashMap;
use std::time::Duration;

use fastrand::Rng;
use tokio::time::Instant;
use uuid::Uuid;

use crate::frames::{Case, Docket, Frame};
use crate::judge::NO_OPTION;
use crate::run_log::{Event, Seen, Witness};

/// Spread of the second cast after a loss, as the contract has it.
const RECAST_SPREAD_MS: u64 = 2_000;
/// Of a hundred casts of one who has voted everywhere: another choice, where that is allowed.
const CHANGES: u8 = 25;
/// An option that is not the one recorded, where that is not allowed.
const SWAPS: u8 = 4;
/// An option that does not exist.
const NONSENSE: u8 = 2;
/// A ballot without its number.
const UNNUMBERED: u8 = 5;
/// A repeat in a case that has ended.
const LATE: u8 = 3;

/// A juror's mind.
#[derive(Debug)]
pub struct Mind {
    rng: Rng,
    began: Instant,
    stances: HashMap<Uuid, Stance>,
    /// What happened so far.
    pub witness: Witness,
}

/// What a juror wants of a case, and knows of it.
#[derive(Debug)]
struct Stance {
    option: String,
    change: u32,
    /// Epoch and number of the last ballot acknowledged.
    known: Option<(u64, u32)>,
    /// Not before this: the server asked to wait, or a loss is being spread.
    rest_until: Option<Instant>,
    /// The epoch in which casting again is spread already.
    spread_in: u64,
    /// No ballot of this juror is taken.
    refused_for_good: bool,
}

/// A cast to send.
#[derive(Clone, Debug)]
pub struct Cast {
    pub case: Uuid,
    pub option: String,
    pub change: Option<u32>,
}

impl Mind {
    /// One who knows nothing yet.
    pub fn new(room: &str, seed: u64, began: Instant) -> Self {
        let witness = Witness { room: room.to_owned(), ..Witness::default() };
        Self { rng: Rng::with_seed(seed), began, stances: HashMap::new(), witness }
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).expect("a run is short")
    }

    /// Something is wrong that can be told at once.
    pub fn object(&mut self, what: String) {
        self.witness.wrong.insert(what);
    }

    fn note(&mut self, case: Uuid, event: Event) {
        let now_ms = self.now_ms();
        self.witness.cases.entry(case).or_default().note(event, now_ms);
    }

    /// What to cast now, by this docket; it counts as sent.
    pub fn next_cast(&mut self, docket: &Docket) -> Option<Cast> {
        let now = Instant::now();
        let open = || docket.cases.iter().filter(|case| case.is_open());
        let cast = open().find_map(|case| self.unsettled(case, now)).or_else(|| self.at_leisure(docket, now))?;
        self.note(cast.case, Event::Sent { option: cast.option.clone(), change: cast.change });
        Some(cast)
    }

    /// A first ballot, one without an answer, or one that was lost: cast until it is acknowledged.
    fn unsettled(&mut self, case: &Case, now: Instant) -> Option<Cast> {
        let rng = &mut self.rng;
        let stance = self.stances.entry(case.id).or_insert_with(|| Stance {
            option: choose(rng, case, None),
            change: 0,
            known: None,
            rest_until: None,
            spread_in: case.epoch,
            refused_for_good: false,
        });
        let settled = stance.known.is_some_and(|(epoch, change)| {
            epoch >= case.epoch && (!case.rules.allow_change || change >= stance.change)
        });
        if stance.refused_for_good || settled {
            return None;
        }
        if stance.known.is_some() && stance.spread_in < case.epoch {
            stance.spread_in = case.epoch;
            stance.rest_until = Some(now + Duration::from_millis(rng.u64(..RECAST_SPREAD_MS)));
        }
        if stance.rest_until.is_some_and(|until| until > now) {
            return None;
        }
        let change = case.rules.allow_change.then_some(stance.change);
        Some(Cast { case: case.id, option: stance.option.clone(), change })
    }

    /// All is acknowledged: repeats, changes and mischief, none of which may change what must not change.
    fn at_leisure(&mut self, docket: &Docket, now: Instant) -> Option<Cast> {
        let late = self.rng.u8(..100) < LATE;
        let cases: Vec<&Case> =
            docket.cases.iter().filter(|case| case.is_open() != late && self.stances.contains_key(&case.id)).collect();
        let case = *self.rng.choice(&cases)?;
        let (rng, stance) = (&mut self.rng, self.stances.get_mut(&case.id)?);
        if stance.rest_until.is_some_and(|until| until > now) {
            return None;
        }
        let (roll, changes) = (rng.u8(..100), case.rules.allow_change);
        let mut cast = Cast { case: case.id, option: stance.option.clone(), change: changes.then_some(stance.change) };
        match roll {
            _ if late => {}
            0..NONSENSE => cast.option = NO_OPTION.to_owned(),
            _ if stance.refused_for_good => {}
            _ if changes && roll < UNNUMBERED => cast.change = None,
            _ if changes && roll < CHANGES => {
                stance.option = choose(rng, case, Some(&stance.option));
                stance.change += 1;
                (cast.option, cast.change) = (stance.option.clone(), Some(stance.change));
            }
            _ if !changes && roll < SWAPS => cast.option = choose(rng, case, Some(&stance.option)),
            _ => {}
        }
        Some(cast)
    }

    /// A ballot was acknowledged, in answer to a cast or in a welcome.
    pub fn told(&mut self, case: Uuid, status: &str, frame: Frame) {
        let Frame { option: Some(option), epoch, change, .. } = frame else {
            return self.object(format!("a ballot without an option: {frame:?}"));
        };
        if let Some(stance) = self.stances.get_mut(&case) {
            stance.rest_until = None;
            if stance.known.is_none_or(|known| known <= (epoch, change)) {
                stance.known = Some((epoch, change));
            }
            if change >= stance.change {
                // What is stored is as new as what was wanted: another socket, or a ballot without a number.
                (stance.option, stance.change) = (option.clone(), change);
            } else if stance.change > change + 1 {
                // Of a new epoch: numbers go on from what is stored.
                stance.change = change + 1;
            }
        }
        self.note(case, Event::Told { status: status.to_owned(), option, epoch, change });
    }

    /// A cast was refused.
    pub fn refused(&mut self, cast: &Cast, reason: &str, retry_after_ms: Option<u64>, epoch: u64) {
        if let Some(stance) = self.stances.get_mut(&cast.case) {
            match (reason, retry_after_ms) {
                (_, Some(ms)) => stance.rest_until = Some(Instant::now() + Duration::from_millis(ms)),
                ("recused", _) => stance.refused_for_good = true,
                // A ballot of this juror is in, whichever: mischief of before a loss, maybe.
                ("already_voted", _) if stance.known.is_none_or(|(known, _)| known < epoch) => {
                    stance.known = Some((epoch, 0));
                }
                _ => {}
            }
        }
        self.note(cast.case, Event::Refused { option: cast.option.clone(), reason: reason.to_owned() });
    }

    /// A welcome names all ballots that are recorded; what is missing is cast again.
    pub fn welcomed(&mut self, named: &[Uuid]) {
        let until = Instant::now() + Duration::from_millis(self.rng.u64(..RECAST_SPREAD_MS));
        for (_, stance) in self.stances.iter_mut().filter(|(case, _)| !named.contains(case)) {
            if stance.known.take().is_some() {
                stance.rest_until = Some(until);
            }
        }
    }

    /// A tally was shown.
    pub fn saw(&mut self, case: Uuid, epoch: u64, seen: Seen) {
        self.witness.cases.entry(case).or_default().saw(epoch, seen);
    }

    /// A docket was shown.
    pub fn read(&mut self, docket: &Docket) {
        for case in &docket.cases {
            if let Some(verdict) = &case.verdict {
                self.note(case.id, Event::Verdict { text: verdict.to_string() });
            }
        }
    }

    /// Whether a ballot in this case is acknowledged.
    pub fn has_voted(&self, case: Uuid) -> bool {
        self.stances.get(&case).is_some_and(|stance| stance.known.is_some())
    }
}

/// Any option but this one; the first is liked more than the others, so that there are verdicts.
fn choose(rng: &mut Rng, case: &Case, but: Option<&str>) -> String {
    let others: Vec<&str> =
        case.options.iter().map(|option| option.id.as_str()).filter(|id| Some(*id) != but).collect();
    let place = if rng.bool() { 0 } else { rng.usize(..others.len()) };
    others[place].to_owned()
}
