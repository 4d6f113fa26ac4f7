//! Every route, on one screen.

use std::convert::Infallible;
use std::future::Future;

use warp::filters::BoxedFilter;
use warp::http::{HeaderValue, Method, StatusCode};
use warp::reject::Rejection;
use warp::reply::{Reply, Response};
use warp::{Filter, any, body as wire, delete, get, patch, path};

use super::error::ApiError;
use super::guard::{Forbidden, guard};
use super::query::Query;
use super::{
    Api, assets, body, deposit, events, expect, inboxes, info, messages, preview, search, send,
    sessions,
};
use crate::lookout::Refusals;
use crate::store::Store;

/// The first of these that fits, each boxed: the types of a long chain are slow to compile.
macro_rules! one_of {
    ($first:expr $(, $other:expr)* $(,)?) => {
        $first.boxed()$(.or($other.boxed()).unify().boxed())*
    };
}

/// The whole service. Every request gets an answer; none is rejected further up.
pub fn routes(api: Api) -> impl Filter<Extract = (Response,), Error = Infallible> + Clone {
    let (hosts, store) = (api.hosts.clone(), api.store.clone());
    let all = guard(hosts).and(v1(api.clone()).or(health(api)).unify().or(inspector()).unify());
    all.recover(refused).unify().map(move |response| with_headers(response, &store))
}

#[rustfmt::skip] // one line a route
/// `/v1`: method, path, query, and what else the call looks at.
fn v1(api: Api) -> BoxedFilter<(Response,)> {
    let api = any().map(move || api.clone());
    let q = warp::query::raw().or(any().map(String::new)).unify().map(|text: String| Query::parse(&text));
    let call = move || api.clone();
    let h = warp::header::headers_cloned;

    let messages = path!("v1" / "messages");
    let message = || path!("v1" / "messages" / String);
    let list = messages.and(get()).and(call()).and(q).then(|a, q| done(messages::list(a, q)));
    let post = messages.and(warp::post()).and(call()).and(q).and(wire::stream())
        .then(|a: Api, q, b| done(noted(a.refusals.clone(), "POST /v1/messages", deposit::post(a, q, b))));
    let clear = messages.and(delete()).and(call()).and(q).and(wire::stream()).then(|a, q, b| {
        done(async { body::none(b).await?; messages::clear(a, q).await })
    });
    let change_all = messages.and(patch()).and(call()).and(q).and(wire::stream()).then(|a, q, b| {
        done(async { messages::change(a, q, body::json(b).await?).await })
    });
    let show = message().and(get()).and(call()).and(q).then(|id, a, q| done(messages::get(a, id, q)));
    let change = message().and(patch()).and(call()).and(q).and(wire::stream()).then(|id, a, q, b| {
        done(async { messages::patch(a, id, q, body::json(b).await?).await })
    });
    let remove = message().and(delete()).and(call()).and(q).then(|id, a, q| done(messages::delete(a, id, q)));
    let raw = path!("v1" / "messages" / String / "raw").and(get()).and(call()).and(q)
        .then(|id, a, q| done(messages::raw(a, id, q)));
    let text = path!("v1" / "messages" / String / "text").and(get()).and(call()).and(q)
        .then(|id, a, q| done(messages::text(a, id, q)));
    let snapshot = path!("v1" / "messages" / String / "snapshot").and(get()).and(call()).and(q)
        .then(|id, a, q| done(messages::snapshot(a, id, q)));
    let html = path!("v1" / "messages" / String / "html").and(get()).and(call()).and(q).and(h())
        .then(|id, a, q, h| done(preview::html(a, id, q, h)));
    let part = path!("v1" / "messages" / String / "parts" / String).and(get()).and(call()).and(q).and(h())
        .then(|id, path, a, q, h| done(messages::part(a, id, path, q, h)));
    let brought = path!("v1" / "messages" / String / "transcript").and(get()).and(call()).and(q).and(h())
        .then(|id, a, q, h| done(sessions::of_message(a, id, q, h)));

    let send = path!("v1" / "send").and(warp::post()).and(call()).and(q).and(wire::stream()).then(|a: Api, q, b| {
        let most = a.facts.max_message_size as usize;
        done(noted(a.refusals.clone(), "POST /v1/send", async move { send::send(a, q, body::read_upto(b, most).await?).await }))
    });

    let list_sessions = path!("v1" / "sessions").and(get()).and(call()).and(q)
        .then(|a, q| done(sessions::list(a, q)));
    let session = path!("v1" / "sessions" / String).and(get()).and(call()).and(q)
        .then(|id, a, q| done(sessions::get(a, id, q)));
    let dialogue = path!("v1" / "sessions" / String / "transcript").and(get()).and(call()).and(q).and(h())
        .then(|id, a, q, h| done(sessions::transcript(a, id, q, h)));

    let fields = path!("v1" / "search" / "fields").and(get()).and(q).then(|q| done(search::fields(q)));
    let values = path!("v1" / "search" / "values").and(get()).and(call()).and(q)
        .then(|a, q| done(search::values(a, q)));
    let list_inboxes = path!("v1" / "inboxes").and(get()).and(call()).and(q).then(|a, q| done(inboxes::list(a, q)));
    let make_inbox = path!("v1" / "inboxes").and(warp::post()).and(call()).and(q).and(h()).and(wire::stream())
        .then(|a, q, h, b| done(inboxes::make(a, q, h, b)));
    let inbox = path!("v1" / "inboxes" / String).and(get()).and(call()).and(q)
        .then(|name, a, q| done(inboxes::get(a, decoded(name), q)));
    let delete_inbox = path!("v1" / "inboxes" / String).and(delete()).and(call()).and(q)
        .then(|name, a, q| done(inboxes::delete(a, decoded(name), q)));
    let info = path!("v1" / "info").and(get()).and(call()).and(q).then(|a, q| done(info::info(a, q)));
    let settings = path!("v1" / "settings").and(get()).and(call()).and(q)
        .then(|a: Api, q| done(async move { info::settings(&a, q) }));
    let cursor = path!("v1" / "cursor").and(get()).and(call()).and(q).then(|a, q| done(expect::cursor(a, q)));
    let expect = path!("v1" / "expect").and(get()).and(call()).and(q).and(h())
        .then(|a, q, h| done(expect::get(a, q, h)));
    let ask = path!("v1" / "expect").and(warp::post()).and(call()).and(q).and(h()).and(wire::stream())
        .then(|a, q, h, b| done(expect::post(a, q, h, b)));
    let events = path!("v1" / "events").and(call()).and(q).and(warp::ws())
        .then(|a, q, ws| done(events::subscribe(a, q, ws)));
    let events_plain = path!("v1" / "events").and(get()).then(|| done(async { Err(upgrade_needed()) }));

    one_of!(list, post, clear, change_all, show, change, remove, raw, text, snapshot, html, part, brought, send,
            list_sessions, session, dialogue, fields, values, list_inboxes, make_inbox, inbox,
            delete_inbox, cursor, expect, ask, info, settings, events, events_plain)
}

fn health(api: Api) -> BoxedFilter<(Response,)> {
    let live = path!("livez").and(get()).then(|| done(async { Ok(info::live()) }));
    let ready = path!("readyz").and(get()).then(move || done(info::ready(api.clone())));
    one_of!(live, ready)
}

#[rustfmt::skip]
fn inspector() -> BoxedFilter<(Response,)> {
    let page = path::end().or(path!("m" / String).map(drop).untuple_one()).unify()
        .or(path!("s")).unify().or(path!("s" / String).map(drop).untuple_one()).unify()
        .or(path!("c" / String / String).map(|_, _| ()).untuple_one()).unify()
        .and(get()).then(|| done(async { assets::page() }));
    let asset = path!("assets" / String).and(get()).then(|name: String| done(async move { assets::asset(&name) }));
    let icon = path!("favicon.svg").and(get()).then(|| done(async { assets::file("favicon.svg") }));
    let astray = warp::method().and(path::full()).and(warp::header::<String>("accept"))
        .and_then(|method, path: path::FullPath, accept: String| async move {
            let is_ours = matches!(path.as_str().split('/').nth(1), Some("v1" | "assets"));
            let is_browser = method == Method::GET && accept.contains("text/html");
            if is_browser && !is_ours { Ok(()) } else { Err(warp::reject::not_found()) }
        })
        .untuple_one().then(|| done(async { assets::page().map(not_found) }));
    one_of!(page, asset, icon, astray)
}

/// Whoever went astray in a browser is told so by the page; every other caller by JSON.
fn not_found(mut page: Response) -> Response {
    *page.status_mut() = StatusCode::NOT_FOUND;
    page
}

/// Every call ends in a response, its error too. Boxed: warp has room for its largest call several
/// times in each, also in one that waits for a minute.
fn done(call: impl Future<Output = Result<Response, ApiError>>) -> impl Future<Output = Response> {
    let call = Box::pin(call);
    async move { call.await.unwrap_or_else(Reply::into_response) }
}

/// Who waits for mail is told why this one did not come in.
async fn noted(
    refusals: Refusals,
    call: &str,
    answer: impl Future<Output = Result<Response, ApiError>>,
) -> Result<Response, ApiError> {
    answer.await.inspect_err(|error| refusals.add(call, &error.sentence()))
}

/// A segment of a path as it was meant.
fn decoded(segment: String) -> String {
    percent_encoding::percent_decode_str(&segment).decode_utf8_lossy().into_owned()
}

fn upgrade_needed() -> ApiError {
    let message = "this is a WebSocket: connect with one to read events";
    ApiError::new(StatusCode::UPGRADE_REQUIRED, "websocket_needed", message)
}

/// What no route took.
async fn refused(rejection: Rejection) -> Result<Response, Infallible> {
    let error = if let Some(forbidden) = rejection.find::<Forbidden>() {
        forbidden.to_error()
    } else if rejection.find::<warp::reject::MethodNotAllowed>().is_some() {
        let message = "this path does not know that method";
        ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message)
    } else {
        ApiError::new(StatusCode::NOT_FOUND, "not_found", "there is nothing at this path")
    };
    Ok(error.into_response())
}

/// Bytes are what their type says, and no page elsewhere learns what is looked at here.
fn with_headers(mut response: Response, store: &Store) -> Response {
    let headers = response.headers_mut();
    // What comes in from here on has a larger number.
    headers.entry(expect::CURSOR).or_insert_with(|| HeaderValue::from(store.seq()));
    headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    headers.insert("referrer-policy", HeaderValue::from_static("no-referrer"));
    response
}
