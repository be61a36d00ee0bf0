//! The routes of trust; what they answer is computed elsewhere.

pub mod exposure;
pub mod facts;
pub mod index;
