//! Bodies of the routes about events and webhooks; it delivers none.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::record::EventRecord;

/// A filed step of a case, or something that happened to a party, as the outbox has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FiledEvent {
    /// The place in the order of commits. It grows, and has gaps.
    pub seq: u64,
    /// The id. A webhook about the event has it as `webhook-id`.
    pub id: Uuid,
    /// The step; null if the event is about a party, or this server cannot read it.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub record: Option<EventRecord>,
    /// What happened to a party; left out of a step.
    #[cfg(feature = "trust")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub trust: Option<crate::trust::TrustEvent>,
}

/// A server that is told of events, as a node sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WebhookTarget {
    /// The name in the file of targets.
    pub name: String,
    /// The place up to which every event was delivered, waits, or was given up.
    pub after: u64,
    /// The number of deliveries that wait for another attempt.
    pub waiting: u64,
    /// The number of deliveries of the last 30 days that were given up.
    pub failed: u64,
    /// The time at which the target said that it is gone, in Unix milliseconds; null while it is served.
    pub stopped_at_ms: Option<u64>,
}

/// All targets that a node has served.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WebhookTargets {
    /// The targets, by name.
    pub items: Vec<WebhookTarget>,
}

/// The body of `POST /trust/webhooks/{name}/replay`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReplayWebhook {
    /// The place in the order of commits after which events are delivered once more.
    pub after: u64,
}
