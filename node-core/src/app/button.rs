//! A push button without its bounce.
//!
//! A level counts once no edge came for [`SETTLE`]: what is shorter is bounce (contacts bounce for 1 to 10 ms, assumed).

use super::panel::Button;
use crate::boards::PinFacts;
use crate::time::{Clock, Duration};
use core::convert::Infallible;
use core::future::pending;
use embassy_futures::select::{Either, select};
use embedded_hal::digital::InputPin;
use embedded_hal_async::digital::Wait;

pub const SETTLE: Duration = Duration::from_millis(20);

/// Calls `pressed` for each press, once it has settled.
pub async fn watch<P: InputPin + Wait>(
    pin: Option<P>,
    facts: Option<&PinFacts>,
    clock: &impl Clock,
    button: Button,
    mut pressed: impl FnMut(Button),
) -> Infallible {
    let (Some(mut pin), Some(facts)) = (pin, facts) else { return pending().await };
    let mut is_down = false;
    loop {
        // Pressed pulls an active-low pin low.
        let low_is_next = is_down != facts.active_low;
        let waited = if low_is_next { pin.wait_for_low().await } else { pin.wait_for_high().await };
        if waited.is_err() {
            return pending().await;
        }
        while let Either::First(Ok(())) =
            select(pin.wait_for_any_edge(), clock.until(clock.now() + SETTLE)).await
        {}
        let Ok(low) = pin.is_low() else { return pending().await };
        let down = low == facts.active_low;
        if down && !is_down {
            pressed(button);
        }
        is_down = down;
    }
}
