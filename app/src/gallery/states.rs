//! Every state of the widget by name, and the server frames that lead to it.

use live_jury_protocol::{
    BallotStatus, Case, CaseState, ClosedBy, Counts, Outcome, OwnBallot, Panel, PanelBallots, RemedyState, Role, Rules,
    ServerFrame, Tally, Verdict, Welcome, Why,
};

use super::cases::{GalleryIds, NOW_MS, evidence, remedy, returned, silk};
use crate::i18n::Lang;
use crate::socket::{Connection, DisconnectCause, Failure};
use crate::widget::WidgetSnapshot;

/// Viewers of the gallery's room.
const VIEWERS: u64 = 1_284;

/// A state of the widget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Connecting,
    NothingOpen,
    Open,
    Pending,
    Voted,
    Sealed,
    Decided,
    RemedyOwed,
    RemedyDone,
    RemedyLate,
    RemedyPast,
    Hung,
    NoQuorum,
    Void,
    Panel,
    Called,
    PanelDecided,
    PanelShort,
    ThinMargin,
    NotBalanced,
    SidesDisagree,
    SidesShort,
    SidesUnknown,
    LateCohort,
    Watching,
    Reconnecting,
    Failed,
    Several,
    Evidence,
    Pill,
}

impl State {
    pub(super) const ALL: [State; 30] = [
        State::Connecting,
        State::NothingOpen,
        State::Open,
        State::Pending,
        State::Voted,
        State::Sealed,
        State::Decided,
        State::RemedyOwed,
        State::RemedyDone,
        State::RemedyLate,
        State::RemedyPast,
        State::Hung,
        State::NoQuorum,
        State::Void,
        State::Panel,
        State::Called,
        State::PanelDecided,
        State::PanelShort,
        State::ThinMargin,
        State::NotBalanced,
        State::SidesDisagree,
        State::SidesShort,
        State::SidesUnknown,
        State::LateCohort,
        State::Watching,
        State::Reconnecting,
        State::Failed,
        State::Several,
        State::Evidence,
        State::Pill,
    ];

    /// The state's name in the address.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::NothingOpen => "nothing-open",
            Self::Open => "open",
            Self::Pending => "pending",
            Self::Voted => "voted",
            Self::Sealed => "sealed",
            Self::Decided => "decided",
            Self::RemedyOwed => "remedy-owed",
            Self::RemedyDone => "remedy-done",
            Self::RemedyLate => "remedy-late",
            Self::RemedyPast => "remedy-past",
            Self::Hung => "hung",
            Self::NoQuorum => "no-quorum",
            Self::Void => "void",
            Self::Panel => "panel",
            Self::Called => "called",
            Self::PanelDecided => "panel-decided",
            Self::PanelShort => "panel-short",
            Self::ThinMargin => "thin-margin",
            Self::NotBalanced => "not-balanced",
            Self::SidesDisagree => "sides-disagree",
            Self::SidesShort => "sides-short",
            Self::SidesUnknown => "sides-unknown",
            Self::LateCohort => "late-cohort",
            Self::Watching => "watching",
            Self::Reconnecting => "reconnecting",
            Self::Failed => "failed",
            Self::Several => "several",
            Self::Evidence => "evidence",
            Self::Pill => "pill",
        }
    }

    /// The state's label in a language.
    pub(super) const fn label(self, lang: Lang) -> &'static str {
        let (en, zh) = match self {
            Self::Connecting => ("Connecting", "连接中"),
            Self::NothingOpen => ("Nothing open", "暂无案件"),
            Self::Open => ("Open", "投票中"),
            Self::Pending => ("Vote on its way", "投票发送中"),
            Self::Voted => ("Vote is in", "已投票"),
            Self::Sealed => ("Sealed", "已截止"),
            Self::Decided => ("Decided", "已裁定"),
            Self::RemedyOwed => ("Remedy owed", "处理待完成"),
            Self::RemedyDone => ("Remedy done", "处理已完成"),
            Self::RemedyLate => ("Remedy late", "处理逾期"),
            Self::RemedyPast => ("Remedies of earlier results", "往期结果的处理"),
            Self::Hung => ("Hung", "未达成多数"),
            Self::NoQuorum => ("No quorum", "票数不足"),
            Self::Void => ("Void", "已取消"),
            Self::Panel => ("A panel decides", "评审组裁定"),
            Self::Called => ("Drawn for the panel", "被抽中"),
            Self::PanelDecided => ("Decided by a panel", "评审组已裁定"),
            Self::PanelShort => ("Panel too small", "评审组投票过少"),
            Self::ThinMargin => ("Lead too small", "领先过小"),
            Self::NotBalanced => ("Not balanced", "权重相同时不领先"),
            Self::SidesDisagree => ("Sides disagree", "双方不一致"),
            Self::SidesShort => ("Too few of a side", "一方过少"),
            Self::SidesUnknown => ("Sides unknown", "身份不明"),
            Self::LateCohort => ("Latecomers disagree", "后到者不同"),
            Self::Watching => ("Watching only", "仅观看"),
            Self::Reconnecting => ("Reconnecting", "重新连接"),
            Self::Failed => ("Failed", "无法显示"),
            Self::Several => ("Several cases", "多个案件"),
            Self::Evidence => ("With evidence", "含证据"),
            Self::Pill => ("Collapsed", "收起"),
        };
        match lang {
            Lang::En => en,
            Lang::ZhCn => zh,
        }
    }

    /// The rule that kept the jury of the state from a decision.
    const fn why(self) -> Option<Why> {
        match self {
            Self::PanelShort => Some(Why::PanelShort),
            Self::ThinMargin => Some(Why::ThinMargin),
            Self::NotBalanced => Some(Why::NotBalanced),
            Self::SidesDisagree => Some(Why::SidesDisagree),
            Self::SidesShort => Some(Why::SidesShort),
            Self::SidesUnknown => Some(Why::SidesUnknown),
            Self::LateCohort => Some(Why::LateCohort),
            _ => None,
        }
    }

    /// The frames that lead to the state. The demo's files are at `origin`.
    pub(super) fn scene(self, lang: Lang, ids: &GalleryIds, origin: &str) -> WidgetSnapshot {
        let open = silk(lang, ids);
        let mut scene = WidgetSnapshot {
            frames: vec![welcome(ids, Vec::new()), ServerFrame::Presence { viewers: VIEWERS }],
            now_ms: NOW_MS,
            ..WidgetSnapshot::default()
        };
        let mut room = FrameBuilder { scene: &mut scene, ids, rev: 0 };
        match self {
            Self::Connecting => {
                scene = WidgetSnapshot { connection: Connection::Connecting, ..WidgetSnapshot::default() }
            }
            Self::NothingOpen => room.docket(vec![
                decided(returned(lang, ids), verdict(Outcome::Decided, ids)),
                decided(open, verdict(Outcome::Hung, ids)),
            ]),
            Self::Open => room.open(open, None),
            Self::Pending => {
                let cast = (open.id, ids.buyer.clone());
                room.open(open, None);
                scene.cast = Some(cast);
            }
            Self::Voted => room.vote(open),
            Self::Sealed => {
                room.vote(open.clone());
                room.docket(vec![Case { state: CaseState::Sealed, ..open }]);
            }
            Self::Decided => room.end(open, Outcome::Decided),
            Self::RemedyOwed => room.end(remedy(open, RemedyState::Owed), Outcome::Decided),
            Self::RemedyDone => room.end(remedy(open, RemedyState::Done), Outcome::Decided),
            Self::RemedyLate => room.end(remedy(open, RemedyState::Late), Outcome::Decided),
            Self::RemedyPast => {
                let past = |case, state| decided(remedy(case, state), verdict(Outcome::Decided, ids));
                room.docket(vec![past(returned(lang, ids), RemedyState::Owed), past(open, RemedyState::Late)]);
            }
            Self::Hung => room.end(open, Outcome::Hung),
            Self::NoQuorum => room.end(open, Outcome::NoQuorum),
            Self::Void => room.end(open, Outcome::Void),
            Self::Panel => room.open(with_panel(open), None),
            Self::Called => {
                let case = open.id;
                room.open(with_panel(open), None);
                scene.frames.push(ServerFrame::Called { case, place: 3, side: None });
            }
            Self::PanelDecided => {
                let verdict = Verdict { panel: Some(panel(ids, 15)), ..verdict(Outcome::Decided, ids) };
                room.end_with(with_panel(open), verdict);
            }
            Self::PanelShort => {
                let panel = PanelBallots { counts: None, ..panel(ids, 7) };
                let verdict = Verdict { why: self.why(), panel: Some(panel), ..verdict(Outcome::NoQuorum, ids) };
                room.end_with(with_panel(open), verdict);
            }
            Self::ThinMargin
            | Self::NotBalanced
            | Self::SidesDisagree
            | Self::SidesShort
            | Self::SidesUnknown
            | Self::LateCohort => room.end_with(open, withheld(self.why(), ids)),
            Self::Watching => {
                room.open(open, None);
                scene.anonymous = true;
            }
            Self::Reconnecting => {
                room.vote(open);
                scene.connection = Connection::Lost(DisconnectCause::Network);
            }
            Self::Failed => scene.connection = Connection::Failed(Failure::TokenRejected),
            Self::Several => {
                room.docket(vec![open, returned(lang, ids)]);
            }
            Self::Evidence => room.open(Case { evidence: Some(evidence(lang, origin)), ..open }, None),
            Self::Pill => {
                room.open(open, None);
                scene.small = true;
            }
        }
        scene
    }
}

/// Builds the server's frames.
struct FrameBuilder<'a> {
    scene: &'a mut WidgetSnapshot,
    ids: &'a GalleryIds,
    rev: u64,
}

impl FrameBuilder<'_> {
    fn docket(&mut self, cases: Vec<Case>) {
        self.rev += 1;
        self.scene.frames.push(ServerFrame::Docket { rev: self.rev, cases });
    }

    fn open(&mut self, case: Case, counts: Option<Counts>) {
        let tally = Tally { case: case.id, epoch: 1, rev: self.rev + 1, ballots: 47, counts };
        self.docket(vec![case]);
        self.scene.frames.push(ServerFrame::Tally(tally));
    }

    /// This viewer votes for the buyer, and therefore sees counts.
    fn vote(&mut self, case: Case) {
        let (id, option) = (case.id, self.ids.buyer.clone());
        self.open(case, Some(counts(self.ids, 31, 12)));
        let status = BallotStatus::Counted;
        self.scene.frames.push(ServerFrame::Ballot { case: id, option, status, epoch: 1, change: 0, request: None });
    }

    fn end(&mut self, case: Case, outcome: Outcome) {
        self.end_with(case, verdict(outcome, self.ids));
    }

    fn end_with(&mut self, case: Case, verdict: Verdict) {
        self.vote(case.clone());
        self.docket(vec![decided(case, verdict)]);
    }
}

fn welcome(ids: &GalleryIds, ballots: Vec<OwnBallot>) -> ServerFrame {
    ServerFrame::Welcome(Welcome {
        room: ids.room.clone(),
        role: Role::Viewer,
        server_time_ms: NOW_MS,
        token_expires_at_ms: u64::MAX,
        ballots,
        durable: true,
    })
}

fn counts(ids: &GalleryIds, buyer: u64, merchant: u64) -> Counts {
    Counts::from([(ids.buyer.clone(), buyer), (ids.merchant.clone(), merchant), (ids.abstain.clone(), 4)])
}

fn verdict(outcome: Outcome, ids: &GalleryIds) -> Verdict {
    let (buyer, merchant) = match outcome {
        Outcome::Decided => (31, 12),
        Outcome::Hung => (21, 21),
        Outcome::NoQuorum | Outcome::Void | Outcome::Unknown => (9, 5),
    };
    Verdict {
        option: (outcome == Outcome::Decided).then(|| ids.buyer.clone()),
        counts: (outcome != Outcome::Void).then(|| counts(ids, buyer, merchant)),
        ..Verdict::new(outcome, buyer + merchant + 4, NOW_MS)
    }
}

/// A verdict that one of the further rules withheld from the leading option.
fn withheld(why: Option<Why>, ids: &GalleryIds) -> Verdict {
    let counts = Some(counts(ids, 18, 24));
    Verdict { why, counts, ..verdict(Outcome::Hung, ids) }
}

/// The same case with a drawn panel of 15.
fn with_panel(case: Case) -> Case {
    let panel = Some(Panel { other: 15, ..Panel::default() });
    Case { rules: Rules { panel, ..case.rules }, ..case }
}

/// The panel's ballots, of which so many are counted.
fn panel(ids: &GalleryIds, counted: u64) -> PanelBallots {
    let (buyer, abstain) = (counted * 3 / 5, counted / 15);
    let merchant = counted - buyer - abstain;
    let counts = [(ids.buyer.clone(), buyer), (ids.merchant.clone(), merchant), (ids.abstain.clone(), abstain)];
    PanelBallots { seats: 15, counted, counts: Some(Counts::from(counts)) }
}

/// The case after its verdict. A void case was closed by a moderator.
fn decided(case: Case, verdict: Verdict) -> Case {
    let is_void = verdict.outcome == Outcome::Void;
    Case {
        state: if is_void { CaseState::Void } else { CaseState::Decided },
        closed_by: Some(if is_void { ClosedBy::Moderator } else { ClosedBy::Deadline }),
        closes_at_ms: Some(NOW_MS),
        verdict: Some(verdict),
        ..case
    }
}
