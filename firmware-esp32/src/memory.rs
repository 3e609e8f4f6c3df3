//! RTC memory: what deep sleep and a reset leave alone. Two tenants, the node's own bytes and the reason of a panic.
//!
//! esp-hal zeroes it at power-on. A brown-out keeps whatever is left in it, and a part may have kept half: that counts as a
//! power cut too, so [`after_power_cut`] clears it then.

use core::fmt::Write;
use esp_hal::ram;
use node_core::board::RtcMemory;
use portable_atomic::{AtomicU8, Ordering::Relaxed};

/// Half of the chip's RTC fast memory; the rest is for the reason and for esp-hal.
const NODE_BYTES: usize = 4096;
const REASON_BYTES: usize = 160;

#[ram(unstable(rtc_fast, persistent))]
static NODE: [AtomicU8; NODE_BYTES] = [const { AtomicU8::new(0) }; NODE_BYTES];
/// Text; the first zero ends it.
#[ram(unstable(rtc_fast, persistent))]
static REASON: [AtomicU8; REASON_BYTES] = [const { AtomicU8::new(0) }; REASON_BYTES];

pub fn after_power_cut() {
    for byte in NODE.iter().chain(&REASON) {
        byte.store(0, Relaxed);
    }
}

/// The node's part. One owner: [`crate::boards`] makes it once.
pub struct RtcRam;

impl RtcMemory for RtcRam {
    const CAPACITY: usize = NODE_BYTES;
    fn load(&self, bytes: &mut [u8]) {
        for (byte, kept) in bytes.iter_mut().zip(&NODE) {
            *byte = kept.load(Relaxed);
        }
    }
    fn store(&mut self, bytes: &[u8]) {
        for (byte, kept) in bytes.iter().zip(&NODE) {
            kept.store(*byte, Relaxed);
        }
    }
}

/// Writes one line of text over the last reason, cut where the memory ends.
pub struct Reason {
    length: usize,
}

impl Reason {
    pub fn new() -> Self {
        REASON.iter().for_each(|byte| byte.store(0, Relaxed));
        Self { length: 0 }
    }

    /// The reason that an earlier run left, which is then forgotten.
    pub fn take() -> Option<heapless::String<REASON_BYTES>> {
        let mut text = heapless::String::new();
        let kept = REASON.iter().map(|byte| byte.swap(0, Relaxed));
        for byte in kept.take_while(|byte| (b' '..=b'~').contains(byte)) {
            text.push(char::from(byte)).ok();
        }
        (!text.is_empty()).then_some(text)
    }
}

impl Write for Reason {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        for byte in text.bytes() {
            let cell = REASON.get(self.length).ok_or(core::fmt::Error)?;
            // Of one byte each, so that nothing is cut in two; a line break would end the log's line.
            cell.store(if (b' '..=b'~').contains(&byte) { byte } else { b' ' }, Relaxed);
            self.length += 1;
        }
        Ok(())
    }
}
