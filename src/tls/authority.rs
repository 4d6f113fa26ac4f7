//! The local CA and the certificate it gives this server: made once, kept, made anew when they
//! end or do not fit the names any more.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, NameConstraints, PublicKeyData, date_time_ymd,
};
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::names::{Name, is_permitted, machine, names, names_of, permitted};
use super::{TlsError, folder};

/// Apple's programs take no certificate of a server that lasts more than 825 days, others less.
const LEAF_DAYS: i64 = 397;
const CA_DAYS: i64 = 3650;
/// Made anew when it has fewer left.
const SPARE_DAYS: i64 = 30;
const DAY: i64 = 24 * 60 * 60;

/// A CA in a folder, and the server's certificate beside it.
pub struct Authority {
    folder: PathBuf,
}

impl Authority {
    /// Opens the folder and makes what is missing or outdated in it. `hosts` are names of the
    /// server beside those of this machine.
    pub fn open(path: &Path, hosts: &[String]) -> Result<Authority, TlsError> {
        let wrong = |error| TlsError::Folder { path: path.to_owned(), error };
        folder::make(path).map_err(wrong)?;
        let authority = Authority { folder: path.to_owned() };
        // Servers that start at the same time make one CA.
        let _lock = lock(&path.join("lock")).map_err(wrong)?;
        let names = names(hosts);
        if !authority.ca_is_good(&names) {
            authority.make_ca(&names)?;
        }
        if !authority.leaf_is_good(&names) {
            authority.make_leaf(&names)?;
        }
        Ok(authority)
    }

    pub fn ca(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    fn ca_key(&self) -> PathBuf {
        self.folder.join("ca-key.pem")
    }

    pub fn certificate(&self) -> PathBuf {
        self.folder.join("server.pem")
    }

    pub fn key(&self) -> PathBuf {
        self.folder.join("server-key.pem")
    }

    fn ca_is_good(&self, names: &BTreeSet<Name>) -> bool {
        let (Some(key), Some(der)) = (key(&self.ca_key()), certificate(&self.ca())) else {
            return false;
        };
        let Ok((_, ca)) = X509Certificate::from_der(&der) else { return false };
        lasts(&ca) && ca.public_key().raw == key && names.iter().all(|name| is_permitted(&ca, name))
    }

    fn leaf_is_good(&self, names: &BTreeSet<Name>) -> bool {
        let (Some(ca), Some(leaf)) = (certificate(&self.ca()), certificate(&self.certificate()))
        else {
            return false;
        };
        let (Ok((_, ca)), Ok((_, leaf))) =
            (X509Certificate::from_der(&ca), X509Certificate::from_der(&leaf))
        else {
            return false;
        };
        key(&self.key()).is_some_and(|key| leaf.public_key().raw == key)
            && lasts(&leaf)
            && is_of(&leaf, &ca)
            && names.is_subset(&names_of(&leaf))
    }

    fn make_ca(&self, names: &BTreeSet<Name>) -> Result<(), TlsError> {
        let mut params = CertificateParams::default();
        params.distinguished_name.remove(DnType::CommonName);
        params
            .distinguished_name
            .push(DnType::CommonName, format!("Restante local CA of {}", machine()));
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.name_constraints = Some(NameConstraints {
            permitted_subtrees: permitted(names),
            excluded_subtrees: Vec::new(),
        });
        validity(&mut params, CA_DAYS);
        let key = KeyPair::generate()?;
        let ca = params.self_signed(&key)?;
        self.write(&self.ca_key(), &key.serialize_pem())?;
        self.write(&self.ca(), &ca.pem())
    }

    fn make_leaf(&self, names: &BTreeSet<Name>) -> Result<(), TlsError> {
        let wrong = |error| TlsError::Folder { path: self.folder.clone(), error };
        let ca_key = KeyPair::from_pem(&std::fs::read_to_string(self.ca_key()).map_err(wrong)?)?;
        let ca = std::fs::read_to_string(self.ca()).map_err(wrong)?;
        let issuer = Issuer::from_ca_cert_pem(&ca, ca_key)?;
        let mut params =
            CertificateParams::new(names.iter().map(Name::to_string).collect::<Vec<_>>())?;
        params.distinguished_name.remove(DnType::CommonName);
        params.distinguished_name.push(DnType::CommonName, "Restante");
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        validity(&mut params, LEAF_DAYS);
        let key = KeyPair::generate()?;
        let leaf = params.signed_by(&key, &issuer)?;
        self.write(&self.key(), &key.serialize_pem())?;
        self.write(&self.certificate(), &leaf.pem())
    }

    fn write(&self, path: &Path, pem: &str) -> Result<(), TlsError> {
        folder::write(path, pem).map_err(|error| TlsError::Folder { path: path.to_owned(), error })
    }
}

/// Whether the CA has given this certificate: by its key's name, for its own is that of each CA
/// that was made here.
fn is_of(leaf: &X509Certificate<'_>, ca: &X509Certificate<'_>) -> bool {
    use x509_parser::extensions::ParsedExtension as P;
    let find = |certificate: &X509Certificate<'_>| {
        certificate.extensions().iter().find_map(|extension| match extension.parsed_extension() {
            P::AuthorityKeyIdentifier(id) => id.key_identifier.as_ref().map(|id| id.0.to_vec()),
            _ => None,
        })
    };
    let own = ca.extensions().iter().find_map(|extension| match extension.parsed_extension() {
        P::SubjectKeyIdentifier(id) => Some(id.0.to_vec()),
        _ => None,
    });
    own.is_some() && find(leaf) == own
}

/// The public half of a key.
fn key(path: &Path) -> Option<Vec<u8>> {
    let pem = std::fs::read_to_string(path).ok()?;
    KeyPair::from_pem(&pem).ok().map(|key| key.subject_public_key_info())
}

fn certificate(path: &Path) -> Option<CertificateDer<'static>> {
    CertificateDer::from_pem_file(path).ok()
}

fn lasts(certificate: &X509Certificate<'_>) -> bool {
    let now = jiff::Timestamp::now().as_second();
    let validity = certificate.validity();
    validity.not_before.timestamp() <= now
        && validity.not_after.timestamp() >= now + SPARE_DAYS * DAY
}

/// From yesterday, for clocks that go behind.
fn validity(params: &mut CertificateParams, days: i64) {
    let day = |offset: i64| {
        let time = jiff::Timestamp::now().as_second() + offset * DAY;
        let time = jiff::Timestamp::from_second(time).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let date = time.to_zoned(jiff::tz::TimeZone::UTC).date();
        date_time_ymd(date.year().into(), date.month() as u8, date.day() as u8)
    };
    params.not_before = day(-1);
    params.not_after = day(days - 1);
}

fn lock(path: &Path) -> std::io::Result<File> {
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(path)?;
    file.lock()?;
    Ok(file)
}
