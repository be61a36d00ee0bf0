//! The public report of the demo's month: the sums of a badge that chance alone showed, and the edition of all figures.

use std::net::SocketAddr;
use std::time::Duration;

use live_jury_protocol::Role;
use live_jury_trust::DAY_MS;
use live_jury_trust::statement::date;
use serde_json::json;

use super::platform::Platform;
use super::requests::{self, BodyRequest};
use super::rooms::ROOMS;
use super::{Mint, past};
use crate::trust::{Days, EditionError, Trust};

/// The title, for readers of both languages.
const TITLE: &str = "The demo’s last month · 演示的最近一个月";
/// Who publishes.
const PUBLISHED_BY: &str = "demo-judge";
/// The message after which an edition has the figures of a whole way: of a report, a claim and a verdict's remedy.
const MEANS_MORE: &str = "remedy.late";
/// The time between two looks at the platform's messages.
const LOOK: Duration = Duration::from_secs(2);
/// The days of which badges are told.
const BADGE_DAYS: u64 = 30;
/// The impressions of a day, and the orders that came of them, with the badge of a promise and without it.
const BADGES: [(&str, u64, u64); 2] = [("with", 2_400, 122), ("without", 2_400, 100)];

/// Tells the sums of the badge.
///
/// # Errors
/// A request failed.
pub async fn tell_badges(address: SocketAddr, mint: &Mint, now_ms: u64) -> anyhow::Result<()> {
    let token = mint.token_of_all(Role::Platform, "demo-platform", None)?;
    let (url, content_type) = (format!("http://{address}/api/v1/trust/facts"), "application/x-ndjson");
    requests::post(BodyRequest { url, token, content_type, body: badges(now_ms) }).await.map(drop)
}

/// Publishes an edition at once, and another one each time that a remedy is late. Each has today's figures so far.
pub async fn keep(trust: Trust, platform: Platform) {
    let mut told = None;
    loop {
        let late: usize = ROOMS.iter().map(|room| platform.data_of(*room, MEANS_MORE).len()).sum();
        if told != Some(late) {
            told = Some(late);
            let days = days(trust.clock.now_ms());
            let published = match days {
                Ok(days) => trust.freeze(days, TITLE, PUBLISHED_BY, None).await.map(drop),
                Err(error) => Err(error),
            };
            if let Err(error) = published {
                tracing::warn!(%error, "the demo's report was not published");
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// The lines of badges, one for each day and arm.
fn badges(now_ms: u64) -> String {
    let lines = (1..=BADGE_DAYS).flat_map(|days| {
        let day = date(now_ms - days * DAY_MS);
        BADGES.map(|(arm, n, k)| format!("{}\n", json!({ "tally": "badge", "day": day, "arm": arm, "n": n, "k": k })))
    });
    lines.collect()
}

/// From the first promise to today.
fn days(now_ms: u64) -> Result<Days, EditionError> {
    Days::parse(&date(past::promised_ms(now_ms)), &date(now_ms))
}

#[cfg(test)]
mod tests {
    use live_jury_trust::fact::Fact;
    use live_jury_trust::policy::TrustFile;

    use super::*;

    #[test]
    fn every_line_is_a_fact_of_a_day_in_the_period() {
        let (now_ms, file) = (1_795_000_000_000, TrustFile::builtin());
        let lines = badges(now_ms);
        assert_eq!(lines.lines().count() as u64, 2 * BADGE_DAYS);
        for line in lines.lines() {
            Fact::parse(line.as_bytes(), &file, now_ms).unwrap_or_else(|refusal| panic!("{line}: {refusal:?}"));
        }
        let days = days(now_ms).unwrap();
        assert!(days.count() > BADGE_DAYS, "{days:?}");
    }
}
