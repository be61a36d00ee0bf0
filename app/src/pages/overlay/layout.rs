//! Position, scale and delay of the overlay, read once from the address.

use std::time::Duration;

use leptos::prelude::document;
use wasm_bindgen::JsCast;

use crate::pages::query;

/// Smallest and largest scale. They suit a corner of a small picture and a screen in a hall.
const SCALE_RANGE: (f64, f64) = (0.5, 4.0);

/// Longest delay, in seconds. Streaming platforms offer no longer one.
const DELAY_S_MAX: f64 = 900.0;

/// The delay of the overlay behind the jury, from `?delay=5`, in seconds.
pub(super) fn delay() -> Duration {
    delay_of(query("delay").as_deref())
}

fn delay_of(text: Option<&str>) -> Duration {
    let seconds = text.and_then(|seconds| seconds.parse::<f64>().ok()).filter(|seconds| seconds.is_finite());
    Duration::from_secs_f64(seconds.unwrap_or(0.0).clamp(0.0, DELAY_S_MAX))
}

/// Position and scale.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Layout {
    block: &'static str,
    inline: &'static str,
    scale: f64,
}

impl Layout {
    /// The layout of `?position=top-start&scale=1.5`. The default is below, in the middle, at scale 1.
    pub(super) fn from_address() -> Self {
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

    /// Sets the layout on the page's root element.
    pub(super) fn apply(&self) {
        let Some(html) = document().document_element().and_then(|html| html.dyn_into::<web_sys::HtmlElement>().ok())
        else {
            return;
        };
        // The names are constants and valid.
        let _ = html.set_attribute("data-block", self.block);
        let _ = html.set_attribute("data-inline", self.inline);
        let _ = html.style().set_property("--overlay-scale", &self.scale.to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_sets_the_delay() {
        for (text, delay_ms) in [(Some("5"), 5_000), (Some("2.5"), 2_500), (Some("1e9"), 900_000)] {
            assert_eq!(delay_of(text), Duration::from_millis(delay_ms), "{text:?}");
        }
        for text in [None, Some(""), Some("-3"), Some("soon"), Some("NaN"), Some("inf")] {
            assert_eq!(delay_of(text), Duration::ZERO, "{text:?}");
        }
    }

    #[test]
    fn the_address_sets_position_and_scale() {
        assert_eq!(Layout::of(None, None), Layout { block: "bottom", inline: "center", scale: 1.0 });
        assert_eq!(Layout::of(Some("top-end"), Some("1.5")), Layout { block: "top", inline: "end", scale: 1.5 });
        assert_eq!(Layout::of(Some("aside"), Some("NaN")), Layout::of(None, None));
        assert_eq!(Layout::of(Some("bottom-start"), Some("900")).scale, 4.0);
    }
}
