//! One run from its seed to its judgement.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fastrand::Rng;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use crate::crowd::Crowd;
use crate::deployment::{BALLOT_SECRET, House};
use crate::faults::{Fault, Lane, Strike};
use crate::judge::{Violation, judge};
use crate::moderator::Moderators;
use crate::plan::Plan;
use crate::records::{self, Database};
use crate::report;
use crate::run_log::Evidence;
use crate::statistics::Sums;

/// Longest time from the last healing to the last verdict: an extended case, reopened once.
const SETTLED_WITHIN: Duration = Duration::from_secs(60);
/// How often the casts sent are counted.
const GLANCE: Duration = Duration::from_millis(100);

/// What became of a run.
pub struct Run {
    pub plan: Plan,
    pub sums: Sums,
    pub violations: Vec<Violation>,
    /// Everything that helps to find the cause; empty where nothing is wrong.
    pub report: String,
}

/// Carries out a plan.
pub async fn run(plan: &Plan) -> Run {
    let house = House::open(plan.nodes).await;
    let began = Instant::now();
    let crowd = Arc::new(Crowd::new(plan, house.clone(), began));
    let mut sockets = crowd.come_in(plan.seed);
    let moderators = Arc::new(Moderators::new(crowd.clone()));
    let mut rng = Rng::with_seed(plan.seed);
    let mut cases = JoinSet::new();
    for seat in 0..plan.rooms * plan.cases {
        cases.spawn(moderators.clone().keep_open(seat % plan.rooms, rng.fork()));
    }
    let strikes = strike(plan, &crowd).await;
    moderators.last_call.cancel();
    // What is not settled by then is the judge's matter.
    let _ = timeout(SETTLED_WITHIN, async { while cases.join_next().await.is_some_and(|case| case.is_ok()) {} }).await;
    let mut evidence = Evidence { ballot_secret: BALLOT_SECRET.to_owned(), ..Evidence::default() };
    for place in 0..plan.rooms {
        let opening = timeout(SETTLED_WITHIN, moderators.open_healed(place, &mut rng));
        let jurors: BTreeSet<String> = crowd.jurors(place).map(|member| member.sub.clone()).collect();
        match opening.await {
            Ok(case) => drop(evidence.healed.insert(case, jurors)),
            Err(_) => evidence.wrong.push(format!("room {place} took no case, after everything was healed")),
        }
    }
    crowd.stop.cancel();
    while sockets.join_next().await.is_some_and(|socket| socket.is_ok()) {}
    gather(&mut evidence, &crowd, &moderators).await;
    let peaks = house.peaks_kib().await;
    let sums = Sums::of(&crowd.figures, &evidence, crowd.sockets(), peaks);
    let violations = judge(&evidence);
    let report = report::tell(plan, &strikes, &violations, &evidence, &house).await;
    Run { plan: plan.clone(), sums, violations, report }
}

/// Lets faults strike for as long as planned, and heals everything.
async fn strike(plan: &Plan, crowd: &Arc<Crowd>) -> Vec<Strike> {
    let (began, enough) = (Instant::now(), CancellationToken::new());
    let struck = Arc::new(Mutex::new(Vec::new()));
    let mut lanes = JoinSet::new();
    for lane in Lane::ALL {
        let (crowd, enough, struck) = (crowd.clone(), enough.clone(), struck.clone());
        let strikes = lane.strikes(plan.seed, plan.nodes);
        lanes.spawn(async move {
            for strike in strikes {
                tokio::select! {
                    () = sleep_until(began + strike.at) => {}
                    () = enough.cancelled() => break,
                }
                crowd.figures.struck(kind_of(strike.fault));
                struck.lock().unwrap().push(strike);
                if let Fault::DropJurors(share) = strike.fault {
                    let _ = crowd.drops.send(share);
                }
                crowd.house.suffer(strike).await;
            }
        });
    }
    crowd.figures.watch(true);
    sleep(plan.lasts).await;
    while crowd.figures.casts() < plan.casts && began.elapsed() < plan.lasts_at_most() {
        sleep(GLANCE).await;
    }
    crowd.figures.watch(false);
    enough.cancel();
    while let Some(lane) = lanes.join_next().await {
        lane.expect("a fault strikes and is healed");
    }
    let mut strikes = std::mem::take(&mut *struck.lock().unwrap());
    strikes.sort_by_key(|strike| strike.at);
    strikes
}

fn kind_of(fault: Fault) -> String {
    let name = format!("{fault:?}");
    let kind: String = name.chars().take_while(|letter| letter.is_alphabetic()).collect();
    let store = ["Redis", "Postgres"].into_iter().find(|store| name.contains(&format!("({store}")));
    kind + store.unwrap_or_default()
}

async fn gather(evidence: &mut Evidence, crowd: &Crowd, moderators: &Moderators) {
    evidence.jurors = crowd.witnesses();
    evidence.rulings = moderators.rulings.lock().unwrap().clone();
    evidence.wipes_ms = crowd.house.wipes_ms();
    evidence.cases = Database::connect(&crowd.house.database).await.records().await;
    for record in evidence.cases.iter_mut().filter(|record| record.verdict.is_object()) {
        for node in crowd.house.addresses() {
            record.nodes.push(records::published(node, record.id).await);
        }
    }
}
