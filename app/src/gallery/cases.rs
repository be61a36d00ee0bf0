//! The invented cases of the gallery, in each language. They do not depend on the date.

use live_jury_protocol::{
    Case, CaseId, CaseOption, CaseState, Evidence, EvidenceKind, OptionId, Party, RemedyClock, RemedyState, RoomId,
    Rules, Statements,
};
#[cfg(feature = "details")]
use live_jury_protocol::{RemedyKind, Subject};
use uuid::Uuid;

use crate::i18n::Lang;

/// The gallery's current time, in Unix milliseconds. It is fixed, so that pictures can be compared.
pub(super) const NOW_MS: u64 = 1_772_482_500_000;
/// Time since the opening and time left of the open case, in milliseconds.
const OPEN_FOR_MS: u64 = 60_000;
const LEFT_MS: u64 = 90_000;
/// Time left for a remedy, in milliseconds.
const REMEDY_LEFT_MS: u64 = 72 * 60 * 60 * 1_000;

/// The ids of the gallery's room and options.
pub(super) struct GalleryIds {
    pub(super) room: RoomId,
    pub(super) buyer: OptionId,
    pub(super) merchant: OptionId,
    pub(super) abstain: OptionId,
}

impl GalleryIds {
    /// The ids; `None` only if one of them is malformed.
    pub(super) fn new() -> Option<Self> {
        Some(Self {
            room: "gallery".parse().ok()?,
            buyer: "buyer".parse().ok()?,
            merchant: "merchant".parse().ok()?,
            abstain: "abstain".parse().ok()?,
        })
    }
}

/// The texts of a case in one language.
struct CaseText {
    title: &'static str,
    kind: &'static str,
    summary: &'static str,
    buyer: &'static str,
    merchant: &'static str,
    remedy: &'static str,
    for_buyer: &'static str,
    for_merchant: &'static str,
    cannot_tell: &'static str,
}

const SILK: CaseText = CaseText {
    title: "Is the “100% pure mulberry silk” claim misleading?",
    kind: "false_advertising",
    summary: "On air the host called this scarf pure silk. The label of the scarf that arrived says 70% silk.",
    buyer: "I paid for pure silk because the host said so twice. The label sewn into mine says 70% silk.",
    merchant: "The listing says “silk blend”. The host read the card of another scarf, and we corrected it on air.",
    remedy: "Refund without return",
    for_buyer: "Support the buyer",
    for_merchant: "Support the merchant",
    cannot_tell: "Cannot tell",
};

const SILK_ZH: CaseText = CaseText {
    title: "“100% 纯桑蚕丝”的说法是否误导？",
    kind: "false_advertising",
    summary: "主播在直播中称这条围巾为纯桑蚕丝，买家收到的围巾标签上写着 70% 桑蚕丝。",
    buyer: "主播说了两次是纯桑蚕丝我才下单。我收到的围巾，缝着的标签写的是 70% 桑蚕丝。",
    merchant: "商品页写的是“桑蚕丝混纺”。主播念错了另一条围巾的卡片，我们当场在直播中更正了。",
    remedy: "仅退款，无需退货",
    for_buyer: "支持买家",
    for_merchant: "支持商家",
    cannot_tell: "无法判断",
};

const RETURN: CaseText = CaseText {
    title: "May the merchant refuse to take the scarf back?",
    kind: "after_sales",
    summary: "The buyer asked to return it on the eighth day; the parcel had been two days late.",
    buyer: "The parcel lay in the depot for two days. I asked six days after it was in my hands.",
    merchant: "Seven days from the delivery that the carrier reports: that is our rule for everybody.",
    remedy: "The return is accepted",
    for_buyer: "The return is in time",
    for_merchant: "The return is too late",
    cannot_tell: "Cannot tell",
};

const RETURN_ZH: CaseText = CaseText {
    title: "商家可以拒绝退回这条围巾吗？",
    kind: "after_sales",
    summary: "买家在第八天申请退货，而包裹晚到了两天。",
    buyer: "包裹在站点放了两天，我拿到手后第六天就申请了。",
    merchant: "以物流显示的签收日起七天为准，我们对所有人都是这样。",
    remedy: "接受退货",
    for_buyer: "未超过退货期",
    for_merchant: "已超过退货期",
    cannot_tell: "无法判断",
};

/// The case of every state, open.
pub(super) fn silk(lang: Lang, ids: &GalleryIds) -> Case {
    case(1, ids, if lang == Lang::ZhCn { &SILK_ZH } else { &SILK })
}

/// A second open case, for a room with several.
pub(super) fn returned(lang: Lang, ids: &GalleryIds) -> Case {
    let case = case(2, ids, if lang == Lang::ZhCn { &RETURN_ZH } else { &RETURN });
    Case { opened_at_ms: case.opened_at_ms.map(|at_ms| at_ms + 1), closes_at_ms: Some(NOW_MS + 2 * LEFT_MS), ..case }
}

fn case(number: u128, ids: &GalleryIds, text: &CaseText) -> Case {
    let option = |id: &OptionId, label: &str, abstain| CaseOption {
        id: id.clone(),
        label: label.to_owned(),
        abstain,
        #[cfg(feature = "details")]
        upholds: false,
    };
    Case {
        id: CaseId(Uuid::from_u128(number)),
        room: ids.room.clone(),
        kind: text.kind.to_owned(),
        title: text.title.to_owned(),
        summary: text.summary.to_owned(),
        #[cfg(feature = "details")]
        subject: Subject::default(),
        statements: Some(Statements { buyer: text.buyer.to_owned(), merchant: text.merchant.to_owned() }),
        evidence: Some(Vec::new()),
        options: vec![
            option(&ids.buyer, text.for_buyer, false),
            option(&ids.merchant, text.for_merchant, false),
            option(&ids.abstain, text.cannot_tell, true),
        ],
        rules: Rules::default(),
        remedy: Some(text.remedy.to_owned()),
        #[cfg(feature = "details")]
        policy: None,
        #[cfg(feature = "details")]
        remedy_kind: None,
        #[cfg(feature = "details")]
        remedy_due_h: None,
        state: CaseState::Open,
        version: 1,
        epoch: 1,
        #[cfg(feature = "details")]
        duration_s: None,
        #[cfg(feature = "details")]
        created_at_ms: NOW_MS - OPEN_FOR_MS,
        opened_at_ms: Some(NOW_MS - OPEN_FOR_MS),
        closes_at_ms: Some(NOW_MS + LEFT_MS),
        extended_s: 0,
        recused_count: 0,
        attempt: 1,
        #[cfg(feature = "details")]
        asked: None,
        #[cfg(feature = "details")]
        appeal_of: None,
        #[cfg(feature = "details")]
        from_reports: None,
        #[cfg(feature = "details")]
        claim: None,
        remedy_clock: None,
        #[cfg(feature = "details")]
        draw: None,
        closed_by: None,
        tally_missing: false,
        verdict: None,
    }
}

/// The same case with the clock of its remedy in this state.
pub(super) fn remedy(case: Case, state: RemedyState) -> Case {
    let clock = RemedyClock {
        #[cfg(feature = "details")]
        kind: RemedyKind::Refund,
        due_ms: NOW_MS + REMEDY_LEFT_MS,
        state,
        done_ms: (state == RemedyState::Done).then_some(NOW_MS),
    };
    Case { remedy_clock: Some(clock), ..case }
}

/// A picture, a video and a text, one from each party. The files are the demo's, at `origin`.
pub(super) fn evidence(lang: Lang, origin: &str) -> Vec<Evidence> {
    let zh = lang == Lang::ZhCn;
    let say = |en: &str, in_zh: &str| Some(if zh { in_zh } else { en }.to_owned());
    vec![
        Evidence {
            url: Some(format!("{origin}/demo/evidence/label.svg")),
            caption: say("The label of the scarf that arrived", "收到的围巾上的标签"),
            ..Evidence::empty(EvidenceKind::Image, Party::Buyer)
        },
        Evidence {
            url: Some(format!("{origin}/demo/evidence/listing.svg")),
            caption: say("The correction on air", "直播中的更正"),
            stream_at_ms: Some(1_394_000),
            ..Evidence::empty(EvidenceKind::Video, Party::Merchant)
        },
        Evidence {
            text: say(
                "Host: “One hundred per cent pure mulberry silk, feel the weight of it.”",
                "主播：“百分之百纯桑蚕丝，你们摸摸这个分量。”",
            ),
            caption: say("From the stream’s transcript", "直播文字记录"),
            stream_at_ms: Some(734_000),
            ..Evidence::empty(EvidenceKind::Text, Party::Platform)
        },
    ]
}
