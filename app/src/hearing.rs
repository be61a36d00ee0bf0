//! Words which case on its subject a case is, and how many viewers may not judge it, for every surface; it never draws.

use live_jury_protocol::Case;

use crate::i18n::ViewerTexts;
use crate::verdict::SEPARATOR;

/// The facts of a case that always show, in one line, after its kind if that is given.
#[must_use]
pub fn hearing(case: &Case, texts: &ViewerTexts, kind: Option<&str>) -> String {
    let mut parts: Vec<String> = kind.map(str::to_owned).into_iter().collect();
    // A case that an older program opened has no number.
    if case.attempt > 0 {
        parts.push(texts.attempt(case.attempt));
    }
    parts.push(texts.recused(case.recused_count));
    parts.join(SEPARATOR)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_without_a_number_shows_its_recused_viewers_alone() {
        let mut case: Case = serde_json::from_value(serde_json::json!({
            "id": "01890a5d-ac96-774b-bcce-b302099a8057", "room": "r", "kind": "other", "title": "t", "summary": "",
            "subject": {}, "rules": {}, "state": "open", "version": 1, "epoch": 1, "extended_s": 0, "created_at_ms": 0,
            "options": [{"id": "buyer", "label": "A"}, {"id": "merchant", "label": "M"}]
        }))
        .unwrap();
        assert_eq!(hearing(&case, &ViewerTexts::EN, None), "0 recused");
        (case.attempt, case.recused_count) = (2, 3);
        assert_eq!(
            hearing(&case, &ViewerTexts::EN, Some("Counterfeit")),
            "Counterfeit · Case 2 on this matter · 3 recused"
        );
        assert_eq!(hearing(&case, &ViewerTexts::ZH_CN, None), "同一争议第 2 案 · 3 人回避");
    }
}
