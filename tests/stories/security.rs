//! What people try who want more than their share: forged tokens, floods, tricks with text, a look behind the ballots.

mod crowding;
mod expiry;
mod floods;
mod key_sets;
mod logs;
mod pages;
mod platform;
mod raw;
mod secrecy;
mod text;
mod tokens;
