//! The API's own description: OpenAPI, made of the handlers' attributes and the wire types.

mod limits;

use axum::response::Response;
use live_jury_protocol as protocol;
use serde_json::Value;
use utoipa::openapi::OpenApi as Document;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;

use super::response::json;
use super::{API, described_routes};

#[derive(OpenApi)]
#[openapi(
    info(title = "Live Jury", description = "Fair, public judgement inside live rooms."),
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
    let api = OpenApiRouter::with_openapi(Api::openapi()).nest(API, described_routes()).into_openapi();
    // utoipa's types have text keys only, so encoding does not fail.
    let mut document = serde_json::to_value(api).unwrap_or_default();
    limits::write(&mut document);
    document
}

/// `GET /openapi.json`.
pub async fn serve() -> Response {
    json(&document())
}
