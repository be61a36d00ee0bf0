//! `applications evasion`: people who are banned apply again in five ways, among honest ones. The weights are those of
//! the table. It needs neither a server nor a store.

mod ledger;
mod people;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::Args;
use live_jury_trust::identity::Group;
use live_jury_trust::identity::decide::Finding;

use self::ledger::{Ledger, Values};
use self::people::{Person, Thing, Things, read};
use crate::bars::{Bar, Figures};
use crate::report::Outcome;

/// `applications evasion`
#[derive(Args, Clone, Debug)]
pub(super) struct Evasion {
    /// The people of two years, as `tools/trust-data.sh people` prints it
    #[arg(long)]
    people: PathBuf,
    /// A household has one network, too
    #[arg(long)]
    one_network: bool,
}

/// Those who are banned, and of them those who apply again.
const BANNED: usize = 2_000;
const RETURNING: usize = 1_000;
/// The runs, whose figures are pooled: in each, others are banned and have other things.
const SEEDS: std::ops::RangeInclusive<u64> = 1..=5;

/// The papers with which somebody who is banned applies again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    /// The own ones, and all things stay.
    SamePapers,
    /// The own name and birth date, and no number.
    NoNumber,
    /// Those of a housemate.
    Relatives,
    /// Those of a stranger.
    Strangers,
    /// Made-up ones.
    AllNew,
}

impl Way {
    const ALL: [Self; 5] = [Self::SamePapers, Self::NoNumber, Self::Relatives, Self::Strangers, Self::AllNew];

    const fn words(self) -> &'static str {
        match self {
            Self::SamePapers => "same papers",
            Self::NoNumber => "no number",
            Self::Relatives => "a relative's papers",
            Self::Strangers => "a stranger's papers",
            Self::AllNew => "all new",
        }
    }

    /// The share of those who keep a thing.
    fn keeps(self, thing: Thing) -> f64 {
        // No number, a relative's papers, a stranger's, all new.
        let row = match thing {
            Thing::Payout => [0.6, 0.35, 0.0, 0.0],
            Thing::Device => [0.6, 0.5, 0.2, 0.0],
            Thing::Network => [0.7, 0.6, 0.3, 0.1],
            Thing::ShipFrom => [0.9, 0.7, 0.5, 0.2],
            Thing::Shop => [0.5, 0.3, 0.3, 0.2],
            Thing::Phone | Thing::Email => [0.0; 4],
        };
        match self {
            Self::SamePapers => 1.0,
            Self::NoNumber => row[0],
            Self::Relatives => row[1],
            Self::Strangers => row[2],
            Self::AllNew => row[3],
        }
    }
}

/// The outcomes of a group of applications.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    all: u64,
    refused: u64,
    held: u64,
}

impl Tally {
    fn add(&mut self, finding: Finding) {
        self.all += 1;
        match finding {
            Finding::Pass => {}
            Finding::Hold | Finding::Propose => self.held += 1,
            Finding::Refuse => self.refused += 1,
        }
    }

    fn share(&self, of: u64) -> f64 {
        100.0 * of as f64 / self.all.max(1) as f64
    }
}

/// The outcomes of all runs.
#[derive(Debug, Default)]
struct Tallies {
    returning: BTreeMap<Way, Tally>,
    strangers: Tally,
    housemates: Tally,
    /// Of the housemates, those who lived with somebody who is banned, and those who came after that one had left.
    together: Tally,
    came_after: Tally,
    /// The holds of housemates by the groups in which values are equal.
    groups: BTreeMap<BTreeSet<&'static str>, u64>,
}

impl Evasion {
    pub(super) fn run(&self) -> Result<Outcome> {
        let years = read(&self.people)?;
        let mut tallies = Tallies::default();
        for seed in SEEDS {
            run(Things::new(seed, self.one_network, &years), seed, &years, &mut tallies)?;
        }
        let mut figures = Figures::new("applications, evasion", "tokens");
        for (way, tally) in &tallies.returning {
            let words = way.words();
            figures.outcome.add(&format!("{words}: applications"), tally.all as f64, "");
            let (stopped, refused, held) =
                (tally.share(tally.refused + tally.held), tally.share(tally.refused), tally.share(tally.held));
            match way {
                Way::SamePapers => {
                    figures.add(&format!("{words}: stopped"), stopped, "%", Bar::Least(100.0));
                    figures.add(&format!("{words}: refused"), refused, "%", Bar::Least(96.0));
                }
                Way::NoNumber => figures.add(&format!("{words}: held"), held, "%", Bar::Least(100.0)),
                Way::Relatives => figures.add(&format!("{words}: stopped"), stopped, "%", Bar::Least(75.0)),
                Way::Strangers | Way::AllNew => {
                    figures.outcome.add(&format!("{words}: stopped"), stopped, "%");
                }
            }
        }
        for (who, tally, held_max) in
            [("honest strangers", tallies.strangers, 0.1), ("a banned person's household", tallies.housemates, 15.0)]
        {
            figures.outcome.add(&format!("{who}: applications"), tally.all as f64, "");
            figures.add(&format!("{who}: refused"), tally.refused as f64, "", Bar::Most(0.0));
            figures.add(&format!("{who}: held"), tally.share(tally.held), "%", Bar::Most(held_max));
        }
        for (who, tally) in [("lived with one", tallies.together), ("came after one had left", tallies.came_after)] {
            figures.outcome.add(&format!("{who} who is banned: applications"), tally.all as f64, "");
            figures.outcome.add(&format!("{who} who is banned: held"), tally.share(tally.held), "%");
        }
        for (groups, holds) in &tallies.groups {
            let groups: Vec<&str> = groups.iter().copied().collect();
            figures.outcome.add(&format!("holds of a household by {}", groups.join(", ")), *holds as f64, "");
        }
        figures.end()
    }
}

fn run(things: Things, seed: u64, years: &[Vec<Person>; 2], tallies: &mut Tallies) -> Result<()> {
    let mut rng = fastrand::Rng::with_seed(seed);
    let [first, second] = years;
    let mut places: Vec<usize> = (0..first.len()).collect();
    rng.shuffle(&mut places);
    ensure!(places.len() > BANNED, "there are few people: {}", places.len());
    let banned: Vec<&Person> = places[..BANNED].iter().map(|place| &first[*place]).collect();
    let mut ledger = Ledger::new();
    for person in &banned {
        ledger.ban(&values(person, true, |thing| things.of(person, thing)))?;
    }
    let ids: BTreeSet<&str> = banned.iter().map(|person| person.id.as_str()).collect();
    let houses: BTreeSet<&str> =
        banned.iter().map(|person| person.household.as_str()).filter(|house| !house.is_empty()).collect();
    let before: BTreeMap<&str, &Person> = first.iter().map(|person| (person.id.as_str(), person)).collect();
    let later: BTreeMap<&str, &Person> = second.iter().map(|person| (person.id.as_str(), person)).collect();
    let mut housemates: BTreeMap<&str, Vec<&Person>> = BTreeMap::new();
    for person in second.iter().filter(|person| !person.household.is_empty()) {
        housemates.entry(&person.household).or_default().push(person);
    }

    // Each way has as many, and those with a housemate who is not banned come with that one's papers.
    let relative = |person: &Person| {
        housemates.get(person.household.as_str())?.iter().find(|other| !ids.contains(other.id.as_str())).copied()
    };
    let mut waiting: Vec<(&Person, &Person)> = Vec::new();
    let mut with_relatives = Vec::new();
    for person in &banned {
        let Some(now) = later.get(person.id.as_str()) else { continue };
        let is_full = with_relatives.len() == RETURNING / Way::ALL.len();
        match relative(now).filter(|_| !is_full) {
            Some(relative) => with_relatives.push((*person, *now, relative)),
            None => waiting.push((*person, *now)),
        }
    }
    let mut apply = |way: Way, person: &Person, now: &Person, papers: &Person| -> Result<()> {
        let mut rng = fastrand::Rng::with_seed(rng.u64(..));
        let thing = |thing: Thing| {
            if rng.f64() < way.keeps(thing) { things.of(person, thing) } else { things.new_one(now, thing) }
        };
        let found = ledger.apply(&values(papers, way != Way::NoNumber, thing))?;
        tallies.returning.entry(way).or_default().add(found.finding);
        Ok(())
    };
    for (person, now, relative) in &with_relatives {
        apply(Way::Relatives, person, now, &Person { address: now.address.clone(), ..(*relative).clone() })?;
    }
    let others = Way::ALL.into_iter().filter(|way| *way != Way::Relatives);
    let honest: Vec<&Person> = second.iter().filter(|person| !ids.contains(person.id.as_str())).collect();
    for (n, way) in others.flat_map(|way| std::iter::repeat_n(way, RETURNING / Way::ALL.len())).enumerate() {
        let Some((person, now)) = waiting.get(n) else { anyhow::bail!("few banned people are there in both years") };
        let stranger = honest[(n * 7_919 + seed as usize) % honest.len()];
        let papers = match way {
            Way::Strangers => stranger.clone(),
            Way::AllNew => made_up(stranger, honest[n * 104_729 % honest.len()], n),
            _ => (*now).clone(),
        };
        apply(way, person, now, &papers)?;
    }

    let mut holders: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for person in years.iter().flatten() {
        holders.entry(&person.number).or_default().insert(&person.id);
    }
    let with_banned: BTreeSet<&str> =
        ids.iter().filter_map(|id| later.get(id)).map(|person| person.household.as_str()).collect();
    for person in honest {
        // Some people in the data work with another one's number.
        if holders.get(person.number.as_str()).is_some_and(|people| people.len() > 1) {
            continue;
        }
        let found = ledger.apply(&values(person, true, |thing| things.of(person, thing)))?;
        let of_old = before.get(person.id.as_str()).is_some_and(|old| houses.contains(old.household.as_str()));
        if !of_old && !houses.contains(person.household.as_str()) {
            tallies.strangers.add(found.finding);
            continue;
        }
        tallies.housemates.add(found.finding);
        let lived_together = of_old || with_banned.contains(person.household.as_str());
        let tally = if lived_together { &mut tallies.together } else { &mut tallies.came_after };
        tally.add(found.finding);
        if found.finding > Finding::Pass {
            let besides = found.groups.iter().filter(|group| **group != Group::Own).map(|group| group.as_str());
            *tallies.groups.entry(besides.collect()).or_default() += 1;
        }
    }
    Ok(())
}

/// Papers that nobody has.
fn made_up(name: &Person, address: &Person, n: usize) -> Person {
    Person {
        number: format!("9{:08}", n * 97),
        birth_date: format!("{}-{:02}-{:02}", 1950 + n % 50, 1 + n % 12, 1 + n % 28),
        family: address.family.clone(),
        address: address.address.clone(),
        ..name.clone()
    }
}

/// The values of an application.
fn values(person: &Person, has_number: bool, mut thing: impl FnMut(Thing) -> String) -> Values {
    let papers = [
        ("given_name", &person.given),
        ("family_name", &person.family),
        ("birth_date", &person.birth_date),
        ("address", &person.address),
        ("id_number", &person.number),
    ];
    let papers = papers.into_iter().filter(|(field, _)| has_number || *field != "id_number");
    let papers = papers.map(|(field, value)| (field.to_owned(), vec![value.clone()]));
    papers.chain(Thing::ALL.map(|one| (one.field().to_owned(), vec![thing(one)]))).collect()
}
