//! The demo's rooms, one in each language, with what is judged there; nothing here opens a case.

use live_jury_protocol::NewCase;

/// What stands in the cases for the server's origin.
const ORIGIN: &str = "ORIGIN";

/// A room of the demo.
#[derive(Clone, Copy, Debug)]
pub struct DemoRoom {
    /// Its name in addresses and tokens.
    pub name: &'static str,
    /// The language that is spoken in it.
    pub lang: &'static str,
    cases: &'static str,
}

/// The rooms. The first is the one for who asks for none.
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

    /// What is judged in it; `origin` is where the evidence is served.
    ///
    /// # Errors
    /// The cases are not of their form.
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
