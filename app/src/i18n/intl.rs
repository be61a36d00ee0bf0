//! Formats numbers, shares and dates by the browser's `Intl`; it never words a sentence.

use std::cell::RefCell;

use js_sys::{Array, Function, Intl, Object, Reflect};
use wasm_bindgen::JsValue;

use super::Format;

thread_local! {
    /// Formatters made so far. Making one costs more than using one.
    static FORMATTERS: RefCell<Vec<(&'static str, Format, Function)>> = RefCell::default();
}

pub(super) fn format(tag: &'static str, format: Format, value: f64) -> String {
    FORMATTERS.with_borrow_mut(|formatters| {
        let known = formatters.iter().position(|(of, kind, _)| (*of, *kind) == (tag, format));
        let at = known.unwrap_or_else(|| {
            formatters.push((tag, format, formatter(tag, format)));
            formatters.len() - 1
        });
        let text = formatters[at].2.call1(&JsValue::UNDEFINED, &JsValue::from_f64(value));
        text.ok().and_then(|text| text.as_string()).unwrap_or_default()
    })
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
pub(super) fn plural_category(tag: &str, count: u64) -> String {
    let rules = Intl::PluralRules::new(&Array::of1(&tag.into()), &Object::new());
    rules.select(count as f64).as_string().unwrap_or_default()
}

fn formatter(tag: &str, format: Format) -> Function {
    let locales = Array::of1(&tag.into());
    match format {
        Format::Number => Intl::NumberFormat::new(&locales, &Object::new()).format(),
        Format::Percent => Intl::NumberFormat::new(&locales, &options(&[("style", "percent")])).format(),
        Format::DateTime => {
            let options = options(&[("dateStyle", "medium"), ("timeStyle", "short")]);
            Intl::DateTimeFormat::new(&locales, &options).format()
        }
        Format::Time => Intl::DateTimeFormat::new(&locales, &options(&[("timeStyle", "short")])).format(),
    }
}

fn options(pairs: &[(&str, &str)]) -> Object {
    let options = Object::new();
    for (name, value) in pairs {
        // A plain object accepts any property.
        let _ = Reflect::set(&options, &(*name).into(), &(*value).into());
    }
    options
}
