//! The demo's claim: the room judges it, its remedy becomes late in public, and the public report has the figures of
//! promises.

use std::time::Duration;

use live_jury_protocol::{Case, CaseId, CaseState, RemedyState};
use live_jury_tests::api::Api;
use live_jury_tests::in_time;
use live_jury_tests::juror::Juror;
use live_jury_tests::program::Program;
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
    let args = ["demo", "--bind", "127.0.0.1:0", "--viewers", "60", "--case-seconds", "30", "--pause-seconds", "2"];
    let demo = Program::start(&args).await;
    let anybody = Api::new(demo.address, None);
    let links: Value = anybody.get("/demo/links").await.read(200);
    let api_of = |name: &str| {
        let (_, token) = links[name].as_str().unwrap().split_once("#token=").unwrap();
        Api::new(demo.address, Some(token))
    };
    let (moderator, desk, shop) = (api_of("moderator"), api_of("desk"), api_of("shop"));
    let token = anybody.send("POST", "/demo/token", &[], Some(b"ann".to_vec())).await.text;
    let mut ann = Juror::join(demo.address, "demo", &token).await;
    let first = ann.wait("a case", |ann| ann.docket.first().map(|case| case.id)).await;
    moderator.close(first).await;

    let is_next = move |case: &&Case| case.state == CaseState::Open && case.id > first;
    let claimed = ann.wait("the claim's case", |ann| ann.docket.iter().find(is_next).map(|case| case.id)).await;
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
            let editions: Value = anybody.get("/trust/editions").await.read(200);
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
    let read = async |id: &String| anybody.get(&format!("/trust/editions/{id}")).await.read::<Value>(200);
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
    let page = anybody.get(links["report"].as_str().unwrap()).await;
    assert!(page.status == 200 && page.text.contains("+22.00"), "{}", page.text);
    let preview: Value = desk.get("/trust/claims?state=fulfilled").await.read(200);
    assert_eq!(preview["items"].as_array().unwrap().len(), 2, "the claims of the month");
    demo.signal("INT").await;
    assert!(demo.end().await.success());
}
