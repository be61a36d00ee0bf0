//! The demo's rooms, one in each language, with their cases; it opens none.

use live_jury_protocol::{NewCase, Subject};

/// Placeholder of the server's origin in the cases.
const ORIGIN: &str = "ORIGIN";

/// A room of the demo.
#[derive(Clone, Copy, Debug)]
pub struct DemoRoom {
    /// Its name in addresses and tokens.
    pub name: &'static str,
    /// Its language.
    pub lang: &'static str,
    /// Its number: made-up people of another room have other values.
    pub number: u8,
    /// The words with which its viewers report the shop.
    pub complaint: &'static str,
    /// A shop that is closed at the start.
    pub closed_shop: &'static str,
    /// The reason: also the words of the moderator who closes it.
    pub closed_for: &'static str,
    /// The id under which its owner applies again.
    pub newcomer: &'static str,
    /// A shop that offers copies.
    pub copying_shop: &'static str,
    /// The brand that it copies.
    pub brand: &'static str,
    /// The name that it uses in the brand's place.
    pub squatted: &'static str,
    /// The title of the goods under that name.
    pub squatted_title: &'static str,
    /// The title of the goods with a counterfeit's picture.
    pub copied_title: &'static str,
    cases: &'static str,
}

/// The policy that the room's viewers report.
pub const REPORTED_POLICY: &str = "price_fraud";

/// The rooms. The first one is the default.
pub const ROOMS: [DemoRoom; 2] = [
    DemoRoom {
        name: "demo",
        lang: "en",
        number: 1,
        closed_shop: "spark_market",
        closed_for: "Forty parcels held fireworks, which nobody may sell here.",
        newcomer: "quiet_river_goods",
        copying_shop: "bargain_lane",
        brand: "Silverlane",
        squatted: "Si1verlane",
        squatted_title: "Dress watch with a leather strap",
        copied_title: "Diver watch, steel",
        complaint: "Nobody ever paid the crossed-out price. It was on sale last week, too.",
        cases: include_str!("cases.json"),
    },
    DemoRoom {
        name: "demo-zh",
        lang: "zh-CN",
        number: 2,
        closed_shop: "星火集市",
        closed_for: "四十个包裹内装有烟花爆竹，平台禁止任何人销售此类商品。",
        newcomer: "静水杂货",
        copying_shop: "实惠小铺",
        brand: "云鹊",
        squatted: "云 鹊",
        squatted_title: "皮带正装腕表",
        copied_title: "精钢潜水腕表",
        complaint: "划掉的原价从来没人付过，上周也是这个促销价。",
        cases: include_str!("cases.zh.json"),
    },
];

impl DemoRoom {
    /// The room of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        ROOMS.into_iter().find(|room| room.name == name)
    }

    /// The room's cases. `origin` serves their evidence.
    ///
    /// # Errors
    /// The cases are malformed.
    pub fn cases(self, origin: &str) -> serde_json::Result<Vec<NewCase>> {
        serde_json::from_str(&self.cases.replace(ORIGIN, origin))
    }

    /// The shop that all cases of the room are about.
    #[must_use]
    pub fn shop(self) -> Subject {
        let first = self.cases("").ok().and_then(|cases| cases.into_iter().next());
        first.map(|case| Subject { order: None, ..case.subject }).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use live_jury_court::{Brief, EvidenceUrlPolicy};
    use live_jury_trust::policy::TrustFile;

    #[test]
    fn the_cases_are_within_every_limit_and_the_same_in_every_language() {
        let policies = TrustFile::builtin().policies;
        let all = ROOMS.map(|room| room.cases("http://127.0.0.1:8080").unwrap());
        for (new, first) in all.iter().flat_map(|cases| cases.iter().zip(&all[0])) {
            assert_eq!((&new.kind, &new.rules), (&first.kind, &first.rules));
            assert_eq!(new.evidence.len(), first.evidence.len());
            Brief::new(new.clone(), EvidenceUrlPolicy::HttpsAndLoopback).unwrap();
            let policy = policies.iter().find(|policy| Some(&policy.id) == new.policy.as_ref());
            assert!(policy.is_some_and(|policy| policy.jury), "{:?}", new.policy);
            assert!(new.options.iter().any(|option| option.upholds));
        }
        assert!(!all[0].is_empty() && all.iter().all(|cases| cases.len() == all[0].len()));
        for (room, cases) in ROOMS.iter().zip(&all) {
            let shop = room.shop();
            assert!(cases.iter().all(|case| Subject { order: None, ..case.subject.clone() } == shop));
        }
        assert_ne!(ROOMS[0].shop().merchant, ROOMS[1].shop().merchant, "verdicts of one room move its own shop");
    }
}
