//! Request bodies: read up to a bound, and as strictly as the query.

use bytes::{Buf, BufMut, BytesMut};
use futures_util::{Stream, StreamExt, pin_mut};
use serde::de::DeserializeOwned;
use warp::http::StatusCode;

use super::error::ApiError;

/// Bytes of a request body.
pub const MAX_BODY: usize = 64 * 1024;

/// Reads the whole body, whatever its Content-Type says.
pub async fn read<B: Buf>(
    body: impl Stream<Item = Result<B, warp::Error>>,
) -> Result<BytesMut, ApiError> {
    read_upto(body, MAX_BODY).await
}

/// Reads a body that may have `most` bytes.
pub async fn read_upto<B: Buf>(
    body: impl Stream<Item = Result<B, warp::Error>>,
    most: usize,
) -> Result<BytesMut, ApiError> {
    pin_mut!(body);
    let mut bytes = BytesMut::new();
    while let Some(chunk) = body.next().await {
        let mut chunk = chunk.map_err(|e| {
            ApiError::new(
                StatusCode::BAD_REQUEST,
                "body_cut",
                format!("the request body ended early: {e}"),
            )
        })?;
        if bytes.len() + chunk.remaining() > most {
            let message = format!("a request body may have {most} bytes");
            return Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", message));
        }
        bytes.put(&mut chunk);
    }
    Ok(bytes)
}

/// A body that must be JSON of one shape.
pub async fn json<T: DeserializeOwned, B: Buf>(
    body: impl Stream<Item = Result<B, warp::Error>>,
) -> Result<T, ApiError> {
    parse(&read(body).await?)
}

/// The same, and no body is `{}`.
pub async fn json_or<T: DeserializeOwned + Default, B: Buf>(
    body: impl Stream<Item = Result<B, warp::Error>>,
) -> Result<T, ApiError> {
    match read(body).await? {
        bytes if bytes.iter().all(u8::is_ascii_whitespace) => Ok(T::default()),
        bytes => parse(&bytes),
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(bytes).map_err(|e| {
        let message = format!("the request body is not what this call takes: {e}");
        match unknown_field(&message) {
            Some(field) => ApiError::field("unknown_field", &field, message.clone()),
            None => ApiError::new(StatusCode::BAD_REQUEST, "invalid_body", message),
        }
    })
}

/// A call that takes no body says so: somebody who names ids in the body of a DELETE does not
/// mean everything.
pub async fn none<B: Buf>(
    body: impl Stream<Item = Result<B, warp::Error>>,
) -> Result<(), ApiError> {
    if read(body).await?.is_empty() {
        return Ok(());
    }
    let message = "this call takes no body: name what is meant in the path or the query";
    Err(ApiError::new(StatusCode::BAD_REQUEST, "unexpected_body", message))
}

fn unknown_field(message: &str) -> Option<String> {
    let rest = message.split_once("unknown field `")?.1;
    Some(rest.split_once('`')?.0.to_owned())
}
