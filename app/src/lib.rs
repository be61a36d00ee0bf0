//! The front end's shared core and its two programs' views: what the viewer's widget and the console are made of.
//!
//! `jury` is the state and decides; `socket` is the connection; `session` joins them into signals that views read.

pub mod api;
pub mod backoff;
pub mod console;
pub mod gallery;
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
pub mod widget;
