//! Recorded cases and their bundles: what holds, what is found, and that two verifiers agree.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod bundle;
mod documented;
mod fixture;
mod followed;
mod gauge;
#[path = "../../../proof/tests/generated/mod.rs"]
mod generated;
mod second;
