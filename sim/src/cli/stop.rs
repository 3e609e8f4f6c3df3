//! Ctrl-C: the first asks for an end with what was measured so far, the second does not ask.

use std::sync::atomic::{AtomicBool, Ordering};

static ASKED: AtomicBool = AtomicBool::new(false);

/// From here on Ctrl-C is ours.
pub fn listen() {
    // A second call in one process (a test) finds the handler in place, which is as good.
    let _ = ctrlc::set_handler(|| {
        if ASKED.swap(true, Ordering::SeqCst) {
            // As a shell reports a program that an interrupt ended.
            std::process::exit(130);
        }
        super::terminal::tell("\nstopping: what was measured so far follows (Ctrl-C again ends at once)\n");
    });
}

pub fn asked() -> bool {
    ASKED.load(Ordering::SeqCst)
}
