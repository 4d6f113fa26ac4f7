//! `POST /v1/send`: a message that a person wrote in the inspector goes in as any other does, through
//! the server's own SMTP listener, so that it has a session and meets the same rules. It is sent to
//! that address and no other.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufStream};
use tokio::net::TcpStream;
use warp::http::StatusCode;
use warp::reply::Response;

use super::error::ApiError;
use super::query::Query;
use super::{Api, reply};
use crate::socket::{Address, Stream};

/// The recipients of one call.
const MAX_RECIPIENTS: usize = 100;
/// Our own listener answers at once, unless it has no room.
const PATIENCE: Duration = Duration::from_secs(20);
/// Characters of an inbox that a header may name.
const MAX_INBOX: usize = 200;
/// A line of a reply; RFC 5321, section 4.5.3.1.5 has 512.
const MAX_LINE: u64 = 4096;

/// `from` may be empty for the null sender; `to` stands once for each recipient, divided by commas.
pub async fn send(api: Api, mut query: Query, raw: bytes::BytesMut) -> Result<Response, ApiError> {
    let from = path("from", query.take("from")?.unwrap_or_default())?;
    let to = query.name("to")?.unwrap_or_default();
    let inbox = query.name("inbox")?;
    query.end()?;
    let raw = match inbox {
        Some(inbox) => addressed(&inbox, &raw)?,
        None => raw.into(),
    };
    let to = to.split(',').map(|one| path("to", one.trim().to_owned()));
    let to: Vec<String> = to.collect::<Result<_, _>>()?;
    if to.len() > MAX_RECIPIENTS || to.iter().any(String::is_empty) {
        let message = format!("to is 1 to {MAX_RECIPIENTS} addresses, divided by commas");
        return Err(ApiError::field("invalid", "to", message));
    }
    let dialogue = dialogue(own_address(&api.facts.smtp), &from, &to, &raw);
    let id = tokio::time::timeout(PATIENCE, dialogue).await.unwrap_or_else(|_| {
        Err(refused("the server's own SMTP listener did not answer in time".to_owned()))
    })?;
    Ok(reply::json(&json!({ "id": id })))
}

/// As a sender names an inbox: in a field before all others.
fn addressed(inbox: &str, raw: &[u8]) -> Result<Vec<u8>, ApiError> {
    if inbox.chars().count() > MAX_INBOX || inbox.chars().any(char::is_control) {
        let message = format!("an inbox has a name of 1 to {MAX_INBOX} characters in one line");
        return Err(ApiError::field("invalid", "inbox", message));
    }
    Ok([format!("X-Restante-Inbox: {inbox}\r\n").as_bytes(), raw].concat())
}

/// An address that can stand between angle brackets of a command and end it nowhere.
fn path(field: &'static str, text: String) -> Result<String, ApiError> {
    if text.len() <= 1000 && !text.chars().any(|c| c.is_control() || "<> ".contains(c)) {
        return Ok(text);
    }
    Err(ApiError::field("invalid", field, format!("{text:?} is not an address")))
}

/// A listener on all interfaces is reached on the loopback one.
fn own_address(address: &Address) -> Address {
    let Address::Tcp(mut address) = address.clone() else { return address.clone() };
    if address.ip().is_unspecified() {
        address.set_ip(match address.is_ipv4() {
            true => IpAddr::V4(Ipv4Addr::LOCALHOST),
            false => IpAddr::V6(Ipv6Addr::LOCALHOST),
        });
    }
    Address::Tcp(address)
}

async fn dialogue(
    server: Address,
    from: &str,
    to: &[String],
    raw: &[u8],
) -> Result<Option<String>, ApiError> {
    let io = |e: std::io::Error| refused(format!("the server's own SMTP listener: {e}"));
    let stream = connect(&server).await.map_err(io)?;
    let mut smtp = BufStream::new(stream);
    expect(&mut smtp, '2').await?;
    say(&mut smtp, "EHLO inspector.localhost", '2').await?;
    let utf8 = if from.is_ascii() && to.iter().all(|a| a.is_ascii()) { "" } else { " SMTPUTF8" };
    say(&mut smtp, &format!("MAIL FROM:<{from}>{utf8}"), '2').await?;
    for one in to {
        say(&mut smtp, &format!("RCPT TO:<{one}>"), '2').await?;
    }
    say(&mut smtp, "DATA", '3').await?;
    smtp.write_all(&stuffed(raw)).await.map_err(io)?;
    smtp.flush().await.map_err(io)?;
    let kept = expect(&mut smtp, '2').await?;
    // The message is kept by now, whatever becomes of the farewell.
    let _ = say(&mut smtp, "QUIT", '2').await;
    Ok(kept.split_once("queued as ").map(|(_, id)| id.trim().to_owned()))
}

async fn connect(server: &Address) -> std::io::Result<Stream> {
    let stream = match server {
        Address::Tcp(address) => Stream::Tcp(TcpStream::connect(address).await?),
        #[cfg(unix)]
        Address::Unix(path) => Stream::Unix(tokio::net::UnixStream::connect(path).await?),
        #[cfg(not(unix))]
        Address::Unix(_) => return Err(std::io::ErrorKind::Unsupported.into()),
    };
    stream.set_nodelay()?;
    Ok(stream)
}

async fn say(smtp: &mut BufStream<Stream>, line: &str, good: char) -> Result<String, ApiError> {
    let io = |e: std::io::Error| refused(format!("the server's own SMTP listener: {e}"));
    smtp.write_all(format!("{line}\r\n").as_bytes()).await.map_err(io)?;
    smtp.flush().await.map_err(io)?;
    expect(smtp, good).await
}

/// The last line of a reply, if its code begins with `good`.
async fn expect(smtp: &mut BufStream<Stream>, good: char) -> Result<String, ApiError> {
    loop {
        let mut line = String::new();
        let read = (&mut *smtp).take(MAX_LINE).read_line(&mut line).await;
        match read {
            Ok(0) => return Err(refused("SMTP hung up".to_owned())),
            Err(e) => return Err(refused(format!("the server's own SMTP listener: {e}"))),
            Ok(_) => {}
        }
        if line.as_bytes().get(3) == Some(&b'-') {
            continue;
        }
        let line = line.trim_end().to_owned();
        return if line.starts_with(good) { Ok(line) } else { Err(refused(line)) };
    }
}

fn refused(message: String) -> ApiError {
    ApiError::new(StatusCode::BAD_GATEWAY, "smtp_refused", message)
}

/// RFC 5321, section 4.5.2: a dot before each line that begins with one, and the line that ends it.
/// Line ends become CR LF, as a mail program would send them.
fn stuffed(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len() + raw.len() / 32 + 8);
    for line in raw.split_inclusive(|b| *b == b'\n') {
        if line.first() == Some(&b'.') {
            out.push(b'.');
        }
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        out.extend_from_slice(text.strip_suffix(b"\r").unwrap_or(text));
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b".\r\n");
    out
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;

    #[test]
    fn lines_are_stuffed_and_ended() {
        for (raw, sent) in [
            ("a\r\nb\r\n", "a\r\nb\r\n.\r\n"),
            ("a\n.\n..b", "a\r\n..\r\n...b\r\n.\r\n"),
            ("", ".\r\n"),
        ] {
            assert_eq!(String::from_utf8_lossy(&stuffed(raw.as_bytes())), sent);
        }
    }

    #[test]
    fn addresses_cannot_carry_commands() {
        for bad in ["a\r\nRCPT TO:<x>", "a> SIZE=1", "a b", "<a>"] {
            assert!(path("to", bad.to_owned()).is_err(), "{bad}");
        }
        assert!(path("from", String::new()).is_ok());
        let everywhere = Address::Tcp(SocketAddr::from(([0, 0, 0, 0], 25)));
        let own = Address::Tcp(SocketAddr::from(([127, 0, 0, 1], 25)));
        assert_eq!(own_address(&everywhere), own);
    }
}
