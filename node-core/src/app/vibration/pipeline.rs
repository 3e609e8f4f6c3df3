//! From the IMU's FIFO to states and anomalies.

use super::Config;
use super::alarm::Alarm;
use super::condition::{Condition, Verdict};
use crate::app::RETRY;
use crate::app::health::Health;
use crate::app::motion::pipeline::{SETTLE, Span, lost};
use crate::app::panel::Panel;
use crate::app::recogniser::Recogniser;
use crate::board::{Board, Events};
use crate::drivers::mpu6886::{Burst, Mpu6886, Records, regs};
use crate::event::{ChipError, Event};
use crate::meter::{Meter, Stage, Window};
use crate::time::{Clock, Duration, Instant};
use crate::ui::vibration::View;
use core::convert::Infallible;
use core::future::pending;
use embedded_hal_async::i2c::I2c;

const VIBRATION: Stage = Stage("vibration");
/// Reads in a row that fail, or bring nothing, before the chip is started anew.
const PATIENCE: u32 = 3;

/// Everything between a burst and what is told of it.
struct Chain<'r> {
    condition: Condition<'r>,
    window_length: Duration,
    alarm: Alarm,
    alarm_after: u8,
    hop_length: Duration,
    alarms: u32,
}

impl Chain<'_> {
    /// Asks the model about each window that ends within these records.
    fn take<B: Board>(
        &mut self,
        mut records: Records<'_>,
        span: Span,
        panel: &Panel<View>,
        meter: &B::Meter,
        events: &B::Events,
    ) {
        let mut done = 0;
        while done < span.count {
            let (taken, due) =
                meter.measure(Stage("window"), |work| self.condition.extend(&mut records, work));
            done += taken;
            if !due {
                continue;
            }
            let verdict = meter.measure(Stage("condition"), |work| self.condition.verdict(work));
            if let Some(verdict) = verdict {
                self.tell(verdict, span.at(done.saturating_sub(1)), panel, events);
            }
        }
    }

    fn tell(&mut self, verdict: Verdict, end: Instant, panel: &Panel<View>, events: &impl Events) {
        let start = end - self.window_length;
        let Verdict { state, confidence_percent, distance, threshold } = verdict;
        let is_anomaly = verdict.is_anomaly();
        if let Some(farthest) = self.alarm.take(is_anomaly, distance) {
            self.alarms = self.alarms.saturating_add(1);
            panel.blink();
            // From the first of its windows on.
            let before = self.hop_length.as_micros() * u64::from(self.alarm_after.saturating_sub(1));
            let start = start - Duration::from_micros(before);
            let (distance, threshold) = (centi(farthest), centi(threshold));
            events.emit(Event::Anomaly { start, end, distance, threshold });
        }
        if !is_anomaly {
            events.emit(Event::Class { start, end, class: state, confidence_percent });
        }
        if panel.lit().is_some() {
            *panel.view.borrow_mut() = View {
                state,
                confidence_percent,
                alarm: self.alarm.is_on(),
                distance: centi(distance),
                threshold: centi(threshold),
                alarms: self.alarms,
            };
        }
    }

    fn gap(&mut self) {
        self.condition.gap();
        self.alarm.gap();
    }
}

/// In hundredths; what is beyond all numbers is the greatest.
fn centi(distance: f32) -> u32 {
    libm::roundf(distance * 100.0) as u32
}

pub async fn run<B: Board, I: I2c>(
    imu: Option<Mpu6886<I>>,
    config: &Config,
    model: Recogniser<'_>,
    panel: &Panel<View>,
    (clock, mut delay): (&B::Clock, B::Delay),
    meter: &B::Meter,
    events: &B::Events,
) -> Infallible {
    let Some(mut imu) = imu else { return pending().await };
    let Some(condition) = Condition::new(model, imu.scale()) else { return pending().await };
    let mut health = Health::of("mpu6886");
    let mut buffer = [0; regs::FIFO_BYTES];
    let every = config.read_every();
    let window_length = config.samples(config.window);
    let alarm_after = config.alarm_after.max(1);
    let (alarm, hop_length) = (Alarm::new(alarm_after), config.samples(config.hop));
    let mut chain = Chain { condition, window_length, alarm, alarm_after, hop_length, alarms: 0 };
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
        chain.gap();
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
                    lost(loss, last_read, started, config.odr, events);
                    chain.gap();
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
                    chain.take::<B>(records, span, panel, meter, events);
                }
            }
            meter.window(Window {
                pipeline: VIBRATION,
                released: due,
                started,
                finished: clock.now(),
                deadline: every,
            });
            due += every;
            if due < clock.now() {
                // So late that a read was missed: the next one finds its samples too.
                due = clock.now();
            }
        }
        clock.until(clock.now() + RETRY).await;
    }
}
