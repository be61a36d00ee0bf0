//! The page of a made-up edition: its order, its words, and what it escapes.

use axum::http::{HeaderMap, HeaderValue, header};
use live_jury_protocol::trust::{DayCount, Figure, FigureText, Report};
use live_jury_trust::figure::{DEFINITIONS, definition};
use uuid::Uuid;

use super::html::{escaped, page};
use super::words::Lang;
use crate::ledger::editions::EditionRow;

fn figure(id: &str, of: Option<&str>, value: f64) -> Figure {
    let found = definition(id).unwrap();
    let text = |text: live_jury_trust::figure::Text| FigureText { en: text.en.into(), zh_cn: text.zh.into() };
    Figure {
        id: of.map_or_else(|| id.to_owned(), |of| format!("{id}.{of}")),
        name: text(found.name),
        value,
        unit: found.unit.as_str().into(),
        period: "2026-01-01/2026-12-31".into(),
        definition: text(found.text),
        version: found.version,
        low: None,
        high: None,
        previous: None,
        change: None,
        note: None,
    }
}

fn edition(title: &str) -> EditionRow {
    let mut figures = vec![
        figure("banned", None, 210.0),
        figure("banned.parties", None, 209.0),
        Figure { change: Some(-0.0896), previous: Some(100.0), ..figure("report_rate", None, 91.04) },
        figure("participants_a_day", None, 450.0),
        Figure { low: Some(0.9396), high: Some(0.9587), ..figure("satisfaction", None, 0.95) },
    ];
    figures.extend((1..10).map(|n| figure("index.decile", Some(&n.to_string()), 300.0 + 40.0 * f64::from(n))));
    figures.extend((1..11).map(|n| figure("index.exposure", Some(&n.to_string()), 0.8 + 0.04 * f64::from(n))));
    figures.push(figure("machine.hits", Some("<rule>"), 600.0));
    let day = |n: u64| DayCount { day: format!("2026-01-{n:02}"), n: 400 + n };
    EditionRow {
        id: Uuid::from_u128(7),
        title: title.to_owned(),
        at_ms: 1_798_761_600_000,
        report: Report {
            from: "2026-01-01".into(),
            to: "2026-12-31".into(),
            compared_with: None,
            figures,
            participants: (1..32).map(day).collect(),
        },
        parts: Vec::new(),
    }
}

#[test]
fn a_page_shows_the_figures_in_order_with_definitions_and_changes() {
    let edition = edition("2026");
    let html = page(Some(&edition), std::slice::from_ref(&edition), Lang::En);
    let places: Vec<usize> = ["id=\"banned\"", "id=\"report_rate\"", "id=\"participants_a_day\"", "id=\"index\""]
        .map(|id| html.find(id).unwrap_or_else(|| panic!("{id}")))
        .to_vec();
    assert!(places.is_sorted(), "{places:?}");
    assert!(html.contains("−8.96\u{a0}% since the edition before") && html.contains(">210</p>"));
    assert!(html.contains("95 % interval: 94\u{a0}% – 95.9\u{a0}%"), "{html}");
    assert!(html.contains("Bans of merchants and hosts that came into force in the period."));
    assert!(html.contains("<li>More orders with the promise shown. Absent: no random badge ran.</li>"));
    assert_eq!(html.matches("<svg class=\"chart\"").count(), 2, "viewers a day, and exposures");
    assert!(html.contains("aria-current=\"page\"") && html.contains("?format=dsa&amp;part=AMAR"));
    let chinese = page(Some(&edition), &[], Lang::Zh);
    assert!(chinese.starts_with("<!doctype html><html lang=\"zh-CN\">") && chinese.contains("较上一期−8.96\u{a0}%"));
    assert!(chinese.contains("统计期内对商家和主播生效的封禁次数"));
}

#[test]
fn a_page_needs_neither_script_nor_inline_style_and_escapes_every_text() {
    let html = page(Some(&edition("<script>alert(1)</script> & \"more\"")), &[], Lang::En);
    for never in ["<script", "style=", " onclick", " onload", " onerror"] {
        assert!(!html.contains(never), "{never}: {html}");
    }
    assert!(html.contains("<h1>&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;more&quot;</h1>"));
    assert!(html.contains("&lt;rule&gt;") && !html.contains("<rule>"));
    assert_eq!(escaped("a'b"), "a&#39;b");
}

#[test]
fn a_page_without_an_edition_says_so() {
    assert!(page(None, &[], Lang::En).contains("No edition has been published yet."));
    assert!(page(None, &[edition("2026")], Lang::Zh).contains("没有这一期报告。"));
}

#[test]
fn the_language_is_that_of_the_address_else_of_the_browser() {
    let of = |asked: Option<&str>, accepted: &'static str| {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static(accepted));
        Lang::of(asked, &headers)
    };
    assert_eq!(of(Some("en"), "zh-CN"), Lang::En);
    assert_eq!(of(None, "fr, zh-Hans-CN;q=0.8, en;q=0.7"), Lang::Zh);
    assert_eq!(of(None, "en-GB, zh;q=0.9"), Lang::En);
    assert_eq!(of(Some("fr"), "de"), Lang::En);
    assert_eq!(Lang::of(None, &HeaderMap::new()), Lang::En);
}

#[test]
fn every_group_of_definitions_has_a_main_figure_or_a_heading() {
    for one in DEFINITIONS {
        let group = one.group();
        assert!(definition(group).is_some() || ["index", "machine"].contains(&group), "{group}");
    }
}
