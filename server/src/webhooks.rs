//! Webhooks: tells the platform's servers what was filed, in the order of commits, until they say that they have it. It
//! reads the outbox and changes no case.

mod deliver;
mod message;
mod schedule;
mod send;
mod sign;
mod target;
mod trial;

pub use self::deliver::Deliverer;
pub use self::sign::WebhookSecret;
pub use self::target::{Target, TargetsError, read_targets};
pub use self::trial::try_targets;
