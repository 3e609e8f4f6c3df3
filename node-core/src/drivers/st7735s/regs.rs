//! ST7735S, LCD controller, with the M5StickC's 80x160 panel: commands, fields, times. Facts only.
//!
//! Sources: DS: Sitronix ST7735S v1.1; M5: m5stack/M5StickC@202fddd `src/utility/ST7735_{Defines,Init,Rotation}.h`
//! (panel variant `GREENTAB160x80`). Grade: datasheet as M5 uses it; what rests on DS alone was written without the
//! sheet at hand: `assumed`.

// Commands. (DS, M5)
pub const NOP: u8 = 0x00;
pub const SWRESET: u8 = 0x01;
pub const RDDID: u8 = 0x04;
pub const RDDST: u8 = 0x09;
pub const SLPIN: u8 = 0x10;
pub const SLPOUT: u8 = 0x11;
pub const PTLON: u8 = 0x12;
pub const NORON: u8 = 0x13;
pub const INVOFF: u8 = 0x20;
pub const INVON: u8 = 0x21;
pub const GAMSET: u8 = 0x26;
pub const DISPOFF: u8 = 0x28;
pub const DISPON: u8 = 0x29;
/// Columns: start and end, each 16 bits, high byte first.
pub const CASET: u8 = 0x2A;
/// Rows: start and end, each 16 bits, high byte first.
pub const RASET: u8 = 0x2B;
/// Pixels follow, from the window's first corner on.
pub const RAMWR: u8 = 0x2C;
pub const RAMRD: u8 = 0x2E;
pub const PTLAR: u8 = 0x30;
pub const SCRLAR: u8 = 0x33;
pub const TEOFF: u8 = 0x34;
pub const TEON: u8 = 0x35;
pub const MADCTL: u8 = 0x36;
pub const VSCSAD: u8 = 0x37;
pub const IDMOFF: u8 = 0x38;
pub const IDMON: u8 = 0x39;
pub const COLMOD: u8 = 0x3A;
pub const FRMCTR1: u8 = 0xB1;
pub const FRMCTR2: u8 = 0xB2;
pub const FRMCTR3: u8 = 0xB3;
pub const INVCTR: u8 = 0xB4;
pub const DISSET5: u8 = 0xB6;
pub const PWCTR1: u8 = 0xC0;
pub const PWCTR2: u8 = 0xC1;
pub const PWCTR3: u8 = 0xC2;
pub const PWCTR4: u8 = 0xC3;
pub const PWCTR5: u8 = 0xC4;
pub const VMCTR1: u8 = 0xC5;
/// Undocumented; the vendor's library writes 0xCB. (M5)
pub const VENDOR_D6: u8 = 0xD6;
pub const RDID1: u8 = 0xDA;
pub const RDID2: u8 = 0xDB;
pub const RDID3: u8 = 0xDC;
pub const GMCTRP1: u8 = 0xE0;
pub const GMCTRN1: u8 = 0xE1;
/// Undocumented; the vendor's library writes 0x11. (M5)
pub const VENDOR_F0: u8 = 0xF0;
pub const PWCTR6: u8 = 0xFC;

pub mod madctl {
    /// Rows from the bottom.
    pub const MY: u8 = 1 << 7;
    /// Columns from the right.
    pub const MX: u8 = 1 << 6;
    /// Rows and columns exchanged.
    pub const MV: u8 = 1 << 5;
    /// Refresh from the bottom.
    pub const ML: u8 = 1 << 4;
    /// The panel's filter is blue, green, red.
    pub const BGR: u8 = 1 << 3;
    /// Refresh from the right.
    pub const MH: u8 = 1 << 2;
}

pub mod colmod {
    pub const BITS_12: u8 = 0x03;
    /// RGB565, high byte first.
    pub const BITS_16: u8 = 0x05;
    pub const BITS_18: u8 = 0x06;
}

/// The controller's memory. (DS)
pub const MEMORY_COLUMNS: u16 = 132;
pub const MEMORY_ROWS: u16 = 162;
/// The panel, upright, and where it lies in the memory. (M5)
pub const WIDTH: u16 = 80;
pub const HEIGHT: u16 = 160;
pub const COLUMN_OFFSET: u16 = 26;
pub const ROW_OFFSET: u16 = 1;

/// After a reset: asleep, display off, inversion off, 18 bits a pixel, MADCTL 0. (DS)
pub const RESET_MADCTL: u8 = 0x00;
pub const RESET_COLMOD: u8 = colmod::BITS_18;

/// Reset pulse, at least; then time until commands are taken. (DS)
pub const RESET_PULSE_US: u32 = 10;
pub const RESET_TO_COMMAND_MS: u32 = 5;
/// After SWRESET (M5; the data sheet asks for 120 ms before SLPOUT).
pub const SWRESET_MS: u32 = 150;
/// After SLPOUT, before SLPIN; and after SLPIN, before SLPOUT. (DS, M5)
pub const SLPOUT_MS: u32 = 120;
pub const SLPIN_TO_SLPOUT_MS: u32 = 120;
/// After SLPIN or SLPOUT until any other command. (DS)
pub const SLEEP_TO_COMMAND_MS: u32 = 5;
/// Pauses of the vendor's library. (M5)
pub const NORON_MS: u32 = 10;
pub const DISPON_MS: u32 = 100;
