//! The inspector itself, built by build.rs and carried in the binary.

use rust_embed::RustEmbed;
use warp::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use warp::http::{HeaderValue, StatusCode};
use warp::reply::Response;

use super::error::ApiError;

#[derive(RustEmbed)]
#[folder = "$OUT_DIR/inspector"]
struct Inspector;

/// The page runs its own scripts and styles and talks to its own server; nothing else.
const PAGE_POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
    connect-src 'self'; frame-src 'self'; worker-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What a script may do that runs as a worker: compare, and load nothing.
const WORKER_POLICY: &str = "default-src 'none'";

/// The one page; its script looks at the path.
pub fn page() -> Result<Response, ApiError> {
    let mut response = file("index.html")?;
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(PAGE_POLICY));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Ok(response)
}

/// A file below `/assets/`: its name changes with its content.
pub fn asset(name: &str) -> Result<Response, ApiError> {
    let mut response = file(&format!("assets/{name}"))?;
    let forever = HeaderValue::from_static("public, max-age=31536000, immutable");
    response.headers_mut().insert(CACHE_CONTROL, forever);
    let worker = HeaderValue::from_static(WORKER_POLICY);
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, worker);
    Ok(response)
}

pub fn file(path: &str) -> Result<Response, ApiError> {
    let Some(file) = Inspector::get(path) else {
        let message = format!("there is no page /{path}");
        return Err(ApiError::new(StatusCode::NOT_FOUND, "not_found", message));
    };
    let mut response = Response::new(file.data.into_owned().into());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type(path)));
    Ok(response)
}

/// The kinds of file that the inspector's build makes.
fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("json" | "webmanifest") => "application/json",
        _ => "application/octet-stream",
    }
}
