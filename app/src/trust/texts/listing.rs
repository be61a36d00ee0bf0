//! The texts about screened listings, in each language. It decides nothing.

use crate::dom::{LiveText, live_text};
use crate::i18n::{Lang, isolated};
use crate::pages::Texts;

/// The texts about listings. Functions take values that are known only at run time.
pub struct ListingTexts {
    pub waiting: &'static str,
    pub none_waits: &'static str,
    pub held: &'static str,
    pub blocked: &'static str,
    pub in_review: &'static str,
    pub due: fn(date: &str, left: &str) -> String,
    pub particulars: fn(category: &str, price: &str, brand: Option<&str>) -> String,
    /// It takes the check, the kind of the finding, the name of a brand or of a list's entry, and the value.
    pub hit: fn(check: &str, kind: &str, name: &str, value: &str) -> Option<String>,
    pub policy: &'static str,
    pub no_policy: &'static str,
    pub in_title: &'static str,
    pub in_description: &'static str,
    pub confirm_effect: fn(title: Option<&str>) -> String,
    pub release_effect: &'static str,

    pub room: &'static str,
    pub ask_effect: &'static str,
    /// It takes the room, and what came of the jury once something did.
    pub jury: fn(room: &str, result: Option<&str>) -> String,

    pub own: &'static str,
    pub none_own: &'static str,
    pub held_for: fn(brand: &str) -> String,
    pub own_state: fn(state: &str, date: &str) -> Option<String>,
}

impl Lang {
    /// The texts about listings.
    #[must_use]
    pub const fn listing(self) -> &'static ListingTexts {
        match self {
            Self::En => &EN,
            Self::ZhCn => &ZH_CN,
        }
    }
}

/// One text about listings, as a child of an element.
pub fn listing(texts: Texts, pick: fn(&'static ListingTexts) -> &'static str) -> LiveText {
    live_text(move || pick(texts.lang().listing()))
}

const EN: ListingTexts = ListingTexts {
    waiting: "Listings",
    none_waits: "No listing waits for a person.",
    held: "Held: it is not on sale.",
    blocked: "Blocked: it does not go on sale.",
    in_review: "Under review: it is on sale meanwhile.",
    due: |date, left| format!("Due by {date} ({left})."),
    particulars: |category, price, brand| match brand {
        Some(brand) => format!("Category {category}, {price}, brand {}.", isolated(brand)),
        None => format!("Category {category}, {price}, no brand."),
    },
    hit: |check, kind, name, value| {
        let (has_name, name, value) = (!name.is_empty(), isolated(name), isolated(value));
        Some(match (check, kind) {
            ("term", "prohibited") => format!("Names prohibited goods: {value}."),
            ("term", "counterfeit_phrase") => format!("Words that sellers of copies use: {value}."),
            ("term", "absolute_claim") => format!("Claims to be best of all: {value}."),
            ("term", "disposable_email") => format!("Has a throw-away address: {value}."),
            ("brand", "equal") => format!("Names the brand {name} without its authorisation."),
            ("brand", _) => format!("The name can be taken for {name}: {value}."),
            ("price", _) => format!("The price is {value} of the usual one."),
            ("gtin", "invalid") => format!("The product code is not valid: {value}."),
            ("gtin", "recalled_gtin") => format!("Goods with this code are recalled: {value}."),
            ("gtin", "other_brand") => format!("The product code is one of {name}: {value}."),
            ("image", "counterfeit") => "A picture is one of known counterfeits.".to_owned(),
            ("image", "copy") => "A picture is copied from another shop.".to_owned(),
            ("image", "undecodable") => "A picture cannot be read.".to_owned(),
            ("shop", "banned") => "The shop is banned.".to_owned(),
            ("shop", "limited") => "The shop may list nothing new.".to_owned(),
            ("shop", "probation") => "The shop is on probation: each listing is reviewed first.".to_owned(),
            ("rule", _) if !has_name => "A rule of the platform.".to_owned(),
            ("rule", _) => format!("A rule of the platform: {name}."),
            _ => return None,
        })
    },
    policy: "What it breaks, if you confirm it",
    no_policy: "Choose a policy",
    in_title: "In the title:",
    in_description: "In the description:",
    confirm_effect: |title| {
        let policy = title.map(|title| format!(" for {}", isolated(title))).unwrap_or_default();
        format!(
            "The listing goes, and the shop gets a violation{policy} with its points. The shop reads your reasons and \
             may appeal; what is won is as if it had never been."
        )
    },
    release_effect: "The listing goes on sale, or stays there. Each list that stopped it counts one mistake. The shop \
                     reads your reasons.",

    room: "The room whose viewers are asked",
    ask_effect: "A draft is made: would you take one name for the other? You open it in the room. With 500 ballots or \
                 more its verdict decides the listing, unless a moderator does so before.",
    jury: |room, result| {
        let room = isolated(room);
        match result {
            None => format!("The viewers of {room} are asked whether they would mix up the names."),
            Some("confirmed") => format!("The viewers of {room} would mix up the names."),
            Some("released") => format!("The viewers of {room} can tell the names apart."),
            Some("decided") => "A person decided before the jury did.".to_owned(),
            Some("appealed") => format!("The viewers of {room} would mix up the names; an appeal was open by then."),
            Some(_) => "The jury decided nothing: a person decides.".to_owned(),
        }
    },

    own: "Listings that were stopped",
    none_own: "No listing was stopped.",
    held_for: |brand| format!("Held: the name can be taken for {}.", isolated(brand)),
    own_state: |state, date| {
        Some(match state {
            "held" => format!("Held since {date}: a person looks before it is on sale."),
            "review" => format!("On sale; a person looks since {date}."),
            "blocked" => format!("Blocked on {date}."),
            "released" => format!("Released on {date}."),
            "removed" => format!("Removed on {date}."),
            "passed" => format!("Passed on {date}."),
            _ => return None,
        })
    },
};

const ZH_CN: ListingTexts = ListingTexts {
    waiting: "商品审核",
    none_waits: "没有待审核的商品。",
    held: "待审核：尚未上架。",
    blocked: "已禁止：不会上架。",
    in_review: "审核中：暂时在售。",
    due: |date, left| format!("应于 {date} 前处理（{left}）。"),
    particulars: |category, price, brand| match brand {
        Some(brand) => format!("类目 {category}，{price}，品牌 {}。", isolated(brand)),
        None => format!("类目 {category}，{price}，无品牌。"),
    },
    hit: |check, kind, name, value| {
        let (has_name, name, value) = (!name.is_empty(), isolated(name), isolated(value));
        Some(match (check, kind) {
            ("term", "prohibited") => format!("涉及违禁商品：{value}。"),
            ("term", "counterfeit_phrase") => format!("售假常用语：{value}。"),
            ("term", "absolute_claim") => format!("绝对化用语：{value}。"),
            ("term", "disposable_email") => format!("一次性邮箱：{value}。"),
            ("brand", "equal") => format!("使用品牌 {name}，未获授权。"),
            ("brand", _) => format!("易与“{name}”混淆：{value}。"),
            ("price", _) => format!("价格为常价的 {value}。"),
            ("gtin", "invalid") => format!("商品条码无效：{value}。"),
            ("gtin", "recalled_gtin") => format!("该条码的商品已被召回：{value}。"),
            ("gtin", "other_brand") => format!("商品条码属于 {name}：{value}。"),
            ("image", "counterfeit") => "图片与已知仿冒品相同。".to_owned(),
            ("image", "copy") => "图片盗自其他店铺。".to_owned(),
            ("image", "undecodable") => "图片无法读取。".to_owned(),
            ("shop", "banned") => "店铺已被封禁。".to_owned(),
            ("shop", "limited") => "店铺不得上新。".to_owned(),
            ("shop", "probation") => "店铺在观察期内：商品先审后上。".to_owned(),
            ("rule", _) if !has_name => "平台规则。".to_owned(),
            ("rule", _) => format!("平台规则：{name}。"),
            _ => return None,
        })
    },
    policy: "如确认，违反的政策",
    no_policy: "请选择政策",
    in_title: "标题：",
    in_description: "描述：",
    confirm_effect: |title| {
        let policy = title.map(|title| format!("“{}”", isolated(title))).unwrap_or_default();
        format!("商品下架，店铺按{policy}违规记分。店铺可见你的理由并可申诉；申诉成立则视为从未发生。")
    },
    release_effect: "商品上架或继续在售。拦截它的每个名单计一次误判。店铺可见你的理由。",

    room: "由哪个直播间的观众评审",
    ask_effect: "将生成草案：你会把两个名称混淆吗？由你在直播间开启。满 500 票后，结论即决定该商品，除非管理员先行处理。",
    jury: |room, result| {
        let room = isolated(room);
        match result {
            None => format!("正在询问 {room} 的观众是否会混淆两个名称。"),
            Some("confirmed") => format!("{room} 的观众会混淆两个名称。"),
            Some("released") => format!("{room} 的观众不会混淆两个名称。"),
            Some("decided") => "评审得出结论前，已由人工处理。".to_owned(),
            Some("appealed") => format!("{room} 的观众会混淆两个名称；当时申诉尚未裁决。"),
            Some(_) => "评审未得出结论，由人工处理。".to_owned(),
        }
    },

    own: "被拦截的商品",
    none_own: "没有被拦截的商品。",
    held_for: |brand| format!("待审核：易与“{}”混淆。", isolated(brand)),
    own_state: |state, date| {
        Some(match state {
            "held" => format!("{date} 起待审核，审核后上架。"),
            "review" => format!("在售，{date} 起人工审核。"),
            "blocked" => format!("{date} 禁止上架。"),
            "released" => format!("{date} 放行。"),
            "removed" => format!("{date} 下架。"),
            "passed" => format!("{date} 通过。"),
            _ => return None,
        })
    },
};
