//! Holds every message of the wire against its golden file, written and read; the documents cite these files.
//!
//! `LIVE_JURY_GOLDEN=write cargo test -p live-jury-protocol every_message` writes the files. A change in them is a
//! change of the protocol.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::path::PathBuf;

use live_jury_protocol::{
    Actor, AskedStep, AuditAction, AuditEntry, BallotStatus, Band, Case, CaseId, CaseOption, CaseState, ClientFrame,
    ClosedBy, Counts, Evidence, EvidenceKind, Extend, FrameError, GuardedStep, ListedCase, NewCase, NoReceipt,
    Objection, ObjectionKind, Outcome, OwnBallot, Page, Party, PolicyChange, Problem, Raid, Reason, Refusal,
    RequiredRule, Reveal, Revoke, Role, RoomPolicy, Rules, ServerFrame, ServerFrameByType, Side, Statements, Stats,
    Subject, TALLY_LOST, Tally, Threshold, TwoSided, UnreadableCase, Verdict, Void, Welcome, Why,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The files of messages that have details, which a build without that feature cannot write.
const OF_DETAILS: [&str; 15] = [
    "http_case_remedy.json",
    "http_case_appeal.json",
    "http_case_panel_called.json",
    "http_case_panel_draft.json",
    "http_forget_juror.json",
    "http_new_case_panel.json",
    "http_practice.json",
    "http_practice_answer.json",
    "http_practice_done.json",
    "http_practice_result.json",
    "http_verdict_details.json",
    "http_verdict_logged.json",
    "http_verdict_panel.json",
    "server_called.json",
    "server_stats_sides.json",
];

const OPENED_AT_MS: u64 = 1_800_000_000_000;
const TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1XzEifQ.c2lnbmF0dXJl";
/// The receipt of `u_2` in a batch of three, signed with the key of RFC 8032, section 7.1, test 1.
const RECEIPT: &str = concat!(
    "AQABogO1lbN85InEvGuWeV9UAAAAAAAAAAEBAgMEBQYHCAAAAAAAAAAAAAAAAQAAAAOYBwlzOo9CmRcne24736MdbAd+VB0d",
    "E9bg7EyXlU7k1TxgsVF/+1ZYFvFBaK1Ky1ZhrPHb9ZQhlj/Ig68QaHjFNc9gGNPUzOILiSzK7q+X+yFuI3W6V8K+ZbD3fUgf",
    "/l8jfxyuEsVKAERtDZUk0ZGoQYdlOBAXDbVhuXjpzYAmE3D+SocabXbhWsR/l8+SDBH6fv9ZMJQEB7hbtF83yI4P",
);

/// Compares messages with their files, or writes the files.
#[derive(Default)]
struct Golden {
    names: BTreeSet<String>,
    wrong: Vec<String>,
}

impl Golden {
    fn folder() -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
    }

    /// Checks that `message` is written as the file has it, and that the file is read as `message`.
    fn check<T: Serialize + DeserializeOwned + PartialEq + Debug>(&mut self, name: &str, message: &T) {
        let text = format!("{}\n", serde_json::to_string_pretty(message).unwrap());
        let file = format!("{name}.json");
        let path = Self::folder().join(&file);
        if std::env::var_os("LIVE_JURY_GOLDEN").is_some_and(|how| how == "write") {
            std::fs::write(&path, &text).unwrap();
        }
        let golden = std::fs::read_to_string(&path).unwrap_or_default();
        if golden != text {
            self.wrong.push(format!("{file} is\n{golden}and the message is\n{text}"));
        } else {
            assert_eq!(&serde_json::from_str::<T>(&golden).unwrap(), message, "{file}");
        }
        assert!(self.names.insert(file), "two messages are named {name}");
    }
}

fn id() -> CaseId {
    "01a203b5-95b3-7ce4-89c4-bc6b96795f54".parse().unwrap()
}

fn option(id: &str, label: &str, abstain: bool) -> CaseOption {
    CaseOption {
        id: id.parse().unwrap(),
        label: label.to_owned(),
        abstain,
        #[cfg(feature = "details")]
        upholds: false,
    }
}

fn new_case() -> NewCase {
    NewCase {
        title: "Is the “pure silk” claim misleading?".to_owned(),
        kind: "false_advertising".to_owned(),
        summary: "The label says 30 % polyester.".to_owned(),
        subject: Subject {
            merchant: Some("m_77".to_owned()),
            host: Some("h_12".to_owned()),
            product: Some("p_9".to_owned()),
            order: None,
        },
        statements: Statements { buyer: "It is not silk.".to_owned(), merchant: "The page says so.".to_owned() },
        evidence: vec![
            Evidence {
                kind: EvidenceKind::Image,
                url: Some("https://example.com/label.jpg".to_owned()),
                sha256: Some("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".to_owned()),
                text: None,
                caption: Some("The label".to_owned()),
                by: Party::Buyer,
                stream_at_ms: None,
            },
            Evidence {
                kind: EvidenceKind::Text,
                url: None,
                sha256: None,
                text: Some("“100 % silk!”".to_owned()),
                caption: None,
                by: Party::Platform,
                stream_at_ms: Some(734_000),
            },
        ],
        options: vec![
            option("buyer", "Support the buyer", false),
            option("merchant", "Support the merchant", false),
            option("abstain", "Cannot tell", true),
        ],
        rules: Rules {
            quorum: 30,
            threshold: Threshold::from_parts(6_667).unwrap(),
            reveal: Reveal::AfterClose,
            allow_change: true,
            blind: true,
            fixed_end: true,
            min_account_age_days: 7,
            recused: Some(vec!["u_7".to_owned()]),
            ..Rules::default()
        },
        remedy: Some("Refund without return".to_owned()),
        #[cfg(feature = "details")]
        policy: None,
        #[cfg(feature = "details")]
        remedy_kind: None,
        #[cfg(feature = "details")]
        remedy_due_h: None,
        duration_s: Some(90),
        closes_at_ms: None,
        open: true,
    }
}

/// A case in this state, as moderators read it.
fn case(state: CaseState) -> Case {
    let new = new_case();
    let is_opened = state != CaseState::Draft;
    let is_sealed = !matches!(state, CaseState::Draft | CaseState::Open);
    Case {
        id: id(),
        room: "live-42".parse().unwrap(),
        kind: new.kind,
        title: new.title,
        summary: new.summary,
        subject: new.subject,
        statements: Some(new.statements),
        evidence: Some(new.evidence),
        options: new.options,
        rules: new.rules,
        remedy: new.remedy,
        #[cfg(feature = "details")]
        policy: new.policy,
        #[cfg(feature = "details")]
        remedy_kind: new.remedy_kind,
        #[cfg(feature = "details")]
        remedy_due_h: new.remedy_due_h,
        state,
        version: [1, 2, 4, 5, 5][state as usize],
        epoch: u64::from(is_opened),
        duration_s: new.duration_s,
        created_at_ms: OPENED_AT_MS - 60_000,
        opened_at_ms: is_opened.then_some(OPENED_AT_MS),
        closes_at_ms: is_opened.then_some(OPENED_AT_MS + if is_sealed { 120_000 } else { 90_000 }),
        extended_s: if is_sealed { 30 } else { 0 },
        recused_count: 1,
        attempt: u64::from(is_opened),
        asked: None,
        appeal_of: None,
        from_reports: None,
        claim: None,
        remedy_clock: None,
        draw: None,
        closed_by: is_sealed.then_some(if state == CaseState::Void { ClosedBy::Moderator } else { ClosedBy::Deadline }),
        tally_missing: false,
        verdict: match state {
            CaseState::Decided => Some(verdict(Outcome::Decided)),
            CaseState::Void => Some(verdict(Outcome::Void)),
            _ => None,
        },
    }
}

fn counts() -> Counts {
    [("buyer", 31), ("merchant", 12), ("abstain", 4)].map(|(id, count)| (id.parse().unwrap(), count)).into()
}

fn verdict(outcome: Outcome) -> Verdict {
    Verdict {
        option: (outcome == Outcome::Decided).then(|| "buyer".parse().unwrap()),
        reason: (outcome == Outcome::Void).then(|| "The wrong product was shown.".to_owned()),
        counts: Some(counts()),
        ..Verdict::new(outcome, 47, OPENED_AT_MS + 120_000)
    }
}

/// A case as everybody reads it in a docket: in full while it is live, shortened once it has ended.
fn public(state: CaseState) -> Case {
    let mut case = case(state);
    case.rules.recused = None;
    if case.verdict.is_some() {
        (case.statements, case.evidence) = (None, None);
    }
    if let (CaseState::Void, Some(verdict)) = (state, &mut case.verdict) {
        verdict.counts = None;
    }
    case
}

fn client_frames(golden: &mut Golden) {
    let cast = |request: Option<&str>, change, read, reason| ClientFrame::Cast {
        case: id().to_string(),
        option: "buyer".to_owned(),
        request: request.map(str::to_owned),
        change,
        read,
        reason,
    };
    for (name, frame) in [
        ("join", ClientFrame::Join { token: TOKEN.to_owned() }),
        ("cast", cast(None, None, None, None)),
        ("cast_numbered", cast(Some("r-1"), Some(0), None, None)),
        ("cast_read", cast(None, None, Some(3), None)),
        ("cast_reasoned", cast(Some("r-2"), Some(1), Some(1), Some(6))),
        ("renew", ClientFrame::Renew { token: TOKEN.to_owned() }),
        ("receipt", ClientFrame::Receipt { case: id().to_string(), request: None }),
        ("receipt_numbered", ClientFrame::Receipt { case: id().to_string(), request: Some("r-3".to_owned()) }),
    ] {
        golden.check(&format!("client_{name}"), &frame);
    }
}

fn answers(golden: &mut Golden) {
    let ballot = |status, change, request: Option<&str>| ServerFrame::Ballot {
        case: id(),
        option: "buyer".parse().unwrap(),
        status,
        epoch: 1,
        change,
        request: request.map(str::to_owned),
    };
    golden.check("server_ballot_counted", &ballot(BallotStatus::Counted, 0, Some("r-1")));
    golden.check("server_ballot_duplicate", &ballot(BallotStatus::Duplicate, 0, None));
    golden.check("server_ballot_changed", &ballot(BallotStatus::Changed, 1, None));
    for reason in Refusal::ALL {
        let refused = ServerFrame::Refused {
            case: if reason == Refusal::UnknownCase { "nonsense".to_owned() } else { id().to_string() },
            option: "buyer".to_owned(),
            reason,
            request: Some("r-1".to_owned()),
            retry_after_ms: reason.is_retryable().then_some(750),
        };
        golden.check(&format!("server_refused_{reason}"), &refused);
    }
    receipts(golden);
    for (name, code, detail) in [
        ("malformed", FrameError::Malformed, "missing field `option` at line 1 column 27"),
        ("unknown_type", FrameError::UnknownType, "type must be join, cast, renew or receipt"),
        ("already_joined", FrameError::AlreadyJoined, "this socket has joined; a new token comes with renew"),
        ("too_long", FrameError::TooLong, "request is at most 64 bytes"),
    ] {
        golden.check(&format!("server_error_{name}"), &ServerFrame::Error { code, detail: detail.to_owned() });
    }
}

fn receipts(golden: &mut Golden) {
    let receipt = |request: Option<&str>| ServerFrame::Receipt {
        case: id(),
        epoch: 1,
        change: 0,
        receipt: RECEIPT.to_owned(),
        request: request.map(str::to_owned),
    };
    golden.check("server_receipt", &receipt(None));
    golden.check("server_receipt_numbered", &receipt(Some("r-3")));
    for reason in NoReceipt::ALL {
        let none = ServerFrame::NoReceipt {
            case: if reason == NoReceipt::UnknownCase { "nonsense".to_owned() } else { id().to_string() },
            reason,
            retry_after_ms: reason.is_retryable().then_some(750),
            request: Some("r-3".to_owned()),
        };
        golden.check(&format!("server_no_receipt_{reason}"), &none);
    }
}

fn views(golden: &mut Golden) {
    let ballots = vec![OwnBallot { case: id(), option: "buyer".parse().unwrap(), epoch: 1, change: 0 }];
    let welcome = ServerFrame::Welcome(Welcome {
        room: "live-42".parse().unwrap(),
        role: Role::Viewer,
        server_time_ms: OPENED_AT_MS + 5_000,
        token_expires_at_ms: OPENED_AT_MS + 900_000,
        ballots,
        durable: true,
    });
    golden.check("server_welcome", &welcome);
    let ServerFrame::Welcome(welcome) = welcome else { unreachable!("it is a welcome") };
    golden.check("server_welcome_not_durable", &ServerFrame::Welcome(Welcome { durable: false, ..welcome }));
    let cases = [CaseState::Open, CaseState::Sealed, CaseState::Decided, CaseState::Void].map(public).to_vec();
    golden.check("server_docket", &ServerFrame::Docket { rev: 17, cases });
    golden.check("server_docket_empty", &ServerFrame::Docket { rev: 0, cases: Vec::new() });
    let tally = Tally { case: id(), epoch: 1, rev: 9, ballots: 47, counts: Some(counts()) };
    golden.check("server_tally", &ServerFrame::Tally(tally.clone()));
    golden.check("server_tally_hidden", &ServerFrame::Tally(Tally { counts: None, ..tally.clone() }));
    golden.check("http_tally", &tally);
    golden.check("server_presence", &ServerFrame::Presence { viewers: 18_000 });
    let refused = [(Refusal::Closed, 3), (Refusal::AlreadyVoted, 12)].into();
    let stats = Stats { viewers: 18_000, nodes: 2, ballots_per_s: 410, refused, ..Stats::default() };
    golden.check("server_stats", &ServerFrame::Stats(stats.clone()));
    #[cfg(feature = "details")]
    {
        let sides = Some(live_jury_protocol::SidesPresent { buyer: 14_000, merchant: 900, none: 3_100 });
        golden.check("server_stats_sides", &ServerFrame::Stats(Stats { sides, ..stats }));
        golden.check("server_called", &ServerFrame::Called { case: id(), place: 3, side: Some(Side::Buyer) });
    }
    golden.check("server_draining", &ServerFrame::Draining { reconnect_after_ms: 1_500 });
}

/// A case with every rule of sides, cohorts and reasons.
fn fair_case() -> NewCase {
    let rules = Rules {
        quorum: 200,
        two_sided: Some(TwoSided { min_per_side: 30, threshold: Threshold::HALF }),
        hold_when_balanced: true,
        bias_band: Band::from_parts(1_500).unwrap(),
        raid: Raid::Hang,
        reasons: vec![Reason { id: "label".parse().unwrap(), label: "The label is wrong".to_owned() }],
        ..new_case().rules
    };
    NewCase { rules, ..new_case() }
}

/// The verdict of a fair case, with all sums that it publishes.
#[cfg(feature = "details")]
fn verdict_with_its_place() -> Verdict {
    let log = live_jury_protocol::LogPlace { origin: "jury.example.com/log/1".to_owned(), index: 41 };
    Verdict { log: Some(log), ..verdict(Outcome::Decided) }
}

#[cfg(feature = "details")]
fn verdict_with_details() -> Verdict {
    use live_jury_protocol::{Cohort, CohortBallots, Cohorts, Details, SideBallots, Sides};
    let counts = |buyer, merchant| {
        let counts = [("buyer", buyer), ("merchant", merchant), ("abstain", 0)];
        counts.map(|(id, count)| (id.parse().unwrap(), count)).into()
    };
    let side =
        |buyer: u64, merchant: u64| SideBallots { deciding: buyer + merchant, counts: Some(counts(buyer, merchant)) };
    let details = Details {
        sides: Some(Sides { buyer: side(22, 3), merchant: side(6, 7) }),
        cohorts: Some(Cohorts {
            present: Some(CohortBallots { counts: counts(30, 0), e: 512 }),
            older: None,
            raised: Some(Cohort::Present),
        }),
        informed: Some(counts(12, 5)),
        reasons: [("label".parse().unwrap(), counts(20, 1))].into(),
        proofs: Some(19),
        objections: [(ObjectionKind::Seal, 2), (ObjectionKind::Dropped, 1)].into(),
        ..Details::default()
    };
    Verdict { details: Some(Box::new(details)), ..verdict(Outcome::Decided) }
}

/// A case from whose verdict something follows.
#[cfg(feature = "details")]
fn case_with_a_policy() -> NewCase {
    let mut new = NewCase {
        policy: Some("false_advertising".to_owned()),
        remedy_kind: Some(live_jury_protocol::RemedyKind::Refund),
        remedy_due_h: Some(48),
        ..new_case()
    };
    new.options[0].upholds = true;
    new
}

/// A case that a panel decides.
#[cfg(feature = "details")]
fn panel_case() -> NewCase {
    let panel = live_jury_protocol::Panel {
        buyer: 15,
        merchant: 15,
        present_s: 120,
        min_level: 1,
        stop_early: true,
        ..live_jury_protocol::Panel::default()
    };
    let rules = Rules { allow_change: false, panel: Some(panel), ..new_case().rules };
    NewCase { rules, ..new_case() }
}

/// The verdict of a panel, with its strata and the gallery.
#[cfg(feature = "details")]
fn verdict_of_panel() -> Verdict {
    use live_jury_protocol::{Details, PanelBallots, Strata};
    let ballots = |seats, buyer, merchant, abstain| PanelBallots {
        seats,
        counted: buyer + merchant + abstain,
        counts: Some(
            [("buyer", buyer), ("merchant", merchant), ("abstain", abstain)]
                .map(|(id, count)| (id.parse().unwrap(), count))
                .into(),
        ),
    };
    let strata = Strata { buyer: Some(ballots(15, 13, 1, 1)), merchant: Some(ballots(15, 6, 5, 0)), other: None };
    let gallery = [("buyer", 12), ("merchant", 6), ("abstain", 3)].map(|(id, count)| (id.parse().unwrap(), count));
    let details = Details { strata: Some(strata), gallery: Some(gallery.into()), ..Details::default() };
    Verdict { panel: Some(ballots(30, 19, 6, 1)), details: Some(Box::new(details)), ..verdict(Outcome::Decided) }
}

fn http(golden: &mut Golden) {
    golden.check("http_new_case", &new_case());
    golden.check("http_new_case_fair", &fair_case());
    let why = Some(Why::ThinMargin);
    golden.check("http_verdict_thin_margin", &Verdict { why, ..verdict(Outcome::Hung) });
    let why = Some(Why::PanelShort);
    #[cfg(feature = "details")]
    {
        golden.check("http_verdict_details", &verdict_with_details());
        golden.check("http_case_appeal", &Case { appeal_of: Some(id()), ..case(CaseState::Draft) });
        practice(golden);
        let panel = |draw, state| {
            let rules = panel_case().rules;
            Case { rules, draw: Some(draw), ..case(state) }
        };
        golden.check("http_new_case_panel", &panel_case());
        golden.check("http_new_case_policy", &case_with_a_policy());
        let committed = live_jury_protocol::Draw { commitment: "5e".repeat(32), nonce: None, called: None };
        golden.check("http_case_panel_draft", &panel(committed.clone(), CaseState::Draft));
        let called = live_jury_protocol::CalledJurors { buyer: 30, merchant: 27, other: 0 };
        let called = live_jury_protocol::Draw { nonce: Some("07".repeat(32)), called: Some(called), ..committed };
        golden.check("http_case_panel_called", &panel(called, CaseState::Open));
        golden.check("http_verdict_panel", &verdict_of_panel());
        golden.check("http_verdict_logged", &verdict_with_its_place());
    }
    golden.check("http_verdict_panel_short", &Verdict { why, ..verdict(Outcome::NoQuorum) });
    for state in CaseState::ALL {
        golden.check(&format!("http_case_{}", state.as_str()), &case(state));
    }
    for (name, outcome) in [("hung", Outcome::Hung), ("no_quorum", Outcome::NoQuorum)] {
        golden.check(&format!("http_verdict_{name}"), &verdict(outcome));
    }
    let lost = Verdict { reason: Some(TALLY_LOST.to_owned()), counts: None, ballots: 0, ..verdict(Outcome::Void) };
    golden.check("http_verdict_tally_lost", &lost);
    let too_few_left = Verdict { counts: Some(counts()), ballots: 47, ballots_before_loss: Some(90), ..lost };
    golden.check("http_verdict_too_few_left", &too_few_left);
    golden.check("http_case_tally_missing", &Case { tally_missing: true, ..case(CaseState::Sealed) });
    golden.check("http_extend", &Extend { by_s: 30 });
    let policy = RoomPolicy {
        min_open_s: 60,
        second_moderator: vec![GuardedStep::Close, GuardedStep::Void, GuardedStep::Extend],
        require: vec![RequiredRule::Blind, RequiredRule::FixedEnd],
        attempts_max: Some(2),
        counts_from: 10,
    };
    golden.check("http_policy", &policy);
    golden.check("http_policy_change", &PolicyChange { at_ms: OPENED_AT_MS, by: "shop".to_owned(), policy });
    let reason = Some("The wrong product was shown.".to_owned());
    let asked =
        AskedStep { step: GuardedStep::Void, by_s: None, reason, by: "mia".to_owned(), at_ms: OPENED_AT_MS + 1 };
    let bucket = uuid::Uuid::from_u128(0x01a2_03b5_27b4_7ec3_865e_b9e2_a7a1_b203);
    golden.check("http_case_from_reports", &Case { from_reports: Some(bucket), ..case(CaseState::Draft) });
    let clock = live_jury_protocol::RemedyClock {
        kind: live_jury_protocol::RemedyKind::Refund,
        due_ms: OPENED_AT_MS + 86_400_000,
        state: live_jury_protocol::RemedyState::Done,
        done_ms: Some(OPENED_AT_MS + 3_600_000),
    };
    let owing = Case { claim: Some(bucket), remedy_clock: Some(clock), ..case(CaseState::Decided) };
    golden.check("http_case_remedy", &owing);
    golden.check("http_case_asked", &Case { asked: Some(asked), ..case(CaseState::Open) });
    golden.check("http_revoke_jti", &Revoke { jti: Some("01a203b5".to_owned()), sub: None });
    golden.check("http_revoke_sub", &Revoke { jti: None, sub: Some("u_7".to_owned()) });
    golden.check("http_objection", &Objection { kind: ObjectionKind::Seal });
    golden.check("http_void", &Void { reason: "The wrong product was shown.".to_owned() });
    let entry = |by: &str, action, detail: Option<&str>, version| AuditEntry {
        at_ms: OPENED_AT_MS,
        by: by.to_owned(),
        by_kind: Actor::Moderator,
        action,
        detail: detail.map(str::to_owned),
        version,
        epoch: 1,
    };
    let items =
        vec![entry("mia", AuditAction::Opened, None, 2), entry("mia", AuditAction::Extended, Some("by 30 s"), 3)];
    golden.check("http_audit", &Page { items, next: None });
    golden.check("http_cases", &Page { items: vec![public(CaseState::Open)], next: Some(id().to_string()) });
    let unreadable = UnreadableCase { id: id(), place: Some(7), unreadable: true };
    let items = vec![ListedCase::Unreadable(unreadable), ListedCase::Case(Box::new(public(CaseState::Open)))];
    golden.check("http_cases_unreadable", &Page { items, next: None });
    let problem = |status, title: &str, code: &str, detail: &str, field: Option<&str>| Problem {
        kind: "about:blank".to_owned(),
        title: title.to_owned(),
        status,
        code: code.to_owned(),
        detail: detail.to_owned(),
        field: field.map(str::to_owned),
        next: None,
    };
    let field = Some("options[1].label");
    let wrong = problem(422, "Unprocessable Entity", "invalid_field", "is longer than 60 characters", field);
    golden.check("http_problem_field", &wrong);
    let away = problem(503, "Service Unavailable", "unavailable", "a store is away; try again", None);
    golden.check("http_problem", &away);
    let gone = problem(410, "Gone", "cursor_gone", "this cursor is not of the docket's present incarnation", None);
    golden.check("http_problem_cursor", &Problem { next: Some("0".repeat(80)), ..gone });
}

#[cfg(feature = "details")]
fn practice(golden: &mut Golden) {
    use live_jury_protocol::{ForgetJuror, OptionId, Practice, PracticeAnswer, PracticeItem, PracticeResult};
    let item = PracticeItem {
        id: "wool-share".parse().unwrap(),
        title: "Is “100% wool” misleading?".to_owned(),
        summary: "The label says 60% wool.".to_owned(),
        statements: Statements { buyer: "I paid for wool.".to_owned(), merchant: "It is in the details.".to_owned() },
        options: vec![option("buyer", "Support the buyer", false), option("merchant", "Support the merchant", false)],
    };
    let practice = Practice { item: Some(item), answered: 3, e: 2.84, level: 0 };
    golden.check("http_practice", &practice);
    golden.check("http_practice_done", &Practice { item: None, answered: 14, e: 15.5, level: 1 });
    let chosen: OptionId = "buyer".parse().unwrap();
    golden.check("http_practice_answer", &PracticeAnswer { option: chosen.clone() });
    let why = "The host named a share that is not true.".to_owned();
    golden.check("http_practice_result", &PracticeResult { right: chosen, why, e: 11.45, level: 1 });
    golden.check("http_forget_juror", &ForgetJuror { sub: "u_7".to_owned() });
}

#[test]
fn every_message_is_as_the_golden_file_has_it() {
    let mut golden = Golden::default();
    client_frames(&mut golden);
    answers(&mut golden);
    views(&mut golden);
    http(&mut golden);
    assert!(golden.wrong.is_empty(), "{}", golden.wrong.join("\n"));
    let files = std::fs::read_dir(Golden::folder()).unwrap();
    let files: BTreeSet<_> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    let files = files.into_iter().filter(|file| cfg!(feature = "details") || !OF_DETAILS.contains(&file.as_str()));
    assert_eq!(files.collect::<BTreeSet<_>>(), golden.names, "a file for each message, and no other");
}

/// A frame without a golden file does not compile here.
#[test]
fn every_kind_of_frame_has_a_golden_file() {
    fn of_client(frame: &ClientFrame) -> &'static str {
        match frame {
            ClientFrame::Join { .. } => "client_join",
            ClientFrame::Cast { .. } => "client_cast",
            ClientFrame::Renew { .. } => "client_renew",
            ClientFrame::Receipt { .. } => "client_receipt",
        }
    }
    fn of_server(frame: &ServerFrame) -> &'static str {
        match frame {
            ServerFrame::Welcome(_) => "server_welcome",
            ServerFrame::Docket { .. } => "server_docket",
            ServerFrame::Ballot { .. } => "server_ballot",
            ServerFrame::Refused { .. } => "server_refused",
            ServerFrame::Receipt { .. } => "server_receipt",
            ServerFrame::NoReceipt { .. } => "server_no_receipt",
            ServerFrame::Tally(_) => "server_tally",
            #[cfg(feature = "details")]
            ServerFrame::Called { .. } => "server_called",
            ServerFrame::Presence { .. } => "server_presence",
            ServerFrame::Stats(_) => "server_stats",
            ServerFrame::Draining { .. } => "server_draining",
            ServerFrame::Error { .. } => "server_error",
            ServerFrame::Unknown => "unknown",
        }
    }
    let mut kinds = BTreeSet::new();
    for file in std::fs::read_dir(Golden::folder()).unwrap() {
        let file = file.unwrap();
        let (name, text) = (file.file_name().into_string().unwrap(), std::fs::read_to_string(file.path()).unwrap());
        let kind = match name.split('_').next() {
            Some("client") => of_client(&serde_json::from_str(&text).unwrap()),
            Some("server") => of_server(&serde_json::from_str(&text).unwrap()),
            _ => continue,
        };
        assert!(name.starts_with(kind), "{name} holds a {kind}");
        kinds.insert(kind);
    }
    assert_eq!(kinds.len(), 4 + 11 + usize::from(cfg!(feature = "details")), "{kinds:?}");
}

/// The decoder that reads `type` first and serde's own decoder must agree on every frame, but for fields that no
/// page uses.
#[test]
fn both_decoders_read_the_same_frame() {
    let mut frames = 0;
    for file in std::fs::read_dir(Golden::folder()).unwrap() {
        let file = file.unwrap();
        if !file.file_name().into_string().unwrap().starts_with("server_") {
            continue;
        }
        let text = std::fs::read_to_string(file.path()).unwrap();
        let mut fields: serde_json::Value = serde_json::from_str(&text).unwrap();
        fields.as_object_mut().unwrap().remove("request");
        let mut expected: ServerFrame = serde_json::from_value(fields.clone()).unwrap();
        if let ServerFrame::Called { place, side, .. } = &mut expected {
            (*place, *side) = (0, None);
        }
        let by_type = serde_json::json!({ fields["type"].as_str().unwrap(): fields });
        assert_eq!(ServerFrameByType::deserialize(by_type).unwrap(), expected, "{file:?}");
        frames += 1;
    }
    assert!(frames > 9, "{frames}");
    let later = ServerFrameByType::deserialize(serde_json::json!("applause")).unwrap();
    assert_eq!(later, ServerFrame::Unknown);
}

/// Additions of a later version must not disturb this one.
#[test]
fn unknown_frames_and_fields_are_ignored() {
    let later: ServerFrame = serde_json::from_str(r#"{"type":"applause","by":7}"#).unwrap();
    assert_eq!(later, ServerFrame::Unknown);
    let more: ServerFrame = serde_json::from_str(r#"{"type":"presence","viewers":3,"hosts":1}"#).unwrap();
    assert_eq!(more, ServerFrame::Presence { viewers: 3 });
    let text = serde_json::to_string(&case(CaseState::Open)).unwrap().replacen('{', r#"{"mood":[1],"#, 1);
    assert_eq!(serde_json::from_str::<Case>(&text).unwrap(), case(CaseState::Open));
    assert_eq!(serde_json::to_string(&Side::Merchant).unwrap(), "\"merchant\"");
}

/// Replaces a value deep inside a golden message, and reads the result.
fn with_value<T: DeserializeOwned>(golden: &impl Serialize, pointer: &str, value: &str) -> T {
    let mut message = serde_json::to_value(golden).unwrap();
    *message.pointer_mut(pointer).unwrap() = value.into();
    serde_json::from_value(message).unwrap()
}

#[test]
fn a_value_of_a_later_version_is_read_as_unknown() {
    let case = case(CaseState::Decided);
    let later = |pointer: &str| with_value::<Case>(&case, pointer, "a_later_value");
    assert_eq!(later("/state").state, CaseState::Unknown);
    assert_eq!(later("/closed_by").closed_by, Some(ClosedBy::Unknown));
    assert_eq!(later("/rules/reveal").rules.reveal, Reveal::Unknown);
    assert_eq!(later("/verdict/outcome").verdict.unwrap().outcome, Outcome::Unknown);
    let fair = |pointer: &str| with_value::<NewCase>(&fair_case(), pointer, "a_later_value");
    assert_eq!(fair("/rules/raid").rules.raid, Raid::Unknown);
    let hung = Verdict { why: Some(Why::NotBalanced), ..verdict(Outcome::Hung) };
    assert_eq!(with_value::<Verdict>(&hung, "/why", "a_later_value").why, Some(Why::Unknown));
    assert_eq!(later("/evidence/0/type").evidence.unwrap()[0].kind, EvidenceKind::Unknown);
    assert_eq!(later("/evidence/0/by").evidence.unwrap()[0].by, Party::Unknown);
    let read = |text: &str| serde_json::from_str::<ServerFrame>(text).unwrap();
    let refused = read(r#"{"type":"refused","case":"c","option":"o","reason":"a_later_value"}"#);
    assert!(matches!(refused, ServerFrame::Refused { reason: Refusal::Unknown, .. }), "{refused:?}");
    let ballot = format!(r#"{{"type":"ballot","case":"{}","option":"o","status":"later","epoch":1,"change":0}}"#, id());
    assert!(matches!(read(&ballot), ServerFrame::Ballot { status: BallotStatus::Unknown, .. }));
    let welcome =
        r#"{"type":"welcome","room":"r","role":"later","server_time_ms":0,"token_expires_at_ms":0,"ballots":[]}"#;
    assert!(matches!(read(welcome), ServerFrame::Welcome(Welcome { role: Role::Unknown, .. })));
    let stats = r#"{"type":"stats","viewers":0,"nodes":1,"ballots_per_s":0,"refused":{"closed":2,"later":3}}"#;
    let ServerFrame::Stats(stats) = read(stats) else { panic!("not stats") };
    assert_eq!(stats.refused, [(Refusal::Closed, 2), (Refusal::Unknown, 3)].into());
    let error = read(r#"{"type":"error","code":"later","detail":""}"#);
    assert!(matches!(error, ServerFrame::Error { code: FrameError::Unknown, .. }));
}

/// A catch-all accepts another name, not another type.
#[test]
fn a_value_of_the_wrong_type_is_still_an_error() {
    for state in ["5", "null", "{}", "[]"] {
        assert!(serde_json::from_str::<CaseState>(state).is_err(), "{state}");
    }
}
