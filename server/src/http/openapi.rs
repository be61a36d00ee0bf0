//! The API's own description: OpenAPI, made of the handlers' attributes and the wire types.

mod limits;

use axum::body::Bytes;
use axum::http::header;
use axum::routing::{MethodRouter, get};
use live_jury_protocol as protocol;
use serde_json::Value;
use utoipa::openapi::OpenApi as Document;
use utoipa::openapi::Server;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;

use super::{API, described_routes, public_routes};

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

/// The document of a server with this origin.
#[must_use]
pub fn document(public_url: &str) -> Value {
    let mut api =
        OpenApiRouter::with_openapi(Api::openapi()).nest(API, described_routes().merge(public_routes())).into_openapi();
    api.servers = Some(vec![Server::new(public_url)]);
    // utoipa's types have text keys only, so encoding does not fail.
    let mut document = serde_json::to_value(api).unwrap_or_default();
    limits::write(&mut document);
    document
}

/// `GET /openapi.json`. The document is encoded once, here; the route needs no token.
pub fn route<S: Clone + Send + Sync + 'static>(public_url: &str) -> MethodRouter<S> {
    let document = Bytes::from(document(public_url).to_string());
    get(move || {
        let document = document.clone();
        async move { ([(header::CONTENT_TYPE, "application/json")], document) }
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use axum::Router;
    use axum::body::Body;
    use axum::http::Request;
    use tower::ServiceExt;

    use super::*;

    const ORIGIN: &str = "https://jury.example.com";
    /// Operations of the API.
    const OPERATIONS: usize = 98;

    fn operations(document: &Value) -> Vec<&Value> {
        let paths = document["paths"].as_object().unwrap().values();
        paths.flat_map(|path| path.as_object().unwrap().values()).collect()
    }

    #[test]
    fn every_response_has_a_description() {
        let document = document(ORIGIN);
        for operation in operations(&document) {
            let responses = operation["responses"].as_object().unwrap();
            assert!(matches!(responses.len(), 3 | 4), "{operation}");
            for (status, response) in responses {
                let description = response["description"].as_str().unwrap_or_default();
                assert!(!description.is_empty(), "{} {status}", operation["operationId"]);
            }
        }
    }

    #[test]
    fn every_operation_has_an_id_that_names_its_effect() {
        let document = document(ORIGIN);
        let verbs = [
            "create", "list", "get", "edit", "open", "extend", "close", "void", "discard", "export", "revoke", "set",
            "answer", "forget", "appeal", "replay", "add", "read", "rank", "confirm", "dismiss", "withdraw", "ban",
            "unban", "decide", "draft", "send", "escalate",
        ];
        let ids: HashSet<&str> =
            operations(&document).iter().map(|operation| operation["operationId"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), OPERATIONS, "{ids:?}");
        for id in ids {
            let object = verbs.iter().find_map(|verb| id.strip_prefix(verb)).unwrap_or_default();
            assert!(object.starts_with(|first: char| first.is_ascii_uppercase()), "{id}");
        }
    }

    #[test]
    fn the_server_is_the_public_url() {
        assert_eq!(document(ORIGIN)["servers"], serde_json::json!([{ "url": ORIGIN }]));
    }

    #[tokio::test]
    async fn two_requests_are_answered_with_one_document() {
        let router: Router = Router::new().route("/", route(ORIGIN));
        let mut bodies = Vec::new();
        for _ in 0..2 {
            let response = router.clone().oneshot(Request::get("/").body(Body::empty()).unwrap()).await.unwrap();
            bodies.push(axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap());
        }
        assert_eq!(bodies[0].as_ptr(), bodies[1].as_ptr(), "it is not encoded anew");
    }
}
