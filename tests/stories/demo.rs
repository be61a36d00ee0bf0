//! The demo, `live-jury demo`: its links and rooms, a panel, a raid, what follows from a verdict, and stopped copies.

mod claim;

use std::collections::BTreeSet;
use std::time::Duration;

use live_jury_protocol::trust::Listing;
use live_jury_protocol::{Outcome, Page, Why, close};
use live_jury_tests::demo::{Demo, ROOM, opened_after};
use live_jury_tests::in_time;
use live_jury_tests::juror::Juror;
use live_jury_trust::DAY_MS;
use live_jury_trust::statement::date;
use serde_json::Value;

/// The time between two looks at what the demo's platform was told.
const POLL_INTERVAL: Duration = Duration::from_millis(200);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demo_accepts_this_machine_only() {
    let mut demo = Demo::start(&["--viewers", "12", "--case-seconds", "20"]).await;
    let mut links = Vec::new();
    while links.len() < 5 {
        let line = demo.program.output.next_line().await.unwrap().expect("the links");
        links.extend(line.split_whitespace().find(|word| word.starts_with("http://")).map(str::to_owned));
    }
    let address = demo.program.address;
    let port = address.port();
    let own = format!("http://127.0.0.1:{port}/");
    assert!(links[0] == own && links[1..].iter().all(|link| link.starts_with(&own) && link.contains("#token=")));

    for host in ["localhost", "127.0.0.1", "[::1]", &format!("localhost:{port}")] {
        let reply = demo.anybody.send("GET", "/api/v1/openapi.json", &[("Host", host)], None).await;
        assert_eq!(reply.status, 200, "{host}");
    }
    for host in ["evil.example", "127.0.0.1.evil.example", "192.0.2.1"] {
        let reply = demo.anybody.send("POST", "/demo/token", &[("Host", host)], Some(b"ann".to_vec())).await;
        assert_eq!(reply.problem(403).0, "host_not_allowed", "{host}");
    }
    // A viewer with an issued token can vote, and the simulated viewers vote as well. Without a name the room is the
    // English one.
    let token = demo.anybody.send("POST", "/demo/token", &[], Some(b"ann".to_vec())).await.text;
    let mut ann = Juror::join(address, ROOM, &token).await;
    let id = ann.wait("a case", |ann| ann.docket.first().map(|case| case.id)).await;
    let option = ann.docket[0].options[0].id.to_string();
    ann.vote(id, &option).await;
    ann.wait_for_ballots(id, 2).await;
    // The Chinese demo room issues tokens too. Other rooms issue none.
    let mut li = demo.join("demo-zh", "li").await;
    let title = li.wait("a case in Chinese", |li| li.docket.first().map(|case| case.title.clone())).await;
    assert!(title.contains("桑蚕丝"), "{title}");
    let elsewhere = demo.anybody.send("POST", "/demo/token?room=elsewhere", &[], Some(b"ann".to_vec())).await;
    assert_eq!(elsewhere.status, 404, "{}", elsewhere.text);
    demo.program.signal("INT").await;
    assert_eq!(ann.closed_with().await, close::RESTART);
    assert!(demo.program.end().await.success());
}

/// The second case of the demo has a panel. Its third one is raided: simulated viewers come for it and vote alike.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demo_records_a_panel_and_a_raid() {
    let demo = Demo::in_haste().await;
    let moderator = demo.api("moderator");
    let mut ann = demo.join(ROOM, "ann").await;
    let first = ann.wait("a case", |ann| ann.docket.first().map(|case| case.id)).await;
    moderator.close(first).await;

    // The case of a claim comes between.
    let claimed = ann.wait("the claim's case", |ann| opened_after(ann, first)).await;
    moderator.close(claimed).await;
    let second = ann.wait("the second case", |ann| opened_after(ann, claimed)).await;
    ann.wait_for_case(second, |case| case.draw.as_ref().is_some_and(|draw| draw.called.is_some())).await;
    // 85 % of 60 viewers vote, within 21 s.
    ann.wait_for_ballots(second, 40).await;
    let panel = moderator.close(second).await.verdict.unwrap().panel.unwrap();
    assert_eq!((panel.seats, panel.counted), (15, 15));

    let third = ann.wait("the third case", |ann| opened_after(ann, second)).await;
    // Those, and 60 who came for the case.
    ann.wait_for_ballots(third, 100).await;
    let verdict = moderator.close(third).await.verdict.unwrap();
    assert_eq!((verdict.outcome, verdict.why, &verdict.option), (Outcome::Hung, Some(Why::LateCohort), &None));
    let cohorts = verdict.details.unwrap().cohorts.unwrap();
    assert!(cohorts.raised.is_some(), "{cohorts:?}");
    demo.stop().await;
}

/// Viewers report the shop after the first verdict, and the demo's platform is told of what follows.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demo_shows_what_follows_from_a_verdict() {
    let demo = Demo::in_haste().await;
    let (moderator, desk, shop) = (demo.api("moderator"), demo.api("desk"), demo.api("shop"));
    let mut ann = demo.join(ROOM, "ann").await;
    let first = ann.wait("a case", |ann| ann.docket.first().map(|case| case.id)).await;
    // More ballots than the policy asks for.
    ann.wait_for_ballots(first, 40).await;
    moderator.close(first).await;

    let told = in_time("the platform is told", async {
        loop {
            let told: Value = demo.anybody.get("/demo/told").await.read(200);
            let kinds: BTreeSet<&str> =
                told["messages"].as_array().unwrap().iter().filter_map(|one| one["type"].as_str()).collect();
            let wanted = ["case.opened", "case.recorded", "violation.active", "standing.changed", "case.drafted"];
            let messages = told["messages"].as_array().unwrap();
            let came_back =
                messages.iter().any(|one| one["type"] == "application.decided" && one["data"]["outcome"] == "hold");
            // A claim has a draft, too.
            let buckets: Value = moderator.get("/rooms/demo/buckets").await.read(200);
            let is_drafted = buckets["items"][0]["state"] == "drafted";
            if came_back && is_drafted && wanted.iter().all(|kind| kinds.contains(kind)) {
                return told;
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    })
    .await;
    assert_eq!((told["merchant"].as_str(), told["points"].as_u64()), (Some("m_77"), Some(6)), "{told}");
    let other: Value = demo.anybody.get("/demo/told?room=demo-zh").await.read(200);
    assert_eq!((other["merchant"].as_str(), other["points"].as_u64()), (Some("m_78"), None), "{other}");
    assert_eq!(demo.anybody.get("/demo/told?room=elsewhere").await.status, 404);

    let me: Value = shop.get("/trust/me").await.read(200);
    assert_eq!(me["points"].as_u64(), Some(6), "{me}");
    let index: Value = desk.get("/trust/merchants/m_77/index").await.read(200);
    assert!(index["index"].as_f64().unwrap() > 550.0, "a good shop, but for this: {index}");
    let buckets: Value = moderator.get("/rooms/demo/buckets").await.read(200);
    assert_eq!(buckets["items"][0]["policy"].as_str(), Some("price_fraud"), "{buckets}");
    let held: Value = desk.get("/trust/applications?state=held").await.read(200);
    let back = held["items"].as_array().unwrap().iter().find(|one| one["party"]["id"] == "quiet_river_goods").unwrap();
    assert_eq!(
        back["groups"],
        serde_json::json!(["money", "kit"]),
        "another name and phone, the same account and device"
    );
    let me: Value = demo.api("host").get("/trust/me").await.read(200);
    assert_eq!((me["party"]["kind"].as_str(), me["signals"].as_array().unwrap().len()), (Some("host"), 13), "{me}");
    demo.stop().await;
}

/// A shop of each room offers copies. The desk sees why they were stopped, and the report counts them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demo_stops_copies_before_anybody_sees_them() {
    let demo = Demo::start(&["--viewers", "0"]).await;
    let desk = demo.api("desk");
    let stopped = async |state: &str| {
        in_time(state, async {
            loop {
                let found: Page<Listing> = desk.get(&format!("/trust/listings?state={state}")).await.read(200);
                if found.items.len() == 2 {
                    return found.items;
                }
                tokio::time::sleep(POLL_INTERVAL).await;
            }
        })
        .await
    };
    let reasons = |found: &[Listing]| {
        let reason = |one: &Listing| (one.party.id.clone(), one.hits[0].note.clone());
        found.iter().map(reason).collect::<BTreeSet<_>>()
    };
    let expected = |reasons: [(&str, &str); 2]| {
        reasons.map(|(shop, reason)| (shop.to_owned(), reason.to_owned())).into_iter().collect::<BTreeSet<_>>()
    };
    let (held, blocked) = (stopped("held").await, stopped("blocked").await);
    assert_eq!(reasons(&held), expected([("bargain_lane", "look: Silverlane"), ("实惠小铺", "look: 云鹊")]));
    assert_eq!(reasons(&blocked), expected([("bargain_lane", "counterfeit"), ("实惠小铺", "counterfeit")]));
    assert!(held.iter().chain(&blocked).all(|one| one.due_ms.is_some()), "a person looks within a day");
    let now_ms = live_jury_tests::tokens::now_s() * 1_000;
    // Midnight may have passed since the start.
    let (from, to) = (date(now_ms - DAY_MS), date(now_ms));
    let report: Value = desk.get(&format!("/api/v1/trust/report?from={from}&to={to}")).await.read(200);
    let figure = |id: &str| {
        let figures = report["figures"].as_array().unwrap();
        figures.iter().find(|one| one["id"] == id).and_then(|one| one["value"].as_f64())
    };
    assert_eq!((figure("intercepted"), figure("intercepted.before_sale")), (Some(4.0), Some(4.0)), "{report}");
    demo.stop().await;
}
