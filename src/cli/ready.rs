//! `restante ready`: for scripts and container health checks.

use std::time::{Duration, Instant};

use clap::Args;
use jiff::SignedDuration;

use super::client::Address;
use super::{Client, Failure, output};

/// Between two questions while waiting.
const PAUSE: Duration = Duration::from_millis(25);

/// Ask whether a server takes mail
#[derive(Args)]
pub struct Ready {
    /// Wait this long for it, for example 10s
    #[arg(long, value_name = "TIME", default_value = "0s")]
    wait: SignedDuration,
    #[command(flatten)]
    address: Address,
}

impl Ready {
    pub fn run(&self) -> Result<(), Failure> {
        let client = Client::new(&self.address)?;
        let wait = Duration::try_from(self.wait)
            .map_err(|_| Failure::Usage("--wait must not be negative".into()))?;
        let end = Instant::now() + wait;
        loop {
            match client.bytes("/readyz", "*/*") {
                Ok(_) => return output::print("ready"),
                // A server that is not there yet is why one waits.
                Err(e) if Instant::now() >= end => {
                    return Err(Failure::NotDone(format!("not ready: {e}")));
                }
                Err(_) => std::thread::sleep(PAUSE),
            }
        }
    }
}
