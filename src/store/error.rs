//! What can go wrong with a store, and what SQLite and the system call it.

/// Why the store did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the disk or the store is full")]
    Full,
    #[error("this message is too large for the store")]
    TooLarge,
    #[error("the store's file cannot be written: it or its disk is read-only")]
    ReadOnly,
    #[error("the store's file is damaged: some of it cannot be read")]
    Corrupt,
    #[error("this file is not a Restante store")]
    NotAStore,
    #[error("this store was written by a newer version of Restante")]
    TooNew,
    #[error("another process is using it")]
    InUse,
    #[error("the store is closed")]
    Closed,
    #[error("{0}")]
    Failed(String),
    /// So many messages.
    #[error("the search index is {0} messages behind; it catches up, so try again")]
    Behind(u64),
}

impl StoreError {
    /// The state of a store that gives this error; `None` when it is well.
    pub fn state(&self) -> Option<&'static str> {
        match self {
            StoreError::Full => Some("full"),
            StoreError::ReadOnly => Some("read_only"),
            StoreError::InUse => Some("locked"),
            StoreError::Corrupt => Some("corrupt"),
            StoreError::Failed(_) => Some("failed"),
            _ => None,
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> StoreError {
        use rusqlite::ErrorCode as Code;
        match error.sqlite_error_code() {
            Some(Code::DiskFull) => StoreError::Full,
            Some(Code::NotADatabase) => StoreError::NotAStore,
            Some(Code::ReadOnly) => StoreError::ReadOnly,
            Some(Code::DatabaseBusy | Code::DatabaseLocked) => StoreError::InUse,
            Some(Code::DatabaseCorrupt) => StoreError::Corrupt,
            _ => StoreError::Failed(error.to_string()),
        }
    }
}

impl From<rusqlite::types::FromSqlError> for StoreError {
    fn from(error: rusqlite::types::FromSqlError) -> StoreError {
        StoreError::Failed(format!("a row of the store cannot be read: {error}"))
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> StoreError {
        StoreError::Failed(format!("a row of the store cannot be read: {error}"))
    }
}

impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> StoreError {
        match error.kind() {
            std::io::ErrorKind::StorageFull => StoreError::Full,
            std::io::ErrorKind::ReadOnlyFilesystem => StoreError::ReadOnly,
            _ => StoreError::Failed(error.to_string()),
        }
    }
}
