//! The pages for hosts and streams, and the parts that they share with the console: token, preferences, texts, lists,
//! and a case without its ballot. No page casts a ballot.

mod case_list;
mod choices;
mod connection;
#[cfg(feature = "details")]
mod details;
mod focus;
pub mod host;
mod live_case;
pub mod overlay;
pub mod page_token;
#[cfg(feature = "details")]
pub mod practice;
mod prefs;
mod remedy;
mod require_role;
mod shares;
mod texts;
mod turnout;
mod verdict;

pub use case_list::{CaseList, CaseListFooter, CaseListKind, PastRow, error_text};
pub use choices::Choices;
pub use connection::{ConnectionLine, connection_name};
pub use focus::take_focus;
pub use live_case::{AppealOf, CaseLabels, Hearing, LiveCase, SharesOnceTold, TallyMissing};
pub use prefs::{Prefs, ROOMS_KEY, SHORTCUTS_KEY, Texts, Theme, query, save_setting, saved_setting, use_texts};
pub use require_role::{RequireRole, TokenNotice};
pub use shares::Shares;
pub use texts::{PageTexts, RemedyTexts, StandingTexts};
pub use turnout::{TimeLeft, Turnout, kind_text};
pub use verdict::{Verdict, outcome_text};

use leptos::prelude::window;
use live_jury_protocol::RoomId;

/// The id of the place in the host's page where the program of trust draws the host's own standing.
pub const OWN_STANDING_ID: &str = "own-standing";

/// A page of this program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Surface {
    /// `/console/`, for moderators.
    Console,
    /// `/host/{room}`, for the host on air.
    Host(RoomId),
    /// `/overlay/{room}`, a browser source for streaming software.
    Overlay(RoomId),
    /// `/practice/`, for viewers.
    Practice,
    /// `/gallery`, on a demo server: every state of the widget.
    Gallery,
}

impl Surface {
    /// The page at a path; `None` if there is none.
    #[must_use]
    pub fn at(path: &str) -> Option<Self> {
        let mut parts = path.trim_matches('/').split('/');
        let surface = match (parts.next()?, parts.next()) {
            ("console", _) => Self::Console,
            ("gallery", None) => Self::Gallery,
            ("practice", None) => Self::Practice,
            ("host", Some(room)) => Self::Host(room.parse().ok()?),
            ("overlay", Some(room)) => Self::Overlay(room.parse().ok()?),
            _ => return None,
        };
        parts.next().is_none().then_some(surface)
    }

    /// The page's name, for styles and storage keys.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Console => "console",
            Self::Host(_) => "host",
            Self::Overlay(_) => "overlay",
            Self::Practice => "practice",
            Self::Gallery => "gallery",
        }
    }
}

/// The page's origin, which is also the server's.
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
        assert_eq!(Surface::at("/practice/"), Some(Surface::Practice));
        for path in ["/", "/gallery/a", "/host/", "/host/a b", "/host/a/b", "/elsewhere/live-42"] {
            assert_eq!(Surface::at(path), None, "{path}");
        }
    }
}
