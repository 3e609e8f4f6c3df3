//! ST7735S, the LCD controller, with the 80x160 glass of the M5StickC.

use super::Surroundings;
use crate::time::TrueTime;
use node_core::boards::{LcdFacts, Rail};

/// What a person sees, without the backlight. Row by row, red green blue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Framebuffer {
    pub width: usize,
    pub height: usize,
    pub pixels: Vec<[u8; 3]>,
}

pub struct St7735s {
    rail: Rail,
}

impl St7735s {
    pub fn new(facts: &LcdFacts) -> Self {
        Self { rail: facts.rail }
    }
    pub fn name(&self) -> &'static str {
        "st7735s"
    }
    pub fn rail(&self) -> Rail {
        self.rail
    }
    /// Its rail came on or went off.
    pub fn power(&mut self, at: TrueTime, on: bool) {
        let _ = (at, on);
    }
    /// The RESX pin; false is reset.
    pub fn reset_pin(&mut self, at: TrueTime, level: bool) {
        let _ = (at, level);
    }
    /// Bytes clocked in while selected, `dc_data` being the level of the D/CX pin; `at` is when the last was clocked.
    pub fn write(&mut self, at: TrueTime, dc_data: bool, bytes: &[u8], around: &mut Surroundings) {
        let _ = (at, dc_data, bytes, around);
    }
    pub fn framebuffer(&self) -> Framebuffer {
        Framebuffer { width: 80, height: 160, pixels: vec![[0; 3]; 80 * 160] }
    }
}
