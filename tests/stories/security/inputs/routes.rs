//! The routes of trust that take a body: each with a body that is right, and the values that its fields must not take.

use live_jury_protocol::Role;
use live_jury_tests::api::{Api, Reply};
use live_jury_tests::node::Node;
use live_jury_tests::tokens::{merchant, now_s, token, viewer};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::security::platform::ROOM;

/// The words of a moderator.
pub(super) const WORDS: &str = "The label and the laboratory disagree.";
/// The shop.
pub(super) const SHOP: &str = "m-1";
/// The first number that the signed numbers of a database cannot hold.
pub(super) const TOO_LARGE: u64 = 1 << 63;

/// What a field holds, and so which values it must not take.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// An id of the platform's.
    Id,
    /// One of the server's own ids.
    Uuid,
    /// Words about a step.
    Words,
    /// A text with a least and a most number of characters.
    Text(usize, usize),
    /// The code of a currency.
    Currency,
    /// A whole number that a store keeps.
    Number,
    /// One of some names.
    Choice,
    /// These values alone.
    Of(Vec<Value>),
}

impl Kind {
    pub(super) fn hostile(&self) -> Vec<Value> {
        let texts = |texts: &[&str]| texts.iter().map(|text| json!(text)).collect::<Vec<_>>();
        let mut values = match self {
            Self::Id => {
                let mut ids = texts(&[
                    "",
                    " ",
                    "m-1 ",
                    " m-1",
                    "m-1\n",
                    "m-1\u{a0}",
                    "m-1\u{200b}",
                    "\u{feff}m-1",
                    "m\u{0}1",
                    "m\n1",
                    "m-1\u{202e}",
                    "字\u{3000}",
                    "\u{3164}",
                ]);
                ids.extend([json!("x".repeat(129)), json!("字".repeat(43))]);
                ids
            }
            Self::Uuid => texts(&["", "x", "m-1", "00000000-0000-0000-0000-00000000000g", "\u{0}"]),
            Self::Words => unseen_texts(20, 2_000),
            Self::Text(min, max) => unseen_texts(*min, *max),
            Self::Currency => texts(&["", "cny", "CN", "CNYX", "C Y", "ＣＮＹ", "CN\u{0}", "CNY\n"]),
            Self::Number => vec![json!(-1), json!(1.5), json!(TOO_LARGE), json!(u64::MAX), json!(1e19), json!("1")],
            Self::Choice => texts(&["", "x", "\u{0}", "grant ", "GRANT"]),
            Self::Of(values) => return values.clone(),
        };
        values.extend([json!(true), json!({ "a": 1 }), json!([[]])]);
        values
    }
}

/// Texts of which a reader sees too little, and such with a NUL or too many characters.
pub(super) fn unseen_texts(min: usize, max: usize) -> Vec<Value> {
    let mut texts = vec!["\u{200b}".repeat(20), " ".repeat(20), "\u{3164}\u{2800}".repeat(10), "\u{301}".repeat(20)];
    texts.extend([format!("{WORDS}\u{0}"), format!("{WORDS}\u{1b}[31m"), "x".repeat(max + 1)]);
    if min > 0 {
        texts.push(String::new());
    }
    if min > 1 {
        texts.extend([
            "x".repeat(min - 1),
            format!("x{}", "\u{200b}".repeat(min)),
            format!("x{}y", " \u{feff}".repeat(5)),
        ]);
    }
    texts.into_iter().map(Value::from).collect()
}

/// A route with a body that is right, and its fields.
pub(super) struct Route<'a> {
    api: &'a Api,
    method: &'static str,
    pub(super) path: String,
    pub(super) body: Value,
    fields: Vec<(&'static str, Kind)>,
    /// Whether the body itself is sent first. One that files something would be a repeat from then on.
    is_sent: bool,
}

impl Route<'_> {
    /// The body with another value at a path in the notation of problems.
    pub(super) fn with(&self, field: &str, value: Value) -> Value {
        let mut body = self.body.clone();
        let mut place = &mut body;
        for part in field.replace('[', ".").replace(']', "").split('.') {
            place = match part.parse::<usize>() {
                Ok(index) => &mut place[index],
                Err(_) => &mut place[part],
            };
        }
        *place = value;
        body
    }

    pub(super) async fn send(&self, body: String) -> Reply {
        self.api.send(self.method, &self.path, &[], Some(body.into_bytes())).await
    }

    pub(super) async fn check(&self) {
        let (method, path) = (self.method, &self.path);
        if self.is_sent {
            let base = self.send(self.body.to_string()).await;
            let is_wrong = base.text.contains("_field\"") || base.text.contains("words_needed");
            assert!(base.status != 400 && base.status < 500 && !is_wrong, "{method} {path} is right: {}", base.text);
        }
        for (field, kind) in &self.fields {
            for value in kind.hostile() {
                let body = self.with(field, value.clone());
                let reply = self.send(body.to_string()).await;
                assert_eq!(reply.status, 422, "{method} {path} {field} {value:?}: {}", reply.text);
                let (_, named) = reply.problem(422);
                assert!(is_at(&named, field), "{method} {path} {field} {value:?}: {}", reply.text);
            }
            // No text of Unicode has half of a pair, so that a body with one is no JSON.
            let half = self.with(field, json!("HALF")).to_string().replace("\"HALF\"", "\"\\ud800\"");
            assert_eq!(self.send(half).await.problem(400).0, "malformed", "{method} {path} {field}");
            let nested = self.with(field, json!("DEEP")).to_string().replace("\"DEEP\"", &"[".repeat(10_000));
            assert_eq!(self.send(nested).await.problem(400).0, "malformed", "{method} {path} {field}");
        }
        let unknown = self.send(self.with("nonsense", json!(1)).to_string()).await;
        assert_eq!(unknown.problem(422).1, "nonsense", "{method} {path}");
    }
}

/// Whether a problem names the field, or a part of what is in its place.
fn is_at(named: &str, field: &str) -> bool {
    named.strip_prefix(field).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

fn of(values: impl IntoIterator<Item = Value>) -> Kind {
    Kind::Of(values.into_iter().collect())
}

/// Those who call.
pub(super) struct Callers {
    pub(super) platform: Api,
    pub(super) staff: Api,
    shop: Api,
    ann: Api,
}

impl Callers {
    pub(super) fn new(node: &Node) -> Self {
        Self {
            platform: node.api(&token(Role::Platform, "*", "shop-platform")),
            staff: node.moderator("*"),
            shop: node.api(&merchant(SHOP)),
            ann: node.api(&viewer(ROOM, "ann")),
        }
    }

    /// The routes whose things need not exist: all is checked before anything is looked up.
    pub(super) fn routes(&self) -> Vec<Route<'_>> {
        let Self { platform, staff, shop, ann } = self;
        let (any, now_ms) = (Uuid::nil(), now_s() * 1_000);
        let route = |api, method, path: &str, body, fields: &[(&'static str, Kind)]| Route {
            api,
            method,
            path: path.to_owned(),
            body,
            fields: fields.to_vec(),
            is_sent: true,
        };
        let words = || json!({ "words": WORDS });
        let uuids = |count: u128| (1..=count).map(Uuid::from_u128).collect::<Vec<_>>();
        let ids = |count: usize| (0..count).map(|n| format!("m-{n}")).collect::<Vec<_>>();
        let candidates =
            |ids: &[String]| ids.iter().map(|id| json!({ "merchant": id, "relevance": 1 })).collect::<Vec<_>>();
        let identity = || {
            json!({ "given_name": ["Ann"], "id_number": ["11010519491231002X"], "device": ["d-1"],
                    "birth_date": ["1990-02-03"], "phone": ["+8613800138000"], "email": ["a@example.com"],
                    "ip": ["198.51.100.7"], "store_name": ["Silk"] })
        };
        let value = || {
            of([
                json!([]),
                json!(["\u{0}"]),
                json!(["\u{200b}"]),
                json!([" "]),
                json!(["x".repeat(257)]),
                json!(vec!["a1"; 6]),
            ])
        };
        // No message about a value repeats it, so that such a one names all fields.
        let no_values = of([
            json!({ "given_name": "a" }),
            json!({ "given_name": [1] }),
            json!({ "given_name": [["a"]] }),
            json!({ "given_name": null }),
            json!([]),
            json!(5),
        ]);
        let values = || {
            [
                "fields.given_name",
                "fields.id_number",
                "fields.device",
                "fields.birth_date",
                "fields.phone",
                "fields.email",
                "fields.ip",
                "fields.store_name",
            ]
            .map(|field| (field, value()))
        };
        let pictures = of([
            json!([{}]),
            json!([{ "bytes": "no base64" }]),
            json!([{ "bytes": "\u{0}" }]),
            json!([{ "pdq": "f".repeat(63), "quality": 50 }]),
            json!([{ "pdq": "f".repeat(64), "quality": 101 }]),
            json!([{ "pdq": "f".repeat(64), "quality": 256 }]),
            json!([{ "pdq": "f".repeat(64) }]),
            json!(vec![json!({}); 10]),
            json!({}),
        ]);
        let many_signals: serde_json::Map<_, _> = (0..21).map(|n| (n.to_string(), json!(n))).collect();
        let signals = of([
            json!({ "a ": 1 }),
            json!({ "": 1 }),
            json!({ "a\u{0}": 1 }),
            json!({ "a": "1" }),
            json!([1]),
            json!(many_signals),
        ]);
        let listing = |id: &str| {
            json!({ "id": id, "version": 1, "merchant": SHOP, "title": "A scarf", "description": "",
                    "category": "silk", "brand": "Own", "gtin": "4006381333931", "price_minor": 900,
                    "currency": "CNY", "images": [], "signals": { "model": 0.5 } })
        };
        let few_ids = |max: usize| {
            of([
                json!(["m-1", "m-1"]),
                json!(["m-1 "]),
                json!([""]),
                json!(["m\u{0}"]),
                json!("m-1"),
                json!(["m-1\u{200b}"]),
                json!(ids(max + 1)),
                json!([1]),
            ])
        };
        vec![
            route(
                platform,
                "POST",
                "/trust/applications",
                json!({ "id": "a-1", "category": "silk", "fields": identity() }),
                &[
                    &[
                        ("id", Kind::Id),
                        ("category", Kind::Id),
                        ("fields.colour", of([json!(["red"])])),
                        ("fields", no_values),
                    ][..],
                    &values(),
                ]
                .concat(),
            ),
            route(
                platform,
                "POST",
                &format!("/trust/parties/merchant/{SHOP}/identity"),
                json!({ "fields": identity() }),
                &values(),
            ),
            route(
                staff,
                "POST",
                &format!("/trust/applications/{any}/decide"),
                json!({ "decision": "release", "words": WORDS }),
                &[("decision", Kind::Choice), ("words", Kind::Words)],
            ),
            route(
                platform,
                "POST",
                "/trust/listings",
                listing("l-1"),
                &[
                    ("id", Kind::Id),
                    ("version", Kind::Number),
                    ("merchant", Kind::Id),
                    ("title", Kind::Text(1, 300)),
                    ("description", Kind::Text(0, 10_000)),
                    ("category", Kind::Id),
                    ("brand", Kind::Text(1, 100)),
                    ("gtin", Kind::Text(1, 40)),
                    ("price_minor", Kind::Number),
                    ("currency", Kind::Currency),
                    ("signals", signals),
                ],
            ),
            Route {
                is_sent: false,
                ..route(platform, "POST", "/trust/listings", listing("l-2"), &[("images", pictures)])
            },
            route(
                staff,
                "POST",
                &format!("/trust/listings/{any}/decide"),
                json!({ "decision": "release", "words": WORDS }),
                &[("decision", Kind::Choice), ("words", Kind::Words)],
            ),
            route(
                staff,
                "POST",
                &format!("/trust/listings/{any}/draft"),
                json!({ "room": ROOM }),
                &[("room", Kind::Id), ("room", of([json!("*"), json!("a b"), json!("x".repeat(65))]))],
            ),
            route(
                staff,
                "PUT",
                "/trust/terms/t-1",
                json!({ "kind": "prohibited", "text": "opium", "then": "block", "exceptions": ["opium perfume"] }),
                &[
                    ("text", Kind::Text(1, 100)),
                    ("kind", Kind::Choice),
                    ("then", Kind::Choice),
                    ("then", of([json!("pass")])),
                    ("exceptions[0]", Kind::Text(1, 100)),
                    ("exceptions", of([json!(["opium a", "opium a"]), json!(["tea"]), json!("a")])),
                    ("policy", of([json!(""), json!("no_policy"), json!("counterfeit\u{0}"), json!(5)])),
                ],
            ),
            route(
                staff,
                "PUT",
                "/trust/brands/b-1",
                json!({ "name": "Silkworm", "aliases": ["丝虫"], "categories": ["silk"], "authorised": [SHOP],
                    "gtin_prefixes": ["400638"] }),
                &[
                    ("name", Kind::Text(1, 100)),
                    ("aliases[0]", Kind::Text(1, 100)),
                    ("categories[0]", Kind::Id),
                    ("authorised[0]", Kind::Id),
                    ("aliases", of([json!(["a", "a"]), json!("a"), json!(ids(21))])),
                    ("categories", few_ids(200)),
                    ("authorised", few_ids(5_000)),
                    (
                        "gtin_prefixes",
                        of([json!(["400638", "400638"]), json!(["40063"]), json!(["40063x"]), json!([400_638])]),
                    ),
                ],
            ),
            route(
                staff,
                "PUT",
                "/trust/images/i-1",
                json!({ "mark": "counterfeit", "brand": "b-1", "merchant": SHOP, "pdq": "0f".repeat(32) }),
                &[
                    ("mark", Kind::Choice),
                    ("brand", Kind::Id),
                    ("merchant", Kind::Id),
                    ("pdq", of([json!(""), json!("0f"), json!("g".repeat(64)), json!(5), json!([]), json!("\u{0}")])),
                ],
            ),
            route(
                staff,
                "PUT",
                "/trust/rules/r-1",
                json!({ "all": [{ "check": "category", "in": ["silk"] }, { "check": "signal", "name": "model",
                    "above": 0.5 }],
                        "then": "hold", "policy": "counterfeit", "state": "live" }),
                &[
                    (
                        "all[0].in",
                        of([
                            json!([]),
                            json!("silk"),
                            json!(["silk "]),
                            json!([""]),
                            json!(["a\u{0}"]),
                            json!(ids(201)),
                        ]),
                    ),
                    ("all[1].name", of(Kind::Id.hostile().into_iter().filter(Value::is_string))),
                    ("all[1].above", of([json!("1"), json!(true)])),
                    ("all[1].check", Kind::Choice),
                    ("then", Kind::Choice),
                    ("state", Kind::Choice),
                    ("policy", of([json!("no_policy"), json!("counterfeit\u{0}"), json!(5)])),
                    ("all", of([json!([]), json!({}), json!(vec![json!({ "check": "gtin", "is": "valid" }); 21])])),
                ],
            ),
            route(
                shop,
                "PUT",
                &format!("/trust/merchants/{SHOP}/promises"),
                json!({ "promises": [
                    { "kind": "refund_without_return", "limits": { "max_minor": 5_000, "currency": "CNY" },
                    "terms": "At once." },
                    { "kind": "ship_within", "limits": { "hours": 48 } }, { "kind": "authentic",
                    "limits": { "multiple": 3 } }] }),
                &[
                    ("promises[0].kind", Kind::Choice),
                    ("promises[1]", of([json!({ "kind": "refund_without_return", "limits": { "max_minor": 5 } })])),
                    ("promises[0].limits.max_minor", Kind::Number),
                    ("promises[0].limits.max_minor", of([json!(0)])),
                    ("promises[0].limits.currency", Kind::Currency),
                    ("promises[0].terms", Kind::Text(1, 2_000)),
                    ("promises[1].limits.hours", Kind::Number),
                    ("promises[1].limits.hours", of([json!(0), json!(721)])),
                    ("promises[2].limits.multiple", Kind::Number),
                    ("promises[2].limits.multiple", of([json!(0), json!(11)])),
                ],
            ),
            route(
                platform,
                "POST",
                "/trust/claims",
                json!({ "id": "c-1", "order": "o-1", "placed_at_ms": now_ms, "merchant": SHOP, "buyer": "buyer-1",
                        "kind": "refund_without_return", "about": "quality", "amount_minor": 4_900,
                        "currency": "CNY", "room": ROOM,
                        "reason": "The sleeve came off on the first day.", "evidence": ["https://example.com/a.jpg"],
                        "buyer_orders_90d": 3 }),
                &[
                    ("id", Kind::Id),
                    ("order", Kind::Id),
                    ("merchant", Kind::Id),
                    ("buyer", Kind::Id),
                    ("kind", Kind::Choice),
                    ("about", Kind::Choice),
                    ("amount_minor", Kind::Number),
                    ("currency", Kind::Currency),
                    ("placed_at_ms", Kind::Number),
                    ("placed_at_ms", of([json!(now_ms + 3_600_000)])),
                    ("buyer_orders_90d", Kind::Number),
                    ("reason", Kind::Text(1, 2_000)),
                    ("room", of([json!("*"), json!(""), json!("a b"), json!("\u{0}")])),
                    (
                        "evidence",
                        of([json!(vec!["https://example.com/"; 11]), json!("https://example.com/"), json!([5])]),
                    ),
                ],
            ),
            route(
                shop,
                "POST",
                &format!("/trust/claims/{any}/answer"),
                json!({ "answer": "refuse", "words": WORDS, "evidence": [] }),
                &[
                    ("answer", Kind::Choice),
                    ("words", Kind::Words),
                    ("evidence", of([json!(vec!["https://example.com/"; 11])])),
                ],
            ),
            route(
                staff,
                "POST",
                &format!("/trust/claims/{any}/decide"),
                json!({ "decision": "deny", "words": WORDS }),
                &[("decision", Kind::Choice), ("words", Kind::Words)],
            ),
            route(
                shop,
                "POST",
                "/trust/appeals",
                json!({ "target": { "kind": "violation", "id": any }, "text": "We sold real silk.", "evidence": [] }),
                &[
                    ("target.kind", Kind::Choice),
                    ("target.id", Kind::Uuid),
                    ("text", Kind::Text(1, 2_000)),
                    ("evidence", of([json!(vec!["https://example.com/"; 11])])),
                ],
            ),
            route(
                staff,
                "POST",
                &format!("/trust/appeals/{any}/decide"),
                json!({ "outcome": "confirmed", "words": WORDS }),
                &[("outcome", Kind::Choice), ("words", Kind::Words)],
            ),
            route(
                staff,
                "POST",
                "/trust/violations",
                json!({ "party": { "kind": "merchant", "id": SHOP }, "policy": "counterfeit", "facts": WORDS,
                    "authority": false }),
                &[
                    ("party.kind", Kind::Choice),
                    ("party.id", Kind::Id),
                    ("policy", of([json!(""), json!("counterfeit "), json!("\u{0}"), json!(5)])),
                    ("facts", Kind::Text(20, 5_000)),
                    ("authority", of([json!("false"), json!(0), json!(null)])),
                ],
            ),
            route(staff, "POST", &format!("/trust/violations/{any}/confirm"), words(), &[("words", Kind::Words)]),
            route(staff, "POST", &format!("/trust/violations/{any}/dismiss"), words(), &[("words", Kind::Words)]),
            route(staff, "POST", &format!("/trust/violations/{any}/withdraw"), words(), &[("words", Kind::Words)]),
            route(
                staff,
                "POST",
                &format!("/trust/parties/host/{SHOP}/ban"),
                json!({ "violations": [any], "words": WORDS }),
                &[
                    ("violations[0]", Kind::Uuid),
                    ("words", Kind::Words),
                    ("violations", of([json!([]), json!([any, any]), json!(uuids(21)), json!(any)])),
                ],
            ),
            route(staff, "POST", &format!("/trust/parties/host/{SHOP}/unban"), words(), &[("words", Kind::Words)]),
            route(
                platform,
                "POST",
                "/trust/exposure",
                json!({ "merchants": [SHOP] }),
                &[
                    ("merchants[0]", Kind::Id),
                    ("merchants", of([json!([]), json!(["a", "a"]), json!(ids(501)), json!("a")])),
                ],
            ),
            route(
                platform,
                "POST",
                "/trust/rank",
                json!({ "candidates": [{ "merchant": SHOP, "relevance": 1.5 }], "slots": 1, "seed": "s" }),
                &[
                    ("candidates[0].merchant", Kind::Id),
                    ("candidates[0].relevance", of([json!(-1), json!("1"), json!(null)])),
                    (
                        "candidates",
                        of([json!([]), json!(candidates(&ids(501))), json!(candidates(&["a".into(), "a".into()]))]),
                    ),
                    ("slots", Kind::Number),
                    ("slots", of([json!(0), json!(501)])),
                    ("seed", of([json!("x".repeat(129)), json!(5)])),
                ],
            ),
            route(
                staff,
                "POST",
                "/trust/editions",
                json!({ "from": "2026-01-01", "to": "2026-01-31", "title": "January" }),
                &[
                    ("title", Kind::Text(1, 120)),
                    (
                        "from",
                        of([
                            json!(""),
                            json!("1969-12-31"),
                            json!("2026-02-30"),
                            json!("２０２６-0"),
                            json!("\u{0}"),
                            json!(5),
                        ]),
                    ),
                    (
                        "to",
                        of([
                            json!("2025-12-31"),
                            json!("9999-12-31"),
                            json!("2026-13-01"),
                            json!("2026-01-31 "),
                            json!(null),
                        ]),
                    ),
                ],
            ),
            route(
                shop,
                "PUT",
                &format!("/trust/cases/{any}/statement"),
                json!({ "text": "We sold real silk." }),
                &[("text", Kind::Text(1, 2_000))],
            ),
            route(
                ann,
                "POST",
                &format!("/rooms/{ROOM}/reports"),
                json!({ "subject": { "merchant": SHOP, "host": "h-1", "product": "p-1" },
                    "policy": "false_advertising",
                        "text": "The label says polyester.", "stream_at_ms": 734_000, "order": "o-1", "lang": "en" }),
                &[
                    ("subject.merchant", Kind::Id),
                    ("subject.host", Kind::Id),
                    ("subject.product", Kind::Id),
                    ("policy", of([json!(""), json!("no_policy"), json!("\u{0}"), json!(5)])),
                    ("text", of([json!("\u{200b}".repeat(20)), json!("a\u{0}"), json!("x".repeat(501)), json!(5)])),
                    ("stream_at_ms", Kind::Number),
                    ("order", of([json!(5), json!(true)])),
                    ("lang", of([json!(5)])),
                ],
            ),
            route(
                staff,
                "POST",
                "/trust/webhooks/none/replay",
                json!({ "after": 0 }),
                &[("after", of([json!(-1), json!(1.5), json!("1"), json!(true)]))],
            ),
        ]
    }
}
