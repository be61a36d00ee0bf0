//! The texts about a party in Simplified Chinese.

use super::PartyTexts;
use crate::i18n::isolated;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
const HOUR_MS: i64 = 60 * 60 * 1_000;

pub(super) const PARTY: PartyTexts = PartyTexts {
    standing: "违规记分",
    points_total: |points| match points {
        0 => "180 天内没有记分。".to_owned(),
        points => format!("180 天内共记 {points} 分。"),
    },
    points_end: |points, date| format!("最近到期：{points} 分，{date}。"),
    tier: |kind, tier| {
        Some(match (kind, tier) {
            (_, "clear") => "状态良好。",
            ("host", "warned") => "警告：展示不多于一般主播。",
            ("host", "limited") => "限制：展示减少。",
            ("host", "suspended") => "暂停：不予展示。",
            (_, "notice") => "提醒：尚无限制，继续记分将影响展示。",
            (_, "warned") => "警告：展示不多于一般店铺。",
            (_, "limited") => "限制：展示减少，不得上新。",
            (_, "suspended") => "暂停：店铺不予展示。",
            (_, "ban_proposed") => "暂停，并由人工决定是否封禁。",
            _ => return None,
        })
    },
    names_nobody: "此链接未说明你的身份，应由平台在链接中写入编号。",

    measures: "处置措施",
    measure: |kind, until| {
        Some(match kind {
            "no_boost" => format!("{until} 前曝光系数上限 1。"),
            "limit" => format!("{until} 前曝光系数上限 0.85，不得上新。"),
            "suspend" => format!("{until} 前不予展示。"),
            "ban" => "已封禁：不予展示，直至管理员或申诉解除。".to_owned(),
            "probation" => format!("{until} 前为观察期：商品先审后上，曝光系数上限 1。"),
            "refuse" => "申请被拒：不得销售，直至管理员或申诉解除。".to_owned(),
            _ => return None,
        })
    },
    measure_since: |date, points| format!("自 {date} 起，当时 {points} 分。"),
    account_ends: |date| format!("商品已下架，账号于 {date} 终止。"),
    lifted: |reason| match reason {
        "reversed" => "已解除：所依据的违规不再计入。",
        "overturned" => "已因申诉解除。",
        "unbanned" => "已由管理员解除。",
        "completed" => "已完成 50 单，提前结束。",
        _ => "已解除。",
    },
    is_over: "已结束。",
    statement: "理由说明",
    earlier: "以往记录",

    violations: "违规",
    no_violations: "没有违规记录。",
    violation: |points, title, clause, who, date| {
        format!("记 {points} 分：{}（第 {clause} 条），{who}裁定，有效至 {date}。", isolated(title))
    },
    proposed: |points, title, clause| {
        format!("拟记 {points} 分：{}（第 {clause} 条），待管理员确认。", isolated(title))
    },
    void: |title, clause, reason| {
        let why = match reason {
            "dismissed" => "管理员不予认定",
            "overturned" => "申诉成立",
            "withdrawn" => "管理员撤回",
            _ => "无效",
        };
        format!("不记分：{}（第 {clause} 条），{why}。", isolated(title))
    },
    source: |source| {
        Some(match source {
            "jury" => "评审团",
            "moderator" => "管理员",
            "authority" => "监管部门",
            "screening" => "商品审核",
            "claim" => "索赔",
            _ => return None,
        })
    },
    facts: "认定的事实",
    moderators_words: "管理员的理由",
    holds_back: "申诉期间，其记分不引起新的措施。",
    expired: "记分已到期。",

    drafts: "贵店陈述",
    draft: |title| match title {
        Some(title) => format!("有案件正在准备：{}。请在开启前提交陈述。", isolated(title)),
        None => "有案件正在准备。请在开启前提交陈述。".to_owned(),
    },
    draft_product: "商品",
    draft_side: "希望评审了解的情况",
    draft_send: "提交陈述",
    draft_given: "陈述已写入草案，开启前可以修改。",

    appeals: "申诉",
    no_appeals: "没有申诉。",
    appeal_free: |jury_until, until| match jury_until {
        Some(first) => format!("免费申诉：{first} 前第二次评审，{until} 前由另一管理员裁决。"),
        None => format!("免费申诉：{until} 前由另一管理员裁决。"),
    },
    appeal: "申诉…",
    appeal_once: "只能申诉一次。申诉不会对贵店产生不利影响。",
    appeal_text: "为什么不正确？",
    appeal_evidence: "证据（选填）",
    appeal_evidence_hint: "每行一个 https 地址，最多 10 个。",
    file_appeal: "提交申诉",
    appeal_against: |title| format!("申诉对象：{}", isolated(title)),
    appeal_state: |state| {
        Some(match state {
            "filed" => "已提交",
            "in_court" => "第二次评审中",
            "in_review" => "由另一管理员审理",
            "confirmed" => "已裁决：维持",
            "overturned" => "申诉成立：视为从未发生",
            "withdrawn" => "已撤回",
            _ => return None,
        })
    },
    appeal_due: |state, date, left| format!("{state}。应于 {date} 前答复（{left}）。"),
    review_reason: |reason| {
        Some(match reason {
            "not_a_verdict" => "并非评审团裁定，由另一管理员裁决。",
            "too_late" => "第二次评审的 72 小时已过。",
            "appealed" => "该裁定此前已被申诉。",
            "key_changed" => "已无法得知首次评审的成员。",
            "refused" => "该直播间无法受理案件。",
            "not_opened" => "案件五天内未开启。",
            "discarded" => "案件草稿已丢弃。",
            "no_verdict" => "第二次评审未得出裁定。",
            _ => return None,
        })
    },
    withdraw_appeal: "撤回申诉…",
    withdraw_appeal_effect: "原决定维持，且不能再次申诉。",
    left: |_, left_ms| {
        let size = left_ms.abs();
        let text =
            if size >= 2 * DAY_MS { format!("{} 天", size / DAY_MS) } else { format!("{} 小时", size / HOUR_MS) };
        if left_ms < 0 { format!("已逾期 {text}") } else { format!("还剩 {text}") }
    },

    confirm: "确认…",
    confirm_effect: |points, date| {
        format!(
            "当事方记 {points} 分，有效至 {date}；达到相应档位时措施立即生效。当事方可见理由并可申诉，其他管理员可以撤回。"
        )
    },
    dismiss: "不予认定…",
    dismiss_effect: "不计入任何记录，视为从未发生。同一案件不能再次提出。",
    withdraw: "撤回…",
    withdraw_effect: "视为从未发生：记分取消，依赖这些记分的措施一并解除。",
    uphold: "维持…",
    uphold_effect: "申诉所针对的决定保持不变，且不能再次申诉。",
    overturn: "推翻…",
    overturn_effect: "申诉所针对的决定视为从未发生：记分、措施和展示一并恢复。",
    ban_title: "封禁",
    ban: "封禁…",
    ban_effect: "店铺即刻不予展示，商品下架。售假、违禁、规避封禁和伪造证据的，账号立即终止，其余在 30 天后终止。当事方可见理由，\
                 并可在 180 天内申诉；你或其他管理员可随时解除。",
    ban_for: "封禁依据：",
    unban: "解除封禁…",
    unban_effect: "封禁立即结束。记分和其他措施保持不变。",

    unfounded: "不成立…",
    release: "放行…",
    ask_jury: "交评审团…",
    on_probation: "转入观察期…",
    refuse: "拒绝…",
    grant: "同意…",
    deny: "不予支持…",

    words: "理由（当事方可见）",
    words_hint: "20 至 2,000 字。",
    do_it: "执行",
    problem: |code| {
        Some(match code {
            "not_found" => "该记录已不存在，或你无权查看。",
            "version_mismatch" | "conflict" => "已有他人先行处理。当前显示的是最新状态。",
            "not_proposed" => "该违规已不是待确认状态。",
            "not_active" => "该违规未生效。",
            "appealed" => "此前已申诉过。",
            "appeal_too_late" => "申诉期限已过。",
            "same_moderator" => "你已在此事项中作出过决定，申诉须由另一管理员裁决。",
            "below_ban" => "封禁需要 48 分。",
            "decided" => "已经裁决。",
            "not_a_draft" => "案件已开启或已结束。",
            "not_configured" => "此服务器未配置该功能。",
            "unknown_policy" => "没有该政策。",
            "words_needed" => "此步骤需要至少 20 字的理由。",
            _ => return None,
        })
    },
};
