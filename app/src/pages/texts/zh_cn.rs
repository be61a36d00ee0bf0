//! The texts of the console, the host view and the overlay in Simplified Chinese.

use live_jury_protocol::{Refusal, Role, limits};

use super::PageTexts;
use crate::i18n::isolated;
use crate::socket::Failure;

/// The rule of the field at `path`, from the limits of the protocol.
fn field_rule(path: &str) -> String {
    let text = |name: &str, most: usize| format!("{name}最多 {most} 个字符，须看得见，且不能含控制字符");
    // Drops the index of a list: `options[1].label` becomes `options.label`.
    let name: String = path.split('[').map(|part| part.split_once(']').map_or(part, |(_, rest)| rest)).collect();
    match name.as_str() {
        "title" => format!("标题须为 1 至 {} 个字符，须看得见，且不能含控制字符", limits::TITLE_CHARS_MAX),
        "summary" => text("案情摘要", limits::SUMMARY_CHARS_MAX),
        "statements.buyer" | "statements.merchant" => text("陈述", limits::STATEMENT_CHARS_MAX),
        "remedy" => text("处理方式", limits::REMEDY_CHARS_MAX),
        "policy" => "须为观众可评审的规则，填写其适用的商家或主播，并指定投诉成立的选项".to_owned(),
        "remedy_kind" => "处理类型须有处理方式".to_owned(),
        "remedy_due_h" => {
            format!("处理期限须为 {} 至 {} 小时，且须有处理方式", limits::REMEDY_DUE_H_MIN, limits::REMEDY_DUE_H_MAX)
        }
        "options.upholds" => "投诉成立的选项只能有一个，且不能是弃权".to_owned(),
        "reason" => format!("原因须为 1 至 {} 个字符，须看得见，且不能含控制字符", limits::REASON_CHARS_MAX),
        "kind" => format!("案件类型须为 1 至 {} 个小写字母、数字或下划线", limits::KIND_BYTES_MAX),
        "options" => format!(
            "选项须为 {} 至 {} 个，其中至少 {} 个不是弃权",
            limits::OPTIONS_MIN,
            limits::OPTIONS_MAX,
            limits::DECIDING_OPTIONS_MIN
        ),
        "options.label" => {
            format!(
                "选项名称须为 1 至 {} 个字符，须看得见、不含控制字符，且看上去与其他选项不同",
                limits::LABEL_CHARS_MAX
            )
        }
        "options.id" => "选项的 ID 重复".to_owned(),
        "evidence" => format!("证据最多 {} 项", limits::EVIDENCE_MAX),
        "evidence.url" => {
            format!("地址须为完整的 https 网址，最多 {} 个字符，不含空格、用户名或密码", limits::URL_BYTES_MAX)
        }
        "evidence.text" => {
            format!("文字内容须为 1 至 {} 个字符，须看得见，且不能含控制字符", limits::EVIDENCE_TEXT_CHARS_MAX)
        }
        "evidence.sha256" => format!("SHA-256 须为 {} 位十六进制数字，且须有地址", limits::SHA256_DIGITS),
        "evidence.caption" => text("说明", limits::CAPTION_CHARS_MAX),
        "duration_s" => format!("投票时长须为 {} 秒至 {} 小时", limits::DURATION_S_MIN, limits::DURATION_S_MAX / 3_600),
        "closes_at_ms" => {
            format!("截止时间须在开启后 {} 秒至 {} 小时之间", limits::DURATION_S_MIN, limits::DURATION_S_MAX / 3_600)
        }
        "by_s" => "延长后的截止时间超出上限".to_owned(),
        "rules.quorum" => format!("法定票数须为 {} 至 {}", limits::QUORUM_MIN, limits::QUORUM_MAX),
        "rules.threshold" => "通过比例须为 0 至 100（不含），最多两位小数".to_owned(),
        "rules.blind" => "盲投须在截止后才公布票数；直播间规则可能要求盲投".to_owned(),
        "rules.fixed_end" => "直播间规则要求固定结束".to_owned(),
        "subject" => "直播间规则要求填写订单，或商家与商品".to_owned(),
        "rules.allow_change" => "只有截止后才公布票数时才能允许改票".to_owned(),
        "rules.min_account_age_days" => format!("账号最短注册天数须为 0 至 {}", limits::ACCOUNT_AGE_DAYS_MAX),
        "rules.recused" => {
            format!(
                "回避的观众最多 {} 位，每个 ID 须为 1 至 {} 字节，首尾不能有空白或不可见字符",
                limits::RECUSED_MAX,
                limits::SUB_BYTES_MAX
            )
        }
        "case" => format!("整个案件最多 {} KB，请缩短内容", limits::CASE_BYTES_MAX / 1_024),
        name if name.starts_with("subject.") => {
            format!("关联信息须为 1 至 {} 个字符，首尾不能有空白或不可见字符", limits::SUBJECT_CHARS_MAX)
        }
        name => format!("“{name}”的内容不符合要求"),
    }
}

pub(super) const PAGES: PageTexts = PageTexts {
    console: "Live Jury 控制台",
    host_view: "直播中：",
    language: "语言",
    theme: "外观",
    theme_auto: "跟随系统",
    theme_light: "浅色",
    theme_dark: "深色",
    connected: "已连接",
    try_again: "重试",
    read_more: "加载更多",
    close_dialog: "关闭",
    cancel: "取消",

    token_missing: "链接中没有登录凭证",
    token_unreadable: "链接中的登录凭证无法识别",
    token_wrong_role: "此登录凭证不适用于本页面",
    token_wrong_room: "此登录凭证属于其他直播间",
    token_ended: "登录已过期",
    token_ends_soon: "登录将在两分钟后过期",
    token_ending: |clock| format!("登录将在 {clock} 后过期"),
    token_advice: |role| format!("请在本标签页中打开平台提供的新{role}链接。"),
    token_stays: "页面上的内容会保留。",
    role: |role| match role {
        Role::Viewer => "观众",
        Role::Moderator => "管理员",
        Role::Host => "主播",
        Role::Overlay => "直播叠加层",
        Role::Platform => "平台",
        #[cfg(feature = "details")]
        Role::Merchant => "商家",
        _ => "",
    },
    failure: |failure| match failure {
        Failure::NoToken(_) => "没有可用的登录凭证。",
        Failure::TokenRejected => "服务器不接受此登录凭证，或凭证已过期。",
        Failure::TokenTooLong => "登录凭证过长：最多 4,069 字节。",
        Failure::NotAllowed => "此登录凭证不适用于该直播间。",
        Failure::Replaced => "该直播间已在新窗口中打开。",
        Failure::Ended => "服务器已断开连接。",
        Failure::Protocol => "页面版本已过时，请刷新。",
        Failure::BadAddress(_) => "服务器地址有误。",
    },
    problem: |code| {
        Some(match code {
            "token_invalid" => "登录凭证无效或已过期，请打开平台提供的新链接。",
            "forbidden" => "您的登录凭证不允许此操作。",
            "not_found" => "该案件已不存在。",
            "too_early" => "尚不能截止：未到直播间规定的最短时间，或故障后正在重新收集投票。",
            "fixed_end" => "此案件的结束时间固定，不能提前截止或延长。",
            "answered" => "你已作答此案。",
            "appealed" => "此裁定已被申诉过。",
            "appeal_too_late" => "申诉须在 180 天内提出。",
            "already_applied" => "该编号此前已用其他资料提交过。",
            "not_covered" => "下单时没有生效的此类承诺。",
            "promise_ended" => "该承诺已发出终止通知，期满前不再变更。",
            "below_ban" => "封禁须满 48 分。",
            "decided" => "该事项已有结论，或正由评审裁决。",
            "not_active" => "该项已不再生效。",
            "not_proposed" => "该违规已不在待定状态。",
            "same_moderator" => "您曾参与此事，须由另一位管理员裁决。",
            "unknown_policy" => "平台没有这条规则。",
            "words_needed" => "此操作须附说明，至少 20 个字符。",
            "not_appealable" => "此裁定不能申诉。",
            "too_late" => "裁定只能在 72 小时内申诉。",
            "earlier_erased" => "此前的案件已被清除，无法得知谁参与过。",
            "key_changed" => "投票密钥已更换，无法得知此前谁参与过。",
            "judged_before" => "直播间规则不允许再次评审同一争议。",
            "clock_stepped" => "存储的时钟发生跳变，未作任何更改，请一分钟后再试。",
            "not_durable" => "存储可能丢失投票，暂不能开启案件。",
            "store_full" => "投票存储将满，暂不能开启案件。",
            "no_tally" => "此案件没有票数。",
            "too_many_requests" | "too_many_sockets" | "too_many_revocations" => "操作过于频繁，请稍后再试。",
            "malformed"
            | "unknown_field"
            | "method_not_allowed"
            | "upgrade_required"
            | "cursor_gone"
            | "idempotency_key_reused" => "页面版本已过时，请刷新。",
            "too_many" | "repeated" | "anonymous" | "not_a_juror" | "no_subject" | "not_configured" => {
                "此类举报不予受理。"
            }
            "too_many_cases" => "该直播间开放的案件已达上限，请先截止一个。",
            "not_look_alike" => "评审团只判断名称是否与某一品牌混淆，不处理其他拦截原因。",
            "not_logged" => "日志尚未签署到此案件，请稍后再试。",
            "too_large" => "此案件票数过多，无法放入一个文件。",
            "no_ballot" => "本案没有记录你的投票。",
            "not_recorded" => "案件尚未记录完成，请稍后再试。",
            "erased" => "此案件已被删除，日志中的条目仍保留。",
            "too_many_drafts" => "该直播间的草稿已达上限，请先丢弃一个。",
            "body_too_large" => "内容超出案件可容纳的大小。",
            "body_timeout" => "提交超时，请重试。",
            "origin_not_allowed" | "host_not_allowed" => "服务器不接受来自此页面地址的请求。",
            "version_mismatch" | "conflict" | "not_open" | "not_a_draft" => {
                "此案件已被他人更改，当前显示的是最新状态。"
            }
            "unavailable" => "存储暂不可用，未作任何更改，请稍后再试。",
            _ => return None,
        })
    },
    field_rule: |field| Some(field_rule(field)),
    refused: |detail, status| format!("操作未完成：{detail}（{status}）"),
    unreachable: "服务器没有响应，操作可能已生效也可能没有，请先确认再重试。",
    unreadable: "无法识别服务器的响应，请刷新页面。",

    rooms: "直播间",
    all_rooms: "全部直播间",
    add_room: "添加直播间",
    room_form: "直播间名称为 1 至 64 个字母、数字、- 或 _",
    remove_room: |room| format!("从控制台移除 {room}"),
    show_room: "进入",
    no_rooms: "请添加您负责的直播间，进行中的案件会并排显示在这里。",

    running: "进行中",
    nothing_running: "当前没有开放投票的案件。",
    open_state: "投票中",
    turnout: "投票进度",
    came_again: |lang, ballots, before| {
        format!("故障前有 {} 票，其后重新收到 {} 票。", lang.number(before), lang.number(ballots))
    },
    groups: "各群体的投票",
    group: "群体",
    group_buyers: "买家",
    group_merchants: "商家",
    group_present: "案件开启前已在场",
    group_late: "案件开启后进入",
    group_older: "注册满 30 天的账号",
    group_newer: "较新的账号",
    group_informed: "读完双方陈述",
    group_reason: |label| format!("理由：{}", isolated(label)),
    late_differ: |first, rest| format!("案件开启后进入的观众投票不同：{first} 与 {rest}。"),
    newer_differ: |first, rest| format!("较新的账号投票不同：{first} 与 {rest}。"),
    counts_blind: "票数：截止前隐藏。",
    counts_few: "票数：收到更多投票前隐藏。",
    quorum_met: "已达法定票数",
    of_quorum: |lang, _, quorum| format!(" 票，需 {} 票", lang.number(quorum)),
    threshold_mark: |percent| format!("标线：获胜须超过 {percent}%"),
    closes_at: |lang, at_ms| format!("将于 {} 截止", lang.date_time(at_ms)),
    ballot_rate: |lang, now, peak| format!("每秒 {} 票 · 峰值 {}", lang.number(now), lang.number(peak)),
    duration_short: |lang, seconds| match seconds {
        seconds if seconds >= 60 && seconds.is_multiple_of(60) => format!("{} 分钟", lang.number(seconds / 60)),
        seconds => format!("{} 秒", lang.number(seconds)),
    },
    extend: "延长",
    close: "截止…",
    void: "作废…",
    close_question: "现在截止？将以已收到的投票作出裁决。",
    close_now: "立即截止",
    keep_open: "继续投票",
    void_reason: "作废原因（观众可见）",
    void_hint: "案件将没有裁决，所有投票无效。十秒内可以撤销，请勿关闭此页面。",
    void_now: "作废此案件",
    voiding: "十秒后作废",
    undo: "撤销",
    voiding_in: |left_s| format!("{left_s} 秒后作废。"),
    asked: |by, step| format!("{} 申请：{step}", isolated(by)),
    asked_left: |clock| format!("等待另一位管理员确认：{clock}"),
    confirm: "确认",
    changed: "此案件已被他人更改，当前显示的是最新状态。",
    changed_by: |by, action, at| format!("操作未完成：{by} 已先行操作（{action}，{at}），当前显示的是最新状态。"),
    action: |action| {
        Some(match action {
            "created" => "创建",
            "edited" => "编辑",
            "opened" => "开启投票",
            "extended" => "延长",
            "closed" => "截止",
            "asked" => "申请",
            "discarded" => "丢弃",
            "sealed" => "投票结束",
            "decided" => "作出裁决",
            "voided" => "作废",
            "tally_lost" => "计票丢失",
            "tally_missing" => "计票缺失",
            "called" => "抽中评审组",
            "settled" => "提前结束",
            "repaired" => "修复记录",
            "opened_seals" => "取得封条的密钥",
            "ballots_missing" => "记录缺少选票",
            "remedy_set" => "补救开始计时",
            "remedy_done" => "补救已完成",
            "remedy_late" => "补救逾期",
            "erased" => "已删除",
            _ => return None,
        })
    },

    live_figures: "实时数据",
    viewers: "观众",
    nodes: "节点",
    ballots_per_s: "每秒票数",
    refusals: "被拒绝的投票",
    no_refusals: "暂无。",
    refusal: |reason| match reason {
        Refusal::UnknownCase => "案件不存在",
        Refusal::NotAJuror => "该身份不能投票",
        Refusal::Anonymous => "未登录",
        Refusal::NotOpen => "尚未开始",
        Refusal::Closed => "已截止",
        Refusal::UnknownOption => "选项不存在",
        Refusal::Recused => "需回避",
        Refusal::AccountTooNew => "账号注册时间过短",
        Refusal::AlreadyVoted => "已投过票",
        Refusal::Busy => "节点繁忙，将重发",
        Refusal::Unavailable => "存储不可用，将重发",
        Refusal::Unknown => "其他原因",
    },

    drafts: "草稿",
    no_drafts: "暂无草稿。",
    open: "开启",
    edit: "编辑",
    discard: "丢弃",
    discarding: "十秒后丢弃",
    discarding_in: |left_s| format!("{left_s} 秒后丢弃。"),
    own_standing: "我的记分与指标",
    past: "历史案件",
    no_past: "暂无内容。",
    search: "搜索历史案件",
    filter: "结果",
    all_outcomes: "全部结果",
    case_record: "案件记录",
    decided_for: |outcome, label| format!("{outcome}：{}", isolated(label)),
    put_away: "收起",
    download_ballots: "下载投票（CSV）",
    audit: "操作记录",

    new_case: "新建案件",
    edit_draft: "编辑草稿",
    start_from: "模板",
    back_to_room: "返回",
    leave_question: "不保存就离开吗？",
    leave: "离开",
    stay: "留下",
    title: "标题：观众要回答的问题",
    summary: "案情摘要",
    statements: "双方陈述",
    buyer_says: "买家陈述",
    merchant_says: "商家陈述",
    remedy: "裁决后的处理",
    consequence: "若投诉成立",
    policy: "将按此规则处理",
    no_policy: "不处理，仅作评审",
    policy_hint: "须在“当事方”中填写商家或主播，否则不生效。",
    upholds: "此选项胜出即投诉成立",
    upholds_none: "无",
    remedy_kind: "处理类型",
    remedy_of_words: "按文字说明",
    remedy_refund: "退款",
    remedy_replacement: "换货",
    remedy_freight: "运费",
    remedy_correction: "直播更正",
    remedy_other: "其他",
    remedy_due_h: "处理期限（小时，空为 72）",
    options: "选项",
    option_label: "名称",
    option_abstain: "弃权",
    add_option: "添加选项",
    remove_option: "移除此选项",
    duration: "时长",
    duration_open: "投票时长",
    unit: "单位",
    seconds: "秒",
    minutes: "分钟",
    hours: "小时",
    evidence: "证据",
    add_evidence: "添加证据",
    remove_evidence: "移除此证据",
    evidence_kind: "类型",
    evidence_image: "图片",
    evidence_video: "视频",
    evidence_link: "链接",
    evidence_text: "文字",
    evidence_by: "提供方",
    buyer: "买家",
    merchant: "商家",
    platform: "平台",
    stream_at: "直播时间点（分:秒）",
    evidence_words: "文字内容",
    evidence_url: "地址（https）",
    evidence_sha256: "文件的 SHA-256（选填）",
    evidence_sha256_hint: "64 位十六进制数字，即 sha256sum 的输出，日后可据此确认文件未被更换",
    evidence_caption: "说明",
    rules: "规则",
    quorum: "法定票数",
    quorum_hint: "票数不足则没有裁决，弃权计入。",
    threshold: "通过比例（%）",
    threshold_hint: "得票比例须高于此值，弃权不计。",
    reveal: "观众何时看到票数",
    reveal_after_vote: "投票之后",
    reveal_after_close: "截止之后",
    reveal_live: "始终",
    allow_change: "允许改票",
    allow_change_hint: "仅在截止后才公布票数时可用。",
    presets: "裁定的严格程度",
    preset_standard: "标准",
    preset_fair: "公平",
    preset_strict: "严格",
    preset_needs_sides: |lang, share| {
        let now = share.map(|share| format!("目前为 {}。", lang.percent(share))).unwrap_or_default();
        format!("“公平”和“严格”要求至少一半在场观众的令牌带有身份。{now}")
    },
    rule_band: |lang, band| format!("领先幅度须大于各人偏向自己一方 {} 所能解释的幅度。", lang.percent(band)),
    rule_balanced: "买家与商家权重相同时，胜方也须领先。",
    rule_two_sided: |lang, threshold, per_side| {
        let (share, votes) = (lang.percent(threshold), lang.number(per_side));
        format!("胜方在买家和商家中均须超过 {share}，且每方至少 {votes} 票。")
    },
    rule_raid_hang: "若后来者改变了原有观众的结论，则不作裁定。",
    rule_raid_off: "不比较后来者、新账号与其他观众。",
    rule_reasons: |lang, count| format!("陪审员可从 {} 个理由中选择一个。", lang.number(count)),
    blind: "盲投",
    blind_hint: "截止前任何人都看不到票数，包括您。仅在截止后才公布票数时可用。",
    fixed_end: "固定结束",
    fixed_end_hint: "任何人都不能提前截止或延长，仍可作废。",
    panel: "抽签评审组",
    panel_hint: "从在场观众中抽签产生评审组裁定。所有人都可投票，其他票并列公布。",
    panel_buyer: "买家席位",
    panel_merchant: "商家席位",
    panel_other: "身份不明者席位",
    panel_seats_hint: "0，或 7 至 101。每组须有三分之二席位投票。",
    panel_call: "每席抽取人数",
    panel_call_hint: "1 至 4。若半数观众响应，2 即可坐满。",
    panel_present: "开启前须在场（秒）",
    panel_present_hint: "之后进入者不会被抽中。",
    panel_stop: "提前结束",
    panel_stop_hint: "其余成员无法改变结果时即结束。不能与按身份的规则同用。",
    panel_drawing: |lang, seats| format!("正在抽取 {} 人评审组。", lang.number(seats)),
    panel_called: |lang, called, seats| {
        format!("评审组：{} 席，已抽中 {} 人。", lang.number(seats), lang.number(called))
    },
    panel_counted: |lang, counted, seats| {
        format!("评审组：{} 席，计入 {} 票。", lang.number(seats), lang.number(counted))
    },
    jurors: "投票资格",
    account_age: "账号最短注册天数",
    account_age_hint: "0 表示所有登录观众均可投票。",
    recused: "回避的观众 ID",
    recused_hint: "每行一个，可观看但不能投票。",
    subject: "关联信息",
    host: "主播",
    product: "商品",
    order: "订单",
    kind: "案件类型",
    fault_number: "请输入整数。",
    fault_share: "请输入 0 至 100（不含）的百分比，最多两位小数。",
    fault_time: "请输入时间，如 12:14 或 1:02:03。",
    look_at_field: "有一项内容需要修改。",
    save_draft: "保存草稿",
    open_now: "立即开启",
    sending: "正在提交…",
    draft_changed: "未保存：此草稿已被他人更改，您输入的内容仍在。",
    draft_changed_by: |by, action, at| format!("未保存：{by} 已先行操作（{action}，{at}），您输入的内容仍在。"),
    take_theirs: "载入对方版本",
    keep_mine: "保留我的版本并再次保存",
    preview: "观众看到的效果",

    shortcuts: "键盘快捷键",
    shortcuts_on: "启用快捷键",
    key_new: "在当前直播间新建案件",
    key_room: "切换到对应直播间",
    key_all_rooms: "显示全部直播间",
    key_search: "搜索历史案件",
    key_open: "表单中：立即开启",
    key_save: "表单中：保存草稿",
    key_leave: "表单中：返回",
    key_help: "显示此列表",

    latest_verdict: "最新裁决",
    nothing_against_you: "当前没有针对您的案件。",
    vote_now: "正在投票",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_told_of_the_field_wherever_it_stands_in_a_list() {
        assert_eq!(field_rule("title"), "标题须为 1 至 200 个字符，须看得见，且不能含控制字符");
        let label = "选项名称须为 1 至 60 个字符，须看得见、不含控制字符，且看上去与其他选项不同";
        assert_eq!(field_rule("options[1].label"), label);
        assert_eq!(field_rule("rules.recused[12]"), field_rule("rules.recused"));
        assert_eq!(field_rule("later.field"), "“later.field”的内容不符合要求");
    }
}
