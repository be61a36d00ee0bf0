//! Pictures of listings: decoded within limits, and hashed. It keeps none.

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use live_jury_trust::listing::screen::Picture;
use live_jury_trust::pdq::{Luma, Pdq, brightness};

/// Limits a side, in points. A larger picture is refused before anything is decoded.
pub const SIDE_MAX: u32 = 8_192;
/// Limits the bytes of a decoded picture: 128 MiB. Two are decoded at a time.
pub const DECODED_BYTES_MAX: u64 = 128 * 1_024 * 1_024;
/// Limits what a decoder takes in all: the picture, and about as much for its own work.
const ALLOCATED_BYTES_MAX: u64 = 2 * DECODED_BYTES_MAX;
/// The side from which points are joined before a picture is hashed. The hash looks at 64 points a side, so that a
/// larger picture costs time and changes few bits.
const HASHED_SIDE_MAX: u32 = 1_024;
/// A point without colour is seen on white.
const WHITE: f32 = 255.0;

/// The picture has too many points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a picture has at most 8,192 points a side and 128 MiB when it is decoded")]
pub struct TooLarge;

/// Decodes a picture and hashes it, whole and without its border.
///
/// # Errors
/// It is too large by its own header.
pub fn picture(bytes: &[u8]) -> Result<Picture, TooLarge> {
    Ok(luma(bytes)?.map_or(Picture::Undecodable, |luma| hashed(&luma)))
}

/// The hashes of a picture.
#[must_use]
pub fn hashed(luma: &Luma) -> Picture {
    Picture::Hashed(luma.pdq(), luma.without_border().map(|inner| inner.pdq()))
}

/// The hashes of a picture of a bank, cropped and mirrored; none of one that cannot be decoded.
///
/// # Errors
/// It is too large by its own header.
pub fn variants(bytes: &[u8]) -> Result<Option<Vec<Pdq>>, TooLarge> {
    Ok(luma(bytes)?.map(|luma| luma.variants()))
}

/// The brightness of a picture's points; none of one that cannot be decoded. The content tells the format.
fn luma(bytes: &[u8]) -> Result<Option<Luma>, TooLarge> {
    let Ok(format @ (ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP)) = image::guess_format(bytes) else {
        return Ok(None);
    };
    let reader = |max_alloc| {
        let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
        let mut limits = Limits::no_limits();
        limits.max_alloc = max_alloc;
        reader.limits(limits);
        reader.into_decoder()
    };
    // Only the header is read here.
    let Ok(header) = reader(None) else { return Ok(None) };
    let (width, height) = header.dimensions();
    if width > SIDE_MAX || height > SIDE_MAX || header.total_bytes() > DECODED_BYTES_MAX {
        return Err(TooLarge);
    }
    drop(header);
    let decoded = reader(Some(ALLOCATED_BYTES_MAX)).and_then(DynamicImage::from_decoder);
    Ok(decoded.ok().as_ref().and_then(joined))
}

/// The brightness of a picture, where so many points of each side are joined into one that none is longer than
/// [`HASHED_SIDE_MAX`].
fn joined(picture: &DynamicImage) -> Option<Luma> {
    let (width, height) = (picture.width(), picture.height());
    let side = width.max(height).div_ceil(HASHED_SIDE_MAX).max(1);
    let (columns, rows) = (width / side, height / side);
    let has_alpha = picture.color().has_alpha();
    let point = point_of(picture, has_alpha);
    let count = (side * side) as f32;
    let mut points = Vec::with_capacity((columns * rows) as usize);
    for row in 0..rows {
        for column in 0..columns {
            let within = |n: u32| (column * side + n % side, row * side + n / side);
            let sum: f32 = (0..side * side).map(|n| point(within(n))).sum();
            points.push(sum / count);
        }
    }
    Luma::new(columns as usize, points)
}

/// Reads the brightness of a point.
fn point_of(picture: &DynamicImage, has_alpha: bool) -> Box<dyn Fn((u32, u32)) -> f32 + '_> {
    match picture {
        DynamicImage::ImageRgb8(picture) => Box::new(|(x, y)| brightness(picture.get_pixel(x, y).0)),
        DynamicImage::ImageLuma8(picture) => Box::new(|(x, y)| f32::from(picture.get_pixel(x, y).0[0])),
        other => {
            let colours = other.to_rgba8();
            Box::new(move |(x, y)| {
                let [red, green, blue, alpha] = colours.get_pixel(x, y).0;
                let bright = brightness([red, green, blue]);
                if has_alpha { WHITE + (bright - WHITE) * f32::from(alpha) / 255.0 } else { bright }
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use image::{ExtendedColorType, ImageEncoder, Rgb, RgbImage};

    use super::*;

    fn photo(width: u32, height: u32) -> RgbImage {
        RgbImage::from_fn(width, height, |x, y| {
            let (x, y) = (x as f32 / width as f32, y as f32 / height as f32);
            let wave = |a: f32, b: f32| ((x * a).sin() * (y * b).cos() * 100.0 + 120.0) as u8;
            Rgb([wave(23.0, 17.0), wave(9.0, 31.0), wave(41.0, 5.0)])
        })
    }

    fn encoded(picture: &RgbImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    fn whole(picture: Picture) -> Pdq {
        match picture {
            Picture::Hashed(whole, _) => whole,
            Picture::Undecodable => panic!("it was not decoded"),
        }
    }

    #[test]
    fn one_photo_has_one_hash_in_each_format_and_size() {
        let hash = whole(picture(&encoded(&photo(600, 400), ImageFormat::Png)).unwrap()).hash;
        for (size, format) in
            [(600, ImageFormat::Jpeg), (600, ImageFormat::WebP), (300, ImageFormat::Png), (2_400, ImageFormat::Jpeg)]
        {
            let found = whole(picture(&encoded(&photo(size, size * 2 / 3), format)).unwrap());
            assert!(found.hash.distance(&hash) <= 10, "{size} {format:?}: {}", found.hash.distance(&hash));
        }
        assert_eq!(variants(&encoded(&photo(300, 200), ImageFormat::Png)).unwrap().unwrap().len(), 12);
    }

    #[test]
    fn a_point_without_colour_is_white() {
        let mut bytes = Vec::new();
        let points = [[10, 20, 30, 0], [0, 0, 0, 255]].repeat(50).concat();
        let encoder = image::codecs::png::PngEncoder::new(&mut bytes);
        encoder.write_image(&points, 10, 10, ExtendedColorType::Rgba8).unwrap();
        let luma = luma(&bytes).unwrap().unwrap();
        let expected = [WHITE, 0.0].repeat(50);
        assert_eq!(luma, Luma::new(10, expected).unwrap());
    }

    #[test]
    fn what_is_no_picture_is_undecodable_and_a_large_one_is_refused_by_its_header() {
        let png = encoded(&photo(60, 40), ImageFormat::Png);
        for bytes in [&b"GIF89a"[..], b"", b"<svg>", &png[..40], &[&png[..30], &[0; 400]].concat()] {
            assert_eq!(picture(bytes), Ok(Picture::Undecodable));
        }
        let sized = |width: u32, height: u32| {
            let mut bytes = png.clone();
            bytes[16..20].copy_from_slice(&width.to_be_bytes());
            bytes[20..24].copy_from_slice(&height.to_be_bytes());
            let sum = crc(&bytes[12..29]).to_be_bytes();
            bytes[29..33].copy_from_slice(&sum);
            picture(&bytes)
        };
        assert_eq!(sized(SIDE_MAX + 1, 40), Err(TooLarge));
        assert_eq!(sized(SIDE_MAX, SIDE_MAX), Err(TooLarge), "192 MiB");
        assert_eq!(sized(SIDE_MAX, 1_000), Ok(Picture::Undecodable), "it ends early");
    }

    /// The check sum of a part of a PNG.
    fn crc(bytes: &[u8]) -> u32 {
        let step = |sum: u32| if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 };
        !bytes.iter().fold(!0, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), |sum, _| step(sum)))
    }
}
