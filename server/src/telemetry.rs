//! Sets up logs and metrics once at the start, and keeps both small; each module records its own values.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use live_jury_protocol::{NoReceipt, Refusal, Role, close};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

/// Upper bounds of the buckets of durations, in seconds: from one script call to a stuck disk.
const SECONDS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];
/// Time between two aggregations of new samples. Until then a histogram keeps each of its samples, of 24 bytes.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);
/// Time in which a cause is logged once. A store that is unavailable fails hundreds of calls a second for one reason.
const LOG_INTERVAL: Duration = Duration::from_secs(1);
/// Filter of the logs without `LIVE_JURY_LOG`.
const DEFAULT_FILTER: &str = "info,sqlx=warn";

/// Gauges and their descriptions.
const GAUGES: [(&str, &str); 11] = [
    ("live_jury_sockets", "Open sockets"),
    ("live_jury_rooms", "Rooms with a socket or a live case"),
    ("live_jury_tally_writable", "1 if this node can write to the tally store"),
    ("live_jury_docket_writable", "1 if this node can write to the docket"),
    ("live_jury_tally_memory_share", "Part of maxmemory that the fullest Redis uses; 0 without a limit"),
    ("live_jury_tally_durable", "1 if acknowledged ballots survive a crash of the tally store"),
    ("live_jury_tally_current", "1 if the docket names this node's tally store as the current one"),
    ("live_jury_unrecorded_cases", "Cases that are sealed or overdue, and not recorded"),
    ("live_jury_store_clock_stepped", "Live cases for which the tally store's clock has stepped"),
    ("live_jury_trust_claims_overdue", "Claims in review that are past their time"),
    ("live_jury_trust_appeals_overdue", "Open appeals of parties that are past their time"),
];

/// Answers to casts that are no refusals.
const ANSWERS: [&str; 3] = ["counted", "duplicate", "changed"];
/// Close codes that the server sends.
const CLOSE_CODES: [u16; 10] = [
    close::NORMAL,
    close::TOO_LARGE,
    close::RESTART,
    close::TRY_LATER,
    close::JOIN_TIMEOUT,
    close::TOO_MANY_FRAMES,
    close::TOKEN_INVALID,
    close::NOT_ALLOWED,
    close::PROTOCOL,
    close::REPLACED,
];
/// Reasons for which a connection, a socket or a request is refused.
const REFUSED_FOR: [&str; 11] = [
    "origin",
    "host",
    "connections_per_address",
    "headers_timeout",
    "headers_too_large",
    "slow_reader",
    "sockets_per_address",
    "joins_per_juror",
    "joins_per_second",
    "overload",
    "rooms",
];
/// Outcomes of a verdict.
const OUTCOMES: [&str; 4] = ["decided", "hung", "no_quorum", "void"];

/// The histograms, with descriptions.
const HISTOGRAMS: [(&str, &str); 2] = [
    ("live_jury_record_seconds", "Time of one batch in the tally store"),
    ("live_jury_receipts_seconds", "Time of one batch of receipts, from its call of the tally store"),
];

/// Results of an attempt to deliver a webhook. `given_up` is the last one that failed.
const WEBHOOK_RESULTS: [&str; 3] = ["delivered", "failed", "given_up"];

/// The steps of the follower of the outbox. `one` is a single thing, which stops no other, `later` an event that a
/// later program must take, and `clock` a step by time that was not taken since the node's clock is wrong.
const TRUST_STEPS: [&str; 9] =
    ["rulings", "appeals", "claims", "listings", "remedies", "gauges", "one", "later", "clock"];

/// A counter with the values of its only label, if it has one.
struct Counter {
    name: &'static str,
    about: &'static str,
    label: Option<(&'static str, Vec<String>)>,
}

fn counters(problem_codes: &[&str]) -> [Counter; 18] {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let answers = ANSWERS.into_iter().chain(Refusal::ALL.iter().map(|refusal| refusal.as_str()));
    let receipts = NoReceipt::ALL.iter().map(|reason| reason.as_str()).chain(["given"]).map(str::to_owned).collect();
    let roles = Role::ALL.iter().map(|role| role.as_str().to_owned()).collect();
    let codes = CLOSE_CODES.iter().map(u16::to_string).collect();
    let counter = |name, about, label| Counter { name, about, label };
    [
        counter("live_jury_casts_total", "Casts by answer", Some(("answer", answers.map(str::to_owned).collect()))),
        counter("live_jury_receipts_total", "Requests for receipts by answer", Some(("answer", receipts))),
        counter("live_jury_joins_total", "Joins by role", Some(("role", roles))),
        counter("live_jury_closes_total", "Sockets closed by the server, by code", Some(("code", codes))),
        counter(
            "live_jury_turned_away_total",
            "Requests and sockets refused, by reason",
            Some(("reason", texts(&REFUSED_FOR))),
        ),
        counter("live_jury_verdicts_total", "Cases recorded, by outcome", Some(("outcome", texts(&OUTCOMES)))),
        counter("live_jury_tally_losses_total", "Cases whose tally the store lost", None),
        counter("live_jury_docket_went_back_total", "Times that the docket was found in an older state", None),
        counter("live_jury_ballots_missing_total", "Ballots answered as counted and not in the record", None),
        counter("live_jury_unreadable_records_total", "Reads of a stored record that is damaged or newer", None),
        counter(
            "live_jury_webhook_attempts_total",
            "Attempts to deliver a webhook, by result",
            Some(("result", texts(&WEBHOOK_RESULTS))),
        ),
        counter(
            "live_jury_trust_facts_total",
            "Facts of the platform, by what became of them",
            Some(("outcome", texts(&["accepted", "duplicate", "refused"]))),
        ),
        counter(
            "live_jury_trust_steps_failed_total",
            "Steps of the follower of the outbox that failed, by step",
            Some(("step", texts(&TRUST_STEPS))),
        ),
        counter("live_jury_trust_events_aside_total", "Events of the outbox that were put aside", None),
        counter(
            "live_jury_trust_reports_total",
            "Reports by viewers, by what became of them",
            Some(("outcome", texts(&["filed", "merged", "repeated", "too_many", "failed"]))),
        ),
        counter(
            "live_jury_trust_applications_total",
            "Answers to applications, by outcome",
            Some(("outcome", texts(&["pass", "hold", "refuse"]))),
        ),
        counter(
            "live_jury_trust_listings_total",
            "Answers to listings, by outcome",
            Some(("outcome", texts(&["pass", "review", "hold", "block"]))),
        ),
        counter("live_jury_http_problems_total", "HTTP errors by code", Some(("code", texts(problem_codes)))),
    ]
}

/// Starts logging to standard error: text at a terminal, JSON lines elsewhere.
///
/// A second call changes nothing.
pub fn start_logs(human: bool) {
    let filter = filter(std::env::var("LIVE_JURY_LOG").ok());
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let _ = if human {
        builder.with_target(false).try_init().map_err(drop)
    } else {
        builder.json().flatten_event(true).try_init().map_err(drop)
    };
}

/// The filter of this text; the default without one, for an empty one, and for one that cannot be parsed.
fn filter(text: Option<String>) -> EnvFilter {
    let text = text.filter(|text| !text.is_empty());
    text.and_then(|text| EnvFilter::try_new(text).ok()).unwrap_or_else(|| EnvFilter::new(DEFAULT_FILTER))
}

/// Starts collecting metrics for the whole process, with a series for each of these problem codes; none at a second
/// call.
#[must_use]
pub fn start_metrics(problem_codes: &[&str]) -> Option<PrometheusHandle> {
    let handle = builder()?.install_recorder().ok()?;
    register(problem_codes);
    Some(handle)
}

/// Aggregates new samples until `stop`. A scrape does so, too, but nobody may scrape.
pub async fn keep_up(metrics: PrometheusHandle, stop: CancellationToken) {
    let mut interval = tokio::time::interval(UPKEEP_INTERVAL);
    while stop.run_until_cancelled(interval.tick()).await.is_some() {
        metrics.run_upkeep();
    }
}

/// A limit of one log line a second for one cause. Each cause has a static one.
#[derive(Debug)]
pub struct LogLimit(Mutex<Logged>);

#[derive(Debug)]
struct Logged {
    /// When the last line was written.
    at: Option<Instant>,
    /// Lines left out since.
    left_out: u64,
}

impl LogLimit {
    /// A limit that has let no line pass.
    #[must_use]
    pub const fn fresh() -> Self {
        Self(Mutex::new(Logged { at: None, left_out: 0 }))
    }

    /// Whether a line may be written at `now`: with the number of lines that were left out since the last one.
    pub fn pass(&self, now: Instant) -> Option<u64> {
        let mut logged = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if logged.at.is_some_and(|at| now < at + LOG_INTERVAL) {
            logged.left_out += 1;
            return None;
        }
        logged.at = Some(now);
        Some(std::mem::take(&mut logged.left_out))
    }
}

/// Logs a line at most once a second, with the number of lines that were left out: `log_limited!(warn, %error, "…")`.
macro_rules! log_limited {
    ($level:ident, $($line:tt)+) => {{
        static LIMIT: $crate::telemetry::LogLimit = $crate::telemetry::LogLimit::fresh();
        if let Some(left_out) = LIMIT.pass(tokio::time::Instant::now()) {
            tracing::$level!(left_out, $($line)+);
        }
    }};
}
pub(crate) use log_limited;

fn builder() -> Option<PrometheusBuilder> {
    PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS).ok()
}

/// Describes every metric and sets every series to 0. A series that appeared at its first value would hide that value
/// from `increase()`.
fn register(problem_codes: &[&str]) {
    for (name, about) in GAUGES {
        metrics::describe_gauge!(name, about);
        metrics::gauge!(name).set(0.0);
    }
    for Counter { name, about, label } in counters(problem_codes) {
        metrics::describe_counter!(name, about);
        match label {
            Some((label, values)) => {
                values.into_iter().for_each(|value| metrics::counter!(name, label => value).absolute(0))
            }
            None => metrics::counter!(name).absolute(0),
        }
    }
    for (name, about) in HISTOGRAMS {
        metrics::describe_histogram!(name, about);
        let _ = metrics::histogram!(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_filter_is_unset() {
        let shown = |text: Option<&str>| filter(text.map(str::to_owned)).to_string();
        assert_eq!(shown(Some("")), shown(None));
        assert_eq!(shown(Some("warn")), "warn");
    }

    /// Resident memory of this process, in KiB.
    fn memory_kib() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn batches_do_not_pile_up_between_scrapes() {
        const BATCHES: u64 = 2_000_000;
        let recorder = builder().unwrap().build_recorder();
        let stop = CancellationToken::new();
        let upkeep = tokio::spawn(keep_up(recorder.handle(), stop.clone()));
        let before_kib = memory_kib();
        for _ in 0..BATCHES / 20_000 {
            metrics::with_local_recorder(&recorder, || {
                let histogram = metrics::histogram!("live_jury_record_seconds");
                (0..20_000).for_each(|_| histogram.record(0.001));
            });
            tokio::time::sleep(UPKEEP_INTERVAL).await;
        }
        let grown_kib = memory_kib().saturating_sub(before_kib);
        // They are 31 MB by themselves. Other tests of this process may take some memory meanwhile.
        assert!(grown_kib < 16_384, "{grown_kib} KiB");
        let text = recorder.handle().render();
        let count = format!("_count {BATCHES}");
        assert!(text.lines().any(|line| line.ends_with(&count)), "{text}");
        stop.cancel();
        upkeep.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn one_line_a_second_counts_those_left_out() {
        let limit = LogLimit::fresh();
        let pass = |times: usize| (0..times).filter_map(|_| limit.pass(Instant::now())).collect::<Vec<_>>();
        assert_eq!(pass(1_000), [0]);
        tokio::time::advance(LOG_INTERVAL / 2).await;
        assert!(pass(1).is_empty());
        tokio::time::advance(LOG_INTERVAL / 2).await;
        assert_eq!(pass(1_000), [1_000]);
        tokio::time::advance(LOG_INTERVAL * 60).await;
        assert_eq!(pass(1), [999]);
    }

    #[test]
    fn every_series_starts_at_zero() {
        let recorder = builder().unwrap().build_recorder();
        let problem_codes = ["forbidden", "unavailable"];
        metrics::with_local_recorder(&recorder, || register(&problem_codes));
        let text = recorder.handle().render();
        let mut series: Vec<String> = GAUGES.iter().map(|(name, _)| (*name).to_owned()).collect();
        series.extend(HISTOGRAMS.iter().map(|(name, _)| format!("{name}_count")));
        for Counter { name, label, .. } in counters(&problem_codes) {
            match label {
                Some((label, values)) => {
                    series.extend(values.iter().map(|value| format!("{name}{{{label}=\"{value}\"}}")));
                }
                None => series.push(name.to_owned()),
            }
        }
        for series in series {
            assert!(text.lines().any(|line| line == format!("{series} 0")), "{series} is missing: {text}");
        }
    }
}
