//! What every program with a screen does first: the CPU and its memory come to life, the board is shared out, and the rails
//! are up before any chip on them is asked for anything.

use super::bring_up::{self, Bus, Pmic, Wanted};
use super::health::Health;
use super::retained::Retained;
use crate::board::{Board, LcdParts, Parts};
use crate::boards::BoardFacts;
use embassy_sync::mutex::Mutex;

/// What all tasks lean on.
pub struct Node<B: Board> {
    pub facts: &'static BoardFacts,
    pub clock: B::Clock,
    pub delay: B::Delay,
    pub meter: B::Meter,
    pub events: B::Events,
}

/// What people see and press.
pub struct Face<B: Board> {
    pub lcd: Option<LcdParts<B>>,
    pub led: Option<B::Led>,
    pub button_a: Option<B::Button>,
    pub button_b: Option<B::Button>,
}

/// A board that has booted.
pub struct Started<B: Board> {
    pub node: Node<B>,
    pub face: Face<B>,
    pub bus: Bus<B::I2c>,
    pub retained: Retained<B::RtcMemory>,
}

/// Boots, and says so. A program takes its sensor out of the parts before: what nobody took is let go.
pub fn start<B: Board>(parts: Parts<B>, cpu_mhz: Option<u32>) -> Started<B> {
    let Parts {
        facts,
        i2c,
        lcd,
        led,
        button_a,
        button_b,
        clock,
        delay,
        meter,
        mut power,
        memory,
        events,
        ..
    } = parts;
    let retained = bring_up::boot::<B>(&mut power, memory, cpu_mhz, &events);
    Started {
        node: Node { facts, clock, delay, meter, events },
        face: Face { lcd, led, button_a, button_b },
        bus: Mutex::new(i2c),
        retained,
    }
}

/// The board's bus and what feeds the chips on it.
pub struct Supply<'b, B: Board> {
    pub bus: &'b Bus<B::I2c>,
    /// Of a board that has one.
    pub pmic: Option<Pmic<'b, B::I2c>>,
    pub health: Health,
    pub wanted: Wanted,
}

impl<'b, B: Board> Supply<'b, B> {
    /// Brings the rails up; a power chip that fails is told, and tried again later.
    pub async fn up(bus: &'b Bus<B::I2c>, node: &Node<B>, wanted: Wanted) -> Self {
        let pmic = bring_up::pmic(node.facts, bus);
        let mut health = Health::of("axp192");
        if let Some(pmic) = &pmic
            && let Err(error) = bring_up::rails(pmic, node.facts, wanted).await
        {
            health.fails(error, &node.events);
        }
        Self { bus, pmic, health, wanted }
    }
}
