//! The server tells each setting and where it came from.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::sandbox::Sandbox;

async fn get(http: SocketAddr, path: &str) -> Value {
    let mut stream = tokio::net::TcpStream::connect(http).await.unwrap();
    let request = format!("GET {path} HTTP/1.0\r\nHost: {http}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    serde_json::from_str(answer.split("\r\n\r\n").nth(1).unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn flags_go_before_the_environment_and_that_before_defaults() {
    for serve in [&[][..], &["serve"]] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_restante"))
            .args(serve)
            .args(["--smtp", "127.0.0.1:0", "--http", "127.0.0.1:0", "--max-errors", "7"])
            .env("RESTANTE_MAX_ERRORS", "9")
            .env("RESTANTE_HOST", "mail.test,box.test")
            .env("RESTANTE_STRICT", "yes")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let http =
            lines.filter_map(|line| Some(line.split("http://localhost:").nth(1)?.to_owned()));
        let port: u16 = http.take(1).last().unwrap().parse().unwrap();
        let told = get(([127, 0, 0, 1], port).into(), "/v1/settings").await;
        child.kill().unwrap();
        child.wait().unwrap();
        let settings = told["settings"].as_array().unwrap();
        assert!(settings.len() > 30, "{}", settings.len());
        let of = |flag: &str| {
            let found = settings.iter().find(|s| s["flag"] == flag).unwrap();
            (found["value"].clone(), found["origin"].clone())
        };
        assert_eq!(of("--smtp"), (json!("127.0.0.1:0"), json!("flag")));
        assert_eq!(of("--max-errors"), (json!("7"), json!("flag")));
        assert_eq!(of("--host"), (json!("mail.test,box.test"), json!("environment")));
        assert_eq!(of("--strict"), (json!("yes"), json!("environment")));
        assert_eq!(of("--max-message-size"), (json!("50MiB"), json!("default")));
        assert_eq!(of("--store"), (json!(null), json!("default")));
        assert_eq!(settings[0]["variable"], "RESTANTE_SMTP");
        assert_eq!(settings[0]["default"], "localhost:1025");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_starts_a_server_has_no_command_line() {
    let sandbox = Sandbox::start().await;
    assert_eq!(sandbox.json("/v1/settings").await, json!({ "settings": [] }));
    assert_eq!(sandbox.get("/v1/settings?x=1").await.status, 400);
    sandbox.stop().await;
}
