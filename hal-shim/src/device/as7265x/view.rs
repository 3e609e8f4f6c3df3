//! The spectral chip's virtual registers in words, as far as its firmware was worked off when somebody last asked.

use super::*;
use crate::device::view::RegisterView;

/// Letters of the channels, as boards print them (R at 610 nm).
const CHANNEL_NAMES: [[&str; CHANNELS_PER_DIE]; DIES] =
    [["R", "S", "T", "U", "V", "W"], ["G", "H", "I", "J", "K", "L"], ["A", "B", "C", "D", "E", "F"]];
const LED_NAMES: [&str; DIES] = ["LED_CONFIG 1", "LED_CONFIG 2", "LED_CONFIG 3"];
const LAMP_NAMES: [&str; DIES] = ["white", "infrared", "ultraviolet"];

impl As7265x {
    pub(super) fn view(&self) -> Vec<RegisterView> {
        let ready = if self.data_ready { config::DATA_READY } else { 0 };
        let config = RegisterView::new("CONFIG", CONFIG, self.config | ready);
        let gain = GAINS[config.bits(config::GAIN_MASK) as usize];
        let mode = match config.bits(config::MODE_MASK) {
            config::MODE_CONTINUOUS => "again and again",
            config::MODE_ONE_SHOT => "once",
            _ => "four channels",
        };
        let ms = (f32::from(self.integration) + 1.0) * INTEGRATION_STEP_US as f32 / 1e3;
        let select = RegisterView::new("DEVICE_SELECT", DEVICE_SELECT, device_select::PRESENT | self.select);
        let die = usize::from(self.select & device_select::MASK).min(DIES - 1);
        let mut views = vec![
            RegisterView::new("HW_VERSION", HW_VERSION_HIGH, DEVICE_TYPE).whole("TYPE", "AS7265x is 40"),
            config
                .field("GAIN", config::GAIN_MASK, format!("gain {gain}"))
                .field("BANK", config::MODE_MASK, mode)
                .flag("DATA_RDY", config::DATA_READY, "new data", "no new data"),
            RegisterView::new("INTEGRATION", INTEGRATION, self.integration)
                .whole("INT_T", format!("integrates {ms:.1} ms, twice")),
            select.field("DIE", device_select::MASK, format!("AS7265{} selected", die + 1)),
        ];
        for (die, name) in LED_NAMES.into_iter().enumerate() {
            let view = RegisterView::new(name, LED_CONFIG, self.leds[die]);
            let bulb = CURRENTS_MA[view.bits(led_config::BULB_CURRENT_MASK) as usize];
            let lamp = format!("{bulb} mA, {}", LAMP_NAMES[die]);
            views.push(
                view.flag("BULB", led_config::BULB, "lamp on", "lamp off")
                    .field("BULB_CURRENT", led_config::BULB_CURRENT_MASK, lamp)
                    .flag("INDICATOR", led_config::INDICATOR, "indicator on", "indicator off"),
            );
        }
        for (die, names) in CHANNEL_NAMES.iter().enumerate() {
            for (channel, name) in names.iter().copied().enumerate() {
                let count = self.counts[die][channel];
                let light = self.irradiances[die][channel];
                let nm = CENTRE_NM[die][channel];
                views.push(
                    RegisterView::wide(name, RAW + 2 * channel as u8, count.into(), 2)
                        .whole("COUNT", format!("{nm} nm: {count} counts, {light:.2} uW/cm2")),
                );
            }
        }
        views
    }
}
