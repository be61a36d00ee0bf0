//! What moderators decide moves the weights of later applications, over a night. Logos are compared as pictures.

use std::time::Duration;

use data_encoding::BASE64;
use image::{ImageFormat, Rgb, RgbImage};
use live_jury_protocol::trust::{ApplicationAnswer, IdentityWeights};
use live_jury_server::clock::Clock;
use live_jury_tests::api::Api;
use live_jury_tests::in_time;
use live_jury_tests::node::Node;
use live_jury_tests::stores::Stores;
use live_jury_trust::DAY_MS;
use serde_json::{Value, json};

use super::{WORDS, apply, ban, banned, platform, send};

/// The applicants that meet one banned party. A token of more than 60 parties finds nobody.
const APPLICANTS: usize = 50;
/// The banned parties, and of the applicants of each those that are refused.
const BANNED: usize = 4;
const REFUSED: usize = 40;

live_jury_tests::on_both! {
    two_hundred_decisions_move_the_weights_overnight
    a_shop_with_a_banned_shops_logo_is_found
}

async fn weights(api: &Api) -> IdentityWeights {
    api.get("/trust/applications/weights").await.read(200)
}

fn of(shown: &IdentityWeights, field: &str) -> (f64, Option<f64>) {
    let found = shown.fields.iter().find(|one| one.field == field).unwrap();
    (found.m[0], found.bits[0])
}

fn number(n: usize) -> Value {
    json!({ "id_number": [format!("44052418800101{n:04}")] })
}

async fn two_hundred_decisions_move_the_weights_overnight(stores: Stores) {
    let node = stores.node().await;
    let (api, staff) = (platform(&node), node.moderator("*"));
    for of_banned in 0..BANNED {
        banned(&node, &format!("banned-{of_banned}"), number(of_banned)).await;
        for n in 0..APPLICANTS {
            // A number alone is lighter than the threshold, so a person decides.
            let held = apply(&api, &format!("again-{of_banned}-{n}"), number(of_banned)).await;
            assert_eq!(held.outcome, "hold", "{held:?}");
            let decision = if n < REFUSED { "refuse" } else { "release" };
            let path = format!("/trust/applications/{}/decide", held.application);
            let decided = staff.post(&path, json!({ "decision": decision, "words": WORDS })).await;
            assert_eq!(decided.status, 200, "{}", decided.text);
        }
    }
    banned(&node, "late", number(99)).await;
    let before = weights(&staff).await;
    assert_eq!((before.estimated_at_ms, of(&before, "id_number")), (None, (0.24, Some(11.229))));
    assert_eq!(apply(&api, "late-again", number(99)).await.outcome, "hold");
    for other in [&node.moderator("live-42"), &node.api(&live_jury_tests::tokens::merchant("late"))] {
        assert_eq!(other.get("/trust/applications/weights").await.problem(403).0, "forbidden");
    }
    node.stop().await;

    // The job of the next day runs at once. Tokens are good until then.
    stores.clock().advance(Duration::from_millis(DAY_MS - stores.clock().now_ms() % DAY_MS));
    let node = stores.node().await;
    let (api, staff) = (platform(&node), node.moderator("*"));
    let after = in_time("the night is over", async {
        loop {
            let shown = weights(&staff).await;
            if shown.estimated_at_ms.is_some() {
                return shown;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await;
    // (50 × .24 + 160) / (50 + 160): all 160 refused ones had the number of the banned party.
    assert_eq!(of(&after, "id_number"), (0.819048, Some(13.0)));
    assert_eq!(of(&after, "phone"), of(&before, "phone"), "no pair had one");
    banned(&node, "later", number(98)).await;
    let refused = apply(&api, "later-again", number(98)).await;
    assert_eq!((refused.outcome.as_str(), refused.weight), ("refuse", 13.0), "the same alone weighs more now");
}

/// A picture with features, and the same with a few other points in a corner.
fn logo(is_changed: bool) -> String {
    let mut picture = RgbImage::from_fn(240, 160, |x, y| {
        let (x, y) = (x as f32 / 240.0, y as f32 / 160.0);
        let wave = |a: f32, b: f32| ((x * a).sin() * (y * b).cos() * 100.0 + 120.0) as u8;
        Rgb([wave(23.0, 17.0), wave(9.0, 31.0), wave(41.0, 5.0)])
    });
    if is_changed {
        (0..24).for_each(|n| picture.put_pixel(n % 6, n / 6, Rgb([250, 20, 20])));
    }
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Jpeg).unwrap();
    BASE64.encode(&bytes.into_inner())
}

async fn a_shop_with_a_banned_shops_logo_is_found(stores: Stores) {
    let node: Node = stores.node().await;
    let (api, staff) = (platform(&node), node.moderator("*"));
    let with =
        |id: &str, device: &str, logo: Value| json!({ "id": id, "fields": { "device": [device] }, "logo": logo });
    let bytes = |is_changed| json!({ "bytes": logo(is_changed) });
    let ask = async |body: Value| send(&api, "/trust/applications", body).await;
    let first: ApplicationAnswer = ask(with("first", "kiosk", bytes(false))).await.read(200);
    assert_eq!(first.outcome, "pass");
    ban(&staff, "first").await;
    let held: ApplicationAnswer = ask(with("second", "kiosk", bytes(true))).await.read(200);
    assert_eq!((held.outcome.as_str(), held.groups.as_slice()), ("hold", &["kit".to_owned(), "shop".to_owned()][..]));
    assert_eq!(held, ask(with("second", "kiosk", bytes(true))).await.read(200), "a repeat");
    let other = json!({ "pdq": "0f".repeat(32), "quality": 100 });
    assert_eq!(ask(with("second", "kiosk", other.clone())).await.problem(409).0, "already_applied");
    let alone: ApplicationAnswer = ask(with("third", "own", bytes(false))).await.read(200);
    assert_eq!((alone.outcome.as_str(), alone.weight > 9.0), ("pass", true), "a logo alone holds nobody");
    let poor: ApplicationAnswer =
        ask(with("fourth", "another", json!({ "pdq": "0f".repeat(32), "quality": 49 }))).await.read(200);
    assert_eq!((poor.outcome.as_str(), poor.weight), ("pass", 0.0));
    for (logo, field) in [
        (json!({ "pdq": "0f", "quality": 100 }), "logo.pdq"),
        (json!({ "pdq": "0f".repeat(32) }), "logo.quality"),
        (json!({ "bytes": "?" }), "logo.bytes"),
        (json!({}), "logo.bytes"),
    ] {
        assert_eq!(ask(with("fifth", "x", logo)).await.problem(422), ("invalid_field".into(), field.into()));
    }
    let as_text = json!({ "id": "fifth", "fields": { "logo": ["0f".repeat(32)] } });
    assert_eq!(ask(as_text).await.problem(422), ("invalid_field".into(), "fields.logo".into()));
    let path = "/trust/parties/merchant/third/identity";
    let look = json!({ "fields": { "device": ["kiosk"] }, "logo": other });
    assert_eq!(send(&api, path, look).await.read::<Value>(200)["outcome"], "pass");
}
