//! Battery, power key and the time of day: looked at now and then, more often while somebody looks at the screen.

use super::RETRY;
use super::bring_up::{Pmic, Wanted, rails};
use super::health::Health;
use super::panel::{Battery, Panel};
use crate::board::{Board, Exit};
use crate::boards::BoardFacts;
use crate::drivers::axp192;
use crate::drivers::bm8563::Bm8563;
use crate::time::{Clock, Duration};
use core::future::pending;
use embassy_futures::select::select;
use embedded_hal_async::i2c::I2c;

/// A long press is remembered by the chip until it is read, so this is only how long switching off takes.
const KEY_EVERY: Duration = Duration::from_secs(1);
/// Of key polls: how often the battery is read while nobody looks.
const BATTERY_EVERY: u32 = 30;

/// Ends when the power key was held.
#[allow(clippy::too_many_arguments)] // each is a part of the board, and no two of them belong together
pub async fn keep<B: Board, V, R: I2c>(
    pmic: Option<&Pmic<'_, B::I2c>>,
    rtc: Option<Bm8563<R>>,
    facts: &BoardFacts,
    wanted: Wanted,
    mut pmic_health: Health,
    panel: &Panel<V>,
    clock: &B::Clock,
    events: &B::Events,
) -> Exit {
    let mut calendar = rtc.map(|chip| (chip, Health::of("bm8563")));
    let mut next = clock.now();
    let mut retry_at = clock.now() + RETRY;
    let mut since_battery = BATTERY_EVERY;
    if pmic.is_none() && calendar.is_none() {
        return pending().await;
    }
    if let Some((chip, health)) = &mut calendar
        && let Err(error) = chip.init().await
    {
        health.fails(error, events);
    }
    loop {
        let lit = panel.lit().is_some();
        if let Some(pmic) = pmic {
            if pmic_health.is_failing() && clock.now() >= retry_at {
                retry_at = clock.now() + RETRY;
                if rails(pmic, facts, wanted).await.is_ok() {
                    pmic_health.works();
                    panel.rails_restarted();
                }
            }
            if !pmic_health.is_failing() {
                let mut chip = pmic.lock().await;
                let look = async {
                    if chip.power_key().await?.long {
                        return Ok(true);
                    }
                    if since_battery >= BATTERY_EVERY || lit {
                        since_battery = 0;
                        let battery = chip.battery().await?;
                        let status = chip.status().await?;
                        let mut shown = panel.status.get();
                        shown.battery = Some(Battery {
                            percent: percent(battery.millivolts),
                            millivolts: battery.millivolts,
                            charging: status.charging,
                        });
                        panel.status.set(shown);
                    }
                    since_battery += 1;
                    Ok::<bool, axp192::Error<_>>(false)
                };
                match look.await {
                    Ok(true) => {
                        // On a real board the CPU loses its supply in this call.
                        chip.power_off().await.ok();
                        return Exit::Off;
                    }
                    Ok(false) => {}
                    Err(error) => {
                        pmic_health.fails(error, events);
                        retry_at = clock.now() + RETRY;
                    }
                }
            }
        }
        if let Some((chip, health)) = &mut calendar
            && lit
        {
            let time = chip.time().await;
            let mut shown = panel.status.get();
            shown.time = time.as_ref().ok().copied();
            panel.status.set(shown);
            match time {
                Ok(_) => health.works(),
                Err(error) => health.fails(error, events),
            }
        }
        next = (next + KEY_EVERY).max(clock.now());
        select(clock.until(next), panel.woken.wait()).await;
    }
}

/// Charge by the voltage of a lithium cell. Assumed: straight from 3.30 V (empty under load) to 4.15 V (full at rest); a
/// real curve is flat in the middle, and no curve of this cell was found.
pub fn percent(millivolts: u16) -> u8 {
    const EMPTY: u16 = 3_300;
    const FULL: u16 = 4_150;
    (u32::from(millivolts.clamp(EMPTY, FULL) - EMPTY) * 100 / u32::from(FULL - EMPTY)) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charge_follows_the_voltage_and_stays_a_percentage() {
        assert_eq!([0, 3_300, 3_725, 4_150, u16::MAX].map(percent), [0, 0, 50, 100, 100]);
    }
}
