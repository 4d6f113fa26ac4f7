//! `restante tls ca`: where the local CA is, and how programs are made to trust it.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::{Failure, output};
use crate::tls;

/// The certificates of `--tls auto`
#[derive(Args)]
pub struct Tls {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Print where the local CA is and how to trust it; makes it if it is not there yet
    Ca(Ca),
}

#[derive(Args)]
struct Ca {
    /// Print the path alone, for scripts
    #[arg(long)]
    path: bool,
    /// The store of the server, if it keeps one
    #[arg(long, env = "RESTANTE_STORE", value_name = "PATH")]
    store: Option<PathBuf>,
    /// The folder of the certificates, if the server is given one
    #[arg(long, env = "RESTANTE_TLS_DIR", value_name = "PATH")]
    tls_dir: Option<PathBuf>,
    /// Names of the server beside those of this machine, as it is given them
    #[arg(long, env = "RESTANTE_HOST", value_name = "NAME", value_delimiter = ',')]
    host: Vec<String>,
}

impl Tls {
    pub fn run(&self) -> Result<(), Failure> {
        let What::Ca(ca) = &self.what;
        ca.run()
    }
}

impl Ca {
    fn run(&self) -> Result<(), Failure> {
        let authority = tls::authority(self.tls_dir.as_deref(), self.store.as_deref(), &self.host)
            .map_err(|e| Failure::NotDone(e.to_string()))?;
        let path = authority.ca();
        // A relative path would mean something else in the next folder.
        let path = std::path::absolute(&path).unwrap_or(path);
        if self.path {
            return output::print(&path.display().to_string());
        }
        output::print(&guide(&path))
    }
}

fn guide(path: &Path) -> String {
    let ca = path.display();
    format!(
        "\
The local CA: {ca}

It can only vouch for this machine, names such as localhost and *.test, and private addresses.
Programs that trust it can use STARTTLS and SMTPS of `restante --tls auto`:

  curl      curl --cacert {ca} …
  openssl   openssl s_client -starttls smtp -CAfile {ca} -connect localhost:1025
  Node.js   NODE_EXTRA_CA_CERTS={ca}
  Python    SSL_CERT_FILE={ca}            (ssl, smtplib, aiosmtplib)
            REQUESTS_CA_BUNDLE={ca}       (requests)
  Ruby      SSL_CERT_FILE={ca}
  PHP       php -d openssl.cafile={ca}
  Go        SSL_CERT_FILE={ca}            (Linux; elsewhere the system's store)
  Java      keytool -importcert -noprompt -alias restante -file {ca} \\
              -keystore restante.p12 -storetype PKCS12 -storepass changeit
            java -Djavax.net.ssl.trustStore=restante.p12 -Djavax.net.ssl.trustStorePassword=changeit …
  .NET      the system's store, or SSL_CERT_FILE={ca} on Linux

SSL_CERT_FILE takes the place of the system's store: set it for the app under test alone.
The whole system, if you must:

  Debian    cp {ca} /usr/local/share/ca-certificates/restante.crt && update-ca-certificates
  Fedora    cp {ca} /etc/pki/ca-trust/source/anchors/restante.pem && update-ca-trust
  macOS     security add-trusted-cert -k ~/Library/Keychains/login.keychain-db {ca}
  Windows   certutil -user -addstore Root {ca}"
    )
}
