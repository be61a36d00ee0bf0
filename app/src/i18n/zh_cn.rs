//! The viewer's texts in Simplified Chinese.

use live_jury_protocol::{Outcome, Party, Refusal, TALLY_LOST};

use super::isolated;
use super::viewer::ViewerTexts;
use crate::socket::Failure;

pub(super) const VIEWER: ViewerTexts = ViewerTexts {
    name: "直播小法庭",
    expand: "展开评审",
    collapse: "收起",
    cases: "案件",
    case_of: |lang, at, of| format!("第 {} 件，共 {} 件", lang.number(at), lang.number(of)),
    vote_open: "立即投票",
    viewers: |lang, count| format!("{} 人在看", lang.number(count)),

    connecting: "正在进入房间…",
    connecting_hint: "请稍候。",
    nothing_open: "暂无进行中的案件",
    nothing_open_hint: "有新案件时会显示在这里，届时即可投票。",
    reconnecting: "连接已断开，正在重新连接…",
    reconnecting_vote_in: "连接已断开，正在重新连接…你的投票已计入。",
    reconnecting_vote_pending: "连接已断开。你的投票已保存，恢复连接后会自动发送。",
    signing_in: "登录用时较长，正在重试…",
    failed: "无法显示评审",
    failure: |failure| match failure {
        Failure::NoToken(_) => "本页面未能完成登录。请刷新页面；若仍无效，请重新登录。",
        Failure::TokenRejected => "你的登录已过期。请刷新页面后继续。",
        Failure::TokenTooLong => "你的登录凭证过长，无法使用，请告知网站。",
        Failure::NotAllowed => "你的登录不适用于此房间。请通过房间链接重新进入。",
        Failure::Replaced => "你已在另一个窗口打开此房间，评审在那里继续。",
        Failure::Ended => "连接已结束。",
        Failure::Protocol => "页面版本过旧。请刷新页面后继续。",
        Failure::BadAddress(_) => "本页面上的评审地址有误，请告知网站。",
    },
    try_again: "重试",
    use_here: "在此继续",

    time_left: "剩余时间",
    closes_at: |lang, at_ms| format!("{} 截止投票", lang.time(at_ms)),
    spoken_thirty: "投票还剩 30 秒。",
    spoken_ten: "投票还剩 10 秒。",
    spoken_end: "投票已截止。",
    spoken_opened: |title| format!("有案件开放投票：{title}"),

    both_sides: "双方陈述",
    buyer_says: "买家陈述",
    merchant_says: "商家陈述",
    no_statement: "未提交陈述。",
    read_more: "阅读全文",
    read_less: "收起",
    evidence: |lang, count| format!("证据（{}）", lang.number(count)),
    evidence_by: |by| match by {
        Party::Buyer => "买家提供",
        Party::Merchant => "商家提供",
        Party::Platform => "平台提供",
        Party::Unknown => "其他方提供",
    },
    evidence_at: |clock| format!("直播 {clock} 处"),
    evidence_image: "图片（无说明）",
    open_image: "查看图片",
    watch_video: "观看视频",
    open_link: "打开链接",
    opens_new_tab: "在新标签页中打开",
    evidence_blocked: "该地址无法安全打开。",

    your_vote: "你的投票",
    submit: "提交投票",
    choose_first: "请选择一个选项后投票。",
    change_vote: "更改投票",
    keep_vote: "保持不变",
    sending: "正在提交你的投票…",
    sending_again: "正在再次确认你的投票…",
    vote_is_in: "你的投票已计入",
    you_chose: |label| format!("你选择了“{}”。", isolated(label)),
    vote_in_as: |label| format!("你的投票已计入，你选择了“{}”。", isolated(label)),
    space: "",
    vote_is_final: "投票保密，且不可更改。",
    vote_may_change: "投票保密，截止前可以更改。",
    may_lose: "若出现技术故障，选票可能丢失。",
    voted_elsewhere: "你已在其他窗口或设备上投票，那一票有效，这一票不计入。",
    refusal: |reason| match reason {
        Refusal::UnknownCase => "该案件已不存在，你的投票未计入。",
        Refusal::NotAJuror => "当前身份可以观看，但不能投票。",
        Refusal::Anonymous => "登录后即可投票；未登录时可以观看。",
        Refusal::NotOpen => "投票尚未开始，请在开始后再试。",
        Refusal::Closed => "你的投票到达时投票已截止，未计入。",
        Refusal::UnknownOption => "该选项已不可用，请重新选择。",
        Refusal::Recused => "你与本案有关，不能参与投票。",
        Refusal::AccountTooNew => "你的账号注册时间过短，不能对本案投票，但可以观看。",
        Refusal::AlreadyVoted => "你已经投过票，那一票有效，这一票不计入。",
        Refusal::Busy => "投票人数较多，正在重新提交你的投票…",
        Refusal::Unavailable => "暂时无法接收投票，正在重新提交…",
        Refusal::Unknown => "你的投票未计入。请刷新页面后重试。",
    },
    watching_only: "仅观看",
    watching_anon: "登录后即可投票；未登录时可以观看。",
    watching_role: "当前身份可以观看，但不能投票。",

    votes_in: |lang, ballots| format!("已投 {} 票", lang.number(ballots)),
    quorum: |lang, ballots, quorum| {
        if ballots >= quorum {
            format!("已达到有效票数（需 {} 票）", lang.number(quorum))
        } else {
            format!("还需 {} 票才能得出结果", lang.number(quorum - ballots))
        }
    },
    counts_after_vote: "为避免影响判断，投票后才显示票数。",
    counts_after_close: "为避免影响判断，截止后才显示票数。",
    counts_soon: "票数即将显示。",
    results_so_far: "当前票数",
    option_share: |lang, votes, share| match share {
        Some(share) => format!("{}，{} 票", lang.percent(share), lang.number(votes)),
        None => format!("{} 票", lang.number(votes)),
    },
    abstained: "计入有效票数，不支持任何一方",

    sealed: "投票已截止",
    sealed_hint: "正在记录投票，结果马上公布。",
    later_hint: "因技术故障，暂时无法读取投票，结果可能稍后公布。",
    verdict: "结果",
    outcome: |outcome| match outcome {
        Outcome::Decided => "评审已有结果",
        Outcome::Hung => "评审意见不一",
        Outcome::NoQuorum => "票数不足",
        Outcome::Void => "案件已取消",
        Outcome::Unknown => "案件已结束",
    },
    outcome_hint: |lang, outcome, threshold, quorum| match outcome {
        Outcome::Decided | Outcome::Unknown => String::new(),
        Outcome::Hung => format!("没有一方的得票超过 {}。", lang.percent(threshold)),
        Outcome::NoQuorum => format!("至少需要 {} 票才能得出结果。", lang.number(quorum)),
        Outcome::Void => "本案没有结果，所有投票均不计入。".to_owned(),
    },
    void_reason: |reason| match reason {
        Some(TALLY_LOST) => "因技术故障，计票数据丢失。".to_owned(),
        Some(reason) => reason.to_owned(),
        None => "未说明原因。".to_owned(),
    },
    winner: |label| label.to_owned(),
    remedy: "处理结果",
    remedy_not_applied: "本案不产生处理结果。",
    closed_by_deadline: "按时截止",
    closed_by_moderator: "由管理员截止",
    extended_by: |lang, seconds| {
        if seconds >= 60 && seconds.is_multiple_of(60) {
            format!("延长了 {} 分钟", lang.number(seconds / 60))
        } else {
            format!("延长了 {} 秒", lang.number(seconds))
        }
    },
    decided_at: |lang, at_ms| lang.date_time(at_ms),
    past_verdicts: "往期结果",
    back: "返回",
    about: "案情",
    kind: |kind| match kind {
        "false_advertising" => Some("虚假宣传"),
        "counterfeit" => Some("假冒商品"),
        "not_as_described" => Some("货不对板"),
        "after_sales" => Some("售后纠纷"),
        "host_conduct" => Some("主播行为"),
        _ => None,
    },
    attempt: |lang, number| format!("同一争议第 {} 案", lang.number(number)),
    recused: |lang, viewers| format!("{} 人回避", lang.number(viewers)),
};
