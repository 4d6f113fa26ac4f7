//! The program as a process of its own, and plain clients for it.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use ureq::Agent;

pub const DEADLINE: Duration = Duration::from_secs(20);

pub struct Program {
    child: Child,
    _out: BufReader<ChildStdout>,
    pub smtp: String,
    pub http: String,
    agent: Agent,
    _ports: tempfile::TempDir,
}

impl Program {
    /// With a store at `path`.
    pub fn kept(path: &Path) -> Program {
        Program::run(Command::new(env!("CARGO_BIN_EXE_restante")).arg("--store").arg(path))
    }

    /// Runs a command that ends in the program; the addresses are added to it.
    pub fn run(command: &mut Command) -> Program {
        let ports = tempfile::tempdir().unwrap();
        let file = ports.path().join("ports.json");
        let mut child = command
            .args(["--smtp", "127.0.0.1:0", "--http", "127.0.0.1:0", "--log", "off"])
            .arg("--ports-file")
            .arg(&file)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // The banner comes when both ports accept and the file is there.
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        assert!(line.starts_with("Restante "), "it did not start: {line:?}");
        let addresses: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        let address = |name: &str| addresses[name].as_str().unwrap().to_owned();
        let config = Agent::config_builder().http_status_as_error(false).proxy(None).build();
        Program {
            smtp: address("smtp"),
            http: address("http"),
            child,
            _out: out,
            agent: config.into(),
            _ports: ports,
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// As `kill -9` does: at once, in the middle of anything.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// In order.
    pub fn stop(mut self) {
        let pid = self.pid().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        assert!(self.child.wait().unwrap().success());
    }

    pub fn get(&self, path: &str) -> (u16, Vec<u8>) {
        let mut answer = self.agent.get(format!("http://{}{path}", self.http)).call().unwrap();
        let body = answer.body_mut().with_config().limit(u64::MAX).read_to_vec().unwrap();
        (answer.status().as_u16(), body)
    }

    pub fn json(&self, path: &str) -> Value {
        let (status, body) = self.get(path);
        assert_eq!(status, 200, "{path}: {}", String::from_utf8_lossy(&body));
        serde_json::from_slice(&body).unwrap()
    }

    /// The status and code of an error.
    pub fn error(&self, path: &str) -> (u16, String) {
        let (status, body) = self.get(path);
        let body: Value = serde_json::from_slice(&body).unwrap();
        (status, body["error"]["code"].as_str().unwrap_or_default().to_owned())
    }

    /// All rows of a list, over all its pages.
    pub fn all(&self, kind: &str, query: &str) -> Vec<Value> {
        let (mut rows, mut cursor) = (Vec::new(), String::new());
        loop {
            let mut page = self.json(&format!("/v1/{kind}?limit=500{query}{cursor}"));
            rows.append(page[kind].as_array_mut().unwrap());
            let Some(next) = page["next"].as_str() else { return rows };
            cursor = format!("&cursor={next}");
        }
    }

    /// Asks again until the path answers so.
    pub fn until(&self, path: &str, status: u16) {
        let start = Instant::now();
        while self.get(path).0 != status {
            assert!(start.elapsed() < DEADLINE, "{path} does not answer {status}");
        }
    }

    pub fn client(&self) -> Client {
        Client::connect(&self.smtp).unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Only a test that failed leaves it running.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An SMTP client; every step may fail, for the server may be gone.
pub struct Client {
    stream: BufReader<TcpStream>,
}

impl Client {
    pub fn connect(address: &str) -> std::io::Result<Client> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(DEADLINE))?;
        let mut client = Client { stream: BufReader::new(stream) };
        client.reply()?;
        client.say(b"EHLO app.test")?;
        Ok(client)
    }

    pub fn say(&mut self, line: &[u8]) -> std::io::Result<String> {
        self.stream.get_mut().write_all(&[line, b"\r\n"].concat())?;
        self.reply()
    }

    fn reply(&mut self) -> std::io::Result<String> {
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line)? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            if line.as_bytes().get(3) != Some(&b'-') {
                return Ok(line);
            }
        }
    }

    /// The answer to the end of a message; `raw` ends with a line end.
    pub fn send(&mut self, raw: &str) -> std::io::Result<String> {
        self.say(b"MAIL FROM:<ann@example.test>")?;
        self.say(b"RCPT TO:<bob@example.test>")?;
        self.say(b"DATA")?;
        self.stream.get_mut().write_all(raw.as_bytes())?;
        self.say(b".")
    }
}

/// The id in the answer to a message that was kept.
pub fn id_of(reply: &str) -> Option<&str> {
    reply.trim_end().strip_prefix("250 2.0.0 Ok: queued as ")
}

/// Bytes that do not compress, in lines.
pub fn noise(seed: u64, length: usize) -> String {
    let mut state = seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut text = String::new();
    while text.len() < length {
        for _ in 0..76 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            text.push(char::from(b'0' + (state % 75) as u8));
        }
        text.push_str("\r\n");
    }
    text
}
