//! How `restante send` brings its mail to the server: SMTP with or without TLS and AUTH, or LMTP.

use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::{Message, SmtpTransport, Transport};

use super::{Client, Failure};

/// The server answers at once, or is none.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Args)]
#[command(next_help_heading = "How it is sent")]
pub struct Carrier {
    /// Where SMTP is, or with --lmtp LMTP [default: what the server at --server says]
    #[arg(long, value_name = "HOST:PORT")]
    smtp: Option<String>,
    /// Demand STARTTLS
    #[arg(long, conflicts_with_all = ["tls", "lmtp"])]
    starttls: bool,
    /// TLS from the first byte
    #[arg(long, conflicts_with = "lmtp")]
    tls: bool,
    /// Trust this CA only [default: any certificate is taken]
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Log in with AUTH
    #[arg(long, value_name = "NAME", requires = "password", conflicts_with = "lmtp")]
    user: Option<String>,
    /// The password for --user
    #[arg(long, value_name = "SECRET", requires = "user")]
    password: Option<String>,
    /// By LMTP
    #[arg(long)]
    lmtp: bool,
}

/// Who took the mail, and the last reply without its code.
pub struct Taken {
    pub address: String,
    pub reply: String,
}

impl Carrier {
    pub fn bring(&self, mail: &Message, client: &Client) -> Result<Taken, Failure> {
        let address = match &self.smtp {
            Some(address) => address.clone(),
            None => self.address(client)?,
        };
        let reply = self.bring_to(&address, mail)?;
        Ok(Taken { address, reply })
    }

    /// The address was given, and need not be that of the server at --server.
    pub fn is_elsewhere(&self) -> bool {
        self.smtp.is_some()
    }

    fn bring_to(&self, address: &str, mail: &Message) -> Result<String, Failure> {
        let (host, port) = split(address)?;
        if self.lmtp {
            let no_server =
                |reason: String| Failure::NoServer { address: address.to_owned(), reason };
            let stream = TcpStream::connect((host, port)).map_err(|e| no_server(e.to_string()))?;
            let told = lmtp(stream, mail).map_err(|e| no_server(e.to_string()))?;
            let reply = told.map_err(|reply| not_taken(address, &reply))?;
            return Ok(reply.get(4..).unwrap_or_default().to_owned());
        }
        let mut transport =
            SmtpTransport::builder_dangerous(host).port(port).timeout(Some(PATIENCE));
        transport = transport.tls(self.security(host)?);
        if let (Some(user), Some(password)) = (&self.user, &self.password) {
            transport = transport.credentials(Credentials::new(user.clone(), password.clone()));
        }
        let answer = transport.build().send(mail).map_err(|e| match e.status() {
            Some(_) => not_taken(address, &e.to_string()),
            // A certificate that is not trusted is told as a fault of the connection.
            None if e.is_client() || self.speaks_tls() && !is_refused(&e) => {
                not_taken(address, &e.to_string())
            }
            None => Failure::NoServer { address: address.to_owned(), reason: e.to_string() },
        })?;
        Ok(answer.message().last().unwrap_or_default().to_owned())
    }

    fn speaks_tls(&self) -> bool {
        self.tls || self.starttls
    }

    fn address(&self, client: &Client) -> Result<String, Failure> {
        let (name, what) = match self {
            Carrier { tls: true, .. } => ("implicit_tls_address", "SMTP with implicit TLS"),
            Carrier { lmtp: true, .. } => ("lmtp_address", "LMTP"),
            _ => ("address", "SMTP"),
        };
        let info = client.json("/v1/info")?;
        info["smtp"][name].as_str().map(str::to_owned).ok_or_else(|| {
            Failure::NotDone(format!("{} does not say where its {what} is", client.base()))
        })
    }

    fn security(&self, host: &str) -> Result<Tls, Failure> {
        if !self.speaks_tls() {
            return Ok(Tls::None);
        }
        let trust =
            TlsParameters::builder(host.to_owned()).certificate_store(CertificateStore::None);
        let trust = match &self.ca {
            None => {
                trust.dangerous_accept_invalid_certs(true).dangerous_accept_invalid_hostnames(true)
            }
            Some(path) => {
                let wrong = |e: String| Failure::Usage(format!("--ca {}: {e}", path.display()));
                let pem = fs::read(path).map_err(|e| wrong(e.to_string()))?;
                let ca = Certificate::from_pem(&pem).map_err(|e| wrong(e.to_string()))?;
                trust.add_root_certificate(ca)
            }
        };
        let trust = trust.build().map_err(|e| Failure::NotDone(format!("no TLS: {e}")))?;
        Ok(if self.tls { Tls::Wrapper(trust) } else { Tls::Required(trust) })
    }
}

/// RFC 2033: as SMTP, but for LHLO and a reply for each recipient. The reply that was a refusal is
/// the inner error.
fn lmtp(stream: TcpStream, mail: &Message) -> io::Result<Result<String, String>> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let (mut out, mut replies) = (stream.try_clone()?, BufReader::new(stream));
    let envelope = mail.envelope();
    let sender = envelope.from().map(ToString::to_string).unwrap_or_default();
    let mut commands = vec!["LHLO localhost".to_owned(), format!("MAIL FROM:<{sender}>")];
    commands.extend(envelope.to().iter().map(|to| format!("RCPT TO:<{to}>")));
    commands.push("DATA".to_owned());
    let mut last = reply(&mut replies)?;
    for command in commands {
        if !last.starts_with('2') {
            return Ok(Err(last));
        }
        out.write_all(format!("{command}\r\n").as_bytes())?;
        last = reply(&mut replies)?;
    }
    if !last.starts_with('3') {
        return Ok(Err(last));
    }
    let mut stuffed = Vec::new();
    for line in mail.formatted().split_inclusive(|byte| *byte == b'\n') {
        stuffed.extend_from_slice(if line.starts_with(b".") { b"." } else { b"" });
        stuffed.extend_from_slice(line);
    }
    stuffed.extend_from_slice(if stuffed.ends_with(b"\r\n") { b".\r\n" } else { b"\r\n.\r\n" });
    out.write_all(&stuffed)?;
    for _ in envelope.to() {
        last = reply(&mut replies)?;
        if !last.starts_with('2') {
            return Ok(Err(last));
        }
    }
    out.write_all(b"QUIT\r\n")?;
    Ok(Ok(last))
}

/// The last line of a reply.
fn reply(replies: &mut impl BufRead) -> io::Result<String> {
    loop {
        let mut line = String::new();
        if replies.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if line.as_bytes().get(3) != Some(&b'-') {
            return Ok(line.trim_end().to_owned());
        }
    }
}

fn is_refused(error: &lettre::transport::smtp::Error) -> bool {
    let source = std::error::Error::source(error).and_then(|e| e.downcast_ref::<io::Error>());
    source.is_some_and(|e| e.kind() == io::ErrorKind::ConnectionRefused)
}

fn split(address: &str) -> Result<(&str, u16), Failure> {
    let parts = address.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?)));
    let (host, port) =
        parts.ok_or_else(|| Failure::Usage(format!("--smtp {address}: this is not HOST:PORT")))?;
    Ok((host.trim_start_matches('[').trim_end_matches(']'), port))
}

fn not_taken(address: &str, why: &str) -> Failure {
    Failure::NotDone(format!("{address} did not take the mail: {why}"))
}
