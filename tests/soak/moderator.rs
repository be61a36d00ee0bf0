//! The moderators: they keep cases open in every room, and extend, close and void some of them through any node.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fastrand::Rng;
use live_jury_tests::api::Api;
use live_jury_tests::tokens;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::crowd::Crowd;
use crate::plan::room_name;
use crate::run_log::ModeratorLog;

/// Delay before an unanswered request is repeated, in milliseconds.
const RETRY_DELAY_MS: Range<u64> = 50..400;
/// Time between two looks at a case after the docket was put back.
const LOOK_INTERVAL: Duration = Duration::from_millis(500);
/// Duration of a case, in seconds.
const DURATION_S: Range<u64> = 5..10;
/// Time of a moderator's step after the opening, in milliseconds.
const INTERVENTION_MS: Range<u64> = 1_500..7_000;
/// Duration of a case after the last fault, in seconds.
const RECOVERY_CASE_S: u64 = 20;

/// The moderators of a run.
pub struct Moderators {
    crowd: Arc<Crowd>,
    /// Cancelled when no further case may open.
    pub no_new_cases: CancellationToken,
    /// Requests and answers of the moderators.
    pub moderator_logs: Mutex<BTreeMap<Uuid, ModeratorLog>>,
    token: String,
}

impl Moderators {
    pub fn new(crowd: Arc<Crowd>) -> Self {
        let token = tokens::moderator("*", "mia");
        Self { crowd, no_new_cases: CancellationToken::new(), moderator_logs: Mutex::default(), token }
    }

    /// Keeps one case after another open in a room, until `no_new_cases` is cancelled.
    pub async fn keep_open(self: Arc<Self>, room_index: usize, mut rng: Rng) {
        while !self.no_new_cases.is_cancelled() {
            let case = self.open(room_index, self.any_case(room_index, &mut rng), &mut rng).await;
            self.follow_to_end(room_index, case, &mut rng).await;
        }
    }

    /// Opens a case and repeats the request until it is answered. The idempotency key makes repeats safe.
    pub async fn open(&self, room_index: usize, case: Value, rng: &mut Rng) -> Uuid {
        let key = format!("{:032x}", rng.u128(..));
        let path = format!("/rooms/{}/cases", room_name(room_index));
        let created = self.send(rng, &path, Some(&key), &case, "").await;
        let id = id_of(&created).expect("an id");
        if created["state"] == "draft" {
            // A repeat after a lost answer may find that the case is not a draft any more.
            self.send(rng, &format!("/cases/{id}/open"), None, &json!({}), "not_a_draft").await;
        }
        id
    }

    /// Follows a case to its end and takes a random step on the way.
    async fn follow_to_end(&self, room_index: usize, case: Uuid, rng: &mut Rng) {
        let intervention_at = Instant::now() + Duration::from_millis(rng.u64(INTERVENTION_MS));
        let intervention = rng.u8(..100);
        tokio::select! {
            () = self.ended(room_index, case) => return,
            () = sleep_until(intervention_at) => {}
            () = self.no_new_cases.cancelled() => {}
        }
        match intervention {
            0..30 => self.request_step(case, "close", &json!({}), rng).await,
            30..38 => {
                self.request_step(case, "void", &json!({ "reason": format!("wrong product {intervention}") }), rng)
                    .await
            }
            38..65 => self.request_step(case, "extend", &json!({ "by_s": rng.u64(10..13) }), rng).await,
            _ => {}
        }
        self.ended(room_index, case).await;
    }

    /// Opens a case after the last fault, and closes it when all its jurors have voted or the time is up.
    pub async fn open_after_recovery(&self, room_index: usize, rng: &mut Rng) -> Uuid {
        let case = self.any_case(room_index, rng);
        let case = self.open(
            room_index,
            json!({ "duration_s": RECOVERY_CASE_S, "open": true, "title": case["title"], "options": case["options"] }),
            rng,
        );
        let case = case.await;
        let all_voted = async {
            loop {
                let acknowledgement = self.crowd.acknowledged.notified();
                if self.crowd.jurors(room_index).all(|member| member.model.lock().unwrap().has_voted(case)) {
                    break;
                }
                acknowledgement.await;
            }
        };
        // The judge reports a juror who has not voted by then.
        let _ = timeout(Duration::from_secs(RECOVERY_CASE_S - 1), all_voted).await;
        self.request_step(case, "close", &json!({}), rng).await;
        self.ended(room_index, case).await;
        case
    }

    /// Waits until the case has a verdict. A case that is not there any more, or is a draft again, since the docket was
    /// put back, has ended, too.
    async fn ended(&self, room_index: usize, case: Uuid) {
        let mut docket = self.crowd.rooms[room_index].latest();
        let shown = docket.wait_for(|docket| docket.case(case).is_some_and(|case| case.verdict.is_some()));
        tokio::select! {
            shown = shown => drop(shown.expect("the room outlives its moderators")),
            () = self.went_back(case) => {}
        }
    }

    /// Completes if the docket was put back and the case waits for nothing any more.
    async fn went_back(&self, case: Uuid) {
        let mut rng = Rng::new();
        loop {
            sleep(LOOK_INTERVAL).await;
            let node = self.crowd.deployment.any_address(&mut rng);
            let (false, Some(node)) = (self.crowd.deployment.put_backs().is_empty(), node) else { continue };
            let api = Api::new(node, Some(&self.token));
            let Ok(reply) = api.try_send("GET", &format!("/cases/{case}"), &[], None).await else { continue };
            let found: Value = serde_json::from_str(&reply.text).expect("JSON");
            if reply.status == 404 || found["state"] == "draft" || found["verdict"].is_object() {
                return;
            }
        }
    }

    async fn request_step(&self, case: Uuid, action: &str, body: &Value, rng: &mut Rng) {
        if let Some(reason) = body["reason"].as_str() {
            let mut moderator_logs = self.moderator_logs.lock().unwrap();
            moderator_logs.entry(case).or_default().voids.insert(reason.to_owned());
        }
        let answer = self.send(rng, &format!("/cases/{case}/{action}"), None, body, "not_open").await;
        let mut moderator_logs = self.moderator_logs.lock().unwrap();
        let log = moderator_logs.entry(case).or_default();
        let done = id_of(&answer) == Some(case);
        log.acknowledged_closed |= done && action == "close";
        log.acknowledged_void |= done && action == "void";
        log.acknowledged_closes_at_ms = log.acknowledged_closes_at_ms.max(answer["closes_at_ms"].as_u64().unwrap_or(0));
    }

    /// Sends a request to random nodes until one succeeds, or answers with this code.
    async fn send(&self, rng: &mut Rng, path: &str, key: Option<&str>, body: &Value, too_late: &str) -> Value {
        let headers: Vec<(&str, &str)> = key.map(|key| ("Idempotency-Key", key)).into_iter().collect();
        loop {
            if let Some(node) = self.crowd.deployment.any_address(rng) {
                let api = Api::new(node, Some(&self.token));
                // A node that stops before it answers counts as unavailable.
                if let Ok(reply) = api.try_send("POST", path, &headers, Some(body.to_string().into_bytes())).await {
                    let answer: Value = serde_json::from_str(&reply.text).expect("JSON");
                    match reply.status {
                        200 | 201 => return answer,
                        409 if answer["code"] == too_late => return answer,
                        // The docket was put back to a state without the case.
                        404 if !self.crowd.deployment.put_backs().is_empty() => return answer,
                        // The room is full, another moderator was faster, or a store is unavailable. Requests that met
                        // an unavailable store count as edits, so many of them use up the edits of a minute.
                        409 | 429 | 503 => {}
                        status => panic!("{path} is answered {status} {answer}"),
                    }
                }
            }
            sleep(Duration::from_millis(rng.u64(RETRY_DELAY_MS))).await;
        }
    }

    fn any_case(&self, room_index: usize, rng: &mut Rng) -> Value {
        let reveal = ["live", "after_vote", "after_close"][rng.usize(..3)];
        let allow_change = reveal == "after_close" && rng.u8(..3) > 0;
        let recused = if rng.u8(..4) == 0 { self.crowd.recused(room_index) } else { Vec::new() };
        let options = ["buyer", "merchant", "abstain", "host"][..rng.usize(2..5)].iter();
        let options = options.map(|id| json!({ "id": id, "label": id, "abstain": *id == "abstain" }));
        json!({
            "title": "Is the “pure silk” claim misleading?",
            "options": options.collect::<Vec<_>>(),
            "duration_s": rng.u64(DURATION_S),
            "open": rng.u8(..4) > 0,
            "rules": {
                "quorum": rng.choice([1, 5, 10, 10_000]),
                "threshold": f64::from(rng.u32(..10_000)) / 10_000.0,
                "reveal": reveal,
                "allow_change": allow_change,
                "recused": recused,
            },
        })
    }
}

fn id_of(case: &Value) -> Option<Uuid> {
    case["id"].as_str().and_then(|id| id.parse().ok())
}
