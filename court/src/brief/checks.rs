//! The limits of a brief, checked when a moderator writes one. Stored briefs are not checked again.

mod consequence;
mod rules;

use std::ops::RangeInclusive;

use live_jury_protocol::limits::{
    CAPTION_CHARS_MAX, CASE_BYTES_MAX, DECIDING_OPTIONS_MIN, DURATION_S_MAX, EVIDENCE_MAX, EVIDENCE_TEXT_CHARS_MAX,
    KIND_BYTES_MAX, LABEL_CHARS_MAX, OPTIONS_MAX, OPTIONS_MIN, REASON_CHARS_MAX, REMEDY_CHARS_MAX, SHA256_DIGITS,
    STATEMENT_CHARS_MAX, SUBJECT_CHARS_MAX, SUMMARY_CHARS_MAX, TITLE_CHARS_MAX, URL_BYTES_MAX,
};
use live_jury_protocol::text::{self, look_alike};
use live_jury_protocol::{CaseOption, Evidence, EvidenceKind, ID_FORM, NewCase, Party, is_id, is_reserved_reason};
use url::{Host, Url};

use super::duration_s_min;
use crate::FieldError;

/// The evidence URLs that a brief may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EvidenceUrlPolicy {
    /// `https:` alone.
    Https,
    /// `https:`, and `http:` to this machine, for the demo.
    HttpsAndLoopback,
}

/// Checks a whole brief and names the first wrong field.
pub(super) fn check(new: &NewCase, policy: EvidenceUrlPolicy) -> Result<(), FieldError> {
    check_needed_text("title", &new.title, TITLE_CHARS_MAX)?;
    check_kind(&new.kind)?;
    check_text("summary", &new.summary, SUMMARY_CHARS_MAX)?;
    check_text("statements.buyer", &new.statements.buyer, STATEMENT_CHARS_MAX)?;
    check_text("statements.merchant", &new.statements.merchant, STATEMENT_CHARS_MAX)?;
    check_optional("remedy", new.remedy.as_deref(), REMEDY_CHARS_MAX)?;
    let subject = &new.subject;
    check_subject("subject.merchant", subject.merchant.as_deref())?;
    check_subject("subject.host", subject.host.as_deref())?;
    check_subject("subject.product", subject.product.as_deref())?;
    check_subject("subject.order", subject.order.as_deref())?;
    check_options(&new.options)?;
    consequence::check(new)?;
    rules::check(&new.rules)?;
    check_evidence(&new.evidence, policy)?;
    check_term(new)?;
    let bytes = serde_json::to_vec(new).map_or(usize::MAX, |json| json.len());
    if bytes > CASE_BYTES_MAX {
        return Err(FieldError::new(
            "case",
            format!("is {bytes} bytes as JSON; a whole case is at most {CASE_BYTES_MAX}"),
        ));
    }
    Ok(())
}

/// Checks what the brief of an appeal has of its own.
pub(super) fn check_appeal(new: &NewCase) -> Result<(), FieldError> {
    new.rules.panel.as_ref().map_or(Ok(()), |panel| rules::check_panel(&new.rules, panel))?;
    check_term(new)
}

/// Checks text that a case needs: it shows something, and is as `check_text` wants it.
///
/// # Errors
/// The text is too long, shows nothing, or has such a character.
pub fn check_needed_text(field: &str, text: &str, chars_max: usize) -> Result<(), FieldError> {
    if text.is_empty() { Err(FieldError::new(field, "is needed")) } else { check_text(field, text, chars_max) }
}

/// Checks the reason with which a moderator voids a case. One that readers take for the court's own is refused.
///
/// # Errors
/// The reason is no text that a case may have, or is reserved.
pub fn check_void_reason(reason: &str) -> Result<(), FieldError> {
    check_needed_text("reason", reason, REASON_CHARS_MAX)?;
    if is_reserved_reason(reason) {
        return Err(FieldError::new("reason", "is the server's own reason; say why you void the case"));
    }
    Ok(())
}

/// Checks text that people wrote: its length in characters, that it has no control characters but line ends and tabs,
/// and that a reader sees something of it. An empty text is none.
///
/// # Errors
/// The text is too long, shows nothing, or has such a character.
pub fn check_text(field: &str, text: &str, chars_max: usize) -> Result<(), FieldError> {
    text::check(text, chars_max).map_err(|fault| FieldError::new(field, fault.to_string()))
}

/// Checks words of so many characters about a step: as `check_text` wants them, and enough of them can be read. Blanks
/// at either end and invisible characters count for the most and not for the least.
///
/// # Errors
/// The words are too few or too long, show nothing, or have such a character.
pub fn check_words(field: &str, words: &str, chars: RangeInclusive<usize>) -> Result<(), FieldError> {
    check_text(field, words, *chars.end())?;
    if text::readable_chars(words) < *chars.start() {
        return Err(FieldError::new(field, format!("must have {} to {} characters", chars.start(), chars.end())));
    }
    Ok(())
}

/// Checks a reference to a merchant, a host, a product or an order.
///
/// # Errors
/// It is empty or too long, or has a character that no id has.
pub fn check_subject(field: &str, id: Option<&str>) -> Result<(), FieldError> {
    let fits = |id: &str| id.chars().count() <= SUBJECT_CHARS_MAX && is_id(id);
    if id.is_none_or(fits) {
        return Ok(());
    }
    Err(FieldError::new(field, format!("must be 1 to {SUBJECT_CHARS_MAX} characters {ID_FORM}")))
}

fn check_optional(field: &str, text: Option<&str>, chars_max: usize) -> Result<(), FieldError> {
    text.map_or(Ok(()), |text| check_text(field, text, chars_max))
}

fn check_kind(kind: &str) -> Result<(), FieldError> {
    let fits = (1..=KIND_BYTES_MAX).contains(&kind.len())
        && kind.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if fits { Ok(()) } else { Err(FieldError::new("kind", format!("must be 1 to {KIND_BYTES_MAX} of a-z 0-9 _"))) }
}

fn check_options(options: &[CaseOption]) -> Result<(), FieldError> {
    if !(OPTIONS_MIN..=OPTIONS_MAX).contains(&options.len()) {
        return Err(FieldError::new("options", format!("must be {OPTIONS_MIN} to {OPTIONS_MAX}")));
    }
    for (index, option) in options.iter().enumerate() {
        let field = format!("options[{index}].label");
        check_needed_text(&field, &option.label, LABEL_CHARS_MAX)?;
        let before = &options[..index];
        if before.iter().any(|other| other.id == option.id) {
            return Err(FieldError::new(format!("options[{index}].id"), "is the id of another option"));
        }
        if let Some(other) = before.iter().position(|other| look_alike(&other.label, &option.label)) {
            return Err(FieldError::new(field, format!("looks like the label of options[{other}]")));
        }
    }
    if options.iter().filter(|option| !option.abstain).count() < DECIDING_OPTIONS_MIN {
        return Err(FieldError::new("options", format!("at least {DECIDING_OPTIONS_MIN} must not abstain")));
    }
    Ok(())
}

fn check_evidence(evidence: &[Evidence], policy: EvidenceUrlPolicy) -> Result<(), FieldError> {
    if evidence.len() > EVIDENCE_MAX {
        return Err(FieldError::new("evidence", format!("are more than {EVIDENCE_MAX}")));
    }
    for (index, piece) in evidence.iter().enumerate() {
        let field = |name: &str| format!("evidence[{index}].{name}");
        check_optional(&field("text"), piece.text.as_deref(), EVIDENCE_TEXT_CHARS_MAX)?;
        check_optional(&field("caption"), piece.caption.as_deref(), CAPTION_CHARS_MAX)?;
        if piece.kind == EvidenceKind::Unknown {
            return Err(FieldError::new(field("type"), "must be image, video, link or text"));
        }
        if piece.by == Party::Unknown {
            return Err(FieldError::new(field("by"), "must be buyer, merchant or platform"));
        }
        match (&piece.url, piece.kind) {
            (Some(url), _) => check_evidence_url(&field("url"), url, policy)?,
            (None, EvidenceKind::Text) => {}
            (None, _) => return Err(FieldError::new(field("url"), "is needed")),
        }
        check_sha256(&field("sha256"), piece)?;
        if piece.kind == EvidenceKind::Text && piece.text.as_deref().is_none_or(str::is_empty) {
            return Err(FieldError::new(field("text"), "is needed"));
        }
    }
    Ok(())
}

fn check_sha256(field: &str, piece: &Evidence) -> Result<(), FieldError> {
    let Some(digits) = &piece.sha256 else { return Ok(()) };
    if digits.len() != SHA256_DIGITS || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(FieldError::new(field, format!("must be {SHA256_DIGITS} hexadecimal digits")));
    }
    if piece.url.is_none() { Err(FieldError::new(field, "needs a url")) } else { Ok(()) }
}

/// Checks the URL of evidence: whole, of a scheme that the policy allows, the same to every reader, and without a user
/// name or a password. It fetches nothing.
///
/// # Errors
/// The URL is too long, or has another form.
pub fn check_evidence_url(field: &str, text: &str, policy: EvidenceUrlPolicy) -> Result<(), FieldError> {
    check_text(field, text, URL_BYTES_MAX)?;
    // The text itself is stored, and parsers repair spaces, line ends, back-slashes and look-alike letters differently.
    // Only a text that needs no repair is the same URL to every reader.
    if !text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\') {
        return Err(FieldError::new(
            field,
            "must be ASCII without spaces or back-slashes; other characters are escaped",
        ));
    }
    if !text.split_once(':').is_some_and(|(_, rest)| rest.starts_with("//") && !rest.starts_with("///")) {
        return Err(FieldError::new(field, "must be a whole URL"));
    }
    let url = Url::parse(text).map_err(|_| FieldError::new(field, "must be a whole URL"))?;
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    let scheme_fits = match url.scheme() {
        "https" => true,
        "http" => policy == EvidenceUrlPolicy::HttpsAndLoopback && loopback,
        _ => false,
    };
    if !scheme_fits {
        return Err(FieldError::new(field, "must be https"));
    }
    if url.authority().contains('@') || text.split(['/', '?', '#']).nth(2).is_some_and(|host| host.contains('@')) {
        return Err(FieldError::new(field, "must not carry a user name or password"));
    }
    Ok(())
}

fn check_term(new: &NewCase) -> Result<(), FieldError> {
    let shortest_s = duration_s_min(new);
    match (new.duration_s, new.closes_at_ms) {
        (Some(duration_s), None) if (shortest_s..=DURATION_S_MAX).contains(&duration_s) => Ok(()),
        (Some(_), None) => Err(FieldError::new("duration_s", format!("must be {shortest_s} to {DURATION_S_MAX}"))),
        // The opening checks whether a fixed end is near enough. Here it must fit a store's integer.
        (None, Some(closes_at_ms)) if i64::try_from(closes_at_ms).is_ok() => Ok(()),
        (None, Some(_)) => Err(FieldError::new("closes_at_ms", "is no time")),
        (None, None) => Err(FieldError::new("duration_s", "is needed, or closes_at_ms")),
        (Some(_), Some(_)) => Err(FieldError::new("closes_at_ms", "goes without duration_s")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Brief;
    use serde_json::{Value, json};

    fn check(change: Value) -> Result<Brief, FieldError> {
        let mut case = json!({
            "title": "Is it silk?", "duration_s": 60,
            "options": [{"id": "buyer", "label": "Buyer"}, {"id": "merchant", "label": "Merchant"}]
        });
        for (name, value) in change.as_object().unwrap() {
            case[name] = value.clone();
        }
        Brief::new(serde_json::from_value(case).unwrap(), EvidenceUrlPolicy::Https)
    }

    fn refused_field(change: Value) -> String {
        check(change).unwrap_err().field
    }

    /// The case was stored under other limits, and the panel alone is new.
    #[test]
    fn an_appeal_is_checked_for_its_panel_and_its_time_alone() {
        let long = "真".repeat(5_000);
        let mut case = (*check(json!({})).unwrap()).clone();
        (case.title, case.summary) = (long.clone(), long);
        let panel = |case: &NewCase, other: u64, duration_s: u64| {
            let mut appeal = case.clone();
            appeal.rules.panel = Some(live_jury_protocol::Panel { other, ..Default::default() });
            appeal.duration_s = Some(duration_s);
            Brief::of_appeal(appeal).map(|_| ()).map_err(|error| error.field)
        };
        assert_eq!(panel(&case, 63, 60), Ok(()));
        assert_eq!(panel(&case, 6, 60), Err("rules.panel.other".to_owned()));
        assert_eq!(panel(&case, 63, 29), Err("duration_s".to_owned()));
    }

    #[test]
    fn no_moderator_voids_a_case_with_the_courts_own_reason() {
        for reason in ["tally_lost", " tally_lost\n", "", "\u{0}"] {
            assert_eq!(check_void_reason(reason).unwrap_err().field, "reason", "{reason:?}");
        }
        assert!(check_void_reason("the tally_lost its meaning").is_ok());
    }

    #[test]
    fn every_limit_names_its_field() {
        assert!(check(json!({})).is_ok());
        assert_eq!(refused_field(json!({"title": "x".repeat(201)})), "title");
        assert_eq!(refused_field(json!({"title": "  "})), "title");
        assert_eq!(refused_field(json!({"title": "a\u{0}b"})), "title");
        assert_eq!(refused_field(json!({"kind": "A b"})), "kind");
        assert_eq!(refused_field(json!({"summary": "x".repeat(1001)})), "summary");
        assert_eq!(refused_field(json!({"statements": {"buyer": "x".repeat(2001)}})), "statements.buyer");
        assert_eq!(refused_field(json!({"duration_s": 4})), "duration_s");
        assert_eq!(refused_field(json!({"duration_s": 86_401})), "duration_s");
        assert_eq!(refused_field(json!({"duration_s": null})), "duration_s");
        assert_eq!(refused_field(json!({"closes_at_ms": 5})), "closes_at_ms");
        let panel = |duration_s: u64| json!({"duration_s": duration_s, "rules": {"panel": {"buyer": 7}}});
        assert!(check(panel(30)).is_ok());
        assert_eq!(refused_field(panel(29)), "duration_s");
        assert_eq!(refused_field(json!({"rules": {"quorum": 0}})), "rules.quorum");
        assert_eq!(refused_field(json!({"rules": {"quorum": 1_000_000_001}})), "rules.quorum");
        assert_eq!(refused_field(json!({"rules": {"allow_change": true}})), "rules.allow_change");
        assert_eq!(refused_field(json!({"rules": {"recused": [""]}})), "rules.recused[0]");
        assert_eq!(refused_field(json!({"rules": {"recused": ["u_1", "u_3 "]}})), "rules.recused[1]");
        assert_eq!(refused_field(json!({"rules": {"recused": ["u_1", "u_2", "u_1"]}})), "rules.recused[2]");
        assert_eq!(refused_field(json!({"rules": {"recused": ["字".repeat(43)]}})), "rules.recused[0]");
        assert_eq!(refused_field(json!({"rules": {"reveal": "never"}})), "rules.reveal");
        let piece = |kind: &str, by: &str| json!({"evidence": [{"type": kind, "url": "https://a.example", "by": by}]});
        assert_eq!(refused_field(piece("hologram", "buyer")), "evidence[0].type");
        assert_eq!(refused_field(piece("image", "bystander")), "evidence[0].by");
        assert_eq!(refused_field(json!({"options": [{"id": "a", "label": "A"}]})), "options");
        let twice = json!([{"id": "a", "label": "A"}, {"id": "a", "label": "B"}]);
        assert_eq!(refused_field(json!({"options": twice})), "options[1].id");
        let abstain = json!([{"id": "a", "label": "A"}, {"id": "b", "label": "B", "abstain": true}]);
        assert_eq!(refused_field(json!({"options": abstain})), "options");
        let statements = json!({"buyer": "字".repeat(2000), "merchant": "字".repeat(2000)});
        let long = json!({"statements": statements, "summary": "字".repeat(1000)});
        assert_eq!(refused_field(long), "case");
    }

    #[test]
    fn rules_by_side_and_reasons_have_limits() {
        let rules = |rules: Value| json!({"rules": rules});
        let reasons = |labels: &[&str]| {
            let reason = |(index, label): (usize, &&str)| json!({"id": format!("r{index}"), "label": label});
            rules(json!({"reasons": labels.iter().enumerate().map(reason).collect::<Vec<_>>()}))
        };
        let all = json!({"two_sided": {"min_per_side": 5, "threshold": 0.6}, "hold_when_balanced": true,
                         "bias_band": 1, "raid": "hang", "reasons": [{"id": "label", "label": "The label"}]});
        assert!(check(rules(all)).is_ok());
        let brief = check(rules(json!({"two_sided": {}}))).unwrap();
        assert_eq!(brief.rules.two_sided.unwrap().min_per_side, 20);
        for per_side in [4, 1_000_001] {
            let two_sided = json!({"two_sided": {"min_per_side": per_side}});
            assert_eq!(refused_field(rules(two_sided)), "rules.two_sided.min_per_side");
        }
        assert_eq!(refused_field(rules(json!({"raid": "later"}))), "rules.raid");
        assert!(check(reasons(&["a", "b", "c", "d", "e", "字"])).is_ok());
        assert_eq!(refused_field(reasons(&["a", "b", "c", "d", "e", "f", "g"])), "rules.reasons");
        assert_eq!(refused_field(reasons(&["a", "a "])), "rules.reasons[1].label");
        assert_eq!(refused_field(reasons(&["a", ""])), "rules.reasons[1].label");
        assert_eq!(refused_field(reasons(&[&"字".repeat(41)])), "rules.reasons[0].label");
        let twice = json!({"reasons": [{"id": "a", "label": "A"}, {"id": "a", "label": "B"}]});
        assert_eq!(refused_field(rules(twice)), "rules.reasons[1].id");
    }

    #[test]
    fn an_id_that_no_token_could_hold_is_refused() {
        for name in ["merchant", "host", "product", "order"] {
            assert!(check(json!({"subject": {name: "x_1"}})).is_ok());
            assert!(check(json!({"subject": {name: null}})).is_ok());
            for no_id in ["", " ", "x_1 ", "\u{feff}x_1", "x\n1", &"x".repeat(129)] {
                assert_eq!(refused_field(json!({"subject": {name: no_id}})), format!("subject.{name}"), "{no_id:?}");
            }
        }
    }

    #[test]
    fn every_text_shows_something_or_is_empty() {
        let text = |text: &str| json!({"type": "text", "by": "buyer", "text": text, "caption": text});
        let captioned = json!({"type": "text", "by": "buyer", "text": "a", "caption": "\u{200b}"});
        for nothing in ["\u{200b}", " \n", "\u{3164}"] {
            assert_eq!(refused_field(json!({"title": nothing})), "title");
            assert_eq!(refused_field(json!({"summary": nothing})), "summary");
            assert_eq!(refused_field(json!({"remedy": nothing})), "remedy");
            assert_eq!(refused_field(json!({"statements": {"buyer": nothing}})), "statements.buyer");
            assert_eq!(refused_field(json!({"statements": {"merchant": nothing}})), "statements.merchant");
            assert_eq!(refused_field(json!({"evidence": [text(nothing)]})), "evidence[0].text");
            let options = json!([{"id": "a", "label": "A"}, {"id": "b", "label": nothing}]);
            assert_eq!(refused_field(json!({"options": options})), "options[1].label");
        }
        assert_eq!(refused_field(json!({"evidence": [captioned]})), "evidence[0].caption");
        assert!(check(json!({"summary": "", "remedy": "", "statements": {"buyer": ""}})).is_ok());
    }

    #[test]
    fn labels_are_told_apart() {
        let options = |other: &str| json!([{"id": "a", "label": "Support"}, {"id": "b", "label": other}]);
        assert!(check(json!({"options": options("Oppose")})).is_ok());
        for other in ["Support", "support", "Support ", "Ｓｕｐｐｏｒｔ", "Sup\u{200b}port"] {
            assert_eq!(refused_field(json!({"options": options(other)})), "options[1].label", "{other:?}");
        }
    }

    #[test]
    fn a_files_sha256_is_64_hexadecimal_digits() {
        let url = "https://example.com/a.png";
        let evidence =
            |sha256: &str| json!({"evidence": [{"type": "link", "url": url, "sha256": sha256, "by": "buyer"}]});
        let digits = "0123456789abcdefABCDEF0123456789abcdef0123456789abcdef0123456789";
        assert!(check(evidence(digits)).is_ok());
        let odd = [String::new(), digits[1..].to_owned(), format!("{digits}0"), format!("{} ", &digits[1..])];
        for wrong in odd.into_iter().chain([format!("g{}", &digits[1..]), "字".repeat(64)]) {
            assert_eq!(refused_field(evidence(&wrong)), "evidence[0].sha256", "{wrong}");
        }
        let text = json!({"type": "text", "text": "x", "sha256": digits, "by": "buyer"});
        assert_eq!(refused_field(json!({"evidence": [text]})), "evidence[0].sha256");
    }

    #[test]
    fn evidence_urls_are_https() {
        let evidence = |url: &str| json!({"evidence": [{"type": "image", "url": url, "by": "buyer"}]});
        assert!(check(evidence("https://example.com/a.png")).is_ok());
        for url in
            ["http://example.com/a", "javascript:alert(1)", "data:text/html,x", "//x", "https://u:p@example.com/"]
        {
            assert_eq!(refused_field(evidence(url)), "evidence[0].url", "{url}");
        }
        let piece = json!({"type": "text", "by": "platform"});
        assert_eq!(refused_field(json!({"evidence": [piece]})), "evidence[0].text");
        let local = serde_json::from_value(json!({
            "title": "t", "duration_s": 5, "options": [{"id": "a", "label": "A"}, {"id": "b", "label": "B"}],
            "evidence": [{"type": "image", "url": "http://127.0.0.1:8080/a.png", "by": "buyer"}]
        }));
        assert!(Brief::new(local.unwrap(), EvidenceUrlPolicy::HttpsAndLoopback).is_ok());
    }
}
