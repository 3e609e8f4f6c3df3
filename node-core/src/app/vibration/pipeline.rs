//! From the IMU's FIFO to states and anomalies.

use super::Config;
use super::alarm::Alarm;
use super::condition::{Condition, Verdict};
use super::site::{self, Judged, Site, SiteRoom};
use crate::app::imu::{self, Feels, Rhythm, Span};
use crate::app::kept::{self, Kept};
use crate::app::panel::Panel;
use crate::app::recogniser::Recogniser;
use crate::board::{Board, Events};
use crate::drivers::mpu6886::{Mpu6886, Records};
use crate::event::Event;
use crate::meter::{Meter, Stage};
use crate::storage::Buffer;
use crate::time::{Duration, Instant};
use crate::ui::vibration::View;
use core::convert::Infallible;
use core::future::pending;
use embedded_hal_async::i2c::I2c;

const VIBRATION: Stage = Stage("vibration");
/// What the page says in a state's place; how much of it is done stands under it.
const LEARNING: &str = "learning";

/// Everything between a burst and what is told of it.
struct Chain<'c, 'r> {
    condition: Condition<'c>,
    /// In the place of the model's threshold.
    site: Option<Site<'r>>,
    window_length: Duration,
    alarm: Alarm,
    alarm_after: u8,
    hop_length: Duration,
    alarms: u32,
}

impl Chain<'_, '_> {
    /// Asks the model about each window that ends within these records. True if what is normal here was just learnt.
    fn take<B: Board>(
        &mut self,
        mut records: Records<'_>,
        span: Span,
        panel: &Panel<View>,
        meter: &B::Meter,
        events: &B::Events,
    ) -> bool {
        if let Some(site) = &mut self.site
            && panel.take_hold().is_some()
        {
            site.learn_anew();
            self.alarm = Alarm::new(self.alarm_after);
        }
        let (mut done, mut learnt) = (0, false);
        while done < span.count {
            let (taken, due) =
                meter.measure(Stage("window"), |work| self.condition.extend(&mut records, work));
            done += taken;
            if !due {
                continue;
            }
            let judged = meter.measure(Stage("condition"), |work| {
                let verdict = self.condition.verdict(work)?;
                let site = self.site.as_mut();
                Some((verdict, site.map(|site| site.judge(self.condition.features(), work))))
            });
            let Some((verdict, here)) = judged else { continue };
            if let Some(Judged::Learnt { windows }) = here {
                learnt = true;
                panel.blink();
                events.emit(Event::Learnt { class: site::NORMAL, examples: windows.min(255) as u8 });
            }
            self.tell(verdict, here, span.at(done.saturating_sub(1)), panel, events);
        }
        learnt
    }

    fn tell(
        &mut self,
        verdict: Verdict,
        here: Option<Judged>,
        end: Instant,
        panel: &Panel<View>,
        events: &impl Events,
    ) {
        let start = end - self.window_length;
        let Verdict { state, confidence_percent, distance, threshold } = verdict;
        // How far from normal, as far as it is known.
        let far = match here {
            None => Some((distance, threshold)),
            Some(Judged::Held(here)) => Some((here.distance, here.threshold)),
            Some(Judged::Taken | Judged::Learnt { .. }) => None,
        };
        let is_anomaly = far.is_some_and(|(distance, threshold)| distance > threshold);
        if let Some((distance, threshold)) = far
            && let Some(farthest) = self.alarm.take(is_anomaly, distance)
        {
            self.alarms = self.alarms.saturating_add(1);
            panel.blink();
            // From the first of its windows on.
            let before = self.hop_length.as_micros() * u64::from(self.alarm_after.saturating_sub(1));
            let start = start - Duration::from_micros(before);
            let (distance, threshold) = (centi(farthest), centi(threshold));
            events.emit(Event::Anomaly { start, end, distance, threshold });
        }
        // Normal here and yet none of the states that the model knows: nothing is said of it.
        if !is_anomaly && !verdict.is_anomaly() {
            events.emit(Event::Class { start, end, class: state, confidence_percent });
        }
        if panel.lit().is_some() {
            let (distance, threshold) = far.unwrap_or_default();
            let learning = self.site.as_ref().filter(|_| far.is_none()).map(Site::percent);
            let (state, confidence_percent) =
                learning.map_or((state, confidence_percent), |percent| (LEARNING, percent));
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

#[allow(clippy::too_many_arguments)] // the parts of the board that it needs, each another type
pub async fn run<B: Board, I: I2c>(
    imu: Option<Mpu6886<I>>,
    config: &Config,
    model: Recogniser<'_>,
    flash: Option<B::Flash>,
    panel: &Panel<View>,
    (clock, delay): (&B::Clock, B::Delay),
    meter: &B::Meter,
    events: &B::Events,
) -> Infallible {
    let Some(imu) = imu else { return pending().await };
    let plan = model.plan;
    let Some(condition) = Condition::new(model, imu.scale()) else { return pending().await };
    let (mut room, mut buffer) = (SiteRoom::EMPTY, Buffer::EMPTY);
    let flash = flash.filter(|_| config.learn.is_some());
    let (mut kept, stored) = Kept::open(flash, kept::NORMAL, &mut buffer, &mut room.known, events).await;
    let site = config.learn_windows().and_then(|windows| Site::new(&plan, windows, &mut room, stored));
    let window_length = config.samples(config.window);
    let alarm_after = config.alarm_after.max(1);
    let (alarm, hop_length) = (Alarm::new(alarm_after), config.samples(config.hop));
    let mut chain = Chain { condition, site, window_length, alarm, alarm_after, hop_length, alarms: 0 };
    let mut felt = Felt::<B> { chain: &mut chain, kept: &mut kept, panel, meter, events };
    let rhythm = Rhythm { every: config.read_every(), odr: config.odr, pipeline: VIBRATION };
    imu::run::<B, I>(imu, rhythm, &mut felt, (clock, delay), meter, events).await
}

/// The chain beside what it tells its results to.
struct Felt<'a, 'c, 'r, B: Board> {
    chain: &'a mut Chain<'c, 'r>,
    kept: &'a mut Kept<'r, B::Flash>,
    panel: &'a Panel<View>,
    meter: &'a B::Meter,
    events: &'a B::Events,
}

impl<B: Board> Feels for Felt<'_, '_, '_, B> {
    async fn take(&mut self, records: Records<'_>, span: Span) {
        let Self { chain, kept, panel, meter, events } = self;
        if chain.take::<B>(records, span, panel, meter, events)
            && let Some(site) = &mut chain.site
        {
            kept.keep(site.bytes(), *events).await;
        }
    }

    fn gap(&mut self) {
        self.chain.gap();
    }
}
