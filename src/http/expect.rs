//! `/v1/expect`: a call that is answered when the mail is there, or when it is certain that it will
//! not be as asked. What that means is decided in `expect`, waiting is done in `lookout`; here are
//! the question as it comes in and the answer in its three forms.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Buf;
use futures_util::{Stream, stream};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use warp::http::{HeaderMap, HeaderValue, StatusCode, header};
use warp::reply::{Reply, Response};

use super::error::ApiError;
use super::query::Query;
use super::{Api, body, messages, reply};
use crate::expect::{Context, Expectation, Fault, Get, Reason, Report, Taken, seconds};
use crate::lookout::{Ending, LookoutError, Met, Surroundings, Unmet};
use crate::message;
use crate::store::{Millis, StoredMessage};

/// Proxies cut a line that is silent for a minute or less.
const KEEPALIVE: Duration = Duration::from_secs(10);
pub const CURSOR: &str = "restante-cursor";

/// Where reading on begins.
pub async fn cursor(api: Api, query: Query) -> Result<Response, ApiError> {
    query.end()?;
    Ok(reply::json(&json!({ "cursor": api.store.seq() })))
}

pub async fn get(api: Api, query: Query, headers: HeaderMap) -> Result<Response, ApiError> {
    let question = Expectation::from_pairs(query.into_pairs(), &context(&api))?;
    answer(api, question, headers).await
}

/// JSON, whatever the Content-Type says; without a body, the query string.
pub async fn post<B: Buf>(
    api: Api,
    query: Query,
    headers: HeaderMap,
    body: impl Stream<Item = Result<B, warp::Error>>,
) -> Result<Response, ApiError> {
    let bytes = body::read(body).await?;
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return get(api, query, headers).await;
    }
    query.end().map_err(|_| {
        let message = "a question stands in the body or in the query string, not in both";
        ApiError::new(StatusCode::BAD_REQUEST, "invalid_body", message)
    })?;
    let question: Value = serde_json::from_slice(&bytes).map_err(|e| {
        let message = format!("the body is a question in JSON, and this is not JSON: {e}");
        ApiError::new(StatusCode::BAD_REQUEST, "invalid_body", message)
    })?;
    let question = Expectation::from_json(&question, &context(&api))?;
    answer(api, question, headers).await
}

fn context(api: &Api) -> Context {
    Context { now: Millis::now().0, timeout: api.facts.expect_timeout }
}

/// How the client wants to read it.
struct Form {
    inspector: String,
    is_text: bool,
}

async fn answer(api: Api, question: Expectation, headers: HeaderMap) -> Result<Response, ApiError> {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let inspector = match host {
        Some(host) => format!("http://{host}"),
        None => format!("http://{}", api.facts.http),
    };
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    let is_text = accept.is_some_and(|accept| accept.trim_start().starts_with("text/plain"));
    let form = Form { inspector, is_text };
    // They would lie here for as long as the call waits.
    drop(headers);
    let keepalive = question.keepalive;
    // Boxed: on its way through the calls below it would take its room in each.
    let ending = Box::pin(api.lookout.begin(Arc::new(question))?.end());
    if keepalive {
        return Ok(kept_alive(async move { end(&api, ending, &form).await }));
    }
    end(&api, ending, &form).await.map(|ended| ended.response())
}

async fn end(
    api: &Api,
    ending: impl Future<Output = Result<Ending, LookoutError>> + Unpin,
    form: &Form,
) -> Result<Ended, ApiError> {
    let ending = tokio::select! {
        ending = ending => ending?,
        () = api.stopping() => {
            let message = "the server is stopping";
            return Err(ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "shutting_down", message));
        }
    };
    match ending {
        // What comes after the wait takes no room in each call that waits.
        Ending::Met(met) => Box::pin(met_as(api, met, form)).await,
        Ending::NotMet(unmet) => {
            Box::pin(not_met(api, unmet, form, Taken::default(), Vec::new())).await
        }
    }
}

/// An answer before it is put on the wire.
struct Ended {
    status: StatusCode,
    media_type: &'static str,
    body: Vec<u8>,
    cursor: u64,
}

const TEXT: &str = "text/plain; charset=utf-8";

impl Ended {
    fn response(self) -> Response {
        let mut response = Response::new(self.body.into());
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.media_type));
        headers.insert(CURSOR, HeaderValue::from(self.cursor));
        response
    }
}

async fn met_as(api: &Api, met: Met, form: &Form) -> Result<Ended, ApiError> {
    let (cursor, expectation) = (met.cursor, met.expectation.clone());
    let url =
        met.message.as_ref().map(|stored| format!("{}/m/{}", form.inspector, stored.summary.id));
    let taken = taken(&met);
    if let Some(reason) = taken.lacks() {
        let hints = which(&met);
        return not_met(api, met.but(reason), form, taken, hints).await;
    }
    if let Some(get) = &expectation.get {
        let message = met.message.as_deref();
        let value = message.and_then(|stored| {
            let url = url.as_deref().unwrap_or_default();
            tokio::task::block_in_place(|| value(get, stored, &taken, url))
        });
        return match value {
            Some(value) => Ok(text(value + "\n", cursor)),
            None => {
                let hint = nothing_to_get(get, message.is_some());
                not_met(api, met.but(Reason::NoValue), form, taken, vec![hint]).await
            }
        };
    }
    if form.is_text {
        return Ok(text(met_text(&met, &taken, url.as_deref()), cursor));
    }
    let Met { message, matched, duplicates, waited, .. } = met;
    // Taking a large message apart must not hold up the sessions on this worker.
    let of =
        |stored: Box<StoredMessage>| tokio::task::block_in_place(|| messages::Message::of(*stored));
    let body = json(&Answer {
        met: true,
        matched,
        waited_ms: waited.as_millis() as u64,
        cursor,
        message: message.map(of),
        url,
        taken,
        duplicates,
    })?;
    Ok(Ended { status: StatusCode::OK, media_type: "application/json", body, cursor })
}

#[derive(Serialize)]
struct Answer {
    met: bool,
    matched: u64,
    waited_ms: u64,
    cursor: u64,
    message: Option<messages::Message>,
    url: Option<String>,
    #[serde(flatten)]
    taken: Taken,
    duplicates: Vec<String>,
}

fn taken(met: &Met) -> Taken {
    match &met.message {
        Some(stored) if met.expectation.takes() => tokio::task::block_in_place(|| {
            let json = || serde_json::to_value(messages::Message::of((**stored).clone()));
            let json = || json().unwrap_or_default();
            Taken::of(&met.expectation, &message::parse(&stored.raw), json)
        }),
        _ => Taken::default(),
    }
}

/// Of several, which one was taken apart.
fn which(met: &Met) -> Vec<String> {
    let summary = met.message.as_ref().map(|stored| &stored.summary);
    let of_several = summary.filter(|_| met.matched > 1);
    let said =
        of_several.map(|summary| format!("this is about #{}, which was picked", summary.seq));
    said.into_iter().collect()
}

fn nothing_to_get(get: &Get, has_message: bool) -> String {
    match get {
        _ if !has_message => "no mail was expected, so there is nothing to get".to_owned(),
        Get::Text => "it has no text part: get=html, or get=url to look at it".to_owned(),
        Get::Html => "it has no HTML part: get=text".to_owned(),
        Get::Header(name) => format!("it has no header field {name}"),
        _ => "it is empty there".to_owned(),
    }
}

fn text(text: String, cursor: u64) -> Ended {
    Ended { status: StatusCode::OK, media_type: TEXT, body: text.into_bytes(), cursor }
}

fn met_text(met: &Met, taken: &Taken, url: Option<&str>) -> String {
    let waited = seconds(met.waited);
    let Some(stored) = met.message.as_deref() else {
        return format!("no mail matched in {waited}, as asked\n");
    };
    let summary = &stored.summary;
    let (from, to) = (&summary.envelope.from, summary.envelope.to.join(", "));
    let mut text = format!(
        "{} matched after {waited}\n  {:?}  {from} -> {to}\n  {}\n",
        if met.matched == 1 { "1 mail".to_owned() } else { format!("{} mails", met.matched) },
        summary.digest.subject,
        url.unwrap_or_default(),
    );
    if let Some(code) = &taken.code {
        text += &format!("  code {code}\n");
    }
    if let Some(link) = &taken.link {
        text += &format!("  link {}\n", link.href);
    }
    for id in &met.duplicates {
        text += &format!("  also {id}\n");
    }
    text
}

/// The one value that was asked for; `None` if it is not there, or empty.
fn value(get: &Get, stored: &StoredMessage, taken: &Taken, url: &str) -> Option<String> {
    let message = || message::parse(&stored.raw);
    let summary = &stored.summary;
    let value = match get {
        Get::Id => summary.id.clone(),
        Get::Url => url.to_owned(),
        Get::Code => taken.code.clone()?,
        Get::Link => taken.link.as_ref()?.href.clone(),
        Get::LinkText => taken.link.as_ref()?.text.clone(),
        Get::Subject => summary.digest.subject.clone(),
        Get::From => match summary.digest.from.first() {
            Some(from) => from.address.clone(),
            None => summary.envelope.from.clone(),
        },
        Get::To => summary.envelope.to.join(", "),
        Get::Text => message().text()?,
        Get::Html => message().html()?,
        Get::Header(name) => {
            let message = message();
            let field = message.headers().find(|field| field.is(name))?;
            message.value(&field)
        }
    };
    Some(value).filter(|value| !value.is_empty())
}

async fn not_met(
    api: &Api,
    unmet: Unmet,
    form: &Form,
    taken: Taken,
    hints: Vec<String>,
) -> Result<Ended, ApiError> {
    let smtp = api.facts.smtp.to_string();
    let (inspector, refusals) = (form.inspector.as_str(), &api.refusals);
    let around = Surroundings { inspector, smtp: &smtp, refusals, taken, hints };
    let report: Report = unmet.report(around).await?;
    let cursor = report.cursor;
    let status = StatusCode::EXPECTATION_FAILED;
    if form.is_text {
        return Ok(Ended { status, ..text(report.detail, cursor) });
    }
    Ok(Ended { status, media_type: "application/problem+json", body: json(&report)?, cursor })
}

fn json(value: &impl Serialize) -> Result<Vec<u8>, ApiError> {
    let mut bytes = serde_json::to_vec(value)
        .map_err(|e| ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "encoding", e.to_string()))?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// The status must go out before the outcome is known, so it is 200, and the body says `met`.
fn kept_alive(end: impl Future<Output = Result<Ended, ApiError>> + Send + 'static) -> Response {
    let (sender, receiver) = mpsc::channel::<Vec<u8>>(1);
    tokio::spawn(async move {
        let mut end = std::pin::pin!(end);
        let body = loop {
            tokio::select! {
                ended = &mut end => break match ended {
                    Ok(ended) => ended.body,
                    Err(e) => e.body(),
                },
                () = tokio::time::sleep(KEEPALIVE) => {
                    if sender.send(b" ".to_vec()).await.is_err() {
                        return;
                    }
                }
                () = sender.closed() => return,
            }
        };
        let _ = sender.send(body).await;
    });
    let body = stream::unfold(receiver, |mut receiver| async {
        let bytes = receiver.recv().await?;
        Some((Ok::<_, std::convert::Infallible>(bytes), receiver))
    });
    let mut response = warp::reply::stream(body).into_response();
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    // Proxies that gather an answer before they pass it on are told not to.
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

impl From<Fault> for ApiError {
    fn from(fault: Fault) -> ApiError {
        match &fault.query {
            Some(error) => ApiError::query(error),
            None => ApiError::field(fault.code, &fault.field, fault.message),
        }
    }
}

impl From<LookoutError> for ApiError {
    fn from(error: LookoutError) -> ApiError {
        match error {
            LookoutError::TooMany => {
                let status = StatusCode::SERVICE_UNAVAILABLE;
                ApiError::new(status, "too_many_waiting", error.to_string())
            }
            LookoutError::Ahead { .. } => ApiError::field("invalid", "since", error.to_string()),
            LookoutError::Store(error) => error.into(),
        }
    }
}
