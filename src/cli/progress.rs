//! A bar on the terminal with the rate and the time that remains; nothing where there is none.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressStyle};

pub struct Progress {
    bar: ProgressBar,
    messages: u64,
}

impl Progress {
    /// Over files with so many bytes.
    pub fn of_bytes(bytes: u64) -> Progress {
        Progress::with(bytes, "{bar:30} {bytes}/{total_bytes}  {msg}  {elapsed}, {eta} to go")
    }

    /// Over so many messages.
    pub fn of_messages(messages: u64) -> Progress {
        Progress::with(messages, "{bar:30} {pos}/{len}  {msg}  {elapsed}, {eta} to go")
    }

    fn with(length: u64, template: &str) -> Progress {
        let bar = if std::io::stderr().is_terminal() {
            ProgressBar::new(length)
        } else {
            ProgressBar::hidden()
        };
        bar.set_style(
            ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        Progress { bar, messages: 0 }
    }

    /// One more message, so much further.
    pub fn done(&mut self, by: u64) {
        self.messages += 1;
        self.bar.inc(by);
        if self.messages.is_multiple_of(16) {
            let seconds = self.bar.elapsed().as_secs_f64().max(0.001);
            self.bar.set_message(format!("{:.0} messages/s", self.messages as f64 / seconds));
        }
    }

    /// A line on standard error that the bar does not overwrite.
    pub fn say(&self, line: &str) {
        self.bar.suspend(|| eprintln!("{line}"));
    }

    pub fn end(&self) {
        self.bar.finish_and_clear();
    }
}
