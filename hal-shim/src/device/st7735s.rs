//! ST7735S, the LCD controller, with the 80x160 glass of the M5StickC.
//!
//! Bytes go in with the level of D/CX, a picture comes out. Too early a command is reported, and obeyed.

mod view;

use super::{Surroundings, Unmodelled};
use crate::time::TrueTime;
use node_core::boards::{LcdFacts, Rail};
use node_core::drivers::st7735s::regs::*;

const NAME: &str = "st7735s";
const COLUMNS: usize = MEMORY_COLUMNS as usize;
const ROWS: usize = MEMORY_ROWS as usize;
const MS: u64 = 1_000_000;

/// What a person sees, without the backlight. Row by row, red green blue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Framebuffer {
    pub width: usize,
    pub height: usize,
    pub pixels: Vec<[u8; 3]>,
}

pub struct St7735s {
    rail: Rail,
    powered: bool,
    /// Level of RESX: true lets it run.
    released: bool,
    /// RGB666 as the controller keeps it, in the low bits of three bytes; row by row.
    memory: Box<[[u8; 3]]>,

    awake: bool,
    on: bool,
    inverted: bool,
    madctl: u8,
    colmod: u8,
    /// Start and end, both inside, in the coordinates of the MCU.
    columns: (u16, u16),
    rows: (u16, u16),

    command: Option<u8>,
    /// Data bytes since the command; the first ones kept.
    taken: usize,
    parameters: [u8; 4],
    // where the next pixel of RAMWR goes
    column: u16,
    row: u16,

    /// Before this time, which commands are too early, and why.
    quiet_until: TrueTime,
    quiet_why: &'static str,
    /// Before this time SLPIN and SLPOUT are.
    sleep_until: TrueTime,
}

/// How many parameters a command takes, least and most; `None`: the chip has no such command, or the model has not.
fn parameters_of(command: u8) -> Option<(usize, usize)> {
    Some(match command {
        NOP | SWRESET | SLPIN | SLPOUT | NORON | INVOFF | INVON | DISPOFF | DISPON | IDMOFF | TEOFF => (0, 0),
        CASET | RASET => (4, 4),
        RAMWR => (0, usize::MAX),
        GAMSET | MADCTL | COLMOD | TEON | VENDOR_D6 | VENDOR_F0 => (1, 1),
        // One by the data sheet; the vendor's library sends two and the chip ignores the second.
        INVCTR => (1, 2),
        FRMCTR1 | FRMCTR2 => (3, 3),
        FRMCTR3 => (6, 6),
        PWCTR1 => (3, 3),
        // One or two, by the edition of the data sheet (ST7735, ST7735S); drivers in use send either.
        PWCTR2 | PWCTR3 | PWCTR4 | PWCTR5 | VMCTR1 | DISSET5 | PWCTR6 => (1, 2),
        GMCTRP1 | GMCTRN1 => (16, 16),
        _ => return None,
    })
}

impl St7735s {
    pub fn new(facts: &LcdFacts) -> Self {
        let mut lcd = Self {
            rail: facts.rail,
            powered: false,
            released: true,
            memory: vec![[0; 3]; COLUMNS * ROWS].into(),
            awake: false,
            on: false,
            inverted: false,
            madctl: RESET_MADCTL,
            colmod: RESET_COLMOD,
            columns: (0, 0),
            rows: (0, 0),
            command: None,
            taken: 0,
            parameters: [0; 4],
            column: 0,
            row: 0,
            quiet_until: TrueTime::START,
            quiet_why: "",
            sleep_until: TrueTime::START,
        };
        lcd.reset();
        lcd
    }
    pub fn name(&self) -> &'static str {
        NAME
    }
    pub fn rail(&self) -> Rail {
        self.rail
    }

    /// Registers; the memory keeps what it has (datasheet: "contents of memory is not cleared").
    fn reset(&mut self) {
        self.awake = false;
        self.on = false;
        self.inverted = false;
        self.madctl = RESET_MADCTL;
        self.colmod = RESET_COLMOD;
        self.columns = (0, MEMORY_COLUMNS - 1);
        self.rows = (0, MEMORY_ROWS - 1);
        self.command = None;
        self.taken = 0;
    }

    /// Its rail came on or went off. What memory holds after power-on is chance in the chip, black here (assumed).
    pub fn power(&mut self, at: TrueTime, on: bool) {
        self.powered = on;
        self.reset();
        self.memory.fill([0; 3]);
        self.quiet(at, RESET_TO_COMMAND_MS, "sent within 5 ms of power-on");
        self.sleep_until = at;
    }

    /// The RESX pin; false is reset.
    pub fn reset_pin(&mut self, at: TrueTime, level: bool) {
        if level && !self.released {
            self.quiet(at, RESET_TO_COMMAND_MS, "sent within 5 ms of reset");
            self.sleep_until = at;
        }
        if !level {
            self.reset();
        }
        self.released = level;
    }

    fn quiet(&mut self, at: TrueTime, ms: u32, why: &'static str) {
        self.quiet_until = at + ms as u64 * MS;
        self.quiet_why = why;
    }

    /// Bytes clocked in while selected, `dc_data` being the level of the D/CX pin; `at` is when the last was clocked.
    pub fn write(&mut self, at: TrueTime, dc_data: bool, bytes: &[u8], around: &mut Surroundings) {
        if !self.powered || !self.released {
            return;
        }
        if dc_data {
            self.data(bytes, around);
        } else {
            for &command in bytes {
                self.begin(at, command, around);
            }
        }
    }

    fn report(around: &mut Surroundings, register: u8, written: u8, why: &'static str) {
        around.unmodelled.push(Unmodelled { chip: NAME, register, written: Some(written), why });
    }

    fn begin(&mut self, at: TrueTime, command: u8, around: &mut Surroundings) {
        if let Some(last) = self.command
            && parameters_of(last).is_some_and(|(least, _)| self.taken < least)
        {
            Self::report(around, last, command, "too few parameters before the next command");
        }
        self.command = Some(command);
        self.taken = 0;
        if parameters_of(command).is_none() {
            return Self::report(around, command, command, "no such command in the model");
        }
        if at < self.quiet_until && command != NOP {
            Self::report(around, command, command, self.quiet_why);
        }
        match command {
            SWRESET => {
                // 5 ms until commands, and 120 ms until SLPOUT if it was awake (datasheet).
                let awake = self.awake;
                self.reset();
                self.command = Some(command);
                self.quiet(at, RESET_TO_COMMAND_MS, "sent within 5 ms of SWRESET");
                self.sleep_until = if awake { at + SLPIN_TO_SLPOUT_MS as u64 * MS } else { at };
            }
            SLPIN | SLPOUT => {
                if at < self.sleep_until {
                    Self::report(
                        around,
                        command,
                        command,
                        "SLPIN or SLPOUT within 120 ms of the last, or of SWRESET",
                    );
                }
                self.awake = command == SLPOUT;
                self.sleep_until = at + SLPOUT_MS as u64 * MS;
                self.quiet(at, SLEEP_TO_COMMAND_MS, "sent within 5 ms of SLPIN or SLPOUT");
            }
            INVOFF => self.inverted = false,
            INVON => self.inverted = true,
            DISPOFF => self.on = false,
            DISPON => self.on = true,
            RAMWR => {
                self.column = self.columns.0;
                self.row = self.rows.0;
            }
            // NORON: the partial mode that it leaves is not modelled.
            _ => {}
        }
    }

    fn data(&mut self, bytes: &[u8], around: &mut Surroundings) {
        let Some(command) = self.command else {
            if let Some(first) = bytes.first() {
                Self::report(around, 0, *first, "data without a command");
            }
            return;
        };
        if command == RAMWR {
            return self.pixels(bytes, around);
        }
        let Some((_, most)) = parameters_of(command) else {
            return;
        };
        for &byte in bytes {
            if self.taken == most {
                return Self::report(around, command, byte, "more parameters than the command takes");
            }
            if let Some(slot) = self.parameters.get_mut(self.taken) {
                *slot = byte;
            }
            self.taken += 1;
            self.parameter(command, byte, around);
        }
    }

    /// One more parameter is there.
    fn parameter(&mut self, command: u8, value: u8, around: &mut Surroundings) {
        let pair = || {
            let [a, b, c, d] = self.parameters;
            (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]))
        };
        match command {
            CASET | RASET if self.taken == 4 => {
                let (start, end) = pair();
                let exchanged = self.madctl & madctl::MV != 0;
                let limit = if (command == CASET) != exchanged { MEMORY_COLUMNS } else { MEMORY_ROWS };
                if start > end || end >= limit {
                    return Self::report(
                        around,
                        command,
                        value,
                        "window outside the memory, or ends before it starts",
                    );
                }
                if command == CASET {
                    self.columns = (start, end);
                } else {
                    self.rows = (start, end);
                }
            }
            MADCTL => self.madctl = value,
            COLMOD => {
                if value & 7 != colmod::BITS_16 {
                    Self::report(around, command, value, "only 16 bits a pixel");
                }
                self.colmod = value & 7;
            }
            _ => {}
        }
    }

    fn pixels(&mut self, bytes: &[u8], around: &mut Surroundings) {
        if self.colmod != colmod::BITS_16 {
            return Self::report(around, RAMWR, self.colmod, "pixels of another width than 16 bits");
        }
        let mut bytes = bytes;
        // The other half of a pixel that a transfer cut in two.
        if self.taken % 2 == 1
            && let Some((low, rest)) = bytes.split_first()
        {
            let pixel = [self.parameters[0], *low];
            self.taken += 1;
            self.row_of_pixels(&[pixel]);
            bytes = rest;
        }
        let (whole, half) = bytes.as_chunks::<2>();
        let mut whole = whole;
        while !whole.is_empty() {
            let room = (self.columns.1 - self.column) as usize + 1;
            let (now, later) = whole.split_at(room.min(whole.len()));
            self.row_of_pixels(now);
            whole = later;
        }
        self.taken += bytes.len();
        // Only the parity is asked for: it must not run over.
        self.taken &= 1;
        if let Some(high) = half.first() {
            self.parameters[0] = *high;
        }
    }

    /// Pixels that lie in one row of the window.
    fn row_of_pixels(&mut self, pixels: &[[u8; 2]]) {
        let (mut at, step) = self.place(self.column, self.row);
        for [high, low] in pixels {
            // 5-6-5 to 6-6-6: the controller repeats the top bit of red and blue below.
            let red = high >> 3;
            let green = (high & 7) << 3 | low >> 5;
            let blue = low & 0x1F;
            if let Some(slot) = usize::try_from(at).ok().and_then(|at| self.memory.get_mut(at)) {
                *slot = [red << 1 | red >> 4, green, blue << 1 | blue >> 4];
            }
            at += step;
        }
        self.column += pixels.len() as u16;
        if self.column > self.columns.1 {
            self.column = self.columns.0;
            self.row = if self.row >= self.rows.1 { self.rows.0 } else { self.row + 1 };
        }
    }

    /// Where a pixel lies in memory, and how far it is to the next column.
    fn place(&self, column: u16, row: u16) -> (isize, isize) {
        let exchanged = self.madctl & madctl::MV != 0;
        let (x, y) = if exchanged { (row, column) } else { (column, row) };
        let mirror_x = self.madctl & madctl::MX != 0;
        let mirror_y = self.madctl & madctl::MY != 0;
        let x = if mirror_x { COLUMNS as isize - 1 - x as isize } else { x as isize };
        let y = if mirror_y { ROWS as isize - 1 - y as isize } else { y as isize };
        let step = if exchanged {
            if mirror_y { -(COLUMNS as isize) } else { COLUMNS as isize }
        } else if mirror_x {
            -1
        } else {
            1
        };
        (y * COLUMNS as isize + x, step)
    }

    /// The glass, as a person sees it with the buttons below the screen: black without power, asleep or off. The panel
    /// is mounted upside down: the vendor's upright rotation mirrors both axes (vendor library, `ST7735_Rotation.h`,
    /// case 0: MX, MY, BGR). Its filter is blue, green, red, and it is wired for inversion: INVON shows the memory as it
    /// is. (vendor library: start-up with INVON, MADCTL with BGR)
    pub fn framebuffer(&self) -> Framebuffer {
        let (width, height) = (WIDTH as usize, HEIGHT as usize);
        let mut pixels = vec![[0; 3]; width * height];
        if self.powered && self.released && self.awake && self.on {
            let swapped = self.madctl & madctl::BGR == 0;
            let flip = if self.inverted { 0 } else { 0x3F };
            for (y, line) in pixels.chunks_exact_mut(width).enumerate() {
                let begin = (y + ROW_OFFSET as usize) * COLUMNS + COLUMN_OFFSET as usize;
                for (out, six) in line.iter_mut().zip(&self.memory[begin..begin + width]) {
                    let [r, g, b] = six.map(|c| {
                        let c = c ^ flip;
                        c << 2 | c >> 4
                    });
                    *out = if swapped { [b, g, r] } else { [r, g, b] };
                }
            }
        }
        pixels.reverse();
        Framebuffer { width, height, pixels }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::supply::Supply;
    use proptest::prelude::*;

    const FACTS: LcdFacts = LcdFacts {
        mosi: 15,
        sclk: 13,
        cs: 5,
        dc: 23,
        reset: 18,
        spi_hz: 26_666_666,
        rail: Rail::Ldo3,
        backlight: Rail::Ldo2,
    };

    struct Panel {
        lcd: St7735s,
        supply: Supply,
        unmodelled: Vec<Unmodelled>,
        now: TrueTime,
    }

    impl Panel {
        fn dark() -> Self {
            let supply = Supply::on_battery(3_800);
            Self { lcd: St7735s::new(&FACTS), supply, unmodelled: Vec::new(), now: TrueTime::START }
        }
        /// Awake, 16 bits, BGR, INVON, on.
        fn lit() -> Self {
            let mut panel = Self::dark();
            panel.lcd.power(TrueTime::START, true);
            panel.wait(10);
            panel.send(0x01, &[]);
            panel.wait(150);
            panel.send(0x11, &[]);
            panel.wait(120);
            panel.send(0x3A, &[0x05]);
            panel.send(0x36, &[0x08]);
            panel.send(0x21, &[]);
            panel.send(0x13, &[]);
            panel.send(0x29, &[]);
            assert_eq!(panel.unmodelled, []);
            panel
        }
        fn wait(&mut self, ms: u64) {
            self.now = self.now + ms * MS;
        }
        fn send(&mut self, command: u8, data: &[u8]) {
            self.bytes(false, &[command]);
            self.bytes(true, data);
        }
        fn bytes(&mut self, dc: bool, bytes: &[u8]) {
            let around = &mut Surroundings { supply: &mut self.supply, unmodelled: &mut self.unmodelled };
            self.lcd.write(self.now, dc, bytes, around);
        }
        fn window(&mut self, x: (u8, u8), y: (u8, u8)) {
            self.send(0x2A, &[0, x.0, 0, x.1]);
            self.send(0x2B, &[0, y.0, 0, y.1]);
        }
        fn pixel(&self, x: usize, y: usize) -> [u8; 3] {
            // The memory's own corner is the far one for a person.
            self.lcd.framebuffer().pixels[(159 - y) * 80 + (79 - x)]
        }
        fn findings(&mut self) -> Vec<u8> {
            self.unmodelled.drain(..).map(|u| u.register).collect()
        }
    }

    const RED: [u8; 2] = [0xF8, 0x00];
    const GREEN: [u8; 2] = [0x07, 0xE0];
    const BLUE: [u8; 2] = [0x00, 0x1F];

    #[test]
    fn a_window_of_pixels_lands_on_the_glass() {
        let mut panel = Panel::lit();
        panel.window((26, 27), (1, 2));
        panel.send(0x2C, &[RED, GREEN, BLUE, [0xFF, 0xFF]].concat());
        assert_eq!(panel.pixel(0, 0), [255, 0, 0]);
        assert_eq!(panel.pixel(1, 0), [0, 255, 0]);
        assert_eq!(panel.pixel(0, 1), [0, 0, 255]);
        assert_eq!(panel.pixel(1, 1), [255, 255, 255]);
        assert_eq!(panel.pixel(2, 0), [0; 3]);
        assert_eq!(panel.findings(), []);
    }

    #[test]
    fn past_its_end_the_window_begins_again_and_a_pixel_may_be_cut() {
        let mut panel = Panel::lit();
        panel.window((26, 27), (1, 1));
        panel.send(0x2C, &[0xF8]);
        panel.bytes(true, &[0x00, 0x07]);
        panel.bytes(true, &[0xE0, 0x00, 0x1F]);
        assert_eq!((panel.pixel(0, 0), panel.pixel(1, 0)), ([0, 0, 255], [0, 255, 0]));
        // RAMWR starts over.
        panel.send(0x2C, &RED);
        assert_eq!((panel.pixel(0, 0), panel.pixel(1, 0)), ([255, 0, 0], [0, 255, 0]));
    }

    /// MADCTL: where column 0, row 0 of a full window goes, and column 1.
    #[test]
    fn mirrors_and_exchange() {
        for (madctl, first, second) in [
            (0x00u8, (0usize, 0usize), (1usize, 0usize)),
            (0x40, (131, 0), (130, 0)),
            (0x80, (0, 161), (1, 161)),
            (0xC0, (131, 161), (130, 161)),
            (0x20, (0, 0), (0, 1)),
            (0x60, (131, 0), (131, 1)),
            (0xA0, (0, 161), (0, 160)),
            (0xE0, (131, 161), (131, 160)),
        ] {
            let mut panel = Panel::lit();
            panel.send(0x36, &[madctl]);
            panel.window((0, 1), (0, 0));
            panel.send(0x2C, &[RED, GREEN].concat());
            let at = |(x, y): (usize, usize)| panel.lcd.memory[y * 132 + x];
            assert_eq!((at(first), at(second)), ([63, 0, 0], [0, 63, 0]), "{madctl:#x}");
        }
    }

    #[test]
    fn inversion_and_colour_order_change_the_glass_not_the_memory() {
        let mut panel = Panel::lit();
        panel.window((26, 26), (1, 1));
        panel.send(0x2C, &RED);
        panel.send(0x20, &[]);
        assert_eq!(panel.pixel(0, 0), [0, 255, 255]);
        panel.send(0x21, &[]);
        panel.send(0x36, &[0x00]);
        assert_eq!(panel.pixel(0, 0), [0, 0, 255]);
        panel.send(0x36, &[0x08]);
        assert_eq!(panel.pixel(0, 0), [255, 0, 0]);
    }

    #[test]
    fn black_when_off_asleep_or_without_power() {
        let mut panel = Panel::lit();
        panel.window((26, 26), (1, 1));
        panel.send(0x2C, &RED);
        panel.send(0x28, &[]);
        assert_eq!(panel.pixel(0, 0), [0; 3]);
        panel.send(0x29, &[]);
        assert_eq!(panel.pixel(0, 0), [255, 0, 0]);
        panel.wait(200);
        panel.send(0x10, &[]);
        assert_eq!(panel.pixel(0, 0), [0; 3]);
        panel.wait(120);
        panel.send(0x11, &[]);
        assert_eq!(panel.pixel(0, 0), [255, 0, 0], "memory survives sleep");
        panel.lcd.power(panel.now, false);
        assert_eq!(panel.pixel(0, 0), [0; 3]);
        panel.send(0x29, &[]);
        assert_eq!(panel.findings(), [], "nobody there");
        let mut panel = Panel::lit();
        panel.lcd.reset_pin(panel.now, false);
        panel.lcd.reset_pin(panel.now, true);
        assert_eq!(panel.pixel(0, 0), [0; 3]);
        panel.send(0x11, &[]);
        assert_eq!(panel.findings(), [0x11], "within 5 ms of reset");
    }

    #[test]
    fn commands_that_come_too_early_are_reported() {
        let mut panel = Panel::lit();
        panel.wait(200);
        panel.send(0x01, &[]);
        panel.wait(4);
        panel.send(0x36, &[0]);
        assert_eq!(panel.findings(), [0x36]);
        panel.wait(100);
        panel.send(0x11, &[]);
        assert_eq!(panel.findings(), [0x11], "120 ms after SWRESET of one that was awake");
        panel.wait(4);
        panel.send(0x29, &[]);
        assert_eq!(panel.findings(), [0x29]);
        panel.wait(100);
        panel.send(0x10, &[]);
        assert_eq!(panel.findings(), [0x10]);
    }

    #[test]
    fn parameters_are_counted_and_the_unknown_is_reported() {
        let mut panel = Panel::lit();
        panel.send(0xB1, &[1, 2, 3]);
        panel.send(0xE0, &[0; 16]);
        assert_eq!(panel.findings(), []);
        panel.send(0xB1, &[1, 2]);
        panel.send(0x00, &[]);
        assert_eq!(panel.findings(), [0xB1]);
        panel.send(0xE1, &[0; 17]);
        panel.send(0xFF, &[]);
        panel.send(0x3A, &[0x06]);
        panel.send(0x2A, &[0, 9, 0, 8]);
        panel.send(0x2A, &[0, 0, 0, 132]);
        assert_eq!(panel.findings(), [0xE1, 0xFF, 0x3A, 0x2A, 0x2A]);
        panel.send(0x2C, &[0, 0]);
        assert_eq!(panel.findings(), [0x2C]);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(
            steps in prop::collection::vec((any::<bool>(), prop::collection::vec(any::<u8>(), 0..40), 0u64..200), 0..80),
        ) {
            let mut panel = Panel::lit();
            for (dc, bytes, wait) in steps {
                panel.bytes(dc, &bytes);
                panel.wait(wait);
                if wait == 77 { panel.lcd.reset_pin(panel.now, dc); }
            }
            prop_assert_eq!(panel.lcd.framebuffer().pixels.len(), 80 * 160);
        }

        /// Commands chosen so that windows and pixels do happen; split anywhere, the picture is the same.
        #[test]
        fn transfers_may_be_split_anywhere(
            x in (0u8..100, 0u8..31), y in (0u8..100, 0u8..31), madctl in any::<u8>(),
            pixels in prop::collection::vec(any::<u8>(), 0..3000), cuts in prop::collection::vec(1usize..100, 1..20),
        ) {
            let mut whole = Panel::lit();
            let mut split = Panel::lit();
            for panel in [&mut whole, &mut split] {
                panel.send(0x36, &[madctl]);
                panel.window((x.0, x.0 + x.1), (y.0, y.0 + y.1));
                panel.send(0x2C, &[]);
            }
            whole.bytes(true, &pixels);
            let mut rest = &pixels[..];
            for cut in cuts.iter().cycle() {
                let (now, later) = rest.split_at((*cut).min(rest.len()));
                split.bytes(true, now);
                rest = later;
                if rest.is_empty() { break }
            }
            prop_assert!(whole.lcd.memory == split.lcd.memory);
        }
    }
}
