//! The RTC watchdog, fed by a task beside the app's: a stage that does not return starves it, and the chip starts anew.
//!
//! Only the digital core is reset, not the RTC domain, so RTC memory lives on and the boot cause says what happened.

use embassy_time::Timer;
use esp_hal::peripherals::RTC_TIMER;
use esp_hal::rtc_cntl::{Rtc, RwdtStage, RwdtStageAction};
use esp_hal::time::Duration;

const BITES_AFTER: Duration = Duration::from_secs(5);
const FED_EVERY_MS: u64 = 1_000;

#[embassy_executor::task]
pub async fn feed(timer: RTC_TIMER<'static>) {
    let mut watchdog = Rtc::new(timer).rwdt;
    watchdog.set_timeout(RwdtStage::Stage0, BITES_AFTER);
    watchdog.enable();
    watchdog.set_stage_action(RwdtStage::Stage0, RwdtStageAction::ResetCore);
    loop {
        watchdog.feed();
        Timer::after_millis(FED_EVERY_MS).await;
    }
}
