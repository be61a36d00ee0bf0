//! The definitions of figures, in the order of the report. A change of one's meaning raises its version.

use super::definition::define;
use super::{Definition, Unit};

/// All definitions, in the order of the report.
pub const DEFINITIONS: &[Definition] = &[
    define(
        "intercepted",
        Unit::Count,
        ["Listings intercepted", "拦截的商品信息"],
        [
            "Versions of listings whose first outcome was a hold or a block, in the period.",
            "统计期内首次结果为待审核或拦截的商品信息版本数。",
        ],
    ),
    define(
        "intercepted.confirmed",
        Unit::Count,
        ["Confirmed", "经确认"],
        ["Those of them that a moderator confirmed.", "其中经管理员确认违规的数量。"],
    ),
    define(
        "intercepted.overturned",
        Unit::Count,
        ["Overturned", "被撤销"],
        ["Those of them that were released again.", "其中后来被放行的数量。"],
    ),
    define(
        "intercepted.before_sale",
        Unit::Count,
        ["Before the first sale", "首单之前"],
        ["Those of them that stopped a product before it was on sale.", "其中在商品首次上架销售之前拦截的数量。"],
    ),
    define(
        "banned",
        Unit::Count,
        ["Bans", "封禁"],
        [
            "Bans of merchants and hosts that came into force in the period. A person decided each.",
            "统计期内对商家和主播生效的封禁次数，每一次均由人工决定。",
        ],
    ),
    define(
        "banned.parties",
        Unit::Count,
        ["Merchants and hosts banned", "被封禁的商家和主播"],
        ["Different merchants and hosts among these bans.", "上述封禁涉及的不同商家和主播数量。"],
    ),
    define(
        "banned.measures",
        Unit::Count,
        ["All measures", "全部处置"],
        [
            "Measures of every kind that came into force in the period, bans among them.",
            "统计期内生效的各类处置总数，含封禁。",
        ],
    ),
    define(
        "banned.overturned",
        Unit::Count,
        ["Measures overturned", "被撤销的处置"],
        ["Those of these measures that an appeal has overturned.", "上述处置中经申诉撤销的数量。"],
    ),
    define(
        "report_rate",
        Unit::Per10000,
        ["Reports by viewers", "观众举报率"],
        [
            "Pairs of a viewer and a live session with a report, in 10,000 viewer sessions of ten seconds or more in \
             rooms that showed a product.",
            "有举报的观众场次（观众与场次的组合）除以展示过商品的直播间内时长不少于十秒的观看场次，以每万场计。",
        ],
    ),
    define(
        "reregistration",
        Unit::Count,
        ["Applications refused", "拒绝的再次入驻申请"],
        [
            "Applications of banned sellers under other names that were refused, at once or after a hold.",
            "被封禁卖家换名再次申请入驻而遭拒绝的次数，含待审核后拒绝。",
        ],
    ),
    define(
        "reregistration.overturned",
        Unit::Count,
        ["Refusals overturned", "被撤销的拒绝"],
        ["Those of these refusals that an appeal has overturned.", "上述拒绝中经申诉撤销的数量。"],
    ),
    define(
        "reregistration_a_day",
        Unit::ADay,
        ["Applications refused a day", "日均拒绝的再次入驻申请"],
        ["The number of refused applications, divided by the days of the period.", "拒绝的申请数除以统计期天数。"],
    ),
    define(
        "participants_a_day",
        Unit::ADay,
        ["Viewers who judge a day", "日均参与评审的观众"],
        [
            "The mean, over the days of the census, of the different viewers with an acknowledged ballot. Each day is \
             estimated from a sketch, with a standard error of 0.8 %.",
            "统计日内投票获确认的不同观众人数的日均值。每日人数由概率草图估算，标准误差 0.8%。",
        ],
    ),
    define(
        "covered_orders",
        Unit::Count,
        ["Covered orders", "受承诺保障的订单"],
        [
            "Orders placed in the period while a promise of the merchant was in force for them.",
            "统计期内下单时商家承诺有效的订单数。",
        ],
    ),
    define(
        "willingness",
        Unit::Change,
        ["More orders with the promise shown", "展示承诺后的下单增幅"],
        [
            "Orders an impression with the badge of the promise, divided by those without it, less one. Chance alone \
             decided who saw the badge. The bounds follow from the intervals of both shares.",
            "展示承诺标识的每次曝光下单率与未展示者之比减一。是否展示由随机决定。上下限由两个比率的置信区间得出。",
        ],
    ),
    define(
        "satisfaction",
        Unit::Share,
        ["Satisfied with after-sales service", "售后服务满意率"],
        [
            "Buyers who answered yes to whether they are satisfied with after-sales service, of all who answered; with \
             a 95 % interval.",
            "对售后服务是否满意回答“是”的买家占全部作答买家的比例，附 95% 置信区间。",
        ],
    ),
    define(
        "satisfaction.answered",
        Unit::Share,
        ["Answered the survey", "问卷作答率"],
        ["Buyers who answered, of all who were asked.", "作答买家占全部受访买家的比例。"],
    ),
    define(
        "intervention",
        Unit::Share,
        ["Disputes with the platform's hand", "平台介入率"],
        [
            "Claims that came to the platform or to a jury, of the completed orders with a promise in force.",
            "升级至平台或评审团的理赔申请占受保障的已完成订单的比例。",
        ],
    ),
    define(
        "intervention.of_claims",
        Unit::Share,
        ["Of all claims", "占全部理赔申请"],
        ["The same claims, of all claims of the period.", "上述申请占统计期内全部理赔申请的比例。"],
    ),
    define(
        "index.decile",
        Unit::Points,
        ["Index, decile", "信任指数，十分位"],
        [
            "The lowest index above this many tenths of the shops, by the last computation of the period.",
            "按统计期末次计算，高于相应十分之几商家的最低指数。",
        ],
    ),
    define(
        "index.exposure",
        Unit::Factor,
        ["Exposure of a tenth of shops", "各十分之一商家的曝光系数"],
        [
            "The mean factor of exposure by signals of a tenth of the shops, those with the lowest index first.",
            "按指数从低到高每十分之一商家的平均曝光系数（仅计信号）。",
        ],
    ),
    define(
        "index.newcomers",
        Unit::Share,
        ["Shops that begin", "新商家占比"],
        [
            "Shops with fewer than 50 completed orders, of all that were known at the end of the period.",
            "统计期末已知商家中完成订单不足 50 单者所占比例。",
        ],
    ),
    define(
        "index.auc",
        Unit::Share,
        ["How well the index warns", "指数的预警能力"],
        [
            "The chance that a shop with an upheld claim in this period had a lower index at the end of the last one \
             than a shop without.",
            "本期有理赔成立的商家在上期末指数低于无此类理赔商家的概率。",
        ],
    ),
    define(
        "jury",
        Unit::Count,
        ["Cases of juries", "评审案件"],
        [
            "Cases recorded in the period that are neither void nor erased.",
            "统计期内记录的案件数，不含作废和已清除的案件。",
        ],
    ),
    define(
        "jury.hung",
        Unit::Share,
        ["Hung", "未达成结论"],
        ["Cases in which no option won, of those with enough ballots.", "票数足够的案件中未得出结论者所占比例。"],
    ),
    define(
        "jury.ballots",
        Unit::Count,
        ["Ballots a case", "每案票数"],
        ["The median number of ballots of these cases.", "上述案件票数的中位数。"],
    ),
    define(
        "jury.minutes",
        Unit::Minutes,
        ["Minutes to a verdict", "裁决用时（分钟）"],
        ["The median time from the opening to the verdict.", "从开启到裁决用时的中位数。"],
    ),
    define(
        "appeals",
        Unit::Count,
        ["Appeals", "申诉"],
        ["Appeals that merchants and hosts filed in the period.", "统计期内商家和主播提出的申诉数。"],
    ),
    define(
        "appeals.overturned",
        Unit::Count,
        ["Appeals won", "申诉成功"],
        ["Those of them that overturned what they were against.", "其中推翻原决定的数量。"],
    ),
    define(
        "appeals.hours",
        Unit::Hours,
        ["Hours to an answer", "答复用时（小时）"],
        ["The median time from the appeal to its decision.", "从提出到决定用时的中位数。"],
    ),
    define(
        "machine.hits",
        Unit::Count,
        ["Stopped by a rule", "规则拦截"],
        ["What this rule held or stopped in the period.", "统计期内该规则待审核或拦截的数量。"],
    ),
    define(
        "machine.precision",
        Unit::Share,
        ["Rightly", "规则准确率"],
        [
            "What people confirmed of it, of all that they decided; with a 95 % interval.",
            "人工确认占人工已决的比例，附 95% 置信区间。",
        ],
    ),
    define(
        "machine.overturned",
        Unit::Count,
        ["Overturned", "规则被撤销"],
        ["What people took back of it.", "其中被人工撤销的数量。"],
    ),
];
