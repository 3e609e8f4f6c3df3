//! What the LCD controller was told, by the commands that told it.

use super::*;
use crate::device::view::RegisterView;

impl St7735s {
    pub fn view(&self) -> Vec<RegisterView> {
        let switch =
            |on: bool, yes: (&'static str, u8, &'static str), no: (&'static str, u8, &'static str)| {
                let (name, command, meaning) = if on { yes } else { no };
                RegisterView::new(name, command, u8::from(on)).whole("STATE", meaning)
            };
        let window = |name: &'static str, command: u8, (start, end): (u16, u16), what: &str| {
            let value = u32::from(start) << 16 | u32::from(end);
            let count = end.saturating_sub(start) + 1;
            RegisterView::wide(name, command, value, 4)
                .whole("WINDOW", format!("{what} {start} to {end}: {count}"))
        };
        let bits = match self.colmod & 7 {
            colmod::BITS_12 => "12 bits a pixel",
            colmod::BITS_16 => "16 bits a pixel (RGB565)",
            colmod::BITS_18 => "18 bits a pixel",
            _ => "no such format",
        };
        vec![
            switch(self.awake, ("SLPOUT", SLPOUT, "awake: the boosters run"), ("SLPIN", SLPIN, "asleep")),
            switch(
                self.on,
                ("DISPON", DISPON, "display on: the memory is shown"),
                ("DISPOFF", DISPOFF, "display off: white without backlight"),
            ),
            switch(
                self.inverted,
                ("INVON", INVON, "colours inverted"),
                ("INVOFF", INVOFF, "colours as sent"),
            ),
            RegisterView::new("MADCTL", MADCTL, self.madctl)
                .flag("MY", madctl::MY, "rows from the bottom", "rows from the top")
                .flag("MX", madctl::MX, "columns from the right", "columns from the left")
                .flag("MV", madctl::MV, "rows and columns exchanged", "not exchanged")
                .flag("BGR", madctl::BGR, "panel is BGR", "panel is RGB"),
            RegisterView::new("COLMOD", COLMOD, self.colmod).field("IFPF", 0b111, bits),
            window("CASET", CASET, self.columns, "columns"),
            window("RASET", RASET, self.rows, "rows"),
        ]
    }

    /// What it has beside what commands set.
    pub fn state(&self) -> Vec<(&'static str, String)> {
        let shows = if !self.powered {
            "nothing: no power"
        } else if !self.released {
            "nothing: held in reset"
        } else if !self.awake {
            "nothing: asleep"
        } else if !self.on {
            "nothing: display off"
        } else {
            "its memory"
        };
        let last = self.command.map_or("none".into(), |command| format!("0x{command:02X}"));
        vec![
            ("shows", shows.into()),
            ("reset pin", if self.released { "high: runs" } else { "low: held in reset" }.into()),
            ("last command", last),
        ]
    }
}
