//! Copied photos: hashes compared with those of another program, and what cropping, mirrors and borders leave of them.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use image::{DynamicImage, Rgb, RgbImage, imageops};
use live_jury_trust::pdq::bank::{Bank, Image, Mark};
use live_jury_trust::pdq::{Hash, Luma, QUALITY_MIN, SAME_BITS_MAX, brightness};

use crate::bars::{Bar, Figures};

/// The photos with quality and hash of each, as the package pdqhash 0.2.8 computes them.
const KNOWN: &str = include_str!("pdq.txt");
/// The quality from which hashes must be close to the other program's.
const KNOWN_QUALITY: u8 = 80;
/// The bits in which they may differ.
const OFF_MAX: u32 = 10;
/// The share of each side that is cropped at each edge: between two variants of the bank.
const CROPPED: f32 = 0.07;
/// The border, as a share of the width.
const BORDER: f32 = 0.08;
/// The least photos that are found again after each change, of 21.
const FOUND_MIN: [f64; 3] = [13.0, 21.0, 17.0];

/// A photo with its known hash.
struct Photo {
    name: String,
    picture: RgbImage,
    quality: u8,
    known: Hash,
}

fn read(folder: &Path) -> Result<Vec<Photo>> {
    let photo = |line: &str| -> Result<Photo> {
        let mut cells = line.split(' ');
        let name = cells.next().unwrap_or_default();
        let quality = cells.next().unwrap_or_default().parse()?;
        let known = cells.next().unwrap_or_default().parse().map_err(anyhow::Error::msg)?;
        let bytes = std::fs::read(folder.join(name)).context("--photos: run tools/trust-data.sh photos")?;
        let picture = on_white(&image::load_from_memory(&bytes)?);
        Ok(Photo { name: name.to_owned(), picture, quality, known })
    };
    KNOWN.lines().map(|line| photo(line).with_context(|| line.to_owned())).collect()
}

/// The picture without transparent points.
fn on_white(picture: &DynamicImage) -> RgbImage {
    let colours = picture.to_rgba8();
    RgbImage::from_fn(colours.width(), colours.height(), |x, y| {
        let [red, green, blue, alpha] = colours.get_pixel(x, y).0;
        let on = |colour: u8| (255.0 + (f32::from(colour) - 255.0) * f32::from(alpha) / 255.0).round() as u8;
        Rgb([red, green, blue].map(on))
    })
}

pub(super) fn luma(picture: &RgbImage) -> Option<Luma> {
    Luma::new(picture.width() as usize, picture.pixels().map(|point| brightness(point.0)).collect())
}

/// A change that a copy has.
type Change = fn(&RgbImage) -> RgbImage;

pub(super) fn run(folder: &Path, figures: &mut Figures) -> Result<()> {
    let photos = read(folder)?;
    let lumas: Vec<Luma> = photos.iter().filter_map(|photo| luma(&photo.picture)).collect();
    ensure!(lumas.len() == photos.len(), "a photo has no points");
    let off = |(photo, luma): (&Photo, &Luma)| {
        (photo.quality >= KNOWN_QUALITY).then(|| luma.pdq().hash.distance(&photo.known))
    };
    let most = photos.iter().zip(&lumas).filter_map(off).max().unwrap_or(u32::MAX);
    figures.add("PDQ, most bits off", f64::from(most), "", Bar::Most(f64::from(OFF_MAX)));
    let known: Vec<(usize, &Photo)> =
        photos.iter().enumerate().filter(|(n, _)| lumas[*n].pdq().quality >= QUALITY_MIN).collect();
    let entry = |(n, photo): &(usize, &Photo)| {
        let pdq = lumas[*n].variants().iter().map(|one| one.hash.to_string()).collect();
        (photo.name.clone(), Image { mark: Mark::Copy, brand: None, merchant: None, pdq })
    };
    let bank = Bank::new(known.iter().map(entry).collect());
    let is_found = |name: &str, luma: &Luma| {
        let hashes = std::iter::once(luma.pdq()).chain(luma.without_border().map(|inner| inner.pdq()));
        let mut nearest = hashes.filter_map(|one| bank.find(&one.hash, |_| false));
        nearest.any(|(place, _)| bank.entry(place).is_some_and(|(id, _)| id == name))
    };
    let changes: [(&str, Change); 3] =
        [("cropped", cropped), ("mirrored", imageops::flip_horizontal), ("bordered", bordered)];
    for ((change, by), least) in changes.into_iter().zip(FOUND_MIN) {
        let found =
            known.iter().filter(|(_, photo)| luma(&by(&photo.picture)).is_some_and(|it| is_found(&photo.name, &it)));
        figures.add(
            &format!("photos found, {change}, of {}", known.len()),
            found.count() as f64,
            "",
            Bar::Least(least),
        );
    }
    let hashes: Vec<Hash> = known.iter().map(|(n, _)| lumas[*n].pdq().hash).collect();
    let pairs =
        hashes.iter().enumerate().flat_map(|(n, one)| hashes[n + 1..].iter().map(move |other| one.distance(other)));
    let alike = pairs.filter(|bits| *bits <= SAME_BITS_MAX).count();
    figures.add("pairs of photos taken for one", alike as f64, "", Bar::Most(0.0));
    Ok(())
}

fn cropped(picture: &RgbImage) -> RgbImage {
    let cut = |side: u32| (side as f32 * CROPPED).round() as u32;
    let (x, y) = (cut(picture.width()), cut(picture.height()));
    imageops::crop_imm(picture, x, y, picture.width() - 2 * x, picture.height() - 2 * y).to_image()
}

fn bordered(picture: &RgbImage) -> RgbImage {
    let wide = (picture.width() as f32 * BORDER).round() as u32;
    let mut framed = RgbImage::from_pixel(picture.width() + 2 * wide, picture.height() + 2 * wide, Rgb([250; 3]));
    imageops::overlay(&mut framed, picture, i64::from(wide), i64::from(wide));
    framed
}
