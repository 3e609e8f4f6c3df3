//! What a model listens to: rate, channels, units and ranges.

use super::read::{Fields, check, check_number};
use super::write::{WriteError, Writer};
use super::{NtmError, Wrong};

/// What the numbers of a channel mean. The discriminants are the format's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Unit {
    /// A number of the user's own.
    Number = 0,
    /// Acceleration, g.
    G = 1,
    /// Rotation, degrees a second.
    DegreesPerSecond = 2,
    /// Sound, ±1 at full scale.
    FullScale = 3,
    /// A counter of the converter's.
    Counts = 4,
    /// Reflectance, 0 to 1.
    Reflectance = 5,
    /// Strength of a radio, dBm.
    Dbm = 6,
    /// Temperature, °C.
    Celsius = 7,
    /// Magnetic field, µT.
    Microtesla = 8,
    /// Pressure, Pa.
    Pascal = 9,
}

impl Unit {
    fn of(number: u8) -> Option<Self> {
        use Unit::*;
        [Number, G, DegreesPerSecond, FullScale, Counts, Reflectance, Dbm, Celsius, Microtesla, Pascal]
            .get(usize::from(number))
            .copied()
    }
}

/// One of the signals that come in together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Channel<'a> {
    pub unit: Unit,
    /// Range of the sensor that the model was trained with.
    pub low: f32,
    pub high: f32,
    pub name: &'a str,
}

/// All that comes in.
#[derive(Clone, Debug)]
pub struct Inputs<'a> {
    /// Samples a second of each channel; 0: single readings, without a rate.
    pub rate_hz: f32,
    count: u8,
    // Validated when the file was opened.
    fields: Fields<'a>,
}

impl<'a> Inputs<'a> {
    pub(crate) fn open(mut fields: Fields<'a>) -> Result<Self, NtmError> {
        let at = fields.at();
        let rate_hz = fields.f32("the rate")?;
        check_number((0.0..=1e6).contains(&rate_hz), at, "the rate", rate_hz, "0 to 1000000 Hz")?;
        let at = fields.at();
        let count = fields.u8("the number of channels")?;
        check(count > 0, at, "the number of channels", count, "1 to 255")?;
        let inputs = Self { rate_hz, count, fields: fields.clone() };
        for _ in 0..count {
            channel(&mut fields)?;
        }
        fields.end("inputs")?;
        Ok(inputs)
    }

    pub fn channels(&self) -> impl Iterator<Item = Channel<'a>> + use<'a> {
        let mut fields = self.fields.clone();
        (0..self.count).map_while(move |_| channel(&mut fields).ok())
    }
}

fn channel<'a>(fields: &mut Fields<'a>) -> Result<Channel<'a>, NtmError> {
    let at = fields.at();
    let number = fields.u8("a channel's unit")?;
    let unit = Unit::of(number).ok_or(NtmError::new(
        at,
        Wrong::Value { field: "a channel's unit", found: number.into(), allowed: "0 to 9" },
    ))?;
    let at = fields.at();
    let (low, high) = (fields.f32("a channel's low end")?, fields.f32("a channel's high end")?);
    check_number(low < high, at, "a channel's low end", low, "less than its high end")?;
    let length = fields.u8("a name's length")?;
    let name = fields.text(length.into(), "a channel's name", true)?;
    Ok(Channel { unit, low, high, name })
}

impl Writer<'_> {
    /// What a section of inputs holds.
    pub fn inputs(&mut self, rate_hz: f32, channels: &[Channel]) -> Result<(), WriteError> {
        self.f32(rate_hz)?;
        self.u8(u8::try_from(channels.len()).map_err(|_| WriteError::Unfit("255 channels at most"))?)?;
        for channel in channels {
            self.u8(channel.unit as u8)?;
            self.f32(channel.low)?;
            self.f32(channel.high)?;
            self.name(channel.name)?;
        }
        Ok(())
    }
}
