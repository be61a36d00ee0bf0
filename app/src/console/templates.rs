//! Forms filled in from the ready-made cases of each kind. It sends nothing.

use live_jury_protocol::template::Template;

use super::case_form::CaseForm;
use super::entry::show_share;
use crate::i18n::Lang;

/// A form filled in from a template. It can be opened as it is.
#[must_use]
pub fn form(template: &Template, lang: Lang) -> CaseForm {
    let case = template.case(lang.tag());
    let mut form = CaseForm::empty();
    form.kind = case.kind;
    form.title = case.title;
    form.summary = case.summary;
    form.statements = case.statements;
    for option in &case.options {
        let key = form.push_option(option.id.as_str(), &option.label, option.abstain);
        form.upholds = form.upholds.or(option.upholds.then_some(key));
    }
    form.policy = case.policy.unwrap_or_default();
    form.remedy_kind = case.remedy_kind;
    if let Some(duration_s) = case.duration_s {
        form.set_duration_s(duration_s);
    }
    form.quorum = case.rules.quorum.to_string();
    form.threshold = show_share(case.rules.threshold);
    form.reveal = case.rules.reveal;
    form.allow_change = case.rules.allow_change;
    form.min_account_age_days = case.rules.min_account_age_days.to_string();
    form.remedy = case.remedy.unwrap_or_default();
    form
}

#[cfg(test)]
mod tests {
    use live_jury_protocol::template::TEMPLATES;

    use super::*;

    #[test]
    fn a_form_of_a_template_is_sent_as_the_template_is() {
        for template in &TEMPLATES {
            for lang in [Lang::En, Lang::ZhCn] {
                let (mut sent, case) = (form(template, lang).to_case().unwrap(), template.case(lang.tag()));
                sent.rules.recused = case.rules.recused.clone();
                // A policy is sent once there is a party that can break it.
                assert_eq!(sent.policy, None);
                sent.policy = case.policy.clone();
                assert_eq!(sent, case);
            }
        }
    }
}
