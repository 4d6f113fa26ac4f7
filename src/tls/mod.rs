//! Where TLS gets its keys: files that were given, or a local CA made here. What is made of them is
//! an offer that the SMTP side hands to each connection.

mod authority;
mod clients;
mod folder;
mod names;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ring::digest;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{self, ServerConfig};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::config::{Config, TlsConfig, TlsSource, TlsVersion};
use crate::smtp::TlsOffer;

pub use authority::Authority;

/// Why there can be no TLS; each sentence names the setting.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("--tls auto: {}: {error}", .path.display())]
    Folder { path: PathBuf, error: io::Error },
    #[error(
        "--tls auto: there is no folder for the certificate of this user; give one with --tls-dir"
    )]
    NoFolder,
    #[error("--tls auto: the certificate cannot be made: {0}")]
    Making(#[from] rcgen::Error),
    #[error("--{setting} {}: {reason}", .path.display())]
    File { setting: &'static str, path: PathBuf, reason: String },
}

/// TLS as the settings want it; nothing if it is off.
pub fn offer(config: &Config) -> Result<Option<TlsOffer>, TlsError> {
    let tls = &config.tls;
    let (setting, cert, key) = match (&tls.tls_cert, tls.tls) {
        (Some(cert), _) => ("tls-cert", cert.clone(), tls.tls_key.as_ref().unwrap_or(cert).clone()),
        (None, TlsSource::Auto) => {
            let authority =
                authority(tls.tls_dir.as_deref(), config.keeping.store.as_deref(), &config.host)?;
            ("tls auto", authority.certificate(), authority.key())
        }
        (None, TlsSource::Off) => return Ok(None),
    };
    build(tls, setting, &cert, &key).map(Some)
}

/// The local CA in the folder that was given, beside the store, or in the user's data folder; made
/// if it is not there yet.
pub fn authority(
    given: Option<&Path>,
    store: Option<&Path>,
    hosts: &[String],
) -> Result<Authority, TlsError> {
    let path = match (given, store) {
        (Some(folder), _) => folder.to_owned(),
        (None, Some(store)) => folder::beside(store),
        (None, None) => folder::of_user().ok_or(TlsError::NoFolder)?,
    };
    Authority::open(&path, hosts)
}

fn build(
    tls: &TlsConfig,
    setting: &'static str,
    cert: &Path,
    key: &Path,
) -> Result<TlsOffer, TlsError> {
    let key_setting = if setting == "tls-cert" { "tls-key" } else { setting };
    let chain = certificates(setting, cert)?;
    let end_point = end_point(&chain[0]);
    let key = PrivateKeyDer::from_pem_file(key)
        .map_err(|e| file(key_setting, key, pem_reason(e, "private key")))?;
    let versions: &[_] = match tls.tls_min_version {
        TlsVersion::Tls12 => &[&TLS13, &TLS12],
        TlsVersion::Tls13 => &[&TLS13],
    };
    let ask = clients::verifier(tls)?;
    let client_ca = ask.as_ref().and_then(|ask| ask.ca());
    let builder = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(versions)
        .map_err(|e| file(setting, cert, e.to_string()))?;
    let builder = match ask {
        Some(ask) => builder.with_client_cert_verifier(Arc::new(ask)),
        None => builder.with_no_client_auth(),
    };
    let config = builder.with_single_cert(chain, key).map_err(|e| match e {
        rustls::Error::InconsistentKeys(_) => {
            file(setting, cert, "its key is not the one that was given".to_owned())
        }
        other => file(setting, cert, other.to_string()),
    })?;
    Ok(TlsOffer { config: Arc::new(config), end_point, client_ca })
}

/// All certificates of a file, at least one.
fn certificates(
    setting: &'static str,
    path: &Path,
) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let wrong = |e| file(setting, path, pem_reason(e, "certificate"));
    let all: Vec<_> = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<_, _>>)
        .map_err(wrong)?;
    if all.is_empty() {
        return Err(wrong(pem::Error::NoItemsFound));
    }
    Ok(all)
}

fn file(setting: &'static str, path: &Path, reason: String) -> TlsError {
    TlsError::File { setting, path: path.to_owned(), reason }
}

fn pem_reason(error: pem::Error, what: &str) -> String {
    match error {
        pem::Error::Io(e) => e.to_string(),
        pem::Error::NoItemsFound => format!("there is no {what} in PEM form in it"),
        other => other.to_string(),
    }
}

/// RFC 5929, section 4.1: hashed as the certificate's signature is, by SHA-256 at least.
fn end_point(certificate: &CertificateDer<'_>) -> Vec<u8> {
    // ecdsa-with-SHA384, sha384WithRSAEncryption; ecdsa-with-SHA512, sha512WithRSAEncryption.
    const SHA384: [&str; 2] = ["1.2.840.10045.4.3.3", "1.2.840.113549.1.1.12"];
    const SHA512: [&str; 2] = ["1.2.840.10045.4.3.4", "1.2.840.113549.1.1.13"];
    let oid = X509Certificate::from_der(certificate)
        .map(|(_, parsed)| parsed.signature_algorithm.algorithm.to_id_string())
        .unwrap_or_default();
    let algorithm = match oid.as_str() {
        oid if SHA384.contains(&oid) => &digest::SHA384,
        oid if SHA512.contains(&oid) => &digest::SHA512,
        _ => &digest::SHA256,
    };
    digest::digest(algorithm, certificate).as_ref().to_vec()
}
