//! The tasks around a pipeline, joined with it for as long as the node is on: buttons and lamp, power, screen.

use super::button::{self, Hands};
use super::panel::{Button, Panel};
use super::screen::Screen;
use super::start::{Face, Node, Supply};
use super::{lamp, power, screen};
use crate::board::{Board, Exit};
use crate::bus::Shared;
use crate::drivers::bm8563::Bm8563;
use crate::meter::task;
use crate::time::Duration;
use crate::ui::Page;
use core::convert::Infallible;
use core::pin::{Pin, pin};
use embassy_futures::join::join3;
use embassy_futures::select::{Either4, select4};

/// What the screen shows, and for how long after the last press.
pub struct Show<'p, V> {
    pub pages: &'p [Page<V>],
    pub timeout: Duration,
}

/// Runs until the power key was held. The pipeline comes first in priority, under its task's name.
pub async fn live<'b, B: Board, V>(
    (name, pipeline): (&'static str, Pin<&mut impl Future<Output = Infallible>>),
    hands: &impl Hands,
    Show { pages, timeout }: Show<'_, V>,
    panel: &Panel<V>,
    Face { lcd, led, button_a, button_b }: Face<B>,
    supply: &'b Supply<'b, B>,
    node: &Node<B>,
) -> Exit {
    let Node { facts, clock, delay, meter, events } = node;
    let Supply { bus, pmic, health, wanted } = supply;
    let rtc = facts.rtc.as_ref().map(|chip| Bm8563::new(Shared::new(*bus), chip.address));

    // Pinned here and passed by reference: a future that is passed by value is kept twice.
    let pressed = |button: Button| {
        panel.press(button);
        hands.pressed(button);
    };
    let held = |button: Button| {
        hands.holds(button).then_some(|button| {
            panel.hold(button);
            hands.held(button);
        })
    };
    let controls = pin!(join3(
        button::watch(button_a, facts.button_a.as_ref(), clock, Button::A, pressed, held(Button::A)),
        button::watch(button_b, facts.button_b.as_ref(), clock, Button::B, pressed, held(Button::B)),
        lamp::run(led, facts.led.as_ref(), panel, clock),
    ));
    let shown = Screen { lcd, pmic: pmic.as_ref(), facts, timeout };
    let screen = pin!(screen::run(shown, pages, panel, (clock, delay.clone()), meter, events));
    let power =
        pin!(power::keep::<B, _, _>(pmic.as_ref(), rtc, facts, *wanted, *health, panel, clock, events));

    let ended = select4(
        task(meter, name, pipeline),
        task(meter, "controls", controls),
        task(meter, "power", power),
        task(meter, "screen", screen),
    );
    match ended.await {
        Either4::First(never) | Either4::Second((never, ..)) | Either4::Fourth(never) => match never {},
        Either4::Third(exit) => exit,
    }
}
