//! Why the CPU runs, how fast, and how it stops running.

use crate::{log, memory};
use esp_hal::gpio::{AnyPin, Event, Input, InputConfig, WakeupConfig};
use esp_hal::peripherals::LPWR;
use esp_hal::rtc_cntl::sleep::{LowPower, RtcSleepConfig};
use esp_hal::rtc_cntl::{SocResetReason, WakeupSource};
use esp_hal::system::{reset_reason, software_reset, wakeup_cause};
use esp_hal::time::{Duration, Instant};
use node_core::board::{BootCause, Exit, Power, UnsupportedFrequency};
use node_core::boards::BoardFacts;

/// Of this boot. A power cut also clears what RTC memory is left with.
fn boot_cause() -> BootCause {
    use SocResetReason as Reset;
    match reset_reason() {
        Some(Reset::CoreDeepSleep) if wakeup_cause().contains(WakeupSource::Timer) => BootCause::WakeTimer,
        Some(Reset::CoreDeepSleep) => BootCause::WakeButton,
        Some(Reset::CoreSw | Reset::Cpu0Sw) => BootCause::Reset,
        Some(
            Reset::CoreMwdt0 | Reset::CoreMwdt1 | Reset::CoreRtcWdt | Reset::Cpu0RtcWdt | Reset::SysRtcWdt,
        ) => BootCause::Watchdog,
        #[cfg(feature = "esp32c3")]
        Some(Reset::CoreUsbUart | Reset::CoreUsbJtag) => BootCause::Reset,
        _ => {
            memory::after_power_cut();
            BootCause::PowerOn
        }
    }
}

pub struct CpuPower {
    cause: BootCause,
}

impl CpuPower {
    pub fn at_boot() -> Self {
        Self { cause: boot_cause() }
    }
}

impl Power for CpuPower {
    fn boot_cause(&self) -> BootCause {
        self.cause
    }
    fn cpu_mhz(&self) -> u32 {
        esp_hal::clock::cpu_clock().as_mhz()
    }
    /// esp-hal sets the clock tree once, in `init`: while drivers run it offers no change that they would follow.
    fn set_cpu_mhz(&mut self, mhz: u32) -> Result<(), UnsupportedFrequency> {
        if mhz == self.cpu_mhz() { Ok(()) } else { Err(UnsupportedFrequency) }
    }
}

/// A board that cannot cut its own supply and cannot be woken by its button sleeps this long when it is switched off.
const OFF: Duration = Duration::from_hours(24);
/// A deadline nearer than this would be missed on the way to sleep, and the chip would sleep for ever.
const NEAREST: Duration = Duration::from_millis(10);

/// Does what a program ended with. With [`Exit::Off`] a power chip has cut the supply already; where there is none, or
/// USB feeds the board past it, the node sleeps until button A.
pub async fn leave(exit: Exit, facts: &BoardFacts, lpwr: LPWR<'static>) -> ! {
    let (after, on_button) = match exit {
        Exit::DeepSleep { wake } => (wake.after, wake.on_button_a),
        Exit::Off => (None, true),
        Exit::Reset => {
            log::sent().await;
            software_reset()
        }
    };
    let mut after = after.map(|after| Duration::from_micros(after.as_micros()));
    // Kept until the end: a pin that nobody listens to wakes nobody.
    let mut button = facts.button_a.as_ref().filter(|_| on_button).map(|button| {
        // SAFETY: the program has ended and its driver of this pin with it.
        let pin = unsafe { AnyPin::steal(button.gpio) };
        let mut button = Input::new(pin, InputConfig::default());
        button.listen(Event::LowLevel);
        button
    });
    let deep = WakeupConfig::default().with_low_power_path(true);
    let woken_by_button = button.as_mut().is_some_and(|button| button.apply_wakeup_config(&deep).is_ok());
    if on_button && !woken_by_button {
        log::note("this board's button A cannot wake it from deep sleep");
        after = after.or(Some(OFF));
    }
    log::sent().await;
    let mut power = LowPower::new(lpwr);
    if let Some(after) = after {
        power.set_wakeup_deadline(Instant::now() + after.max(NEAREST));
    }
    power.sleep_deep(RtcSleepConfig::deep())
}
