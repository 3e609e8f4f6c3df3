//! The units of a model's outputs, where they are readings.

use super::NtmError;
use super::read::Fields;
use super::write::{WriteError, Writer};

#[derive(Clone, Debug, Default)]
pub struct Units<'a> {
    fields: Option<Fields<'a>>,
}

impl<'a> Units<'a> {
    pub(crate) fn open(mut fields: Fields<'a>, outputs: usize) -> Result<Self, NtmError> {
        let units = Self { fields: Some(fields.clone()) };
        for _ in 0..outputs {
            unit(&mut fields)?;
        }
        fields.end("units")?;
        Ok(units)
    }

    /// Empty where the file does not tell.
    pub fn of(&self, output: usize) -> &'a str {
        let Some(mut fields) = self.fields.clone() else { return "" };
        (0..=output).map_while(|_| unit(&mut fields).ok()).nth(output).unwrap_or("")
    }
}

fn unit<'a>(fields: &mut Fields<'a>) -> Result<&'a str, NtmError> {
    let length = fields.u8("a unit's length")?;
    fields.text(length.into(), "a unit", false)
}

impl Writer<'_> {
    /// What a section of units holds: one for each output, empty for a bare number.
    pub fn units<'n>(&mut self, units: impl Iterator<Item = &'n str>) -> Result<(), WriteError> {
        units.into_iter().try_for_each(|unit| self.name(unit))
    }
}
