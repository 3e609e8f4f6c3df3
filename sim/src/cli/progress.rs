//! How far a run is: simulated time, speed, time left. Only on a terminal.

use crate::engine::Progress;
use crate::report::numbers::{said_time, short};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::cell::Cell;
use std::time::{Duration, Instant};

/// People read no faster, and drawing costs time.
const BETWEEN: Duration = Duration::from_millis(100);

pub struct Bar {
    bar: ProgressBar,
    nodes: usize,
    started: Instant,
    shown: Cell<Option<Instant>>,
}

impl Bar {
    /// indicatif shows nothing if stderr is no terminal.
    pub fn new(end_ns: u64, nodes: usize) -> Self {
        let bar = ProgressBar::with_draw_target(Some(end_ns), ProgressDrawTarget::stderr_with_hz(10));
        if let Ok(style) = ProgressStyle::with_template("{percent:>3} % {wide_bar} {msg}, {eta} left") {
            bar.set_style(style.progress_chars("━╸ "));
        }
        Self { bar, nodes, started: Instant::now(), shown: Cell::new(None) }
    }

    pub fn show(&self, progress: Progress) {
        let now = Instant::now();
        if self.shown.get().is_some_and(|shown| now - shown < BETWEEN) {
            return;
        }
        self.shown.set(Some(now));
        let wall = self.started.elapsed().as_secs_f64().max(1e-9);
        let speed = progress.now_ns as f64 * 1e-9 * self.nodes as f64 / wall;
        let (now, end) = (said_time(progress.now_ns), said_time(progress.end_ns));
        self.bar.set_position(progress.now_ns);
        self.bar.set_message(format!("{now} of {end}, {}x real time", short(speed)));
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// How much of a work of so many parts is done. Only on a terminal.
pub struct Steps(ProgressBar);

impl Steps {
    pub fn new() -> Self {
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr_with_hz(10));
        if let Ok(style) =
            ProgressStyle::with_template("{percent:>3} % {wide_bar} {pos} of {len}, {eta} left")
        {
            bar.set_style(style.progress_chars("━╸ "));
        }
        Self(bar)
    }

    pub fn show(&self, done: usize, all: usize) {
        self.0.set_length(all as u64);
        self.0.set_position(done as u64);
    }
}

impl Drop for Steps {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
