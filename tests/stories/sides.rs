//! Rules by side: they take a decision away, say why, and tell no small group's votes. Tested through the public
//! surface only.

use live_jury_protocol::{Outcome, Role, Side, SidesPresent, Why};
use live_jury_tests::api::case;
use live_jury_tests::juror::Juror;
use live_jury_tests::node::Node;
use live_jury_tests::stores::Stores;
use live_jury_tests::tokens::{claims, sign};
use serde_json::{Value, json};

const ROOM: &str = "live-42";

live_jury_tests::on_both! {
    a_rule_by_side_that_is_not_met_hangs_the_case_and_says_why
    a_moderator_is_told_the_sides_of_the_viewers_present
    rules_that_are_off_are_not_written
}

async fn viewer(node: &Node, sub: &str, side: Option<Side>) -> Juror {
    let mut claims = claims(Role::Viewer, ROOM, sub);
    claims.side = side;
    Juror::join(node.address, ROOM, &sign(&claims)).await
}

async fn a_rule_by_side_that_is_not_met_hangs_the_case_and_says_why(stores: Stores) {
    let node = stores.node().await;
    let moderator = node.moderator(ROOM);
    let mut watching = node.viewer(ROOM, "watching").await;
    // Seven buyers against five merchants: each side is for itself.
    for (merchants, why) in [(5, Why::SidesDisagree), (4, Why::SidesShort)] {
        let rules = json!({ "quorum": 5, "two_sided": { "min_per_side": 5 } });
        let opened = moderator.create(ROOM, case(json!({ "rules": rules }))).await;
        for n in 0..7 {
            viewer(&node, &format!("buyer-{n}"), Some(Side::Buyer)).await.vote(opened.id, "buyer").await;
        }
        for n in 0..merchants {
            viewer(&node, &format!("merchant-{n}"), Some(Side::Merchant)).await.vote(opened.id, "merchant").await;
        }
        let closed = moderator.close(opened.id).await;
        let verdict = closed.verdict.unwrap();
        assert_eq!((verdict.outcome, verdict.why, &verdict.option), (Outcome::Hung, Some(why), &None));
        let seen = watching.wait_for_verdict(opened.id).await;
        assert_eq!((seen.why, &seen.details), (Some(why), &None), "a docket leaves details out");

        let read: Value = moderator.get(&format!("/cases/{}", opened.id)).await.read(200);
        let sides = &read["verdict"]["details"]["sides"];
        assert_eq!((&sides["buyer"]["deciding"], &sides["merchant"]["deciding"]), (&json!(7), &json!(merchants)));
        let counts = json!({ "buyer": 7, "merchant": 0, "abstain": 0 });
        let published = if merchants < 5 { &Value::Null } else { &counts };
        assert_eq!(&sides["buyer"]["counts"], published, "four merchants are too few to be counted apart");
    }
}

async fn a_moderator_is_told_the_sides_of_the_viewers_present(stores: Stores) {
    let node = stores.node().await;
    let mut viewers = vec![viewer(&node, "ann", Some(Side::Buyer)).await, viewer(&node, "bob", None).await];
    viewers.push(viewer(&node, "eve", Some(Side::Merchant)).await);
    let mut moderator = node.join_as(Role::Moderator, ROOM).await;
    let mut sides = async |wanted: SidesPresent| {
        moderator.wait("sides", |seen| seen.stats.as_ref()?.sides.filter(|sides| *sides == wanted)).await;
    };
    sides(SidesPresent { buyer: 1, merchant: 1, none: 1 }).await;
    let mut buys = claims(Role::Viewer, ROOM, "bob");
    buys.side = Some(Side::Buyer);
    viewers[1].renew(&sign(&buys)).await;
    sides(SidesPresent { buyer: 2, merchant: 1, none: 0 }).await;
    drop(viewers.pop());
    sides(SidesPresent { buyer: 2, merchant: 0, none: 0 }).await;
    assert!(viewers.iter().all(|viewer| viewer.stats.is_none()), "stats are for moderators");
}

async fn rules_that_are_off_are_not_written(stores: Stores) {
    let node = stores.node().await;
    let moderator = node.moderator(ROOM);
    let rules = json!({ "hold_when_balanced": true, "bias_band": 0.15, "raid": "hang", "two_sided": {} });
    let draft = moderator.create(ROOM, case(json!({ "rules": rules, "open": false }))).await;
    let path = format!("/cases/{}", draft.id);
    let read: Value = moderator.get(&path).await.read(200);
    assert_eq!(read["rules"]["two_sided"], json!({ "min_per_side": 20, "threshold": 0.5 }));
    assert_eq!((&read["rules"]["bias_band"], &read["rules"]["raid"]), (&json!(0.15), &json!("hang")));
    let off = json!({ "hold_when_balanced": null, "bias_band": null, "raid": null, "two_sided": null });
    let read: Value = moderator.patch(&path, json!({ "rules": off })).await.read(200);
    for name in ["hold_when_balanced", "bias_band", "raid", "two_sided", "reasons"] {
        assert!(read["rules"].get(name).is_none(), "{name}");
    }
    let wrong = moderator.patch(&path, json!({ "rules": { "two_sided": { "min_per_side": 4 } } })).await;
    assert_eq!(wrong.problem(422), ("invalid_field".into(), "rules.two_sided.min_per_side".into()));
}
