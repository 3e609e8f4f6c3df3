//! The lamp: lit for a moment when something happened.

use super::panel::Panel;
use crate::boards::PinFacts;
use crate::time::Clock;
use core::convert::Infallible;
use core::future::pending;
use embedded_hal::digital::{OutputPin, PinState};

pub async fn run<V>(
    led: Option<impl OutputPin>,
    facts: Option<&PinFacts>,
    panel: &Panel<V>,
    clock: &impl Clock,
) -> Infallible {
    let (Some(mut led), Some(facts)) = (led, facts) else { return pending().await };
    // A lamp that cannot be lit is not worth an event: its pin is the CPU's own.
    let mut light = |on: bool| led.set_state(PinState::from(on != facts.active_low)).ok();
    light(false);
    loop {
        let length = panel.lamp.wait().await;
        light(true);
        clock.until(clock.now() + length).await;
        light(false);
    }
}
