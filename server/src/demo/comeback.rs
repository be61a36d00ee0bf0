//! A shop of the demo that was closed, and applies again under another name and phone number. People and values are
//! made up. All of it goes through the public routes, and the server decides.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use live_jury_protocol::Role;
use live_jury_protocol::trust::{NewApplication, NewBan, NewViolation, TrustParty, Violation};
use serde::Serialize;
use serde_json::json;

use super::Mint;
use super::requests::{self, BodyRequest};
use super::rooms::DemoRoom;

/// The policy that the closed shop broke. Its points allow a ban.
const POLICY: &str = "prohibited_goods";
/// The time between the ban and the new application: a newcomer has found the platform's page by then.
const COMES_BACK_AFTER: Duration = Duration::from_secs(20);

/// Closes a shop of the room and lets its owner apply again.
pub async fn run(address: SocketAddr, room: DemoRoom, mint: Mint) {
    if let Err(error) = play(address, room, &mint).await {
        tracing::warn!(%error, room = room.name, "the demo's closed shop did not come back");
    }
}

async fn play(address: SocketAddr, room: DemoRoom, mint: &Mint) -> anyhow::Result<()> {
    let of = |role, sub| mint.token_of_all(role, sub, None);
    let (platform, desk) = (of(Role::Platform, "demo-platform")?, of(Role::Moderator, "demo-judge")?);
    let party = TrustParty { kind: "merchant".to_owned(), id: room.closed_shop.to_owned() };
    let send = async |token: &str, path: &str, body: serde_json::Value| {
        let url = format!("http://{address}/api/v1/trust/{path}");
        let body = body.to_string();
        requests::post(BodyRequest { url, token: token.to_owned(), content_type: "application/json", body }).await
    };
    send(&platform, "applications", value(&first(room))?).await?;
    let new = NewViolation {
        party: party.clone(),
        policy: POLICY.to_owned(),
        facts: room.closed_for.to_owned(),
        authority: false,
    };
    let filed = send(&desk, "violations", value(&new)?).await?;
    let violation: Violation = serde_json::from_str(&filed).context("the violation cannot be read")?;
    let ban = NewBan { violations: vec![violation.id], words: room.closed_for.to_owned() };
    send(&desk, &format!("parties/merchant/{}/ban", party.id), value(&ban)?).await?;
    tokio::time::sleep(COMES_BACK_AFTER).await;
    send(&platform, "applications", value(&second(room))?).await.map(drop)
}

fn value(body: &impl Serialize) -> anyhow::Result<serde_json::Value> {
    Ok(serde_json::to_value(body)?)
}

/// The application of the shop that is closed later. Each room has values of its own.
fn first(room: DemoRoom) -> NewApplication {
    application(
        room.closed_shop,
        &room,
        json!({
            "given_name": ["Sam"], "family_name": ["Reed"], "birth_date": ["1981-04-09"],
            "phone": [format!("+1415555{:04}", room.number)],
        }),
    )
}

/// The application of the same people: another name, number and phone, the same account and device.
fn second(room: DemoRoom) -> NewApplication {
    application(
        room.newcomer,
        &room,
        json!({
            "given_name": ["Alex"], "family_name": ["Moor"], "birth_date": ["1979-12-30"],
            "phone": [format!("+1628555{:04}", room.number)],
        }),
    )
}

fn application(id: &str, room: &DemoRoom, person: serde_json::Value) -> NewApplication {
    let mut fields = person;
    fields["payout_account"] = json!([format!("62220202000012345{:02}", room.number)]);
    fields["device"] = json!([format!("demo-device-{}", room.number)]);
    // The values are lists of texts, as the field needs.
    let fields = serde_json::from_value(fields).unwrap_or_default();
    NewApplication { id: id.to_owned(), category: None, fields, logo: None }
}

#[cfg(test)]
mod tests {
    use live_jury_trust::identity::token::Fields;
    use live_jury_trust::policy::TrustFile;

    use super::super::rooms::ROOMS;
    use super::*;

    #[test]
    fn both_applications_have_known_fields_and_share_account_and_device_alone() {
        for room in ROOMS {
            let (first, second) = (first(room), second(room));
            for one in [&first, &second] {
                assert_eq!(one.fields.len(), 6);
                Fields::parse(&one.fields).unwrap();
            }
            let shared: Vec<&String> = first
                .fields
                .iter()
                .filter(|(name, values)| second.fields[*name] == **values)
                .map(|(name, _)| name)
                .collect();
            assert_eq!(shared, ["device", "payout_account"]);
            assert!(room.closed_for.chars().count() >= 20 && room.closed_shop != room.newcomer);
        }
        assert_ne!(first(ROOMS[0]).fields["device"], first(ROOMS[1]).fields["device"]);
        assert!(TrustFile::builtin().policy(POLICY).is_some_and(|policy| policy.points >= 48));
    }
}
