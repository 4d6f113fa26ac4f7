//! `--watch-dir`: a `.eml` that is put there is taken, and then lies in `taken/` beside the others,
//! so that nothing is lost and nothing is taken twice. One that cannot be taken stays where it is
//! and is tried again. Looked at a few times a second: that works on every kind of disk, also on
//! those that tell nobody of changes (network, containers).

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tokio::sync::watch;
use tracing::{error, warn};

use crate::http::{Deposit, Post};

const LOOK: Duration = Duration::from_millis(250);
/// After a fault, the next look comes later.
const PAUSE: Duration = Duration::from_secs(5);
const TAKEN: &str = "taken";
/// Files taken at one look.
const MOST: usize = 1000;

/// What a file looked like; one that looks the same twice is not being written any more.
type Look = (u64, SystemTime);

/// Makes sure of the folder, before the server starts.
pub fn prepare(folder: &Path) -> io::Result<()> {
    if !folder.is_dir() {
        return Err(io::Error::new(io::ErrorKind::NotADirectory, "this is not a folder"));
    }
    std::fs::create_dir_all(folder.join(TAKEN))
}

/// Takes what is put into the folder, until `stop`.
pub async fn watch(folder: PathBuf, most_bytes: u64, post: Post, mut stop: watch::Receiver<bool>) {
    let mut seen = HashMap::new();
    loop {
        let pause = match look(&folder, &mut seen) {
            Ok(ready) => take_all(&folder, ready, most_bytes, &post).await,
            Err(e) => {
                warn!("--watch-dir {}: {e}", folder.display());
                PAUSE
            }
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
    }
}

/// The files that have come to rest, oldest first.
fn look(folder: &Path, seen: &mut HashMap<PathBuf, Look>) -> io::Result<Vec<PathBuf>> {
    let mut now = HashMap::new();
    let mut ready = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let is_mail = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("eml"));
        // Gone again, or no file: not ours.
        let Ok(data) = path.metadata() else { continue };
        if !is_mail || !data.is_file() {
            continue;
        }
        let look = (data.len(), data.modified()?);
        if seen.get(&path) == Some(&look) {
            ready.push((look.1, path.clone()));
        }
        now.insert(path, look);
    }
    *seen = now;
    ready.sort();
    ready.truncate(MOST);
    Ok(ready.into_iter().map(|(_, path)| path).collect())
}

async fn take_all(folder: &Path, ready: Vec<PathBuf>, most_bytes: u64, post: &Post) -> Duration {
    let mut pause = LOOK;
    for path in ready {
        if let Err(problem) = take(folder, &path, most_bytes, post).await {
            error!("--watch-dir: {} was not taken: {problem}", path.display());
            pause = PAUSE;
        }
    }
    pause
}

async fn take(folder: &Path, path: &Path, most_bytes: u64, post: &Post) -> Result<(), String> {
    let text = |e: io::Error| e.to_string();
    let length = path.metadata().map_err(text)?.len();
    if length > most_bytes {
        return Err(format!("it has {length} bytes; --max-message-size allows {most_bytes}"));
    }
    let raw = tokio::task::block_in_place(|| std::fs::read(path)).map_err(text)?;
    let client = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    // Moved first: should the move fail, it must not come again and again.
    let taken = free_name(&folder.join(TAKEN), path);
    std::fs::rename(path, &taken).map_err(text)?;
    let deposit = Deposit { raw, from: None, to: Vec::new(), inbox: None, via: "folder", client };
    match post.keep(deposit).await {
        Ok(_) => Ok(()),
        Err(e) => {
            std::fs::rename(&taken, path).map_err(text)?;
            Err(e.to_string())
        }
    }
}

/// A name in `taken` that no file has yet.
fn free_name(taken: &Path, path: &Path) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let mut name = taken.join(format!("{stem}.eml"));
    let mut n = 1;
    while name.exists() {
        n += 1;
        name = taken.join(format!("{stem}-{n}.eml"));
    }
    name
}
