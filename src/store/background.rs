//! Work that mail goes before: searches, and what fills the index. It has threads of its own, which
//! the scheduler gives less when there is not enough for all.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::thread;

use tokio::sync::oneshot;

use super::StoreError;
use super::live::lock;

/// What such a thread adds to its `nice`: beside one of the others it has about a quarter of a
/// processor, and all of one that nobody else wants.
#[cfg(target_os = "linux")]
const NICE: i32 = 5;

type Job = Box<dyn FnOnce() + Send>;

/// A few threads that take jobs in order; cheap to clone. They end with the last clone.
#[derive(Clone)]
pub struct Background {
    jobs: Sender<Job>,
}

impl Background {
    pub fn start(name: &str, threads: usize) -> Result<Background, StoreError> {
        let (jobs, taken) = mpsc::channel();
        let taken = Arc::new(Mutex::new(taken));
        for _ in 0..threads {
            let taken = taken.clone();
            thread::Builder::new().name(name.to_owned()).spawn(move || {
                stand_back();
                while let Some(job) = next(&taken) {
                    // Who waits for it is told by what it drops.
                    let _ = catch_unwind(AssertUnwindSafe(job));
                }
            })?;
        }
        Ok(Background { jobs })
    }

    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, StoreError> {
        let (sender, done) = oneshot::channel();
        let job = Box::new(move || drop(sender.send(work())));
        self.jobs.send(job).map_err(|_| StoreError::Closed)?;
        done.await.map_err(|_| StoreError::Failed("a search failed".into()))
    }
}

fn next(jobs: &Mutex<Receiver<Job>>) -> Option<Job> {
    lock(jobs).recv().ok()
}

/// Lets the scheduler prefer others to this thread. Elsewhere than on Linux it would be the whole
/// process, so there it is not done.
pub fn stand_back() {
    // It only costs time when this is refused.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::nice(NICE);
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_job_that_fails_costs_no_other() {
        let background = Background::start("test", 1).unwrap();
        let failed = background.run(|| panic!("meant")).await;
        assert!(matches!(failed, Err::<(), _>(StoreError::Failed(_))));
        assert_eq!(background.run(|| 7).await.unwrap(), 7);
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn its_threads_stand_back_and_no_other_does() {
        /// The 19th field of proc_pid_stat(5); the 2nd is in parentheses.
        fn nice() -> i32 {
            let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
            stat.rsplit(')').next().unwrap().split_whitespace().nth(16).unwrap().parse().unwrap()
        }
        let before = nice();
        let background = Background::start("test", 1).unwrap();
        let there = background.run(nice).await.unwrap();
        assert_eq!((there, nice()), ((before + NICE).min(19), before));
    }
}
