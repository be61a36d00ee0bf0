//! Where on the picture the plate stands and how large it is: read from the address once, applied to the page.

use leptos::prelude::document;
use wasm_bindgen::JsCast;

use crate::page::query;

/// Smallest and largest scale: from a corner of a small picture to one seen across a hall.
const SCALE_RANGE: (f64, f64) = (0.5, 4.0);

/// Where and how large.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Layout {
    block: &'static str,
    inline: &'static str,
    scale: f64,
}

impl Layout {
    /// What the address asks for: `?position=top-start&scale=1.5`; below and in the middle where it asks nothing.
    pub(super) fn asked() -> Self {
        Self::of(query("position").as_deref(), query("scale").as_deref())
    }

    fn of(position: Option<&str>, scale: Option<&str>) -> Self {
        let (block, inline) = position.map_or(("", ""), |position| position.split_once('-').unwrap_or((position, "")));
        let scale = scale.and_then(|scale| scale.parse::<f64>().ok()).filter(|scale| scale.is_finite());
        Self {
            block: if block == "top" { "top" } else { "bottom" },
            inline: match inline {
                "start" => "start",
                "end" => "end",
                _ => "center",
            },
            scale: scale.unwrap_or(1.0).clamp(SCALE_RANGE.0, SCALE_RANGE.1),
        }
    }

    /// Marks the page with it.
    pub(super) fn apply(&self) {
        let Some(html) = document().document_element().and_then(|html| html.dyn_into::<web_sys::HtmlElement>().ok())
        else {
            return;
        };
        // Attribute and property names that are constants are valid ones.
        let _ = html.set_attribute("data-block", self.block);
        let _ = html.set_attribute("data-inline", self.inline);
        let _ = html.style().set_property("--overlay-scale", &self.scale.to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plate_stands_where_the_address_says() {
        assert_eq!(Layout::of(None, None), Layout { block: "bottom", inline: "center", scale: 1.0 });
        assert_eq!(Layout::of(Some("top-end"), Some("1.5")), Layout { block: "top", inline: "end", scale: 1.5 });
        assert_eq!(Layout::of(Some("aside"), Some("NaN")), Layout::of(None, None));
        assert_eq!(Layout::of(Some("bottom-start"), Some("900")).scale, 4.0);
    }
}
