//! What somebody sees who looks into a chip: its registers by name, and what their bits mean. Looking changes nothing, and
//! no program of a node can do it.

use node_core::boards::Rail;

/// One register, or neighbours that hold one number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisterView {
    pub name: &'static str,
    /// Of a display: the command that sets it.
    pub address: u8,
    pub value: u32,
    /// Registers that the value lies in, from `address` on.
    pub bytes: u8,
    pub fields: Vec<FieldView>,
}

/// Some bits of a register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldView {
    pub name: &'static str,
    /// Highest and lowest.
    pub bits: (u8, u8),
    /// In words, with the unit.
    pub meaning: String,
}

impl RegisterView {
    pub fn new(name: &'static str, address: u8, value: u8) -> Self {
        Self { name, address, value: value.into(), bytes: 1, fields: Vec::new() }
    }

    /// Of several registers, the high one first.
    pub fn wide(name: &'static str, address: u8, value: u32, bytes: u8) -> Self {
        Self { name, address, value, bytes, fields: Vec::new() }
    }

    /// What the bits of `mask` mean.
    pub fn field(mut self, name: &'static str, mask: u8, meaning: impl Into<String>) -> Self {
        let high = 7 - mask.leading_zeros().min(7) as u8;
        let low = mask.trailing_zeros().min(7) as u8;
        self.fields.push(FieldView { name, bits: (high, low), meaning: meaning.into() });
        self
    }

    /// What the whole value means.
    pub fn whole(mut self, name: &'static str, meaning: impl Into<String>) -> Self {
        self.fields.push(FieldView { name, bits: (8 * self.bytes - 1, 0), meaning: meaning.into() });
        self
    }

    /// What one bit means, set and clear.
    pub fn flag(self, name: &'static str, mask: u8, set: &str, clear: &str) -> Self {
        let meaning = if self.value as u8 & mask != 0 { set } else { clear };
        self.field(name, mask, meaning)
    }

    /// The bits of one byte in which this field lies.
    pub fn bits(&self, mask: u8) -> u8 {
        (self.value as u8 & mask) >> mask.trailing_zeros().min(7)
    }
}

/// A chip of the node, as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChipView {
    pub name: &'static str,
    /// How it is connected: `i2c`, `grove`, `spi`, `audio`, `gpio`.
    pub bus: &'static str,
    pub address: Option<u8>,
    pub rail: Option<Rail>,
    pub powered: bool,
    pub registers: Vec<RegisterView>,
    /// What it has besides, in words.
    pub state: Vec<(&'static str, String)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_knows_its_bits_and_a_flag_its_word() {
        let view = RegisterView::new("R", 1, 0b0101_1000)
            .field("RANGE", 0b0001_1000, "±16 g")
            .flag("ON", 1 << 6, "on", "off")
            .flag("LATE", 1 << 7, "late", "in time");
        let said: Vec<_> = view.fields.iter().map(|field| (field.bits, field.meaning.as_str())).collect();
        assert_eq!(said, [((4, 3), "±16 g"), ((6, 6), "on"), ((7, 7), "in time")]);
        assert_eq!(view.bits(0b0001_1000), 3);
    }
}
