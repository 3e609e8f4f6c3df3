//! The CRC over what a kernel computed.

use node_core::crc::crc32;

/// CRC-32 of results in the order in which they are told; floats by their bits.
#[derive(Clone, Copy, Debug, Default)]
pub struct Results(u32);

impl Results {
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.0 = crc32(self.0, bytes);
        self
    }
    pub fn floats(&mut self, values: &[f32]) -> &mut Self {
        for value in values {
            self.bytes(&value.to_bits().to_le_bytes());
        }
        self
    }
    pub fn float(&mut self, value: f32) -> &mut Self {
        self.floats(&[value])
    }
    pub fn number(&mut self, value: i32) -> &mut Self {
        self.bytes(&value.to_le_bytes())
    }
    pub fn crc(&self) -> u32 {
        self.0
    }
}
