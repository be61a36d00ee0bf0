//! The harness: real servers in temporary folders, started on free ports and stopped when the test lets go of them.

pub mod postgres;
pub mod redis;
