//! A server for one test, and plain clients for it: SMTP by lines, HTTP by requests, events.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::StreamExt;
use restante::config::{Config, Keeping};
use restante::server::Server;
use restante::socket::Address;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufStream};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// Nothing here takes long; this is for a machine that is busy.
pub const DEADLINE: Duration = Duration::from_secs(20);

pub fn config() -> Config {
    Config { smtp: "127.0.0.1:0".into(), http: "127.0.0.1:0".into(), ..Config::defaults() }
}

/// With other settings of the store.
pub fn kept(change: impl FnOnce(&mut Keeping)) -> Config {
    let mut config = config();
    change(&mut config.keeping);
    config
}

pub struct Sandbox {
    pub server: Server,
    pub smtp: SocketAddr,
    pub http: SocketAddr,
}

impl Sandbox {
    pub async fn start() -> Sandbox {
        Sandbox::with(config()).await
    }

    pub async fn with(config: Config) -> Sandbox {
        let server = Server::start(&config).await.unwrap();
        let tcp = |address: &Address| address.tcp().expect("tests that use this listen on TCP");
        let (smtp, http) = (tcp(&server.addresses.smtp), tcp(&server.addresses.http));
        Sandbox { smtp, http, server }
    }

    pub async fn stop(self) {
        tokio::time::timeout(DEADLINE, self.server.stop()).await.expect("the server stops");
    }

    pub async fn connect(&self) -> Client {
        let stream = TcpStream::connect(self.smtp).await.unwrap();
        // Else each message waits for a delayed ACK, as it would with any server.
        stream.set_nodelay(true).unwrap();
        let mut client = Client { stream: BufStream::new(stream) };
        assert!(client.reply().await.starts_with("220 "));
        client
    }

    /// Sends one message in a session of its own; returns its id.
    pub async fn send(&self, raw: impl AsRef<[u8]>) -> String {
        let mut client = self.connect().await;
        client.say("EHLO app.test").await;
        let id = client.send(raw).await;
        assert!(client.say("QUIT").await.starts_with("221 "));
        id
    }

    pub async fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let host = self.http.to_string();
        let mut text = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
        if !headers.iter().any(|(name, _)| *name == "Host") {
            text += &format!("Host: {host}\r\n");
        }
        for (name, value) in headers {
            text += &format!("{name}: {value}\r\n");
        }
        if !body.is_empty() {
            text += &format!("Content-Length: {}\r\n", body.len());
        }
        text += &format!("\r\n{body}");
        let mut stream = TcpStream::connect(self.http).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut bytes = Vec::new();
        tokio::time::timeout(DEADLINE, stream.read_to_end(&mut bytes)).await.unwrap().unwrap();
        Answer::of(&bytes)
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.request("GET", path, &[], "").await
    }

    pub async fn json(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()
    }

    pub async fn events(&self, query: &str) -> Events {
        let url = format!("ws://{}/v1/events{query}", self.http);
        let (socket, _) = connect_async(url).await.unwrap();
        let mut events = Events { socket };
        let hello = events.next().await;
        assert_eq!(hello["type"], "hello");
        events
    }
}

/// An SMTP client that says what it is told to.
pub struct Client<S = TcpStream> {
    pub stream: BufStream<S>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    /// Sends a line and returns the reply, all its lines.
    pub async fn say(&mut self, line: &str) -> String {
        self.write(format!("{line}\r\n").as_bytes()).await;
        self.reply().await
    }

    pub async fn write(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    pub async fn reply(&mut self) -> String {
        let mut text = String::new();
        loop {
            let start = text.len();
            let read = self.stream.read_line(&mut text);
            let n = tokio::time::timeout(DEADLINE, read).await.expect("a reply comes").unwrap();
            if n == 0 || text.as_bytes().get(start + 3) != Some(&b'-') {
                return text;
            }
        }
    }

    /// Sends a message after EHLO; returns its id.
    pub async fn send(&mut self, raw: impl AsRef<[u8]>) -> String {
        assert!(self.say("MAIL FROM:<ann@example.test>").await.starts_with("250 "));
        assert!(self.say("RCPT TO:<bob@example.test>").await.starts_with("250 "));
        assert!(self.say("DATA").await.starts_with("354 "));
        self.write(raw.as_ref()).await;
        let reply = self.say("\r\n.").await;
        let id = reply.trim_end().strip_prefix("250 2.0.0 Ok: queued as ");
        id.unwrap_or_else(|| panic!("{reply}")).to_owned()
    }
}

pub struct Answer {
    pub status: u16,
    head: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn of(bytes: &[u8]) -> Answer {
        let end = bytes.windows(4).position(|w| w == b"\r\n\r\n").expect("a whole head");
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head, body: bytes[end + 4..].to_vec() }
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.text()))
    }

    pub fn header(&self, name: &str) -> &str {
        let mut lines = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        lines.find(|(n, _)| n.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value)
    }

    /// The code of an error and the field it names.
    pub fn error(&self) -> (u16, String, Option<String>) {
        let error = &self.json()["error"];
        assert!(!error["message"].as_str().unwrap().is_empty());
        (
            self.status,
            error["code"].as_str().unwrap().into(),
            error["field"].as_str().map(str::to_owned),
        )
    }
}

pub struct Events {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Events {
    pub async fn next(&mut self) -> Value {
        loop {
            let frame =
                tokio::time::timeout(DEADLINE, self.socket.next()).await.expect("an event comes");
            match frame.expect("the socket is open").unwrap() {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                Message::Close(_) => panic!("the server closed the socket"),
                _ => {}
            }
        }
    }

    /// Passes events over until one of this type.
    pub async fn until(&mut self, kind: &str) -> Value {
        loop {
            let event = self.next().await;
            if event["type"] == kind {
                return event;
            }
        }
    }

    /// What the server closes the socket with.
    pub async fn close_code(&mut self) -> u16 {
        loop {
            let frame =
                tokio::time::timeout(DEADLINE, self.socket.next()).await.expect("an end comes");
            match frame {
                Some(Ok(Message::Close(Some(close)))) => return close.code.into(),
                Some(Ok(_)) => {}
                other => panic!("no close frame: {other:?}"),
            }
        }
    }
}
