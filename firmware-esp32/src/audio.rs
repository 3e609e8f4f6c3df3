//! Audio in: the I2S peripheral fills a ring of DMA buffers that does not wait for anyone.
//!
//! The ring is esp-hal's stream buffer: descriptors that the DMA has filled are given back when they are read, and a DMA that
//! finds none stops. So what lies in a full ring is the oldest sound, whole; it is read to its end, the DMA is started
//! again, and what was not captured in between is told as lost.

use crate::clock::HardwareClock;
use core::fmt::Debug;
use embassy_futures::yield_now;
use esp_hal::Async;
use esp_hal::dma::DmaRxStreamBuf;
use esp_hal::i2s::master::{ConfigError, I2sRx, I2sRxDmaTransfer};
use node_core::audio::{AudioIn, Captured};
use node_core::time::{Clock, Duration, Instant};

/// Samples of one DMA buffer, and buffers of the ring (256 ms at 16 kHz): as in the twin.
pub const CHUNK: usize = 128;
pub const CHUNKS: usize = 32;

/// What both microphones and the I2S dividers do.
const RATES: core::ops::RangeInclusive<u32> = 8_000..=48_000;

/// How a sample of a board's microphone lies in memory.
pub trait Slot {
    const BYTES: usize;
    fn sample(bytes: &[u8]) -> i16;
}

/// Makes the receiver, wired and set to a rate. Called only while no receiver of it is alive.
pub type Open = fn(u32) -> Result<I2sRx<'static, Async>, ConfigError>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// Not 8000 to 48000 samples a second.
    Rate(u32),
    /// The I2S peripheral refuses its configuration.
    Config(ConfigError),
    /// The DMA does not start.
    Dma,
    Stopped,
    /// A block longer than the ring.
    TooLong(usize),
}

pub struct I2sAudio<S> {
    open: Open,
    state: State,
    slot: core::marker::PhantomData<S>,
}

enum State {
    Stopped(DmaRxStreamBuf),
    Running(Stream),
    /// Between two states; stays only if the DMA failed and took the ring with it, which `start` then says.
    Broken,
}

struct Stream {
    rate_hz: u32,
    transfer: I2sRxDmaTransfer<'static, Async, DmaRxStreamBuf>,
    /// The DMA found no free buffer: nothing comes after what is in the ring.
    full: bool,
    /// When the last sample was in memory that was handed over.
    read_until: Instant,
}

impl<S: Slot> I2sAudio<S> {
    /// `ring`: [`CHUNKS`] buffers of [`CHUNK`] samples.
    pub fn new(open: Open, ring: DmaRxStreamBuf) -> Self {
        Self { open, state: State::Stopped(ring), slot: core::marker::PhantomData }
    }

    fn run(
        &mut self,
        receiver: I2sRx<'static, Async>,
        ring: DmaRxStreamBuf,
        rate_hz: u32,
    ) -> Result<(), Error> {
        match receiver.read(ring) {
            Ok(transfer) => {
                let read_until = HardwareClock.now();
                self.state = State::Running(Stream { rate_hz, transfer, full: false, read_until });
                Ok(())
            }
            Err((_, _receiver, ring)) => {
                self.state = State::Stopped(ring);
                Err(Error::Dma)
            }
        }
    }

    /// Starts the DMA again after the ring was full. What was not captured: the time since the last sample handed over.
    fn restart(&mut self) -> Result<u32, Error> {
        let State::Running(stream) = core::mem::replace(&mut self.state, State::Broken) else {
            return Err(Error::Stopped);
        };
        let (rate_hz, read_until) = (stream.rate_hz, stream.read_until);
        let (receiver, ring) = stream.transfer.stop();
        self.run(receiver, ring, rate_hz)?;
        let gap = HardwareClock.now().since(read_until);
        Ok((gap.as_micros() * u64::from(rate_hz) / 1_000_000) as u32)
    }
}

impl Stream {
    /// When the last of `count` samples, the next to be read, was in memory, with `left` more behind it.
    ///
    /// By the DMA: `left` samples before now, at most one unfinished buffer earlier. Within that, one block after the last:
    /// so it neither jumps with how late the node is nor drifts with the nominal rate.
    fn complete(&self, count: usize, left: usize) -> Instant {
        let lasting = |samples: usize| Duration::of_samples(samples as u64, self.rate_hz);
        let now = HardwareClock.now();
        (self.read_until + lasting(count)).clamp(now - lasting(left + CHUNK), now - lasting(left))
    }
}

impl<S: Slot> AudioIn for I2sAudio<S> {
    type Error = Error;

    fn rate_hz(&self) -> u32 {
        match &self.state {
            State::Running(stream) => stream.rate_hz,
            State::Stopped(_) | State::Broken => 0,
        }
    }

    async fn start(&mut self, rate_hz: u32) -> Result<(), Error> {
        if !RATES.contains(&rate_hz) {
            return Err(Error::Rate(rate_hz));
        }
        self.stop().await?;
        // First the receiver, so that the ring is not lost if there is none.
        let receiver = (self.open)(rate_hz).map_err(Error::Config)?;
        match core::mem::replace(&mut self.state, State::Broken) {
            State::Stopped(ring) => self.run(receiver, ring, rate_hz),
            State::Running(_) | State::Broken => Err(Error::Dma),
        }
    }

    async fn stop(&mut self) -> Result<(), Error> {
        self.state = match core::mem::replace(&mut self.state, State::Broken) {
            State::Running(stream) => State::Stopped(stream.transfer.stop().1),
            other => other,
        };
        Ok(())
    }

    async fn read(&mut self, block: &mut [i16]) -> Result<Captured, Error> {
        if block.len() > CHUNK * CHUNKS {
            return Err(Error::TooLong(block.len()));
        }
        yield_now().await;
        let mut lost = 0;
        loop {
            let State::Running(stream) = &mut self.state else { return Err(Error::Stopped) };
            let available = stream.transfer.available_bytes() / S::BYTES;
            if let Some(left) = available.checked_sub(block.len()) {
                let complete_at = stream.complete(block.len(), left);
                stream.read_until = complete_at;
                take::<S>(stream, block);
                return Ok(Captured { complete_at, lost });
            }
            if stream.full {
                lost += self.restart()?;
            } else if stream.transfer.wait_for_available_async().await.is_err() {
                stream.full = true;
            }
        }
    }
}

fn take<S: Slot>(stream: &mut Stream, block: &mut [i16]) {
    let mut bytes = [0; 128];
    for samples in block.chunks_mut(bytes.len() / S::BYTES) {
        let bytes = &mut bytes[..samples.len() * S::BYTES];
        stream.transfer.pop(bytes);
        for (sample, slot) in samples.iter_mut().zip(bytes.chunks_exact(S::BYTES)) {
            *sample = S::sample(slot);
        }
    }
}
