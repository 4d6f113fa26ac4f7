//! What a test waits for, in its own way: with `.await`, under whatever runtime it has, or by
//! standing still in [`Call::wait`].

use std::future::{Future, IntoFuture};
use std::pin::Pin;

use tokio::sync::oneshot;

use super::Error;

/// Something that takes a moment: `.await` it, or [`wait`](Call::wait) for it in a test without
/// `async`. Nothing happens before.
#[must_use = "nothing happens before it is awaited, or waited for"]
pub struct Call<T> {
    work: Box<dyn FnOnce() -> Result<T, Error> + Send>,
}

impl<T: Send + 'static> Call<T> {
    pub(super) fn new(work: impl FnOnce() -> Result<T, Error> + Send + 'static) -> Call<T> {
        Call { work: Box::new(work) }
    }

    /// Waits on this thread.
    pub fn wait(self) -> Result<T, Error> {
        (self.work)()
    }
}

impl<T: Send + 'static> IntoFuture for Call<T> {
    type Output = Result<T, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Result<T, Error>> + Send>>;

    /// On a thread of its own: a test's runtime may have one only, and may be any.
    fn into_future(self) -> Self::IntoFuture {
        let (done, waiting) = oneshot::channel();
        let begun = std::thread::Builder::new().name("restante".into()).spawn(move || {
            // A test that is over does not wait any more.
            let _ = done.send((self.work)());
        });
        Box::pin(async move {
            begun.map_err(|e| Error::server(format!("no thread could be started: {e}")))?;
            let ended = || Error::server("the call ended in a fault".to_owned());
            waiting.await.unwrap_or_else(|_| Err(ended()))
        })
    }
}
