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

/// A press that lasts so long is a hold, too.
pub const HOLD: Duration = Duration::from_secs(1);

/// What a program makes of its buttons, beside the pages that they turn.
pub trait Hands {
    fn pressed(&self, _: Button) {}
    /// Whether holds of this button mean anything.
    fn holds(&self, _: Button) -> bool {
        false
    }
    fn held(&self, _: Button) {}
}

/// Nothing.
impl Hands for () {}

/// Nobody asks for holds.
pub const NO_HOLDS: Option<fn(Button)> = None;

/// Calls `pressed` for each press, once it has settled, and `held` for one that goes on for [`HOLD`].
pub async fn watch<P: InputPin + Wait>(
    pin: Option<P>,
    facts: Option<&PinFacts>,
    clock: &impl Clock,
    button: Button,
    mut pressed: impl FnMut(Button),
    mut held: Option<impl FnMut(Button)>,
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
            if let Some(held) = &mut held {
                let released = async {
                    if facts.active_low { pin.wait_for_high().await } else { pin.wait_for_low().await }
                };
                if let Either::Second(()) = select(released, clock.until(clock.now() + HOLD)).await {
                    held(button);
                }
            }
        }
        is_down = down;
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::time::Instant;
    use core::cell::Cell;
    use core::future::poll_fn;
    use core::pin::pin;
    use core::task::{Context, Poll, Waker};
    use embedded_hal::digital::ErrorType;
    use proptest::prelude::*;
    use std::rc::Rc;
    use std::vec::Vec;

    /// Time as far as anyone waited for it, and the next time that anyone waits for.
    #[derive(Clone, Default)]
    struct Time(Rc<(Cell<u64>, Cell<u64>)>);

    impl Time {
        async fn reach(&self, at: u64) {
            poll_fn(|_| {
                if self.0.0.get() >= at {
                    return Poll::Ready(());
                }
                self.0.1.set(self.0.1.get().min(at));
                Poll::Pending
            })
            .await;
        }
    }
    impl Clock for Time {
        fn now(&self) -> Instant {
            Instant::from_micros(self.0.0.get())
        }
        async fn until(&self, at: Instant) {
            self.reach(at.as_micros()).await;
        }
    }

    /// An active-low pin that changes its level at each of these times.
    struct Pin(Time, Vec<u64>);

    impl Pin {
        fn low(&self) -> bool {
            self.1.iter().filter(|&&at| at <= self.0.now().as_micros()).count() % 2 == 1
        }
        async fn edge(&self) {
            match self.1.iter().find(|&&at| at > self.0.now().as_micros()) {
                Some(&at) => self.0.reach(at).await,
                None => pending().await,
            }
        }
        async fn level(&self, low: bool) {
            while self.low() != low {
                self.edge().await;
            }
        }
    }
    impl ErrorType for Pin {
        type Error = Infallible;
    }
    impl InputPin for Pin {
        fn is_high(&mut self) -> Result<bool, Infallible> {
            Ok(!self.low())
        }
        fn is_low(&mut self) -> Result<bool, Infallible> {
            Ok(self.low())
        }
    }
    impl Wait for Pin {
        async fn wait_for_high(&mut self) -> Result<(), Infallible> {
            self.level(false).await;
            Ok(())
        }
        async fn wait_for_low(&mut self) -> Result<(), Infallible> {
            self.level(true).await;
            Ok(())
        }
        async fn wait_for_rising_edge(&mut self) -> Result<(), Infallible> {
            pending().await
        }
        async fn wait_for_falling_edge(&mut self) -> Result<(), Infallible> {
            pending().await
        }
        async fn wait_for_any_edge(&mut self) -> Result<(), Infallible> {
            self.edge().await;
            Ok(())
        }
    }

    /// When presses were told, in ms, of a pin with these edges in µs.
    fn presses(edges: Vec<u64>) -> Vec<u64> {
        presses_and_holds(edges).0
    }

    fn presses_and_holds(edges: Vec<u64>) -> (Vec<u64>, Vec<u64>) {
        let time = Time::default();
        let facts = PinFacts { gpio: 37, active_low: true };
        let (mut told, mut holds) = (Vec::new(), Vec::new());
        {
            let pin = Pin(time.clone(), edges);
            let now = time.clone();
            let pressed = |_| told.push(now.now().as_micros() / 1_000);
            let held = Some(|_| holds.push(now.now().as_micros() / 1_000));
            let mut watch = pin!(watch(Some(pin), Some(&facts), &time, Button::A, pressed, held));
            loop {
                time.0.1.set(u64::MAX);
                assert!(watch.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
                if time.0.1.get() == u64::MAX {
                    break;
                }
                time.0.0.set(time.0.1.get());
            }
        }
        (told, holds)
    }

    #[test]
    fn a_bouncing_press_is_one_press_told_when_it_settled() {
        let ms = 1_000;
        let press = [100 * ms, 101 * ms, 103 * ms, 250 * ms, 251 * ms, 252 * ms];
        assert_eq!(presses(press.to_vec()), [123]);
    }

    #[test]
    fn a_press_of_a_second_is_a_hold_and_one_of_less_is_none() {
        let ms = 1_000;
        assert_eq!(presses_and_holds(std::vec![100 * ms, 1_200 * ms]), ([120].into(), [1_120].into()));
        assert_eq!(presses_and_holds(std::vec![100 * ms, 1_100 * ms]), ([120].into(), [].into()));
    }

    #[test]
    fn a_spike_is_no_press() {
        assert_eq!(presses(std::vec![100_000, 104_000]), []);
    }

    proptest! {
        /// Presses of 60 ms and more with bounces under 10 ms at both ends are each told once.
        #[test]
        fn as_many_as_there_were(
            bounces in prop::collection::vec((0usize..4, 0usize..4, 1u64..3_000), 0..8),
        ) {
            let (mut at, mut edges) = (0, Vec::new());
            for &(down, up, gap) in &bounces {
                for ends in [down, up] {
                    at += 60_000;
                    for k in 0..=2 * ends as u64 {
                        edges.push(at + k * gap);
                    }
                    at = edges[edges.len() - 1];
                }
            }
            prop_assert_eq!(presses(edges).len(), bounces.len());
        }
    }
}
