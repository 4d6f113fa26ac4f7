//! The TLS handshake of a connection: what came of it, and if nothing, why, in words that help the
//! developer of the client.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use ring::digest::{SHA256, digest};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::{CertificateDer, UnixTime};
use tokio_rustls::rustls::server::danger::ClientCertVerifier;
use tokio_rustls::rustls::{
    AlertDescription, Error, PeerIncompatible, ServerConfig, ServerConnection,
};
use tokio_rustls::server::TlsStream;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::tls::{Bindings, ClientCertificate, Tls, TlsMode};
use super::transcript::shown;
use super::wire::Sniffed;

/// TLS as this server offers it.
#[derive(Debug, Clone)]
pub struct TlsOffer {
    pub config: Arc<ServerConfig>,
    /// The hash of our certificate for `tls-server-end-point`.
    pub end_point: Vec<u8>,
    /// Says whether a certificate that was only asked for leads to the CA that was given.
    pub client_ca: Option<Arc<dyn ClientCertVerifier>>,
}

/// The stream inside TLS, and what both sides have agreed on.
pub struct Shaken<S> {
    pub stream: Box<TlsStream<Sniffed<S>>>,
    pub tls: Tls,
    pub bindings: Bindings,
}

/// Why there is no TLS.
pub struct Failure<S> {
    pub tls: Box<Tls>,
    /// The client speaks no TLS at all: it can be told so in plain text.
    pub plain: Option<S>,
}

/// The first byte of a TLS handshake record (RFC 8446, section 5.1).
const HANDSHAKE: u8 = 22;

pub async fn shake<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    mode: TlsMode,
    offer: &TlsOffer,
    patience: Duration,
) -> Result<Shaken<S>, Failure<S>> {
    let failed = |error: String, plain| {
        let tls = Box::new(Tls { mode, error: Some(error), ..Tls::default() });
        Err(Failure { tls, plain })
    };
    let sniffed = match timeout(patience, Sniffed::new(stream)).await {
        Err(_) => return failed(too_slow(mode), None),
        Ok(Err(e)) => return failed(reason(&e), None),
        Ok(Ok(sniffed)) => sniffed,
    };
    match sniffed.first() {
        [] => return failed(nothing_came(mode), None),
        [HANDSHAKE, ..] => {}
        other => {
            let error = not_tls(mode, other);
            return failed(error, Some(sniffed.into_inner()));
        }
    }
    let shaking = TlsAcceptor::from(offer.config.clone()).accept(sniffed).into_fallible();
    match timeout(patience, shaking).await {
        Err(_) => failed("the client did not finish the TLS handshake in time".to_owned(), None),
        Ok(Err((error, _))) => failed(reason(&error), None),
        Ok(Ok(stream)) => {
            let (tls, bindings) = agreed(stream.get_ref().1, mode, offer);
            Ok(Shaken { stream: Box::new(stream), tls, bindings })
        }
    }
}

fn agreed(connection: &ServerConnection, mode: TlsMode, offer: &TlsOffer) -> (Tls, Bindings) {
    let version = connection.protocol_version().and_then(|version| version.as_str());
    let cipher = connection.negotiated_cipher_suite().map(|suite| suite.suite());
    let tls = Tls {
        mode,
        version: version.map(|name| name.replace('_', ".")),
        // Their names in the registry of IANA.
        cipher: cipher
            .and_then(|suite| suite.as_str())
            .map(|name| name.replacen("TLS13_", "TLS_", 1)),
        sni: connection.server_name().map(str::to_owned),
        client_certificate: connection.peer_certificates().and_then(|chain| told(chain, offer)),
        error: None,
    };
    let is_13 = version == Some("TLSv1_3");
    // RFC 9266, section 4.2: with TLS 1.2 it would need what a server cannot know here.
    let exporter = is_13
        .then(|| connection.export_keying_material([0; 32], b"EXPORTER-Channel-Binding", Some(b"")))
        .and_then(Result::ok);
    (tls, Bindings { exporter, end_point: offer.end_point.clone() })
}

/// What a client's certificate says.
fn told(chain: &[CertificateDer<'_>], offer: &TlsOffer) -> Option<ClientCertificate> {
    let (leaf, rest) = chain.split_first()?;
    let trusted = offer
        .client_ca
        .as_ref()
        .map(|ca| ca.verify_client_cert(leaf, rest, UnixTime::now()).is_ok());
    let sha256 = digest(&SHA256, leaf).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let Ok((_, parsed)) = X509Certificate::from_der(leaf) else {
        let unreadable = "(unreadable)".to_owned();
        return Some(ClientCertificate {
            subject: unreadable,
            sha256,
            trusted,
            ..Default::default()
        });
    };
    let time = |seconds| {
        jiff::Timestamp::from_second(seconds).map(|time| time.to_string()).unwrap_or_default()
    };
    Some(ClientCertificate {
        subject: shown(parsed.subject().to_string().as_bytes()),
        issuer: shown(parsed.issuer().to_string().as_bytes()),
        not_before: time(parsed.validity().not_before.timestamp()),
        not_after: time(parsed.validity().not_after.timestamp()),
        sha256,
        trusted,
    })
}

fn nothing_came(mode: TlsMode) -> String {
    match mode {
        TlsMode::Implicit => "the client connected and hung up without a word".to_owned(),
        TlsMode::StartTls => "the client hung up after STARTTLS, before any TLS".to_owned(),
    }
}

fn too_slow(mode: TlsMode) -> String {
    match mode {
        TlsMode::Implicit => "the client waited without a word: it expects plain SMTP, but this \
            port speaks TLS from the first byte (smtps)"
            .to_owned(),
        TlsMode::StartTls => "the client did not begin TLS in time after STARTTLS".to_owned(),
    }
}

fn not_tls(mode: TlsMode, first: &[u8]) -> String {
    let first = shown(first);
    match mode {
        TlsMode::Implicit => format!(
            "the client sent plain SMTP (\"{first}\") to the implicit-TLS port; use the STARTTLS \
             port, or switch implicit TLS on in the client"
        ),
        TlsMode::StartTls => {
            "the client sent plain text after STARTTLS, where TLS begins".to_owned()
        }
    }
}

const TRUST: &str = "`restante tls ca` tells how to make a client trust it";

fn reason(error: &io::Error) -> String {
    if let Some(error) = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
        return reason_of_tls(error);
    }
    match error.kind() {
        io::ErrorKind::UnexpectedEof
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::BrokenPipe => format!(
            "the client hung up in the TLS handshake; many do so when they do not trust the \
             certificate ({TRUST})"
        ),
        _ => error.to_string(),
    }
}

fn reason_of_tls(error: &Error) -> String {
    match error {
        Error::AlertReceived(alert) => alerted(*alert),
        Error::PeerIncompatible(why) => incompatible(why),
        Error::NoCertificatesPresented => {
            "the client showed no certificate, and --tls-client-cert require wants one".to_owned()
        }
        Error::InvalidCertificate(why) => format!("the client's certificate was refused: {why}"),
        other => format!("the client does not speak TLS as it should: {other}"),
    }
}

fn alerted(alert: AlertDescription) -> String {
    use AlertDescription as A;
    let name = snake(&format!("{alert:?}"));
    match alert {
        A::UnknownCA
        | A::BadCertificate
        | A::CertificateUnknown
        | A::UnsupportedCertificate
        | A::CertificateExpired
        | A::CertificateRevoked
        | A::AccessDenied => {
            format!("the client does not trust our certificate: alert {name}; {TRUST}")
        }
        A::ProtocolVersion => {
            format!("no TLS version in common: alert {name}; see --tls-min-version")
        }
        A::HandshakeFailure | A::InsufficientSecurity => {
            format!("no cipher in common: alert {name}")
        }
        _ => format!("the client ended the handshake: alert {name}"),
    }
}

fn incompatible(why: &PeerIncompatible) -> String {
    use PeerIncompatible as P;
    match why {
        P::Tls12NotOffered
        | P::Tls12NotOfferedOrEnabled
        | P::ServerDoesNotSupportTls12Or13
        | P::ServerTlsVersionIsDisabledByOurConfig
        | P::SupportedVersionsExtensionRequired => "no TLS version in common: the client offers \
            only older ones than this server takes (--tls-min-version)"
            .to_owned(),
        P::NoCipherSuitesInCommon => "no cipher in common with the client".to_owned(),
        P::NoKxGroupsInCommon | P::NoSignatureSchemesInCommon => {
            "no key exchange or signature in common with the client".to_owned()
        }
        other => format!("nothing in common with the client: {other:?}"),
    }
}

/// `UnknownCA` as RFC 8446 writes it: `unknown_ca`.
fn snake(name: &str) -> String {
    let mut text = String::new();
    let mut last_was_small = false;
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && last_was_small {
            text.push('_');
        }
        last_was_small = letter.is_ascii_lowercase();
        text.push(letter.to_ascii_lowercase());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_name_what_to_do() {
        for (error, expected) in [
            (
                Error::AlertReceived(AlertDescription::UnknownCA),
                "alert unknown_ca; `restante tls ca`",
            ),
            (Error::AlertReceived(AlertDescription::BadCertificate), "alert bad_certificate; "),
            (Error::AlertReceived(AlertDescription::ProtocolVersion), "no TLS version in common"),
            (Error::AlertReceived(AlertDescription::InternalError), "alert internal_error"),
            (PeerIncompatible::Tls12NotOfferedOrEnabled.into(), "no TLS version in common"),
            (PeerIncompatible::NoCipherSuitesInCommon.into(), "no cipher in common"),
            (Error::NoCertificatesPresented, "--tls-client-cert require"),
        ] {
            let said = reason(&io::Error::new(io::ErrorKind::InvalidData, error));
            assert!(said.contains(expected), "{said}");
        }
    }
}
