//! The executable, as an operator runs it: invalid settings, the stop, the printed output.

use std::path::Path;
use std::time::Duration;

use clap::Args;
use futures_util::future::join_all;
use live_jury_protocol::{CaseId, close};
use live_jury_server::config::Settings;
use live_jury_tests::api::{Api, case};
use live_jury_tests::juror::{Answer, Juror};
use live_jury_tests::program::Program;
use live_jury_tests::stores::Stores;
use live_jury_tests::tokens::{moderator, viewer};
use serde_json::json;
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::time::Instant;

const ROOM: &str = "live-42";
/// Limit for the stop of a server.
const STOP_MAX: Duration = Duration::from_secs(25);
const CROWD: usize = 40;
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
