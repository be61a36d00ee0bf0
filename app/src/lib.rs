//! The library of the front end's three larger programs: the viewer's widget, the console and the trust desk.
//!
//! `jury` holds the state and decides; `socket` holds the connection; `session` joins both into signals for views.

pub mod api;
pub mod backoff;
#[cfg(feature = "details")]
pub mod console;
pub mod dom;
pub mod gallery;
#[cfg(feature = "details")]
pub mod groups;
pub mod hearing;
pub mod i18n;
pub mod json;
pub mod jury;
pub mod link;
pub mod pages;
pub mod session;
pub mod shares;
pub mod socket;
pub mod storage;
pub mod thrown;
pub mod time;
pub mod token;
#[cfg(feature = "details")]
pub mod trust;
pub mod verdict;
pub mod widget;
