//! The viewer's texts in English.

use live_jury_protocol::{Outcome, Party, Refusal, TALLY_LOST};

use super::isolated;
use super::viewer::ViewerTexts;
use crate::socket::Failure;

pub(super) const VIEWER: ViewerTexts = ViewerTexts {
    name: "Live Jury",
    expand: "Open the jury",
    collapse: "Make smaller",
    cases: "Cases",
    case_of: |lang, at, of| format!("Case {} of {}", lang.number(at), lang.number(of)),
    vote_open: "Vote now",
    viewers: |lang, count| format!("{} watching", lang.number(count)),

    connecting: "Joining the room…",
    connecting_hint: "This takes a moment.",
    nothing_open: "No case is open",
    nothing_open_hint: "When one opens, it appears here and you can vote.",
    reconnecting: "Connection lost. Reconnecting…",
    reconnecting_vote_in: "Connection lost. Reconnecting… Your vote is in.",
    reconnecting_vote_pending: "Connection lost. Your vote is kept and will be sent when we are back.",
    signing_in: "Signing you in takes longer than usual. Trying again…",
    failed: "The jury cannot be shown",
    failure: |failure| match failure {
        Failure::NoToken(_) => {
            "This page could not sign you in. Reload the page; if that does not help, sign in again."
        }
        Failure::TokenRejected => "Your sign-in has ended. Reload the page to go on.",
        Failure::TokenTooLong => "Your sign-in is too long to be used here. Please tell the site.",
        Failure::NotAllowed => "Your sign-in is not for this room. Open the room again from its link.",
        Failure::Replaced => "You opened this room in another window. It continues there.",
        Failure::Ended => "The connection was ended.",
        Failure::Protocol => "This page is out of date. Reload it to go on.",
        Failure::BadAddress(_) => "The jury's address on this page is wrong. Please tell the site.",
    },
    try_again: "Try again",
    use_here: "Continue here",

    time_left: "Time left",
    closes_at: |lang, at_ms| format!("Voting closes at {}", lang.time(at_ms)),
    spoken_thirty: "30 seconds left to vote.",
    spoken_ten: "10 seconds left to vote.",
    spoken_end: "Voting has closed.",
    spoken_opened: |title| format!("A case is open for voting: {title}"),

    both_sides: "Both sides",
    buyer_says: "The buyer says",
    merchant_says: "The merchant says",
    no_statement: "No statement was given.",
    read_more: "Read all",
    read_less: "Show less",
    evidence: |lang, count| format!("Evidence ({})", lang.number(count)),
    evidence_by: |by| match by {
        Party::Buyer => "from the buyer",
        Party::Merchant => "from the merchant",
        Party::Platform => "from the platform",
        Party::Unknown => "from another party",
    },
    evidence_at: |clock| format!("at {clock} in the stream"),
    evidence_image: "Picture without a description",
    open_image: "Open the picture",
    watch_video: "Watch the video",
    open_link: "Open the link",
    opens_new_tab: "opens in a new tab",
    evidence_blocked: "This address cannot be opened safely.",

    your_vote: "Your vote",
    submit: "Submit vote",
    choose_first: "Choose an option to vote.",
    change_vote: "Change my vote",
    keep_vote: "Keep my vote",
    sending: "Sending your vote…",
    sending_again: "Confirming your vote again…",
    vote_is_in: "Your vote is in",
    you_chose: |label| format!("You chose “{}”.", isolated(label)),
    vote_in_as: |label| format!("Your vote is in. You chose “{}”.", isolated(label)),
    space: " ",
    vote_is_final: "It is secret and cannot be changed.",
    vote_may_change: "It is secret. You can change it until voting closes.",
    may_lose: "A technical fault here may lose votes.",
    voted_elsewhere: "A vote of yours is already in, from another window or device. It counts; this one does not.",
    refusal: |reason| match reason {
        Refusal::UnknownCase => "This case is no longer here. Your vote did not count.",
        Refusal::NotAJuror => "This sign-in can watch but not vote.",
        Refusal::Anonymous => "Sign in to vote. Without an account you can watch.",
        Refusal::NotOpen => "Voting has not started. Try again when it opens.",
        Refusal::Closed => "Voting closed before your vote arrived. It did not count.",
        Refusal::UnknownOption => "That choice is no longer offered. Choose again.",
        Refusal::Recused => "You are involved in this case, so you cannot vote on it.",
        Refusal::AccountTooNew => "Your account is too new to vote on this case. You can watch it.",
        Refusal::AlreadyVoted => "A vote of yours is already in. It counts; this one does not.",
        Refusal::Busy => "Many people are voting. Your vote is being sent again…",
        Refusal::Unavailable => "Votes cannot be taken this second. Yours is being sent again…",
        Refusal::Unknown => "Your vote did not count. Reload the page to try again.",
    },
    watching_only: "Watching only",
    watching_anon: "Sign in to vote. Without an account you can watch.",
    watching_role: "This sign-in can watch but not vote.",

    votes_in: |lang, ballots| {
        format!("{} {} in", lang.number(ballots), if lang.is_one(ballots) { "vote" } else { "votes" })
    },
    quorum: |lang, ballots, quorum| {
        if ballots >= quorum {
            format!("Enough votes for a result ({} needed)", lang.number(quorum))
        } else {
            format!("{} more needed for a result", lang.number(quorum - ballots))
        }
    },
    counts_after_vote: "Counts appear after you vote, so that nobody is swayed.",
    counts_after_close: "Counts appear when voting closes, so that nobody is swayed.",
    counts_soon: "Counts are on their way.",
    results_so_far: "Votes so far",
    option_share: |lang, votes, share| {
        let noun = if lang.is_one(votes) { "vote" } else { "votes" };
        match share {
            Some(share) => format!("{}, {} {noun}", lang.percent(share), lang.number(votes)),
            None => format!("{} {noun}", lang.number(votes)),
        }
    },
    abstained: "Counts towards the number of votes needed, for neither side",

    sealed: "Voting has closed",
    sealed_hint: "The votes are being recorded. The result follows in a moment.",
    later_hint: "The votes cannot be read because of a technical fault. The result may come later.",
    verdict: "Result",
    outcome: |outcome| match outcome {
        Outcome::Decided => "The jury has decided",
        Outcome::Hung => "The jury is split",
        Outcome::NoQuorum => "Too few votes",
        Outcome::Void => "This case was cancelled",
        Outcome::Unknown => "This case has ended",
    },
    outcome_hint: |lang, outcome, threshold, quorum| match outcome {
        Outcome::Decided | Outcome::Unknown => String::new(),
        Outcome::Hung => format!("No side had more than {} of the votes.", lang.percent(threshold)),
        Outcome::NoQuorum => format!("A result needs {} votes.", lang.number(quorum)),
        Outcome::Void => "It has no result, and no vote on it counts.".to_owned(),
    },
    void_reason: |reason| match reason {
        Some(TALLY_LOST) => "The count was lost through a technical fault.".to_owned(),
        Some(reason) => reason.to_owned(),
        None => "No reason was given.".to_owned(),
    },
    winner: |label| label.to_owned(),
    remedy: "What follows",
    remedy_not_applied: "Nothing follows from this case.",
    closed_by_deadline: "Closed on time",
    closed_by_moderator: "Closed by a moderator",
    extended_by: |lang, seconds| {
        if seconds >= 60 && seconds.is_multiple_of(60) {
            format!("extended by {} min", lang.number(seconds / 60))
        } else {
            format!("extended by {} s", lang.number(seconds))
        }
    },
    decided_at: |lang, at_ms| lang.date_time(at_ms),
    past_verdicts: "Earlier results",
    back: "Back",
    about: "About this case",
    kind: |kind| match kind {
        "false_advertising" => Some("False advertising"),
        "counterfeit" => Some("Counterfeit"),
        "not_as_described" => Some("Not as described"),
        "after_sales" => Some("After-sales"),
        "host_conduct" => Some("Host conduct"),
        _ => None,
    },
    attempt: |lang, number| format!("Case {} on this matter", lang.number(number)),
    recused: |lang, viewers| format!("{} recused", lang.number(viewers)),
};
