//! Steps of the stories of trust: a node with policies and a target of webhooks, cases that viewers judge, and what
//! follows for a shop.

use std::path::PathBuf;
use std::time::Duration;

use live_jury_protocol::trust::{ExposureAnswer, IndexAnswer, Measure, PartyStanding, Violation};
use live_jury_protocol::{Case, CaseId, Role};
use live_jury_server::config::Settings;
use live_jury_tests::api::{Api, case};
use live_jury_tests::in_time;
use live_jury_tests::juror::Juror;
use live_jury_tests::node::Node;
use live_jury_tests::receiver::Receiver;
use live_jury_tests::stores::Stores;
use live_jury_tests::tokens::token;
use live_jury_trust::policy::BUILTIN;
use serde_json::{Value, json};

pub const ROOM: &str = "live-42";
/// The shop of the stories.
pub const SHOP: &str = "m-1";
/// The words of a moderator.
pub const WORDS: &str = "The label and the laboratory disagree.";
/// The time between two looks.
const LOOK: Duration = Duration::from_millis(50);

/// A folder with the files of a node's settings.
pub struct Files {
    _folder: tempfile::TempDir,
    policies: PathBuf,
    webhooks: PathBuf,
}

impl Files {
    /// Policies with a bar of two ballots, and a target of webhooks.
    pub fn new(receiver: &Receiver) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut file: Value = serde_json::from_str(BUILTIN).unwrap();
        for policy in file["policies"].as_array_mut().unwrap() {
            policy["min_ballots"] = json!(2);
        }
        let (policies, webhooks) = (folder.path().join("policies.json"), folder.path().join("webhooks.json"));
        std::fs::write(&policies, file.to_string()).unwrap();
        std::fs::write(&webhooks, receiver.targets_file("shop")).unwrap();
        Self { _folder: folder, policies, webhooks }
    }

    fn set(&self, settings: &mut Settings) {
        settings.trust.file = Some(self.policies.clone());
        settings.webhooks = Some(self.webhooks.clone());
    }

    pub async fn node(&self, stores: &Stores) -> Node {
        let node = stores.node_with(|settings| self.set(settings)).await;
        // A new target begins after the last event.
        let of_all = node.moderator("*");
        until("the target is served", async || {
            let targets: Value = serde_json::from_str(&of_all.get("/trust/webhooks").await.text).unwrap();
            targets["items"][0].is_object().then_some(())
        })
        .await;
        node
    }
}

/// Looks until there is something.
pub async fn until<T>(what: &str, look: impl AsyncFn() -> Option<T>) -> T {
    in_time(what, async {
        loop {
            if let Some(found) = look().await {
                break found;
            }
            tokio::time::sleep(LOOK).await;
        }
    })
    .await
}

/// A case about the shop, or about others.
pub fn about(policy: &str, subject: &Value) -> Value {
    case(json!({
        "policy": policy,
        "subject": subject,
        "options": [
            { "id": "buyer", "label": "Support the buyer", "upholds": true },
            { "id": "merchant", "label": "Support the merchant" },
            { "id": "abstain", "label": "Cannot tell", "abstain": true },
        ],
    }))
}

pub fn of_shop() -> Value {
    json!({ "merchant": SHOP })
}

/// Has a case judged by so many viewers for the complaint, and so many against it.
pub async fn judged(node: &Node, new: Value, buyer: usize, other: usize) -> Case {
    let moderator = node.moderator(ROOM);
    let opened = moderator.create(ROOM, new).await;
    for n in 0..buyer + other {
        let option = if n < buyer { "buyer" } else { "merchant" };
        node.viewer(ROOM, &format!("juror-{n}")).await.vote(opened.id, option).await;
    }
    moderator.close(opened.id).await
}

pub async fn standing(api: &Api, party: &str) -> Option<PartyStanding> {
    let reply = api.get(&format!("/trust/parties/{party}")).await;
    (reply.status == 200).then(|| reply.read(200))
}

/// Waits until a party's standing is so.
pub async fn wait(api: &Api, party: &str, what: &str, holds: impl Fn(&PartyStanding) -> bool) -> PartyStanding {
    until(what, async || standing(api, party).await.filter(|standing| holds(standing))).await
}

pub async fn wait_for_points(api: &Api, points: u32) -> PartyStanding {
    wait(api, &format!("merchant/{SHOP}"), "the points", |standing| standing.points == points).await
}

pub async fn exposure(node: &Node) -> Value {
    let platform = node.api(&token(Role::Platform, "*", "shop-platform"));
    let answer: ExposureAnswer = platform.post("/trust/exposure", json!({ "merchants": [SHOP] })).await.read(200);
    serde_json::to_value(&answer.items[0]).unwrap()
}

pub async fn signal(api: &Api, id: &str) -> (f64, f64) {
    let index: IndexAnswer = api.get(&format!("/trust/merchants/{SHOP}/index?explain=true")).await.read(200);
    let signal = index.signals.iter().find(|signal| signal.id == id).unwrap();
    (signal.n, signal.k)
}

pub fn kinds(told: &[Value], party: &Value) -> Vec<String> {
    let is_of = |body: &&Value| &body["data"]["party"] == party;
    told.iter().filter(is_of).map(|body| body["type"].as_str().unwrap().to_owned()).collect()
}

/// Everything of a standing but the ids and times of what was done.
pub fn without_ids(standing: &PartyStanding) -> Value {
    let of = |one: &Measure| json!([one.kind, one.points, one.from_ms, one.until_ms, one.state]);
    let active: Vec<&Violation> = standing.violations.iter().filter(|one| one.state != "void").collect();
    let violations = active.iter().map(|one| json!([one.policy, one.points, one.decided_at_ms, one.counts]));
    let in_place = standing.measures.iter().filter(|one| one.state != "lifted").map(of).collect::<Vec<_>>();
    json!([standing.points, standing.tier, standing.gate, violations.collect::<Vec<_>>(), in_place])
}

/// Lowers the panel of an appeal to viewers who are there, opens its draft, has them vote so, and closes it. They join
/// one node, and the requests go to another.
pub async fn second_jury(node: &Node, joined: &Node, draft: CaseId, votes: &[&str]) -> Case {
    let platform = node.api(&token(Role::Platform, "*", "shop-platform"));
    let panel = json!({ "rules": { "panel": { "other": votes.len(), "call": 1, "present_s": 0, "min_level": 0 } } });
    let lowered = platform.patch(&format!("/cases/{draft}"), panel).await;
    assert_eq!(lowered.status, 200, "{}", lowered.text);
    let mut jury: Vec<Juror> = Vec::new();
    for n in 0..votes.len() {
        jury.push(joined.viewer(ROOM, &format!("second-{n}")).await);
    }
    let moderator = node.moderator(ROOM);
    moderator.open(draft).await;
    for (juror, option) in jury.iter_mut().zip(votes) {
        juror.wait_for_case(draft, |case| case.draw.as_ref().is_some_and(|draw| draw.called.is_some())).await;
        juror.vote(draft, option).await;
    }
    moderator.close(draft).await
}

/// Stops a node at once and starts another one.
pub async fn killed(node: Node, files: &Files, stores: &Stores) -> Node {
    node.kill().await;
    files.node(stores).await
}
