//! PDQ, a hash of pictures by which copies are found again, as Meta published it in 2019. It decodes no file.

pub mod bank;

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

/// The bits of a hash.
pub const BITS: usize = 256;
/// The bits in which two pictures may differ that are the same, as published.
pub const SAME_BITS_MAX: u32 = 31;
/// The parts of a hash by which near ones are found.
pub const PARTS: usize = 16;
/// The bits of a part.
pub const PART_BITS: usize = BITS / PARTS;
/// The least quality of a picture that is compared. A plain surface has no features, so that all of them are alike.
pub const QUALITY_MIN: u8 = 50;
/// The best quality.
pub const QUALITY_MAX: u8 = 100;

/// The sides of the small picture, and of the part of its transform that is kept.
const SMALL: usize = 64;
const KEPT: usize = 16;
/// The width of the blur is a side divided by this, rounded up.
const BLUR_DIVISOR: usize = 128;
/// Two box filters come close to the shape of a tent.
const BLURS: usize = 2;
/// The least sides of a picture with a hash.
const SIDE_MIN: usize = 5;
/// The sum of gradients is divided by this, so that photographs have a quality near 100.
const GRADIENTS_PER_QUALITY: f32 = 90.0;
/// The difference from a corner's brightness within which a line is border, of 255: what compression leaves of a plain
/// surface.
const BORDER_TOLERANCE: f32 = 10.0;

/// The shares of the sides that are cropped from each edge of a bank's picture.
pub const CROPS: [f32; 6] = [0.0, 0.02, 0.04, 0.06, 0.08, 0.10];

/// The cosines of the transform, without the constant one.
static COSINES: LazyLock<[[f32; SMALL]; KEPT]> = LazyLock::new(|| {
    let scale = (2.0 / SMALL as f64).sqrt();
    let angle = |row: usize, column: usize| {
        std::f64::consts::FRAC_PI_2 / SMALL as f64 * (row + 1) as f64 * (2 * column + 1) as f64
    };
    std::array::from_fn(|row| std::array::from_fn(|column| (scale * angle(row, column).cos()) as f32))
});

/// A hash.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash(pub [u64; 4]);

impl Hash {
    /// The bits in which two hashes differ.
    #[must_use]
    pub fn distance(&self, other: &Self) -> u32 {
        self.0.iter().zip(other.0).map(|(one, other)| (one ^ other).count_ones()).sum()
    }

    /// The parts, each of 16 bits. Of two hashes within [`SAME_BITS_MAX`] bits, one part differs by one bit at most:
    /// 16 parts with two bits each would be 32.
    #[must_use]
    pub fn parts(&self) -> [u16; PARTS] {
        std::array::from_fn(|n| (self.0[n / 4] >> (PART_BITS * (n % 4))) as u16)
    }

    fn set(&mut self, bit: usize) {
        self.0[bit / 64] |= 1 << (bit % 64);
    }
}

/// 64 hexadecimal digits, the last bit first.
impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().rev().try_for_each(|part| write!(f, "{part:016x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Hash {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_hex = text.len() == BITS / 4 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let part = |n: usize| u64::from_str_radix(&text[n * 16..(n + 1) * 16], 16).ok();
        let parts = is_hex.then(|| Some([part(3)?, part(2)?, part(1)?, part(0)?])).flatten();
        parts.map(Self).ok_or("must have 64 hexadecimal digits")
    }
}

/// A hash with the quality of its picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pdq {
    /// The hash.
    pub hash: Hash,
    /// The quality, from 0 to 100.
    pub quality: u8,
}

/// The brightness of a picture's points, from 0 to 255, row by row.
#[derive(Clone, Debug, PartialEq)]
pub struct Luma {
    width: usize,
    height: usize,
    points: Vec<f32>,
}

/// The brightness of a point.
#[must_use]
pub fn brightness([red, green, blue]: [u8; 3]) -> f32 {
    0.299 * f32::from(red) + 0.587 * f32::from(green) + 0.114 * f32::from(blue)
}

impl Luma {
    /// A picture of so many columns; none unless all rows are full.
    #[must_use]
    pub fn new(width: usize, points: Vec<f32>) -> Option<Self> {
        let height = points.len().checked_div(width)?;
        (height > 0 && width * height == points.len()).then_some(Self { width, height, points })
    }

    /// The rows.
    fn rows(&self) -> impl DoubleEndedIterator<Item = &[f32]> + ExactSizeIterator {
        self.points.chunks_exact(self.width)
    }

    /// The part within these rows and columns, or all where it would be too small for a hash.
    fn part(&self, rows: std::ops::Range<usize>, columns: std::ops::Range<usize>) -> Self {
        if rows.len() < SIDE_MIN || columns.len() < SIDE_MIN {
            return self.clone();
        }
        let (width, height) = (columns.len(), rows.len());
        let points = self.rows().skip(rows.start).take(height).flat_map(|row| &row[columns.clone()]).copied().collect();
        Self { width, height, points }
    }

    /// The picture without this share of its sides at each edge.
    #[must_use]
    pub fn cropped(&self, share: f32) -> Self {
        let cut = |side: usize| (side as f32 * share).round() as usize;
        let (x, y) = (cut(self.width), cut(self.height));
        self.part(y..self.height.saturating_sub(y), x..self.width.saturating_sub(x))
    }

    /// The picture in a mirror.
    #[must_use]
    pub fn mirrored(&self) -> Self {
        let points = self.rows().flat_map(|row| row.iter().rev()).copied().collect();
        Self { points, ..*self }
    }

    /// The picture without a border of one brightness; none where there is no border.
    #[must_use]
    pub fn without_border(&self) -> Option<Self> {
        let is_plain = |of: f32| move |point: &f32| (point - of).abs() <= BORDER_TOLERANCE;
        let (first, last) = (*self.points.first()?, *self.points.last()?);
        let top = self.rows().take_while(|row| row.iter().all(is_plain(first))).count();
        let bottom = self.rows().rev().take_while(|row| row.iter().all(is_plain(last))).count();
        let inner = top..self.height.saturating_sub(bottom);
        let plain = |column: usize, of: f32| {
            self.rows().skip(inner.start).take(inner.len()).all(|row| is_plain(of)(&row[column]))
        };
        let left = (0..self.width).take_while(|column| plain(*column, first)).count();
        let right = (0..self.width).rev().take_while(|column| plain(*column, last)).count();
        let columns = left..self.width.saturating_sub(right);
        let is_smaller = columns.len() < self.width || inner.len() < self.height;
        let is_enough = columns.len() >= SIDE_MIN && inner.len() >= SIDE_MIN;
        (is_smaller && is_enough).then(|| self.part(inner, columns))
    }

    /// The variants of a bank's picture: cropped by each share, mirrored and not.
    #[must_use]
    pub fn variants(&self) -> Vec<Pdq> {
        let cropped = CROPS.iter().map(|share| self.cropped(*share));
        cropped.flat_map(|picture| [picture.mirrored().pdq(), picture.pdq()]).collect()
    }

    /// The hash.
    #[must_use]
    pub fn pdq(&self) -> Pdq {
        if self.width < SIDE_MIN || self.height < SIDE_MIN {
            return Pdq { hash: Hash([0; 4]), quality: 0 };
        }
        let small = self.blurred().small();
        Pdq { hash: hash(&small), quality: quality(&small) }
    }

    /// Blurs along rows and columns, twice.
    fn blurred(&self) -> Self {
        let mut points = self.points.clone();
        let mut other = vec![0.0; points.len()];
        let (of_row, of_column) = (self.width.div_ceil(BLUR_DIVISOR), self.height.div_ceil(BLUR_DIVISOR));
        for _ in 0..BLURS {
            for (row, blurred) in points.chunks_exact(self.width).zip(other.chunks_exact_mut(self.width)) {
                blur_row(row, blurred, of_row);
            }
            blur_columns(&other, &mut points, self.width, of_column);
        }
        Self { points, ..*self }
    }

    /// The points in the middle of 64 × 64 equal parts.
    fn small(&self) -> [[f32; SMALL]; SMALL] {
        let at = |n: usize, side: usize| ((n as f64 + 0.5) * side as f64 / SMALL as f64) as usize;
        std::array::from_fn(|row| {
            let start = at(row, self.height) * self.width;
            std::array::from_fn(|column| self.points[start + at(column, self.width)])
        })
    }
}

/// The ends of a window: it reaches this far before and after its point, and is cut off at the edges.
const fn reach(window: usize) -> (usize, usize) {
    let half = (window + 2) / 2;
    (window - half, half - 1)
}

/// The mean of a window around each point of a row.
fn blur_row(from: &[f32], to: &mut [f32], window: usize) {
    let (before, after) = reach(window.min(from.len()));
    let (mut sum, mut count) = (from[..after].iter().sum::<f32>(), after as f32);
    for (n, mean) in to.iter_mut().enumerate() {
        if let Some(next) = from.get(n + after) {
            sum += next;
            count += 1.0;
        }
        if let Some(last) = n.checked_sub(before + 1) {
            sum -= from[last];
            count -= 1.0;
        }
        *mean = sum / count;
    }
}

/// The same along columns, a whole row at a time.
fn blur_columns(from: &[f32], to: &mut [f32], width: usize, window: usize) {
    let (before, after) = reach(window.min(from.len() / width));
    let row = |n: usize| from.get(n * width..(n + 1) * width);
    let mut sums = vec![0.0_f32; width];
    let mut count = 0.0_f32;
    for n in 0..after {
        sums.iter_mut().zip(row(n).into_iter().flatten()).for_each(|(sum, point)| *sum += point);
        count += 1.0;
    }
    for (n, means) in to.chunks_exact_mut(width).enumerate() {
        if let Some(next) = row(n + after) {
            sums.iter_mut().zip(next).for_each(|(sum, point)| *sum += point);
            count += 1.0;
        }
        if let Some(last) = n.checked_sub(before + 1).and_then(row) {
            sums.iter_mut().zip(last).for_each(|(sum, point)| *sum -= point);
            count -= 1.0;
        }
        means.iter_mut().zip(&sums).for_each(|(mean, sum)| *mean = sum / count);
    }
}

/// The sum of the gradients of the small picture: a plain one has no quality.
fn quality(small: &[[f32; SMALL]; SMALL]) -> u8 {
    let step = |one: f32, other: f32| ((one - other) * 100.0 / 255.0).trunc().abs();
    let down = small.windows(2).flat_map(|pair| pair[0].iter().zip(&pair[1]));
    let right = small.iter().flat_map(|row| row.windows(2).map(|pair| (&pair[0], &pair[1])));
    let sum: f32 = down.chain(right).map(|(one, other)| step(*one, *other)).sum();
    (sum / GRADIENTS_PER_QUALITY).min(f32::from(QUALITY_MAX)) as u8
}

/// The bits of the transform's 16 × 16 lowest waves that are above their median.
fn hash(small: &[[f32; SMALL]; SMALL]) -> Hash {
    let mut half = [[0.0_f32; SMALL]; KEPT];
    for (waves, cosines) in half.iter_mut().zip(COSINES.iter()) {
        for (row, cosine) in small.iter().zip(cosines) {
            waves.iter_mut().zip(row).for_each(|(wave, point)| *wave += cosine * point);
        }
    }
    let mut waves = [0.0_f32; BITS];
    for (row, half) in half.iter().enumerate() {
        for (column, cosines) in COSINES.iter().enumerate() {
            waves[row * KEPT + column] = half.iter().zip(cosines).map(|(one, cosine)| one * cosine).sum();
        }
    }
    let mut sorted = waves;
    sorted.sort_unstable_by(f32::total_cmp);
    // The lower one of the two in the middle, as in the published program.
    let median = sorted[BITS / 2 - 1];
    let mut hash = Hash([0; 4]);
    waves.iter().enumerate().filter(|(_, wave)| **wave > median).for_each(|(bit, _)| hash.set(bit));
    hash
}

#[cfg(test)]
mod tests;
