//! A shop of the demo that offers copies: a name that is like a brand's, and a picture of a known counterfeit. Both are
//! stopped before anybody sees them. All of it goes through the public routes, and the server decides.

use std::io::Cursor;
use std::net::SocketAddr;

use anyhow::Context;
use data_encoding::BASE64;
use image::{ImageFormat, Rgb, RgbImage};
use live_jury_protocol::Role;
use live_jury_protocol::trust::{ListingAnswer, NewListing, NewListingImage};
use serde_json::{Value, json};

use super::Mint;
use super::requests::{self, BodyRequest};
use super::rooms::DemoRoom;

/// The points of the picture, across and down: enough for its hash to be sure.
const PICTURE_POINTS: (u32, u32) = (480, 320);
/// The category of the goods.
const CATEGORY: &str = "watches";
/// The price of a copy, in the smallest unit of the currency.
const PRICE_MINOR: u64 = 9_900;
const CURRENCY: &str = "CNY";

/// Puts a brand and a counterfeit's picture into the lists, and has the shop of the room offer copies.
pub async fn run(address: SocketAddr, room: DemoRoom, mint: Mint) {
    match play(address, room, &mint).await {
        Ok(outcomes) => tracing::debug!(?outcomes, room = room.name, "the demo's copies were screened"),
        Err(error) => tracing::warn!(%error, room = room.name, "the demo's copies were not screened"),
    }
}

async fn play(address: SocketAddr, room: DemoRoom, mint: &Mint) -> anyhow::Result<Vec<String>> {
    let of = |role, sub| mint.token_of_all(role, sub, None);
    let (platform, desk) = (of(Role::Platform, "demo-platform")?, of(Role::Moderator, "demo-judge")?);
    let request = |token: &str, path: &str, body: &Value| BodyRequest {
        url: format!("http://{address}/api/v1/trust/{path}"),
        token: token.to_owned(),
        content_type: "application/json",
        body: body.to_string(),
    };
    let brand = format!("brand-{}", room.number);
    requests::put(request(&desk, &format!("brands/{brand}"), &json!({ "name": room.brand }))).await?;
    let image = json!({ "mark": "counterfeit", "brand": brand, "bytes": picture(room, ImageFormat::Png)? });
    requests::put(request(&desk, &format!("images/copy-{}", room.number), &image)).await?;
    let mut outcomes = Vec::new();
    for listing in [squatted(room), copied(room)?] {
        let screened = requests::post(request(&platform, "listings", &serde_json::to_value(&listing)?)).await?;
        let answer: ListingAnswer = serde_json::from_str(&screened).context("the outcome cannot be read")?;
        outcomes.push(answer.outcome);
    }
    Ok(outcomes)
}

/// Goods under a name that looks like the brand's.
fn squatted(room: DemoRoom) -> NewListing {
    NewListing { brand: Some(room.squatted.to_owned()), ..listing(room, "squatted", room.squatted_title) }
}

/// Goods with the picture of a known counterfeit, stored anew and in another format.
fn copied(room: DemoRoom) -> anyhow::Result<NewListing> {
    let image = NewListingImage { bytes: Some(picture(room, ImageFormat::Jpeg)?), ..NewListingImage::default() };
    Ok(NewListing { images: vec![image], ..listing(room, "copied", room.copied_title) })
}

fn listing(room: DemoRoom, id: &str, title: &str) -> NewListing {
    NewListing {
        id: format!("{id}-{}", room.number),
        version: 1,
        merchant: room.copying_shop.to_owned(),
        title: title.to_owned(),
        description: String::new(),
        category: CATEGORY.to_owned(),
        brand: None,
        gtin: None,
        price_minor: PRICE_MINOR,
        currency: CURRENCY.to_owned(),
        images: Vec::new(),
        signals: Default::default(),
    }
}

/// A made-up picture of soft waves, in base64. Each room has one of its own.
fn picture(room: DemoRoom, format: ImageFormat) -> anyhow::Result<String> {
    let (width, height) = PICTURE_POINTS;
    let pace = f32::from(room.number) * 4.0;
    let picture = RgbImage::from_fn(width, height, |x, y| {
        let (x, y) = (x as f32 / width as f32, y as f32 / height as f32);
        let wave = |a: f32, b: f32| {
            let light = (x * (a + pace)).sin() * (y * b).cos() * 60.0 + (x * y * (27.0 + pace)).sin() * 50.0 + 120.0;
            light as u8
        };
        Rgb([wave(23.0, 17.0), wave(9.0, 31.0), wave(41.0, 5.0)])
    });
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).context("the picture cannot be written")?;
    Ok(BASE64.encode(&bytes.into_inner()))
}

#[cfg(test)]
mod tests {
    use live_jury_trust::listing::brand::{Brand, Brands, Likeness};

    use super::super::rooms::ROOMS;
    use super::*;

    #[test]
    fn each_rooms_shop_squats_a_name_that_looks_like_its_brand_and_like_no_other() {
        let entry = |room: DemoRoom| (room.name.to_owned(), Brand::parse(&json!({ "name": room.brand })).unwrap());
        let brands = Brands::new(ROOMS.map(entry).into());
        for (place, room) in ROOMS.into_iter().enumerate() {
            assert_eq!(brands.like(room.squatted), [(place, Likeness::Look)], "{}", room.squatted);
            assert_eq!(squatted(room).brand.as_deref(), Some(room.squatted));
            assert!(brands.in_title(room.copied_title).is_empty(), "its picture alone stops it");
        }
    }

    #[test]
    fn each_room_has_a_picture_of_its_own_in_both_formats() {
        let [first, second] = ROOMS.map(|room| picture(room, ImageFormat::Png).unwrap());
        assert_ne!(first, second);
        let copied = copied(ROOMS[0]).unwrap();
        let bytes = BASE64.decode(copied.images[0].bytes.as_ref().unwrap().as_bytes()).unwrap();
        assert_eq!(image::guess_format(&bytes).unwrap(), ImageFormat::Jpeg);
    }
}
