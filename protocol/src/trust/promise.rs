//! Promises of merchants to buyers. Nothing here imposes one.

use serde::{Deserialize, Serialize};

use super::PolicyTitle;

/// The limits of a promise. Each kind has its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct PromiseLimits {
    /// The largest refund without return, in the smallest unit of the currency; `refund_without_return` needs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_minor: Option<u64>,
    /// The currency of that amount: three capital letters. Left out: the one of the shop.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// The hours from placing within which goods leave, 1 to 720; `ship_within` needs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours: Option<u32>,
    /// The multiple of the price that comes back for goods that are not genuine, 1 to 10; `authentic` needs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub multiple: Option<u32>,
}

/// A promise that a merchant makes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewPromise {
    /// `refund_without_return`, `free_return`, `ship_within` or `authentic`.
    pub kind: String,
    /// The limits.
    #[serde(default)]
    pub limits: PromiseLimits,
    /// The words of the promise: at most 2,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms: Option<String>,
}

/// The body of `PUT /trust/merchants/{id}/promises`: all that the merchant promises. A kind that is left out ends after
/// a notice of 30 days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SetPromises {
    /// The promises, at most one of each kind.
    pub promises: Vec<NewPromise>,
}

/// A version of a promise. It covers the orders that were placed while it was in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PromiseVersion {
    /// The limits.
    pub limits: PromiseLimits,
    /// The words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms: Option<String>,
    /// The first moment, in Unix milliseconds.
    pub from_ms: u64,
    /// The end, in Unix milliseconds; left out while there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_ms: Option<u64>,
}

/// A promise, as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Promise {
    /// The kind.
    pub kind: String,
    /// `applied`, `active`, `suspended` or `ended`.
    pub state: String,
    /// The limits.
    pub limits: PromiseLimits,
    /// The words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms: Option<String>,
    /// The time of the application, in Unix milliseconds.
    pub applied_at_ms: u64,
    /// The time since which it has this state, in Unix milliseconds.
    pub changed_at_ms: u64,
    /// The time of the merchant's notice, in Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice_at_ms: Option<u64>,
    /// The end that follows from the notice, in Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at_ms: Option<u64>,
    /// All versions that were or are in force, the oldest first.
    pub versions: Vec<PromiseVersion>,
}

/// The deposit of a merchant, in the smallest unit of its currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PromiseDeposit {
    /// The amount asked for.
    pub asked_minor: u64,
    /// The amount paid, as `deposit.changed` told last.
    pub paid_minor: u64,
}

/// What a merchant promises.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Promises {
    /// The merchant.
    pub merchant: String,
    /// The name of the programme, if the platform gave it one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub programme: Option<PolicyTitle>,
    /// Whether one of them is in force.
    pub assured: bool,
    /// The deposit without which no promise comes into force; left out where none is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deposit: Option<PromiseDeposit>,
    /// The promises, those that have ended as well.
    pub promises: Vec<Promise>,
}
