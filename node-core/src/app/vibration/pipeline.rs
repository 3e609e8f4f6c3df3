//! From the IMU's FIFO to states and anomalies.

use super::Config;
use super::alarm::Alarm;
use super::condition::{Condition, Verdict};
use crate::app::imu::{self, Feels, Rhythm, Span};
use crate::app::panel::Panel;
use crate::app::recogniser::Recogniser;
use crate::board::{Board, Events};
use crate::drivers::mpu6886::{Mpu6886, Records};
use crate::event::Event;
use crate::meter::{Meter, Stage};
use crate::time::{Duration, Instant};
use crate::ui::vibration::View;
use core::convert::Infallible;
use core::future::pending;
use embedded_hal_async::i2c::I2c;

const VIBRATION: Stage = Stage("vibration");

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
    (clock, delay): (&B::Clock, B::Delay),
    meter: &B::Meter,
    events: &B::Events,
) -> Infallible {
    let Some(imu) = imu else { return pending().await };
    let Some(condition) = Condition::new(model, imu.scale()) else { return pending().await };
    let window_length = config.samples(config.window);
    let alarm_after = config.alarm_after.max(1);
    let (alarm, hop_length) = (Alarm::new(alarm_after), config.samples(config.hop));
    let mut chain = Chain { condition, window_length, alarm, alarm_after, hop_length, alarms: 0 };
    let mut felt = Felt::<B> { chain: &mut chain, panel, meter, events };
    let rhythm = Rhythm { every: config.read_every(), odr: config.odr, pipeline: VIBRATION };
    imu::run::<B, I>(imu, rhythm, &mut felt, (clock, delay), meter, events).await
}

/// The chain beside what it tells its results to.
struct Felt<'a, 'r, B: Board> {
    chain: &'a mut Chain<'r>,
    panel: &'a Panel<View>,
    meter: &'a B::Meter,
    events: &'a B::Events,
}

impl<B: Board> Feels for Felt<'_, '_, B> {
    async fn take(&mut self, records: Records<'_>, span: Span) {
        self.chain.take::<B>(records, span, self.panel, self.meter, self.events);
    }

    fn gap(&mut self) {
        self.chain.gap();
    }
}
