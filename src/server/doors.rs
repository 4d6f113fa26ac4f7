//! The listeners of a server: bound before anything else, all or none, and the file that tells where
//! they are.

use std::path::{Path, PathBuf};

use super::{StartError, listen};
use crate::config::Config;
use crate::socket::{Address, Listener};

/// What listens; what was not asked for is empty.
pub struct Doors {
    pub smtp: Vec<Listener>,
    pub smtps: Vec<Listener>,
    pub lmtp: Vec<Listener>,
    pub http: Vec<Listener>,
}

impl Doors {
    pub async fn bind(config: &Config) -> Result<Doors, StartError> {
        Ok(Doors {
            smtp: bind("smtp", Some(&config.smtp)).await?,
            http: bind("http", Some(&config.http)).await?,
            smtps: bind("smtps", config.tls.smtps.as_deref()).await?,
            lmtp: bind("lmtp", config.lmtp.as_deref()).await?,
        })
    }

    pub fn addresses(&self) -> std::io::Result<Addresses> {
        let missing = || std::io::Error::from(std::io::ErrorKind::AddrNotAvailable);
        Ok(Addresses {
            smtp: first(&self.smtp)?.ok_or_else(missing)?,
            http: first(&self.http)?.ok_or_else(missing)?,
            smtps: first(&self.smtps)?,
            lmtp: first(&self.lmtp)?,
        })
    }
}

/// Where the listeners really are.
#[derive(Debug, Clone)]
pub struct Addresses {
    pub smtp: Address,
    pub http: Address,
    /// SMTP with TLS from the first byte.
    pub smtps: Option<Address>,
    pub lmtp: Option<Address>,
}

async fn bind(setting: &'static str, address: Option<&str>) -> Result<Vec<Listener>, StartError> {
    let Some(address) = address else { return Ok(Vec::new()) };
    listen::bind(address).await.map_err(|error| StartError::Bind {
        setting,
        address: address.to_owned(),
        error,
    })
}

fn first(listeners: &[Listener]) -> std::io::Result<Option<Address>> {
    listeners.first().map(Listener::address).transpose()
}

/// The file of `--ports-file`; goes with the server, however that ends.
pub struct PortsFile {
    path: PathBuf,
    /// Becomes the file: a reader that sees that can use it.
    part: PathBuf,
    is_told: bool,
}

impl PortsFile {
    /// Finds out whether it can be written, before anything else is made.
    pub fn prepare(path: &Path) -> std::io::Result<PortsFile> {
        if path.is_dir() {
            return Err(std::io::ErrorKind::IsADirectory.into());
        }
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        std::fs::write(&part, "")?;
        Ok(PortsFile { path: path.to_owned(), part, is_told: false })
    }

    /// Whole or not at all.
    pub fn tell(&mut self, addresses: &Addresses) -> std::io::Result<()> {
        let Addresses { smtp, http, smtps, lmtp } = addresses;
        let mut ports = serde_json::json!({ "smtp": smtp, "http": http });
        for (name, address) in [("smtps", smtps), ("lmtp", lmtp)] {
            if let Some(address) = address {
                ports[name] = address.to_string().into();
            }
        }
        std::fs::write(&self.part, format!("{ports}\n"))?;
        std::fs::rename(&self.part, &self.path)?;
        self.is_told = true;
        Ok(())
    }
}

impl Drop for PortsFile {
    fn drop(&mut self) {
        // Somebody may have removed it; then it is gone as it should be.
        let _ = std::fs::remove_file(if self.is_told { &self.path } else { &self.part });
    }
}
