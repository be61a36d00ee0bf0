//! The routes of trust; what they answer is computed elsewhere.

pub mod appeals;
pub mod applications;
pub mod claims;
pub mod drafts;
pub mod editions;
pub mod exposure;
pub mod facts;
pub mod index;
pub mod listings;
pub mod lists;
pub mod parties;
pub mod promises;
pub mod violations;
mod words;

pub use words::id_of;
