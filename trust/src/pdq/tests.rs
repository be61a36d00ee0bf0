//! Hashes of made-up pictures, and what changes them little.

use super::*;

/// A picture of soft waves and an edge, which has features at each scale.
fn picture(width: usize, height: usize) -> Luma {
    let point = |n: usize| {
        let (x, y) = ((n % width) as f32 / width as f32 + 0.1, (n / width) as f32 / height as f32);
        let waves = (x * 23.0).sin() * (y * 17.0).cos() + (x * y * 41.0).sin() * 0.7;
        let edge = if (x - 0.6).hypot(y - 0.4) < 0.22 { 60.0 } else { 0.0 };
        (waves * 50.0 + 110.0 + edge).clamp(0.0, 255.0)
    };
    Luma::new(width, (0..width * height).map(point).collect()).unwrap()
}

#[test]
fn a_box_filter_is_the_mean_of_its_window() {
    let from: Vec<f32> = (0..9_u8).map(|n| f32::from(n * n)).collect();
    for window in 1..=5 {
        let half = (window + 2) / 2;
        let mut to = vec![0.0; from.len()];
        blur_row(&from, &mut to, window);
        for (n, mean) in to.iter().enumerate() {
            let part = &from[n.saturating_sub(window - half)..(n + half).min(from.len())];
            let expected = part.iter().sum::<f32>() / part.len() as f32;
            assert!((mean - expected).abs() < 1e-4, "window {window} at {n}: {mean}, not {expected}");
        }
        let mut columns = vec![0.0; from.len()];
        blur_columns(&from, &mut columns, 1, window);
        assert_eq!(columns, to);
    }
}

#[test]
fn the_transform_has_unit_rows_without_a_constant() {
    for row in COSINES.iter() {
        let (square, sum) = row.iter().fold((0.0_f32, 0.0_f32), |(square, sum), one| (square + one * one, sum + one));
        assert!((square - 1.0).abs() < 1e-5 && sum.abs() < 1.0, "{square} {sum}");
    }
}

#[test]
fn a_hash_has_about_half_of_its_bits_and_survives_text() {
    let found = picture(300, 200).pdq();
    assert_eq!(found.hash.0.iter().map(|part| part.count_ones()).sum::<u32>(), 128);
    let text = found.hash.to_string();
    assert_eq!((text.len(), text.parse::<Hash>()), (64, Ok(found.hash)));
    assert!(text.to_uppercase().parse::<Hash>().is_ok() && "12".parse::<Hash>().is_err());
    assert!("é".repeat(32).parse::<Hash>().is_err());
    let mut last = Hash([0; 4]);
    last.set(255);
    assert_eq!(last.to_string(), format!("8{}", "0".repeat(63)));
    assert!(found.quality >= QUALITY_MIN, "{}", found.quality);
}

#[test]
fn copies_are_close_and_others_are_far() {
    let one = picture(512, 512);
    let brighter: Vec<f32> = one.points.iter().map(|point| (point * 0.9 + 12.0).min(255.0)).collect();
    let brighter = Luma::new(512, brighter).unwrap();
    let hash = one.pdq().hash;
    assert!(hash.distance(&picture(256, 256).pdq().hash) <= 10, "a smaller copy");
    assert!(hash.distance(&brighter.pdq().hash) <= 10, "a brighter copy");
    assert!(hash.distance(&one.mirrored().pdq().hash) > SAME_BITS_MAX, "a mirrored copy is another picture");
    let variants = one.variants();
    assert_eq!(variants.len(), 2 * CROPS.len());
    let nearest = |of: &Luma| variants.iter().map(|one| one.hash.distance(&of.pdq().hash)).min().unwrap();
    assert_eq!((nearest(&one.mirrored()), nearest(&one)), (0, 0));
    assert!(nearest(&one.cropped(0.05)) <= SAME_BITS_MAX, "{}", nearest(&one.cropped(0.05)));
}

#[test]
fn a_border_is_taken_off() {
    let inner = picture(200, 150);
    let (width, height) = (240, 180);
    let mut points = vec![250.0; width * height];
    for (n, row) in inner.rows().enumerate() {
        points[(n + 10) * width + 25..][..200].copy_from_slice(row);
    }
    let framed = Luma::new(width, points).unwrap();
    assert!(framed.without_border() == Some(inner.clone()));
    assert!(inner.without_border().is_none());
    assert_eq!(Luma::new(40, vec![7.0; 1_600]).unwrap().without_border(), None, "nothing but border");
}

#[test]
fn a_plain_or_tiny_picture_has_no_quality() {
    let plain = Luma::new(64, vec![128.0; 64 * 64]).unwrap().pdq();
    assert_eq!(plain.quality, 0);
    assert_eq!(Luma::new(4, vec![1.0; 400]).unwrap().pdq(), Pdq { hash: Hash([0; 4]), quality: 0 });
    assert!(Luma::new(0, Vec::new()).is_none() && Luma::new(3, vec![1.0; 4]).is_none());
    assert!((brightness([255, 255, 255]) - 255.0).abs() < 1e-3);
}
