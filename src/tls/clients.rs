//! Certificates of clients: asked for, shown, and refused only where the settings say so.

use std::sync::Arc;

use tokio_rustls::rustls::client::danger::HandshakeSignatureValid;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::crypto::{
    WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use tokio_rustls::rustls::pki_types::{CertificateDer, UnixTime};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use tokio_rustls::rustls::{
    DigitallySignedStruct, DistinguishedName, Error, RootCertStore, SignatureScheme,
};

use super::{TlsError, certificates, file};
use crate::config::{ClientCert, TlsConfig};

/// Asks for a certificate. That the client has its key is always checked: rustls asks for that.
#[derive(Debug)]
pub struct Ask {
    ca: Option<Arc<dyn ClientCertVerifier>>,
    required: bool,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Ask {
    pub fn ca(&self) -> Option<Arc<dyn ClientCertVerifier>> {
        self.ca.clone()
    }
}

/// What the settings want of clients; nothing if they are not asked.
pub fn verifier(tls: &TlsConfig) -> Result<Option<Ask>, TlsError> {
    const SETTING: &str = "tls-client-ca";
    if tls.tls_client_cert == ClientCert::Off {
        return Ok(None);
    }
    let provider = Arc::new(default_provider());
    let algorithms = provider.signature_verification_algorithms;
    let mut ca: Option<Arc<dyn ClientCertVerifier>> = None;
    if let Some(path) = &tls.tls_client_ca {
        let mut roots = RootCertStore::empty();
        for certificate in certificates(SETTING, path)? {
            roots.add(certificate).map_err(|e| file(SETTING, path, e.to_string()))?;
        }
        let built = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
        ca = Some(built.map_err(|e| file(SETTING, path, e.to_string()))?);
    }
    Ok(Some(Ask { ca, required: tls.tls_client_cert == ClientCert::Require, algorithms }))
}

impl ClientCertVerifier for Ask {
    fn client_auth_mandatory(&self) -> bool {
        self.required
    }

    /// None where any certificate will do: clients pick by these.
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        match &self.ca {
            Some(ca) if self.required => ca.root_hint_subjects(),
            _ => &[],
        }
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        match &self.ca {
            Some(ca) if self.required => ca.verify_client_cert(end_entity, intermediates, now),
            _ => Ok(ClientCertVerified::assertion()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
