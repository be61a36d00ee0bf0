//! The executable, as an operator runs it: invalid settings, the stop, the printed output.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use clap::Args;
use futures_util::future::join_all;
use live_jury_protocol::trust::Listing;
use live_jury_protocol::{Case, CaseId, CaseState, Outcome, Page, Why, close};
use live_jury_server::config::Settings;
use live_jury_tests::api::{Api, case};
use live_jury_tests::in_time;
use live_jury_tests::juror::{Answer, Juror};
use live_jury_tests::program::Program;
use live_jury_tests::stores::Stores;
use live_jury_tests::tokens::{moderator, viewer};
use live_jury_trust::DAY_MS;
use live_jury_trust::statement::date;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::time::Instant;

const ROOM: &str = "live-42";
/// Limit for the stop of a server.
const STOP_MAX: Duration = Duration::from_secs(25);
const CROWD: usize = 40;
/// The time between two looks at what the demo's platform was told.
const POLL_INTERVAL: Duration = Duration::from_millis(200);
/// Minimum time over which a stopping server spreads its closes.
const CLOSE_SPREAD_MIN: Duration = Duration::from_secs(2);

fn database(folder: &Path) -> String {
    format!("sqlite://{}", folder.join("jury.db").display())
}

async fn serve(folder: &TempDir, admin: &str) -> Program {
    let database = database(folder.path());
    Program::start(&["serve", "--bind", "127.0.0.1:0", "--admin-bind", admin, "--database", &database]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invalid_setting_is_named_and_nothing_starts() {
    for (args, named) in [
        (&["serve", "--bind", "nowhere"][..], "--bind"),
        (&["serve", "--token-secret", "short"], "--token-secret"),
        (&["serve", "--allowed-origins", "*"], "--allowed-origins"),
        (&["serve", "--database", "postgres://localhost/jury"], "--redis"),
        (&["serve", "--database", "mysql://localhost/jury"], "--database"),
        (&["serve", "--database", "sqlite:///no/such/folder/jury.db", "--bind", "127.0.0.1:0"], "--database"),
        (&["serve", "--bind", "203.0.113.1:80"], "--bind"),
        (&["demo", "--bind", "0.0.0.0:0"], "--bind"),
        (&["demo", "--viewers", "many"], "--viewers"),
        (&["token", "--role", "king", "--room", ROOM, "--sub", "ann"], "--role"),
        (&["token", "--role", "viewer", "--room", "*", "--sub", "ann"], "room"),
        (&["token", "--role", "viewer", "--room", ROOM, "--sub", "ann", "--ttl", "25h"], "--ttl"),
        (&["token", "--role", "overlay", "--room", ROOM, "--sub", "ann", "--ttl", "32d"], "--ttl"),
    ] {
        let output = Program::run(args).await;
        let log = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && log.contains(named), "{args:?}: {log}");
        assert!(output.stdout.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_a_ballot_secret_does_not_start() {
    let folder = tempfile::tempdir().unwrap();
    let database = database(folder.path());
    let serve = ["serve", "--bind", "127.0.0.1:0", "--database", &database];
    let log = Program::try_start(&serve, &[("LIVE_JURY_BALLOT_SECRET", "")]).await.unwrap_err();
    assert!(log.iter().any(|line| line.contains("--ballot-secret")), "{log:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_variable_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let database = database(folder.path());
    let serve = ["serve", "--bind", "127.0.0.1:0", "--admin-bind", "off", "--database", &database];
    let log =
        Program::try_start(&serve, &[("LIVE_JURY_ALLOWED_ORIGIN", "https://shop.example.com")]).await.unwrap_err();
    assert!(log.iter().any(|line| line.contains("LIVE_JURY_ALLOWED_ORIGIN")), "{log:?}");
    let of_kubernetes = [("LIVE_JURY_PORT", "tcp://10.0.0.1:80"), ("LIVE_JURY_SERVICE_HOST", "10.0.0.1")];
    Program::start_with(&serve, &of_kubernetes).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_variable_is_unset() {
    let folder = tempfile::tempdir().unwrap();
    let database = database(folder.path());
    let serve = ["serve", "--bind", "127.0.0.1:0", "--admin-bind", "off", "--database", &database];
    let settings = Settings::augment_args(clap::Command::new("serve"));
    let variables = settings.get_arguments().filter_map(|setting| setting.get_env()?.to_str());
    let empty: Vec<(&str, &str)> = variables.filter(|name| !name.ends_with("_SECRET")).map(|name| (name, "")).collect();
    assert!(empty.len() > 20, "{empty:?}");
    let server = Program::start_with(&serve, &empty).await;
    let mia = Api::new(server.address, Some(&moderator(ROOM, "mia")));
    mia.create(ROOM, case(json!({}))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_with_a_line_end_stops_the_start_and_is_not_shown() {
    let secret = "a secret as a file holds it, with its line end";
    for variable in ["LIVE_JURY_TOKEN_SECRET", "LIVE_JURY_BALLOT_SECRET"] {
        let log = Program::try_start(&["serve", "--bind", "127.0.0.1:0"], &[(variable, &format!("{secret}\n"))]).await;
        let log = log.unwrap_err().join("\n");
        let flag = variable.replace("LIVE_JURY_", "--").replace('_', "-").to_lowercase();
        assert!(log.contains(&flag) && log.contains("line end"), "{log}");
        assert!(!log.contains(secret), "{log}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_file_serves_one_server() {
    let folder = tempfile::tempdir().unwrap();
    let _first = serve(&folder, "off").await;
    let database = database(folder.path());
    let second = ["serve", "--bind", "127.0.0.1:0", "--admin-bind", "off", "--database", &database];
    let output = Program::run(&second).await;
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && log.contains("in use by another server"), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn migrate_creates_the_database_and_exits() {
    let folder = tempfile::tempdir().unwrap();
    let database = database(folder.path());
    let migrate = async |check: bool| {
        let args = ["migrate", "--database", &database, "--check"];
        let output = Program::run(&args[..if check { 4 } else { 3 }]).await;
        assert!(output.status.code() != Some(1), "{}", String::from_utf8_lossy(&output.stderr));
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, missing) = migrate(true).await;
    assert!(code == 3 && missing.starts_with("missing 0001_"), "{code} {missing}");
    assert_eq!(migrate(true).await, (3, missing.clone()), "a check changes nothing");
    assert_eq!(migrate(false).await, (0, missing.replace("missing", "ran")));
    let current = (0, "the schema is current\n".to_owned());
    assert_eq!(migrate(false).await, current);
    assert_eq!(migrate(true).await, current);
    serve(&folder, "off").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn token_prints_a_valid_token_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let server = serve(&folder, "off").await;
    let output = Program::run(&["token", "--role", "moderator", "--room", ROOM, "--sub", "mia", "--ttl", "90s"]).await;
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let printed = String::from_utf8(output.stdout).unwrap();
    let token = printed.strip_suffix('\n').unwrap();
    assert!(token.split('.').count() == 3 && !token.contains(char::is_whitespace), "{token}");
    let id = Api::new(server.address, Some(token)).create(ROOM, case(json!({}))).await.id;

    let args = ["token", "--role", "viewer", "--room", ROOM, "--sub", "ann", "--side", "buyer", "--since", "1"];
    let printed = String::from_utf8(Program::run(&args).await.stdout).unwrap();
    Juror::join(server.address, ROOM, printed.trim()).await.vote(id, "buyer").await;
}

/// Votes in the first case, then casts in the second one without pause until the node announces its shutdown. Returns
/// whether the second ballot was acknowledged, and the time of the close.
async fn vote_until_draining(
    server: &Program,
    cases: [CaseId; 2],
    n: usize,
    mut stop: watch::Receiver<bool>,
) -> (bool, Instant) {
    let mut juror = Juror::join(server.address, ROOM, &viewer(ROOM, &format!("juror-{n}"))).await;
    juror.vote(cases[0], "buyer").await;
    juror.wait_for_case(cases[1], |_| true).await;
    stop.wait_for(|stop| *stop).await.unwrap();
    let mut acknowledged = false;
    while !juror.draining {
        // The cast was sent before the announcement, so it gets an answer, though the node may be stopping.
        let answer = juror.cast(cases[1], "buyer").await;
        acknowledged |= matches!(answer, Answer::Recorded(..));
    }
    assert_eq!(juror.wait_closed().await, close::RESTART);
    (acknowledged, Instant::now())
}

live_jury_tests::on_both! {
    a_server_under_load_stops_in_order
}

async fn a_server_under_load_stops_in_order(stores: Stores) {
    let server = Program::serve(&stores, &["--max-frames-per-second", "100000"]).await;
    let mia = Api::new(server.address, Some(&moderator(ROOM, "mia")));
    let cases = [mia.create(ROOM, case(json!({}))).await.id, mia.create(ROOM, case(json!({}))).await.id];
    let (stop, stopping) = watch::channel(false);
    let crowd = join_all((0..CROWD).map(|n| vote_until_draining(&server, cases, n, stopping.clone())));

    let conduct = async {
        let mut mod_socket = Juror::join(server.address, ROOM, &moderator(ROOM, "mia")).await;
        mod_socket.wait_for_ballots(cases[0], CROWD as u64).await;
        let began = Instant::now();
        stop.send_replace(true);
        server.signal("TERM").await;
        // The server is not ready while it still closes sockets.
        let admin = server.admin();
        while admin.get("/readyz").await.status != 503 {}
        let refused = Juror::try_connect(server.address, ROOM, None).await.unwrap_err();
        assert_eq!(refused.0, 503, "{}", refused.1);
        began
    };
    let (crowd, began) = futures_util::future::join(crowd, conduct).await;
    let (acknowledged, closed): (Vec<bool>, Vec<Instant>) = crowd.into_iter().unzip();
    let (first, last) = (*closed.iter().min().unwrap(), *closed.iter().max().unwrap());
    assert!(last - first >= CLOSE_SPREAD_MIN, "not all come back at once: {:?}", last - first);
    let status = server.end().await;
    assert!(status.success(), "{status}");
    assert!(began.elapsed() < STOP_MAX, "{:?}", began.elapsed());

    let again = Program::serve(&stores, &[]).await;
    let mia = Api::new(again.address, Some(&moderator(ROOM, "mia")));
    let ballots = |ended: live_jury_protocol::Case| ended.verdict.unwrap().ballots;
    assert_eq!(ballots(mia.close(cases[0]).await), CROWD as u64);
    let acknowledged = acknowledged.into_iter().filter(|acknowledged| *acknowledged).count() as u64;
    assert!(ballots(mia.close(cases[1]).await) >= acknowledged, "acknowledged means counted: {acknowledged}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demo_accepts_this_machine_only() {
    let bind = ["demo", "--bind", "127.0.0.1:0", "--viewers", "12", "--case-seconds", "20"];
    let mut demo = Program::start(&bind).await;
    let mut links = Vec::new();
    while links.len() < 5 {
        let line = demo.output.next_line().await.unwrap().expect("the links");
        links.extend(line.split_whitespace().find(|word| word.starts_with("http://")).map(str::to_owned));
    }
    let port = demo.address.port();
    let own = format!("http://127.0.0.1:{port}/");
    assert!(links[0] == own && links[1..].iter().all(|link| link.starts_with(&own) && link.contains("#token=")));

    let api = Api::new(demo.address, None);
    for host in ["localhost", "127.0.0.1", "[::1]", &format!("localhost:{port}")] {
        let reply = api.send("GET", "/api/v1/openapi.json", &[("Host", host)], None).await;
        assert_eq!(reply.status, 200, "{host}");
    }
    for host in ["evil.example", "127.0.0.1.evil.example", "192.0.2.1"] {
        let reply = api.send("POST", "/demo/token", &[("Host", host)], Some(b"ann".to_vec())).await;
        assert_eq!(reply.problem(403).0, "host_not_allowed", "{host}");
    }
    // A viewer with an issued token can vote, and the simulated viewers vote as well.
    let token = api.send("POST", "/demo/token", &[], Some(b"ann".to_vec())).await.text;
    let mut ann = Juror::join(demo.address, "demo", &token).await;
    let id = ann.wait("a case", |ann| ann.docket.first().map(|case| case.id)).await;
    let option = ann.docket[0].options[0].id.to_string();
    ann.vote(id, &option).await;
    ann.wait_for_ballots(id, 2).await;
    // The Chinese demo room issues tokens too. Other rooms issue none.
    let token = api.send("POST", "/demo/token?room=demo-zh", &[], Some(b"li".to_vec())).await.text;
    let mut li = Juror::join(demo.address, "demo-zh", &token).await;
    let title = li.wait("a case in Chinese", |li| li.docket.first().map(|case| case.title.clone())).await;
    assert!(title.contains("桑蚕丝"), "{title}");
    let elsewhere = api.send("POST", "/demo/token?room=elsewhere", &[], Some(b"ann".to_vec())).await;
    assert_eq!(elsewhere.status, 404, "{}", elsewhere.text);
    demo.signal("INT").await;
    assert_eq!(ann.closed_with().await, close::RESTART);
    assert!(demo.end().await.success());
}

/// The second case of the demo has a panel. Its third one is raided: simulated viewers come for it and vote alike.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demo_records_a_panel_and_a_raid() {
    let args = ["demo", "--bind", "127.0.0.1:0", "--viewers", "60", "--case-seconds", "30", "--pause-seconds", "2"];
    let demo = Program::start(&args).await;
    let anybody = Api::new(demo.address, None);
    let links: Value = anybody.get("/demo/links").await.read(200);
    let (_, token) = links["moderator"].as_str().unwrap().split_once("#token=").unwrap();
    let moderator = Api::new(demo.address, Some(token));
    let token = anybody.send("POST", "/demo/token", &[], Some(b"ann".to_vec())).await.text;
    let mut ann = Juror::join(demo.address, "demo", &token).await;
    let first = ann.wait("a case", |ann| ann.docket.first().map(|case| case.id)).await;
    moderator.close(first).await;

    // Ann's docket may have the closed case for a moment more.
    let opened_after = |before: CaseId| {
        let is_next = move |case: &&Case| case.state == CaseState::Open && case.id > before;
        move |ann: &Juror| ann.docket.iter().find(is_next).map(|case| case.id)
    };
    // The case of a claim comes between.
    let claimed = ann.wait("the claim's case", opened_after(first)).await;
    moderator.close(claimed).await;
    let second = ann.wait("the second case", opened_after(claimed)).await;
    ann.wait_for_case(second, |case| case.draw.as_ref().is_some_and(|draw| draw.called.is_some())).await;
    // 85 % of 60 viewers vote, within 21 s.
    ann.wait_for_ballots(second, 40).await;
    let panel = moderator.close(second).await.verdict.unwrap().panel.unwrap();
    assert_eq!((panel.seats, panel.counted), (15, 15));

    let third = ann.wait("the third case", opened_after(second)).await;
    // Those, and 60 who came for the case.
    ann.wait_for_ballots(third, 100).await;
    let verdict = moderator.close(third).await.verdict.unwrap();
    assert_eq!((verdict.outcome, verdict.why, &verdict.option), (Outcome::Hung, Some(Why::LateCohort), &None));
    let cohorts = verdict.details.unwrap().cohorts.unwrap();
    assert!(cohorts.raised.is_some(), "{cohorts:?}");
    demo.signal("INT").await;
    assert!(demo.end().await.success());
}

/// Viewers report the shop after the first verdict, and the demo's platform is told of what follows.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demo_shows_what_follows_from_a_verdict() {
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
    // More ballots than the policy asks for.
    ann.wait_for_ballots(first, 40).await;
    moderator.close(first).await;

    let told = in_time("the platform is told", async {
        loop {
            let told: Value = anybody.get("/demo/told").await.read(200);
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
    let other: Value = anybody.get("/demo/told?room=demo-zh").await.read(200);
    assert_eq!((other["merchant"].as_str(), other["points"].as_u64()), (Some("m_78"), None), "{other}");
    assert_eq!(anybody.get("/demo/told?room=elsewhere").await.status, 404);

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
    let me: Value = api_of("host").get("/trust/me").await.read(200);
    assert_eq!((me["party"]["kind"].as_str(), me["signals"].as_array().unwrap().len()), (Some("host"), 13), "{me}");
    demo.signal("INT").await;
    assert!(demo.end().await.success());
}

/// A shop of each room offers copies. The desk sees why they were stopped, and the report counts them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demo_stops_copies_before_anybody_sees_them() {
    let demo = Program::start(&["demo", "--bind", "127.0.0.1:0", "--viewers", "0"]).await;
    let anybody = Api::new(demo.address, None);
    let links: Value = anybody.get("/demo/links").await.read(200);
    let (_, token) = links["desk"].as_str().unwrap().split_once("#token=").unwrap();
    let desk = Api::new(demo.address, Some(token));
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
    demo.signal("INT").await;
    assert!(demo.end().await.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hang_up_ends_no_server() {
    let folder = tempfile::tempdir().unwrap();
    let server = serve(&folder, "off").await;
    server.signal("HUP").await;
    let answered = async {
        while !server.log_lines().iter().any(|line| line.contains("there is no JWK set to read again")) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(STOP_MAX, answered).await.expect("the log tells that the signal was handled");
    let mia = Api::new(server.address, Some(&moderator(ROOM, "mia")));
    mia.create(ROOM, case(json!({}))).await;
    server.signal("TERM").await;
    assert!(server.end().await.success());

    let demo = Program::start(&["demo", "--bind", "127.0.0.1:0", "--viewers", "0"]).await;
    demo.signal("HUP").await;
    assert!(demo.end().await.success(), "a demo stops in order when its terminal goes");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_demo_issues_tokens() {
    let folder = tempfile::tempdir().unwrap();
    let server = serve(&folder, "off").await;
    let reply = Api::new(server.address, None).send("POST", "/demo/token", &[], Some(b"ann".to_vec())).await;
    assert_eq!(reply.status, 404, "{}", reply.text);
}
