//! The demo's claim: the room judges it, its remedy becomes late in public, and the public report has the figures of
//! promises.

use std::time::Duration;

use live_jury_protocol::{Case, CaseId, RemedyState};
use live_jury_tests::api::Api;
use live_jury_tests::demo::{Demo, ROOM, opened_after};
use live_jury_tests::in_time;
use serde_json::Value;

/// The time between two looks.
const LOOK: Duration = Duration::from_millis(500);
/// The longest time for a step of the clock: 72 hours of the demo, and what comes before and after them.
const CLOCK_MAX: Duration = Duration::from_secs(60);
/// The ballots after which the case is closed: more than its quorum.
const BALLOTS: u64 = 35;

/// Looks until the clock of a case's remedy has this state.
async fn until_clock(api: &Api, case: CaseId, state: RemedyState) {
    let look = async {
        while api.case(case).await.remedy_clock.is_none_or(|clock| clock.state != state) {
            tokio::time::sleep(LOOK).await;
        }
    };
    tokio::time::timeout(CLOCK_MAX, look).await.unwrap_or_else(|_| panic!("the clock was never {state:?}"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demo_judges_a_claim_and_its_remedy_becomes_late() {
    let demo = Demo::in_haste().await;
    let (moderator, desk, shop) = (demo.api("moderator"), demo.api("desk"), demo.api("shop"));
    let mut ann = demo.join(ROOM, "ann").await;
    let first = ann.wait("a case", |ann| ann.docket.first().map(|case| case.id)).await;
    moderator.close(first).await;

    let claimed = ann.wait("the claim's case", |ann| opened_after(ann, first)).await;
    let draft: Case = moderator.case(claimed).await;
    assert_eq!((draft.policy.as_deref(), draft.claim.is_some()), (Some("promise_breach"), true));
    ann.wait_for_ballots(claimed, BALLOTS).await;
    let verdict = moderator.close(claimed).await.verdict.unwrap();
    assert_eq!(verdict.option.unwrap().as_str(), "buyer", "seven of ten simulated viewers vote so");
    for state in [RemedyState::Owed, RemedyState::Late, RemedyState::Done] {
        until_clock(&moderator, claimed, state).await;
    }
    // Viewers see what moderators see.
    ann.wait_for_case(claimed, |case| case.remedy_clock.is_some_and(|clock| clock.state == RemedyState::Done)).await;
    let claims: Value = shop.get("/trust/claims").await.read(200);
    let paid = claims["items"].as_array().unwrap().iter().find(|one| one["case"] == claimed.to_string()).unwrap();
    assert_eq!((paid["state"].as_str(), paid["granted_by"].as_str()), (Some("fulfilled_by_platform"), Some("jury")));

    // The first edition came at the start, and one with today's cases follows a late remedy.
    let published = in_time("the reports", async {
        loop {
            let editions: Value = demo.anybody.get("/trust/editions").await.read(200);
            let ids: Vec<String> = editions["items"]
                .as_array()
                .unwrap()
                .iter()
                .filter_map(|one| one["id"].as_str().map(str::to_owned))
                .collect();
            if ids.len() > 1 {
                break ids;
            }
            tokio::time::sleep(LOOK).await;
        }
    })
    .await;
    let read = async |id: &String| demo.anybody.get(&format!("/trust/editions/{id}")).await.read::<Value>(200);
    let (newest, first) = (read(&published[0]).await, read(published.last().unwrap()).await);
    let figure = |edition: &Value, id: &str| {
        let figures = edition["figures"].as_array().unwrap();
        let found = figures.iter().find(|one| one["id"] == id).unwrap_or_else(|| panic!("{id}: {edition}"));
        (found["value"].as_f64().unwrap() * 10_000.0).round() / 10_000.0
    };
    assert_eq!(figure(&first, "covered_orders"), 1_200.0, "a month of both rooms' shops");
    assert_eq!(figure(&first, "satisfaction"), 0.95);
    assert_eq!(figure(&first, "willingness"), 0.22);
    assert_eq!(figure(&first, "intervention"), 0.0017, "one claim of each shop");
    assert!(figure(&newest, "jury") >= 2.0, "the cases of today: {newest}");
    assert_eq!(figure(&newest, "intercepted"), 4.0, "two copies in each room");
    assert_eq!(figure(&newest, "reregistration"), 0.0, "held, and not refused");
    let page = demo.anybody.get(demo.links["report"].as_str().unwrap()).await;
    assert!(page.status == 200 && page.text.contains("+22.00"), "{}", page.text);
    let preview: Value = desk.get("/trust/claims?state=fulfilled").await.read(200);
    assert_eq!(preview["items"].as_array().unwrap().len(), 2, "the claims of the month");
    demo.stop().await;
}
