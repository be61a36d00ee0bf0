//! What the pages that are opened by link share: the token, the reader's choices, the texts, and how a case is drawn for
//! those who do not vote.

mod case_list;
mod choices;
mod connection;
mod focus;
pub mod host;
pub mod overlay;
pub mod page_token;
mod prefs;
mod require_role;
mod shares;
mod texts;
mod turnout;
mod verdict;

pub use case_list::{CaseList, CaseListFooter, CaseListKind, PastRow, error_text};
pub use choices::Choices;
pub use connection::{ConnectionLine, connection_name};
pub use focus::take_focus;
pub use prefs::{Prefs, Say, Theme, query, save_setting, saved_setting, use_say};
pub use require_role::{RequireRole, TokenNotice};
pub use shares::Shares;
pub use texts::DeskTexts;
pub use turnout::{TimeLeft, Turnout, kind_text};
pub use verdict::{OUTCOMES, Verdict, outcome_name, outcome_text};

use leptos::prelude::window;
use live_jury_protocol::RoomId;

/// Which of the pages the address asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Surface {
    /// `/console/`: moderators.
    Console,
    /// `/host/{room}`: who is on air.
    Host(RoomId),
    /// `/overlay/{room}`: a source for streaming software.
    Overlay(RoomId),
    /// `/gallery`, of a demo: every state of the widget.
    Gallery,
}

impl Surface {
    /// The surface at a path; `None` where there is none.
    #[must_use]
    pub fn at(path: &str) -> Option<Self> {
        let mut parts = path.trim_matches('/').split('/');
        let surface = match (parts.next()?, parts.next()) {
            ("console", _) => Self::Console,
            ("gallery", None) => Self::Gallery,
            ("host", Some(room)) => Self::Host(room.parse().ok()?),
            ("overlay", Some(room)) => Self::Overlay(room.parse().ok()?),
            _ => return None,
        };
        parts.next().is_none().then_some(surface)
    }

    /// The surface's name, for styles and for what a tab keeps.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Console => "console",
            Self::Host(_) => "host",
            Self::Overlay(_) => "overlay",
            Self::Gallery => "gallery",
        }
    }
}

/// The page's own origin, which is the server's.
#[must_use]
pub fn origin() -> String {
    window().location().origin().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_one_surface_or_none() {
        assert_eq!(Surface::at("/console/"), Some(Surface::Console));
        assert_eq!(Surface::at("/host/live-42"), Some(Surface::Host("live-42".parse().unwrap())));
        assert_eq!(Surface::at("/overlay/live-42/"), Some(Surface::Overlay("live-42".parse().unwrap())));
        assert_eq!(Surface::at("/gallery"), Some(Surface::Gallery));
        for path in ["/", "/gallery/a", "/host/", "/host/a b", "/host/a/b", "/elsewhere/live-42"] {
            assert_eq!(Surface::at(path), None, "{path}");
        }
    }
}
