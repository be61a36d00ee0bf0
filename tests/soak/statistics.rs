//! The statistics of a run: counters while it runs, and their summary.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::AddAssign;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use tokio::time::Instant;

use crate::run_log::{Event, Record, RunLog};

/// Counters of a running run.
#[derive(Debug)]
pub struct Counters {
    began: Instant,
    casts: AtomicU64,
    sockets: AtomicU64,
    acknowledged_ms: AtomicU64,
    silence_ms: AtomicU64,
    is_watched: AtomicBool,
    faults: Mutex<BTreeMap<String, u64>>,
}

impl Counters {
    pub fn new(began: Instant) -> Self {
        Self {
            began,
            casts: AtomicU64::new(0),
            sockets: AtomicU64::new(0),
            acknowledged_ms: AtomicU64::new(0),
            silence_ms: AtomicU64::new(0),
            is_watched: AtomicBool::new(false),
            faults: Mutex::default(),
        }
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).expect("a run is short")
    }

    /// A cast was sent.
    pub fn cast(&self) {
        self.casts.fetch_add(1, Relaxed);
    }

    /// Number of casts sent.
    pub fn casts(&self) -> u64 {
        self.casts.load(Relaxed)
    }

    /// A socket ended or did not open.
    pub fn socket_ended(&self) {
        self.sockets.fetch_add(1, Relaxed);
    }

    /// A fault was applied.
    pub fn fault_applied(&self, kind: String) {
        *self.faults.lock().unwrap().entry(kind).or_default() += 1;
    }

    /// Starts or ends the watch for silence: while it lasts, an acknowledgement is expected at any time.
    pub fn watch(&self, is_watched: bool) {
        self.acknowledged();
        self.is_watched.store(is_watched, Relaxed);
    }

    /// A ballot was acknowledged.
    pub fn acknowledged(&self) {
        let now_ms = self.now_ms();
        let before_ms = self.acknowledged_ms.swap(now_ms, Relaxed);
        if self.is_watched.load(Relaxed) {
            self.silence_ms.fetch_max(now_ms.saturating_sub(before_ms), Relaxed);
        }
    }
}

/// The statistics of one run or of many.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    pub casts: u64,
    pub answers: BTreeMap<String, u64>,
    pub faults: BTreeMap<String, u64>,
    pub outcomes: BTreeMap<String, u64>,
    pub cases: u64,
    pub ballots: u64,
    pub epochs_raised: u64,
    /// Ballots that were acknowledged before a loss and not again, though the case stayed open.
    pub not_recast: u64,
    pub reconnects: u64,
    pub seconds: f64,
    pub longest_silence_ms: u64,
    pub slowest_verdict_ms: u64,
    pub peak_kib: Vec<u64>,
}

impl Summary {
    pub fn of(counters: &Counters, run_log: &RunLog, sockets: usize) -> Self {
        let mut summary = Self {
            casts: counters.casts(),
            faults: counters.faults.lock().unwrap().clone(),
            reconnects: counters.sockets.load(Relaxed).saturating_sub(sockets as u64),
            seconds: counters.began.elapsed().as_secs_f64(),
            longest_silence_ms: counters.silence_ms.load(Relaxed),
            peak_kib: run_log.peaks_kib.clone(),
            ..Self::default()
        };
        for record in &run_log.cases {
            summary.add_case(record, run_log);
        }
        let case_logs = run_log.jurors.values().flat_map(|juror_log| juror_log.cases.values());
        for (event, span) in case_logs.flat_map(|case_log| &case_log.events) {
            let answer = match event {
                Event::Acknowledged { status, .. } => status.clone(),
                Event::Refused { reason, .. } => format!("refused {reason}"),
                Event::Sent { .. } | Event::Verdict { .. } => continue,
            };
            *summary.answers.entry(answer).or_default() += span.times;
        }
        summary
    }

    fn add_case(&mut self, record: &Record, run_log: &RunLog) {
        self.cases += 1;
        self.ballots += record.ballots.len() as u64;
        self.epochs_raised += record.epoch.saturating_sub(1);
        let (outcome, reason) = (&record.verdict["outcome"], &record.verdict["reason"]);
        let outcome = if reason == "tally_lost" { "tally_lost" } else { outcome.as_str().unwrap_or("none") };
        *self.outcomes.entry(outcome.to_owned()).or_default() += 1;
        if record.nodes.first().is_none_or(|node| node.case["closed_by"] != "deadline") {
            return;
        }
        if record.audit.iter().any(|line| line.action == "tally_missing") {
            // Such a case waits for its tally first.
            return;
        }
        let ended_ms = record.audit.last().map_or(0, |line| line.at_ms);
        self.slowest_verdict_ms = self.slowest_verdict_ms.max(ended_ms.saturating_sub(record.closes_at_ms));
        let epochs_of = |event: &Event| if let Event::Acknowledged { epoch, .. } = event { Some(*epoch) } else { None };
        let latest = run_log.jurors.values().filter_map(|juror_log| {
            juror_log.cases.get(&record.id).and_then(|case_log| case_log.events.keys().filter_map(epochs_of).max())
        });
        self.not_recast += latest.filter(|epoch| *epoch < record.epoch).count() as u64;
    }

    /// Casts in a second.
    pub fn rate(&self) -> f64 {
        self.casts as f64 / self.seconds
    }
}

impl AddAssign<&Summary> for Summary {
    fn add_assign(&mut self, other: &Summary) {
        for (mine, others) in [
            (&mut self.answers, &other.answers),
            (&mut self.faults, &other.faults),
            (&mut self.outcomes, &other.outcomes),
        ] {
            for (name, number) in others {
                *mine.entry(name.clone()).or_default() += number;
            }
        }
        self.casts += other.casts;
        self.cases += other.cases;
        self.ballots += other.ballots;
        self.epochs_raised += other.epochs_raised;
        self.not_recast += other.not_recast;
        self.reconnects += other.reconnects;
        self.seconds += other.seconds;
        self.longest_silence_ms = self.longest_silence_ms.max(other.longest_silence_ms);
        self.slowest_verdict_ms = self.slowest_verdict_ms.max(other.slowest_verdict_ms);
        self.peak_kib.resize(self.peak_kib.len().max(other.peak_kib.len()), 0);
        for (mine, others) in self.peak_kib.iter_mut().zip(&other.peak_kib) {
            *mine = (*mine).max(*others);
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |numbers: &BTreeMap<String, u64>| {
            numbers.iter().map(|(name, number)| format!("{name} {number}")).collect::<Vec<_>>().join(", ")
        };
        writeln!(f, "  casts      {} sent, {:.0} a second: {}", self.casts, self.rate(), list(&self.answers))?;
        writeln!(f, "  cases      {}, with {} ballots: {}", self.cases, self.ballots, list(&self.outcomes))?;
        writeln!(f, "  faults     {}", list(&self.faults))?;
        writeln!(
            f,
            "  losses     {} epochs raised, {} ballots not cast again in time",
            self.epochs_raised, self.not_recast
        )?;
        writeln!(f, "  jurors     {} reconnects", self.reconnects)?;
        writeln!(f, "  longest    {} ms without an acknowledgement", self.longest_silence_ms)?;
        writeln!(f, "  slowest    {} ms from a deadline to its verdict", self.slowest_verdict_ms)?;
        let peaks: Vec<String> = self.peak_kib.iter().map(|kib| format!("{} MiB", kib / 1_024)).collect();
        write!(f, "  peak RSS   {}", peaks.join(", "))
    }
}
