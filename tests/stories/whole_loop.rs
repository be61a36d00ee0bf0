//! The whole loop: reports of viewers become a draft, a verdict, a violation, a measure and a webhook, and an appeal
//! that is won takes all of it back. Nodes are killed on the way. `make loop` prints each step in a line.

use std::cell::Cell;

use live_jury_protocol::trust::{Appeal, Bucket, ExposureItem, IndexAnswer, PartyStanding, Violation};
use live_jury_protocol::{Case, CaseId, CaseState, Outcome, Verdict};
use live_jury_tests::api::Api;
use live_jury_tests::node::Node;
use live_jury_tests::receiver::Receiver;
use live_jury_tests::stores::Stores;
use live_jury_tests::tokens::merchant;
use serde_json::{Value, json};

use super::reports::{buckets, by, drafts, own_once, report};
use super::standing::{Files, SHOP, exposure, killed, second_jury, until, wait_for_points, without_ids};

live_jury_tests::on_both! {
    reports_become_a_measure_and_a_won_appeal_takes_all_of_it_back
}

const ROOM: &str = "live-42";
/// The reporters of whom nothing is known that a draft needs: each weighs a third, and the sum must be 3.
const REPORTERS: usize = 9;
/// The quorum that the moderator sets. The one of a second jury is then 7, the seats of the smallest panel.
const QUORUM: u64 = 3;
/// The votes of the first jury: 5 of 6 uphold the complaint.
const FIRST_VOTES: [&str; 6] = ["buyer", "buyer", "merchant", "buyer", "buyer", "buyer"];
/// The votes of the second jury: 6 of 7 are against it.
const SECOND_VOTES: [&str; 7] = ["merchant", "merchant", "buyer", "merchant", "merchant", "merchant", "merchant"];

async fn reports_become_a_measure_and_a_won_appeal_takes_all_of_it_back(stores: Stores) {
    let mut run = Run::begin(stores).await;
    let before = run.history().await;
    let (bucket, draft) = run.reports().await;
    run.kill().await;
    let first = run.first_jury(&bucket, draft).await;
    run.kill().await;
    let violation = run.consequences(first.id, &before).await;
    run.credit(0, "upheld", "abuse", 0.5).await;
    run.delivered("violation.active", |data| data["violation"] == json!(violation.id)).await;
    run.delivered("measure.taken", |data| data["kind"] == "limit").await;
    let appeal = run.appeal(&violation).await;
    let second = run.second_jury(&first, &appeal).await;
    run.kill().await;
    run.reversal(&violation, &before).await;
    run.credit(1, "not_upheld", "staged_drama", 0.25).await;
    run.delivered("appeal.decided", |data| data["case"] == json!(second.id) && data["outcome"] == "overturned").await;
    run.delivered("violation.void", |data| data["violation"] == json!(violation.id)).await;
    run.delivered("measure.lifted", |data| data["kind"] == "limit").await;
}

/// The nodes of a run, one on SQLite and else two, and the platform's server.
struct Run {
    stores: Stores,
    files: Files,
    receiver: Receiver,
    nodes: Vec<Node>,
    /// The requests so far, so that each goes to another node than the last one.
    requests: Cell<usize>,
    steps: Cell<usize>,
}

/// The shop before anything was reported.
struct Before {
    standing: Value,
    exposure: ExposureItem,
    index: f64,
}

impl Run {
    async fn begin(stores: Stores) -> Self {
        let receiver = Receiver::start().await;
        let files = Files::new(&receiver);
        let mut nodes = vec![files.node(&stores).await];
        if stores.try_database().is_some() {
            nodes.push(files.node(&stores).await);
        }
        Self { stores, files, receiver, nodes, requests: Cell::new(0), steps: Cell::new(0) }
    }

    /// The node that is asked next.
    fn node(&self) -> &Node {
        let place = self.requests.get();
        self.requests.set(place + 1);
        &self.nodes[place % self.nodes.len()]
    }

    fn staff(&self) -> Api {
        self.node().moderator("*")
    }

    /// Prints a step with its figures.
    fn step(&self, what: &str, figures: &str) {
        self.steps.set(self.steps.get() + 1);
        let stores = if self.nodes.len() == 1 { "one node, SQLite" } else { "two nodes, PostgreSQL, Redis" };
        println!("{stores}  {:>2}  {what:<10}  {figures}", self.steps.get());
    }

    /// Kills a node after an answered step, and starts another one in its place.
    async fn kill(&mut self) {
        let node = self.nodes.remove(0);
        let node = killed(node, &self.files, &self.stores).await;
        self.nodes.insert(0, node);
        self.step("kill", "a node was killed, and another one started");
    }

    async fn exposure(&self) -> ExposureItem {
        serde_json::from_value(exposure(self.node()).await).unwrap()
    }

    async fn index(&self) -> f64 {
        self.staff().get(&format!("/trust/merchants/{SHOP}/index")).await.read::<IndexAnswer>(200).index
    }

    /// Gives the shop 18 points, so that one more verdict limits it.
    async fn history(&self) -> Before {
        for policy in ["fake_reviews", "off_platform"] {
            let party = json!({ "kind": "merchant", "id": SHOP });
            let facts = "Forty reviews and three payments came from one machine.";
            let new = json!({ "party": party, "policy": policy, "facts": facts });
            let _: Violation = self.staff().post("/trust/violations", new).await.read(201);
        }
        let shop = wait_for_points(&self.staff(), 18).await;
        let before =
            Before { standing: without_ids(&shop), exposure: self.exposure().await, index: self.index().await };
        assert_eq!((shop.tier.as_str(), before.exposure.m), ("warned", 1.0));
        self.step("before", &shown(&shop, before.exposure.m, before.index));
        before
    }

    /// Nine viewers report the shop. The last report makes it enough, and the draft is filed by itself.
    async fn reports(&self) -> (Bucket, CaseId) {
        let mia = self.node().moderator(ROOM);
        for n in 0..REPORTERS {
            assert!(drafts(&mia).await.is_empty(), "{n} reports are not enough");
            let viewer = by(self.node().address, &reporter(n));
            let about = json!({ "subject": { "merchant": SHOP, "product": "p1" }, "policy": "false_advertising",
                "text": "The label says polyester.", "stream_at_ms": 734_000 });
            let reply = report(&viewer, about).await;
            assert_eq!(reply.status, if n == 0 { 201 } else { 200 }, "{}", reply.text);
        }
        let [bucket] = &buckets(&mia).await[..] else { panic!("the reports are in one bucket") };
        assert_eq!((bucket.reporters, bucket.score, bucket.state.as_str()), (9, 3.0, "drafted"));
        self.step("reports", &format!("{REPORTERS} viewers in one bucket, score {:.3}", bucket.score));
        let draft = bucket.case.expect("a draft");
        assert_eq!((drafts(&mia).await, mia.audit(draft).await), (vec![draft], vec!["server created".to_owned()]));
        self.step("draft", &format!("case {draft}, filed by the server"));
        (bucket.clone(), draft)
    }

    /// A moderator lowers the quorum to the viewers who are there and opens the draft. A jury upholds the complaint.
    async fn first_jury(&self, bucket: &Bucket, draft: CaseId) -> Case {
        let mia = self.node().moderator(ROOM);
        let [found] = &buckets(&mia).await[..] else { panic!("one bucket") };
        assert_eq!((found.case, found.score), (bucket.case, bucket.score), "a kill changed the bucket");
        let few = mia.patch(&format!("/cases/{draft}"), json!({ "rules": { "quorum": QUORUM } })).await;
        let _: Case = few.read(200);
        let opened = mia.open(draft).await;
        self.step("opened", &format!("by the moderator mod; policy {}", opened.policy.unwrap_or_default()));
        for (n, option) in FIRST_VOTES.iter().enumerate() {
            self.node().viewer(ROOM, &format!("juror-{n}")).await.vote(draft, option).await;
        }
        let closed = self.node().moderator(ROOM).close(draft).await;
        let verdict = decided(&closed, "buyer");
        self.step("recorded", &format!("{} ballots, for the buyer {}", verdict.ballots, share(&FIRST_VOTES, "buyer")));
        closed
    }

    /// The ruling with all that follows from it.
    async fn consequences(&self, case: CaseId, before: &Before) -> Violation {
        let shop = wait_for_points(&self.staff(), 24).await;
        let violation = shop.violations.iter().find(|one| one.case == Some(case)).expect("a violation of the case");
        assert_eq!((violation.state.as_str(), violation.points, violation.source.as_str()), ("active", 6, "jury"));
        assert!(violation.facts.contains("Of 6 deciding votes 5"), "{}", violation.facts);
        self.step("violation", &format!("{}, {} points, by the jury", violation.policy, violation.points));
        assert_eq!((shop.tier.as_str(), shop.gate.as_deref()), ("limited", Some("limit")));
        let statement = &shop.statements[0].statement;
        // Viewers' reports led to the case.
        assert_eq!(statement.source_type, "SOURCE_TYPE_OTHER_NOTIFICATION");
        self.step("measure", &format!("limit; statement {}, {}", statement.puid, statement.source_type));
        let (exposure, index) = (self.exposure().await, self.index().await);
        let gate = exposure.gate.as_ref().expect("a measure in force");
        assert_eq!((exposure.m, gate.measure.as_str(), gate.max), (0.85, "limit", 0.85));
        assert!(index < before.index, "{index} after {}", before.index);
        self.step("after", &shown(&shop, exposure.m, index));
        violation.clone()
    }

    /// Checks the end of a reporter's report, and the weight of the next one.
    async fn credit(&self, n: usize, state: &str, policy: &str, weight: f64) {
        let viewer = by(self.node().address, &reporter(n));
        own_once(&viewer, state).await;
        let next = json!({ "subject": { "merchant": SHOP, "host": "ann" }, "policy": policy });
        assert_eq!(report(&viewer, next).await.status, 201);
        let found = buckets(&self.node().moderator(ROOM)).await;
        let bucket = found.iter().find(|bucket| bucket.policy == policy).expect("a bucket of the next report");
        assert_eq!(bucket.score, weight);
        self.step("reporters", &format!("their report is {state}; the next one weighs {weight}, a newcomer's 0.333"));
    }

    /// The platform's server has an event. It checks the signature of each message, and takes no other.
    async fn delivered(&self, kind: &str, is_it: impl Fn(&Value) -> bool) {
        let fits = |body: &Value| body["type"] == kind && is_it(&body["data"]);
        self.receiver.wait_after_kill(kind, |received| received.iter().any(|one| fits(&one.body))).await;
        let received = self.receiver.received();
        let found = received.iter().find(|one| fits(&one.body)).expect("it came");
        self.step("webhook", &format!("{kind}, webhook-id {}, signature verified", found.id));
    }

    /// The shop appeals, and the draft of a second jury is filed by itself.
    async fn appeal(&self, violation: &Violation) -> Appeal {
        let own = self.node().api(&merchant(SHOP));
        let target = json!({ "kind": "violation", "id": violation.id });
        let text = json!({ "target": target, "text": "The label on p1 says silk." });
        let filed: Appeal = own.post("/trust/appeals", text).await.read(201);
        let in_court = until("the second jury", async || {
            let standing: PartyStanding = self.node().api(&merchant(SHOP)).get("/trust/me").await.read(200);
            standing.appeals.into_iter().find(|one| one.id == filed.id && one.state == "in_court")
        })
        .await;
        let draft = in_court.case.expect("a draft");
        self.step("appeal", &format!("{} by the shop; case {draft} drafted for a second jury", in_court.id));
        in_court
    }

    /// A second jury of other viewers is for the merchant.
    async fn second_jury(&self, first: &Case, appeal: &Appeal) -> Case {
        let draft = self.staff().case(appeal.case.expect("a draft")).await;
        assert_eq!((draft.state, draft.appeal_of), (CaseState::Draft, Some(first.id)));
        assert_eq!(draft.rules.quorum, 2 * QUORUM + 1);
        let closed = second_jury(self.node(), self.node(), draft.id, &SECOND_VOTES).await;
        let verdict = decided(&closed, "merchant");
        let for_merchant = share(&SECOND_VOTES, "merchant");
        self.step("recorded", &format!("{} ballots, for the merchant {for_merchant}", verdict.ballots));
        closed
    }

    /// All is as if the violation had never been. The second verdict takes the place of the first in the index.
    async fn reversal(&self, violation: &Violation, before: &Before) {
        let shop = wait_for_points(&self.staff(), 18).await;
        assert_eq!(without_ids(&shop), before.standing);
        let (exposure, index) = (self.exposure().await, self.index().await);
        // The evidence grew by a case that the shop won. Nothing else differs.
        assert_eq!(ExposureItem { evidence: before.exposure.evidence.clone(), ..exposure.clone() }, before.exposure);
        assert!(index > before.index, "a case that the shop won adds to {}, and not {index}", before.index);
        let void = shop.violations.iter().find(|one| one.id == violation.id).expect("it stays in the list");
        assert_eq!((void.state.as_str(), void.reason.as_deref()), ("void", Some("overturned")));
        assert_eq!(shop.appeals[0].state, "overturned");
        self.step("reversed", &shown(&shop, exposure.m, index));
    }
}

fn reporter(n: usize) -> String {
    format!("reporter-{n}")
}

fn decided<'c>(case: &'c Case, option: &str) -> &'c Verdict {
    let verdict = case.verdict.as_ref().expect("a verdict");
    assert_eq!(verdict.outcome, Outcome::Decided);
    assert_eq!(verdict.option.as_ref().map(|option| option.as_str()), Some(option));
    verdict
}

/// The share of an option's votes, as a line shows it.
fn share(votes: &[&str], option: &str) -> String {
    let of_option = votes.iter().filter(|vote| **vote == option).count();
    format!("{:.4}", of_option as f64 / votes.len() as f64)
}

/// Standing and exposure of the shop in a line.
fn shown(shop: &PartyStanding, m: f64, index: f64) -> String {
    format!("{} points, tier {}, exposure m {m:.2}, index {index:.3}", shop.points, shop.tier)
}
