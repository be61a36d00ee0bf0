//! The API's own description: OpenAPI, made from the handlers and the wire types.

mod limits;

use axum::response::Response;
use live_jury_protocol as protocol;
use serde_json::Value;
use utoipa::openapi::OpenApi as Document;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::{cases, verdicts};

#[derive(OpenApi)]
#[openapi(
    info(title = "Live Jury", description = "Fair, public judgement inside live rooms."),
    paths(
        cases::create, cases::list, cases::read, cases::edit, cases::open, cases::extend, cases::close, cases::void,
        cases::discard, cases::tally, cases::audit, verdicts::ballots, verdicts::of_room, verdicts::all
    ),
    components(schemas(protocol::Problem)),
    modifiers(&Bearer)
)]
struct Api;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, api: &mut Document) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
        api.components.get_or_insert_default().add_security_scheme("token", SecurityScheme::Http(scheme));
        api.security = Some(vec![SecurityRequirement::new("token", Vec::<String>::new())]);
    }
}

/// The document.
#[must_use]
pub fn document() -> Value {
    // The types are ours, and all of them can be written.
    let mut document = serde_json::to_value(Api::openapi()).unwrap_or_default();
    limits::write(&mut document);
    document
}

/// `GET /openapi.json`.
pub async fn serve() -> Response {
    cases::json(&document())
}
