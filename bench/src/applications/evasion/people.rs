//! Reads the people of two years, and gives them things: made-up phones, accounts, devices, networks, shops. The people
//! themselves are those of the package pseudopeople. It compares nobody.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result, ensure};

/// The year in which people are banned, and the one in which they and others apply.
pub(super) const YEARS: [&str; 2] = ["2020", "2025"];
const HEADING: &str = "person,year,household,given,family,birth_date,number,address";
/// The networks of providers. Two strangers share one as often as the table has it: one in 2,000.
const NETWORKS: u64 = 2_000;
/// The words of names of shops. Two strangers chose the same two as often as the table has it: one in 10,000.
const WORDS: u64 = 100;

/// A person's papers and address in one year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Person {
    /// The person: the same in both years.
    pub id: String,
    /// The household; empty for people in barracks, prisons and dormitories.
    pub household: String,
    pub given: String,
    pub family: String,
    pub birth_date: String,
    pub number: String,
    pub address: String,
}

/// The people of each year.
pub(super) fn read(path: &Path) -> Result<[Vec<Person>; 2]> {
    let text = std::fs::read_to_string(path).context("--people: run tools/trust-data.sh people")?;
    let mut lines = text.lines();
    ensure!(lines.next() == Some(HEADING), "the file has another heading than {HEADING}");
    let mut years = [Vec::new(), Vec::new()];
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        let [id, year, household, given, family, birth_date, number, address] = cells[..] else {
            anyhow::bail!("no person: {line}");
        };
        let place = YEARS.iter().position(|one| *one == year).with_context(|| format!("another year: {line}"))?;
        let own = str::to_owned;
        years[place].push(Person {
            id: own(id),
            household: own(household),
            given: own(given),
            family: own(family),
            birth_date: own(birth_date),
            number: own(number),
            address: own(address),
        });
    }
    Ok(years)
}

/// A kind of thing that a person has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Thing {
    Phone,
    Email,
    Payout,
    Device,
    Network,
    ShipFrom,
    Shop,
}

impl Thing {
    pub const ALL: [Self; 7] =
        [Self::Phone, Self::Email, Self::Payout, Self::Device, Self::Network, Self::ShipFrom, Self::Shop];

    /// The field of an application.
    pub const fn field(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Email => "email",
            Self::Payout => "payout_account",
            Self::Device => "device",
            Self::Network => "ip",
            Self::ShipFrom => "ship_from",
            Self::Shop => "store_name",
        }
    }

    /// The share of people who have the one of the first of their household.
    const fn shared(self) -> f64 {
        match self {
            Self::Phone => 0.05,
            Self::Payout => 0.10,
            Self::Device => 0.15,
            Self::Email | Self::Network | Self::ShipFrom | Self::Shop => 0.0,
        }
    }
}

/// The things of people, by a seed. The same person has the same things in each year and household.
pub(super) struct Things {
    seed: u64,
    /// Whether a household has one network.
    one_network: bool,
    /// The first person of each household in the first year.
    firsts_then: BTreeMap<String, String>,
    /// The one of each household in the second year: of those who lived there before, if there are any.
    firsts_now: BTreeMap<String, String>,
    /// The people of the first year with their households.
    residents: BTreeSet<(String, String)>,
}

impl Things {
    pub fn new(seed: u64, one_network: bool, years: &[Vec<Person>; 2]) -> Self {
        let [then, now] = years;
        let key = |person: &Person| (person.id.clone(), person.household.clone());
        let residents: BTreeSet<(String, String)> = then.iter().map(key).collect();
        let (stayed, came): (Vec<_>, Vec<_>) = now.iter().partition(|person| residents.contains(&key(person)));
        let firsts_now = firsts(stayed.into_iter().chain(came));
        Self { seed, one_network, firsts_then: firsts(then.iter()), firsts_now, residents }
    }

    /// The value of a person's thing.
    pub fn of(&self, person: &Person, thing: Thing) -> String {
        let is_network = self.one_network && thing == Thing::Network;
        let (then, now) = (self.firsts_then.get(&person.household), self.firsts_now.get(&person.household));
        // Who moved in after the first one had left has nothing of theirs. A network stays with the house.
        let lived_there = || self.residents.contains(&(person.id.clone(), person.household.clone()));
        let first = if is_network {
            then.or(now)
        } else if lived_there() {
            then
        } else {
            now
        };
        let is_shared = || is_network || self.rng(&person.id, thing, "shares").f64() < thing.shared();
        let owner = first.filter(|_| is_shared()).unwrap_or(&person.id);
        self.value(owner, thing)
    }

    /// The value of a thing that nobody had before.
    pub fn new_one(&self, person: &Person, thing: Thing) -> String {
        self.value(&format!("{}, later", person.id), thing)
    }

    fn value(&self, owner: &str, thing: Thing) -> String {
        let mut rng = self.rng(owner, thing, "value");
        match thing {
            Thing::Phone => format!("+4915{:09}", rng.u64(..1_000_000_000)),
            Thing::Email => format!("{:016x}@mail.example", rng.u64(..)),
            Thing::Payout => format!("{:018}", rng.u64(..1_000_000_000_000_000_000)),
            Thing::Device => format!("{:032x}", rng.u128(..)),
            Thing::Network => {
                let network = rng.u64(..NETWORKS);
                format!("100.{}.{}.{}", network / 256, network % 256, rng.u8(1..255))
            }
            Thing::ShipFrom => format!("{} {} street", rng.u32(1..2_000), word(&mut rng)),
            Thing::Shop => {
                let mut of_list = || word(&mut fastrand::Rng::with_seed(rng.u64(..WORDS)));
                format!("{} {}", of_list(), of_list())
            }
        }
    }

    fn rng(&self, owner: &str, thing: Thing, what: &str) -> fastrand::Rng {
        // FNV-1a: the same on every machine.
        let text = format!("{} {owner} {thing:?} {what}", self.seed);
        let hash = text
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        fastrand::Rng::with_seed(hash)
    }
}

/// The first person of each household among these.
fn firsts<'a>(people: impl Iterator<Item = &'a Person>) -> BTreeMap<String, String> {
    let mut firsts = BTreeMap::new();
    for person in people.filter(|person| !person.household.is_empty()) {
        firsts.entry(person.household.clone()).or_insert_with(|| person.id.clone());
    }
    firsts
}

fn word(rng: &mut fastrand::Rng) -> String {
    (0..rng.usize(6..10)).map(|_| rng.lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(id: &str, household: &str) -> Person {
        let own = str::to_owned;
        Person {
            id: own(id),
            household: own(household),
            given: own("Ann"),
            family: own("Lee"),
            birth_date: own("1980-01-02"),
            number: own("1"),
            address: own("1 high street"),
        }
    }

    #[test]
    fn housemates_share_as_often_as_is_said_and_strangers_nothing() {
        let people: Vec<Person> = (0..4_000).map(|n| person(&n.to_string(), &(n / 2).to_string())).collect();
        let years = [people.clone(), Vec::new()];
        let things = Things::new(1, false, &years);
        for thing in Thing::ALL {
            let same = |pair: &[Person]| things.of(&pair[0], thing) == things.of(&pair[1], thing);
            let shared = people.chunks(2).filter(|pair| same(pair)).count() as f64 / 2_000.0;
            assert!((shared - thing.shared()).abs() < 0.03, "{thing:?}: {shared}");
        }
        let (one, two, at_home) = (&people[0], &people[1], Things::new(1, true, &years));
        assert_eq!(at_home.of(one, Thing::Network), at_home.of(two, Thing::Network));
        assert_eq!(things.of(one, Thing::Device), things.of(&person("0", "elsewhere"), Thing::Device));
        assert_ne!(things.of(one, Thing::Device), things.new_one(one, Thing::Device));
        assert_ne!(things.of(one, Thing::Device), Things::new(2, false, &years).of(one, Thing::Device));
    }

    #[test]
    fn who_moves_in_shares_with_those_who_live_there_and_not_with_those_who_left() {
        let home = |n: usize| n.to_string();
        // Two live in each house. The first one leaves, and two others move in.
        let then: Vec<Person> = (0..2_000).map(|n| person(&format!("a{n}"), &home(n / 2))).collect();
        let stayed = then.iter().skip(1).step_by(2).cloned();
        let came: Vec<Person> = (0..2_000).map(|n| person(&format!("0{n}"), &home(n / 2))).collect();
        let things = Things::new(1, false, &[then.clone(), came.iter().cloned().chain(stayed).collect()]);
        let same = |one: &Person, other: &Person| things.of(one, Thing::Device) == things.of(other, Thing::Device);
        let share = |with: &dyn Fn(usize) -> usize| {
            came.iter().enumerate().filter(|(n, one)| same(one, &then[with(*n)])).count() as f64 / 2_000.0
        };
        assert_eq!(share(&|n| n / 2 * 2), 0.0, "with the one who left");
        // A newcomer has the device of the one who stayed with 0.15, and that is its own with 0.85.
        assert!((share(&|n| n / 2 * 2 + 1) - 0.1275).abs() < 0.03);
        let networks = Things::new(1, true, &[then.clone(), came.clone()]);
        assert_eq!(networks.of(&came[0], Thing::Network), networks.of(&then[0], Thing::Network));
    }
}
