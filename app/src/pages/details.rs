//! Draws the published groups of voters behind a verdict as a table, from [`GroupRow`]; it never derives a count.

use leptos::prelude::*;
use live_jury_protocol::{Case, Cohort};

use super::prefs::{Texts, use_texts};
use crate::dom::{live_text, still_text};
use crate::groups::{Difference, Group, GroupRow, difference, groups};

fn group_text(texts: Texts, group: &Group) -> String {
    let pages = texts.pages();
    let text = match group {
        Group::Buyers => pages.group_buyers,
        Group::Merchants => pages.group_merchants,
        Group::Present => pages.group_present,
        Group::Late => pages.group_late,
        Group::Older => pages.group_older,
        Group::Newer => pages.group_newer,
        Group::Informed => pages.group_informed,
        Group::Reason(label) => return (pages.group_reason)(label),
    };
    text.to_owned()
}

fn difference_text(texts: Texts, difference: Difference) -> String {
    let (lang, [first, rest]) = (texts.lang(), difference.shares);
    let text = if difference.pair == Cohort::Older { texts.pages().newer_differ } else { texts.pages().late_differ };
    text(&lang.percent(first), &lang.percent(rest))
}

/// The groups of a verdict, with a sentence where cohorts voted differently; nothing if none were published.
#[component]
pub fn Groups(case: Case) -> impl IntoView {
    let texts = use_texts();
    let all = groups(&case);
    if all.is_empty() {
        return ().into_any();
    }
    let told = difference(&case).map(|difference| {
        view! { <p class="groups-differ">{live_text(move || difference_text(texts, difference))}</p> }
    });
    let options = case.options.into_iter().map(|option| {
        view! { <th scope="col" dir="auto">{still_text(option.label)}</th> }
    });
    view! {
        {told}
        <div class="groups" role="region" tabindex="0" aria-label=texts.text(|t| t.groups)>
            <table>
                <caption>{texts.live(|t| t.groups)}</caption>
                <thead><tr><th scope="col">{texts.live(|t| t.group)}</th>{options.collect_view()}</tr></thead>
                <tbody>{all.into_iter().map(|row| view! { <GroupLine row/> }).collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

#[component]
fn GroupLine(row: GroupRow) -> impl IntoView {
    let texts = use_texts();
    let GroupRow { group, options } = row;
    let figures = options.into_iter().map(|row| {
        view! { <td class="figure">{live_text(move || row.figures(texts.lang()))}</td> }
    });
    view! {
        <tr>
            <th scope="row" dir="auto">{live_text(move || group_text(texts, &group))}</th>
            {figures.collect_view()}
        </tr>
    }
}
