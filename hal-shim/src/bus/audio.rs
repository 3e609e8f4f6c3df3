//! Audio in: the microphone's clock runs on, its samples go by DMA into a ring that does not wait.
//!
//! As in the firmware: a DMA that finds no free buffer stops. A full ring holds the oldest sound, whole; it is read to its
//! end, the DMA starts again, and what came in between is lost.

use crate::chips::Chips;
use crate::machine::Machine;
use crate::tap::AudioBlock;
use crate::time::TrueTime;
use crate::trace::Fact;
use node_core::audio::{AudioIn, Captured};
use std::rc::Rc;

/// Samples of one DMA buffer: the ring tells of its progress in these steps. Assumed, as an I2S driver is set up.
const BUFFER: u64 = 128;
/// Buffers of the ring, 256 ms at 16 kHz. Assumed.
const BUFFERS: u64 = 32;

/// What a PDM-to-PCM converter of the ESP32 can be asked for, in samples a second.
const RATES: std::ops::RangeInclusive<u32> = 8_000..=48_000;

pub struct SimAudio {
    machine: Rc<Machine>,
    chips: Rc<Chips>,
    running: Option<Stream>,
}

#[derive(Clone, Copy)]
struct Stream {
    rate_hz: u32,
    from: TrueTime,
    /// True nanoseconds from sample to sample.
    period_ns: f64,
    /// Samples handed over so far, of this run of the DMA.
    read: u64,
    /// The DMA found no free buffer and stopped after so many samples.
    stopped_after: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AudioError {
    #[error("{0} samples a second: the converter makes 8000 to 48000")]
    Rate(u32),
    #[error("the microphone was not started")]
    Stopped,
    #[error("a block of {0} samples does not fit the DMA ring of {limit}", limit = BUFFER * BUFFERS)]
    TooLong(usize),
}

impl Stream {
    /// When the DMA buffer that completes `count` samples is in memory.
    fn complete(&self, count: u64) -> TrueTime {
        self.from + libm::ceil(count.next_multiple_of(BUFFER) as f64 * self.period_ns) as u64
    }

    /// Samples that wait in the ring at `now`, whole buffers.
    fn available(&mut self, now: TrueTime) -> u64 {
        let samples = (now.since(self.from) as f64 / self.period_ns) as u64;
        let end_of_ring = self.read - self.read % BUFFER + BUFFER * BUFFERS;
        if self.stopped_after.is_none() && samples >= end_of_ring {
            self.stopped_after = Some(end_of_ring);
        }
        self.stopped_after.unwrap_or(samples - samples % BUFFER) - self.read
    }

    /// Starts the DMA again; tells how many samples were made since the last one handed over.
    fn restart(&mut self, now: TrueTime) -> u64 {
        let made = (now.since(self.from) as f64 / self.period_ns) as u64;
        let lost = made.saturating_sub(self.read);
        (self.from, self.read, self.stopped_after) = (now, 0, None);
        lost
    }
}

impl SimAudio {
    pub(crate) fn new(machine: Rc<Machine>, chips: Rc<Chips>) -> Self {
        Self { machine, chips, running: None }
    }
}

impl AudioIn for SimAudio {
    type Error = AudioError;

    fn rate_hz(&self) -> u32 {
        self.running.map_or(0, |stream| stream.rate_hz)
    }

    async fn start(&mut self, rate_hz: u32) -> Result<(), AudioError> {
        if !RATES.contains(&rate_hz) {
            return Err(AudioError::Rate(rate_hz));
        }
        let period_ns = self.machine.crystal().period_ns(f64::from(rate_hz));
        self.running =
            Some(Stream { rate_hz, from: self.machine.now(), period_ns, read: 0, stopped_after: None });
        Ok(())
    }

    async fn stop(&mut self) -> Result<(), AudioError> {
        self.running = None;
        Ok(())
    }

    async fn read(&mut self, block: &mut [i16]) -> Result<Captured, AudioError> {
        let stream = self.running.as_mut().ok_or(AudioError::Stopped)?;
        let count = block.len() as u64;
        if count > BUFFER * BUFFERS {
            return Err(AudioError::TooLong(block.len()));
        }
        embassy_futures::yield_now().await;
        let mut lost = 0;
        while stream.available(self.machine.now()) < count {
            if stream.stopped_after.is_some() {
                lost += stream.restart(self.machine.now());
            } else {
                self.machine.at(stream.complete(stream.read + count), "audio").await;
            }
        }
        let complete = stream.complete(stream.read + count);
        // The last buffer's interrupt woke the node; those before it took their time as well.
        let machine = &self.machine;
        machine.charge((count / BUFFER).saturating_sub(1) * u64::from(machine.costs.fixed.interrupt.value));
        let t0 = stream.from.0 as f64 + stream.read as f64 * stream.period_ns;
        self.chips.microphone.borrow_mut().render(t0 as u64, stream.period_ns, block);
        stream.read += count;
        let mut trace = self.machine.trace.borrow_mut();
        trace.samples(block);
        let at = TrueTime(t0 as u64);
        if let Some(tap) = &mut trace.tap {
            let (rate_hz, lost, samples) = (stream.rate_hz, lost as u32, block.to_vec());
            tap.audio.push(AudioBlock { at, rate_hz, lost, samples });
        }
        trace.note(at, Fact::Audio { complete, samples: block.len() as u32, lost: lost as u32 });
        Ok(Captured { complete_at: self.machine.node_time(complete), lost: lost as u32 })
    }
}
