//! Sets up logs and metrics once at the start; each module records its own values.

use live_jury_protocol::{Refusal, Role, close};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

use crate::http;

/// Upper bounds of the buckets of durations, in seconds: from one script call to a stuck disk.
const SECONDS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];
/// Filter of the logs without `LIVE_JURY_LOG`.
const DEFAULT_FILTER: &str = "info,sqlx=warn";

/// Gauges and their descriptions.
const GAUGES: [(&str, &str); 4] = [
    ("live_jury_sockets", "Open sockets"),
    ("live_jury_rooms", "Rooms with a socket or a live case"),
    ("live_jury_tally_durable", "1 if acknowledged ballots survive a crash of the tally store"),
    ("live_jury_unrecorded_cases", "Cases that are sealed and not recorded"),
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
const REFUSED_FOR: [&str; 9] = [
    "origin",
    "host",
    "connections_per_address",
    "headers_timeout",
    "headers_too_large",
    "sockets_per_address",
    "joins_per_juror",
    "joins_per_second",
    "rooms",
];
/// Outcomes of a verdict.
const OUTCOMES: [&str; 4] = ["decided", "hung", "no_quorum", "void"];

/// A counter with the values of its only label, if it has one.
struct Counter {
    name: &'static str,
    about: &'static str,
    label: Option<(&'static str, Vec<String>)>,
}

fn counters() -> [Counter; 7] {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let answers = ANSWERS.into_iter().chain(Refusal::ALL.iter().map(|refusal| refusal.as_str()));
    let roles = Role::ALL.iter().map(|role| role.as_str().to_owned()).collect();
    let codes = CLOSE_CODES.iter().map(u16::to_string).collect();
    let counter = |name, about, label| Counter { name, about, label };
    [
        counter("live_jury_casts_total", "Casts by answer", Some(("answer", answers.map(str::to_owned).collect()))),
        counter("live_jury_joins_total", "Joins by role", Some(("role", roles))),
        counter("live_jury_closes_total", "Sockets closed by the server, by code", Some(("code", codes))),
        counter(
            "live_jury_turned_away_total",
            "Requests and sockets refused, by reason",
            Some(("reason", texts(&REFUSED_FOR))),
        ),
        counter("live_jury_verdicts_total", "Cases recorded, by outcome", Some(("outcome", texts(&OUTCOMES)))),
        counter("live_jury_tally_losses_total", "Cases whose tally the store lost", None),
        counter("live_jury_http_problems_total", "HTTP errors by code", Some(("code", texts(&http::CODES)))),
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

/// Starts collecting metrics for the whole process; none at a second call.
#[must_use]
pub fn start_metrics() -> Option<PrometheusHandle> {
    let handle = builder()?.install_recorder().ok()?;
    register();
    Some(handle)
}

fn builder() -> Option<PrometheusBuilder> {
    PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS).ok()
}

/// Describes every metric and sets every series to 0. A series that appeared at its first value would hide that value
/// from `increase()`.
fn register() {
    for (name, about) in GAUGES {
        metrics::describe_gauge!(name, about);
        metrics::gauge!(name).set(0.0);
    }
    for Counter { name, about, label } in counters() {
        metrics::describe_counter!(name, about);
        match label {
            Some((label, values)) => {
                values.into_iter().for_each(|value| metrics::counter!(name, label => value).absolute(0))
            }
            None => metrics::counter!(name).absolute(0),
        }
    }
    let batch = "live_jury_record_seconds";
    metrics::describe_histogram!(batch, "Time of one batch in the tally store");
    let _ = metrics::histogram!(batch);
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

    #[test]
    fn every_series_starts_at_zero() {
        let recorder = builder().unwrap().build_recorder();
        metrics::with_local_recorder(&recorder, register);
        let text = recorder.handle().render();
        let mut series: Vec<String> = GAUGES.iter().map(|(name, _)| (*name).to_owned()).collect();
        series.push("live_jury_record_seconds_count".to_owned());
        for Counter { name, label, .. } in counters() {
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
