//! Listings with one thing wrong each, and the outcome of it.

use serde_json::{Value, json};

use super::*;
use crate::listing::brand::Brand;
use crate::listing::terms::Term;
use crate::pdq::Hash;
use crate::pdq::bank::Image;

const HASH: Hash = Hash([0x0123_4567_89ab_cdef; 4]);

/// Small lists with an entry of each kind.
struct Fixture {
    terms: Terms,
    brands: Brands,
    bank: Bank,
    rules: Vec<(String, Rule)>,
    signals: BTreeMap<String, f64>,
}

fn fixture() -> Fixture {
    let term = |id: &str, value: Value| (id.to_owned(), Term::parse(&value).unwrap());
    let rule = |id: &str, value: Value| (id.to_owned(), Rule::parse(&value).unwrap());
    let image = |id: &str, mark, brand: Option<&str>, merchant: Option<&str>, hash: Hash| {
        let (brand, merchant) = (brand.map(str::to_owned), merchant.map(str::to_owned));
        (id.to_owned(), Image { mark, brand, merchant, pdq: vec![hash.to_string()] })
    };
    let cheap = json!({ "check": "price", "below": 0.3 });
    Fixture {
        terms: Terms::new(vec![
            term("t1", json!({ "kind": "prohibited", "text": "opium", "then": "block" })),
            term("t2", json!({ "kind": "counterfeit_phrase", "text": "高仿", "then": "review" })),
            term("t3", json!({ "kind": "recalled_gtin", "text": "9506000134352", "then": "block" })),
        ]),
        brands: Brands::new(vec![(
            "b1".to_owned(),
            Brand::parse(&json!({ "name": "Samsung", "categories": ["phones"], "authorised": ["official"],
                "gtin_prefixes": ["06141419"] }))
            .unwrap(),
        )]),
        bank: Bank::new(vec![
            image("i1", Mark::Counterfeit, Some("b1"), None, HASH),
            image("i2", Mark::Copy, None, Some("owner"), Hash([!0; 4])),
        ]),
        rules: vec![
            rule(
                "r1",
                json!({ "all": [cheap, { "check": "term", "kind": "counterfeit_phrase" }], "then": "hold",
                "policy": "counterfeit" }),
            ),
            rule("r2", json!({ "any": [cheap], "then": "hold", "policy": "counterfeit", "state": "shadow" })),
        ],
        signals: BTreeMap::new(),
    }
}

impl Fixture {
    fn lists(&self) -> Lists<'_> {
        Lists { terms: &self.terms, brands: &self.brands, bank: &self.bank, rules: &self.rules }
    }

    fn screen<'l>(&'l self, change: impl FnOnce(&mut Listing<'l>), shop: Shop) -> Screened {
        let mut listing = Listing {
            merchant: "shop",
            title: "A fine phone",
            description: "",
            category: "phones",
            brand: None,
            gtin: None,
            price: None,
            pictures: &[],
            signals: &self.signals,
        };
        change(&mut listing);
        screen(&listing, shop, self.lists())
    }
}

fn summary(found: &Screened) -> (Outcome, Vec<(&'static str, String)>) {
    (found.outcome, found.hits.iter().map(|hit| (hit.check.as_str(), hit.note.clone())).collect())
}

#[test]
fn each_check_has_its_outcome() {
    let lists = fixture();
    let one = |change: fn(&mut Listing<'_>)| summary(&lists.screen(change, Shop::default()));
    let hit = |outcome, check, note: &str| (outcome, vec![(check, note.to_owned())]);
    assert_eq!(one(|_| ()), (Outcome::Pass, vec![]));
    assert_eq!(one(|it| it.description = "pure o-p-i-u-m"), hit(Outcome::Block, "term", "prohibited"));
    assert_eq!(one(|it| it.title = "高仿 手表"), hit(Outcome::Review, "term", "counterfeit_phrase"));
    assert_eq!(one(|it| it.brand = Some("samsung")), hit(Outcome::Review, "brand", "equal: Samsung"));
    assert_eq!(one(|it| it.brand = Some("5amsung")), hit(Outcome::Hold, "brand", "look: Samsung"));
    assert_eq!(one(|it| it.brand = Some("Samsing")), hit(Outcome::Review, "brand", "close: Samsung"));
    assert_eq!(one(|it| it.title = "A Samsung case"), hit(Outcome::Review, "brand", "equal: Samsung"));
    assert_eq!(one(|it| it.gtin = Some("9506000134353")), hit(Outcome::Pass, "gtin", "invalid"));
    assert_eq!(one(|it| it.gtin = Some("9506000134352")), hit(Outcome::Block, "gtin", "recalled_gtin"));
    assert_eq!(one(|it| it.gtin = Some("614141999996")), hit(Outcome::Review, "gtin", "other_brand: Samsung"));
    let found = one(|it| {
        it.brand = Some("samsung");
        it.category = "toys";
    });
    assert_eq!(found, (Outcome::Pass, vec![]), "the brand sells no toys");
}

#[test]
fn an_authorised_shop_sells_its_brand_and_shows_its_pictures() {
    let lists = fixture();
    let pictures = [Picture::Hashed(Pdq { hash: HASH, quality: 100 }, None)];
    for (merchant, outcome, authorised) in [("official", Outcome::Pass, true), ("shop", Outcome::Block, false)] {
        let found = lists.screen(
            |it| {
                (it.merchant, it.brand, it.gtin) = (merchant, Some("Samsung"), Some("614141999996"));
                it.pictures = &pictures;
            },
            Shop::default(),
        );
        assert_eq!((found.outcome, found.authorised), (outcome, Some(authorised)), "{merchant}");
        assert_eq!(found.gtin, State::Valid);
    }
}

#[test]
fn pictures_are_compared_with_and_without_border_from_a_quality_on() {
    let lists = fixture();
    let plain = Pdq { hash: Hash([7; 4]), quality: 90 };
    let copy = |quality| Pdq { hash: Hash([!0, !0, !0, !0 << 20]), quality };
    for (merchant, picture, expected) in [
        ("shop", Picture::Hashed(copy(50), None), Outcome::Review),
        ("shop", Picture::Hashed(plain, Some(copy(50))), Outcome::Review),
        ("shop", Picture::Hashed(copy(49), None), Outcome::Pass),
        ("owner", Picture::Hashed(copy(90), None), Outcome::Pass),
        ("shop", Picture::Undecodable, Outcome::Pass),
    ] {
        let pictures = [picture];
        let found = lists.screen(|it| (it.merchant, it.pictures) = (merchant, &pictures), Shop::default());
        assert_eq!(found.outcome, expected, "{picture:?}");
    }
    let found = lists.screen(|it| it.pictures = &[Picture::Undecodable], Shop::default());
    assert_eq!(summary(&found).1, [("image", "undecodable".to_owned())]);
}

#[test]
fn a_shop_that_is_not_trusted_yet_is_held_sooner() {
    let lists = fixture();
    for shop in [Shop { new: true, ..Shop::default() }, Shop { low_index: true, ..Shop::default() }] {
        assert_eq!(lists.screen(|it| it.brand = Some("Samsing"), shop).outcome, Outcome::Hold);
        assert_eq!(lists.screen(|it| it.title = "高仿", shop).outcome, Outcome::Hold);
        assert_eq!(lists.screen(|it| it.brand = Some("Samsung"), shop).outcome, Outcome::Review);
        assert_eq!(lists.screen(|_| (), shop).outcome, Outcome::Pass);
    }
    let held = |shop| lists.screen(|_| (), shop).outcome;
    assert_eq!(held(Shop { probation: true, ..Shop::default() }), Outcome::Hold);
    assert_eq!(held(Shop { limited: true, ..Shop::default() }), Outcome::Hold);
    assert_eq!(held(Shop { banned: true, limited: true, ..Shop::default() }), Outcome::Block);
}

#[test]
fn a_rule_joins_facts_and_one_in_shadow_is_counted_alone() {
    let lists = fixture();
    let cheap = lists.screen(|it| it.price = Some(0.1), Shop::default());
    assert!(cheap.cheap && cheap.outcome == Outcome::Pass);
    let rules: Vec<_> = cheap.hits.iter().filter(|hit| hit.check == Check::Rule).collect();
    assert_eq!(rules.len(), 1);
    assert!(rules[0].shadow && rules[0].list.as_ref().unwrap().entry == "r2");
    let both = lists.screen(|it| (it.price, it.title) = (Some(0.1), "高仿"), Shop::default());
    assert_eq!(both.outcome, Outcome::Hold);
    assert_eq!(both.hits[0].list.as_ref().unwrap().entry, "r1", "the severest comes first");
}
