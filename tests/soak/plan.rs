//! The plan of a run: its seed and its size, from the environment or by default.

use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

/// The seed of the run in `make test`.
const SEED: u64 = 7;
/// Duration of the faults in `make test`, in minutes.
const MINUTES: f64 = 0.2;
/// A run that has not reached its number of casts goes on, at most for this multiple of its minutes.
const OVERTIME: u32 = 10;

/// A run's seed and size.
#[derive(Clone, Debug)]
pub struct Plan {
    pub seed: u64,
    /// Duration of the faults.
    pub duration: Duration,
    /// Minimum number of casts before the faults end.
    pub casts: u64,
    pub nodes: usize,
    pub rooms: usize,
    /// Number of open cases in a room.
    pub cases: usize,
    pub jurors: usize,
    /// Mean time between two casts of a socket.
    pub think_time: Duration,
}

impl Plan {
    /// The runs that the environment names by `SEED` or `SEEDS=FIRST..LAST`, `MINUTES`, `CASTS` and `JURORS`.
    ///
    /// # Panics
    /// A variable has another form.
    pub fn from_environment() -> Vec<Self> {
        let seed = variable("SEED").unwrap_or(SEED);
        let seeds = match std::env::var("SEEDS").ok().filter(|seeds| !seeds.is_empty()) {
            Some(seeds) => range(&seeds),
            None => seed..=seed,
        };
        let minutes: f64 = variable("MINUTES").unwrap_or(MINUTES);
        let jurors = variable("JURORS").unwrap_or(if cfg!(debug_assertions) { 120 } else { 360 });
        let think_time = Duration::from_millis(if cfg!(debug_assertions) { 120 } else { 60 });
        let plan = |seed| Self {
            seed,
            duration: Duration::from_secs_f64(minutes * 60.0),
            casts: variable("CASTS").unwrap_or(0),
            nodes: 3,
            rooms: 4,
            cases: 3,
            jurors,
            think_time,
        };
        seeds.map(plan).collect()
    }

    /// Limit for the duration of the faults.
    pub fn duration_max(&self) -> Duration {
        self.duration * OVERTIME
    }
}

fn variable<T: FromStr>(name: &str) -> Option<T> {
    let text = std::env::var(name).ok().filter(|text| !text.is_empty())?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name}={text} is no number")))
}

fn range(seeds: &str) -> RangeInclusive<u64> {
    let (first, last) = seeds.split_once("..").unwrap_or((seeds, seeds));
    let seed =
        |text: &str| text.trim_start_matches('=').parse().unwrap_or_else(|_| panic!("SEEDS={seeds} is no range"));
    seed(first)..=seed(last)
}

/// The name of the room with this index.
pub fn room_name(index: usize) -> String {
    format!("soak-{index}")
}
