//! One run: starts the deployment, applies the faults, collects the log and judges it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fastrand::Rng;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use crate::crowd::Crowd;
use crate::deployment::{BALLOT_SECRET, Deployment};
use crate::faults::{Fault, Lane, ScheduledFault};
use crate::judge::{Violation, judge};
use crate::moderator::Moderators;
use crate::plan::Plan;
use crate::records::{self, Database};
use crate::report;
use crate::run_log::RunLog;
use crate::statistics::Summary;

/// Limit from the last fault's end to the last verdict. It covers an extended case that was reopened once.
const SETTLED_MAX: Duration = Duration::from_secs(60);
/// Time between two readings of the number of casts.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// The result of a run.
pub struct Run {
    pub plan: Plan,
    pub summary: Summary,
    pub violations: Vec<Violation>,
    /// Details for the search of a cause; empty without violations.
    pub report: String,
}

/// Executes a plan.
pub async fn run(plan: &Plan) -> Run {
    let deployment = Deployment::open(plan.nodes).await;
    let began = Instant::now();
    let crowd = Arc::new(Crowd::new(plan, deployment.clone(), began));
    let mut sockets = crowd.connect_all(plan.seed);
    let moderators = Arc::new(Moderators::new(crowd.clone()));
    let checkpoints = Arc::new(Mutex::new(Vec::new()));
    let log_over = CancellationToken::new();
    let following = tokio::spawn(follow_log(deployment.clone(), checkpoints.clone(), log_over.clone()));
    let mut rng = Rng::with_seed(plan.seed);
    let mut cases = JoinSet::new();
    for seat in 0..plan.rooms * plan.cases {
        cases.spawn(moderators.clone().keep_open(seat % plan.rooms, rng.fork()));
    }
    let schedule = apply_faults(plan, &crowd).await;
    moderators.no_new_cases.cancel();
    // The judge reports a case that is not settled by then.
    let _ = timeout(SETTLED_MAX, async { while cases.join_next().await.is_some_and(|case| case.is_ok()) {} }).await;
    let mut run_log = RunLog { ballot_secret: BALLOT_SECRET.to_owned(), ..RunLog::default() };
    for room_index in 0..plan.rooms {
        let opening = timeout(SETTLED_MAX, moderators.open_after_recovery(room_index, &mut rng));
        let jurors: BTreeSet<String> = crowd.jurors(room_index).map(|member| member.sub.clone()).collect();
        match opening.await {
            Ok(case) => drop(run_log.after_recovery.insert(case, jurors)),
            Err(_) => run_log.wrong.push(format!("room {room_index} took no case after every fault had ended")),
        }
    }
    crowd.stop.cancel();
    while sockets.join_next().await.is_some_and(|socket| socket.is_ok()) {}
    gather(&mut run_log, &crowd, &moderators).await;
    // A log that was put back is not signed any more.
    if run_log.put_backs.is_empty() {
        let (entries, wanted) = (run_log.log.entries.len(), checkpoints.clone());
        let is_signed = async {
            while size_of(wanted.lock().unwrap().last()) < entries {
                sleep(POLL_INTERVAL).await
            }
        };
        // The judge reports a log that is not signed by then.
        let _ = timeout(SETTLED_MAX, is_signed).await;
    }
    log_over.cancel();
    following.await.expect("the log can be followed");
    run_log.log.checkpoints = std::mem::take(&mut *checkpoints.lock().unwrap());
    let summary = Summary::of(&crowd.counters, &run_log, crowd.sockets());
    let violations = judge(&run_log);
    let report = report::write(plan, &schedule, &violations, &run_log, &deployment).await;
    Run { plan: plan.clone(), summary, violations, report }
}

/// Collects the checkpoints that nodes show, each once in a row.
async fn follow_log(deployment: Arc<Deployment>, seen: Arc<Mutex<Vec<String>>>, over: CancellationToken) {
    let mut rng = Rng::new();
    while over.run_until_cancelled(sleep(POLL_INTERVAL)).await.is_some() {
        let Some(node) = deployment.any_address(&mut rng) else { continue };
        let Some(Some(note)) = over.run_until_cancelled(records::checkpoint(node)).await else { continue };
        let mut seen = seen.lock().unwrap();
        // Nodes read the database one after the other, so a node may show the one before.
        if !seen.contains(&note) {
            seen.push(note);
        }
    }
}

/// The size of a checkpoint's log; 0 without one.
fn size_of(note: Option<&String>) -> usize {
    note.and_then(|note| note.lines().nth(1)?.parse().ok()).unwrap_or(0)
}

/// Applies faults for the planned time. All have ended when it returns.
async fn apply_faults(plan: &Plan, crowd: &Arc<Crowd>) -> Vec<ScheduledFault> {
    let (began, faults_over) = (Instant::now(), CancellationToken::new());
    let applied = Arc::new(Mutex::new(Vec::new()));
    let mut lanes = JoinSet::new();
    for lane in Lane::ALL {
        let (crowd, faults_over, applied) = (crowd.clone(), faults_over.clone(), applied.clone());
        let schedule = lane.schedule(plan.seed, plan.nodes);
        lanes.spawn(async move {
            for scheduled in schedule {
                tokio::select! {
                    () = sleep_until(began + scheduled.at) => {}
                    () = faults_over.cancelled() => break,
                }
                crowd.counters.fault_applied(kind_of(scheduled.fault));
                applied.lock().unwrap().push(scheduled);
                if let Fault::DropJurors(share) = scheduled.fault {
                    let _ = crowd.drops.send(share);
                }
                crowd.deployment.apply(scheduled).await;
            }
        });
    }
    crowd.counters.watch(true);
    sleep(plan.duration).await;
    while crowd.counters.casts() < plan.casts && began.elapsed() < plan.duration_max() {
        sleep(POLL_INTERVAL).await;
    }
    crowd.counters.watch(false);
    faults_over.cancel();
    while let Some(lane) = lanes.join_next().await {
        lane.expect("every fault of a lane ends");
    }
    let mut schedule = std::mem::take(&mut *applied.lock().unwrap());
    schedule.sort_by_key(|scheduled| scheduled.at);
    schedule
}

fn kind_of(fault: Fault) -> String {
    let name = format!("{fault:?}");
    let kind: String = name.chars().take_while(|letter| letter.is_alphabetic()).collect();
    let of = ["Redis", "Postgres", "Empty", "Older"].into_iter().find(|of| name.contains(&format!("({of}")));
    kind + of.unwrap_or_default()
}

async fn gather(run_log: &mut RunLog, crowd: &Crowd, moderators: &Moderators) {
    run_log.jurors = crowd.juror_logs();
    run_log.moderator_logs = moderators.moderator_logs.lock().unwrap().clone();
    run_log.wipes_ms = crowd.deployment.wipes_ms();
    run_log.put_backs = crowd.deployment.put_backs();
    run_log.peaks_kib = crowd.deployment.peaks_kib().await;
    let mut database = Database::connect(&crowd.deployment.database).await;
    run_log.cases = database.records().await;
    run_log.log = database.log().await;
    for record in run_log.cases.iter_mut().filter(|record| record.verdict.is_object()) {
        for node in crowd.deployment.addresses() {
            record.nodes.push(records::node_view(node, record.id).await);
        }
    }
    let ended: Vec<_> = run_log.cases.iter_mut().filter(|record| record.verdict.is_object()).collect();
    let left = crowd.deployment.keys_left_ms(ended.iter().map(|record| record.id).collect()).await;
    for (record, left) in ended.into_iter().zip(left) {
        record.keys_left_ms = left;
    }
}
