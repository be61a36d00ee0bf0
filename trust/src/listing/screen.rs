//! All checks on one listing, and the outcome. It knows no person and takes no measure.

use std::collections::{BTreeMap, BTreeSet};

use super::brand::{Brands, Likeness};
use super::gtin::{self, State};
use super::list::{EntryName, List};
use super::price::CHEAP_BELOW;
use super::rules::{Facts, Rule, ShopState};
use super::terms::{Kind, Terms};
use super::{Check, HITS_MAX, Hit, Outcome, severest};
use crate::pdq::bank::{Bank, Mark};
use crate::pdq::{Pdq, QUALITY_MIN};

/// The policies that hits of other checks than terms and rules break.
const COUNTERFEIT: &str = "counterfeit";
const LOOK_ALIKE: &str = "look_alike_brand";
const COPIED: &str = "false_advertising";

/// The lists that a listing meets.
#[derive(Clone, Copy, Debug)]
pub struct Lists<'l> {
    /// Terms.
    pub terms: &'l Terms,
    /// Protected brands.
    pub brands: &'l Brands,
    /// Known pictures.
    pub bank: &'l Bank,
    /// Rules with their ids.
    pub rules: &'l [(String, Rule)],
}

/// A picture of a listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picture {
    /// It was hashed, and once more without its border, if it has one.
    Hashed(Pdq, Option<Pdq>),
    /// It could not be decoded.
    Undecodable,
}

/// A version of a listing.
#[derive(Clone, Debug)]
pub struct Listing<'l> {
    /// The shop.
    pub merchant: &'l str,
    /// The title.
    pub title: &'l str,
    /// The description.
    pub description: &'l str,
    /// The category.
    pub category: &'l str,
    /// The brand that it names.
    pub brand: Option<&'l str>,
    /// The GTIN that it names.
    pub gtin: Option<&'l str>,
    /// The price as a part of the median of others, with its text.
    pub price: Option<f64>,
    /// The pictures.
    pub pictures: &'l [Picture],
    /// The platform's own figures.
    pub signals: &'l BTreeMap<String, f64>,
}

/// The shop at the time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shop {
    /// Whether it is banned: nothing of it goes live.
    pub banned: bool,
    /// Whether a measure forbids to list anything new.
    pub limited: bool,
    /// Whether each listing of it is looked at first.
    pub probation: bool,
    /// Whether its index is surely below 500.
    pub low_index: bool,
    /// Whether it is known for less than 30 days.
    pub new: bool,
}

impl Shop {
    fn states(self) -> BTreeSet<ShopState> {
        let states =
            [(self.probation, ShopState::Probation), (self.low_index, ShopState::LowIndex), (self.new, ShopState::New)];
        states.into_iter().filter(|(is, _)| *is).map(|(_, state)| state).collect()
    }

    /// Whether phrases of counterfeits and look-alikes of it are held, not only reviewed.
    const fn is_held_sooner(self) -> bool {
        self.probation || self.low_index || self.new
    }
}

/// The result of a screening.
#[derive(Clone, Debug, PartialEq)]
pub struct Screened {
    /// The outcome.
    pub outcome: Outcome,
    /// The hits, the severest first.
    pub hits: Vec<Hit>,
    /// Whether the shop may sell the protected brand that the listing names; none where it names none.
    pub authorised: Option<bool>,
    /// The state of the GTIN.
    pub gtin: State,
    /// Whether the price is too good to be true.
    pub cheap: bool,
}

/// Screens a listing.
#[must_use]
pub fn screen(listing: &Listing<'_>, shop: Shop, lists: Lists<'_>) -> Screened {
    let mut found = Screening { listing, shop, lists, hits: Vec::new(), facts: Facts::default() };
    found.facts.category = listing.category.to_owned();
    found.facts.signals = listing.signals.clone();
    found.facts.shop = shop.states();
    found.terms("title", listing.title);
    found.terms("description", listing.description);
    let authorised = found.brands();
    found.gtin();
    found.price();
    listing.pictures.iter().enumerate().for_each(|(n, picture)| found.picture(n, *picture));
    found.shop();
    found.rules();
    let Screening { mut hits, facts, .. } = found;
    hits.sort_by_key(|hit| std::cmp::Reverse(hit.counted()));
    hits.truncate(HITS_MAX);
    let cheap = facts.price.is_some_and(|price| price < CHEAP_BELOW);
    Screened { outcome: severest(&hits), hits, authorised, gtin: facts.gtin, cheap }
}

struct Screening<'s> {
    listing: &'s Listing<'s>,
    shop: Shop,
    lists: Lists<'s>,
    hits: Vec<Hit>,
    facts: Facts,
}

impl Screening<'_> {
    /// The outcome, raised for a shop that is held sooner.
    fn raised(&self, outcome: Outcome) -> Outcome {
        if self.shop.is_held_sooner() { outcome.max(Outcome::Hold) } else { outcome }
    }

    fn hit(&mut self, check: Check, outcome: Outcome, note: &str) -> &mut Hit {
        self.hits.push(Hit {
            check,
            list: None,
            field: None,
            span: None,
            value: String::new(),
            note: note.to_owned(),
            outcome,
            shadow: false,
            policy: None,
        });
        let last = self.hits.len() - 1;
        &mut self.hits[last]
    }

    fn terms(&mut self, field: &str, text: &str) {
        let terms = self.lists.terms;
        for found in terms.find(text) {
            let Some((id, term)) = terms.entry(found.term) else { continue };
            self.facts.terms.insert(term.kind);
            let is_sooner = term.kind == Kind::CounterfeitPhrase;
            let outcome = if is_sooner { self.raised(term.then) } else { term.then };
            let [from, to] = found.span;
            let value = text.chars().skip(from).take(to - from).collect();
            let hit = self.hit(Check::Term, outcome, term.kind.as_str());
            hit.list = Some(EntryName { list: List::Terms, entry: id.clone() });
            hit.field = Some(field.to_owned());
            hit.span = Some(found.span);
            hit.value = value;
            hit.policy = Some(term.policy().to_owned());
        }
    }

    /// Compares the brand, or else the title, and returns whether the shop may sell the brand that it names.
    fn brands(&mut self) -> Option<bool> {
        let brands = self.lists.brands;
        let found: Vec<(usize, Likeness, Option<[usize; 2]>)> = match self.listing.brand {
            Some(name) => brands.like(name).into_iter().map(|(place, likeness)| (place, likeness, None)).collect(),
            None => {
                let found = brands.in_title(self.listing.title).into_iter();
                found.map(|(place, likeness, span)| (place, likeness, Some(span))).collect()
            }
        };
        let mut authorised = None;
        for (place, likeness, span) in found {
            let Some((id, brand)) = brands.entry(place) else { continue };
            let may_sell = brand.authorises(self.listing.merchant);
            if likeness == Likeness::Equal && brand.is_in(self.listing.category) {
                authorised = Some(authorised.unwrap_or(false) || may_sell);
            }
            if may_sell || (likeness == Likeness::Equal && !brand.is_in(self.listing.category)) {
                continue;
            }
            self.facts.brands.insert(likeness);
            let (outcome, policy) = match likeness {
                Likeness::Equal => (Outcome::Review, COUNTERFEIT),
                Likeness::Look => (Outcome::Hold, LOOK_ALIKE),
                Likeness::Close => (self.raised(Outcome::Review), LOOK_ALIKE),
            };
            let note = format!("{}: {}", likeness.as_str(), brand.name);
            let (field, value) = match (self.listing.brand, span) {
                (Some(name), _) => ("brand", name.to_owned()),
                (None, Some([from, to])) => ("title", self.listing.title.chars().skip(from).take(to - from).collect()),
                (None, None) => ("title", self.listing.title.to_owned()),
            };
            let hit = self.hit(Check::Brand, outcome, &note);
            hit.list = Some(EntryName { list: List::Brands, entry: id.clone() });
            hit.field = Some(field.to_owned());
            hit.span = span;
            hit.value = value;
            hit.policy = Some(policy.to_owned());
        }
        authorised
    }

    fn gtin(&mut self) {
        let Some(given) = self.listing.gtin else { return };
        let Some(number) = gtin::read(given) else {
            self.facts.gtin = State::Invalid;
            let hit = self.hit(Check::Gtin, Outcome::Pass, "invalid");
            hit.field = Some("gtin".to_owned());
            hit.value = given.to_owned();
            return;
        };
        self.facts.gtin = State::Valid;
        let (terms, brands) = (self.lists.terms, self.lists.brands);
        if let Some((id, term)) = terms.recalled(&number).and_then(|place| terms.entry(place)) {
            self.facts.terms.insert(Kind::RecalledGtin);
            let hit = self.hit(Check::Gtin, term.then, Kind::RecalledGtin.as_str());
            hit.list = Some(EntryName { list: List::Terms, entry: id.clone() });
            hit.field = Some("gtin".to_owned());
            hit.value = given.to_owned();
            hit.policy = Some(term.policy().to_owned());
        }
        let own: Vec<usize> = self
            .listing
            .brand
            .map(|name| brands.like(name))
            .unwrap_or_default()
            .into_iter()
            .filter(|(_, likeness)| *likeness == Likeness::Equal)
            .map(|(place, _)| place)
            .collect();
        let owners = brands.of_gtin(&number);
        if owners.iter().any(|place| own.contains(&(*place as usize))) {
            return;
        }
        let owner = owners.iter().find_map(|place| brands.entry(*place as usize));
        if let Some((id, brand)) = owner.filter(|(_, brand)| !brand.authorises(self.listing.merchant)) {
            self.facts.gtin = State::OtherBrand;
            let hit = self.hit(Check::Gtin, Outcome::Review, &format!("other_brand: {}", brand.name));
            hit.list = Some(EntryName { list: List::Brands, entry: id.clone() });
            hit.field = Some("gtin".to_owned());
            hit.value = given.to_owned();
            hit.policy = Some(COUNTERFEIT.to_owned());
        }
    }

    fn price(&mut self) {
        self.facts.price = self.listing.price;
        if let Some(price) = self.listing.price.filter(|price| *price < CHEAP_BELOW) {
            let hit = self.hit(Check::Price, Outcome::Pass, "below_median");
            hit.field = Some("price_minor".to_owned());
            hit.value = format!("{price:.3}");
        }
    }

    fn picture(&mut self, n: usize, picture: Picture) {
        let field = format!("images[{n}]");
        let (whole, inner) = match picture {
            Picture::Hashed(whole, inner) => (whole, inner),
            Picture::Undecodable => {
                self.hit(Check::Image, Outcome::Pass, "undecodable").field = Some(field);
                return;
            }
        };
        let (bank, brands, merchant) = (self.lists.bank, self.lists.brands, self.listing.merchant);
        let is_exempt = |image: &crate::pdq::bank::Image| {
            let is_authorised = |id: &String| brands.by_id(id).is_some_and(|brand| brand.authorises(merchant));
            image.merchant.as_deref() == Some(merchant) || image.brand.as_ref().is_some_and(is_authorised)
        };
        let compared = std::iter::once(whole).chain(inner).filter(|one| one.quality >= QUALITY_MIN);
        let nearest = compared.filter_map(|one| bank.find(&one.hash, is_exempt)).min_by_key(|(_, bits)| *bits);
        let Some((place, bits)) = nearest else { return };
        let Some((id, image)) = bank.entry(place) else { return };
        self.facts.images.insert(image.mark);
        let (outcome, policy) = match image.mark {
            Mark::Counterfeit => (Outcome::Block, COUNTERFEIT),
            Mark::Copy => (Outcome::Review, COPIED),
        };
        let hit = self.hit(Check::Image, outcome, image.mark.as_str());
        hit.list = Some(EntryName { list: List::Images, entry: id.clone() });
        hit.field = Some(field);
        hit.value = format!("{bits} bits");
        hit.policy = Some(policy.to_owned());
    }

    fn shop(&mut self) {
        let Shop { banned, limited, probation, .. } = self.shop;
        if banned {
            self.hit(Check::Shop, Outcome::Block, "banned");
        }
        if limited {
            self.hit(Check::Shop, Outcome::Hold, "limited");
        }
        if probation {
            self.hit(Check::Shop, Outcome::Hold, "probation");
        }
    }

    fn rules(&mut self) {
        for (id, rule) in self.lists.rules {
            if rule.hits(&self.facts) {
                let hit = self.hit(Check::Rule, rule.then, "rule");
                hit.list = Some(EntryName { list: List::Rules, entry: id.clone() });
                hit.shadow = rule.shadow;
                hit.policy = Some(rule.policy.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests;
