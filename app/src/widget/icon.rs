//! The widget's icons, in the colour of the text; they never carry meaning that the text lacks.

use crate::dom::{Element, svg_element};

/// An icon, drawn by one path on a 24 × 24 grid.
#[derive(Clone, Copy)]
pub(super) enum Icon {
    Scales,
    Close,
    Open,
    Check,
    Clock,
    Lock,
    Image,
    Video,
    Link,
    Text,
    Alert,
    Eye,
}

impl Icon {
    const fn path(self) -> &'static str {
        match self {
            Self::Scales => "M12 4v16M7 20h10M5 7l7-2 7 2M5 7l-2.5 6a2.7 2.7 0 0 0 5 0zM19 7l-2.5 6a2.7 2.7 0 0 0 5 0z",
            Self::Close => "M6 10l6 6 6-6",
            Self::Open => "M6 15l6-6 6 6",
            Self::Check => "M5 12.5l4.5 4.5L19 7.5",
            Self::Clock => "M12 7v5l3 2M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z",
            Self::Lock => "M7 11V8a5 5 0 0 1 10 0v3M5.5 11h13v9h-13z",
            Self::Image => "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 9.5h.01",
            Self::Video => "M4 5h16v14H4zM10 9l5 3-5 3z",
            Self::Link => "M9.5 14.5l5-5M11 6.5l1.5-1.5a4 4 0 0 1 6 6L17 12.5M13 17.5L11.5 19a4 4 0 0 1-6-6L7 11.5",
            Self::Text => "M5 6h14M5 10.5h14M5 15h9",
            Self::Alert => "M12 8v5M12 16.5h.01M12 3.5L2.5 20h19z",
            Self::Eye => {
                concat!(
                    "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12z",
                    "M12 9.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z"
                )
            }
        }
    }
}

/// Draws an icon.
pub(super) fn icon(icon: Icon) -> Element {
    svg_element("svg", "lj-icon")
        .set("viewBox", "0 0 24 24")
        .set("aria-hidden", "true")
        .set("focusable", "false")
        .add(svg_element("path", "").set("d", icon.path()))
}
