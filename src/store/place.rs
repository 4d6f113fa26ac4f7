//! Where the store's file is, and that nobody else uses it: a lock file beside a kept store, a
//! folder of its own for a temporary one. Dropping the place lets go of both.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::StoreError;

pub(super) struct Place {
    file: PathBuf,
    lock: Option<(File, PathBuf)>,
    /// Deletes itself when dropped.
    _folder: Option<TempDir>,
}

impl Place {
    /// A file that stays. Refused when another process has it open.
    pub fn at(path: &Path) -> Result<Place, StoreError> {
        if path.is_dir() {
            return Err(StoreError::Failed("this is a folder; name a file in it".into()));
        }
        let lock_path = with_suffix(path, ".lock");
        let lock = OpenOptions::new().write(true).create(true).truncate(false).open(&lock_path)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StoreError::InUse),
            Err(TryLockError::Error(e)) => return Err(e.into()),
        }
        Ok(Place { file: path.to_owned(), lock: Some((lock, lock_path)), _folder: None })
    }

    /// A file that goes when the place is dropped.
    pub fn temporary() -> Result<Place, StoreError> {
        let mut builder = tempfile::Builder::new();
        builder.prefix("restante-");
        // Other people on this machine have no business in it.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
        let folder = builder.tempdir()?;
        Ok(Place { file: folder.path().join("store.db"), lock: None, _folder: Some(folder) })
    }

    pub fn file(&self) -> &Path {
        &self.file
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // Removed while still locked: whoever opens it next makes a new one.
        if let Some((lock, path)) = self.lock.take() {
            let _ = std::fs::remove_file(path);
            drop(lock);
        }
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
