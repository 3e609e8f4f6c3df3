//! From the chip's counts to reflectances and values.

use super::reference::White;
use super::trained::Trained;
use super::{Asked, Config, Requests};
use crate::app::RETRY;
use crate::app::health::Health;
use crate::app::panel::Panel;
use crate::app::recogniser::Recogniser;
use crate::app::retained::Retained;
use crate::board::{Board, Events};
use crate::drivers::as7265x::{As7265x, BANDS, Error, regs};
use crate::event::{ChipError, Event};
use crate::meter::{Kernel, Meter, Stage, Window};
use crate::time::{Clock, Instant};
use crate::ui::spectrometer::View;
use core::convert::Infallible;
use core::future::pending;
use embassy_futures::select::{Either, select};
use embedded_hal_async::delay::DelayNs;
use embedded_hal_async::i2c::I2c;

const SPECTRUM: Stage = Stage("spectrum");

/// Named numbers that it tells beside spectra and values.
pub const SAYS: &[(&str, &str)] = &[
    ("white-reference", "counts of the brightest band of the tile that was just taken"),
    ("spectrum-clipped", "bands at the end of the chip's scale: less gain, time or current"),
];

/// Lamps on less lamps off, by band, and how many bands were at their end.
struct Light {
    counts: [f32; BANDS],
    clipped: usize,
}

#[allow(clippy::too_many_arguments)] // each is a part of the board, and no two of them belong together
pub async fn run<B: Board>(
    grove: Option<B::Grove>,
    config: &Config,
    model: Option<Recogniser<'_>>,
    mut retained: Retained<B::RtcMemory>,
    panel: &Panel<View>,
    requests: &Requests,
    (clock, mut delay): (&B::Clock, B::Delay),
    meter: &B::Meter,
    events: &B::Events,
) -> Infallible {
    let mut health = Health::of("as7265x");
    let Some(grove) = grove else {
        // Without a socket there is no instrument.
        health.fails(ChipError::Bus, events);
        return pending().await;
    };
    let mut chip = As7265x::new(grove, regs::ADDRESS, config.chip);
    let mut model = model.and_then(Trained::new);
    let mut white = White::from_bytes(&retained.annex());
    loop {
        if let Err(error) = chip.init(&mut delay).await {
            health.fails(error, events);
            clock.until(clock.now() + RETRY).await;
            continue;
        }
        let mut due = clock.now();
        loop {
            let asked = match select(clock.until(due), requests.wait()).await {
                Either::First(()) => Asked::Measure,
                Either::Second(asked) => asked,
            };
            let released = if asked == Asked::Measure { due.min(clock.now()) } else { clock.now() };
            let started = clock.now();
            let light = match measure(&mut chip, config, &mut delay).await {
                Ok(light) => light,
                Err(error) => {
                    health.fails(error, events);
                    break;
                }
            };
            health.works();
            let at = clock.now();
            if light.clipped > 0 {
                events.emit(Event::Custom { name: "spectrum-clipped", at, value: light.clipped as i32 });
            }
            match white.filter(|_| asked == Asked::Measure) {
                None => {
                    let taken = White::of(&light.counts);
                    retained.save_annex(&taken.to_bytes());
                    let value = light.counts.iter().fold(0.0, |most: f32, count| most.max(*count)) as i32;
                    events.emit(Event::Custom { name: "white-reference", at, value });
                    panel.view.borrow_mut().says = "white taken";
                    panel.blink();
                    white = Some(taken);
                }
                Some(white) => tell::<B>(at, &white, &light, model.as_mut(), config, panel, meter, events),
            }
            meter.window(Window {
                pipeline: SPECTRUM,
                released,
                started,
                finished: clock.now(),
                deadline: config.every,
            });
            due = (released + config.every).max(clock.now());
        }
        clock.until(clock.now() + RETRY).await;
    }
}

async fn measure<I: I2c>(
    chip: &mut As7265x<I>,
    config: &Config,
    delay: &mut impl DelayNs,
) -> Result<Light, Error<I::Error>> {
    chip.measure(delay).await?;
    let dark = chip.counts(delay).await?;
    chip.lamps(true, delay).await?;
    let lit = lit(chip, config, delay).await;
    // Off again whatever came of it: they warm the dies.
    chip.lamps(false, delay).await?;
    let (mut counts, clipped) = lit?;
    counts.iter_mut().zip(dark).for_each(|(count, dark)| *count -= f32::from(dark));
    Ok(Light { counts, clipped })
}

/// The mean of some measurements.
async fn lit<I: I2c>(
    chip: &mut As7265x<I>,
    config: &Config,
    delay: &mut impl DelayNs,
) -> Result<([f32; BANDS], usize), Error<I::Error>> {
    let shots = config.shots.clamp(1, 16);
    let (mut sums, mut clipped) = ([0.0; BANDS], 0);
    for _ in 0..shots {
        chip.measure(delay).await?;
        let counts = chip.counts(delay).await?;
        clipped = clipped.max(counts.iter().filter(|count| **count >= config.chip.full_scale()).count());
        sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += f32::from(count));
    }
    let share = 1.0 / f32::from(shots);
    Ok((sums.map(|sum| sum * share), clipped))
}

#[allow(clippy::too_many_arguments)] // as above
fn tell<B: Board>(
    at: Instant,
    white: &White,
    light: &Light,
    model: Option<&mut Trained>,
    config: &Config,
    panel: &Panel<View>,
    meter: &B::Meter,
    events: &B::Events,
) {
    let reflectances = meter.measure(Stage("reflectance"), |work| {
        // Differences, means and ratios: a few operations a band each.
        work.add(Kernel::MultiplyAdd, 4 * BANDS);
        white.reflectances(&light.counts)
    });
    let permille = reflectances.map(|share| libm::roundf(share.clamp(-9.0, 9.0) * 1_000.0) as i16);
    if config.tell_spectra {
        events.emit(Event::Spectrum { at, permille });
    }
    let mut view = panel.view.borrow_mut();
    (view.says, view.permille) = ("measured", permille);
    let Some(model) = model else { return };
    let names = model.names();
    let Some(values) = meter.measure(Stage("read"), |work| model.read(&reflectances, work)) else { return };
    for (index, ((name, unit), value)) in names.zip(values).enumerate() {
        // Saturates, and what is no number is zero.
        let milli = libm::roundf(value * 1_000.0) as i32;
        events.emit(Event::Value { at, name, milli, unit });
        if index == 0 {
            (view.name, view.milli, view.unit) = (name, milli, unit);
        }
    }
}
