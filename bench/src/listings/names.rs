//! Squatted names: each of seven ways to write a protected brand, and the other real brands, which are none.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use live_jury_trust::listing::brand::{Brand, Brands, Likeness};
use live_jury_trust::listing::form;
use serde_json::{Value, json};

use crate::bars::{Bar, Figures};

/// The protected brands.
const PROTECTED: usize = 2_000;
/// The signs of a name from which neighbours are compared.
const SIGNS_MIN: usize = 6;
/// The least share of the squats of each way that is found, in percent.
const FOUND_MIN: f64 = 98.5;
/// The largest shares of other real brands that are held and reviewed, in percent.
const HELD_MAX: f64 = 0.4;
const REVIEWED_MAX: f64 = 2.0;
/// Letters of other scripts that look like those of Latin.
const ALIKE: [(char, char); 10] = [
    ('a', 'а'),
    ('c', 'с'),
    ('e', 'е'),
    ('i', 'і'),
    ('j', 'ј'),
    ('o', 'о'),
    ('p', 'р'),
    ('s', 'ѕ'),
    ('x', 'х'),
    ('y', 'у'),
];
/// Digits that are read as letters.
const DIGITS: [(char, char); 8] =
    [('o', '0'), ('l', '1'), ('i', '1'), ('e', '3'), ('a', '4'), ('s', '5'), ('t', '7'), ('b', '8')];

/// The names of all brands.
pub(super) fn read(folder: &Path) -> Result<Vec<String>> {
    let path = folder.join("dist/json/nsi.min.json");
    let text = std::fs::read_to_string(&path).context("--names: run tools/trust-data.sh names")?;
    let index: Value = serde_json::from_str(&text).with_context(|| format!("{}", path.display()))?;
    let trees = index["nsi"].as_object().context("the index has no brands")?;
    let mut names = BTreeSet::new();
    for (_, tree) in trees.iter().filter(|(name, _)| name.starts_with("brands/")) {
        let items = tree["items"].as_array().into_iter().flatten();
        names.extend(items.filter_map(|item| item["displayName"].as_str().map(str::to_owned)));
    }
    ensure!(names.len() > PROTECTED, "the index has few brands: {}", names.len());
    Ok(names.into_iter().collect())
}

/// Brands without anything but a name.
pub(super) fn brands<'n>(names: impl IntoIterator<Item = &'n String>) -> Brands {
    let entry = |name: &String| Some((name.clone(), Brand::parse(&json!({ "name": name })).ok()?));
    Brands::new(names.into_iter().filter_map(entry).collect())
}

/// A way to squat a name; none where the name has no letter for it.
type Way = fn(&[char], &mut fastrand::Rng) -> Option<Vec<char>>;

const WAYS: [(&str, Way); 7] = [
    ("homoglyph", |name, rng| exchanged(name, &ALIKE, rng)),
    ("digits", |name, rng| exchanged(name, &DIGITS, rng)),
    ("separators", |name, rng| {
        let place = rng.usize(1..name.len());
        Some([&name[..place], &[['-', ' ', '.'][rng.usize(..3)]], &name[place..]].concat())
    }),
    ("swapped", |name, rng| {
        let place = choose(name, rng, |place| {
            name.get(place + 1).is_some_and(|next| next.is_alphanumeric() && *next != name[place])
        })?;
        Some([&name[..place], &[name[place + 1], name[place]], &name[place + 2..]].concat())
    }),
    ("deleted", |name, rng| {
        let place = choose(name, rng, |_| true)?;
        Some([&name[..place], &name[place + 1..]].concat())
    }),
    ("doubled", |name, rng| {
        let place = choose(name, rng, |_| true)?;
        Some([&name[..=place], &name[place..]].concat())
    }),
    ("replaced", |name, rng| {
        let place = choose(name, rng, |_| true)?;
        Some([&name[..place], &[rng.lowercase()], &name[place + 1..]].concat())
    }),
];

/// One of the letters and digits that may be changed.
fn choose(name: &[char], rng: &mut fastrand::Rng, may: impl Fn(usize) -> bool) -> Option<usize> {
    let places: Vec<usize> = (0..name.len()).filter(|place| name[*place].is_alphanumeric() && may(*place)).collect();
    (!places.is_empty()).then(|| places[rng.usize(..places.len())])
}

fn exchanged(name: &[char], pairs: &[(char, char)], rng: &mut fastrand::Rng) -> Option<Vec<char>> {
    let other = |sign: char| pairs.iter().find(|(from, _)| *from == sign.to_ascii_lowercase()).map(|(_, to)| *to);
    let place = choose(name, rng, |place| other(name[place]).is_some())?;
    Some([&name[..place], &[other(name[place])?], &name[place + 1..]].concat())
}

pub(super) fn run(names: &[String], figures: &mut Figures) -> Result<()> {
    let mut rng = fastrand::Rng::with_seed(1);
    let mut long: Vec<&String> =
        names.iter().filter(|name| form::seen(name).text.chars().count() >= SIGNS_MIN).collect();
    rng.shuffle(&mut long);
    ensure!(long.len() >= PROTECTED, "few names have {SIGNS_MIN} signs: {}", long.len());
    let protected: BTreeSet<&String> = long[..PROTECTED].iter().copied().collect();
    let brands = brands(protected.iter().copied());
    for (way, squat) in WAYS {
        let (mut made, mut found) = (0_u32, 0_u32);
        for name in &protected {
            let signs: Vec<char> = name.chars().collect();
            let Some(squatted) = squat(&signs, &mut rng).map(|signs| signs.into_iter().collect::<String>()) else {
                continue;
            };
            // A change that nobody sees, such as of a letter into itself, is no squat.
            if form::name(&squatted) == form::name(name) {
                continue;
            }
            made += 1;
            let of = |place: usize| brands.entry(place).is_some_and(|(id, _)| id == *name);
            found += u32::from(brands.like(&squatted).iter().any(|(place, _)| of(*place)));
        }
        let share = 100.0 * f64::from(found) / f64::from(made.max(1));
        figures.add(&format!("squats found, {way}"), share, "%", Bar::Least(FOUND_MIN));
    }
    let others: Vec<&String> = names.iter().filter(|name| !protected.contains(name)).collect();
    let share_of = |likeness: Likeness| {
        let is_like = |name: &&&String| brands.like(name).iter().any(|(_, found)| *found == likeness);
        100.0 * others.iter().filter(is_like).count() as f64 / others.len() as f64
    };
    figures.add("other real brands held", share_of(Likeness::Look), "%", Bar::Most(HELD_MAX));
    figures.add("other real brands reviewed", share_of(Likeness::Close), "%", Bar::Most(REVIEWED_MAX));
    figures.outcome.add("other real brands", others.len() as f64, "");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_changes_a_name_that_has_a_letter_for_it() {
        let mut rng = fastrand::Rng::with_seed(3);
        let name: Vec<char> = "Samsonite".chars().collect();
        for (way, squat) in WAYS {
            let squatted: String = squat(&name, &mut rng).unwrap().into_iter().collect();
            let longer = squatted.chars().count().abs_diff(name.len());
            assert!(squatted != "Samsonite" && longer <= 1, "{way}: {squatted}");
        }
        assert_eq!(exchanged(&['q', 'q'], &ALIKE, &mut rng), None);
    }
}
