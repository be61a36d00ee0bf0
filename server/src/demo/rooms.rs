//! The demo's rooms, one in each language, with their cases; it opens none.

use live_jury_protocol::NewCase;

/// Placeholder of the server's origin in the cases.
const ORIGIN: &str = "ORIGIN";

/// A room of the demo.
#[derive(Clone, Copy, Debug)]
pub struct DemoRoom {
    /// Its name in addresses and tokens.
    pub name: &'static str,
    /// Its language.
    pub lang: &'static str,
    cases: &'static str,
}

/// The rooms. The first one is the default.
pub const ROOMS: [DemoRoom; 2] = [
    DemoRoom { name: "demo", lang: "en", cases: include_str!("cases.json") },
    DemoRoom { name: "demo-zh", lang: "zh-CN", cases: include_str!("cases.zh.json") },
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use live_jury_court::{Brief, EvidenceUrlPolicy};

    #[test]
    fn the_cases_are_within_every_limit_and_the_same_in_every_language() {
        let all = ROOMS.map(|room| room.cases("http://127.0.0.1:8080").unwrap());
        for (new, first) in all.iter().flat_map(|cases| cases.iter().zip(&all[0])) {
            assert_eq!((&new.kind, &new.rules), (&first.kind, &first.rules));
            assert_eq!(new.evidence.len(), first.evidence.len());
            Brief::new(new.clone(), EvidenceUrlPolicy::HttpsAndLoopback).unwrap();
        }
        assert!(!all[0].is_empty() && all.iter().all(|cases| cases.len() == all[0].len()));
    }
}
