//! The page as HTML. Each figure has its definition one tap away, and every text of a record is escaped.

use std::collections::BTreeSet;
use std::fmt::Write;

use live_jury_protocol::trust::{Figure, FigureText};
use live_jury_trust::figure::DEFINITIONS;
use live_jury_trust::figure::dsa::PARTS;
use live_jury_trust::statement::date;

use super::chart;
use super::numbers::{signed_percent, value};
use super::words::Lang;
use crate::ledger::editions::EditionRow;

/// The groups whose figures are shown in a form of their own.
const INDEX: &str = "index";
const MACHINE: &str = "machine";
/// The beginnings of the ids of figures in a list.
const DECILE: &str = "index.decile.";
const EXPOSURE: &str = "index.exposure.";
const RULE: [&str; 3] = ["machine.hits.", "machine.precision.", "machine.overturned."];

/// A text without signs of HTML.
pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

/// The page of an edition, or the one that says that there is none.
pub(super) fn page(found: Option<&EditionRow>, others: &[EditionRow], lang: Lang) -> String {
    let mut page = Page { lang, html: String::new() };
    page.head(found);
    match found {
        Some(edition) => page.edition(edition),
        None => {
            let words = if others.is_empty() { lang.nothing() } else { lang.no_such_edition() };
            page.write(format_args!("<h1>{}</h1><p>{words}</p>", lang.heading()));
        }
    }
    page.editions(others, found);
    page.html.push_str("</main></body></html>\n");
    page.html
}

/// The page as far as it is written.
struct Page {
    lang: Lang,
    html: String,
}

impl Page {
    fn write(&mut self, text: std::fmt::Arguments<'_>) {
        // Writing to a String does not fail.
        let _ = self.html.write_fmt(text);
    }

    fn text(&self, text: &FigureText) -> String {
        escaped(if self.lang == Lang::En { &text.en } else { &text.zh_cn })
    }

    fn head(&mut self, found: Option<&EditionRow>) {
        let (lang, other) = (self.lang, self.lang.other());
        let title = found.map_or_else(|| lang.heading().to_owned(), |edition| escaped(&edition.title));
        let edition = found.map(|edition| format!("edition={}&amp;", edition.id)).unwrap_or_default();
        self.write(format_args!(
            "<!doctype html><html lang=\"{tag}\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{title}</title>\
             <link rel=\"stylesheet\" href=\"/trust/report.css\"><link rel=\"icon\" href=\"/icon.svg\"></head>\
             <body><header><p class=\"brand\">Live Jury</p>\
             <a href=\"?{edition}lang={to}\" lang=\"{to}\" hreflang=\"{to}\">{name}</a></header><main>",
            tag = lang.tag(),
            to = other.tag(),
            name = other.name(),
        ));
    }

    fn edition(&mut self, edition: &EditionRow) {
        let report = &edition.report;
        let published = date(edition.at_ms);
        self.write(format_args!(
            "<h1>{}</h1><p>{} – {}. {} {published}. {}</p>",
            escaped(&edition.title),
            report.from,
            report.to,
            self.lang.published(),
            self.lang.own_records(),
        ));
        let groups: Vec<&[Figure]> = report.figures.chunk_by(|a, b| group(a) == group(b)).collect();
        for figures in &groups {
            self.group(figures, edition);
        }
        self.absent(&groups);
        self.files(edition);
        self.all_definitions(&report.figures);
    }

    fn group(&mut self, figures: &[Figure], edition: &EditionRow) {
        let Some(first) = figures.first() else { return };
        let id = group(first);
        let heading = match id {
            INDEX => self.lang.pick("Trust index", "信任指数").to_owned(),
            MACHINE => self.lang.pick("Rules of the machine", "机器规则").to_owned(),
            _ => self.text(&first.name),
        };
        self.write(format_args!("<section aria-labelledby=\"{id}\"><h2 id=\"{id}\">{heading}</h2>"));
        match id {
            INDEX => self.index(figures),
            MACHINE => self.machine(figures),
            _ => {
                self.figure(first);
                if id == "participants_a_day" {
                    let values: Vec<f64> = edition.report.participants.iter().map(|day| day.n as f64).collect();
                    let label = self.lang.pick("Viewers who judged, day by day", "每日参与评审的观众人数");
                    self.html.push_str(&chart::columns(&values, label));
                }
                self.parts(&figures[1..]);
            }
        }
        self.html.push_str("</section>");
    }

    /// The further figures of a group.
    fn parts(&mut self, figures: &[Figure]) {
        if figures.is_empty() {
            return;
        }
        self.html.push_str("<ul class=\"parts\">");
        for figure in figures {
            self.write(format_args!("<li><h3>{}</h3>", self.text(&figure.name)));
            self.figure(figure);
            self.html.push_str("</li>");
        }
        self.html.push_str("</ul>");
    }

    fn figure(&mut self, figure: &Figure) {
        self.write(format_args!("<p class=\"value\">{}</p>", value(figure, figure.value)));
        if let (Some(low), Some(high)) = (figure.low, figure.high) {
            let (low, high) = (value(figure, low), value(figure, high));
            self.write(format_args!("<p>{}: {low} – {high}</p>", self.lang.interval()));
        }
        if let Some(change) = figure.change {
            let change = signed_percent(change);
            match self.lang {
                Lang::En => self.write(format_args!("<p>{change} {}</p>", self.lang.since_before())),
                Lang::Zh => self.write(format_args!("<p>{}{change}</p>", self.lang.since_before())),
            }
        }
        if let Some(note) = &figure.note {
            self.write(format_args!("<p>{}</p>", self.text(note)));
        }
        self.definition(figure);
    }

    /// A definition, one tap away.
    fn definition(&mut self, figure: &Figure) {
        let name = self.text(&figure.name);
        self.write(format_args!(
            "<details><summary>{}<span class=\"spoken\">: {name}</span></summary><p>{} {} {}{}</p></details>",
            self.lang.definition(),
            self.text(&figure.definition),
            self.lang.version(),
            figure.version,
            self.lang.sentence_end(),
        ));
    }

    fn index(&mut self, figures: &[Figure]) {
        let of = |begin: &str| -> Vec<&Figure> { figures.iter().filter(|one| one.id.starts_with(begin)).collect() };
        let (deciles, exposures) = (of(DECILE), of(EXPOSURE));
        if let Some(first) = exposures.first() {
            let values: Vec<f64> = exposures.iter().map(|figure| figure.value).collect();
            self.write(format_args!("<h3>{}</h3>", self.text(&first.name)));
            let ends =
                [values.first(), values.last()].map(|end| end.map(|end| format!("{end:.3}")).unwrap_or_default());
            let label = format!("{}: {} – {}", self.lang.pick("From low to high", "从低到高"), ends[0], ends[1]);
            self.html.push_str(&chart::columns(&values, &label));
            self.write(format_args!("<p>{label}</p>"));
            self.definition(first);
        }
        if let Some(first) = deciles.first() {
            self.write(format_args!("<details><summary>{}</summary><table><tbody>", self.lang.deciles()));
            for figure in &deciles {
                let place = figure.id.trim_start_matches(DECILE);
                let shown = value(figure, figure.value);
                let row = self.lang.pick("Above tenths of shops:", "高于十分之几的商家：");
                self.write(format_args!("<tr><th scope=\"row\">{row} {place}</th><td>{shown}</td></tr>"));
            }
            self.html.push_str("</tbody></table></details>");
            self.definition(first);
        }
        let rest: Vec<Figure> = figures
            .iter()
            .filter(|one| !one.id.starts_with(DECILE) && !one.id.starts_with(EXPOSURE))
            .cloned()
            .collect();
        self.parts(&rest);
    }

    fn machine(&mut self, figures: &[Figure]) {
        let rule_of = |one: &Figure| RULE.into_iter().find_map(|begin| Some(one.id.strip_prefix(begin)?.to_owned()));
        let rules: BTreeSet<String> = figures.iter().filter_map(rule_of).collect();
        let heading = self.lang.pick("Rule", "规则");
        let first = |begin: &'static str| Some((begin, figures.iter().find(|one| one.id.starts_with(begin))?));
        let columns: Vec<(&str, &Figure)> = RULE.into_iter().filter_map(first).collect();
        self.write(format_args!("<table><thead><tr><th scope=\"col\">{heading}</th>"));
        for (_, figure) in &columns {
            self.write(format_args!("<th scope=\"col\">{}</th>", self.text(&figure.name)));
        }
        self.html.push_str("</tr></thead><tbody>");
        for rule in &rules {
            self.write(format_args!("<tr><th scope=\"row\">{}</th>", escaped(rule)));
            for (begin, _) in &columns {
                let found = figures.iter().find(|one| one.id.strip_prefix(*begin) == Some(rule.as_str()));
                let cell = found.map_or_else(|| "–".to_owned(), |figure| value(figure, figure.value));
                self.write(format_args!("<td>{cell}</td>"));
            }
            self.html.push_str("</tr>");
        }
        self.html.push_str("</tbody></table>");
        for (_, figure) in columns {
            self.definition(figure);
        }
    }

    /// The main figures that this edition does not have.
    fn absent(&mut self, groups: &[&[Figure]]) {
        let has = |id: &str| groups.iter().any(|figures| figures.first().is_some_and(|one| group(one) == id));
        let mut names = Vec::new();
        for definition in DEFINITIONS.iter().filter(|one| !has(one.group()) && !one.id.contains('.')) {
            let name = self.lang.pick(definition.name.en, definition.name.zh);
            let why = if definition.id == "willingness" { self.lang.no_badge() } else { "" };
            let end = self.lang.sentence_end();
            names.push(format!("<li>{name}{end}{why}</li>"));
        }
        if !names.is_empty() {
            let (heading, names) = (self.lang.absent(), names.concat());
            self.write(format_args!(
                "<section aria-labelledby=\"absent\"><h2 id=\"absent\">{heading}</h2><ul>{names}</ul></section>"
            ));
        }
    }

    fn files(&mut self, edition: &EditionRow) {
        let path = format!("/api/v1/trust/editions/{}", edition.id);
        let (heading, dsa) = (self.lang.files(), self.lang.dsa());
        self.write(format_args!(
            "<section class=\"files\" aria-labelledby=\"files\"><h2 id=\"files\">{heading}</h2>\
             <p><a href=\"{path}\">JSON</a> <a href=\"{path}?format=csv\">CSV</a></p>\
             <details><summary>{dsa}</summary><ul>"
        ));
        for part in PARTS {
            self.write(format_args!("<li><a href=\"{path}?format=dsa&amp;part={part}\">{part}</a></li>"));
        }
        self.html.push_str("</ul></details></section>");
    }

    /// On paper nothing can be opened, so the definitions follow the figures.
    fn all_definitions(&mut self, figures: &[Figure]) {
        self.write(format_args!("<section class=\"on-paper\"><h2>{}</h2><dl>", self.lang.definitions()));
        let mut seen = BTreeSet::new();
        for figure in figures.iter().filter(|figure| seen.insert(figure.definition.en.clone())) {
            let (name, text) = (self.text(&figure.name), self.text(&figure.definition));
            self.write(format_args!("<dt>{name}</dt><dd>{text}</dd>"));
        }
        self.html.push_str("</dl></section>");
    }

    fn editions(&mut self, others: &[EditionRow], shown: Option<&EditionRow>) {
        if others.is_empty() {
            return;
        }
        let (heading, tag) = (self.lang.editions(), self.lang.tag());
        self.write(format_args!("<nav aria-labelledby=\"editions\"><h2 id=\"editions\">{heading}</h2><ul>"));
        for other in others {
            let title = escaped(&other.title);
            let is_shown = shown.is_some_and(|shown| shown.id == other.id);
            let current = if is_shown { " aria-current=\"page\"" } else { "" };
            self.write(format_args!(
                "<li><a href=\"/trust/report?edition={}&amp;lang={tag}\"{current}>{title}</a> {} – {}</li>",
                other.id, other.report.from, other.report.to,
            ));
        }
        self.html.push_str("</ul></nav>");
    }
}

/// The id of the main figure that a figure belongs to.
fn group(figure: &Figure) -> &str {
    figure.id.split('.').next().unwrap_or(&figure.id)
}
