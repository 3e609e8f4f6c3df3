//! A panic leaves its reason in RTC memory and starts the node again; the next boot prints it.

use crate::memory::Reason;
use core::fmt::Write;
use core::panic::PanicInfo;

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    let mut reason = Reason::new();
    if let Some(place) = info.location() {
        write!(reason, "{}:{}: ", place.file(), place.line()).ok();
    }
    write!(reason, "{}", info.message()).ok();
    esp_hal::system::software_reset()
}
