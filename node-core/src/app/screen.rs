//! The screen: dark until button A is pressed, then pages that button B turns, dark again after a while.
//!
//! Pages are pure functions in `ui`; this task decides when they are drawn and pays for it. Drawing goes stripe by
//! stripe, so no other task waits longer than a stripe takes.

use super::bring_up::{Pmic, output};
use super::health::Health;
use super::panel::{Button, Panel};
use crate::board::{Board, Events, LcdParts};
use crate::boards::BoardFacts;
use crate::drivers::st7735s::{Rotation, STRIPE_BYTES, St7735s};
use crate::event::{ChipError, Event};
use crate::meter::{Kernel, Meter, Stage};
use crate::time::{Clock, Duration, Instant};
use crate::ui::{Canvas, Page};
use core::convert::Infallible;
use core::future::pending;
use embassy_futures::select::{Either, select};

/// Four pictures a second: figures that change faster cannot be read.
const FRAME: Duration = Duration::from_millis(250);

/// What the task draws on and lights.
pub struct Screen<'a, B: Board> {
    pub lcd: Option<LcdParts<B>>,
    pub pmic: Option<&'a Pmic<'a, B::I2c>>,
    pub facts: &'static BoardFacts,
    pub timeout: Duration,
}

pub async fn run<B: Board, V>(
    screen: Screen<'_, B>,
    pages: &[Page<V>],
    panel: &Panel<V>,
    (clock, mut delay): (&B::Clock, B::Delay),
    meter: &B::Meter,
    events: &B::Events,
) -> Infallible {
    let Screen { lcd, pmic, facts, timeout } = screen;
    let Some(LcdParts { spi, dc, reset }) = lcd else { return pending().await };
    let mut lcd = St7735s::new(spi, dc, reset, Rotation::Portrait);
    let mut health = Health::of("st7735s");
    let mut stripe = [0; STRIPE_BYTES];
    let mut page = 0;
    // Once started it sleeps with its memory kept, and wakes faster; unless its rail went off meanwhile.
    let mut started = false;
    let mut rails = panel.rails();
    loop {
        while panel.presses.receive().await != Button::A {}
        started &= rails == panel.rails();
        rails = panel.rails();
        let woken = if started { lcd.wake(&mut delay).await } else { lcd.init(&mut delay).await };
        if let Err(error) = woken {
            // Tried again at the next press.
            health.fails(error, events);
            started = false;
            continue;
        }
        started = true;
        health.works();
        panel.set_lit(Some(page));
        panel.woken.signal(());
        let mut dark_at = clock.now() + timeout;
        let mut lights = false;
        let drawn: Result<(), ChipError> = loop {
            let frame_at = clock.now() + FRAME;
            let mut status = panel.status.get();
            status.uptime = clock.now().since(Instant::BOOT);
            let drawing = lcd.draw(&mut stripe, |stripe| {
                meter.measure(Stage("draw"), |work| {
                    let mut canvas = Canvas::new(stripe);
                    pages[usize::from(page)](&panel.view.borrow(), &status, &mut canvas);
                    canvas.charge(work);
                    // What the driver does around this.
                    work.add(Kernel::Stripes, 1);
                })
            });
            if let Err(error) = drawing.await {
                break Err(error.into());
            }
            if !lights {
                // Only now is there something to see.
                lights = true;
                backlight(pmic, facts, true).await;
                events.emit(Event::ScreenOn);
                events.emit(Event::Page { index: page });
            }
            match select(panel.presses.receive(), clock.until(frame_at.min(dark_at))).await {
                Either::First(button) => {
                    dark_at = clock.now() + timeout;
                    if button == Button::B {
                        page = (page + 1) % pages.len() as u8;
                        panel.set_lit(Some(page));
                        events.emit(Event::Page { index: page });
                    }
                }
                Either::Second(()) if clock.now() >= dark_at || rails != panel.rails() => break Ok(()),
                Either::Second(()) => {}
            }
        };
        panel.set_lit(None);
        backlight(pmic, facts, false).await;
        let ended = match drawn {
            Ok(()) => lcd.sleep(&mut delay).await.map_err(ChipError::from),
            Err(error) => Err(error),
        };
        if let Err(error) = ended {
            health.fails(error, events);
            started = false;
        }
        if lights {
            events.emit(Event::ScreenOff);
        }
    }
}

/// A failing power chip is told by the task that looks after it.
async fn backlight<I: embedded_hal_async::i2c::I2c>(
    pmic: Option<&Pmic<'_, I>>,
    facts: &BoardFacts,
    on: bool,
) {
    if let Some(pmic) = pmic
        && let Some(backlight) = facts.lcd.as_ref().and_then(|lcd| output(lcd.backlight))
    {
        pmic.lock().await.set_output(backlight, on).await.ok();
    }
}
