//! The names of the 90 signals in the words of a shop's owner, in each language. It holds no weight and no prior.

use crate::i18n::Lang;

/// The name of a signal; `None` for one of a later version.
#[must_use]
pub fn signal_name(lang: Lang, id: &str) -> Option<&'static str> {
    let (_, en, zh_cn) = NAMES.iter().find(|(known, ..)| *known == id)?;
    Some(match lang {
        Lang::En => en,
        Lang::ZhCn => zh_cn,
    })
}

/// Id, English, Simplified Chinese. An exposure names its unit.
const NAMES: [(&str, &str, &str); 90] = [
    ("q01", "Refunds for poor quality", "质量问题退款"),
    ("q02", "Refunds because goods were not as described", "描述不符退款"),
    ("q03", "Refunds for goods defective on arrival", "到货故障退款"),
    ("q04", "Deliveries found to be counterfeit", "认定假冒的订单"),
    ("q05", "Sample inspections failed", "抽检不合格"),
    ("q06", "Mystery purchases failed", "神秘买家检测不合格"),
    ("q07", "Listings held for a reason that was confirmed", "被拦截且属实的商品"),
    ("q08", "Listings blocked", "被禁止上架的商品"),
    ("q09", "Listings removed after they went live", "上架后被下架的商品"),
    ("q10", "Listings found to copy a brand's name", "认定傍名牌的商品"),
    ("q11", "Listings with copied pictures", "盗用图片的商品"),
    ("q12", "Branded listings with the brand's authorisation", "已获品牌授权的商品"),
    ("q13", "Listings with a valid product code", "商品条码有效"),
    ("q14", "Listings priced far below the usual", "价格远低于常价的商品"),
    ("q15", "Safety notices per 1,000 deliveries", "每千单安全通报"),
    ("q16", "Deliveries with a wrong batch or label", "批次或标签不符的订单"),
    ("q17", "Products with three upheld quality claims in 30 days", "30 天内三次质量索赔成立的商品"),
    ("q18", "Listings with all details filled in", "信息完整的商品"),
    ("s01", "Parcels shipped in the promised time", "按时发货"),
    ("s02", "Parcels with tracking valid within 24 hours", "24 小时内物流有效"),
    ("s03", "Orders cancelled by the shop", "商家取消的订单"),
    ("s04", "Parcels delivered in the promised time", "按时送达"),
    ("s05", "Shipments found to be false", "认定虚假发货的包裹"),
    ("s06", "Wrong or missing items", "错发、漏发"),
    ("s07", "First reply within 3 minutes in opening hours", "营业时间 3 分钟内首次回复"),
    ("s08", "Chats replied to within 24 hours", "24 小时内回复"),
    ("s09", "Chats rated unsatisfied", "客服评价不满意"),
    ("s10", "Refund requests decided within 48 hours", "48 小时内处理退款申请"),
    ("s11", "Refused refunds that were overturned", "拒绝退款后被改判"),
    ("s12", "Order notes that were followed", "按备注发货"),
    ("s13", "Invoices issued in time", "按时开票"),
    ("s14", "Returns inspected within 72 hours", "72 小时内验收退货"),
    ("s15", "Dealings off the platform per 1,000 chats", "每千次会话站外交易"),
    ("s16", "Goods damaged on arrival", "到货破损"),
    ("h01", "Upheld reports per 10,000 viewer hours", "每万观看小时成立的举报"),
    ("h02", "Cases lost by the host's side", "主播方败诉的案件"),
    ("h03", "False advertising per 100 live hours", "每百直播小时虚假宣传"),
    ("h04", "Abuse of viewers per 100 live hours", "每百直播小时辱骂骚扰"),
    ("h05", "Price fraud per 100 live hours", "每百直播小时价格欺诈"),
    ("h06", "Staged drama per 100 live hours", "每百直播小时剧本演绎"),
    ("h07", "Live checks passed", "直播抽查合格"),
    ("h08", "Spoken claims that match the listing", "口播与商品信息一致"),
    ("h09", "Corrections made on air in time", "按时口播更正"),
    ("h10", "Viewers muted soon after they reported", "举报后随即被禁言的观众"),
    ("h11", "Remedies fulfilled in time", "按时履行补救"),
    ("h12", "Statements given before the case opened", "开案前提交陈述"),
    ("h13", "Live sessions cut by a patrol", "被巡查中断的直播"),
    ("h14", "Hosts with a violation who sell for the shop", "有违规记录的带货主播"),
    ("e01", "Orders rated 1 or 2 stars", "1–2 星评价"),
    ("e02", "Reviews that name poor quality", "评价提到质量差"),
    ("e03", "Reviews that name a bad fit", "评价提到尺码不合"),
    ("e04", "Reviews that name a bad smell, taste or feel", "评价提到气味、口味或手感差"),
    ("e05", "Buyers who found the goods as described", "买家认为与描述相符"),
    ("e06", "Buyers who came back within 90 days", "90 天内复购的买家"),
    ("e07", "Returns without a fault", "无瑕疵退货"),
    ("e08", "Returns that came back unopened", "未拆封的退货"),
    ("e09", "Follow-up reviews that turned bad", "追评变差"),
    ("e10", "Reviews with a picture and 4 or 5 stars", "带图 4–5 星评价"),
    ("e11", "Buyers who would buy again", "愿意再次购买的买家"),
    ("e12", "Quality refunds after more than 30 days", "30 天后的质量退款"),
    ("e13", "Products returned twice as often as usual", "退货率超过类目两倍的商品"),
    ("e14", "Buyers whose goods arrived in good state", "买家认为到货完好"),
    ("p01", "Orders under a promise", "有承诺保障的订单"),
    ("p02", "Promises given, of those open to the shop", "已开通的承诺"),
    ("p03", "Claims granted without escalation", "未升级即同意的索赔"),
    ("p04", "Covered orders with a dispute", "发生纠纷的保障订单"),
    ("p05", "Granted claims fulfilled in time", "按时履行的索赔"),
    ("p06", "Promises broken", "违背承诺"),
    ("p07", "Claims without an answer for 48 hours", "48 小时未答复的索赔"),
    ("p08", "Refused claims that were overturned", "拒绝索赔后被改判"),
    ("p09", "Buyers satisfied with after-sales service", "售后满意的买家"),
    ("p10", "Return freight paid within 48 hours", "48 小时内支付退货运费"),
    ("p11", "Deposit paid, of what is asked", "已缴保证金比例"),
    ("p12", "Promises ended while many claims came", "索赔高峰期终止的承诺"),
    ("p13", "Claims opened again", "重新开启的索赔"),
    ("p14", "Evidence given when it was asked for", "按要求提供证据"),
    ("x01", "Cases won", "胜诉的案件"),
    ("x02", "Votes for the shop in cases", "案件中支持商家的票"),
    ("x03", "Violation points per 1,000 orders", "每千单违规记分"),
    ("x04", "Time since the last suspension, up to a year", "距上次停业的时间（至多一年）"),
    ("x05", "Licences verified and valid, of those needed", "已核验且有效的资质"),
    ("x06", "Application passed", "入驻审核通过"),
    ("x07", "Followers lost within 7 days of a delivery", "收货 7 天内取关"),
    ("x08", "Upheld reports with a proven order per 1,000 orders", "每千单有订单佐证的成立举报"),
    ("x09", "Fake reviews per 1,000 reviews", "每千条评价虚假评价"),
    ("x10", "Free of findings by an authority", "无监管部门处罚"),
    ("x11", "Bad reviews answered within 7 days", "7 天内回复差评"),
    ("x12", "Years without suspension, up to three", "未停业年数（至多三年）"),
    ("x13", "Remedies accepted by the buyer", "买家接受的补救"),
    ("x14", "Brand owners' notices per 1,000 listings", "每千件商品品牌方投诉"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_name_is_given_once_in_each_language() {
        for lang in Lang::ALL {
            let names: BTreeSet<_> = NAMES.iter().map(|(id, ..)| signal_name(lang, id)).collect();
            assert_eq!(names.len(), NAMES.len(), "{}", lang.tag());
        }
        assert_eq!(signal_name(Lang::En, "q99"), None);
    }
}
