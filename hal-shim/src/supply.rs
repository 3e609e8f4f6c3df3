//! Rails and the battery: what feeds the chips, as far as the chips can tell.

use node_core::boards::Rail;

/// Output voltages in millivolts, 0 is off; and what the power chip measures of its inputs.
#[derive(Clone, Debug)]
pub struct Supply {
    rails: [u16; Self::RAILS],
    /// Battery terminal voltage.
    pub battery_mv: u16,
    /// Positive: the battery is charged.
    pub battery_ma: i16,
    /// USB voltage, 0 when unplugged.
    pub vbus_mv: u16,
    pub vbus_ma: u16,
    pub celsius: f32,
}

/// What is fed whenever the board is.
const ALWAYS_MV: u16 = 3_300;

impl Supply {
    const RAILS: usize = 6;

    /// On battery, chips off: what a power-on finds.
    pub fn on_battery(battery_mv: u16) -> Self {
        let mut rails = [0; Self::RAILS];
        rails[Rail::Always as usize] = ALWAYS_MV;
        Self { rails, battery_mv, battery_ma: -50, vbus_mv: 0, vbus_ma: 0, celsius: 25.0 }
    }

    pub fn millivolts(&self, rail: Rail) -> u16 {
        self.rails[rail as usize]
    }
    pub fn is_on(&self, rail: Rail) -> bool {
        self.millivolts(rail) > 0
    }
    /// Neither battery nor USB: every rail is off.
    pub fn disconnect(&mut self) {
        self.rails = [0; Self::RAILS];
    }
    /// The battery is back; what the power chip makes of it is the chip's.
    pub fn reconnect(&mut self) {
        self.set(Rail::Always, ALWAYS_MV);
    }
    pub fn set(&mut self, rail: Rail, millivolts: u16) {
        self.rails[rail as usize] = millivolts;
    }
}
