//! The texts of the trust desk and the merchant's page in Simplified Chinese.

use super::TrustTexts;
use crate::i18n::isolated;
use crate::trust::explain::percent;

pub(super) const TRUST: TrustTexts = TrustTexts {
    desk: "信任工作台",
    my_shop: "我的店铺",
    loading: "正在读取…",
    read_again: "重新读取",
    back: "返回队列",

    index: "信任指数",
    index_yours: |index| format!("一般 500，贵店 {index}。"),
    index_theirs: |index| format!("一般 500，该店 {index}。"),
    between: |low, high| format!("据现有数据，很可能在 {low} 至 {high} 之间。"),
    evidence: |evidence| match evidence {
        "new" => "数据尚少。",
        "some" => "已有部分数据。",
        "firm" => "数据充足。",
        _ => "",
    },
    not_known: "尚未收到该店的任何数据：指数为 500，按一般店铺展示。",
    scale: |index, low, high| format!("指数 {index}，区间 {low} 至 {high}；一般店铺为 500"),

    exposure: "展示频率",
    shown: |m| {
        if m == 0.0 {
            "店铺不予展示。".to_owned()
        } else if (m - 1.0).abs() < 0.0005 {
            "与同类商品的一般店铺相同。".to_owned()
        } else if m > 1.0 {
            format!("比同类商品的一般店铺多 {}。", percent(m - 1.0))
        } else {
            format!("比同类商品的一般店铺少 {}。", percent(1.0 - m))
        }
    },
    step: |step| {
        Some(match step {
            "index" => "指数",
            "promise" => "承诺",
            "range" => "范围",
            "daily_fall" => "逐日下调",
            "turn" => "近期变差",
            "measure" => "处置措施",
            _ => return None,
        })
    },
    step_index: |low, high| {
        if low > 500.0 {
            format!("保守估计 {low:.0} 也高于 500：展示更多。")
        } else if high < 500.0 {
            format!("乐观估计 {high:.0} 仍低于 500：展示更少。")
        } else {
            format!("500 在 {low:.0} 至 {high:.0} 之间：不作调整。")
        }
    },
    step_promise: ["没有生效的买家承诺。", "生效的买家承诺加 0.05。"],
    step_range: ["保持在 0.7 至 1.3 之间。", "保持在 0.7 至 1.3 之间。"],
    step_daily_fall: ["与昨日相比没有大幅下降。", "每天最多下调 0.05。"],
    step_turn: |signals, changed| match signals {
        [] if changed => "过去 7 天内曾明显变差，满一周前最高 0.85。".to_owned(),
        [] => "没有指标明显变差。".to_owned(),
        names => format!("近期变差：{}。恢复前最高 0.85。", names.join("、")),
    },
    step_measure: ["没有措施降低它。", "生效的处置措施降低了它。"],

    moved_most: "影响最大的三项",
    nothing_moved: "尚无影响指数的指标。",
    would_help: "最值得改进的三项",
    would_add: |points| format!("达到一般水平：{points} 分"),
    nothing_below: "没有指标低于一般店铺。",
    all_signals: "全部指标",
    all_signals_hint: "近期数据比早期数据权重更高，因此计数不一定是整数。",
    dimension: |id| {
        Some(match id {
            "goods" => "商品",
            "service" => "服务",
            "host" => "主播",
            "experience" => "体验",
            "promises" => "承诺",
            "society" => "社会责任",
            _ => return None,
        })
    },
    share: |hits, trials, share, typical| format!("{trials} 中有 {hits}，占 {share}；一般 {typical}。"),
    per_unit: |events, rate, typical| format!("共 {events}，每单位 {rate}；一般 {typical}。"),
    state: |state, typical| format!("{state}；一般 {typical}。"),
    not_counted: |typical| format!("尚无数据；一般 {typical}。"),
    points_of: |points, most| format!("{points} 分，最多 {most} 分。"),
    half_life: |days| match days {
        0 => "按当前状态计算。".to_owned(),
        days => format!("数据在 {days} 天后权重减半。"),
    },
    more_is: |good| if good { "越高越好。" } else { "越低越好。" },

    host_signals: "所有直播间的主播指标",
    host_signals_hint: "仅为主播指标，分值为其计入店铺指数时的分值。",

    look_up: "查看店铺或主播",
    party_kind: "类型",
    shop: "店铺",
    host: "主播",
    party_id: "编号",
    look_up_hint: "平台使用的编号。",
    show: "查看",
    party: |kind, id| match kind {
        "host" => format!("主播 {}", isolated(id)),
        _ => format!("店铺 {}", isolated(id)),
    },

    appeals_waiting: "申诉",
    no_appeals_waiting: "没有等待管理员的申诉。",
    proposed: "待确认的违规",
    no_proposed: "没有等待裁决的违规。",
    bans: "待决定的封禁",
    no_bans: "没有达到封禁分数的当事方。",
    and_more: |lang, count| format!("其后还有 {} 项。", lang.number(count as u64)),
    waits_since: |date| format!("自 {date} 起等待。"),
    of_case: |room| format!("来自直播间 {} 的案件。", isolated(room)),

    keys: "键盘",
    keys_on: "使用快捷键",
    key_next: "下一项",
    key_before: "上一项",
    key_letter: "在某一项中：标有该字母的按钮",
    key_send: "在表单中：执行",
    key_leave: "在表单中：关闭",

    reports: "观众举报",
    no_reports: "控制台所列直播间没有待处理的举报。在控制台添加的直播间会出现在这里。",
    report_counts: |lang, reporters, proven| {
        let text = format!("{} 名观众举报", lang.number(reporters));
        match proven {
            0 => format!("{text}。"),
            proven => format!("{text}，其中 {} 名有订单佐证。", lang.number(proven)),
        }
    },
    reports_since: |date, room| format!("自 {date} 起，直播间 {}。", isolated(room)),
    burst: "短时间集中出现，或多来自新账号。",
    what_they_say: "举报内容",
    in_stream: |clock| format!("直播 {clock} 处"),
    proven_order: "有订单佐证",
    new_account: "账号未满 7 天",
    draft_effect: "草稿并非裁定：仅管理员可见，可以丢弃。",
    file_draft: "建立草稿",
    close_reports_effect: "举报按不成立关闭，并计入举报者的记录；不通知其他人。",

    webhooks: "失败的事件通知",
    webhooks_fine: "所有事件均已送达，或将再次尝试。",
    webhook_failed: |lang, failed, waiting| {
        format!("{} 个事件已放弃，{} 个等待重试。", lang.number(failed), lang.number(waiting))
    },
    webhook_stopped: |at| format!("接收方于 {at} 表示已停用，不再发送。"),
    replay_after: "起始位置",
    replay_hint: "该位置之后的所有事件将重新发送。日志中有每个被放弃事件的位置。",
    replay: "重新发送",
    replayed: "事件正在重新发送。",
};
