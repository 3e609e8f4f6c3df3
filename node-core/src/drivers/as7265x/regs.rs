//! AS7265x, 18 spectral channels on three dies (AS72651 to AS72653): registers, fields, times. Facts only.
//!
//! Sources: DS: ams data sheet AS7265x v1-04 (2018-Jul-09), as far as it is quoted in public (general description, Figure 24
//! "I2C slave device address and physical registers"); SF: SparkFun_AS7265x_Arduino_Library@122a93f `SparkFun_AS7265X.{h,cpp}`;
//! SP: SparkFun's qwiic_as7265x_py; RS: crate `as7265x` 0.1.0. Grade: datasheet as SF uses it; single lines say otherwise.

pub const ADDRESS: u8 = 0x49;

/// The three registers that the bus itself sees (DS, Figure 24).
pub const STATUS: u8 = 0x00;
/// Addresses and data of virtual registers go in here.
pub const WRITE: u8 = 0x01;
/// What was read of a virtual register comes out here.
pub const READ: u8 = 0x02;

pub mod status {
    /// WRITE still holds a byte: nothing may be written.
    pub const TX_VALID: u8 = 1 << 1;
    /// READ holds a byte.
    pub const RX_VALID: u8 = 1 << 0;
}

/// In a virtual register's address: data to write follows.
pub const WRITE_FLAG: u8 = 1 << 7;

// ---- virtual registers ----

/// Kind of device: 0x40 for a Moonlight chipset (SF `getDeviceType`; the value as in SP's examples).
pub const HW_VERSION_HIGH: u8 = 0x00;
pub const HW_VERSION_LOW: u8 = 0x01;
pub const FW_VERSION_HIGH: u8 = 0x02;
pub const FW_VERSION_LOW: u8 = 0x03;
pub const CONFIG: u8 = 0x04;
/// Integration time less one, in steps of [`INTEGRATION_STEP_US`].
pub const INTEGRATION: u8 = 0x05;
/// Of the selected die, whole degrees Celsius.
pub const TEMPERATURE: u8 = 0x06;
/// Of the selected die.
pub const LED_CONFIG: u8 = 0x07;
/// Six channels of the selected die, each two bytes, the high one first.
pub const RAW: u8 = 0x08;
/// Six channels of the selected die, each an IEEE 754 single, the high byte first.
pub const CALIBRATED: u8 = 0x14;
pub const CALIBRATED_END: u8 = 0x2C;
pub const DEVICE_SELECT: u8 = 0x4F;

pub const DEVICE_TYPE: u8 = 0x40;
/// Assumed: the boards that are sold differ.
pub const HARDWARE_VERSION: u8 = 0x41;

pub mod config {
    /// Clears itself when the reset is over.
    pub const RESET: u8 = 1 << 7;
    pub const INTERRUPT: u8 = 1 << 6;
    pub const GAIN_SHIFT: u8 = 4;
    pub const GAIN_MASK: u8 = 0b11 << GAIN_SHIFT;
    pub const MODE_SHIFT: u8 = 2;
    pub const MODE_MASK: u8 = 0b11 << MODE_SHIFT;
    /// All six channels of each die, again and again.
    pub const MODE_CONTINUOUS: u8 = 2;
    /// All six channels of each die once; writing this mode starts it.
    pub const MODE_ONE_SHOT: u8 = 3;
    /// New data since it was last read.
    pub const DATA_READY: u8 = 1 << 1;
}

pub mod led_config {
    pub const BULB_CURRENT_SHIFT: u8 = 4;
    pub const BULB_CURRENT_MASK: u8 = 0b11 << BULB_CURRENT_SHIFT;
    pub const BULB: u8 = 1 << 3;
    pub const INDICATOR_CURRENT_SHIFT: u8 = 1;
    pub const INDICATOR_CURRENT_MASK: u8 = 0b11 << INDICATOR_CURRENT_SHIFT;
    pub const INDICATOR: u8 = 1 << 0;
}

pub mod device_select {
    /// AS72651, AS72652, AS72653. SF; RS has the first two the other way round, which no board's LEDs and bands bear out.
    pub const MASK: u8 = 0b11;
    /// The second and the third die answer (SF `begin`).
    pub const PRESENT: u8 = 0b11 << 4;
}

pub const DIES: usize = 3;
pub const CHANNELS_PER_DIE: usize = 6;
pub const CHANNELS: usize = DIES * CHANNELS_PER_DIE;

/// Centre of each channel, nm, by die and place in [`RAW`] (SF: R to W, G to L, A to F).
pub const CENTRE_NM: [[u16; CHANNELS_PER_DIE]; DIES] =
    [[610, 680, 730, 760, 810, 860], [560, 585, 645, 705, 900, 940], [410, 435, 460, 485, 510, 535]];
/// Width of each channel at half its height (DS, general description).
pub const FWHM_NM: u16 = 20;

/// SF (2.8 ms); the data sheets of the family say 2.78.
pub const INTEGRATION_STEP_US: u32 = 2_800;
/// Six channels share the converters: all of them take two integrations (SF, comment in `begin`; RS waits as long).
pub const INTEGRATIONS_OF_SIX: u32 = 2;
/// Registers after a reset: gain 1x, mode of all channels; the rest is assumed.
pub const RESET_CONFIG: u8 = config::MODE_CONTINUOUS << config::MODE_SHIFT;
pub const RESET_INTEGRATION: u8 = 20;
/// From supply or reset until the chipset's firmware answers (SF `softReset`: "at least 1000 ms").
pub const START_UP_MS: u32 = 1_000;
/// How often a driver looks at STATUS (SF).
pub const POLL_MS: u32 = 5;
