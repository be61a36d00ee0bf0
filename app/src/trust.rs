//! The program of trust: the desk for moderators of all rooms, the merchant's page, and a part of the host's. It
//! computes no index and no standing: the server does.

mod applications;
mod buckets;
mod claims;
mod desk;
mod explain;
mod host_part;
mod index;
mod keys;
mod listings;
mod merchant_page;
mod party;
mod queue;
mod queues;
mod report_drafts;
mod signals;
mod step;
mod steps;
mod texts;
mod webhooks;

pub use desk::Desk;
pub use host_part::HostPart;
pub use merchant_page::MerchantPage;

/// A page of this program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrustPage {
    /// `/trust/`, for moderators of all rooms.
    Desk,
    /// `/trust/me`, for a merchant.
    Me,
    /// A part of `/host/{room}`, whose page loads this program when the host asks for it.
    Host,
}

impl TrustPage {
    /// The page at a path; `None` if there is none.
    #[must_use]
    pub fn at(path: &str) -> Option<Self> {
        match path.trim_end_matches('/') {
            "/trust" => Some(Self::Desk),
            "/trust/me" => Some(Self::Me),
            path if path.starts_with("/host/") => Some(Self::Host),
            _ => None,
        }
    }

    /// The page's name, for styles and storage keys.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Desk => "desk",
            Self::Me => "me",
            Self::Host => "host",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_one_page_or_none() {
        assert_eq!(TrustPage::at("/trust/"), Some(TrustPage::Desk));
        assert_eq!(TrustPage::at("/trust/me"), Some(TrustPage::Me));
        assert_eq!(TrustPage::at("/host/live-42"), Some(TrustPage::Host));
        for path in ["/", "/trust/report", "/trust/me/else", "/console/"] {
            assert_eq!(TrustPage::at(path), None, "{path}");
        }
    }
}
