//! The public report of the demo's month: the sums of a badge that chance alone showed, and the edition of all figures.

use std::net::SocketAddr;

use live_jury_protocol::Role;
use live_jury_protocol::trust::NewEdition;
use live_jury_trust::DAY_MS;
use live_jury_trust::statement::date;
use serde_json::json;

use super::requests::{self, BodyRequest};
use super::{Mint, past};

/// The title, for readers of both languages.
const TITLE: &str = "The demo’s last month · 演示的最近一个月";
/// The days of which badges are told.
const BADGE_DAYS: u64 = 30;
/// The impressions of a day, and the orders that came of them, with the badge of a promise and without it.
const BADGES: [(&str, u64, u64); 2] = [("with", 2_400, 122), ("without", 2_400, 100)];

/// Tells the badges, and publishes the edition.
///
/// # Errors
/// A request failed.
pub async fn publish(address: SocketAddr, mint: &Mint, now_ms: u64) -> anyhow::Result<()> {
    let send = async |role, sub, path: &str, content_type, body| {
        let token = mint.token_of_all(role, sub, None)?;
        let url = format!("http://{address}/api/v1/trust/{path}");
        requests::post(BodyRequest { url, token, content_type, body }).await.map(drop)
    };
    send(Role::Platform, "demo-platform", "facts", "application/x-ndjson", badges(now_ms)).await?;
    let edition = serde_json::to_string(&edition(now_ms))?;
    send(Role::Moderator, "demo-judge", "editions", "application/json", edition).await
}

/// The lines of badges, one for each day and arm.
fn badges(now_ms: u64) -> String {
    let lines = (1..=BADGE_DAYS).flat_map(|days| {
        let day = date(now_ms - days * DAY_MS);
        BADGES.map(|(arm, n, k)| format!("{}\n", json!({ "tally": "badge", "day": day, "arm": arm, "n": n, "k": k })))
    });
    lines.collect()
}

fn edition(now_ms: u64) -> NewEdition {
    NewEdition { from: date(past::promised_ms(now_ms)), to: date(now_ms - DAY_MS), title: TITLE.to_owned() }
}

#[cfg(test)]
mod tests {
    use live_jury_trust::fact::Fact;
    use live_jury_trust::policy::TrustFile;

    use super::*;

    #[test]
    fn every_line_is_a_fact_and_the_period_is_over() {
        let (now_ms, file) = (1_795_000_000_000, TrustFile::builtin());
        let lines = badges(now_ms);
        assert_eq!(lines.lines().count() as u64, 2 * BADGE_DAYS);
        for line in lines.lines() {
            Fact::parse(line.as_bytes(), &file, now_ms).unwrap_or_else(|refusal| panic!("{line}: {refusal:?}"));
        }
        let edition = edition(now_ms);
        assert!(edition.from < edition.to && edition.to < date(now_ms) && edition.title.chars().count() <= 120);
    }
}
