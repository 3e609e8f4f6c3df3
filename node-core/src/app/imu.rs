//! The IMU's FIFO, read in time, for whoever makes something of it.
//!
//! The chip's clock and the node's are strangers (±1 %): how many samples there are is what the FIFO says, and when they
//! were taken is spread evenly from one read to the next. Nothing is counted by time.
//!
//! A chip that fails, or brings nothing, is started anew; what was lost meanwhile is told.

use super::RETRY;
use super::health::Health;
use crate::board::{Board, Events};
use crate::drivers::mpu6886::{Burst, Loss, Mpu6886, Odr, Records, regs};
use crate::event::{ChipError, Event};
use crate::meter::{Meter, Stage, Window};
use crate::time::{Clock, Duration, Instant};
use core::convert::Infallible;
use embedded_hal_async::i2c::I2c;

/// Reads in a row that fail, or bring nothing, before the chip is started anew: it may have lost its supply.
const PATIENCE: u32 = 3;
/// What the FIFO holds after this much of a start is thrown away: the chip's filters begin at zero, and gravity would come as
/// a blow. Four time constants of the slowest filter that a rate picks by itself (10 Hz: 16 ms).
const SETTLE: Duration = Duration::from_millis(64);

/// Samples of one read, taken after `from` and up to `to`.
#[derive(Clone, Copy)]
pub struct Span {
    pub from: Instant,
    pub to: Instant,
    pub count: usize,
}

impl Span {
    /// When sample `index` (from 0) was taken.
    pub fn at(&self, index: usize) -> Instant {
        let length = self.to.since(self.from).as_micros();
        self.from + Duration::from_micros(length * (index as u64 + 1) / self.count.max(1) as u64)
    }
}

/// Who makes something of what the IMU felt.
pub trait Feels {
    /// The samples of one read, at least one.
    async fn take(&mut self, records: Records<'_>, span: Span);
    /// What comes next does not follow what came before.
    fn gap(&mut self);
    /// A read is over, whatever came of it, and its window told.
    fn read(&mut self) {}
}

/// How often the FIFO is read.
pub struct Rhythm {
    /// Also the deadline of what is made of a read.
    pub every: Duration,
    pub odr: Odr,
    /// The name of the windows.
    pub pipeline: Stage,
}

pub async fn run<B: Board, I: I2c>(
    mut imu: Mpu6886<I>,
    Rhythm { every, odr, pipeline }: Rhythm,
    feels: &mut impl Feels,
    (clock, mut delay): (&B::Clock, B::Delay),
    meter: &B::Meter,
    events: &B::Events,
) -> Infallible {
    let mut health = Health::of("mpu6886");
    let mut buffer = [0; regs::FIFO_BYTES];
    loop {
        if let Err(error) = imu.init(&mut delay).await {
            health.fails(error, events);
            clock.until(clock.now() + RETRY).await;
            continue;
        }
        clock.until(clock.now() + SETTLE).await;
        if let Err(error) = imu.reset_fifo().await {
            health.fails(error, events);
            continue;
        }
        feels.gap();
        let mut last_read = clock.now();
        let mut due = last_read + every;
        let mut in_vain = 0;
        while in_vain < PATIENCE {
            clock.until(due).await;
            let started = clock.now();
            match imu.read_fifo(&mut buffer).await {
                Err(error) => {
                    health.fails(error, events);
                    in_vain += 1;
                }
                Ok(Burst::Lost(loss)) => {
                    lost(loss, last_read, started, odr, events);
                    feels.gap();
                    last_read = started;
                }
                Ok(Burst::Records(records)) if records.len() == 0 => {
                    in_vain += 1;
                    if in_vain == PATIENCE {
                        health.fails(ChipError::Timeout, events);
                    }
                }
                Ok(Burst::Records(records)) => {
                    in_vain = 0;
                    health.works();
                    let span = Span { from: last_read, to: started, count: records.len() };
                    last_read = started;
                    feels.take(records, span).await;
                }
            }
            meter.window(Window { pipeline, released: due, started, finished: clock.now(), deadline: every });
            feels.read();
            due += every;
            if due < clock.now() {
                // So late that a read was missed: the next one finds its samples too.
                due = clock.now();
            }
        }
        clock.until(clock.now() + RETRY).await;
    }
}

/// How many records are gone is known by the clock only: all since the last good read.
fn lost(loss: Loss, last_read: Instant, now: Instant, odr: Odr, events: &impl Events) {
    let since = now.since(last_read).as_micros() / u64::from(odr.period_us());
    let lost = match loss {
        Loss::Overflow { held } => (since as u32).max(held.into()),
        Loss::Interrupted => since as u32,
    };
    events.emit(Event::Overrun { source: "imu", lost });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_lie_evenly_between_two_reads_and_the_last_at_the_second() {
        let (from, to) = (Instant::from_micros(1_000_000), Instant::from_micros(1_320_000));
        // A clock that is a percent slow: 31 samples where 32 were due.
        let span = Span { from, to, count: 31 };
        assert_eq!(span.at(30), to);
        assert!(span.at(0) > from && (1..31).all(|n| span.at(n) > span.at(n - 1)));
    }
}
