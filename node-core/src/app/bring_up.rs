//! The order in which a board comes to life: CPU, memory, rails; then each task starts its own chip.
//!
//! Which chip hangs on which rail is a fact of the board. A board without a power chip has its rails on already.

use super::retained::Retained;
use crate::board::{Board, Events, Power};
use crate::boards::{BoardFacts, Rail};
use crate::bus::Shared;
use crate::drivers::axp192::{self, Axp192, Output};
use crate::event::Event;
use crate::time::Instant;
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::mutex::Mutex;
use embedded_hal_async::i2c::I2c;

/// The board's I2C bus, shared by tasks of one future.
pub type Bus<I> = Mutex<NoopRawMutex, I>;
/// A chip's handle to the bus.
pub type Wire<'b, I> = Shared<'b, NoopRawMutex, I>;
/// The power chip, shared as a whole: its outputs are bits of one register, changed by reading and writing.
pub type Pmic<'b, I> = Mutex<NoopRawMutex, Axp192<Wire<'b, I>>>;

/// The power chip of a board that has one.
pub fn pmic<'b, I: I2c>(facts: &BoardFacts, bus: &'b Bus<I>) -> Option<Pmic<'b, I>> {
    let chip = facts.pmic.as_ref()?;
    Some(Mutex::new(Axp192::new(Shared::new(bus), chip.address)))
}

/// CPU frequency and memory; says that the node is up.
pub fn boot<B: Board>(
    power: &mut B::Power,
    memory: B::RtcMemory,
    cpu_mhz: Option<u32>,
    events: &B::Events,
) -> Retained<B::RtcMemory> {
    let mut retained = Retained::load(memory);
    retained.counters.boots = retained.counters.boots.saturating_add(1);
    retained.save();
    events.emit(Event::Booted { cause: power.boot_cause(), boots: retained.counters.boots });
    if let Some(mhz) = cpu_mhz
        && power.set_cpu_mhz(mhz).is_err()
    {
        // It goes on at the frequency it has, and says so.
        let value = power.cpu_mhz() as i32;
        events.emit(Event::Custom { name: "cpu-frequency-refused", at: Instant::BOOT, value });
    }
    retained
}

/// What a program wants fed. The screen's backlight stays off: whoever lights it draws first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub microphone: bool,
}

/// The vendor's start-up, less what this program does not need.
pub async fn rails<I: I2c>(
    pmic: &Pmic<'_, I>,
    facts: &BoardFacts,
    wanted: Wanted,
) -> Result<(), axp192::Error<I::Error>> {
    let mut pmic = pmic.lock().await;
    pmic.init().await?;
    if let Some(backlight) = facts.lcd.as_ref().and_then(|lcd| output(lcd.backlight)) {
        pmic.set_output(backlight, false).await?;
    }
    if let Some(microphone) = facts.microphone.as_ref().and_then(|microphone| output(microphone.rail))
        && !wanted.microphone
    {
        pmic.set_output(microphone, false).await?;
    }
    Ok(())
}

/// The power chip's output behind a rail; `None` for a rail that cannot be switched without killing the CPU.
pub const fn output(rail: Rail) -> Option<Output> {
    match rail {
        Rail::Always | Rail::Dcdc1 => None,
        Rail::Ldo2 => Some(Output::Ldo2),
        Rail::Ldo3 => Some(Output::Ldo3),
        Rail::LdoIo0 => Some(Output::LdoIo0),
        Rail::Exten => Some(Output::Exten),
    }
}
