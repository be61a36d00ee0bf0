//! The texts of the console, the host view and the overlay in English.

use live_jury_protocol::{Refusal, Role};

use super::PageTexts;
use crate::i18n::isolated;
use crate::socket::Failure;

pub(super) const PAGES: PageTexts = PageTexts {
    console: "Live Jury console",
    host_view: "On air:",
    language: "Language",
    theme: "Theme",
    theme_auto: "Auto theme",
    theme_light: "Light",
    theme_dark: "Dark",
    connected: "Connected",
    try_again: "Try again",
    read_more: "Show more",
    close_dialog: "Close",
    cancel: "Cancel",

    token_missing: "This link has no sign-in",
    token_unreadable: "The sign-in in this link cannot be read",
    token_wrong_role: "This sign-in is for another page",
    token_wrong_room: "This sign-in is for another room",
    token_ended: "Your sign-in has ended",
    token_ends_soon: "Your sign-in ends in two minutes",
    token_ending: |clock| format!("Your sign-in ends in {clock}"),
    token_advice: |role| format!("Open a new {role} link from your platform, in this tab."),
    token_stays: "What is on this page stays.",
    role: |role| match role {
        Role::Viewer => "viewer",
        Role::Moderator => "moderator",
        Role::Host => "host",
        Role::Overlay => "overlay",
        Role::Platform => "platform",
        Role::Unknown => "",
    },
    failure: |failure| match failure {
        Failure::NoToken(_) => "There is no sign-in to connect with.",
        Failure::TokenRejected => "The server does not accept this sign-in, or it has ended.",
        Failure::TokenTooLong => "This sign-in is too long: a token may have 4,069 bytes.",
        Failure::NotAllowed => "This sign-in is not for this room.",
        Failure::Replaced => "This room was opened in a newer window.",
        Failure::Ended => "The server ended the connection.",
        Failure::Protocol => "This page is out of date. Reload it.",
        Failure::BadAddress(_) => "The server's address is wrong.",
    },
    problem: |code| {
        Some(match code {
            "token_invalid" => "Your sign-in is not valid, or has ended. Open a new link from your platform.",
            "forbidden" => "Your sign-in does not allow this.",
            "not_found" => "There is no such case any more.",
            "too_early" => {
                "Too early to close: the room's policy sets a minimum time, or votes come in again after a fault."
            }
            "fixed_end" => "The end of this case is fixed: nobody closes or extends it.",
            "judged_before" => "The room's policy allows no further case on this matter.",
            "clock_stepped" => "The store's clock has jumped, nothing was changed. Try again in a minute.",
            "not_durable" => "A store may lose votes, so no case opens now.",
            "store_full" => "The store of votes is nearly full, so no case opens now.",
            "no_tally" => "This case has no counts.",
            "too_many_requests" | "too_many_sockets" | "too_many_revocations" => {
                "Too much at once. Try again in a moment."
            }
            "body_timeout" => "Sending took too long. Try again.",
            "origin_not_allowed" | "host_not_allowed" => "The server takes no requests from this page's address.",
            "version_mismatch" | "conflict" | "not_open" | "not_a_draft" => {
                "Somebody else changed this case first. What you see now is how it stands."
            }
            "malformed"
            | "unknown_field"
            | "method_not_allowed"
            | "upgrade_required"
            | "cursor_gone"
            | "idempotency_key_reused" => "This page is out of date. Reload it.",
            "too_many_cases" => "This room has as many open cases as it may have. Close one first.",
            "not_logged" => "The log is not signed up to this case yet. Try again in a moment.",
            "too_large" => "This case has too many votes for one file.",
            "not_recorded" => "The case is not recorded yet. Try again in a moment.",
            "too_many_drafts" => "This room has as many drafts as it may have. Discard one first.",
            "body_too_large" => "This is more than a case can hold.",
            "unavailable" => "A store is away, nothing was changed. Try again in a moment.",
            _ => return None,
        })
    },
    // The server's own texts are English.
    field_rule: |_| None,
    refused: |detail, status| format!("Not done: {detail} ({status})"),
    unreachable: "No answer from the server. It may or may not have happened: look before you repeat it.",
    unreadable: "The server answered in a way that this page does not understand. Reload the page.",

    rooms: "Rooms",
    all_rooms: "All rooms",
    add_room: "Add a room",
    room_form: "A room is 1 to 64 letters, digits, - and _",
    remove_room: |room| format!("Take {room} off this console"),
    show_room: "Open",
    no_rooms: "Add the rooms you moderate. What runs in them appears here, side by side.",

    running: "Running",
    nothing_running: "Nothing is open for voting.",
    open_state: "Open",
    turnout: "Turnout",
    came_again: |lang, ballots, before| {
        format!("Of {} votes before the fault, {} came again.", lang.number(before), lang.number(ballots))
    },
    counts_blind: "Counts: hidden until the seal.",
    counts_few: "Counts: hidden until more votes are in.",
    quorum_met: "Quorum met",
    of_quorum: |lang, ballots, quorum| {
        let votes = if lang.is_one(ballots) { "vote" } else { "votes" };
        let (joint, quorum_text) = (if ballots < quorum { " of" } else { ";" }, lang.number(quorum));
        format!(" {votes}{joint} {quorum_text} needed")
    },
    threshold_mark: |percent| format!("Mark: the winner needs more than {percent}%"),
    closes_at: |lang, at_ms| format!("Closes at {}", lang.date_time(at_ms)),
    ballot_rate: |lang, now, peak| format!("Votes/s {} · peak {}", lang.number(now), lang.number(peak)),
    duration_short: |lang, seconds| match seconds {
        seconds if seconds >= 60 && seconds.is_multiple_of(60) => format!("{} min", lang.number(seconds / 60)),
        seconds => format!("{} s", lang.number(seconds)),
    },
    extend: "Extend",
    close: "Close…",
    void: "Void…",
    close_question: "Close now? The votes that are in decide.",
    close_now: "Close now",
    keep_open: "Keep it open",
    void_reason: "Why is it void? Viewers will read this.",
    void_hint: "There will be no verdict, and no vote counts. You can take it back for ten seconds; keep this page \
                open.",
    void_now: "Void this case",
    voiding: "Voiding in ten seconds",
    undo: "Undo",
    voiding_in: |left_s| format!("Voiding in {left_s} s."),
    asked: |by, step| format!("{} asks: {step}", isolated(by)),
    asked_left: |clock| format!("Waits for another moderator: {clock}"),
    confirm: "Confirm",
    changed: "Somebody else changed this case first. What you see now is how it stands.",
    changed_by: |by, action, at| {
        format!("Not done: {by} was first ({action}, {at}). What you see now is how it stands.")
    },
    action: |action| {
        Some(match action {
            "created" => "created",
            "edited" => "edited",
            "opened" => "opened",
            "extended" => "extended",
            "closed" => "closed",
            "asked" => "asked for",
            "sealed" => "voting ended",
            "decided" => "decided",
            "voided" => "voided",
            "discarded" => "discarded",
            "tally_lost" => "count lost",
            "tally_missing" => "count missing",
            "repaired" => "record repaired",
            "ballots_missing" => "votes missing from the record",
            _ => return None,
        })
    },

    live_figures: "Live figures",
    viewers: "Viewers",
    nodes: "Nodes",
    ballots_per_s: "Votes/s",
    refusals: "Refused votes",
    no_refusals: "None refused.",
    refusal: |reason| match reason {
        Refusal::UnknownCase => "No such case",
        Refusal::NotAJuror => "Role does not vote",
        Refusal::Anonymous => "Not signed in",
        Refusal::NotOpen => "Not open yet",
        Refusal::Closed => "Too late",
        Refusal::UnknownOption => "No such option",
        Refusal::Recused => "Recused",
        Refusal::AccountTooNew => "Account too new",
        Refusal::AlreadyVoted => "Voted already",
        Refusal::Busy => "Node busy, sent again",
        Refusal::Unavailable => "Store away, sent again",
        Refusal::Unknown => "Other reason",
    },

    drafts: "Drafts",
    no_drafts: "No drafts.",
    open: "Open",
    edit: "Edit",
    discard: "Discard",
    discarding: "Discarding in ten seconds",
    discarding_in: |left_s| format!("Discarding in {left_s} s."),
    past: "Past cases",
    no_past: "Nothing here.",
    search: "Search past cases",
    filter: "Outcome",
    all_outcomes: "All outcomes",
    case_record: "Record of a case",
    decided_for: |outcome, label| format!("{outcome}: {}", isolated(label)),
    put_away: "Put away",
    download_ballots: "Ballots (CSV)",
    audit: "Audit trail",

    new_case: "New case",
    edit_draft: "Edit draft",
    start_from: "Start from",
    back_to_room: "Back",
    leave_question: "Leave without saving?",
    leave: "Leave",
    stay: "Stay",
    title: "Title: the question viewers answer",
    summary: "The facts in short",
    statements: "Both sides",
    buyer_says: "The buyer says",
    merchant_says: "The merchant says",
    remedy: "What follows if an option wins",
    options: "Options",
    option_label: "Label",
    option_abstain: "Abstains",
    add_option: "Add an option",
    remove_option: "Remove this option",
    duration: "Time",
    duration_open: "Open for",
    unit: "Unit",
    seconds: "seconds",
    minutes: "minutes",
    hours: "hours",
    evidence: "Evidence",
    add_evidence: "Add evidence",
    remove_evidence: "Remove this evidence",
    evidence_kind: "Kind",
    evidence_image: "Picture",
    evidence_video: "Video",
    evidence_link: "Link",
    evidence_text: "Text",
    evidence_by: "From",
    buyer: "Buyer",
    merchant: "Merchant",
    platform: "Platform",
    stream_at: "Time in the stream (m:ss)",
    evidence_words: "Text",
    evidence_url: "Address (https)",
    evidence_sha256: "SHA-256 of the file (optional)",
    evidence_sha256_hint: "64 hexadecimal digits, as sha256sum prints them: they show later that the file is the same",
    evidence_caption: "What it shows",
    rules: "Rules",
    quorum: "Quorum, votes",
    quorum_hint: "Fewer votes make no verdict. Abstentions count.",
    threshold: "Threshold, %",
    threshold_hint: "The winner needs more than this, abstentions aside.",
    reveal: "Viewers see counts",
    reveal_after_vote: "after they voted",
    reveal_after_close: "when it is over",
    reveal_live: "always",
    allow_change: "Votes may be changed",
    allow_change_hint: "Only while counts wait for the end.",
    presets: "How strictly the case is decided",
    preset_standard: "Standard",
    preset_fair: "Fair",
    preset_strict: "Strict",
    preset_needs_sides: |lang, share| {
        let now = share.map(|share| format!(" Now: {}.", lang.percent(share))).unwrap_or_default();
        format!("Fair and strict need at least half of the viewers present to have a side in their token.{now}")
    },
    rule_band: |lang, band| {
        format!("The lead must exceed what a favour of {} for one's own side could explain.", lang.percent(band))
    },
    rule_balanced: "The winner must also lead when buyers and merchants weigh the same.",
    rule_two_sided: |lang, threshold, per_side| {
        let (share, votes) = (lang.percent(threshold), lang.number(per_side));
        format!(
            "The winner needs more than {share} of the buyers and of the merchants, with {votes} votes or more each."
        )
    },
    rule_raid_hang: "Nothing is decided if latecomers turn what viewers decide who were here before.",
    rule_raid_off: "Latecomers and newer accounts are not compared with the others.",
    rule_reasons: |lang, count| format!("Jurors may choose one of {} reasons.", lang.number(count)),
    blind: "Blind",
    blind_hint: "Nobody sees counts before the seal, you included. Only while counts wait for the end.",
    fixed_end: "Fixed end",
    fixed_end_hint: "Nobody closes or extends the case. It can be voided.",
    jurors: "Who may vote",
    account_age: "Minimum account age, days",
    account_age_hint: "0 lets every signed-in viewer vote.",
    recused: "Recused viewer ids",
    recused_hint: "One a line. They can watch, not vote.",
    subject: "References",
    host: "Host",
    product: "Product",
    order: "Order",
    kind: "Kind",
    fault_number: "Write a whole number.",
    fault_share: "Write a percentage from 0 to below 100, with at most two decimals.",
    fault_time: "Write a time such as 12:14 or 1:02:03.",
    look_at_field: "One field needs another look.",
    save_draft: "Save draft",
    open_now: "Open now",
    sending: "Sending…",
    draft_changed: "Not saved: somebody else changed this draft first. What you typed is still here.",
    draft_changed_by: |by, action, at| {
        format!("Not saved: {by} was first ({action}, {at}). What you typed is still here.")
    },
    take_theirs: "Load their version",
    keep_mine: "Keep mine, then save again",
    preview: "As viewers will see it",

    shortcuts: "Keyboard shortcuts",
    shortcuts_on: "Use shortcuts",
    key_new: "New case in this room",
    key_room: "Show the room at that place",
    key_all_rooms: "Show all rooms",
    key_search: "Search past cases",
    key_open: "In a form: open now",
    key_save: "In a form: save draft",
    key_leave: "In a form: go back",
    key_help: "This list",

    latest_verdict: "Latest result",
    nothing_against_you: "Nothing is open against you.",
    vote_now: "Vote now",
};
