//! What was sent is what is shown: bytes, parts, HTML for a frame.

use serde_json::json;

use crate::sandbox::Sandbox;

fn corpus(name: &str) -> Vec<u8> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(name);
    // The corpus is in LF; the wire is not.
    let text = std::fs::read(path).unwrap();
    let mut out = Vec::new();
    for line in text.split_inclusive(|b| *b == b'\n') {
        match line.strip_suffix(b"\n") {
            Some(line) if !line.ends_with(b"\r") => out.extend([line, b"\r\n"].concat()),
            _ => out.extend(line),
        }
    }
    out
}

/// Typed into `nc`, whose lines end in LF, and as a program would send it.
#[tokio::test(flavor = "multi_thread")]
async fn the_dialogue_of_the_course_slides_gives_its_message() {
    let sandbox = Sandbox::start().await;
    let lines = [
        "HELO 189.124.221.197",
        "MAIL FROM: chefe@ifrn.edu.br",
        "RCPT TO: carlos.rocha@ifrn.edu.br",
        "DATA",
        "Subject: Será que funciona",
        "Não sei, só testando :)",
        ".",
        "QUIT",
    ];
    for end in ["\n", "\r\n"] {
        let mut client = sandbox.connect().await;
        for line in lines {
            client.write(format!("{line}{end}").as_bytes()).await;
            if !line.starts_with("Subject") && !line.starts_with("Não") {
                client.reply().await;
            }
        }
        let message = sandbox.json("/v1/messages/latest").await;
        assert_eq!(message["subject"], "Será que funciona");
        assert_eq!(message["text"], "Não sei, só testando :)");
        assert_eq!(message["envelope"]["from"], "chefe@ifrn.edu.br");
        assert_eq!(message["envelope"]["to"], json!(["carlos.rocha@ifrn.edu.br"]));
        let codes: Vec<&str> = message["defects"]
            .as_array()
            .unwrap()
            .iter()
            .map(|d| d["code"].as_str().unwrap())
            .collect();
        assert!(codes.contains(&"missing-blank-line"), "{codes:?}");
        let id = message["id"].as_str().unwrap();
        let text = sandbox.get(&format!("/v1/messages/{id}/transcript")).await.text();
        for line in &lines[..4] {
            assert!(text.contains(&format!("C: {line}\n")), "{text}");
        }
        for mark in [
            "S: 220 ",
            "S: 250 ",
            "S: 354 ",
            "S: 221 ",
            "C: QUIT\n",
            "C: (",
            "!: missing-angle-brackets: ",
        ] {
            assert!(text.contains(mark), "{mark}: {text}");
        }
    }
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_one_picture_shows_it() {
    let sandbox = Sandbox::start().await;
    let id = sandbox.send(corpus("mime/single-jpeg-is-the-root.eml")).await;
    let message = sandbox.json(&format!("/v1/messages/{id}")).await;
    assert_eq!(message["subject"], "Logomarca do IFRN");
    assert_eq!(message["from"][0]["address"], "carlos.rocha@ifrn.edu.br");
    assert_eq!((&message["text"], &message["html"]), (&json!(null), &json!(null)));
    let picture = &message["attachments"][0];
    assert_eq!((&picture["path"], &picture["type"]), (&json!("1"), &json!("image/jpeg")));
    let part = sandbox.get(&format!("/v1/messages/{id}/parts/1")).await;
    assert_eq!(part.header("content-type"), "image/jpeg");
    assert!(part.body.starts_with(&[0xff, 0xd8, 0xff]) && part.body.ends_with(&[0xff, 0xd9]));
    assert_eq!(part.body.len() as u64, picture["size"].as_u64().unwrap());
    sandbox.stop().await;
}

/// Dots at line starts, bytes of every value, no line end at the end: nothing added, nothing lost.
#[tokio::test(flavor = "multi_thread")]
async fn raw_is_byte_for_byte_what_was_sent() {
    let sandbox = Sandbox::start().await;
    let mut client = sandbox.connect().await;
    client.say("EHLO x").await;
    let every: Vec<u8> = (0..=255u8).filter(|b| !b"\r\n.".contains(b)).collect();
    let body =
        [b"a: b\r\n\r\n..x\r\n.\ty\r\n" as &[u8], &every, b"\r\nbare \n lf\r and cr\r\n"].concat();
    for command in ["MAIL FROM:<a@x.test>", "RCPT TO:<b@x.test>", "DATA"] {
        client.say(command).await;
    }
    // A dot is put before each line that begins with one (RFC 5321, section 4.5.2).
    let stuffed =
        [b"a: b\r\n\r\n...x\r\n..\ty\r\n" as &[u8], &every, b"\r\nbare \n lf\r and cr\r\n.\r\n"]
            .concat();
    client.write(&stuffed).await;
    let reply = client.reply().await;
    let id = reply.trim_end().rsplit(' ').next().unwrap().to_owned();
    let raw = sandbox.get(&format!("/v1/messages/{id}/raw")).await;
    assert_eq!(raw.body, body);
    assert_eq!(raw.header("content-type"), "message/rfc822");
    let file = sandbox.get(&format!("/v1/messages/{id}/raw?download=1")).await;
    assert_eq!(file.header("content-disposition"), format!("attachment; filename=\"{id}.eml\""));
    sandbox.stop().await;
}

const RELATED: &str = "From: a@x.test\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=b\r\n\r\n\
    --b\r\nContent-Type: text/html; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
    <p>caf=E9 <img src=3D\"cid:logo\"><img src=3D\"http://remote.test/x.png\"><script>alert(1)</script>\r\n\
    --b\r\nContent-Type: image/png; name=\"../lo\\\"go.png\"\r\nContent-ID: <logo>\r\nContent-Transfer-Encoding: base64\r\n\r\n\
    iVBORw0KGgo=\r\n--b--\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn html_is_served_into_a_sandbox() {
    let sandbox = Sandbox::start().await;
    let id = sandbox.send(RELATED).await;
    let path = format!("/v1/messages/{id}/html");
    let page = sandbox.get(&path).await;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(page.text().contains("café"), "{}", page.text());
    assert!(page.text().contains(&format!("src=\"/v1/messages/{id}/parts/2\"")), "{}", page.text());
    let policy = page.header("content-security-policy").to_owned();
    assert!(
        policy.starts_with("sandbox allow-popups") && policy.contains("default-src 'none'"),
        "{policy}"
    );
    assert!(!policy.contains("allow-scripts") && !policy.contains("http:"), "{policy}");
    let remote = sandbox.get(&format!("{path}?remote=1")).await;
    assert!(remote.header("content-security-policy").contains("img-src 'self'"));
    assert!(remote.header("content-security-policy").contains("http: https:"));
    assert_eq!(sandbox.get(&format!("{path}?remote=maybe")).await.error().2.unwrap(), "remote");
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_are_served_decoded_or_as_sent_and_can_do_no_harm() {
    let sandbox = Sandbox::start().await;
    let id = sandbox.send(RELATED).await;
    let path = format!("/v1/messages/{id}/parts/2");
    let part = sandbox.get(&path).await;
    assert_eq!(part.body, b"\x89PNG\r\n\x1a\n");
    assert_eq!(part.header("content-type"), "image/png");
    assert_eq!(part.header("x-content-type-options"), "nosniff");
    assert!(part.header("content-security-policy").starts_with("sandbox;"));
    assert!(part.header("content-disposition").starts_with("inline; filename=\"lo_go.png\""));
    assert_eq!(sandbox.get(&format!("{path}?raw=1")).await.text(), "iVBORw0KGgo=");
    let file = sandbox.get(&format!("{path}?download=1")).await;
    assert!(file.header("content-disposition").starts_with("attachment; filename=\"lo_go.png\""));
    let html = sandbox.get(&format!("/v1/messages/{id}/parts/1")).await;
    assert_eq!(html.header("content-type"), "text/html; charset=iso-8859-1");
    assert!(html.header("content-security-policy").starts_with("sandbox;"));
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_of_a_part_is_answered_as_rfc_9110_has_it() {
    let sandbox = Sandbox::start().await;
    let id = sandbox.send(RELATED).await;
    let ask = async |path: &str, headers: &[(&str, &str)]| {
        sandbox.request("GET", &format!("/v1/messages/{path}"), headers, "").await
    };
    // An image of 8 bytes, 12 as sent.
    let (decoded, sent) = (format!("{id}/parts/2"), format!("{id}/parts/2?raw=1"));
    for (path, range, told, body) in [
        (&decoded, "bytes=0-", "bytes 0-7/8", &b"\x89PNG\r\n\x1a\n"[..]),
        (&decoded, "bytes=1-3", "bytes 1-3/8", b"PNG"),
        (&decoded, "bytes=-2", "bytes 6-7/8", b"\x1a\n"),
        (&decoded, "bytes=6-99", "bytes 6-7/8", b"\x1a\n"),
        (&sent, "bytes=0-3", "bytes 0-3/12", b"iVBO"),
    ] {
        let part = ask(path, &[("Range", range)]).await;
        assert_eq!((part.status, part.header("content-range")), (206, told), "{range}");
        assert_eq!(part.header("content-length"), body.len().to_string());
        assert_eq!(part.body, body, "{range}");
        assert!(part.header("content-security-policy").starts_with("sandbox;"));
    }
    let part = ask(&decoded, &[("Range", "bytes=1-3")]).await;
    assert_eq!(part.header("content-type"), "image/png");
    assert!(part.header("content-disposition").starts_with("inline; filename=\"lo_go.png\""));

    let past = ask(&decoded, &[("Range", "bytes=8-")]).await;
    assert_eq!((past.status, past.header("content-range")), (416, "bytes */8"));
    assert_eq!(past.error().1, "range");

    let latest = "latest/parts/2".to_owned();
    for (path, headers) in [
        (&decoded, vec![]),
        (&decoded, vec![("Range", "bytes=0-1,4-5")]),
        (&decoded, vec![("Range", "bytes=3-1")]),
        (&decoded, vec![("Range", "pages=1-2")]),
        (&decoded, vec![("Range", "bytes=0-1"), ("If-Range", "\"a\"")]),
        (&latest, vec![("Range", "bytes=0-1")]),
    ] {
        let whole = ask(path, &headers).await;
        assert_eq!((whole.status, whole.body.len()), (200, 8), "{headers:?}");
        assert_eq!(whole.header("accept-ranges"), "bytes");
    }
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pdf_is_served_for_the_viewer_of_the_browser_and_nothing_else() {
    let sandbox = Sandbox::start().await;
    let mail = "Content-Type: application/pdf; name=a.pdf\r\n\r\n%PDF-1.7\r\n";
    let id = sandbox.send(mail).await;
    let pdf = sandbox.get(&format!("/v1/messages/{id}/parts/1")).await;
    assert_eq!(pdf.header("content-type"), "application/pdf");
    assert_eq!(pdf.header("x-content-type-options"), "nosniff");
    assert_eq!(pdf.header("content-disposition"), "inline; filename=\"a.pdf\"");
    assert!(pdf.header("content-security-policy").starts_with("sandbox; default-src 'none';"));
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_oversize_message_is_refused_once_and_not_read_as_commands() {
    let sandbox = Sandbox::with(restante::config::Config {
        max_message_size: bytesize::ByteSize::kib(2),
        ..crate::sandbox::config()
    })
    .await;
    for (size, reply) in [(2047, "250 "), (2048, "250 "), (2049, "552 ")] {
        let mut client = sandbox.connect().await;
        client.say("EHLO x").await;
        for command in ["MAIL FROM:<a@x.test>", "RCPT TO:<b@x.test>", "DATA"] {
            client.say(command).await;
        }
        // Lines that would be commands, were they read as such.
        let line = "QUIT\r\n".repeat(size / 6 - 1);
        let rest = "x".repeat(size - line.len() - 2);
        let got = client.say(&format!("{line}{rest}\r\n.")).await;
        assert!(got.starts_with(reply), "{size}: {got}");
        assert!(client.say("NOOP").await.starts_with("250 "), "{size}");
    }
    assert_eq!(sandbox.json("/v1/messages").await["total"], 2);
    sandbox.stop().await;
}

/// A 20 MiB attachment comes back whole; nothing on the way needs it twice in the list.
#[tokio::test(flavor = "multi_thread")]
async fn a_large_message_comes_back_whole() {
    let sandbox = Sandbox::start().await;
    let line = "QUJD".repeat(19) + "\r\n";
    let body = line.repeat(20 * 1024 * 1024 / line.len());
    let raw = format!(
        "Subject: big\r\nContent-Type: application/octet-stream; name=big.bin\r\nContent-Transfer-Encoding: base64\r\n\r\n{body}"
    );
    let id = sandbox.send(&raw).await;
    assert_eq!(sandbox.get(&format!("/v1/messages/{id}/raw")).await.body.len(), raw.len() + 2);
    let message = sandbox.json(&format!("/v1/messages/{id}")).await;
    assert_eq!(message["attachments"][0]["size"].as_u64().unwrap() as usize, body.len() / 78 * 57);
    sandbox.stop().await;
}
