//! Attacks: forged tokens, floods, hostile text, and attempts to link ballots to viewers.

mod connections;
mod crowding;
mod expiry;
mod floods;
mod inputs;
mod key_sets;
mod limited_server;
mod logs;
mod pages;
mod platform;
mod raw;
mod reads;
mod redis_user;
mod revocations;
pub mod secrecy;
mod text;
mod tls;
mod tokens;
