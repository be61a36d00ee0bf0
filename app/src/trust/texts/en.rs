//! The texts of the trust desk and the merchant's page in English.

use super::TrustTexts;
use crate::i18n::isolated;
use crate::trust::explain::percent;

pub(super) const TRUST: TrustTexts = TrustTexts {
    desk: "Trust desk",
    my_shop: "My shop",
    loading: "Loading…",
    read_again: "Read again",
    back: "Back to the queues",

    index: "Trust index",
    index_yours: |index| format!("Typical shops have 500, yours {index}."),
    index_theirs: |index| format!("Typical shops have 500, this one {index}."),
    between: |low, high| format!("By what is known it is most likely between {low} and {high}."),
    evidence: |evidence| match evidence {
        "new" => "Too little is known.",
        "some" => "Some of it is known.",
        "firm" => "Much is known.",
        _ => "",
    },
    not_known: "No fact about this shop has arrived yet. It has 500, and is shown as a typical shop.",
    scale: |index, low, high| format!("Index {index}, between {low} and {high}; a typical shop has 500"),

    exposure: "How often it is shown",
    shown: |m| {
        if m == 0.0 {
            "The shop is not shown.".to_owned()
        } else if (m - 1.0).abs() < 0.0005 {
            "As often as a typical shop with the same goods.".to_owned()
        } else if m > 1.0 {
            format!("{} more often than a typical shop with the same goods.", percent(m - 1.0))
        } else {
            format!("{} less often than a typical shop with the same goods.", percent(1.0 - m))
        }
    },
    step: |step| {
        Some(match step {
            "index" => "Index",
            "promise" => "Promises",
            "range" => "Range",
            "daily_fall" => "Slow fall",
            "turn" => "Turn for the worse",
            "measure" => "Measures",
            _ => return None,
        })
    },
    step_index: |low, high| {
        if low > 500.0 {
            format!("Also the careful value, {low:.0}, is above 500: it is shown more.")
        } else if high < 500.0 {
            format!("Even the generous value, {high:.0}, is below 500: it is shown less.")
        } else {
            format!("A typical 500 is between {low:.0} and {high:.0}: nothing changes.")
        }
    },
    step_promise: ["No promise to buyers is active.", "An active promise to buyers adds 0.05."],
    step_range: ["It stays within 0.7 and 1.3.", "It stays within 0.7 and 1.3."],
    step_daily_fall: ["No sharp fall since yesterday.", "It falls by at most 0.05 a day."],
    step_turn: |signals, changed| match signals {
        [] if changed => "Much worse within the last 7 days. At most 0.85 until a week has passed.".to_owned(),
        [] => "No signal is much worse than before.".to_owned(),
        names => format!("Lately worse: {}. At most 0.85 until that ends.", names.join(", ")),
    },
    step_measure: ["No measure lowers it.", "A measure in force lowers it."],

    moved_most: "What moved it most",
    nothing_moved: "Nothing has moved it yet.",
    would_help: "What would help most",
    would_add: |points| format!("As in a typical shop: {points}"),
    nothing_below: "No signal is below a typical shop.",
    all_signals: "All signals",
    all_signals_hint: "Recent facts count more than old ones, so counts need not be whole.",
    dimension: |id| {
        Some(match id {
            "goods" => "Goods",
            "service" => "Service",
            "host" => "Hosts",
            "experience" => "Experience",
            "promises" => "Promises",
            "society" => "Society",
            _ => return None,
        })
    },
    share: |hits, trials, share, typical| format!("{hits} of {trials}: {share}. Typical: {typical}."),
    per_unit: |events, rate, typical| format!("{events} in all, {rate} a unit. Typical: {typical}."),
    state: |state, typical| format!("{state}. Typical: {typical}."),
    not_counted: |typical| format!("Nothing counted yet. Typical: {typical}."),
    points_of: |points, most| format!("{points} points of at most {most}."),
    half_life: |days| match days {
        0 => "Counts as it is today.".to_owned(),
        days => format!("A fact counts half after {days} days."),
    },
    more_is: |good| if good { "More is better." } else { "Less is better." },

    host_signals: "Signals in all rooms",
    host_signals_hint: "They are those of hosts alone, with the points that each would have in the index of a shop.",

    look_up: "Look up a shop or host",
    party_kind: "Kind",
    shop: "Shop",
    host: "Host",
    party_id: "Id",
    look_up_hint: "The id by which your platform names it.",
    show: "Show",
    party: |kind, id| match kind {
        "host" => format!("Host {}", isolated(id)),
        _ => format!("Shop {}", isolated(id)),
    },

    appeals_waiting: "Appeals",
    no_appeals_waiting: "No appeal waits for a moderator.",
    proposed: "Proposed violations",
    no_proposed: "No violation waits for a decision.",
    bans: "Bans to decide",
    no_bans: "No party has the points of a ban.",
    and_more: |lang, count| format!("{} more wait behind these.", lang.number(count as u64)),
    waits_since: |date| format!("Waits since {date}."),
    of_case: |room| format!("From a case in room {}.", isolated(room)),

    keys: "Keyboard",
    keys_on: "Use shortcuts",
    key_next: "Next item",
    key_before: "Item before",
    key_letter: "In an item: the button with this letter",
    key_send: "In a form: do it",
    key_leave: "In a form: close it",

    reports: "Reports by viewers",
    no_reports: "No report waits in the rooms of your console. Rooms that you add there appear here.",
    report_counts: |lang, reporters, proven| {
        let viewers = if lang.is_one(reporters) { "viewer reported" } else { "viewers reported" };
        let text = format!("{} {viewers} it", lang.number(reporters));
        match proven {
            0 => format!("{text}."),
            proven => format!("{text}, {} with a proven order.", lang.number(proven)),
        }
    },
    reports_since: |date, room| format!("Since {date}, in room {}.", isolated(room)),
    burst: "They came all at once, or mostly from new accounts.",
    what_they_say: "What they say",
    in_stream: |clock| format!("at {clock} of the stream"),
    proven_order: "proven order",
    new_account: "account under 7 days",
    draft_effect: "A draft is no decision: nobody but moderators sees it, and it can be discarded.",
    file_draft: "File a draft",
    close_reports_effect: "The reports are closed as unfounded. That counts against their reporters; nobody else is \
                           told.",

    webhooks: "Failed webhooks",
    webhooks_fine: "Every event was delivered, or will be tried again.",
    webhook_failed: |lang, failed, waiting| {
        let events = if lang.is_one(failed) { "event was" } else { "events were" };
        format!("{} {events} given up, {} wait for another attempt.", lang.number(failed), lang.number(waiting))
    },
    webhook_stopped: |at| format!("The target said at {at} that it is gone. Nothing is sent to it."),
    replay_after: "After place",
    replay_hint: "All events after this place are sent again. The log names the place of each event that was given up.",
    replay: "Send again",
    replayed: "The events are on their way again.",
};
