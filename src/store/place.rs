//! Where the store's file is, and that nobody else uses it: a lock file beside a kept store, a
//! folder of its own for a temporary one. Dropping the place lets go of both.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::StoreError;

/// The lock in a temporary store's folder: held as long as the store is in use, however that ends.
const LOCK: &str = "lock";
const PREFIX: &str = "restante-";
const TRIES: usize = 10;

pub(super) struct Place {
    file: PathBuf,
    lock: Option<(File, PathBuf)>,
    /// Deletes itself when dropped.
    folder: Option<TempDir>,
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
        Ok(Place { file: path.to_owned(), lock: Some((lock, lock_path)), folder: None })
    }

    /// A file that goes when the place is dropped. Those that a killed process left behind go now.
    pub fn temporary() -> Result<Place, StoreError> {
        for _ in 0..TRIES {
            let folder = temporary_folder()?;
            let lock_path = folder.path().join(LOCK);
            let mut options = OpenOptions::new();
            let options = options.write(true).create(true).truncate(false);
            let Ok(lock) = options.open(&lock_path) else { continue };
            // Another server that starts may have taken the folder for one left behind, in the
            // moment before it was locked.
            if lock.try_lock().is_err() || !lock_path.exists() {
                continue;
            }
            sweep(folder.path());
            let file = folder.path().join("store.db");
            return Ok(Place { file, lock: Some((lock, lock_path)), folder: Some(folder) });
        }
        Err(StoreError::Failed("its folder is taken away by another program".into()))
    }

    /// The file, if it stays.
    pub fn kept(&self) -> Option<PathBuf> {
        self.folder.is_none().then(|| self.file.clone())
    }

    pub fn file(&self) -> &Path {
        &self.file
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // Before the lock: what is no longer locked may be swept away by another server.
        drop(self.folder.take());
        // Removed while still locked: whoever opens it next makes a new one.
        if let Some((lock, path)) = self.lock.take() {
            let _ = std::fs::remove_file(path);
            drop(lock);
        }
    }
}

fn temporary_folder() -> std::io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX);
    // Other people on this machine have no business in it.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.tempdir()
}

/// Removes folders like `ours` that nobody holds the lock of. What cannot be looked into or removed
/// is not ours to remove.
fn sweep(ours: &Path) {
    let Some(parent) = ours.parent() else { return };
    for entry in std::fs::read_dir(parent).into_iter().flatten().flatten() {
        let path = entry.path();
        let is_like = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX));
        if !is_like || path == ours || !is_own_folder(&path, ours) {
            continue;
        }
        // Opened, not made: a folder without a lock is none of ours.
        let Ok(lock) = OpenOptions::new().write(true).open(path.join(LOCK)) else { continue };
        if lock.try_lock().is_ok() {
            match std::fs::remove_dir_all(&path) {
                Ok(()) => tracing::info!("removed a store left behind: {}", path.display()),
                Err(e) => tracing::warn!("{} is left behind: {e}", path.display()),
            }
        }
    }
}

/// A folder itself, no link to one, of the same user.
fn is_own_folder(path: &Path, ours: &Path) -> bool {
    let (Ok(theirs), Ok(ours)) = (path.symlink_metadata(), ours.symlink_metadata()) else {
        return false;
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        theirs.is_dir() && theirs.uid() == ours.uid()
    }
    #[cfg(not(unix))]
    {
        let _ = ours;
        theirs.is_dir()
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
