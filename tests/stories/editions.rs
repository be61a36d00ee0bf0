//! The public report: viewers who judge are counted and not kept, figures follow from facts, and anybody reads an
//! edition that never changes.

use std::path::Path;
use std::process::Command;

use live_jury_protocol::trust::{Edition, FactsAnswer, Figure, ListedEdition, Report, TrustChange};
use live_jury_protocol::{FiledEvent, Page, Role};
use live_jury_server::config::Switch;
use live_jury_tests::api::{Api, Reply, case};
use live_jury_tests::node::Node;
use live_jury_tests::stores::Stores;
use live_jury_tests::tokens::{merchant, now_s, token};
use live_jury_trust::DAY_MS;
use live_jury_trust::figure::dsa::PARTS;
use live_jury_trust::statement::date;
use serde_json::{Value, json};

/// The viewers of the story. So few are counted exactly.
const VIEWERS: usize = 5;

live_jury_tests::on_both! {
    viewers_who_judge_are_counted_once_a_day_on_all_nodes
    an_edition_freezes_its_figures_and_anybody_reads_it
    a_change_is_told_against_the_edition_before
    the_page_is_whole_without_script_in_both_languages
    only_those_of_all_rooms_preview_and_publish
    a_period_has_days_that_are_over
    a_node_without_trust_has_no_report
}

fn platform(node: &Node) -> Api {
    node.api(&token(Role::Platform, "*", "shop-platform"))
}

fn anybody(node: &Node) -> Api {
    Api::new(node.address, None)
}

/// The day so many days ago.
fn day(ago: u64) -> String {
    date(now_s() * 1_000 - ago * DAY_MS)
}

async fn send(api: &Api, lines: &[Value]) -> FactsAnswer {
    let body: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let kind = [("Content-Type", "application/x-ndjson")];
    api.send("POST", "/trust/facts", &kind, Some(body.into_bytes())).await.read(200)
}

/// Answers of buyers so many days ago, of which `yes` are satisfied, and the sums of a random badge.
fn facts(ago: u64, answers: u64, yes: u64) -> Vec<Value> {
    let at_ms = now_s() * 1_000 - ago * DAY_MS;
    let answer = |n: u64| {
        json!({ "id": format!("{ago}-{n}"), "type": "survey.answered", "at_ms": at_ms, "merchant": "m_1",
                "order": "o", "question": "after_sales", "answer": if n < yes { "yes" } else { "no" } })
    };
    let badge = |arm: &str, k: u64| json!({ "tally": "badge", "day": day(ago), "arm": arm, "n": 1_000, "k": k });
    (0..answers).map(answer).chain([badge("with", 60), badge("without", 50)]).collect()
}

fn figure<'f>(figures: &'f [Figure], id: &str) -> Option<&'f Figure> {
    figures.iter().find(|figure| figure.id == id)
}

async fn preview(api: &Api, from: u64, to: u64) -> Report {
    api.get(&format!("/api/v1/trust/report?from={}&to={}", day(from), day(to))).await.read(200)
}

async fn publish(api: &Api, ago: u64, title: &str) -> Edition {
    let body = json!({ "from": day(ago), "to": day(ago), "title": title });
    api.post("/trust/editions", body).await.read(201)
}

async fn viewers_who_judge_are_counted_once_a_day_on_all_nodes(stores: Stores) {
    let node = stores.node().await;
    let staff = node.moderator("*");
    for round in 0..2 {
        let case = staff.create("live", case(json!({ "title": format!("Round {round}") }))).await;
        for viewer in 0..VIEWERS {
            let mut juror = node.viewer("live", &format!("u_{viewer}")).await;
            juror.vote(case.id, "buyer").await;
        }
    }
    // A node that stops merges what it has seen.
    node.stop().await;
    let node = stores.node().await;
    let report = preview(&node.moderator("*"), 0, 0).await;
    let judged = figure(&report.figures, "participants_a_day").expect("a census ran today");
    assert_eq!((judged.value, judged.unit.as_str()), (VIEWERS as f64, "a_day"));
    assert_eq!(report.participants.iter().map(|day| day.n).sum::<u64>(), VIEWERS as u64, "{report:?}");
    assert_eq!(figure(&preview(&platform(&node), 9, 8).await.figures, "participants_a_day"), None, "nobody knows");
}

async fn an_edition_freezes_its_figures_and_anybody_reads_it(stores: Stores) {
    let node = stores.node().await;
    let (staff, public) = (node.moderator("*"), anybody(&node));
    send(&platform(&node), &facts(1, 20, 19)).await;
    let published = publish(&staff, 1, "The first day").await;
    let satisfied = figure(&published.report.figures, "satisfaction").expect("twenty answers");
    assert_eq!((satisfied.value, satisfied.version, satisfied.unit.as_str()), (0.95, 1, "share"));
    assert!(satisfied.low.unwrap() < 0.8 && satisfied.high.unwrap() > 0.98, "{satisfied:?}");
    assert_eq!(satisfied.period, format!("{0}/{0}", day(1)));
    assert!(satisfied.definition.en.starts_with("Buyers who answered yes") && !satisfied.definition.zh_cn.is_empty());
    assert_eq!(figure(&published.report.figures, "willingness").unwrap().value, 0.2);
    for absent in ["intercepted", "covered_orders", "intervention", "report_rate", "reregistration"] {
        assert_eq!(figure(&published.report.figures, absent), None, "{absent} is not known");
    }

    // What comes later changes the preview, and no edition.
    send(&platform(&node), &facts(1, 40, 19)).await;
    assert_eq!(figure(&preview(&staff, 1, 1).await.figures, "satisfaction").unwrap().value, 0.475);
    let path = format!("/trust/editions/{}", published.id);
    assert_eq!(public.get(&path).await.read::<Edition>(200), published);
    let listed: Page<ListedEdition> = public.get("/trust/editions").await.read(200);
    let [listed] = &listed.items[..] else { panic!("{listed:?}") };
    assert_eq!((listed.id, listed.title.as_str(), &listed.to), (published.id, "The first day", &day(1)));

    let csv = public.get(&format!("{path}?format=csv")).await;
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
    assert!(csv.text.starts_with("id,name,value,unit,period,definition,version,low,high,previous,change\r\n"));
    assert!(csv.text.contains("\r\nsatisfaction,Satisfied with after-sales service,0.95,share,"), "{}", csv.text);
    for part in PARTS {
        let rows = public.get(&format!("{path}?format=dsa&part={part}")).await;
        assert_eq!((rows.status, rows.header("content-type")), (200, "text/csv; charset=utf-8"), "{part}");
        assert!(rows.text.ends_with("\r\n"), "{part}: {}", rows.text);
    }
    let problem = |reply: Reply| reply.problem(422);
    assert_eq!(problem(public.get(&format!("{path}?format=dsa")).await), ("invalid_field".into(), "part".into()));
    assert_eq!(problem(public.get(&format!("{path}?format=xml")).await), ("invalid_field".into(), "format".into()));
    assert_eq!(public.get("/trust/editions/none").await.problem(404).0, "not_found");

    let told: Page<FiledEvent> = staff.get("/trust/events").await.read(200);
    let told: Vec<TrustChange> = told.items.into_iter().filter_map(|event| Some(event.trust?.what)).collect();
    let is_told = |change: &TrustChange| match change {
        TrustChange::EditionPublished(told) => told.edition == published.id && told.from == day(1),
        _ => false,
    };
    assert!(told.iter().any(is_told), "{told:?}");
}

async fn a_change_is_told_against_the_edition_before(stores: Stores) {
    let node = stores.node().await;
    let staff = node.moderator("*");
    send(&platform(&node), &[facts(3, 20, 10), facts(1, 20, 19)].concat()).await;
    let first = publish(&staff, 3, "Before").await;
    assert_eq!(first.report.compared_with, None);
    let second = publish(&staff, 1, "After").await;
    assert_eq!(second.report.compared_with, Some(first.id));
    let satisfied = figure(&second.report.figures, "satisfaction").unwrap();
    assert_eq!((satisfied.previous, satisfied.change), (Some(0.5), Some(0.9)));
    let banned = figure(&second.report.figures, "banned").unwrap();
    assert_eq!((banned.value, banned.previous, banned.change), (0.0, Some(0.0), None), "nothing is a part of 0");

    let once = [("Idempotency-Key", "k-1")];
    let body = |title: &str| json!({ "from": day(2), "to": day(2), "title": title });
    let made: Edition = staff.post_with("/trust/editions", &once, body("Once")).await.read(201);
    let again: Edition = staff.post_with("/trust/editions", &once, body("Once")).await.read(201);
    assert_eq!(made, again);
    let other = staff.post_with("/trust/editions", &once, body("Twice")).await;
    assert_eq!(other.problem(422).0, "idempotency_key_reused");
}

async fn the_page_is_whole_without_script_in_both_languages(stores: Stores) {
    let node = stores.node().await;
    let public = anybody(&node);
    let page = async |path: &str, lang: &str| public.send("GET", path, &[("Accept-Language", lang)], None).await;
    let none = page("/trust/report", "en").await;
    assert!(none.status == 200 && none.text.contains("No edition has been published yet."), "{}", none.text);
    send(&platform(&node), &facts(1, 20, 19)).await;
    let published = publish(&platform(&node), 1, "<b>Day</b>").await;

    let english = page("/trust/report", "en").await;
    assert_eq!((english.status, english.header("content-type")), (200, "text/html; charset=utf-8"));
    assert_eq!((english.header("vary"), english.header("content-language")), ("Accept-Language", "en"));
    assert!(english.header("content-security-policy").starts_with("default-src 'none'; style-src 'self'; "));
    assert!(english.text.contains("<h1>&lt;b&gt;Day&lt;/b&gt;</h1>") && !english.text.contains("<script"));
    assert!(english.text.contains("95 % interval") && english.text.contains("From the system's own records."));
    let chinese = page("/trust/report?lang=zh-CN", "en").await;
    assert!(chinese.text.contains("<html lang=\"zh-CN\">") && chinese.text.contains("数据均由系统记录得出。"));
    assert!(page("/trust/report", "zh-CN, en;q=0.5").await.text.contains("售后服务满意率"));
    let one = page(&format!("/trust/report?edition={}", published.id), "en").await;
    assert_eq!(one.text.contains("aria-current=\"page\""), one.status == 200);
    for unknown in ["none", "01a203b5-27b4-7ec3-865e-b9e2a7a1b202"] {
        let missing = page(&format!("/trust/report?edition={unknown}"), "en").await;
        assert!(missing.status == 404 && missing.text.contains("There is no such edition."), "{unknown}");
    }
    let style = page("/trust/report.css", "en").await;
    assert_eq!((style.status, style.header("content-type")), (200, "text/css; charset=utf-8"));
}

async fn only_those_of_all_rooms_preview_and_publish(stores: Stores) {
    let node = stores.node().await;
    let path = format!("/api/v1/trust/report?from={0}&to={0}", day(1));
    let body = json!({ "from": day(1), "to": day(1), "title": "Mine" });
    for (role, room) in [(Role::Viewer, "live"), (Role::Host, "live"), (Role::Moderator, "live")] {
        let api = node.api(&token(role, room, "u_1"));
        assert_eq!(api.get(&path).await.problem(403).0, "forbidden", "{role}");
        assert_eq!(api.post("/trust/editions", body.clone()).await.problem(403).0, "forbidden", "{role}");
    }
    let owner = node.api(&merchant("m_1"));
    assert_eq!(owner.get(&path).await.problem(403).0, "forbidden");
    let public = anybody(&node);
    assert_eq!(public.get(&path).await.problem(401).0, "token_invalid");
    assert_eq!(public.post("/trust/editions", body).await.problem(401).0, "token_invalid");
}

async fn a_period_has_days_that_are_over(stores: Stores) {
    let node = stores.node().await;
    let staff = node.moderator("*");
    let sent = async |from: &str, to: &str, title: &str| {
        let body = json!({ "from": from, "to": to, "title": title });
        staff.post("/trust/editions", body).await.problem(422)
    };
    let wrong = |field: &str| ("invalid_field".to_owned(), field.to_owned());
    let (today, before) = (day(0), day(2));
    assert_eq!(sent(&before, &today, "Today").await, wrong("to"), "the day is not over");
    assert_eq!(sent(&before, &day(3), "Back").await, wrong("to"));
    assert_eq!(sent("2020-01-01", &before, "Long").await, wrong("to"));
    assert_eq!(sent("01.02.2026", &before, "Form").await, wrong("from"));
    assert_eq!(sent(&before, &before, " ").await, wrong("title"));
    assert_eq!(sent(&before, &before, &"x".repeat(121)).await, wrong("title"));
    assert_eq!(staff.get("/api/v1/trust/report?from=2026-01-01").await.problem(422), wrong("to"));
}

async fn a_node_without_trust_has_no_report(stores: Stores) {
    let node = stores.node_with(|settings| settings.trust.trust = Switch::Off).await;
    for path in ["/trust/editions", "/trust/editions/none", "/api/v1/trust/report?from=a&to=b", "/trust/report"] {
        assert_eq!(node.moderator("*").get(path).await.problem(404).0, "not_found", "{path}");
    }
    assert_eq!(anybody(&node).send("GET", "/trust/report.css", &[], None).await.status, 200, "a style names nobody");
    let case = node.moderator("*").create("live", case(json!({}))).await;
    node.viewer("live", "u_1").await.vote(case.id, "buyer").await;
}

/// Runs the recount on a SQLite file that no node uses. Returns whether all is the same, and what it prints.
fn recount(database: &Path, report: &Report) -> (bool, String) {
    let file = database.with_extension("report.json");
    std::fs::write(&file, serde_json::to_string(report).unwrap()).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tools/recount.py");
    let run = Command::new("python3").arg(script).arg(database).arg(&file).output().expect("python3 is installed");
    let printed = [run.stdout, run.stderr].concat();
    (run.status.success(), String::from_utf8_lossy(&printed).into_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recount_of_kept_facts_in_other_code_equals_the_report() {
    let stores = Stores::embedded();
    let node = stores.node_with(|settings| settings.trust.keep_facts = 30).await;
    let (api, staff) = (platform(&node), node.moderator("*"));
    let live = |id: &str, shown: bool| {
        json!({ "id": id, "type": "live.ended", "at_ms": now_s() * 1_000, "merchant": "m_1", "session": id,
                "minutes": 60, "viewer_minutes": 900, "sessions_10s": 700, "product_shown": shown, "reporters": 0,
                "muted": 0, "cut": false })
    };
    let none = json!({ "id": "none", "type": "survey.answered", "at_ms": now_s() * 1_000, "merchant": "m_1",
                       "order": "o", "question": "after_sales", "answer": "none" });
    let lines = [facts(0, 37, 31), facts(5, 20, 3), vec![live("l1", true), live("l2", true), live("l3", false), none]];
    send(&api, &lines.concat()).await;
    send(&api, &lines.concat()).await;
    for (viewer, policy) in [("u_1", "false_advertising"), ("u_1", "price_fraud"), ("u_2", "false_advertising")] {
        let body = json!({ "subject": { "merchant": "m_1", "host": "h_1" }, "policy": policy });
        let reply = node.api(&token(Role::Viewer, "live", viewer)).post("/rooms/live/reports", body).await;
        assert!([200, 201].contains(&reply.status), "{}", reply.text);
    }
    let party = json!({ "kind": "merchant", "id": "m_2" });
    let new = json!({ "party": party, "policy": "prohibited_goods", "facts": "Forty parcels held fireworks." });
    let violation: Value = staff.post("/trust/violations", new).await.read(201);
    let ban = json!({ "violations": [violation["id"]], "words": "Nobody may send fireworks by parcel." });
    let banned = staff.post("/trust/parties/merchant/m_2/ban", ban).await;
    assert_eq!(banned.status, 200, "{}", banned.text);

    let report = preview(&staff, 1, 0).await;
    node.stop().await;
    let (is_same, printed) = recount(&stores.file(), &report);
    assert!(is_same, "{printed}");
    for id in ["satisfaction", "satisfaction.answered", "report_rate", "banned", "banned.measures", "willingness"] {
        assert!(printed.contains(&format!("same   {id} ")), "{id}: {printed}");
    }
    let mut wrong = report.clone();
    wrong.figures.iter_mut().find(|figure| figure.id == "report_rate").unwrap().value += 0.01;
    let (is_same, printed) = recount(&stores.file(), &wrong);
    assert!(!is_same && printed.contains("DIFFER report_rate "), "{printed}");
}
