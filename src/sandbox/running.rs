//! A server inside the test's process, on threads of its own: it goes on while a test stands still,
//! and needs nothing of the test's runtime.

use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use tokio::sync::oneshot;

use super::Error;
use crate::config::Config;
use crate::server::Server;

/// How long a drop waits for an orderly end.
const PATIENCE: Duration = Duration::from_secs(2);

pub(super) struct Running {
    pub smtp: SocketAddr,
    pub http: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    ended: Mutex<Receiver<()>>,
}

impl Running {
    pub fn start(config: Config) -> Result<Running, Error> {
        let (told, addresses) = mpsc::channel();
        let (ends, ended) = mpsc::channel();
        let (stop, stopping) = oneshot::channel();
        let fault = |e: std::io::Error| Error::server(format!("the sandbox cannot start: {e}"));
        std::thread::Builder::new()
            .name("restante".into())
            .spawn(move || {
                let runtime = tokio::runtime::Builder::new_multi_thread()
                    .worker_threads(1)
                    .thread_name("restante")
                    .enable_all()
                    .build();
                match runtime {
                    Ok(runtime) => runtime.block_on(serve(config, told, stopping)),
                    Err(e) => drop(told.send(Err(e.to_string()))),
                }
                let _ = ends.send(());
            })
            .map_err(fault)?;
        let started = addresses.recv().unwrap_or_else(|_| Err("it ended in a fault".into()));
        let (smtp, http) =
            started.map_err(|e| Error::server(format!("the sandbox cannot start: {e}")))?;
        Ok(Running { smtp, http, stop: Some(stop), ended: Mutex::new(ended) })
    }
}

type Told = mpsc::Sender<Result<(SocketAddr, SocketAddr), String>>;

async fn serve(config: Config, told: Told, stopping: oneshot::Receiver<()>) {
    match Server::start(&config).await {
        Ok(server) => {
            let at = &server.addresses;
            let both = at.smtp.tcp().zip(at.http.tcp());
            let both = both.ok_or("its SMTP and HTTP are not at HOST:PORT".to_owned());
            let is_usable = both.is_ok();
            let _ = told.send(both);
            if is_usable {
                // A sandbox that is gone without a word means the same.
                let _ = stopping.await;
            }
            server.stop().await;
        }
        Err(e) => drop(told.send(Err(e.to_string()))),
    }
}

impl Drop for Running {
    /// The temporary store goes with the server, so its end is waited for.
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Ok(ended) = self.ended.get_mut() {
            let _ = ended.recv_timeout(PATIENCE);
        }
    }
}
